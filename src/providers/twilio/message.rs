//! Twilio's message resource, as answers show it, and its words for how far a message has come.

use chrono::DateTime;
use serde::Deserialize;

use crate::kernel::clock::Millis;
use crate::kernel::money::{Currency, Micros, Money, parse_decimal};
use crate::providers::outcome::{Accepted, RefusalClass};
use crate::providers::receipt::ReceiptStatus;
use crate::providers::{CallError, Priced};

use super::codes;

/// One message; the fields that we read.
#[derive(Debug, Deserialize)]
pub struct Message {
    /// Twilio's id.
    pub sid: String,
    status: String,
    /// The text.
    pub body: Option<String>,
    /// The recipient, E.164.
    pub to: Option<String>,
    /// The sender; none until a messaging service has picked one.
    pub from: Option<String>,
    /// `outbound-api` for what was sent over the API.
    pub direction: Option<String>,
    date_created: Option<String>,
    num_segments: Option<String>,
    price: Option<String>,
    price_unit: Option<String>,
    error_code: Option<u32>,
}

/// A page of the list of messages.
#[derive(Debug, Deserialize)]
pub struct Page {
    /// What is on it.
    pub messages: Vec<Message>,
    /// Where the list goes on; none on the last page.
    pub next_page_uri: Option<String>,
}

impl Message {
    /// The message as an acceptance; `None` when it has no proper id.
    pub fn accepted(&self) -> Option<Accepted> {
        if !is_sid("SM", &self.sid) && !is_sid("MM", &self.sid) {
            return None;
        }
        // "0" until a messaging service has picked its sender: not known yet.
        let segments = self.num_segments.as_deref().and_then(|n| n.parse().ok()).filter(|n| *n > 0);
        let price = self.charge();
        Some(Accepted {
            provider_message_id: self.sid.clone(),
            segments,
            price_micros: price,
            currency: price.and(self.price_unit.as_deref()).and_then(Currency::parse),
        })
    }

    /// What Twilio says of its price; no price when the amount or its currency is missing.
    pub fn priced(self) -> Priced {
        let currency = self.price_unit.as_deref().and_then(Currency::parse);
        let price = self.charge().zip(currency).map(|(micros, currency)| Money { micros, currency });
        Priced { provider_message_id: self.sid, price }
    }

    /// A charge is written as a negative amount; absent until Twilio has worked it out.
    fn charge(&self) -> Option<Micros> {
        self.price.as_deref().and_then(|price| parse_decimal(price).ok()).map(i64::saturating_abs)
    }

    /// How far it has come; `None` while it is under way, or in a state that we do not know.
    pub fn receipt_status(&self) -> Option<ReceiptStatus> {
        receipt_status(&self.status, self.error_code).ok().flatten()
    }

    /// When Twilio made it; whole seconds.
    pub fn created_at(&self) -> Option<Millis> {
        DateTime::parse_from_rfc2822(self.date_created.as_deref()?).ok().map(|at| at.timestamp_millis())
    }
}

/// Reads a status; `None` for those before the message leaves, which are no receipts.
/// Source: <https://www.twilio.com/docs/messaging/api/message-resource#message-status-values>.
pub fn receipt_status(word: &str, code: Option<u32>) -> Result<Option<ReceiptStatus>, CallError> {
    Ok(Some(match word {
        "accepted" | "scheduled" | "queued" | "sending" => return Ok(None),
        // A part of the recipients or parts have it: not yet the end.
        "sent" | "partially_delivered" => ReceiptStatus::Sent,
        "delivered" | "read" => ReceiptStatus::Delivered,
        "undelivered" | "failed" => codes::failure(code),
        "canceled" => ReceiptStatus::Failed(crate::providers::Refusal {
            code: "canceled".into(),
            detail: "The message was cancelled at Twilio before it left.".into(),
            class: RefusalClass::Permanent,
        }),
        _ => return Err(CallError::Unreadable("its status is not known")),
    }))
}

/// Whether a text is one of Twilio's ids: a prefix and 32 hex digits.
pub fn is_sid(prefix: &str, text: &str) -> bool {
    text.strip_prefix(prefix).is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|b| b.is_ascii_hexdigit()))
}
