//! SQL of the table price_reads, and what a price changes of a message.

use std::collections::{HashMap, HashSet};

use crate::db::{Kind, Tx};
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{AttemptId, ConnectionId, SubaccountId};
use crate::kernel::money::Money;
use crate::messages::price::AwaitedPrice;
use crate::messages::store::receipts::{MATCH, MatchRow, Reported};
use crate::messages::tally::{Counted, Place};

#[derive(sqlx::FromRow)]
struct PriceReadRow {
    attempt_id: String,
    subaccount_id: String,
    connection_id: String,
    provider_message_id: String,
    sent_at: Millis,
    since_at: Millis,
    tries: i64,
}

/// A message whose cost its price takes the place of.
#[derive(Clone, Debug)]
pub struct Priceable {
    pub message_id: String,
    pub counted: Counted,
    pub place: Place,
    pub currency: String,
}

/// Notes messages that came to their end and whose price is to be asked for from `due_at` on; give it at most 500.
pub async fn insert_price_reads(tx: &mut Tx, ended: &[&Reported], now: Millis, due_at: Millis) -> Result<()> {
    let rows: Vec<(&Reported, &str)> = ended.iter().filter_map(|r| Some((*r, r.provider_id()?))).collect();
    if rows.is_empty() {
        return Ok(());
    }
    const KINDS: [Kind; 5] = [Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Text];
    let list = tx.values(4, rows.len(), &KINDS);
    // A time of sending that is older than the attempt is of an attempt before it.
    let sql = format!(
        "insert into price_reads (attempt_id, subaccount_id, message_id, connection_id, provider_message_id, sent_at, since_at, due_at, tries) \
         select v.column1, m.subaccount_id, m.id, v.column4, v.column5, \
         case when m.sent_at >= m.submitted_at then m.sent_at else coalesce(m.submitted_at, $1) end, $2, $3, 0 \
         from (values {list}) as v join messages m on m.id = v.column3 and m.subaccount_id = v.column2 \
         where true on conflict (attempt_id) do nothing"
    );
    let mut query = tx.query(&sql).bind(now).bind(now).bind(due_at);
    for (reported, provider_message_id) in rows {
        let found = &reported.found;
        query = query
            .bind(found.attempt.as_str())
            .bind(found.counted.subaccount.as_str())
            .bind(found.message_id.as_str())
            .bind(found.connection_id.as_str())
            .bind(provider_message_id);
    }
    query.execute().await?;
    Ok(())
}

pub async fn has_price_reads(tx: &mut Tx, now: Millis) -> Result<bool> {
    let due: Option<(String,)> =
        tx.query("select attempt_id from price_reads where due_at <= $1 limit 1").bind(now).fetch_optional().await?;
    Ok(due.is_some())
}

pub async fn claim_price_reads(tx: &mut Tx, limit: usize, now: Millis, lease_until: Millis) -> Result<Vec<AwaitedPrice>> {
    let sql = format!(
        "update price_reads set due_at = $1 where attempt_id in \
         (select attempt_id from price_reads where due_at <= $2 order by due_at, attempt_id limit $3 {}) \
         returning attempt_id, subaccount_id, connection_id, provider_message_id, sent_at, since_at, tries",
        tx.skip_locked()
    );
    let rows: Vec<PriceReadRow> = tx.query(&sql).bind(lease_until).bind(now).bind(limit as i64).fetch_all().await?;
    Ok(rows
        .into_iter()
        .map(|row| AwaitedPrice {
            attempt: AttemptId::stored(row.attempt_id),
            subaccount: SubaccountId::stored(row.subaccount_id),
            connection: ConnectionId::stored(row.connection_id),
            provider_message_id: row.provider_message_id,
            sent_at: row.sent_at,
            since_at: row.since_at,
            tries: row.tries,
        })
        .collect())
}

/// Sets how often was asked without a price and when to ask again; give it at most 500.
pub async fn postpone_price_reads(tx: &mut Tx, later: &[(&AwaitedPrice, i64, Millis)]) -> Result<()> {
    if later.is_empty() {
        return Ok(());
    }
    let list = tx.values(1, later.len(), &[Kind::Text, Kind::Text, Kind::Int, Kind::Int]);
    let sql = format!(
        "update price_reads set tries = v.column3, due_at = v.column4 from (values {list}) as v \
         where price_reads.attempt_id = v.column1 and price_reads.subaccount_id = v.column2"
    );
    let mut query = tx.query(&sql);
    for (awaited, tries, due_at) in later {
        query = query.bind(awaited.attempt.as_str()).bind(awaited.subaccount.as_str()).bind(*tries).bind(*due_at);
    }
    query.execute().await?;
    Ok(())
}

/// The messages of attempts, locked, by attempt. One that is being sent again since is left out: its cost will be that of
/// the newer attempt.
pub async fn priceable(tx: &mut Tx, awaited: &[&AwaitedPrice]) -> Result<HashMap<String, Priceable>> {
    if awaited.is_empty() {
        return Ok(HashMap::new());
    }
    let list = tx.values(1, awaited.len(), &[Kind::Text, Kind::Text]);
    let lock = if tx.for_update().is_empty() { "" } else { "order by m.id for update of m" };
    let sql = format!(
        "{MATCH} join (values {list}) as v on v.column1 = a.id and v.column2 = a.subaccount_id \
         where a.n = m.attempts and m.status in ('delivered', 'failed') {lock}"
    );
    let mut query = tx.query(&sql);
    for one in awaited {
        query = query.bind(one.attempt.as_str()).bind(one.subaccount.as_str());
    }
    let mut found = HashMap::with_capacity(awaited.len());
    for row in query.fetch_all::<MatchRow>().await? {
        let found_here = row.found()?;
        let priceable = Priceable {
            message_id: found_here.message_id,
            counted: found_here.counted,
            place: found_here.place,
            currency: found_here.currency,
        };
        found.insert(found_here.attempt.as_str().to_owned(), priceable);
    }
    Ok(found)
}

/// Ends the asking; gives the attempts of which this was the first to do so. Give it at most 500.
pub async fn end_price_reads(tx: &mut Tx, ended: &[&AwaitedPrice]) -> Result<HashSet<String>> {
    if ended.is_empty() {
        return Ok(HashSet::new());
    }
    let list = tx.values(1, ended.len(), &[Kind::Text, Kind::Text]);
    let sql = format!("delete from price_reads where (attempt_id, subaccount_id) in (values {list}) returning attempt_id");
    let mut query = tx.query(&sql);
    for one in ended {
        query = query.bind(one.attempt.as_str()).bind(one.subaccount.as_str());
    }
    let rows: Vec<(String,)> = query.fetch_all().await?;
    Ok(rows.into_iter().map(|(attempt,)| attempt).collect())
}

/// Sets what messages cost; give it at most 500.
pub async fn set_costs(tx: &mut Tx, priced: &[(Priceable, Money)]) -> Result<()> {
    if priced.is_empty() {
        return Ok(());
    }
    let list = tx.values(1, priced.len(), &[Kind::Text, Kind::Text, Kind::Int]);
    let sql = format!(
        "update messages set cost = v.column3 from (values {list}) as v where messages.id = v.column1 and messages.subaccount_id = v.column2"
    );
    let mut query = tx.query(&sql);
    for (message, money) in priced {
        query = query.bind(message.message_id.as_str()).bind(message.counted.subaccount.as_str()).bind(money.micros);
    }
    query.execute().await?;
    Ok(())
}
