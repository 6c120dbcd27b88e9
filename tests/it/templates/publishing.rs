//! Versions: what messages are rendered with, and going back.

use axum::http::StatusCode;
use peyk::access::Role;
use peyk::kernel::page::PageRequest;
use peyk::templates::{
    SampleSet, TemplatePreviewInput, archive, discard_draft, draft_or_version, get, preview, publish, restore, update, versions,
};
use serde_json::json;

use super::{input, is_conflict, live, refused, render, shipped};
use crate::api::Client;
use crate::harness::{TestApp, both_engines};
use crate::web::Browser;

both_engines! {
    nobody_acts_on_a_draft_that_they_did_not_see,
    nothing_is_sent_with_a_draft,
    a_draft_changes_nothing_that_is_sent_until_it_is_published,
    a_pinned_version_keeps_its_text_for_ever,
    publishing_needs_a_change,
    an_archived_template_starts_nothing_new,
    a_restored_version_is_a_draft,
    a_discarded_draft_gives_way_to_the_live_version,
    the_reader_gets_their_language,
    a_version_that_was_rolled_back_is_forgotten,
    a_preview_is_what_would_be_sent,
    a_preview_fills_in_samples_only_when_asked,
}

async fn nothing_is_sent_with_a_draft(app: TestApp) {
    shipped(&app).await;
    assert_eq!(refused(live(&app, "shipped", None).await), [("template".into(), "unpublished".into())]);
    assert_eq!(refused(live(&app, "shipped", Some(1)).await), [("template".into(), "unknown_version".into())]);
    assert_eq!(refused(live(&app, "shiped", None).await), [("template".into(), "unknown".into())]);
}

async fn a_draft_changes_nothing_that_is_sent_until_it_is_published(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let made = shipped(&app).await;
    let version = publish(&app, &actor, "shipped", Some(" first ")).await.expect("published").live().expect("live at once");
    assert_eq!((version.version, version.note.as_deref(), version.by.as_str()), (1, Some("first"), "Test marketer"));
    assert!(!get(&app, &actor, "shipped").await.expect("there").has_draft);
    let values = [("order.number", "A1")];
    let now_live = live(&app, made.id.as_str(), None).await.expect("published");
    assert_eq!((now_live.version, now_live.code.as_str()), (1, "shipped"));
    assert_eq!(render(&now_live, "en", &values), "Hi friend, order A1 is on its way.");

    let changed = update(&app, &actor, "shipped", input(json!({"texts": {"en": "Gone: {{ order.number }}"}}))).await.expect("changed");
    assert!(changed.has_draft);
    assert_eq!(changed.texts.len(), 1, "the view shows the draft");
    assert_eq!(render(&live(&app, "shipped", None).await.expect("live"), "en", &values), "Hi friend, order A1 is on its way.");

    publish(&app, &actor, "shipped", None).await.expect("published");
    let now_live = live(&app, "shipped", None).await.expect("live");
    assert_eq!((now_live.version, render(&now_live, "en", &values).as_str()), (2, "Gone: A1"));
}

async fn a_pinned_version_keeps_its_text_for_ever(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    shipped(&app).await;
    publish(&app, &actor, "shipped", None).await.expect("published");
    update(&app, &actor, "shipped", input(json!({"texts": {"en": "two"}}))).await.expect("changed");
    publish(&app, &actor, "shipped", None).await.expect("published");
    let pinned = live(&app, "shipped", Some(1)).await.expect("still there");
    let values = [("order.number", "7"), ("name", "Mina")];
    assert_eq!(render(&pinned, "fa", &values), "سفارش 7 ارسال شد.");
    let listed = versions(&app, &actor, "shipped", &PageRequest::default()).await.expect("lists").items;
    assert_eq!(listed.iter().map(|v| (v.version, v.texts.len())).collect::<Vec<_>>(), [(2, 1), (1, 2)]);
    let json = serde_json::to_value(&listed[1]).expect("serialises");
    assert_eq!(
        (&json["version"], &json["by"], &json["published_at"]),
        (&json!(1), &json!("Test marketer"), &json!("2026-11-21T10:00:00.000Z"))
    );
}

async fn publishing_needs_a_change(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let made = shipped(&app).await;
    publish(&app, &actor, "shipped", None).await.expect("published");
    assert!(is_conflict(&publish(&app, &actor, "shipped", None).await));
    update(&app, &actor, "shipped", input(json!({"texts": {"en": "other"}}))).await.expect("changed");
    let back = json!({"texts": made.texts, "placeholders": made.placeholders});
    let back = update(&app, &actor, "shipped", input(back)).await.expect("changed back");
    assert!(!back.has_draft, "the same words are no draft");
    assert!(is_conflict(&publish(&app, &actor, "shipped", None).await));
}

