//! The rejected rows as a file that can be mended and uploaded again.

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, stream};

use super::Upload;
use super::block::{BlockRow, BlockRows};
use super::review::{UploadError, open_error};
use super::store::{self, StoredBlock};
use crate::access::{Actor, Permission};
use crate::app::App;
use crate::contacts::csv::CsvWriter;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{SubaccountId, UploadId};

/// The columns that the file has beside its own; an upload that ends in them leaves them out.
pub const ADDED_COLUMNS: [&str; 3] = ["row", "problem", "how_to_fix"];
/// Blocks written in one step.
const BLOCKS_AT_ONCE: i64 = 8;

/// How many of these columns are the file's own: all but [`ADDED_COLUMNS`] at the end.
pub(super) fn own_columns(headers: &[String]) -> usize {
    let is_ours = headers.last_chunk::<3>().is_some_and(|last| last.iter().zip(ADDED_COLUMNS).all(|(name, added)| name == added));
    // A file of nothing but those columns is somebody else's.
    if is_ours && headers.len() > ADDED_COLUMNS.len() { headers.len() - ADDED_COLUMNS.len() } else { headers.len() }
}

/// The rejected rows of a checked upload as CSV: the file's columns, then row, problem and remedy. Made
/// some blocks at a time, as it is read.
///
/// # Errors
/// [`Error::Conflict`] before the check.
pub async fn rejected_csv(
    app: &Arc<App>,
    actor: &Actor,
    id: &UploadId,
) -> Result<impl Stream<Item = Result<Bytes>> + Send + 'static + use<>> {
    actor.require(Permission::ViewPersonal)?;
    let cipher = app.cipher.tenant(&actor.subaccount);
    let mut tx = app.db.read().await?;
    let upload = store::get(&mut tx, &cipher, &actor.subaccount, id).await?;
    if upload.summary.is_none() {
        return Err(Error::conflict("This upload has not been checked yet."));
    }
    let added = ADDED_COLUMNS.map(str::to_owned);
    let writer = CsvWriter::new(upload.headers.iter().chain(&added));
    let state = Rejected { app: Arc::clone(app), cipher, subaccount: actor.subaccount.clone(), upload, writer, from: Some(0) };
    Ok(stream::try_unfold(state, |mut state| async move { Ok(state.step().await?.map(|bytes| (bytes, state))) }))
}

struct Rejected {
    app: Arc<App>,
    cipher: TenantCipher,
    subaccount: SubaccountId,
    upload: Upload,
    writer: CsvWriter,
    /// The next block; `None` after the last.
    from: Option<i64>,
}

impl Rejected {
    /// The next bytes; `None` at the end.
    async fn step(&mut self) -> Result<Option<Bytes>> {
        while let Some(from) = self.from {
            let mut tx = self.app.db.read().await?;
            let blocks = store::blocks(&mut tx, &self.subaccount, &self.upload.id, from, BLOCKS_AT_ONCE).await?;
            self.from = blocks.last().map(|last| last.chunk + 1);
            for block in &blocks {
                self.write(&mut tx, block).await?;
            }
            let bytes = self.writer.take();
            if !bytes.is_empty() {
                return Ok(Some(bytes.into()));
            }
        }
        Ok(None)
    }

    async fn write(&mut self, tx: &mut crate::db::Tx, block: &StoredBlock) -> Result<()> {
        let bytes = block.open_rows(&self.cipher, &self.upload.id)?;
        let Some(last) = last_row(&bytes, block.first_row)? else { return Ok(()) };
        let errors = store::errors_between(tx, &self.subaccount, &self.upload.id, block.first_row, last).await?;
        let open = |row| open_error(row, &self.upload.id, &self.cipher, true).map(|error| (error.row, error));
        let errors = errors.iter().map(open).collect::<Result<HashMap<u64, UploadError>>>()?;
        let (mut rows, mut row) = (BlockRows::new(&bytes, block.first_row), BlockRow::default());
        while rows.next_into(&mut row).map_err(Error::internal)? {
            let Some(error) = errors.get(&row.number) else { continue };
            let width = self.upload.headers.len();
            let own = (0..width).map(|column| row.cell(column).to_owned());
            let words = [row.number.to_string(), error.detail.clone(), error.fix.clone()];
            // Cells beyond the columns stay beyond them: the row is still too long until somebody mends it.
            let beyond = row.cells.iter().skip(width).map(|cell| (*cell).to_owned());
            self.writer.row(own.chain(words).chain(beyond));
        }
        Ok(())
    }
}

fn last_row(bytes: &[u8], first_row: u64) -> Result<Option<u64>> {
    let (mut rows, mut row, mut last) = (BlockRows::new(bytes, first_row), BlockRow::default(), None);
    while rows.next_into(&mut row).map_err(Error::internal)? {
        last = Some(row.number);
    }
    Ok(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_columns_of_a_rejected_file_are_left_out() {
        let names = |names: &[&str]| names.iter().map(|n| (*n).to_owned()).collect::<Vec<_>>();
        assert_eq!(own_columns(&names(&["phone", "row", "problem", "how_to_fix"])), 1);
        assert_eq!(own_columns(&names(&["row", "problem", "how_to_fix"])), 3);
        assert_eq!(own_columns(&names(&["phone", "row", "problem"])), 3);
    }
}
