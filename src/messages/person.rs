//! Everything that was written to one person. Steps for the subject that exports and erases people.

use crate::access::Actor;
use crate::app::App;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, MessageId, SubaccountId};
use crate::kernel::page::{Page, PageRequest};
use crate::messages::control::drop_queued;
use crate::messages::list::Filter;
use crate::messages::store;
use crate::messages::tally::Announcements;
use crate::messages::view::{MessageDetail, detail};

/// Ends what waits for a person who is being erased, and destroys the texts and words of all their messages; counts and costs
/// stay. A step, after the person was locked. Gives their messages with when each was made.
pub async fn erase(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    contact: &ContactId,
    now: Millis,
) -> Result<(Vec<(MessageId, Millis)>, Announcements)> {
    let (_, told) = drop_queued(tx, subaccount, contact, None, "erased", now).await?;
    store::forget_words(tx, subaccount, contact, now).await?;
    Ok((store::ids_of_contact(tx, subaccount, contact).await?, told))
}

/// A person's messages with texts and stories, newest first; the page's cursor is the last one's id. A step, for an actor who may
/// see whole numbers.
pub async fn everything_of(tx: &mut Tx, app: &App, actor: &Actor, contact: &ContactId, page: &PageRequest) -> Result<Page<MessageDetail>> {
    let rows = store::history(tx, &actor.subaccount, &Filter::default(), Some(contact), page).await?;
    let page = page.page(rows, |row| row.id.clone());
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        items.push(detail(tx, app, actor, row).await?);
    }
    Ok(Page { items, next: page.next })
}

/// How many messages a person has. A step.
pub async fn count_of_contact(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<u64> {
    store::count_of_contact(tx, subaccount, contact).await
}

/// How many messages of a category each of these people was sent since then, also those of unknown outcome; who got none is left out.
/// A step.
pub async fn sent_to(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    people: &[&ContactId],
    category: Category,
    since: Millis,
) -> Result<Vec<(ContactId, i64)>> {
    store::sent_to(tx, subaccount, people, category, since).await
}

/// Whom a message is for; `None` when there is no such message. A step.
pub async fn contact_of(tx: &mut Tx, subaccount: &SubaccountId, id: &MessageId) -> Result<Option<ContactId>> {
    store::contact_of(tx, subaccount, id).await
}

/// About what our latest message to a person was that a provider was asked to send: what a STOP answers. A step.
pub async fn last_category(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<Option<Category>> {
    Ok(store::last_category(tx, subaccount, contact).await?.as_deref().and_then(Category::parse))
}
