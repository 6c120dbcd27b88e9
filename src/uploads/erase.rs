//! One person in the files of a subaccount: finding their rows, and writing the files anew without them.
//!
//! A row keeps its number and its place, because verdicts and errors are found by them; its cells go. In the row of somebody else
//! (a note that names the number) only the cell goes that names it.

use std::collections::HashSet;

use super::block::{BlockRow, BlockRows, Packer};
use super::store::{self, StoredBlock};
use super::verdict::{ToSend, Verdict, Verdicts};
use super::{Message, Upload, UploadStatus, error_context, rows_context, verdicts_context};
use crate::access::Settings;
use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{SubaccountId, UploadId};
use crate::kernel::own_link::OwnLinks;
use crate::kernel::phone::{Phone, Traces};

/// Blocks looked through at once.
const BLOCKS_AT_ONCE: i64 = 16;
/// What stands for a cell that named them: something, because the cell may fill the text of somebody else's message.
const HIDDEN: &str = "***";
/// What a file is called whose name named them.
const RENAMED: &str = "renamed.csv";
/// What stands for the words about a rejected row that went.
const ERASED: &str = "The row was erased at the person’s request.";

/// A row of a file that is about a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonRow {
    /// Its number in a spreadsheet.
    pub row: u64,
    /// Its cells with the names of their columns.
    pub cells: Vec<(String, String)>,
}

/// Where a file names a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The upload.
    pub upload: UploadId,
    /// Its file's name.
    pub file_name: String,
    /// The blocks that name the number.
    pub chunks: Vec<i64>,
    /// The rows that are the person's own.
    pub rows: Vec<PersonRow>,
}

/// A row that was to be sent and is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unsent {
    /// Its block.
    pub chunk: i64,
    /// What would have gone out.
    pub send: ToSend,
}

/// Who is looked for, in one file.
#[derive(Clone)]
struct Wanted {
    digits: u64,
    traces: Traces,
    /// The column of numbers, once it is known.
    phone: Option<usize>,
}

/// What a row is to the person who is looked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Relation {
    /// It is theirs.
    Own,
    /// It is somebody else's and names them.
    Names,
    None,
}

impl Wanted {
    fn of(phone: Phone, upload: &Upload) -> Self {
        let column = upload.mapping.as_ref().and_then(|mapping| mapping.phone_column(&upload.headers));
        Self { digits: phone.digits(), traces: Traces::of(&phone), phone: column }
    }

    fn relation(&self, row: &BlockRow<'_>, verdict: Option<&Verdict>) -> Relation {
        if matches!(verdict, Some(Verdict::ToSend(send)) if send.digits == self.digits) {
            return Relation::Own;
        }
        let mut naming = row.cells.iter().enumerate().filter(|(_, cell)| self.traces.stand_in(cell)).peekable();
        if naming.peek().is_none() {
            return Relation::None;
        }
        // While nobody said which column holds the numbers, it is any that holds nothing but a number.
        let holds_numbers = |(column, cell): (usize, &&str)| self.phone.map_or(!cell.chars().any(char::is_alphabetic), |own| own == column);
        if naming.any(holds_numbers) { Relation::Own } else { Relation::Names }
    }
}

/// Every file of a subaccount that names a person. Reads some blocks at a time and holds nothing.
pub async fn find_person(app: &App, subaccount: &SubaccountId, phone: Phone) -> Result<Vec<Trace>> {
    let cipher = app.cipher.tenant(subaccount);
    let mut tx = app.db.read().await?;
    let uploads = store::all(&mut tx, subaccount).await?;
    drop(tx);
    let mut found = Vec::new();
    for id in uploads {
        let mut tx = app.db.read().await?;
        let upload = match store::get(&mut tx, &cipher, subaccount, &id).await {
            Err(Error::NotFound(_)) => continue,
            upload => upload?,
        };
        drop(tx);
        let wanted = Wanted::of(phone, &upload);
        let mut trace = Trace { upload: id.clone(), file_name: upload.file_name.clone(), chunks: Vec::new(), rows: Vec::new() };
        let mut from = 0;
        loop {
            let mut tx = app.db.read().await?;
            let blocks = store::blocks(&mut tx, subaccount, &id, from, BLOCKS_AT_ONCE).await?;
            drop(tx);
            let Some(last) = blocks.last() else { break };
            from = last.chunk + 1;
            let (key, upload, wanted) = (cipher.clone(), upload.clone(), wanted.clone());
            let part =
                tokio::task::spawn_blocking(move || look_through(&blocks, &key, &upload, &wanted)).await.map_err(Error::internal)??;
            trace.chunks.extend(part.0);
            trace.rows.extend(part.1);
        }
        if !trace.chunks.is_empty() {
            found.push(trace);
        }
    }
    Ok(found)
}

