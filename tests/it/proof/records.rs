//! What Peyk says afterwards, through its API.

use std::collections::BTreeMap;

use futures::{StreamExt as _, stream};
use peyk::kernel::money::{Micros, parse_decimal};
use peyk::messages::Status;
use serde_json::Value;

use crate::real::Api;

/// Requests under way at once.
const AT_ONCE: usize = 8;
/// Messages on a page of the history.
const PAGE: usize = 50;

/// A message in the history.
#[derive(Clone, Debug)]
pub struct Message {
    /// Its number, E.164.
    pub to: String,
    /// Its status.
    pub status: String,
    /// Whether nothing more is to happen to it.
    pub is_final: bool,
    /// What it cost; 0 when nothing was charged.
    pub cost: Micros,
    /// Every call for it.
    pub attempts: Vec<Attempt>,
}

/// A call for a message.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// What the carrier's journal calls `ref`.
    pub id: String,
    /// What came of it.
    pub outcome: String,
    /// The carrier's id.
    pub provider_message_id: Option<String>,
    /// Why it was not taken.
    pub code: Option<String>,
}

/// What the figures say.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    /// Messages of the campaign.
    pub total: i64,
    /// By status.
    pub counts: BTreeMap<String, i64>,
    /// What the campaign cost.
    pub campaign_cost: Micros,
    /// Messages, segments and cost in `/sms/costs/summary`.
    pub summary_messages: i64,
    /// See `summary_messages`.
    pub summary_segments: i64,
    /// See `summary_messages`.
    pub summary_cost: Micros,
    /// By status in `/sms/stats`.
    pub stats: BTreeMap<String, i64>,
}

fn amount(money: &Value) -> Micros {
    money["amount"].as_str().map_or(0, |text| parse_decimal(text).expect("an amount is a decimal"))
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text stands here").to_owned()
}

fn by_status(counts: &Value) -> BTreeMap<String, i64> {
    let count = |status: Status| (status.as_str().to_owned(), counts[status.as_str()].as_i64().expect("every status is counted"));
    Status::ALL.into_iter().map(count).collect()
}

/// The figures of an installation that sent nothing but this campaign.
pub async fn totals(api: &Api, campaign: &Value) -> Totals {
    let summary = api.get("/sms/costs/summary").await["totals"].take();
    let stats = api.get("/sms/stats").await["totals"].take();
    let number = |value: &Value| value.as_i64().expect("a number stands here");
    Totals {
        total: number(&campaign["counts"]["total"]),
        counts: by_status(&campaign["counts"]),
        campaign_cost: amount(&campaign["cost"]),
        summary_messages: number(&summary["messages"]),
        summary_segments: number(&summary["segments"]),
        summary_cost: amount(&summary["cost"]),
        stats: by_status(&stats),
    }
}

/// Every message in the history.
async fn listed(api: &Api) -> Vec<Value> {
    let mut all = Vec::new();
    let mut cursor = String::new();
    loop {
        let mut page = api.get(&format!("/sms/messages?limit={PAGE}{cursor}")).await;
        if let Value::Array(items) = page["items"].take() {
            all.extend(items);
        }
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return all,
        }
    }
}

/// Every message in the history, with its attempts.
pub async fn messages(api: &Api) -> Vec<Message> {
    let details = stream::iter(listed(api).await).map(|one| async move {
        let path = format!("/sms/messages/{}", text(&one["id"]));
        message(&api.get(&path).await)
    });
    details.buffer_unordered(AT_ONCE).collect().await
}

fn message(one: &Value) -> Message {
    let status = text(&one["status"]);
    let attempts = one["attempts"].as_array().expect("a message tells its attempts");
    let attempt = |attempt: &Value| Attempt {
        id: text(&attempt["id"]),
        outcome: text(&attempt["outcome"]),
        provider_message_id: attempt["provider_message_id"].as_str().map(str::to_owned),
        code: attempt["code"].as_str().map(str::to_owned),
    };
    Message {
        to: text(&one["to"]),
        is_final: Status::parse(&status).expect("a status is one of ours").is_final(),
        status,
        cost: amount(&one["cost"]),
        attempts: attempts.iter().map(attempt).collect(),
    }
}
