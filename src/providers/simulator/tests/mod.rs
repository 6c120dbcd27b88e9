//! The simulator over real connections, seen through our own client.

mod conforms;
mod numbers;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;

use super::*;
use crate::kernel::clock::{Clock, SECOND};
use crate::providers::tests::{journal, outbound, refused, serve, simulate};
use crate::providers::{BASE_URL, Client, Lookup, Outgoing, Question, Receipt, ReceiptStatus, RefusalClass, SendError, Settings};

const SECRET: &str = "the connection's secret";
/// No latency, and receipts soon after the answer.
const QUICK: &str = r#""latency_ms":[0,0]"#;

/// A callback as it arrived: path, signature good, body.
struct Heard {
    path: String,
    genuine: bool,
    body: Bytes,
}

impl Heard {
    fn receipt(&self) -> Receipt {
        parse_receipt(&self.body).unwrap()
    }
}

struct World {
    simulator: Simulator,
    client: Client,
    clock: Clock,
    base: String,
    callback_url: String,
    heard: mpsc::UnboundedReceiver<Heard>,
    /// Statuses that our side answers before it answers 200.
    answers: Arc<Mutex<Vec<StatusCode>>>,
}

fn settings(base: &str, token: &str) -> Settings {
    Settings::new([(BASE_URL.into(), base.into()), (TOKEN.into(), token.into())].into())
}

fn connect(base: &str, token: &str) -> Client {
    client(outbound(), Clock::system(), &settings(base, token)).unwrap()
}

type Ears = (mpsc::UnboundedSender<Heard>, Arc<Mutex<Vec<StatusCode>>>);

async fn hear(State((ears, answers)): State<Ears>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    let signature = headers.get(SIGNATURE_HEADER).map_or("", |value| value.to_str().unwrap());
    let genuine = verify_signature(SECRET, &body, signature);
    ears.send(Heard { path: uri.path().into(), genuine, body }).unwrap();
    let planned = answers.lock().unwrap().pop();
    planned.unwrap_or(if genuine { StatusCode::OK } else { StatusCode::FORBIDDEN })
}

impl World {
    /// A simulator with these fields of a script.
    async fn new(fields: &str) -> Self {
        let clock = Clock::fixed(1_700_000_000_000);
        let (simulator, base) = simulate(fields, clock.clone()).await;
        let (ears, heard) = mpsc::unbounded_channel();
        let answers = Arc::default();
        let ours = Router::new().route("/hooks/{kind}", post(hear)).with_state((ears, Arc::clone(&answers)));
        let callback_url = format!("{}/hooks/status", serve(ours).await);
        let client = connect(&base, SECRET);
        Self { simulator, client, clock, base, callback_url, heard, answers }
    }

    async fn send(&self, attempt: &str, to: &str) -> Result<crate::providers::Accepted, SendError> {
        let callback_url = &self.callback_url;
        self.client
            .send(&Outgoing {
                attempt,
                to,
                from: "+15559990000",
                text: "hello €",
                callback_url,
                promotional: false,
                registered_template: None,
            })
            .await
    }

    async fn lookup(&self, attempt: &str, started_at: i64) -> Lookup {
        let question = Question { attempt, to: "+15550001234", from: "", text: "hello €", started_at };
        self.client.lookup(&question).await
    }

    async fn next(&mut self) -> Heard {
        tokio::time::timeout(Duration::from_secs(10), self.heard.recv()).await.expect("a callback in time").unwrap()
    }

    fn journal(&self) -> Vec<Value> {
        journal(&self.simulator)
    }

    /// The one journal line of a kind, as `outcome`.
    fn outcomes(&self, kind: &str) -> Vec<String> {
        let lines = self.journal();
        lines.iter().filter(|l| l["kind"] == kind).map(|l| l["outcome"].as_str().unwrap().to_owned()).collect()
    }

    fn acceptances(&self) -> usize {
        self.journal().iter().filter_map(|line| line["id"].as_str().map(str::to_owned)).collect::<HashSet<_>>().len()
    }
}

