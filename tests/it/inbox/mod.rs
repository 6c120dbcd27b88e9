//! What people write to us: kept, acted on, answered.

mod conversations;
mod keywords;
mod replies;

use axum::http::{Method, StatusCode};
use peyk::access::Role;
use peyk::connections::{self, Connection};
use peyk::inbox::{self, Conversation, InboxFilter, Line, Shown};
use peyk::kernel::page::PageRequest;
use peyk::providers::Inbound;
use peyk::providers::simulator::{SIGNATURE_HEADER, TOKEN, sign};
use serde_json::json;

use crate::api::Client;
use crate::harness::TestApp;
use crate::messages::taken;

/// A person who writes.
pub const PERSON: &str = "+12025550123";
/// Another one.
pub const OTHER: &str = "+12025550124";

pub async fn connection(app: &TestApp) -> Connection {
    let mut tx = app.db.read().await.expect("the database reads");
    let all = connections::all(&mut tx, &app.cipher.tenant(&app.subaccount), &app.subaccount).await.expect("connections are read");
    all.into_iter().next().expect("there is one")
}

pub fn text(app: &TestApp, event: &str, from: &str, text: &str) -> Inbound {
    Inbound { event_key: event.into(), to: "Peyk".into(), from: from.into(), text: text.into(), at: app.clock.now(), answered: false }
}

/// Somebody writes, and the clock moves on by a second.
pub async fn write(app: &TestApp, event: &str, from: &str, words: &str) {
    let connection = connection(app).await;
    inbox::hear_all(app, &connection, &[text(app, event, from, words)]).await.expect("it is kept");
    app.advance(1_000);
}

/// The provider's call about a text.
pub async fn told(app: &TestApp, client: &Client, event: &str, words: &str) -> StatusCode {
    let connection = connection(app).await;
    let body = json!({"event_id": event, "to": "Peyk", "from": PERSON, "text": words, "at": "2026-11-21T10:00:00Z"}).to_string();
    let signature = sign(connection.settings.get(TOKEN).expect("the simulator has one"), body.as_bytes());
    let path = format!("/webhooks/simulator/{}/inbound", connection.webhook_key);
    client.nobody().call(Method::POST, &path, Some(body), &[(SIGNATURE_HEADER, &signature)]).await.status
}

pub async fn listed(app: &TestApp, shown: Shown) -> Vec<Conversation> {
    let filter = InboxFilter { shown, phone: None };
    inbox::list(app, &app.actor(Role::Marketer), &filter, &PageRequest::default()).await.expect("a list").items
}

/// The one conversation with somebody.
pub async fn with(app: &TestApp, phone: &str) -> Conversation {
    let all = listed(app, Shown::All).await;
    all.into_iter().find(|c| c.phone == phone).unwrap_or_else(|| panic!("nobody with {phone} wrote"))
}

/// A conversation, the oldest line first.
pub async fn lines(app: &TestApp, contact: &str) -> Vec<Line> {
    let thread = inbox::thread(app, &app.actor(Role::Marketer), contact, &PageRequest::default()).await.expect("a conversation");
    thread.lines.items.into_iter().rev().collect()
}

/// The texts that reached the person's phone.
pub async fn received(app: &TestApp, client: &Client, phone: &str) -> Vec<String> {
    app.dispatch_all().await;
    let page = client.get(&format!("/api/v1/sms/messages?to={}", phone.replace('+', "%2B"))).await.json();
    let ids: Vec<String> =
        page["items"].as_array().expect("a list").iter().rev().map(|m| m["id"].as_str().expect("an id").to_owned()).collect();
    let mut texts = Vec::new();
    for id in ids {
        let message = client.get(&format!("/api/v1/sms/messages/{id}")).await.json();
        if message["status"] == "sent" {
            texts.push(message["text"].as_str().expect("a text").to_owned());
        }
    }
    let to_them = taken(app).iter().filter(|line| line["to"] == phone).count();
    assert_eq!(to_them, texts.len(), "the carrier took as many");
    texts
}
