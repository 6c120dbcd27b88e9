//! `idempotency_keys`.

use crate::access::idempotency::Call;
use crate::db::{Kind, Query, Tx};
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::SubaccountId;

fn keyed<'t, 'q>(tx: &'t mut Tx, sql: &'q str, call: &Call) -> Query<'t, 'q> {
    tx.query(sql).bind(&call.subaccount).bind(&call.caller).bind(&call.route).bind(&call.key)
}

/// Takes the key, also from a request before `expired`; `false` when a younger one has it.
pub async fn take(tx: &mut Tx, call: &Call, now: Millis, expired: Millis) -> Result<bool> {
    let sql = "insert into idempotency_keys (subaccount_id, api_key_id, route, key, body_hash, answer, created_at) \
               values ($1, $2, $3, $4, $5, '', $6) on conflict (subaccount_id, api_key_id, route, key) \
               do update set body_hash = excluded.body_hash, answer = '', created_at = excluded.created_at \
               where idempotency_keys.created_at <= $7";
    Ok(keyed(tx, sql, call).bind(&call.body_hash).bind(now).bind(expired).execute().await? == 1)
}

/// The hash of the body and the answer that stand under the key, unless they are from before `expired`.
pub async fn find(tx: &mut Tx, call: &Call, expired: Millis) -> Result<Option<(String, String)>> {
    let sql = "select body_hash, answer from idempotency_keys \
               where subaccount_id = $1 and api_key_id = $2 and route = $3 and key = $4 and created_at > $5";
    Ok(keyed(tx, sql, call).bind(expired).fetch_optional().await?)
}

pub async fn answer(tx: &mut Tx, call: &Call, answer: &str) -> Result<()> {
    let sql = "update idempotency_keys set answer = $5 where subaccount_id = $1 and api_key_id = $2 and route = $3 and key = $4";
    keyed(tx, sql, call).bind(answer).execute().await?;
    Ok(())
}

pub async fn prune(tx: &mut Tx, before: Millis) -> Result<u64> {
    Ok(tx.query("delete from idempotency_keys where created_at <= $1").bind(before).execute().await?)
}

pub async fn forget(tx: &mut Tx, call: &Call) -> Result<()> {
    let sql = "delete from idempotency_keys where subaccount_id = $1 and api_key_id = $2 and route = $3 and key = $4";
    keyed(tx, sql, call).execute().await?;
    Ok(())
}

/// A kept answer with what it stands under.
pub type Kept = (String, String, String, String);

/// Kept answers (caller, route, key, answer) of requests that were accepted at one of these instants; at most 500.
pub async fn kept_at(tx: &mut Tx, subaccount: &SubaccountId, instants: &[Millis]) -> Result<Vec<Kept>> {
    let list = tx.values(2, instants.len(), &[Kind::Int]);
    let sql =
        format!("select api_key_id, route, key, answer from idempotency_keys where subaccount_id = $1 and created_at in (values {list})");
    let mut query = tx.query(&sql).bind(subaccount.as_str());
    for at in instants {
        query = query.bind(*at);
    }
    Ok(query.fetch_all().await?)
}

/// Kept answers of every route but those that send one message.
pub async fn kept_of_others(tx: &mut Tx, subaccount: &SubaccountId) -> Result<Vec<Kept>> {
    let sql = "select api_key_id, route, key, answer from idempotency_keys where subaccount_id = $1 and route not in ('send', '/send')";
    Ok(tx.query(sql).bind(subaccount.as_str()).fetch_all().await?)
}

/// Writes another answer under a key, which may be told by another name from now on.
pub async fn rewrite(tx: &mut Tx, subaccount: &SubaccountId, kept: &Kept, key: &str, answer: &str) -> Result<()> {
    let (caller, route, old, _) = kept;
    tx.query("update idempotency_keys set key = $1, answer = $2 where subaccount_id = $3 and api_key_id = $4 and route = $5 and key = $6")
        .bind(key)
        .bind(answer)
        .bind(subaccount.as_str())
        .bind(caller)
        .bind(route)
        .bind(old)
        .execute()
        .await?;
    Ok(())
}
