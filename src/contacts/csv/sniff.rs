//! How a file is written: encoding and delimiter, found out from its first bytes.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use csv_core::ReadRecordResult;
use encoding_rs::{BIG5, Encoding, GBK, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1251, WINDOWS_1252, WINDOWS_1256};

use super::error::{FileError, LooksLike};

/// How much of a file is looked at.
pub const HEAD_BYTES: usize = 64 * 1024;

/// What separates cells, in the order in which a tie is decided.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Records that are enough to tell the delimiter.
const RECORDS_TO_COMPARE: usize = 20;

/// How a file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// How bytes stand for characters.
    pub encoding: &'static Encoding,
    /// What separates cells: `,` `;` tab or `|`.
    pub delimiter: u8,
    /// Bytes of the byte order mark before the text.
    pub(super) mark_bytes: usize,
    /// The first line is `sep=;` or alike, as Excel reads and writes it, and no row.
    pub(super) has_separator_line: bool,
}

/// Finds out how a file is written from its first bytes (at most [`HEAD_BYTES`] are needed). `whole`: there is no more of it.
///
/// # Errors
/// [`FileError::Empty`] and [`FileError::Binary`].
pub fn sniff(head: &[u8], whole: bool) -> Result<Format, FileError> {
    if let Some(looks_like) = magic(head) {
        return Err(FileError::Binary { looks_like });
    }
    let (encoding, mark_bytes) = encoding(head, whole)?;
    let (text, _) = encoding.decode_without_bom_handling(&head[mark_bytes..]);
    let start = text.trim_start();
    if start.is_empty() && whole {
        return Err(FileError::Empty);
    }
    if let Some(looks_like) = markup(start) {
        return Err(FileError::Binary { looks_like });
    }
    let separator = separator_line(&text);
    Ok(Format {
        encoding,
        delimiter: separator.unwrap_or_else(|| delimiter(text.as_bytes(), whole)),
        mark_bytes,
        has_separator_line: separator.is_some(),
    })
}

fn encoding(head: &[u8], whole: bool) -> Result<(&'static Encoding, usize), FileError> {
    if let Some(marked) = Encoding::for_bom(head) {
        return Ok(marked);
    }
    if let Some(wide) = unmarked_utf_16(head) {
        return Ok((wide, 0));
    }
    if head.contains(&0) {
        return Err(FileError::Binary { looks_like: LooksLike::Unknown });
    }
    let is_utf_8 = match std::str::from_utf8(head) {
        Ok(_) => true,
        // A character that the end of the head cuts in two.
        Err(error) => error.error_len().is_none() && !whole,
    };
    Ok((if is_utf_8 { UTF_8 } else { legacy(head, whole) }, 0))
}

/// UTF-16 without a mark: digits, delimiters and line ends have a zero byte, nearly always on the same side.
/// An eighth of all pairs is less than any table of phone numbers has, and more than a stray zero byte in other text makes.
fn unmarked_utf_16(head: &[u8]) -> Option<&'static Encoding> {
    let pairs = head.len() / 2;
    let (mut first, mut second) = (0, 0);
    for pair in head.chunks_exact(2) {
        first += usize::from(pair[0] == 0);
        second += usize::from(pair[1] == 0);
    }
    let encoding = if 8 * second > pairs && second > 4 * first {
        UTF_16LE
    } else if 8 * first > pairs && first > 4 * second {
        UTF_16BE
    } else {
        return None;
    };
    let even = &head[..head.len() & !1];
    // The end of the head may cut a surrogate pair in two, which is no fault.
    let (text, _) = encoding.decode_without_bom_handling(even);
    let complete = text.strip_suffix('\u{fffd}').unwrap_or(&text);
    let is_text = complete.chars().all(|c| c != '\u{fffd}' && (!c.is_control() || c.is_ascii_whitespace()));
    is_text.then_some(encoding)
}

/// The encodings of old spreadsheets in the languages that Peyk serves; others are read as the western one, whose letters they mostly
/// share. No country is hinted at: a hint turns a single accented letter into Big5 or Arabic, and names of three letters are told apart
/// without one.
fn legacy(head: &[u8], whole: bool) -> &'static Encoding {
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(head, whole);
    let guess = detector.guess(None, Utf8Detection::Deny);
    if [WINDOWS_1256, BIG5, GBK, WINDOWS_1251].contains(&guess) { guess } else { WINDOWS_1252 }
}

