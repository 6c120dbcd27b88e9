//! Where a template is used, and what publishing its draft breaks.

use axum::http::StatusCode;
use peyk::access::Role;
use peyk::campaigns::{self, Launch, NewCampaign};
use peyk::contacts::csv::StoredMapping;
use peyk::templates::{self, TemplateView, publish, update};
use peyk::uploads::{self, MessageChoice, Upload, Wording};
use peyk::uses::{self, BreakageCode, Place};
use serde_json::json;

use super::{input, shipped};
use crate::api::{Client, another_subaccount};
use crate::harness::{Csv, TestApp, both_engines};
use crate::uploads::uploaded;
use crate::web::Browser;

both_engines! {
    a_template_says_where_it_is_used,
    a_change_names_what_it_breaks,
    a_change_that_breaks_nothing_has_no_breaking_warning,
    publishing_answers_with_what_it_broke,
    the_page_publishes_only_after_the_warning_was_seen,
    the_page_archives_a_used_template_only_when_somebody_is_sure,
    two_states_are_compared_word_by_word,
}

/// Version 1 of the order template, without the name.
async fn published(app: &TestApp) -> TemplateView {
    shipped(app).await;
    let texts = input(json!({"texts": {"en": "Order {{ order.number }} left.", "fa": "سفارش {{ order.number }} ارسال شد."}}));
    update(app, &app.actor(Role::Marketer), "shipped", texts).await.expect("saved");
    publish(app, &app.actor(Role::Marketer), "shipped", None).await.expect("published");
    templates::get(app, &app.actor(Role::Marketer), "shipped").await.expect("there")
}

