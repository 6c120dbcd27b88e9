//! From acceptance to the carrier.

use peyk::access::Role;
use peyk::kernel::clock::{DAY, HOUR, MINUTE, SECOND};
use peyk::kernel::error::Error;
use peyk::messages::{self, Filter, SendRequest, Status};

use super::{PHONE, get, history, send, taken, text_to};
use crate::harness::{TestApp, both_engines};

both_engines! {
    an_accepted_message_reaches_the_carrier_once,
    a_request_with_faults_names_all_of_them_and_sends_nothing,
    a_refusal_for_good_fails_with_the_carriers_words,
    a_throttled_message_waits_as_long_as_it_was_told_and_then_goes,
    a_message_for_later_waits_for_its_time,
    a_message_that_became_too_old_is_not_sent,
    a_message_can_be_called_back_before_it_leaves_and_not_after,
    a_carriers_opt_out_stops_everything_to_that_person,
    an_outcome_that_nobody_knows_is_looked_up_and_never_sent_twice,
    a_spent_budget_holds_all_but_codes,
    marketing_without_a_grant_is_dropped_with_its_reason,
}

async fn an_accepted_message_reaches_the_carrier_once(app: TestApp) {
    let accepted = send(&app, text_to("(202) 555-0123")).await;
    assert_eq!((accepted.status, accepted.to.as_str()), (Status::Queued, PHONE));
    app.dispatch_all().await;
    let message = get(&app, &accepted.id).await;
    assert_eq!(message.message.status, Status::Sent);
    assert_eq!(message.message.text.as_deref(), Some("Your order is on its way"));
    assert_eq!(message.message.cost.as_ref().map(|c| c.amount.as_str()), Some("0.0079"));
    let taken = taken(&app);
    assert_eq!(taken.len(), 1);
    assert_eq!(taken[0]["ref"], message.attempts[0].id.as_str());
    assert_eq!(taken[0]["to"], PHONE);
    app.dispatch_all().await;
    assert_eq!(super::taken(&app).len(), 1);
}

async fn a_request_with_faults_names_all_of_them_and_sends_nothing(app: TestApp) {
    let request = SendRequest {
        to: "12".into(),
        category: Some("spam".into()),
        send_at: Some("tomorrow".into()),
        from: Some("A sender that is far too long".into()),
        ..SendRequest::default()
    };
    let refusal = messages::send(&app, &app.actor(Role::Marketer), request).await.expect_err("refused");
    let Error::Invalid(fields) = refusal else { panic!("{refusal:?}") };
    let mut named: Vec<&str> = fields.0.iter().map(|f| f.field.as_str()).collect();
    named.sort_unstable();
    assert_eq!(named, ["category", "from", "send_at", "text", "to"]);
    assert!(history(&app, &Filter::default()).await.is_empty());
    let viewer = messages::send(&app, &app.actor(Role::Viewer), text_to(PHONE)).await;
    assert!(matches!(viewer, Err(Error::Denied("send"))));
}

async fn a_refusal_for_good_fails_with_the_carriers_words(app: TestApp) {
    let id = send(&app, text_to("+12025550001")).await.id;
    app.dispatch_all().await;
    let message = get(&app, &id).await.message;
    assert_eq!(message.status, Status::Failed);
    let error = message.error.expect("a failure has its reason");
    assert!(!error.retryable && !error.detail.is_empty());
    assert!(message.cost.is_none() || message.cost.is_some_and(|c| c.amount == "0"));
    assert!(taken(&app).is_empty());
}

async fn a_throttled_message_waits_as_long_as_it_was_told_and_then_goes(app: TestApp) {
    let id = send(&app, text_to("+12025550007")).await.id;
    app.dispatch_all().await;
    assert_eq!(get(&app, &id).await.message.status, Status::Queued);
    app.advance(MINUTE);
    app.dispatch_all().await;
    assert_eq!(get(&app, &id).await.message.status, Status::Sent);
    assert_eq!(taken(&app).len(), 1);
}

