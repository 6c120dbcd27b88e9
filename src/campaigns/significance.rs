//! Whether two shares differ by more than chance: the two-proportion z-test.
//!
//! With `x` successes of `n`, pooled rate `p = (x1 + x2) / (n1 + n2)` and `z = (x1/n1 - x2/n2) / sqrt(p (1-p) (1/n1 + 1/n2))`, the
//! confidence is `1 - 2 (1 - Φ(|z|))`: how seldom chance alone keeps the two this close together. It is not given where the normal
//! approximation does not hold, that is below five expected successes or failures on either side.

/// So many of so many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proportion {
    /// How many did it.
    pub successes: u64,
    /// Of how many.
    pub trials: u64,
}

/// Expected successes and failures on each side, from which on the test holds.
const LEAST_EXPECTED: f64 = 5.0;

impl Proportion {
    /// The share; none of nothing.
    pub fn rate(self) -> Option<f64> {
        (self.trials > 0).then(|| self.successes as f64 / self.trials as f64)
    }
}

/// How sure the difference is, from 0 to 1; `None` while there is too little to say.
pub fn confidence(a: Proportion, b: Proportion) -> Option<f64> {
    let (n1, n2) = (a.trials as f64, b.trials as f64);
    let pooled = pooled(a, b)?;
    let expected = [n1 * pooled, n2 * pooled, n1 * (1.0 - pooled), n2 * (1.0 - pooled)];
    if expected.into_iter().any(|n| n < LEAST_EXPECTED) {
        return None;
    }
    let z = (a.rate()? - b.rate()?) / (pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2)).sqrt();
    Some(erf(z.abs() / std::f64::consts::SQRT_2))
}

/// How many more messages, both sides together, make the difference as sure as wanted if the rates stay as they are; `None` when
/// they are equal or nothing is known yet, 0 when it is that sure already.
pub fn more_needed(a: Proportion, b: Proportion, wanted: f64) -> Option<u64> {
    if confidence(a, b).is_some_and(|found| found >= wanted) {
        return Some(0);
    }
    let difference = (a.rate()? - b.rate()?).abs();
    let pooled = pooled(a, b)?;
    if difference < 1e-9 || pooled <= 0.0 || pooled >= 1.0 {
        return None;
    }
    let z = z_for(wanted);
    let by_test = 2.0 * z * z * pooled * (1.0 - pooled) / (difference * difference);
    let by_approximation = LEAST_EXPECTED / pooled.min(1.0 - pooled);
    let each = by_test.max(by_approximation).ceil();
    let sides = [a, b].map(|side| (each - side.trials as f64).max(0.0));
    let more = (sides[0] + sides[1]).ceil();
    (more < 1e12).then_some((more as u64).max(1))
}

fn pooled(a: Proportion, b: Proportion) -> Option<f64> {
    (a.trials > 0 && b.trials > 0).then(|| (a.successes + b.successes) as f64 / (a.trials + b.trials) as f64)
}

/// The z of a two-sided confidence, by halving: `erf` only rises.
fn z_for(wanted: f64) -> f64 {
    let (mut low, mut high) = (0.0, 8.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if erf(middle / std::f64::consts::SQRT_2) < wanted { low = middle } else { high = middle }
    }
    high
}

/// The error function for `x` of at least 0: its Taylor series, or the continued fraction of its complement where that is quicker
/// (Abramowitz and Stegun, 7.1.6 and 7.1.14).
fn erf(x: f64) -> f64 {
    let scale = (-x * x).exp();
    if x > 3.0 {
        let fraction = (1..=60).rev().fold(0.0, |rest, k| f64::from(k) / 2.0 / (x + rest));
        return 1.0 - scale / std::f64::consts::PI.sqrt() / (x + fraction);
    }
    let (mut term, mut sum) = (x, x);
    for n in 1..200 {
        term *= 2.0 * x * x / f64::from(2 * n + 1);
        sum += term;
        if term < 1e-17 {
            break;
        }
    }
    2.0 / std::f64::consts::PI.sqrt() * scale * sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(successes: u64, trials: u64) -> Proportion {
        Proportion { successes, trials }
    }

    #[test]
    fn the_error_function_has_its_known_values() {
        let known = [(0.0, 0.0), (0.1, 0.112_462_916), (0.5, 0.520_499_878), (1.0, 0.842_700_793), (2.0, 0.995_322_265)];
        for (x, value) in known.into_iter().chain([(3.0, 0.999_977_910), (3.5, 0.999_999_257)]) {
            assert!((erf(x) - value).abs() < 1e-9, "erf({x}) = {}", erf(x));
        }
        for (wanted, z) in [(0.8, 1.281_552), (0.9, 1.644_854), (0.95, 1.959_964), (0.99, 2.575_829)] {
            assert!((z_for(wanted) - z).abs() < 1e-6, "{wanted}");
        }
    }

    #[test]
    fn confidences_are_those_of_the_textbook() {
        // z = 2.1883, 2.9374 and 0: the p-values of R's prop.test(correct = FALSE).
        let cases = [(of(120, 1_000), of(90, 1_000), 0.971_350), (of(60, 200), of(35, 200), 0.996_690), (of(50, 500), of(50, 500), 0.0)];
        for (a, b, expected) in cases {
            let found = confidence(a, b).expect("enough messages");
            assert!((found - expected).abs() < 1e-6, "{a:?} {b:?}: {found}");
            assert_eq!(confidence(b, a), Some(found), "it is the same the other way round");
        }
    }

    #[test]
    fn too_little_says_nothing() {
        assert_eq!(confidence(of(0, 0), of(5, 100)), None);
        assert_eq!(confidence(of(1, 10), of(4, 10)), None);
        assert_eq!(confidence(of(100, 100), of(100, 100)), None, "no failure was seen");
        assert_eq!(of(0, 0).rate(), None);
    }

    #[test]
    fn what_is_still_missing_makes_the_difference_sure() {
        let (a, b) = (of(42, 100), of(37, 100));
        let more = more_needed(a, b, 0.95).expect("rates differ");
        let each = 100 + more / 2;
        let grown = |rate: f64| of((rate * each as f64).round() as u64, each);
        let sure = confidence(grown(0.42), grown(0.37)).expect("enough");
        assert!((sure - 0.95).abs() < 0.01, "{more} more: {sure}");
        assert_eq!(more_needed(of(60, 200), of(35, 200), 0.95), Some(0));
        assert_eq!(more_needed(of(50, 100), of(50, 100), 0.95), None);
    }
}
