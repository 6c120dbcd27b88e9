//! The simulator as a process of its own.

use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use crate::kernel::clock::Clock;
use crate::kernel::outbound::{Limits, Outbound};

use super::{Journal, Script, Simulator};

/// How long answers under way may take after the signal to stop; those that hang are cut off.
const DRAIN: Duration = Duration::from_secs(2);

/// Serves the simulator until Ctrl-C or SIGTERM. `on_ready` is told the bound address. Receipts that are
/// still due when it stops are never sent.
pub async fn run(listen: SocketAddr, journal: Option<&Path>, script: Script, on_ready: impl FnOnce(SocketAddr)) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let journal = journal.map_or(Ok(Journal::memory()), Journal::file)?;
    let outbound = Outbound::new(Limits::default()).map_err(io::Error::other)?;
    let simulator = Simulator::new(script, journal, Clock::system(), outbound);
    let listener = TcpListener::bind(listen).await?;
    on_ready(listener.local_addr()?);

    let (stop, mut stopped) = tokio::sync::watch::channel(());
    let mut late = stop.subscribe();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        stop.send_replace(());
    });
    // Without this a small answer waits for the acknowledgement of the one before.
    let listener = listener.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps Nagle's algorithm");
        }
    });
    let serving = axum::serve(listener, simulator.router()).with_graceful_shutdown(async move {
        stopped.changed().await.ok();
    });
    tokio::select! {
        ended = serving.into_future() => ended,
        () = async { late.changed().await.ok(); tokio::time::sleep(DRAIN).await } => Ok(()),
    }
}
