//! The list of messages: filtered, newest first, a page at a time.

use serde::Serialize;

use crate::kernel::clock::{SECOND, parse_rfc3339, utc};
use crate::providers::simulator::engine::Engine;
use crate::providers::simulator::memory::Record;
use crate::providers::simulator::wire::Wire;

use super::resource::{Resource, sender};

/// Messages on a page unless the request says otherwise, and at most.
const PAGE_SIZE: usize = 50;
const LARGEST_PAGE: usize = 1_000;

/// A page of messages in its envelope.
#[derive(Serialize)]
pub struct Page {
    messages: Vec<Resource>,
    page: usize,
    page_size: usize,
    start: usize,
    end: usize,
    uri: String,
    first_page_uri: String,
    next_page_uri: Option<String>,
    previous_page_uri: Option<String>,
}

/// The filters of a request.
#[derive(Default)]
struct Wanted {
    to: Option<String>,
    from: Option<String>,
    on: Option<String>,
    since: Option<String>,
    until: Option<String>,
    page: usize,
    size: usize,
}

impl Wanted {
    fn read(query: &str) -> Self {
        let mut wanted = Self { size: PAGE_SIZE, ..Self::default() };
        for (name, value) in form_urlencoded::parse(query.as_bytes()).into_owned() {
            match name.as_str() {
                "To" => wanted.to = Some(value),
                "From" => wanted.from = Some(value),
                "DateSent" => wanted.on = Some(value),
                "DateSent>" => wanted.since = Some(value),
                "DateSent<" => wanted.until = Some(value),
                "Page" => wanted.page = value.parse().unwrap_or_default(),
                "PageSize" => wanted.size = value.parse().map_or(PAGE_SIZE, |size: usize| size.clamp(1, LARGEST_PAGE)),
                _ => {}
            }
        }
        wanted
    }

    /// Dates are held against the time at which a message was taken: Twilio does not say whether one that was not
    /// sent yet is listed under a filter by date. A bound is a day, or an instant.
    fn covers(&self, record: &Record) -> bool {
        let day = utc(record.at).format("%Y-%m-%d").to_string();
        // Twilio writes whole seconds.
        let second = record.at - record.at.rem_euclid(SECOND);
        let order = |bound: &String| parse_rfc3339(bound).map_or_else(|| day.cmp(bound), |at| second.cmp(&at));
        let from = sender(&record.from, record.status.is_some()).0;
        record.wire == Wire::Twilio
            && self.from.as_deref().is_none_or(|wanted| from == Some(wanted))
            && self.on.as_ref().is_none_or(|on| day == *on)
            && self.since.as_ref().is_none_or(|since| order(since).is_ge())
            && self.until.as_ref().is_none_or(|until| order(until).is_le())
    }
}

/// Answers a request for messages.
pub fn list(engine: &Engine, account: &str, query: &str) -> Page {
    let wanted = Wanted::read(query);
    let start = wanted.page.saturating_mul(wanted.size);
    let now = engine.now();
    // One more than fits tells whether there is another page.
    let mut found: Vec<_> = engine
        .memory()
        .numbered()
        .rev()
        .filter(|(_, record)| wanted.to.as_deref().is_none_or(|to| *record.to == *to) && wanted.covers(record))
        .skip(start)
        .take(wanted.size + 1)
        .map(|(number, record)| Resource::of(account, &engine.id_of(Wire::Twilio, number), record, now))
        .collect();
    let more = found.len() > wanted.size;
    found.truncate(wanted.size);
    let uri = |page: usize| page_uri(account, query, &wanted, page);
    Page {
        page: wanted.page,
        page_size: wanted.size,
        start,
        end: (start + found.len()).saturating_sub(1),
        uri: uri(wanted.page),
        first_page_uri: uri(0),
        next_page_uri: more.then(|| uri(wanted.page + 1)),
        previous_page_uri: wanted.page.checked_sub(1).map(uri),
        messages: found,
    }
}

/// The address of a page: the request's own filters with another page.
fn page_uri(account: &str, query: &str, wanted: &Wanted, page: usize) -> String {
    let mut address = form_urlencoded::Serializer::new(String::new());
    let filters = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| !name.starts_with("Page"));
    address.extend_pairs(filters).append_pair("PageSize", &wanted.size.to_string()).append_pair("Page", &page.to_string());
    if page > 0 {
        address.append_pair("PageToken", &format!("PASM{page:032x}"));
    }
    format!("/2010-04-01/Accounts/{account}/Messages.json?{}", address.finish())
}
