//! What providers tell us later: receipts, and what people wrote back.

use crate::kernel::clock::Millis;
use crate::kernel::money::Micros;

use super::outcome::Refusal;

/// How far a provider says a message has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReceiptStatus {
    /// Handed to the network.
    Sent,
    /// Arrived on the phone.
    Delivered,
    /// Will not arrive.
    Failed(Refusal),
    /// The network gave up waiting for the phone.
    Expired,
}

/// A provider's later word on one message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// Our attempt reference, when the provider hands it back.
    pub attempt: Option<String>,
    /// The provider's name for the message.
    pub provider_message_id: Option<String>,
    /// What it says.
    pub status: ReceiptStatus,
    /// When that happened, by the provider's clock.
    pub at: Millis,
    /// Unique by event within a connection: a repeated receipt has the same key.
    pub event_key: String,
    /// The price of the whole message, when the receipt brings it.
    pub price_micros: Option<Micros>,
}

/// A text that somebody sent to us.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inbound {
    /// Unique by event within a connection.
    pub event_key: String,
    /// Our number or name that was written to.
    pub to: String,
    /// The person's number, as the provider writes it.
    pub from: String,
    /// The text.
    pub text: String,
    /// When it arrived, by the provider's clock.
    pub at: Millis,
    /// Whether the provider has answered a keyword in it by itself, so that nobody else should.
    pub answered: bool,
}
