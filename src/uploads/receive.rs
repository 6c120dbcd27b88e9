//! Taking a file in: bytes → rows → sealed blocks → database, in constant memory.
//!
//! Three parties work at once over bounded channels: the body is fed to a blocking thread, which reads
//! CSV, packs and seals; the full blocks come back and are stored several to a transaction.

use bytes::Bytes;
use futures::Stream;
use tokio::sync::mpsc;

use super::block::Packer;
use super::rejected::own_columns;
use super::{Upload, part_context, rows_context, store};
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::contacts::csv::{CsvReader, FileError, Limits};
use crate::kernel::crypto::{Cipher, TenantCipher};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{SubaccountId, UploadId};
use crate::kernel::incoming::{BodyError, Incoming, channel, feed};

/// Blocks stored in one transaction: some hundred kilobytes, so that the writer is never held for long.
const BLOCKS_AT_ONCE: usize = 8;
/// Blocks in flight between reading and storing.
const CHANNEL: usize = 8;

/// What the reading thread hands over.
enum Piece {
    Head(Head),
    Block(store::NewBlock),
}

/// What is known once the first row was read.
pub(super) struct Head {
    pub encoding: &'static str,
    pub delimiter: char,
    /// The sealed column names.
    pub headers: Vec<u8>,
    /// Equal for files of the same columns, so that the last mapping is found.
    pub header_key: String,
}

/// Stores an uploaded file. Nothing of it stays when it cannot be used as a whole.
///
/// # Errors
/// [`Error::Invalid`] on the field `file`: too large, not CSV, too many rows, the connection broke.
pub async fn receive<S, E>(app: &App, actor: &Actor, file_name: &str, body: S) -> Result<Upload>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: std::error::Error + Send + Sync + 'static,
{
    actor.require(Permission::Send)?;
    let now = app.clock.now();
    let id = UploadId::new(now);
    let (to_reader, incoming) = channel();
    let (to_store, from_reader) = mpsc::channel(CHANNEL);
    let work = Work {
        upload: id.clone(),
        cipher: app.cipher.tenant(&actor.subaccount),
        limits: Limits { max_rows: app.config.max_upload_rows, ..Limits::default() },
        installation: app.cipher.clone(),
        subaccount: actor.subaccount.clone(),
    };
    let reading = tokio::task::spawn_blocking(move || work.run(incoming, &to_store));
    let new = store::NewUpload { id: &id, file_name: &tidy_name(file_name), created_by: &actor.label() };
    let (fed, stored) = tokio::join!(feed(body, to_reader, app.config.max_upload_bytes), save(app, actor, &new, from_reader));
    let read = reading.await.map_err(Error::internal)?;
    match finish(app, actor, &id, fed, stored, read).await {
        Ok(upload) => Ok(upload),
        Err(error) => {
            store::remove(app, &actor.subaccount, &id).await?;
            Err(error)
        }
    }
}

/// A key under which files of the same columns are known.
fn header_key(cipher: &Cipher, subaccount: &SubaccountId, headers: &[String]) -> String {
    let joined = [&[subaccount.as_str().to_owned()], headers].concat().join("\u{1f}");
    cipher.sign("uploads.headers", joined.as_bytes())[..16].iter().map(|b| format!("{b:02x}")).collect()
}

async fn finish(
    app: &App,
    actor: &Actor,
    id: &UploadId,
    fed: Result<u64, BodyError>,
    stored: Result<()>,
    read: Result<u64, Stopped>,
) -> Result<Upload> {
    // The body's own fault explains the reader's, and a fault of the database stops the reader.
    let (bytes, rows) = match (fed, read) {
        (Err(BodyError::TooLarge), _) => {
            let most = app.config.max_upload_bytes / (1024 * 1024);
            return Err(Error::invalid("file", "too_large", format!("The file is larger than {most} MB. Split it into smaller files.")));
        }
        (_, Err(Stopped::File(fault))) => return Err(Error::invalid("file", fault.code(), fault.to_string())),
        (_, Err(Stopped::NobodyListens)) => {
            stored?;
            return Err(Error::internal("storing an upload ended before its file did"));
        }
        (Err(BodyError::Broken), Ok(_)) => {
            return Err(Error::invalid("file", "cut_short", "The file could not be read to its end. Upload it again."));
        }
        (Ok(bytes), Ok(rows)) => {
            stored?;
            (bytes, rows)
        }
    };
    let now = app.clock.now();
    let mut tx = app.db.write_in_bulk().await?;
    store::received(&mut tx, &actor.subaccount, id, bytes, rows, now).await?;
    let detail = serde_json::json!({ "rows": rows, "bytes": bytes });
    access::audit(&mut tx, actor, "upload.receive", id.as_str(), &detail, now).await?;
    let upload = store::get(&mut tx, &app.cipher.tenant(&actor.subaccount), &actor.subaccount, id).await?;
    tx.commit().await?;
    Ok(upload)
}