/// What a file is by the fixed bytes it begins with; `None` for text.
fn magic(head: &[u8]) -> Option<LooksLike> {
    const SIGNATURES: &[(&[u8], LooksLike)] = &[
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", LooksLike::OldExcelWorkbook),
        (b"\x1f\x8b", LooksLike::Compressed),
        (b"BZh", LooksLike::Compressed),
        (b"\xfd7zXZ\0", LooksLike::Compressed),
        (b"7z\xbc\xaf\x27\x1c", LooksLike::Compressed),
        (b"\x28\xb5\x2f\xfd", LooksLike::Compressed),
        (b"Rar!\x1a\x07", LooksLike::Compressed),
        (b"%PDF-", LooksLike::Pdf),
        (b"\x89PNG\r\n\x1a\n", LooksLike::Picture),
        (b"\xff\xd8\xff", LooksLike::Picture),
        (b"GIF8", LooksLike::Picture),
    ];
    const ZIP: &[u8] = b"PK\x03\x04";
    if head.starts_with(ZIP) {
        return Some(zip_content(head));
    }
    let known = SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature));
    known.map(|(_, looks_like)| *looks_like)
}

/// A zip names its files in clear, so the first ones tell what it holds.
fn zip_content(head: &[u8]) -> LooksLike {
    let names = |needle: &[u8]| head.windows(needle.len()).any(|window| window == needle);
    if names(b"opendocument.spreadsheet") {
        LooksLike::OpenDocumentSheet
    } else if names(b"xl/") || names(b"[Content_Types].xml") {
        LooksLike::ExcelWorkbook
    } else {
        LooksLike::Zip
    }
}

/// Text, but no table.
fn markup(text: &str) -> Option<LooksLike> {
    let begins = |word: &str| text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word));
    if ["<!doctype", "<html", "<?xml", "<table"].into_iter().any(begins) {
        Some(LooksLike::WebPage)
    } else {
        begins("{\\rtf").then_some(LooksLike::RichText)
    }
}

/// The delimiter that a first line like `sep=;` names.
fn separator_line(text: &str) -> Option<u8> {
    let line = text.split(['\r', '\n']).next()?;
    let (word, value) = line.split_at_checked(4)?;
    match value.as_bytes() {
        [delimiter] if word.eq_ignore_ascii_case("sep=") && DELIMITERS.contains(delimiter) => Some(*delimiter),
        _ => None,
    }
}

/// The delimiter that cuts the first records into the most regular table; a comma when none cuts the header at all.
fn delimiter(text: &[u8], whole: bool) -> u8 {
    let mut best = (b',', 0.0);
    for candidate in DELIMITERS {
        let score = regularity(&widths(text, whole, candidate));
        if score > best.1 {
            best = (candidate, score);
        }
    }
    best.0
}

/// Up to 2 for a table whose rows are all as wide as its header, 0 for a single column. Rows that are short count half: spreadsheets
/// leave out empty cells at the end. More columns win a tie.
fn regularity(widths: &[usize]) -> f64 {
    let Some((&header, rows)) = widths.split_first() else {
        return 0.0;
    };
    if header < 2 {
        return 0.0;
    }
    let fit: f64 = rows
        .iter()
        .map(|&width| match width {
            1 => 0.0,
            short if short < header => 0.5,
            same if same == header => 1.0,
            _ => 0.0,
        })
        .sum();
    let share = if rows.is_empty() { 1.0 } else { fit / rows.len() as f64 };
    share + 1.0 - 1.0 / header as f64
}

/// How many cells each of the first records has if `delimiter` separates them.
fn widths(text: &[u8], whole: bool, delimiter: u8) -> Vec<usize> {
    let mut parser = csv_core::ReaderBuilder::new().delimiter(delimiter).build();
    let (mut cell_bytes, mut ends) = (vec![0; text.len() + 1], vec![0; text.len() + 1]);
    let mut widths = Vec::new();
    let (mut read, mut width) = (0, 0);
    while widths.len() < RECORDS_TO_COMPARE {
        let (result, bytes_in, _, cells) = parser.read_record(&text[read..], &mut cell_bytes, &mut ends);
        read += bytes_in;
        width += cells;
        match result {
            ReadRecordResult::Record => widths.push(std::mem::take(&mut width)),
            // The head ends within a record: its width is not known, but it is better than nothing.
            ReadRecordResult::InputEmpty if !whole && !widths.is_empty() => break,
            ReadRecordResult::InputEmpty => {}
            ReadRecordResult::End | ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => break,
        }
    }
    widths
}

#[cfg(test)]
#[path = "sniff_tests.rs"]
mod tests;
