//! Claim, submit, divert, settle: each one statement per batch.

use std::collections::HashSet;

use crate::db::{Kind, Tx};
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{MessageId, SubaccountId};
use crate::kernel::money::Micros;
use crate::messages::status::Status;
use crate::messages::tally::Place;
use crate::messages::work::{Claimed, Diversion, Intent, Settled, Settlement};

/// The code of an attempt that ended before anything left; it says nothing about its connection.
const RECALLED: &str = "recalled";

/// A message as the claim gives it.
#[derive(sqlx::FromRow)]
pub struct ClaimedRow {
    pub id: String,
    pub subaccount_id: String,
    pub campaign_id: Option<String>,
    pub contact_id: String,
    pub category: String,
    pub status: String,
    pub not_after: Millis,
    pub fence: i64,
    pub attempts: i64,
    pub country: String,
    pub language: Option<String>,
    pub sender: Option<String>,
    pub connection: Option<String>,
    pub template_id: Option<String>,
    pub template_version: Option<i64>,
    pub variant: Option<String>,
    pub content: Vec<u8>,
    pub segments: i64,
    pub estimated: Micros,
    pub cost: Option<Micros>,
    pub currency: String,
    pub connection_id: Option<String>,
    pub possible_duplicate: bool,
    pub fact_at: Millis,
    pub created_at: Millis,
}

/// Whether a message of a queue is due that nobody works on.
pub async fn has_due(tx: &mut Tx, queue: &str, now: Millis) -> Result<bool> {
    let sql = "select id from messages where queue = $1 and lease_owner is null and status in ('queued', 'held', 'scheduled') \
               and due_at <= $2 limit 1";
    Ok(tx.query(sql).bind(queue).bind(now).fetch_optional::<(String,)>().await?.is_some())
}

pub async fn claim(tx: &mut Tx, queue: &str, owner: &str, limit: usize, now: Millis, lease_until: Millis) -> Result<Vec<ClaimedRow>> {
    let sql = format!(
        "update messages set lease_owner = $1, lease_until = $2, fence = fence + 1 where id in \
         (select id from messages where queue = $3 and lease_owner is null and status in ('queued', 'held', 'scheduled') \
         and due_at <= $4 order by due_at, id limit $5 {}) \
         returning id, subaccount_id, campaign_id, contact_id, category, status, not_after, fence, attempts, country, language, sender, \
         connection, template_id, template_version, variant, content, segments, estimated, cost, currency, connection_id, possible_duplicate, \
         fact_at, created_at",
        tx.skip_locked()
    );
    Ok(tx.query(&sql).bind(owner).bind(lease_until).bind(queue).bind(now).bind(limit as i64).fetch_all().await?)
}

fn set(ids: Vec<(String,)>) -> HashSet<String> {
    ids.into_iter().map(|(id,)| id).collect()
}

pub async fn submit(tx: &mut Tx, intents: &[Intent], slot_at: Millis, now: Millis) -> Result<HashSet<String>> {
    const KINDS: [Kind; 8] = [Kind::Text, Kind::Text, Kind::Int, Kind::Text, Kind::Text, Kind::Text, Kind::Int, Kind::Int];
    // The lease stays as the claim set it: its index is then not written again.
    let list = tx.values(4, intents.len(), &KINDS);
    let sql = format!(
        "update messages set status = 'submitting', reason = null, attempts = attempts + 1, submitted_at = $1, fact_at = $2, \
         due_at = $3, connection_id = v.column4, sender = v.column5, encoding = v.column6, segments = v.column7, \
         estimated = v.column8 from (values {list}) as v \
         where messages.id = v.column1 and messages.subaccount_id = v.column2 and messages.fence = v.column3 \
         and messages.lease_owner is not null and messages.status in ('queued', 'held', 'scheduled') returning messages.id"
    );
    let mut query = tx.query(&sql).bind(now).bind(slot_at).bind(now);
    for intent in intents {
        query = query
            .bind(intent.message.id.as_str())
            .bind(intent.message.subaccount.as_str())
            .bind(intent.message.fence)
            .bind(intent.connection.as_str())
            .bind(intent.sender.as_str())
            .bind(intent.encoding.as_str())
            .bind(i64::from(intent.segments))
            .bind(intent.estimated);
    }
    Ok(set(query.fetch_all().await?))
}

