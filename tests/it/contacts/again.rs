//! Contacts that come back, and contacts that two make at once.

use std::time::Duration;

use axum::http::{Method, StatusCode};
use futures::future::join_all;
use peyk::contacts;
use peyk::db::Tx;
use peyk::kernel::phone::Phone;
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
    two_who_make_the_same_people_in_other_orders_do_not_wait_for_each_other,
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

async fn two_who_make_the_same_people_in_other_orders_do_not_wait_for_each_other(app: TestApp) {
    let phone = |text: &str| Phone::from_e164(text).expect("a number");
    let (first, second) = (phone("+12122001000"), phone("+12122001001"));
    let made = async |tx: &mut Tx, phones: &[Phone]| {
        contacts::ensure(tx, &app.cipher.tenant(&app.subaccount), &app.subaccount, phones, app.clock.now()).await
    };
    let mut tx = app.db.write().await.expect("the database writes");
    made(&mut tx, &[first]).await.expect("made");
    let other = async {
        let mut tx = app.db.write().await.expect("the database writes");
        let people = made(&mut tx, &[second, first]).await.map(|people| people.len());
        tx.commit().await.expect("the database writes");
        people
    };
    let this = async {
        // By now the other one waits for the first person, and must not hold the second.
        tokio::time::sleep(Duration::from_millis(300)).await;
        let people = made(&mut tx, &[second]).await.map(|people| people.len());
        tx.commit().await.expect("the database writes");
        people
    };
    let (other, this) = tokio::join!(other, this);
    assert_eq!((other.expect("nobody waits for ever"), this.expect("nobody waits for ever")), (2, 1));
}
