//! SQL of the tables retention_rounds and erasures.

use crate::db::{Kind, Tx};
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, SubaccountId};

/// How far one kind of data of a subaccount was gone through.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Round {
    pub subaccount_id: String,
    pub kind: String,
    pub settled: String,
    pub place: String,
    pub removed: i64,
    pub due_at: Millis,
    pub started_at: Option<Millis>,
    pub finished_at: Option<Millis>,
    pub last_removed: i64,
    pub last_at: Option<Millis>,
}

const COLUMNS: &str = "subaccount_id, kind, settled, place, removed, due_at, started_at, finished_at, last_removed, last_at";

/// Makes the rounds of a subaccount that are not there yet.
pub async fn ensure_rounds(tx: &mut Tx, subaccount: &SubaccountId, kinds: &[&str], now: Millis) -> Result<()> {
    const KINDS: [Kind; 7] = [Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Int, Kind::Int, Kind::Int];
    let list = tx.values(1, kinds.len(), &KINDS);
    let sql = format!(
        "insert into retention_rounds (subaccount_id, kind, settled, place, removed, due_at, last_removed) values {list} \
         on conflict (subaccount_id, kind) do nothing"
    );
    let mut query = tx.query(&sql);
    for kind in kinds {
        query = query.bind(subaccount.as_str()).bind(*kind).bind("").bind("").bind(0_i64).bind(now).bind(0_i64);
    }
    query.execute().await?;
    Ok(())
}

/// Whether a round has something to do.
pub async fn has_due(tx: &mut Tx, now: Millis) -> Result<bool> {
    let query = tx.query("select due_at from retention_rounds where due_at <= $1 limit 1").bind(now);
    Ok(query.fetch_optional::<(Millis,)>().await?.is_some())
}

/// The round that is due longest, held until the commit; one that another node holds is passed over.
pub async fn due_round(tx: &mut Tx, now: Millis) -> Result<Option<Round>> {
    let skip = tx.skip_locked();
    let sql = format!("select {COLUMNS} from retention_rounds where due_at <= $1 order by due_at limit 1 {skip}");
    Ok(tx.query(&sql).bind(now).fetch_optional().await?)
}

/// The rounds of a subaccount.
pub async fn rounds(tx: &mut Tx, subaccount: &SubaccountId) -> Result<Vec<Round>> {
    let sql = format!("select {COLUMNS} from retention_rounds where subaccount_id = $1");
    Ok(tx.query(&sql).bind(subaccount.as_str()).fetch_all().await?)
}

pub async fn save_round(tx: &mut Tx, round: &Round) -> Result<()> {
    tx.query(
        "update retention_rounds set settled = $1, place = $2, removed = $3, due_at = $4, started_at = $5, finished_at = $6, \
         last_removed = $7, last_at = $8 where subaccount_id = $9 and kind = $10",
    )
    .bind(round.settled.as_str())
    .bind(round.place.as_str())
    .bind(round.removed)
    .bind(round.due_at)
    .bind(round.started_at)
    .bind(round.finished_at)
    .bind(round.last_removed)
    .bind(round.last_at)
    .bind(round.subaccount_id.as_str())
    .bind(round.kind.as_str())
    .execute()
    .await?;
    Ok(())
}

/// Lets the rounds of a subaccount begin now, and those that have begun begin again: what they are to remove has changed.
pub async fn look_again(tx: &mut Tx, subaccount: &SubaccountId, now: Millis) -> Result<()> {
    let sql = "update retention_rounds set due_at = case when due_at > $1 then $1 else due_at end, started_at = null, place = settled \
               where subaccount_id = $2";
    tx.query(sql).bind(now).bind(subaccount.as_str()).execute().await?;
    Ok(())
}

/// Notes that an erasure was begun.
pub async fn begin_erasure(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, actor: &str, now: Millis) -> Result<()> {
    let sql = "insert into erasures (contact_id, subaccount_id, actor, begun_at) values ($1, $2, $3, $4) \
               on conflict (contact_id, subaccount_id) do update set actor = excluded.actor, begun_at = excluded.begun_at, erased_at = null";
    tx.query(sql).bind(contact.as_str()).bind(subaccount.as_str()).bind(actor).bind(now).execute().await?;
    Ok(())
}

/// Notes that the person's last number is erased: a step of the same transaction.
pub async fn erased(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, now: Millis) -> Result<()> {
    let query = tx.query("update erasures set erased_at = $1 where contact_id = $2 and subaccount_id = $3");
    query.bind(now).bind(contact.as_str()).bind(subaccount.as_str()).execute().await?;
    Ok(())
}

/// Notes that nothing is left of it to do.
pub async fn end_erasure(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<()> {
    let query = tx.query("delete from erasures where contact_id = $1 and subaccount_id = $2");
    query.bind(contact.as_str()).bind(subaccount.as_str()).execute().await?;
    Ok(())
}

/// An erasure that was begun and has not ended.
#[derive(Debug, sqlx::FromRow)]
pub struct Open {
    pub subaccount_id: String,
    pub contact_id: String,
    pub actor: String,
    pub erased_at: Option<Millis>,
}

/// Erasures that were begun up to an instant and have not ended, the oldest first.
pub async fn open_erasures(tx: &mut Tx, upto: Millis, most: i64) -> Result<Vec<Open>> {
    let sql =
        "select subaccount_id, contact_id, actor, erased_at from erasures where begun_at <= $1 order by begun_at, contact_id limit $2";
    Ok(tx.query(sql).bind(upto).bind(most).fetch_all().await?)
}
