//! Making, changing, merging and removing contacts.

use serde_json::json;

use super::contact::{Contact, Opened, open, seal, view};
use super::input::{ContactInput, ContactPatch};
use super::list::{followed, read_phone};
use super::people;
use super::profile::{Change, Profile};
use super::purchases;
use super::store::Lock;
use super::store::profiles;
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::{ContactId, SubaccountId};

/// The most numbers of one person besides the first.
const MOST_OTHER_NUMBERS: usize = 10;

/// What came of a new contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    /// It is there now.
    New(Box<Contact>),
    /// There is one with this number, and it stays as it was.
    Exists(String),
}

/// Makes a contact. A number that was taken out of the lists, or erased, comes back under the id that it had, with what its
/// person refused. Needs [`Permission::Send`].
///
/// # Errors
/// Every faulty field, by name.
pub async fn create(app: &App, actor: &Actor, input: ContactInput) -> Result<Created> {
    actor.require(Permission::Send)?;
    let (phone, patch) = input.split();
    let (now, subaccount, cipher) = (app.clock.now(), &actor.subaccount, app.cipher.tenant(&actor.subaccount));
    let mut errors = FieldErrors::new();
    let change = patch.read_into(&mut errors);
    let mut tx = app.db.write().await?;
    let settings = access::settings_of(&mut tx, subaccount).await?;
    let phone = match read_phone(&phone, &settings) {
        Ok(phone) => Some(phone),
        Err(Error::Invalid(faults)) => {
            errors.0.splice(0..0, faults.0);
            None
        }
        Err(other) => return Err(other),
    };
    errors.into_result()?;
    let phone = phone.ok_or_else(|| Error::internal("a number that was refused without a reason"))?;
    let profile = applied(&change, &Profile::default())?;
    let known = people::find(&mut tx, &cipher, subaccount, &[phone]).await?.pop().flatten();
    let (mut merged, mut was_hidden) = (None, false);
    if let Some(person) = known {
        was_hidden = person.is_hidden;
        if let Some(row) = followed(&mut tx, actor, &person.id).await? {
            return Ok(Created::Exists(row.id));
        }
        merged = profiles::rows(&mut tx, subaccount, &[person.id], Lock::None).await?.pop().and_then(|row| row.merged_into);
    }
    let people = people::ensure(&mut tx, &cipher, subaccount, &[phone], now).await?;
    let person = people.into_iter().next().ok_or_else(|| Error::internal("a contact that was just made is not there"))?;
    // Another number of somebody who was taken out of the lists: they come back.
    let id = merged.map_or(person.id, ContactId::stored);
    let row = locked(&mut tx, subaccount, &id).await?.ok_or(Error::NotFound("contact"))?;
    // Two who add the same number at once: the first has made it while the second waited.
    let is_ours = person.is_new || (was_hidden && row.hidden_at.is_some());
    if !is_ours {
        return Ok(Created::Exists(id.as_str().to_owned()));
    }
    let salt = row.salt.ok_or(Error::NotFound("contact"))?;
    profiles::write(&mut tx, subaccount, &[seal(&cipher, id.clone(), &salt, &profile)], now).await?;
    access::audit(&mut tx, actor, "contact.create", id.as_str(), &json!({}), now).await?;
    let contact = shown(&mut tx, &cipher, actor, &id).await?;
    tx.commit().await?;
    Ok(Created::New(Box::new(contact)))
}

/// Changes a contact. Needs [`Permission::Send`].
///
/// # Errors
/// Every faulty field, by name; nothing is changed then.
pub async fn update(app: &App, actor: &Actor, id: &str, patch: &ContactPatch) -> Result<Contact> {
    actor.require(Permission::Send)?;
    let change = patch.read()?;
    let (now, subaccount, cipher) = (app.clock.now(), &actor.subaccount, app.cipher.tenant(&actor.subaccount));
    let mut tx = app.db.write().await?;
    let opened = held(&mut tx, &cipher, actor, id).await?;
    let profile = applied(&change, &opened.profile)?;
    let id = opened.id();
    if profile != opened.profile {
        profiles::write(&mut tx, subaccount, &[seal(&cipher, id.clone(), &opened.salt, &profile)], now).await?;
        access::audit(&mut tx, actor, "contact.change", id.as_str(), &json!({ "parts": change.parts() }), now).await?;
    }
    let contact = shown(&mut tx, &cipher, actor, &id).await?;
    tx.commit().await?;
    Ok(contact)
}

/// Takes away what is noted about a person (name, attributes, tags, status, purchases, which files named them) and takes them
/// out of the lists, until they write or are written to again. The number, what
/// they agreed to and refused, and their messages stay: a refusal must hold whoever writes to the number next. Needs
/// [`Permission::Send`].
pub async fn remove(app: &App, actor: &Actor, id: &str) -> Result<()> {
    actor.require(Permission::Send)?;
    let (now, subaccount, cipher) = (app.clock.now(), &actor.subaccount, app.cipher.tenant(&actor.subaccount));
    let mut tx = app.db.write().await?;
    let id = held(&mut tx, &cipher, actor, id).await?.id();
    profiles::clear(&mut tx, subaccount, &id, now).await?;
    access::audit(&mut tx, actor, "contact.delete", id.as_str(), &json!({}), now).await?;
    Ok(tx.commit().await?)
}

