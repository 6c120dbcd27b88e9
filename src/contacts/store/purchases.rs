//! SQL of purchases.

use std::collections::HashMap;

use crate::db::{Kind, Tx, rows_of};
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, PurchaseId, SubaccountId};
use crate::kernel::money::{Currency, Micros};

const COLUMNS: &str = "id, reference, items, amount, currency, at, key";
/// Sorts behind every key.
const AFTER_ALL: &str = "zzz";

/// A purchase as it is stored.
#[derive(sqlx::FromRow)]
pub struct PurchaseRow {
    pub id: String,
    pub reference: Vec<u8>,
    pub items: Option<Vec<u8>>,
    pub amount: Micros,
    pub currency: String,
    pub at: Millis,
    pub key: String,
}

/// A purchase about to be written.
#[derive(Clone, Debug)]
pub struct NewPurchase {
    pub id: PurchaseId,
    pub contact: ContactId,
    pub reference_hash: Vec<u8>,
    pub reference: Vec<u8>,
    pub items: Option<Vec<u8>>,
    pub amount: Micros,
    pub currency: Currency,
    pub at: Millis,
    pub key: String,
}

/// Who has the purchases of these references; references that nobody has are left out.
pub async fn owners(tx: &mut Tx, subaccount: &SubaccountId, hashes: &[Vec<u8>]) -> Result<HashMap<Vec<u8>, ContactId>> {
    let mut found = HashMap::new();
    for part in hashes.chunks(500) {
        let list = tx.values(2, part.len(), &[Kind::Bytes]);
        let sql =
            format!("select reference_hash, contact_id from purchases where subaccount_id = $1 and reference_hash in (values {list})");
        let mut query = tx.query(&sql).bind(subaccount.as_str());
        for hash in part {
            query = query.bind(hash.as_slice());
        }
        let rows: Vec<(Vec<u8>, String)> = query.fetch_all().await?;
        found.extend(rows.into_iter().map(|(hash, contact)| (hash, ContactId::stored(contact))));
    }
    Ok(found)
}

pub async fn with_hash(tx: &mut Tx, subaccount: &SubaccountId, hash: &[u8]) -> Result<Option<PurchaseRow>> {
    let sql = format!("select {COLUMNS} from purchases where subaccount_id = $1 and reference_hash = $2");
    Ok(tx.query(&sql).bind(subaccount.as_str()).bind(hash).fetch_optional().await?)
}

const INSERT: &str = "insert into purchases (id, subaccount_id, contact_id, reference_hash, reference, items, amount, currency, at, key)";

/// Writes purchases, each reference at most once among them; one that its contact has already gets what is new. How many were
/// written: a reference that somebody else has is left as it is.
pub async fn upsert(tx: &mut Tx, subaccount: &SubaccountId, rows: &[NewPurchase]) -> Result<u64> {
    let end = "on conflict (subaccount_id, reference_hash) do update set reference = excluded.reference, items = excluded.items, \
               amount = excluded.amount, currency = excluded.currency, at = excluded.at, key = excluded.key \
               where purchases.contact_id = excluded.contact_id";
    write(tx, subaccount, rows, end).await
}

/// Writes purchases that are there for another contact.
pub async fn replace(tx: &mut Tx, subaccount: &SubaccountId, rows: &[NewPurchase]) -> Result<u64> {
    let end = "on conflict (subaccount_id, reference_hash) do update set reference = excluded.reference, items = excluded.items, \
               contact_id = excluded.contact_id";
    write(tx, subaccount, rows, end).await
}

async fn write(tx: &mut Tx, subaccount: &SubaccountId, rows: &[NewPurchase], end: &str) -> Result<u64> {
    use Kind::{Bytes, Int, Text};
    const KINDS: [Kind; 10] = [Text, Text, Text, Bytes, Bytes, Bytes, Int, Text, Int, Text];
    let mut written = 0;
    for part in rows.chunks(rows_of(KINDS.len())) {
        let list = tx.values(1, part.len(), &KINDS);
        let sql = format!("{INSERT} values {list} {end}");
        let mut query = tx.query(&sql);
        for row in part {
            query = query
                .bind(row.id.as_str())
                .bind(subaccount.as_str())
                .bind(row.contact.as_str())
                .bind(row.reference_hash.as_slice())
                .bind(row.reference.as_slice())
                .bind(row.items.as_deref())
                .bind(row.amount)
                .bind(row.currency.as_str())
                .bind(row.at)
                .bind(row.key.as_str());
        }
        written += query.execute().await?;
    }
    Ok(written)
}

/// The latest first, before a key.
pub async fn of_contact(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    contact: &ContactId,
    before: Option<&str>,
    most: i64,
) -> Result<Vec<PurchaseRow>> {
    let sql =
        format!("select {COLUMNS} from purchases where subaccount_id = $1 and contact_id = $2 and key < $3 order by key desc limit $4");
    let query = tx.query(&sql).bind(subaccount.as_str()).bind(contact.as_str()).bind(before.unwrap_or(AFTER_ALL)).bind(most);
    Ok(query.fetch_all().await?)
}

/// Currency, how many, how much.
pub async fn totals(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<Vec<(String, i64, Micros)>> {
    let sql = "select currency, count(*), cast(sum(amount) as bigint) from purchases where subaccount_id = $1 and contact_id = $2 \
               group by currency order by currency";
    Ok(tx.query(sql).bind(subaccount.as_str()).bind(contact.as_str()).fetch_all().await?)
}

/// False when there is none.
pub async fn delete(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, id: &PurchaseId) -> Result<bool> {
    let query = tx.query("delete from purchases where subaccount_id = $1 and contact_id = $2 and id = $3");
    Ok(query.bind(subaccount.as_str()).bind(contact.as_str()).bind(id.as_str()).execute().await? > 0)
}
