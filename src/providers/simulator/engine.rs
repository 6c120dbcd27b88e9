//! The carrier itself, behind all protocols: decides, journals, remembers, and plans what it will say
//! later. A line is in the journal before its thing can be seen from outside.

use std::collections::BTreeMap;
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sha2::{Digest as _, Sha256};

use crate::kernel::clock::{Clock, Millis, rfc3339};
use crate::kernel::crypto::Secret;
use crate::kernel::money::Micros;
use crate::kernel::outbound::Outbound;
use crate::kernel::sms;

use super::callbacks::{Notice, Schedule};
use super::caller::Caller;
use super::codes;
use super::fate::{AnswerKind, Fate, Outcome, Said};
use super::journal::{Journal, Kind, Line, Lines};
use super::memory::{Letter, Memory, Record};
use super::message::{Acceptance, Reply, Submission, Taken, Target};
use super::script::Script;
use super::wire::Wire;

/// How long a sender hangs when it does not give up by itself.
const HANG: Duration = Duration::from_secs(300);

/// The carrier.
pub struct Engine {
    /// Makes callbacks.
    pub caller: Caller,
    script: Script,
    journal: Journal,
    clock: Clock,
    /// Tells this run's ids from those of any other.
    run: u64,
    replies: AtomicU64,
    calls: AtomicU64,
    memory: Mutex<Memory>,
    /// The last target that each protocol used.
    known: Mutex<Vec<Arc<Target>>>,
    schedule: Arc<Schedule>,
}

impl Engine {
    /// A carrier that has seen nothing yet.
    pub fn new(script: Script, journal: Journal, clock: Clock, outbound: Outbound) -> Self {
        let now = clock.now();
        Self {
            caller: Caller::new(outbound),
            script,
            journal,
            // Without chance from the system the time tells runs apart nearly as well.
            run: getrandom::u64().unwrap_or(now.unsigned_abs()),
            clock,
            replies: AtomicU64::new(0),
            calls: AtomicU64::new(0),
            memory: Mutex::new(Memory::new(now)),
            known: Mutex::new(Vec::new()),
            schedule: Arc::default(),
        }
    }

    /// Takes a message or not, and waits as long as the carrier takes to answer.
    pub async fn submit(self: &Arc<Self>, submission: Submission<'_>) -> Reply {
        self.submit_many(&[submission]).await.pop().unwrap_or(Reply::ServerError)
    }

    /// The same for all messages of a call: one reply for each, in their order. An answer goes wrong for the whole call,
    /// if it does: by the chance of the first message that is taken, or for a number that always brings it about.
    pub async fn submit_many(self: &Arc<Self>, submissions: &[Submission<'_>]) -> Vec<Reply> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        let mut judged: Vec<Judged<'_>> = submissions.iter().map(|submission| self.judge(submission)).collect();
        let answer = answer_of(&judged);
        let mut latency = Duration::ZERO;
        for (submission, one) in submissions.iter().zip(&mut judged) {
            if let Outcome::Taken(kind) = &mut one.outcome {
                *kind = answer;
            }
            match self.decide(submission, one.outcome, &one.text_sha256) {
                Ok(taken) => one.taken = taken,
                Err(error) => {
                    tracing::error!(%error, "the simulator cannot write its journal and takes no messages");
                    one.outcome = Outcome::ServerError;
                    continue;
                }
            }
            if let Some(taken) = &one.taken {
                self.plan(taken, &one.fate, submission);
            }
            latency = latency.max(one.fate.latency());
        }
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
        for (submission, one) in submissions.iter().zip(&judged) {
            self.note_answer(submission, one.outcome, one.taken.as_deref(), &one.text_sha256);
        }
        if judged.iter().any(|one| one.outcome == Outcome::Taken(AnswerKind::Hang)) {
            tokio::time::sleep(HANG).await;
        }
        judged.into_iter().map(Judged::reply).collect()
    }

    /// In how many calls messages were handed in.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    fn judge(&self, submission: &Submission<'_>) -> Judged<'_> {
        let turned_away = self.memory().times_turned_away(submission.reference);
        let fate = Fate::new(&self.script, submission.reference, submission.to, turned_away);
        let digest: [u8; 32] = Sha256::digest(submission.text.as_bytes()).into();
        let outcome = if is_e164(submission.to) {
            fate.outcome(|| self.memory().second_chance(submission.to, digest))
        } else {
            Outcome::Refused(codes::INVALID_NUMBER)
        };
        Judged { fate, outcome: submission.wire.outcome(outcome), text_sha256: hex(&digest), taken: None }
    }

