//! Erasing one person.
//!
//! One transaction destroys the keys and the words, ends what waits, and leaves two things: the keyed hash of the number with a total
//! refusal, so that the number stays refused whoever brings it again; and everything that only counts. Afterwards the engine is asked
//! to let go of the bytes ([`crate::db::Db::scrub`]).

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::person::find;
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::campaigns;
use crate::consent::{self, Evidence};
use crate::contacts;
use crate::kernel::error::Result;
use crate::kernel::id::ContactId;
use crate::kernel::phone::Traces;
use crate::messages;
use crate::preferences;
use crate::uploads;

/// What an erasure did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Erasure {
    /// The contact, whose id stays.
    pub id: String,
    /// Always true: nothing about the person can be read any more.
    pub erased: bool,
    /// Messages that lost their text.
    pub messages: u64,
    /// Files in which the person was.
    pub uploads: u64,
}

/// Erases the person with this contact id for good, with their other numbers. Doing it again changes nothing. Needs
/// [`Permission::Settings`].
///
/// # Errors
/// [`Error::NotFound`](crate::kernel::error::Error::NotFound) when there is no such contact.
pub async fn erase(app: &App, actor: &Actor, id: &str) -> Result<Erasure> {
    actor.require(Permission::Settings)?;
    let mut tx = app.db.read().await?;
    let person = find(&mut tx, &actor.subaccount, id).await?;
    let others = contacts::other_numbers(&mut tx, &actor.subaccount, &person.id).await?;
    drop(tx);
    // The person's own row comes last: until then it names what is still to be erased.
    let (mut messages, mut uploads) = (0, 0);
    for other in &others {
        let erased = erase_contact(app, actor, other).await?;
        (messages, uploads) = (messages + erased.messages, uploads + erased.uploads);
    }
    let erased = erase_contact(app, actor, &person.id).await?;
    Ok(Erasure { messages: messages + erased.messages, uploads: uploads + erased.uploads, ..erased })
}

/// As [`erase`], for a caller who has made sure that this actor may.
pub(super) async fn erase_contact(app: &App, actor: &Actor, id: &ContactId) -> Result<Erasure> {
    let subaccount = &actor.subaccount;
    let cipher = app.cipher.tenant(subaccount);
    let mut tx = app.db.read().await?;
    let person = find(&mut tx, subaccount, id.as_str()).await?;
    drop(tx);
    let Some(phone) = person.phone(&cipher)? else {
        return Ok(Erasure { id: id.as_str().to_owned(), erased: true, messages: 0, uploads: 0 });
    };
    // Files are looked through beforehand, because that takes long; their rows never change, so what was found is still there.
    let found = uploads::find_person(app, subaccount, phone).await?;
    let (now, mut told) = (app.clock.now(), Vec::new());
    let mut tx = app.db.write().await?;
    let settings = access::settings_of(&mut tx, subaccount).await?;
    // Campaigns, files, people, messages: in the order in which everybody locks them.
    campaigns::hold_of_uploads(&mut tx, subaccount, &found).await?;
    let held = uploads::hold_found(&mut tx, &cipher, subaccount, &found).await?;
    for upload in &held {
        let using = campaigns::using(&mut tx, subaccount, &upload.id).await?;
        let is_open = using.as_ref().is_none_or(campaigns::Using::is_draft);
        let chunks = found.iter().find(|trace| trace.upload == upload.id).map_or(&[][..], |trace| trace.chunks.as_slice());
        let unsent = uploads::erase_person(&mut tx, &cipher, subaccount, upload, chunks, phone, (&settings, is_open), now).await?;
        if let Some(using) = using.filter(|_| !unsent.is_empty()) {
            told.push(campaigns::leave_out(&mut tx, &cipher, &using, &person, &unsent, now).await?);
        }
    }
    // The address of the person's own browser is not kept either.
    let evidence = Evidence::from_actor(actor).without_address();
    consent::erase(&mut tx, subaccount, id, &evidence, now).await?;
    let (gone, announcements) = messages::erase(&mut tx, subaccount, id, now).await?;
    told.push(announcements);
    preferences::forget(&mut tx, subaccount, id).await?;
    contacts::erase(&mut tx, subaccount, id, now).await?;
    access::forget_person(&mut tx, subaccount, &Traces::of(&phone), &gone, now).await?;
    let erasure = Erasure { id: id.as_str().to_owned(), erased: true, messages: gone.len() as u64, uploads: held.len() as u64 };
    let detail = json!({ "messages": erasure.messages, "uploads": erasure.uploads });
    access::audit(&mut tx, actor, "person.erase", id.as_str(), &detail, now).await?;
    tx.commit().await?;
    for announcements in told {
        announcements.send(app);
    }
    if !app.db.scrub().await? {
        tracing::warn!("the log of the database is in use and still holds erased bytes; it lets go of them at the next erasure or stop");
    }
    Ok(erasure)
}