/// Makes the number of `other` another number of `id`: its tags and attributes go over where `id` has none of that name, files that
/// named it name `id`, and the messages of both stand in one timeline. What each number agreed to and refused stays its own, because the law asks by
/// number. Cannot be taken back. Needs [`Permission::Send`].
///
/// # Errors
/// [`Error::Invalid`] when both are one, or the numbers, tags or attributes would be too many.
pub async fn merge(app: &App, actor: &Actor, id: &str, other: &str) -> Result<Contact> {
    actor.require(Permission::Send)?;
    let (now, subaccount, cipher) = (app.clock.now(), &actor.subaccount, app.cipher.tenant(&actor.subaccount));
    let mut tx = app.db.write().await?;
    let into = found(&mut tx, actor, id).await?;
    let other = found(&mut tx, actor, other).await.map_err(|error| match error {
        Error::NotFound(_) => Error::invalid("other", "unknown", "There is no such contact. Give the id of the one to merge."),
        error => error,
    })?;
    if into == other {
        return Err(Error::invalid("other", "same", "Both are the same contact. Name another one."));
    }
    // In the order of ids, so that two who merge the same pair the other way round do not wait for each other.
    let both = profiles::rows(&mut tx, subaccount, &[into.clone(), other.clone()], Lock::Alone).await?;
    let both: Vec<_> = both.into_iter().filter(|row| row.hidden_at.is_none() && row.merged_into.is_none()).collect();
    let mut both = open(&mut tx, &cipher, subaccount, both).await?;
    let gone = both.iter().position(|o| o.id() == other).map(|at| both.remove(at));
    let (Some(kept), Some(gone)) = (both.pop(), gone) else { return Err(Error::NotFound("contact")) };
    let numbers = profiles::merged_into(&mut tx, subaccount, &[into.clone(), other.clone()]).await?.len() + 1;
    if numbers > MOST_OTHER_NUMBERS {
        let detail = format!("A contact has at most {MOST_OTHER_NUMBERS} other numbers; this would make {numbers}.");
        return Err(Error::invalid("other", "too_many", detail));
    }
    let profile = together(kept.profile.clone(), gone.profile.clone());
    let profile = applied(&Change::default(), &profile)?;
    purchases::hand_over(&mut tx, &cipher, subaccount, &gone, &kept).await?;
    profiles::merge(&mut tx, subaccount, &into, &other, now).await?;
    profiles::write(&mut tx, subaccount, &[seal(&cipher, into.clone(), &kept.salt, &profile)], now).await?;
    access::audit(&mut tx, actor, "contact.merge", into.as_str(), &json!({ "other": other.as_str() }), now).await?;
    let contact = shown(&mut tx, &cipher, actor, &into).await?;
    tx.commit().await?;
    Ok(contact)
}

/// The first profile, with what the second has besides.
fn together(first: Profile, second: Profile) -> Profile {
    let mut attributes = second.attributes;
    attributes.extend(first.attributes);
    let mut tags = first.tags;
    tags.extend(second.tags);
    Profile {
        name: first.name.or(second.name),
        language: first.language.or(second.language),
        time_zone: first.time_zone.or(second.time_zone),
        status: first.status.or(second.status),
        attributes,
        tags,
    }
}

/// Takes away what is noted about a person and what their name was found by, for good. A step of erasure, which also takes the
/// number and the salt.
pub async fn clear_profile(tx: &mut Tx, subaccount: &SubaccountId, id: &ContactId, now: Millis) -> Result<()> {
    profiles::clear(tx, subaccount, id, now).await
}

fn applied(change: &Change, before: &Profile) -> Result<Profile> {
    change.applied_to(before).map_err(|(field, refusal)| {
        let mut errors = FieldErrors::new();
        refusal.note(field, &mut errors);
        Error::Invalid(errors)
    })
}

/// The id of a contact in the lists.
pub(super) async fn found(tx: &mut Tx, actor: &Actor, id: &str) -> Result<ContactId> {
    let id = ContactId::parse(id).ok_or(Error::NotFound("contact"))?;
    let row = followed(tx, actor, &id).await?.ok_or(Error::NotFound("contact"))?;
    Ok(ContactId::stored(row.id))
}

async fn locked(tx: &mut Tx, subaccount: &SubaccountId, id: &ContactId) -> Result<Option<profiles::ProfileRow>> {
    Ok(profiles::rows(tx, subaccount, std::slice::from_ref(id), Lock::Alone).await?.pop())
}

/// A contact in the lists, held for a change until the transaction ends.
pub(super) async fn held(tx: &mut Tx, cipher: &TenantCipher, actor: &Actor, id: &str) -> Result<Opened> {
    let id = found(tx, actor, id).await?;
    let row = locked(tx, &actor.subaccount, &id).await?.filter(|row| row.hidden_at.is_none() && row.merged_into.is_none());
    open(tx, cipher, &actor.subaccount, row.into_iter().collect()).await?.pop().ok_or(Error::NotFound("contact"))
}

async fn shown(tx: &mut Tx, cipher: &TenantCipher, actor: &Actor, id: &ContactId) -> Result<Contact> {
    let rows = profiles::rows(tx, &actor.subaccount, std::slice::from_ref(id), Lock::None).await?;
    view(tx, cipher, actor, rows).await?.pop().ok_or(Error::NotFound("contact"))
}
