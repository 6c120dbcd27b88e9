//! A provider that takes many messages in one call: campaigns leave in few calls, and each message keeps a life of its
//! own, whatever becomes of the others in its call.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use peyk::access::Role;
use peyk::campaigns::{self, Audience, Campaign, CampaignStatus, Launch, NewCampaign, Recipient};
use peyk::connections::{self, ConnectionInput};
use peyk::dispatch::Pump;
use peyk::kernel::category::Category;
use peyk::kernel::clock::{MINUTE, Millis, SECOND, parse_rfc3339};
use peyk::kernel::crypto::sha256_hex;
use peyk::kernel::limits::Limits;
use peyk::messages::{SendRequest, Status};
use peyk::providers::simulator::Simulator;
use serde_json::Value;

use crate::harness::{TestApp, both_engines};
use crate::messages::{send, text_to};
use crate::uploads::text;

both_engines! {
    a_campaign_leaves_in_few_calls_and_each_message_gets_its_own_result,
    a_connections_limit_holds_for_messages_that_share_calls,
    codes_and_single_messages_go_alone,
    an_account_that_cannot_send_many_at_once_sends_one_by_one,
    a_call_that_is_refused_loses_no_message_and_pauses_the_connection,
    a_call_without_an_answer_leaves_each_message_in_doubt_and_sends_none_twice,
    a_crash_during_a_call_leaves_each_message_in_doubt,
}

/// Who never gets anything: Mitake says that the number is not valid.
const INVALID: u64 = 123;
/// Whose text cannot share a call.
const LONELY: u64 = 77;

fn phone(n: u64) -> String {
    // None ends as the simulator's special numbers do, but for one.
    if n == INVALID { "+886912340001".into() } else { format!("+8869120{:05}", 1_000 + n) }
}

async fn put(app: &TestApp, input: ConnectionInput) {
    connections::put(app, &app.actor(Role::Owner), "taiwan", input).await.expect("a connection");
}

/// A connection to Mitake at the simulator at this address, with further settings.
async fn connect(app: &TestApp, base: &str, others: &[(&str, &str)]) {
    let base = format!("{base}/mitake");
    let known = [("username", "shop"), ("password", "secret"), ("base_url", &*base)];
    let config: BTreeMap<_, _> = known.iter().chain(others).map(|(name, value)| ((*name).to_owned(), Some((*value).to_owned()))).collect();
    put(app, ConnectionInput { provider: Some("mitake".into()), config: Some(config), ..ConnectionInput::default() }).await;
}

async fn launched(app: &TestApp, people: u64) -> Campaign {
    let actor = app.actor(Role::Marketer);
    let recipient = |n| {
        let name = if n == LONELY { "A$$B".to_owned() } else { format!("Person {n}") };
        Recipient { to: phone(n), variables: [("name".to_owned(), name)].into() }
    };
    let audience = Audience::Recipients((1..=people).map(recipient).collect());
    let new = NewCampaign { name: "Autumn".into(), connection: Some("taiwan".into()), ..NewCampaign::default() };
    let made = campaigns::create(app, &actor, &new, &audience, Some(&text("Hi {{ name }}", Category::Order))).await;
    campaigns::launch(app, &actor, &made.expect("a draft").0.id, &Launch::default()).await.expect("launched")
}

async fn campaign(app: &TestApp, campaign: &Campaign) -> Campaign {
    campaigns::get(app, &app.actor(Role::Marketer), &campaign.id).await.expect("it is there")
}

/// What a carrier took, as its journal has it.
fn taken(carrier: &Simulator) -> Vec<Value> {
    let lines = carrier.journal_lines();
    let lines = lines.iter().map(|line| serde_json::from_str::<Value>(line).expect("journal lines are JSON"));
    lines.filter(|line| line["kind"] == "submit" && line["id"].is_string()).collect()
}

/// The people that a carrier took a message to; fails if one got two.
fn people(carrier: &Simulator) -> BTreeSet<String> {
    let lines = taken(carrier);
    let people: BTreeSet<String> = lines.iter().map(|line| line["to"].as_str().expect("a number").to_owned()).collect();
    assert_eq!(people.len(), lines.len(), "nobody gets anything twice");
    people
}

async fn a_campaign_leaves_in_few_calls_and_each_message_gets_its_own_result(app: TestApp) {
    connect(&app, &app.simulator_url, &[]).await;
    let made = launched(&app, 300).await;
    app.dispatch_all().await;
    let calls = app.simulator.calls();
    assert!((2..=10).contains(&calls), "300 messages left in {calls} calls");
    let expected: BTreeSet<String> = (1..=300).filter(|n| *n != INVALID).map(phone).collect();
    assert_eq!(people(&app.simulator), expected);
    let lonely = taken(&app.simulator).into_iter().find(|line| line["to"] == phone(LONELY)).expect("it went alone");
    assert_eq!(lonely["text_sha256"], sha256_hex(b"Hi A$$B"));
    let stands = campaign(&app, &made).await;
    let of = |status| stands.counts.of(status);
    assert_eq!((of(Status::Sent) + of(Status::Delivered), of(Status::Failed), stands.status), (299, 1, CampaignStatus::Finished));
}

