//! Peyk's own protocol: JSON in, JSON out, callbacks as JSON signed with HMAC-SHA256.

use std::borrow::Cow;
use std::sync::Arc;

use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq as _;

use crate::kernel::clock::{Millis, rfc3339};
use crate::kernel::money::decimal;
use crate::providers::simulator::callbacks::Notice;
use crate::providers::simulator::caller::Callback;
use crate::providers::simulator::codes::{self, Code};
use crate::providers::simulator::engine::{Engine, hex};
use crate::providers::simulator::fate::Said;
use crate::providers::simulator::message::{Reply, Submission, Target};

use super::Wire;

/// The provider's name.
pub const NAME: &str = "simulator";

/// The header of a callback that holds [`sign`] of its body.
pub const SIGNATURE_HEADER: &str = "x-simulator-signature";

/// The most messages that a list shows: the newest.
const LIST: usize = 1_000;

/// What a sender posts.
#[derive(Serialize, Deserialize)]
pub struct Submit<'a> {
    /// The sender's attempt reference.
    #[serde(rename = "ref", borrow)]
    pub reference: Cow<'a, str>,
    /// The recipient, E.164.
    #[serde(borrow)]
    pub to: Cow<'a, str>,
    /// The sender.
    #[serde(borrow, default)]
    pub from: Cow<'a, str>,
    /// The text.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    /// Where receipts go; nowhere when empty.
    #[serde(borrow, default)]
    pub callback_url: Cow<'a, str>,
}

/// The answer to a taken message, and to the question for it.
#[derive(Serialize, Deserialize)]
pub struct Answer {
    /// The message's id.
    pub id: String,
    /// How many segments are billed.
    pub segments: u32,
    /// For all segments, in USD.
    pub price: String,
    /// How far it came: `accepted`, `sent`, `delivered`, `failed`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
}

/// The answer to the question for a message that is not known.
#[derive(Serialize, Deserialize)]
pub struct Unheard {
    /// Since when every message is remembered.
    pub since: Millis,
}

/// The answer to a message that was not taken.
#[derive(Serialize, Deserialize)]
pub struct No {
    /// Why, in one word.
    pub code: String,
    /// Why, for people.
    pub detail: String,
}

/// A receipt on the wire.
#[derive(Serialize, Deserialize)]
pub struct ReceiptBody<'a> {
    /// The same for the same receipt.
    #[serde(borrow)]
    pub event_id: Cow<'a, str>,
    /// The message's id.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// The sender's attempt reference.
    #[serde(rename = "ref", borrow)]
    pub reference: Cow<'a, str>,
    /// `sent`, `delivered` or `failed`.
    #[serde(borrow)]
    pub status: Cow<'a, str>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<Cow<'a, str>>,
    /// RFC 3339.
    #[serde(borrow)]
    pub at: Cow<'a, str>,
    /// For all segments, in USD.
    #[serde(borrow)]
    pub price: Cow<'a, str>,
}

/// A person's text on the wire.
#[derive(Serialize, Deserialize)]
pub struct InboundBody<'a> {
    /// The same for the same text.
    #[serde(borrow)]
    pub event_id: Cow<'a, str>,
    /// Our number or name.
    #[serde(borrow)]
    pub to: Cow<'a, str>,
    /// The person's number.
    #[serde(borrow)]
    pub from: Cow<'a, str>,
    /// The text.
    #[serde(borrow)]
    pub text: Cow<'a, str>,
    /// RFC 3339.
    #[serde(borrow)]
    pub at: Cow<'a, str>,
}

/// The protocol's paths.
pub fn router(engine: Arc<Engine>) -> Router {
    Router::new()
        .route("/sim/v1/messages", post(submit).get(received))
        .route("/sim/v1/attempts/{reference}", get(attempt))
        .route("/sim/v1/inbound", post(write_back))
        .with_state(engine)
}

/// Ids are unique over runs, and show their order.
pub fn message_id(run: u64, number: u64) -> String {
    format!("sim{run:016x}{number:08x}")
}

/// Takes an id apart again.
pub fn number_of(run: u64, id: &str) -> Option<u64> {
    let number = id.strip_prefix(&format!("sim{run:016x}"))?;
    u64::from_str_radix(number, 16).ok()
}

async fn submit(State(engine): State<Arc<Engine>>, headers: HeaderMap, body: Bytes) -> Response {
    let request: Submit<'_> = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return bad_request(&error),
    };
    let target = (!request.callback_url.is_empty()).then(|| engine.target(Wire::Own, &request.callback_url, bearer(&headers)));
    let reply = engine
        .submit(Submission {
            wire: Wire::Own,
            reference: &request.reference,
            to: &request.to,
            from: &request.from,
            text: &request.text,
            target: target.as_ref(),
        })
        .await;
    match reply {
        Reply::Accepted(taken) => {
            let answer = Answer { id: taken.id, segments: taken.segments, price: decimal(taken.price), status: None };
            (StatusCode::CREATED, Json(answer)).into_response()
        }
        Reply::Refused(code) => refusal(StatusCode::BAD_REQUEST, code),
        Reply::Throttled => (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "1")]).into_response(),
        Reply::ServerError => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Reply::Garbage => (StatusCode::CREATED, "<html>it w").into_response(),
        Reply::Reset => super::reset(),
    }
}

async fn attempt(State(engine): State<Arc<Engine>>, Path(reference): Path<String>) -> Response {
    let memory = engine.memory();
    match memory.find(&reference) {
        Some((number, record)) => Json(Answer {
            id: engine.id_of(record.wire, number),
            segments: record.segments,
            price: decimal(record.price),
            status: Some(record.status.map_or("accepted", Said::word).into()),
        })
        .into_response(),
        None => (StatusCode::NOT_FOUND, Json(Unheard { since: memory.since() })).into_response(),
    }
}

