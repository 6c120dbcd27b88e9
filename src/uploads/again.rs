//! Using a file again: its rows and its message as a new upload.

use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, stream};

use super::block::{BlockRow, BlockRows};
use super::choice::{require_open, set_message};
use super::message::{MessageChoice, Wording};
use super::receive::receive;
use super::review::get;
use super::store::MessageColumns;
use super::{Upload, part_context, store};
use crate::access::{Actor, Permission};
use crate::app::App;
use crate::contacts::csv::CsvWriter;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{SubaccountId, UploadId};

/// Blocks read in one step.
const BLOCKS_AT_ONCE: i64 = 8;
/// The number of the first row under the column names.
const FIRST_ROW: u64 = 2;

/// Takes in the file of an upload once more, under the same row numbers and with the same message. Its
/// rows are to be checked anew, because people may have opted out since.
///
/// # Errors
/// [`Error::Conflict`] while the upload is still arriving.
pub async fn copy(app: &Arc<App>, actor: &Actor, id: &UploadId) -> Result<Upload> {
    actor.require(Permission::Send)?;
    let upload = get(app, actor, id).await?;
    if upload.status == super::UploadStatus::Receiving {
        return Err(Error::conflict("This upload has not arrived yet. Wait until it has."));
    }
    if upload.rows_removed_at.is_some() {
        return Err(Error::conflict("The rows of this file were removed, because they are kept no longer. Upload the file again."));
    }
    let made = receive(app, actor, &upload.file_name, rows_of(app, actor, upload.clone())).await?;
    same_message(app, actor, &made.id, id).await
}

/// Gives an upload the message of an earlier one, as far as that can still be sent; otherwise it is left
/// to be chosen.
pub async fn same_message(app: &App, actor: &Actor, to: &UploadId, earlier: &UploadId) -> Result<Upload> {
    let Some(choice) = choice_of(get(app, actor, earlier).await?) else { return get(app, actor, to).await };
    match set_message(app, actor, to, &choice).await {
        // Its template was put away or its placeholders changed since.
        Err(Error::Invalid(_) | Error::NotFound(_)) => get(app, actor, to).await,
        done => done,
    }
}

/// Gives an upload the message and the mapping of another, of the same template version. Its rows are to be checked then.
pub async fn take_message(app: &App, actor: &Actor, to: &UploadId, from: &UploadId) -> Result<Upload> {
    actor.require(Permission::Send)?;
    let (now, subaccount, cipher) = (app.clock.now(), &actor.subaccount, app.cipher.tenant(&actor.subaccount));
    let mut tx = app.db.write().await?;
    let source = store::get(&mut tx, &cipher, subaccount, from).await?;
    require_open(&store::hold(&mut tx, &cipher, subaccount, to).await?)?;
    let category = source.category.ok_or_else(|| Error::internal("an upload with a campaign has no category"))?;
    let columns = MessageColumns {
        template: source.template.as_ref().map(|(template, version)| (template, *version)),
        body: source.text.as_ref().map(|text| cipher.own().seal(&part_context(to, "body"), text.as_bytes())),
        category,
        language: source.language.as_ref(),
    };
    store::set_message(&mut tx, subaccount, to, columns, now).await?;
    if let Some(mapping) = &source.mapping {
        store::set_mapping(&mut tx, subaccount, to, mapping, now).await?;
    }
    let upload = store::get(&mut tx, &cipher, subaccount, to).await?;
    tx.commit().await?;
    Ok(upload)
}

/// Forgets an upload that no campaign is made of any more. The caller has made sure of that.
pub async fn forget(app: &App, subaccount: &SubaccountId, id: &UploadId) -> Result<()> {
    store::remove(app, subaccount, id).await
}

fn choice_of(upload: Upload) -> Option<MessageChoice> {
    // A template is what it is about today, which may have been corrected since.
    let (wording, category) = match (upload.template, upload.text) {
        (Some((template, _)), _) => (Wording::Template(template.as_str().to_owned()), None),
        (None, Some(text)) => (Wording::Text(text), upload.category),
        (None, None) => return None,
    };
    Some(MessageChoice { wording, category, language: upload.language })
}

/// The rows as the CSV file that they were, blank lines included.
fn rows_of(app: &Arc<App>, actor: &Actor, upload: Upload) -> impl Stream<Item = Result<Bytes>> + Send + use<> {
    let state = Rows {
        app: Arc::clone(app),
        cipher: app.cipher.tenant(&actor.subaccount),
        subaccount: actor.subaccount.clone(),
        writer: CsvWriter::new(&upload.headers),
        upload,
        from: Some(0),
        next_row: FIRST_ROW,
    };
    stream::try_unfold(state, |mut state| async move { Ok(state.step().await?.map(|bytes| (bytes, state))) })
}

struct Rows {
    app: Arc<App>,
    cipher: TenantCipher,
    subaccount: SubaccountId,
    upload: Upload,
    writer: CsvWriter,
    /// The next block; `None` after the last.
    from: Option<i64>,
    /// The number that the next row written will have.
    next_row: u64,
}

impl Rows {
    /// The next bytes; `None` at the end.
    async fn step(&mut self) -> Result<Option<Bytes>> {
        let Some(from) = self.from else { return Ok(None) };
        let mut tx = self.app.db.read().await?;
        let blocks = store::blocks(&mut tx, &self.subaccount, &self.upload.id, from, BLOCKS_AT_ONCE).await?;
        drop(tx);
        self.from = blocks.last().map(|last| last.chunk + 1);
        for block in &blocks {
            let bytes = block.open_rows(&self.cipher, &self.upload.id)?;
            let (mut rows, mut row) = (BlockRows::new(&bytes, block.first_row), BlockRow::default());
            while rows.next_into(&mut row).map_err(Error::internal)? {
                for _ in self.next_row..row.number {
                    self.writer.row(std::iter::repeat_n("", self.upload.headers.len()));
                }
                self.writer.row(row.cells.iter());
                self.next_row = row.number + 1;
            }
        }
        let bytes = self.writer.take();
        Ok((!bytes.is_empty()).then(|| bytes.into()))
    }
}
