//! How far a STOP reaches, by its date.

use axum::http::StatusCode;
use peyk::kernel::clock::{DAY, parse_rfc3339};
use serde_json::json;

use super::{PERSON, check, said, set};
use crate::api::Client;
use crate::harness::{TestApp, both_engines};
use crate::inbox::{received, write};
use crate::messages::{send, text_to};

both_engines! {
    a_stop_ends_everything_unless_the_organisation_chose_otherwise,
    a_stop_ends_the_program_that_it_answers_until_the_law_forbids_it,
    a_second_stop_and_stop_all_end_everything,
    a_stop_after_an_answer_of_ours_ends_what_it_is_about_all_the_same,
    who_says_everything_in_other_words_gets_nothing_more,
    a_stop_answers_what_left_last_and_not_what_was_written_last,
}

/// The categories that are open.
async fn open(app: &TestApp) -> Vec<&'static str> {
    check(app, PERSON).await.categories.iter().filter(|(_, allowed)| allowed.allowed).map(|(category, _)| category.as_str()).collect()
}

async fn about_orders(app: &TestApp, client: &Client) {
    let sent = client.post("/api/v1/sms/send", json!({"to": PERSON, "text": "Your order left", "category": "order"})).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED, "{}", sent.body);
    app.dispatch_all().await;
}

async fn a_stop_ends_everything_unless_the_organisation_chose_otherwise(app: TestApp) {
    let client = Client::new(&app).await;
    about_orders(&app, &client).await;
    write(&app, "e1", PERSON, "STOP").await;
    assert!(open(&app).await.is_empty());
    set(&client, json!({"stop_scope": "program"})).await;
    assert!(open(&app).await.is_empty(), "what was said stays said");
    assert_eq!(client.put("/api/v1/settings", json!({"stop_scope": "sender"})).await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

async fn a_stop_ends_the_program_that_it_answers_until_the_law_forbids_it(app: TestApp) {
    let client = Client::new(&app).await;
    set(&client, json!({"stop_scope": "program", "organisation": "Lark"})).await;
    about_orders(&app, &client).await;
    write(&app, "e1", PERSON, "Stop!").await;
    let all_but_orders = ["payment", "delivery", "reminder", "authentication", "account"];
    assert_eq!(open(&app).await, all_but_orders);
    let got = received(&app, &client, PERSON).await;
    assert!(got[1].starts_with("Lark: You get no more texts about orders. Reply STOP ALL"), "{got:?}");
    send(&app, text_to(PERSON)).await;
    write(&app, "e2", PERSON, "START").await;
    assert_eq!(open(&app).await.len(), 6);
    // The same word on the day after the waiver.
    let law = parse_rfc3339("2027-01-31T05:00:00Z").expect("an instant");
    app.advance(law - app.clock.now() - 1_000);
    about_orders(&app, &client).await;
    write(&app, "e3", PERSON, "stop").await;
    assert_eq!(open(&app).await, all_but_orders, "a second before");
    write(&app, "e4", PERSON, "start").await;
    app.advance(DAY);
    about_orders(&app, &client).await;
    write(&app, "e5", PERSON, "stop").await;
    assert!(open(&app).await.is_empty());
    assert_eq!(said(&app, PERSON).await, ["withdrawn order", "granted order", "withdrawn order", "granted order", "withdrawn all"]);
}

async fn a_second_stop_and_stop_all_end_everything(app: TestApp) {
    let client = Client::new(&app).await;
    set(&client, json!({"stop_scope": "program"})).await;
    about_orders(&app, &client).await;
    write(&app, "e1", PERSON, "stop").await;
    assert!(!open(&app).await.is_empty());
    received(&app, &client, PERSON).await;
    write(&app, "e2", PERSON, "stop").await;
    assert!(open(&app).await.is_empty(), "not only the account, which the answer to the first one was about");
    write(&app, "e3", PERSON, "start").await;
    write(&app, "e4", PERSON, "start").await;
    assert_eq!(open(&app).await.len(), 6);
    about_orders(&app, &client).await;
    write(&app, "e5", PERSON, "STOP ALL").await;
    assert!(open(&app).await.is_empty());
}

async fn a_stop_after_an_answer_of_ours_ends_what_it_is_about_all_the_same(app: TestApp) {
    let client = Client::new(&app).await;
    set(&client, json!({"stop_scope": "program"})).await;
    about_orders(&app, &client).await;
    write(&app, "e1", PERSON, "HELP").await;
    assert_eq!(received(&app, &client, PERSON).await.len(), 2, "they are helped");
    write(&app, "e2", PERSON, "stop").await;
    assert_eq!(said(&app, PERSON).await, ["withdrawn order"], "not the account, which our answer was about");
}

async fn who_says_everything_in_other_words_gets_nothing_more(app: TestApp) {
    let client = Client::new(&app).await;
    set(&client, json!({"stop_scope": "program"})).await;
    for (n, words) in ["Stop all, please", "stop all messages", "please take me off your list"].into_iter().enumerate() {
        let phone = format!("+1202555013{n}");
        let sent = client.post("/api/v1/sms/send", json!({"to": phone, "text": "Your order left", "category": "order"})).await;
        assert_eq!(sent.status, StatusCode::ACCEPTED, "{}", sent.body);
        app.dispatch_all().await;
        write(&app, &format!("e{n}"), &phone, words).await;
        assert!(check(&app, &phone).await.opted_out, "{words}");
    }
}

async fn a_stop_answers_what_left_last_and_not_what_was_written_last(app: TestApp) {
    let client = Client::new(&app).await;
    set(&client, json!({"stop_scope": "program"})).await;
    let due = peyk::kernel::clock::rfc3339(app.clock.now() + 2 * DAY);
    let body = json!({"to": PERSON, "text": "Be there tomorrow", "category": "reminder", "send_at": due});
    assert_eq!(client.post("/api/v1/sms/send", body).await.status, StatusCode::ACCEPTED);
    app.advance(DAY);
    about_orders(&app, &client).await;
    app.advance(DAY + 60_000);
    app.dispatch_all().await;
    write(&app, "e1", PERSON, "STOP").await;
    let open = open(&app).await;
    assert!(open.contains(&"order") && !open.contains(&"reminder"), "{open:?}");
}