    /// Journals the decision, then makes it true: the facts of the message, if it was taken.
    fn decide(&self, submission: &Submission<'_>, outcome: Outcome, text_sha256: &str) -> io::Result<Option<Arc<Taken>>> {
        let now = self.clock.now();
        let mut memory = self.memory();
        let number = memory.next();
        let id = matches!(outcome, Outcome::Taken(_)).then(|| submission.wire.message_id(self.run, number));
        let word = if id.is_some() { "accepted" } else { outcome.word() };
        let mut lines = Lines::default();
        let at = rfc3339(now);
        lines.add(&Line { code: outcome.code(), ..submission.line(Kind::Submit, &at, id.as_deref(), text_sha256, word) });
        self.journal.write(&lines)?;
        let Some(id) = id else {
            memory.turn_away(submission.reference);
            return Ok(None);
        };
        let segments = sms::measure(submission.text).segments;
        let taken = Taken {
            number,
            wire: submission.wire,
            reference: if submission.wire.carries_reference() { submission.reference.into() } else { id.as_str().into() },
            id,
            to: submission.to.into(),
            text_sha256: text_sha256.into(),
            segments,
            price: self.script.price.saturating_mul(Micros::from(segments)),
            target: submission.target.cloned(),
        };
        memory.keep(Record {
            wire: taken.wire,
            reference: submission.reference.into(),
            to: taken.to.clone(),
            from: submission.from.into(),
            text: submission.text.into(),
            at: now,
            segments,
            price: taken.price,
            status: None,
        });
        Ok(Some(Arc::new(taken)))
    }

    /// Plans receipts and replies; their time counts from now, so that they may overtake the answer.
    fn plan(self: &Arc<Self>, taken: &Arc<Taken>, fate: &Fate<'_>, submission: &Submission<'_>) {
        for planned in fate.receipts() {
            let notice = Notice::Receipt { taken: Arc::clone(taken), said: planned.said, forged: planned.forged };
            self.schedule.add(self, planned.after, notice);
        }
        if let Some(target) = &taken.target {
            self.note_target(target);
            if let Some(after) = fate.stop_after().filter(|_| submission.wire.brings_replies()) {
                let notice = self.reply(target, submission.from, submission.to, "STOP");
                self.schedule.add(self, after, notice);
            }
        }
    }

    fn note_answer(&self, submission: &Submission<'_>, outcome: Outcome, taken: Option<&Taken>, text_sha256: &str) {
        let at = rfc3339(self.clock.now());
        let id = taken.map(|taken| taken.id.as_str());
        let mut lines = Lines::default();
        lines.add(&Line { code: outcome.code(), ..submission.line(Kind::Answer, &at, id, text_sha256, outcome.word()) });
        if let Err(error) = self.journal.write(&lines) {
            // What was decided stands in the journal already; the answer follows from it.
            tracing::error!(%error, "the simulator cannot write an answer to its journal");
        }
    }

    /// Makes a person write to us over the connection that last used the protocol; `false` when none is
    /// known yet.
    pub fn write_back(self: &Arc<Self>, wire: Wire, to: &str, from: &str, text: &str) -> bool {
        let Some(target) = self.registered(wire).filter(|_| wire.brings_replies()) else {
            return false;
        };
        let notice = self.reply(&target, to, from, text);
        self.schedule.add(self, Duration::ZERO, notice);
        true
    }

    /// Remembers where a connection of a protocol listens.
    pub fn introduce(&self, wire: Wire, url: &str, secret: &str) {
        self.note_target(&Arc::new(Target { wire, url: url.into(), secret: Secret::new(secret) }));
    }

    /// The target that a protocol last used, or that was introduced since.
    pub fn registered(&self, wire: Wire) -> Option<Arc<Target>> {
        self.known().iter().find(|target| target.wire == wire).cloned()
    }

    /// The target for these callbacks: the one in use, when it is the same.
    pub fn target(&self, wire: Wire, url: &str, secret: &str) -> Arc<Target> {
        let known = self.known();
        let same = |target: &&Arc<Target>| target.wire == wire && target.url == url && target.secret.expose() == secret;
        match known.iter().find(same) {
            Some(target) => Arc::clone(target),
            None => Arc::new(Target { wire, url: url.into(), secret: Secret::new(secret) }),
        }
    }

