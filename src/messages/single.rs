//! Queuing one message in the transaction of whatever causes it.

use crate::app::App;
use crate::contacts::Person;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{MessageId, SubaccountId};
use crate::messages::compose::{Draft, SendRequest, compose};
use crate::messages::content::Content;
use crate::messages::enqueue::{NewMessage, enqueue};
use crate::messages::send::desk;
use crate::messages::tally::Announcements;

/// Queues one message to a person whom the caller holds. A step. What `request` says is held against the same rules as a
/// call to send; its number must be the person's. Gives the message's id, and what live pages are told after the commit.
///
/// # Errors
/// [`crate::kernel::error::Error::Invalid`] with every fault of the request; then nothing was written.
pub async fn enqueue_single(
    tx: &mut Tx,
    app: &App,
    subaccount: &SubaccountId,
    person: &Person,
    request: &SendRequest,
    now: Millis,
) -> Result<(MessageId, Announcements)> {
    enqueue_as(tx, app, subaccount, person, request, |draft| draft.content, now).await
}

/// The message that [`enqueue_single`] would queue, for whoever must know first whether it can be. A step that writes nothing.
///
/// # Errors
/// [`crate::kernel::error::Error::Invalid`] with every fault of the request.
pub async fn compose_single(
    tx: &mut Tx,
    app: &App,
    subaccount: &SubaccountId,
    person: &Person,
    request: &SendRequest,
    now: Millis,
) -> Result<NewMessage> {
    let desk = desk(tx, app, subaccount, now).await?;
    let draft = compose(tx, subaccount, &desk, request, Some(&person.standing), now).await?;
    Ok(draft.message(person, &desk.settings, now))
}

/// As [`enqueue_single`], with what is kept of the text made by `content`.
pub(super) async fn enqueue_as(
    tx: &mut Tx,
    app: &App,
    subaccount: &SubaccountId,
    person: &Person,
    request: &SendRequest,
    content: impl FnOnce(Draft) -> Content,
    now: Millis,
) -> Result<(MessageId, Announcements)> {
    let desk = desk(tx, app, subaccount, now).await?;
    let draft = compose(tx, subaccount, &desk, request, Some(&person.standing), now).await?;
    let mut message = draft.message(person, &desk.settings, now);
    message.content = content(draft);
    let (_, told) = enqueue(tx, &desk.cipher, subaccount, &desk.settings, std::slice::from_ref(&message), now).await?;
    Ok((message.id, told))
}
