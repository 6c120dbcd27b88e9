//! In which order the connections that fit are asked for one message. Pure: chance is handed in.

use crate::connections::circuit::State;
use crate::kernel::money::Micros;

/// At most this share of the messages is spent on trials, however many connections are kept back.
const MOST_TRIALS: f64 = 0.5;
/// Latencies that differ by much less than this weigh alike, in milliseconds.
const SLOW: f64 = 500.0;
/// So many deliveries are assumed before any receipt came, so that the first failure does not weigh as a rule.
const ASSUMED: f64 = 10.0;

/// A connection that fits a message, as far as the order depends on it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    /// Lower is asked first.
    pub priority: i64,
    /// How much it is trusted with for the message's country.
    pub state: State,
    /// How often it has refused this message.
    pub tries: usize,
    /// Its price of a segment, where one is known.
    pub price: Option<Micros>,
    /// Share of its attempts that failed by the provider's fault, between 0 and 1.
    pub error_share: f64,
    /// Messages of the last minutes that were reported delivered, and that were reported failed.
    pub receipts: (i64, i64),
    /// Its usual time to an answer, in milliseconds, where one is known.
    pub latency_ms: Option<i64>,
}

/// The places of those that may be asked now, the first choice first.
///
/// Only those that refused the message least often are in it: so every connection is asked once before one is asked again.
/// Trusted ones come first, by priority; those of the same priority share by weight. One that is kept back comes last, but
/// comes first for its share of trials, as long as nobody has refused the message and its place in the order would give it
/// messages at all. `chance` decides where shares do.
pub fn order(candidates: &[Candidate], chance: u64) -> Vec<usize> {
    let fewest = candidates.iter().map(|c| c.tries).min().unwrap_or(0);
    let mut order: Vec<usize> = (0..candidates.len()).filter(|i| candidates[*i].tries == fewest).collect();
    order.sort_by_key(|i| (candidates[*i].state, candidates[*i].priority));
    let Some(first) = order.first().map(|i| candidates[*i]) else { return order };
    if order.len() == 1 || first.state != State::Healthy {
        return order;
    }
    // 53 bits fill a double's fraction: evenly spread over [0, 1).
    let mut point = (chance >> 11) as f64 / (1_u64 << 53) as f64;
    if fewest == 0 {
        let trials: Vec<(usize, f64)> = (0..order.len())
            .filter(|at| candidates[order[*at]].priority <= first.priority)
            .map(|at| (at, candidates[order[at]].state.trial_share()))
            .filter(|(_, share)| *share > 0.0)
            .collect();
        let wanted: f64 = trials.iter().map(|(_, share)| share).sum();
        let given = wanted.min(MOST_TRIALS);
        for (at, share) in trials {
            let share = share * given / wanted;
            if point < share {
                order[..=at].rotate_right(1);
                return order;
            }
            point -= share;
        }
        point /= 1.0 - given;
    }
    let tier = order.iter().take_while(|i| candidates[**i].state == State::Healthy && candidates[**i].priority == first.priority).count();
    let same: Vec<Candidate> = order[..tier].iter().map(|i| candidates[*i]).collect();
    let weights = weights(&same);
    let mut left = point * weights.iter().sum::<f64>();
    let drawn = weights.iter().position(|weight| {
        left -= weight;
        left < 0.0
    });
    order[..=drawn.unwrap_or(0)].rotate_right(1);
    order
}

