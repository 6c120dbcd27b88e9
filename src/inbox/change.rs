//! What is done about a conversation besides answering.

use serde_json::json;

use crate::access::{self, Actor, Permission};
use crate::app::{App, Change};
use crate::db::Tx;
use crate::inbox::conversation::{Conversation, held};
use crate::inbox::store;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ContactId, InboundId};

/// Closes a conversation: nobody need answer any more, and what there is counts as read. A text of the person opens it again. `upto` is
/// the last text that was seen. Needs [`Permission::Send`].
///
/// # Errors
/// [`Error::Conflict`] when the person wrote after `upto`: nobody would look at that text any more.
pub async fn close(app: &App, actor: &Actor, contact: &str, upto: Option<&str>) -> Result<Conversation> {
    let seen = text_id(upto)?;
    let (mut tx, id) = begin(app, actor, contact).await?;
    let now = app.clock.now();
    let last = store::last_text(&mut tx, &actor.subaccount, &id).await?;
    if seen.is_some_and(|seen| last.as_str() > seen.as_str()) {
        return Err(Error::conflict("They wrote again meanwhile. Read it, then close the conversation."));
    }
    if store::set_closed(&mut tx, &actor.subaccount, &id, Some(now)).await? {
        store::read_until(&mut tx, &actor.subaccount, &id, Some(&last), now).await?;
        access::audit(&mut tx, actor, "conversation.close", id.as_str(), &json!({}), now).await?;
    }
    end(tx, app, actor, contact).await
}

/// Opens a closed conversation again. Needs [`Permission::Send`].
pub async fn reopen(app: &App, actor: &Actor, contact: &str) -> Result<Conversation> {
    let (mut tx, id) = begin(app, actor, contact).await?;
    if store::set_closed(&mut tx, &actor.subaccount, &id, None).await? {
        access::audit(&mut tx, actor, "conversation.reopen", id.as_str(), &json!({}), app.clock.now()).await?;
    }
    end(tx, app, actor, contact).await
}

/// Gives a conversation to a user, by id or address, or to nobody. Needs [`Permission::Send`].
///
/// # Errors
/// [`Error::Invalid`] when there is no such user who can sign in and answer.
pub async fn assign(app: &App, actor: &Actor, contact: &str, user: Option<&str>) -> Result<Conversation> {
    let (mut tx, id) = begin(app, actor, contact).await?;
    let user = match user.map(|user| user.trim().to_lowercase()).filter(|user| !user.is_empty()) {
        None => None,
        Some(wanted) => {
            let users = access::who_can_answer(&mut tx, &actor.subaccount).await?;
            let found = users.into_iter().find(|user| user.id.as_str() == wanted || user.email == wanted);
            let detail = "There is no such user here who may send. Write the id or e-mail address of one, or null for nobody.";
            Some(found.ok_or_else(|| Error::invalid("user", "unknown", detail))?)
        }
    };
    let to = user.map(|user| user.id);
    store::set_assigned(&mut tx, &actor.subaccount, &id, to.as_ref()).await?;
    let detail = json!({ "to": to.as_ref().map(|id| id.as_str()) });
    access::audit(&mut tx, actor, "conversation.assign", id.as_str(), &detail, app.clock.now()).await?;
    end(tx, app, actor, contact).await
}

/// Notes that the person's texts were read: those up to `upto`, which a page showed, or all. Needs [`Permission::Send`],
/// since what one person has read is read for everybody.
pub async fn mark_read(app: &App, actor: &Actor, contact: &str, upto: Option<&str>) -> Result<Conversation> {
    let upto = text_id(upto)?;
    let (mut tx, id) = begin(app, actor, contact).await?;
    store::read_until(&mut tx, &actor.subaccount, &id, upto.as_ref(), app.clock.now()).await?;
    end(tx, app, actor, contact).await
}

/// Notes that the person's last text is to be looked at again, which opens a closed conversation. Needs [`Permission::Send`].
pub async fn mark_unread(app: &App, actor: &Actor, contact: &str) -> Result<Conversation> {
    let (mut tx, id) = begin(app, actor, contact).await?;
    store::unread_last(&mut tx, &actor.subaccount, &id).await?;
    if store::set_closed(&mut tx, &actor.subaccount, &id, None).await? {
        access::audit(&mut tx, actor, "conversation.reopen", id.as_str(), &json!({}), app.clock.now()).await?;
    }
    end(tx, app, actor, contact).await
}

/// Reads the id of one of the person's texts.
fn text_id(text: Option<&str>) -> Result<Option<InboundId>> {
    let detail = "Write the id of one of the person's texts, or leave it out for all.";
    let given = text.map(str::trim).filter(|id| !id.is_empty());
    given.map(|id| InboundId::parse(id).ok_or_else(|| Error::invalid("upto", "not_an_id", detail))).transpose()
}

/// Holds the conversation for a change.
async fn begin(app: &App, actor: &Actor, contact: &str) -> Result<(Tx, ContactId)> {
    actor.require(Permission::Send)?;
    let id = ContactId::parse(contact).ok_or(Error::NotFound("conversation"))?;
    let mut tx = app.db.write().await?;
    if store::lock(&mut tx, &actor.subaccount, &id).await? { Ok((tx, id)) } else { Err(Error::NotFound("conversation")) }
}

async fn end(mut tx: Tx, app: &App, actor: &Actor, contact: &str) -> Result<Conversation> {
    let (_, conversation) = held(&mut tx, app, actor, contact).await?;
    tx.commit().await?;
    app.announce(Change::Conversation { subaccount: actor.subaccount.clone(), contact: contact.to_owned() });
    Ok(conversation)
}
