//! The pages of contacts, as a browser without JavaScript meets them.

use axum::http::StatusCode;
use peyk::access::Role;
use serde_json::json;

use super::{created, sara};
use crate::api::Client;
use crate::harness::{TestApp, both_engines};
use crate::web::Browser;

both_engines! {
    a_contact_is_added_found_changed_and_removed_by_forms,
    what_is_wrong_is_told_beside_its_field_and_what_was_typed_stays,
    a_profile_tells_messages_and_consent_and_leads_to_the_evidence,
    a_message_is_begun_from_the_profile_without_a_number_in_the_address,
    foreign_texts_are_escaped_and_find_their_own_direction,
    a_viewer_sees_masked_numbers_and_changes_nothing,
    two_contacts_are_merged_by_number,
    saving_keeps_what_somebody_else_noted_meanwhile,
    a_time_zone_without_a_place_survives_the_form,
}

/// What the form of a new contact sends.
const NEW: [(&str, &str); 7] = [
    ("phone", "(212) 200-1000"),
    ("name", "Sara Ahmadi"),
    ("language", "fa"),
    ("time_zone", "Asia/Tehran"),
    ("status", "new"),
    ("tags", "VIP, spring 2026"),
    ("attributes", "city: Yazd\r\nplan: gold"),
];

