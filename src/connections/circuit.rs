//! Whether a connection carries its messages to a country: a small machine that judges by what came of the last attempts.

use crate::kernel::clock::{MINUTE, Millis};

/// A connection is kept back when at least so many of its last outcomes tell against it …
const ENOUGH: i64 = 10;
/// … and it is tried with more once so many trials have told for it.
const TRIALS: i64 = 3;
/// While it is tried with more, so many outcomes are enough to keep it back again.
const ENOUGH_ON_TRIAL: i64 = 5;
/// After this without news a state softens by itself: too few messages may come to learn anything from.
const QUIET: Millis = 5 * MINUTE;

/// How much a connection is trusted with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// It carries what its place in the order gives it.
    Healthy,
    /// It did well in trials and is tried with more.
    Trying,
    /// It fails and gets only trials.
    Failing,
}

impl State {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Healthy => "healthy",
            Self::Trying => "trying",
            Self::Failing => "failing",
        }
    }

    /// Reads the stable word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Healthy, Self::Trying, Self::Failing].into_iter().find(|state| state.as_str() == word)
    }

    /// Which share of the messages it gets as trials, while another connection carries the rest.
    pub fn trial_share(self) -> f64 {
        match self {
            Self::Healthy => 0.0,
            Self::Trying => 0.25,
            Self::Failing => 0.05,
        }
    }
}

/// What cost a connection its trust.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cause {
    /// Submissions failed.
    #[default]
    Errors,
    /// What it took did not arrive; so that it takes more is no reason to trust it again.
    Silence,
}

impl Cause {
    /// The stable word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Errors => "errors",
            Self::Silence => "silence",
        }
    }

    /// Reads the stable word.
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Errors, Self::Silence].into_iter().find(|cause| cause.as_str() == word)
    }
}

/// A state and how it came about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Circuit {
    /// The state.
    pub state: State,
    /// Since when; 0 for one that never changed.
    pub since_at: Millis,
    /// Why, for people; empty for one that never changed.
    pub reason: String,
    /// What cost it its trust; without meaning for one that never lost it.
    pub cause: Cause,
}

impl Default for Circuit {
    fn default() -> Self {
        Self { state: State::Healthy, since_at: 0, reason: String::new(), cause: Cause::Errors }
    }
}

/// What came of attempts in some time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Outcomes {
    /// Accepted.
    pub good: i64,
    /// Failed by the provider's fault, or lost.
    pub bad: i64,
}

impl Outcomes {
    /// How many there were.
    pub fn total(self) -> i64 {
        self.good + self.bad
    }

    /// The share that failed, between 0 and 1; `None` without outcomes.
    pub fn error_share(self) -> Option<f64> {
        (self.total() > 0).then(|| self.bad as f64 / self.total() as f64)
    }

    fn mostly_bad(self, of: i64) -> bool {
        self.total() >= of && self.bad * 2 >= self.total()
    }

    fn mostly_good(self, of: i64) -> bool {
        self.total() >= of && self.bad * 2 < self.total()
    }
}

/// Outcomes since the present state began.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Recent {
    /// Of the last twenty seconds.
    pub burst: Outcomes,
    /// Of the last minute.
    pub minute: Outcomes,
    /// Of the last five minutes.
    pub five: Outcomes,
    /// Messages that were reported delivered in the last five minutes.
    pub delivered: i64,
}

