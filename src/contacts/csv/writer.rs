//! CSV for people to download.

use super::cells::neutralise;

/// Writes a table as CSV that Excel opens rightly: UTF-8 with a byte order mark (else Excel misreads Persian and Chinese), CRLF, each
/// cell quoted (RFC 4180) and [neutralised](neutralise).
///
/// It writes to memory. To stream a long download, [`take`](Self::take) the bytes after each page of rows.
pub struct CsvWriter {
    inner: csv::Writer<Vec<u8>>,
}

impl CsvWriter {
    /// Starts the file with its row of column names.
    pub fn new<C: AsRef<str>>(header: impl IntoIterator<Item = C>) -> Self {
        let mut writer = Self { inner: inner("\u{feff}".as_bytes().to_vec()) };
        writer.row(header);
        writer
    }

    /// Adds a row.
    pub fn row<C: AsRef<str>>(&mut self, cells: impl IntoIterator<Item = C>) {
        const NO_FAULT: &str = "rows may differ in length, and memory takes every byte";
        for cell in cells {
            self.inner.write_field(neutralise(cell.as_ref()).as_bytes()).expect(NO_FAULT);
        }
        self.inner.write_record(None::<&[u8]>).expect(NO_FAULT);
    }

    /// The bytes written since the start or the last call.
    pub fn take(&mut self) -> Vec<u8> {
        let full = std::mem::replace(&mut self.inner, inner(Vec::new()));
        full.into_inner().expect("memory takes every byte")
    }
}

fn inner(bytes: Vec<u8>) -> csv::Writer<Vec<u8>> {
    csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).terminator(csv::Terminator::CRLF).flexible(true).from_writer(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contacts::csv::{CsvReader, Limits};
    use proptest::prelude::*;

    #[test]
    fn a_download_is_utf_8_with_a_mark_and_harmless_in_a_spreadsheet() {
        let mut writer = CsvWriter::new(["phone", "name"]);
        writer.row(["+989120000000", "say \"hi\""]);
        assert_eq!(writer.take(), "\u{feff}\"phone\",\"name\"\r\n\"'+989120000000\",\"say \"\"hi\"\"\"\r\n".as_bytes());
        writer.row(["=1", "سارا"]);
        assert_eq!(writer.take(), "\"'=1\",\"سارا\"\r\n".as_bytes());
    }

    fn read_back(bytes: &[u8], columns: usize) -> Vec<Vec<String>> {
        let mut reader = CsvReader::new(bytes, Limits::default()).expect("our own file");
        assert_eq!(reader.headers().len(), columns);
        let mut rows = Vec::new();
        while let Some(row) = reader.next_row().expect("our own rows") {
            assert_eq!(row.problem(), None);
            rows.push(row.cells().map(str::to_owned).collect());
        }
        rows
    }

    /// Cells with all that breaks naive CSV code; no NUL, which no table of ours can hold.
    fn cell() -> impl Strategy<Value = String> {
        prop_oneof![
            "[\u{feff}\u{200c}\u{a0} '\"=+@|,;\\t\\r\\n\\-]{0,6}[a-zسلام電話0-9\"\\n,;']{0,8}",
            any::<String>().prop_map(|text| text.replace('\0', "")),
        ]
    }

    fn table() -> impl Strategy<Value = (usize, Vec<Vec<String>>)> {
        (1usize..5).prop_flat_map(|columns| {
            let row = proptest::collection::vec(cell(), columns)
                .prop_filter("blank rows are no rows", |row| row.iter().any(|cell| !cell.trim().is_empty()));
            (Just(columns), proptest::collection::vec(row, 1..8))
        })
    }

    proptest! {
        #[test]
        fn a_table_written_and_read_again_is_the_same((columns, rows) in table()) {
            let mut writer = CsvWriter::new((0..columns).map(|i| format!("=col; {i}")));
            for row in &rows {
                writer.row(row);
            }
            prop_assert_eq!(read_back(&writer.take(), columns), rows);
        }
    }
}
