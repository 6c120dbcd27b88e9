//! A second person before marketing goes live.

use axum::http::StatusCode;
use peyk::access::{Actor, Role, SettingsPatch, add_key, audit_entries, update_settings};
use peyk::kernel::error::{Error, Result};
use peyk::kernel::page::PageRequest;
use peyk::templates::{
    Publishing, ReviewStatus, TemplateFilter, TemplateView, Verdict, approve, copy, create, get, list, may_answer, publish, reject,
    restore, update, version, waiting_for,
};
use serde_json::json;

use super::{input, is_conflict, live, refused, shipped};
use crate::api::Client;
use crate::harness::{Csv, TestApp, both_engines};
use crate::web::Browser;

both_engines! {
    nobody_is_asked_unless_the_organisation_wants_it,
    marketing_waits_for_a_second_person,
    whoever_wrote_cannot_approve_however_they_come,
    a_rejected_draft_is_changed_and_asked_for_again,
    a_changed_draft_is_not_the_one_that_was_asked_about,
    an_approval_is_for_what_was_looked_at,
    a_changed_default_is_shown_to_whoever_approves,
    the_category_is_no_way_around,
    no_door_sends_what_nobody_approved_as_marketing,
    programs_are_told_that_it_waits,
    the_pages_lead_the_second_person_to_it,
}

async fn wants_approval(app: &TestApp) {
    let patch = SettingsPatch { template_approval: Some(true), ..SettingsPatch::default() };
    update_settings(app, &app.actor(Role::Admin), patch).await.expect("the settings are saved");
}

async fn promo(app: &TestApp, author: &Actor) -> TemplateView {
    let given =
        json!({"code": "promo", "name": "Autumn sale", "category": "marketing", "texts": {"en": "20% off. Reply STOP to opt out."}});
    create(app, author, input(given)).await.expect("a sound template")
}

fn saying(note: &str) -> Verdict {
    Verdict { note: Some(note.into()), ..Verdict::default() }
}

fn waits(done: Result<Publishing>) -> bool {
    matches!(done, Ok(Publishing::Waiting(_)))
}

/// The actions of the audit log, newest first, with who did each.
async fn audited(app: &TestApp) -> Vec<(String, String)> {
    let page = PageRequest::read(None, None).expect("a page");
    let entries = audit_entries(app, &app.actor(Role::Owner), &page).await.expect("entries").items;
    entries.into_iter().map(|e| (e.action, e.actor.split(" (").next().unwrap_or_default().to_owned())).collect()
}

async fn nobody_is_asked_unless_the_organisation_wants_it(app: TestApp) {
    let marketer = app.actor(Role::Marketer);
    promo(&app, &marketer).await;
    assert!(publish(&app, &marketer, "promo", None).await.expect("published").live().is_some());
    wants_approval(&app).await;
    shipped(&app).await;
    assert!(publish(&app, &marketer, "shipped", None).await.expect("published").live().is_some(), "only marketing waits");
}

