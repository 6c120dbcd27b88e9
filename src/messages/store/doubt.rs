//! Rescue and resolution of attempts whose outcome is unknown.

use crate::contacts;
use crate::db::{Kind, Tx};
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{AttemptId, ConnectionId, ContactId, EventId, SubaccountId};
use crate::messages::doubt::{Doubt, Resolution};
use crate::messages::status::Status;
use crate::messages::store::waiting::{SELECT, Waiting, WaitingRow};
use crate::messages::store::work::ClaimedRow;
use crate::messages::work::from_row;

/// A request that was cut off may still arrive this long after.
const GRACE: Millis = 2_000;
/// What the story says of a repetition.
const REPEATED: &str = "The outcome was unknown: handed over again with the same reference, which the provider does not send twice.";

/// Ends the leases of messages that had not left.
pub async fn free_waiting(tx: &mut Tx, before: Millis) -> Result<u64> {
    let sql = "update messages set lease_owner = null, lease_until = null \
               where lease_owner is not null and lease_until < $1 and status in ('queued', 'held', 'scheduled')";
    Ok(tx.query(sql).bind(before).execute().await?)
}

/// Messages that were being submitted when their worker died.
pub async fn lost_submissions(tx: &mut Tx, before: Millis, limit: i64) -> Result<Vec<Waiting>> {
    let sql = format!(
        "{SELECT} where lease_owner is not null and lease_until < $1 and status = 'submitting' order by id limit $2 {}",
        tx.skip_locked()
    );
    let rows: Vec<WaitingRow> = tx.query(&sql).bind(before).bind(limit).fetch_all().await?;
    rows.into_iter().map(WaitingRow::waiting).collect()
}

/// Marks lost submissions and their open attempts as unknown. What a dead worker wrote last may still be under way.
pub async fn doubt(tx: &mut Tx, lost: &[Waiting], now: Millis) -> Result<()> {
    if lost.is_empty() {
        return Ok(());
    }
    let list = tx.values(2, lost.len(), &[Kind::Text]);
    let attempts = format!(
        "update attempts set state = 'unknown', checked_at = $1, detail = 'Peyk stopped before the answer came' \
         where message_id in (values {list}) and state = 'open'"
    );
    let list = tx.values(1, lost.len(), &[Kind::Text]);
    let messages = format!(
        "update messages set status = 'unknown', error_code = 'unknown', lease_owner = null, lease_until = null, \
         error_detail = 'Peyk stopped before the provider''s answer came' where id in (values {list}) and status = 'submitting'"
    );
    for (sql, first) in [(attempts, Some(now + GRACE)), (messages, None)] {
        let mut query = tx.query(&sql);
        if let Some(at) = first {
            query = query.bind(at);
        }
        for message in lost {
            query = query.bind(message.counted.id.as_str());
        }
        query.execute().await?;
    }
    Ok(())
}

#[derive(sqlx::FromRow)]
struct DoubtRow {
    attempt_id: String,
    attempt_connection: String,
    started_at: Millis,
    contact: String,
    #[sqlx(flatten)]
    message: ClaimedRow,
}

pub async fn has_doubts(tx: &mut Tx, now: Millis) -> Result<bool> {
    let sql = "select id from attempts where state = 'unknown' and checked_at <= $1 and coalesce(finished_at, started_at) <= $2 limit 1";
    Ok(tx.query(sql).bind(now).bind(now - GRACE).fetch_optional::<(String,)>().await?.is_some())
}

/// Sets when to look again at doubts that are still open; at most 500.
pub async fn postpone_doubts(tx: &mut Tx, doubts: &[(&Doubt, Millis)]) -> Result<()> {
    if doubts.is_empty() {
        return Ok(());
    }
    let list = tx.values(1, doubts.len(), &[Kind::Text, Kind::Text, Kind::Int]);
    let sql = format!(
        "update attempts set checked_at = v.column3 from (values {list}) as v \
         where attempts.id = v.column1 and attempts.subaccount_id = v.column2 and attempts.state = 'unknown'"
    );
    let mut query = tx.query(&sql);
    for (doubt, again_at) in doubts {
        query = query.bind(doubt.attempt.as_str()).bind(doubt.message.subaccount.as_str()).bind(*again_at);
    }
    query.execute().await?;
    Ok(())
}

/// Notes that submissions are about to be repeated; at most 500.
pub async fn insert_repeats(tx: &mut Tx, doubts: &[&Doubt], now: Millis) -> Result<()> {
    if doubts.is_empty() {
        return Ok(());
    }
    const KINDS: [Kind; 6] = [Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Int];
    let list = tx.values(1, doubts.len(), &KINDS);
    let sql = format!("insert into message_events (id, subaccount_id, message_id, kind, detail, at) values {list}");
    let mut query = tx.query(&sql);
    let ids: Vec<EventId> = doubts.iter().map(|_| EventId::new(now)).collect();
    for (doubt, id) in doubts.iter().zip(&ids) {
        query = query
            .bind(id.as_str())
            .bind(doubt.message.subaccount.as_str())
            .bind(doubt.message.id.as_str())
            .bind("repeated")
            .bind(REPEATED)
            .bind(now);
    }
    query.execute().await?;
    Ok(())
}

