//! SQL of the contacts table.

pub mod profiles;

use std::collections::HashMap;

use crate::access::QuietHours;
use crate::contacts::people::{NewRow, Person, Standing};
use crate::db::{Kind, Row, Tx, rows_of};
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ContactId, SubaccountId};
use crate::kernel::language::Language;

const COLUMNS: &str = "id, blind, phone, salt, granted, withdrawn, stopped_at, paused_until, quiet_hours, language, time_zone";

#[derive(sqlx::FromRow)]
struct PersonRow {
    id: String,
    blind: Vec<u8>,
    phone: Option<Vec<u8>>,
    salt: Option<Vec<u8>>,
    granted: i64,
    withdrawn: i64,
    stopped_at: Option<Millis>,
    paused_until: Option<Millis>,
    quiet_hours: Option<String>,
    language: Option<String>,
    time_zone: Option<String>,
}

impl PersonRow {
    fn person(self) -> Result<Person> {
        let quiet_hours: Option<QuietHours> =
            self.quiet_hours.map(|text| serde_json::from_str(&text)).transpose().map_err(Error::internal)?;
        Ok(Person {
            id: ContactId::stored(self.id),
            salt: self.salt,
            sealed_phone: self.phone,
            standing: Standing {
                granted: self.granted,
                withdrawn: self.withdrawn,
                stopped_at: self.stopped_at,
                paused_until: self.paused_until,
                quiet_hours,
                language: self.language.map(Language::stored),
                time_zone: self.time_zone.and_then(|name| name.parse().ok()),
            },
        })
    }
}

pub async fn by_blind(tx: &mut Tx, subaccount: &SubaccountId, blinds: &[Vec<u8>]) -> Result<Vec<(Vec<u8>, Person)>> {
    let list = tx.values(2, blinds.len(), &[Kind::Bytes]);
    let sql = format!("select {COLUMNS} from contacts where subaccount_id = $1 and blind in (values {list})");
    let mut query = tx.query(&sql).bind(subaccount.as_str());
    for blind in blinds {
        query = query.bind(blind.as_slice());
    }
    let rows: Vec<PersonRow> = query.fetch_all().await?;
    rows.into_iter().map(|mut row| Ok((std::mem::take(&mut row.blind), row.person()?))).collect()
}

/// How rows are held until the commit.
#[derive(Clone, Copy, Debug)]
pub enum Lock {
    /// Not at all.
    None,
    /// Others may hold them so too; nobody changes them.
    Shared,
    /// For a change.
    Alone,
}

pub async fn by_ids(tx: &mut Tx, subaccount: &SubaccountId, ids: &[ContactId], lock: Lock) -> Result<Vec<Person>> {
    let rows: Vec<PersonRow> = select(tx, COLUMNS, "id", subaccount, ids, lock).await?;
    rows.into_iter().map(PersonRow::person).collect()
}

/// These columns of the contacts of which `key`, a column with an id, is one of these; in the order of their ids, in which
/// everybody locks them.
async fn select<T: Row>(tx: &mut Tx, columns: &str, key: &str, subaccount: &SubaccountId, ids: &[ContactId], lock: Lock) -> Result<Vec<T>> {
    let mut rows = Vec::with_capacity(ids.len());
    for part in ids.chunks(500) {
        let list = tx.values(2, part.len(), &[Kind::Text]);
        let end = match lock {
            Lock::None => "",
            Lock::Shared => tx.for_share(),
            Lock::Alone => tx.for_update(),
        };
        let sql = format!("select {columns} from contacts c where c.subaccount_id = $1 and c.{key} in (values {list}) order by c.id {end}");
        let mut query = tx.query(&sql).bind(subaccount.as_str());
        for id in part {
            query = query.bind(id.as_str());
        }
        rows.extend(query.fetch_all::<T>().await?);
    }
    Ok(rows)
}

pub async fn insert(tx: &mut Tx, subaccount: &SubaccountId, rows: &[NewRow], now: Millis) -> Result<u64> {
    const KINDS: [Kind; 8] = [Kind::Text, Kind::Text, Kind::Bytes, Kind::Bytes, Kind::Bytes, Kind::Text, Kind::Int, Kind::Int];
    let mut inserted = 0;
    for part in rows.chunks(rows_of(KINDS.len())) {
        let list = tx.values(1, part.len(), &KINDS);
        let sql = format!(
            "insert into contacts (id, subaccount_id, blind, phone, salt, country, created_at, updated_at) \
             values {list} on conflict (subaccount_id, blind) do nothing"
        );
        let mut query = tx.query(&sql);
        for row in part {
            query = query
                .bind(row.id.as_str())
                .bind(subaccount.as_str())
                .bind(row.blind.as_slice())
                .bind(row.phone.as_slice())
                .bind(row.salt.as_slice())
                .bind(row.country.as_str())
                .bind(now)
                .bind(now);
        }
        inserted += query.execute().await?;
    }
    Ok(inserted)
}

