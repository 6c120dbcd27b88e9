//! Blocks of rows, their verdicts, and rows with a problem.

use crate::db::{Kind, Tx, rows_of};
use crate::kernel::clock::Millis;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{SubaccountId, UploadId};
use crate::uploads::{Code, Upload, Verdicts, rows_context, verdicts_context};

/// A sealed block to be stored.
pub(crate) struct NewBlock {
    pub chunk: i64,
    pub first_row: u64,
    pub rows: Vec<u8>,
}

/// Adds blocks and says that the upload is alive.
pub(crate) async fn append(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId, blocks: &[NewBlock], now: Millis) -> Result<()> {
    let list = tx.values(1, blocks.len(), &[Kind::Text, Kind::Text, Kind::Int, Kind::Int, Kind::Bytes]);
    let sql = format!("insert into upload_chunks (subaccount_id, upload_id, chunk, first_row, rows) values {list}");
    let mut query = tx.query(&sql);
    for block in blocks {
        query = query
            .bind(subaccount.as_str())
            .bind(id.as_str())
            .bind(block.chunk)
            .bind(block.first_row.cast_signed())
            .bind(block.rows.as_slice());
    }
    query.execute().await?;
    tx.query("update uploads set updated_at = $1 where subaccount_id = $2 and id = $3")
        .bind(now)
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .execute()
        .await?;
    Ok(())
}

/// A block as it is stored: sealed.
#[derive(Clone, Debug)]
pub struct StoredBlock {
    /// Its place in the file, from 0.
    pub chunk: i64,
    /// The number of its first row in a spreadsheet.
    pub first_row: u64,
    rows: Vec<u8>,
    verdicts: Option<Vec<u8>>,
}

impl StoredBlock {
    /// The packed rows.
    ///
    /// # Errors
    /// When they cannot be opened with the installation's secret.
    pub fn open_rows(&self, cipher: &TenantCipher, upload: &UploadId) -> Result<Vec<u8>> {
        cipher.own().open(&rows_context(upload, self.chunk), &self.rows).map_err(Error::internal)
    }

    /// What the check decided, if it has come so far.
    ///
    /// # Errors
    /// When the verdicts cannot be opened with the installation's secret.
    pub fn open_verdicts(&self, cipher: &TenantCipher, upload: &UploadId) -> Result<Option<Verdicts>> {
        let Some(sealed) = &self.verdicts else { return Ok(None) };
        let bytes = cipher.own().open(&verdicts_context(upload, self.chunk), sealed).map_err(Error::internal)?;
        Verdicts::read(bytes).map(Some).map_err(Error::internal)
    }
}

pub(super) type BlockColumns = (i64, i64, Vec<u8>, Option<Vec<u8>>);

pub(super) const BLOCKS: &str = "select c.chunk, c.first_row, c.rows, v.verdicts from upload_chunks c \
     left join upload_verdicts v on v.upload_id = c.upload_id and v.chunk = c.chunk and v.subaccount_id = c.subaccount_id \
     where c.subaccount_id = $1 and c.upload_id = $2";

pub(super) fn stored((chunk, first_row, rows, verdicts): BlockColumns) -> StoredBlock {
    StoredBlock { chunk, first_row: first_row.unsigned_abs(), rows, verdicts }
}

/// Up to `most` blocks from the given one on, in the order of the file.
pub async fn blocks(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId, from: i64, most: i64) -> Result<Vec<StoredBlock>> {
    let sql = format!("{BLOCKS} and c.chunk >= $3 order by c.chunk limit $4");
    let rows: Vec<BlockColumns> = tx.query(&sql).bind(subaccount.as_str()).bind(id.as_str()).bind(from).bind(most).fetch_all().await?;
    Ok(rows.into_iter().map(stored).collect())
}

/// The block that holds a row, if any.
pub(crate) async fn block_of_row(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId, row: u64) -> Result<Option<StoredBlock>> {
    let sql = format!("{BLOCKS} and c.first_row <= $3 order by c.first_row desc limit 1");
    let found: Option<BlockColumns> =
        tx.query(&sql).bind(subaccount.as_str()).bind(id.as_str()).bind(row.cast_signed()).fetch_optional().await?;
    Ok(found.map(stored))
}

/// Reads an upload that must stay as it is until the transaction ends.
pub async fn hold(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId, id: &UploadId) -> Result<Upload> {
    super::lock(tx, cipher, subaccount, id).await
}

