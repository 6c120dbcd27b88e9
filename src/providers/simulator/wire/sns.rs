//! Amazon SNS: the Query protocol over a POST that is signed with Signature Version 4, answered in XML.
//!
//! The simulator holds no secrets, so it cannot verify a signature, only its form, scope and date. Wrong credentials are an
//! access key id that ends in `WRONG`, or a signature that was made with the secret `wrong`, which it can try.
//!
//! The protocol carries no reference. Who opted out is taken, and never gets it. Nothing is reported.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{OriginalUri, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use bytes::Bytes;
use chrono::NaiveDateTime;

use crate::kernel::clock::{MINUTE, Millis};
use crate::providers::simulator::caller::Callback;
use crate::providers::simulator::codes;
use crate::providers::simulator::engine::Engine;
use crate::providers::simulator::fate::is_throttled_once;
use crate::providers::simulator::message::{Reply, Submission};
use crate::providers::sns::signature::{Request, Signer, authorization};

use super::{Wire, likeness};

const XMLNS: &str = "http://sns.amazonaws.com/doc/2010-03-31/";
/// The longest text, in bytes.
const LONGEST_TEXT: usize = 1_600;
/// How far a signature's date may be from our time.
const CLOCK_MARGIN: Millis = 15 * MINUTE;

/// The protocol's path.
pub fn router(engine: Arc<Engine>) -> Router {
    Router::new().route("/sns", post(act)).route("/sns/", post(act)).with_state(engine)
}

/// A UUID in form: half of it stands for the run.
pub fn message_id(run: u64, number: u64) -> String {
    let hex = format!("{run:016x}{number:016x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Takes an id apart again.
pub fn number_of(run: u64, id: &str) -> Option<u64> {
    let hex = id.replace('-', "");
    u64::from_str_radix(hex.strip_prefix(&format!("{run:016x}"))?, 16).ok().filter(|_| hex.len() == 32)
}

async fn act(State(engine): State<Arc<Engine>>, OriginalUri(uri): OriginalUri, headers: HeaderMap, body: Bytes) -> Response {
    if let Err((status, code, message)) = verify(&headers, uri.path(), &body, engine.now()) {
        return error(status, code, message);
    }
    let fields: HashMap<String, String> = form_urlencoded::parse(&body).into_owned().collect();
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    match field("Action") {
        "Publish" => publish(&engine, &fields).await,
        "CheckIfPhoneNumberIsOptedOut" => {
            let out = field("phoneNumber").ends_with("0003");
            result("CheckIfPhoneNumberIsOptedOut", &format!("<isOptedOut>{out}</isOptedOut>"))
        }
        _ => error(400, "InvalidAction", "The action is not valid for this endpoint."),
    }
}

async fn publish(engine: &Arc<Engine>, fields: &HashMap<String, String>) -> Response {
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let (to, text) = (field("PhoneNumber"), field("Message"));
    if text.is_empty() {
        return error(400, "InvalidParameter", "Invalid parameter: Empty message");
    }
    if text.len() > LONGEST_TEXT {
        return error(400, "InvalidParameter", "Invalid parameter: Message Reason: must be less than 1600 bytes long");
    }
    let from = attribute(fields, "AWS.SNS.SMS.SenderID").or(attribute(fields, "AWS.MM.SMS.OriginationNumber")).unwrap_or_default();
    let reference = likeness(to, from, text);
    let submission = Submission { wire: Wire::Sns, reference: &reference, to, from, text, target: None };
    match engine.submit(submission).await {
        Reply::Accepted(taken) => result("Publish", &format!("<MessageId>{}</MessageId>", taken.id)),
        // Amazon has no word for a carrier that does not want to.
        Reply::Refused(code) if code == codes::CARRIER_REFUSED => error(400, "ParameterValueInvalid", "The request was not taken."),
        Reply::Refused(_) => error(400, "InvalidParameter", "Invalid parameter: PhoneNumber Reason: is not valid to publish to"),
        Reply::Throttled if is_throttled_once(to) => error(400, "Throttling", "Rate exceeded"),
        Reply::Throttled => error(429, "Throttled", "Rate exceeded"),
        Reply::ServerError => error(500, "InternalError", "An internal service error has occurred."),
        Reply::Garbage => "<html>it w".into_response(),
        Reply::Reset => super::reset(),
    }
}

/// The value of a message attribute.
fn attribute<'a>(fields: &'a HashMap<String, String>, wanted: &str) -> Option<&'a str> {
    let (name, _) = fields.iter().find(|(name, value)| name.starts_with("MessageAttributes.entry.") && *value == wanted)?;
    fields.get(&format!("{}.Value.StringValue", name.strip_suffix(".Name")?)).map(String::as_str)
}