async fn an_archived_template_starts_nothing_new(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    shipped(&app).await;
    publish(&app, &actor, "shipped", None).await.expect("published");
    archive(&app, &actor, "shipped").await.expect("archived");
    assert_eq!(refused(live(&app, "shipped", None).await), [("template".into(), "archived".into())]);
    live(&app, "shipped", Some(1)).await.expect("what is on its way keeps its text");
}

async fn a_restored_version_is_a_draft(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let made = shipped(&app).await;
    publish(&app, &actor, "shipped", None).await.expect("published");
    update(&app, &actor, "shipped", input(json!({"texts": {"en": "two"}}))).await.expect("changed");
    publish(&app, &actor, "shipped", None).await.expect("published");
    let restored = restore(&app, &actor, "shipped", 1).await.expect("restored");
    assert_eq!((&restored.texts, &restored.placeholders), (&made.texts, &made.placeholders));
    assert_eq!((restored.version, restored.has_draft), (2, true));
    assert_eq!(render(&live(&app, "shipped", None).await.expect("live"), "en", &[]), "two", "version 2 is live still");
    assert_eq!(publish(&app, &actor, "shipped", None).await.expect("published").live().map(|v| v.version), Some(3));
    assert_eq!(refused(restore(&app, &actor, "shipped", 9).await), [("version".into(), "unknown".into())]);
}

async fn a_discarded_draft_gives_way_to_the_live_version(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let made = shipped(&app).await;
    assert!(is_conflict(&discard_draft(&app, &actor, "shipped").await), "there is nothing to go back to");
    publish(&app, &actor, "shipped", None).await.expect("published");
    update(&app, &actor, "shipped", input(json!({"name": "New name", "texts": {"en": "two"}}))).await.expect("changed");
    let back = discard_draft(&app, &actor, "shipped").await.expect("discarded");
    assert_eq!((&back.texts, back.has_draft, back.name.as_str()), (&made.texts, false, "New name"));
}

async fn the_reader_gets_their_language(app: TestApp) {
    shipped(&app).await;
    publish(&app, &app.actor(Role::Marketer), "shipped", None).await.expect("published");
    let live = live(&app, "shipped", None).await.expect("live");
    let language = |tag: &str| peyk::kernel::language::Language::parse(tag).expect("a tag");
    let (chosen, text) = live.text_for(Some(&language("fa-IR")), &language("en"));
    assert_eq!((chosen.as_str(), text.source()), ("fa", "سفارش {{ order.number }} ارسال شد."));
    assert_eq!(live.text_for(Some(&language("de")), &language("fr")).0.as_str(), "en");
}

async fn a_version_that_was_rolled_back_is_forgotten(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let made = shipped(&app).await;
    let mut tx = app.db.write().await.expect("the database writes");
    tx.query(
        "insert into template_versions (subaccount_id, template_id, version, texts, placeholders, published_by, published_at)
         values ($1, $2, 1, '{\"en\":\"never said\"}', '[]', 'nobody', 1)",
    )
    .bind(app.subaccount.as_str())
    .bind(made.id.as_str())
    .execute()
    .await
    .expect("a version");
    let seen = peyk::templates::published(&mut tx, &app.subaccount, "shipped", Some(1)).await.expect("seen inside");
    assert_eq!(render(&seen, "en", &[]), "never said");
    drop(tx);
    publish(&app, &actor, "shipped", None).await.expect("the number is free again");
    let text = render(&live(&app, "shipped", None).await.expect("live"), "en", &[("order.number", "1")]);
    assert_eq!(text, "Hi friend, order 1 is on its way.");
}

