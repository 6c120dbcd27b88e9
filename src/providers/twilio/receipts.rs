//! What Twilio calls us for: what became of a message, and what people wrote.
//! Source: <https://www.twilio.com/docs/messaging/guides/webhook-request>.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::providers::receipt::{Inbound, Receipt};
use crate::providers::{Call, CallAnswer, CallError, Door, Heard};

use super::message::{is_sid, receipt_status};
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
            // Where `OptOutType` is among the fields, Twilio has answered the keyword already.
            let answer = CallAnswer { content_type: twiml::CONTENT_TYPE, body: twiml::answer(None).into() };
            Ok(Heard { inbound: vec![inbound(call, &fields)?], answer, ..Heard::default() })
        }
    }
}

/// `None` for a status that is no receipt.
fn receipt(call: &Call<'_>, fields: &Fields<'_>) -> Result<Option<Receipt>, CallError> {
    let sid = fields.sid()?;
    let word = fields.need("MessageStatus")?;
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
        event_key: fields.sid()?.to_owned(),
        to: fields.need("To")?.to_owned(),
        from: fields.need("From")?.to_owned(),
        text: fields.need("Body")?.to_owned(),
        at: call.at,
        answered: fields.get("OptOutType").is_some_and(|kind| !kind.is_empty()),
    })
}

/// The parameters of a call, wherever they stand: in a form, in JSON, or for a GET in the address.
///
/// The signature is over names and values without anything between them, so it holds as well for a call in which their
/// borders were moved, such as `BodyS=TOP`. What such a call lacks, or says twice, Twilio always says once: it is forged.
struct Fields<'a>(Vec<(Cow<'a, str>, Cow<'a, str>)>);

impl<'a> Fields<'a> {
    fn of(call: &Call<'a>) -> Result<Self, CallError> {
        if is_form(call) {
            return Ok(Self(form_urlencoded::parse(call.body).collect()));
        }
        if call.body.is_empty() {
            return Ok(Self(query(call.url).collect()));
        }
        let fields: BTreeMap<String, String> =
            serde_json::from_slice(call.body).map_err(|_| CallError::Unreadable("its body is neither a form nor JSON"))?;
        Ok(Self(fields.into_iter().map(|(name, value)| (name.into(), value.into())).collect()))
    }

    /// The value of a field that stands there once.
    fn get(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(field, _)| field == name).map(|(_, value)| &**value);
        values.next().filter(|_| values.next().is_none())
    }

    /// A field that Twilio always fills, or, for a text without words, at least names.
    fn need(&self, name: &str) -> Result<&str, CallError> {
        self.get(name).ok_or(CallError::Forged)
    }

    fn sid(&self) -> Result<&str, CallError> {
        self.need("MessageSid").and_then(|sid| if is_sid("SM", sid) || is_sid("MM", sid) { Ok(sid) } else { Err(CallError::Forged) })
    }
}
