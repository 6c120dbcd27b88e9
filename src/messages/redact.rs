//! Taking the words out of messages: by age, by category, of one message and of one person; and, at last, the messages themselves.
//!
//! What went is said by `redacted_at`; what a message cost, how long it was and what became of it stays. A message that Peyk still has
//! something to do for keeps its words until it is done.

use crate::access::{self, Actor, Permission, Settings};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::{MINUTE, Millis, SECOND};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ContactId, MessageId, SubaccountId};
use crate::kernel::sweep::{Span, Swept};
use crate::messages::enqueue::NewMessage;
pub use crate::messages::store::BELONGINGS;
use crate::messages::store::{self, Seen};
use crate::messages::view::{MessageDetail, get};

/// How long after its time a sensitive message is first looked at.
const SOON: Millis = SECOND;
/// How long until one that has not left is looked at again.
const AGAIN: Millis = MINUTE;
/// Messages of one person redacted at once.
const AT_ONCE: i64 = 500;

/// What of a part may go, and what the part came to without it.
fn sorted(seen: &[Seen]) -> (Vec<&str>, Swept) {
    let done = seen.iter().filter(|(_, status, _)| store::is_done(status));
    let ids: Vec<&str> = done.map(|(id, ..)| id.as_str()).collect();
    let is_held = ids.len() < seen.len();
    let place = seen.last().map(|(id, ..)| id.clone());
    (ids, Swept { place, is_held, removed: 0 })
}

/// Takes the words out of a part of the old messages. A step.
pub async fn sweep_words(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>, now: Millis) -> Result<Swept> {
    let seen = store::old(tx, subaccount, span).await?;
    let (ids, swept) = sorted(&seen);
    Ok(Swept { removed: store::take_words(tx, subaccount, &ids, now).await?, ..swept })
}

/// Takes out what providers said about a part of the old messages, and old reports that belong to none. A step.
pub async fn sweep_provider_words(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>) -> Result<Swept> {
    let unmatched = store::delete_unmatched(tx, subaccount, span.before, span.most).await?;
    let seen = store::old(tx, subaccount, span).await?;
    let (ids, swept) = sorted(&seen);
    Ok(Swept { removed: unmatched + store::take_provider_words(tx, subaccount, &ids).await?, ..swept })
}

/// Deletes a part of the old messages with all that belongs to them. A step.
pub async fn sweep_rows(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>) -> Result<Swept> {
    let seen = store::old(tx, subaccount, span).await?;
    let (ids, swept) = sorted(&seen);
    Ok(Swept { removed: store::delete(tx, subaccount, &ids).await?, ..swept })
}

/// How many messages in the span still have their words. A step.
pub async fn count_words(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>) -> Result<u64> {
    store::count_old(tx, subaccount, span, "and m.redacted_at is null").await
}

/// How many messages in the span a provider said something about. A step.
pub async fn count_provider_words(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>) -> Result<u64> {
    let said = "and (m.error_detail is not null or exists (select 1 from attempts a where a.message_id = m.id and a.detail is not null) \
                or exists (select 1 from receipts r where r.message_id = m.id and r.detail is not null))";
    store::count_old(tx, subaccount, span, said).await
}

/// How many messages stand in the span. A step.
pub async fn count_rows(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>) -> Result<u64> {
    store::count_old(tx, subaccount, span, "").await
}

/// Notes which of these new messages lose their words as soon as they have left. Part of queuing them.
pub(super) async fn note_new(tx: &mut Tx, subaccount: &SubaccountId, settings: &Settings, messages: &[&NewMessage]) -> Result<()> {
    let sensitive = messages.iter().filter(|message| settings.retention.sensitive.contains(&message.category));
    let due: Vec<(&str, Millis)> = sensitive.map(|message| (message.id.as_str(), message.due_at + SOON)).collect();
    store::note_due(tx, subaccount, &due).await
}

/// Notes messages of these categories that were there before the categories were sensitive. A step.
pub async fn note_sensitive(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    categories: &[Category],
    span: &Span<'_>,
    now: Millis,
) -> Result<Swept> {
    let all = store::old(tx, subaccount, span).await?;
    let theirs = store::of_categories(tx, subaccount, categories, span).await?;
    let due: Vec<(&str, Millis)> = theirs.iter().map(|(id, ..)| (id.as_str(), now)).collect();
    store::note_due(tx, subaccount, &due).await?;
    Ok(Swept { place: all.last().map(|(id, ..)| id.clone()), is_held: false, removed: 0 })
}

/// Takes the words out of sensitive messages that have left; how many were looked at. For the chores.
pub async fn redact_due(app: &App, most: i64) -> Result<usize> {
    let now = app.clock.now();
    if !store::has_due_words(&mut app.db.read().await?, now).await? {
        return Ok(0);
    }
    let mut tx = app.db.write_in_bulk().await?;
    tx.give_way().await?;
    let mut due = store::due(&mut tx, now, most).await?;
    due.sort_unstable();
    for group in due.chunk_by(|a, b| a.0 == b.0) {
        let subaccount = SubaccountId::stored(group[0].0.clone());
        for part in group.chunks(500) {
            let (left, waiting): (Vec<_>, Vec<_>) = part.iter().partition(|(_, _, status)| store::is_done(status));
            let ids = |messages: &[&(String, String, String)]| messages.iter().map(|(_, id, _)| id.clone()).collect::<Vec<_>>();
            let (left, waiting) = (ids(&left), ids(&waiting));
            let left: Vec<&str> = left.iter().map(String::as_str).collect();
            let waiting: Vec<&str> = waiting.iter().map(String::as_str).collect();
            store::take_words(&mut tx, &subaccount, &left, now).await?;
            store::forget_due(&mut tx, &subaccount, &left).await?;
            store::put_off_due(&mut tx, &subaccount, &waiting, now + AGAIN).await?;
        }
    }
    tx.commit().await?;
    Ok(due.len())
}

/// Takes the words out of one message for good; doing it again changes nothing. Needs [`Permission::Settings`].
///
/// # Errors
/// [`Error::Conflict`] while it has not left.
pub async fn redact(app: &App, actor: &Actor, id: &str) -> Result<MessageDetail> {
    actor.require(Permission::Settings)?;
    let id = MessageId::parse(id).ok_or(Error::NotFound("message"))?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let (_, status, redacted_at) = store::seen(&mut tx, &actor.subaccount, &id).await?.ok_or(Error::NotFound("message"))?;
    if !store::is_done(&status) {
        return Err(Error::conflict("The message is still on its way and needs its text. Cancel it, or wait until it has left."));
    }
    if redacted_at.is_none() {
        store::take_words(&mut tx, &actor.subaccount, &[id.as_str()], now).await?;
        store::take_provider_words(&mut tx, &actor.subaccount, &[id.as_str()]).await?;
        access::audit(&mut tx, actor, "message.redact", id.as_str(), &serde_json::json!({}), now).await?;
    }
    tx.commit().await?;
    get(app, actor, id.as_str()).await
}

/// Takes the words out of a part of a person's messages that have left, behind `after`; the place for the next part, `None` after the
/// last, and how many lost them. A step.
pub async fn redact_person(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    contact: &ContactId,
    after: &str,
    now: Millis,
) -> Result<(Option<String>, u64)> {
    let seen = store::of_person(tx, subaccount, contact, after, AT_ONCE).await?;
    let (ids, swept) = sorted(&seen);
    let taken = store::take_words(tx, subaccount, &ids, now).await?;
    store::take_provider_words(tx, subaccount, &ids).await?;
    Ok((swept.place.filter(|_| seen.len() as i64 == AT_ONCE), taken))
}
