//! What every client of a provider must do, as one suite: [`conforms`]. A provider describes itself in a [`Subject`]:
//! its real answers byte for byte, and how its calls to us look. The suite then plays a server of its own, which
//! answers, cuts, drips, resets or keeps silent, and holds the client to the rule that only a definite no is a no.

mod asking;
mod doubt;
mod forging;
mod hearing;
mod logs;
mod many;
mod outcome;
mod sending;
mod wire;

use std::time::{Duration, Instant};

use reqwest::header::HeaderMap;

use self::logs::Logs;
use crate::kernel::clock::{Clock, Millis};
use crate::kernel::outbound::{Limits, Outbound};
use crate::providers::{Accepted, Balance, Call, Client, Door, Outgoing, Provider, Question, SendError, Settings};

pub use many::{Many, Word};
pub use outcome::Outcome;
pub use wire::{Behaviour, Request, Server, answer, field};

/// The time by the client's clock: 14 November 2023, 22:13:20 UTC.
pub const NOW: Millis = 1_700_000_000_000;
/// The attempt reference that every message of the suite carries.
pub const ATTEMPT: &str = "att_01hf7yat00conformance";
/// A text that stands out in whatever quotes it.
pub const MARKER: &str = "Marker-Qx7 سلام 👋";
/// Where the suite's connection is called, but for its last part.
pub const WEBHOOKS: &str = "https://peyk.example/webhooks/provider/key";

/// A provider, as the suite must know it.
pub struct Subject {
    /// Which provider.
    pub provider: Provider,
    /// Settings for this base URL. Every secret among them has eight characters or more, all letters and digits.
    pub settings: fn(base: &str) -> Settings,
    /// A recipient that the provider serves, E.164, nine digits or more.
    pub to: &'static str,
    /// A sender that the provider serves.
    pub from: &'static str,
    /// What it answers to a message.
    pub answers: Answers,
    /// Reads from a request what it asks to be sent; the recipient as E.164. `None` if it is no such request.
    pub read: fn(&Request) -> Option<Asked>,
    /// How it takes many in one call; `None` where [`crate::providers::Capabilities::batch`] is 0 or 1.
    pub many: Option<Many>,
    /// Its calls to us; `None` for a provider that never calls.
    pub hearing: Option<Hearing>,
    /// Its answers to [`crate::providers::Gateway::poll`]; `None` where [`crate::providers::Capabilities::poll`] is 0.
    pub polling: Option<Polling>,
    /// Its answer to [`crate::providers::Gateway::poll_inbound`]; `None` where it is not asked.
    pub inbox: Option<Inbox>,
    /// Its answers to a look-up; `None` where [`crate::providers::Capabilities::lookup`] is off.
    pub looking: Option<Looking>,
    /// Its answer to the question for the balance, and what it says; `None` where there is no such question.
    pub balance: Option<(Vec<u8>, Balance)>,
}

/// What a request asks to be sent.
#[derive(Debug, PartialEq, Eq)]
pub struct Asked {
    /// The recipient, E.164.
    pub to: String,
    /// The text.
    pub text: String,
}

/// A provider's real answers to a message: whole HTTP answers, best made with [`answer`].
pub struct Answers {
    /// It took the message; and its id.
    pub accepted: (Vec<u8>, &'static str),
    /// It will never take the message. Words it as the provider does, recipient included if it quotes it.
    pub refused: Vec<u8>,
    /// It does not take the message now; `None` where the protocol has no such answer.
    pub refused_for_now: Option<Vec<u8>>,
    /// Too fast, without a word how long to wait.
    pub throttled: Vec<u8>,
    /// Too fast, and asks to wait seven seconds; `None` where the protocol has no such answer.
    pub throttled_for_seven_seconds: Option<Vec<u8>>,
    /// The credentials are wrong.
    pub wrong_credentials: Vec<u8>,
    /// The recipient opted out, or a rule forbids it; `None` where the protocol has no such answer.
    pub compliance: Option<Vec<u8>>,
    /// A refusal, in the provider's form, with a code that nobody knows.
    pub unknown_code: Vec<u8>,
    /// More of its answers: what it is, the answer, and what the client must make of it.
    pub further: Vec<(&'static str, Vec<u8>, Outcome)>,
}

/// How a provider calls us. The calls are made without their signature, which [`Signing`] adds.
pub struct Hearing {
    /// Words a receipt; gives `None` for a status that the provider never reports. `None` for one that reports nothing.
    pub receipt: Option<fn(&Event<'_>) -> Option<Spoken>>,
    /// Words a person's text; `None` for a provider that never hands one on.
    pub inbound: Option<fn(&Written<'_>) -> Spoken>,
    /// How calls are signed; `None` for a provider that signs nothing.
    pub signing: Option<Signing>,
}

/// How a provider signs its calls.
pub struct Signing {
    /// The header that holds the signature, in small letters.
    pub header: &'static str,
    /// Whether the address is signed too.
    pub covers_url: bool,
    /// The secret of [`Subject::settings`] that signs.
    pub secret: &'static str,
    /// Signs a call anew with a secret.
    pub sign: fn(&mut Spoken, secret: &str),
}

/// What a receipt says.
#[derive(Clone, Copy, Debug)]
pub struct Event<'a> {
    /// Our reference, which the provider may hand back in its way.
    pub attempt: &'a str,
    /// The provider's name for the message.
    pub message_id: &'a str,
    /// The recipient, E.164.
    pub to: &'a str,
    /// How far the message came.
    pub status: Said,
}

/// How far a receipt says a message came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Handed to the network; many never say it.
    Sent,
    /// Arrived on the phone.
    Delivered,
    /// Will not arrive.
    Failed,
}

/// What somebody wrote to us.
#[derive(Clone, Copy, Debug)]
pub struct Written<'a> {
    /// Who, E.164.
    pub from: &'a str,
    /// To which of our senders.
    pub to: &'a str,
    /// What.
    pub text: &'a str,
}

/// A call to us that owns its parts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spoken {
    /// Which address was called.
    pub door: Door,
    /// The whole address; begins with [`WEBHOOKS`].
    pub url: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
}

