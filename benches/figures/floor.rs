//! The floor under B2: the same HTTP calls with the same client, window and texts, and nothing else. A process
//! of its own, so that its processor time is its own.

use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::post;
use futures::{StreamExt as _, stream};
use peyk::kernel::outbound::{Limits, Outbound};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Notify;

use crate::machine::cpu_seconds;
use crate::real::Person;
use crate::table::say;

/// The argument that makes this program the floor.
pub const NAME: &str = "floor";
/// Requests under way, as in `PEYK_WORKERS`.
const WINDOW: usize = 64;

/// What the floor comes to.
#[derive(Clone, Copy, Debug)]
pub struct Floor {
    /// Seconds until the last answer and the last receipt.
    pub seconds: f64,
    /// Seconds of processor time.
    pub cpu: f64,
}

/// Runs the floor in a process of its own.
pub async fn measure(carrier: &str, messages: usize, receipts: bool) -> Floor {
    let program = std::env::current_exe().expect("this program knows its name");
    let mut command = tokio::process::Command::new(program);
    command.args([NAME, carrier, &messages.to_string(), &receipts.to_string()]).stdin(Stdio::null());
    let said = command.output().await.expect("this program starts again");
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    let numbers: Vec<f64> = text.split_whitespace().filter_map(|word| word.parse().ok()).collect();
    let &[seconds, cpu] = numbers.as_slice() else { panic!("the floor failed: {}", String::from_utf8_lossy(&said.stderr)) };
    Floor { seconds, cpu }
}

/// Is the floor: `carrier messages receipts`.
pub async fn run(arguments: &[String]) {
    let [carrier, messages, receipts] = arguments else { panic!("the floor is told carrier, messages, receipts") };
    let (messages, receipts) = (messages.parse().expect("a number"), receipts == "true");
    let came = Arc::new(AtomicUsize::new(0));
    let all_came = Arc::new(Notify::new());
    let callback_url = listen(messages, Arc::clone(&came), Arc::clone(&all_came)).await;
    let client = Outbound::new(Limits::default()).expect("an HTTP client can be built");
    let (before, began) = (cpu_seconds(std::process::id()), Instant::now());
    let calls = stream::iter(0..messages).map(|n| {
        let (client, callback_url, url) = (client.clone(), callback_url.clone(), format!("{carrier}/sim/v1/messages"));
        // A task for each, so that both cores work.
        tokio::spawn(async move {
            let person = Person::nth(n);
            let body =
                json!({ "ref": format!("floor_{n}"), "to": person.phone, "from": "", "text": person.text(), "callback_url": callback_url });
            let answer = client.send(client.post(url).bearer_auth("floor").json(&body)).await.expect("the carrier answers");
            assert_eq!(answer.status, 201, "the carrier takes it");
        })
    });
    calls.buffer_unordered(WINDOW).for_each(|done| async { done.expect("no call failed") }).await;
    while receipts && came.load(Ordering::SeqCst) < messages {
        // The last ring may come between the look and the wait.
        tokio::time::timeout(Duration::from_millis(10), all_came.notified()).await.ok();
    }
    say(&format!("{} {}", began.elapsed().as_secs_f64(), cpu_seconds(std::process::id()) - before));
}

/// Counts the receipts that come in.
async fn listen(messages: usize, came: Arc<AtomicUsize>, all_came: Arc<Notify>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}/status", listener.local_addr().expect("it is bound"));
    let count = post(move |_body: bytes::Bytes| async move {
        if came.fetch_add(1, Ordering::SeqCst) + 1 == messages {
            all_came.notify_one();
        }
    });
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/status", count)).await });
    url
}
