//! A message as Twilio shows it.

use serde::Serialize;
use serde_json::json;

use crate::kernel::clock::{Millis, SECOND, utc};
use crate::kernel::money::decimal;
use crate::providers::simulator::fate::Said;
use crate::providers::simulator::memory::Record;
use crate::providers::simulator::message::Submission;
use crate::providers::twilio::is_sid;

/// The number that every messaging service sends from.
pub const SERVICE_NUMBER: &str = "+15005550006";
/// How long Twilio takes to work a price out.
const PRICED_AFTER: Millis = 5 * SECOND;
/// Twilio's code for a phone that cannot be reached.
pub const UNREACHABLE: u32 = 30003;

/// The message resource, with all its fields.
#[derive(Serialize)]
pub struct Resource {
    account_sid: String,
    api_version: &'static str,
    body: String,
    date_created: String,
    date_sent: Option<String>,
    date_updated: String,
    direction: &'static str,
    error_code: Option<u32>,
    error_message: Option<&'static str>,
    from: Option<String>,
    messaging_service_sid: Option<String>,
    num_media: &'static str,
    num_segments: String,
    price: Option<String>,
    price_unit: &'static str,
    sid: String,
    status: &'static str,
    subresource_uris: serde_json::Value,
    to: String,
    uri: String,
}

impl Resource {
    /// A message that was just taken.
    pub fn fresh(account: &str, sid: &str, sent: &Submission<'_>, service: Option<&str>, segments: u32, at: Millis) -> Self {
        let bare = Self::bare(account, sid, sent.to, sent.text, at);
        Self {
            from: Some(sent.from.to_owned()).filter(|from| Some(from.as_str()) != service),
            messaging_service_sid: service.map(str::to_owned),
            // A service counts once it has picked the sender.
            num_segments: if service.is_some() { "0".into() } else { segments.to_string() },
            status: if service.is_some() { "accepted" } else { "queued" },
            ..bare
        }
    }

    /// A message as it stands at `now`. One that names both a sender and a service is remembered by its sender.
    pub fn of(account: &str, sid: &str, record: &Record, now: Millis) -> Self {
        let bare = Self::bare(account, sid, &record.to, &record.text, record.at);
        let left = record.status.is_some();
        let (from, service) = sender(&record.from, left);
        let failed = record.status == Some(Said::Failed);
        Self {
            from: from.map(str::to_owned),
            num_segments: if service.is_some() && !left { "0".into() } else { record.segments.to_string() },
            messaging_service_sid: service.map(str::to_owned),
            status: match record.status {
                None if service.is_some() => "accepted",
                None => "queued",
                Some(said) => word(said),
            },
            date_sent: left.then(|| rfc2822(record.at)),
            price: (left && now >= record.at + PRICED_AFTER).then(|| decimal(-record.price)),
            error_code: failed.then_some(UNREACHABLE),
            error_message: failed.then_some("Unreachable destination handset"),
            ..bare
        }
    }

    fn bare(account: &str, sid: &str, to: &str, text: &str, at: Millis) -> Self {
        let place = format!("/2010-04-01/Accounts/{account}/Messages/{sid}");
        Self {
            account_sid: account.into(),
            api_version: "2010-04-01",
            body: text.into(),
            date_created: rfc2822(at),
            date_sent: None,
            date_updated: rfc2822(at),
            direction: "outbound-api",
            error_code: None,
            error_message: None,
            from: None,
            messaging_service_sid: None,
            num_media: "0",
            num_segments: String::new(),
            price: None,
            price_unit: "USD",
            sid: sid.into(),
            status: "queued",
            subresource_uris: json!({ "media": format!("{place}/Media.json") }),
            to: to.into(),
            uri: format!("{place}.json"),
        }
    }
}

/// Who a message comes from, and over which service; the sender of a service is known once the message `left`.
pub fn sender(from: &str, left: bool) -> (Option<&str>, Option<&str>) {
    if is_sid("MG", from) { (left.then_some(SERVICE_NUMBER), Some(from)) } else { (Some(from), None) }
}

/// Twilio's word for what a receipt says.
pub fn word(said: Said) -> &'static str {
    match said {
        Said::Sent => "sent",
        Said::Delivered => "delivered",
        Said::Failed => "undelivered",
    }
}

fn rfc2822(at: Millis) -> String {
    utc(at).format("%a, %d %b %Y %H:%M:%S +0000").to_string()
}
