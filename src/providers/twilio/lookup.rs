//! What became of an attempt whose outcome is unknown. Twilio knows no reference of ours and no key against repetition,
//! so the only way is to look for the message itself in the account's list.

use chrono::Days;
use reqwest::Url;

use crate::kernel::clock::{Millis, SECOND, utc};
use crate::providers::outcome::{Lookup, Question};

use super::Client;
use super::message::{Message, Page};

/// How much earlier than the attempt its message may seem to be made: Twilio writes whole seconds, and the two clocks may
/// differ a little. More would take the same text sent just before for this one.
const BEFORE: Millis = 2 * SECOND;
/// How much later the message may be made: longer than a request can be under way.
const AFTER: Millis = 60 * SECOND;
/// Messages on a page: short enough that a page of long texts fits what is read of an answer.
const PAGE_SIZE: &str = "20";
/// Pages that are read at most.
const PAGES: usize = 5;

/// Looks for the message of an attempt.
///
/// Absence proves nothing: Twilio does not say how soon a message is listed, and the list is filtered by the day on
/// which messages were *sent*, which one in a queue was not yet. So the answer is never [`Lookup::NeverArrived`].
/// Two messages that fit cannot be told apart, because the list does not show their status addresses.
pub async fn find(client: &Client, question: &Question<'_>) -> Lookup {
    let mut found: Option<Message> = None;
    let mut url = first_page(client, question);
    for _ in 0..PAGES {
        let Some(page) = read(client, url.clone()).await else {
            return Lookup::CannotTell;
        };
        for message in page.messages.into_iter().filter(|message| fits(client, message, question)) {
            if found.replace(message).is_some() {
                return Lookup::CannotTell;
            }
        }
        let Some(next) = page.next_page_uri else {
            let found = found.and_then(|message| Some((message.accepted()?, message.receipt_status())));
            return found.map_or(Lookup::CannotTell, |(accepted, status)| Lookup::Accepted(accepted, status));
        };
        // Only the query is taken, so that an answer cannot lead our credentials elsewhere.
        url.set_query(next.split_once('?').map(|(_, query)| query));
    }
    Lookup::CannotTell
}

fn first_page(client: &Client, question: &Question<'_>) -> Url {
    let mut url = client.messages.clone();
    // Dates are of GMT; a day earlier costs little and leaves no doubt at midnight.
    let since = utc(question.started_at).date_naive() - Days::new(1);
    url.query_pairs_mut()
        .append_pair("To", question.to)
        .append_pair("DateSent>", &since.format("%Y-%m-%d").to_string())
        .append_pair("PageSize", PAGE_SIZE);
    url
}

async fn read(client: &Client, url: Url) -> Option<Page> {
    let answer = client.outbound.send(client.signed_in(client.outbound.get(url))).await.ok()?;
    if answer.status != 200 {
        return None;
    }
    serde_json::from_slice(&answer.body).ok()
}

/// Whether a message is the one that the attempt would have made.
fn fits(client: &Client, message: &Message, question: &Question<'_>) -> bool {
    let in_time = |at| (question.started_at - BEFORE..=question.started_at + AFTER).contains(&at);
    let sender = client.sender(question.from).number;
    message.direction.as_deref() == Some("outbound-api")
        && message.to.as_deref() == Some(question.to)
        && message.body.as_deref() == Some(question.text)
        && message.created_at().is_some_and(in_time)
        // A messaging service picks the sender itself, unless one was named too.
        && (sender.is_none() || message.from.is_none() || message.from.as_deref() == sender)
}
