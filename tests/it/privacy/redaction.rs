//! Texts that are taken out by hand: gone everywhere, and everything else as it was.

use axum::http::StatusCode;
use peyk::access::{self, Permission, Role};
use peyk::kernel::page::PageRequest;
use peyk::privacy;
use serde_json::{Value, json};

use super::scene::{NAME, NUMBER, Scene, found_in, stored};
use crate::api::Client;
use crate::harness::{TestApp, both_engines};
use crate::web::Browser;

both_engines! {
    a_redacted_message_keeps_all_but_its_words,
    a_persons_texts_go_and_the_person_stays,
    only_who_may_redacts,
    the_pages_say_when_a_text_was_removed,
}

async fn all_of(client: &Client, contact: &str) -> Vec<Value> {
    let listed = client.get("/api/v1/sms/messages?limit=200&to=%2B12122001000").await.json();
    assert!(!contact.is_empty());
    let ids = listed["items"].as_array().expect("a list").iter().map(|m| m["id"].as_str().expect("an id").to_owned());
    let mut all = Vec::new();
    for id in ids.collect::<Vec<_>>() {
        all.push(client.get(&format!("/api/v1/sms/messages/{id}")).await.json());
    }
    all
}

async fn a_redacted_message_keeps_all_but_its_words(app: TestApp) {
    let scene = Scene::set(&app).await;
    let all = all_of(&scene.client, &scene.contact).await;
    let before = all.iter().find(|m| m["text"] == json!(format!("Hello {NAME}"))).expect("it was sent").clone();
    let path = format!("/api/v1/sms/messages/{}", before["id"].as_str().expect("an id"));
    let after = scene.client.post(&format!("{path}/redact"), json!({})).await;
    assert_eq!(after.status, StatusCode::OK, "{}", after.body);
    let after = after.json();
    assert!(after["text_removed_at"].is_string() && after["text"].is_null() && after["metadata"].is_null(), "{after}");
    for stays in ["status", "segments", "encoding", "cost", "estimated_cost", "to", "created_at", "sent_at", "reference"] {
        assert_eq!(after[stays], before[stays], "{stays}");
    }
    assert_eq!(after["attempts"].as_array().map(Vec::len), Some(1));
    let again = scene.client.post(&format!("{path}/redact"), json!({})).await.json();
    assert_eq!(again["text_removed_at"], after["text_removed_at"], "doing it again changes nothing");
    let person = scene.client.get(&format!("/api/v1/contacts/{}/export", scene.contact)).await.json();
    let exported = person["messages"].as_array().expect("messages").iter().find(|m| m["id"] == after["id"]).expect("it is in the export");
    assert!(exported["text"].is_null() && exported["text_removed_at"].is_string());
    let entries = access::audit_entries(&app, &app.actor(Role::Owner), &PageRequest::default()).await.expect("readable").items;
    assert_eq!(entries.iter().filter(|e| e.action == "message.redact").count(), 1);
}

async fn a_persons_texts_go_and_the_person_stays(app: TestApp) {
    let scene = Scene::full(&app).await;
    let answer = scene.client.post(&format!("/api/v1/contacts/{}/redact", scene.contact), json!({})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.json(), json!({"messages": 3, "texts": 2}), "two that were sent to them, one to their other number; two by them");
    let all = all_of(&scene.client, &scene.contact).await;
    let waiting: Vec<&Value> = all.iter().filter(|m| m["text"].is_string()).collect();
    let waits = |m: &&Value| ["scheduled", "queued", "held"].iter().any(|status| m["status"] == *status);
    assert!(!waiting.is_empty() && waiting.iter().all(waits), "what has not left needs its text: {waiting:?}");
    assert!(all.iter().all(|m| m["to"] == NUMBER), "the number stays");
    let talk = scene.client.get(&format!("/api/v1/inbox/{}", scene.contact)).await;
    let found = found_in(talk.body.as_bytes());
    assert_eq!(found.iter().filter(|text| text.contains("Quill")).count(), if talk.body.contains("Dear") { 2 } else { 0 }, "{}", talk.body);
    assert!(!found_in(&stored(&app).await).is_empty(), "the ledger still says what was said");
    let check = scene.client.get("/api/v1/sms/opt-out/check/+12122001000").await.json();
    assert_eq!(check["categories"]["marketing"]["allowed"], false, "what they refused stays refused");
}

async fn only_who_may_redacts(app: TestApp) {
    let scene = Scene::set(&app).await;
    let path = format!("/api/v1/contacts/{}/redact", scene.contact);
    let refused = Client::without(&app, Permission::Settings).await.post(&path, json!({})).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(privacy::redact(&app, &app.actor(Role::Marketer), &scene.contact).await.is_err());
    assert_eq!(scene.client.post("/api/v1/contacts/con_none/redact", json!({})).await.status, StatusCode::NOT_FOUND);
}

async fn the_pages_say_when_a_text_was_removed(app: TestApp) {
    let scene = Scene::full(&app).await;
    let all = all_of(&scene.client, &scene.contact).await;
    let sent = all.iter().find(|m| m["text"] == json!(format!("Hello {NAME}"))).expect("it was sent");
    let id = sent["id"].as_str().expect("an id").to_owned();
    let mut browser = Browser::signed_in(&app, Role::Admin).await;
    let page = browser.get(&format!("/history/{id}")).await;
    assert!(page.body.contains("Remove the text"), "{}", page.body);
    browser.post("/do/messages/redact", &[("id", id.as_str())]).await;
    let page = browser.get(&format!("/history/{id}")).await;
    assert!(page.body.contains("The text was removed on") && !page.body.contains("Remove the text") && !page.body.contains(NAME));
    let refused = browser.post("/do/people/redact", &[("id", scene.contact.as_str()), ("word", "no")]).await;
    assert_eq!(refused.status, StatusCode::SEE_OTHER);
    let page = browser.get(&format!("/people/{}/privacy", scene.contact)).await;
    assert!(page.body.contains("Type REMOVE to remove the texts"), "{}", page.body);
    browser.post("/do/people/redact", &[("id", scene.contact.as_str()), ("word", "remove")]).await;
    let talk = browser.get(&format!("/inbox/{}", scene.contact)).await;
    assert!(talk.body.matches("The text was removed on").count() >= 3, "{}", talk.body);
}
