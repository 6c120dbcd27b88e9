//! What every client of a gateway can do: one trait, so that dispatch, webhooks and pages know no provider by name.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::header::HeaderMap;

use crate::kernel::clock::Millis;
use crate::kernel::money::{Currency, Micros, Money};

use super::outcome::{Accepted, Capabilities, Lookup, Outgoing, Question, SendError};
use super::receipt::{Inbound, Receipt};

/// A client of one provider with the credentials of one connection; cheap to clone.
pub type Client = Arc<dyn Gateway>;

/// One provider's way of sending, reporting and answering.
#[async_trait]
pub trait Gateway: fmt::Debug + Send + Sync {
    /// What the provider's protocol offers.
    fn capabilities(&self) -> Capabilities;

    /// Asks the provider once to send a message. Nothing is repeated in here.
    async fn send(&self, message: &Outgoing<'_>) -> Result<Accepted, SendError>;

    /// Whether a message may share a call with others. One that may not is sent alone.
    fn may_share(&self, message: &Outgoing<'_>) -> bool {
        let _every_message_may = message;
        true
    }

    /// Asks the provider once to send several messages that may share a call, at most [`Capabilities::batch`]; not for
    /// a provider where that is 0 or 1. There is one result for each message, in their order: what the answer says
    /// about that message; unknown where it says nothing about it or cannot be read; and where the whole call was
    /// refused, that for each. A message that must not share a call is refused for now and does the others no harm.
    async fn send_many(&self, messages: &[Outgoing<'_>]) -> Vec<Result<Accepted, SendError>> {
        let mut results = Vec::with_capacity(messages.len());
        for message in messages {
            results.push(self.send(message).await);
        }
        results
    }

    /// Asks what became of an attempt whose outcome is unknown, without any danger of sending. Ask only when
    /// the attempt's request can no longer be under way.
    async fn lookup(&self, question: &Question<'_>) -> Lookup {
        let _nothing_to_ask = question;
        Lookup::CannotTell
    }

    /// What is left on the account; `None` where the provider has no such question.
    async fn balance(&self) -> Result<Option<Balance>, SendError> {
        Ok(None)
    }

    /// Asks how far accepted messages have come, for a provider that does not report by itself. At most
    /// [`Capabilities::poll`] at once; what is not final yet is left out.
    async fn poll(&self, messages: &[Polled<'_>]) -> Result<Vec<Receipt>, SendError> {
        let _reports_by_itself = messages;
        Ok(Vec::new())
    }

    /// Asks what messages cost that came to their end, where [`super::Provider::names_prices_later`]. Whoever is not in
    /// the answer was not found this time.
    async fn prices(&self, messages: &[Unpriced<'_>]) -> Result<Vec<Priced>, SendError> {
        let _named_at_once_or_never = messages;
        Ok(Vec::new())
    }

    /// Asks what kind of line a number is: one question, which may cost money. The number is in E.164, or as somebody
    /// in the country (its ISO code) writes it. `None` where the provider has no such question, or it is switched off.
    async fn line(&self, number: &str, country: &str) -> Result<Option<Line>, SendError> {
        let _nobody_to_ask = (number, country);
        Ok(None)
    }

    /// Asks for what people wrote back, for a provider that does not push it. May give what it gave before.
    async fn poll_inbound(&self) -> Result<Vec<Inbound>, SendError> {
        Ok(Vec::new())
    }

    /// Verifies and reads the provider's call to us. Nothing of a call that is not genuine may be believed.
    fn hear(&self, call: &Call<'_>) -> Result<Heard, CallError>;
}

/// A message that was accepted and whose receipt is awaited.
#[derive(Clone, Copy, Debug)]
pub struct Polled<'a> {
    /// Our reference of the attempt.
    pub attempt: &'a str,
    /// The provider's name for the message.
    pub provider_message_id: &'a str,
    /// The recipient, E.164.
    pub to: &'a str,
}

/// A message whose price is not known yet.
#[derive(Clone, Copy, Debug)]
pub struct Unpriced<'a> {
    /// The provider's name for the message.
    pub provider_message_id: &'a str,
    /// About when the provider sent it, by our clock.
    pub sent_at: Millis,
}

/// What a provider says of a message's price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Priced {
    /// The provider's name for the message.
    pub provider_message_id: String,
    /// What the whole message cost; `None` while the provider has not worked it out.
    pub price: Option<Money>,
}

/// What a provider knows about the line of a number. All but the first two is absent where it does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Whether it takes the number for one that can exist.
    pub valid: bool,
    /// Why not, in the provider's words for programs.
    pub validation_errors: Vec<String>,
    /// What kind of line, in the provider's word.
    pub line_type: Option<String>,
    /// Whose customer.
    pub carrier_name: Option<String>,
    /// The carrier's country as mobile networks number it (MCC).
    pub mobile_country_code: Option<String>,
    /// The carrier's network within that country (MNC).
    pub mobile_network_code: Option<String>,
    /// ISO country of the number.
    pub country: Option<String>,
    /// The provider's code for why it could not find the kind of line out.
    pub error_code: Option<String>,
}

/// What is left on an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Balance {
    /// How much; micros of the currency, or millionths of a credit.
    pub amount: Micros,
    /// Of what; `None` for the provider's own credits or points.
    pub currency: Option<Currency>,
}

/// What a provider calls us for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    /// To say what became of a message.
    Status,
    /// To hand on what somebody wrote.
    Inbound,
}

/// A provider's call to one of our webhook addresses, as it came.
#[derive(Clone, Copy)]
pub struct Call<'a> {
    /// Which of the two addresses was called.
    pub door: Door,
    /// The address that was called, as the provider knows it: our public address with path and query.
    pub url: &'a str,
    /// Its headers.
    pub headers: &'a HeaderMap,
    /// Its body; empty for a GET.
    pub body: &'a [u8],
    /// When it came, by our clock; for events that name no time of their own.
    pub at: Millis,
}

/// What a provider told us, and what it wants to hear.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heard {
    /// What became of messages.
    pub receipts: Vec<Receipt>,
    /// What people wrote.
    pub inbound: Vec<Inbound>,
    /// The answer, given once what was told is durable.
    pub answer: CallAnswer,
}

/// An answer to a provider's call; its status is 200.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallAnswer {
    /// What the body is; empty for no body.
    pub content_type: &'static str,
    /// The body.
    pub body: Cow<'static, str>,
}

/// Why a provider's call is not taken. Quotes nothing of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Its signature is missing or wrong: it may come from anybody.
    #[error("The call's signature is missing or wrong.")]
    Forged,
    /// It cannot be read.
    #[error("The provider's call cannot be read: {0}.")]
    Unreadable(&'static str),
}
