//! Any bytes as a file: refused, or read to its end in bounded rows that survive being written and read again.
#![no_main]

use libfuzzer_sys::fuzz_target;
use peyk::contacts::csv::{CsvReader, CsvWriter, Limits, guess, neutralise, restore};
use peyk_fuzz::timed;

fn rows(file: &[u8]) -> Option<(Vec<String>, Vec<Vec<String>>)> {
    let mut reader = CsvReader::new(file, Limits::default()).ok()?;
    let headers = reader.headers().to_vec();
    let mut rows = Vec::new();
    while let Some(row) = reader.next_row().ok()? {
        rows.push(row.cells().map(str::to_owned).collect());
    }
    Some((headers, rows))
}

fuzz_target!(|file: &[u8]| {
    timed(|| {
        if let Some((headers, rows)) = rows(file) {
            guess(&headers, &rows[..rows.len().min(20)], &["name", "order.number"]);
        }
        if let Ok(cell) = std::str::from_utf8(file) {
            assert_eq!(restore(&neutralise(cell)), cell);
        }
    });
    let Some((_, cells)) = rows(file) else { return };
    // A name without letters or two equal names end a file, which its writer never makes.
    let width = cells.iter().map(Vec::len).max().unwrap_or(0).clamp(2, 90);
    let mut writer = CsvWriter::new((0..width).map(|n| format!("column {n}")));
    let kept: Vec<Vec<String>> = cells
        .into_iter()
        .map(|mut row| {
            row.resize(width, String::new());
            row
        })
        .filter(|row| row.iter().any(|cell| !cell.trim().is_empty()))
        .collect();
    for row in &kept {
        writer.row(row);
    }
    if let Some((_, again)) = rows(&writer.take()) {
        assert_eq!(again.len(), kept.len(), "rows are neither lost nor made");
    }
});
