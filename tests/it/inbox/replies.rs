//! Saved replies by API, and what the overview says of unread texts.

use axum::http::{Method, StatusCode};
use peyk::access::Role;
use serde_json::json;

use super::{PERSON, write};
use crate::api::{Client, another_subaccount};
use crate::harness::{TestApp, both_engines};
use crate::web::Browser;

both_engines! {
    saved_replies_are_made_changed_listed_and_deleted_by_api,
    unread_texts_are_named_on_the_overview,
}

async fn saved_replies_are_made_changed_listed_and_deleted_by_api(app: TestApp) {
    let client = Client::new(&app).await;
    let made = client.post("/api/v1/inbox/replies", json!({"name": "Hours", "text": "Until six."})).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.body);
    let id = made.json()["id"].as_str().expect("an id").to_owned();
    let again = client.post("/api/v1/inbox/replies", json!({"name": "Hours", "text": "x"})).await;
    assert_eq!(again.refused(), [("name".to_owned(), "taken".to_owned())]);
    let at = format!("/api/v1/inbox/replies/{id}");
    let changed = client.put(&at, json!({"name": "Hours", "text": "Until seven."})).await;
    assert_eq!((changed.status, &changed.json()["text"]), (StatusCode::OK, &json!("Until seven.")));
    let listed = client.get("/api/v1/inbox/replies").await.json();
    assert_eq!(listed, json!({"items": [{"id": id, "name": "Hours", "text": "Until seven."}], "next_cursor": null}));
    let other = Client::of(&app, &another_subaccount(&app).await, "all").await;
    assert_eq!(other.get("/api/v1/inbox/replies").await.json()["items"], json!([]));
    assert_eq!(other.put(&at, json!({"name": "n", "text": "t"})).await.status, StatusCode::NOT_FOUND);
    assert_eq!(client.call(Method::DELETE, &at, None, &[]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.call(Method::DELETE, &at, None, &[]).await.status, StatusCode::NOT_FOUND);
}

async fn unread_texts_are_named_on_the_overview(app: TestApp) {
    let client = Client::new(&app).await;
    client.post("/api/v1/sms/send", json!({"to": PERSON, "text": "t"})).await;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    assert!(!browser.get("/").await.body.contains("unread."));
    write(&app, "e1", PERSON, "hello").await;
    assert!(browser.get("/").await.body.contains("1 text is unread."));
    write(&app, "e2", PERSON, "again").await;
    assert!(browser.get("/").await.body.contains("2 texts are unread."));
}
