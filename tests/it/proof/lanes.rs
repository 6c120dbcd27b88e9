//! Limits among several processes, and codes during a campaign, with the carrier's journal as the witness.
//!
//! `PEYK_LIMIT_ROWS=3000 PEYK_LANE_ROWS=100000 cargo test --release --test it proof::lanes` is the full run.

use std::ops::Range;
use std::time::Duration;

use peyk::kernel::clock::{Clock, Millis, SECOND};
use serde_json::json;

use super::size;
use super::stage::{Stage, plan, run};
use crate::harness::Engine;
use crate::real::journal::Follower;
use crate::real::{Person, csv};

const SCRIPT: &str = r#"{"latency_ms":[5,20],"receipts":{"delivered":1,"failed":0,"delay_ms":[0,20]}}"#;
/// Messages per second that the connection takes.
const LIMIT: usize = 50;
/// What the full run, on a machine of its own, may push together that left on time.
const JITTER: usize = LIMIT / 5;
/// Codes that are timed in each state, and in the full run: there the campaign must be seen to run meanwhile.
const CODES: usize = 15;
const MANY_CODES: usize = 150;
/// By how much a campaign may delay a code, in the full run on a machine of its own.
const WITHIN: Millis = 50;

#[test]
fn three_processes_share_one_limit() {
    run(async {
        let rows = size("PEYK_LIMIT_ROWS", 200);
        let stage = Stage::set(Engine::Postgres, SCRIPT, &[]).await;
        let mut first = stage.installation.serve(&[], &[]);
        first.url();
        stage.limit_connections(&json!({ "per_second": LIMIT })).await;
        let mut others: Vec<_> = (0..2).map(|_| stage.installation.serve(&[], &[("PEYK_LISTEN", "127.0.0.1:0".to_owned())])).collect();
        others.iter_mut().for_each(|process| {
            process.url();
        });
        let (_, campaign) = stage.launch(&csv(Person::first(rows))).await;
        stage.check(&plan(Person::first(rows)), campaign["id"].as_str().expect("the campaign has an id")).await;
        let mut times: Vec<Millis> = stage.carrier.submissions().iter().map(|s| s.at).collect();
        times.sort_unstable();
        let most = times.iter().map(|from| times.partition_point(|at| *at < from + SECOND) - times.partition_point(|at| at < from)).max();
        let took = times[times.len() - 1] - times[0];
        eprintln!("{rows} messages at {LIMIT} a second took {took} ms, at most {most:?} in any second");
        // A machine that does much else at once may hold messages up and let them go together; never so many, though.
        let jitter = if rows >= 3_000 { JITTER } else { LIMIT };
        assert!(most.is_some_and(|most| most <= LIMIT + jitter), "{most:?} in a second");
        let least = (rows as Millis - 1) * SECOND / LIMIT as Millis;
        assert!(took >= least - SECOND, "{took} ms instead of {least}");
        stage.end().await;
    });
}

#[test]
fn a_code_on_sqlite_does_not_wait_for_a_campaign() {
    run(code_during_a_campaign(Engine::Sqlite));
}

#[test]
fn a_code_on_postgres_does_not_wait_for_a_campaign() {
    run(code_during_a_campaign(Engine::Postgres));
}

async fn code_during_a_campaign(engine: Engine) {
    let rows = size("PEYK_LANE_ROWS", 3_000);
    let is_full = rows >= 100_000;
    let codes = if is_full { MANY_CODES } else { CODES };
    let stage = Stage::set(engine, SCRIPT, &[]).await;
    let mut server = stage.installation.serve(&[], &[]);
    server.url();
    let mut journal = stage.carrier.follow();
    let (idle, _) = median_of_codes(&stage, &mut journal, 0..codes).await;
    let (_, campaign) = stage.launch(&csv(Person::first(rows))).await;
    let mut before = 0;
    while before < codes * 2 {
        // Nothing tells when the first messages of a campaign leave but looking.
        tokio::time::sleep(Duration::from_millis(5)).await;
        before += journal.next().len();
    }
    let (busy, meanwhile) = median_of_codes(&stage, &mut journal, codes..codes * 2).await;
    eprintln!("{engine:?}: a code left after {idle} ms, and after {busy} ms during a campaign, of which {meanwhile} left meanwhile");
    if is_full {
        assert!(busy <= idle + WITHIN, "{busy} ms instead of {idle}");
        assert!(meanwhile > 1_000, "the campaign ran");
    } else {
        stage.api.ended(campaign["id"].as_str().expect("the campaign has an id"), false, Duration::from_secs(300)).await;
    }
    stage.end().await;
}

/// Sends codes one after the other: the median of the times from the call to the carrier, and how many other messages
/// left meanwhile.
async fn median_of_codes(stage: &Stage, journal: &mut Follower, codes: Range<usize>) -> (Millis, usize) {
    let clock = Clock::system();
    let (mut times, mut others) = (Vec::with_capacity(codes.len()), 0);
    for n in codes {
        let to = Person::nth(8_000_000 + n).phone;
        let asked_at = clock.now();
        let body = json!({ "to": to, "text": format!("Code {n:06}"), "category": "authentication" });
        stage.api.post("/sms/send", &body).await;
        let mut left_at = None;
        while left_at.is_none() {
            // The journal is a file of another process.
            tokio::time::sleep(Duration::from_millis(5)).await;
            let new = journal.next();
            left_at = new.iter().find(|s| s.to == to).map(|s| s.at);
            others += new.len() - usize::from(left_at.is_some());
        }
        times.extend(left_at.map(|at| at - asked_at));
    }
    times.sort_unstable();
    (times[times.len() / 2], others)
}

#[test]
fn a_carrier_that_hangs_holds_up_nothing_of_another_one_on_sqlite() {
    run(hanging_beside_sound(Engine::Sqlite));
}

#[test]
fn a_carrier_that_hangs_holds_up_nothing_of_another_one_on_postgres() {
    run(hanging_beside_sound(Engine::Postgres));
}

/// One campaign to two countries, each with a carrier of its own, of which the first takes seconds for an answer.
async fn hanging_beside_sound(engine: Engine) {
    const EACH: usize = 400;
    let stage = Stage::set(engine, r#"{"latency_ms":[5000,5000]}"#, &[]).await;
    let sound = stage.another_carrier("sound", SCRIPT);
    let mut server = stage.installation.serve(&[], &[]);
    server.url();
    stage.api.put("/sms/providers/simulator", &json!({ "countries": ["IR"] })).await;
    let connection = json!({ "provider": "simulator", "countries": ["TW"], "config": { "base_url": sound.url } });
    stage.api.put("/sms/providers/sound", &connection).await;
    let in_taiwan = |n: usize| Person { phone: format!("+886912{:06}", 101_000 + n), ..Person::nth(n) };
    let people = (0..EACH).flat_map(|n| [Person::nth(EACH + n), in_taiwan(n)]);
    stage.launch(&csv(people)).await;
    let (mut journal, mut carried) = (sound.follow(), 0);
    while carried < EACH {
        carried += journal.next().len();
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let asked = stage.carrier.submissions().len();
    assert!((1..EACH / 2).contains(&asked), "{asked} of the first country's {EACH} had left when the other's were done");
    drop(server);
    stage.end().await;
}