async fn marketing_waits_for_a_second_person(app: TestApp) {
    wants_approval(&app).await;
    let (author, second) = (app.actor(Role::Marketer), app.actor(Role::Admin));
    let made = promo(&app, &author).await;
    let Ok(Publishing::Waiting(waiting)) = publish(&app, &author, "promo", Some("For autumn")).await else { panic!("it waits") };
    let review = waiting.review.clone().expect("a request");
    assert_eq!(
        (review.status, review.asked_by.as_str(), review.note.as_deref()),
        (ReviewStatus::Waiting, "Test marketer", Some("For autumn"))
    );
    assert!(waits(publish(&app, &author, "promo", None).await), "asking again changes nothing");
    assert_eq!(refused(live(&app, "promo", None).await), [("template".into(), "unpublished".into())]);

    let for_me = async |actor: &Actor| waiting_for(&app, actor).await.expect("a list").into_iter().map(|t| t.code).collect::<Vec<_>>();
    assert_eq!(for_me(&second).await, ["promo"]);
    assert!(for_me(&author).await.is_empty() && for_me(&app.actor(Role::Viewer)).await.is_empty());
    assert!(may_answer(&app, &second, &waiting).await.expect("known") && !may_answer(&app, &author, &waiting).await.expect("known"));
    let filter = TemplateFilter { review: Some(ReviewStatus::Waiting), ..TemplateFilter::default() };
    let page = PageRequest::read(None, None).expect("a page");
    assert_eq!(list(&app, &author, &filter, &page).await.expect("a list").items.len(), 1);

    assert!(matches!(approve(&app, &app.actor(Role::Viewer), "promo", &Verdict::default()).await, Err(Error::Denied(_))));
    let published = approve(&app, &second, made.id.as_str(), &saying("Good")).await.expect("approved");
    assert_eq!((published.version, published.by.as_str(), published.note.as_deref()), (1, "Test marketer", Some("For autumn")));
    let kept = version(&app, &author, "promo", 1).await.expect("the version");
    let approval = kept.approval.expect("who approved stands beside the version");
    assert_eq!((approval.by.as_str(), approval.note.as_deref()), ("Test admin", Some("Good")));
    assert_eq!(live(&app, "promo", None).await.expect("live").version, 1);
    assert!(is_conflict(&approve(&app, &second, "promo", &Verdict::default()).await), "it was answered");
    let audited = audited(&app).await;
    let did = |action: &str, who: &str| audited.contains(&(action.to_owned(), who.to_owned()));
    assert!(did("template.ask_approval", "Test marketer") && did("template.approve", "Test admin"), "{audited:?}");
}

async fn whoever_wrote_cannot_approve_however_they_come(app: TestApp) {
    wants_approval(&app).await;
    let (writer, asker, third) = (app.actor(Role::Marketer), app.actor(Role::Admin), app.actor(Role::Owner));
    promo(&app, &writer).await;
    assert!(waits(publish(&app, &asker, "promo", None).await));
    assert!(is_conflict(&approve(&app, &writer, "promo", &Verdict::default()).await), "the writer, whoever asked");
    assert!(is_conflict(&approve(&app, &asker, "promo", &Verdict::default()).await), "the asker");
    assert!(is_conflict(&reject(&app, &writer, "promo", &saying("no")).await));

    let of_asker = add_key(&app, &asker, "robot", "view,templates").await.expect("a key").key;
    let key = Actor::key(app.subaccount.clone(), of_asker.id, of_asker.name, &of_asker.scopes, None);
    assert!(is_conflict(&approve(&app, &key, "promo", &Verdict::default()).await), "a key of the asker's");

    copy(&app, &third, "promo").await.expect("copied");
    assert!(waits(publish(&app, &third, "promo-copy", None).await));
    assert!(is_conflict(&approve(&app, &writer, "promo-copy", &Verdict::default()).await), "a copy has the same words");
    approve(&app, &third, "promo", &Verdict::default()).await.expect("a third person");
}

async fn a_rejected_draft_is_changed_and_asked_for_again(app: TestApp) {
    wants_approval(&app).await;
    let (author, second) = (app.actor(Role::Marketer), app.actor(Role::Admin));
    promo(&app, &author).await;
    publish(&app, &author, "promo", None).await.expect("asked");
    assert_eq!(refused(reject(&app, &second, "promo", &saying(" ")).await), [("note".into(), "required".into())]);
    let rejected = reject(&app, &second, "promo", &saying("Say until when")).await.expect("rejected");
    let answer = rejected.review.and_then(|r| r.answer).expect("an answer");
    assert_eq!((answer.by.as_str(), answer.note.as_deref()), ("Test admin", Some("Say until when")));
    assert!(is_conflict(&approve(&app, &second, "promo", &Verdict::default()).await), "it was answered");

    let changed = input(json!({"texts": {"en": "20% off until Friday. Reply STOP to opt out."}}));
    let changed = update(&app, &author, "promo", changed).await.expect("saved");
    assert_eq!(changed.review.map(|r| r.status), Some(ReviewStatus::Rejected), "the note stays while it is mended");
    assert!(waits(publish(&app, &author, "promo", None).await));
    let version = approve(&app, &second, "promo", &Verdict::default()).await.expect("approved");
    assert_eq!(version.texts.values().collect::<Vec<_>>(), ["20% off until Friday. Reply STOP to opt out."]);
    assert_eq!(get(&app, &author, "promo").await.expect("there").review, None);

    restore(&app, &author, "promo", 1).await.expect("restored");
    assert!(is_conflict(&publish(&app, &author, "promo", None).await), "nothing changed");
}

