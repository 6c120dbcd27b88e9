//! `peyk simulate`: the carrier simulator as its own process.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;
use peyk::providers::simulator::{self, Script};

use super::{Failure, Outcome, address, say};

/// `peyk simulate`.
#[derive(Args, Debug)]
pub struct Options {
    /// Where to listen
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4010", value_parser = address)]
    listen: SocketAddr,
    /// Append what happens to this file, one JSON line each
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Behave as this JSON file says
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
}

/// Runs until SIGTERM or Ctrl-C.
pub async fn run(options: Options) -> Outcome {
    let script = match &options.script {
        Some(path) => Script::read(path).map_err(|e| Failure::new(format!("{}: {e}", path.display())))?,
        None => Script::default(),
    };
    let ready = |address| say(&format!("The simulator listens on http://{address}"));
    simulator::run(options.listen, options.journal.as_deref(), script, ready)
        .await
        .map_err(|e| Failure::new(format!("the simulator cannot run on {}: {e}", options.listen)))
}