/// Sealed verdicts of one block.
pub(crate) struct NewVerdicts {
    pub chunk: i64,
    pub verdicts: Vec<u8>,
}

pub(crate) async fn write_verdicts(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId, blocks: &[NewVerdicts]) -> Result<()> {
    let list = tx.values(1, blocks.len(), &[Kind::Text, Kind::Text, Kind::Int, Kind::Bytes]);
    let sql = format!("insert into upload_verdicts (subaccount_id, upload_id, chunk, verdicts) values {list}");
    let mut query = tx.query(&sql);
    for block in blocks {
        query = query.bind(subaccount.as_str()).bind(id.as_str()).bind(block.chunk).bind(block.verdicts.as_slice());
    }
    query.execute().await?;
    Ok(())
}

/// Forgets up to `most` verdicts and rows with a problem of an earlier check; false when none are left.
pub(crate) async fn clear_verdicts(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId, most: i64) -> Result<bool> {
    let mut gone = 0;
    for (table, key) in [("upload_verdicts", "chunk"), ("upload_errors", "row_number")] {
        let sql = format!(
            "delete from {table} where subaccount_id = $1 and upload_id = $2 and {key} in \
             (select {key} from {table} where subaccount_id = $3 and upload_id = $4 limit $5)"
        );
        gone += tx
            .query(&sql)
            .bind(subaccount.as_str())
            .bind(id.as_str())
            .bind(subaccount.as_str())
            .bind(id.as_str())
            .bind(most)
            .execute()
            .await?;
    }
    Ok(gone > 0)
}

/// A row with a problem; `body` is sealed.
pub(crate) struct ErrorRow {
    pub row: u64,
    pub column: String,
    pub code: Code,
    pub body: Vec<u8>,
}

pub(crate) async fn write_errors(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId, errors: &[ErrorRow]) -> Result<()> {
    const KINDS: [Kind; 6] = [Kind::Text, Kind::Text, Kind::Int, Kind::Text, Kind::Text, Kind::Bytes];
    for part in errors.chunks(rows_of(KINDS.len())) {
        let list = tx.values(1, part.len(), &KINDS);
        let sql = format!("insert into upload_errors (subaccount_id, upload_id, row_number, column_name, code, body) values {list}");
        let mut query = tx.query(&sql);
        for error in part {
            query = query
                .bind(subaccount.as_str())
                .bind(id.as_str())
                .bind(error.row.cast_signed())
                .bind(error.column.as_str())
                .bind(error.code.as_str())
                .bind(error.body.as_slice());
        }
        query.execute().await?;
    }
    Ok(())
}

type ErrorColumns = (i64, String, String, Vec<u8>);

fn error_row((row, column, code, body): ErrorColumns) -> Result<ErrorRow> {
    let code = Code::parse(&code).ok_or_else(|| Error::internal("a rejected row has an unknown code"))?;
    Ok(ErrorRow { row: row.unsigned_abs(), column, code, body })
}

/// Rows with a problem after row `after`, of one code or all, in the order of the file.
pub(crate) async fn errors(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    id: &UploadId,
    code: Option<Code>,
    after: u64,
    most: i64,
) -> Result<Vec<ErrorRow>> {
    let filter = if code.is_some() { "and code = $5" } else { "" };
    let sql = format!(
        "select row_number, column_name, code, body from upload_errors where subaccount_id = $1 and upload_id = $2 \
         and row_number > $3 {filter} order by row_number limit $4"
    );
    let mut query = tx.query(&sql).bind(subaccount.as_str()).bind(id.as_str()).bind(after.cast_signed()).bind(most);
    if let Some(code) = code {
        query = query.bind(code.as_str());
    }
    query.fetch_all().await?.into_iter().map(error_row).collect()
}

/// Rows with a problem from one row to another, both included.
pub(crate) async fn errors_between(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId, first: u64, last: u64) -> Result<Vec<ErrorRow>> {
    let rows: Vec<ErrorColumns> = tx
        .query(
            "select row_number, column_name, code, body from upload_errors where subaccount_id = $1 and upload_id = $2 \
             and row_number between $3 and $4 order by row_number",
        )
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .bind(first.cast_signed())
        .bind(last.cast_signed())
        .fetch_all()
        .await?;
    rows.into_iter().map(error_row).collect()
}