/// Stores what the reader gives.
async fn save(app: &App, actor: &Actor, new: &store::NewUpload<'_>, mut pieces: mpsc::Receiver<Piece>) -> Result<()> {
    let mut blocks = Vec::with_capacity(BLOCKS_AT_ONCE);
    loop {
        let piece = pieces.recv().await;
        let ended = piece.is_none();
        match piece {
            Some(Piece::Head(head)) => {
                let mut tx = app.db.write_in_bulk().await?;
                store::insert(&mut tx, &actor.subaccount, new, &head, app.clock.now()).await?;
                tx.commit().await?;
            }
            Some(Piece::Block(block)) => blocks.push(block),
            None => {}
        }
        if blocks.len() == BLOCKS_AT_ONCE || (ended && !blocks.is_empty()) {
            let mut tx = app.db.write_in_bulk().await?;
            store::append(&mut tx, &actor.subaccount, new.id, &blocks, app.clock.now()).await?;
            tx.commit().await?;
            blocks.clear();
        }
        if ended {
            return Ok(());
        }
    }
}

/// Why reading stopped.
enum Stopped {
    /// The file cannot be used.
    File(FileError),
    /// Storing failed, so there is nobody to read for.
    NobodyListens,
}

impl From<FileError> for Stopped {
    fn from(fault: FileError) -> Self {
        Self::File(fault)
    }
}

/// The blocking part.
struct Work {
    upload: UploadId,
    cipher: TenantCipher,
    limits: Limits,
    installation: Cipher,
    subaccount: SubaccountId,
}

impl Work {
    /// Reads the whole file; how many rows of data it has.
    fn run(self, input: Incoming, pieces: &mpsc::Sender<Piece>) -> Result<u64, Stopped> {
        let give = |piece| pieces.blocking_send(piece).map_err(|_| Stopped::NobodyListens);
        let mut reader = CsvReader::new(input, self.limits)?;
        let width = reader.headers().len();
        let own = own_columns(reader.headers());
        let names = &reader.headers()[..own];
        let sealed = serde_json::to_vec(names).expect("a list of strings is always JSON");
        give(Piece::Head(Head {
            encoding: reader.format().encoding.name(),
            delimiter: char::from(reader.format().delimiter),
            headers: self.cipher.own().seal(&part_context(&self.upload, "headers"), &sealed),
            header_key: header_key(&self.installation, &self.subaccount, names),
        }))?;
        let (mut packer, mut chunk, mut rows) = (Packer::default(), 0, 0);
        while let Some(row) = reader.next_row()? {
            // Beyond the width stand cells of a row that is too long.
            let cells = row.cells().enumerate().filter(|(column, _)| *column < own || *column >= width);
            packer.push(row.number(), cells.map(|(_, cell)| cell));
            rows += 1;
            if packer.is_full() {
                give(self.seal(&mut packer, &mut chunk))?;
            }
        }
        if !packer.is_empty() {
            give(self.seal(&mut packer, &mut chunk))?;
        }
        Ok(rows)
    }

    fn seal(&self, packer: &mut Packer, chunk: &mut i64) -> Piece {
        let block = packer.take();
        let rows = self.cipher.own().seal(&rows_context(&self.upload, *chunk), &block.bytes);
        let piece = Piece::Block(store::NewBlock { chunk: *chunk, first_row: block.first_row, rows });
        *chunk += 1;
        piece
    }
}

/// The last part of a path, without control characters, at most 200 characters; never empty.
fn tidy_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    if kept.trim().is_empty() { "upload.csv".into() } else { kept }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_keeps_no_path() {
        for (given, want) in
            [("a.csv", "a.csv"), ("C:\\x\\ب.csv", "ب.csv"), ("../../etc/p", "p"), ("", "upload.csv"), ("x/\n", "upload.csv")]
        {
            assert_eq!(tidy_name(given), want);
        }
        assert_eq!(tidy_name(&"é".repeat(300)).chars().count(), 200);
    }
}