/// Gives an erased contact its number and a salt again.
pub async fn refill(tx: &mut Tx, subaccount: &SubaccountId, id: &ContactId, row: &NewRow, now: Millis) -> Result<()> {
    tx.query("update contacts set phone = $1, salt = $2, country = $3, updated_at = $4 where subaccount_id = $5 and id = $6")
        .bind(row.phone.as_slice())
        .bind(row.salt.as_slice())
        .bind(row.country.as_str())
        .bind(now)
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .execute()
        .await?;
    Ok(())
}

/// Empties everything about a person but their hash and their refusals.
pub async fn erase(tx: &mut Tx, subaccount: &SubaccountId, id: &ContactId, now: Millis) -> Result<()> {
    tx.query(
        "update contacts set phone = null, salt = null, country = '', name = null, language = null, time_zone = null, quiet_hours = null, \
         attributes = null, status = null, merged_into = null, paused_until = null, link_epoch = link_epoch + 1, updated_at = $1 where subaccount_id = $2 and id = $3",
    )
    .bind(now)
    .bind(subaccount.as_str())
    .bind(id.as_str())
    .execute()
    .await?;
    for table in ["contact_tags", "contact_words"] {
        let sql = format!("delete from {table} where subaccount_id = $1 and contact_id = $2");
        tx.query(&sql).bind(subaccount.as_str()).bind(id.as_str()).execute().await?;
    }
    Ok(())
}

/// The condition of the index `contacts_refusing`.
const REFUSING: &str = "(withdrawn > 0 or stopped_at is not null)";

pub async fn refusing(tx: &mut Tx, subaccount: &SubaccountId, after: Option<&ContactId>, most: i64) -> Result<Vec<Person>> {
    let sql = format!("select {COLUMNS} from contacts where subaccount_id = $1 and id > $2 and {REFUSING} order by id limit $3");
    let behind = after.map_or("", ContactId::as_str);
    let rows: Vec<PersonRow> = tx.query(&sql).bind(subaccount.as_str()).bind(behind).bind(most).fetch_all().await?;
    rows.into_iter().map(PersonRow::person).collect()
}

pub async fn link_epoch(tx: &mut Tx, subaccount: &SubaccountId, id: &ContactId) -> Result<Option<i64>> {
    let query = tx.query("select link_epoch from contacts where subaccount_id = $1 and id = $2");
    let found: Option<(i64,)> = query.bind(subaccount.as_str()).bind(id.as_str()).fetch_optional().await?;
    Ok(found.map(|(epoch,)| epoch))
}

pub async fn link_epochs(tx: &mut Tx, subaccount: &SubaccountId, ids: &[ContactId]) -> Result<HashMap<ContactId, i64>> {
    let rows: Vec<(String, i64)> = select(tx, "c.id, c.link_epoch", "id", subaccount, ids, Lock::None).await?;
    Ok(rows.into_iter().map(|(id, epoch)| (ContactId::stored(id), epoch)).collect())
}

pub async fn revoke_links(tx: &mut Tx, subaccount: &SubaccountId, id: &ContactId, now: Millis) -> Result<()> {
    tx.query("update contacts set link_epoch = link_epoch + 1, updated_at = $1 where subaccount_id = $2 and id = $3")
        .bind(now)
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .execute()
        .await?;
    Ok(())
}

pub async fn set_language(tx: &mut Tx, subaccount: &SubaccountId, id: &ContactId, language: &Language, now: Millis) -> Result<()> {
    tx.query("update contacts set language = $1, updated_at = $2 where subaccount_id = $3 and id = $4")
        .bind(language.as_str())
        .bind(now)
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .execute()
        .await?;
    Ok(())
}

pub async fn set_standing(tx: &mut Tx, subaccount: &SubaccountId, id: &ContactId, standing: &Standing, now: Millis) -> Result<()> {
    let quiet_hours = standing.quiet_hours.as_ref().map(serde_json::to_string).transpose().map_err(Error::internal)?;
    let touched = tx
        .query(
            "update contacts set granted = $1, withdrawn = $2, stopped_at = $3, paused_until = $4, quiet_hours = $5, \
             language = $6, time_zone = $7, updated_at = $8 where subaccount_id = $9 and id = $10",
        )
        .bind(standing.granted)
        .bind(standing.withdrawn)
        .bind(standing.stopped_at)
        .bind(standing.paused_until)
        .bind(quiet_hours)
        .bind(standing.language.as_ref().map(Language::as_str))
        .bind(standing.time_zone.map(chrono_tz::Tz::name))
        .bind(now)
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .execute()
        .await?;
    if touched == 0 { Err(Error::NotFound("contact")) } else { Ok(()) }
}
