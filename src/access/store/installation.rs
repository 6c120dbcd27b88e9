//! What the installation remembers about itself, by key.

use crate::db::Tx;
use crate::kernel::error::Result;

pub async fn get(tx: &mut Tx, key: &str) -> Result<Option<String>> {
    let row: Option<(String,)> = tx.query("select value from installation where key = $1").bind(key).fetch_optional().await?;
    Ok(row.map(|(value,)| value))
}

pub async fn set(tx: &mut Tx, key: &str, value: &str) -> Result<()> {
    let sql = "insert into installation (key, value) values ($1, $2) on conflict (key) do update set value = excluded.value";
    tx.query(sql).bind(key).bind(value).execute().await?;
    Ok(())
}

/// Sets a key that is not set yet; waits for another transaction that is about to. Whether it was us.
pub async fn set_once(tx: &mut Tx, key: &str, value: &str) -> Result<bool> {
    let sql = "insert into installation (key, value) values ($1, $2) on conflict (key) do nothing";
    Ok(tx.query(sql).bind(key).bind(value).execute().await? == 1)
}
