//! History: messages of a subaccount, newest first.

use serde_json::json;

use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::contacts;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ContactId, MessageId, SubaccountId};
use crate::kernel::money::Currency;
use crate::kernel::page::{Page, PageRequest};
use crate::kernel::phone::{Country, Phone};
use crate::messages::status::Status;
use crate::messages::store::{self, HistoryRow};
use crate::messages::view::{Amount, Message, MessageError};

/// Which messages to list. Everything absent means all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// In this status.
    pub status: Option<Status>,
    /// To this number.
    pub to: Option<Phone>,
    /// Accepted at or after.
    pub from_at: Option<Millis>,
    /// Accepted before.
    pub until_at: Option<Millis>,
    /// Of this campaign, by id.
    pub campaign: Option<String>,
    /// Of this template, by id or code.
    pub template: Option<String>,
    /// Of this connection's name or provider.
    pub provider: Option<String>,
    /// To this country.
    pub country: Option<Country>,
    /// Of this category.
    pub category: Option<Category>,
    /// With this reference of the caller.
    pub reference: Option<String>,
    /// With this error code.
    pub error: Option<String>,
    /// Failed, and for a reason that may pass (or, when `false`, for one that does not).
    pub retryable: Option<bool>,
}

/// Whom a filter asks for.
pub(super) enum Asked {
    /// Everybody.
    Anybody,
    /// The holder of its number.
    One(ContactId),
    /// Somebody whom we hold no number of: it finds nothing.
    Nobody,
}

impl Asked {
    /// Looks up whose number a filter has.
    pub(super) async fn find(tx: &mut Tx, app: &App, subaccount: &SubaccountId, filter: &Filter) -> Result<Self> {
        let Some(phone) = filter.to else { return Ok(Self::Anybody) };
        let cipher = app.cipher.tenant(subaccount);
        let found = contacts::find(tx, &cipher, subaccount, &[phone]).await?.pop().flatten();
        Ok(found.map_or(Self::Nobody, |person| Self::One(person.id)))
    }

    /// The one person, if the filter is about one.
    pub(super) fn contact(&self) -> Option<&ContactId> {
        match self {
            Self::One(contact) => Some(contact),
            Self::Anybody | Self::Nobody => None,
        }
    }
}

/// One page of history.
pub async fn list(app: &App, actor: &Actor, filter: &Filter, page: &PageRequest) -> Result<Page<Message>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    let asked = Asked::find(&mut tx, app, &actor.subaccount, filter).await?;
    if matches!(asked, Asked::Nobody) {
        return Ok(Page { items: Vec::new(), next: None });
    }
    let rows = store::history(&mut tx, &actor.subaccount, filter, asked.contact(), page).await?;
    let page = page.page(rows, |row| row.id.clone());
    let items = page.items.into_iter().map(|row| view(app, actor, row)).collect::<Result<_>>()?;
    Ok(Page { items, next: page.next })
}

/// Notes in the audit log that somebody takes the messages of a filter as a file of this name. Needs [`Permission::View`].
pub async fn note_export(app: &App, actor: &Actor, filter: &Filter, file: &str) -> Result<()> {
    actor.require(Permission::View)?;
    let mut tx = app.db.write().await?;
    let detail = json!({ "file": file, "is_filtered": *filter != Filter::default() });
    access::audit(&mut tx, actor, "message.export", actor.subaccount.as_str(), &detail, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

/// Up to `most` messages to one contact, the latest first; older than the id whose part behind the prefix is `before`. A step.
pub async fn of_contact(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    contact: &ContactId,
    before: Option<&str>,
    most: i64,
) -> Result<Vec<Message>> {
    let before = before.map(|body| format!("{}_{body}", MessageId::PREFIX));
    let rows = store::history_of(tx, &actor.subaccount, contact, before.as_deref(), most).await?;
    rows.into_iter().map(|row| view(app, actor, row)).collect()
}

/// A stored message as this actor may see it.
pub(super) fn view(app: &App, actor: &Actor, row: HistoryRow) -> Result<Message> {
    let subaccount = SubaccountId::stored(row.subaccount_id.clone());
    let cipher = app.cipher.tenant(&subaccount);
    let to = match row.phone(&cipher)? {
        None => String::new(),
        Some(phone) if actor.may(Permission::ViewPersonal) => phone.e164(),
        Some(phone) => phone.masked(),
    };
    let status = Status::parse(&row.status).ok_or_else(|| Error::internal(format!("the message {} has an unreadable status", row.id)))?;
    let currency = Currency::parse(&row.currency).unwrap_or(Currency::USD);
    let error = row.error_code.filter(|_| !matches!(status, Status::Delivered | Status::Sent)).map(|code| MessageError {
        detail: row.error_detail.unwrap_or_else(|| super::view::words(Some(&code)).to_owned()),
        code,
        retryable: row.retryable,
    });
    Ok(Message {
        to,
        status,
        reason: row.reason.filter(|_| matches!(status, Status::Held | Status::Dropped)),
        category: row.category,
        text: None,
        segments: row.segments,
        encoding: row.encoding,
        language: row.language,
        country: row.country,
        from: row.sender,
        connection: row.connection_name.or(row.connection),
        provider: row.provider,
        provider_message_id: row.provider_message_id,
        campaign: row.campaign_id,
        template: row.template_code,
        template_version: row.template_version,
        variant: row.variant,
        cost: row.cost.map(|cost| Amount::new(cost, currency)),
        estimated_cost: Amount::new(row.estimated, currency),
        error,
        possible_duplicate: row.possible_duplicate,
        reference: row.reference,
        metadata: row.metadata.and_then(|text| serde_json::from_str(&text).ok()),
        created_at: row.created_at,
        send_at: row.due_at,
        submitted_at: row.submitted_at,
        sent_at: row.sent_at,
        delivered_at: row.delivered_at,
        text_removed_at: row.redacted_at,
        id: row.id,
    })
}
