//! Two carriers at which one submission in five goes wrong, in every way there is: nothing lost, nothing doubled.
//!
//! `PEYK_FAULTY_ROWS=50000 cargo test --release --test it proof::routing` is the full run.

use std::time::{Duration, Instant};

use serde_json::json;

use super::size;
use super::stage::{Stage, plan, run};
use crate::harness::Engine;
use crate::real::{Person, csv};

/// A fifth in all: not taken and answered 500 or 429; taken and never answered, cut off, or answered with nonsense.
const FAULTS: &str = r#""faults":{"http_500":0.04,"http_429":0.04,"hang_after_accept":0.04,"reset_after_accept":0.04,"garbage":0.04}"#;

/// How old the carriers must be for their absence of memory to prove something.
const OLD_ENOUGH: Duration = Duration::from_secs(2);

fn script(seed: u32) -> String {
    format!(r#"{{"seed":{seed},"latency_ms":[0,20],"receipts":{{"delivered":0.97,"failed":0.03,"delay_ms":[20,200]}},{FAULTS}}}"#)
}

#[test]
fn a_campaign_over_two_faulty_carriers_on_sqlite_loses_and_doubles_nothing() {
    run(faulty(Engine::Sqlite));
}

#[test]
fn a_campaign_over_two_faulty_carriers_on_postgres_loses_and_doubles_nothing() {
    run(faulty(Engine::Postgres));
}

async fn faulty(engine: Engine) {
    let rows = size("PEYK_FAULTY_ROWS", 200);
    // Beside them, so that a refusal by law is seen to reach no second carrier: one in a hundred.
    let refused = (rows / 100).clamp(3, 1_000);
    let people = || Person::first(rows).chain((0..refused).map(Person::refused));
    let stage = Stage::set(engine, &script(1), &[]).await;
    let second = stage.another_carrier("second", &script(2));
    let mut server = stage.installation.serve(&[], &[]);
    server.url();
    // Of the same priority, so that both carry.
    let connection = json!({ "provider": "simulator", "priority": 10, "config": { "base_url": second.url }, "prices": { "*": "0.0079" } });
    stage.api.put("/sms/providers/second", &connection).await;
    // That it never got a message a carrier can only prove of attempts that began a second after itself.
    tokio::time::sleep(OLD_ENOUGH).await;
    let begun = Instant::now();
    let (_, campaign) = stage.launch(&csv(people())).await;
    let campaign = campaign["id"].as_str().expect("the campaign has an id");
    let messages = stage.check_with(&plan(people()), campaign, &[&stage.carrier, &second]).await;
    let took = begun.elapsed().as_secs();
    let attempts = || messages.iter().flat_map(|m| &m.attempts);
    let count = |code: &str| attempts().filter(|a| a.code.as_deref() == Some(code)).count();
    let taken = [&stage.carrier, &second].map(|carrier| carrier.submissions().iter().filter(|s| s.id.is_some()).count());
    assert!(taken.iter().all(|taken| *taken > 0), "one carrier carried nothing: {taken:?}");
    eprintln!(
        "{engine:?}: {rows} messages in {took} s, {} and {} taken, {} attempts, {} throttled, {} never arrived, {} refused by law and asked once, 0 lost, 0 doubled",
        taken[0],
        taken[1],
        attempts().count(),
        count("throttled"),
        count("never_arrived"),
        count("opted_out"),
    );
    drop(server);
    stage.end().await;
}
