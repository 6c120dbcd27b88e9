//! Melipayamak's two generations: forms to `/api/SendSMS/{Method}` with user name and password, and JSON to
//! `/api/{path}/{token}`.
//!
//! Answers are HTTP 200 whatever happens, with a code in the id's place. Nothing is reported: receipts are asked for, and
//! what people write lies in the inbox, and is forwarded as well once an address for it was introduced (the real one is
//! typed into the panel). Neither generation carries a reference.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bytes::Bytes;
use chrono::TimeZone as _;
use chrono_tz::Asia::Tehran;
use serde_json::{Value, json};

use crate::providers::simulator::callbacks::Notice;
use crate::providers::simulator::caller::Callback;
use crate::providers::simulator::codes::{self, Code};
use crate::providers::simulator::engine::Engine;
use crate::providers::simulator::fate::{Said, is_throttled_once};
use crate::providers::simulator::memory::Letter;
use crate::providers::simulator::message::{Reply, Submission, Target};

use super::{Wire, likeness, own};

/// What an account has left, in messages.
const CREDIT: u32 = 100;
/// The price of one message, in rial.
const BASE_PRICE: u32 = 1_000;
/// The most recipients of one request.
const RECIPIENTS: usize = 100;
/// How many numbers an id has room for beside the run.
const NUMBERS: u64 = 10_000_000_000;
/// The ending that a text to several people must have: "cancel11".
const SUFFIX: &str = "\u{644}\u{63a}\u{648}11";

/// The protocol's paths.
pub fn router(engine: Arc<Engine>) -> Router {
    Router::new()
        .route("/melipayamak/api/SendSMS/{method}", post(rest))
        .route("/melipayamak/api/send/simple/{token}", post(send_simple))
        .route("/melipayamak/api/send/shared/{token}", post(send_shared))
        .route("/melipayamak/api/receive/status/{token}", post(status))
        .route("/melipayamak/api/receive/messages/{token}", post(messages))
        .route("/melipayamak/api/receive/credit/{token}", get(credit))
        .with_state(engine)
}

/// Nineteen digits, of which nine stand for the run: a whole number below 2^63, as the real ones are.
pub fn message_id(run: u64, number: u64) -> String {
    (prefix(run) * NUMBERS + number % NUMBERS).to_string()
}

/// Takes an id apart again.
pub fn number_of(run: u64, id: &str) -> Option<u64> {
    let id: u64 = id.parse().ok()?;
    (id / NUMBERS == prefix(run)).then_some(id % NUMBERS)
}

fn prefix(run: u64) -> u64 {
    100_000_000 + run % 800_000_000
}

/// What became of one recipient's message.
enum Sent {
    /// An id, or a code in its place.
    Value(String),
    /// An answer that is none of the provider's.
    Other(Response),
}

async fn send(engine: &Arc<Engine>, to: &str, from: &str, text: &str) -> Sent {
    let to = international(to);
    let target = engine.registered(Wire::Melipayamak).unwrap_or_else(|| engine.target(Wire::Melipayamak, "", ""));
    let reference = likeness(&to, from, text);
    let submission = Submission { wire: Wire::Melipayamak, reference: &reference, to: &to, from, text, target: Some(&target) };
    Sent::Value(match engine.submit(submission).await {
        Reply::Accepted(taken) => taken.id,
        Reply::Refused(code) => refusal(code).into(),
        Reply::Throttled if is_throttled_once(&to) => "4".into(),
        Reply::Throttled => return Sent::Other(StatusCode::TOO_MANY_REQUESTS.into_response()),
        Reply::ServerError => return Sent::Other(StatusCode::INTERNAL_SERVER_ERROR.into_response()),
        Reply::Garbage => return Sent::Other("<html>it w".into_response()),
        Reply::Reset => return Sent::Other(super::reset()),
    })
}

/// What is refused before any carrier hears of it.
fn refused_at_once(recipients: &[&str], from: &str, text: &str) -> Option<&'static str> {
    let text = text.trim();
    match () {
        () if recipients.is_empty() => Some("16"),
        () if text.is_empty() => Some("17"),
        () if from.is_empty() => Some("5"),
        () if recipients.len() > RECIPIENTS => Some("4"),
        () if has_link(text) => Some("14"),
        () if recipients.len() > 1 && !text.ends_with(SUFFIX) => Some("15"),
        () => None,
    }
}

