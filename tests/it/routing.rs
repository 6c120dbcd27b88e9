//! Which connection a message takes: failover, trust that is lost and earned back, and what people see of it.

use peyk::access::Role;
use peyk::connections::{self, ConfigInput, ConnectionInput, HealthChanges, Sign, State};
use peyk::kernel::clock::{MINUTE, SECOND};
use peyk::messages::{self, AttemptView, MessageDetail, SendRequest, Status};
use peyk::providers::simulator::Simulator;

use crate::api::Client;
use crate::harness::{Csv, TestApp, both_engines};
use crate::messages::{PHONE, get, send, text_to};
use crate::web::Browser;

both_engines! {
    a_refusal_that_may_pass_goes_to_the_next_connection_at_once_and_is_sent_once,
    each_definite_failure_of_a_provider_fails_over_at_once,
    a_refusal_for_good_or_by_law_reaches_no_second_provider,
    an_outcome_that_nobody_knows_does_not_fail_over,
    a_message_for_one_connection_never_leaves_it,
    when_every_connection_refused_the_message_waits,
    a_failing_connection_keeps_a_twentieth_and_earns_the_rest_back,
    a_failing_connection_is_used_again_when_somebody_says_so,
    a_connection_that_delivers_nothing_is_kept_back_until_it_delivers,
    a_connection_that_never_reports_is_not_taken_for_a_silent_one,
}

const GOOD: &str = r#"{"latency_ms":[0,0],"receipts":{"delivered":1,"failed":0,"delay_ms":[0,0]}}"#;

fn faulty(fault: &str) -> String {
    format!(r#"{{"latency_ms":[0,0],"faults":{{"{fault}":1}},"receipts":{{"delivered":1,"failed":0,"delay_ms":[0,0]}}}}"#)
}

async fn put(app: &TestApp, name: &str, input: ConnectionInput) {
    connections::put(app, &app.actor(Role::Owner), name, input).await.expect("a sound connection");
}

fn at(address: &str) -> ConnectionInput {
    let config = ConfigInput::from([("base_url".to_owned(), Some(address.to_owned()))]);
    ConnectionInput { config: Some(config), ..ConnectionInput::default() }
}

fn first_at(address: &str) -> ConnectionInput {
    ConnectionInput { provider: Some("simulator".into()), priority: Some(1), ..at(address) }
}

/// A connection “first” before the one that every subaccount has, with a carrier of this script behind it.
async fn first(app: &TestApp, script: &str) -> Simulator {
    let (carrier, address) = app.another_carrier(script).await;
    put(app, "first", first_at(&address)).await;
    carrier
}

async fn sent(app: &TestApp, request: SendRequest) -> MessageDetail {
    let id = send(app, request).await.id;
    app.dispatch_all().await;
    get(app, &id).await
}

/// Connection, outcome and reason of each attempt.
fn story(message: &MessageDetail) -> Vec<(&str, &str, Option<&str>)> {
    fn of(a: &AttemptView) -> (&str, &str, Option<&str>) {
        (&a.connection, &a.outcome, a.reason.as_deref())
    }
    message.attempts.iter().map(of).collect()
}

/// How often a carrier was asked to send, and how often it did.
fn asked(carrier: &Simulator) -> (usize, usize) {
    let lines = carrier.journal_lines();
    let lines = lines.iter().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("journal lines are JSON"));
    let submitted: Vec<_> = lines.filter(|line| line["kind"] == "submit").collect();
    (submitted.len(), submitted.iter().filter(|line| line["id"].is_string()).count())
}

async fn a_refusal_that_may_pass_goes_to_the_next_connection_at_once_and_is_sent_once(app: TestApp) {
    let refusing = first(&app, &faulty("refuse")).await;
    let message = sent(&app, text_to(PHONE)).await;
    assert_eq!(message.message.status, Status::Sent);
    assert_eq!(story(&message), [("first", "refused", None), ("simulator", "accepted", Some("failover:carrier_refused"))]);
    assert!(message.events.iter().any(|e| e.detail.contains("the connection before did not take it (carrier_refused)")));
    assert_eq!((asked(&refusing), asked(&app.simulator)), ((1, 0), (1, 1)));
}

