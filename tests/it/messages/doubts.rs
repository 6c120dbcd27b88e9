//! Outcomes that nobody knows, at a provider that does not send the same submission twice.

use std::collections::BTreeSet;
use std::time::Duration;

use peyk::access::Role;
use peyk::campaigns;
use peyk::connections::{self, ConnectionInput};
use peyk::kernel::clock::{HOUR, MINUTE, SECOND};
use peyk::kernel::outbound::Limits;
use peyk::messages::{MessageDetail, SendRequest, Status};
use peyk::preferences::{self, OptRequest};
use serde_json::Value;

use super::{get, send, taken, text_to};
use crate::harness::{TestApp, both_engines};

both_engines! {
    a_message_that_was_taken_without_an_answer_is_found_and_not_sent_twice,
    a_message_that_was_lost_on_its_way_is_sent_once,
    nonsense_for_an_answer_is_cleared_up,
    nothing_is_repeated_while_the_first_may_still_be_under_way,
    somebody_who_opts_out_meanwhile_gets_nothing,
    a_cancelled_campaign_repeats_nothing_and_a_paused_one_waits,
    a_message_that_became_too_old_is_not_repeated,
    nothing_is_repeated_when_the_provider_may_have_forgotten,
    nothing_is_repeated_to_another_account_or_by_a_connection_that_is_off,
    what_was_under_way_when_peyk_stopped_is_found_and_not_sent_twice,
    while_the_provider_is_away_the_policy_waits_for_a_while,
}

/// Numbers in Taiwan: one that any carrier takes, one that is taken without an answer, one that is lost on its way once.
const ORDINARY: &str = "+886912345678";
const HANGS: &str = "+886912340006";
const LOST: &str = "+886912340009";

/// Every message goes to the carrier in Mitake's protocol.
async fn connect(app: &TestApp, account: &str) {
    let config = [("username", account), ("password", "secret"), ("base_url", &format!("{}/mitake", app.simulator_url))];
    put(app, config.iter().map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned()))).collect()).await;
    let off = ConnectionInput { enabled: Some(false), ..ConnectionInput::default() };
    connections::put(app, &app.actor(Role::Owner), "simulator", off).await.expect("it is turned off");
}

async fn put(app: &TestApp, config: std::collections::BTreeMap<String, Option<String>>) {
    let input = ConnectionInput { provider: Some("mitake".into()), config: Some(config), ..ConnectionInput::default() };
    connections::put(app, &app.actor(Role::Owner), "taiwan", input).await.expect("the connection is set");
}

/// One that does not wait long for answers, with a carrier that follows this script.
async fn hasty(app: &TestApp, script: &str) -> TestApp {
    let limits = Limits { total: Duration::from_millis(800), ..Limits::default() };
    let app = TestApp::start_waiting(app.engine(), script, limits).await;
    connect(&app, "shop").await;
    app
}

async fn in_doubt(app: &TestApp, to: &str) -> String {
    in_doubt_as(app, to, "order").await
}

async fn in_doubt_as(app: &TestApp, to: &str, category: &str) -> String {
    let id = send(app, SendRequest { category: Some(category.into()), ..text_to(to) }).await.id;
    app.dispatch_all().await;
    assert_eq!(get(app, &id).await.message.status, Status::Unknown);
    id
}

/// Every submission that the carrier saw.
fn submissions(app: &TestApp) -> usize {
    let lines = app.simulator.journal_lines();
    lines.iter().filter(|line| serde_json::from_str::<Value>(line).expect("journal lines are JSON")["kind"] == "submit").count()
}

fn kinds(detail: &MessageDetail) -> Vec<&str> {
    detail.events.iter().map(|event| event.kind.as_str()).collect()
}

async fn after(app: &TestApp, time: i64, id: &str) -> MessageDetail {
    app.advance(time);
    app.dispatch_all().await;
    get(app, id).await
}

