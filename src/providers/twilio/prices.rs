//! What messages cost. Twilio works the price out after a message's end and tells it nowhere but in the message itself,
//! so it is read from there: from the list of messages where several were sent about the same time, else one by one.

use std::collections::HashSet;

use reqwest::Url;

use crate::kernel::clock::{MINUTE, Millis, SECOND, utc};
use crate::providers::gateway::{Priced, Unpriced};
use crate::providers::outcome::SendError;

use super::message::{Message, Page};
use super::{Client, no};

/// Up to so many messages of one time are read one by one: a page of the list may hold others only.
const FEW: usize = 5;
/// Messages that are read one by one at most, in one asking.
const SINGLES: usize = 20;
/// Messages on a page of the list; Twilio gives at most 1000.
const PAGE_SIZE: usize = 500;
/// How much of a page is read, in bytes: as much as the longest texts take, whose every character is written as an escape.
const PAGE_BYTES: usize = 6 * 1024 * 1024;
/// Pages that are read at most, in one asking.
const PAGES: usize = 20;
/// Messages further apart than this are looked for in lists of their own.
const GAP: Millis = 5 * MINUTE;
/// How much earlier than we heard of it a message may have been sent.
const BEFORE: Millis = MINUTE;
/// How much later, for the two clocks may differ. The list begins with the newest, so this much is read in vain.
const AFTER: Millis = 15 * SECOND;

/// Reads what messages cost. What was read before a failure is given, so that it is not read again.
pub async fn ask(client: &Client, messages: &[Unpriced<'_>]) -> Result<Vec<Priced>, SendError> {
    let mut reading = Reading { client, wanted: messages.iter().map(|m| m.provider_message_id).collect(), told: Vec::new(), pages: 0 };
    match reading.all(messages).await {
        Err(error) if reading.told.is_empty() => Err(error),
        _ => Ok(reading.told),
    }
}

struct Reading<'a> {
    client: &'a Client,
    wanted: HashSet<&'a str>,
    told: Vec<Priced>,
    pages: usize,
}

impl Reading<'_> {
    async fn all(&mut self, messages: &[Unpriced<'_>]) -> Result<(), SendError> {
        let mut in_order: Vec<&Unpriced<'_>> = messages.iter().collect();
        in_order.sort_unstable_by_key(|m| m.sent_at);
        for together in in_order.chunk_by(|a, b| b.sent_at - a.sent_at <= GAP).filter(|together| together.len() > FEW) {
            let (Some(first), Some(last)) = (together.first(), together.last()) else { continue };
            let ids: HashSet<&str> = together.iter().map(|m| m.provider_message_id).collect();
            self.list(&ids, first.sent_at - BEFORE, last.sent_at + AFTER).await?;
        }
        let rest: Vec<String> =
            in_order.iter().map(|m| m.provider_message_id).filter(|id| self.wanted.contains(id)).map(str::to_owned).collect();
        for id in rest.iter().take(SINGLES) {
            self.one(id).await?;
        }
        Ok(())
    }

    /// Reads the list of what was sent in a time, until it ends or all that is looked for was found.
    async fn list(&mut self, ids: &HashSet<&str>, from: Millis, until: Millis) -> Result<(), SendError> {
        let mut url = self.client.messages.clone();
        let time = |at: Millis| utc(at).format("%Y-%m-%dT%H:%M:%SZ").to_string();
        url.query_pairs_mut()
            .append_pair("DateSent>", &time(from))
            .append_pair("DateSent<", &time(until))
            .append_pair("PageSize", &PAGE_SIZE.to_string());
        while self.pages < PAGES && ids.iter().any(|id| self.wanted.contains(id)) {
            self.pages += 1;
            let answer = self.client.outbound.send_for(self.client.signed_in(self.client.outbound.get(url.clone())), PAGE_BYTES).await?;
            if answer.status != 200 {
                return Err(no(&answer));
            }
            let page: Page = serde_json::from_slice(&answer.body).map_err(unreadable)?;
            page.messages.into_iter().for_each(|message| self.take(message));
            let Some(next) = page.next_page_uri else { break };
            // Only the query is taken, so that an answer cannot lead our credentials elsewhere.
            url.set_query(next.split_once('?').map(|(_, query)| query));
        }
        Ok(())
    }

    async fn one(&mut self, id: &str) -> Result<(), SendError> {
        let answer = self.client.outbound.send(self.client.signed_in(self.client.outbound.get(self.message_url(id)))).await?;
        match answer.status {
            200 => self.take(serde_json::from_slice(&answer.body).map_err(unreadable)?),
            // Taken out of the account: it has no price, and will have none.
            404 => self.told.push(Priced { provider_message_id: id.to_owned(), price: None }),
            _ => return Err(no(&answer)),
        }
        Ok(())
    }

    fn take(&mut self, message: Message) {
        if self.wanted.remove(message.sid.as_str()) {
            self.told.push(message.priced());
        }
    }

    fn message_url(&self, id: &str) -> Url {
        let mut url = self.client.messages.clone();
        url.path_segments_mut().expect("an HTTP address has a path").pop().extend(["Messages", &format!("{id}.json")]);
        url
    }
}

fn unreadable(_: serde_json::Error) -> SendError {
    SendError::Unknown { detail: "Twilio's answer about the price of messages cannot be read.".into() }
}
