//! Trying failed messages again by API.

use axum::http::{Method, StatusCode};
use peyk::messages::SINGLE_QUEUE;
use serde_json::{Value, json};

use super::Client;
use crate::harness::{TestApp, both_engines};
use crate::messages::{PHONE, campaign, fail, send, taken, text_to};

both_engines! {
    failed_messages_are_listed_and_tried_again_by_id_filter_or_all,
    a_campaigns_failed_messages_are_tried_again_once_under_one_key,
    a_body_that_does_not_say_which_is_refused,
}

const RETRY: &str = "/api/v1/sms/messages/retry";

async fn ids(client: &Client, query: &str) -> Vec<String> {
    let answer = client.get(&format!("/api/v1/sms/messages?{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    let items = answer.json()["items"].as_array().cloned().unwrap_or_default();
    items.iter().filter_map(|m| m["id"].as_str().map(str::to_owned)).collect()
}

async fn failed_messages_are_listed_and_tried_again_by_id_filter_or_all(app: TestApp) {
    let client = Client::new(&app).await;
    for (code, retryable) in [("unreachable", true), ("unreachable", true), ("busy", true), ("invalid_number", false)] {
        send(&app, text_to(PHONE)).await;
        fail(&app, SINGLE_QUEUE, (code, retryable)).await;
    }
    send(&app, text_to(PHONE)).await;
    let may_pass = ids(&client, "status=failed&retryable=true").await;
    assert_eq!((may_pass.len(), ids(&client, "retryable=true").await), (3, may_pass.clone()));
    let for_good = ids(&client, "retryable=false").await;
    assert_eq!((for_good.len(), ids(&client, "code=invalid_number").await), (1, for_good.clone()));
    assert!(ids(&client, "status=queued&retryable=true").await.is_empty());

    let by_id = client.post(RETRY, json!({"ids": [may_pass[0], for_good[0]]})).await;
    assert_eq!(by_id.status, StatusCode::ACCEPTED);
    assert_eq!((&by_id.json()["queued"], &by_id.json()["refused"][0]["reason"]), (&json!(1), &json!("not_retryable")));
    let by_filter = client.post(RETRY, json!({"filter": {"code": "unreachable", "from_date": "2026-11-21"}})).await.json();
    assert_eq!(by_filter, json!({"queued": 2, "refused": []}));
    let all = client.post(RETRY, json!({"all": true})).await.json();
    assert_eq!((&all["queued"], &all["refused"][0]["messages"]), (&json!(0), &json!(1)));
    app.dispatch_all().await;
    assert_eq!(taken(&app).len(), 4);
}

async fn a_campaigns_failed_messages_are_tried_again_once_under_one_key(app: TestApp) {
    let client = Client::new(&app).await;
    let campaign = campaign(&app, 4).await;
    fail(&app, campaign.id.as_str(), ("unreachable", true)).await;
    let path = format!("/api/v1/sms/campaigns/{}/retry-failed", campaign.id);
    let call = async || client.call(Method::POST, &path, None, &[("idempotency-key", "k")]).await;
    let first = call().await;
    assert_eq!((first.status, first.json()), (StatusCode::ACCEPTED, json!({"queued": 4, "refused": []})));
    let again = call().await;
    assert_eq!((again.header("idempotent-replayed"), again.json()), ("true", first.json()));
    app.dispatch_all().await;
    assert_eq!(taken(&app).len(), 4);
    let nobody = client.post("/api/v1/sms/campaigns/cmp_0000000000/retry-failed", json!({})).await;
    assert_eq!(nobody.status, StatusCode::NOT_FOUND);
}

async fn a_body_that_does_not_say_which_is_refused(app: TestApp) {
    let client = Client::new(&app).await;
    send(&app, text_to(PHONE)).await;
    fail(&app, SINGLE_QUEUE, ("unreachable", true)).await;
    let refusals: [(Value, &str, &str); 10] = [
        (json!({}), "ids", "required"),
        (json!({"all": false}), "ids", "required"),
        (json!({"all": true, "ids": []}), "ids", "required"),
        (json!({"ids": []}), "ids", "out_of_range"),
        (json!({"ids": ["x"]}), "ids[0]", "not_an_id"),
        (json!({"filter": {}}), "filter", "required"),
        (json!({"filter": {"country": "Mars"}}), "filter.country", "unknown"),
        (json!({"filter": {"status": "sent"}}), "filter.status", "unknown_field"),
        (json!({"filter": {"from_date": "soon"}}), "filter.from_date", "not_a_date"),
        (json!({"everything": true}), "everything", "unknown_field"),
    ];
    for (body, field, code) in refusals {
        let answer = client.post(RETRY, body.clone()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", answer.body);
        assert_eq!(answer.refused(), [(field.to_owned(), code.to_owned())], "{body}");
    }
    assert_eq!(client.get("/api/v1/sms/messages?retryable=maybe").await.refused()[0].0, "retryable");
    let unknown = client.post(RETRY, json!({"filter": {"campaign": "nothing"}})).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND);
    assert_eq!(ids(&client, "retryable=true").await.len(), 1, "nothing was tried again");
}
