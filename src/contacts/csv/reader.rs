//! Rows of an uploaded file, one at a time, within limits.

use std::fmt;
use std::io::{Chain, Cursor, Read};

use csv_core::ReadRecordResult;

use super::cells::{is_invisible, restore};
use super::error::FileError;
use super::matching::phone_likeness;
use super::sniff::{Format, HEAD_BYTES, sniff};
use super::source::{More, TextSource};

/// How large a file may be. The defaults are those of the product's security rules: a "CSV bomb" stops at the first of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Rows of data, without the header and blank rows.
    pub max_rows: u64,
    /// Bytes of UTF-8 in a cell.
    pub max_field: usize,
    /// Bytes of UTF-8 in a row, with its quotes and delimiters. Also how far an unclosed quote is followed.
    pub max_record: usize,
    /// Columns in any row.
    pub max_columns: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { max_rows: 500_000, max_field: 4 * 1024, max_record: 64 * 1024, max_columns: 100 }
    }
}

/// Reads a file once, from its first byte to its last, in memory bounded by [`Limits::max_record`].
///
/// Rows that are blank in every cell are skipped and not counted, but they keep their number, as in a spreadsheet.
pub struct CsvReader<R> {
    source: TextSource<Chain<Cursor<Vec<u8>>, R>>,
    parser: csv_core::Reader,
    format: Format,
    limits: Limits,
    headers: Vec<String>,
    /// The unquoted cells of the current record, one after the other.
    cells: Vec<u8>,
    /// Where each cell ends in `cells`.
    ends: Vec<usize>,
    /// How many of `ends` are the current record's.
    width: usize,
    /// The current record's number in a spreadsheet.
    number: u64,
    /// Rows of data so far.
    rows: u64,
    /// The last record ended with CR, so an LF now belongs to that line end.
    after_cr: bool,
}

impl<R: Read> CsvReader<R> {
    /// Finds out how the file is written, and reads its column names.
    ///
    /// # Errors
    /// When the file is empty or not text, or its first row cannot be used as column names.
    pub fn new(mut input: R, limits: Limits) -> Result<Self, FileError> {
        let mut head = Vec::new();
        (&mut input).take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(FileError::CutShort)?;
        let format = sniff(&head, head.len() < HEAD_BYTES)?;
        let mut bytes = Cursor::new(head);
        bytes.set_position(format.mark_bytes as u64);
        let mut reader = Self {
            source: TextSource::new(bytes.chain(input), format.encoding),
            parser: parser(format.delimiter),
            format,
            limits,
            headers: Vec::new(),
            cells: vec![0; limits.max_record + 2],
            ends: vec![0; limits.max_columns + 1],
            width: 0,
            number: 0,
            rows: 0,
            after_cr: false,
        };
        if format.has_separator_line && reader.read_record()? {
            // A spreadsheet obeys this line and does not show it, so it has no number.
            reader.number = 0;
        }
        reader.read_headers()?;
        Ok(reader)
    }

    /// How the file is written.
    pub fn format(&self) -> Format {
        self.format
    }

    /// The column names, trimmed, each one different. Nameless columns at the right end are left out.
    pub fn headers(&self) -> &[String] {
        &self.headers
    }

