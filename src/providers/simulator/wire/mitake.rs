//! Mitake's "HTTP API": forms in, lines out, HTTP 200 for nearly all, error texts in Big5, and a GET to the address that
//! the message named, which must be answered with the magic words.
//!
//! Texts of people cannot be handed on: the manual knows no such thing.

mod bulk;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::http::{StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use bytes::Bytes;
use encoding_rs::BIG5;

use crate::kernel::clock::{HOUR, Millis};
use crate::providers::form::Fields;
use crate::providers::simulator::callbacks::Notice;
use crate::providers::simulator::caller::Callback;
use crate::providers::simulator::codes::{self, Code};
use crate::providers::simulator::engine::Engine;
use crate::providers::simulator::fate::Said;
use crate::providers::simulator::message::{Reply, Submission, Target};
use crate::providers::taiwan;

use super::Wire;

/// For how long a `clientid` is answered with its first answer.
const REPLAY: Millis = 12 * HOUR;
/// The most ids of one question.
const IDS: usize = 100;
/// What every account has left.
const POINTS: &str = "AccountPoint=100\r\n";

/// What it says to too many connections.
const CROWDED: &str = "帳號已達到同時連線數上限";

/// The protocol's paths, those of older accounts too.
pub fn router(engine: Arc<Engine>) -> Router {
    let limit = DefaultBodyLimit::max(bulk::REQUEST_LIMIT);
    Router::new().route("/mitake/{api}/mtk/{call}", post(answer)).layer(limit).with_state(engine)
}

/// Ten characters as a rule, as the manual has them: five that tell runs apart, and the number.
pub fn message_id(run: u64, number: u64) -> String {
    format!("{}{:0>4}", of_run(run), base36(number))
}

/// Takes an id apart again.
pub fn number_of(run: u64, id: &str) -> Option<u64> {
    u64::from_str_radix(id.strip_prefix(&of_run(run))?, 36).ok()
}

fn of_run(run: u64) -> String {
    format!("#{:0>5}", base36(run % 36_u64.pow(5)))
}

fn base36(mut number: u64) -> String {
    let mut digits = Vec::new();
    loop {
        let digit = u32::try_from(number % 36).expect("a remainder of 36 is small");
        digits.push(char::from_digit(digit, 36).expect("it is below 36").to_ascii_uppercase());
        number /= 36;
        if number == 0 {
            return digits.iter().rev().collect();
        }
    }
}

async fn answer(State(engine): State<Arc<Engine>>, Path((_, call)): Path<(String, String)>, uri: Uri, body: Bytes) -> Response {
    let query = Fields::of_url(&uri.to_string());
    let account = if call == bulk::CALL { &query } else { &Fields::read(&body) };
    let refused = match (account.text("username"), account.text("password")) {
        (None, _) => Some(("c", "請輸入帳號")),
        (_, None) => Some(("d", "請輸入密碼")),
        (_, Some(password)) if password == "wrong" => Some(("e", "帳號、密碼錯誤")),
        _ => None,
    };
    if let Some((code, error)) = refused {
        return no(code, error);
    }
    match call.as_str() {
        "SmSend" => send(&engine, account, is_utf8(&query, "CharsetURL")).await,
        bulk::CALL => bulk::send(&engine, &body, is_utf8(&query, "Encoding_PostIn")).await,
        "SmQuery" => self::query(&engine, account),
        "SmCancel" => cancel(&engine, account),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Whether a field names UTF-8; else it is Big5.
fn is_utf8(fields: &Fields, name: &str) -> bool {
    let charset = fields.text(name).map(|name| name.to_ascii_lowercase());
    matches!(charset.as_deref(), Some("utf8" | "utf-8"))
}

async fn send(engine: &Arc<Engine>, fields: &Fields, is_utf8: bool) -> Response {
    let body = fields.bytes("smbody").unwrap_or_default();
    let body = if is_utf8 { String::from_utf8_lossy(body) } else { BIG5.decode_without_bom_handling(body).0 };
    let client_id = fields.text("clientid").unwrap_or_default();
    let response = fields.text("response").unwrap_or_default();
    let section = if client_id.is_empty() { "1" } else { &*client_id };
    if body.is_empty() {
        return refused(section, "u", "簡訊內容空白");
    }
    if client_id.len() > 36 || response.len() > 256 {
        return refused(section, "y", "參數錯誤");
    }
    if let Some(id) = replayed(engine, &client_id) {
        return lines(&format!("[{section}]\r\nmsgid={id}\r\nstatuscode=1\r\n{POINTS}Duplicate=Y\r\n"));
    }
    let target = (!response.is_empty()).then(|| engine.target(Wire::Mitake, &response, ""));
    let reply = engine
        .submit(Submission {
            wire: Wire::Mitake,
            reference: &client_id,
            to: &taiwan::e164(&fields.text("dstaddr").unwrap_or_default()),
            from: "",
            text: &body.replace('\u{6}', "\n"),
            target: target.as_ref(),
        })
        .await;
    match reply {
        Reply::Accepted(taken) => lines(&format!("[{section}]\r\nmsgid={}\r\nstatuscode=1\r\n{POINTS}", taken.id)),
        Reply::Refused(code) => {
            let (code, error) = words(code);
            refused(section, code, error)
        }
        Reply::Throttled => no("l", CROWDED),
        Reply::ServerError => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Reply::Garbage => lines("<html>it w"),
        Reply::Reset => super::reset(),
    }
}

/// The id of the message that this `clientid` brought within the last twelve hours. It is an old acceptance, so the
/// journal hears nothing of the repetition.
fn replayed(engine: &Engine, client_id: &str) -> Option<String> {
    let memory = engine.memory();
    let (number, record) = memory.find(client_id).filter(|_| !client_id.is_empty())?;
    (record.wire == Wire::Mitake && engine.now() - record.at < REPLAY).then(|| engine.id_of(Wire::Mitake, number))
}

/// The gateway's letter and words for a refusal. It has none for somebody who opted out; a number out of service comes nearest.
fn words(code: &Code) -> (&'static str, &'static str) {
    if code == codes::OPTED_OUT {
        ("7", "門號停用")
    } else if code == codes::CARRIER_REFUSED {
        ("a", "簡訊發送功能暫時停止服務，請稍候再試")
    } else {
        ("v", "無效的手機號碼")
    }
}

fn query(engine: &Engine, fields: &Fields) -> Response {
    let Some(ids) = fields.text("msgid") else {
        return lines(POINTS);
    };
    if ids.split(',').count() > IDS {
        return no("w", "查詢筆數超過上限");
    }
    let rows: String = ids
        .split(',')
        .filter_map(|id| {
            let (_, record) = engine.by_id(Wire::Mitake, id)?;
            Some(format!("{id}\t{}\t{}\r\n", flag(record.status), taiwan::compact(record.at)))
        })
        .collect();
    if rows.is_empty() { no("z", "查無資料") } else { lines(&rows) }
}

/// Nothing can be cancelled, because nothing is sent later than at once: each id is answered with its status.
fn cancel(engine: &Engine, fields: &Fields) -> Response {
    let ids = fields.text("msgid").unwrap_or_default();
    let row = |id: &str| format!("{id}={}\r\n", engine.by_id(Wire::Mitake, id).map_or("?", |(_, record)| flag(record.status)));
    lines(&ids.split(',').take(IDS).map(row).collect::<String>())
}

fn flag(status: Option<Said>) -> &'static str {
    match status {
        None => "1",
        Some(Said::Sent) => "2",
        Some(Said::Delivered) => "4",
        Some(Said::Failed) => "7",
    }
}

/// Words a receipt.
pub fn callback(engine: &Engine, target: &Target, notice: &Notice) -> Callback {
    let Notice::Receipt { taken, said, forged } = notice else { unreachable!("the engine asks brings_replies() before it plans a reply") };
    let word = match said {
        Said::Sent => "UNKNOWN",
        Said::Delivered => "DELIVRD",
        Said::Failed => "UNDELIV",
    };
    let now = taiwan::compact(engine.now());
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("msgid", &taken.id)
        .append_pair("dstaddr", &taiwan::local(&taken.to))
        .append_pair("dlvtime", &now)
        .append_pair("donetime", &now)
        .append_pair("statuscode", "0")
        .append_pair("statusstr", word)
        .append_pair("StatusFlag", flag(Some(*said)))
        .finish();
    let url = if *forged { super::guessed(&target.url) } else { target.url.clone() };
    Callback::Get { url: super::with_query(&url, &query), wants: Some(format!("magicid=sms_gateway_rpack\nmsgid={}\n", taken.id)) }
}

/// A refusal of a message.
fn refused(section: &str, code: &str, error: &str) -> Response {
    lines(&format!("[{section}]\r\nstatuscode={code}\r\nError={error}\r\n{POINTS}"))
}

/// A refusal of the whole request.
fn no(code: &str, error: &str) -> Response {
    lines(&format!("statuscode={code}\r\nError={error}\r\n"))
}

fn lines(text: &str) -> Response {
    ([(header::CONTENT_TYPE, "text/plain")], BIG5.encode(text).0.into_owned()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_has_ten_characters_and_shows_its_run() {
        let (run, id) = (u64::MAX, message_id(u64::MAX, 35));
        assert_eq!((id.len(), &id[..1], &id[6..]), (10, "#", "000Z"));
        assert_eq!(number_of(run, &id), Some(35));
        assert_eq!(number_of(run, &message_id(run, 36_u64.pow(4))), Some(36_u64.pow(4)));
        assert_eq!(number_of(1, &id), None);
    }
}