/// Sends one message by a registered text. It has no line of the account's own.
async fn send_pattern(engine: &Arc<Engine>, to: &str, body_id: &str, values: &[&str]) -> Sent {
    let recipients = to.split(',').filter(|to| !to.trim().is_empty()).count();
    let text = match recipients {
        0 => Err("16"),
        1 => filled(engine.patterns(), body_id, values),
        _ => Err("-2"),
    };
    match text {
        Ok(text) => send(engine, to, "", &text).await,
        Err(code) => Sent::Value(code.into()),
    }
}

/// A registered text with its gaps filled, or the code of what is wrong.
fn filled(patterns: &BTreeMap<u32, String>, body_id: &str, values: &[&str]) -> Result<String, &'static str> {
    let id: u32 = body_id.parse().map_err(|_| "-4")?;
    if values.iter().any(|value| has_link(value)) {
        return Err("-10");
    }
    if patterns.is_empty() {
        return Ok(values.join("\n"));
    }
    let pattern = patterns.get(&id).ok_or("-4")?;
    let gap = |n: usize| format!("{{{n}}}");
    let gaps = (0..).take_while(|n| pattern.contains(&gap(*n))).count();
    if gaps != values.len() || values.iter().any(|value| value.is_empty()) {
        return Err("-5");
    }
    // From piece to piece, so that what stands in a value is never taken for a gap.
    let (mut text, mut rest) = (String::new(), pattern.as_str());
    while let Some((at, n)) = (0..gaps).filter_map(|n| Some((rest.find(&gap(n))?, n))).min() {
        text.push_str(&rest[..at]);
        text.push_str(values[n]);
        rest = &rest[at + gap(n).len()..];
    }
    Ok(text + rest)
}

fn has_link(text: &str) -> bool {
    ["http://", "https://", "www."].iter().any(|mark| text.contains(mark))
}

/// The carrier's reason as one of the provider's codes.
fn refusal(code: &Code) -> &'static str {
    if code == codes::OPTED_OUT {
        "35"
    } else if code == codes::CARRIER_REFUSED {
        "11"
    } else {
        "18"
    }
}

/// The delivery code of a message by its id.
fn delivery(engine: &Engine, id: &str) -> i32 {
    match engine.by_id(Wire::Melipayamak, id).map(|(_, record)| record.status) {
        None => -1,
        Some(None) => 0,
        Some(Some(Said::Sent)) => 8,
        Some(Some(Said::Delivered)) => 1,
        Some(Some(Said::Failed)) => 2,
    }
}

