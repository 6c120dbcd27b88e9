//! People opt out while three processes send to them: once that is acknowledged, nothing more leaves for them.
//!
//! `PEYK_STOP_TRIALS=10000 cargo test --release --test it proof::stop -- --nocapture` is the full run.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::future::join_all;
use peyk::kernel::clock::{Clock, Millis};
use serde_json::json;

use super::size;
use super::stage::{Stage, plan, run};
use crate::harness::Engine;
use crate::real::{Api, Person, csv};

const SCRIPT: &str = r#"{"latency_ms":[2,10],"receipts":{"delivered":1,"failed":0,"delay_ms":[0,20]}}"#;
/// Messages a second: so many that those who opt out are always close to those who are written to.
const RATE: usize = 240;
/// People in the campaign for each that opts out.
const ROWS_PER_TRIAL: usize = 4;
/// How far those who opt out are before or behind the place that the campaign has reached, at most. Within a block of rows
/// messages leave in any order.
const AHEAD: usize = 50;
/// Looks at a journal without news after which the campaign is asked whether it goes on.
const QUIET_LOOKS: usize = 200;
/// How many opt out at the same time at each process.
const AT_ONCE: usize = 3;

#[test]
fn nothing_leaves_for_somebody_who_opted_out_at_any_of_three_processes() {
    run(async {
        let trials = size("PEYK_STOP_TRIALS", 150);
        let rows = trials * ROWS_PER_TRIAL;
        let stage = Stage::set(Engine::Postgres, SCRIPT, &[]).await;
        let mut first = stage.installation.serve(&[], &[]);
        first.url();
        let mut others: Vec<_> = (0..2).map(|_| stage.installation.serve(&[], &[("PEYK_LISTEN", "127.0.0.1:0".to_owned())])).collect();
        let mut doors = vec![stage.api.clone()];
        doors.extend(others.iter_mut().map(|process| Api::new(process.url(), stage.api.key.clone())));
        stage.limit_connections(&json!({ "per_second": RATE })).await;
        let (_, campaign) = stage.launch(&csv(Person::first(rows))).await;

        let id = campaign["id"].as_str().expect("the campaign has an id");
        let stopped = opt_out_at_the_front(&stage, &doors, id, trials, rows).await;
        let mut plan = plan(Person::first(rows));
        for (person, at) in &stopped {
            plan.people.get_mut(&person.phone).expect("they are in the campaign").opted_out_at = Some(*at);
        }
        stage.check(&plan, id).await;

        let written: HashMap<String, Millis> = stage.carrier.submissions().into_iter().map(|s| (s.to, s.at)).collect();
        let after = |(person, at): &(Person, Millis)| written.get(&person.phone).map(|written| written - at);
        let never = stopped.iter().filter(|one| after(one).is_none()).count();
        let late = stopped.iter().filter_map(after).filter(|late| *late > 0).count();
        eprintln!(
            "{} opted out: {never} were not written to, {} had been, and {late} were afterwards",
            stopped.len(),
            stopped.len() - never - late
        );
        assert!(never > 0 && never < stopped.len(), "nobody raced: {never} of {} were in time", stopped.len());
        stage.end().await;
    });
}

/// Lets people opt out whose turn is about now, at every process at once; gives who did and when it was acknowledged.
async fn opt_out_at_the_front(stage: &Stage, doors: &[Api], campaign: &str, trials: usize, rows: usize) -> Vec<(Person, Millis)> {
    let (front, next, done) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let watching = async {
        let mut journal = stage.carrier.follow();
        let mut quiet = 0;
        while done.load(Ordering::Relaxed) < trials {
            let fresh = journal.next().len();
            front.fetch_add(fresh, Ordering::Relaxed);
            quiet = if fresh == 0 { quiet + 1 } else { 0 };
            if quiet == QUIET_LOOKS {
                let campaign = stage.api.get(&format!("/sms/campaigns/{campaign}")).await;
                assert_ne!(campaign["status"], "finished", "the campaign ended before everybody had opted out: lower RATE");
                quiet = 0;
            }
            // The journal is a file of another process.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let opting_out = doors.iter().flat_map(|door| (0..AT_ONCE).map(move |_| door)).map(|door| async {
        let mut stopped = Vec::new();
        while done.fetch_add(1, Ordering::Relaxed) < trials {
            while next.load(Ordering::Relaxed) >= front.load(Ordering::Relaxed) + AHEAD {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            let at_front = front.load(Ordering::Relaxed).saturating_sub(AHEAD);
            let ahead = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| Some(n.max(at_front) + 1));
            let n = ahead.unwrap_or_else(|n| n).max(at_front);
            assert!(n < rows, "the campaign ended before everybody had opted out");
            let person = Person::nth(n);
            door.post("/sms/opt-out", &json!({ "phone": person.phone })).await;
            stopped.push((person, Clock::system().now()));
        }
        stopped
    });
    let (stopped, ()) = tokio::join!(join_all(opting_out), watching);
    stopped.into_iter().flatten().collect()
}
