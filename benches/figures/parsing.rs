//! B10: how long one call of each parser takes on the inputs that fuzzing kept, up to 8 KiB each.

use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

use peyk::consent::link;
use peyk::contacts::csv::{CsvReader, Limits, guess};
use peyk::kernel::crypto::Cipher;
use peyk::kernel::keyword::Keywords;
use peyk::kernel::phone::{Country, Phone};
use peyk::templates::grammar::Template;

use crate::table::{Table, say};

/// Parses an input, given as bytes and as text.
type Parse<'a> = &'a dyn Fn(&[u8], &str);

/// Calls of each input; the quickest counts, for what else runs on the machine is not the parser's.
const CALLS: usize = 3;

/// Measures each parser on the files of the folder of its name below `PEYK_CORPUS`; says so when there is none.
pub fn measure(table: &mut Table) {
    #[expect(clippy::disallowed_methods, reason = "no setting of the product")]
    let root = std::env::var("PEYK_CORPUS");
    let Ok(root) = root else {
        return say("B10 needs PEYK_CORPUS, the folder in which fuzzing keeps its inputs; see tests/fuzz/README.md.");
    };
    let cipher = Cipher::from_text(&Cipher::new_secret()).expect("a fresh secret");
    let keywords = Keywords::new([], true);
    let country = Country::parse("IR").expect("a country");
    let parsers: [(&str, Parse<'_>); 5] = [
        ("template", &|_, text| render(text)),
        ("csv", &|bytes, _| read(bytes)),
        ("phone", &|_, text| {
            black_box(Phone::parse(text, country)).ok();
        }),
        ("keyword", &|_, text| {
            black_box(keywords.read(text));
        }),
        ("link", &|_, text| {
            black_box(link::open(&cipher, text, 0)).ok();
        }),
    ];
    for (name, parse) in parsers {
        let mut times = replay(&Path::new(&root).join(name), parse);
        times.sort_unstable();
        let Some(longest) = times.last() else { continue };
        let at = |share: f64| times[((times.len() as f64 * share) as usize).min(times.len() - 1)];
        let figure = format!("p50 {:.1?}, p99 {:.1?}, longest {:.1?}", at(0.5), at(0.99), longest);
        table.line("B10", &format!("{name}: {} inputs that fuzzing kept", times.len()), &figure);
    }
}

fn replay(folder: &Path, parse: Parse<'_>) -> Vec<Duration> {
    let Ok(files) = fs::read_dir(folder) else { return Vec::new() };
    let inputs = files.filter_map(|file| fs::read(file.ok()?.path()).ok());
    inputs
        .map(|bytes| {
            let text = String::from_utf8_lossy(&bytes);
            let call = || {
                let begun = Instant::now();
                parse(&bytes, &text);
                begun.elapsed()
            };
            (0..CALLS).map(|_| call()).min().unwrap_or_default()
        })
        .collect()
}

fn render(text: &str) {
    if let Ok(template) = Template::parse(text) {
        let mut out = String::new();
        black_box(template.render(&|_| Some("value"), &mut out)).ok();
    }
}

fn read(bytes: &[u8]) {
    let Ok(mut reader) = CsvReader::new(bytes, Limits::default()) else { return };
    let headers = reader.headers().to_vec();
    let mut rows = Vec::new();
    while let Ok(Some(row)) = reader.next_row() {
        if rows.len() < 50 {
            rows.push(row.cells().map(str::to_owned).collect());
        }
    }
    guess(&headers, &rows, &["name", "order.number"]);
}