async fn rest(State(engine): State<Arc<Engine>>, Path(method): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let fields = fields(&headers, &body);
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    if field("username").is_empty() || matches!(field("password"), "" | "wrong") {
        let value = if matches!(&*method, "SendSMS" | "BaseServiceNumber") { json!("0") } else { Value::Null };
        return Json(json!({ "Value": value, "RetStatus": 0, "StrRetStatus": "InvalidUserNameOrPassword" })).into_response();
    }
    match method.as_str() {
        "SendSMS" => send_sms(&engine, field("to"), field("from"), field("text")).await,
        "BaseServiceNumber" => {
            let values: Vec<_> =
                Some(field("text")).filter(|text| !text.is_empty()).map(|text| text.split(';').collect()).unwrap_or_default();
            match send_pattern(&engine, field("to"), field("bodyId"), &values).await {
                Sent::Value(sent) => value(&sent),
                Sent::Other(answer) => answer,
            }
        }
        "GetDeliveries2" => value(&delivery(&engine, field("recId")).to_string()),
        "GetMessages" if field("location") == "1" => {
            let (index, count) = (field("index").parse().unwrap_or(0), field("count").parse().unwrap_or(0));
            let data: Vec<_> = letters(&engine, index, count).iter().map(|(number, letter)| listed(*number, letter)).collect();
            Json(json!({ "MyBase": { "Value": "1", "RetStatus": 1, "StrRetStatus": "Ok" }, "Data": data })).into_response()
        }
        "GetCredit" => value(&CREDIT.to_string()),
        "GetBasePrice" => value(&BASE_PRICE.to_string()),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Several recipients get a message each, and their ids are listed.
async fn send_sms(engine: &Arc<Engine>, to: &str, from: &str, text: &str) -> Response {
    let recipients: Vec<_> = to.split(',').map(str::trim).filter(|to| !to.is_empty()).collect();
    if let Some(code) = refused_at_once(&recipients, from, text) {
        return value(code);
    }
    let mut values = Vec::new();
    for to in recipients {
        match send(engine, to, from, text).await {
            Sent::Value(value) => values.push(value),
            Sent::Other(answer) => return answer,
        }
    }
    value(&values.join(","))
}

/// The status is good whatever the value is.
fn value(value: &str) -> Response {
    Json(json!({ "Value": value, "RetStatus": 1, "StrRetStatus": "Ok" })).into_response()
}

fn listed(number: u64, Letter { to, from, text, at, .. }: &Letter) -> Value {
    let date = format!("/Date({at}+0330)/");
    json!({ "MsgID": number, "Body": text, "SenderNumber": local(from), "RecipientNumber": to, "SendDate": date })
}

async fn send_simple(State(engine): State<Arc<Engine>>, Path(token): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    if let Some(no) = stranger(&token) {
        return no;
    }
    let fields = fields(&headers, &body);
    let field = |name: &str| fields.get(name).map(String::as_str).unwrap_or_default();
    let (to, from, text) = (field("to"), field("from"), field("text"));
    let recipients: Vec<_> = Some(to).into_iter().filter(|to| !to.is_empty()).collect();
    let sent = match refused_at_once(&recipients, from, text) {
        Some(code) => Sent::Value(code.into()),
        None => send(&engine, to, from, text).await,
    };
    console(sent)
}

async fn send_shared(State(engine): State<Arc<Engine>>, Path(token): Path<String>, body: Bytes) -> Response {
    if let Some(no) = stranger(&token) {
        return no;
    }
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let values: Vec<_> = asked["args"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    console(send_pattern(&engine, asked["to"].as_str().unwrap_or_default(), &asked["bodyId"].to_string(), &values).await)
}

fn console(sent: Sent) -> Response {
    match sent {
        Sent::Other(answer) => answer,
        // The real status is a sentence that the vendor does not list; here it is the number of the reason.
        Sent::Value(value) if value.len() < 10 => Json(json!({ "recId": 0, "status": value })).into_response(),
        Sent::Value(id) => Json(json!({ "recId": id.parse::<u64>().unwrap_or(0), "status": "" })).into_response(),
    }
}

async fn status(State(engine): State<Arc<Engine>>, Path(token): Path<String>, body: Bytes) -> Response {
    if let Some(no) = stranger(&token) {
        return no;
    }
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let ids = asked["recIds"].as_array().map(Vec::as_slice).unwrap_or_default();
    let codes: Vec<_> = ids.iter().map(|id| delivery(&engine, &id.to_string())).collect();
    let words: Vec<_> = codes.iter().map(i32::to_string).collect();
    Json(json!({ "results": words, "resultsAsCode": codes, "status": "" })).into_response()
}

async fn messages(State(engine): State<Arc<Engine>>, Path(token): Path<String>, body: Bytes) -> Response {
    if let Some(no) = stranger(&token) {
        return no;
    }
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let number = |name: &str| asked[name].as_u64().and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
    let found = if asked["type"] == "in" { letters(&engine, number("index"), number("count")) } else { Vec::new() };
    let messages: Vec<_> = found
        .iter()
        .map(|(_, letter)| json!({ "sender": local(&letter.from), "body": letter.text, "sendDate": tehran_time(letter.at) }))
        .collect();
    Json(json!({ "messages": messages, "status": "" })).into_response()
}

async fn credit(Path(token): Path<String>) -> Response {
    stranger(&token).unwrap_or_else(|| Json(json!({ "amount": CREDIT, "status": "" })).into_response())
}

/// How a wrong token is refused is not documented; this is how ASP.NET refuses it.
fn stranger(token: &str) -> Option<Response> {
    let problem = json!({ "type": "https://tools.ietf.org/html/rfc7235#section-3.1", "title": "Unauthorized", "status": 401 });
    (token == "wrong").then(|| (StatusCode::UNAUTHORIZED, Json(problem)).into_response())
}

fn letters(engine: &Engine, index: usize, count: usize) -> Vec<(u64, Letter)> {
    engine.memory().letters(Wire::Melipayamak).skip(index).take(count.min(RECIPIENTS)).cloned().collect()
}

/// The fields of a form, or of JSON, which both generations take.
fn fields(headers: &HeaderMap, body: &[u8]) -> HashMap<String, String> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !content_type.starts_with("application/json") {
        return form_urlencoded::parse(body).into_owned().collect();
    }
    let object: serde_json::Map<_, _> = serde_json::from_slice(body).unwrap_or_default();
    let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    object.into_iter().map(|(name, value)| (name, text(value))).collect()
}

/// A number as people write it in Iran, in E.164; as it is when it is neither.
fn international(to: &str) -> String {
    let to = to.trim();
    let rest = to.strip_prefix("00").unwrap_or(to);
    match rest.as_bytes() {
        [b'0', ..] => format!("+98{}", &rest[1..]),
        [b'9', ..] if rest.len() == 10 => format!("+98{rest}"),
        [b'0'..=b'9', ..] => format!("+{rest}"),
        _ => rest.into(),
    }
}

fn local(number: &str) -> String {
    number.strip_prefix("+98").map_or_else(|| number.into(), |national| format!("0{national}"))
}

fn tehran_time(at: i64) -> String {
    Tehran.timestamp_millis_opt(at).single().map(|time| time.format("%Y-%m-%dT%H:%M:%S%.3f").to_string()).unwrap_or_default()
}

/// Words the forwarding of a person's text: the address with what the panel puts in place of `$TO$`, `$FROM$` and
/// `$TEXT$`. Receipts are never called for.
pub fn callback(target: &Target, notice: &Notice) -> Callback {
    let mut url = own::inbound_url(&target.url);
    if let Notice::Reply { to, from, text, .. } = notice {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("to", to).append_pair("from", &local(from)).append_pair("body", text);
        url = format!("{url}?{}", query.finish());
    }
    Callback::Get { url, wants: Some("OK".into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn ids_are_long_whole_numbers_and_come_apart_again(run in any::<u64>(), number in 0..NUMBERS) {
            let id = message_id(run, number);
            prop_assert!(id.len() >= 16 && id.parse::<i64>().is_ok());
            prop_assert_eq!(number_of(run, &id), Some(number));
            prop_assert_eq!(number_of(run.wrapping_add(1), &id), None);
        }
    }

    #[test]
    fn numbers_of_iran_are_read_in_every_spelling() {
        for to in ["09123456789", "9123456789", "989123456789", "+989123456789", "00989123456789"] {
            assert_eq!(international(to), "+989123456789", "{to}");
        }
        assert_eq!(international("+886912345678"), "+886912345678");
        assert_eq!((local("+989123456789").as_str(), local("+886912345678").as_str()), ("09123456789", "+886912345678"));
    }

    #[test]
    fn a_registered_text_is_filled_or_says_what_is_wrong() {
        let patterns = BTreeMap::from([(7, "{1} for {0}: {1}".to_owned()), (8, "no gaps".to_owned())]);
        for (id, values, expected) in [
            ("7", &["Ann", "{0}"][..], Ok("{0} for Ann: {0}")),
            ("8", &[], Ok("no gaps")),
            ("9", &[], Err("-4")),
            ("x", &[], Err("-4")),
            ("7", &["Ann"], Err("-5")),
            ("7", &["Ann", "A1", "more"], Err("-5")),
            ("7", &["Ann", "http://x.ir"], Err("-10")),
        ] {
            assert_eq!(filled(&patterns, id, values).as_deref(), expected.as_ref().map(|text| *text), "{id} {values:?}");
        }
        assert_eq!(filled(&BTreeMap::new(), "9", &["Ann", "A1"]).as_deref(), Ok("Ann\nA1"));
    }

    #[test]
    fn only_several_recipients_need_the_suffix() {
        let several = ["09120000000", "09120000009"];
        for (recipients, text, code) in [
            (&several[..1], "hello", None),
            (&several[..], "hello", Some("15")),
            (&several[..], "hello \u{644}\u{63a}\u{648}11", None),
            (&several[..1], "see https://example.com", Some("14")),
            (&several[..1], "", Some("17")),
            (&[], "hello", Some("16")),
        ] {
            assert_eq!(refused_at_once(recipients, "5000", text), code, "{text} to {}", recipients.len());
        }
    }
}