    /// The next row that is not blank; `None` after the last.
    ///
    /// # Errors
    /// The first problem that spoils the file as a whole. What was read before must then be thrown away.
    pub fn next_row(&mut self) -> Result<Option<Row<'_>>, FileError> {
        loop {
            if !self.read_record()? {
                return if self.rows == 0 { Err(FileError::HeaderOnly) } else { Ok(None) };
            }
            if !self.cells()?.trim().is_empty() {
                break;
            }
        }
        self.rows += 1;
        if self.rows > self.limits.max_rows {
            return Err(FileError::TooManyRows { limit: self.limits.max_rows });
        }
        Ok(Some(Row { number: self.number, cells: self.cells()?, ends: &self.ends[..self.width], columns: self.headers.len() }))
    }

    fn read_headers(&mut self) -> Result<(), FileError> {
        loop {
            if !self.read_record()? {
                return Err(FileError::Empty);
            }
            if !self.cells()?.trim().is_empty() {
                break;
            }
        }
        let cells = self.cells()?;
        let mut names: Vec<String> = cells_between(cells, &self.ends[..self.width])
            .map(|cell| restore(cell).trim_matches(|c: char| c.is_whitespace() || is_invisible(c)).to_owned())
            .collect();
        while names.last().is_some_and(String::is_empty) {
            names.pop();
        }
        self.headers = checked_names(names)?;
        Ok(())
    }

    /// Reads one record into `cells` and `ends`; false at the end of the file.
    fn read_record(&mut self) -> Result<bool, FileError> {
        if !self.skip_line_ends()? {
            return Ok(false);
        }
        self.number += 1;
        self.width = 0;
        let (mut read, mut written) = (0, 0);
        // One byte more than a record may have, so that a record of just that size can be told from a larger one.
        let most = self.limits.max_record + 1;
        loop {
            if read == most {
                return Err(self.endless_record(written));
            }
            if read == self.source.text().len() {
                match self.source.more().map_err(FileError::CutShort)? {
                    More::Text => {}
                    More::Damaged => return Err(self.not_decodable()),
                    More::End if self.end_record(written) => break,
                    More::End => return Err(FileError::UnclosedQuote { row: self.number }),
                }
            }
            let text = self.source.text();
            let window = &text[read..text.len().min(most)];
            let (result, bytes_in, bytes_out, ends_out) =
                self.parser.read_record(window, &mut self.cells[written..], &mut self.ends[self.width..]);
            read += bytes_in;
            written += bytes_out;
            self.width += ends_out;
            if result == ReadRecordResult::Record || self.width > self.limits.max_columns {
                break;
            }
        }
        self.check_record(read)?;
        self.source.consume(read);
        Ok(true)
    }

    /// Goes to the first byte of the next record. Each blank line on the way is a row of its own; false at the end of the file.
    fn skip_line_ends(&mut self) -> Result<bool, FileError> {
        loop {
            match self.source.text().first() {
                Some(b'\n') if self.after_cr => self.after_cr = false,
                Some(end @ (b'\r' | b'\n')) => {
                    self.after_cr = *end == b'\r';
                    self.number += 1;
                }
                Some(_) => {
                    self.after_cr = false;
                    return Ok(true);
                }
                None => match self.source.more().map_err(FileError::CutShort)? {
                    More::Text => continue,
                    More::End => return Ok(false),
                    More::Damaged => {
                        self.number += 1;
                        return Err(self.not_decodable());
                    }
                },
            }
            self.source.consume(1);
        }
    }

    /// Checks the record that was just parsed from the first `read` bytes of the source.
    fn check_record(&mut self, read: usize) -> Result<(), FileError> {
        if self.width > self.limits.max_columns {
            return Err(FileError::TooManyColumns { row: self.number, limit: self.limits.max_columns });
        }
        let raw = &self.source.text()[..read];
        self.after_cr = raw.last() == Some(&b'\r');
        let body = match raw {
            [body @ .., b'\r' | b'\n'] => body,
            whole => whole,
        };
        if raw.contains(&0) {
            return Err(FileError::ZeroByte { row: self.number });
        }
        let spans_lines = body.contains(&b'\n') || body.contains(&b'\r');
        if spans_lines && has_text_after_quote(body, self.format.delimiter) {
            return Err(FileError::MisplacedQuote { row: self.number });
        }
        let mut start = 0;
        for (index, end) in self.ends[..self.width].iter().enumerate() {
            if end - start > self.limits.max_field {
                return Err(FileError::FieldTooLong { row: self.number, column: column_letter(index), limit: self.limits.max_field });
            }
            start = *end;
        }
        Ok(())
    }

    fn endless_record(&mut self, written: usize) -> FileError {
        if self.end_record(written) {
            FileError::RecordTooLong { row: self.number, limit: self.limits.max_record }
        } else {
            FileError::UnclosedQuote { row: self.number }
        }
    }

    /// Gives the parser a line end that is not in the file. False when it takes it for text: the record stops inside quotes.
    fn end_record(&mut self, written: usize) -> bool {
        let (result, _, _, ends_out) = self.parser.read_record(b"\n", &mut self.cells[written..], &mut self.ends[self.width..]);
        self.width += ends_out;
        result == ReadRecordResult::Record
    }

    /// The current record's cells as text.
    fn cells(&self) -> Result<&str, FileError> {
        let ends = &self.ends[..self.width];
        let written = ends.last().copied().unwrap_or(0);
        let text = std::str::from_utf8(&self.cells[..written]).map_err(|_| self.not_decodable())?;
        // Half a character at the end of one cell and half at the start of the next look whole only when joined.
        if ends.iter().all(|end| text.is_char_boundary(*end)) { Ok(text) } else { Err(self.not_decodable()) }
    }

    fn not_decodable(&self) -> FileError {
        FileError::NotDecodable { encoding: self.format.encoding.name(), row: self.number }
    }
}

