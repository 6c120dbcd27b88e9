//! What is held about one person, in figures.

use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{Actor, Permission};
use crate::app::App;
use crate::contacts::{self, Person};
use crate::db::Tx;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ContactId, MessageId, SubaccountId};
use crate::messages;
use crate::{consent, uploads};

/// What is held about one person, in figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Held {
    /// The contact's id.
    pub id: String,
    /// The number, whole for those who may see it, masked for others; empty once erased.
    pub phone: String,
    /// How many numbers of theirs are known.
    pub numbers: u64,
    /// Whether the person was erased.
    pub erased: bool,
    /// Messages to them.
    pub messages: u64,
    /// What they said about consent, and what was recorded for them.
    pub consent: u64,
    /// Rows of uploaded files that are theirs.
    pub rows: u64,
}

/// A contact of the subaccount by the id in an address.
pub(super) async fn find(tx: &mut Tx, subaccount: &SubaccountId, id: &str) -> Result<Person> {
    let id = ContactId::parse(id).ok_or(Error::NotFound("contact"))?;
    contacts::by_ids(tx, subaccount, std::slice::from_ref(&id)).await?.remove(&id).ok_or(Error::NotFound("contact"))
}

/// A person by any of their contact ids: every number of theirs, the main one first.
pub(super) async fn numbers(tx: &mut Tx, subaccount: &SubaccountId, id: &str) -> Result<Vec<Person>> {
    let asked = find(tx, subaccount, id).await?.id;
    let main = contacts::main_number(tx, subaccount, &asked).await?;
    let mut ids = vec![main.clone()];
    ids.extend(contacts::other_numbers(tx, subaccount, &main).await?);
    let mut people = contacts::by_ids(tx, subaccount, &ids).await?;
    Ok(ids.iter().filter_map(|id| people.remove(id)).collect())
}

/// What is held about the person with this contact id, over all their numbers. Needs [`Permission::Consent`].
pub async fn held(app: &App, actor: &Actor, id: &str) -> Result<Held> {
    actor.require(Permission::Consent)?;
    let mut tx = app.db.read().await?;
    let people = numbers(&mut tx, &actor.subaccount, id).await?;
    let person = people.first().ok_or(Error::NotFound("contact"))?;
    let cipher = app.cipher.tenant(&actor.subaccount);
    let phone = person.phone(&cipher)?;
    let (mut messages, mut consent, mut phones) = (0, 0, Vec::new());
    for one in &people {
        messages += messages::count_of_contact(&mut tx, &actor.subaccount, &one.id).await?;
        consent += consent::entries(&mut tx, &actor.subaccount, &one.id).await?.len() as u64;
        phones.extend(one.phone(&cipher)?);
    }
    drop(tx);
    let mut rows = 0;
    for phone in phones {
        let files = uploads::find_person(app, &actor.subaccount, phone).await?;
        rows += files.iter().map(|file| file.rows.len() as u64).sum::<u64>();
    }
    let shown = |phone: crate::kernel::phone::Phone| if actor.may(Permission::ViewPersonal) { phone.e164() } else { phone.masked() };
    Ok(Held {
        id: person.id.as_str().to_owned(),
        erased: phone.is_none(),
        phone: phone.map(shown).unwrap_or_default(),
        messages,
        consent,
        numbers: people.len() as u64,
        rows,
    })
}

/// Whom a message is for. Needs [`Permission::Consent`].
pub async fn person_of_message(app: &App, actor: &Actor, message: &str) -> Result<ContactId> {
    actor.require(Permission::Consent)?;
    let id = MessageId::parse(message).ok_or(Error::NotFound("message"))?;
    let mut tx = app.db.read().await?;
    messages::contact_of(&mut tx, &actor.subaccount, &id).await?.ok_or(Error::NotFound("message"))
}
