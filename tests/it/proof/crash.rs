//! `kill -9` in the middle of a campaign, again and again.
//!
//! `PEYK_CRASH_KILLS=50 PEYK_CRASH_ROWS=20000 cargo test --release --test it proof::crash` is the full run.

use std::time::Duration;

use peyk::kernel::clock::Clock;

use super::checker::Plan;
use super::size;
use super::stage::{Stage, plan, run};
use crate::harness::Engine;
use crate::real::{Person, csv};

/// Slow enough that every kill hits a running campaign: twelve at once make some 340 messages a second.
const SCRIPT: &str = r#"{"latency_ms":[10,60],"receipts":{"delivered":0.97,"failed":0.03,"delay_ms":[20,200]}}"#;
const WORKERS: &str = "12";
/// The same kills in every run.
const SEED: u64 = 20_261_121;

#[test]
fn a_server_on_sqlite_that_is_killed_again_and_again_loses_and_doubles_nothing() {
    run(killed(Engine::Sqlite));
}

#[test]
fn a_server_on_postgres_that_is_killed_again_and_again_loses_and_doubles_nothing() {
    run(killed(Engine::Postgres));
}

async fn killed(engine: Engine) {
    let (rows, kills) = (size("PEYK_CRASH_ROWS", 1_500), size("PEYK_CRASH_KILLS", 5));
    let stage = Stage::set(engine, SCRIPT, &[("PEYK_WORKERS", WORKERS.to_owned())]).await;
    let mut server = stage.installation.serve(&[], &[]);
    server.url();
    let gone = |n: &usize| n % 100 == 7;
    for n in (0..rows).filter(gone) {
        stage.opt_out(&Person::nth(n)).await;
    }
    let (upload, campaign) = stage.launch(&csv(Person::first(rows))).await;
    let mut plan = plan((0..rows).filter(|n| !gone(n)).map(Person::nth));
    assert_eq!(upload["to_send"], plan.people.len());
    let campaign = campaign["id"].as_str().expect("the campaign has an id");

    let mut chance = Chance(SEED);
    let mut in_doubt = 0;
    for kill in 0..kills {
        // The moment is the test: nothing may depend on when it comes.
        tokio::time::sleep(Duration::from_millis(chance.between(50, 1_000))).await;
        drop(server);
        let taken = stage.carrier.submissions().iter().filter(|s| s.id.is_some()).count();
        assert!(taken < plan.people.len(), "kill {} of {kills} came after the end: raise PEYK_CRASH_ROWS", kill + 1);
        server = stage.installation.serve(&[], &[]);
        if kill % 3 == 0 {
            server.url();
            let seen = stage.api.get(&format!("/sms/campaigns/{campaign}")).await;
            in_doubt += seen["counts"]["unknown"].as_u64().expect("a number");
            opt_out_one(&stage, &mut plan, chance.between(0, rows as u64 - 1) as usize).await;
            opt_out_one(&stage, &mut plan, rows - 1 - kill).await;
        }
    }
    server.url();
    let messages = stage.check(&plan, campaign).await;
    let again: usize = messages.iter().flat_map(|m| &m.attempts).filter(|a| a.code.as_deref() == Some("never_arrived")).count();
    assert!(again < kills * 2 * WORKERS.parse::<usize>().expect("a number"), "more attempts in doubt than can be under way");
    eprintln!(
        "{engine:?}: {kills} kills, {} messages, {in_doubt} seen in doubt, {again} attempts that never left, 0 lost, 0 doubled",
        messages.len()
    );
    stage.end().await;
}

/// Somebody opts out while the campaign runs: from the answer on nothing more may leave for them.
async fn opt_out_one(stage: &Stage, plan: &mut Plan, n: usize) {
    let person = Person::nth(n);
    let Some(expected) = plan.people.get_mut(&person.phone) else { return };
    stage.opt_out(&person).await;
    expected.opted_out_at.get_or_insert(Clock::system().now());
}

/// Chance that repeats (SplitMix64: Steele, Lea, Flood 2014).
struct Chance(u64);

impl Chance {
    fn between(&mut self, least: u64, most: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        least + (z ^ (z >> 31)) % (most - least + 1)
    }
}
