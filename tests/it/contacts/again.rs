//! Contacts that come back, and contacts that two make at once.

use axum::http::{Method, StatusCode};
use futures::future::join_all;
use serde_json::{Value, json};

use super::{created, ids, sara};
use crate::api::Client;
use crate::harness::{TestApp, both_engines};
use crate::inbox;

both_engines! {
    a_removed_contact_who_is_written_to_comes_back_without_what_was_noted,
    a_removed_contact_who_writes_comes_back,
    a_number_of_a_removed_contact_brings_the_contact_back,
    one_number_added_by_many_at_once_is_one_contact,
    a_removed_number_added_by_many_at_once_is_one_contact,
}

async fn removed(client: &Client, id: &str) {
    let gone = client.call(Method::DELETE, &format!("/api/v1/contacts/{id}"), None, &[]).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.body);
    assert!(ids(client, "").await.is_empty());
}

async fn a_removed_contact_who_is_written_to_comes_back_without_what_was_noted(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    removed(&client, &id).await;
    client.post("/api/v1/sms/opt-out", json!({"phone": "+12122001000", "category": "marketing"})).await;
    assert!(ids(&client, "").await.is_empty(), "recording a refusal is no reason to be listed");
    let sent = client.post("/api/v1/sms/send", json!({"to": "+12122001000", "text": "t"})).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED);
    assert_eq!(ids(&client, "").await, std::slice::from_ref(&id));
    let back: Value = client.get(&format!("/api/v1/contacts/{id}")).await.json();
    assert!(back.get("name").is_none() && back["tags"] == json!([]) && back["attributes"] == json!({}), "{back}");
    let check = client.get("/api/v1/sms/opt-out/check/+12122001000").await.json();
    assert_eq!(check["categories"]["marketing"]["allowed"], false, "{check}");
}

async fn a_removed_contact_who_writes_comes_back(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, json!({"phone": inbox::PERSON, "name": "Sara"})).await;
    removed(&client, &id).await;
    inbox::write(&app, "e1", inbox::PERSON, "hello").await;
    assert_eq!(ids(&client, "").await, [id]);
}

async fn a_number_of_a_removed_contact_brings_the_contact_back(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    let other = created(&client, json!({"phone": "+12122001001"})).await;
    client.post(&format!("/api/v1/contacts/{id}/merge"), json!({"other": other})).await;
    removed(&client, &id).await;
    client.post("/api/v1/sms/send", json!({"to": "+12122001001", "text": "t"})).await;
    assert_eq!(ids(&client, "").await, [id]);
}

/// How often each status was answered when many add one number at once.
async fn added_at_once(client: &Client) -> (usize, usize) {
    let calls = (0..12).map(|n| client.post("/api/v1/contacts", json!({"phone": "+12122001000", "name": format!("N{n}"), "tags": ["t"]})));
    let answers = join_all(calls).await;
    let of = |status| answers.iter().filter(|a| a.status == status).count();
    let counts = (of(StatusCode::CREATED), of(StatusCode::CONFLICT));
    assert_eq!(counts.0 + counts.1, answers.len(), "{:?}", answers.iter().map(|a| (a.status, &a.body)).collect::<Vec<_>>());
    counts
}

async fn one_number_added_by_many_at_once_is_one_contact(app: TestApp) {
    let client = Client::new(&app).await;
    assert_eq!(added_at_once(&client).await, (1, 11));
    assert_eq!(ids(&client, "").await.len(), 1);
    assert_eq!(ids(&client, "?tag=t").await.len(), 1);
}

async fn a_removed_number_added_by_many_at_once_is_one_contact(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    removed(&client, &id).await;
    assert_eq!(added_at_once(&client).await, (1, 11));
    assert_eq!(ids(&client, "").await, [id]);
}
