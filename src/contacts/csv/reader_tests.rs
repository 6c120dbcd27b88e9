use super::*;
use encoding_rs::{BIG5, UTF_8, UTF_16LE, WINDOWS_1256};
use proptest::prelude::*;
use std::io;

type Read1 = (u64, Vec<String>);

/// Gives out a few bytes per call, as a slow network does.
struct Trickle<'a>(&'a [u8], usize);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.1.min(self.0.len()).min(buffer.len());
        buffer[..count].copy_from_slice(&self.0[..count]);
        self.0 = &self.0[count..];
        Ok(count)
    }
}

fn read_within(input: impl Read, limits: Limits) -> Result<(Vec<String>, Vec<Read1>), FileError> {
    let mut reader = CsvReader::new(input, limits)?;
    let mut rows = Vec::new();
    while let Some(row) = reader.next_row()? {
        rows.push((row.number(), row.cells().map(str::to_owned).collect()));
    }
    Ok((reader.headers().to_vec(), rows))
}

fn read(bytes: &[u8]) -> Result<(Vec<String>, Vec<Read1>), FileError> {
    read_within(bytes, Limits::default())
}

fn rows(bytes: &[u8]) -> Vec<Read1> {
    read(bytes).expect("a good file").1
}

fn row(number: u64, cells: &[&str]) -> Read1 {
    (number, cells.iter().map(|cell| (*cell).to_owned()).collect())
}

#[track_caller]
fn refused(bytes: &[u8]) -> String {
    read(bytes).expect_err("a bad file").to_string()
}

#[test]
fn rows_have_the_number_that_a_spreadsheet_shows() {
    let text = "phone,note\r\n1,\"two\r\nlines\"\r\n\r\n2,b\r\n,\r\n  , \r\n3,\"\"\"q\"\"\"";
    assert_eq!(rows(text.as_bytes()), [row(2, &["1", "two\r\nlines"]), row(4, &["2", "b"]), row(7, &["3", "\"q\""])]);
}

#[test]
fn every_kind_of_line_end_ends_a_row() {
    for text in ["p,n\n1,a\n\n2,b\n", "p,n\r1,a\r\r2,b\r", "p,n\r\n1,a\r\n\r\n2,b\r\n", "p,n\r\n1,a\n\r2,b", "p,n\n1,a\r\n\n2,b\r"] {
        assert_eq!(rows(text.as_bytes()), [row(2, &["1", "a"]), row(4, &["2", "b"])], "{text:?}");
    }
}

#[test]
fn a_separator_line_has_no_row_number() {
    assert_eq!(read(b"sep=;\r\np;n\r\n1;a,b\r\n").expect("good"), (vec!["p".into(), "n".into()], vec![row(2, &["1", "a,b"])]));
}

#[test]
fn every_encoding_gives_the_same_text() {
    let persian = "موبايل;نام\r\n09120000000;سارا احمدي\r\n09120000001;\"علي\nرضايي\"\r\n";
    let expected = [row(2, &["09120000000", "سارا احمدي"]), row(3, &["09120000001", "علي\nرضايي"])];
    let wide: Vec<u8> = persian.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let files = [
        (persian.as_bytes().to_vec(), UTF_8),
        (format!("\u{feff}{persian}").into_bytes(), UTF_8),
        ([b"\xff\xfe".as_slice(), &wide].concat(), UTF_16LE),
        (wide, UTF_16LE),
        (WINDOWS_1256.encode(persian).0.into_owned(), WINDOWS_1256),
    ];
    for (bytes, encoding) in files {
        let mut reader = CsvReader::new(Trickle(&bytes, 3), Limits::default()).expect("good");
        assert_eq!(reader.format().encoding, encoding);
        assert_eq!(reader.headers(), ["موبايل", "نام"]);
        let mut read = Vec::new();
        while let Some(row) = reader.next_row().expect("good") {
            read.push((row.number(), row.cells().map(str::to_owned).collect::<Vec<_>>()));
        }
        assert_eq!(read, expected, "{encoding:?}");
    }
    let chinese = BIG5.encode("手機,姓名\n0912000000,陳美玲\n").0.into_owned();
    assert_eq!(rows(&chinese), [row(2, &["0912000000", "陳美玲"])]);
}

#[test]
fn short_rows_are_filled_and_long_ones_say_so() {
    let mut reader = CsvReader::new(b"p,n,c\n1\n2,b,c,,\n3,b,c,d,\n".as_slice(), Limits::default()).expect("good");
    let short = reader.next_row().expect("good").expect("a row");
    assert_eq!((short.cell(0), short.cell(2), short.cells().count(), short.problem()), ("1", "", 3, None));
    let padded = reader.next_row().expect("good").expect("a row");
    assert_eq!((padded.cells().count(), padded.problem()), (3, None));
    let long = reader.next_row().expect("good").expect("a row");
    assert_eq!(long.problem(), Some(RowShape::Ragged { cells: 4, columns: 3 }));
    assert_eq!(long.cells().collect::<Vec<_>>(), ["3", "b", "c", "d"]);
}