async fn a_changed_draft_is_not_the_one_that_was_asked_about(app: TestApp) {
    wants_approval(&app).await;
    let (author, second) = (app.actor(Role::Marketer), app.actor(Role::Admin));
    promo(&app, &author).await;
    publish(&app, &author, "promo", None).await.expect("asked");
    let renamed = update(&app, &second, "promo", input(json!({"name": "Sale"}))).await.expect("saved");
    assert!(renamed.is_waiting(), "a name is no text");
    let changed = update(&app, &author, "promo", input(json!({"texts": {"en": "90% off!"}}))).await.expect("saved");
    assert_eq!(changed.review, None);
    assert!(is_conflict(&approve(&app, &second, "promo", &Verdict::default()).await));
}

async fn an_approval_is_for_what_was_looked_at(app: TestApp) {
    wants_approval(&app).await;
    let (author, second) = (app.actor(Role::Marketer), app.actor(Role::Admin));
    promo(&app, &author).await;
    let Ok(Publishing::Waiting(seen)) = publish(&app, &author, "promo", None).await else { panic!("it waits") };
    let looked = Verdict { note: None, expected_updated_at: Some(peyk::kernel::clock::rfc3339(seen.updated_at)) };
    update(&app, &author, "promo", input(json!({"texts": {"en": "90% off!"}}))).await.expect("saved");
    publish(&app, &author, "promo", None).await.expect("asked again");
    assert!(is_conflict(&approve(&app, &second, "promo", &looked).await), "another text waits now");
    assert_eq!(refused(live(&app, "promo", None).await), [("template".into(), "unpublished".into())]);
}

async fn a_changed_default_is_shown_to_whoever_approves(app: TestApp) {
    wants_approval(&app).await;
    let (author, second) = (app.actor(Role::Marketer), app.actor(Role::Admin));
    let known = |default: &str, kind: &str| json!([{"name": "greeting", "default": default, "kind": kind, "sample": "Hi"}]);
    let texts = json!({"en": "{{ greeting }} Reply STOP to opt out."});
    let given = json!({"code": "hello", "category": "marketing", "texts": texts, "placeholders": known("Hello there", "text")});
    let made = create(&app, &author, input(given)).await.expect("a sound template");
    publish(&app, &author, "hello", None).await.expect("asked");
    let mut admin = Browser::signed_in(&app, Role::Admin).await;
    let page = admin.get(&format!("/templates/{}", made.id)).await.body;
    assert!(page.contains("when missing") && page.contains("<ins>Hello there</ins>"), "of the first version too: {page}");
    approve(&app, &second, "hello", &Verdict::default()).await.expect("approved");

    let offer = input(json!({"placeholders": known("Hello there, 90% off", "url")}));
    update(&app, &author, "hello", offer).await.expect("saved");
    assert!(waits(publish(&app, &author, "hello", None).await));
    for address in ["", "/versions?from=1&to=draft"] {
        let page = admin.get(&format!("/templates/{}{address}", made.id)).await.body;
        assert!(page.contains("{{ greeting }}</code> when missing") && page.contains("<ins>, 90% off</ins>"), "{address}: {page}");
        assert!(page.contains("{{ greeting }}</code> holds") && page.contains("<ins>url</ins>"), "{address}: {page}");
        assert!(!page.contains("Both say the same"), "{address}: {page}");
    }
    let found = Client::new(&app).await.get("/api/v1/sms/templates/hello/diff").await.json();
    assert_eq!((&found["from"], &found["to"], &found["texts"]), (&json!("1"), &json!("draft"), &json!([])), "{found}");
    let added = json!({"change": "added", "text": ", 90% off"});
    assert_eq!((&found["placeholders"][0]["name"], &found["placeholders"][0]["field"]), (&json!("greeting"), &json!("default")));
    assert_eq!((&found["placeholders"][0]["pieces"][1], &found["placeholders"][1]["field"]), (&added, &json!("kind")), "{found}");
}