async fn a_contact_is_added_found_changed_and_removed_by_forms(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let empty = browser.get("/contacts").await;
    assert!(empty.body.contains("No contacts yet") && empty.body.contains(r#"href="/contacts/new""#), "{}", empty.body);
    let added = browser.post("/do/contacts/add", &NEW).await;
    let at = added.location().to_owned();
    assert!(at.starts_with("/contacts/con_"), "{at}");
    let page = browser.get(&at).await.body;
    for words in ["Sara Ahmadi", "+12122001000", "فارسی", "Yazd", "gold", "spring-2026", "Never agreed", "Nothing yet"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    for query in ["", "?q=212-200-1000", "?q=sara", "?tag=vip", "?status=new"] {
        let list = browser.get(&format!("/contacts{query}")).await.body;
        assert!(list.contains(&format!(r#"href="{at}""#)), "{query}: {list}");
    }
    let nobody = browser.get("/contacts?q=sara&status=lost").await.body;
    assert!(nobody.contains("Nobody fits") && nobody.contains(r#"value="sara""#), "{nobody}");
    // The same number again leads to the one that is there.
    let again = browser.submit("/do/contacts/add", &[("phone", "+12122001000"), ("name", "Else")]).await.body;
    assert!(again.contains("There is a contact with this number already") && again.contains("Sara Ahmadi"), "{again}");
    let id = at.rsplit('/').next().expect("an id").to_owned();
    let change = [
        ("id", id.as_str()),
        ("name", "Sara A."),
        ("language", ""),
        ("time_zone", ""),
        ("status", "won"),
        ("tags", "vip"),
        ("attributes", "plan: silver"),
    ];
    let page = browser.submit("/do/contacts/save", &change).await.body;
    assert!(page.contains("Saved.") && page.contains("silver"), "{page}");
    assert!(!page.contains(r#"<bdi dir="auto">Yazd</bdi>"#) && !page.contains("?tag=spring-2026"), "{page}");
    let ask = browser.get(&format!("{at}/remove")).await.body;
    assert!(ask.contains("stays on record"), "{ask}");
    let list = browser.submit("/do/contacts/remove", &[("id", &id)]).await.body;
    assert!(list.contains("The contact is removed") && !list.contains(&id), "{list}");
    assert_eq!(browser.get(&at).await.status, StatusCode::NOT_FOUND);
}

async fn what_is_wrong_is_told_beside_its_field_and_what_was_typed_stays(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let faulty = [("phone", "12"), ("name", "Zoë"), ("tags", "<b>"), ("attributes", "city")];
    let page = browser.submit("/do/contacts/add", &faulty).await.body;
    assert!(page.contains(r#"id="attributes-error""#) && page.contains("Line 1:"), "{page}");
    let faulty = [("phone", "12"), ("name", "Zoë"), ("tags", "<b>"), ("attributes", "city: Yazd")];
    let page = browser.submit("/do/contacts/add", &faulty).await.body;
    for part in [r#"id="phone-error""#, r#"id="tags-error""#, r#"value="Zoë""#, "city: Yazd", "<title>Error: New contact"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let page = browser.get("/contacts?q=12").await.body;
    assert!(page.contains(r#"id="q-error""#) && page.contains(r#"value="12""#), "{page}");
}

async fn a_profile_tells_messages_and_consent_and_leads_to_the_evidence(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    let message = client.post("/api/v1/sms/send", json!({"to": "+12122001000", "text": "t"})).await.json();
    app.dispatch_all().await;
    client.post("/api/v1/sms/opt-out", json!({"phone": "+12122001000", "category": "reminder", "reason": "by phone"})).await;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let page = browser.get(&format!("/contacts/{id}")).await.body;
    let message = format!("/history/{}", message["id"].as_str().expect("an id"));
    for part in [
        message.as_str(),
        "Refused reminder",
        "by phone",
        "May be sent",
        &format!("/contacts/{id}/consent#entry-1"),
        &format!("/people/{id}/privacy"),
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let evidence = browser.get(&format!("/contacts/{id}/consent")).await.body;
    assert!(evidence.contains(r#"id="entry-1""#) && evidence.contains("By another system"), "{evidence}");
    let shown = browser.submit("/do/contacts/preference-link", &[("id", &id)]).await.body;
    let link = shown.split("/p/").nth(1).and_then(|rest| rest.split('<').next()).expect("a link is shown");
    assert_eq!(browser.get(&format!("/p/{link}")).await.status, StatusCode::OK);
    assert!(!browser.get(&format!("/contacts/{id}")).await.body.contains("/p/"), "shown once");
}

async fn a_message_is_begun_from_the_profile_without_a_number_in_the_address(app: TestApp) {
    let id = created(&Client::new(&app).await, sara()).await;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let page = browser.get(&format!("/contacts/{id}")).await.body;
    let href = format!("/send?contact={id}");
    assert!(page.contains(&format!(r#"href="{href}""#)), "{page}");
    let form = browser.get(&href).await.body;
    assert!(form.contains(r#"value="+12122001000""#), "{form}");
    assert_eq!(browser.get("/send?contact=con_0000000000").await.status, StatusCode::NOT_FOUND);
}

async fn foreign_texts_are_escaped_and_find_their_own_direction(app: TestApp) {
    let client = Client::new(&app).await;
    let evil = "</title></textarea><script>alert(1)</script>";
    let id = created(&client, json!({"phone": "+12122001000", "name": evil, "attributes": {"نام": evil}})).await;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    for path in ["/contacts".to_owned(), format!("/contacts/{id}")] {
        let page = browser.get(&path).await.body;
        assert!(!page.contains("<script>alert"), "{path}: {page}");
        assert!(page.contains(r#"<bdi dir="auto">"#), "{path}: {page}");
    }
}

async fn a_viewer_sees_masked_numbers_and_changes_nothing(app: TestApp) {
    let id = created(&Client::new(&app).await, sara()).await;
    let mut browser = Browser::signed_in(&app, Role::Viewer).await;
    for path in ["/contacts".to_owned(), format!("/contacts/{id}")] {
        let page = browser.get(&path).await.body;
        for secret in ["2122001000", "Sara", "Yazd", "/do/contacts/save", "/do/contacts/preference-link", "New contact"] {
            assert!(!page.contains(secret), "{path}, {secret}: {page}");
        }
    }
    let refused = browser.get("/contacts?q=sara").await.body;
    assert!(refused.contains(r#"id="q-error""#), "{refused}");
    for (path, fields) in [
        ("/do/contacts/add", vec![("phone", "+12122001001")]),
        ("/do/contacts/save", vec![("id", id.as_str()), ("name", "x")]),
        ("/do/contacts/remove", vec![("id", id.as_str())]),
        ("/do/contacts/merge", vec![("id", id.as_str()), ("other", "+12122001000")]),
        ("/do/contacts/preference-link", vec![("id", id.as_str())]),
    ] {
        assert_ne!(browser.post(path, &fields).await.status, StatusCode::SEE_OTHER, "{path}");
    }
    assert_eq!(browser.get(&format!("/contacts/{id}/consent")).await.status, StatusCode::FORBIDDEN);
}

async fn two_contacts_are_merged_by_number(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    created(&client, json!({"phone": "+12122001001"})).await;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    for other in ["12", "+12122001009", "+12122001000"] {
        let page = browser.submit("/do/contacts/merge", &[("id", &id), ("other", other)]).await.body;
        assert!(page.contains(r#"id="other-error""#), "{other}: {page}");
    }
    let page = browser.submit("/do/contacts/merge", &[("id", &id), ("other", "(212) 200-1001")]).await.body;
    assert!(page.contains("Both are one contact now") && page.contains("Other number") && page.contains("+12122001001"), "{page}");
}

/// The value of a hidden field.
fn hidden(page: &str, name: &str) -> String {
    let field = page.split(&format!(r#"name="{name}" value=""#)).nth(1).unwrap_or_else(|| panic!("no {name}: {page}"));
    field.split('"').next().expect("it ends").replace("&#10;", "\n")
}

async fn saving_keeps_what_somebody_else_noted_meanwhile(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let page = browser.get(&format!("/contacts/{id}")).await.body;
    let (tags, attributes) = (hidden(&page, "shown.tags"), hidden(&page, "shown.attributes"));
    let meanwhile = json!({"tags": ["vip", "spring-2026", "called"], "attributes": {"size": "L", "plan": "platinum"}});
    assert_eq!(super::patched(&client, &id, meanwhile).await.status, StatusCode::OK);
    let saved = |attributes_now: &'static str| {
        [
            ("id", id.clone()),
            ("name", "Sara".to_owned()),
            ("tags", "vip, new".to_owned()),
            ("attributes", attributes_now.to_owned()),
            ("shown.tags", tags.clone()),
            ("shown.attributes", attributes.clone()),
        ]
    };
    let form = saved("plan: gold\nstreet");
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    // Refused and shown again, it still goes by what was shown first.
    let again = browser.submit("/do/contacts/save", &form).await.body;
    assert_eq!((hidden(&again, "shown.tags"), hidden(&again, "shown.attributes")), (tags.clone(), attributes.clone()), "{again}");
    let form = saved("plan: gold\nstreet: Main");
    let form: Vec<(&str, &str)> = form.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let page = browser.submit("/do/contacts/save", &form).await.body;
    assert!(page.contains("Saved."), "{page}");
    let now = client.get(&format!("/api/v1/contacts/{id}")).await.json();
    assert_eq!(now["tags"], json!(["called", "new", "vip"]));
    assert_eq!(now["attributes"], json!({"plan": "platinum", "size": "L", "street": "Main"}));
}

async fn a_time_zone_without_a_place_survives_the_form(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, json!({"phone": "+12122001000", "time_zone": "Iran"})).await;
    let changed = client.put("/api/v1/settings", json!({"time_zone": "Etc/GMT-3"})).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    let mut browser = Browser::signed_in(&app, Role::Admin).await;
    let page = browser.get(&format!("/contacts/{id}")).await.body;
    assert!(page.contains(r#"<option value="Iran" selected"#), "{page}");
    let page = browser.get("/settings/organisation").await.body;
    assert!(page.contains(r#"<option value="Etc/GMT-3" selected"#), "{page}");
    assert!(page.contains(r#"<option value="Asia/Tehran">"#) && !page.contains(r#"<option value="Iran""#), "{page}");
}
