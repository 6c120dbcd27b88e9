//! Consent: asked for, confirmed, proven, and never undone by accident.

mod corpus;
mod digest;
mod doors;
mod double;
mod evidence;
mod leaving;
mod links;
mod scope;

use axum::http::StatusCode;
use peyk::access::Role;
use peyk::consent::{self, Entry, Proof};
use peyk::contacts;
use peyk::kernel::phone::Phone;
use peyk::preferences::{self, Check};
use serde_json::{Value, json};

use crate::api::Client;
use crate::harness::TestApp;

/// A person.
pub const PERSON: &str = "+12025550123";
/// Another one.
pub const OTHER: &str = "+12025550124";

pub async fn check(app: &TestApp, phone: &str) -> Check {
    preferences::check(app, &app.actor(Role::Marketer), phone).await.expect("consent is there")
}

/// Why marketing may not go to them; empty when it may.
pub async fn marketing(app: &TestApp, phone: &str) -> &'static str {
    let check = check(app, phone).await;
    let (_, allowed) = check.categories.iter().find(|(category, _)| category.as_str() == "marketing").expect("every category is there");
    allowed.reason.unwrap_or_default()
}

/// What the ledger holds about them, oldest first.
pub async fn ledger(app: &TestApp, phone: &str) -> Vec<Entry> {
    let phone = Phone::from_e164(phone).expect("a number");
    let mut tx = app.db.read().await.expect("the database reads");
    let found = contacts::find(&mut tx, &app.cipher.tenant(&app.subaccount), &app.subaccount, &[phone]).await.expect("readable");
    let Some(person) = found[0].as_ref() else { return Vec::new() };
    consent::entries(&mut tx, &app.subaccount, &person.id).await.expect("readable")
}

/// The ledger in short: change and category.
pub async fn said(app: &TestApp, phone: &str) -> Vec<String> {
    ledger(app, phone).await.iter().map(|entry| format!("{} {}", entry.change, entry.category)).collect()
}

pub async fn chain(app: &TestApp) -> Proof {
    let mut tx = app.db.read().await.expect("the database reads");
    consent::verify(&mut tx, &app.subaccount).await.expect("readable")
}

/// Changes settings by the API.
pub async fn set(client: &Client, settings: Value) {
    let answer = client.put("/api/v1/settings", settings).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}

/// Wants marketing confirmed.
pub async fn confirming(app: &TestApp) -> Client {
    let client = Client::new(app).await;
    set(&client, json!({"organisation": "Lark", "double_opt_in": {"categories": ["marketing"]}})).await;
    client
}

/// Records by the API that somebody agreed to marketing.
pub async fn opt_in(client: &Client, phone: &str) -> crate::api::Answer {
    let proof = json!({"wording": "Yes, text me offers", "url": "https://shop.example/join", "ip": "203.0.113.9", "user_agent": "Phone/1"});
    client.post("/api/v1/sms/opt-out/opt-in", json!({"phone": phone, "category": "marketing", "proof": proof})).await
}

/// The path of the link in a text.
pub fn link_in(text: &str) -> String {
    let from = text.find("/o/v1.").expect("the text holds a link");
    text[from..].split_whitespace().next().expect("a path").to_owned()
}

/// What became of a message of marketing that is sent now.
pub async fn fate(app: &TestApp, client: &Client, phone: &str) -> (String, String) {
    let sent = client.post("/api/v1/sms/send", json!({"to": phone, "text": "Ten percent off", "category": "marketing"})).await;
    app.dispatch_all().await;
    let message = client.get(&format!("/api/v1/sms/messages/{}", sent.json()["id"].as_str().expect("an id"))).await.json();
    (message["status"].as_str().unwrap_or_default().to_owned(), message["reason"].as_str().unwrap_or_default().to_owned())
}
