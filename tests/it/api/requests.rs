//! Requests that cannot be done, and how they are told so.

use axum::http::{Method, StatusCode};
use serde_json::json;

use super::Client;
use crate::harness::{TestApp, both_engines};

both_engines! {
    every_refusal_is_a_problem_with_its_own_id,
    a_faulty_body_names_its_field_and_changes_nothing,
    a_faulty_query_is_refused,
    a_body_that_is_too_large_or_of_another_kind_is_refused,
    a_key_is_needed_and_a_cookie_is_not_one,
}

const SEND: &str = "/api/v1/sms/send";

async fn every_refusal_is_a_problem_with_its_own_id(app: TestApp) {
    let client = Client::new(&app).await;
    let cases = [
        (Method::GET, "/api/v1/nothing", StatusCode::NOT_FOUND, "/problems/not-found"),
        (Method::GET, "/api/nothing", StatusCode::NOT_FOUND, "/problems/not-found"),
        (Method::GET, "/webhooks/nobody/x/status", StatusCode::NOT_FOUND, "/problems/not-found"),
        (Method::DELETE, SEND, StatusCode::METHOD_NOT_ALLOWED, "/problems/method-not-allowed"),
        (Method::GET, "/api/v1/sms/messages/msg_0000000000", StatusCode::NOT_FOUND, "/problems/not-found"),
        (Method::GET, "/api/v1/sms/messages/%FF", StatusCode::NOT_FOUND, "/problems/not-found"),
        (Method::DELETE, "/api/v1/contacts/con_0000000000/purchases/%FF", StatusCode::NOT_FOUND, "/problems/not-found"),
    ];
    let mut ids = Vec::new();
    for (method, path, status, kind) in cases {
        let answer = client.call(method, path, None, &[]).await;
        assert_eq!(answer.status, status, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
        let problem = answer.json();
        assert_eq!((problem["type"].as_str(), problem["status"].as_u64()), (Some(kind), Some(u64::from(status.as_u16()))), "{path}");
        assert!(problem["title"].is_string() && problem["detail"].is_string() && problem["errors"].is_array(), "{path}");
        assert_eq!(problem["request_id"], answer.header("x-request-id"), "{path}");
        ids.push(answer.header("x-request-id").to_owned());
    }
    ids.dedup();
    assert_eq!(ids.len(), 7);
    assert!(!client.get("/api/v1/settings").await.header("x-request-id").is_empty());
}

async fn a_faulty_body_names_its_field_and_changes_nothing(app: TestApp) {
    let client = Client::new(&app).await;
    let refusals = [
        (json!({"text": "t"}), "to", "required"),
        (json!({"to": "+12122001000", "text": "t", "tenant_id": "x"}), "tenant_id", "unknown_field"),
        (json!({"to": 5, "text": "t"}), "to", "wrong_type"),
        (json!({"to": "+12122001000", "text": "t", "category": "spam"}), "category", "unknown"),
        (json!({"to": "+12122001000", "text": "t", "send_at": "tomorrow"}), "send_at", "not_an_instant"),
        (json!({"to": "+12122001000", "text": "t", "metadata": []}), "metadata", "unusable"),
    ];
    for (body, field, code) in refusals {
        let answer = client.post(SEND, body.clone()).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{body}: {}", answer.body);
        assert_eq!(answer.refused(), [(field.to_owned(), code.to_owned())], "{body}");
    }
    let many = client.post(SEND, json!({"to": "12", "text": "t", "category": "spam"})).await.refused();
    assert_eq!(many.iter().map(|(field, _)| field.as_str()).collect::<Vec<_>>(), ["to", "category"]);
    for body in ["", "{", r#"{"to":"+12122001000","text":"t"} x"#, "\u{feff}{}"] {
        let answer = client.call(Method::POST, SEND, Some(body.to_owned()), &[]).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{body:?}: {}", answer.body);
        assert!(answer.json()["detail"].as_str().is_some_and(|d| d.contains("line 1")), "{}", answer.body);
    }
    let twice = r#"{"to":"+12122001000","to":"+12122001001","text":"t"}"#;
    assert_eq!(client.call(Method::POST, SEND, Some(twice.into()), &[]).await.refused(), [("to".to_owned(), "duplicate".to_owned())]);
    assert_eq!(client.get("/api/v1/sms/messages").await.json()["items"], json!([]));
}

async fn a_faulty_query_is_refused(app: TestApp) {
    let client = Client::new(&app).await;
    for (query, field) in [
        ("?limit=0", "limit"),
        ("?limit=x", "limit"),
        ("?cursor=%21", "cursor"),
        ("?stauts=sent", "stauts"),
        ("?status=gone", "status"),
        ("?status=sent&status=failed", "status"),
        ("?from_date=yesterday", "from_date"),
        ("?to=12", "to"),
        ("?country=XX", "country"),
    ] {
        let answer = client.get(&format!("/api/v1/sms/messages{query}")).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{query}: {}", answer.body);
        assert_eq!(answer.refused()[0].0, field, "{query}");
    }
    for path in ["/api/v1/sms/stats?start_date=x", "/api/v1/sms/costs/summary?group_by=moon", "/api/v1/sms/lookup"] {
        assert_eq!(client.get(path).await.status, StatusCode::UNPROCESSABLE_ENTITY, "{path}");
    }
}

async fn a_body_that_is_too_large_or_of_another_kind_is_refused(app: TestApp) {
    let client = Client::new(&app).await;
    let body = json!({"to": "+12122001000", "text": "t"}).to_string();
    for kind in ["text/plain", "application/x-www-form-urlencoded", ""] {
        let answer = client.call(Method::POST, SEND, Some(body.clone()), &[("content-type", kind)]).await;
        assert_eq!(answer.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{kind}");
    }
    let large = json!({"to": "+12122001000", "text": "x".repeat(256 * 1024)}).to_string();
    assert_eq!(client.call(Method::POST, SEND, Some(large), &[]).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(client.post("/api/v1/sms/bulk", json!({})).await.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

async fn a_key_is_needed_and_a_cookie_is_not_one(app: TestApp) {
    let client = Client::new(&app).await.nobody();
    for headers in [&[][..], &[("authorization", "Bearer pk_nonsense")], &[("authorization", "Basic cGs6")], &[("cookie", "peyk=x")]] {
        let answer = client.call(Method::GET, "/api/v1/settings", None, headers).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{headers:?}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
}
