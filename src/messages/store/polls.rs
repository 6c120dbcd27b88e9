//! SQL of the table polls.

use crate::db::{Kind, Tx};
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{AttemptId, ConnectionId, ContactId, MessageId, SubaccountId};
use crate::messages::poll::Awaited;

#[derive(sqlx::FromRow)]
struct PollRow {
    attempt_id: String,
    subaccount_id: String,
    message_id: String,
    contact_id: String,
    connection_id: String,
    provider_message_id: String,
    since_at: Millis,
}

impl PollRow {
    fn awaited(self) -> Awaited {
        Awaited {
            attempt: AttemptId::stored(self.attempt_id),
            message: MessageId::stored(self.message_id),
            subaccount: SubaccountId::stored(self.subaccount_id),
            contact: ContactId::stored(self.contact_id),
            connection: ConnectionId::stored(self.connection_id),
            provider_message_id: self.provider_message_id,
            since_at: self.since_at,
        }
    }
}

/// Notes messages to be asked about from `first` after their acceptance on; at most 500.
pub async fn insert_polls(tx: &mut Tx, awaited: &[Awaited], first: Millis) -> Result<()> {
    const KINDS: [Kind; 8] = [Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Int, Kind::Int];
    let list = tx.values(1, awaited.len(), &KINDS);
    let sql = format!(
        "insert into polls (attempt_id, subaccount_id, message_id, contact_id, connection_id, provider_message_id, since_at, due_at) \
         values {list} on conflict (attempt_id) do nothing"
    );
    let mut query = tx.query(&sql);
    for a in awaited {
        query = query
            .bind(a.attempt.as_str())
            .bind(a.subaccount.as_str())
            .bind(a.message.as_str())
            .bind(a.contact.as_str())
            .bind(a.connection.as_str())
            .bind(a.provider_message_id.as_str())
            .bind(a.since_at)
            .bind(a.since_at + first);
    }
    query.execute().await?;
    Ok(())
}

pub async fn has_polls(tx: &mut Tx, now: Millis) -> Result<bool> {
    let due: Option<(String,)> = tx.query("select attempt_id from polls where due_at <= $1 limit 1").bind(now).fetch_optional().await?;
    Ok(due.is_some())
}

pub async fn claim_polls(tx: &mut Tx, limit: usize, now: Millis, lease_until: Millis) -> Result<Vec<Awaited>> {
    let sql = format!(
        "update polls set due_at = $1 where attempt_id in \
         (select attempt_id from polls where due_at <= $2 order by due_at, attempt_id limit $3 {}) \
         returning attempt_id, subaccount_id, message_id, contact_id, connection_id, provider_message_id, since_at",
        tx.skip_locked()
    );
    let rows: Vec<PollRow> = tx.query(&sql).bind(lease_until).bind(now).bind(limit as i64).fetch_all().await?;
    Ok(rows.into_iter().map(PollRow::awaited).collect())
}

/// Ends the asking about those whose message is no longer only sent, or was accepted at `oldest` or before; at most 500.
pub async fn end_polls(tx: &mut Tx, awaited: &[Awaited], oldest: Millis) -> Result<()> {
    let list = tx.values(2, awaited.len(), &[Kind::Text]);
    let sql = format!(
        "delete from polls where (since_at <= $1 or not exists (select 1 from messages m where m.id = polls.message_id \
         and m.subaccount_id = polls.subaccount_id and m.status = 'sent')) and attempt_id in (values {list})"
    );
    let mut query = tx.query(&sql).bind(oldest);
    for a in awaited {
        query = query.bind(a.attempt.as_str());
    }
    query.execute().await?;
    Ok(())
}

/// Sets when to ask again, by attempt; at most 500.
pub async fn postpone_polls(tx: &mut Tx, next: &[(&str, Millis)]) -> Result<()> {
    let list = tx.values(1, next.len(), &[Kind::Text, Kind::Int]);
    let sql = format!("update polls set due_at = v.column2 from (values {list}) as v where polls.attempt_id = v.column1");
    let mut query = tx.query(&sql);
    for (attempt, due_at) in next {
        query = query.bind(*attempt).bind(*due_at);
    }
    query.execute().await?;
    Ok(())
}