fn look_through(blocks: &[StoredBlock], cipher: &TenantCipher, upload: &Upload, wanted: &Wanted) -> Result<(Vec<i64>, Vec<PersonRow>)> {
    let (mut chunks, mut own) = (Vec::new(), Vec::new());
    for block in blocks {
        let bytes = block.open_rows(cipher, &upload.id)?;
        let verdicts = block.open_verdicts(cipher, &upload.id)?;
        let (mut rows, mut row, mut index) = (BlockRows::new(&bytes, block.first_row), BlockRow::default(), 0);
        while rows.next_into(&mut row).map_err(Error::internal)? {
            match wanted.relation(&row, verdict_at(verdicts.as_ref(), index)?.as_ref()) {
                Relation::None => {}
                relation => {
                    if chunks.last() != Some(&block.chunk) {
                        chunks.push(block.chunk);
                    }
                    if relation == Relation::Own {
                        let named = upload.headers.iter().enumerate().map(|(i, name)| (name.clone(), row.cell(i).to_owned()));
                        own.push(PersonRow { row: row.number, cells: named.collect() });
                    }
                }
            }
            index += 1;
        }
    }
    Ok((chunks, own))
}

fn verdict_at(verdicts: Option<&Verdicts>, index: usize) -> Result<Option<Verdict>> {
    verdicts.filter(|verdicts| index < verdicts.len()).map(|verdicts| verdicts.at(index)).transpose().map_err(Error::internal)
}

/// Locks the files in which a person was found, in the order of their ids. A step; who also locks campaigns does so before.
pub async fn hold_found(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId, found: &[Trace]) -> Result<Vec<Upload>> {
    let mut held = Vec::with_capacity(found.len());
    for trace in found {
        match store::lock(tx, cipher, subaccount, &trace.upload).await {
            Err(Error::NotFound(_)) => {}
            upload => held.push(upload?),
        }
    }
    Ok(held)
}

/// Writes the blocks of a locked file anew without a person; gives their rows that were to be sent. `counts` says whether they
/// are no longer counted as such, because no message has been made or promised of them. A step.
#[expect(clippy::too_many_arguments, reason = "one file's parts, passed once")]
pub async fn erase_person(
    tx: &mut Tx,
    cipher: &TenantCipher,
    subaccount: &SubaccountId,
    upload: &Upload,
    chunks: &[i64],
    phone: Phone,
    (settings, counts): (&Settings, bool),
    now: Millis,
) -> Result<Vec<Unsent>> {
    let wanted = Wanted::of(phone, upload);
    let mut unsent = Vec::new();
    for chunk in chunks {
        let Some(block) = store::block(tx, subaccount, &upload.id, *chunk).await? else { continue };
        let rewritten = rewrite(&block, cipher, upload, &wanted)?;
        store::rewrite_block(tx, subaccount, &upload.id, *chunk, &rewritten.rows, rewritten.verdicts.as_deref()).await?;
        unsent.extend(rewritten.unsent.iter().map(|send| Unsent { chunk: *chunk, send: *send }));
        for error in store::errors_between(tx, subaccount, &upload.id, block.first_row, rewritten.last_row).await? {
            let context = error_context(&upload.id, error.row);
            let words = cipher.own().open_text(&context, &error.body).map_err(Error::internal)?;
            if rewritten.own.contains(&error.row) || wanted.traces.stand_in(&words) {
                let words = serde_json::to_vec(&["", ERASED, ""]).map_err(Error::internal)?;
                store::rewrite_error(tx, subaccount, &upload.id, error.row, &cipher.own().seal(&context, &words)).await?;
            }
        }
    }
    store::touch(tx, subaccount, &upload.id, now).await?;
    if counts && upload.status != UploadStatus::Checking && !unsent.is_empty() {
        recount(tx, subaccount, upload, settings, &unsent).await?;
    }
    Ok(unsent)
}