async fn a_connections_limit_holds_for_messages_that_share_calls(app: TestApp) {
    connect(&app, &app.simulator_url, &[]).await;
    put(&app, ConnectionInput { limits: Some(Limits { per_second: Some(100), ..Limits::default() }), ..ConnectionInput::default() }).await;
    launched(&app, 300).await;
    let mut steps = 0;
    while taken(&app.simulator).len() < 299 {
        app.dispatch_all().await;
        app.advance(100);
        steps += 1;
        assert!(steps < 60, "{} of 299 left in {steps} steps", taken(&app.simulator).len());
    }
    assert!(steps >= 27, "300 messages at 100 a second left in {steps} steps of 0.1 s");
    let at = |line: Value| line["at"].as_str().and_then(parse_rfc3339).expect("a line has its time");
    let times: Vec<Millis> = taken(&app.simulator).into_iter().map(at).collect();
    let most = times.iter().map(|from| times.iter().filter(|at| (*from..from + SECOND).contains(at)).count()).max();
    // The clock stands still while a message waits for its slot, and a slot lies at most 0.15 s ahead.
    assert!(most <= Some(116), "{most:?} in a second");
    let calls = app.simulator.calls();
    assert!(calls <= 90, "{calls} calls");
    assert_eq!(people(&app.simulator).len(), 299);
}

async fn codes_and_single_messages_go_alone(app: TestApp) {
    connect(&app, &app.simulator_url, &[]).await;
    let over_mitake = |n| SendRequest { connection: Some("taiwan".into()), ..text_to(&phone(n)) };
    for n in 1..=5 {
        send(&app, over_mitake(n)).await;
        send(&app, SendRequest { category: Some("authentication".into()), text: Some("Code 123456".into()), ..over_mitake(10 + n) }).await;
    }
    app.dispatch_all().await;
    assert_eq!((people(&app.simulator).len(), app.simulator.calls()), (10, 10));
}

async fn an_account_that_cannot_send_many_at_once_sends_one_by_one(app: TestApp) {
    connect(&app, &app.simulator_url, &[("bulk", "no")]).await;
    launched(&app, 20).await;
    app.dispatch_all().await;
    assert_eq!((people(&app.simulator).len(), app.simulator.calls()), (20, 20));
}

async fn a_call_that_is_refused_loses_no_message_and_pauses_the_connection(app: TestApp) {
    connect(&app, &app.simulator_url, &[("password", "wrong")]).await;
    let made = launched(&app, 50).await;
    app.dispatch_all().await;
    let found = connections::get(&app, &app.actor(Role::Owner), "taiwan").await.expect("it is there").connection;
    assert!(found.paused_reason.is_some_and(|why| why.contains("password")), "its owner learns why");
    assert_eq!((campaign(&app, &made).await.counts.waiting(), taken(&app.simulator).len()), (50, 0));
    let config = BTreeMap::from([("password".to_owned(), Some("secret".to_owned()))]);
    put(&app, ConnectionInput { enabled: Some(true), config: Some(config), ..ConnectionInput::default() }).await;
    app.advance(2 * MINUTE);
    app.dispatch_all().await;
    assert_eq!((people(&app.simulator).len(), campaign(&app, &made).await.status), (50, CampaignStatus::Finished));
}

async fn a_call_without_an_answer_leaves_each_message_in_doubt_and_sends_none_twice(app: TestApp) {
    let script = r#"{"latency_ms":[0,0],"receipts":{"delivered":0,"failed":0},"faults":{"reset_after_accept":1}}"#;
    let (carrier, base) = app.another_carrier(script).await;
    connect(&app, &base, &[]).await;
    let made = launched(&app, 40).await;
    app.dispatch_all().await;
    assert!(carrier.calls() <= 4, "{} calls", carrier.calls());
    in_doubt(&app, &carrier, &made).await;
}

/// Every one of forty messages was taken once, and Peyk does not know it, or learned it without sending again. (After two
/// minutes of doubt the policy of their category would send them again, and say so.)
async fn in_doubt(app: &TestApp, carrier: &Simulator, made: &Campaign) {
    for _ in 0..2 {
        assert_eq!(people(carrier).len(), 40);
        let counts = campaign(app, made).await.counts;
        assert_eq!(counts.of(Status::Unknown) + counts.of(Status::Sent), 40, "{counts:?}");
        app.advance(10 * SECOND);
        app.dispatch_all().await;
    }
}

async fn a_crash_during_a_call_leaves_each_message_in_doubt(app: TestApp) {
    let script = r#"{"latency_ms":[20000,20000],"receipts":{"delivered":0,"failed":0}}"#;
    let (carrier, base) = app.another_carrier(script).await;
    connect(&app, &base, &[]).await;
    let made = launched(&app, 40).await;
    while campaigns::expand_step(&app).await.expect("a step") {}
    let [_, mut others] = Pump::pair(app.shared());
    for _ in 0..200 {
        others.turn().await.expect("a turn");
        if taken(&carrier).len() == 40 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Whoever holds the calls is gone, as in a crash.
    drop(others);
    assert_eq!(campaign(&app, &made).await.counts.of(Status::Submitting), 40);
    // Longer than a lease.
    app.advance(90 * SECOND);
    app.dispatch_all().await;
    in_doubt(&app, &carrier, &made).await;
}