type Fault = (u16, &'static str, &'static str);

/// Checks what can be checked of a signature without its secret.
fn verify(headers: &HeaderMap, path: &str, body: &[u8], now: Millis) -> Result<(), Fault> {
    const INCOMPLETE: Fault = (400, "IncompleteSignature", "The signature is not of Signature Version 4, or misses a part.");
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(value) = header(header::AUTHORIZATION.as_str()) else {
        return Err((403, "MissingAuthenticationToken", "Request is missing Authentication Token"));
    };
    let (scope, names) = parts(value).ok_or(INCOMPLETE)?;
    let date = header("x-amz-date").ok_or(INCOMPLETE)?;
    let signed_at = NaiveDateTime::parse_from_str(date, "%Y%m%dT%H%M%SZ").map_err(|_| INCOMPLETE)?.and_utc().timestamp_millis();
    let [key_id, day, region, "sns", "aws4_request"] = *scope.split('/').collect::<Vec<_>>() else {
        return Err(INCOMPLETE);
    };
    if !date.starts_with(&format!("{day}T")) || region.is_empty() {
        return Err((403, "SignatureDoesNotMatch", "Credential should be scoped to a valid region and date."));
    }
    let names: Vec<_> = names.split(';').collect();
    let mut needed = vec!["host", "x-amz-date"];
    needed.extend(["content-type", "x-amz-security-token"].into_iter().filter(|name| headers.contains_key(*name)));
    if !names.is_sorted() || !needed.iter().all(|name| names.contains(name)) {
        return Err(INCOMPLETE);
    }
    if key_id.ends_with("WRONG") {
        return Err((403, "InvalidClientTokenId", "The security token included in the request is invalid."));
    }
    let headers: Vec<_> = names.iter().map(|name| (*name, header(name).unwrap_or_default())).collect();
    let wrong = Signer { key_id, secret: "wrong", region, service: "sns" };
    if authorization(&wrong, &Request { path, headers: &headers, body, date }) == value {
        return Err((403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided."));
    }
    if (signed_at - now).abs() > CLOCK_MARGIN {
        return Err((403, "SignatureDoesNotMatch", "Signature expired, or not yet current."));
    }
    Ok(())
}

/// The credential and the names of the signed headers.
fn parts(authorization: &str) -> Option<(&str, &str)> {
    let rest = authorization.strip_prefix("AWS4-HMAC-SHA256 ")?;
    let part = |name: &str| rest.split(',').find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='));
    let is_hex = |signature: &str| signature.len() == 64 && signature.bytes().all(|b| b.is_ascii_hexdigit());
    part("Signature").filter(|signature| is_hex(signature))?;
    Some((part("Credential")?, part("SignedHeaders")?))
}

fn result(action: &str, inside: &str) -> Response {
    let id = "<ResponseMetadata><RequestId>00000000-0000-4000-8000-000000000000</RequestId></ResponseMetadata>";
    xml(200, &format!("<{action}Response xmlns=\"{XMLNS}\"><{action}Result>{inside}</{action}Result>{id}</{action}Response>"))
}

fn error(status: u16, code: &str, message: &str) -> Response {
    let kind = if status < 500 { "Sender" } else { "Receiver" };
    let error = format!("<Error><Type>{kind}</Type><Code>{code}</Code><Message>{message}</Message></Error>");
    xml(
        status,
        &format!("<ErrorResponse xmlns=\"{XMLNS}\">{error}<RequestId>00000000-0000-4000-8000-000000000000</RequestId></ErrorResponse>"),
    )
}

fn xml(status: u16, text: &str) -> Response {
    let status = StatusCode::from_u16(status).expect("the statuses in this file are valid");
    (status, [(header::CONTENT_TYPE, "text/xml")], text.to_owned()).into_response()
}

/// Nothing is ever called: no submission of this protocol has a target.
pub fn callback() -> Callback {
    Callback::Get { url: String::new(), wants: None }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ids_are_unique_by_run_and_come_apart_again(run in any::<u64>(), number in any::<u64>()) {
            let id = message_id(run, number);
            prop_assert_eq!(id.len(), 36);
            prop_assert_eq!(number_of(run, &id), Some(number));
            prop_assert_eq!(number_of(run.wrapping_add(1), &id), None);
        }

        #[test]
        fn any_header_is_read_or_refused(value in "(AWS4-HMAC-SHA256 )?[ -~]{0,80}") {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            prop_assert!(verify(&headers, "/sns", b"", 0).is_err());
        }
    }
}
