//! `api_keys`.

use crate::access::keys::{ApiKey, stored_scopes};
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{KeyId, SubaccountId};

const COLUMNS: &str = "id, subaccount_id, name, scopes, created_by, created_at, last_used_at, revoked_at, hash";

type Stored = (String, String, String, String, String, Millis, Option<Millis>, Option<Millis>, String);

fn key((id, subaccount, name, scopes, created_by, created_at, last_used_at, revoked_at, hash): Stored) -> (ApiKey, String) {
    let (id, subaccount, scopes) = (KeyId::stored(id), SubaccountId::stored(subaccount), stored_scopes(&scopes));
    (ApiKey { id, subaccount, name, scopes, created_by, created_at, last_used_at, revoked_at }, hash)
}

pub async fn add(tx: &mut Tx, key: &ApiKey, scopes: &str, hash: &str) -> Result<()> {
    let sql = "insert into api_keys (id, subaccount_id, name, hash, scopes, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7)";
    let query = tx.query(sql).bind(key.id.as_str()).bind(key.subaccount.as_str()).bind(&key.name).bind(hash).bind(scopes);
    query.bind(&key.created_by).bind(key.created_at).execute().await?;
    Ok(())
}

pub async fn list(tx: &mut Tx, subaccount: &SubaccountId) -> Result<Vec<ApiKey>> {
    let sql = format!("select {COLUMNS} from api_keys where subaccount_id = $1 order by id");
    let rows: Vec<Stored> = tx.query(&sql).bind(subaccount.as_str()).fetch_all().await?;
    Ok(rows.into_iter().map(|row| key(row).0).collect())
}

/// A key and its hash; the key says whose it is.
pub async fn by_id(tx: &mut Tx, id: &KeyId) -> Result<Option<(ApiKey, String)>> {
    let sql = format!("select {COLUMNS} from api_keys where id = $1");
    let row: Option<Stored> = tx.query(&sql).bind(id.as_str()).fetch_optional().await?;
    Ok(row.map(key))
}

pub async fn revoke(tx: &mut Tx, subaccount: &SubaccountId, id: &KeyId, now: Millis) -> Result<()> {
    let sql = "update api_keys set revoked_at = $3 where subaccount_id = $1 and id = $2 and revoked_at is null";
    tx.query(sql).bind(subaccount.as_str()).bind(id.as_str()).bind(now).execute().await?;
    Ok(())
}

/// Notes a use, unless one after `noted_after` stands already.
pub async fn used(tx: &mut Tx, subaccount: &SubaccountId, id: &KeyId, now: Millis, noted_after: Millis) -> Result<()> {
    let sql = "update api_keys set last_used_at = $3 where subaccount_id = $1 and id = $2 and coalesce(last_used_at, 0) <= $4";
    tx.query(sql).bind(subaccount.as_str()).bind(id.as_str()).bind(now).bind(noted_after).execute().await?;
    Ok(())
}