pub async fn insert_attempts(tx: &mut Tx, intents: &[Intent], now: Millis) -> Result<()> {
    if intents.is_empty() {
        return Ok(());
    }
    const KINDS: [Kind; 8] = [Kind::Text, Kind::Text, Kind::Text, Kind::Int, Kind::Text, Kind::Text, Kind::Text, Kind::Int];
    let list = tx.values(1, intents.len(), &KINDS);
    let sql = format!("insert into attempts (id, subaccount_id, message_id, n, connection_id, state, reason, started_at) values {list}");
    let mut query = tx.query(&sql);
    for intent in intents {
        query = query
            .bind(intent.attempt.as_str())
            .bind(intent.message.subaccount.as_str())
            .bind(intent.message.id.as_str())
            .bind(intent.message.attempts + 1)
            .bind(intent.connection.as_str())
            .bind("open")
            .bind(intent.reason.as_deref())
            .bind(now);
    }
    query.execute().await?;
    Ok(())
}

/// Message, connection and code of every definite refusal of these messages, as they came; at most 500 messages.
pub async fn refused_attempts(tx: &mut Tx, messages: &[&MessageId]) -> Result<Vec<(String, String, String)>> {
    let list = tx.values(2, messages.len(), &[Kind::Text]);
    let sql = format!(
        "select message_id, connection_id, coalesce(code, '') from attempts where state = 'refused' and coalesce(code, '') <> $1 \
         and message_id in (values {list}) order by message_id, n"
    );
    let mut query = tx.query(&sql).bind(RECALLED);
    for message in messages {
        query = query.bind(message.as_str());
    }
    Ok(query.fetch_all().await?)
}

pub async fn divert(tx: &mut Tx, diversions: &[Diversion], now: Millis) -> Result<HashSet<String>> {
    const KINDS: [Kind; 8] = [Kind::Text, Kind::Text, Kind::Int, Kind::Text, Kind::Text, Kind::Int, Kind::Text, Kind::Int];
    let mut held = HashSet::new();
    for part in diversions.chunks(500) {
        let list = tx.values(1, part.len(), &KINDS);
        let sql = format!(
            "update messages set status = v.column4, reason = v.column5, due_at = coalesce(v.column6, messages.due_at), \
             error_code = coalesce(v.column5, messages.error_code), error_detail = coalesce(v.column7, messages.error_detail), \
             final_at = v.column8, lease_owner = null, lease_until = null from (values {list}) as v \
             where messages.id = v.column1 and messages.subaccount_id = v.column2 and messages.fence = v.column3 \
             and messages.lease_owner is not null and messages.status in ('queued', 'held', 'scheduled') returning messages.id"
        );
        let mut query = tx.query(&sql);
        for d in part {
            query = query
                .bind(d.message.id.as_str())
                .bind(d.message.subaccount.as_str())
                .bind(d.message.fence)
                .bind(d.to.as_str())
                .bind(d.reason)
                .bind(d.due_at)
                .bind(d.detail.as_deref())
                .bind(d.to.is_final().then_some(now));
        }
        held.extend(set(query.fetch_all().await?));
    }
    Ok(held)
}

