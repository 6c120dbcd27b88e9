//! The client before the simulator, and what answers mean that the simulator does not give.

mod conforms;
mod patterns;

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::Uri;
use axum::routing::get;
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::*;
use crate::kernel::outbound::Answer;
use crate::providers::simulator::Simulator;
use crate::providers::tests::{journal, outbound, refused, serve, simulate};
use crate::providers::{Provider, ReceiptStatus, RefusalClass};

const NOW: i64 = 1_700_000_000_000;
const REST: &[(&str, &str)] = &[("username", "shop"), ("password", "password1")];
const CONSOLE: &[(&str, &str)] = &[("token", "t0kenInThePath")];
const QUICK: &str = r#""latency_ms":[0,0],"receipts":{"delivered":1,"delay_ms":[0,0]}"#;

struct World {
    simulator: Simulator,
    client: crate::providers::Client,
    base: String,
}

fn settings(base: &str, account: &[(&str, &str)]) -> Settings {
    let mut settings = Settings::default();
    settings.set("base_url", &format!("{base}/melipayamak"));
    settings.set("from", "50001234");
    for (name, value) in account {
        settings.set(name, value);
    }
    settings
}

fn connect(base: &str, account: &[(&str, &str)]) -> crate::providers::Client {
    client(outbound(), Clock::fixed(NOW), &settings(base, account)).unwrap()
}

impl World {
    async fn new(account: &[(&str, &str)], script: &str) -> Self {
        let (simulator, base) = simulate(script, Clock::fixed(NOW)).await;
        Self { client: connect(&base, account), simulator, base }
    }

    async fn send(&self, to: &str, text: &str) -> Result<Accepted, SendError> {
        send(&self.client, to, text).await
    }

    fn journal(&self) -> Vec<Value> {
        journal(&self.simulator)
    }

