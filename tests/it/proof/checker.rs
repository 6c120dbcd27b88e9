//! Holds what should have happened, what the carrier wrote down and what Peyk says against each other.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use peyk::kernel::clock::Millis;
use peyk::kernel::money::Micros;

use super::records::{Message, Totals};
use crate::real::journal::Submission;

/// Somebody who may get the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// SHA-256 of their text, hex.
    pub text_sha256: String,
    /// Billed segments of it.
    pub segments: i64,
    /// When their opting out was acknowledged, if they did after the launch.
    pub opted_out_at: Option<Millis>,
    /// Whether every carrier refuses them by law.
    pub is_refused: bool,
}

/// What should have happened.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Everybody who is in the campaign, by number.
    pub people: BTreeMap<String, Expected>,
    /// What the carrier asks for a segment.
    pub price: Micros,
}

/// What broke the promise.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Violation {
    /// The carrier never took this person's message.
    Lost(String),
    /// The carrier took this person's message more than once.
    Doubled(String),
    /// Written to though they were not in the campaign: refused, opted out before, or nobody's number.
    Uninvited(String),
    /// Written to after their opting out was acknowledged.
    LateAfterStop(String),
    /// Got another text than theirs.
    WrongText(String),
    /// Has no message in the history, or several.
    NotOneMessage(String),
    /// A message that is not final.
    Open(String),
    /// A message or attempt says another thing than the carrier's journal.
    Disagrees(String),
    /// A submission whose reference is no attempt of this person's message.
    UnknownReference(String),
    /// Another carrier was asked, or the same one again, after one had refused by law; or nobody was asked.
    NotOneRefusal(String),
    /// An attempt that was submitted more than once.
    AttemptRepeated(String),
    /// A figure that is not the sum of its parts: which, what it says, what the parts say.
    Sum(&'static str, i64, i64),
}

/// Every violation, each once.
pub fn violations(plan: &Plan, journal: &[Submission], messages: &[Message], totals: &Totals) -> BTreeSet<Violation> {
    let mut found = BTreeSet::new();
    found.extend(at_the_carrier(plan, journal));
    found.extend(in_the_history(plan, journal, messages));
    found.extend(in_the_figures(plan, journal, messages, totals));
    found
}

/// Every person once, nobody else, nobody late, the right text.
fn at_the_carrier(plan: &Plan, journal: &[Submission]) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut taken: HashMap<&str, BTreeSet<&str>> = HashMap::new();
    let mut references = BTreeSet::new();
    for submission in journal {
        let to = submission.to.as_str();
        if !references.insert(&submission.reference) {
            found.push(Violation::AttemptRepeated(to.to_owned()));
        }
        let Some(person) = plan.people.get(to) else {
            found.push(Violation::Uninvited(to.to_owned()));
            continue;
        };
        if person.opted_out_at.is_some_and(|at| submission.at > at) {
            found.push(Violation::LateAfterStop(to.to_owned()));
        }
        if person.text_sha256 != submission.text_sha256 {
            found.push(Violation::WrongText(to.to_owned()));
        }
        if let Some(id) = &submission.id {
            taken.entry(to).or_default().insert(id);
        }
    }
    for (to, person) in &plan.people {
        match taken.get(to.as_str()).map_or(0, BTreeSet::len) {
            0 if person.opted_out_at.is_none() && !person.is_refused => found.push(Violation::Lost(to.clone())),
            0 | 1 => {}
            _ => found.push(Violation::Doubled(to.clone())),
        }
    }
    found
}

/// One final message for each person, whose attempts say what the carrier says.
fn in_the_history(plan: &Plan, journal: &[Submission], messages: &[Message]) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut by_person: HashMap<&str, Vec<&Message>> = HashMap::new();
    for message in messages {
        by_person.entry(&message.to).or_default().push(message);
    }
    let known = |to: &str, reference: &str| {
        by_person.get(to).is_some_and(|messages| messages.iter().any(|m| m.attempts.iter().any(|a| a.id == reference)))
    };
    for submission in journal.iter().filter(|s| !known(&s.to, &s.reference)) {
        found.push(Violation::UnknownReference(submission.to.clone()));
    }
    let taken: HashMap<&str, &str> = journal.iter().filter_map(|s| Some((s.reference.as_str(), s.id.as_deref()?))).collect();
    for to in plan.people.keys().filter(|to| by_person.get(to.as_str()).map_or(0, Vec::len) != 1) {
        found.push(Violation::NotOneMessage(to.clone()));
    }
    for message in messages {
        if !message.is_final {
            found.push(Violation::Open(message.to.clone()));
        }
        let agrees = message.attempts.iter().all(|attempt| match taken.get(attempt.id.as_str()) {
            Some(id) => attempt.outcome == "accepted" && attempt.provider_message_id.as_deref() == Some(*id),
            None => attempt.outcome == "refused",
        });
        let was_taken = message.attempts.iter().any(|attempt| taken.contains_key(attempt.id.as_str()));
        let is_refused = plan.people.get(&message.to).is_some_and(|person| person.is_refused);
        if is_refused {
            let asked = journal.iter().filter(|s| s.to == message.to).count();
            let last = message.attempts.last().and_then(|attempt| attempt.code.as_deref());
            if (message.status.as_str(), last, asked) != ("failed", Some("opted_out"), 1) {
                found.push(Violation::NotOneRefusal(message.to.clone()));
            }
        }
        let says_taken = matches!(message.status.as_str(), "sent" | "delivered" | "failed") && !is_refused;
        if !agrees || was_taken != says_taken {
            found.push(Violation::Disagrees(message.to.clone()));
        }
    }
    found
}

/// Counts and costs are the sums of their parts, to the last micro.
fn in_the_figures(plan: &Plan, journal: &[Submission], messages: &[Message], totals: &Totals) -> Vec<Violation> {
    let mut found = Vec::new();
    let mut compare = |name, says: i64, parts: i64| {
        if says != parts {
            found.push(Violation::Sum(name, says, parts));
        }
    };
    compare("campaign total", totals.total, plan.people.len() as i64);
    compare("campaign counts", totals.counts.values().sum(), totals.total);
    for (status, count) in &totals.counts {
        let listed = messages.iter().filter(|m| m.status == *status).count();
        compare("messages by status", *count, listed as i64);
    }
    let segments = |due: &dyn Fn(&Submission) -> bool| {
        let people = journal.iter().filter(|s| due(s)).filter_map(|s| plan.people.get(&s.to));
        people.map(|p| p.segments).sum::<i64>()
    };
    let charged = segments(&|s| s.id.is_some()) * plan.price;
    compare("campaign cost", totals.campaign_cost, charged);
    compare("cost summary", totals.summary_cost, charged);
    compare("costs of messages", messages.iter().map(|m| m.cost).sum(), charged);
    // The summary is of what was handed to a carrier, also in vain.
    let handed = |s: &Submission| s.id.is_some() || plan.people.get(&s.to).is_some_and(|person| person.is_refused);
    compare("segments of the cost summary", totals.summary_segments, segments(&handed));
    compare("messages of the cost summary", totals.summary_messages, journal.iter().filter(|s| handed(s)).count() as i64);
    for (status, count) in &totals.stats {
        let listed = messages.iter().filter(|m| m.status == *status).count();
        compare("stats by status", *count, listed as i64);
    }
    found
}
