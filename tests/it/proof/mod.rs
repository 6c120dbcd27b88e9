//! The promise about messages, held against real processes: nothing lost, nothing doubled, nobody written to
//! who opted out, and every amount right, whatever is killed when.

mod big;
mod checker;
mod checker_tests;
mod crash;
mod failover;
mod lanes;
#[cfg(feature = "crash-points")]
mod points;
mod records;
mod routing;
mod stage;
mod stop;
#[cfg(feature = "crash-points")]
mod told;

/// A size that the environment may raise: the tests run small every day and in full for the record.
pub fn size(variable: &str, default: usize) -> usize {
    #[expect(clippy::disallowed_methods, reason = "tests have no Config: this says how large the run is to be")]
    let said = std::env::var(variable);
    said.map_or(default, |text| text.parse().unwrap_or_else(|_| panic!("{variable} is “{text}”, which is no number")))
}
