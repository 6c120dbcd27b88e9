//! Clients of SMS gateways, and the carrier simulator. Knows no tables and no subject.
//!
//! [`Client`] is what dispatch holds: one variant per provider, each in its own folder with its way of
//! sending, its receipts and its table of codes. [`outcome`] holds the words in which every client
//! answers, [`answers`] the rules by which an HTTP answer becomes one of them.

pub mod answers;
pub mod outcome;
pub mod receipt;
pub mod simulator;

pub use outcome::{Accepted, Capabilities, Lookup, Outgoing, Question, Refusal, RefusalClass, SendError};
pub use receipt::{Inbound, Receipt, ReceiptStatus, Unreadable};

/// A client of one provider with the credentials of one connection.
#[derive(Clone, Debug)]
pub enum Client {
    /// The carrier simulator over its own protocol.
    Simulator(simulator::Client),
}

impl Client {
    /// Asks the provider once to send a message. Nothing is repeated in here.
    pub async fn send(&self, message: &Outgoing<'_>) -> Result<Accepted, SendError> {
        match self {
            Self::Simulator(client) => client.send(message).await,
        }
    }

    /// Asks what became of an attempt whose outcome is unknown. Ask only when the attempt's request
    /// can no longer be under way.
    pub async fn lookup(&self, question: &Question<'_>) -> Lookup {
        match self {
            Self::Simulator(client) => client.lookup(question).await,
        }
    }

    /// What this provider can do.
    pub fn capabilities(&self) -> Capabilities {
        match self {
            Self::Simulator(_) => simulator::Client::CAPABILITIES,
        }
    }
}
