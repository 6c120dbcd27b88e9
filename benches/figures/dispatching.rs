//! B2: from the launch until every status is durable, beside a bare loop of the same HTTP calls.

use std::time::{Duration, Instant};

use peyk::kernel::clock::Clock;
use serde_json::json;

use crate::Effort;
use crate::floor;
use crate::machine::cpu_seconds;
use crate::real::{Person, csv};
use crate::stage::{Stage, carrier_script};
use crate::table::{Table, median};

/// Requests under way per connection, Peyk's default.
const WINDOW: f64 = 64.0;

/// One run.
struct Run {
    seconds: f64,
    cpu: f64,
    start_ms: f64,
    floor: floor::Floor,
}

/// Measures it for a carrier on the same machine, one nearby and one far away.
pub async fn measure(effort: Effort, table: &mut Table) {
    let cut = if effort.quick { 4 } else { 1 };
    for (messages, latency_ms, receipts) in [(20_000, 0, false), (20_000, 0, true), (10_000, 50, true), (5_000, 250, true)] {
        let messages = messages / cut;
        let mut runs = Vec::new();
        for _ in 0..effort.runs {
            runs.push(run(messages, latency_ms, receipts).await);
        }
        let middle = |of: fn(&Run) -> f64| median(runs.iter().map(of));
        let (seconds, cpu, start_ms) = (middle(|r| r.seconds), middle(|r| r.cpu), middle(|r| r.start_ms));
        let (floor_seconds, floor_cpu) = (middle(|r| r.floor.seconds), middle(|r| r.floor.cpu));
        let rate = messages as f64 / seconds;
        let (rate_ratio, cpu_ratio) =
            (median(runs.iter().map(|r| r.floor.seconds / r.seconds)), median(runs.iter().map(|r| r.cpu / r.floor.cpu)));
        let of_window = if latency_ms == 0 {
            String::new()
        } else {
            format!(", {:.0} % of window/latency", rate * f64::from(latency_ms) / WINDOW / 10.0)
        };
        let with = if receipts { "with receipts" } else { "without receipts" };
        table.line(
            "B2",
            &format!("{messages} messages, carrier answers in {latency_ms} ms, {with}"),
            &format!(
                "{rate:.0} msg/s{of_window}, start {start_ms:.0} ms, {cpu:.2} s CPU; bare loop {:.0} msg/s, {floor_cpu:.2} s CPU: {rate_ratio:.2} × its rate, {cpu_ratio:.2} × its CPU",
                messages as f64 / floor_seconds
            ),
        );
    }
}

async fn run(messages: usize, latency_ms: u32, receipts: bool) -> Run {
    let stage = Stage::set(&carrier_script(latency_ms, receipts), &[]);
    let (_, campaign) = stage.upload(&csv(Person::first(messages))).await;
    let id = campaign["id"].as_str().expect("the campaign has an id");
    let (launched_at, before, began) = (Clock::system().now(), cpu_seconds(stage.server.id()), Instant::now());
    stage.api.post(&format!("/sms/campaigns/{id}/launch"), &json!({})).await;
    let end = stage.api.ended(id, receipts, Duration::from_secs(600)).await;
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds(stage.server.id()) - before);
    assert_eq!(end["counts"][if receipts { "delivered" } else { "sent" }], messages, "every message arrives");
    let first = stage.carrier.submissions().first().map(|s| s.at).expect("something was submitted");
    let floor = floor::measure(&stage.carrier.url, messages, receipts).await;
    Run { seconds, cpu, start_ms: (first - launched_at) as f64, floor }
}