#[test]
fn neutralised_cells_and_names_come_back_as_they_were() {
    assert_eq!(read(b"'=p,n\n'+98912,'tis\n").expect("good"), (vec!["=p".into(), "n".into()], vec![row(2, &["+98912", "'tis"])]));
}

#[test]
fn names_are_trimmed_and_nameless_columns_at_the_end_left_out() {
    let (names, rows) = read("\n\u{200f} phone ,name,,\n1,a,,\n".as_bytes()).expect("good");
    assert_eq!(names, ["phone", "name"]);
    assert_eq!(rows, [row(3, &["1", "a"])]);
}

#[test]
fn a_first_row_that_cannot_name_columns_is_refused() {
    assert_eq!(
        refused(b"Phone,name,PHONE\n1,a,2\n"),
        "Two columns are named “PHONE”. Rename or delete one of them, then upload the file again."
    );
    assert!(refused(b"phone,,name\n1,a,2\n").starts_with("Column B has no name"));
    assert_eq!(read(b"phone,2026-01-01,01.02.2026\n1,a,b\n").expect("dates name columns").0.len(), 3);
    let headless = refused("۰۹۱۲۰۰۰۰۰۰۰,Ali\n".as_bytes());
    assert!(headless.starts_with("Row 1 holds a phone number") && !headless.contains("۰۹۱۲"));
}

#[test]
fn a_file_without_rows_is_refused() {
    for (text, code) in
        [("", "empty_file"), ("\n\n", "empty_file"), ("sep=;\n", "empty_file"), ("p,n", "no_rows"), ("p,n\n,\n\n", "no_rows")]
    {
        assert_eq!(read(text.as_bytes()).expect_err("no rows").code(), code, "{text:?}");
    }
}

#[test]
fn an_unclosed_quote_is_reported_where_it_opens() {
    assert_eq!(
        refused(b"p,n\n1,a\n\n2,\"b\n3,c\n"),
        "A quote (\") opened in row 4 is never closed. Close it or remove it, then upload the file again."
    );
    // The quote of a later row would close it, and the rows between would be one cell.
    assert_eq!(read(b"p,n\n1,a\n2,\"b\n3,c\n4,\"d\"\n").expect_err("swallowed").code(), "misplaced_quote");
}

#[test]
fn an_unclosed_quote_is_not_followed_to_the_end_of_the_file() {
    let start = b"p,n\n1,\"a\n".as_slice();
    let mut rest = io::repeat(b'x').take(1 << 30);
    let error = read_within(start.chain(&mut rest), Limits::default()).expect_err("endless");
    assert_eq!(error.to_string(), "A quote (\") opened in row 2 is never closed. Close it or remove it, then upload the file again.");
    let taken = (1 << 30) - rest.limit();
    assert!(taken < 200_000, "{taken} bytes were read");
}

#[test]
fn each_limit_holds_to_the_byte() {
    let limits = Limits { max_rows: 2, max_field: 4, max_record: 8, max_columns: 3 };
    let code = |text: &str| read_within(text.as_bytes(), limits).map_err(|error| error.code());
    assert!(code("p,n\n1234,12\n1234,123\n").is_ok());
    assert_eq!(code("p,n\n12345,1\n"), Err("cell_too_long"));
    assert_eq!(code("p,n\n1234,1234\n"), Err("row_too_long"));
    assert_eq!(code("p,n\n1,2,3,4\n"), Err("too_many_columns"));
    assert_eq!(code("p,n\n1,1\n\n2,2\n\n"), code("p,n\n1,1\n\n2,2\n"));
    assert_eq!(code("p,n\n1,1\n\n2,2\n3,3\n"), Err("too_many_rows"));
    let error = read_within("p,n\n1,1\n2,سلامی\n".as_bytes(), Limits { max_record: 80, ..limits }).expect_err("too long");
    assert_eq!(
        error.to_string(),
        "The cell in row 3, column B, is larger than 4 bytes. Shorten it; if a quote (\") in that row is not closed, close it."
    );
}

#[test]
fn bytes_that_turn_bad_after_the_head_name_their_row() {
    let mut bytes = b"phone,name\n".to_vec();
    for _ in 0..10_000 {
        bytes.extend(b"0912,Alice\n");
    }
    let good = bytes.len();
    bytes.extend(b"0912,\xc7\xe1\xed\n");
    assert_eq!(refused(&bytes), "Row 10002 holds characters that are not valid UTF-8. Save the file as “CSV UTF-8”, then upload it again.");
    bytes.truncate(good);
    bytes.extend(b"\xd8,\xb3\n");
    assert_eq!(read(&bytes).expect_err("a character in two cells").code(), "not_decodable");
    bytes.truncate(good);
    bytes.extend(b"0912,\0\n");
    assert_eq!(read(&bytes).expect_err("zero").code(), "zero_byte");
}