#[tokio::test]
async fn a_message_is_taken_billed_and_delivered() {
    let mut world = World::new(&format!(r#"{QUICK},"receipts":{{"delivered":1}}"#)).await;
    let accepted = world.send("att_1", "+15550001234").await.unwrap();
    assert_eq!((accepted.segments, accepted.price_micros), (Some(1), Some(7_900)));
    let heard = world.next().await;
    assert!(heard.genuine && heard.path == "/hooks/status");
    let receipt = heard.receipt();
    assert_eq!(receipt.status, ReceiptStatus::Delivered);
    assert_eq!(receipt.attempt.as_deref(), Some("att_1"));
    assert_eq!(receipt.provider_message_id, Some(accepted.provider_message_id.clone()));
    assert_eq!((receipt.at, receipt.price_micros), (world.clock.now(), Some(7_900)));

    let lines = world.journal();
    let kinds: Vec<_> = lines.iter().map(|l| (l["kind"].as_str().unwrap(), l["outcome"].as_str().unwrap())).collect();
    assert_eq!(kinds, [("submit", "accepted"), ("answer", "accepted"), ("receipt", "delivered")]);
    for line in &lines {
        assert_eq!(line["provider"], "simulator");
        assert_eq!(line["ref"], "att_1");
        assert_eq!(line["id"], accepted.provider_message_id.as_str());
        assert_eq!(line["to"], "+15550001234");
        assert_eq!(line["text_sha256"], crate::kernel::crypto::sha256_hex("hello €".as_bytes()));
        assert_eq!(line["at"], "2023-11-14T22:13:20.000Z");
    }
}

#[tokio::test]
async fn every_fault_is_classed_rightly_and_journaled_truly() {
    for (fault, taken) in [
        ("http_500", false),
        ("http_429", false),
        ("refuse", false),
        ("hang_after_accept", true),
        ("reset_after_accept", true),
        ("garbage", true),
    ] {
        let world = World::new(&format!(r#"{QUICK},"faults":{{"{fault}":1}}"#)).await;
        let result = world.send("att", "+15550001234").await;
        match fault {
            "http_429" => assert_eq!(result, Err(SendError::Throttled { retry_after: Some(Duration::from_secs(1)) })),
            "refuse" => assert_eq!(refused(result), ("carrier_refused".into(), RefusalClass::Retryable)),
            _ => assert!(matches!(result, Err(SendError::Unknown { .. })), "{fault}: {result:?}"),
        }
        assert_eq!(world.acceptances(), usize::from(taken), "{fault}");
        world.clock.advance(5 * SECOND);
        let looked_up = world.lookup("att", world.clock.now()).await;
        match taken {
            true => assert!(matches!(looked_up, Lookup::Accepted(..)), "{fault}"),
            false => assert_eq!(looked_up, Lookup::NeverArrived, "{fault}"),
        }
    }
}

#[tokio::test]
async fn absence_proves_nothing_before_the_memory_began() {
    let world = World::new(QUICK).await;
    let began = world.clock.now();
    assert_eq!(world.lookup("att", began - 60 * SECOND).await, Lookup::CannotTell);
    assert_eq!(world.lookup("att", began + SECOND).await, Lookup::CannotTell);
    assert_eq!(world.lookup("att", began + SECOND + 1).await, Lookup::NeverArrived);
    let nowhere = connect("http://127.0.0.1:1", "none");
    let question = Question { attempt: "att", to: "", from: "", text: "", started_at: began + 60 * SECOND };
    assert_eq!(nowhere.lookup(&question).await, Lookup::CannotTell);
}

#[tokio::test]
async fn no_simulator_at_the_address_is_unreachable_and_a_wrong_path_misconfigured() {
    let world = World::new(QUICK).await;
    let message =
        Outgoing { attempt: "a", to: "+15550001234", from: "", text: "t", callback_url: "", promotional: false, registered_template: None };
    let send = |base: String| async move { connect(&base, "none").send(&message).await.unwrap_err() };
    assert!(matches!(send("http://127.0.0.1:1".into()).await, SendError::Unreachable { .. }));
    assert!(matches!(send(format!("{}/elsewhere", world.base)).await, SendError::Misconfigured { .. }));
    assert!(client(outbound(), Clock::system(), &settings("ftp://example.com", "none")).is_err());
}

#[tokio::test]
async fn the_same_reference_submitted_twice_is_two_messages() {
    let world = World::new(QUICK).await;
    let first = world.send("att", "+15550001234").await.unwrap();
    let second = world.send("att", "+15550001234").await.unwrap();
    assert_ne!(first.provider_message_id, second.provider_message_id);
    assert_eq!(world.acceptances(), 2);
}

#[tokio::test]
async fn duplicates_share_their_key_and_forgeries_are_told_apart() {
    let script = format!(r#"{QUICK},"receipts":{{"delivered":1,"duplicate":1,"forge":1,"delay_ms":[40,40]}}"#);
    let mut world = World::new(&script).await;
    world.send("att", "+15550001234").await.unwrap();
    let forged = world.next().await;
    assert!(!forged.genuine);
    assert!(matches!(forged.receipt().status, ReceiptStatus::Failed(_)));
    let (first, second) = (world.next().await, world.next().await);
    assert!(first.genuine && second.genuine);
    assert_eq!(first.receipt(), second.receipt());
    assert_ne!(first.receipt().event_key, forged.receipt().event_key);
    assert_eq!(world.outcomes("receipt"), ["forged", "delivered", "delivered"]);
    assert_eq!(world.acceptances(), 1);
}

#[tokio::test]
async fn a_receipt_may_come_before_the_answer_and_an_early_one_last() {
    let script = r#""latency_ms":[400,400],"receipts":{"delivered":1,"reorder":1,"delay_ms":[8,8]}"#;
    let mut world = World::new(script).await;
    let callback_url = world.callback_url.clone();
    let client = world.client.clone();
    let sending = tokio::spawn(async move {
        let message = Outgoing {
            attempt: "att",
            to: "+15550001234",
            from: "",
            text: "t",
            callback_url: &callback_url,
            promotional: false,
            registered_template: None,
        };
        client.send(&message).await
    });
    assert_eq!(world.next().await.receipt().status, ReceiptStatus::Delivered);
    assert_eq!(world.next().await.receipt().status, ReceiptStatus::Sent);
    assert!(!sending.is_finished());
    assert!(sending.await.unwrap().is_ok());
    assert_eq!(world.outcomes("answer"), ["accepted"]);
    assert_eq!(world.journal().last().unwrap()["kind"], "answer");
}

#[tokio::test]
async fn a_receipt_is_repeated_until_our_side_takes_it() {
    let mut world = World::new(&format!(r#"{QUICK},"receipts":{{"delivered":1,"delay_ms":[0,0]}}"#)).await;
    *world.answers.lock().unwrap() = vec![StatusCode::SERVICE_UNAVAILABLE, StatusCode::INTERNAL_SERVER_ERROR];
    world.send("att", "+15550001234").await.unwrap();
    let keys = [world.next().await, world.next().await, world.next().await].map(|heard| heard.receipt().event_key);
    assert!(keys.iter().all(|key| *key == keys[0]));
    assert_eq!(world.outcomes("receipt"), ["delivered"]);
}

#[tokio::test]
async fn a_person_can_write_back_once_a_connection_is_known() {
    let mut world = World::new(QUICK).await;
    let text = r#"{"to":"+15559990000","from":"+15550001234","text":"hi","provider":"simulator"}"#;
    let write = || async {
        let client = outbound();
        let request = client.post(format!("{}/sim/v1/inbound", world.base)).body(text);
        client.send(request).await.unwrap().status
    };
    assert_eq!(write().await, 409);
    world.simulator.introduce(Provider::Simulator, &world.callback_url, SECRET);
    assert_eq!((write().await, write().await), (202, 202));
    let (first, second) = (world.next().await, world.next().await);
    assert!(first.genuine && first.path == "/hooks/inbound");
    let (first, second) = (parse_inbound(&first.body).unwrap(), parse_inbound(&second.body).unwrap());
    assert_eq!((&*first.text, &*first.from, &*first.to), ("hi", "+15550001234", "+15559990000"));
    assert_ne!(first.event_key, second.event_key);
}

#[tokio::test]
async fn a_phone_shows_what_it_received() {
    let world = World::new(QUICK).await;
    for to in ["+15550001234", "+15550005678", "+15550000001"] {
        world.send("att", to).await.ok();
    }
    let base = &world.base;
    let list = |query: &'static str| async move {
        let client = outbound();
        let answer = client.send(client.get(format!("{base}/sim/v1/messages{query}"))).await.unwrap();
        serde_json::from_slice::<Value>(&answer.body).unwrap()["items"].clone()
    };
    for query in ["?to=%2B15550001234", "?to=+15550001234", "?to=15550001234"] {
        let items = list(query).await;
        assert_eq!(items.as_array().unwrap().len(), 1, "{query}");
        assert_eq!(items[0]["text"], "hello €");
        assert_eq!(items[0]["at"], "2023-11-14T22:13:20.000Z");
    }
    assert_eq!(list("").await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_journal_file_holds_a_line_as_soon_as_its_thing_is_seen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.jsonl");
    std::fs::write(&path, "{\"earlier\":\"line\"}\n").unwrap();
    let script = Script::parse(&format!("{{{QUICK}}}")).unwrap();
    let simulator = Simulator::new(script, Journal::file(&path).unwrap(), Clock::system(), outbound());
    let client = connect(&serve(simulator.router()).await, "none");
    let message = Outgoing {
        attempt: "att",
        to: "+15550000005",
        from: "",
        text: "t",
        callback_url: "",
        promotional: false,
        registered_template: None,
    };
    let id = client.send(&message).await.unwrap().provider_message_id;
    let text = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 3, "the file is appended to");
    assert!(lines[1..].iter().all(|line| line["id"] == id.as_str()));
}

#[tokio::test]
async fn a_journal_that_cannot_be_written_takes_no_message() {
    let script = Script::parse(&format!("{{{QUICK}}}")).unwrap();
    let full = Journal::file(std::path::Path::new("/dev/full")).unwrap();
    let simulator = Simulator::new(script, full, Clock::system(), outbound());
    let base = serve(simulator.router()).await;
    let client = connect(&base, "none");
    let message = Outgoing {
        attempt: "att",
        to: "+15550001234",
        from: "",
        text: "t",
        callback_url: "",
        promotional: false,
        registered_template: None,
    };
    assert!(matches!(client.send(&message).await, Err(SendError::Unknown { .. })));
    let http = outbound();
    let list = http.send(http.get(format!("{base}/sim/v1/messages"))).await.unwrap();
    assert_eq!(&list.body[..], br#"{"items":[]}"#);
}

#[test]
fn unreadable_callbacks_are_refused_without_being_quoted() {
    for body in ["", "{}", "[]", r#"{"event_id":"e","id":"i","ref":"r","status":"lost","at":"2023-11-14T22:13:20Z","price":"1"}"#] {
        let error = parse_receipt(body.as_bytes()).unwrap_err().to_string();
        assert!(!error.contains("lost"), "{error}");
        assert!(parse_inbound(body.as_bytes()).is_err());
    }
}