    /// Asks until the message's receipt is there.
    async fn receipt(&self, id: &str, to: &str) -> Receipt {
        let asked = [Polled { attempt: "att", provider_message_id: id, to }];
        let found = async {
            loop {
                if let Some(receipt) = self.client.poll(&asked).await.unwrap().pop() {
                    return receipt;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), found).await.expect("a receipt in time")
    }
}

async fn send(client: &crate::providers::Client, to: &str, text: &str) -> Result<Accepted, SendError> {
    let message = Outgoing { attempt: "att", to, from: "", text, callback_url: "", promotional: false, registered_template: None };
    client.send(&message).await
}

#[tokio::test]
async fn a_message_is_taken_and_its_receipt_is_asked_for() {
    for account in [REST, CONSOLE] {
        let world = World::new(account, QUICK).await;
        let id = world.send("+989121234567", "\u{633}\u{644}\u{627}\u{645} 👋").await.unwrap().provider_message_id;
        assert!(id.len() >= 16 && is_id(&id), "{id}");
        let receipt = world.receipt(&id, "+989121234567").await;
        assert_eq!((&receipt.status, receipt.at), (&ReceiptStatus::Delivered, NOW));
        assert_eq!((receipt.attempt.as_deref(), receipt.provider_message_id.as_ref()), (Some("att"), Some(&id)));
        let journal = world.journal();
        assert_eq!(journal[0]["text_sha256"], crate::kernel::crypto::sha256_hex("\u{633}\u{644}\u{627}\u{645} 👋".as_bytes()));
        for line in &journal {
            assert_eq!((&line["provider"], &line["to"]), (&json!("melipayamak"), &json!("+989121234567")), "{line}");
            assert_eq!((&line["ref"], &line["id"]), (&json!(id), &json!(id)), "{line}");
        }
    }
}

#[tokio::test]
async fn each_magic_number_is_said_in_the_providers_words() {
    for account in [REST, CONSOLE] {
        let world = World::new(account, QUICK).await;
        for (to, code, class) in [
            ("+989120000001", "18", RefusalClass::Permanent),
            ("+989120000002", "18", RefusalClass::Permanent),
            ("+989120000003", "35", RefusalClass::Compliance),
        ] {
            assert_eq!(refused(world.send(to, "hello").await), (code.into(), class), "{to}");
        }
        let id = world.send("+989120000004", "hello").await.unwrap().provider_message_id;
        assert!(matches!(world.receipt(&id, "+989120000004").await.status, ReceiptStatus::Failed(refusal) if refusal.code == "delivery_2"));
        let id = world.send("+989120000005", "hello").await.unwrap().provider_message_id;
        let asked = [Polled { attempt: "att", provider_message_id: &id, to: "+989120000005" }];
        assert_eq!(world.client.poll(&asked).await, Ok(Vec::new()));
        assert!(matches!(world.send("+989120000006", "hello").await, Err(SendError::Unknown { .. })));
        assert_eq!(world.send("+989120000007", "hello").await, Err(SendError::Throttled { retry_after: None }));
        world.send("+989120000007", "hello").await.unwrap();
        assert!(
            world.journal().iter().all(|line| (line["outcome"] == "refused" || line["outcome"] == "throttled") == line["id"].is_null())
        );
    }
}

#[tokio::test]
async fn every_fault_is_classed_rightly() {
    for account in [REST, CONSOLE] {
        for (fault, taken) in [
            ("http_500", false),
            ("http_429", false),
            ("refuse", false),
            ("hang_after_accept", true),
            ("reset_after_accept", true),
            ("garbage", true),
        ] {
            let world = World::new(account, &format!(r#"{QUICK},"faults":{{"{fault}":1}}"#)).await;
            let result = world.send("+989121234567", "hello").await;
            match fault {
                "http_429" => assert_eq!(result, Err(SendError::Throttled { retry_after: None })),
                "refuse" => assert_eq!(refused(result), ("11".into(), RefusalClass::Retryable)),
                _ => assert!(matches!(result, Err(SendError::Unknown { .. })), "{fault}: {result:?}"),
            }
            assert_eq!(world.journal().iter().any(|line| line["id"].is_string()), taken, "{fault}");
        }
    }
}

#[tokio::test]
async fn wrong_credentials_pause_the_connection_and_the_balance_counts_messages() {
    for (right, wrong) in [(REST, &[("username", "shop"), ("password", "wrong")][..]), (CONSOLE, &[("token", "wrong")])] {
        let world = World::new(right, QUICK).await;
        assert_eq!(world.client.balance().await, Ok(Some(Balance { amount: 100_000_000, currency: None })));
        let client = connect(&world.base, wrong);
        assert!(matches!(send(&client, "+989121234567", "hello").await, Err(SendError::Misconfigured { .. })));
        let asked = [Polled { attempt: "att", provider_message_id: "1234567890123456789", to: "+989121234567" }];
        assert!(matches!(client.balance().await, Err(SendError::Misconfigured { .. })));
        assert!(matches!(client.poll(&asked).await, Err(SendError::Misconfigured { .. })));
        assert!(matches!(client.poll_inbound().await, Err(SendError::Misconfigured { .. })));
        assert!(world.journal().is_empty());
    }
}

async fn letters(world: &World, least: usize) -> Vec<Inbound> {
    let found = async {
        loop {
            let texts = world.client.poll_inbound().await.unwrap();
            if texts.len() >= least {
                return texts;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(10), found).await.expect("texts in time")
}

#[tokio::test]
async fn what_people_write_is_read_from_the_inbox_of_either_generation() {
    for account in [REST, CONSOLE] {
        let world = World::new(account, QUICK).await;
        world.send("+989120000008", "hello").await.unwrap();
        // It must be the oldest: a text that comes between the question for one page and for the next shifts them.
        letters(&world, 1).await;
        for _ in 0..26 {
            let text = json!({ "to": "50001234", "from": "+989121234567", "text": "\u{6f1}\u{6f1}", "provider": "melipayamak" });
            let http = outbound();
            let answer = http.send(http.post(format!("{}/sim/v1/inbound", world.base)).body(text.to_string())).await.unwrap();
            assert_eq!(answer.status, 202);
        }
        let texts = letters(&world, 27).await;
        assert_eq!(texts.len(), 27);
        let eleven = texts.iter().find(|text| text.from == "+989121234567").unwrap();
        assert_eq!((&*eleven.text, &*eleven.to, eleven.at), ("\u{6f1}\u{6f1}", "50001234", NOW));
        assert!(texts.iter().any(|text| text.text == "STOP" && text.from == "+989120000008"));
    }
}

#[tokio::test]
async fn a_text_that_the_panel_forwards_is_heard() {
    let world = World::new(&[REST, &[("inbound", "push")]].concat(), QUICK).await;
    let (ears, mut heard) = mpsc::unbounded_channel();
    let ours = async |State(ears): State<mpsc::UnboundedSender<Uri>>, uri: Uri| {
        ears.send(uri).unwrap();
        "OK"
    };
    let base = serve(Router::new().route("/webhooks/melipayamak/key/inbound", get(ours)).with_state(ears)).await;
    world.simulator.introduce(Provider::Melipayamak, &format!("{base}/webhooks/melipayamak/key/status"), "");
    world.send("+989120000008", "hello").await.unwrap();
    let uri = tokio::time::timeout(Duration::from_secs(10), heard.recv()).await.expect("a call in time").unwrap();
    let call = Call { door: Door::Inbound, url: &format!("https://peyk.example{uri}"), headers: &HeaderMap::new(), body: b"", at: NOW };
    let told = world.client.hear(&call).unwrap();
    assert_eq!((told.answer.body.as_ref(), told.inbound.len(), told.receipts.len()), ("OK", 1, 0));
    assert_eq!((&*told.inbound[0].text, &*told.inbound[0].from, &*told.inbound[0].to), ("STOP", "+989120000008", "50001234"));
    assert_eq!(world.client.poll_inbound().await, Ok(Vec::new()), "what is forwarded is not asked for as well");
    assert!(matches!(world.client.hear(&Call { door: Door::Status, ..call }), Err(CallError::Unreadable(_))));
}

#[test]
fn a_value_is_an_id_only_when_it_is_long() {
    let sent = |value: &str, status: i64, word: &str| {
        let body = json!({ "Value": value, "RetStatus": status, "StrRetStatus": word }).to_string();
        rest::sent(&Answer { status: 200, retry_after: None, body: body.into() })
    };
    assert_eq!(sent("5283650118", 1, "Ok").unwrap().provider_message_id, "5283650118");
    assert_eq!(refused(sent("7", 1, "Ok")), ("7".into(), RefusalClass::Permanent));
    assert_eq!(refused(sent("35", 1, "Ok")), ("35".into(), RefusalClass::Compliance));
    assert_eq!(refused(sent("35", 35, "InvalidData")), ("InvalidData".into(), RefusalClass::Permanent));
    assert!(matches!(sent("2", 1, "Ok"), Err(SendError::Misconfigured { detail }) if detail.contains("no credit")));
    assert!(matches!(sent("", 0, "UserNameAndPasswordFailed"), Err(SendError::Misconfigured { .. })));
    assert_eq!(sent("3", 1, "Ok"), Err(SendError::Throttled { retry_after: Some(Duration::from_secs(3600)) }));
    for (value, status) in [("1", 1), ("77", 1), ("", 1), ("-5283650118", 1), ("528365011", 1), ("5283650118", 0), ("52836 50118", 1)] {
        assert!(matches!(sent(value, status, "Ok"), Err(SendError::Unknown { .. })), "{value} {status}");
    }
}

#[test]
fn the_console_refuses_by_an_id_of_zero_or_null() {
    let sent = |body: Value| console::sent(&Answer { status: 200, retry_after: None, body: body.to_string().into() });
    assert_eq!(sent(json!({ "recId": 5_283_650_118_u64, "status": "" })).unwrap().provider_message_id, "5283650118");
    let success = "\u{645}\u{648}\u{641}\u{642}";
    assert!(sent(json!({ "recId": "5283650118", "status": success })).is_ok());
    for status in ["", "\u{646}\u{627}\u{645}\u{648}\u{641}\u{642}", "\u{62e}\u{637}\u{627}"] {
        assert_eq!(refused(sent(json!({ "recId": 0, "status": status }))), ("no_id".into(), RefusalClass::Retryable), "{status}");
    }
    let Err(SendError::Refused(told)) = sent(json!({ "recId": null, "status": "no: 09121234567" })) else { panic!("refused") };
    assert_eq!(told.detail, "The provider did not take the message: no: •••••••••••");
    assert_eq!(refused(sent(json!({ "recId": 0, "status": "35" }))), ("35".into(), RefusalClass::Compliance));
    for doubtful in [json!({ "status": "" }), json!({ "recId": 0, "status": success }), json!({ "recId": 528 }), json!({ "recId": {} })] {
        assert!(!matches!(sent(doubtful.clone()), Err(SendError::Misconfigured { .. }) | Ok(_)), "{doubtful}");
    }
    assert!(matches!(sent(json!({ "status": "" })), Err(SendError::Unknown { .. })));
    assert!(matches!(sent(json!({ "recId": 0, "status": success })), Err(SendError::Unknown { .. })));
    assert!(matches!(sent(json!({ "recId": 528, "status": "" })), Err(SendError::Unknown { .. })));
}

#[tokio::test]
async fn a_bad_line_is_the_connections_fault_only_when_the_connection_chose_it() {
    let answer = r#"{"Value":"5","RetStatus":1,"StrRetStatus":"Ok"}"#;
    let base = serve(Router::new().fallback(async move || answer)).await;
    let client = connect(&base, REST);
    assert!(matches!(send(&client, "+989121234567", "hello").await, Err(SendError::Misconfigured { .. })));
    let message = Outgoing {
        attempt: "att",
        to: "+989121234567",
        from: "30001",
        text: "hello",
        callback_url: "",
        promotional: false,
        registered_template: None,
    };
    assert_eq!(refused(client.send(&message).await), ("5".into(), RefusalClass::Permanent));
}

#[test]
fn settings_are_asked_for_by_name() {
    let field = |values: &[(&str, &str)]| {
        let mut settings = Settings::default();
        for (name, value) in values {
            settings.set(name, value);
        }
        client(outbound(), Clock::fixed(NOW), &settings).err().map(|bad| bad.field)
    };
    assert_eq!(field(&[]), Some("username"));
    assert_eq!(field(&[("username", "shop"), ("from", "5000")]), Some("password"));
    assert_eq!(field(&[("token", "t")]), Some("from"));
    assert_eq!(field(&[("token", "t"), ("from", "5000"), ("inbound", "both")]), Some("inbound"));
    assert_eq!(field(&[("token", "t"), ("from", "5000"), ("base_url", "nowhere")]), Some("base_url"));
    assert_eq!(field(&[("token", "t"), ("from", "5000"), ("patterns", "maybe")]), Some("patterns"));
    assert_eq!(field(&[("token", "t"), ("from", "5000"), ("inbound", "push"), ("patterns", "no")]), None);
}

#[test]
fn dates_of_both_generations_are_instants() {
    for (text, at) in [
        ("/Date(1700000000000+0330)/", Some(NOW)),
        ("/Date(1700000000000+0430)/", Some(NOW)),
        ("/Date(1700000000000)/", Some(NOW)),
        ("/Date(-62135596800000)/", Some(-62_135_596_800_000)),
        ("/Date(1700000000000+03:30)/", None),
        ("/Date(+0330)/", None),
        ("/Date(\u{6f1}\u{6f7}+0330)/", None),
        ("1700000000000", None),
        ("", None),
    ] {
        assert_eq!(inbox::json_date(text), at, "{text}");
    }
    assert_eq!(inbox::tehran_time("2023-11-15T01:43:20"), Some(NOW));
    assert_eq!(inbox::tehran_time("2023-11-15T01:43:20.5"), Some(NOW + 500));
    // A summer before 2022 was an hour ahead.
    assert_eq!(inbox::tehran_time("2021-07-01T00:00:00"), Some(1_625_081_400_000));
    assert_eq!(inbox::tehran_time("2023-11-15"), None);
}

proptest::proptest! {
    #[test]
    fn any_date_is_read_or_refused(text in "(/Date\\()?.{0,24}(\\)/)?") {
        inbox::json_date(&text);
        inbox::tehran_time(&text);
    }

    #[test]
    fn any_credit_is_read_or_refused(text in ".{0,24}") {
        credits(&text);
    }
}

#[test]
fn credits_are_cut_to_six_decimals() {
    assert_eq!(credits("21634.12435231"), Some(21_634_124_352));
    assert_eq!(credits("100"), Some(100_000_000));
    assert_eq!(credits("null"), None);
}
