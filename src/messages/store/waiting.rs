//! Messages that are still ours, to be ended or queued again.

use crate::db::{Kind, Tx};
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{CampaignId, ContactId, MessageId, SubaccountId, TemplateId};
use crate::kernel::money::Micros;
use crate::messages::enqueue::{AUTHENTICATION_QUEUE, SINGLE_QUEUE};
use crate::messages::status::Status;
use crate::messages::tally::{Counted, Place};

/// A message with where it is counted.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub counted: Counted,
    pub place: Place,
    pub retryable: bool,
}

#[derive(sqlx::FromRow)]
pub(super) struct WaitingRow {
    id: String,
    subaccount_id: String,
    campaign_id: Option<String>,
    template_id: Option<String>,
    template_version: Option<i64>,
    variant: Option<String>,
    country: String,
    category: String,
    status: String,
    fact_at: Millis,
    connection_id: Option<String>,
    segments: i64,
    cost: Option<Micros>,
    estimated: Micros,
    retryable: bool,
}

pub(super) const SELECT: &str = "select id, subaccount_id, campaign_id, template_id, template_version, variant, country, category, status, fact_at, \
     connection_id, segments, cost, estimated, retryable from messages";

impl WaitingRow {
    pub(super) fn waiting(self) -> Result<Waiting> {
        let status =
            Status::parse(&self.status).ok_or_else(|| Error::internal(format!("the message {} has an unreadable status", self.id)))?;
        Ok(Waiting {
            place: Place {
                status,
                slot_at: self.fact_at,
                connection: self.connection_id.unwrap_or_default(),
                segments: self.segments,
                cost: self.cost.unwrap_or(0),
                estimated: self.estimated,
            },
            counted: Counted {
                id: self.id,
                subaccount: SubaccountId::stored(self.subaccount_id),
                campaign: self.campaign_id,
                template: self.template_id,
                version: self.template_version.unwrap_or(0),
                variant: self.variant,
                country: self.country,
                category: self.category,
            },
            retryable: self.retryable,
        })
    }
}

/// Waiting messages to a person, also those under a lease. One that a dispatcher claims at this very moment is passed
/// over: it waits for the lock on the person that we hold, and then reads what they want.
pub async fn waiting_for(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<Vec<Waiting>> {
    let sql = format!(
        "{SELECT} where contact_id = $1 and subaccount_id = $2 and status in ('queued', 'held', 'scheduled') order by id {}",
        tx.skip_locked()
    );
    let rows: Vec<WaitingRow> = tx.query(&sql).bind(contact.as_str()).bind(subaccount.as_str()).fetch_all().await?;
    rows.into_iter().map(WaitingRow::waiting).collect()
}

/// Whether a message to a person is with a provider or about to be, the first time or repeated since then.
pub async fn is_leaving(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, since: Millis) -> Result<bool> {
    let sql = "select 1 from messages where contact_id = $1 and subaccount_id = $2 and (status = 'submitting' or (status = 'unknown' \
         and exists (select 1 from message_events where message_id = messages.id and kind = 'repeated' and at >= $3))) limit 1";
    let query = tx.query(sql).bind(contact.as_str()).bind(subaccount.as_str()).bind(since);
    Ok(query.fetch_optional::<(i32,)>().await?.is_some())
}

/// Waiting messages of a queue that nobody works on.
pub async fn waiting_in(tx: &mut Tx, subaccount: &SubaccountId, queue: &str, limit: usize) -> Result<Vec<Waiting>> {
    let sql = format!(
        "{SELECT} where queue = $1 and subaccount_id = $2 and lease_owner is null and status in ('queued', 'held', 'scheduled') \
         order by due_at, id limit $3 {}",
        tx.skip_locked()
    );
    let rows: Vec<WaitingRow> = tx.query(&sql).bind(queue).bind(subaccount.as_str()).bind(limit as i64).fetch_all().await?;
    rows.into_iter().map(WaitingRow::waiting).collect()
}

/// How many single messages with a template wait, counted up to `most`. Goes through all that wait in the two lanes of
/// single messages, which are few; a campaign's are in its counts. A step.
pub async fn waiting_with_template(tx: &mut Tx, subaccount: &SubaccountId, template: &TemplateId, most: i64) -> Result<u64> {
    let sql = "select count(*) from (select 1 as one from messages where queue in ($3, $4) and lease_owner is null \
         and status in ('queued', 'held', 'scheduled') and subaccount_id = $1 and template_id = $2 limit $5) as waiting";
    let query = tx.query(sql).bind(subaccount.as_str()).bind(template.as_str());
    let (count,): (i64,) = query.bind(AUTHENTICATION_QUEUE).bind(SINGLE_QUEUE).bind(most).fetch_one().await?;
    Ok(count.unsigned_abs())
}

/// The campaigns that these messages belong to; at most 500 messages.
pub async fn campaigns_of(tx: &mut Tx, subaccount: &SubaccountId, ids: &[MessageId]) -> Result<Vec<CampaignId>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let list = tx.values(2, ids.len(), &[Kind::Text]);
    let sql = format!(
        "select distinct campaign_id from messages where subaccount_id = $1 and campaign_id is not null and id in (values {list}) \
         order by campaign_id"
    );
    let mut query = tx.query(&sql).bind(subaccount.as_str());
    for id in ids {
        query = query.bind(id.as_str());
    }
    let found: Vec<(String,)> = query.fetch_all().await?;
    Ok(found.into_iter().map(|(id,)| CampaignId::stored(id)).collect())
}