#[test]
fn a_broken_connection_keeps_its_cause() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::new(io::ErrorKind::ConnectionReset, "reset"))
        }
    }
    match read_within(b"p,n\n1,a\n".chain(Broken), Limits::default()) {
        Err(FileError::CutShort(cause)) => assert_eq!(cause.kind(), io::ErrorKind::ConnectionReset),
        other => panic!("{other:?}"),
    }
}

#[test]
fn hostile_files_end_in_one_clear_error() {
    const MEGABYTE: usize = 1 << 20;
    let with_header = |rest: Vec<u8>| [b"p,n\n".to_vec(), rest].concat();
    let files: Vec<(&str, Vec<u8>, &str)> = vec![
        ("quotes", vec![b'"'; MEGABYTE], "unclosed_quote"),
        ("quotes after a header", with_header(vec![b'"'; MEGABYTE]), "unclosed_quote"),
        ("no line end", vec![b'a'; MEGABYTE], "row_too_long"),
        ("no line end after a header", with_header(vec![b'a'; MEGABYTE]), "row_too_long"),
        ("commas", vec![b','; MEGABYTE], "too_many_columns"),
        ("commas after a header", with_header(vec![b','; MEGABYTE]), "too_many_columns"),
        ("a hundred thousand columns", (0..100_000).map(|i| format!("c{i},")).collect::<String>().into_bytes(), "too_many_columns"),
        ("zero bytes", vec![0; MEGABYTE], "binary_file"),
        ("zero bytes after a header", with_header(vec![0; MEGABYTE]), "binary_file"),
        ("gzip", [b"\x1f\x8b\x08".to_vec(), vec![7; MEGABYTE]].concat(), "binary_file"),
        ("line ends", vec![b'\n'; MEGABYTE], "empty_file"),
        ("CRs", vec![b'\r'; MEGABYTE], "empty_file"),
        ("spaces", vec![b' '; MEGABYTE], "row_too_long"),
        ("line ends after a header", with_header(vec![b'\n'; MEGABYTE]), "no_rows"),
        ("rows of commas", with_header(b",\n".repeat(MEGABYTE / 2)), "no_rows"),
        ("continuation bytes", vec![0x80; MEGABYTE], "row_too_long"),
        ("bytes no encoding knows", with_header(vec![0xff; MEGABYTE]), "row_too_long"),
        ("marks", b"\xef\xbb\xbf".repeat(MEGABYTE / 3), "row_too_long"),
        ("a wide file cut in a character", b"\xff\xfep\0,\0n\0\n\x001\0,\x001\0\n".to_vec(), "not_decodable"),
        ("lone surrogates", [b"\xff\xfep\0\n\0".to_vec(), b"\x00\xd8".repeat(MEGABYTE / 2)].concat(), "not_decodable"),
        ("a quoted megabyte", with_header([b"\"".to_vec(), vec![b'\n'; MEGABYTE], b"\"".to_vec()].concat()), "unclosed_quote"),
        ("a long name", [vec![b'a'; 5000], b"\n1\n".to_vec()].concat(), "cell_too_long"),
    ];
    for (name, bytes, code) in files {
        assert_eq!(read(&bytes).expect_err(name).code(), code, "{name}");
    }
}

#[test]
fn columns_are_lettered_as_in_a_spreadsheet() {
    assert_eq!([0, 25, 26, 51, 52, 701, 702].map(column_letter), ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]);
}

proptest! {
    #[test]
    fn the_size_of_the_pieces_that_arrive_does_not_matter(
        text in "[ab\u{6cc}\"\"',,;\\r\\n\\n]{0,60}", piece in 1usize..9,
    ) {
        let text = format!("p,n\n{text}");
        let whole = read(text.as_bytes()).map_err(|error| error.to_string());
        let pieces = read_within(Trickle(text.as_bytes(), piece), Limits::default()).map_err(|error| error.to_string());
        prop_assert_eq!(whole, pieces);
    }

    #[test]
    fn no_bytes_make_it_panic_or_hang(bytes in proptest::collection::vec(any::<u8>(), 0..400), limit in 1usize..40) {
        let limits = Limits { max_rows: 5, max_field: limit, max_record: limit, max_columns: 3 };
        if let Err(error) = read_within(bytes.as_slice(), limits) {
            prop_assert!(!error.to_string().is_empty());
        }
    }
}
