//! Many messages in one call: each gets its own result, whatever becomes of the others, and none that is certain
//! without proof.

use std::collections::HashMap;

use super::wire::apart;
use super::{Asked, Behaviour, Bench, MARKER, Outcome, Request, Server, WEBHOOKS, answer};
use crate::providers::{Outgoing, SendError};

/// Our reference of a message, and the message.
pub type Line = (String, Asked);

/// How a provider takes many messages in one call.
pub struct Many {
    /// Reads from a request what it asks to be sent, in order, each with our reference. `None` if it is no such request.
    pub read: fn(&Request) -> Option<Vec<Line>>,
    /// Words the whole answer that says this about these references, in this order.
    pub answer: fn(&[(&str, Word)]) -> Vec<u8>,
    /// Texts that cannot share a call.
    pub lonely: &'static [&'static str],
    /// Answers that concern the whole call: what it is, the answer, and what the client must make of each message.
    pub whole: Vec<(&'static str, Vec<u8>, Outcome)>,
}

/// What an answer says about one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// It was taken, with this id.
    Taken(&'static str),
    /// The same, and it was taken by an earlier call with this reference.
    TakenBefore(&'static str),
    /// It will never be taken.
    Refused,
    /// Too fast.
    Throttled,
    /// Words that contradict each other.
    Contradiction,
}

const ATTEMPTS: [&str; 3] = ["att_01many-a", "att_01many-b", "att_01many-c"];
const TEXTS: [&str; 3] = [MARKER, "two\nlines & 100%+ $5 = $", "您好，{\"a\":[1]} \\ ;~€"];
const IDS: [&str; 3] = ["#000000021", "#000000022", "#000000023"];

/// What came of a call to a server.
struct Tried {
    outcomes: Vec<Outcome>,
    requests: Vec<Request>,
}

pub async fn check(bench: &Bench) {
    let batch = bench.idle().capabilities().batch;
    assert_eq!(batch > 1, bench.subject.many.is_some(), "{}: who takes many in one call gives its answers to it", bench.name);
    let Some(many) = &bench.subject.many else {
        return;
    };
    each_message_arrives_as_it_is(bench, many).await;
    each_gets_what_is_said_about_it(bench, many).await;
    what_concerns_the_call_befalls_each(bench, many).await;
    without_a_whole_answer_all_are_unknown(bench, many).await;
    what_never_left_is_definite(bench).await;
    a_text_that_cannot_share_a_call_harms_nobody(bench, many).await;
}

fn all_taken(many: &Many) -> Vec<u8> {
    (many.answer)(&[(ATTEMPTS[0], Word::Taken(IDS[0])), (ATTEMPTS[1], Word::Taken(IDS[1])), (ATTEMPTS[2], Word::Taken(IDS[2]))])
}

fn taken(n: usize) -> Outcome {
    Outcome::Accepted(IDS[n].into())
}

impl Bench {
    async fn send_all(&self, case: &str, behaviour: Behaviour, texts: [&str; 3]) -> Tried {
        let waits = matches!(behaviour, Behaviour::Answer(_) | Behaviour::Echo(_));
        let server = Server::start(behaviour).await;
        let outbound = if waits { &self.patient } else { &self.hasty };
        let client = self.client(&server.base, outbound);
        let callback_url = &format!("{WEBHOOKS}/status");
        let message = |(attempt, text)| {
            let (to, from) = (self.subject.to, self.subject.from);
            Outgoing { attempt, to, from, text, callback_url, promotional: false, registered_template: None }
        };
        let messages: Vec<_> = ATTEMPTS.into_iter().zip(texts).map(message).collect();
        let results = client.send_many(&messages).await;
        assert_eq!(results.len(), messages.len(), "{}: {case}: one result for each message", self.name);
        for error in results.iter().filter_map(|result| result.as_ref().err()) {
            self.discreet(case, error);
            if let SendError::Refused(refusal) = error {
                assert!(!refusal.code.is_empty() && !refusal.detail.is_empty(), "{}: {case}: a refusal says why", self.name);
            }
        }
        Tried { outcomes: results.iter().map(Outcome::of).collect(), requests: server.requests() }
    }

    async fn send_three(&self, case: &str, behaviour: Behaviour) -> Vec<Outcome> {
        let tried = self.send_all(case, behaviour, TEXTS).await;
        assert_eq!(tried.requests.len(), 1, "{}: {case}: many are asked for once, and nothing is repeated", self.name);
        tried.outcomes
    }
}

async fn each_message_arrives_as_it_is(bench: &Bench, many: &Many) {
    let tried = bench.send_all("many", Behaviour::Answer(all_taken(many)), TEXTS).await;
    let asked: Vec<_> = tried.requests.iter().map(|request| (many.read)(request)).collect();
    let wanted = ATTEMPTS.into_iter().zip(TEXTS).map(|(attempt, text)| {
        let asked = Asked { to: bench.subject.to.into(), text: text.into() };
        (attempt.to_owned(), asked)
    });
    assert_eq!(asked, [Some(wanted.collect())], "{}: one request carries every number and text", bench.name);
    assert_eq!(tried.outcomes, [taken(0), taken(1), taken(2)], "{}: many", bench.name);
}

async fn each_gets_what_is_said_about_it(bench: &Bench, many: &Many) {
    let [a, b, c] = ATTEMPTS;
    let [one, two, three] = IDS.map(Word::Taken);
    let unknown = || Outcome::Unknown;
    let cases = [
        ("one refused among others", vec![(a, one), (b, Word::Refused), (c, three)], [taken(0), Outcome::Permanent, taken(2)]),
        ("one throttled among others", vec![(a, one), (b, Word::Throttled), (c, three)], [taken(0), Outcome::Throttled(None), taken(2)]),
        ("a repetition", vec![(a, Word::TakenBefore(IDS[0])), (b, two), (c, three)], [taken(0), taken(1), taken(2)]),
        ("another order", vec![(c, three), (a, one), (b, Word::Refused)], [taken(0), Outcome::Permanent, taken(2)]),
        ("one missing", vec![(a, one), (c, three)], [taken(0), unknown(), taken(2)]),
        ("all but one missing", vec![(c, Word::Refused)], [unknown(), unknown(), Outcome::Permanent]),
        ("a stranger among them", vec![(a, one), ("att_stranger", two), (c, three)], [taken(0), unknown(), taken(2)]),
        ("the same twice", vec![(a, one), (a, one), (b, two), (c, three)], [taken(0), taken(1), taken(2)]),
        ("two words about one", vec![(a, one), (a, Word::Refused), (b, two), (c, three)], [unknown(), taken(1), taken(2)]),
        ("two ids for one", vec![(b, two), (a, one), (c, three), (a, two)], [unknown(), taken(1), taken(2)]),
        ("a contradiction", vec![(a, one), (b, Word::Contradiction), (c, three)], [taken(0), unknown(), taken(2)]),
    ];
    for (case, words, expected) in cases {
        let outcomes = bench.send_three(case, Behaviour::Answer((many.answer)(&words))).await;
        assert_eq!(outcomes, expected, "{}: {case}", bench.name);
    }
}

async fn what_concerns_the_call_befalls_each(bench: &Bench, many: &Many) {
    for (case, raw, expected) in &many.whole {
        let outcomes = bench.send_three(case, Behaviour::Answer(raw.clone())).await;
        assert_eq!(outcomes, [expected.clone(), expected.clone(), expected.clone()], "{}: {case}", bench.name);
    }
    for status in [200, 400, 403, 500] {
        bench.send_three("an echo", Behaviour::Echo(status)).await;
    }
}

async fn without_a_whole_answer_all_are_unknown(bench: &Bench, many: &Many) {
    let mut behaviours = vec![Behaviour::Silence, Behaviour::Reset, Behaviour::Close];
    let nonsense: [&[u8]; 6] = [b"", b"<html>it w", b"{}", b"OK", b"\0\xff\xfe\r\n\r\n", &[b'['; 5000]];
    behaviours.extend(nonsense.map(|body| Behaviour::Answer(answer(200, &[], body))));
    behaviours.push(Behaviour::Answer(answer(502, &[], "")));
    let whole = all_taken(many);
    let (head, body) = apart(&whole).expect("an answer has a head");
    behaviours.extend([0, 1, body.len() / 2, body.len() - 1].map(|left| Behaviour::Answer([head, &body[..left]].concat())));
    for behaviour in behaviours {
        let case = format!("{behaviour:?} to many");
        let outcomes = bench.send_three(&case, behaviour).await;
        assert_eq!(outcomes, [Outcome::Unknown, Outcome::Unknown, Outcome::Unknown], "{}: {case}", bench.name);
    }
    // Where nothing says how long an answer is, a cut one looks whole: no message may get another's id, or half of one.
    for left in 0..body.len() {
        let cut = [b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n", &body[..left]].concat();
        let outcomes = bench.send_three("a cut answer that looks whole", Behaviour::Answer(cut)).await;
        for (n, outcome) in outcomes.into_iter().enumerate() {
            assert!(outcome == taken(n) || outcome == Outcome::Unknown, "{}: {left} bytes: message {n}: {outcome:?}", bench.name);
        }
    }
}

async fn what_never_left_is_definite(bench: &Bench) {
    let client = bench.client("http://nowhere.invalid", &bench.hasty);
    let message = Outgoing {
        attempt: ATTEMPTS[0],
        to: bench.subject.to,
        from: bench.subject.from,
        text: MARKER,
        callback_url: "",
        promotional: false,
        registered_template: None,
    };
    let results = client.send_many(&[message, Outgoing { attempt: ATTEMPTS[1], ..message }]).await;
    let outcomes: Vec<_> = results.iter().map(Outcome::of).collect();
    assert_eq!(outcomes, [Outcome::Unreachable, Outcome::Unreachable], "{}: many, and no such host", bench.name);
}

async fn a_text_that_cannot_share_a_call_harms_nobody(bench: &Bench, many: &Many) {
    for text in many.lonely {
        let case = format!("{text:?} among others");
        let tried = bench.send_all(&case, Behaviour::Answer(all_taken(many)), [TEXTS[0], text, TEXTS[2]]).await;
        let asked: HashMap<String, Asked> = tried.requests.iter().filter_map(|request| (many.read)(request)).flatten().collect();
        assert!(asked.len() == 2 && !asked.contains_key(ATTEMPTS[1]), "{}: {case}: it stays out of the call: {asked:?}", bench.name);
        assert_eq!(tried.outcomes, [taken(0), Outcome::Retryable, taken(2)], "{}: {case}", bench.name);
        let server = Server::start(Behaviour::Answer(bench.subject.answers.accepted.0.clone())).await;
        let alone = bench.send_to(&bench.client(&server.base, &bench.patient), text).await;
        assert_eq!(Outcome::of(&alone), Outcome::Accepted(bench.subject.answers.accepted.1.into()), "{}: {text:?} alone", bench.name);
    }
}