/// How connections of one priority share: cheaper, faster, and those that deliver get more.
fn weights(same: &[Candidate]) -> Vec<f64> {
    let prices = || same.iter().filter_map(|c| c.price);
    let (cheapest, dearest) = (prices().min().unwrap_or(0) as f64, prices().max().unwrap_or(0) as f64);
    let fastest = same.iter().filter_map(|c| c.latency_ms).min().unwrap_or(0) as f64;
    same.iter()
        .map(|c| {
            let price = (cheapest + 1.0) / (c.price.map_or(dearest, |p| p as f64) + 1.0);
            let (delivered, failed) = (c.receipts.0 as f64, c.receipts.1 as f64);
            let delivery = (delivered + ASSUMED) / (delivered + failed + ASSUMED);
            let latency = (fastest + SLOW) / (c.latency_ms.map_or(fastest, |ms| ms as f64) + SLOW);
            let works = 1.0 - c.error_share;
            // What fails costs a second attempt or a customer: it weighs twice. Nothing falls to zero, or it could not recover.
            (price * (delivery * works).powi(2) * latency).max(0.01)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SOUND: Candidate = Candidate {
        priority: 10,
        state: State::Healthy,
        tries: 0,
        price: Some(10_000),
        error_share: 0.0,
        receipts: (0, 0),
        latency_ms: None,
    };

    /// How many of 1,000 evenly spread chances each of them comes first for.
    fn shares(candidates: &[Candidate]) -> Vec<usize> {
        let mut shares = vec![0; candidates.len()];
        for chance in (0..1_000).map(|n| n * (u64::MAX / 1_000)) {
            shares[order(candidates, chance)[0]] += 1;
        }
        shares
    }

    #[test]
    fn priority_is_the_first_word() {
        let second = Candidate { priority: 20, price: Some(1), ..SOUND };
        assert_eq!(shares(&[second, SOUND]), [0, 1_000]);
        assert_eq!(order(&[second, SOUND], 7), [1, 0]);
    }

    #[test]
    fn a_failing_connection_gets_a_twentieth_and_one_on_trial_a_quarter() {
        let second = Candidate { priority: 20, ..SOUND };
        for (state, most) in [(State::Failing, 50), (State::Trying, 250)] {
            let shares = shares(&[Candidate { state, ..SOUND }, second]);
            assert!(shares[0].abs_diff(most) <= 1, "{shares:?}");
        }
        let backup = Candidate { state: State::Failing, ..second };
        assert_eq!(shares(&[SOUND, backup]), [1_000, 0], "what would carry nothing is not tried");
        let many = [SOUND, SOUND, SOUND].map(|c| Candidate { state: State::Trying, ..c });
        let shares = shares(&[many[0], many[1], many[2], second]);
        assert!(shares[3].abs_diff(500) <= 1, "{shares:?}");
    }

    #[test]
    fn the_only_one_is_used_whatever_its_state() {
        assert_eq!(shares(&[Candidate { state: State::Failing, ..SOUND }]), [1_000]);
        let both = [Candidate { state: State::Failing, ..SOUND }, Candidate { state: State::Trying, priority: 20, ..SOUND }];
        assert_eq!(shares(&both), [0, 1_000], "the better trusted one");
        assert!(order(&[], 3).is_empty());
    }

    #[test]
    fn every_connection_is_asked_before_one_is_asked_again() {
        let (refused, failing) = (Candidate { tries: 1, ..SOUND }, Candidate { state: State::Failing, priority: 30, ..SOUND });
        assert_eq!(order(&[refused, failing], 0), [1]);
        assert_eq!(order(&[refused, Candidate { tries: 1, ..failing }], 0), [0, 1], "no trials with a message that was refused");
    }

    #[test]
    fn equal_priorities_share_by_price_delivery_latency_and_errors() {
        let even = shares(&[SOUND, SOUND]);
        assert!(even[0].abs_diff(500) <= 1, "{even:?}");
        for worse in [
            Candidate { price: Some(20_000), ..SOUND },
            Candidate { receipts: (10, 90), ..SOUND },
            Candidate { latency_ms: Some(5_000), ..SOUND },
            Candidate { error_share: 0.4, ..SOUND },
        ] {
            let shares = shares(&[worse, Candidate { receipts: (90, 0), latency_ms: Some(100), ..SOUND }]);
            assert!(shares[0] > 0 && shares[0] < 400, "{worse:?}: {shares:?}");
        }
    }

    fn candidate() -> impl Strategy<Value = Candidate> {
        let state = prop_oneof![Just(State::Healthy), Just(State::Trying), Just(State::Failing)];
        let measures = (proptest::option::of(0..1_000_000_i64), 0.0..=1.0, (0..100_i64, 0..100_i64), proptest::option::of(0..20_000_i64));
        (0..3_i64, state, 0..2_usize, measures).prop_map(|(priority, state, tries, (price, error_share, receipts, latency_ms))| Candidate {
            priority,
            state,
            tries,
            price,
            error_share,
            receipts,
            latency_ms,
        })
    }

    proptest! {
        #[test]
        fn whoever_may_be_asked_is_named_once(candidates in prop::collection::vec(candidate(), 0..6), chance in any::<u64>()) {
            let named = order(&candidates, chance);
            prop_assert_eq!(&named, &order(&candidates, chance));
            let fewest = candidates.iter().map(|c| c.tries).min().unwrap_or(0);
            let mut sorted = named;
            sorted.sort_unstable();
            let may: Vec<usize> = (0..candidates.len()).filter(|i| candidates[*i].tries == fewest).collect();
            prop_assert_eq!(sorted, may);
        }

        #[test]
        fn beside_a_trusted_one_a_failing_one_gets_less_than_a_tenth(good in candidate(), bad in candidate()) {
            let (good, bad) = (Candidate { state: State::Healthy, tries: 0, ..good }, Candidate { state: State::Failing, tries: 0, ..bad });
            prop_assert!(shares(&[bad, good])[0] < 100);
        }
    }
}
