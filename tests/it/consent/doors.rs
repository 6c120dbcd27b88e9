//! No list that somebody brings brings anybody back who has refused, whichever door it comes by.

use axum::http::Method;
use peyk::access::Role;
use peyk::contacts::{self, ContactInput};
use peyk::privacy;
use serde_json::json;

use super::{OTHER, PERSON, check, fate, said};
use crate::api::Client;
use crate::harness::{TestApp, both_engines};
use crate::inbox::write;
use crate::messages::taken;
use crate::uploads::body;

both_engines! {
    no_door_brings_anybody_back_who_wrote_stop,
    no_door_brings_anybody_back_who_was_erased,
    what_a_carrier_reports_is_believed_and_says_so,
}

/// Brings the person again by every door that takes numbers.
async fn bring(app: &TestApp, client: &Client, round: &str) {
    let actor = app.actor(Role::Admin);
    let csv = format!("phone,name,tags,marketing,consent\n{PERSON},Nora,vip,yes,granted\n{OTHER},Omid,vip,yes,granted\n");
    let report = contacts::import(app, &actor, "people.csv", body(csv.into_bytes())).await.expect("the file is good");
    assert_eq!(report.rows, 2);
    let made = client.post("/api/v1/contacts", json!({"phone": PERSON, "name": "Nora", "tags": ["vip"]})).await;
    assert!(made.status.is_success() || made.status.as_u16() == 409, "{}", made.body);
    let by_page: ContactInput = serde_json::from_value(json!({"phone": PERSON, "language": "en"})).expect("an input");
    contacts::create(app, &actor, by_page).await.expect("there already, or made");
    let bulk = json!({"name": format!("List {round}"), "text": "Ten percent off", "category": "order", "recipients": [{"to": PERSON}, {"to": OTHER}]});
    let sent = client.post("/api/v1/sms/send-bulk", bulk).await;
    assert!(sent.status.is_success(), "{}", sent.body);
    let file = format!("phone\n{PERSON}\n{OTHER}\n");
    let fields = [("name", "By file"), ("text", "Ten percent off"), ("category", "order")];
    let uploaded = client.upload(&fields, file.as_bytes(), false).await;
    assert!(uploaded.status.is_success(), "{}", uploaded.body);
    app.dispatch_all().await;
}

/// How many messages the carrier took for a number.
fn given(app: &TestApp, phone: &str) -> usize {
    taken(app).iter().filter(|line| line["to"] == phone).count()
}

async fn stays_refused(app: &TestApp, client: &Client, round: &str) {
    let given_before = given(app, PERSON);
    let before = said(app, PERSON).await;
    bring(app, client, round).await;
    let check = check(app, PERSON).await;
    assert!(check.opted_out && check.categories.values().all(|allowed| !allowed.allowed), "{round}: {check:?}");
    assert_eq!(given(app, PERSON), given_before, "{round}");
    assert_eq!(said(app, PERSON).await, before, "{round}: no list is anybody's consent");
    assert_eq!(fate(app, client, PERSON).await.0, "dropped", "{round}");
}

async fn no_door_brings_anybody_back_who_wrote_stop(app: TestApp) {
    let client = Client::new(&app).await;
    write(&app, "e1", PERSON, "STOP").await;
    app.dispatch_all().await;
    stays_refused(&app, &client, "first").await;
    stays_refused(&app, &client, "again").await;
    // The neighbour in the same lists is written to, so the doors do work.
    assert!(given(&app, OTHER) > 0);
}

async fn no_door_brings_anybody_back_who_was_erased(app: TestApp) {
    let client = Client::new(&app).await;
    bring(&app, &client, "before").await;
    let found = client.get("/api/v1/contacts?q=%2B12025550123").await.json();
    let id = found["items"][0]["id"].as_str().expect("the person is listed").to_owned();
    assert!(!check(&app, PERSON).await.opted_out);
    privacy::erase(&app, &app.actor(Role::Admin), &id).await.expect("erased");
    stays_refused(&app, &client, "after the erasure").await;
    privacy::erase(&app, &app.actor(Role::Admin), &id).await.expect("erased again");
    stays_refused(&app, &client, "after the second").await;
}

async fn what_a_carrier_reports_is_believed_and_says_so(app: TestApp) {
    // The simulator's number whose owner has told the carrier to stop.
    let (client, number) = (Client::new(&app).await, "+14157790003");
    let second = json!({"provider": "simulator", "priority": 2, "enabled": true});
    let made = client.call(Method::PUT, "/api/v1/sms/providers/second", Some(second.to_string()), &[]).await;
    assert!(made.status.is_success(), "{}", made.body);
    let sent = client.post("/api/v1/sms/send", json!({"to": number, "text": "Ten percent off", "category": "order"})).await.json();
    app.dispatch_all().await;
    let message = client.get(&format!("/api/v1/sms/messages/{}", sent["id"].as_str().expect("an id"))).await.json();
    assert_eq!(
        (&message["status"], message["attempts"].as_array().map(Vec::len)),
        (&json!("failed"), Some(1)),
        "no other carrier is tried: {message}"
    );
    assert!(check(&app, number).await.opted_out);
    let entry = super::ledger(&app, number).await.pop().expect("a row");
    assert_eq!((entry.change.as_str(), entry.category.as_str(), entry.source.as_str()), ("withdrawn", "all", "carrier"));
    assert_eq!(entry.reason.as_deref(), Some("opted_out"), "the carrier's own word");
    assert_eq!(fate(&app, &client, number).await, ("dropped".into(), "opted_out".into()));
    let again = client.post("/api/v1/sms/send", json!({"to": number, "text": "Ten percent off", "category": "order"})).await;
    app.dispatch_all().await;
    let asked = app.simulator.journal_lines().iter().filter(|line| line.contains(&number[1..]) && line.contains("submit")).count();
    assert_eq!(asked, 1, "asked once and never again: {}", again.body);
}