async fn each_definite_failure_of_a_provider_fails_over_at_once(app: TestApp) {
    let _throttling = first(&app, &faulty("http_429")).await;
    let throttled = sent(&app, text_to(PHONE)).await;
    assert_eq!(story(&throttled), [("first", "refused", None), ("simulator", "accepted", Some("failover:throttled"))]);
    let next = sent(&app, text_to(PHONE)).await;
    assert_eq!(story(&next), [("simulator", "accepted", Some("rerouted:blocked"))]);
    put(&app, "gone", ConnectionInput { priority: Some(0), ..first_at("http://127.0.0.1:1") }).await;
    let unreachable = sent(&app, text_to(PHONE)).await;
    assert_eq!(story(&unreachable)[0], ("gone", "refused", None));
    assert_eq!(story(&unreachable)[1], ("simulator", "accepted", Some("failover:unreachable")));
    put(&app, "wrong", ConnectionInput { priority: Some(-1), ..first_at(&format!("{}/nowhere", app.simulator_url)) }).await;
    let misconfigured = sent(&app, text_to(PHONE)).await;
    assert_eq!(misconfigured.message.status, Status::Sent);
    assert_eq!(misconfigured.attempts[1].reason.as_deref(), Some("failover:misconfigured"));
    let wrong = connections::get(&app, &app.actor(Role::Owner), "wrong").await.expect("it is there");
    assert!(wrong.connection.paused_reason.is_some());
}

async fn a_refusal_for_good_or_by_law_reaches_no_second_provider(app: TestApp) {
    let carrier = first(&app, GOOD).await;
    for (number, code) in [("+12025550003", "opted_out"), ("+12025550001", "invalid_number")] {
        let message = sent(&app, text_to(number)).await;
        assert_eq!(message.message.status, Status::Failed);
        assert_eq!(message.attempts.iter().map(|a| a.code.as_deref()).collect::<Vec<_>>(), [Some(code)]);
    }
    assert_eq!((asked(&carrier), asked(&app.simulator)), ((2, 0), (0, 0)));
    let health = connections::get(&app, &app.actor(Role::Owner), "first").await.expect("it is there").health;
    assert_eq!(health.error_share(), None, "a provider that refuses such numbers does well");
}

async fn an_outcome_that_nobody_knows_does_not_fail_over(app: TestApp) {
    for fault in ["http_500", "reset_after_accept", "garbage"] {
        let carrier = first(&app, &faulty(fault)).await;
        let message = sent(&app, text_to(PHONE)).await;
        assert_eq!(message.message.status, Status::Unknown, "{fault}");
        assert_eq!(story(&message), [("first", "unknown", None)], "{fault}");
        assert_eq!((asked(&carrier).0, asked(&app.simulator)), (1, (0, 0)), "{fault}");
    }
}

async fn a_message_for_one_connection_never_leaves_it(app: TestApp) {
    let refusing = first(&app, &faulty("refuse")).await;
    let message = sent(&app, SendRequest { connection: Some("first".into()), ..text_to(PHONE) }).await;
    assert_eq!((message.message.status, story(&message)), (Status::Queued, vec![("first", "refused", None)]));
    app.advance(60 * SECOND);
    app.dispatch_all().await;
    let message = get(&app, &message.message.id).await;
    assert_eq!(story(&message), [("first", "refused", None); 2]);
    assert_eq!((asked(&refusing), asked(&app.simulator)), ((2, 0), (0, 0)));
    messages::cancel(&app, &app.actor(Role::Marketer), &message.message.id).await.expect("it waits");
}

async fn when_every_connection_refused_the_message_waits(app: TestApp) {
    let (one, two) = (first(&app, &faulty("refuse")).await, app.another_carrier(&faulty("refuse")).await);
    put(&app, "simulator", at(&two.1)).await;
    let message = sent(&app, text_to(PHONE)).await;
    assert_eq!((message.message.status, message.attempts.len()), (Status::Queued, 2));
    app.advance(60 * SECOND);
    app.dispatch_all().await;
    assert_eq!((asked(&one), asked(&two.0)), ((2, 0), (2, 0)), "both once more");
    messages::cancel(&app, &app.actor(Role::Marketer), &message.message.id).await.expect("it waits");
}

/// Sends so many messages in a round, which ends five seconds later; `n` counts them all.
async fn round(app: &TestApp, messages: u64, n: &mut u64) {
    for _ in 0..messages {
        *n += 1;
        send(app, text_to(&Csv::phone(*n))).await;
    }
    app.dispatch_all().await;
    app.advance(5 * SECOND);
}

async fn state(app: &TestApp) -> State {
    connections::get(app, &app.actor(Role::Owner), "first").await.expect("it is there").health.circuit.state
}

async fn a_failing_connection_keeps_a_twentieth_and_earns_the_rest_back(app: TestApp) {
    const EACH: u64 = 60;
    let (failing, n) = (first(&app, &faulty("refuse")).await, &mut 0);
    for _ in 0..2 {
        round(&app, EACH, n).await;
    }
    assert_eq!(state(&app).await, State::Failing);
    let before = asked(&failing).0;
    for _ in 0..6 {
        round(&app, EACH, n).await;
    }
    let trials = asked(&failing).0 - before;
    assert!(trials > 0 && trials < 36, "{trials} of 360 messages went to a failing connection");
    assert_eq!(state(&app).await, State::Failing);

    let (good, address) = app.another_carrier(GOOD).await;
    put(&app, "first", at(&address)).await;
    let mut rounds = 0;
    while state(&app).await != State::Healthy {
        round(&app, EACH, n).await;
        rounds += 1;
        assert!(rounds < 24, "two minutes of good trials are enough");
    }
    let before = asked(&good).0;
    round(&app, EACH, n).await;
    assert_eq!(asked(&good).0 - before, EACH as usize, "it carries everything again");
    let moves = connections::moves(&app, &app.actor(Role::Viewer)).await.expect("moves");
    let path: Vec<State> = moves.iter().rev().map(|(_, step)| step.to).collect();
    assert_eq!(path, [State::Failing, State::Trying, State::Healthy]);
    assert!(moves.iter().all(|(name, step)| name == "first" && step.country.as_str() == "US" && !step.reason.is_empty()));
}