pub async fn doubts(tx: &mut Tx, now: Millis, again_at: Millis, limit: usize) -> Result<Vec<Doubt>> {
    let sql = format!(
        "update attempts set checked_at = $1 where id in \
         (select id from attempts where state = 'unknown' and checked_at <= $2 and coalesce(finished_at, started_at) <= $3 \
         order by checked_at limit $4 {}) returning id",
        tx.skip_locked()
    );
    let ids: Vec<(String,)> = tx.query(&sql).bind(again_at).bind(now).bind(now - GRACE).bind(limit as i64).fetch_all().await?;
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let list = tx.values(1, ids.len(), &[Kind::Text]);
    let sql = format!(
        "select a.id as attempt_id, a.connection_id as attempt_connection, a.started_at, m.contact_id as contact, m.id, m.subaccount_id, \
         m.campaign_id, m.contact_id, m.category, m.status, m.not_after, m.fence, m.attempts, m.country, m.language, m.sender, m.connection, \
         m.template_id, m.template_version, m.variant, m.content, m.segments, m.estimated, m.cost, m.currency, m.connection_id, m.possible_duplicate, \
         m.fact_at, m.created_at from attempts a join messages m on m.id = a.message_id and m.subaccount_id = a.subaccount_id \
         where a.id in (values {list})"
    );
    let mut query = tx.query(&sql);
    for (id,) in &ids {
        query = query.bind(id.as_str());
    }
    let mut doubts = Vec::with_capacity(ids.len());
    for row in query.fetch_all::<DoubtRow>().await? {
        let contact = ContactId::stored(row.contact);
        let subaccount = SubaccountId::stored(row.message.subaccount_id.clone());
        let person = contacts::by_ids(tx, &subaccount, std::slice::from_ref(&contact)).await?.remove(&contact);
        let person = person.ok_or_else(|| Error::internal("a message has no contact"))?;
        doubts.push(Doubt {
            attempt: AttemptId::stored(row.attempt_id),
            connection: ConnectionId::stored(row.attempt_connection),
            started_at: row.started_at,
            message: from_row(row.message, person)?,
        });
    }
    Ok(doubts)
}

pub async fn resolve(tx: &mut Tx, doubt: &Doubt, resolution: &Resolution, to: Status, now: Millis) -> Result<()> {
    const NEVER: &str = "The provider never got the request; it is sent again.";
    const AGAIN: &str = "The outcome is unknown; sent again by the policy for this category.";
    const GIVEN_UP: &str = "The outcome is unknown and cannot be found out; it may have been delivered, so it is not sent again.";
    let (state, code, detail) = match resolution {
        Resolution::Taken { .. } => ("accepted", None, None),
        Resolution::NeverArrived => ("refused", Some("never_arrived"), Some(NEVER)),
        Resolution::Refused { code, detail } => ("refused", Some(code.as_str()), Some(detail.as_str())),
        Resolution::SendAgain => ("unresolved", Some("outcome_unknown"), Some(AGAIN)),
        Resolution::GiveUp => ("unresolved", Some("outcome_unknown"), Some(GIVEN_UP)),
    };
    let (provider, cost) = match resolution {
        Resolution::Taken { provider_message_id, cost } => (Some(provider_message_id.as_str()), Some(*cost)),
        _ => (None, None),
    };
    let message = &doubt.message;
    tx.query(
        "update messages set status = $1, due_at = $2, error_code = $3, error_detail = $4, cost = coalesce($5, cost), \
         provider_message_id = coalesce($6, provider_message_id), sent_at = coalesce(sent_at, $7), final_at = $8, \
         possible_duplicate = (possible_duplicate or $9), lease_owner = null, lease_until = null \
         where id = $10 and subaccount_id = $11 and status = 'unknown'",
    )
    .bind(to.as_str())
    .bind(now)
    .bind(code)
    .bind(detail)
    .bind(cost)
    .bind(provider)
    .bind((to == Status::Sent).then_some(doubt.started_at))
    .bind(to.is_final().then_some(now))
    .bind(*resolution == Resolution::SendAgain)
    .bind(message.id.as_str())
    .bind(message.subaccount.as_str())
    .execute()
    .await?;
    tx.query(
        "update attempts set state = $1, code = $2, detail = $3, provider_message_id = coalesce($4, provider_message_id), finished_at = $5 \
         where id = $6 and subaccount_id = $7",
    )
    .bind(state)
    .bind(code)
    .bind(detail)
    .bind(provider)
    .bind(now)
    .bind(doubt.attempt.as_str())
    .bind(message.subaccount.as_str())
    .execute()
    .await?;
    Ok(())
}
