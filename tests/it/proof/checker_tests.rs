//! The checker finds what is planted, and nothing in what is right.

use std::collections::{BTreeMap, BTreeSet};

use super::checker::{Expected, Plan, Violation, violations};
use super::records::{Attempt, Message, Totals};
use crate::real::journal::Submission;

/// How a run is spoilt, and what the checker must find.
type Planted = (fn(&mut Run), Violation);

const PRICE: i64 = 7_900;

/// A campaign of ten that went well.
#[derive(Clone)]
struct Run {
    plan: Plan,
    journal: Vec<Submission>,
    messages: Vec<Message>,
    totals: Totals,
}

fn to(n: usize) -> String {
    format!("+98912000{:04}", 1_000 + n)
}

impl Run {
    fn good() -> Self {
        let mut run =
            Self { plan: Plan { price: PRICE, ..Plan::default() }, journal: Vec::new(), messages: Vec::new(), totals: Totals::default() };
        for n in 0..10 {
            let text_sha256 = format!("sha{n}");
            let segments = 1 + n as i64 % 2;
            let expected = Expected { text_sha256: text_sha256.clone(), segments, opted_out_at: None, is_refused: false };
            run.plan.people.insert(to(n), expected);
            let (reference, id) = (format!("att_{n}"), format!("id_{n}"));
            run.journal.push(Submission { at: 1_000, reference: reference.clone(), id: Some(id.clone()), to: to(n), text_sha256 });
            let attempt = Attempt { id: reference, outcome: "accepted".into(), provider_message_id: Some(id), code: None };
            let cost = PRICE * segments;
            run.messages.push(Message { to: to(n), status: "delivered".into(), is_final: true, cost, attempts: vec![attempt] });
        }
        let counts = [("delivered".to_owned(), 10), ("failed".to_owned(), 0)];
        run.totals = Totals {
            total: 10,
            counts: counts.clone().into(),
            campaign_cost: 15 * PRICE,
            summary_messages: 10,
            summary_segments: 15,
            summary_cost: 15 * PRICE,
            stats: counts.into(),
        };
        run
    }

    fn violations(&self) -> BTreeSet<Violation> {
        violations(&self.plan, &self.journal, &self.messages, &self.totals)
    }

    /// The `n`th is refused by law, with these codes one after the other.
    fn refused(&self, n: usize, codes: &[&str]) -> Self {
        let mut run = self.clone();
        run.plan.people.get_mut(&to(n)).expect("they are in the plan").is_refused = true;
        let (asked, message) = (run.journal.remove(n), &mut run.messages[n]);
        let cost = std::mem::take(&mut message.cost);
        (message.status, message.attempts) = ("failed".into(), Vec::new());
        for (i, code) in codes.iter().enumerate() {
            let id = format!("att_{n}_{i}");
            run.journal.push(Submission { reference: id.clone(), id: None, ..asked.clone() });
            message.attempts.push(Attempt { id, outcome: "refused".into(), provider_message_id: None, code: Some((*code).into()) });
        }
        for counts in [&mut run.totals.counts, &mut run.totals.stats] {
            *counts = [("delivered".to_owned(), 9), ("failed".to_owned(), 1)].into();
        }
        run.totals.summary_cost -= cost;
        run.totals.campaign_cost -= cost;
        run
    }

    /// A second acceptance for the `n`th, by an attempt of theirs.
    fn doubled(mut self, n: usize) -> Self {
        let second = Submission { reference: "att_again".into(), id: Some("id_again".into()), ..self.journal[n].clone() };
        let attempt =
            Attempt { id: "att_again".into(), provider_message_id: Some("id_again".into()), ..self.messages[n].attempts[0].clone() };
        self.messages[n].attempts.push(attempt);
        self.journal.push(second);
        self
    }
}

#[test]
fn a_good_run_is_found_good() {
    assert_eq!(Run::good().violations(), BTreeSet::new());
    assert_eq!(Run::good().refused(0, &["opted_out"]).violations(), BTreeSet::new());
}

#[test]
fn each_planted_violation_is_found() {
    let planted: [Planted; 20] = [
        (|r| drop(r.journal.remove(3)), Violation::Lost(to(3))),
        (|r| *r = r.clone().doubled(2), Violation::Doubled(to(2))),
        (|r| r.plan.people.retain(|number, _| *number != to(4)), Violation::Uninvited(to(4))),
        (|r| stop(r, 5, -1), Violation::LateAfterStop(to(5))),
        (|r| r.journal[6].text_sha256 = "another".into(), Violation::WrongText(to(6))),
        (|r| drop(r.messages.remove(7)), Violation::NotOneMessage(to(7))),
        (|r| r.messages.push(r.messages[7].clone()), Violation::NotOneMessage(to(7))),
        (|r| r.messages[8].is_final = false, Violation::Open(to(8))),
        (|r| r.messages[1].attempts[0].outcome = "unknown".into(), Violation::Disagrees(to(1))),
        (|r| r.messages[1].attempts[0].provider_message_id = None, Violation::Disagrees(to(1))),
        (|r| r.messages[1].status = "dropped".into(), Violation::Disagrees(to(1))),
        (|r| r.messages[9].attempts.clear(), Violation::UnknownReference(to(9))),
        (|r| r.journal.push(r.journal[0].clone()), Violation::AttemptRepeated(to(0))),
        (|r| *r = r.refused(0, &["opted_out", "opted_out"]), Violation::NotOneRefusal(to(0))),
        (|r| r.totals.total = 11, Violation::Sum("campaign total", 11, 10)),
        (|r| count(&mut r.totals.counts), Violation::Sum("campaign counts", 11, 10)),
        (|r| r.totals.campaign_cost += 1, Violation::Sum("campaign cost", 15 * PRICE + 1, 15 * PRICE)),
        (|r| r.totals.summary_cost -= 1, Violation::Sum("cost summary", 15 * PRICE - 1, 15 * PRICE)),
        (|r| r.totals.summary_segments = 14, Violation::Sum("segments of the cost summary", 14, 15)),
        (|r| count(&mut r.totals.stats), Violation::Sum("stats by status", 1, 0)),
    ];
    for (plant, violation) in planted {
        let mut run = Run::good();
        plant(&mut run);
        let found = run.violations();
        assert!(found.contains(&violation), "{violation:?} was planted, found: {found:?}");
    }
}

#[test]
fn a_request_that_came_before_the_opt_out_was_answered_is_no_violation() {
    let mut run = Run::good();
    stop(&mut run, 5, 0);
    assert_eq!(run.violations(), BTreeSet::new());
}

/// Counts a failed message that is none.
fn count(counts: &mut BTreeMap<String, i64>) {
    counts.insert("failed".into(), 1);
}

/// The `n`th opted out so many milliseconds after their message came in.
fn stop(run: &mut Run, n: usize, after: i64) {
    let at = run.journal[n].at + after;
    run.plan.people.get_mut(&to(n)).expect("they are in the plan").opted_out_at = Some(at);
}
