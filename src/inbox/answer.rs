//! Answers to keywords: ordinary messages, but for one thing, that they go to a person who opted out a moment ago.

use std::collections::HashSet;

use crate::access::{Settings, stopped_one};
use crate::app::App;
use crate::connections::Connection;
use crate::contacts::Person;
use crate::db::Tx;
use crate::inbox::store;
use crate::kernel::category::Category;
use crate::kernel::clock::{HOUR, MINUTE, Millis, rfc3339};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{MessageId, SubaccountId};
use crate::kernel::keyword::{Found, Keyword};
use crate::kernel::language::Language;
use crate::kernel::phone::Phone;
use crate::messages::{self, Announcements, SendRequest};
use crate::providers::Inbound;

/// What the answers are about. Quiet hours and consent do not hold for them: the person has just written.
pub const CATEGORY: Category = Category::Account;
/// A confirmation is worth something only at once: after five minutes it is presumed to be a message of its own, which
/// needs consent (47 CFR 64.1200(a)(12)).
const LIFE: Millis = 5 * MINUTE;
/// What was written longer ago, as an inbox that was not read for a while holds, is acted on and not answered.
const STALE: Millis = HOUR;
/// A person is helped once in so long: two machines that answer each other come to rest.
const HELP_AGAIN: Millis = HOUR;

/// A keyword that somebody wrote.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The connection that brought it.
    pub connection: &'a Connection,
    /// The text.
    pub inbound: &'a Inbound,
    /// Who wrote, as they were before.
    pub person: &'a Person,
    /// Their number.
    pub phone: Phone,
    /// The keyword.
    pub found: &'a Found,
    /// Whether it changed anything.
    pub changed: bool,
    /// The one category that a STOP ended, where it did not end all.
    pub only: Option<Category>,
}

/// Queues the answer to a keyword, if one is due: once for each STOP and START that changed something, and for a HELP. A step.
/// A number that nothing can be sent to gets none.
pub async fn answer(tx: &mut Tx, app: &App, settings: &Settings, asked: &Asked<'_>, now: Millis) -> Result<Option<Announcements>> {
    let Asked { connection, inbound, person, phone, found, changed, only } = asked;
    let subaccount = &connection.subaccount;
    let is_due = match found.keyword {
        Keyword::Stop | Keyword::Start => *changed,
        Keyword::Help => !store::was_answered(tx, subaccount, &person.id, found.keyword, now - HELP_AGAIN).await?,
    };
    if !is_due || now - inbound.at > STALE {
        return Ok(None);
    }
    let english = Language::english();
    // People of every language write STOP; a word of another language tells which one they read.
    let written = found.language.as_ref().filter(|language| **language != english);
    let languages: Vec<&Language> = [person.standing.language.as_ref(), written, Some(&settings.language)].into_iter().flatten().collect();
    let usual = settings.keywords.answer(found.keyword, &languages, &settings.organisation);
    // An own wording says that everything ended; whoever ended one category is told so instead.
    let said = usual.map(|said| only.map_or(said, |category| stopped_one(&languages, category, &settings.organisation)));
    let Some((text, language)) = said else { return Ok(None) };
    let (pinned, from) = way_back(connection, &inbound.to, *phone, CATEGORY);
    let request = SendRequest {
        to: phone.e164(),
        text: Some(text),
        language: Some(language.as_str().to_owned()),
        category: Some(CATEGORY.as_str().to_owned()),
        connection: pinned,
        from,
        not_after: Some(rfc3339(now + LIFE)),
        ..SendRequest::default()
    };
    match messages::enqueue_single(tx, app, subaccount, person, &request, now).await {
        Ok((message, told)) => {
            store::note_answer(tx, subaccount, &message, &person.id, found.keyword, now).await?;
            Ok(Some(told))
        }
        Err(Error::Invalid(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The way by which a text came, for the way back: the connection, where it can be used, and our number that was
/// written to, where the connection may send from it.
pub fn way_back(connection: &Connection, sent_to: &str, phone: Phone, category: Category) -> (Option<String>, Option<String>) {
    if !connection.fits(category, phone.country(), None) {
        return (None, None);
    }
    let from = connection.senders.iter().find(|sender| *sender == sent_to).cloned();
    (Some(connection.name.clone()), from)
}

/// Which of these messages answer a keyword. A step, for the gate.
pub async fn answers_among(tx: &mut Tx, subaccount: &SubaccountId, ids: &[&MessageId]) -> Result<HashSet<MessageId>> {
    store::answers_among(tx, subaccount, ids).await
}
