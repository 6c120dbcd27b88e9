//! Every8d's "API 2.1": forms in, text out, HTTP 200 for nearly all, and a GET to the address on file.
//!
//! The vendor's customers register that address by hand. Here it is the one that was introduced, or that came with the
//! last message in the field `CALLBACK`, which the real gateway does not have.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use bytes::Bytes;
use serde_json::json;

use crate::kernel::sms::{self, Encoding};
use crate::providers::form::Fields;
use crate::providers::simulator::callbacks::Notice;
use crate::providers::simulator::caller::Callback;
use crate::providers::simulator::codes::{self, Code};
use crate::providers::simulator::engine::Engine;
use crate::providers::simulator::fate::Said;
use crate::providers::simulator::memory::Record;
use crate::providers::simulator::message::{Acceptance, Reply, Submission, Target};
use crate::providers::taiwan;

use super::Wire;

/// What every account has left.
const CREDIT: &str = "100.00";
/// The batch of a submission of which nothing was sent.
const NO_BATCH: &str = "00000000-0000-0000-0000-000000000000";

/// The protocol's paths, with and without a site.
pub fn router(engine: Arc<Engine>) -> Router {
    Router::new()
        .route("/every8d/API21/HTTP/{call}", get(answer).post(answer))
        .route("/every8d/{site}/API21/HTTP/{call}", get(answer).post(answer))
        .with_state(engine)
}

