//! Timeline: what happened with one person, over all their numbers, and what they agree to now.
//!
//! It owns no table: it puts together what messages, consent and purchases know about a contact.

use serde::Serialize;
use utoipa::ToSchema;

use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::consent::{self, Entry};
use crate::contacts::{self, Contact, Purchase, Standing, purchases};
use crate::kernel::category::Category;
use crate::kernel::clock::{Millis, rfc3339};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ContactId, is_id_body};
use crate::kernel::page::{Page, PageRequest};
use crate::messages::{self, Message};

/// Something that happened with a person.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct TimelineItem {
    /// `message`, `consent` or `purchase`.
    #[schema(example = "message")]
    pub kind: &'static str,
    /// When, in RFC 3339.
    #[schema(format = DateTime)]
    pub at: String,
    /// The contact that it happened with: this one, or another number of theirs.
    pub contact: String,
    /// The message that was sent, as the history shows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<Box<Message>>,
    /// What the person said about messages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consent: Option<ConsentItem>,
    /// What the person bought.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purchase: Option<Purchase>,
    /// What the order goes by: ids sort by time behind their prefix.
    #[serde(skip)]
    key: String,
    /// When, in epoch milliseconds.
    #[serde(skip)]
    pub at_millis: Millis,
}

/// A row of the consent ledger, as a timeline shows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ConsentItem {
    /// Its place in the ledger.
    pub seq: i64,
    /// granted, withdrawn, stopped, started, paused, resumed, quiet_hours or frequency.
    #[schema(example = "withdrawn")]
    pub change: String,
    /// The category, or all.
    #[schema(example = "marketing")]
    pub category: String,
    /// How we learned of it: api, page, keyword, carrier, import or user.
    #[schema(example = "keyword")]
    pub source: String,
    /// Why, as it was given; for those who may see personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Who recorded it.
    pub recorded_by: String,
}

/// One page of what happened with a person, the latest first. Needs [`Permission::View`].
///
/// # Errors
/// [`Error::NotFound`] when there is no such contact.
pub async fn of_contact(app: &App, actor: &Actor, id: &str, page: &PageRequest) -> Result<Page<TimelineItem>> {
    let contact = contacts::get(app, actor, id).await?;
    let before = page.cursor.as_deref();
    if before.is_some_and(|key| !is_id_body(key)) {
        return Err(Error::invalid("cursor", "unreadable", "Use the next_cursor of the page before as it is, or leave it out."));
    }
    let mut tx = app.db.read().await?;
    let may_see = actor.may(Permission::ViewPersonal);
    let mut items = Vec::new();
    // A person has few numbers, and each list ends by itself: the first rows of each hold the first rows of all.
    for id in numbers(&contact) {
        for message in messages::of_contact(&mut tx, app, actor, &id, before, page.rows_to_fetch()).await? {
            items.push(of_message(&id, message));
        }
        for (key, entry) in consent::entries_before(&mut tx, &actor.subaccount, &id, before, page.rows_to_fetch()).await? {
            items.push(of_entry(&id, key, entry, may_see));
        }
        for purchase in purchases::of_contact(&mut tx, app, actor, &id, before, page.rows_to_fetch()).await? {
            items.push(of_purchase(&id, purchase));
        }
    }
    items.sort_by(|a, b| b.key.cmp(&a.key));
    items.truncate(page.limit as usize + 1);
    Ok(page.page(items, |item| item.key.clone()))
}

/// The contact and those that were merged into it.
fn numbers(contact: &Contact) -> Vec<ContactId> {
    let others = contact.other_numbers.iter().map(|other| other.id.clone());
    std::iter::once(contact.id.clone()).chain(others).map(ContactId::stored).collect()
}

fn of_message(contact: &ContactId, message: Message) -> TimelineItem {
    TimelineItem {
        kind: "message",
        at: rfc3339(message.created_at),
        at_millis: message.created_at,
        contact: contact.as_str().to_owned(),
        key: body(&message.id),
        message: Some(Box::new(message)),
        consent: None,
        purchase: None,
    }
}

