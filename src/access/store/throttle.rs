//! `login_failures`.

use crate::access::login::Failures;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;

/// The count of one key, held until the commit.
pub async fn lock(tx: &mut Tx, key: &str) -> Result<Failures> {
    let sql = "insert into login_failures (key, failures, blocked_until, updated_at) values ($1, 0, 0, 0) on conflict (key) do nothing";
    tx.query(sql).bind(key).execute().await?;
    let sql = format!("select failures, blocked_until, updated_at from login_failures where key = $1 {}", tx.for_update());
    let (count, blocked_until, updated_at) = tx.query(&sql).bind(key).fetch_one().await?;
    Ok(Failures { count, blocked_until, updated_at })
}

pub async fn set(tx: &mut Tx, key: &str, failures: Failures) -> Result<()> {
    let sql = "update login_failures set failures = $2, blocked_until = $3, updated_at = $4 where key = $1";
    tx.query(sql).bind(key).bind(failures.count).bind(failures.blocked_until).bind(failures.updated_at).execute().await?;
    Ok(())
}

pub async fn prune(tx: &mut Tx, before: Millis) -> Result<u64> {
    Ok(tx.query("delete from login_failures where updated_at < $1").bind(before).execute().await?)
}
