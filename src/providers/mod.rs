//! Clients of SMS gateways, and the carrier simulator. Knows no tables and no subject.
//!
//! [`Client`] is what dispatch holds: a [`Gateway`], one folder each with its way of sending, its receipts and its
//! table of codes; [`Provider`] names them all. [`outcome`] holds the words in which every client answers,
//! [`answers`] the rules by which an HTTP answer becomes one of them.

pub mod answers;
mod codes;
#[cfg(test)]
mod conformance;
mod doorway;
mod every8d;
mod form;
mod gateway;
mod melipayamak;
mod mitake;
pub mod outcome;
mod provider;
pub mod receipt;
mod settings;
pub mod simulator;
mod sns;
mod taiwan;
#[cfg(test)]
mod tests;
mod twilio;

pub use doorway::Doorway;
pub use gateway::{Balance, Call, CallAnswer, CallError, Client, Door, Gateway, Heard, Line, Polled, Priced, Unpriced};
pub use outcome::{Accepted, Capabilities, Lookup, NoPattern, Outgoing, Question, Refusal, RefusalClass, Registered, SendError};
pub use provider::Provider;
pub use receipt::{Inbound, Receipt, ReceiptStatus};
pub use settings::{BASE_URL, BadSetting, Field, LOOKUP, ON, Settings, below};
