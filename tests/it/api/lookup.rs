//! Looking numbers up with a connection's provider, by API.

use axum::http::StatusCode;
use peyk::access::{Permission, audit_entries};
use peyk::kernel::page::PageRequest;
use serde_json::{Value, json};

use super::Client;
use crate::harness::{TestApp, both_engines};

both_engines! {
    the_provider_is_asked_when_a_connection_is_named,
    a_question_that_cannot_be_asked_says_why,
    a_question_costs_money_and_is_for_those_who_may_spend_it,
    only_an_owner_chooses_where_numbers_are_looked_up,
}

/// Makes a connection to Twilio as the simulator plays it, with these settings on top.
pub async fn twilio(client: &Client, app: &TestApp, more: Value) -> super::Answer {
    let base = format!("{}/twilio", app.simulator_url);
    let mut config =
        json!({"account_sid": "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "auth_token": "token", "from": "+15005550006", "base_url": base});
    for (name, value) in more.as_object().expect("settings") {
        config[name] = value.clone();
    }
    client.put("/api/v1/sms/providers/twilio", json!({"provider": "twilio", "priority": 99, "config": config})).await
}

async fn ask(client: &Client, phone: &str, connection: &str) -> super::Answer {
    client.get(&format!("/api/v1/sms/lookup?phone={}&connection={connection}", phone.replace('+', "%2B"))).await
}

async fn the_provider_is_asked_when_a_connection_is_named(app: TestApp) {
    let client = Client::new(&app).await;
    assert_eq!(twilio(&client, &app, json!({"lookup": "on"})).await.status, StatusCode::OK);
    let told = ask(&client, "+12122001000", "twilio").await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.body);
    let told = told.json();
    assert_eq!((&told["valid"], &told["e164"], &told["country"]), (&json!(true), &json!("+12122001000"), &json!("US")));
    let carrier = json!({"valid": true, "validation_errors": [], "line_type": "mobile", "carrier_name": "Simulated Mobile",
        "mobile_country_code": "001", "mobile_network_code": "01", "country": "US"});
    assert_eq!(told["carrier"], carrier);
    let told = ask(&client, "+12122000002", "twilio").await.json();
    assert_eq!((&told["carrier"]["line_type"], &told["carrier"]["mobile_country_code"]), (&json!("landline"), &Value::Null));
    let told = ask(&client, "+12122000001", "twilio").await.json();
    assert_eq!(told["carrier"], json!({"valid": false, "validation_errors": ["INVALID_BUT_POSSIBLE"]}));
    // What our own data takes for no number is asked about as it was written.
    let told = ask(&client, "12", "twilio").await.json();
    assert_eq!((&told["valid"], &told["carrier"]["validation_errors"]), (&json!(false), &json!(["TOO_SHORT"])));
    let told = client.get("/api/v1/sms/lookup?phone=09123456789&country=IR&connection=twilio").await.json();
    assert_eq!((&told["e164"], &told["carrier"]["country"]), (&json!("+989123456789"), &json!("IR")));
    let told = client.get("/api/v1/sms/lookup?phone=%2B12122001000").await.json();
    assert_eq!(told.get("carrier"), None, "nobody is asked unless a connection is named");
}

async fn a_question_that_cannot_be_asked_says_why(app: TestApp) {
    let client = Client::new(&app).await;
    let refused = |field: &str, code: &str| vec![(field.to_owned(), code.to_owned())];
    assert_eq!(ask(&client, "+12122001000", "nobody").await.refused(), refused("connection", "unknown"));
    let answer = ask(&client, "+12122001000", "simulator").await;
    assert_eq!((answer.status, answer.refused()), (StatusCode::UNPROCESSABLE_ENTITY, refused("connection", "no_lookup")));
    let conflict = async |more: Value, words: &str| {
        twilio(&client, &app, more).await;
        let answer = ask(&client, "+12122001000", "twilio").await;
        assert_eq!(answer.status, StatusCode::CONFLICT, "{}", answer.body);
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    };
    conflict(json!({}), "Switch it on").await;
    conflict(json!({"lookup": "on", "auth_token": "wrong"}), "does not accept").await;
    conflict(json!({"lookup": "on", "auth_token": "token", "lookup_base_url": "http://127.0.0.1:9"}), "cannot be reached").await;
    conflict(json!({"lookup": "off", "lookup_base_url": null}), "Switch it on").await;
    assert_eq!(twilio(&client, &app, json!({"lookup": "maybe"})).await.refused(), refused("config.lookup", "unusable"));
    twilio(&client, &app, json!({"lookup": "on"})).await;
    for phone in ["hello", "1234567890123456789012345678901234567890123"] {
        let answer = ask(&client, phone, "twilio").await;
        assert_eq!((answer.status, answer.refused()[0].0.as_str()), (StatusCode::UNPROCESSABLE_ENTITY, "phone"), "{}", answer.body);
    }
    client.put("/api/v1/sms/providers/twilio", json!({"enabled": false})).await;
    let answer = ask(&client, "+12122001000", "twilio").await;
    assert!(answer.status == StatusCode::CONFLICT && answer.body.contains("The connection is off."), "{}", answer.body);
}

async fn a_question_costs_money_and_is_for_those_who_may_spend_it(app: TestApp) {
    let client = Client::new(&app).await;
    twilio(&client, &app, json!({"lookup": "on"})).await;
    for missing in [Permission::Settings, Permission::Send] {
        let other = Client::without(&app, missing).await;
        assert_eq!(ask(&other, "+12122001000", "twilio").await.status, StatusCode::FORBIDDEN, "{missing:?}");
        assert_eq!(other.get("/api/v1/sms/lookup?phone=%2B12122001000").await.status, StatusCode::OK, "asking nobody is free");
    }
    let asked = async || {
        let log = audit_entries(&app, &app.actor(peyk::access::Role::Owner), &PageRequest::default()).await.expect("a log");
        log.items.into_iter().filter(|entry| entry.action == "connection.lookup").collect::<Vec<_>>()
    };
    assert!(asked().await.is_empty(), "who may not ask did not");
    ask(&client, "+12122001000", "twilio").await;
    let entries = asked().await;
    assert_eq!((entries.len(), &entries[0].detail), (1, &json!({"name": "twilio"})));
}

async fn only_an_owner_chooses_where_numbers_are_looked_up(app: TestApp) {
    let owner = Client::new(&app).await;
    twilio(&owner, &app, json!({})).await;
    let admin = Client::without(&app, Permission::Installation).await;
    let put = async |client: &Client, config: Value| client.put("/api/v1/sms/providers/twilio", json!({"config": config})).await.status;
    assert_eq!(put(&admin, json!({"lookup_base_url": "http://169.254.169.254"})).await, StatusCode::FORBIDDEN);
    assert_eq!(put(&admin, json!({"lookup": "on"})).await, StatusCode::OK);
    assert_eq!(put(&owner, json!({"lookup_base_url": "http://127.0.0.1:4010"})).await, StatusCode::OK);
    assert_eq!(put(&admin, json!({"lookup_base_url": "http://127.0.0.1:4011"})).await, StatusCode::FORBIDDEN);
    assert_eq!(put(&admin, json!({"lookup_base_url": "http://127.0.0.1:4010"})).await, StatusCode::OK, "it stays as it is");
    assert_eq!(put(&admin, json!({"lookup_base_url": null})).await, StatusCode::OK);
}
