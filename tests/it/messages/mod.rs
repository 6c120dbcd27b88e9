//! Messages: accepted, handed over, reported, taken back, and what happens when the carrier misbehaves.

mod again;
mod delivery;
mod doubts;
mod links;
mod patterns;
mod polling;
mod prices;
mod receipts;
mod same;

pub use again::{campaign, fail};
use peyk::access::Role;
use peyk::kernel::page::PageRequest;
use peyk::messages::{self, Filter, Message, MessageDetail, SendRequest};
use serde_json::Value;

use crate::harness::TestApp;

/// A number that the carrier delivers to.
pub const PHONE: &str = "+12025550123";

/// A plain text about an order to this number.
pub fn text_to(to: &str) -> SendRequest {
    SendRequest { to: to.into(), text: Some("Your order is on its way".into()), category: Some("order".into()), ..SendRequest::default() }
}

pub async fn send(app: &TestApp, request: SendRequest) -> Message {
    messages::send(app, &app.actor(Role::Marketer), request).await.expect("a sound request is accepted")
}

pub async fn get(app: &TestApp, id: &str) -> MessageDetail {
    messages::get(app, &app.actor(Role::Marketer), id).await.expect("the message is there")
}

pub async fn history(app: &TestApp, filter: &Filter) -> Vec<Message> {
    messages::list(app, &app.actor(Role::Marketer), filter, &PageRequest::default()).await.expect("history is there").items
}

/// What the carrier took, as its journal has it.
pub fn taken(app: &TestApp) -> Vec<Value> {
    let lines = app.simulator.journal_lines();
    let lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).expect("journal lines are JSON"));
    lines.filter(|line| line["kind"] == "submit" && line["id"].is_string()).collect()
}
