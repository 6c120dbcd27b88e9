//! What providers tell us, and who pretends to be one.

use axum::http::{Method, StatusCode};
use peyk::connections::{self, Connection};
use peyk::providers::simulator::{SIGNATURE_HEADER, TOKEN, sign};
use serde_json::{Value, json};

use super::{Client, another_subaccount};
use crate::harness::{TestApp, both_engines};

both_engines! {
    a_signed_receipt_is_applied_once_and_a_forged_one_never,
    stop_ends_what_waits_and_start_brings_it_back,
    a_text_that_is_told_twice_is_acted_on_once,
    the_address_without_a_key_is_for_the_connection_that_signs,
    a_key_opens_the_address_of_its_own_provider_only,
}

async fn connection(app: &TestApp) -> Connection {
    let mut tx = app.db.read().await.expect("the database reads");
    let all = connections::all(&mut tx, &app.cipher.tenant(&app.subaccount), &app.subaccount).await.expect("connections are read");
    all.into_iter().next().expect("there is one")
}

fn token(connection: &Connection) -> String {
    connection.settings.get(TOKEN).expect("the simulator has one").to_owned()
}

async fn call(client: &Client, connection: &Connection, what: &str, body: &Value, signature: &str) -> StatusCode {
    let path = format!("/webhooks/simulator/{}/{what}", connection.webhook_key);
    client.call(Method::POST, &path, Some(body.to_string()), &[(SIGNATURE_HEADER, signature)]).await.status
}

