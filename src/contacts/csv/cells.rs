//! Cells that a spreadsheet would run as a formula, made harmless and restored.
//!
//! A spreadsheet runs a cell that begins with `=`, `+`, `-`, `@` and a few others (CSV injection, OWASP). Downloads put `'` before such a
//! cell; uploads take it away again. A cell that already begins with `'` gets one too: that is what makes the pair reversible.

use std::borrow::Cow;

const MARK: char = '\'';

/// The cell as a download writes it: with `'` before it when a spreadsheet could take it for a formula.
///
/// `restore(&neutralise(cell)) == cell` for every string.
pub fn neutralise(cell: &str) -> Cow<'_, str> {
    if is_trigger(cell) {
        let mut marked = String::with_capacity(cell.len() + MARK.len_utf8());
        marked.push(MARK);
        marked.push_str(cell);
        Cow::Owned(marked)
    } else {
        Cow::Borrowed(cell)
    }
}

/// The cell that was meant: without the one leading `'` that [`neutralise`], or a careful person, put before a formula sign.
pub fn restore(cell: &str) -> &str {
    match cell.strip_prefix(MARK) {
        Some(rest) if is_trigger(rest) => rest,
        _ => cell,
    }
}

/// Whether the first character that can be seen makes a spreadsheet look twice, or is our own mark.
fn is_trigger(cell: &str) -> bool {
    let first = cell.chars().find(|c| !is_skipped(*c));
    matches!(first, Some('=' | '+' | '-' | '@' | '|' | '\t' | '\r' | '\n' | '\0' | '＝' | '＋' | '－' | '＠' | MARK))
}

/// Characters that spreadsheets drop or do not show at the start of a cell, so that a sign behind them still counts.
fn is_skipped(c: char) -> bool {
    let is_sign = matches!(c, '\t' | '\r' | '\n');
    (c.is_whitespace() && !is_sign) || is_invisible(c)
}

/// Zero-width and direction marks, and the byte order mark.
pub(super) fn is_invisible(c: char) -> bool {
    matches!(c, '\u{feff}' | '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_gets_a_quote_before_it() {
        for cell in [
            "=1+1",
            "+98 912 000 0000",
            "-1",
            "@SUM(A1)",
            "\tx",
            "\rx",
            "\nx",
            "\0x",
            "|cmd",
            "＝1",
            "＋1",
            "－1",
            "＠x",
            "'",
            "'=1",
            "\u{feff}=1",
            "\u{a0}=1",
            "\u{200b}\u{200f}=1",
            "   =1",
            "\u{3000}＝1",
        ] {
            assert_eq!(neutralise(cell), format!("'{cell}"), "{cell:?}");
        }
    }

    #[test]
    fn a_harmless_cell_stays_as_it_is() {
        for cell in ["", " ", "Ali", "0912", "a=b", "سلام", "1-2", "\"=1\"", "O'Neil"] {
            assert!(matches!(neutralise(cell), Cow::Borrowed(same) if same == cell), "{cell:?}");
            assert_eq!(restore(cell), cell);
        }
    }

    #[test]
    fn a_quote_before_plain_text_is_kept_on_import() {
        assert_eq!(restore("'tis"), "'tis");
        assert_eq!(restore("'+98912"), "+98912");
        assert_eq!(restore("''x"), "'x");
        assert_eq!(restore("'"), "'");
    }

    proptest! {
        #[test]
        fn restoring_a_neutralised_cell_gives_the_cell_back(cell in "['=+@|\\-\\t\\r\\n\\x00\u{feff}\u{200c} ]{0,4}\\PC{0,3}") {
            let written = neutralise(&cell);
            prop_assert_eq!(restore(&written), cell.as_str());
        }

        #[test]
        fn any_string_survives_export_and_import(cell in any::<String>()) {
            let written = neutralise(&cell);
            prop_assert_eq!(restore(&written), cell.as_str());
            prop_assert!(written.starts_with(MARK) || !is_trigger(&written));
        }
    }
}
