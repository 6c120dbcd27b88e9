//! What the targets share: how long one call took, told now and then and at every input that took long.

use std::sync::Mutex;
use std::time::Instant;

/// Calls by their time in microseconds, the last place for all that took longer.
static TIMES: Mutex<[u64; 10_001]> = Mutex::new([0; 10_001]);
/// After how many calls the figures are told.
const TOLD_EVERY: u64 = 200_000;

/// Runs one call and counts its time. Instrumented code is slower than the product's, never faster.
pub fn timed<T>(call: impl FnOnce() -> T) -> T {
    let began = Instant::now();
    let done = call();
    let micros = began.elapsed().as_micros() as usize;
    let mut times = TIMES.lock().expect("one thread only");
    let last = times.len() - 1;
    times[micros.min(last)] += 1;
    let calls: u64 = times.iter().sum();
    if calls.is_multiple_of(TOLD_EVERY) {
        let within = |share: f64| {
            let mut sum = 0;
            times.iter().position(|n| {
                sum += n;
                sum as f64 >= share * calls as f64
            })
        };
        eprintln!("{calls} calls: p50 {:?}, p99 {:?}, p99.9 {:?} microseconds", within(0.5), within(0.99), within(0.999));
    }
    done
}