async fn a_signed_receipt_is_applied_once_and_a_forged_one_never(app: TestApp) {
    let client = Client::new(&app).await;
    let id =
        client.post("/api/v1/sms/send", json!({"to": "+12122001000", "text": "t"})).await.json()["id"].as_str().expect("an id").to_owned();
    app.dispatch_all().await;
    let at = format!("/api/v1/sms/messages/{id}");
    let message = client.get(&at).await.json();
    assert_eq!(message["status"], "sent", "nobody serves webhooks in this test but the test itself");
    let receipt = json!({"event_id": "e1", "id": message["provider_message_id"], "ref": message["attempts"][0]["id"],
        "status": "delivered", "at": "2026-11-21T10:00:01Z", "price": "0.0079"});
    let (own, nobody) = (connection(&app).await, client.nobody());
    let good = sign(&token(&own), receipt.to_string().as_bytes());
    let forged = [sign("another secret", receipt.to_string().as_bytes()), String::new(), good[1..].to_owned(), good.to_uppercase()];
    for signature in &forged {
        assert_eq!(call(&nobody, &own, "status", &receipt, signature).await, StatusCode::FORBIDDEN);
        assert_eq!(call(&nobody, &own, "inbound", &receipt, signature).await, StatusCode::FORBIDDEN);
    }
    let stranger = Connection { webhook_key: "unknown".into(), ..own.clone() };
    assert_eq!(call(&nobody, &stranger, "status", &receipt, &good).await, StatusCode::FORBIDDEN);
    let mut other = receipt.clone();
    other["status"] = json!("failed");
    assert_eq!(call(&nobody, &own, "status", &other, &good).await, StatusCode::FORBIDDEN, "the signature is of another body");
    let large = json!({"event_id": "x".repeat(70_000)});
    let signature = sign(&token(&own), large.to_string().as_bytes());
    assert_eq!(call(&nobody, &own, "status", &large, &signature).await, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(client.get(&at).await.json()["status"], "sent");

    for _ in 0..3 {
        assert_eq!(call(&nobody, &own, "status", &receipt, &good).await, StatusCode::OK);
    }
    let message = client.get(&at).await.json();
    assert_eq!(message["status"], "delivered");
    assert_eq!(client.get("/api/v1/sms/stats").await.json()["totals"]["delivered"], 1);
    let garbage = json!({"event_id": 1});
    let signature = sign(&token(&own), garbage.to_string().as_bytes());
    assert_eq!(call(&nobody, &own, "status", &garbage, &signature).await, StatusCode::BAD_REQUEST);
}

async fn stop_ends_what_waits_and_start_brings_it_back(app: TestApp) {
    let client = Client::new(&app).await;
    let other = Client::of(&app, &another_subaccount(&app).await, "all").await;
    let own = connection(&app).await;
    let later = json!({"to": "+12122001000", "text": "t", "send_at": "2026-11-22T10:00:00Z"});
    let id = client.post("/api/v1/sms/send", later).await.json()["id"].as_str().expect("an id").to_owned();
    let write = async |text: &str| {
        let body = json!({"event_id": text, "to": "Peyk", "from": "+12122001000", "text": text, "at": "2026-11-21T10:00:01Z"});
        let signature = sign(&token(&own), body.to_string().as_bytes());
        assert_eq!(call(&client.nobody(), &own, "inbound", &body, &signature).await, StatusCode::OK);
    };
    let check = async |client: &Client| client.get("/api/v1/sms/opt-out/check/+12122001000").await.json();
    write("when do you open?").await;
    assert_eq!(check(&client).await["opted_out"], false);
    write("لغو").await;
    assert_eq!(check(&client).await["opted_out"], true);
    assert_eq!(check(&other).await["opted_out"], false, "another tenant's consent is another matter");
    let waiting = client.get(&format!("/api/v1/sms/messages/{id}")).await.json();
    assert_eq!((&waiting["status"], &waiting["reason"]), (&json!("dropped"), &json!("opted_out")));
    write("Start!").await;
    let after = check(&client).await;
    assert_eq!(after["opted_out"], false);
    assert_eq!(after["categories"]["marketing"]["allowed"], false, "nothing is granted that was not before");
}

fn written(event: &str, text: &str, second: u32) -> Value {
    json!({"event_id": event, "to": "Peyk", "from": "+12122001000", "text": text, "at": format!("2026-11-21T10:00:{second:02}Z")})
}

async fn a_text_that_is_told_twice_is_acted_on_once(app: TestApp) {
    let client = Client::new(&app).await;
    let own = connection(&app).await;
    let (stop, start) = (written("e1", "STOP", 1), written("e2", "START", 2));
    for (body, opted_out) in [(&stop, true), (&stop, true), (&start, false), (&stop, false), (&start, false)] {
        let signature = sign(&token(&own), body.to_string().as_bytes());
        assert_eq!(call(&client.nobody(), &own, "inbound", body, &signature).await, StatusCode::OK);
        let check = client.get("/api/v1/sms/opt-out/check/+12122001000").await.json();
        assert_eq!(check["opted_out"], opted_out, "{body}");
    }
}

async fn the_address_without_a_key_is_for_the_connection_that_signs(app: TestApp) {
    let client = Client::new(&app).await;
    let other = Client::of(&app, &another_subaccount(&app).await, "all").await;
    let own = connection(&app).await;
    let (body, path) = (written("e1", "STOP", 1), "/api/v1/sms/webhooks/simulator/inbound");
    let call = async |signature: &str| {
        client.nobody().call(Method::POST, path, Some(body.to_string()), &[(SIGNATURE_HEADER, signature)]).await.status
    };
    assert_eq!(call(&sign("another secret", body.to_string().as_bytes())).await, StatusCode::FORBIDDEN);
    assert_eq!(call("").await, StatusCode::FORBIDDEN);
    let check = async |client: &Client| client.get("/api/v1/sms/opt-out/check/+12122001000").await.json()["opted_out"].clone();
    assert_eq!(check(&client).await, false);
    assert_eq!(call(&sign(&token(&own), body.to_string().as_bytes())).await, StatusCode::OK);
    assert_eq!((check(&client).await, check(&other).await), (json!(true), json!(false)));
    for path in ["/api/v1/sms/webhooks/pigeon/inbound", "/api/v1/sms/webhooks/simulator/other"] {
        assert_eq!(client.nobody().call(Method::POST, path, None, &[]).await.status, StatusCode::NOT_FOUND);
    }
}

async fn a_key_opens_the_address_of_its_own_provider_only(app: TestApp) {
    let client = Client::new(&app).await.nobody();
    let own = connection(&app).await;
    let key = &own.webhook_key;
    let (nothing, empty) = (sign(&token(&own), b""), "");
    for (method, path, signature, status) in [
        (Method::POST, format!("/webhooks/pigeon/{key}/status"), &nothing, StatusCode::NOT_FOUND),
        (Method::POST, format!("/webhooks/simulator/{key}/other"), &nothing, StatusCode::NOT_FOUND),
        (Method::GET, format!("/webhooks/simulator/{key}/status"), &empty.to_owned(), StatusCode::FORBIDDEN),
        (Method::GET, format!("/webhooks/simulator/{key}/status?a=b"), &nothing, StatusCode::BAD_REQUEST),
        (Method::PUT, format!("/webhooks/simulator/{key}/status"), &nothing, StatusCode::METHOD_NOT_ALLOWED),
    ] {
        assert_eq!(client.call(method.clone(), &path, None, &[(SIGNATURE_HEADER, signature)]).await.status, status, "{method} {path}");
    }
}