#[derive(Deserialize)]
struct Recipient {
    to: Option<String>,
}

#[derive(Serialize)]
struct List {
    items: Vec<Received>,
}

#[derive(Serialize)]
struct Received {
    to: Box<str>,
    from: Box<str>,
    text: Box<str>,
    at: String,
}

async fn received(State(engine): State<Arc<Engine>>, Query(recipient): Query<Recipient>) -> Json<List> {
    // A plus sign that is not escaped arrives as a blank.
    let to = recipient.to.map(|to| format!("+{}", to.trim().trim_start_matches('+')));
    let memory = engine.memory();
    let mut items: Vec<_> = memory
        .received(to.as_deref())
        .rev()
        .take(LIST)
        .map(|record| Received { to: record.to.clone(), from: record.from.clone(), text: record.text.clone(), at: rfc3339(record.at) })
        .collect();
    items.reverse();
    Json(List { items })
}

#[derive(Deserialize)]
struct WriteBack {
    to: String,
    from: String,
    text: String,
    #[serde(default = "own_name")]
    provider: String,
}

fn own_name() -> String {
    NAME.into()
}

async fn write_back(State(engine): State<Arc<Engine>>, body: Bytes) -> Response {
    let request: WriteBack = match serde_json::from_slice(&body) {
        Ok(request) => request,
        Err(error) => return bad_request(&error),
    };
    let Some(wire) = Wire::named(&request.provider) else {
        let detail = "No such provider is simulated.".into();
        return (StatusCode::BAD_REQUEST, Json(No { code: "no_provider".into(), detail })).into_response();
    };
    if engine.write_back(wire, &request.to, &request.from, &request.text) {
        return (StatusCode::ACCEPTED, Json(serde_json::json!({}))).into_response();
    }
    let detail = "Nobody can be written to yet: no connection of this provider has sent anything here.".into();
    (StatusCode::CONFLICT, Json(No { code: "no_connection".into(), detail })).into_response()
}

fn bearer(headers: &HeaderMap) -> &str {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    value.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or("")
}

fn bad_request(error: &serde_json::Error) -> Response {
    let detail = format!("The body is not the JSON that is expected here: {error}.");
    (StatusCode::BAD_REQUEST, Json(No { code: codes::BAD_REQUEST.code.into(), detail })).into_response()
}

fn refusal(status: StatusCode, code: &Code) -> Response {
    (status, Json(No { code: code.code.into(), detail: code.meaning.into() })).into_response()
}

/// Words a receipt or a reply and signs it.
pub fn callback(engine: &Engine, target: &Target, notice: &Notice) -> Callback {
    let at = rfc3339(engine.now());
    let secret = target.secret.expose();
    match notice {
        Notice::Receipt { taken, said, forged } => {
            let body = to_json(&ReceiptBody {
                event_id: format!("{}-{}{}", taken.id, said.word(), if *forged { "-forged" } else { "" }).into(),
                id: taken.id.as_str().into(),
                reference: (&*taken.reference).into(),
                status: said.word().into(),
                code: (*said == Said::Failed).then(|| codes::UNREACHABLE.code.into()),
                at: at.into(),
                price: decimal(taken.price).into(),
            });
            let signature = if *forged { sign("somebody else's secret", &body) } else { sign(secret, &body) };
            signed(target.url.clone(), body, signature)
        }
        Notice::Reply { event_id, to, from, text, .. } => {
            let body = to_json(&InboundBody {
                event_id: event_id.as_str().into(),
                to: (&**to).into(),
                from: (&**from).into(),
                text: (&**text).into(),
                at: at.into(),
            });
            let signature = sign(secret, &body);
            signed(inbound_url(&target.url), body, signature)
        }
    }
}

fn signed(url: String, body: Vec<u8>, signature: String) -> Callback {
    Callback::Post { url, content_type: "application/json", signature: (SIGNATURE_HEADER, signature), body }
}

fn to_json(body: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(body).expect("text fields always serialize into memory")
}

/// The address for people's texts: that for receipts with `inbound` as the last part of its path.
pub fn inbound_url(callback_url: &str) -> String {
    let (path, query) = callback_url.split_at(callback_url.find('?').unwrap_or(callback_url.len()));
    let folder = path.rsplit_once('/').map_or(path, |(folder, _)| folder);
    format!("{folder}/inbound{query}")
}

/// Signs a callback's body with a connection's secret: HMAC-SHA256, hex.
pub fn sign(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    hex(&mac.finalize().into_bytes())
}

/// Whether `header` is the signature of `body`; takes the same time for every wrong one.
pub fn verify_signature(secret: &str, body: &[u8], header: &str) -> bool {
    sign(secret, body).as_bytes().ct_eq(header.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_right_secret_signs_the_very_body() {
        let signature = sign("secret", b"body");
        assert!(verify_signature("secret", b"body", &signature));
        for (secret, body, header) in [
            ("Secret", &b"body"[..], signature.as_str()),
            ("secret", b"Body", &signature),
            ("secret", b"body", &signature[1..]),
            ("secret", b"body", ""),
            ("", b"body", &signature),
        ] {
            assert!(!verify_signature(secret, body, header), "{secret} {header}");
        }
        // RFC 4231, test case 2.
        let known = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(sign("Jefe", b"what do ya want for nothing?"), known);
    }

    #[test]
    fn people_write_to_the_address_beside_the_receipts() {
        assert_eq!(inbound_url("http://h/webhooks/simulator/k/status"), "http://h/webhooks/simulator/k/inbound");
        assert_eq!(inbound_url("http://h/k/status?a=/b"), "http://h/k/inbound?a=/b");
    }
}
