//! What we ask of a provider, and the only answers that dispatch knows.

use std::time::Duration;

use crate::kernel::clock::Millis;
use crate::kernel::money::{Currency, Micros};

use super::receipt::ReceiptStatus;

/// One message on its way to a provider.
#[derive(Clone, Copy)]
pub struct Outgoing<'a> {
    /// Our reference of this attempt; the provider may hand it back in receipts.
    pub attempt: &'a str,
    /// The recipient, E.164.
    pub to: &'a str,
    /// The sender: a number, a short code or a name; empty for the provider's default.
    pub from: &'a str,
    /// The text, exactly as it shall arrive.
    pub text: &'a str,
    /// Where receipts of this connection shall be posted; its path ends in `/status`. A client whose provider takes an
    /// address for each message may add a query that names the attempt.
    pub callback_url: &'a str,
    /// Whether it advertises; some providers carry such messages apart.
    pub promotional: bool,
    /// Under which id the text's template is registered, where it is (India's DLT, Iran's patterns).
    pub registered_template: Option<&'a Registered>,
}

/// A registered text and what this message fills it with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// The registry's or the provider's id of the text.
    pub id: String,
    /// What stands in its gaps in this message, each gap once, in the order of first appearance; or why its template cannot be
    /// told by values alone.
    pub values: Result<Vec<String>, NoPattern>,
}

/// Why values alone do not tell a template's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoPattern {
    /// It has texts in several languages.
    Languages,
    /// It chooses its text by conditions.
    Choices,
}

/// An attempt whose outcome we do not know.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Our reference of the attempt.
    pub attempt: &'a str,
    /// The recipient, E.164.
    pub to: &'a str,
    /// The sender that the attempt named.
    pub from: &'a str,
    /// The text that the attempt carried.
    pub text: &'a str,
    /// When the attempt began.
    pub started_at: Millis,
}

/// The provider took the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// The provider's name for the message.
    pub provider_message_id: String,
    /// How many segments it bills, if it says so.
    pub segments: Option<u32>,
    /// What it charges for the whole message, if it says so.
    pub price_micros: Option<Micros>,
    /// The currency of the price.
    pub currency: Option<Currency>,
}

/// Why a message was not surely accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendError {
    /// The provider said no: definitely not sent.
    Refused(Refusal),
    /// Too fast: definitely not sent, and no fault of the message.
    Throttled {
        /// How long the provider asks us to wait, at most an hour.
        retry_after: Option<Duration>,
    },
    /// Nothing left us: definitely not sent.
    Unreachable {
        /// What went wrong, for people.
        detail: String,
    },
    /// It may have been sent or not.
    Unknown {
        /// What was seen, for people.
        detail: String,
    },
    /// Credentials or address of the connection are wrong: definitely not sent, and no other message
    /// will fare better until somebody mends the connection.
    Misconfigured {
        /// What to look at, for people.
        detail: String,
    },
}

/// A provider's definite no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The provider's code.
    pub code: String,
    /// What it means, for people.
    pub detail: String,
    /// What may be done about it.
    pub class: RefusalClass,
}

/// What may be done about a refusal or a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalClass {
    /// The same message will never get through.
    Permanent,
    /// A later attempt, or another provider, may get it through.
    Retryable,
    /// The recipient opted out or a rule forbids it: suppress, and never try another provider.
    Compliance,
}

/// What a provider knows about an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// It took the message, which has since come this far.
    Accepted(Accepted, Option<ReceiptStatus>),
    /// It surely never took the message.
    NeverArrived,
    /// Neither is certain.
    CannotTell,
}

/// What a provider's protocol offers against doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capabilities {
    /// For how long a submission repeated with the same attempt reference is not sent twice; `None` if it would be.
    pub idempotent: Option<Millis>,
    /// [`Lookup`] can give a definite answer.
    pub lookup: bool,
    /// Receipts carry our attempt reference.
    pub reference_echo: bool,
    /// A 503 means that the message was surely not taken.
    pub definite_503: bool,
    /// How many messages one [`super::Gateway::poll`] may ask for; 0 for a provider that reports by itself.
    pub poll: usize,
    /// How many messages one [`super::Gateway::send_many`] may carry; 0 or 1 for a provider that takes them one by one.
    pub batch: usize,
}

impl Capabilities {
    /// A protocol that offers nothing.
    pub const NONE: Self = Self { idempotent: None, lookup: false, reference_echo: false, definite_503: false, poll: 0, batch: 0 };
}
