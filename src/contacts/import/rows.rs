//! Rows of a file of contacts, read and checked on a blocking thread.

use std::collections::BTreeMap;

use tokio::sync::mpsc;

use super::ImportProblem;
use super::columns::Columns;
use crate::contacts::csv::{CsvReader, FileError, Limits, Row};
use crate::contacts::profile::{self, Change, Read, Refusal, TagChange};
use crate::contacts::purchases::{self, Bought};
use crate::kernel::clock::Millis;
use crate::kernel::incoming::Incoming;
use crate::kernel::money::Currency;
use crate::kernel::phone::{Country, Phone};

/// Rows in one batch, and so in one transaction.
const BATCH: u64 = 500;
/// How much of a faulty cell is repeated, in characters.
const SHOWN: usize = 100;

/// A row that may be stored.
pub struct Line {
    pub row: u64,
    pub phone: Phone,
    pub change: Change,
    /// What they bought, where the row says so.
    pub bought: Option<Bought>,
}

/// Rows that are stored together.
#[derive(Default)]
pub struct Batch {
    /// How many rows were read.
    pub rows: u64,
    pub lines: Vec<Line>,
    /// One for each row that is not among the lines.
    pub problems: Vec<ImportProblem>,
}

/// Why reading stopped.
pub enum Stopped {
    /// The file cannot be read further.
    File(FileError),
    /// Its columns cannot be used.
    Columns(Refusal),
    /// Storing failed, so there is nobody to read for.
    NobodyListens,
}

impl From<FileError> for Stopped {
    fn from(fault: FileError) -> Self {
        Self::File(fault)
    }
}

/// Reads a file of contacts.
pub struct Reader {
    pub limits: Limits,
    pub country: Country,
    /// Of amounts that name none.
    pub currency: Currency,
    pub now: Millis,
}

impl Reader {
    /// Reads the whole file and hands over what may be stored.
    pub fn run(self, input: Incoming, batches: &mpsc::Sender<Batch>) -> Result<(), Stopped> {
        let mut reader = CsvReader::new(input, self.limits)?;
        let headers = reader.headers().to_vec();
        let columns = Columns::of(&headers).map_err(Stopped::Columns)?;
        let mut batch = Batch::default();
        loop {
            let row = match reader.next_row() {
                Ok(Some(row)) => row,
                Ok(None) => break,
                Err(fault) => {
                    // What stands before the fault is sound and kept.
                    give(batches, batch)?;
                    return Err(fault.into());
                }
            };
            batch.rows += 1;
            match self.line(&row, &columns) {
                Ok(line) => batch.lines.push(line),
                Err((column, refusal)) => batch.problems.push(problem(&row, column.map(|c| (c, headers[c].as_str())), refusal)),
            }
            if batch.rows == BATCH {
                give(batches, std::mem::take(&mut batch))?;
            }
        }
        give(batches, batch)
    }

    fn line(&self, row: &Row<'_>, columns: &Columns) -> Result<Line, (Option<usize>, Refusal)> {
        if let Some(shape) = row.problem() {
            return Err((None, Refusal::new(shape.code(), shape.to_string(), "")));
        }
        let phone = Phone::parse(row.cell(columns.phone), self.country).map_err(|e| {
            let fix = if row.cell(columns.phone).trim().is_empty() { "Add a number, or delete the row.".to_owned() } else { e.fix() };
            (Some(columns.phone), Refusal::new(e.code(), e.to_string(), fix))
        })?;
        let change = Change {
            name: cell(row, columns.name, profile::name)?.map(Some),
            language: cell(row, columns.language, profile::language)?.map(Some),
            time_zone: cell(row, columns.time_zone, profile::time_zone)?.map(Some),
            status: cell(row, columns.status, profile::status)?.map(Some),
            tags: cell(row, columns.tags, profile::tags)?.map(TagChange::Add),
            attributes: attributes(row, columns)?,
        };
        Ok(Line { row: row.number(), phone, change, bought: self.bought(row, columns)? })
    }

    /// A purchase needs a reference and an amount; a row that says nothing of one has none.
    fn bought(&self, row: &Row<'_>, columns: &Columns) -> Result<Option<Bought>, (Option<usize>, Refusal)> {
        let of = &columns.purchase;
        let is_blank = |column: &Option<usize>| column.is_none_or(|column| row.cell(column).trim().is_empty());
        if [of.reference, of.amount, of.currency, of.at, of.items].iter().all(is_blank) {
            return Ok(None);
        }
        let lacking = |column: Option<usize>, what: &str| {
            let fix = format!("Fill in the column purchase_{what}, or leave all columns of the purchase empty.");
            (column, Refusal::new("required", format!("The purchase has no {what}."), fix))
        };
        let reference = cell(row, of.reference, purchases::reference)?.ok_or_else(|| lacking(of.reference, "reference"))?;
        let amount = cell(row, of.amount, purchases::amount)?.ok_or_else(|| lacking(of.amount, "amount"))?;
        Ok(Some(Bought {
            reference,
            amount,
            currency: cell(row, of.currency, purchases::currency)?.unwrap_or(self.currency),
            at: cell(row, of.at, |text| purchases::instant(text, self.now))?.unwrap_or(self.now),
            items: cell(row, of.items, purchases::items_of)?,
        }))
    }
}

fn give(batches: &mpsc::Sender<Batch>, batch: Batch) -> Result<(), Stopped> {
    if batch.rows == 0 {
        return Ok(());
    }
    batches.blocking_send(batch).map_err(|_| Stopped::NobodyListens)
}

/// Reads a cell; an empty one says nothing.
fn cell<T>(row: &Row<'_>, column: Option<usize>, read: impl Fn(&str) -> Read<T>) -> Result<Option<T>, (Option<usize>, Refusal)> {
    let Some(column) = column else { return Ok(None) };
    let text = row.cell(column).trim();
    if text.is_empty() { Ok(None) } else { read(text).map(Some).map_err(|refusal| (Some(column), refusal)) }
}

fn attributes(row: &Row<'_>, columns: &Columns) -> Result<BTreeMap<String, Option<String>>, (Option<usize>, Refusal)> {
    let mut read = cell(row, columns.all_attributes, json)?.unwrap_or_default();
    for (column, name) in &columns.attributes {
        if let Some(value) = cell(row, Some(*column), profile::attribute)? {
            read.insert(name.clone(), Some(value));
        }
    }
    Ok(read)
}

/// Reads all attributes of an exported contact.
fn json(text: &str) -> Read<BTreeMap<String, Option<String>>> {
    let given: BTreeMap<String, String> = serde_json::from_str(text).map_err(|_| {
        Refusal::new(
            "not_json",
            "This is no JSON object of texts.",
            r#"Write it as {"city": "Yazd"}, or give each attribute a column of its own."#,
        )
    })?;
    given.into_iter().map(|(name, value)| Ok((profile::attribute_name(&name)?, Some(profile::attribute(&value)?)))).collect()
}

fn problem(row: &Row<'_>, column: Option<(usize, &str)>, refusal: Refusal) -> ImportProblem {
    ImportProblem {
        row: row.number(),
        column: column.map(|(_, name)| name.to_owned()).unwrap_or_default(),
        value: column.map(|(index, _)| row.cell(index).chars().take(SHOWN).collect()).unwrap_or_default(),
        code: refusal.code,
        detail: refusal.detail,
        fix: refusal.fix,
    }
}
