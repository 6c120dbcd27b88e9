//! `audit_log`, and the end of its chain in `installation`.

use super::installation;
use crate::access::audit::{Head, Link};
use crate::db::{Kind, Tx};
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::SubaccountId;

const HEAD: &str = "audit_head";
const COLUMNS: &str = "seq, subaccount_id, at, actor, action, object, detail, ip, previous_hash, hash";

type Stored = (i64, String, Millis, String, String, String, String, Option<String>, String, String);

fn link((seq, subaccount, at, actor, action, object, detail, ip, previous_hash, hash): Stored) -> Link {
    Link { seq, subaccount, at, actor, action, object, detail, ip, previous_hash, hash }
}

fn read_head(value: &str) -> Result<Head> {
    let parts = value.split_once(' ').and_then(|(seq, hash)| Some((seq.parse().ok()?, hash.to_owned())));
    parts.map(|(seq, hash)| Head { seq, hash }).ok_or_else(|| Error::internal("the end of the audit chain cannot be read"))
}

fn written(head: &Head) -> String {
    format!("{} {}", head.seq, head.hash)
}

/// The end of the chain, held until the commit so that entries are appended one after the other.
pub async fn lock_head(tx: &mut Tx) -> Result<Head> {
    installation::set_once(tx, HEAD, &written(&Head::first())).await?;
    let sql = format!("select value from installation where key = $1 {}", tx.for_update());
    let (value,): (String,) = tx.query(&sql).bind(HEAD).fetch_one().await?;
    read_head(&value)
}

pub async fn head(tx: &mut Tx) -> Result<Head> {
    installation::get(tx, HEAD).await?.map_or_else(|| Ok(Head::first()), |value| read_head(&value))
}

pub async fn add(tx: &mut Tx, link: &Link) -> Result<()> {
    let sql = format!("insert into audit_log ({COLUMNS}) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
    tx.query(&sql)
        .bind(link.seq)
        .bind(&link.subaccount)
        .bind(link.at)
        .bind(&link.actor)
        .bind(&link.action)
        .bind(&link.object)
        .bind(&link.detail)
        .bind(&link.ip)
        .bind(&link.previous_hash)
        .bind(&link.hash)
        .execute()
        .await?;
    installation::set(tx, HEAD, &written(&Head { seq: link.seq, hash: link.hash.clone() })).await
}

/// Entries of all subaccounts behind `seq`, in order: for the check of the chain only.
pub async fn after(tx: &mut Tx, seq: i64, most: i64) -> Result<Vec<Link>> {
    let sql = format!("select {COLUMNS} from audit_log where seq > $1 order by seq limit $2");
    Ok(tx.query(&sql).bind(seq).bind(most).fetch_all().await?.into_iter().map(link).collect())
}

/// A subaccount's entries before `seq` but those with the word `removed`, newest first; with `installation` also those of none.
pub async fn list(tx: &mut Tx, subaccount: &SubaccountId, installation: bool, removed: &str, seq: i64, most: i64) -> Result<Vec<Link>> {
    let sql =
        format!("select {COLUMNS} from audit_log where subaccount_id in ($1, $2) and seq < $3 and action <> $4 order by seq desc limit $5");
    let also = if installation { "" } else { subaccount.as_str() };
    let rows: Vec<Stored> = tx.query(&sql).bind(subaccount.as_str()).bind(also).bind(seq).bind(removed).bind(most).fetch_all().await?;
    Ok(rows.into_iter().map(link).collect())
}

/// A part of the subaccount's entries from before an instant, behind `seq`: place and word.
pub async fn old(tx: &mut Tx, subaccount: &SubaccountId, seq: i64, before: Millis, most: i64) -> Result<Vec<(i64, String)>> {
    let sql = "select seq, action from audit_log where subaccount_id = $1 and seq > $2 and at < $3 order by seq limit $4";
    Ok(tx.query(sql).bind(subaccount.as_str()).bind(seq).bind(before).bind(most).fetch_all().await?)
}

/// How many of the subaccount's entries are from before an instant and do not have the word `removed`, counted up to `most`.
pub async fn count_old(tx: &mut Tx, subaccount: &SubaccountId, before: Millis, removed: &str, most: i64) -> Result<u64> {
    let sql = "select count(*) from (select 1 from audit_log where subaccount_id = $1 and at < $2 and action <> $3 limit $4) as t";
    let query = tx.query(sql).bind(subaccount.as_str()).bind(before).bind(removed).bind(most);
    let (found,): (i64,) = query.fetch_one().await?;
    Ok(found.unsigned_abs())
}

/// Empties these entries, at most 500, but for their place, time and hashes.
pub async fn remove(tx: &mut Tx, subaccount: &SubaccountId, seqs: &[i64], removed: &str) -> Result<()> {
    let list = tx.values(3, seqs.len(), &[Kind::Int]);
    let sql = format!(
        "update audit_log set actor = '', action = $1, object = '', detail = 'null', ip = null \
         where subaccount_id = $2 and seq in (values {list})"
    );
    let mut query = tx.query(&sql).bind(removed).bind(subaccount.as_str());
    for seq in seqs {
        query = query.bind(*seq);
    }
    query.execute().await?;
    Ok(())
}