async fn a_preview_is_what_would_be_sent(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    shipped(&app).await;
    publish(&app, &actor, "shipped", None).await.expect("published");
    update(&app, &actor, "shipped", input(json!({"texts": {"en": "It’s {{ order.number }}"}}))).await.expect("changed");
    let asked: TemplatePreviewInput = serde_json::from_value(json!({"variables": {"order.number": "A-7"}})).expect("the shape is right");
    let draft = preview(&app, &actor, "shipped", &asked).await.expect("shown");
    assert_eq!((draft.text.text.as_str(), draft.text.segments, draft.text.culprits.len()), ("It’s A-7", 1, 1));
    let asked = TemplatePreviewInput { version: Some(1), language: Some("fa-IR".into()), ..asked };
    let first = preview(&app, &actor, "shipped", &asked).await.expect("shown");
    let sent = render(&live(&app, "shipped", None).await.expect("live"), "fa", &[("order.number", "A-7")]);
    assert_eq!((first.language.as_str(), first.text.text), ("fa", sent));
    assert_eq!(first.parts.iter().filter(|p| p.from_placeholder).map(|p| p.text.as_str()).collect::<Vec<_>>(), ["A-7"]);
    let mut tx = app.db.read().await.expect("the database reads");
    assert_eq!(draft_or_version(&mut tx, &app.subaccount, "shipped", None).await.expect("the draft").version, 0);
}

async fn a_preview_fills_in_samples_only_when_asked(app: TestApp) {
    let actor = app.actor(Role::Viewer);
    shipped(&app).await;
    let bare = TemplatePreviewInput::default();
    assert_eq!(refused(preview(&app, &actor, "shipped", &bare).await), [("variables.order.number".into(), "missing_value".into())]);
    let text = async |set| {
        let asked = TemplatePreviewInput { samples: Some(set), ..TemplatePreviewInput::default() };
        preview(&app, &actor, "shipped", &asked).await.expect("shown").text.text
    };
    assert_eq!(text(SampleSet::Typical).await, "Hi Mina, order Sara is on its way.");
    assert_eq!(text(SampleSet::Longest).await, "Hi friend, order Sara is on its way.");
    assert_eq!(text(SampleSet::Empty).await, "Hi friend, order Sara is on its way.");
    let odd = TemplatePreviewInput { language: Some("klingon!".into()), ..bare };
    assert_eq!(refused(preview(&app, &actor, "shipped", &odd).await)[0].0, "language");
}

async fn nobody_acts_on_a_draft_that_they_did_not_see(app: TestApp) {
    let made = shipped(&app).await;
    let client = Client::new(&app).await;
    let path = |what: &str| format!("/api/v1/sms/templates/shipped{what}");
    assert_eq!(client.post(&path("/publish"), json!({})).await.status, StatusCode::OK);
    let variants = json!([{"share": 50}, {"share": 50, "texts": {"en": "Your order {{ order.number }} left."}}]);
    let seen = client.put(&path(""), json!({"variants": variants})).await.json()["updated_at"].clone();
    client.put(&path(""), json!({"description": "Of a colleague"})).await;
    let calls = [
        ("/publish", json!({"expected_updated_at": seen})),
        ("/restore", json!({"version": 1, "expected_updated_at": seen})),
        ("/variant", json!({"variant": "B", "expected_updated_at": seen})),
    ];
    for (what, body) in &calls {
        let answer = client.post(&path(what), body.clone()).await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{what}: {}", answer.body);
        assert!(answer.body.contains("saved this template meanwhile"), "{what}: {}", answer.body);
    }
    let garbled = client.post(&path("/publish"), json!({"expected_updated_at": "yesterday"})).await;
    assert_eq!(garbled.refused(), [("expected_updated_at".into(), "unreadable".into())]);

    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let stale = [("id", made.id.as_str()), ("seen", seen.as_str().expect("an instant")), ("version", "1"), ("variant", "B")];
    for command in ["discard", "restore", "variant"] {
        let page = browser.submit(&format!("/do/templates/{command}"), &stale).await.body;
        assert!(page.contains("saved this template meanwhile"), "{command}: {page}");
    }
    let stands = client.get(&path("")).await.json();
    assert_eq!((&stands["version"], &stands["has_draft"], stands["variants"].as_array().map(Vec::len)), (&json!(1), &json!(true), Some(2)));
    let now = stands["updated_at"].as_str().expect("an instant");
    let sent = format!(r#"name="seen" value="{now}""#);
    for page in [String::new(), "/versions".into()] {
        let body = browser.get(&format!("/templates/{}{page}", made.id)).await.body;
        let (_, form) = body.split_once(if page.is_empty() { "/do/templates/discard" } else { "/do/templates/restore" }).expect("a button");
        assert!(form.split("</form>").next().is_some_and(|form| form.contains(&sent)), "{page}: {body}");
    }
    let fresh = client.post(&path("/publish"), json!({"expected_updated_at": now})).await;
    assert_eq!(fresh.status, StatusCode::OK, "{}", fresh.body);
}