async fn a_failing_connection_is_used_again_when_somebody_says_so(app: TestApp) {
    let _failing = first(&app, &faulty("refuse")).await;
    let n = &mut 0;
    for _ in 0..2 {
        round(&app, 12, n).await;
    }
    assert_eq!(state(&app).await, State::Failing);
    let client = Client::new(&app).await;
    let shown = client.get("/api/v1/sms/providers/first").await.json()["health"].take();
    assert_eq!(shown["state"], "failing");
    assert!(shown["reason"].as_str().is_some_and(|why| why.contains("12 of 12 messages failed")), "{shown}");
    assert!(shown["since"].is_string());

    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    let list = owner.get("/settings/connections").await.body;
    assert!(list.contains("Failing: 12 of 12 messages failed") && list.contains("Use again now"), "{list}");
    let moves = owner.get("/settings/routing").await.body;
    assert!(moves.contains("12 of 12 messages failed") && moves.contains("United States"), "{moves}");
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    assert_eq!(marketer.post("/do/settings/connections/trust", &[("name", "first")]).await.status, 403);
    assert_eq!(state(&app).await, State::Failing);

    let page = owner.submit("/do/settings/connections/trust", &[("name", "first")]).await.body;
    assert!(page.contains("It is used again like the others.") && !page.contains("Use again now"), "{page}");
    assert_eq!(state(&app).await, State::Healthy);
    let next = sent(&app, text_to(PHONE)).await;
    assert_eq!(story(&next)[0], ("first", "refused", None), "it is the first again");
    assert!(owner.get("/settings/routing").await.body.contains("Test owner said to use it again"));
}

/// So many receipts of this kind come for the first connection.
async fn report(app: &TestApp, sign: Sign, times: usize) {
    let first = connections::get(app, &app.actor(Role::Owner), "first").await.expect("it is there").connection.id;
    let mut changes = HealthChanges::default();
    for _ in 0..times {
        changes.note(&app.subaccount, first.as_str(), "US", sign, app.clock.now());
    }
    let mut tx = app.db.write().await.expect("the database writes");
    connections::record(&mut tx, &changes).await.expect("facts can be written");
    tx.commit().await.expect("the database writes");
}

/// Four minutes pass after a campaign's worth of messages was taken.
async fn taken_and_waited_for(app: &TestApp, n: &mut u64) {
    round(app, 40, n).await;
    app.advance(4 * MINUTE);
    app.dispatch_all().await;
}

async fn a_connection_that_delivers_nothing_is_kept_back_until_it_delivers(app: TestApp) {
    let (carrier, n) = (first(&app, GOOD).await, &mut 0);
    report(&app, Sign::Delivered, 1).await;
    app.advance(11 * MINUTE);
    taken_and_waited_for(&app, n).await;
    assert_eq!(state(&app).await, State::Failing);
    let moves = connections::moves(&app, &app.actor(Role::Viewer)).await.expect("moves");
    assert!(moves[0].1.reason.starts_with("none of 40 messages that it took was delivered"), "{}", moves[0].1.reason);
    let before = asked(&carrier).0;
    for _ in 0..4 {
        round(&app, 60, n).await;
    }
    let trials = asked(&carrier).0 - before;
    assert!(trials > 0 && trials < 40, "{trials} of 240 messages went to a silent connection");
    assert_eq!(state(&app).await, State::Failing, "that it takes trials is nothing new");
    let mut rounds = 0;
    while state(&app).await != State::Healthy {
        report(&app, Sign::Delivered, 3).await;
        round(&app, 60, n).await;
        rounds += 1;
        assert!(rounds < 24, "two minutes of deliveries are enough");
    }
}

async fn a_connection_that_never_reports_is_not_taken_for_a_silent_one(app: TestApp) {
    let (_carrier, n) = (first(&app, GOOD).await, &mut 0);
    taken_and_waited_for(&app, n).await;
    assert_eq!(state(&app).await, State::Healthy);
    report(&app, Sign::Failed, 5).await;
    app.dispatch_all().await;
    assert_eq!(state(&app).await, State::Failing, "it reports, and nothing but failures");
}
