//! What Twilio calls us for: what became of a message, and what people wrote.
//! Source: <https://www.twilio.com/docs/messaging/guides/webhook-request>.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::providers::receipt::{Inbound, Receipt};
use crate::providers::{Call, CallAnswer, CallError, Door, Heard};

use super::message::receipt_status;
use super::signature::{is_form, query};
use super::twiml;

/// The parameter that we add to a message's status address; it names the attempt.
pub const ATTEMPT: &str = "attempt";

/// Reads a call whose signature has been verified.
pub fn heard(call: &Call<'_>) -> Result<Heard, CallError> {
    let fields = Fields::of(call)?;
    match call.door {
        Door::Status => Ok(Heard { receipts: receipt(call, &fields)?.into_iter().collect(), ..Heard::default() }),
        Door::Inbound => {
            // Peyk answers people by messages of its own, which are counted and kept; so Twilio is told to say nothing.
            // Where `OptOutType` is among the fields, Twilio has answered already.
            let answer = CallAnswer { content_type: twiml::CONTENT_TYPE, body: twiml::answer(None).into() };
            Ok(Heard { inbound: vec![inbound(call, &fields)?], answer, ..Heard::default() })
        }
    }
}

/// `None` for a status that is no receipt.
fn receipt(call: &Call<'_>, fields: &Fields<'_>) -> Result<Option<Receipt>, CallError> {
    let sid = fields.need("MessageSid", "it names no message")?;
    let word = fields.need("MessageStatus", "it has no status")?;
    let code = fields.get("ErrorCode").unwrap_or_default();
    let Some(status) = receipt_status(word, code.parse().ok())? else {
        return Ok(None);
    };
    let event_key = if code.is_empty() { format!("{sid}-{word}") } else { format!("{sid}-{word}-{code}") };
    Ok(Some(Receipt {
        attempt: query(call.url).find(|(name, _)| name == ATTEMPT).map(|(_, attempt)| attempt.into_owned()),
        provider_message_id: Some(sid.to_owned()),
        status,
        // `RawDlrDoneDate` is left aside: it has whole minutes, and its time zone is the carrier's choice.
        at: call.at,
        event_key,
        price_micros: None,
    }))
}

fn inbound(call: &Call<'_>, fields: &Fields<'_>) -> Result<Inbound, CallError> {
    Ok(Inbound {
        event_key: fields.need("MessageSid", "it names no message")?.to_owned(),
        to: fields.need("To", "it has no recipient")?.to_owned(),
        from: fields.need("From", "it has no sender")?.to_owned(),
        text: fields.get("Body").ok_or(CallError::Unreadable("it has no text"))?.to_owned(),
        at: call.at,
    })
}

/// The parameters of a call, wherever they stand: in a form, in JSON, or for a GET in the address.
struct Fields<'a>(BTreeMap<Cow<'a, str>, Cow<'a, str>>);

impl<'a> Fields<'a> {
    fn of(call: &Call<'a>) -> Result<Self, CallError> {
        if is_form(call) {
            return Ok(Self(form_urlencoded::parse(call.body).collect()));
        }
        if call.body.is_empty() {
            return Ok(Self(query(call.url).collect()));
        }
        let fields: BTreeMap<String, serde_json::Value> =
            serde_json::from_slice(call.body).map_err(|_| CallError::Unreadable("its body is neither a form nor JSON"))?;
        let text = |value: serde_json::Value| match value {
            serde_json::Value::String(text) => text,
            other => other.to_string(),
        };
        Ok(Self(fields.into_iter().map(|(name, value)| (name.into(), text(value).into())).collect()))
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(|value| &**value)
    }

    fn need(&self, name: &str, missing: &'static str) -> Result<&str, CallError> {
        self.get(name).filter(|value| !value.is_empty()).ok_or(CallError::Unreadable(missing))
    }
}
