//! Audiences: saved filters over contacts, whom they hold, and campaigns to them.

mod campaigns;
mod conditions;
mod figures;
mod pages;
mod saved;

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::api::Client;

/// One condition.
pub fn one(kind: &str, name: &str, value: &str) -> Value {
    let (field, op) = kind.split_once('.').expect("field.op");
    json!({"field": field, "op": op, "name": name, "value": value})
}

/// A count.
pub async fn counted(client: &Client, conditions: Value, category: Option<&str>) -> Value {
    let answer = client.post("/api/v1/audiences/count", json!({"conditions": conditions, "category": category})).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()
}

/// The names of whom conditions hold, in order; at most five.
pub async fn names(client: &Client, conditions: Value) -> Vec<String> {
    let count = counted(client, conditions, None).await;
    let sample = count["sample"].as_array().expect("a sample");
    let mut names: Vec<String> = sample.iter().map(|c| c["name"].as_str().expect("a name").to_owned()).collect();
    assert_eq!(count["people"], names.len(), "the number is that of the people: {count}");
    names.sort();
    names
}

/// Saves an audience; its id.
pub async fn saved(client: &Client, name: &str, conditions: Value) -> String {
    let answer = client.post("/api/v1/audiences", json!({"name": name, "conditions": conditions})).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    answer.json()["id"].as_str().expect("an id").to_owned()
}
