//! Providers that do not report by themselves: asked until the message is final, and for what people wrote back.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use peyk::connections;
use peyk::dispatch::Poller;
use peyk::kernel::clock::{HOUR, MINUTE, Millis, SECOND};
use peyk::kernel::id::{AttemptId, ContactId, MessageId};
use peyk::messages::{self, Awaited, Status};
use peyk::providers::{
    Accepted, Call, CallError, Capabilities, Client, Gateway, Heard, Inbound, Outgoing, Polled, Receipt, ReceiptStatus, SendError,
};

use super::{PHONE, get, send, text_to};
use crate::harness::{TestApp, both_engines};

both_engines! {
    asking_delivers_a_message_and_then_ends,
    a_message_of_which_nothing_is_known_is_asked_about_ever_more_rarely,
    a_question_without_an_answer_is_asked_again,
    a_stop_in_an_inbox_opts_out_once_however_often_it_is_read,
}

/// A gateway that is asked, and what it answers.
#[derive(Debug, Default)]
struct Quiet {
    /// The messages of each question.
    questions: Mutex<Vec<Vec<(String, String)>>>,
    receipts: Mutex<Vec<Receipt>>,
    inbox: Mutex<Vec<Inbound>>,
    broken: Mutex<bool>,
}

#[async_trait]
impl Gateway for Quiet {
    fn capabilities(&self) -> Capabilities {
        Capabilities { poll: 2, ..Capabilities::NONE }
    }

    async fn send(&self, _: &Outgoing<'_>) -> Result<Accepted, SendError> {
        Err(SendError::Unreachable { detail: "It only answers.".into() })
    }

