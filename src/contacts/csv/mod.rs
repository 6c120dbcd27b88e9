//! CSV files, in and out.
//!
//! Use [`CsvReader`] for a file that somebody uploads: it reads once, in constant memory, finds the encoding and the delimiter by
//! itself ([`sniff`]), yields rows under the number a spreadsheet shows, and stops with one [`FileError`] when the file as a whole
//! cannot be used. [`guess`] and [`StoredMapping`] say which column is the phone and which fills a placeholder.
//! Use [`CsvWriter`] for every download: it makes formula cells harmless ([`neutralise`]), and the reader undoes that, so that
//! export → import is the identity.
//!
//! Nothing here knows the database, and nothing here is async: run it on a blocking thread.

mod cells;
mod error;
mod mapping;
mod matching;
mod reader;
mod sniff;
mod source;
mod writer;

pub use cells::{neutralise, restore};
pub use error::{FileError, LooksLike};
pub use mapping::{MappingError, StoredMapping};
pub use matching::{Mapping, fold, guess};
pub use reader::{CsvReader, Limits, Row, RowShape};
pub use sniff::{Format, HEAD_BYTES, sniff};
pub use writer::CsvWriter;