pub async fn release(tx: &mut Tx, messages: &[Claimed]) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let list = tx.values(1, messages.len(), &[Kind::Text, Kind::Text, Kind::Int]);
    let sql = format!(
        "update messages set lease_owner = null, lease_until = null from (values {list}) as v where messages.id = v.column1 \
         and messages.subaccount_id = v.column2 and messages.fence = v.column3 and messages.status in ('queued', 'held', 'scheduled')"
    );
    let mut query = tx.query(&sql);
    for m in messages {
        query = query.bind(m.id.as_str()).bind(m.subaccount.as_str()).bind(m.fence);
    }
    query.execute().await?;
    Ok(())
}

pub async fn defer(tx: &mut Tx, messages: &[(Claimed, Millis)]) -> Result<()> {
    let list = tx.values(1, messages.len(), &[Kind::Text, Kind::Text, Kind::Int, Kind::Int]);
    let sql = format!(
        "update messages set due_at = v.column4, lease_owner = null, lease_until = null from (values {list}) as v \
         where messages.id = v.column1 and messages.subaccount_id = v.column2 and messages.fence = v.column3 \
         and messages.lease_owner is not null and messages.status in ('queued', 'held', 'scheduled')"
    );
    let mut query = tx.query(&sql);
    for (m, due_at) in messages {
        query = query.bind(m.id.as_str()).bind(m.subaccount.as_str()).bind(m.fence).bind(*due_at);
    }
    query.execute().await?;
    Ok(())
}

pub async fn settle(tx: &mut Tx, settlements: &[Settlement]) -> Result<HashSet<String>> {
    const KINDS: [Kind; 12] = [
        Kind::Text,
        Kind::Text,
        Kind::Int,
        Kind::Text,
        Kind::Text,
        Kind::Int,
        Kind::Text,
        Kind::Text,
        Kind::Bool,
        Kind::Int,
        Kind::Int,
        Kind::Int,
    ];
    let list = tx.values(1, settlements.len(), &KINDS);
    // An outcome that is not final keeps the message's end open; `sent` still waits for a receipt.
    let sql = format!(
        "update messages set status = v.column4, provider_message_id = coalesce(v.column5, messages.provider_message_id), cost = v.column6, \
         error_code = v.column7, error_detail = v.column8, retryable = v.column9, due_at = coalesce(v.column10, messages.due_at), \
         sent_at = coalesce(v.column11, messages.sent_at), final_at = v.column12, lease_owner = null, lease_until = null \
         from (values {list}) as v where messages.id = v.column1 and messages.subaccount_id = v.column2 \
         and messages.fence = v.column3 and messages.status = 'submitting' returning messages.id"
    );
    let mut query = tx.query(&sql);
    for s in settlements {
        let message = &s.intent.message;
        query = query.bind(message.id.as_str()).bind(message.subaccount.as_str()).bind(message.fence);
        query = match &s.settled {
            Settled::Accepted { provider_message_id, cost } => query
                .bind(Status::Sent.as_str())
                .bind(Some(provider_message_id.as_str()))
                .bind(Some(*cost))
                .bind(None::<&str>)
                .bind(None::<&str>)
                .bind(false)
                .bind(None::<i64>)
                .bind(Some(s.at))
                .bind(Some(s.at)),
            Settled::Retry { due_at, code, detail } => query
                .bind(Status::Queued.as_str())
                .bind(None::<&str>)
                .bind(None::<i64>)
                .bind(Some(code.as_str()))
                .bind(Some(detail.as_str()))
                .bind(true)
                .bind(Some(*due_at))
                .bind(None::<i64>)
                .bind(None::<i64>),
            Settled::Recalled => query
                .bind(Status::Queued.as_str())
                .bind(None::<&str>)
                .bind(None::<i64>)
                .bind(None::<&str>)
                .bind(None::<&str>)
                .bind(false)
                .bind(Some(s.at))
                .bind(None::<i64>)
                .bind(None::<i64>),
            Settled::Failed { code, detail, retryable } => query
                .bind(Status::Failed.as_str())
                .bind(None::<&str>)
                .bind(None::<i64>)
                .bind(Some(code.as_str()))
                .bind(Some(detail.as_str()))
                .bind(*retryable)
                .bind(None::<i64>)
                .bind(None::<i64>)
                .bind(Some(s.at)),
            Settled::Unknown { detail } => query
                .bind(Status::Unknown.as_str())
                .bind(None::<&str>)
                .bind(None::<i64>)
                .bind(Some("unknown"))
                .bind(Some(detail.as_str()))
                .bind(false)
                .bind(None::<i64>)
                .bind(None::<i64>)
                .bind(None::<i64>),
        };
    }
    Ok(set(query.fetch_all().await?))
}

