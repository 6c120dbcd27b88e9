//! Why a whole file is refused: one sentence that says what, where and how to fix it.

use std::io;

/// A reason to refuse a file as a whole. Rows are numbered as a spreadsheet shows them: the header is row 1.
///
/// No message repeats a cell of the data, so that a phone number cannot leak through one.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// No bytes, or only blank lines.
    #[error("The file is empty. Choose a file with a row of column names and at least one row of data.")]
    Empty,
    /// Column names, but no row under them.
    #[error("The file holds column names but no rows under them. Add at least one row of data, then upload it again.")]
    HeaderOnly,
    /// Not text.
    #[error("{}", .looks_like.advice())]
    Binary {
        /// What the first bytes look like.
        looks_like: LooksLike,
    },
    /// The first row holds a phone number where a column name should be.
    #[error(
        "Row 1 holds a phone number where column names are expected. Add a first row with a name for each column, such as phone, then upload the file again."
    )]
    NoHeader,
    /// A column that holds a name to its right has none itself.
    #[error("Column {column} has no name in the first row. Give it a name or delete the column, then upload the file again.")]
    EmptyColumnName {
        /// The column's letter in a spreadsheet.
        column: String,
    },
    /// Two columns of one name (letter case ignored): which one is meant cannot be known.
    #[error("Two columns are named “{name}”. Rename or delete one of them, then upload the file again.")]
    DoubledColumn {
        /// The name as the second of them spells it.
        name: String,
    },
    /// More columns than [`Limits::max_columns`](super::Limits::max_columns).
    #[error("Row {row} has more than {limit} columns. Delete the columns that are not needed, then upload the file again.")]
    TooManyColumns {
        /// The first row that has too many.
        row: u64,
        /// The most columns that are accepted.
        limit: usize,
    },
    /// More rows of data than [`Limits::max_rows`](super::Limits::max_rows).
    #[error("The file has more than {limit} rows. Split it into files of at most {limit} rows each.")]
    TooManyRows {
        /// The most rows of data that are accepted.
        limit: u64,
    },
    /// A cell larger than [`Limits::max_field`](super::Limits::max_field).
    #[error(
        "The cell in row {row}, column {column}, is larger than {limit} bytes. Shorten it; if a quote (\") in that row is not closed, close it."
    )]
    FieldTooLong {
        /// The cell's row.
        row: u64,
        /// The column's letter in a spreadsheet.
        column: String,
        /// The most bytes (of UTF-8) that a cell may have.
        limit: usize,
    },
    /// A row larger than [`Limits::max_record`](super::Limits::max_record).
    #[error("Row {row} is larger than {limit} bytes. Check that each row ends with a line break, then upload the file again.")]
    RecordTooLong {
        /// The row.
        row: u64,
        /// The most bytes (of UTF-8) that a row may have.
        limit: usize,
    },
    /// A quoted cell that does not end before the file, or the largest row, does.
    #[error("A quote (\") opened in row {row} is never closed. Close it or remove it, then upload the file again.")]
    UnclosedQuote {
        /// The row in which the quote opens.
        row: u64,
    },
    /// A quoted cell that spans lines and goes on after its closing quote: a quote is missing, and other rows were swallowed.
    #[error(
        "A quoted cell in row {row} runs on over the lines below it, and more text follows its closing quote. A quote (\") is missing there: close it in row {row}, then upload the file again."
    )]
    MisplacedQuote {
        /// The row in which the quote opens.
        row: u64,
    },
    /// Bytes that the encoding does not know.
    #[error("Row {row} holds characters that are not valid {encoding}. Save the file as “CSV UTF-8”, then upload it again.")]
    NotDecodable {
        /// The encoding that the start of the file is in.
        encoding: &'static str,
        /// The row in which the bad bytes are.
        row: u64,
    },
    /// A zero byte in the middle of text.
    #[error("Row {row} holds a zero byte, which text never has: the file may be damaged. Export it again, then upload the new file.")]
    ZeroByte {
        /// The row in which it is.
        row: u64,
    },
    /// The bytes stopped coming, for example because the connection broke. The cause is in `source()`.
    #[error("The file could not be read to its end. Upload it again.")]
    CutShort(#[source] io::Error),
}

impl FileError {
    /// A stable word for the API and for tests.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty_file",
            Self::HeaderOnly => "no_rows",
            Self::Binary { .. } => "binary_file",
            Self::NoHeader => "no_header",
            Self::EmptyColumnName { .. } => "empty_column_name",
            Self::DoubledColumn { .. } => "doubled_column",
            Self::TooManyColumns { .. } => "too_many_columns",
            Self::TooManyRows { .. } => "too_many_rows",
            Self::FieldTooLong { .. } => "cell_too_long",
            Self::RecordTooLong { .. } => "row_too_long",
            Self::UnclosedQuote { .. } => "unclosed_quote",
            Self::MisplacedQuote { .. } => "misplaced_quote",
            Self::NotDecodable { .. } => "not_decodable",
            Self::ZeroByte { .. } => "zero_byte",
            Self::CutShort(_) => "cut_short",
        }
    }
}

/// What a file that is not CSV looks like by its first bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LooksLike {
    /// `.xlsx`
    ExcelWorkbook,
    /// `.xls`, up to Excel 2003; other old Office files begin alike.
    OldExcelWorkbook,
    /// `.ods`
    OpenDocumentSheet,
    /// A zip of something else.
    Zip,
    /// gzip, bzip2, xz, 7-zip, Zstandard or RAR.
    Compressed,
    /// PDF
    Pdf,
    /// PNG, JPEG or GIF.
    Picture,
    /// A web page or XML; some systems name such a file `.xls`.
    WebPage,
    /// Rich text, as word processors save it.
    RichText,
    /// Bytes that are no text and begin like nothing we know.
    Unknown,
}

impl LooksLike {
    fn advice(self) -> &'static str {
        match self {
            Self::ExcelWorkbook | Self::OldExcelWorkbook => {
                "This is an Excel workbook. In Excel choose Save As → CSV UTF-8, then upload that file."
            }
            Self::OpenDocumentSheet => {
                "This is an OpenDocument spreadsheet. In LibreOffice choose Save As → Text CSV, then upload that file."
            }
            Self::Zip | Self::Compressed => "This is a compressed file. Unpack it, then upload the CSV file inside.",
            Self::Pdf => "This is a PDF. Export the table as CSV from the program that made it, then upload that file.",
            Self::Picture => "This is a picture. Upload a CSV file with a row of column names and a row for each person.",
            Self::WebPage => {
                "This is a web page or XML, even if its name ends in .xls. Open it in a spreadsheet, choose Save As → CSV UTF-8, then upload that file."
            }
            Self::RichText => "This is a rich text document. Save the table as CSV UTF-8, then upload that file.",
            Self::Unknown => "This is not a text file. In your spreadsheet choose Save As → CSV UTF-8, then upload that file.",
        }
    }
}
