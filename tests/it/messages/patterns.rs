//! Templates that are registered with a provider, which puts their texts together itself.

use peyk::access::Role;
use peyk::connections::{self, ConnectionInput};
use peyk::kernel::crypto::sha256_hex;
use peyk::messages::{SendRequest, Status};
use peyk::templates;
use serde_json::json;

use super::{get, send, taken};
use crate::harness::{TestApp, both_engines};

both_engines! {
    a_registered_template_goes_by_its_pattern_and_another_as_text,
    what_a_pattern_cannot_say_is_refused_before_it_leaves,
}

const PHONE: &str = "+989121234567";
/// What the panel has registered.
const CARRIER: &str = r#"{"latency_ms":[0,0],"receipts":{"delivered":1,"failed":0,"delay_ms":[0,0]},
    "patterns":{"1234":"{0} جان، سفارش {1} ارسال شد.","1235":"از پنل: {0}، {1}"}}"#;

async fn iran(app: &TestApp) -> TestApp {
    let app = TestApp::start_with(app.engine(), CARRIER).await;
    let owner = app.actor(Role::Owner);
    let config = [
        ("username", "shop"),
        ("password", "secret"),
        ("from", "50001234"),
        ("patterns", "yes"),
        ("base_url", &format!("{}/melipayamak", app.simulator_url)),
    ];
    let config = config.iter().map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned()))).collect();
    let input = ConnectionInput { provider: Some("melipayamak".into()), config: Some(config), ..ConnectionInput::default() };
    connections::put(&app, &owner, "iran", input).await.expect("the connection is set");
    let off = ConnectionInput { enabled: Some(false), ..ConnectionInput::default() };
    connections::put(&app, &owner, "simulator", off).await.expect("it is turned off");
    app
}

/// A published template in Persian; `id` is the number of its pattern.
async fn template(app: &TestApp, code: &str, text: &str, id: Option<&str>) {
    let dlt = id.map(|id| json!({ "template_id": id }));
    let given = json!({ "code": code, "name": code, "category": "order", "texts": { "fa": text }, "dlt": dlt });
    let actor = app.actor(Role::Marketer);
    templates::create(app, &actor, serde_json::from_value(given).expect("the shape is right")).await.expect("a sound template");
    templates::publish(app, &actor, code, None).await.expect("published");
}

fn of(template: &str, name: &str) -> SendRequest {
    let variables = [("name".to_owned(), name.to_owned()), ("order".to_owned(), "a1".to_owned())];
    SendRequest {
        to: PHONE.into(),
        template: Some(template.into()),
        variables: serde_json::from_value(json!(std::collections::BTreeMap::from(variables))).expect("texts by name"),
        ..SendRequest::default()
    }
}

async fn a_registered_template_goes_by_its_pattern_and_another_as_text(app: TestApp) {
    let app = iran(&app).await;
    template(&app, "by_pattern", "{{ name }} جان، سفارش {{ order | upper }} ارسال شد.", Some("1234")).await;
    template(&app, "by_text", "{{ name }} جان, سفارش {{ order | upper }} ارسال شد", None).await;
    template(&app, "by_indias_id", "{{ name }}: {{ order | upper }}", Some("1107161234567890123")).await;
    for (code, text) in
        [("by_pattern", "سارا جان، سفارش A1 ارسال شد."), ("by_text", "سارا جان, سفارش A1 ارسال شد"), ("by_indias_id", "سارا: A1")]
    {
        let before = taken(&app).len();
        let id = send(&app, of(code, "سارا")).await.id;
        app.dispatch_all().await;
        let detail = get(&app, &id).await;
        assert_eq!((detail.message.status, detail.message.text.as_deref()), (Status::Sent, Some(text)), "{code}: {:?}", detail.events);
        let taken = taken(&app);
        assert_eq!(taken.len(), before + 1);
        assert_eq!(taken[before]["text_sha256"], sha256_hex(text.as_bytes()), "{code}: what arrives is what the history says");
    }
    // A template that says something else than the panel shows whose text it is that arrives.
    template(&app, "out_of_step", "{{ name }} {{ order }}", Some("1235")).await;
    send(&app, of("out_of_step", "سارا")).await;
    app.dispatch_all().await;
    assert_eq!(taken(&app)[3]["text_sha256"], sha256_hex("از پنل: سارا، a1".as_bytes()));
    app.end().await;
}

async fn what_a_pattern_cannot_say_is_refused_before_it_leaves(app: TestApp) {
    let app = iran(&app).await;
    template(&app, "by_pattern", "{{ name }} جان، سفارش {{ order | upper }} ارسال شد.", Some("1234")).await;
    template(&app, "choosing", "{% if name %}{{ name }}{% endif %} {{ order }}", Some("1234")).await;
    template(&app, "unknown", "{{ name }} {{ order }}", Some("99")).await;
    for (code, name, error) in [
        ("by_pattern", "Sara; Ali", "pattern_value"),
        ("by_pattern", "www.example.com", "pattern_link"),
        ("choosing", "Sara", "pattern_text"),
        ("unknown", "Sara", "-4"),
    ] {
        let id = send(&app, of(code, name)).await.id;
        app.dispatch_all().await;
        let message = get(&app, &id).await.message;
        let told = message.error.expect("a failure has its reason");
        assert_eq!((message.status, told.code.as_str(), told.retryable), (Status::Failed, error, false), "{code}: {}", told.detail);
    }
    assert!(app.simulator.journal_lines().is_empty());
    app.end().await;
}