/// A file with order numbers, for the template.
async fn file(app: &TestApp, from: u64) -> Upload {
    let actor = app.actor(Role::Marketer);
    let choice = MessageChoice { wording: Wording::Template("shipped".into()), category: None, language: None };
    let csv = Csv::with_header("phone,number").row(&[&Csv::phone(from), "A1"]).row(&[&Csv::phone(from + 1), "A2"]);
    let upload = uploaded(app, &actor, csv, &choice).await;
    let mapping = StoredMapping::parse(r#"{"phone":"phone","number":"order.number"}"#).expect("a mapping");
    uploads::set_mapping(app, &actor, &upload.id, &mapping).await.expect("matched");
    uploads::check_now(app, &actor, &upload.id).await.expect("checked")
}

async fn draft_campaign(app: &TestApp, name: &str) -> campaigns::Campaign {
    let upload = file(app, 10).await;
    let new = NewCampaign { name: name.into(), ..NewCampaign::default() };
    campaigns::create_from_upload(app, &app.actor(Role::Marketer), &upload.id, &new).await.expect("a draft")
}

/// A draft that asks for a city, lets the order's number go and has no Persian.
async fn breaking_draft(app: &TestApp) {
    let change = input(json!({"texts": {"en": "Your order left for {{ city }}."}}));
    update(app, &app.actor(Role::Marketer), "shipped", change).await.expect("saved");
}

async fn a_template_says_where_it_is_used(app: TestApp) {
    let viewer = app.actor(Role::Viewer);
    let template = published(&app).await;
    assert!(!uses::of_template(&app, &viewer, "shipped").await.expect("known").is_used());
    file(&app, 1).await;
    let campaign = draft_campaign(&app, "June").await;
    let client = Client::new(&app).await;
    let at = peyk::kernel::clock::rfc3339(app.clock.now() + peyk::kernel::clock::DAY);
    let later = json!({"to": "+14155550199", "template": "shipped", "variables": {"order.number": "A9"}, "send_at": at});
    assert_eq!(client.post("/api/v1/sms/send", later).await.status, StatusCode::ACCEPTED);

    let uses = uses::of_template(&app, &viewer, template.id.as_str()).await.expect("known");
    assert_eq!(uses.names(), ["the campaign “June” (draft)", "the upload “people.csv”", "1 message that waits"]);
    assert_eq!((uses.campaigns[0].version, uses.campaigns[0].waiting, uses.uploads[0].version), (1, 2, 1));
    let json = client.get("/api/v1/sms/templates/shipped/uses").await.json();
    assert_eq!((json["campaigns"][0]["name"].as_str(), json["messages_waiting"].as_u64()), (Some("June"), Some(1)), "{json}");
    let other = another_subaccount(&app).await;
    let stranger = Client::of(&app, &other, "all").await;
    assert_eq!(stranger.get(&format!("/api/v1/sms/templates/{}/uses", template.id)).await.status, StatusCode::NOT_FOUND);

    let mut browser = Browser::signed_in(&app, Role::Viewer).await;
    let page = browser.get(&format!("/templates/{}/uses", template.id)).await.body;
    assert!(
        page.contains(&format!("/campaigns/{}", campaign.id)) && page.contains("people.csv") && page.contains("1 single message waits"),
        "{page}"
    );
    assert!(!page.contains("/do/templates/archive"), "a viewer archives nothing: {page}");

    campaigns::launch(&app, &app.actor(Role::Marketer), &campaign.id, &Launch::default()).await.expect("launched");
    app.dispatch_all().await;
    let uses = uses::of_template(&app, &viewer, "shipped").await.expect("known");
    assert!(uses.campaigns.iter().all(|c| c.waiting == 0), "nothing of it is to leave any more: {uses:?}");
}

async fn a_change_names_what_it_breaks(app: TestApp) {
    published(&app).await;
    file(&app, 1).await;
    draft_campaign(&app, "June").await;
    breaking_draft(&app).await;
    let uses = uses::of_template(&app, &app.actor(Role::Viewer), "shipped").await.expect("known");
    let found: Vec<_> = uses.warnings.iter().map(|w| (w.code, w.placeholder.as_deref().or(w.language.as_deref()).unwrap_or(""))).collect();
    let want = [
        (BreakageCode::PlaceholderAdded, "city"),
        (BreakageCode::PlaceholderRemoved, "order.number"),
        (BreakageCode::LanguageRemoved, "fa"),
    ];
    assert_eq!(found, want);
    assert!(uses::is_breaking(&uses.warnings));
    let reached: Vec<_> = uses.warnings[0].affects.iter().map(|a| (a.kind, a.name.as_str())).collect();
    assert_eq!(reached, [(Place::Campaign, "June"), (Place::Upload, "people.csv"), (Place::Calls, "Programs that send “shipped”")]);
    assert_eq!(uses.warnings[1].affects.len(), 2, "both match a column with it");
}

async fn a_change_that_breaks_nothing_has_no_breaking_warning(app: TestApp) {
    published(&app).await;
    file(&app, 1).await;
    let change = json!({
        "texts": {"en": "Order {{ order.number }} left{% if city %} for {{ city }}{% endif %}.", "fa": "سفارش {{ order.number }} رفت."},
        "placeholders": [{"name": "order.number", "kind": "code"}],
    });
    update(&app, &app.actor(Role::Marketer), "shipped", input(change)).await.expect("saved");
    let uses = uses::of_template(&app, &app.actor(Role::Viewer), "shipped").await.expect("known");
    assert_eq!(uses.warnings.iter().map(|w| w.code).collect::<Vec<_>>(), [BreakageCode::KindChanged, BreakageCode::PlaceholderAdded]);
    assert!(!uses::is_breaking(&uses.warnings));
}

async fn publishing_answers_with_what_it_broke(app: TestApp) {
    published(&app).await;
    breaking_draft(&app).await;
    let client = Client::new(&app).await;
    let answer = client.post("/api/v1/sms/templates/shipped/publish", json!({})).await;
    let json = answer.json();
    assert_eq!((answer.status, json["version"].as_i64()), (StatusCode::OK, Some(2)), "{json}");
    assert_eq!(
        (json["warnings"][0]["code"].as_str(), json["warnings"][0]["placeholder"].as_str()),
        (Some("placeholder_added"), Some("city"))
    );
    assert!(client.get("/api/v1/sms/templates/shipped/uses").await.json()["warnings"].as_array().expect("a list").is_empty());
    file_for_archive(&app).await;
    let archived = client.call(axum::http::Method::DELETE, "/api/v1/sms/templates/shipped", None, &[]).await.json();
    assert_eq!(
        (archived["status"].as_str(), archived["used_by"][0].as_str()),
        (Some("archived"), Some("the upload “people.csv”")),
        "{archived}"
    );
    assert_eq!(client.post("/api/v1/sms/templates/shipped/unarchive", json!({})).await.json()["status"], "published");
    let copied = client.post("/api/v1/sms/templates/shipped/copy", json!({})).await;
    assert_eq!((copied.status, copied.json()["code"].as_str()), (StatusCode::CREATED, Some("shipped-copy")));
}

async fn file_for_archive(app: &TestApp) {
    let actor = app.actor(Role::Marketer);
    let choice = MessageChoice { wording: Wording::Template("shipped".into()), category: None, language: None };
    uploaded(app, &actor, Csv::with_header("phone,city").row(&[&Csv::phone(7), "Taipei"]), &choice).await;
}

async fn the_page_publishes_only_after_the_warning_was_seen(app: TestApp) {
    let template = published(&app).await;
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    let fields = |warned: &'static str| {
        [
            ("id", template.id.to_string()),
            ("name", "Order shipped".into()),
            ("code", "shipped".into()),
            ("category", "order".into()),
            ("description", String::new()),
            ("languages", "en".into()),
            ("texts.en", "Left for {{ city }}.".into()),
            ("then", "publish".into()),
            ("warned", warned.into()),
        ]
    };
    let press = async |marketer: &mut Browser, warned| {
        let fields = fields(warned);
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        marketer.submit("/do/templates/save", &fields).await.body
    };
    let page = press(&mut marketer, "").await;
    assert!(page.contains("Draft saved, not published") && page.contains("asks for “city”"), "{page}");
    assert!(
        page.contains("Programs that send “shipped”") && page.contains(r#"value="placeholder_added:city,language_removed:fa""#),
        "{page}"
    );
    assert_eq!(templates::get(&app, &app.actor(Role::Viewer), "shipped").await.expect("there").version, 1);
    let page = press(&mut marketer, "placeholder_added:other").await;
    assert!(page.contains("not published"), "another warning was seen: {page}");
    let page = press(&mut marketer, "placeholder_added:city,language_removed:fa").await;
    assert!(page.contains("Version 2 is live"), "{page}");
}

async fn the_page_archives_a_used_template_only_when_somebody_is_sure(app: TestApp) {
    let template = published(&app).await;
    file(&app, 1).await;
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    let page = marketer.submit("/do/templates/archive", &[("id", template.id.as_str())]).await.body;
    assert!(page.contains("Not archived yet. It is used by the upload “people.csv”") && page.contains("Archive anyway"), "{page}");
    let page = marketer.submit("/do/templates/archive", &[("id", template.id.as_str()), ("sure", "true")]).await.body;
    assert!(page.contains("Archived. What is on its way is still sent"), "{page}");
}

async fn two_states_are_compared_word_by_word(app: TestApp) {
    published(&app).await;
    let change = input(json!({"texts": {"en": "Order {{ order.number }} arrived.", "fa": "سفارش {{ order.number }} ارسال شد."}}));
    update(&app, &app.actor(Role::Marketer), "shipped", change).await.expect("saved");
    let client = Client::new(&app).await;
    let diff = client.get("/api/v1/sms/templates/shipped/diff").await.json();
    assert_eq!((diff["from"].as_str(), diff["to"].as_str()), (Some("1"), Some("draft")), "{diff}");
    let pieces = json!([
        {"change": "kept", "text": "Order {{ order.number }} "}, {"change": "removed", "text": "left"},
        {"change": "added", "text": "arrived"}, {"change": "kept", "text": "."},
    ]);
    assert_eq!(diff["texts"], json!([{"language": "en", "pieces": pieces}]));
    assert_eq!(client.get("/api/v1/sms/templates/shipped/diff?from=1&to=9").await.refused(), [("to".into(), "unknown".into())]);
    let first = client.get("/api/v1/sms/templates/shipped/diff?to=1").await.json();
    assert_eq!((first["from"].as_str(), first["texts"].as_array().map(Vec::len)), (Some("0"), Some(2)), "{first}");
}
