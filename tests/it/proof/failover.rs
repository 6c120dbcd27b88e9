//! A carrier goes bad in the middle of a campaign: how long until the next one carries it, and that nothing is lost or
//! doubled on the way.
//!
//! `PEYK_FAILOVER_ROWS=8000 cargo test --release --test it proof::failover -- --nocapture` is the full run: every way to go
//! bad, each with a campaign that lasts longer than the move may take.

use std::time::Duration;

use peyk::kernel::clock::{Clock, Millis, SECOND};
use serde_json::json;

use super::size;
use super::stage::{Stage, plan, run};
use crate::harness::Engine;
use crate::real::journal::Submission;
use crate::real::{Carrier, Person, csv};

/// Messages a second that each connection may send.
const RATE: usize = 200;
/// Few rows: one way to go bad is tried, and no time is told.
const FEW: usize = 300;

/// Every way to go bad: a fault of the simulator's script, or that nobody listens any more.
const WAYS: [&str; 7] = ["http_500", "http_429", "refuse", "reset_after_accept", "garbage", "hang_after_accept", "gone"];

#[test]
fn a_carrier_that_goes_bad_loses_its_campaign_to_the_next_one_on_sqlite() {
    run(every_way(Engine::Sqlite));
}

#[test]
fn a_carrier_that_goes_bad_loses_its_campaign_to_the_next_one_on_postgres() {
    run(every_way(Engine::Postgres));
}

async fn every_way(engine: Engine) {
    let rows = size("PEYK_FAILOVER_ROWS", FEW);
    let ways = if rows > FEW { &WAYS[..] } else { &WAYS[..1] };
    for way in ways {
        let (went_bad_at, carried, asked) = going_bad(engine, way, rows).await;
        assert!(!carried.is_empty(), "the next carrier carried nothing when the first went bad: {way}");
        if rows > FEW {
            let (moved, left) = moved(went_bad_at, &carried, &asked);
            let (moved, left) = (moved as f64 / SECOND as f64, left * 100.0);
            eprintln!("{engine:?}, {way}: the next carrier has it after {moved:.1} s, the bad one keeps {left:.1} %, 0 lost, 0 doubled");
        }
    }
}

/// Lets the first carrier go bad after a fifth of the campaign. Gives when, what the next one got, and what the bad one got.
async fn going_bad(engine: Engine, way: &str, rows: usize) -> (Millis, Vec<Submission>, Vec<Submission>) {
    let good = r#"{"latency_ms":[5,20],"receipts":{"delivered":1,"delay_ms":[20,200]}}"#;
    let stage = Stage::set(engine, good, &[]).await;
    let next = stage.another_carrier("next", good);
    let bad = (way != "gone").then(|| stage.another_carrier("bad", &good.replacen('{', &format!(r#"{{"faults":{{"{way}":1}},"#), 1)));
    let mut server = stage.installation.serve(&[], &[]);
    server.url();
    let second = json!({ "provider": "simulator", "priority": 1_000, "config": { "base_url": next.url }, "prices": { "*": "0.0079" } });
    stage.api.put("/sms/providers/second", &second).await;
    stage.limit_connections(&json!({ "per_second": RATE })).await;
    let (_, campaign) = stage.launch(&csv(Person::first(rows))).await;
    let campaign = campaign["id"].as_str().expect("the campaign has an id");

    let (mut follower, mut seen) = (stage.carrier.follow(), 0);
    while seen < rows / 5 {
        seen += follower.next().len();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let address = bad.as_ref().map_or("http://127.0.0.1:1", |bad| &bad.url);
    stage.api.put("/sms/providers/simulator", &json!({ "config": { "base_url": address } })).await;
    let went_bad_at = Clock::system().now();

    let carriers: Vec<&Carrier> = [Some(&stage.carrier), bad.as_ref(), Some(&next)].into_iter().flatten().collect();
    stage.check_with(&plan(Person::first(rows)), campaign, &carriers).await;
    let carried = next.submissions();
    let asked = bad.as_ref().map_or_else(Vec::new, Carrier::submissions);
    drop(server);
    stage.end().await;
    (went_bad_at, carried, asked)
}

/// How long the next carrier took to carry half of the rate, and which share of what was sent from a second later on the bad
/// one was still asked for.
fn moved(went_bad_at: Millis, carried: &[Submission], asked: &[Submission]) -> (Millis, f64) {
    let in_second = |from: Millis| carried.iter().filter(|s| (from..from + SECOND).contains(&s.at)).count();
    let mut starts: Vec<Millis> = carried.iter().map(|s| s.at).filter(|at| *at >= went_bad_at).collect();
    starts.sort_unstable();
    let begun = starts.into_iter().find(|at| in_second(*at) >= RATE / 2);
    let begun = begun.expect("the next carrier carries at half of the rate at least");
    let later = |all: &[Submission]| all.iter().filter(|s| s.at >= begun + SECOND).count() as f64;
    (begun - went_bad_at, later(asked) / (later(asked) + later(carried)).max(1.0))
}
