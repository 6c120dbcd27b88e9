//! Lists of contacts: everybody, or those with a number, words of a name, a tag or a status.

use super::contact::{Contact, view};
use super::people;
use super::profile::{self, LeadStatus};
use super::store::Lock;
use super::store::profiles::{self, After};
use super::words;
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::ContactId;
use crate::kernel::page::{Page, PageRequest};
use crate::kernel::phone::{Country, Phone};

/// The most tags that are offered as filters.
const MOST_TAGS_OFFERED: i64 = 200;

/// Which contacts to list. Everything absent means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ContactFilter {
    /// What is looked for.
    pub query: Option<Query>,
    /// With this tag.
    pub tag: Option<String>,
    /// Leads of this status.
    pub status: Option<LeadStatus>,
}

/// What is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Query {
    /// Whoever has this number.
    Number(Phone),
    /// Whoever has all words of this text in their name.
    Name(String),
}

impl ContactFilter {
    /// Reads what a caller wrote; blank counts as absent. `q` is a number in any spelling, else words of a name.
    ///
    /// # Errors
    /// Every faulty field, by name.
    pub fn read(q: Option<&str>, tag: Option<&str>, status: Option<&str>, country: Country) -> Result<Self> {
        let mut errors = FieldErrors::new();
        let given = |text: Option<&str>| text.map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned);
        let query = given(q).and_then(|text| match Phone::parse(&text, country) {
            Ok(phone) => Some(Query::Number(phone)),
            Err(_) if !words::words(&text).is_empty() && text.chars().any(char::is_alphabetic) => Some(Query::Name(text)),
            Err(e) => {
                errors.add("q", e.code(), format!("{e} {}", e.fix()).trim());
                None
            }
        });
        let tag = given(tag).and_then(|text| profile::tag(&text).inspect_err(|refusal| refusal.note("tag", &mut errors)).ok());
        let status = given(status).and_then(|text| profile::status(&text).inspect_err(|refusal| refusal.note("status", &mut errors)).ok());
        errors.into_result().map(|()| Self { query, tag, status })
    }

    /// Whoever has this number.
    ///
    /// # Errors
    /// What is wrong with the number, in a sentence.
    pub fn of_number(text: &str, country: Country) -> Result<Self, String> {
        let phone = Phone::parse(text, country).map_err(|e| format!("{e} {}", e.fix()).trim().to_owned())?;
        Ok(Self { query: Some(Query::Number(phone)), ..Self::default() })
    }

    /// Whether it leaves anybody out.
    pub fn is_narrow(&self) -> bool {
        *self != Self::default()
    }
}

/// A filter as the database is asked: words are blind.
#[derive(Clone, Debug, Default)]
pub(super) struct Narrow {
    pub words: Vec<Vec<u8>>,
    pub tag: Option<String>,
    pub status: Option<LeadStatus>,
    /// The whole list from its other end: the longest inactive first.
    pub backwards: bool,
}

impl Narrow {
    /// Whether the list goes by the id, newest contact first, as the indexes of words, tags and statuses do. The whole list
    /// goes by the last activity.
    pub fn by_id(&self) -> bool {
        !self.words.is_empty() || self.tag.is_some() || self.status.is_some()
    }
}

/// One page of contacts. All of them: the last active first, by when their data or what they agreed to last changed; a message
/// alone moves nobody. A narrowed list: the newest contact first. Needs [`Permission::View`]; to look for a name,
/// [`Permission::ViewPersonal`].
pub async fn list(app: &App, actor: &Actor, filter: &ContactFilter, page: &PageRequest) -> Result<Page<Contact>> {
    walk(app, actor, filter, page, false).await
}