fn of_entry(contact: &ContactId, id: String, entry: Entry, may_see: bool) -> TimelineItem {
    let Entry { seq, change, category, source, reason, actor, at, .. } = entry;
    TimelineItem {
        kind: "consent",
        at: rfc3339(at),
        at_millis: at,
        contact: contact.as_str().to_owned(),
        key: body(&id),
        message: None,
        consent: Some(ConsentItem { seq, change, category, source, reason: reason.filter(|_| may_see), recorded_by: actor }),
        purchase: None,
    }
}

fn of_purchase(contact: &ContactId, purchase: Purchase) -> TimelineItem {
    TimelineItem {
        kind: "purchase",
        at: purchase.at.clone(),
        at_millis: purchase.at_millis,
        contact: contact.as_str().to_owned(),
        key: purchase.key.clone(),
        message: None,
        consent: None,
        purchase: Some(purchase),
    }
}

/// An id without its prefix.
fn body(id: &str) -> String {
    id.split_once('_').map_or(id, |(_, body)| body).to_owned()
}

/// What one number agrees to now.
#[derive(Clone, Debug)]
pub struct NumberConsent {
    /// The contact of the number.
    pub contact: String,
    /// The number, masked for those who may not see it.
    pub phone: String,
    /// Each category: why nothing of it may be sent, if so, and the place in the ledger of what says so.
    pub categories: Vec<CategoryConsent>,
    /// The end of their break, while it lasts.
    pub paused_until: Option<Millis>,
    /// What the ledger holds, the latest first; nothing for those who may not see it.
    pub entries: Vec<Entry>,
}

/// What one number agrees to in one category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryConsent {
    /// The category.
    pub category: Category,
    /// Why nothing of it may be sent, as a word of [`consent::verdict`]; nothing when it may.
    pub refused: Option<&'static str>,
    /// The latest row of the ledger that speaks of it.
    pub proof: Option<i64>,
}

/// What each number of a person agrees to. Needs [`Permission::View`]; the entries also [`Permission::Consent`].
///
/// # Errors
/// [`Error::NotFound`] when there is no such contact.
pub async fn consent_of(app: &App, actor: &Actor, id: &str) -> Result<Vec<NumberConsent>> {
    let contact = contacts::get(app, actor, id).await?;
    let mut tx = app.db.read().await?;
    let settings = access::settings_of(&mut tx, &actor.subaccount).await?;
    let ids = numbers(&contact);
    let mut people = contacts::by_ids(&mut tx, &actor.subaccount, &ids).await?;
    let phones = std::iter::once(contact.phone).chain(contact.other_numbers.into_iter().map(|other| other.phone));
    let mut all = Vec::new();
    for (id, phone) in ids.into_iter().zip(phones) {
        let standing = people.remove(&id).map(|person| person.standing).unwrap_or_default();
        let mut entries = consent::entries(&mut tx, &actor.subaccount, &id).await?;
        entries.reverse();
        all.push(NumberConsent {
            categories: Category::ALL.into_iter().map(|category| of_category(category, &standing, &settings, &entries)).collect(),
            paused_until: standing.paused_until.filter(|until| *until > app.clock.now()),
            entries: if actor.may(Permission::Consent) { entries } else { Vec::new() },
            contact: id.as_str().to_owned(),
            phone,
        });
    }
    Ok(all)
}

fn of_category(category: Category, standing: &Standing, settings: &access::Settings, latest_first: &[Entry]) -> CategoryConsent {
    let speaks = |e: &&Entry| {
        let of_it = e.category == category.as_str() || e.category == "all";
        of_it && matches!(e.change.as_str(), "granted" | "asked" | "lapsed" | "withdrawn" | "stopped" | "started")
    };
    CategoryConsent {
        category,
        refused: consent::opted_out(category, standing, settings),
        proof: latest_first.iter().find(speaks).map(|e| e.seq),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::id::MessageId;

    #[test]
    fn ids_of_both_kinds_sort_by_time_without_their_prefix() {
        let earlier = MessageId::new(1_000).as_str().to_owned();
        assert!(body(&earlier) < body(&format!("led_{}", crate::kernel::id::fresh(2_000))));
        assert!(is_id_body(&body(&earlier)) && !is_id_body("'; drop") && !is_id_body(""));
    }
}
