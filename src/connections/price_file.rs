//! A price list as a file: the columns `country` and `price`, `*` for all other countries.

use std::collections::{BTreeMap, HashMap};
use std::io::Cursor;

use bytes::Bytes;

use crate::access::{Actor, Permission};
use crate::app::App;
use crate::connections::{get, set_prices};
use crate::contacts::csv::{CsvReader, Limits};
use crate::kernel::error::{Error, FieldErrors, Result};

/// The largest file, in bytes.
pub const LARGEST_PRICE_FILE: usize = 256 * 1024;
/// The most rows: there are fewer countries.
const MOST_ROWS: u64 = 1_000;
/// How many faulty rows are named.
const MOST_ERRORS: usize = 20;
/// The field of the form that refusals belong to.
const FILE: &str = "file";

/// Sets the prices of a file from now on, all or none; how many. Refusals belong to the field `file` and name the row as a
/// spreadsheet shows it. Needs [`Permission::Settings`].
pub async fn import_prices(app: &App, actor: &Actor, name: &str, file: Bytes) -> Result<usize> {
    actor.require(Permission::Settings)?;
    let name = get(app, actor, name).await?.connection.name;
    let lines = tokio::task::spawn_blocking(move || read(file)).await.map_err(Error::internal)??;
    let count = lines.prices.len();
    set_prices(app, actor, &name, lines.prices).await.map_err(|error| by_row(error, &lines.rows))?;
    Ok(count)
}

/// What a file says, and in which row each country stands.
#[derive(Debug, Default)]
struct Lines {
    prices: BTreeMap<String, String>,
    rows: HashMap<String, u64>,
}

fn read(file: Bytes) -> Result<Lines> {
    let refuse = |code: &str, why: String| Error::invalid(FILE, code, why);
    let limits = Limits { max_rows: MOST_ROWS, ..Limits::default() };
    let mut reader = CsvReader::new(Cursor::new(file), limits).map_err(|e| refuse(e.code(), e.to_string()))?;
    let place = |name: &str| reader.headers().iter().position(|header| header.trim().eq_ignore_ascii_case(name));
    let (Some(country), Some(price)) = (place("country"), place("price")) else {
        let there = reader.headers().join(", ");
        return Err(refuse("no_such_column", format!("The file needs the columns country and price in its first row; it has: {there}.")));
    };
    let mut lines = Lines::default();
    let mut errors = FieldErrors::new();
    while let Some(row) = reader.next_row().map_err(|e| refuse(e.code(), e.to_string()))? {
        let code = row.cell(country).trim().to_ascii_uppercase();
        if let Some(first) = lines.rows.insert(code.clone(), row.number()) {
            errors.add(FILE, "repeated", format!("Row {}: “{code}” stands in row {first} already.", row.number()));
        }
        lines.prices.insert(code, row.cell(price).trim().to_owned());
    }
    errors.into_result().map(|()| lines)
}

/// The same refusals by the row that each is about.
fn by_row(error: Error, rows: &HashMap<String, u64>) -> Error {
    let Error::Invalid(errors) = error else { return error };
    let mut named: Vec<(u64, String, String)> = errors
        .0
        .into_iter()
        .map(|e| {
            let row = e.field.strip_prefix("prices.").and_then(|code| rows.get(code)).copied().unwrap_or_default();
            (row, e.code, format!("Row {row}: {}", e.detail))
        })
        .collect();
    named.sort();
    let mut errors = FieldErrors::new();
    named.into_iter().take(MOST_ERRORS).for_each(|(_, code, detail)| errors.add(FILE, &code, detail));
    Error::Invalid(errors)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &'static str) -> Result<Vec<(String, String)>, String> {
        read(Bytes::from_static(text.as_bytes())).map(|lines| lines.prices.into_iter().collect()).map_err(|e| e.to_string())
    }

    #[test]
    fn columns_are_found_by_name_in_any_order_and_separator() {
        let pair = |code: &str, price: &str| (code.to_owned(), price.to_owned());
        assert_eq!(read_text("Price;Note;COUNTRY\n0.01;x;tw\n0.0079;;*\n"), Ok(vec![pair("*", "0.0079"), pair("TW", "0.01")]));
    }

    #[test]
    fn a_file_that_is_no_price_list_says_why() {
        for (text, why) in [
            ("land,price\nTW,1\n", "it has: land, price"),
            ("country,price\nTW,1\nIR,2\ntw,3\n", "Row 4: “TW” stands in row 2 already."),
            ("", "empty"),
        ] {
            let said = read_text(text).expect_err("it is refused");
            assert!(said.contains(why), "{said}");
        }
    }
}
