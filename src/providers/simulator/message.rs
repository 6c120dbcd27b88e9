//! A message on its way through the simulator: as it comes in, once it is taken, and what is answered.

use std::sync::Arc;

use crate::kernel::crypto::Secret;
use crate::kernel::money::Micros;

use super::codes::Code;
use super::journal::{Kind, Line};
use super::wire::Wire;

/// A message as a protocol hands it in.
#[derive(Clone, Copy)]
pub struct Submission<'a> {
    /// The protocol.
    pub wire: Wire,
    /// The sender's attempt reference; what tells messages apart where [`Wire::carries_reference`] is false.
    pub reference: &'a str,
    /// The recipient, E.164.
    pub to: &'a str,
    /// The sender.
    pub from: &'a str,
    /// The text.
    pub text: &'a str,
    /// Where receipts go.
    pub target: Option<&'a Arc<Target>>,
}

/// Where callbacks of a connection go.
pub struct Target {
    /// The protocol that they speak.
    pub wire: Wire,
    /// The address for receipts.
    pub url: String,
    /// What signs them.
    pub secret: Secret,
}

/// What a protocol shall answer.
pub enum Reply {
    /// The message was taken.
    Accepted(Acceptance),
    /// It was not, for this reason.
    Refused(&'static Code),
    /// It was not: too fast.
    Throttled,
    /// It was not: an error of the carrier's own.
    ServerError,
    /// Nonsense with a good status.
    Garbage,
    /// Nothing: the connection breaks.
    Reset,
}

/// The carrier's word for a taken message.
pub struct Acceptance {
    /// Its id.
    pub id: String,
    /// How many segments are billed.
    pub segments: u32,
    /// For all segments, in USD.
    pub price: Micros,
}

/// What receipts and journal lines say about a taken message.
pub struct Taken {
    /// Its number in the memory.
    pub number: u64,
    /// Its protocol.
    pub wire: Wire,
    /// Its id.
    pub id: String,
    /// The sender's attempt reference, or the id where the protocol carries none.
    pub reference: Arc<str>,
    /// The recipient, E.164.
    pub to: Box<str>,
    /// SHA-256 of the text, hex.
    pub text_sha256: String,
    /// How many segments are billed.
    pub segments: u32,
    /// For all segments, in USD.
    pub price: Micros,
    /// Where receipts go.
    pub target: Option<Arc<Target>>,
}

impl Submission<'_> {
    /// A line of the journal about it.
    pub fn line<'a>(&'a self, kind: Kind, at: &'a str, id: Option<&'a str>, text_sha256: &'a str, outcome: &'a str) -> Line<'a> {
        Line {
            at,
            kind,
            provider: self.wire.name(),
            reference: if self.wire.carries_reference() { Some(self.reference) } else { id },
            id,
            to: self.to,
            from: None,
            text_sha256,
            outcome,
            code: None,
        }
    }
}
