//! Erasing one person.
//!
//! One transaction destroys the keys and the words, ends what waits, and leaves two things: the keyed hash of the number with a total
//! refusal, so that the number stays refused whoever brings it again; and everything that only counts. Afterwards the engine is asked
//! to let go of the bytes ([`crate::db::Db::scrub`]). A person with several numbers takes a transaction for each; that an erasure was begun
//! is noted first, so that one which a crash interrupts is finished at the next start.
//!
//! An erasure touches everything of a person, in an order that others who hold a message of theirs cannot keep. So it is the one that
//! gives way: it takes its hands off and begins again, and nobody else is ever refused for it.

use std::time::Duration;

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::person::{find, numbers};
use super::store;
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::audiences;
use crate::campaigns;
use crate::codes;
use crate::consent::{self, Evidence};
use crate::contacts::{self, Person};
use crate::inbox;
use crate::kernel::clock::{MINUTE, Millis};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ContactId, SubaccountId};
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

/// How often an erasure gives way before it is given up, and how long it then waits each time more.
const TRIES: u32 = 30;
const PAUSE: Duration = Duration::from_millis(30);
/// Erasures finished in one go.
const AT_ONCE: i64 = 100;
/// How long an erasure is left to whoever began it.
const LEFT_ALONE: Millis = 5 * MINUTE;

/// Erases the person with this contact id for good, with all their numbers. Doing it again changes nothing. Needs
/// [`Permission::Settings`].
///
/// # Errors
/// [`Error::NotFound`] when there is no such contact. [`Error::Busy`] when others work on the person all the time; it is then finished
/// by itself.
pub async fn erase(app: &App, actor: &Actor, id: &str) -> Result<Erasure> {
    actor.require(Permission::Settings)?;
    erase_person(app, actor, id).await
}

/// As [`erase`], for a caller who has made sure that this actor may.
pub(super) async fn erase_person(app: &App, actor: &Actor, id: &str) -> Result<Erasure> {
    let mut tx = app.db.read().await?;
    let people = numbers(&mut tx, &actor.subaccount, id).await?;
    drop(tx);
    let main = people.first().map(|person| person.id.clone()).ok_or(Error::NotFound("contact"))?;
    if people.iter().any(|person| person.salt.is_some()) {
        let mut tx = app.db.write().await?;
        store::begin_erasure(&mut tx, &actor.subaccount, &main, &actor.label(), app.clock.now()).await?;
        tx.commit().await?;
    }
    let erasure = erase_all(app, actor, &people, &main, None).await?;
    end(app, &actor.subaccount, &main).await?;
    Ok(Erasure { id: id.to_owned(), ..erasure })
}

/// Finishes erasures that were begun and not ended: at the start all of them, later those that nobody works on any more. For the chores.
pub async fn finish_erasures(app: &App, at_start: bool) -> Result<()> {
    let now = app.clock.now();
    let upto = if at_start { now } else { now - LEFT_ALONE };
    let open = store::open_erasures(&mut app.db.read().await?, upto, AT_ONCE).await?;
    for erasure in open {
        let contact = erasure.contact_id.clone();
        // One that cannot be finished now does not keep the others waiting.
        if let Err(e) = finish(app, erasure).await {
            tracing::error!(contact, error = ?e, "an erasure that was interrupted could not be finished and is tried again");
        }
    }
    Ok(())
}

async fn finish(app: &App, erasure: store::Open) -> Result<()> {
    let (subaccount, main) = (SubaccountId::stored(erasure.subaccount_id), ContactId::stored(erasure.contact_id));
    if erasure.erased_at.is_none() {
        let actor = Actor::system(subaccount.clone());
        let people = numbers(&mut app.db.read().await?, &subaccount, main.as_str()).await?;
        erase_all(app, &actor, &people, &main, Some(&erasure.actor)).await?;
        tracing::info!(contact = main.as_str(), "an erasure that was interrupted is finished");
    }
    end(app, &subaccount, &main).await
}

/// Erases all numbers of a person. The main one comes last: until then it names what is still to be erased.
async fn erase_all(app: &App, actor: &Actor, people: &[Person], main: &ContactId, asked: Option<&str>) -> Result<Erasure> {
    let mut whole = Erasure { id: main.as_str().to_owned(), erased: true, messages: 0, uploads: 0 };
    for person in people.iter().rev() {
        let erased = erase_contact(app, actor, &person.id, asked).await?;
        (whole.messages, whole.uploads) = (whole.messages + erased.messages, whole.uploads + erased.uploads);
    }
    Ok(whole)
}

/// Lets the engine go of the bytes, and only then notes that the erasure has ended.
async fn end(app: &App, subaccount: &SubaccountId, main: &ContactId) -> Result<()> {
    if !app.db.scrub().await? {
        tracing::warn!(
            "the log of the database is in use and still holds erased bytes; it is cleared within the hour, or at the next start"
        );
        return Ok(());
    }
    let mut tx = app.db.write().await?;
    store::end_erasure(&mut tx, subaccount, main).await?;
    tx.commit().await?;
    Ok(())
}

/// One number, as often as it takes to get hold of everything.
async fn erase_contact(app: &App, actor: &Actor, id: &ContactId, asked: Option<&str>) -> Result<Erasure> {
    let mut tries = 0;
    loop {
        match try_contact(app, actor, id, asked).await {
            Err(Error::Busy { .. }) if tries < TRIES => {
                tries += 1;
                tokio::time::sleep(PAUSE * tries).await;
            }
            done => return done,
        }
    }
}

async fn try_contact(app: &App, actor: &Actor, id: &ContactId, asked: Option<&str>) -> Result<Erasure> {
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
    tx.give_way().await?;
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
    let traces = Traces::of(&phone);
    campaigns::rename_naming(&mut tx, subaccount, &traces).await?;
    uploads::rename_naming(&mut tx, subaccount, &traces).await?;
    let files = contacts::rename_naming(&mut tx, subaccount, &traces, now).await?;
    audiences::rename_naming(&mut tx, &cipher, subaccount, &traces, &files).await?;
    // The address of the person's own browser is not kept either.
    let evidence = Evidence::from_actor(actor).without_address();
    consent::erase(&mut tx, subaccount, id, &evidence, now).await?;
    let (gone, announcements) = messages::erase(&mut tx, subaccount, id, now).await?;
    told.push(announcements);
    codes::forget_person(&mut tx, subaccount, id).await?;
    inbox::erase(&mut tx, subaccount, id, now).await?;
    preferences::forget(&mut tx, subaccount, id).await?;
    contacts::erase(&mut tx, subaccount, id, now).await?;
    access::forget_person(&mut tx, subaccount, &traces, &gone, now).await?;
    let erasure = Erasure { id: id.as_str().to_owned(), erased: true, messages: gone.len() as u64, uploads: held.len() as u64 };
    store::erased(&mut tx, subaccount, id, now).await?;
    let detail = json!({ "messages": erasure.messages, "uploads": erasure.uploads, "asked_by": asked });
    access::audit(&mut tx, actor, "person.erase", id.as_str(), &detail, now).await?;
    tx.commit().await?;
    for announcements in told {
        announcements.send(app);
    }
    messages::has_left(app, subaccount, id).await;
    Ok(erasure)
}