async fn the_category_is_no_way_around(app: TestApp) {
    wants_approval(&app).await;
    let author = app.actor(Role::Marketer);
    shipped(&app).await;
    publish(&app, &author, "shipped", None).await.expect("published");
    let marketing = || input(json!({"category": "marketing"}));
    assert_eq!(refused(update(&app, &author, "shipped", marketing()).await), [("category".into(), "needs_approval".into())]);
    copy(&app, &author, "shipped").await.expect("copied");
    update(&app, &author, "shipped-copy", marketing()).await.expect("nothing of it is live");
    assert!(waits(publish(&app, &author, "shipped-copy", None).await));
}

async fn no_door_sends_what_nobody_approved_as_marketing(app: TestApp) {
    wants_approval(&app).await;
    let author = app.actor(Role::Marketer);
    shipped(&app).await;
    publish(&app, &author, "shipped", None).await.expect("published");
    promo(&app, &author).await;
    publish(&app, &author, "promo", None).await.expect("asked");
    approve(&app, &app.actor(Role::Admin), "promo", &Verdict::default()).await.expect("approved");
    let client = Client::new(&app).await;
    let doors = |template: &str, category: &str| {
        let values = json!({"order.number": "A1"});
        let people = json!([{"to": "+12025550123", "variables": values}]);
        [
            ("send", json!({"to": "+12025550123", "template": template, "category": category, "variables": values})),
            ("preview", json!({"to": "+12025550123", "template": template, "category": category, "variables": values})),
            ("send-bulk", json!({"name": "N", "template": template, "category": category, "recipients": people})),
            ("campaigns", json!({"name": "N", "template": template, "category": category, "recipients": people})),
        ]
    };
    let needed = [("category".to_owned(), "needs_approval".to_owned())];
    for (door, body) in doors("shipped", "marketing") {
        assert_eq!(client.post(&format!("/api/v1/sms/{door}"), body).await.refused(), needed, "{door}");
    }
    let file = |category: &'static str| [("template", "shipped"), ("category", category)];
    let csv = Csv::with_header("phone,order.number").row(&["+12025550123", "A1"]).bytes();
    assert_eq!(client.upload(&file("marketing"), &csv, true).await.refused(), needed, "bulk");
    for (door, body) in doors("shipped", "reminder").into_iter().chain(doors("promo", "order")) {
        let answer = client.post(&format!("/api/v1/sms/{door}"), body).await;
        assert!(answer.status.is_success(), "{door}: {}", answer.body);
    }
    let approved = json!({"to": "+12025550123", "template": "promo", "category": "marketing"});
    assert_eq!(client.post("/api/v1/sms/send", approved).await.status, StatusCode::ACCEPTED);
    assert!(client.upload(&file("reminder"), &csv, true).await.status.is_success());

    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let fields = [("to", "+12025550123"), ("template", "shipped"), ("category", "marketing"), ("variables.order.number", "A1")];
    let pages = [browser.submit("/do/send", &fields).await.body, browser.post("/do/send/preview", &fields).await.body];
    assert!(pages.iter().all(|page| page.contains("second person’s approval")), "{pages:?}");
    app.dispatch_all().await;
}

