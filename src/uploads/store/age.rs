//! Removing the rows of old files.

use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{SubaccountId, UploadId};
use crate::kernel::sweep::Span;
use crate::uploads::UploadStatus;

/// The parts of a file that go, with what they are found by and how many go at once.
const PARTS: [(&str, &str, i64); 3] =
    [("upload_errors", "row_number", 1_000), ("upload_verdicts", "chunk", 16), ("upload_chunks", "chunk", 16)];

/// A part of the old files that still have their rows, in the order of their ids.
pub async fn old_files(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>) -> Result<Vec<(UploadId, UploadStatus)>> {
    let sql = "select id, status from uploads where subaccount_id = $1 and id > $2 and created_at < $3 and rows_removed_at is null \
               order by id limit $4";
    let query = tx.query(sql).bind(subaccount.as_str()).bind(span.after).bind(span.before).bind(span.most as i64);
    let rows: Vec<(String, String)> = query.fetch_all().await?;
    let file = |(id, status): (String, String)| {
        let status = UploadStatus::parse(&status).ok_or_else(|| Error::internal("an upload has an unknown status"))?;
        Ok((UploadId::stored(id), status))
    };
    rows.into_iter().map(file).collect()
}

/// Rows in the old files that still have them.
pub async fn count_file_rows(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>) -> Result<u64> {
    let sql = "select cast(coalesce(sum(rows), 0) as bigint) from uploads where subaccount_id = $1 and id > $2 and created_at < $3 \
               and rows_removed_at is null";
    let query = tx.query(sql).bind(subaccount.as_str()).bind(span.after).bind(span.before);
    let (rows,): (i64,) = query.fetch_one().await?;
    Ok(rows.unsigned_abs())
}

/// Takes a file that no campaign uses out of the lists; false when somebody has just begun to use it.
pub async fn put_away(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId, now: Millis) -> Result<bool> {
    let sql = "update uploads set status = 'receiving', updated_at = $1 \
               where subaccount_id = $2 and id = $3 and status in ('receiving', 'received', 'checked')";
    Ok(tx.query(sql).bind(now).bind(subaccount.as_str()).bind(id.as_str()).execute().await? == 1)
}

/// Deletes a part of a file's rows; whether none is left.
pub async fn delete_rows(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId) -> Result<bool> {
    for (table, key, most) in PARTS {
        let sql = format!(
            "delete from {table} where subaccount_id = $1 and upload_id = $2 and {key} in \
             (select {key} from {table} where subaccount_id = $3 and upload_id = $4 limit {most})"
        );
        let query = tx.query(&sql).bind(subaccount.as_str()).bind(id.as_str()).bind(subaccount.as_str()).bind(id.as_str());
        if query.execute().await? == most.unsigned_abs() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Notes that a file that a campaign was made of has no rows any more.
pub async fn rows_removed(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId, now: Millis) -> Result<u64> {
    let sql = "update uploads set rows_removed_at = $1 where subaccount_id = $2 and id = $3";
    tx.query(sql).bind(now).bind(subaccount.as_str()).bind(id.as_str()).execute().await?;
    let (rows,): (i64,) = tx
        .query("select rows from uploads where subaccount_id = $1 and id = $2")
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .fetch_one()
        .await?;
    Ok(rows.unsigned_abs())
}

/// Deletes a file that has no rows any more; how many it had.
pub async fn delete_file(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId) -> Result<u64> {
    let (rows,): (i64,) = tx
        .query("select rows from uploads where subaccount_id = $1 and id = $2")
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .fetch_one()
        .await?;
    tx.query("delete from uploads where subaccount_id = $1 and id = $2").bind(subaccount.as_str()).bind(id.as_str()).execute().await?;
    Ok(rows.unsigned_abs())
}