    /// Journals what is about to be said and remembers it.
    pub fn announce<'a>(&self, notices: impl Iterator<Item = &'a Notice>) -> io::Result<()> {
        let now = self.clock.now();
        let at = rfc3339(now);
        let mut lines = Lines::default();
        let mut memory = self.memory();
        for notice in notices {
            lines.add(&notice.line(&at, notice.word()));
            match notice {
                Notice::Receipt { taken, said, forged: false } => memory.said(taken.number, *said),
                Notice::Receipt { .. } => {}
                Notice::Reply { target, to, from, text, .. } => {
                    memory.written(Letter { wire: target.wire, to: to.clone(), from: from.clone(), text: text.clone(), at: now });
                }
            }
        }
        drop(memory);
        self.journal.write(&lines)
    }

    /// Journals that nobody took a callback.
    pub fn give_up(&self, notice: &Notice) -> io::Result<()> {
        let mut lines = Lines::default();
        lines.add(&notice.line(&rfc3339(self.clock.now()), "given_up"));
        self.journal.write(&lines)
    }

    /// The registered texts by number; empty where every number is one.
    pub fn patterns(&self) -> &BTreeMap<u32, String> {
        &self.script.patterns
    }

    /// The present, by the carrier's clock.
    pub fn now(&self) -> Millis {
        self.clock.now()
    }

    /// The id of a message by its number.
    pub fn id_of(&self, wire: Wire, number: u64) -> String {
        wire.message_id(self.run, number)
    }

    /// What is remembered of the message with an id, with its number.
    pub fn by_id(&self, wire: Wire, id: &str) -> Option<(u64, Record)> {
        let number = wire.number_of(self.run, id)?;
        let record = self.memory().get(number).filter(|record| record.wire == wire)?.clone();
        Some((number, record))
    }

    /// What is remembered. Hold it shortly.
    pub fn memory(&self) -> MutexGuard<'_, Memory> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The journal's lines when it is kept in memory.
    pub fn journal_lines(&self) -> Vec<String> {
        self.journal.lines()
    }

    fn known(&self) -> MutexGuard<'_, Vec<Arc<Target>>> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note_target(&self, target: &Arc<Target>) {
        let mut known = self.known();
        match known.iter_mut().find(|known| known.wire == target.wire) {
            Some(same_wire) => same_wire.clone_from(target),
            None => known.push(Arc::clone(target)),
        }
    }

    fn reply(&self, target: &Arc<Target>, to: &str, from: &str, text: &str) -> Notice {
        Notice::Reply {
            target: Arc::clone(target),
            event_id: format!("re{:016x}{:08x}", self.run, self.replies.fetch_add(1, Ordering::Relaxed)),
            to: to.into(),
            from: from.into(),
            text_sha256: hex(&Sha256::digest(text.as_bytes())),
            text: text.into(),
        }
    }
}

/// What becomes of one message of a call.
struct Judged<'e> {
    fate: Fate<'e>,
    outcome: Outcome,
    text_sha256: String,
    taken: Option<Arc<Taken>>,
}

impl Judged<'_> {
    fn reply(self) -> Reply {
        match (self.outcome, self.taken) {
            (Outcome::Refused(code), _) => Reply::Refused(code),
            (Outcome::Throttled, _) => Reply::Throttled,
            (Outcome::Taken(AnswerKind::Proper), Some(taken)) => {
                Reply::Accepted(Acceptance { id: taken.id.clone(), segments: taken.segments, price: taken.price })
            }
            (Outcome::Taken(AnswerKind::Garbage), _) => Reply::Garbage,
            (Outcome::Taken(AnswerKind::Reset | AnswerKind::Hang) | Outcome::Lost, _) => Reply::Reset,
            (Outcome::ServerError | Outcome::Taken(AnswerKind::Proper), _) => Reply::ServerError,
        }
    }
}

/// How a call is answered that carries these messages. Were the chance of each to count, hardly a long call would be
/// answered well.
fn answer_of(judged: &[Judged<'_>]) -> AnswerKind {
    let taken = judged.iter().filter_map(|one| match one.outcome {
        Outcome::Taken(kind) => Some((kind, one.fate.is_certain())),
        _ => None,
    });
    let mut first = taken.clone().map(|(kind, _)| kind).take(1);
    let certain = taken.filter(|(_, is_certain)| *is_certain).map(|(kind, _)| kind).find(|kind| *kind != AnswerKind::Proper);
    certain.or_else(|| first.next()).unwrap_or(AnswerKind::Proper)
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.schedule.wake();
    }
}

impl Outcome {
    /// The journal's word for how the sender was answered.
    fn word(self) -> &'static str {
        match self {
            Self::Taken(AnswerKind::Proper) => "accepted",
            Self::Taken(AnswerKind::Hang) => "hang",
            Self::Taken(AnswerKind::Reset) => "reset",
            Self::Taken(AnswerKind::Garbage) => "garbage",
            Self::Refused(_) => "refused",
            Self::Throttled => "throttled",
            Self::ServerError => "http_500",
            Self::Lost => "lost",
        }
    }

    fn code(self) -> Option<&'static str> {
        match self {
            Self::Refused(code) => Some(code.code),
            _ => None,
        }
    }
}

impl Said {
    /// The word on our own wire and in the journal.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Failed => "failed",
        }
    }
}

/// Whether a text has the shape of a number in E.164: a plus sign and 8 to 15 digits, no leading zero.
fn is_e164(to: &str) -> bool {
    to.strip_prefix('+')
        .is_some_and(|digits| (8..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0'))
}

/// Bytes in lower-case hex.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        text.push(char::from(DIGITS[usize::from(byte >> 4)]));
        text.push(char::from(DIGITS[usize::from(byte & 15)]));
    }
    text
}
