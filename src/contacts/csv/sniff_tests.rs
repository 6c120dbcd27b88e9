use super::*;
use proptest::prelude::*;

fn format(bytes: &[u8]) -> Format {
    sniff(bytes, true).expect("a CSV file")
}

fn wide(text: &str, little: bool) -> Vec<u8> {
    let bytes = |unit: u16| {
        if little { unit.to_le_bytes() } else { unit.to_be_bytes() }
    };
    text.encode_utf16().flat_map(bytes).collect()
}

fn encoded(text: &str, encoding: &'static Encoding) -> Vec<u8> {
    let (bytes, _, unmappable) = encoding.encode(text);
    assert!(!unmappable, "the test's text must fit its encoding");
    bytes.into_owned()
}

const PERSIAN: &str = "موبايل,نام,شهر\r\n09120000000,سارا احمدي,تهران\r\n09120000001,علي رضايي,اصفهان\r\n";
const CHINESE: &str = "手機,姓名\r\n0912000000,王小明\r\n0912000001,陳美玲\r\n";

#[test]
fn encodings_are_told_apart() {
    let marked = |text: &str, little: bool| wide(&format!("\u{feff}{text}"), little);
    let cases: [(&str, Vec<u8>, &Encoding); 12] = [
        ("ASCII", b"phone,name\r\n0912,Ali\r\n".to_vec(), UTF_8),
        ("UTF-8", PERSIAN.as_bytes().to_vec(), UTF_8),
        ("UTF-8 with mark", format!("\u{feff}{CHINESE}").into_bytes(), UTF_8),
        ("UTF-16LE with mark", marked(PERSIAN, true), UTF_16LE),
        ("UTF-16BE with mark", marked(PERSIAN, false), UTF_16BE),
        ("UTF-16LE", wide(PERSIAN, true), UTF_16LE),
        ("UTF-16BE", wide(CHINESE, false), UTF_16BE),
        ("Persian", encoded(PERSIAN, WINDOWS_1256), WINDOWS_1256),
        ("one Persian name", encoded("phone,name\n0912,سارا\n", WINDOWS_1256), WINDOWS_1256),
        ("Big5", encoded(CHINESE, BIG5), BIG5),
        ("one Chinese name", encoded("phone,name\n0912,陳美玲\n", BIG5), BIG5),
        ("French", encoded("téléphone,prénom\n0612,Hélène\n0613,André\n", WINDOWS_1252), WINDOWS_1252),
    ];
    for (name, bytes, encoding) in cases {
        assert_eq!(format(&bytes).encoding, encoding, "{name}");
    }
}

/// A list of `rows` people, whose names and cities come again and again.
fn list(header: &str, names: &[&str], cities: &[&str], rows: usize) -> String {
    let delimiter = if header.contains(';') { ';' } else { ',' };
    let row = |n: usize| format!("0912{n:07}{delimiter}{}{delimiter}{}\r\n", names[n % names.len()], cities[n % cities.len()]);
    format!("{header}\r\n{}", (0..rows).map(row).collect::<String>())
}

#[test]
fn lists_of_every_length_keep_their_letters() {
    let languages: [(&str, &Encoding, &[&str], &[&str]); 6] = [
        (
            "phone;name;city",
            WINDOWS_1252,
            &["Jörg Müller", "Anna Schmidt", "Käthe Groß", "Jürgen Fröhlich"],
            &["Köln", "Berlin", "Düsseldorf"],
        ),
        (
            "telefon;namn;stad",
            WINDOWS_1252,
            &["Åsa Öberg", "Björn Lindström", "Märta Sjögren", "Erik Berg"],
            &["Malmö", "Göteborg", "Umeå"],
        ),
        ("telefone,nome,cidade", WINDOWS_1252, &["João Conceição", "Inês Gonçalves", "Ana Lucia"], &["São Paulo", "Évora", "Porto"]),
        ("teléfono;nombre;ciudad", WINDOWS_1252, &["José Muñoz", "Íñigo Peña", "Raúl Ibáñez", "Pablo Ruiz"], &["León", "Cádiz", "Madrid"]),
        ("phone,name,city", WINDOWS_1256, &["سارا احمدي", "علي رضايي", "مريم كريمي", "پريسا گودرزي"], &["تهران", "شيراز", "يزد"]),
        ("phone,name,city", BIG5, &["王小明", "陳美玲", "林志豪", "張家豪"], &["台北", "高雄", "台中"]),
    ];
    for (header, encoding, names, cities) in languages {
        for rows in [2, 10, 300] {
            let text = list(header, names, cities, rows);
            assert_eq!(format(&encoded(&text, encoding)).encoding, encoding, "{rows} rows of {}", names[0]);
        }
    }
}

#[test]
fn one_accented_name_among_plain_ones_keeps_its_letter() {
    for name in ["Jörg Müller", "Jörg", "Åsa", "José", "João", "Peña", "François", "Zoë", "Weiß", "Søren"] {
        for rows in [1, 20, 300] {
            let text = format!("{}1,{name},York\r\n", list("phone,name,city", &["John Smith"], &["Leeds"], rows));
            assert_eq!(format(&encoded(&text, WINDOWS_1252)).encoding, WINDOWS_1252, "{name} under {rows}");
        }
    }
}

