//! Uploads: a CSV file and its staged rows, from the first byte to a checked list of who gets what.
//!
//! An upload goes through four steps, each resumable: [`receive`] stores the rows in sealed blocks,
//! [`set_message`] says what is to be sent, [`set_mapping`] which column is what, and [`check`] decides
//! about every row. After a check `rows = to_send + rejected + repeated + opted_out`, always. Nothing is
//! sent from here: a campaign made of the upload does that.
//!
//! Stands right of consent, connections and costs, because a check asks them about each row.

mod again;
mod age;
mod block;
mod check;
mod checking;
mod choice;
mod erase;
mod example;
mod message;
mod plan;
mod problem;
mod receive;
mod rejected;
mod review;
mod store;
mod summary;
mod verdict;

use crate::contacts::csv::StoredMapping;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::id::{TemplateId, UploadId};
use crate::kernel::language::Language;

pub use again::{copy, forget, same_message, take_message};
pub use age::{OldFile, count_file_rows, old_files, remove_rows};
pub use block::{BLOCK_ROWS, BlockRow, BlockRows, Damaged};
pub use checking::{check, check_now, resume};
pub use choice::{set_mapping, set_message};
pub use erase::{PersonRow, Trace, Unsent, erase_person, find_person, hold_found, rename_naming};
pub use example::example_csv;
pub use message::{Message, MessageChoice, Wording};
pub use plan::{Origin, Plan, plan};
pub use problem::{Code, Problem};
pub use receive::receive;
pub use rejected::{ADDED_COLUMNS, rejected_csv};
pub use review::{ColumnMatch, Review, RowPreview, UploadError, discard, errors, first_to_send, get, list, preview_row, review};
pub use store::{StoredBlock, blocks, hold, mark_used, open_with_template, stored};
pub use summary::{Cost, Group, Summary};
pub use verdict::{Outcome, ToSend, Verdict, Verdicts};

/// How far an upload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UploadStatus {
    /// Its bytes are coming in.
    Receiving,
    /// All rows are stored; the message or the mapping may be missing.
    Received,
    /// Its rows are being checked.
    Checking,
    /// Every row has a verdict.
    Checked,
    /// A campaign was made of it; it stays as it is.
    Used,
}

impl UploadStatus {
    const ALL: [Self; 5] = [Self::Receiving, Self::Received, Self::Checking, Self::Checked, Self::Used];

    /// The word in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Receiving => "receiving",
            Self::Received => "received",
            Self::Checking => "checking",
            Self::Checked => "checked",
            Self::Used => "used",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }

    /// How it is written on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Receiving => "Uploading",
            Self::Received => "To be matched",
            Self::Checking => "Being checked",
            Self::Checked => "Checked",
            Self::Used => "Sent as a campaign",
        }
    }

    /// Whether the message and the mapping may still be chosen.
    pub fn can_change(self) -> bool {
        matches!(self, Self::Received | Self::Checked)
    }

    /// Whether a campaign may be made of it.
    pub fn can_become_campaign(self) -> bool {
        self == Self::Checked
    }
}

/// What became of the rows. `rows` is the sum of the other four once the upload is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Rows of data in the file.
    pub rows: u64,
    /// Rows that get a message.
    pub to_send: u64,
    /// Rows with a problem.
    pub rejected: u64,
    /// Rows whose number stands in an earlier row.
    pub repeated: u64,
    /// Rows of people who opted out or never agreed.
    pub opted_out: u64,
}

/// A CSV file that was uploaded.
#[derive(Clone, Debug, PartialEq)]
pub struct Upload {
    /// Which one.
    pub id: UploadId,
    /// Its name on the uploader's machine.
    pub file_name: String,
    /// Its size.
    pub bytes: u64,
    /// How far it is.
    pub status: UploadStatus,
    /// Why the last check could not be done, in a sentence.
    pub problem: Option<String>,
    /// How bytes stand for characters, e.g. `UTF-8`.
    pub encoding: String,
    /// What separates cells.
    pub delimiter: char,
    /// The column names.
    pub headers: Vec<String>,
    /// Which column is what, once chosen.
    pub mapping: Option<StoredMapping>,
    /// The template and its version, if one was chosen.
    pub template: Option<(TemplateId, i64)>,
    /// The text, if one was written.
    pub text: Option<String>,
    /// What the message is about, once chosen.
    pub category: Option<Category>,
    /// The language for rows that name none.
    pub language: Option<Language>,
    /// What became of the rows.
    pub counts: Counts,
    /// Rows that the running or last check has gone through.
    pub checked: u64,
    /// Reasons and costs, once checked.
    pub summary: Option<Summary>,
    /// Who uploaded it.
    pub created_by: String,
    /// When.
    pub created_at: Millis,
    /// When its rows were removed because their time was over; the counts stay.
    pub rows_removed_at: Option<Millis>,
}

/// Where a block of rows is sealed.
fn rows_context(upload: &UploadId, chunk: i64) -> String {
    format!("uploads.rows:{upload}:{chunk}")
}

/// Where a block's verdicts are sealed.
fn verdicts_context(upload: &UploadId, chunk: i64) -> String {
    format!("uploads.verdicts:{upload}:{chunk}")
}

/// Where another part of an upload is sealed: `headers`, `body`.
fn part_context(upload: &UploadId, part: &str) -> String {
    format!("uploads.{part}:{upload}")
}

/// Where a rejected row's value and words are sealed.
fn error_context(upload: &UploadId, row: u64) -> String {
    format!("uploads.error:{upload}:{row}")
}
