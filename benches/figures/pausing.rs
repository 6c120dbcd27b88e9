//! B7: a pause at full rate, and what the resume does.

use std::collections::BTreeSet;
use std::time::Duration;

use peyk::kernel::clock::Clock;
use serde_json::json;

use crate::Effort;
use crate::real::{Person, csv};
use crate::stage::{Stage, carrier_script};
use crate::table::{Table, median};

/// How long nothing may leave before a pause counts as complete.
const QUIET: Duration = Duration::from_secs(2);

/// Measures the time from the call to the last submission.
pub async fn measure(effort: Effort, table: &mut Table) {
    let messages = if effort.quick { 10_000 } else { 40_000 };
    let mut last_ms = Vec::new();
    for _ in 0..effort.runs {
        last_ms.push(run(messages).await);
    }
    let (middle, most) = (median(last_ms.iter().copied()), last_ms.iter().copied().fold(0.0, f64::max));
    table.line(
        "B7",
        "pause at full rate: call to last submission; resume repeats and skips nobody",
        &format!("{middle:.0} ms, at most {most:.0} ms"),
    );
}

async fn run(messages: usize) -> f64 {
    let stage = Stage::set(&carrier_script(0, false), &[]);
    let (_, campaign) = stage.upload(&csv(Person::first(messages))).await;
    let path = format!("/sms/campaigns/{}", campaign["id"].as_str().expect("the campaign has an id"));
    stage.api.post(&format!("{path}/launch"), &json!({})).await;
    while stage.api.get(&path).await["counts"]["sent"].as_u64().is_none_or(|sent| sent < messages as u64 / 4) {
        // Nothing tells another process how far a campaign is but asking.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let paused_at = Clock::system().now();
    stage.api.post(&format!("{path}/pause"), &json!({})).await;
    tokio::time::sleep(QUIET).await;
    let before = stage.carrier.submissions();
    let last = before.iter().map(|s| s.at).max().expect("something was submitted");
    assert!(before.len() < messages, "the campaign was over before the pause");
    stage.api.post(&format!("{path}/resume"), &json!({})).await;
    stage.api.ended(campaign["id"].as_str().expect("the campaign has an id"), false, Duration::from_secs(600)).await;
    let all = stage.carrier.submissions();
    let people: BTreeSet<&str> = all.iter().map(|s| s.to.as_str()).collect();
    assert_eq!((all.len(), people.len()), (messages, messages), "everybody once");
    (last - paused_at).max(0) as f64
}
