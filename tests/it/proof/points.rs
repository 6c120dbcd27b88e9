//! The process dies at each named point of the code, at its first pass and at a later one.
//!
//! `cargo test --features crash-points --test it proof::points`

use std::fs;
use std::time::Duration;

use peyk::connections;
use peyk::db::Db;
use peyk::kernel::clock::{Clock, rfc3339};
use peyk::kernel::crypto::Cipher;
use peyk::kernel::outbound::{Answer, Failure, Limits, Outbound};
use peyk::providers::Provider;
use peyk::providers::simulator::{SIGNATURE_HEADER, TOKEN, sign};
use serde_json::json;

use super::stage::{Stage, plan, run};
use crate::harness::Engine;
use crate::real::{Person, csv};

const SCRIPT: &str = r#"{"latency_ms":[0,10],"receipts":{"delivered":1,"failed":0,"delay_ms":[0,20]}}"#;
const ROWS: usize = 1_500;
/// How long a process may take to come to its point.
const PATIENCE: Duration = Duration::from_secs(30);

/// Points that every campaign passes.
const ON_THE_WAY: [&str; 7] = [
    "expand-before-commit",
    "expand-after-commit",
    "dispatch-before-commit",
    "dispatch-after-commit",
    "dispatch-after-answer",
    "receipts-before-commit",
    "receipts-after-commit",
];

#[test]
fn a_campaign_on_sqlite_survives_a_crash_at_every_point() {
    run(survives(Engine::Sqlite));
}

#[test]
fn a_campaign_on_postgres_survives_a_crash_at_every_point() {
    run(survives(Engine::Postgres));
}

async fn survives(engine: Engine) {
    for point in ON_THE_WAY {
        for passes in [0, 1] {
            let stage = Stage::set(engine, SCRIPT, &[]).await;
            let mut server = stage.installation.serve(&["--no-dispatch"], &[]);
            server.url();
            let (_, campaign) = stage.launch(&csv(ROWS)).await;
            drop(server);
            dies_at(&stage, point, passes).await;
            let mut server = stage.installation.serve(&[], &[]);
            server.url();
            stage.check(&plan((0..ROWS).map(Person::nth)), campaign["id"].as_str().expect("the campaign has an id")).await;
            stage.end().await;
        }
    }
}

/// Serves until the process dies at its point.
async fn dies_at(stage: &Stage, point: &str, passes: u32) {
    let first = if passes == 0 { String::new() } else { format!("{passes}*off->") };
    let server = stage.installation.serve(&[], &[("FAILPOINTS", format!("{point}={first}panic"))]);
    let dead = async {
        // The state is the first letter after the name in parentheses; a dead child that nobody asked after is a zombie.
        let alive = || {
            let stat = fs::read_to_string(format!("/proc/{}/stat", server.id())).unwrap_or_default();
            stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
        };
        while alive() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    assert!(tokio::time::timeout(PATIENCE, dead).await.is_ok(), "the process never passed {point} for the {passes}th time");
}

#[test]
fn a_message_is_there_exactly_when_its_commit_came_before_the_crash() {
    run(async {
        for (point, kept) in [("send-before-commit", 0), ("send-after-commit", 1)] {
            let stage = Stage::set(Engine::Sqlite, SCRIPT, &[]).await;
            let mut server = stage.installation.serve(&[], &[("FAILPOINTS", format!("{point}=panic"))]);
            server.url();
            let person = Person::nth(0);
            let asked = stage.api.try_post("/sms/send", &json!({ "to": person.phone, "text": person.text() })).await;
            assert!(asked.is_err(), "the process died before it could answer");
            drop(server);
            let mut server = stage.installation.serve(&[], &[]);
            server.url();
            let found = stage.api.get("/sms/messages").await;
            assert_eq!(found["items"].as_array().map(Vec::len), Some(kept), "{point}");
            stage.end().await;
        }
    });
}

/// Lets the carrier tell that somebody wrote. The server may die of it.
async fn told(stage: &Stage, event: &str, from: &str, words: &str) -> Result<Answer, Failure> {
    let db = Db::open(&stage.database.url).await.expect("the database opens");
    let secret = fs::read_to_string(stage.database.folder().join("secret.key")).expect("the server made its key");
    let cipher = Cipher::from_text(&secret).expect("the key is sound");
    let mut tx = db.read().await.expect("the database reads");
    let found = connections::of_provider(&mut tx, &cipher, Provider::Simulator, 1).await.expect("connections are read").remove(0);
    drop(tx);
    db.close().await;
    let body = json!({"event_id": event, "to": "Peyk", "from": from, "text": words, "at": rfc3339(Clock::system().now())}).to_string();
    let signature = sign(found.settings.get(TOKEN).expect("the simulator has one"), body.as_bytes());
    let url = format!("{}/webhooks/simulator/{}/inbound", stage.api.base, found.webhook_key);
    let outbound = Outbound::new(Limits::default()).expect("an HTTP client can be built");
    outbound.send(outbound.post(url).header(SIGNATURE_HEADER, signature).body(body)).await
}

#[test]
fn a_stop_is_acted_on_exactly_once_though_the_process_dies_of_it() {
    run(async {
        for (point, kept) in [("inbound-before-commit", false), ("inbound-after-commit", true)] {
            let stage = Stage::set(Engine::Sqlite, SCRIPT, &[]).await;
            let phone = Person::nth(0).phone;
            let check = format!("/sms/opt-out/check/{phone}");
            let mut server = stage.installation.serve(&[], &[("FAILPOINTS", format!("{point}=panic"))]);
            server.url();
            let asked = told(&stage, "e1", &phone, "STOP").await;
            assert!(asked.is_err(), "the process died before it could answer, so the carrier does not believe that it was heard");
            drop(server);
            let mut server = stage.installation.serve(&[], &[]);
            server.url();
            assert_eq!(stage.api.get(&check).await["opted_out"], kept, "{point}");
            for _ in 0..2 {
                let again = told(&stage, "e1", &phone, "STOP").await.expect("the server answers");
                assert_eq!(again.status, 200);
            }
            assert_eq!(stage.api.get(&check).await["opted_out"], true);
            assert_eq!(stage.api.get("/sms/messages").await["items"].as_array().map(Vec::len), Some(1), "{point}: one confirmation");
            assert_eq!(stage.api.get("/inbox?status=all").await["items"].as_array().map(Vec::len), Some(1));
            stage.end().await;
        }
    });
}
