//! `subaccounts`.

use crate::access::settings::Settings;
use crate::access::subaccounts::Subaccount;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::SubaccountId;

type Stored = (String, String, String, String, Millis);

const SELECT: &str = "select id, name, sid, settings, created_at from subaccounts";

fn subaccount((id, name, sid, settings, created_at): Stored) -> Result<Subaccount> {
    Ok(Subaccount { id: SubaccountId::stored(id), name, sid, settings: Settings::from_stored(&settings)?, created_at })
}

/// Adds one, unless there is one of this name.
pub async fn add(tx: &mut Tx, id: &SubaccountId, name: &str, sid: &str, settings: &str, now: Millis) -> Result<()> {
    let sql = "insert into subaccounts (id, name, sid, settings, created_at) values ($1, $2, $3, $4, $5) on conflict (name) do nothing";
    tx.query(sql).bind(id.as_str()).bind(name).bind(sid).bind(settings).bind(now).execute().await?;
    Ok(())
}

async fn one(tx: &mut Tx, condition: &str, value: &str) -> Result<Option<Subaccount>> {
    let row: Option<Stored> = tx.query(&format!("{SELECT} where {condition} = $1")).bind(value).fetch_optional().await?;
    row.map(subaccount).transpose()
}

pub async fn by_id(tx: &mut Tx, id: &SubaccountId) -> Result<Option<Subaccount>> {
    one(tx, "id", id.as_str()).await
}

pub async fn by_name(tx: &mut Tx, name: &str) -> Result<Option<Subaccount>> {
    one(tx, "name", name).await
}

pub async fn by_sid(tx: &mut Tx, sid: &str) -> Result<Option<Subaccount>> {
    one(tx, "sid", sid).await
}

pub async fn all(tx: &mut Tx) -> Result<Vec<Subaccount>> {
    let rows: Vec<Stored> = tx.query(&format!("{SELECT} order by created_at, id")).fetch_all().await?;
    rows.into_iter().map(subaccount).collect()
}

/// The settings as stored; with `lock` nobody else changes them before the commit.
pub async fn settings(tx: &mut Tx, id: &SubaccountId, lock: bool) -> Result<Option<String>> {
    let lock = if lock { tx.for_update() } else { "" };
    let sql = format!("select settings from subaccounts where id = $1 {lock}");
    let row: Option<(String,)> = tx.query(&sql).bind(id.as_str()).fetch_optional().await?;
    Ok(row.map(|(settings,)| settings))
}

pub async fn set_settings(tx: &mut Tx, id: &SubaccountId, settings: &str) -> Result<()> {
    tx.query("update subaccounts set settings = $2 where id = $1").bind(id.as_str()).bind(settings).execute().await?;
    Ok(())
}
