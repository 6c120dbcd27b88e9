//! Melipayamak (<https://www.melipayamak.com/api/>), an Iranian gateway, in two of its generations: "REST", with user name
//! and password in the body, and "console", with a token in the path.
//!
//! It reports nothing by itself, so receipts are asked for ([`Gateway::poll`]). What people write back is asked for as
//! well, or the panel forwards it to our address. It takes no reference of ours and has no question for one message, so that
//! an attempt without an answer stays in doubt.

mod codes;
mod console;
mod inbox;
mod pattern;
mod rest;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use crate::kernel::clock::Clock;
use crate::kernel::crypto::Secret;
use crate::kernel::money::{Micros, parse_decimal};
use crate::kernel::outbound::Outbound;

use super::outcome::{Accepted, Capabilities, Outgoing, SendError};
use super::receipt::{Inbound, Receipt};
use super::{BadSetting, Balance, Call, CallAnswer, CallError, Door, Field, Gateway, Heard, Polled, Settings};

use console::Console;
use pattern::Pattern;
use rest::Rest;

/// What it must be told.
pub const FIELDS: &[Field] = &[
    Field::open("username", "User name", "The name with which you sign in to the panel. Leave it empty when you have a console token."),
    Field::secret("password", "Password", "The panel's password, or the ApiKey where the panel asks for one (its code -110)."),
    Field::secret("token", "Console token", "From console.melipayamak.com, in place of user name and password."),
    Field::open("from", "Sender line", "The number of your line as the panel shows it, such as 50001234."),
    Field::secret(
        "apikey",
        "ApiKey header",
        "Some new accounts are said to want their ApiKey in a header as well; we could not verify it. Leave it empty unless support tells you.",
    ),
    Field::open(
        "inbound",
        "Texts from people",
        "Write push once the panel forwards them to the address for texts, so that nothing is read twice. Empty: the panel's inbox is asked.",
    ),
    Field::open(
        "patterns",
        "Patterns",
        "Write yes to send templates that carry a pattern's number (bodyId) as their registered id by that pattern. The panel's text must then be the template's.",
    ),
    Field::open("base_url", "Address", "Another address than the provider's own, such as that of a simulator. Usually empty."),
];

/// The shortest id: anything shorter in its place is a code. The vendor says "more than 15 digits" for one method and shows
/// ids of ten for the other.
const SHORTEST_ID: usize = 10;
/// Each receipt is a request of its own, one after the other.
const REST_POLL: usize = 10;
/// One request asks for many.
const CONSOLE_POLL: usize = 100;
/// What both generations offer: nothing against doubt.
const CAPABILITIES: Capabilities = Capabilities::NONE;

/// A client with the account and the line of one connection.
#[derive(Debug)]
struct Client {
    clock: Clock,
    api: Api,
    from: String,
    /// The panel forwards what people write.
    forwarded: bool,
    /// Registered ids are those of patterns.
    patterns: bool,
}

#[derive(Debug)]
enum Api {
    Rest(Rest),
    Console(Console),
}

/// A client with the settings of one connection.
pub fn client(outbound: Outbound, clock: Clock, settings: &Settings) -> Result<super::Client, BadSetting> {
    let api = match settings.get("token") {
        Some(token) => {
            let base = settings.base_url("https://console.melipayamak.com")?;
            Api::Console(Console { outbound, base, token: Secret::new(token) })
        }
        None => Api::Rest(Rest {
            outbound,
            base: settings.base_url("https://rest.payamak-panel.com")?,
            username: settings.need("username", "Write the panel's user name and password, or a console token.")?.into(),
            password: Secret::new(settings.need("password", "Write the password that goes with the user name.")?),
            api_key: settings.get("apikey").map(Secret::new),
        }),
    };
    let forwarded = match settings.get("inbound") {
        None | Some("poll") => false,
        Some("push") => true,
        Some(_) => return Err(BadSetting { field: "inbound", why: "Write push, or leave it empty.".into() }),
    };
    let patterns = match settings.get("patterns") {
        None | Some("no") => false,
        Some("yes") => true,
        Some(_) => return Err(BadSetting { field: "patterns", why: "Write yes or no, or leave it empty.".into() }),
    };
    let from = settings.need("from", "Write the number of your line; the provider sends from no other.")?.into();
    Ok(Arc::new(Client { clock, api, from, forwarded, patterns }))
}

#[async_trait]
impl Gateway for Client {
    fn capabilities(&self) -> Capabilities {
        let poll = match &self.api {
            Api::Rest(_) => REST_POLL,
            Api::Console(_) => CONSOLE_POLL,
        };
        Capabilities { poll, ..CAPABILITIES }
    }