pub async fn settle_attempts(tx: &mut Tx, settlements: &[Settlement]) -> Result<()> {
    const KINDS: [Kind; 7] = [Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Int];
    let list = tx.values(1, settlements.len(), &KINDS);
    let sql = format!(
        "update attempts set state = v.column3, code = v.column4, detail = v.column5, \
         provider_message_id = coalesce(v.column6, attempts.provider_message_id), finished_at = v.column7 \
         from (values {list}) as v where attempts.id = v.column1 and attempts.subaccount_id = v.column2 \
         and (attempts.state in ('open', 'unknown') or v.column3 = 'accepted')"
    );
    let mut query = tx.query(&sql);
    for s in settlements {
        let (state, code, detail, provider) = match &s.settled {
            Settled::Accepted { provider_message_id, .. } => ("accepted", None, None, Some(provider_message_id.as_str())),
            Settled::Retry { code, detail, .. } | Settled::Failed { code, detail, .. } => {
                ("refused", Some(code.as_str()), Some(detail.as_str()), None)
            }
            Settled::Recalled => ("refused", Some(RECALLED), Some("Its person wanted it no longer when it was about to leave."), None),
            Settled::Unknown { detail } => ("unknown", None, Some(detail.as_str()), None),
        };
        query = query
            .bind(s.intent.attempt.as_str())
            .bind(s.intent.message.subaccount.as_str())
            .bind(state)
            .bind(code)
            .bind(detail)
            .bind(provider)
            .bind(s.at);
    }
    query.execute().await?;
    Ok(())
}

/// Where a message is counted now.
pub struct PlaceNow {
    pub place: Place,
    pub has_cost: bool,
}

pub async fn place(tx: &mut Tx, subaccount: &SubaccountId, id: &MessageId) -> Result<Option<PlaceNow>> {
    type Row = (String, Millis, Option<String>, i64, Option<Micros>, Micros);
    let sql = format!(
        "select status, fact_at, connection_id, segments, cost, estimated from messages where subaccount_id = $1 and id = $2 {}",
        tx.for_update()
    );
    let row: Option<Row> = tx.query(&sql).bind(subaccount.as_str()).bind(id.as_str()).fetch_optional().await?;
    let Some((status, slot_at, connection, segments, cost, estimated)) = row else { return Ok(None) };
    let status = Status::parse(&status).ok_or_else(|| Error::internal(format!("the message {id} has an unreadable status")))?;
    let place = Place { status, slot_at, connection: connection.unwrap_or_default(), segments, cost: cost.unwrap_or(0), estimated };
    Ok(Some(PlaceNow { place, has_cost: cost.is_some() }))
}

/// Notes an acceptance that a receipt or a rescue was faster than.
pub async fn accept_late(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    id: &MessageId,
    status: Status,
    provider_message_id: &str,
    cost: Micros,
    at: Millis,
) -> Result<()> {
    tx.query(
        "update messages set status = $1, provider_message_id = $2, cost = $3, sent_at = coalesce(sent_at, $4), \
         final_at = coalesce(final_at, $4), lease_owner = null, lease_until = null where subaccount_id = $5 and id = $6",
    )
    .bind(status.as_str())
    .bind(provider_message_id)
    .bind(cost)
    .bind(at)
    .bind(subaccount.as_str())
    .bind(id.as_str())
    .execute()
    .await?;
    Ok(())
}
