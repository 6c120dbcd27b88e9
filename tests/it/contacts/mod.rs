//! Contacts: what is noted about people, how they are found, and that consent is never touched by it.

mod again;
mod core;
mod files;
mod lists;
mod pages;
mod purchases;
mod shell;

use axum::http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::api::{Answer, Client};

/// Makes a contact and gives its id.
pub async fn created(client: &Client, body: Value) -> String {
    let answer = client.post("/api/v1/contacts", body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
    answer.json()["id"].as_str().expect("an id").to_owned()
}

pub async fn patched(client: &Client, id: &str, body: Value) -> Answer {
    client.call(Method::PATCH, &format!("/api/v1/contacts/{id}"), Some(body.to_string()), &[]).await
}

/// The ids of a list.
pub async fn ids(client: &Client, query: &str) -> Vec<String> {
    let answer = client.get(&format!("/api/v1/contacts{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{query}: {}", answer.body);
    let items = answer.json()["items"].as_array().expect("a list").clone();
    items.iter().map(|c| c["id"].as_str().expect("an id").to_owned()).collect()
}

/// Somebody with everything.
pub fn sara() -> Value {
    json!({"phone": "+1 212 200 1000", "name": "Sara Ahmadi", "language": "FA", "time_zone": "Asia/Tehran", "status": "new",
        "attributes": {"city": "Yazd", "plan": "gold"}, "tags": ["VIP", "spring 2026"]})
}
