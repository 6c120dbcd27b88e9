//! What carriers report: each fact once, in any order.

use std::sync::Arc;

use peyk::connections::{self, Connection};
use peyk::messages::{Filter, Intake, Status};
use peyk::providers::{Receipt, ReceiptStatus, Refusal, RefusalClass};
use peyk::{costs, kernel::clock::Millis};

use super::{PHONE, get, history, send, text_to};
use crate::harness::{TestApp, both_engines};

both_engines! {
    a_receipt_delivers_and_its_repetition_changes_nothing,
    a_late_delivery_overrules_a_failure_and_nothing_overrules_a_delivery,
    a_receipt_of_somebody_elses_connection_is_not_believed,
    the_counts_of_costs_equal_the_messages,
}

async fn connection(app: &TestApp) -> Arc<Connection> {
    let mut tx = app.db.read().await.expect("the database reads");
    connections::all(&mut tx, &app.cipher.tenant(&app.subaccount), &app.subaccount).await.expect("they are there").remove(0).into()
}

fn receipt(attempt: &str, event: &str, status: ReceiptStatus, at: Millis) -> Receipt {
    Receipt { attempt: Some(attempt.into()), provider_message_id: None, status, at, event_key: event.into(), price_micros: Some(7_900) }
}

fn failed() -> ReceiptStatus {
    ReceiptStatus::Failed(Refusal { code: "absent".into(), detail: "The phone is off.".into(), class: RefusalClass::Retryable })
}

async fn sent_attempt(app: &TestApp) -> (String, String) {
    let id = send(app, text_to(PHONE)).await.id;
    app.dispatch_all().await;
    let attempt = get(app, &id).await.attempts[0].id.clone();
    (id, attempt)
}

async fn a_receipt_delivers_and_its_repetition_changes_nothing(app: TestApp) {
    let (id, attempt) = sent_attempt(&app).await;
    let (intake, connection) = (Intake::start(app.shared()), connection(&app).await);
    for _ in 0..3 {
        let report = receipt(&attempt, "e1", ReceiptStatus::Delivered, app.clock.now());
        intake.receive(connection.clone(), vec![report]).await.expect("a receipt is taken");
    }
    let message = get(&app, &id).await;
    assert_eq!(message.message.status, Status::Delivered);
    assert_eq!(message.message.delivered_at, Some(app.clock.now()));
    assert_eq!(message.events.iter().filter(|e| e.kind == "receipt").count(), 1);
}

async fn a_late_delivery_overrules_a_failure_and_nothing_overrules_a_delivery(app: TestApp) {
    let (id, attempt) = sent_attempt(&app).await;
    let (intake, connection) = (Intake::start(app.shared()), connection(&app).await);
    let mut seen = Vec::new();
    for (event, status) in [("e1", failed()), ("e2", ReceiptStatus::Sent), ("e3", ReceiptStatus::Delivered), ("e4", failed())] {
        intake.receive(connection.clone(), vec![receipt(&attempt, event, status, app.clock.now())]).await.expect("a receipt is taken");
        seen.push(get(&app, &id).await.message.status);
    }
    assert_eq!(seen, [Status::Failed, Status::Failed, Status::Delivered, Status::Delivered]);
}

async fn a_receipt_of_somebody_elses_connection_is_not_believed(app: TestApp) {
    let (id, attempt) = sent_attempt(&app).await;
    let input = connections::ConnectionInput { provider: Some("simulator".into()), ..Default::default() };
    let other = connections::put(&app, &app.actor(peyk::access::Role::Admin), "other", input).await.expect("a second connection");
    let intake = Intake::start(app.shared());
    intake.receive(other.connection.into(), vec![receipt(&attempt, "e1", failed(), app.clock.now())]).await.expect("it is stored");
    assert_eq!(get(&app, &id).await.message.status, Status::Sent);
}

async fn the_counts_of_costs_equal_the_messages(app: TestApp) {
    for n in 0..7 {
        send(&app, text_to(&format!("+1202555010{n}"))).await;
    }
    app.dispatch_all().await;
    let (intake, connection) = (Intake::start(app.shared()), connection(&app).await);
    let messages = history(&app, &Filter::default()).await;
    for (n, message) in messages.iter().enumerate().take(4) {
        let attempt = get(&app, &message.id).await.attempts[0].id.clone();
        let status = if n == 0 { failed() } else { ReceiptStatus::Delivered };
        intake.receive(connection.clone(), vec![receipt(&attempt, &format!("e{n}"), status, app.clock.now())]).await.expect("taken");
    }
    let actor = app.actor(peyk::access::Role::Marketer);
    let stats = costs::stats(&app, &actor, None).await.expect("figures");
    assert_eq!(stats.total, 7);
    let of = |s: &str| stats.statuses.get(s).copied().unwrap_or(0);
    // 0001 and 0003 to 0007 are numbers with fates of their own: count what the messages say instead.
    for status in Status::ALL {
        let really = history(&app, &Filter { status: Some(status), ..Filter::default() }).await.len() as i64;
        assert_eq!(of(status.as_str()), really, "{status}");
    }
    let spent: i64 =
        7_900 * i64::try_from(history(&app, &Filter::default()).await.iter().filter(|m| m.cost.is_some()).count()).expect("few");
    let summary = costs::summary(&app, &actor, None, costs::GroupBy::Day).await.expect("costs");
    assert_eq!(summary.totals.cost, spent);
    let budget = costs::budget(&app, &actor).await.expect("a budget");
    assert_eq!((budget.spent, budget.reserved), (spent, 0));
}
