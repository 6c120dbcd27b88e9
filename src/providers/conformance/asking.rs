//! Questions to the provider: how far a message has come, whether it was taken, who wrote, what is left.

use super::{ATTEMPT, Behaviour, Bench, Inbox, MARKER, NOW, Server, answer};
use crate::kernel::clock::MINUTE;
use crate::providers::{Client, Lookup, Polled, Question, Receipt, ReceiptStatus};

pub async fn check(bench: &Bench) {
    polling_tells_what_is_final(bench).await;
    the_inbox_is_read(bench).await;
    only_proof_ends_doubt(bench).await;
    the_balance_is_read(bench).await;
}

/// Behaviours that answer no question.
fn useless() -> [Behaviour; 7] {
    let nonsense: [&[u8]; 3] = [b"", b"<html>it w", b"\0\xff\xfe"];
    let [empty, page, binary] = nonsense.map(|body| Behaviour::Answer(answer(200, &[], body)));
    let failure = Behaviour::Answer(answer(500, &[], "<html>"));
    [empty, page, binary, failure, Behaviour::Echo(200), Behaviour::Reset, Behaviour::Silence]
}

impl Bench {
    async fn at(&self, behaviour: Behaviour) -> (Server, Client) {
        let patience = if matches!(behaviour, Behaviour::Silence) { &self.hasty } else { &self.patient };
        let server = Server::start(behaviour).await;
        let client = self.client(&server.base, patience);
        (server, client)
    }
}

async fn polling_tells_what_is_final(bench: &Bench) {
    let name = bench.name;
    let limit = bench.idle().capabilities().poll;
    let asked = [Polled { attempt: ATTEMPT, provider_message_id: bench.subject.answers.accepted.1, to: bench.subject.to }];
    assert_eq!(limit > 0, bench.subject.polling.is_some(), "{name}: who can be polled gives its answers to it");
    let Some(polling) = &bench.subject.polling else {
        return;
    };
    let ask = async |behaviour| bench.at(behaviour).await.1.poll(&asked).await;
    let mut keys = Vec::new();
    for (case, raw) in [("delivered", &polling.delivered), ("failed", &polling.failed)] {
        let told = ask_again(&ask, bench, raw).await;
        let again = ask_again(&ask, bench, raw).await;
        let [receipt] = told.as_slice() else { panic!("{name}: poll: {case}: not one receipt: {told:?}") };
        bench.right_message(receipt);
        let final_word = match case {
            "delivered" => receipt.status == ReceiptStatus::Delivered,
            _ => matches!(receipt.status, ReceiptStatus::Failed(_) | ReceiptStatus::Expired),
        };
        assert!(final_word, "{name}: poll: {case}: {receipt:?}");
        assert_eq!(receipt.event_key, again[0].event_key, "{name}: poll: {case}: told again it is the same event");
        keys.push(receipt.event_key.clone());
    }
    assert_ne!(keys[0], keys[1], "{name}: poll: another status is another event");
    let open = ask_again(&ask, bench, &polling.open).await;
    assert!(open.iter().all(|receipt| receipt.status == ReceiptStatus::Sent), "{name}: poll: still under way: {open:?}");
    for behaviour in useless() {
        let case = format!("{behaviour:?}");
        let told = ask(behaviour).await;
        bench.discreet(&case, &told.as_ref().err());
        assert!(told.as_ref().map_or(true, Vec::is_empty), "{name}: poll: {case} tells nothing: {told:?}");
    }
}

async fn ask_again<F>(ask: &F, bench: &Bench, raw: &[u8]) -> Vec<Receipt>
where
    F: AsyncFn(Behaviour) -> Result<Vec<Receipt>, crate::providers::SendError>,
{
    ask(Behaviour::Answer(raw.to_vec())).await.unwrap_or_else(|error| panic!("{}: poll: {error:?}", bench.name))
}

async fn the_inbox_is_read(bench: &Bench) {
    let Some(Inbox { answer, written }) = &bench.subject.inbox else {
        return;
    };
    let mut runs = Vec::new();
    for _ in 0..2 {
        let (_server, client) = bench.at(Behaviour::Answer(answer.clone())).await;
        runs.push(client.poll_inbound().await.unwrap_or_else(|error| panic!("{}: inbox: {error:?}", bench.name)));
    }
    let read: Vec<_> = runs[0].iter().map(|inbound| (inbound.from.as_str(), inbound.text.as_str())).collect();
    assert_eq!(&read, written, "{}: who wrote what", bench.name);
    let keys = |run: usize| runs[run].iter().map(|inbound| inbound.event_key.clone()).collect::<Vec<_>>();
    assert_eq!(keys(0), keys(1), "{}: inbox: told again it is the same event", bench.name);
    let distinct: std::collections::HashSet<_> = keys(0).into_iter().collect();
    assert_eq!(distinct.len(), written.len(), "{}: inbox: each text is an event of its own", bench.name);
    for behaviour in useless() {
        let case = format!("{behaviour:?}");
        let told = bench.at(behaviour).await.1.poll_inbound().await;
        bench.discreet(&case, &told.as_ref().err());
        assert!(told.as_ref().map_or(true, Vec::is_empty), "{}: inbox: {case}: {told:?}", bench.name);
    }
}

async fn only_proof_ends_doubt(bench: &Bench) {
    let name = bench.name;
    let (to, from) = (bench.subject.to, bench.subject.from);
    let question = Question { attempt: ATTEMPT, to, from, text: MARKER, started_at: NOW - 10 * MINUTE };
    let ask = async |behaviour| bench.at(behaviour).await.1.lookup(&question).await;
    assert_eq!(bench.idle().capabilities().lookup, bench.subject.looking.is_some(), "{name}: who can be asked gives its answers to it");
    if let Some(looking) = &bench.subject.looking {
        let found = ask(Behaviour::Answer((looking.taken)(&question))).await;
        let Lookup::Accepted(accepted, _) = &found else { panic!("{name}: look-up of a message that was taken: {found:?}") };
        assert_eq!(accepted.provider_message_id, bench.subject.answers.accepted.1, "{name}: look-up");
        if let Some(absent) = looking.absent {
            assert_eq!(ask(Behaviour::Answer(absent(&question))).await, Lookup::NeverArrived, "{name}: look-up");
        }
    }
    let denied = Behaviour::Answer(bench.subject.answers.wrong_credentials.clone());
    let throttled = Behaviour::Answer(bench.subject.answers.throttled.clone());
    let missing = Behaviour::Answer(answer(404, &[], "<html>Not Found"));
    for behaviour in useless().into_iter().chain([denied, throttled, missing]) {
        let case = format!("{behaviour:?}");
        assert_eq!(ask(behaviour).await, Lookup::CannotTell, "{name}: look-up: {case}");
    }
}

async fn the_balance_is_read(bench: &Bench) {
    let name = bench.name;
    if let Some((raw, balance)) = &bench.subject.balance {
        let told = bench.at(Behaviour::Answer(raw.clone())).await.1.balance().await;
        assert_eq!(told, Ok(Some(*balance)), "{name}: balance");
    }
    for behaviour in useless() {
        let case = format!("{behaviour:?}");
        let told = bench.at(behaviour).await.1.balance().await;
        bench.discreet(&case, &told);
        match bench.subject.balance {
            Some(_) => assert!(told.is_err(), "{name}: balance: {case}: {told:?}"),
            None => assert_eq!(told, Ok(None), "{name}: balance: {case}"),
        }
    }
}