async fn a_message_for_later_waits_for_its_time(app: TestApp) {
    let request = SendRequest { send_at: Some("2026-11-21T13:30:00+03:30".into()), ..text_to(PHONE) };
    let now = send(&app, request.clone()).await;
    assert_eq!(now.status, Status::Queued, "that instant is the present");
    let later = send(&app, SendRequest { send_at: Some("2026-11-21T12:00:00Z".into()), ..request }).await;
    assert_eq!(later.status, Status::Scheduled);
    app.dispatch_all().await;
    assert_eq!(get(&app, &later.id).await.message.status, Status::Scheduled);
    app.advance(2 * HOUR);
    app.dispatch_all().await;
    assert_eq!(get(&app, &later.id).await.message.status, Status::Sent);
}

async fn a_message_that_became_too_old_is_not_sent(app: TestApp) {
    let code = SendRequest { category: Some("authentication".into()), ..text_to(PHONE) };
    let id = send(&app, code).await.id;
    app.advance(11 * MINUTE);
    app.dispatch_all().await;
    assert_eq!(get(&app, &id).await.message.status, Status::Expired);
    assert!(taken(&app).is_empty());
}

async fn a_message_can_be_called_back_before_it_leaves_and_not_after(app: TestApp) {
    let (first, second) = (send(&app, text_to(PHONE)).await.id, send(&app, text_to("+12025550124")).await.id);
    let actor = app.actor(Role::Marketer);
    let cancelled = messages::cancel(&app, &actor, &first).await.expect("it waits");
    assert_eq!(cancelled.message.status, Status::Cancelled);
    app.dispatch_all().await;
    assert_eq!(taken(&app).len(), 1);
    assert!(matches!(messages::cancel(&app, &actor, &second).await, Err(Error::Conflict(_))));
    assert!(matches!(messages::cancel(&app, &actor, "msg_0000000000000000000000x").await, Err(Error::NotFound(_))));
}

async fn a_carriers_opt_out_stops_everything_to_that_person(app: TestApp) {
    let stopped = "+12025550003";
    let first = send(&app, text_to(stopped)).await.id;
    app.dispatch_all().await;
    assert_eq!(get(&app, &first).await.message.status, Status::Failed);
    let second = send(&app, SendRequest { category: Some("account".into()), ..text_to(stopped) }).await.id;
    app.dispatch_all().await;
    let second = get(&app, &second).await;
    assert_eq!((second.message.status, second.message.reason.as_deref()), (Status::Dropped, Some("opted_out")));
    assert!(second.attempts.is_empty());
}

async fn an_outcome_that_nobody_knows_is_looked_up_and_never_sent_twice(app: TestApp) {
    let resets = TestApp::start_with(app.engine(), r#"{"faults":{"reset_after_accept":1},"receipts":{"delivered":0,"failed":0}}"#).await;
    let id = send(&resets, text_to(PHONE)).await.id;
    resets.dispatch_all().await;
    assert_eq!(get(&resets, &id).await.message.status, Status::Unknown);
    resets.advance(5 * SECOND);
    resets.dispatch_all().await;
    let message = get(&resets, &id).await;
    assert_eq!(message.message.status, Status::Sent);
    assert_eq!(message.attempts.len(), 1);
    assert_eq!(taken(&resets).len(), 1);
    resets.end().await;
}

async fn a_spent_budget_holds_all_but_codes(app: TestApp) {
    let patch = peyk::access::SettingsPatch::read(&serde_json::json!({ "budget": "0.01" })).expect("a budget");
    peyk::access::update_settings(&app, &app.actor(Role::Admin), patch).await.expect("an admin may");
    let first = send(&app, text_to(PHONE)).await.id;
    let second = send(&app, text_to("+12025550124")).await.id;
    app.dispatch_all().await;
    let mut statuses = [get(&app, &first).await.message.status, get(&app, &second).await.message.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [Status::Held, Status::Sent]);
    let code = send(&app, SendRequest { category: Some("authentication".into()), ..text_to("+12025550125") }).await.id;
    app.dispatch_all().await;
    assert_eq!(get(&app, &code).await.message.status, Status::Sent);
    app.advance(DAY + 10 * SECOND);
    app.dispatch_all().await;
    assert_eq!(taken(&app).len(), 2);
}

async fn marketing_without_a_grant_is_dropped_with_its_reason(app: TestApp) {
    let id = send(&app, SendRequest { category: Some("marketing".into()), ..text_to(PHONE) }).await.id;
    app.dispatch_all().await;
    let message = get(&app, &id).await.message;
    assert_eq!((message.status, message.reason.as_deref()), (Status::Dropped, Some("no_consent")));
    assert!(taken(&app).is_empty());
}