async fn a_message_that_was_taken_without_an_answer_is_found_and_not_sent_twice(app: TestApp) {
    let app = hasty(&app, r#"{"latency_ms":[0,0],"receipts":{"delivered":1,"failed":0}}"#).await;
    let id = in_doubt(&app, HANGS).await;
    let detail = after(&app, 5 * SECOND, &id).await;
    assert_eq!(detail.message.status, Status::Sent);
    assert_eq!((detail.attempts.len(), detail.attempts[0].outcome.as_str(), detail.message.possible_duplicate), (1, "accepted", false));
    assert_eq!(taken(&app).len(), 1);
    assert_eq!(taken(&app)[0]["id"].as_str(), detail.message.provider_message_id.as_deref());
    assert_eq!(taken(&app)[0]["ref"], detail.attempts[0].id.as_str());
    // Here both happen at the same instant, and then their order says nothing.
    let kinds: BTreeSet<&str> = kinds(&detail).into_iter().collect();
    assert_eq!(kinds, BTreeSet::from(["accepted", "submitted", "repeated", "taken"]));
    let repeated = detail.events.iter().find(|event| event.kind == "repeated").expect("it was repeated");
    assert!(repeated.detail.contains("same reference"), "{}", repeated.detail);
    let later = after(&app, MINUTE, &id).await;
    assert_eq!((later.message.status, taken(&app).len()), (Status::Delivered, 1), "what the provider reports is asked for");
    app.end().await;
}

async fn a_message_that_was_lost_on_its_way_is_sent_once(app: TestApp) {
    connect(&app, "shop").await;
    let id = in_doubt(&app, LOST).await;
    assert_eq!((submissions(&app), taken(&app).len()), (1, 0));
    let detail = after(&app, 5 * SECOND, &id).await;
    assert_eq!((detail.message.status, detail.attempts.len(), taken(&app).len()), (Status::Sent, 1, 1));
    assert_eq!(taken(&app)[0]["ref"], detail.attempts[0].id.as_str());
    after(&app, HOUR, &id).await;
    assert_eq!(submissions(&app), 2);
}

async fn nonsense_for_an_answer_is_cleared_up(app: TestApp) {
    let app = hasty(&app, r#"{"latency_ms":[0,0],"faults":{"garbage":1}}"#).await;
    let id = in_doubt(&app, ORDINARY).await;
    assert_eq!(after(&app, 5 * SECOND, &id).await.message.status, Status::Sent);
    assert_eq!(taken(&app).len(), 1);
    app.end().await;
}

async fn nothing_is_repeated_while_the_first_may_still_be_under_way(app: TestApp) {
    connect(&app, "shop").await;
    let id = in_doubt(&app, LOST).await;
    assert_eq!(after(&app, SECOND, &id).await.message.status, Status::Unknown);
    assert_eq!(submissions(&app), 1);
    assert_eq!(after(&app, SECOND, &id).await.message.status, Status::Sent);
}

async fn somebody_who_opts_out_meanwhile_gets_nothing(app: TestApp) {
    connect(&app, "shop").await;
    let id = in_doubt(&app, LOST).await;
    let request = OptRequest { phone: LOST.into(), category: None, reason: None, proof: None };
    preferences::opt_out(&app, &app.actor(Role::Admin), &request).await.expect("recorded");
    for wait in [5 * SECOND, MINUTE, 2 * MINUTE, HOUR] {
        after(&app, wait, &id).await;
    }
    let detail = get(&app, &id).await;
    assert_eq!((submissions(&app), taken(&app).len()), (1, 0));
    assert_eq!((detail.attempts.len(), detail.attempts[0].outcome.as_str()), (1, "unresolved"));
    assert!(!kinds(&detail).contains(&"repeated"), "{:?}", detail.events);
}

async fn a_cancelled_campaign_repeats_nothing_and_a_paused_one_waits(app: TestApp) {
    connect(&app, "shop").await;
    let actor = app.actor(Role::Marketer);
    for ends in [true, false] {
        let before = submissions(&app);
        let campaign = super::again::campaign_to(&app, LOST, if ends { "Ending" } else { "Pausing" }).await;
        app.dispatch_all().await;
        assert_eq!(submissions(&app), before + 1);
        if ends {
            campaigns::cancel(&app, &actor, &campaign.id).await.expect("it is stopped");
            for wait in [5 * SECOND, MINUTE, 2 * MINUTE, HOUR] {
                app.advance(wait);
                app.dispatch_all().await;
            }
            assert_eq!((submissions(&app), taken(&app).len()), (before + 1, 0));
        } else {
            campaigns::pause(&app, &actor, &campaign.id).await.expect("it waits");
            for wait in [5 * SECOND, MINUTE, 20 * MINUTE] {
                app.advance(wait);
                app.dispatch_all().await;
            }
            assert_eq!((submissions(&app), taken(&app).len()), (before + 1, 0));
            campaigns::resume(&app, &actor, &campaign.id).await.expect("it goes on");
            app.advance(2 * MINUTE);
            app.dispatch_all().await;
            assert_eq!((submissions(&app), taken(&app).len()), (before + 2, 1));
        }
    }
}

async fn a_message_that_became_too_old_is_not_repeated(app: TestApp) {
    connect(&app, "shop").await;
    let id = in_doubt_as(&app, LOST, "authentication").await;
    let detail = after(&app, 11 * MINUTE, &id).await;
    assert_eq!((detail.message.status, submissions(&app)), (Status::Failed, 1));
    assert_eq!(detail.message.error.map(|e| e.code).as_deref(), Some("outcome_unknown"));
}

async fn nothing_is_repeated_when_the_provider_may_have_forgotten(app: TestApp) {
    connect(&app, "shop").await;
    let id = in_doubt(&app, LOST).await;
    app.advance(12 * HOUR - 9 * MINUTE);
    app.dispatch_all().await;
    let detail = get(&app, &id).await;
    assert!(!kinds(&detail).contains(&"repeated"), "{:?}", detail.events);
    assert_eq!((detail.attempts[0].outcome.as_str(), detail.message.possible_duplicate), ("unresolved", true));
    assert_eq!(detail.attempts[1].reason.as_deref(), Some("unknown_policy"), "the policy decides, visibly");
}

async fn nothing_is_repeated_to_another_account_or_by_a_connection_that_is_off(app: TestApp) {
    connect(&app, "shop").await;
    let id = in_doubt(&app, LOST).await;
    put(&app, [("username".to_owned(), Some("other".to_owned()))].into()).await;
    assert_eq!(after(&app, 5 * SECOND, &id).await.message.status, Status::Unknown);
    assert_eq!(submissions(&app), 1, "another account would send it");
    app.advance(2 * MINUTE);
    let second = in_doubt(&app, "+886922340009").await;
    let before = submissions(&app);
    let off = ConnectionInput { enabled: Some(false), ..ConnectionInput::default() };
    connections::put(&app, &app.actor(Role::Owner), "taiwan", off).await.expect("it is turned off");
    assert_eq!(after(&app, 10 * SECOND, &second).await.message.status, Status::Unknown);
    assert_eq!(submissions(&app), before);
}

async fn what_was_under_way_when_peyk_stopped_is_found_and_not_sent_twice(app: TestApp) {
    connect(&app, "shop").await;
    let id = send(&app, text_to(HANGS)).await.id;
    let under_way = tokio::spawn({
        let app = app.clone();
        async move { app.dispatch_all().await }
    });
    while taken(&app).is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    under_way.abort();
    assert!(under_way.await.is_err_and(|e| e.is_cancelled()));
    assert_eq!(get(&app, &id).await.message.status, Status::Submitting);
    // Its lease runs out.
    assert_eq!(after(&app, 61 * SECOND, &id).await.message.status, Status::Unknown);
    let detail = after(&app, 5 * SECOND, &id).await;
    assert_eq!((detail.attempts.len(), taken(&app).len(), submissions(&app)), (1, 1, 1));
    assert!(matches!(detail.message.status, Status::Sent | Status::Delivered), "{:?}", detail.message.status);
}

async fn while_the_provider_is_away_the_policy_waits_for_a_while(app: TestApp) {
    let lost = TestApp::start_with(app.engine(), r#"{"latency_ms":[0,0],"faults":{"http_500":1}}"#).await;
    connect(&lost, "shop").await;
    let id = in_doubt(&lost, ORDINARY).await;
    for _ in 0..5 {
        let detail = after(&lost, MINUTE, &id).await;
        assert_eq!((detail.message.status, detail.attempts.len()), (Status::Unknown, 1));
    }
    let repeated = submissions(&lost);
    assert!((4..=6).contains(&repeated), "{repeated}");
    let references: BTreeSet<String> =
        lost.simulator.journal_lines().iter().map(|l| serde_json::from_str::<Value>(l).expect("JSON")["ref"].to_string()).collect();
    assert_eq!(references.len(), 1, "never under another name");
    let detail = after(&lost, 10 * MINUTE, &id).await;
    assert_eq!((detail.attempts.len(), detail.message.possible_duplicate), (2, true), "at last the policy sends again, visibly");
    lost.end().await;
}