#[test]
fn a_character_cut_by_the_end_of_the_head_is_still_utf_8() {
    let cut = &"phone,name\n0912,سا".as_bytes()[..17];
    assert!(std::str::from_utf8(cut).is_err());
    assert_eq!(sniff(cut, false).expect("CSV").encoding, UTF_8);
    assert_ne!(sniff(cut, true).expect("CSV").encoding, UTF_8);
}

#[test]
fn delimiters_are_told_apart() {
    let cases = [
        ("phone,name\n1,a\n2,b\n", b','),
        ("phone;name\n1;a\n2;b\n", b';'),
        ("phone\tname\n1\ta\n", b'\t'),
        ("phone|name\n1|a\n", b'|'),
        ("phone\r1\r2\r", b','),
        ("phone;price\n1;3,50\n2;4,50\n", b';'),
        ("phone;name\n1;\"Doe, John, Jr\"\n2;\"x,y\"\n", b';'),
        ("\"a;b;c\",d\n\"1;2;3\",4\n", b','),
        ("phone;name;city\n1\n2;b\n3;c;d\n", b';'),
        ("phone\n\"1;2\"\nhello; you, there\n", b','),
    ];
    for (text, delimiter) in cases {
        assert_eq!(char::from(format(text.as_bytes()).delimiter), char::from(delimiter), "{text}");
    }
}

#[test]
fn a_separator_line_is_obeyed() {
    let named = format(b"sep=;\r\nphone;na,me\r\n");
    assert_eq!((named.delimiter, named.has_separator_line), (b';', true));
    assert_eq!(format(&wide("\u{feff}SEP=\t\nphone\tname\n", true)).delimiter, b'\t');
    assert!(!format(b"sep=x\r\nphone\r\n").has_separator_line);
    assert!(!format(b"separator\r\n").has_separator_line);
}

#[test]
fn files_that_are_not_csv_are_named() {
    let zip = |name: &[u8]| [b"PK\x03\x04\x14\0\0\0\x08\0".as_slice(), name].concat();
    let cases: [(Vec<u8>, LooksLike); 16] = [
        (zip(b"[Content_Types].xml"), LooksLike::ExcelWorkbook),
        (zip(b"xl/workbook.xml"), LooksLike::ExcelWorkbook),
        (zip(b"mimetypeapplication/vnd.oasis.opendocument.spreadsheet"), LooksLike::OpenDocumentSheet),
        (zip(b"people.csv"), LooksLike::Zip),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0".to_vec(), LooksLike::OldExcelWorkbook),
        (b"\x1f\x8b\x08\0\0".to_vec(), LooksLike::Compressed),
        (b"BZh91AY".to_vec(), LooksLike::Compressed),
        (b"%PDF-1.7\n".to_vec(), LooksLike::Pdf),
        (b"\x89PNG\r\n\x1a\n\0\0".to_vec(), LooksLike::Picture),
        (b"\xff\xd8\xff\xe0\0".to_vec(), LooksLike::Picture),
        (b"\n <!DOCTYPE html><table>".to_vec(), LooksLike::WebPage),
        (b"\xef\xbb\xbf<?xml version=\"1.0\"?>".to_vec(), LooksLike::WebPage),
        (b"{\\rtf1\\ansi".to_vec(), LooksLike::RichText),
        (vec![0; 4096], LooksLike::Unknown),
        (b"phone,name\n0912\0,Ali\n".to_vec(), LooksLike::Unknown),
        ((0..=255).cycle().take(9000).collect(), LooksLike::Unknown),
    ];
    for (bytes, expected) in cases {
        match sniff(&bytes, true) {
            Err(FileError::Binary { looks_like }) => assert_eq!(looks_like, expected),
            other => panic!("{expected:?}: {other:?}"),
        }
    }
}

#[test]
fn a_workbook_is_told_how_to_become_csv() {
    let error = sniff(b"PK\x03\x04....xl/workbook.xml", true).expect_err("a workbook");
    assert_eq!(error.to_string(), "This is an Excel workbook. In Excel choose Save As → CSV UTF-8, then upload that file.");
}

#[test]
fn nothing_and_blank_lines_are_an_empty_file() {
    for bytes in [b"".as_slice(), b"\xef\xbb\xbf", b"\r\n \r\n\n", b"\xff\xfe", b"\xff\xfe\n\0"] {
        assert_eq!(sniff(bytes, true).expect_err("nothing").code(), "empty_file", "{bytes:?}");
    }
}

proptest! {
    #[test]
    fn any_bytes_get_an_answer(bytes in proptest::collection::vec(any::<u8>(), 0..300), whole in any::<bool>()) {
        if let Ok(format) = sniff(&bytes, whole) {
            prop_assert!(DELIMITERS.contains(&format.delimiter));
        }
    }
}