/// A row of data.
#[derive(Debug, Clone, Copy)]
pub struct Row<'a> {
    number: u64,
    cells: &'a str,
    ends: &'a [usize],
    columns: usize,
}

impl<'a> Row<'a> {
    /// The row's number in a spreadsheet: the header is row 1, blank rows count, lines within quotes do not.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The cell under the header of this index, [restored](restore); empty when the row is shorter.
    pub fn cell(&self, column: usize) -> &'a str {
        let Some(end) = self.ends.get(column) else {
            return "";
        };
        let start = column.checked_sub(1).map_or(0, |before| self.ends[before]);
        restore(&self.cells[start..*end])
    }

    /// A cell for each header, then, in a row with a [`problem`](Self::problem), the cells that have no header.
    pub fn cells(&self) -> impl Iterator<Item = &'a str> + Clone {
        let row = *self;
        (0..self.columns.max(self.filled())).map(move |column| row.cell(column))
    }

    /// What is wrong with the shape of this row. The file can still be used without it.
    pub fn problem(&self) -> Option<RowShape> {
        let cells = self.filled();
        (cells > self.columns).then_some(RowShape::Ragged { cells, columns: self.columns })
    }

    /// Cells up to the last that is not blank.
    fn filled(&self) -> usize {
        (0..self.ends.len()).rev().find(|column| !self.cell(*column).trim().is_empty()).map_or(0, |last| last + 1)
    }
}

/// A row that does not fit its header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RowShape {
    /// Text beyond the last column, mostly because a cell holds the delimiter without quotes around it.
    Ragged {
        /// Cells up to the last that is not blank.
        cells: usize,
        /// Columns that have a name.
        columns: usize,
    },
}

impl RowShape {
    /// A stable word for the API and for tests.
    pub fn code(self) -> &'static str {
        match self {
            Self::Ragged { .. } => "too_many_cells",
        }
    }
}

impl fmt::Display for RowShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ragged { cells, columns } => write!(
                f,
                "This row has {cells} cells, but there are {columns} columns. Put quotes (\") around a cell that holds the separator."
            ),
        }
    }
}

/// A parser that takes a byte order mark for text: the one that the file begins with has been dropped.
fn parser(delimiter: u8) -> csv_core::Reader {
    let mut parser = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
    // It looks for a mark in the first bytes it is given only; a blank line it skips.
    parser.read_record(b"\n", &mut [0], &mut [0]);
    parser
}

fn cells_between<'a>(cells: &'a str, ends: &'a [usize]) -> impl Iterator<Item = &'a str> {
    ends.iter().scan(0, |start, end| {
        let cell = &cells[*start..*end];
        *start = *end;
        Some(cell)
    })
}

fn checked_names(names: Vec<String>) -> Result<Vec<String>, FileError> {
    if names.iter().any(|name| phone_likeness(name) >= 1.0) {
        return Err(FileError::NoHeader);
    }
    if let Some(index) = names.iter().position(String::is_empty) {
        return Err(FileError::EmptyColumnName { column: column_letter(index) });
    }
    let mut seen = std::collections::HashSet::new();
    if let Some(name) = names.iter().find(|name| !seen.insert(name.to_lowercase())) {
        return Err(FileError::DoubledColumn { name: name.clone() });
    }
    Ok(names)
}

/// Whether a quoted cell in this record closes and then goes on, as it does when the quote that opened it was left unclosed and the
/// next row's opening quote closed it.
fn has_text_after_quote(record: &[u8], delimiter: u8) -> bool {
    let mut bytes = record.iter().copied().peekable();
    let mut at_cell_start = true;
    while let Some(byte) = bytes.next() {
        if at_cell_start && byte == b'"' {
            // Inside quotes: on to the quote that closes the cell.
            while let Some(inner) = bytes.next() {
                if inner == b'"' && bytes.next_if_eq(&b'"').is_none() {
                    break;
                }
            }
            if bytes.peek().is_some_and(|next| *next != delimiter) {
                return true;
            }
            at_cell_start = false;
        } else {
            at_cell_start = byte == delimiter;
        }
    }
    false
}

/// The column's name in a spreadsheet: A … Z, AA ….
fn column_letter(index: usize) -> String {
    let letter = char::from(b'A' + u8::try_from(index % 26).expect("a remainder of 26 fits a byte"));
    match index / 26 {
        0 => letter.to_string(),
        rest => format!("{}{letter}", column_letter(rest - 1)),
    }
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
