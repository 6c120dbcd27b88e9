//! SQL of files of contacts, and whom they named.

use crate::db::{Kind, Tx, rows_of};
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, ImportId, SubaccountId};

/// Notes whom a file named; its id, its name and who took it in are noted with the first of them.
pub async fn note(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    (id, file_name, by): (&ImportId, &str, &str),
    contacts: &[&ContactId],
    now: Millis,
) -> Result<()> {
    if contacts.is_empty() {
        return Ok(());
    }
    tx.query(
        "insert into contact_imports (id, subaccount_id, file_name, created_by, created_at) values ($1, $2, $3, $4, $5) \
         on conflict (id, subaccount_id) do nothing",
    )
    .bind(id.as_str())
    .bind(subaccount.as_str())
    .bind(file_name)
    .bind(by)
    .bind(now)
    .execute()
    .await?;
    for part in contacts.chunks(rows_of(3)) {
        let list = tx.values(1, part.len(), &[Kind::Text, Kind::Text, Kind::Text]);
        let sql = format!(
            "insert into contact_import_members (subaccount_id, import_id, contact_id) values {list} on conflict (contact_id, import_id) do nothing"
        );
        let mut query = tx.query(&sql);
        for contact in part {
            query = query.bind(subaccount.as_str()).bind(id.as_str()).bind(contact.as_str());
        }
        query.execute().await?;
    }
    Ok(())
}

/// The names of all files, each once.
pub async fn all_file_names(tx: &mut Tx, subaccount: &SubaccountId) -> Result<Vec<String>> {
    let query = tx.query("select distinct file_name from contact_imports where subaccount_id = $1 order by file_name");
    let rows: Vec<(String,)> = query.bind(subaccount.as_str()).fetch_all().await?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}

/// Gives all files of a name another one.
pub async fn rename(tx: &mut Tx, subaccount: &SubaccountId, from: &str, to: &str) -> Result<()> {
    let query = tx.query("update contact_imports set file_name = $1 where subaccount_id = $2 and file_name = $3");
    query.bind(to).bind(subaccount.as_str()).bind(from).execute().await?;
    Ok(())
}

/// Notes that the files which named one contact name another: both are one person now.
pub async fn hand_over(tx: &mut Tx, subaccount: &SubaccountId, from: &ContactId, to: &ContactId) -> Result<()> {
    tx.query(
        "insert into contact_import_members (subaccount_id, import_id, contact_id) \
         select subaccount_id, import_id, $1 from contact_import_members where subaccount_id = $2 and contact_id = $3 \
         on conflict (contact_id, import_id) do nothing",
    )
    .bind(to.as_str())
    .bind(subaccount.as_str())
    .bind(from.as_str())
    .execute()
    .await?;
    Ok(())
}

/// The names of files, each once, the latest first.
pub async fn file_names(tx: &mut Tx, subaccount: &SubaccountId, most: i64) -> Result<Vec<String>> {
    let sql = "select file_name from contact_imports where subaccount_id = $1 group by file_name order by max(created_at) desc, file_name limit $2";
    let rows: Vec<(String,)> = tx.query(sql).bind(subaccount.as_str()).bind(most).fetch_all().await?;
    Ok(rows.into_iter().map(|(name,)| name).collect())
}