    async fn poll(&self, messages: &[Polled<'_>]) -> Result<Vec<Receipt>, SendError> {
        let asked = messages.iter().map(|m| (m.provider_message_id.to_owned(), m.to.to_owned())).collect();
        self.questions.lock().expect("no panic").push(asked);
        if *self.broken.lock().expect("no panic") {
            return Err(SendError::Unreachable { detail: "Nobody is there.".into() });
        }
        let all = self.receipts.lock().expect("no panic").clone();
        Ok(all.into_iter().filter(|r| messages.iter().any(|m| r.attempt.as_deref() == Some(m.attempt))).collect())
    }

    async fn poll_inbound(&self) -> Result<Vec<Inbound>, SendError> {
        Ok(self.inbox.lock().expect("no panic").clone())
    }

    fn hear(&self, _: &Call<'_>) -> Result<Heard, CallError> {
        Err(CallError::Forged)
    }
}

impl Quiet {
    fn asked(&self) -> Vec<Vec<(String, String)>> {
        std::mem::take(&mut *self.questions.lock().expect("no panic"))
    }
}

fn poller(app: &TestApp, gateway: &Arc<Quiet>) -> Poller {
    let gateway = Arc::clone(gateway);
    Poller::speaking(app.shared().clone(), move |_, _| Ok(gateway.clone() as Client))
}

/// A message that a provider accepted which has to be asked.
async fn accepted(app: &TestApp, to: &str) -> Awaited {
    let id = send(app, text_to(to)).await.id;
    app.dispatch_all().await;
    let detail = get(app, &id).await;
    let mut tx = app.db.write().await.expect("the database writes");
    let connection = connections::all(&mut tx, &app.cipher.tenant(&app.subaccount), &app.subaccount).await.expect("there are").remove(0);
    let (contact,): (String,) =
        tx.query("select contact_id from messages where id = $1").bind(id.as_str()).fetch_one().await.expect("the message has a contact");
    let awaited = Awaited {
        attempt: AttemptId::stored(detail.attempts[0].id.clone()),
        message: MessageId::stored(id),
        subaccount: app.subaccount.clone(),
        contact: ContactId::stored(contact),
        connection: connection.id,
        provider_message_id: detail.message.provider_message_id.expect("it was accepted"),
        since_at: app.clock.now(),
    };
    messages::await_reports(&mut tx, std::slice::from_ref(&awaited)).await.expect("it is noted");
    tx.commit().await.expect("the database writes");
    awaited
}

fn delivered(awaited: &Awaited, at: Millis) -> Receipt {
    Receipt {
        attempt: Some(awaited.attempt.as_str().to_owned()),
        provider_message_id: Some(awaited.provider_message_id.clone()),
        status: ReceiptStatus::Delivered,
        at,
        event_key: format!("{}:delivered", awaited.provider_message_id),
        price_micros: None,
    }
}

async fn status(app: &TestApp, awaited: &Awaited) -> Status {
    get(app, awaited.message.as_str()).await.message.status
}

async fn waiting(app: &TestApp) -> i64 {
    let mut tx = app.db.read().await.expect("the database reads");
    let (count,): (i64,) = tx.query("select count(*) from polls").fetch_one().await.expect("polls can be counted");
    count
}

async fn asking_delivers_a_message_and_then_ends(app: TestApp) {
    let gateway = Arc::new(Quiet::default());
    let mut poller = poller(&app, &gateway);
    let mut all = Vec::new();
    for n in 0..3 {
        all.push(accepted(&app, &format!("+1202555010{n}")).await);
    }
    assert!(!poller.step().await.expect("nothing is due"), "not before ten seconds");
    app.advance(10 * SECOND);
    gateway.receipts.lock().expect("no panic").push(delivered(&all[1], app.clock.now()));
    assert!(poller.step().await.expect("it asks"));
    let questions = gateway.asked();
    assert_eq!(questions.iter().map(Vec::len).sum::<usize>(), 3, "each once: {questions:?}");
    assert!(questions.iter().all(|q| q.len() <= 2), "at most as many as the provider takes: {questions:?}");
    assert!(questions.iter().flatten().any(|(id, to)| *id == all[1].provider_message_id && to == "+12025550101"));
    assert_eq!((status(&app, &all[0]).await, status(&app, &all[1]).await), (Status::Sent, Status::Delivered));
    assert_eq!(waiting(&app).await, 2);
    assert!(!poller.step().await.expect("nothing is due"));
    app.advance(10 * SECOND);
    assert!(poller.step().await.expect("it asks"));
    assert_eq!(gateway.asked().iter().map(Vec::len).sum::<usize>(), 2);
}

async fn a_message_of_which_nothing_is_known_is_asked_about_ever_more_rarely(app: TestApp) {
    let gateway = Arc::new(Quiet::default());
    let mut poller = poller(&app, &gateway);
    let awaited = accepted(&app, PHONE).await;
    let mut waits = Vec::new();
    let mut last = app.clock.now();
    for _ in 0..200 {
        app.advance(10 * SECOND);
        if poller.step().await.expect("it asks") {
            waits.push(app.clock.now() - last);
            last = app.clock.now();
        }
    }
    assert_eq!(waits, [10, 10, 20, 40, 80, 160, 320, 640].map(|s| s * SECOND));
    app.advance(72 * HOUR);
    assert!(poller.step().await.expect("it asks"));
    assert_eq!((waiting(&app).await, status(&app, &awaited).await), (0, Status::Sent), "after three days nobody has news");
}

async fn a_question_without_an_answer_is_asked_again(app: TestApp) {
    let gateway = Arc::new(Quiet::default());
    let mut poller = poller(&app, &gateway);
    let awaited = accepted(&app, PHONE).await;
    gateway.receipts.lock().expect("no panic").push(delivered(&awaited, app.clock.now()));
    *gateway.broken.lock().expect("no panic") = true;
    app.advance(10 * SECOND);
    assert!(poller.step().await.expect("a provider's silence is no fault of ours"));
    assert_eq!((status(&app, &awaited).await, waiting(&app).await), (Status::Sent, 1));
    *gateway.broken.lock().expect("no panic") = false;
    app.advance(10 * SECOND);
    assert!(poller.step().await.expect("it asks"));
    assert_eq!((status(&app, &awaited).await, waiting(&app).await), (Status::Delivered, 0));
}

async fn a_stop_in_an_inbox_opts_out_once_however_often_it_is_read(app: TestApp) {
    let gateway = Arc::new(Quiet::default());
    let mut poller = poller(&app, &gateway);
    let told = |key: &str, text: &str, at: Millis| Inbound {
        event_key: key.into(),
        to: "Peyk".into(),
        from: PHONE.into(),
        text: text.into(),
        at: app.clock.now() + at,
        answered: false,
    };
    let opted_out = async || {
        let check = peyk::preferences::check(&app, &app.actor(peyk::access::Role::Marketer), PHONE).await.expect("consent is there");
        check.opted_out
    };
    *gateway.inbox.lock().expect("no panic") = vec![told("e2", "hello?", 2), told("e1", "STOP", 1)];
    poller.step().await.expect("it reads");
    assert!(opted_out().await);
    gateway.inbox.lock().expect("no panic").push(told("e3", "START", 3));
    poller.step().await.expect("nothing is due");
    assert!(opted_out().await, "an inbox is read every half minute");
    app.advance(30 * SECOND);
    poller.step().await.expect("it reads");
    assert!(!opted_out().await);
    for _ in 0..3 {
        app.advance(MINUTE);
        poller.step().await.expect("it reads");
        assert!(!opted_out().await, "the old STOP is still in the inbox and stays old");
    }
}
