//! Rows of old files, which are not kept longer than the organisation says.

use super::{UploadStatus, store};
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{SubaccountId, UploadId};
use crate::kernel::sweep::Span;

/// An old file that still has its rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OldFile {
    /// Which one.
    pub id: UploadId,
    status: UploadStatus,
}

impl OldFile {
    /// Whether a campaign was made of it.
    pub fn is_used(&self) -> bool {
        self.status == UploadStatus::Used
    }

    /// Whether it is being worked on at this moment.
    pub fn is_busy(&self) -> bool {
        self.status == UploadStatus::Checking
    }
}

/// A part of the old files that still have their rows, in the order of their ids. A step.
pub async fn old_files(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>) -> Result<Vec<OldFile>> {
    let found = store::old_files(tx, subaccount, span).await?;
    Ok(found.into_iter().map(|(id, status)| OldFile { id, status }).collect())
}

/// Rows in the old files that still have them. A step.
pub async fn count_file_rows(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>) -> Result<u64> {
    store::count_file_rows(tx, subaccount, span).await
}

/// Removes a part of the rows of a file that nobody needs any more; after the last part, how many rows it had. A file that no
/// campaign was made of goes whole. A step.
pub async fn remove_rows(tx: &mut Tx, subaccount: &SubaccountId, file: &OldFile, now: Millis) -> Result<Option<u64>> {
    if !file.is_used() && !store::put_away(tx, subaccount, &file.id, now).await? {
        return Ok(Some(0));
    }
    if !store::delete_rows(tx, subaccount, &file.id).await? {
        return Ok(None);
    }
    let had = if file.is_used() {
        store::rows_removed(tx, subaccount, &file.id, now).await?
    } else {
        store::delete_file(tx, subaccount, &file.id).await?
    };
    Ok(Some(had))
}
