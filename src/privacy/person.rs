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

/// What is held about the person with this contact id. Needs [`Permission::Consent`].
pub async fn held(app: &App, actor: &Actor, id: &str) -> Result<Held> {
    actor.require(Permission::Consent)?;
    let mut tx = app.db.read().await?;
    let person = find(&mut tx, &actor.subaccount, id).await?;
    let phone = person.phone(&app.cipher.tenant(&actor.subaccount))?;
    let messages = messages::count_of_contact(&mut tx, &actor.subaccount, &person.id).await?;
    let consent = consent::entries(&mut tx, &actor.subaccount, &person.id).await?.len() as u64;
    drop(tx);
    let files = match phone {
        Some(phone) => uploads::find_person(app, &actor.subaccount, phone).await?,
        None => Vec::new(),
    };
    let shown = |phone: crate::kernel::phone::Phone| if actor.may(Permission::ViewPersonal) { phone.e164() } else { phone.masked() };
    Ok(Held {
        id: person.id.as_str().to_owned(),
        erased: phone.is_none(),
        phone: phone.map(shown).unwrap_or_default(),
        messages,
        consent,
        rows: files.iter().map(|file| file.rows.len() as u64).sum(),
    })
}

/// Whom a message is for. Needs [`Permission::Consent`].
pub async fn person_of_message(app: &App, actor: &Actor, message: &str) -> Result<ContactId> {
    actor.require(Permission::Consent)?;
    let id = MessageId::parse(message).ok_or(Error::NotFound("message"))?;
    let mut tx = app.db.read().await?;
    messages::contact_of(&mut tx, &actor.subaccount, &id).await?.ok_or(Error::NotFound("message"))
}
