//! Writing blocks anew without somebody's rows.

use super::rows::{BLOCKS, BlockColumns, StoredBlock, stored};
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{SubaccountId, UploadId};
use crate::uploads::{Counts, Summary};

/// Every upload of a subaccount that still has its rows, oldest first.
pub(crate) async fn all(tx: &mut Tx, subaccount: &SubaccountId) -> Result<Vec<UploadId>> {
    let sql = "select id from uploads where subaccount_id = $1 and rows_removed_at is null order by id";
    let rows: Vec<(String,)> = tx.query(sql).bind(subaccount.as_str()).fetch_all().await?;
    Ok(rows.into_iter().map(|(id,)| UploadId::stored(id)).collect())
}

/// The names of all files of a subaccount.
pub(crate) async fn file_names(tx: &mut Tx, subaccount: &SubaccountId) -> Result<Vec<(String, String)>> {
    Ok(tx.query("select id, file_name from uploads where subaccount_id = $1").bind(subaccount.as_str()).fetch_all().await?)
}

/// Gives a file another name.
pub(crate) async fn rename(tx: &mut Tx, subaccount: &SubaccountId, id: &str, name: &str) -> Result<()> {
    let query = tx.query("update uploads set file_name = $1 where subaccount_id = $2 and id = $3");
    query.bind(name).bind(subaccount.as_str()).bind(id).execute().await?;
    Ok(())
}

/// One block.
pub(crate) async fn block(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId, chunk: i64) -> Result<Option<StoredBlock>> {
    let sql = format!("{BLOCKS} and c.chunk = $3");
    let found: Option<BlockColumns> = tx.query(&sql).bind(subaccount.as_str()).bind(id.as_str()).bind(chunk).fetch_optional().await?;
    Ok(found.map(stored))
}

/// Writes other sealed rows, and verdicts where there are some, in the place of a block's.
pub(crate) async fn rewrite_block(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    id: &UploadId,
    chunk: i64,
    rows: &[u8],
    verdicts: Option<&[u8]>,
) -> Result<()> {
    for (table, column, bytes) in [("upload_chunks", "rows", Some(rows)), ("upload_verdicts", "verdicts", verdicts)] {
        let Some(bytes) = bytes else { continue };
        let sql = format!("update {table} set {column} = $1 where subaccount_id = $2 and upload_id = $3 and chunk = $4");
        tx.query(&sql).bind(bytes).bind(subaccount.as_str()).bind(id.as_str()).bind(chunk).execute().await?;
    }
    Ok(())
}

/// Writes other sealed words in the place of a rejected row's.
pub(crate) async fn rewrite_error(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId, row: u64, body: &[u8]) -> Result<()> {
    tx.query("update upload_errors set body = $1 where subaccount_id = $2 and upload_id = $3 and row_number = $4")
        .bind(body)
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .bind(row.cast_signed())
        .execute()
        .await?;
    Ok(())
}

/// Says that somebody has worked on the upload: a check that is under way notices and begins again.
pub(crate) async fn touch(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId, now: Millis) -> Result<()> {
    // Never the instant that stands there, even when the clock does.
    tx.query(
        "update uploads set updated_at = case when updated_at < $1 then $2 else updated_at + 1 end where subaccount_id = $3 and id = $4",
    )
    .bind(now)
    .bind(now)
    .bind(subaccount.as_str())
    .bind(id.as_str())
    .execute()
    .await?;
    Ok(())
}

/// Writes counts and sums after rows left.
pub(crate) async fn recount(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId, counts: &Counts, summary: &Summary) -> Result<()> {
    tx.query("update uploads set to_send = $1, opted_out = $2, summary = $3 where subaccount_id = $4 and id = $5")
        .bind(counts.to_send.cast_signed())
        .bind(counts.opted_out.cast_signed())
        .bind(serde_json::to_string(summary).map_err(Error::internal)?)
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .execute()
        .await?;
    Ok(())
}