/// As [`list`], but the whole list the other way round when `backwards`: then somebody who changes while it is walked comes
/// again further on, and nobody is missed.
pub(super) async fn walk(app: &App, actor: &Actor, filter: &ContactFilter, page: &PageRequest, backwards: bool) -> Result<Page<Contact>> {
    actor.require(Permission::View)?;
    let cipher = app.cipher.tenant(&actor.subaccount);
    let name = match &filter.query {
        Some(Query::Number(phone)) => return with_number(app, actor, &cipher, *phone, filter).await,
        Some(Query::Name(name)) => {
            actor.require(Permission::ViewPersonal)?;
            Some(name)
        }
        None => None,
    };
    let narrow = Narrow {
        words: name.map(|name| words::indexes(&cipher, name)).unwrap_or_default(),
        tag: filter.tag.clone(),
        status: filter.status,
        backwards,
    };
    let after = page.cursor.as_deref().map(|key| after(key, narrow.by_id())).transpose()?;
    let mut tx = app.db.read().await?;
    let rows = profiles::list(&mut tx, &actor.subaccount, &narrow, after.as_ref(), page.rows_to_fetch()).await?;
    let by_id = narrow.by_id();
    let page = page.page(rows, |row| if by_id { row.id.clone() } else { format!("{}.{}", row.updated_at, row.id) });
    let items = view(&mut tx, &cipher, actor, page.items).await?;
    Ok(Page { items, next: page.next })
}

fn after(key: &str, by_id: bool) -> Result<After> {
    let id = |text: &str| ContactId::parse(text);
    let read = if by_id {
        id(key).map(After::Id)
    } else {
        key.split_once('.').and_then(|(at, contact)| Some(After::Activity(at.parse().ok()?, id(contact)?)))
    };
    read.ok_or_else(|| Error::invalid("cursor", "unreadable", "Use the next_cursor of the page before, with the same filter."))
}

/// The one contact with a number, if the rest of the filter fits it.
async fn with_number(app: &App, actor: &Actor, cipher: &TenantCipher, phone: Phone, filter: &ContactFilter) -> Result<Page<Contact>> {
    let mut tx = app.db.read().await?;
    let none = Page { items: Vec::new(), next: None };
    let Some(person) = people::find(&mut tx, cipher, &actor.subaccount, &[phone]).await?.pop().flatten() else { return Ok(none) };
    let Some(row) = followed(&mut tx, actor, &person.id).await? else { return Ok(none) };
    let mut items = view(&mut tx, cipher, actor, vec![row]).await?;
    items.retain(|c| {
        filter.tag.as_ref().is_none_or(|tag| c.tags.contains(tag)) && filter.status.is_none_or(|status| c.status == Some(status.as_str()))
    });
    Ok(Page { items, next: None })
}

/// The row of a contact, or of the one that it was merged into; nothing when it is hidden, erased or not there.
pub(super) async fn followed(tx: &mut Tx, actor: &Actor, id: &ContactId) -> Result<Option<profiles::ProfileRow>> {
    let mut row = profiles::rows(tx, &actor.subaccount, std::slice::from_ref(id), Lock::None).await?.pop();
    if let Some(primary) = row.as_ref().and_then(|row| row.merged_into.clone()) {
        row = profiles::rows(tx, &actor.subaccount, &[ContactId::stored(primary)], Lock::None).await?.pop();
    }
    Ok(row.filter(|row| row.phone.is_some() && row.hidden_at.is_none()))
}

/// One contact; by the id of a number that was merged, the contact that it was merged into. Needs [`Permission::View`].
pub async fn get(app: &App, actor: &Actor, id: &str) -> Result<Contact> {
    actor.require(Permission::View)?;
    let id = ContactId::parse(id).ok_or(Error::NotFound("contact"))?;
    let mut tx = app.db.read().await?;
    let row = followed(&mut tx, actor, &id).await?.ok_or(Error::NotFound("contact"))?;
    let cipher = app.cipher.tenant(&actor.subaccount);
    view(&mut tx, &cipher, actor, vec![row]).await?.pop().ok_or(Error::NotFound("contact"))
}

/// The tags that are in use, in order, at most 200. Needs [`Permission::View`].
pub async fn tags(app: &App, actor: &Actor) -> Result<Vec<String>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    profiles::tags(&mut tx, &actor.subaccount, MOST_TAGS_OFFERED).await
}

/// A number of the organisation's people, as they write it.
pub(super) fn read_phone(text: &str, settings: &access::Settings) -> Result<Phone> {
    Phone::parse(text, settings.default_country)
        .map_err(|e| Error::invalid("phone", e.code(), format!("{e} {}", e.fix()).trim().to_owned()))
}