    async fn send(&self, message: &Outgoing<'_>) -> Result<Accepted, SendError> {
        let from = if message.from.is_empty() { &self.from } else { message.from };
        let to = local(message.to);
        let pattern = if self.patterns { Pattern::of(message).map_err(SendError::Refused)? } else { None };
        let sent = match (&self.api, pattern) {
            (Api::Rest(rest), None) => rest.send(&to, from, message.text).await,
            (Api::Rest(rest), Some(pattern)) => rest.send_pattern(&to, &pattern).await,
            (Api::Console(console), None) => console.send(&to, from, message.text).await,
            (Api::Console(console), Some(pattern)) => console.send_pattern(&to, &pattern).await,
        };
        sent.map_err(|error| self.blame(error, from))
    }

    /// The vendor's page on `GetCredit` counts in messages, not in money.
    async fn balance(&self) -> Result<Option<Balance>, SendError> {
        let credit = match &self.api {
            Api::Rest(rest) => rest.credit().await?,
            Api::Console(console) => console.credit().await?,
        };
        let amount = credits(&credit).ok_or_else(|| unreadable("credit"))?;
        Ok(Some(Balance { amount, currency: None }))
    }

    /// What was learnt before an error is worth more than the error: it comes again at the next time of asking.
    async fn poll(&self, messages: &[Polled<'_>]) -> Result<Vec<Receipt>, SendError> {
        let mut receipts = Vec::new();
        match &self.api {
            Api::Rest(rest) => {
                for message in messages.iter().take(REST_POLL) {
                    match rest.delivery(message.provider_message_id).await {
                        Ok(code) => receipts.extend(self.receipt(message, &code)),
                        Err(error) if receipts.is_empty() => return Err(error),
                        Err(_) => break,
                    }
                }
            }
            Api::Console(console) => {
                let asked: Vec<_> = messages.iter().filter(|message| is_id(message.provider_message_id)).take(CONSOLE_POLL).collect();
                let codes = console.deliveries(&asked).await?;
                receipts.extend(asked.iter().zip(&codes).filter_map(|(message, code)| self.receipt(message, code)));
            }
        }
        Ok(receipts)
    }

    /// The oldest comes first, so that a later word of the same person overrules an earlier one.
    async fn poll_inbound(&self) -> Result<Vec<Inbound>, SendError> {
        if self.forwarded {
            return Ok(Vec::new());
        }
        let mut texts = match &self.api {
            Api::Rest(rest) => rest.inbox().await?,
            Api::Console(console) => console.inbox(&self.from).await?,
        };
        texts.sort_by_key(|text| text.at);
        Ok(texts)
    }

    fn hear(&self, call: &Call<'_>) -> Result<Heard, CallError> {
        match call.door {
            Door::Status => Err(CallError::Unreadable("Melipayamak reports nothing by itself")),
            Door::Inbound => {
                let answer = CallAnswer { content_type: "text/plain; charset=utf-8", body: "OK".into() };
                Ok(Heard { inbound: vec![inbox::forwarded(call)?], answer, ..Heard::default() })
            }
        }
    }
}

impl Client {
    /// A line that the account cannot send from is the connection's own fault only when the connection chose it.
    fn blame(&self, error: SendError, from: &str) -> SendError {
        match error {
            SendError::Refused(refusal) if from == self.from && matches!(&*refusal.code, codes::BAD_SENDER | codes::PUBLIC_LINE) => {
                SendError::Misconfigured { detail: format!("{} (The provider's code is {}.)", refusal.detail, refusal.code) }
            }
            error => error,
        }
    }

    /// A delivery code as a receipt; the provider tells no time, so it is the time of asking.
    fn receipt(&self, message: &Polled<'_>, code: &str) -> Option<Receipt> {
        Some(Receipt {
            attempt: Some(message.attempt.into()),
            provider_message_id: Some(message.provider_message_id.into()),
            status: codes::delivery(code)?,
            at: self.clock.now(),
            event_key: format!("{}:{code}", message.provider_message_id),
            price_micros: None,
        })
    }
}

/// An Iranian number as it is dialled there; any other as it is.
fn local(to: &str) -> String {
    to.strip_prefix("+98").map_or_else(|| to.into(), |national| format!("0{national}"))
}

/// Whether the text in an id's place is one: a long whole number.
fn is_id(text: &str) -> bool {
    text.len() >= SHORTEST_ID && text.bytes().all(|b| b.is_ascii_digit())
}

fn accepted(id: String) -> Accepted {
    Accepted { provider_message_id: id, segments: None, price_micros: None, currency: None }
}

/// A text or a number of the provider's JSON as a text; empty for anything else.
fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().into(),
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    }
}

/// Credits with as many decimals as the provider likes, cut to six.
fn credits(text: &str) -> Option<Micros> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    parse_decimal(&format!("{whole}.{}", fraction.get(..6).unwrap_or(fraction))).ok()
}

fn unreadable(what: &str) -> SendError {
    SendError::Unknown { detail: format!("The provider's answer holds no {what} that can be read.") }
}
