//! Reading messages back.

use crate::contacts;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{CampaignId, ContactId, MessageId, SubaccountId, floor};
use crate::kernel::money::Micros;
use crate::kernel::page::PageRequest;
use crate::kernel::phone::Phone;
use crate::messages::list::Filter;
use crate::messages::status::Status;
use crate::messages::view::{AttemptView, EventView, ReceiptLine};

/// About what our latest message to a person was that a provider was asked to send.
pub async fn last_category(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<Option<String>> {
    let sql = "select category from messages where subaccount_id = $1 and contact_id = $2 and submitted_at is not null \
         order by submitted_at desc, id desc limit 1";
    let found: Option<(String,)> = tx.query(sql).bind(subaccount.as_str()).bind(contact.as_str()).fetch_optional().await?;
    Ok(found.map(|(category,)| category))
}

/// A message with the names of what it refers to.
#[derive(Debug, sqlx::FromRow)]
pub struct HistoryRow {
    pub id: String,
    pub subaccount_id: String,
    pub status: String,
    pub reason: Option<String>,
    pub category: String,
    pub country: String,
    pub language: Option<String>,
    pub sender: Option<String>,
    pub connection: Option<String>,
    pub connection_name: Option<String>,
    pub provider: Option<String>,
    pub provider_message_id: Option<String>,
    pub campaign_id: Option<String>,
    pub template_id: Option<String>,
    pub template_code: Option<String>,
    pub template_version: Option<i64>,
    pub variant: Option<String>,
    pub content: Vec<u8>,
    pub encoding: String,
    pub segments: i64,
    pub estimated: Micros,
    pub cost: Option<Micros>,
    pub currency: String,
    pub error_code: Option<String>,
    pub error_detail: Option<String>,
    pub retryable: bool,
    pub possible_duplicate: bool,
    pub reference: Option<String>,
    pub metadata: Option<String>,
    pub due_at: Millis,
    pub created_at: Millis,
    pub submitted_at: Option<Millis>,
    pub sent_at: Option<Millis>,
    pub delivered_at: Option<Millis>,
    pub redacted_at: Option<Millis>,
    pub salt: Option<Vec<u8>>,
    sealed_phone: Option<Vec<u8>>,
}

impl HistoryRow {
    /// The number, unless the person was erased.
    pub fn phone(&self, cipher: &TenantCipher) -> Result<Option<Phone>> {
        contacts::open_phone(cipher, self.salt.as_deref(), self.sealed_phone.as_deref())
    }
}

const SELECT: &str = "select m.id, m.subaccount_id, m.status, m.reason, m.category, m.country, m.language, m.sender, m.connection, \
     k.name as connection_name, k.provider, m.provider_message_id, m.campaign_id, m.template_id, t.code as template_code, \
     m.template_version, m.variant, m.content, m.encoding, m.segments, m.estimated, m.cost, m.currency, m.error_code, m.error_detail, m.retryable, \
     m.possible_duplicate, m.reference, m.metadata, m.due_at, m.created_at, m.submitted_at, m.sent_at, m.delivered_at, m.redacted_at, c.salt, \
     c.phone as sealed_phone from messages m join contacts c on c.id = m.contact_id and c.subaccount_id = m.subaccount_id \
     left join connections k on k.id = m.connection_id and k.subaccount_id = m.subaccount_id \
     left join templates t on t.id = m.template_id and t.subaccount_id = m.subaccount_id";

pub async fn one(tx: &mut Tx, subaccount: &SubaccountId, id: &MessageId) -> Result<Option<HistoryRow>> {
    let sql = format!("{SELECT} where m.subaccount_id = $1 and m.id = $2");
    Ok(tx.query(&sql).bind(subaccount.as_str()).bind(id.as_str()).fetch_optional().await?)
}

/// What the partial index over messages that need a look covers; SQLite uses it only for a query that repeats this.
const TO_SEE: &str = "m.status in ('failed', 'unknown', 'dropped', 'expired', 'held', 'cancelled')";

/// What the names in a [`Filter`] are looked up in.
const NAMES: &str = "left join connections k on k.id = m.connection_id and k.subaccount_id = m.subaccount_id \
     left join templates t on t.id = m.template_id and t.subaccount_id = m.subaccount_id";

/// The condition of a filter, with placeholders from `$1`, and its values in their order.
struct Narrowed {
    sql: String,
    values: Vec<String>,
}

fn narrowed(subaccount: &SubaccountId, filter: &Filter, contact: Option<&ContactId>, before: Option<&str>) -> Narrowed {
    // The texts below are ours; what people typed is only ever bound.
    let from = filter.from_at.map(|at| format!("{}_{}", MessageId::PREFIX, floor(at)));
    let until = filter.until_at.map(|at| format!("{}_{}", MessageId::PREFIX, floor(at)));
    let wanted: [(&str, Option<&str>); 12] = [
        ("m.contact_id = $", contact.map(ContactId::as_str)),
        ("m.status = $", filter.status.map(Status::as_str)),
        ("m.id >= $", from.as_deref()),
        ("m.id < $", until.as_deref()),
        ("m.id < $", before),
        ("m.campaign_id = $", filter.campaign.as_deref()),
        ("m.country = $", filter.country.as_ref().map(|c| c.as_str())),
        ("m.category = $", filter.category.map(|c| c.as_str())),
        ("m.reference = $", filter.reference.as_deref()),
        ("m.error_code = $", filter.error.as_deref()),
        ("(t.id = $ or t.code = $)", filter.template.as_deref()),
        ("(k.name = $ or k.provider = $)", filter.provider.as_deref()),
    ];
    let mut sql = "m.subaccount_id = $1".to_owned();
    let mut values = vec![subaccount.as_str().to_owned()];
    for (condition, value) in wanted {
        if let Some(value) = value {
            values.push(value.to_owned());
            sql.push_str(" and ");
            sql.push_str(&condition.replace('$', &format!("${}", values.len())));
        }
    }
    if filter.status == Some(Status::Failed) || filter.retryable.is_some() {
        sql.push_str(&format!(" and {TO_SEE}"));
    }
    match filter.retryable {
        Some(true) => sql.push_str(" and m.status = 'failed' and m.retryable"),
        Some(false) => sql.push_str(" and m.status = 'failed' and not m.retryable"),
        None => {}
    }
    Narrowed { sql, values }
}

pub async fn history(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    filter: &Filter,
    contact: Option<&ContactId>,
    page: &PageRequest,
) -> Result<Vec<HistoryRow>> {
    let Narrowed { sql, values } = narrowed(subaccount, filter, contact, page.cursor.as_deref());
    let sql = format!("{SELECT} where {sql} order by m.id desc limit ${}", values.len() + 1);
    let mut query = tx.query(&sql);
    for value in &values {
        query = query.bind(value.as_str());
    }
    Ok(query.bind(page.rows_to_fetch()).fetch_all().await?)
}

/// Messages to one contact, newest first, older than `before`.
pub async fn history_of(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    contact: &ContactId,
    before: Option<&str>,
    most: i64,
) -> Result<Vec<HistoryRow>> {
    let Narrowed { sql, values } = narrowed(subaccount, &Filter::default(), Some(contact), before);
    let sql = format!("{SELECT} where {sql} order by m.id desc limit ${}", values.len() + 1);
    let mut query = tx.query(&sql);
    for value in &values {
        query = query.bind(value.as_str());
    }
    Ok(query.bind(most).fetch_all().await?)
}

/// Ids that a filter finds, newest first, older than `before`.
pub async fn ids(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    filter: &Filter,
    contact: Option<&ContactId>,
    before: Option<&MessageId>,
    limit: usize,
) -> Result<Vec<MessageId>> {
    let Narrowed { sql, values } = narrowed(subaccount, filter, contact, before.map(MessageId::as_str));
    let sql = format!("select m.id from messages m {NAMES} where {sql} order by m.id desc limit ${}", values.len() + 1);
    let mut query = tx.query(&sql);
    for value in &values {
        query = query.bind(value.as_str());
    }
    let ids: Vec<(String,)> = query.bind(limit as i64).fetch_all().await?;
    Ok(ids.into_iter().map(|(id,)| MessageId::stored(id)).collect())
}

/// The failed messages that a filter finds, added up by why they failed.
pub async fn failed_reasons(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    filter: &Filter,
    contact: Option<&ContactId>,
    limit: usize,
) -> Result<Vec<FailureRow>> {
    let failed = Filter { status: Some(Status::Failed), ..filter.clone() };
    let Narrowed { sql, values } = narrowed(subaccount, &failed, contact, None);
    let sql = format!(
        "select 'failed', coalesce(m.error_code, m.reason), max(m.error_detail), m.retryable, count(*) from messages m {NAMES} \
         where {sql} group by coalesce(m.error_code, m.reason), m.retryable order by count(*) desc, 2 limit ${}",
        values.len() + 1
    );
    let mut query = tx.query(&sql);
    for value in &values {
        query = query.bind(value.as_str());
    }
    Ok(query.bind(limit as i64).fetch_all().await?)
}

/// Status, code, what it means, whether it may be tried again, how many.
pub type FailureRow = (String, Option<String>, Option<String>, bool, i64);

pub async fn failures(tx: &mut Tx, subaccount: &SubaccountId, campaign: &CampaignId) -> Result<Vec<FailureRow>> {
    let sql = "select status, coalesce(error_code, reason), max(error_detail), retryable, count(*) from messages \
               where subaccount_id = $1 and campaign_id = $2 and status in ('failed', 'unknown', 'dropped', 'expired') \
               group by status, coalesce(error_code, reason), retryable order by count(*) desc limit 20";
    Ok(tx.query(sql).bind(subaccount.as_str()).bind(campaign.as_str()).fetch_all().await?)
}

pub async fn attempts_of(tx: &mut Tx, subaccount: &SubaccountId, id: &MessageId) -> Result<Vec<AttemptView>> {
    type Row = (String, String, String, Option<String>, Option<String>, Option<String>, Option<String>, Millis, Option<Millis>);
    let sql = "select a.id, k.name, a.state, a.reason, a.code, a.detail, a.provider_message_id, a.started_at, a.finished_at \
               from attempts a join connections k on k.id = a.connection_id and k.subaccount_id = a.subaccount_id \
               where a.subaccount_id = $1 and a.message_id = $2 order by a.n";
    let rows: Vec<Row> = tx.query(sql).bind(subaccount.as_str()).bind(id.as_str()).fetch_all().await?;
    Ok(rows
        .into_iter()
        .map(|(id, connection, outcome, reason, code, detail, provider_message_id, at, finished_at)| AttemptView {
            id,
            connection,
            outcome,
            reason,
            code,
            detail,
            provider_message_id,
            at,
            finished_at,
        })
        .collect())
}

pub async fn receipts_of(tx: &mut Tx, subaccount: &SubaccountId, id: &MessageId) -> Result<Vec<ReceiptLine>> {
    let sql = "select at, status, code, detail from receipts where message_id = $1 and subaccount_id = $2 order by at";
    tx.query(sql).bind(id.as_str()).bind(subaccount.as_str()).fetch_all().await.map_err(Error::from)
}

/// What was noted about a message beside its attempts and receipts, as it came.
pub async fn events_of(tx: &mut Tx, subaccount: &SubaccountId, id: &MessageId) -> Result<Vec<EventView>> {
    let sql = "select at, kind, detail from message_events where message_id = $1 and subaccount_id = $2 order by id";
    let rows: Vec<(Millis, String, String)> = tx.query(sql).bind(id.as_str()).bind(subaccount.as_str()).fetch_all().await?;
    Ok(rows.into_iter().map(|(at, kind, detail)| EventView { at, kind, detail }).collect())
}
