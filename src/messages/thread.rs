//! What was sent to one person, with the texts.

use crate::access::{Actor, Permission};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, MessageId};
use crate::kernel::page::PageRequest;
use crate::messages::list::{Filter, view};
use crate::messages::store;
use crate::messages::text::text_of;
use crate::messages::view::Message;

/// Up to `most` messages to a person, newest first, older than `before`. A step. Texts are there for those who may see
/// them, except where the person was erased or the words are a campaign's own.
pub async fn to_contact(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    contact: &ContactId,
    before: Option<&MessageId>,
    most: u32,
) -> Result<Vec<Message>> {
    let page = PageRequest { limit: most, cursor: before.map(|id| id.as_str().to_owned()) };
    let mut rows = store::history(tx, &actor.subaccount, &Filter::default(), Some(contact), &page).await?;
    rows.truncate(most as usize);
    let mut messages = Vec::with_capacity(rows.len());
    for row in rows {
        // What was sealed for somebody who was erased and came back stays shut.
        let text = if actor.may(Permission::ViewPersonal) { text_of(tx, app, &row).await.ok().flatten() } else { None };
        messages.push(Message { text, ..view(app, actor, row)? });
    }
    Ok(messages)
}
