//! What people wrote back: forwarded by the panel to our address, or read from the panel's inbox.

use chrono::{NaiveDateTime, TimeZone as _};
use chrono_tz::Asia::Tehran;
use reqwest::Url;
use serde::Deserialize;
use serde_json::Value;

use crate::kernel::clock::Millis;
use crate::kernel::crypto::sha256_hex;
use crate::kernel::phone::{Country, Phone};
use crate::providers::receipt::Inbound;
use crate::providers::{Call, CallError};

use super::word;

/// How many texts one request asks for: few enough that long texts fit into the part of an answer that is read.
pub const PAGE: usize = 25;
/// How many requests at most; with [`PAGE`] the hundred newest texts.
pub const PAGES: usize = 4;

/// A text as `GetMessages` lists it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RestText {
    #[serde(rename = "MsgID", default)]
    id: Value,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    sender_number: Value,
    #[serde(default)]
    recipient_number: Value,
    #[serde(default)]
    send_date: String,
}

/// A text as `receive/messages` lists it. Only the first three names are documented.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsoleText {
    #[serde(default)]
    sender: Value,
    #[serde(default)]
    body: Option<String>,
    #[serde(default)]
    send_date: String,
    #[serde(default)]
    receiver: Value,
}

impl RestText {
    /// The text, unless its time or number cannot be read.
    pub fn inbound(self) -> Option<Inbound> {
        let at = json_date(&self.send_date)?;
        let (id, to, from) = (word(&self.id), word(&self.recipient_number), word(&self.sender_number));
        text(to, &from, self.body.unwrap_or_default(), at, |text| if id.is_empty() { key(text) } else { format!("msg-{id}") })
    }
}

impl ConsoleText {
    /// The text, unless its time or number cannot be read; `ours` is the line it came to when it names none.
    pub fn inbound(self, ours: &str) -> Option<Inbound> {
        let at = tehran_time(&self.send_date)?;
        let to = Some(word(&self.receiver)).filter(|to| !to.is_empty()).unwrap_or_else(|| ours.into());
        text(to, &word(&self.sender), self.body.unwrap_or_default(), at, key)
    }
}

/// Reads a call that the panel makes for a text: a GET with the names that our guide has people type into the panel. The
/// panel signs nothing; what is secret is the address. It names no id or time either, so that a call which is made
/// again counts as another text: better read twice than lost, since the same word may well be meant twice.
pub fn forwarded(call: &Call<'_>) -> Result<Inbound, CallError> {
    let url = Url::parse(call.url).map_err(|_| CallError::Unreadable("its address is none"))?;
    let find = |names: &[&str]| {
        let mut pairs = url.query_pairs();
        pairs.find(|(name, _)| names.iter().any(|wanted| name.eq_ignore_ascii_case(wanted))).map(|(_, value)| value.into_owned())
    };
    let to = find(&["to"]).unwrap_or_default().trim().to_owned();
    let from = find(&["from"]).ok_or(CallError::Unreadable("it does not say who wrote"))?;
    let body = find(&["body", "text"]).ok_or(CallError::Unreadable("it holds no text"))?;
    text(to, &from, body, call.at, key).ok_or(CallError::Unreadable("it does not say who wrote"))
}

fn text(to: String, from: &str, text: String, at: Millis, event_key: impl FnOnce(&Inbound) -> String) -> Option<Inbound> {
    let from = from.trim();
    if from.is_empty() {
        return None;
    }
    let mut inbound = Inbound { event_key: String::new(), to, from: international(from), text, at, answered: false };
    inbound.event_key = event_key(&inbound);
    Some(inbound)
}

/// The provider writes numbers as they are dialled in Iran, whatever country the reader is in.
fn international(from: &str) -> String {
    let iran = Country::parse("IR").ok();
    iran.and_then(|iran| Phone::parse(from, iran).ok()).map_or_else(|| from.into(), |phone| phone.e164())
}

/// Stands for an id where there is none.
fn key(text: &Inbound) -> String {
    let Inbound { to, from, text, at, .. } = text;
    sha256_hex(format!("{to}\n{from}\n{at}\n{text}").as_bytes())
}

/// Reads `/Date(1700000000000+0330)/`. The milliseconds are of UTC, the offset only says whose clock it was; samples carry
/// +0430 of the days when Iran had a summer time, and +0330.
pub fn json_date(text: &str) -> Option<Millis> {
    let inside = text.trim().strip_prefix("/Date(")?.strip_suffix(")/")?;
    let digits = inside.trim_start_matches('-').bytes().take_while(u8::is_ascii_digit).count();
    let (millis, offset) = inside.split_at(digits + usize::from(inside.starts_with('-')));
    let is_offset = offset.len() == 5 && offset.starts_with(['+', '-']) && offset[1..].bytes().all(|b| b.is_ascii_digit());
    (offset.is_empty() || is_offset).then(|| millis.parse().ok())?
}

/// Reads `2023-11-15T01:43:20.5`: the time of day in Iran, with no offset beside it.
pub fn tehran_time(text: &str) -> Option<Millis> {
    let time = NaiveDateTime::parse_from_str(text.trim(), "%Y-%m-%dT%H:%M:%S%.f").ok()?;
    Tehran.from_local_datetime(&time).earliest().map(|time| time.timestamp_millis())
}
