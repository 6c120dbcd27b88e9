//! The carrier simulator: a stand-in for the world of carriers and phones.
//!
//! It takes messages over the wire protocols in [`wire`], decides what becomes of each by a hash of
//! the script's seed and the attempt reference (so that runs repeat), journals what happened, and later
//! posts receipts and replies. [`engine`] does all that and knows no protocol; a protocol only reads
//! requests and writes answers. It can be mounted in our own server ([`Simulator::router`]) or run as
//! a process of its own ([`run`]), which then outlives a crash of Peyk and holds the truth about it.

mod callbacks;
mod caller;
mod client;
mod codes;
mod engine;
mod fate;
mod journal;
mod memory;
mod message;
mod script;
mod standalone;
#[cfg(test)]
mod tests;
mod wire;

use std::sync::Arc;

pub use client::{FIELDS, TOKEN, client};
#[cfg(test)]
use client::{parse_inbound, parse_receipt};
pub use journal::Journal;
pub use script::{Script, ScriptError};
pub use standalone::run;
pub use wire::own::{SIGNATURE_HEADER, sign, verify_signature};

use crate::kernel::clock::Clock;
use crate::kernel::outbound::Outbound;
use crate::providers::Provider;

/// A running simulator; cheap to clone, the clones are one simulator. When the last clone and router are
/// dropped, receipts that are still due are dropped with it.
#[derive(Clone)]
pub struct Simulator(Arc<engine::Engine>);

impl Simulator {
    /// A simulator with an empty memory. Starts nothing before the first message comes.
    /// Callbacks leave through `outbound`.
    pub fn new(script: Script, journal: Journal, clock: Clock, outbound: Outbound) -> Self {
        Self(Arc::new(engine::Engine::new(script, journal, clock, outbound)))
    }

    /// The paths of all protocols, to be served as they are. The largest body taken is 64 KiB; 1 MiB where a call carries many messages.
    pub fn router(&self) -> axum::Router {
        wire::router(Arc::clone(&self.0))
    }

    /// Tells where a provider's connection listens, so that people can write to it before it sent anything, and so
    /// that a provider whose customers register an address by hand has one: the receipts' address (its path ends in
    /// `/status`) and what signs the provider's calls, if anything does.
    pub fn introduce(&self, provider: Provider, callback_url: &str, secret: &str) {
        if let Some(wire) = wire::Wire::named(provider.as_str()) {
            self.0.introduce(wire, callback_url, secret);
        }
    }

    /// In how many calls messages were handed in, over all protocols; fewer than messages where calls carry many.
    pub fn calls(&self) -> u64 {
        self.0.calls()
    }

    /// The journal, when it is kept in memory: its lines, oldest first.
    pub fn journal_lines(&self) -> Vec<String> {
        self.0.journal_lines()
    }
}
