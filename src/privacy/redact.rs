//! Taking the words out of what was written to and by one person, by hand: the person stays.

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::person::numbers;
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::ContactId;
use crate::{inbox, messages};

/// What was taken out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Redaction {
    /// Messages that lost their text.
    pub messages: u64,
    /// Texts of the person that are gone.
    pub texts: u64,
}

/// Takes out the texts of all messages to a person that have left, and of all that they wrote, over all their numbers. The person,
/// what they agreed to and refused, and every cost and outcome stay. Doing it again changes nothing. Needs [`Permission::Settings`].
///
/// # Errors
/// [`Error::NotFound`](crate::kernel::error::Error::NotFound) when there is no such contact.
pub async fn redact(app: &App, actor: &Actor, id: &str) -> Result<Redaction> {
    actor.require(Permission::Settings)?;
    let mut tx = app.db.read().await?;
    let people = numbers(&mut tx, &actor.subaccount, id).await?;
    drop(tx);
    let person = people.first().map(|person| person.id.clone()).ok_or(Error::NotFound("contact"))?;
    let mut done = Redaction::default();
    for one in &people {
        redact_one(app, actor, &one.id, &mut done).await?;
    }
    let mut tx = app.db.write().await?;
    let detail = json!({ "messages": done.messages, "texts": done.texts });
    access::audit(&mut tx, actor, "person.redact", person.as_str(), &detail, app.clock.now()).await?;
    tx.commit().await?;
    if !app.db.scrub().await? {
        tracing::warn!("the log of the database is in use and still holds removed bytes; it lets go of them at the next round or stop");
    }
    Ok(done)
}

async fn redact_one(app: &App, actor: &Actor, contact: &ContactId, done: &mut Redaction) -> Result<()> {
    let mut tx = app.db.write_in_bulk().await?;
    done.texts += inbox::redact_person(&mut tx, &actor.subaccount, contact, app.clock.now()).await?;
    tx.commit().await?;
    let mut place = Some(String::new());
    while let Some(after) = place {
        let mut tx = app.db.write_in_bulk().await?;
        let (next, messages) = messages::redact_person(&mut tx, &actor.subaccount, contact, &after, app.clock.now()).await?;
        tx.commit().await?;
        done.messages += messages;
        place = next;
    }
    Ok(())
}
