//! Our client of the simulator's own protocol.

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;

use crate::kernel::clock::{Clock, Millis, SECOND, parse_rfc3339};
use crate::kernel::crypto::Secret;
use crate::kernel::money::{Currency, parse_decimal};
use crate::kernel::outbound::Outbound;
use crate::providers::answers::by_status;
use crate::providers::outcome::{Accepted, Capabilities, Lookup, Outgoing, Question, Refusal, RefusalClass, SendError};
use crate::providers::receipt::{Inbound, Receipt, ReceiptStatus};
use crate::providers::{BadSetting, Call, CallError, Door, Field, Gateway, Heard, Settings, below};

use super::codes::{self, Code};
use super::wire::own::{self, SIGNATURE_HEADER, verify_signature};

/// How much later than the beginning of the simulator's memory an attempt must have started for its
/// absence to prove anything: the two clocks may differ a little.
const CLOCK_MARGIN: Millis = SECOND;
/// What the protocol offers.
const CAPABILITIES: Capabilities = Capabilities { lookup: true, reference_echo: true, ..Capabilities::NONE };

/// What it must be told.
pub const FIELDS: &[Field] = &[
    Field::open("base_url", "Address", "Where a simulator of your own answers. Leave it empty for the one inside this installation."),
    Field::secret(TOKEN, "Token", "Signs what the simulator reports. It is made for you."),
];

/// The field that holds the secret which signs callbacks.
pub const TOKEN: &str = "token";

/// A client with the address and the secret of one connection.
#[derive(Clone, Debug)]
pub struct Client {
    outbound: Outbound,
    base: Url,
    messages: Url,
    secret: Secret,
}

/// A client for the simulator at `base_url`, such as `http://127.0.0.1:4010`; `token` will sign its callbacks.
pub fn client(outbound: Outbound, _clock: Clock, settings: &Settings) -> Result<crate::providers::Client, BadSetting> {
    let base = settings.base_url("")?;
    let secret = Secret::new(settings.need(TOKEN, "The simulator needs a token that signs what it reports.")?);
    let messages = below(&base, &["sim", "v1", "messages"]);
    Ok(Arc::new(Client { outbound, base, messages, secret }))
}

#[async_trait]
impl Gateway for Client {
    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    async fn send(&self, message: &Outgoing<'_>) -> Result<Accepted, SendError> {
        let body = own::Submit {
            reference: message.attempt.into(),
            to: message.to.into(),
            from: message.from.into(),
            text: message.text.into(),
            callback_url: message.callback_url.into(),
        };
        let body = serde_json::to_vec(&body).expect("text fields always serialize into memory");
        let request = self.outbound.post(self.messages.clone()).bearer_auth(self.secret.expose());
        let answer = self.outbound.send(request.header(CONTENT_TYPE, "application/json").body(body)).await?;
        match answer.status {
            200..=299 => {
                if let Some((accepted, _)) = accepted(&answer.body) {
                    return Ok(accepted);
                }
            }
            400..=499 if answer.status != 429 => {
                let no: Option<own::No> = serde_json::from_slice(&answer.body).ok();
                if let Some(code) = no.and_then(|no| codes::known(&no.code)) {
                    return Err(code.error(None));
                }
            }
            _ => {}
        }
        Err(by_status(&answer, &CAPABILITIES))
    }

    /// Absence is definite only when the simulator's memory reaches back beyond the attempt's start.
    async fn lookup(&self, question: &Question<'_>) -> Lookup {
        let url = below(&self.base, &["sim", "v1", "attempts", question.attempt]);
        let Ok(answer) = self.outbound.send(self.outbound.get(url)).await else {
            return Lookup::CannotTell;
        };
        match answer.status {
            200 => accepted(&answer.body).map_or(Lookup::CannotTell, |(taken, status)| Lookup::Accepted(taken, status)),
            404 => match serde_json::from_slice::<own::Unheard>(&answer.body) {
                Ok(unheard) if question.started_at > unheard.since + CLOCK_MARGIN => Lookup::NeverArrived,
                _ => Lookup::CannotTell,
            },
            _ => Lookup::CannotTell,
        }
    }

    fn hear(&self, call: &Call<'_>) -> Result<Heard, CallError> {
        let signature = call.headers.get(SIGNATURE_HEADER).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !verify_signature(self.secret.expose(), call.body, signature) {
            return Err(CallError::Forged);
        }
        Ok(match call.door {
            Door::Status => Heard { receipts: vec![parse_receipt(call.body)?], ..Heard::default() },
            Door::Inbound => Heard { inbound: vec![parse_inbound(call.body)?], ..Heard::default() },
        })
    }
}

fn accepted(body: &[u8]) -> Option<(Accepted, Option<ReceiptStatus>)> {
    let answer: own::Answer = serde_json::from_slice(body).ok()?;
    if answer.id.is_empty() {
        return None;
    }
    let status = answer.status.as_deref().and_then(|status| status_of(status, None));
    let accepted = Accepted {
        provider_message_id: answer.id,
        segments: Some(answer.segments),
        price_micros: parse_decimal(&answer.price).ok(),
        currency: Some(Currency::USD),
    };
    Some((accepted, status))
}

/// `accepted` is no receipt.
fn status_of(word: &str, code: Option<&str>) -> Option<ReceiptStatus> {
    match word {
        "sent" => Some(ReceiptStatus::Sent),
        "delivered" => Some(ReceiptStatus::Delivered),
        "failed" => Some(ReceiptStatus::Failed(failure(code.unwrap_or(codes::UNREACHABLE.code)))),
        _ => None,
    }
}

fn failure(code: &str) -> Refusal {
    codes::known(code).map_or_else(
        || Refusal {
            code: code.into(),
            detail: "The carrier could not deliver the message and gave a reason that we do not know.".into(),
            class: RefusalClass::Permanent,
        },
        Code::refusal,
    )
}

/// Reads a receipt whose signature has been verified.
pub fn parse_receipt(body: &[u8]) -> Result<Receipt, CallError> {
    let body: own::ReceiptBody<'_> = serde_json::from_slice(body).map_err(|_| CallError::Unreadable("it is not the JSON of a receipt"))?;
    Ok(Receipt {
        status: status_of(&body.status, body.code.as_deref()).ok_or(CallError::Unreadable("its status is not known"))?,
        at: parse_rfc3339(&body.at).ok_or(CallError::Unreadable("its time is not RFC 3339"))?,
        price_micros: parse_decimal(&body.price).ok(),
        attempt: Some(body.reference.into_owned()),
        provider_message_id: Some(body.id.into_owned()),
        event_key: body.event_id.into_owned(),
    })
}

/// Reads a person's text whose signature has been verified.
pub fn parse_inbound(body: &[u8]) -> Result<Inbound, CallError> {
    let body: own::InboundBody<'_> = serde_json::from_slice(body).map_err(|_| CallError::Unreadable("it is not the JSON of a text"))?;
    Ok(Inbound {
        at: parse_rfc3339(&body.at).ok_or(CallError::Unreadable("its time is not RFC 3339"))?,
        event_key: body.event_id.into_owned(),
        to: body.to.into_owned(),
        from: body.from.into_owned(),
        text: body.text.into_owned(),
        answered: false,
    })
}
