//! `SmBulkSend`: a line for each message in, a block for each message out.

use std::collections::HashSet;
use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use encoding_rs::BIG5;

use crate::providers::simulator::engine::Engine;
use crate::providers::simulator::message::{Reply, Submission, Target};
use crate::providers::simulator::wire::{Wire, reset};
use crate::providers::taiwan;

use super::{CROWDED, POINTS, lines, no, replayed, words};

/// The call's name.
pub const CALL: &str = "SmBulkSend";
/// The largest body, in bytes.
pub const REQUEST_LIMIT: usize = 1024 * 1024;
/// The most lines of one call.
const MOST: usize = 500;

/// A line that can be submitted.
struct Line {
    client_id: String,
    to: String,
    text: String,
    target: Option<Arc<Target>>,
}

/// What becomes of a line.
enum Fate {
    /// It is answered at once: with this block.
    Said(String),
    /// It is submitted; the next of the replies is its own.
    Asked(String),
    /// Its `clientid` was answered before, or is in this call twice.
    Again(String),
}

/// Takes the lines of a call.
pub async fn send(engine: &Arc<Engine>, body: &[u8], is_utf8: bool) -> Response {
    let text = if is_utf8 { String::from_utf8_lossy(body) } else { BIG5.decode_without_bom_handling(body).0 };
    let written: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
    if written.is_empty() {
        return no("y", "參數錯誤");
    }
    if written.len() > MOST {
        return no("x", "發送筆數超過上限");
    }
    let (mut asked, mut seen) = (Vec::new(), HashSet::new());
    let fates: Vec<Fate> = written.into_iter().map(|line| read(engine, line, &mut seen, &mut asked)).collect();
    let submissions: Vec<Submission<'_>> = asked.iter().map(Line::submission).collect();
    let replies = if submissions.is_empty() { Vec::new() } else { engine.submit_many(&submissions).await };
    let all = |wanted: fn(&Reply) -> bool| replies.len() == fates.len() && replies.iter().all(wanted);
    if replies.iter().any(|reply| matches!(reply, Reply::Reset)) {
        return reset();
    }
    if replies.iter().any(|reply| matches!(reply, Reply::Garbage)) {
        return lines("<html>it w");
    }
    if all(|reply| matches!(reply, Reply::Throttled)) {
        return no("l", CROWDED);
    }
    if all(|reply| matches!(reply, Reply::ServerError)) {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    let mut replies = replies.into_iter();
    let blocks: String = fates.into_iter().map(|fate| block(engine, fate, &mut replies)).collect();
    lines(&format!("{blocks}{POINTS}"))
}

fn read(engine: &Engine, line: &str, seen: &mut HashSet<String>, asked: &mut Vec<Line>) -> Fate {
    let parts: Vec<&str> = line.split("$$").collect();
    let id = parts[0];
    // What the manual does not say about a text with `$$` in it is said here: it spoils its line.
    let &[_, to, _, _, _, response, text] = &*parts else { return Fate::Said(refused(id, "y", "參數錯誤")) };
    if text.is_empty() {
        return Fate::Said(refused(id, "u", "簡訊內容空白"));
    }
    if id.is_empty() || id.len() > 36 || response.len() > 256 {
        return Fate::Said(refused(id, "y", "參數錯誤"));
    }
    if !seen.insert(id.to_owned()) || replayed(engine, id).is_some() {
        return Fate::Again(id.to_owned());
    }
    asked.push(Line {
        client_id: id.into(),
        to: taiwan::e164(to),
        text: text.replace('\u{6}', "\n"),
        target: (!response.is_empty()).then(|| engine.target(Wire::Mitake, response, "")),
    });
    Fate::Asked(id.to_owned())
}

impl Line {
    fn submission(&self) -> Submission<'_> {
        let Self { client_id, to, text, target } = self;
        Submission { wire: Wire::Mitake, reference: client_id, to, from: "", text, target: target.as_ref() }
    }
}

/// The block of a line. What befell the whole call was answered before.
fn block(engine: &Engine, fate: Fate, replies: &mut impl Iterator<Item = Reply>) -> String {
    match fate {
        Fate::Said(block) => block,
        Fate::Again(id) => match replayed(engine, &id) {
            Some(msgid) => format!("[{id}]\r\nmsgid={msgid}\r\nstatuscode=1\r\nDuplicate=Y\r\n"),
            None => refused(&id, "v", "無效的手機號碼"),
        },
        Fate::Asked(id) => match replies.next() {
            Some(Reply::Accepted(taken)) => format!("[{id}]\r\nmsgid={}\r\nstatuscode=1\r\n", taken.id),
            Some(Reply::Refused(code)) => {
                let (code, error) = words(code);
                refused(&id, code, error)
            }
            Some(Reply::Throttled) => refused(&id, "l", CROWDED),
            _ => refused(&id, "*", "系統發生錯誤"),
        },
    }
}

fn refused(id: &str, code: &str, error: &str) -> String {
    format!("[{id}]\r\nstatuscode={code}\r\nError={error}\r\n")
}
