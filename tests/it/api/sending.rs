//! Sending by API: what is accepted, and that a repeated call is harmless.

use std::collections::HashSet;

use axum::http::{Method, StatusCode};
use futures::future::join_all;
use serde_json::{Value, json};

use super::Client;
use crate::harness::{Csv, TestApp, both_engines};

both_engines! {
    a_message_reaches_the_phone_and_tells_its_story,
    a_hundred_equal_calls_at_once_make_one_message,
    a_key_that_is_used_again_gives_the_first_answer_or_a_refusal,
    a_list_is_sent_once_under_one_key,
    a_file_becomes_a_campaign_whatever_the_order_of_the_form,
}

const SEND: &str = "/api/v1/sms/send";

async fn keyed(client: &Client, path: &str, key: &str, body: &Value) -> super::Answer {
    client.call(Method::POST, path, Some(body.to_string()), &[("idempotency-key", key)]).await
}

async fn messages(client: &Client) -> usize {
    client.get("/api/v1/sms/messages?limit=200").await.json()["items"].as_array().expect("a list").len()
}

async fn a_message_reaches_the_phone_and_tells_its_story(app: TestApp) {
    let client = Client::new(&app).await;
    let sent = client.post(SEND, json!({"to": "(212) 200-1000", "text": " exactly  this ", "reference": "order-7"})).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED);
    let message = sent.json();
    assert_eq!(
        (&message["status"], &message["to"], &message["text"]),
        (&json!("queued"), &json!("+12122001000"), &json!(" exactly  this "))
    );
    app.dispatch_all().await;
    let story = client.get(&format!("/api/v1/sms/messages/{}", message["id"].as_str().expect("an id"))).await.json();
    assert_eq!(story["attempts"].as_array().map(Vec::len), Some(1));
    assert_eq!(story["attempts"][0]["outcome"], "accepted");
    assert_eq!(story["cost"], json!({"amount": "0.0079", "currency": "USD"}));
    let found = client.get("/api/v1/sms/messages?reference=order-7&from_date=2026-11-21&to_date=2026-11-21&country=US").await.json();
    assert_eq!(found["items"][0]["id"], message["id"]);
    assert_eq!(client.get("/api/v1/sms/messages?from_date=2026-11-22").await.json()["items"], json!([]));
}

async fn a_hundred_equal_calls_at_once_make_one_message(app: TestApp) {
    let client = Client::new(&app).await;
    let body = json!({"to": "+12122001000", "text": "once"});
    let answers = join_all((0..100).map(|_| keyed(&client, SEND, "k-1", &body))).await;
    let ids: HashSet<String> = answers.iter().map(|a| a.json()["id"].as_str().unwrap_or(&a.body).to_owned()).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    assert!(answers.iter().all(|a| a.status == StatusCode::ACCEPTED));
    assert_eq!(answers.iter().filter(|a| a.header("idempotent-replayed") == "true").count(), 99);
    assert_eq!(messages(&client).await, 1);
    app.dispatch_all().await;
}

async fn a_key_that_is_used_again_gives_the_first_answer_or_a_refusal(app: TestApp) {
    let client = Client::new(&app).await;
    let refused = keyed(&client, SEND, "k", &json!({"to": "12", "text": "t"})).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let body = json!({"to": "+12122001000", "text": "t"});
    let first = keyed(&client, SEND, "k", &body).await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "a refused call leaves its key free: {}", first.body);
    assert_eq!(first.header("idempotent-replayed"), "");
    app.dispatch_all().await;
    let again = keyed(&client, SEND, "k", &body).await;
    assert_eq!((again.status, again.json(), again.header("idempotent-replayed")), (first.status, first.json(), "true"));
    let other = keyed(&client, SEND, "k", &json!({"to": "+12122001000", "text": "other"})).await;
    assert_eq!(other.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(other.refused()[0].0, "Idempotency-Key");
    let second = Client::new(&app).await;
    assert_eq!(keyed(&second, SEND, "k", &body).await.header("idempotent-replayed"), "", "keys of others have nothing to do with it");
    assert_eq!(keyed(&client, SEND, &"k".repeat(256), &body).await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(messages(&client).await, 2);
    app.dispatch_all().await;
}

async fn a_list_is_sent_once_under_one_key(app: TestApp) {
    let client = Client::new(&app).await;
    let people: Vec<Value> = ["+12122001000", "+12122001001", "12", "+1 212 200 1000"].iter().map(|to| json!({"to": to})).collect();
    let body = json!({"name": "List", "text": "Hi", "category": "order", "recipients": people});
    let first = keyed(&client, "/api/v1/sms/send-bulk", "k", &body).await;
    assert_eq!(first.status, StatusCode::ACCEPTED, "{}", first.body);
    let campaign = first.json();
    assert_eq!((&campaign["counts"]["total"], &campaign["repeated"]), (&json!(2), &json!(1)));
    assert_eq!(campaign["refused"][0]["row"], 3);
    assert_eq!(campaign["refused"][0]["value"], "12");
    let again = keyed(&client, "/api/v1/sms/send-bulk", "k", &body).await;
    assert_eq!((again.header("idempotent-replayed"), again.json()), ("true", campaign));
    app.dispatch_all().await;
    assert_eq!(messages(&client).await, 2);
    assert_eq!(client.get("/api/v1/sms/campaigns").await.json()["items"].as_array().map(Vec::len), Some(1));
}

async fn a_file_becomes_a_campaign_whatever_the_order_of_the_form(app: TestApp) {
    let client = Client::new(&app).await;
    let fields = [("text", "Hi {{ name }}"), ("category", "order"), ("launch", "true")];
    for (round, file_first) in [true, false].into_iter().enumerate() {
        let answer = client.upload(&fields, &Csv::of_people(3).row(&["12", "Nobody"]).bytes(), file_first).await;
        assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
        let result = answer.json();
        assert_eq!(
            (&result["upload"]["rows"], &result["upload"]["to_send"], &result["upload"]["rejected"]),
            (&json!(4), &json!(3), &json!(1))
        );
        assert_eq!((&result["upload"]["errors"][0]["row"], &result["upload"]["errors"][0]["value"]), (&json!(5), &json!("12")));
        assert_eq!(result["campaign"]["status"], "sending");
        app.dispatch_all().await;
        assert_eq!(messages(&client).await, 3 * (round + 1));
        let id = result["upload"]["id"].as_str().expect("an id");
        let rejected = client.get(&format!("/api/v1/sms/uploads/{id}/rejected.csv")).await;
        assert!(rejected.body.lines().nth(1).is_some_and(|line| line.starts_with(r#""12","Nobody","5","#)), "{}", rejected.body);
    }
    for (fields, field) in [(&[("category", "order")][..], "text"), (&[("text", "Hi"), ("category", "order"), ("text", "Ho")], "text")] {
        let refused = client.upload(fields, b"phone\n+12122001000\n", true).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", refused.body);
        assert_eq!(refused.refused()[0].0, field);
    }
    assert_eq!(client.get("/api/v1/sms/campaigns").await.json()["items"].as_array().map(Vec::len), Some(2));
}
