//! `idempotency_keys`.

use crate::access::idempotency::Call;
use crate::db::{Query, Tx};
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;

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

/// The hash of the body and the answer that stand under the key.
pub async fn find(tx: &mut Tx, call: &Call) -> Result<(String, String)> {
    let sql = "select body_hash, answer from idempotency_keys \
               where subaccount_id = $1 and api_key_id = $2 and route = $3 and key = $4";
    Ok(keyed(tx, sql, call).fetch_one().await?)
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
