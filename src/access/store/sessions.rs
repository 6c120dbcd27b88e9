//! `sessions`, by the hash of their id.

use crate::access::sessions::Stored;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{SubaccountId, UserId};

/// Adds one; `false` when the id is taken.
pub async fn add(tx: &mut Tx, id: &str, session: &Stored) -> Result<bool> {
    let sql = "insert into sessions (id, user_id, data, expires_at) values ($1, $2, $3, $4) on conflict (id) do nothing";
    let query = tx.query(sql).bind(id).bind(&session.user).bind(&session.data).bind(session.expires_at);
    Ok(query.execute().await? == 1)
}

pub async fn update(tx: &mut Tx, id: &str, session: &Stored) -> Result<()> {
    let sql = "update sessions set user_id = $2, data = $3, expires_at = $4 where id = $1";
    tx.query(sql).bind(id).bind(&session.user).bind(&session.data).bind(session.expires_at).execute().await?;
    Ok(())
}

pub async fn find(tx: &mut Tx, id: &str, now: Millis) -> Result<Option<Stored>> {
    let sql = "select user_id, data, expires_at from sessions where id = $1 and expires_at > $2";
    let row: Option<(Option<String>, String, Millis)> = tx.query(sql).bind(id).bind(now).fetch_optional().await?;
    Ok(row.map(|(user, data, expires_at)| Stored { user, data, expires_at }))
}

pub async fn extend(tx: &mut Tx, id: &str, expires_at: Millis) -> Result<()> {
    tx.query("update sessions set expires_at = $2 where id = $1").bind(id).bind(expires_at).execute().await?;
    Ok(())
}

pub async fn end(tx: &mut Tx, id: &str) -> Result<()> {
    tx.query("delete from sessions where id = $1").bind(id).execute().await?;
    Ok(())
}

pub async fn end_all_of(tx: &mut Tx, user: &UserId) -> Result<()> {
    tx.query("delete from sessions where user_id = $1").bind(user.as_str()).execute().await?;
    Ok(())
}

pub async fn prune(tx: &mut Tx, now: Millis) -> Result<u64> {
    Ok(tx.query("delete from sessions where expires_at <= $1").bind(now).execute().await?)
}

/// Every session of the subaccount's users: id and data.
pub async fn of_subaccount(tx: &mut Tx, subaccount: &SubaccountId) -> Result<Vec<(String, String)>> {
    let sql = "select id, data from sessions where user_id in (select id from users where subaccount_id = $1)";
    Ok(tx.query(sql).bind(subaccount.as_str()).fetch_all().await?)
}

/// Writes a session's data and nothing else.
pub async fn set_data(tx: &mut Tx, id: &str, data: &str) -> Result<()> {
    tx.query("update sessions set data = $1 where id = $2").bind(data).bind(id).execute().await?;
    Ok(())
}