impl Spoken {
    /// As a client hears it, at a time by our clock.
    pub fn call(&self, at: Millis) -> Call<'_> {
        Call { door: self.door, url: &self.url, headers: &self.headers, body: &self.body, at }
    }
}

/// A provider's answers to the question for receipts of the one message [`Answers::accepted`].
pub struct Polling {
    /// It arrived.
    pub delivered: Vec<u8>,
    /// It will not arrive.
    pub failed: Vec<u8>,
    /// It is still under way.
    pub open: Vec<u8>,
}

/// A provider's answer to the question for what people wrote.
pub struct Inbox {
    /// The answer.
    pub answer: Vec<u8>,
    /// Who wrote what in it, as the client shall read it.
    pub written: Vec<(&'static str, &'static str)>,
}

/// Words the answer to a look-up.
pub type Answering = fn(&Question<'_>) -> Vec<u8>;

/// A provider's answers to the question for an attempt of unknown outcome.
pub struct Looking {
    /// It took the message, with the id of [`Answers::accepted`].
    pub taken: Answering,
    /// It surely never did; `None` where no answer proves that.
    pub absent: Option<Answering>,
}

/// Runs every check; panics at the first that fails, naming the provider and the case.
pub async fn conforms(subject: Subject) {
    let bench = Bench::new(subject);
    let logs = Logs::listen();
    bench.discreet("the client", &bench.client("http://127.0.0.1:9", &bench.patient));
    sending::check(&bench).await;
    doubt::check(&bench).await;
    many::check(&bench).await;
    asking::check(&bench).await;
    hearing::check(&bench);
    forging::check(&bench);
    bench.discreet("the log", &logs.written());
}

/// The subject on the bench, with what all checks need.
struct Bench {
    subject: Subject,
    name: &'static str,
    /// Waits long, so that a busy machine does no harm.
    patient: Outbound,
    /// Gives up soon.
    hasty: Outbound,
    /// What nothing may ever quote.
    secrets: Vec<String>,
}

/// What came of one message to a server.
struct Tried {
    outcome: Outcome,
    result: Result<Accepted, SendError>,
    requests: Vec<Request>,
    took: Duration,
}

impl Bench {
    fn new(subject: Subject) -> Self {
        let name = subject.provider.as_str();
        let settings = (subject.settings)("http://127.0.0.1:9");
        let fields = subject.provider.fields().iter().filter(|field| field.secret);
        let mut secrets: Vec<String> = fields.filter_map(|field| settings.get(field.name)).map(str::to_owned).collect();
        assert!(!secrets.is_empty() && secrets.iter().all(|s| s.len() >= 8), "{name}: the subject's settings need secrets that stand out");
        secrets.push(subject.to[subject.to.len() - 9..].into());
        secrets.extend(MARKER.split(' ').map(str::to_owned));
        let hasty = Limits { connect: Duration::from_millis(200), total: Duration::from_millis(600), ..Limits::default() };
        Self {
            name,
            patient: Outbound::new(Limits::default()).expect("certificates"),
            hasty: Outbound::new(hasty).expect("certificates"),
            secrets,
            subject,
        }
    }

    fn client(&self, base: &str, outbound: &Outbound) -> Client {
        let settings = (self.subject.settings)(base);
        self.subject.provider.client(outbound.clone(), Clock::fixed(NOW), &settings).expect("the subject's settings are good")
    }

    /// A client that will not send anything.
    fn idle(&self) -> Client {
        self.client("http://127.0.0.1:9", &self.patient)
    }

    async fn send_to(&self, client: &Client, text: &str) -> Result<Accepted, SendError> {
        let Subject { to, from, .. } = self.subject;
        let callback_url = &format!("{WEBHOOKS}/status");
        let message = Outgoing { attempt: ATTEMPT, to, from, text, callback_url, promotional: false, registered_template: None };
        client.send(&message).await
    }

    /// Sends the marker to a server that behaves like this, and holds what came of it to the rules that always apply.
    async fn send(&self, case: &str, behaviour: Behaviour, outbound: &Outbound) -> Tried {
        let server = Server::start(behaviour).await;
        let started = Instant::now();
        let result = self.send_to(&self.client(&server.base, outbound), MARKER).await;
        let tried = Tried { outcome: Outcome::of(&result), took: started.elapsed(), requests: server.requests(), result };
        if let Err(error) = &tried.result {
            self.discreet(case, error);
        }
        let asked = tried.requests.iter().filter(|request| (self.subject.read)(request).is_some()).count();
        assert_eq!(asked, 1, "{}: {case}: a message is asked for once, and nothing is repeated", self.name);
        tried
    }

    /// Fails if something that is shown quotes a secret, the recipient or the text.
    fn discreet(&self, case: &str, shown: &impl std::fmt::Debug) {
        let shown = format!("{shown:?} {shown:#?}");
        for secret in &self.secrets {
            assert!(!shown.contains(secret), "{}: {case}: quotes a secret, the recipient or the text: {shown}", self.name);
        }
    }
}