/// These messages in whatever status, locked; at most 500.
pub async fn waiting_these(tx: &mut Tx, subaccount: &SubaccountId, ids: &[MessageId]) -> Result<Vec<Waiting>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let list = tx.values(2, ids.len(), &[Kind::Text]);
    // Always in this order, so that two who lock the same messages never wait for each other.
    let sql = format!("{SELECT} where subaccount_id = $1 and id in (values {list}) order by id {}", tx.for_update());
    let mut query = tx.query(&sql).bind(subaccount.as_str());
    for id in ids {
        query = query.bind(id.as_str());
    }
    let rows: Vec<WaitingRow> = query.fetch_all().await?;
    rows.into_iter().map(WaitingRow::waiting).collect()
}

/// One message in any status, locked.
pub async fn waiting_one(tx: &mut Tx, subaccount: &SubaccountId, id: &MessageId) -> Result<Option<Waiting>> {
    let sql = format!("{SELECT} where id = $1 and subaccount_id = $2 {}", tx.for_update());
    let row: Option<WaitingRow> = tx.query(&sql).bind(id.as_str()).bind(subaccount.as_str()).fetch_optional().await?;
    row.map(WaitingRow::waiting).transpose()
}

/// Ends messages; at most 500.
pub async fn end(tx: &mut Tx, messages: &[Waiting], to: Status, reason: Option<&str>, now: Millis) -> Result<()> {
    let list = tx.values(4, messages.len(), &[Kind::Text, Kind::Text]);
    let sql = format!(
        "update messages set status = $1, reason = $2, final_at = $3, lease_owner = null, lease_until = null \
         from (values {list}) as v where messages.id = v.column1 and messages.subaccount_id = v.column2"
    );
    let mut query = tx.query(&sql).bind(to.as_str()).bind(reason).bind(now);
    for message in messages {
        query = query.bind(message.counted.id.as_str()).bind(message.counted.subaccount.as_str());
    }
    query.execute().await?;
    Ok(())
}

/// Puts failed messages back, each into a queue and with a new end of its lifetime; at most 500.
pub async fn requeue(tx: &mut Tx, messages: &[(&Waiting, &str, Millis)], now: Millis) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let list = tx.values(2, messages.len(), &[Kind::Text, Kind::Text, Kind::Text, Kind::Int]);
    let sql = format!(
        "update messages set status = 'queued', due_at = $1, queue = v.column3, not_after = v.column4, final_at = null, \
         retryable = false, lease_owner = null, lease_until = null from (values {list}) as v \
         where messages.id = v.column1 and messages.subaccount_id = v.column2 and messages.status = 'failed' and messages.retryable"
    );
    let mut query = tx.query(&sql).bind(now);
    for (message, queue, not_after) in messages {
        let counted = &message.counted;
        query = query.bind(counted.id.as_str()).bind(counted.subaccount.as_str()).bind(*queue).bind(*not_after);
    }
    query.execute().await?;
    Ok(())
}

/// What a message says, and for whom it is sealed.
#[derive(sqlx::FromRow)]
pub struct Written {
    pub id: String,
    pub contact_id: String,
    pub content: Vec<u8>,
    pub salt: Vec<u8>,
}

/// What these messages say, as far as it is still there; at most 500.
pub async fn written(tx: &mut Tx, subaccount: &SubaccountId, ids: &[&str]) -> Result<Vec<Written>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let list = tx.values(2, ids.len(), &[Kind::Text]);
    let sql = format!(
        "select m.id, m.contact_id, m.content, c.salt from messages m \
         join contacts c on c.id = m.contact_id and c.subaccount_id = m.subaccount_id \
         where m.subaccount_id = $1 and m.id in (values {list}) and length(m.content) > 0 and c.salt is not null"
    );
    let mut query = tx.query(&sql).bind(subaccount.as_str());
    for id in ids {
        query = query.bind(*id);
    }
    Ok(query.fetch_all().await?)
}

/// Writes what locked messages say; at most 500.
pub async fn rewrite(tx: &mut Tx, subaccount: &SubaccountId, contents: &[(&str, Vec<u8>)]) -> Result<()> {
    for (id, content) in contents {
        let query = tx.query("update messages set content = $1 where id = $2 and subaccount_id = $3");
        query.bind(content.as_slice()).bind(*id).bind(subaccount.as_str()).execute().await?;
    }
    Ok(())
}
