//! SQL of audiences, and asking whom they hold.

mod sql;

pub use sql::{Asked, Rules};

use super::{Audience, Conditions};
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{AudienceId, ContactId, SubaccountId};
use crate::kernel::money::Currency;
use crate::kernel::page::PageRequest;

const COLUMNS: &str = "id, name, conditions, created_by, created_at, updated_by, updated_at";
const CONDITIONS: &str = "audiences.conditions";
/// Sorts before every id.
const BEFORE_ALL: &str = "";
/// Sorts behind every id.
const AFTER_ALL: &str = "zzz";

#[derive(sqlx::FromRow)]
struct AudienceRow {
    id: String,
    name: String,
    conditions: Vec<u8>,
    created_by: String,
    created_at: Millis,
    updated_by: String,
    updated_at: Millis,
}

impl AudienceRow {
    fn audience(self, cipher: &TenantCipher) -> Result<Audience> {
        let json = cipher.own().open(CONDITIONS, &self.conditions).map_err(Error::internal)?;
        let json = serde_json::from_slice(&json).map_err(Error::internal)?;
        // Every amount that was stored names its currency.
        let conditions = Conditions::from_json(&json, Currency::USD)
            .map_err(|_| Error::internal(format!("the audience {} has unreadable conditions", self.id)))?;
        Ok(Audience {
            id: AudienceId::stored(self.id),
            name: self.name,
            conditions,
            created_by: self.created_by,
            created_at: self.created_at,
            updated_by: self.updated_by,
            updated_at: self.updated_at,
        })
    }
}

pub async fn get(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId, id: &AudienceId) -> Result<Audience> {
    let sql = format!("select {COLUMNS} from audiences where subaccount_id = $1 and id = $2");
    let row: Option<AudienceRow> = tx.query(&sql).bind(subaccount.as_str()).bind(id.as_str()).fetch_optional().await?;
    row.ok_or(Error::NotFound("audience"))?.audience(cipher)
}

/// Newest first, from a page's cursor on.
pub async fn list(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId, page: &PageRequest) -> Result<Vec<Audience>> {
    let sql = format!("select {COLUMNS} from audiences where subaccount_id = $1 and id < $2 order by id desc limit $3");
    let query = tx.query(&sql).bind(subaccount.as_str()).bind(page.cursor.as_deref().unwrap_or(AFTER_ALL)).bind(page.rows_to_fetch());
    let rows: Vec<AudienceRow> = query.fetch_all().await?;
    rows.into_iter().map(|row| row.audience(cipher)).collect()
}

pub async fn count(tx: &mut Tx, subaccount: &SubaccountId) -> Result<i64> {
    let (n,) = tx.query("select count(*) from audiences where subaccount_id = $1").bind(subaccount.as_str()).fetch_one().await?;
    Ok(n)
}

/// Whether another audience has this name.
pub async fn is_taken(tx: &mut Tx, subaccount: &SubaccountId, name: &str, own: Option<&AudienceId>) -> Result<bool> {
    let query = tx.query("select count(*) from audiences where subaccount_id = $1 and name = $2 and id <> $3");
    let (n,): (i64,) = query.bind(subaccount.as_str()).bind(name).bind(own.map_or("", AudienceId::as_str)).fetch_one().await?;
    Ok(n > 0)
}

pub async fn save(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId, audience: &Audience) -> Result<()> {
    let json = serde_json::to_vec(&audience.conditions.to_json()).map_err(Error::internal)?;
    tx.query(
        "insert into audiences (id, subaccount_id, name, conditions, created_by, created_at, updated_by, updated_at) \
         values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (id, subaccount_id) do update set name = excluded.name, \
         conditions = excluded.conditions, updated_by = excluded.updated_by, updated_at = excluded.updated_at",
    )
    .bind(audience.id.as_str())
    .bind(subaccount.as_str())
    .bind(audience.name.as_str())
    .bind(cipher.own().seal(CONDITIONS, &json))
    .bind(audience.created_by.as_str())
    .bind(audience.created_at)
    .bind(audience.updated_by.as_str())
    .bind(audience.updated_at)
    .execute()
    .await?;
    Ok(())
}

/// All of them, held for a change.
pub async fn all(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId) -> Result<Vec<Audience>> {
    let sql = format!("select {COLUMNS} from audiences where subaccount_id = $1 order by id {}", tx.for_update());
    let rows: Vec<AudienceRow> = tx.query(&sql).bind(subaccount.as_str()).fetch_all().await?;
    rows.into_iter().map(|row| row.audience(cipher)).collect()
}

/// False when there is none.
pub async fn delete(tx: &mut Tx, subaccount: &SubaccountId, id: &AudienceId) -> Result<bool> {
    let query = tx.query("delete from audiences where subaccount_id = $1 and id = $2");
    Ok(query.bind(subaccount.as_str()).bind(id.as_str()).execute().await? > 0)
}

/// Somebody who fits as far as the database can tell.
#[derive(Clone, Debug)]
pub struct Candidate {
    pub id: ContactId,
    /// The database's answer to the n-th condition at the n-th bit; a sealed one counts as held.
    pub bits: i64,
    /// Whether messages of the category that was asked for may be sent to them.
    pub is_reachable: bool,
}

/// How many fit, and how many of them may be sent messages of the category; for conditions without sealed ones.
pub async fn totals(tx: &mut Tx, subaccount: &SubaccountId, asked: &Asked) -> Result<(i64, i64)> {
    let sql = asked.select(&format!("count(*), cast(coalesce(sum({}), 0) as bigint)", asked.reachable()));
    Ok(asked.bind(tx.query(&sql), subaccount).fetch_one().await?)
}

/// The newest who fit; for conditions without sealed ones.
pub async fn newest(tx: &mut Tx, subaccount: &SubaccountId, asked: &Asked, most: i64) -> Result<Vec<ContactId>> {
    let sql = format!("{} order by c.id desc limit {}", asked.select("c.id"), asked.after(0));
    let rows: Vec<(String,)> = asked.bind(tx.query(&sql), subaccount).bind(most).fetch_all().await?;
    Ok(rows.into_iter().map(|(id,)| ContactId::stored(id)).collect())
}

/// Candidates behind a contact, in the order of their ids.
pub async fn candidates(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    asked: &Asked,
    after: Option<&ContactId>,
    most: i64,
) -> Result<Vec<Candidate>> {
    let what = format!("c.id, {}, {}", asked.bits(), asked.reachable());
    let sql = format!("{} and c.id > {} order by c.id limit {}", asked.select(&what), asked.after(0), asked.after(1));
    let query = asked.bind(tx.query(&sql), subaccount).bind(after.map_or(BEFORE_ALL, ContactId::as_str)).bind(most);
    let rows: Vec<(String, i64, i64)> = query.fetch_all().await?;
    let candidate = |(id, bits, reachable)| Candidate { id: ContactId::stored(id), bits, is_reachable: reachable == 1 };
    Ok(rows.into_iter().map(candidate).collect())
}