impl Recent {
    /// The shorter time first: it tells sooner where many messages go, the longer one tells where few do.
    fn spans(&self) -> [(Outcomes, &'static str); 2] {
        [(self.burst, "20 seconds"), (self.minute, "minute")]
    }
}

/// The state that follows and why, if the circuit is to change. Its cause is [`Cause::Errors`] when it fails, else stays.
pub fn next(circuit: &Circuit, recent: &Recent, now: Millis) -> Option<(State, String)> {
    let found = |judge: &dyn Fn(Outcomes) -> bool| recent.spans().into_iter().find(|(outcomes, _)| judge(*outcomes));
    let kept_back =
        |(o, span): (Outcomes, &str)| (State::Failing, format!("{} of {} messages failed in the last {span}", o.bad, o.total()));
    let is_quiet = now - circuit.since_at >= QUIET;
    let is_delivering = circuit.cause == Cause::Errors || recent.delivered >= TRIALS;
    match circuit.state {
        State::Failing if !is_delivering => (is_quiet && recent.five.total() == 0)
            .then(|| (State::Trying, "no message came to try it with, so it is tried with more".into())),
        State::Healthy => found(&|o| o.mostly_bad(ENOUGH)).map(kept_back),
        State::Failing => match found(&|o| o.mostly_good(TRIALS)) {
            Some((o, span)) => Some((State::Trying, format!("{} of {} trials went well in the last {span}", o.good, o.total()))),
            None if is_quiet && recent.minute.total() < TRIALS => {
                Some((State::Trying, "too few messages came to try it with, so it is tried with more".into()))
            }
            None => None,
        },
        State::Trying => {
            if let Some(bad) = found(&|o| o.mostly_bad(ENOUGH_ON_TRIAL)) {
                return Some(kept_back(bad));
            }
            let o = recent.five;
            if is_delivering && o.total() >= ENOUGH && o.bad * 3 < o.total() {
                return Some((State::Healthy, format!("{} of {} messages went well", o.good, o.total())));
            }
            (is_quiet && o.bad == 0 && (is_delivering || o.total() == 0))
                .then(|| (State::Healthy, "nothing failed for five minutes".into()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::SECOND;
    use proptest::prelude::*;

    fn same(good: i64, bad: i64) -> Recent {
        let outcomes = Outcomes { good, bad };
        Recent { burst: outcomes, minute: outcomes, five: outcomes, delivered: 0 }
    }

    fn after(state: State, age: Millis, recent: Recent) -> Option<State> {
        after_cause(Cause::Errors, state, age, recent)
    }

    fn after_cause(cause: Cause, state: State, age: Millis, recent: Recent) -> Option<State> {
        let circuit = Circuit { state, since_at: 1_000_000, reason: String::new(), cause };
        next(&circuit, &recent, 1_000_000 + age).map(|(state, _)| state)
    }

    #[test]
    fn trust_that_was_lost_by_silence_comes_back_by_deliveries_only() {
        let after = |state, age, recent| after_cause(Cause::Silence, state, age, recent);
        let delivering = |recent| Recent { delivered: 3, ..recent };
        assert_eq!(after(State::Failing, SECOND, same(100, 0)), None);
        assert_eq!(after(State::Failing, QUIET, same(2, 0)), None, "what it took is no news");
        assert_eq!(after(State::Failing, SECOND, delivering(same(3, 0))), Some(State::Trying));
        assert_eq!(after(State::Failing, QUIET, same(0, 0)), Some(State::Trying));
        assert_eq!(after(State::Trying, QUIET, same(100, 0)), None);
        assert_eq!(after(State::Trying, SECOND, delivering(same(10, 0))), Some(State::Healthy));
        assert_eq!(after(State::Trying, SECOND, same(0, 5)), Some(State::Failing));
    }

    #[test]
    fn a_connection_is_kept_back_when_half_of_enough_outcomes_are_bad() {
        for (good, bad, expected) in
            [(0, 9, None), (5, 4, None), (6, 5, None), (5, 5, Some(State::Failing)), (0, 10, Some(State::Failing)), (90, 10, None)]
        {
            assert_eq!(after(State::Healthy, MINUTE, same(good, bad)), expected, "{good} good, {bad} bad");
        }
        let old_good = Recent { burst: Outcomes { good: 0, bad: 10 }, ..same(100, 10) };
        assert_eq!(after(State::Healthy, MINUTE, old_good), Some(State::Failing), "the last seconds are enough");
    }

    #[test]
    fn trust_comes_back_in_two_steps_and_goes_in_one() {
        assert_eq!(after(State::Failing, SECOND, same(2, 0)), None);
        assert_eq!(after(State::Failing, SECOND, same(3, 0)), Some(State::Trying));
        assert_eq!(after(State::Failing, SECOND, same(3, 3)), None);
        assert_eq!(after(State::Trying, SECOND, same(9, 0)), None);
        assert_eq!(after(State::Trying, SECOND, same(9, 1)), Some(State::Healthy));
        assert_eq!(after(State::Trying, SECOND, same(6, 4)), None);
        assert_eq!(after(State::Trying, SECOND, same(2, 3)), Some(State::Failing));
    }

    #[test]
    fn without_messages_a_state_softens_by_itself() {
        assert_eq!(after(State::Failing, QUIET - 1, same(0, 0)), None);
        assert_eq!(after(State::Failing, QUIET, same(0, 0)), Some(State::Trying));
        assert_eq!(after(State::Failing, QUIET, same(0, 3)), None, "trials that fail are news");
        assert_eq!(after(State::Trying, QUIET, same(0, 0)), Some(State::Healthy));
        assert_eq!(after(State::Trying, QUIET, same(3, 1)), None);
    }

    proptest! {
        #[test]
        fn a_change_is_a_change_and_has_a_reason(state in 0..3_usize, good in 0..50_i64, bad in 0..50_i64, age in 0..10 * MINUTE) {
            let state = [State::Healthy, State::Trying, State::Failing][state];
            let circuit = Circuit { state, since_at: 5, reason: String::new(), cause: Cause::Errors };
            if let Some((to, reason)) = next(&circuit, &same(good, bad), 5 + age) {
                prop_assert_ne!(to, state);
                prop_assert!(!reason.is_empty());
                prop_assert!(to != State::Failing || bad >= good);
            }
        }
    }
}
