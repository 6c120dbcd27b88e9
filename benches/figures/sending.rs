//! B3: single messages by API, each answered when it is stored, beside the same load on `/healthz`.

use std::time::Duration;

use serde_json::json;

use crate::Effort;
use crate::load::{self, Load};
use crate::real::Person;
use crate::stage::{Stage, carrier_script};
use crate::table::{Table, median};

/// Connections that are kept.
const CONNECTIONS: usize = 50;

/// Measures it while another process would dispatch, and while this one dispatches too.
pub async fn measure(effort: Effort, table: &mut Table) {
    let time = Duration::from_secs(if effort.quick { 3 } else { 10 });
    let (mut alone, mut sending, mut floor) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..effort.runs {
        let stage = Stage::set(&carrier_script(0, false), &["--no-dispatch"]);
        alone.push(send(&stage, time).await);
        floor.push(healthz(&stage, time).await);
        drop(stage);
        sending.push(send(&Stage::set(&carrier_script(0, false), &[]), time).await);
    }
    let told = |loads: &[Load]| {
        let middle = |of: fn(&Load) -> f64| median(loads.iter().map(of));
        format!("{:.0} req/s, p50 {:.1} ms, p99 {:.1} ms", middle(|l| l.rate), middle(|l| l.p50), middle(|l| l.p99))
    };
    let work = format!("`POST /sms/send`, {CONNECTIONS} connections");
    table.line("B3", &format!("{work}, `--no-dispatch`"), &told(&alone));
    table.line("B3", &format!("{work}, dispatching them meanwhile"), &told(&sending));
    table.line("B3", "floor: `GET /healthz`, the same load", &told(&floor));
}

async fn send(stage: &Stage, time: Duration) -> Load {
    let (address, key) = (address(stage).to_owned(), stage.api.key.clone());
    let host = address.clone();
    let request = move |n: usize| {
        let person = Person::nth(n);
        let body = json!({ "to": person.phone, "text": person.text(), "category": "order" }).to_string();
        let head =
            format!("POST /api/v1/sms/send HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json");
        format!("{head}\r\nContent-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    };
    load::run(&address, CONNECTIONS, time, 202, request).await
}

async fn healthz(stage: &Stage, time: Duration) -> Load {
    let address = address(stage).to_owned();
    let request = format!("GET /healthz HTTP/1.1\r\nHost: {address}\r\n\r\n").into_bytes();
    load::run(&address, CONNECTIONS, time, 200, move |_| request.clone()).await
}

fn address(stage: &Stage) -> &str {
    stage.api.base.trim_start_matches("http://")
}