async fn programs_are_told_that_it_waits(app: TestApp) {
    wants_approval(&app).await;
    let client = Client::new(&app).await;
    let made =
        client.post("/api/v1/sms/templates", json!({"code": "promo", "name": "P", "category": "marketing", "texts": {"en": "Sale"}})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let answer = client.post("/api/v1/sms/templates/promo/publish", json!({"note": "Autumn"})).await;
    assert_eq!((answer.status, answer.json()["review"]["status"].as_str()), (StatusCode::ACCEPTED, Some("waiting")), "{}", answer.body);
    let waiting = client.get("/api/v1/sms/templates?review=waiting").await.json();
    assert_eq!(waiting["items"][0]["code"], "promo");
    assert_eq!(client.get("/api/v1/sms/templates?review=x").await.refused(), [("review".into(), "unknown".into())]);
    let own = client.post("/api/v1/sms/templates/promo/approve", json!({})).await;
    assert_eq!(own.status, StatusCode::CONFLICT, "{}", own.body);

    let admins = add_key(&app, &app.actor(Role::Admin), "second", "all").await.expect("a key").secret;
    let second = client.with_key(admins.expose());
    let rejected = second.post("/api/v1/sms/templates/promo/reject", json!({"note": "Too short"})).await;
    assert_eq!(rejected.json()["review"]["answer"]["note"], "Too short", "{}", rejected.body);
    client.put("/api/v1/sms/templates/promo", json!({"texts": {"en": "Autumn sale"}})).await;
    client.post("/api/v1/sms/templates/promo/publish", json!({})).await;
    let approved = second.post("/api/v1/sms/templates/promo/approve", json!({"note": "Good"})).await;
    assert_eq!((approved.status, approved.json()["version"].as_i64()), (StatusCode::OK, Some(1)), "{}", approved.body);
    let versions = client.get("/api/v1/sms/templates/promo/versions").await.json();
    assert_eq!(versions["items"][0]["approval"]["by"], "API key second", "{versions}");
}

async fn the_pages_lead_the_second_person_to_it(app: TestApp) {
    let mut admin = Browser::signed_in(&app, Role::Admin).await;
    let settings = [
        ("organisation", "Lark"),
        ("default_country", "US"),
        ("time_zone", "UTC"),
        ("language", "en"),
        ("currency", "USD"),
        ("template_approval", "true"),
    ];
    admin.submit("/do/settings/organisation", &settings).await;
    assert!(admin.get("/settings/organisation").await.body.contains("A second person approves marketing templates"));
    let mut author = Browser::signed_in(&app, Role::Marketer).await;
    let fields = [("name", "Autumn sale"), ("code", "promo"), ("category", "marketing"), ("description", ""), ("languages", "en")];
    let text = [("texts.en", "20% off. Reply STOP to opt out.")];
    author.submit("/do/templates/create", &[&fields[..], &text].concat()).await;
    let made = get(&app, &app.actor(Role::Viewer), "promo").await.expect("stored");
    let page = author.get(&format!("/templates/{}", made.id)).await.body;
    assert!(page.contains("Save and ask for approval of version 1"), "{page}");
    let more = [("id", made.id.as_str()), ("then", "publish"), ("note", "For autumn")];
    let page = author.submit("/do/templates/save", &[&fields[..], &text, &more].concat()).await.body;
    assert!(page.contains("once a second person has approved it") && page.contains("Waiting for approval"), "{page}");
    assert!(!page.contains("Approve and publish"), "not by the author: {page}");
    assert!(!author.get("/templates").await.body.contains("for your approval"));

    for page in ["/", "/templates"] {
        let page = admin.get(page).await.body;
        assert!(page.contains("1 template waits") && page.contains("for your approval"), "{page}");
    }
    let page = admin.get(&format!("/templates/{}", made.id)).await.body;
    assert!(page.contains("Approve version 1?") && page.contains("For autumn") && page.contains("<ins>20% off"), "{page}");
    let page = admin.submit("/do/templates/reject", &[("id", made.id.as_str()), ("note", "")]).await.body;
    assert!(page.contains("Say what should be different"), "{page}");
    let page = admin.submit("/do/templates/reject", &[("id", made.id.as_str()), ("note", "Until when?")]).await.body;
    assert!(page.contains("rejected this draft") && page.contains("Until when?"), "{page}");
    author.submit("/do/templates/save", &[&fields[..], &text, &more].concat()).await;
    let page = admin.submit("/do/templates/approve", &[("id", made.id.as_str()), ("note", "Fine")]).await.body;
    assert!(page.contains("Version 1 is live"), "{page}");
    let page = author.get(&format!("/templates/{}/versions", made.id)).await.body;
    assert!(page.contains("Approved by") && page.contains("Fine"), "{page}");
}
