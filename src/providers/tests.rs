//! What the tests of several providers need: an HTTP client, a server, a simulator, and the look into an answer.

use std::time::Duration;

use axum::Router;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::kernel::clock::Clock;
use crate::kernel::outbound::{Limits, Outbound};

use super::simulator::{Journal, Script, Simulator};
use super::{RefusalClass, SendError};

/// An HTTP client that soon gives up.
pub fn outbound() -> Outbound {
    Outbound::new(Limits { total: Duration::from_millis(800), ..Limits::default() }).unwrap()
}

/// Serves on a free port; the address, without a slash at its end.
pub async fn serve(router: Router) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async { axum::serve(listener, router).await });
    base
}

/// A simulator with these fields of a script, and its address.
pub async fn simulate(fields: &str, clock: Clock) -> (Simulator, String) {
    let script = Script::parse(&format!("{{{fields}}}")).unwrap();
    let simulator = Simulator::new(script, Journal::memory(), clock, outbound());
    let base = serve(simulator.router()).await;
    (simulator, base)
}

/// The lines of a simulator's journal.
pub fn journal(simulator: &Simulator) -> Vec<Value> {
    simulator.journal_lines().iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Code and class of a refusal.
pub fn refused<T: std::fmt::Debug>(result: Result<T, SendError>) -> (String, RefusalClass) {
    match result {
        Err(SendError::Refused(refusal)) => (refusal.code, refusal.class),
        other => panic!("not a refusal: {other:?}"),
    }
}
