//! Conversations: one with each person who wrote.

use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{self, Actor, Permission, Who};
use crate::app::App;
use crate::consent;
use crate::contacts::{self, Person};
use crate::db::Tx;
use crate::inbox::store::{self, ConversationRow, Turn};
use crate::kernel::clock::{Millis, rfc3339};
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::ContactId;
use crate::kernel::keyword::Keyword;
use crate::kernel::page::{Page, PageRequest};
use crate::kernel::phone::Phone;

/// Who answers a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Assignee {
    /// The user.
    pub id: String,
    /// Their name.
    pub name: String,
}

/// What there is between a person and us.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Conversation {
    /// The person.
    pub contact: String,
    /// Their number: whole for those who may see it, masked for others, empty once erased.
    pub phone: String,
    /// Whether nobody need answer any more. A text of the person opens it again.
    pub closed: bool,
    /// How many of their texts nobody has read.
    pub unread: i64,
    /// The id of their last text: closing up to it fails when they have written again.
    pub last_id: String,
    /// When they last wrote.
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub last_at: Millis,
    /// What they last wrote, for those who may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_text: Option<String>,
    /// The keyword that it was, if it was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_keyword: Option<Keyword>,
    /// Who answers them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_to: Option<Assignee>,
    /// Whether they refused all messages, so that no answer can be sent.
    pub opted_out: bool,
}

/// Prints an instant in RFC 3339.
pub(super) fn instant<S: serde::Serializer>(at: &Millis, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_str(&rfc3339(*at))
}

/// Prints an instant that may not have come.
pub(super) fn some_instant<S: serde::Serializer>(at: &Option<Millis>, to: S) -> std::result::Result<S::Ok, S::Error> {
    match at {
        Some(at) => instant(at, to),
        None => to.serialize_none(),
    }
}

/// Which conversations to list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    /// Those that are not closed.
    #[default]
    Open,
    /// Those of them that the actor answers.
    Mine,
    /// Those that are closed.
    Closed,
    /// All.
    All,
}

impl Shown {
    /// All of them, in the order in which people see them.
    pub const ALL: [Self; 4] = [Self::Open, Self::Mine, Self::Closed, Self::All];

    /// The word in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Mine => "mine",
            Self::Closed => "closed",
            Self::All => "all",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

/// Which conversations to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InboxFilter {
    /// In which state.
    pub shown: Shown,
    /// With this number.
    pub phone: Option<Phone>,
}

/// One page of conversations: those with unread texts first, then by when the person last wrote, newest first.
pub async fn list(app: &App, actor: &Actor, filter: &InboxFilter, page: &PageRequest) -> Result<Page<Conversation>> {
    actor.require(Permission::View)?;
    let after = page.cursor.as_deref().map(Turn::read).transpose()?;
    let mine = match (&actor.who, filter.shown) {
        (Who::User { id, .. }, Shown::Mine) => Some(id.clone()),
        (_, Shown::Mine) => return Ok(Page { items: Vec::new(), next: None }),
        _ => None,
    };
    let cipher = app.cipher.tenant(&actor.subaccount);
    let mut tx = app.db.read().await?;
    let contact = match filter.phone {
        None => None,
        Some(phone) => match contacts::find(&mut tx, &cipher, &actor.subaccount, &[phone]).await?.pop().flatten() {
            Some(person) => Some(person.id),
            None => return Ok(Page { items: Vec::new(), next: None }),
        },
    };
    let wanted = store::Wanted { shown: filter.shown, mine: mine.as_ref(), contact: contact.as_ref(), after };
    let rows = store::list(&mut tx, &actor.subaccount, &wanted, page.rows_to_fetch()).await?;
    let page = page.page(rows, |row| Turn::of(row).to_string());
    let ids: Vec<ContactId> = page.items.iter().map(|row| ContactId::stored(row.contact_id.clone())).collect();
    let people = contacts::by_ids(&mut tx, &actor.subaccount, &ids).await?;
    let mut items = Vec::with_capacity(page.items.len());
    for (row, id) in page.items.into_iter().zip(&ids) {
        if let Some(person) = people.get(id) {
            items.push(shown(&cipher, actor, row, person)?);
        }
    }
    Ok(Page { items, next: page.next })
}

/// One conversation, by the person's id.
pub async fn conversation(app: &App, actor: &Actor, contact: &str) -> Result<Conversation> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    Ok(held(&mut tx, app, actor, contact).await?.1)
}

/// The person and the conversation with them, as the actor may see it.
pub(super) async fn held(tx: &mut Tx, app: &App, actor: &Actor, contact: &str) -> Result<(Person, Conversation)> {
    const NOT_FOUND: Error = Error::NotFound("conversation");
    let id = ContactId::parse(contact).ok_or(NOT_FOUND)?;
    let row = store::one(tx, &actor.subaccount, &id).await?.ok_or(NOT_FOUND)?;
    let person = contacts::by_ids(tx, &actor.subaccount, std::slice::from_ref(&id)).await?.remove(&id).ok_or(NOT_FOUND)?;
    let conversation = shown(&app.cipher.tenant(&actor.subaccount), actor, row, &person)?;
    Ok((person, conversation))
}

fn shown(cipher: &TenantCipher, actor: &Actor, row: ConversationRow, person: &Person) -> Result<Conversation> {
    let whole = actor.may(Permission::ViewPersonal);
    let phone = person.phone(cipher)?.map(|phone| if whole { phone.e164() } else { phone.masked() });
    Ok(Conversation {
        contact: row.contact_id,
        phone: phone.unwrap_or_default(),
        closed: row.closed_at.is_some(),
        unread: row.unread,
        last_id: row.last_id,
        last_at: row.last_at,
        last_text: open_text(cipher, person, &row.text).filter(|_| whole),
        last_keyword: row.keyword.as_deref().and_then(Keyword::parse),
        assigned_to: row.assigned_to.zip(row.assigned_name).map(|(id, name)| Assignee { id, name }),
        opted_out: consent::has_opted_out(&person.standing),
    })
}

/// A text that a person wrote; `None` when it went with them. What was sealed for somebody who was erased and wrote
/// again stays shut.
pub(super) fn open_text(cipher: &TenantCipher, person: &Person, sealed: &[u8]) -> Option<String> {
    cipher.person(person.salt.as_deref()?).open_text(store::TEXT, sealed).ok()
}

/// How many texts nobody has read.
pub async fn unread(app: &App, actor: &Actor) -> Result<i64> {
    actor.require(Permission::View)?;
    store::unread(&mut app.db.read().await?, &actor.subaccount).await
}

/// Who can be given a conversation; needs [`Permission::Send`].
pub async fn who_can_answer(app: &App, actor: &Actor) -> Result<Vec<Assignee>> {
    actor.require(Permission::Send)?;
    let users = access::who_can_answer(&mut app.db.read().await?, &actor.subaccount).await?;
    Ok(users.into_iter().map(|user| Assignee { id: user.id.as_str().to_owned(), name: user.name }).collect())
}