/// A UUID that holds the run and the number.
pub fn message_id(run: u64, number: u64) -> String {
    let hex = format!("{run:016x}{number:016x}");
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// Takes an id apart again.
pub fn number_of(run: u64, id: &str) -> Option<u64> {
    let hex: String = id.chars().filter(|c| *c != '-').collect();
    u64::from_str_radix(hex.strip_prefix(&format!("{run:016x}"))?, 16).ok()
}

async fn answer(
    State(engine): State<Arc<Engine>>,
    Path(parts): Path<HashMap<String, String>>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> Response {
    let fields = if method == Method::GET { Fields::of_url(&uri.to_string()) } else { Fields::read(&body) };
    let call = parts.get("call").map(|call| call.to_ascii_lowercase()).unwrap_or_default();
    if fields.text("UID").is_none() || fields.text("PWD").is_none_or(|password| password == "wrong") {
        return text("-2, 帳號或密碼錯誤");
    }
    match call.as_str() {
        "sendsms.ashx" => send(&engine, &fields).await,
        "getcredit.ashx" => text(CREDIT),
        "getdeliverystatus.ashx" => status(&engine, &fields),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn send(engine: &Arc<Engine>, fields: &Fields) -> Response {
    let (Some(message), Some(to)) = (fields.text("MSG"), fields.text("DEST")) else {
        return text("-1, 參數錯誤");
    };
    if to.contains(',') {
        return text("-99, 模擬器每次只收一個門號");
    }
    let size = sms::measure(&message);
    if size.encoding == Encoding::Ucs2 && size.units > 333 {
        return text("-5, 簡訊內容過長");
    }
    let target = match fields.text("CALLBACK") {
        Some(url) => Some(engine.target(Wire::Every8d, &url, "")),
        None => engine.registered(Wire::Every8d),
    };
    let reply = engine
        .submit(Submission {
            wire: Wire::Every8d,
            // Nothing else that the protocol carries is ours. With a subject of the shop's own, all messages share it.
            reference: &fields.text("SB").unwrap_or_default(),
            to: &taiwan::e164(&to),
            from: "",
            text: &message,
            target: target.as_ref(),
        })
        .await;
    match reply {
        Reply::Accepted(Acceptance { id, segments, .. }) => text(&format!("{CREDIT},1,{segments},0,{id}")),
        Reply::Refused(code) => text(&refusal(code)),
        Reply::Throttled => StatusCode::TOO_MANY_REQUESTS.into_response(),
        Reply::ServerError => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
        Reply::Garbage => text("<html>it w"),
        Reply::Reset => super::reset(),
    }
}

/// A landline is a number of the wrong form to this gateway. The refusal for no reason is a batch with nothing sent.
fn refusal(code: &Code) -> String {
    if code == codes::OPTED_OUT {
        "-3, 黑名單".into()
    } else if code == codes::CARRIER_REFUSED {
        format!("{CREDIT},0,0,1,{NO_BATCH}")
    } else {
        "-8, 門號格式錯誤".into()
    }
}

fn status(engine: &Engine, fields: &Fields) -> Response {
    let batch = fields.text("BID").unwrap_or_default();
    let record = engine.by_id(Wire::Every8d, &batch).map(|(_, record)| record);
    if fields.text("RESPFORMAT").as_deref() == Some("1") {
        let rows: Vec<_> = record.iter().map(row).collect();
        let answer = json!({ "SMS_COUNT": rows.len(), "BID": batch, "DATA": rows });
        return ([(header::CONTENT_TYPE, "application/json; charset=utf-8")], answer.to_string()).into_response();
    }
    let mut lines = usize::from(record.is_some()).to_string();
    if let Some(Record { to, at, segments, status, .. }) = &record {
        lines += &format!("\n\t{to}\t{}\t{segments}\t{}", taiwan::spaced(*at), digits(*status));
    }
    text(&lines)
}

fn row(record: &Record) -> serde_json::Value {
    let received = if record.status == Some(Said::Delivered) { taiwan::spaced(record.at) } else { String::new() };
    json!({
        "MR": "", "NAME": "", "MOBILE": record.to, "SEND_TIME": taiwan::spaced(record.at), "COST": record.segments,
        "STATUS": digits(record.status), "REAL_COST": record.segments, "RECEIVED_TIME": received,
    })
}

fn digits(status: Option<Said>) -> &'static str {
    match status {
        None => "0",
        Some(Said::Sent) => "700",
        Some(Said::Delivered) => "100",
        Some(Said::Failed) => "101",
    }
}

/// Words a receipt or a reply.
pub fn callback(engine: &Engine, target: &Target, notice: &Notice) -> Callback {
    let now = taiwan::compact(engine.now());
    let mut query = form_urlencoded::Serializer::new(String::new());
    let mut add = |batch: &str, person: &str, status: &str, text: &str, others: &[(&str, &str)]| {
        let fields = [("BatchID", batch), ("RM", person), ("RT", &now), ("STATUS", status), ("SM", text), ("ST", &now)];
        query.extend_pairs(fields).extend_pairs(others);
    };
    let url = match notice {
        Notice::Receipt { taken, said, forged } => {
            let charge = taken.segments.to_string();
            let others = [("SUBJECT", &*taken.reference), ("MR", ""), ("NAME", ""), ("CHARGE", &charge), ("MSGID", "")];
            add(&taken.id, &taken.to, digits(Some(*said)), "", &others);
            if *forged { super::guessed(&target.url) } else { target.url.clone() }
        }
        Notice::Reply { event_id, from, text, .. } => {
            let batch = engine.memory().latest(Wire::Every8d, from);
            let batch = batch.map(|number| engine.id_of(Wire::Every8d, number)).unwrap_or_default();
            add(&batch, from, "999", text, &[("MSGID", event_id)]);
            target.url.clone()
        }
    };
    Callback::Get { url: super::with_query(&url, &query.append_pair("TYPE", "SMS").finish()), wants: None }
}

fn text(body: &str) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body.to_owned()).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_a_uuid_of_its_run() {
        let id = message_id(0x0123_4567_89ab_cdef, 7);
        assert_eq!(id, "01234567-89ab-cdef-0000-000000000007");
        assert_eq!(number_of(0x0123_4567_89ab_cdef, &id), Some(7));
        assert_eq!(number_of(1, &id), None);
    }
}