/// Renames files whose name gives a number away. A step.
pub async fn rename_naming(tx: &mut Tx, subaccount: &SubaccountId, traces: &Traces) -> Result<()> {
    for (id, name) in store::file_names(tx, subaccount).await? {
        if traces.stand_in(&name) {
            store::rename(tx, subaccount, &id, RENAMED).await?;
        }
    }
    Ok(())
}

/// Takes rows out of the counts and sums of a checked file.
async fn recount(tx: &mut Tx, subaccount: &SubaccountId, upload: &Upload, settings: &Settings, unsent: &[Unsent]) -> Result<()> {
    let Some(mut summary) = upload.summary.clone() else { return Ok(()) };
    // Texts are counted here by their language; none is filled.
    let nowhere = OwnLinks::new("");
    let Some(message) = Message::stored(tx, subaccount, upload, &settings.language, &nowhere).await? else { return Ok(()) };
    for row in unsent {
        let language = message.text(row.send.language).map(|(language, _)| language.as_str()).unwrap_or_default();
        summary.leave_out(&row.send, language, message.variant(row.send.language));
    }
    let mut counts = upload.counts;
    counts.to_send = counts.to_send.saturating_sub(unsent.len() as u64);
    counts.opted_out += unsent.len() as u64;
    store::recount(tx, subaccount, &upload.id, &counts, &summary).await
}

/// A block without a person, sealed.
struct Rewritten {
    rows: Vec<u8>,
    verdicts: Option<Vec<u8>>,
    unsent: Vec<ToSend>,
    /// Numbers of the rows that were theirs.
    own: HashSet<u64>,
    last_row: u64,
}

fn rewrite(block: &StoredBlock, cipher: &TenantCipher, upload: &Upload, wanted: &Wanted) -> Result<Rewritten> {
    let bytes = block.open_rows(cipher, &upload.id)?;
    let mut verdicts = block.open_verdicts(cipher, &upload.id)?;
    let (mut packer, mut unsent, mut own) = (Packer::default(), Vec::new(), HashSet::new());
    let (mut rows, mut row, mut index) = (BlockRows::new(&bytes, block.first_row), BlockRow::default(), 0);
    while rows.next_into(&mut row).map_err(Error::internal)? {
        let verdict = verdict_at(verdicts.as_ref(), index)?;
        match wanted.relation(&row, verdict.as_ref()) {
            Relation::Own => {
                packer.push(row.number, std::iter::empty());
                own.insert(row.number);
                if let (Some(Verdict::ToSend(send)), Some(verdicts)) = (verdict, verdicts.as_mut()) {
                    verdicts.set(index, &Verdict::OptedOut).map_err(Error::internal)?;
                    unsent.push(send);
                }
            }
            Relation::Names => {
                let kept = row.cells.iter().map(|cell| if wanted.traces.stand_in(cell) { HIDDEN } else { *cell });
                packer.push(row.number, kept);
            }
            Relation::None => packer.push(row.number, row.cells.iter().copied()),
        }
        index += 1;
    }
    let seal = |context: String, plain: &[u8]| cipher.own().seal(&context, plain);
    Ok(Rewritten {
        rows: seal(rows_context(&upload.id, block.chunk), &packer.take().bytes),
        verdicts: verdicts.map(|v| seal(verdicts_context(&upload.id, block.chunk), v.bytes())),
        unsent,
        own,
        last_row: row.number,
    })
}
