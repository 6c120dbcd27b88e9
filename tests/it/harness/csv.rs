//! CSV files whose every row follows from its number, so that a failure repeats.

use std::fmt::Write as _;

/// A file being made: a header, then rows.
#[derive(Clone, Debug)]
pub struct Csv(String);

impl Csv {
    /// A file with this header, such as `phone,name`.
    pub fn with_header(header: &str) -> Self {
        Self(format!("{header}\n"))
    }

    /// A file `phone,name` with `rows` rows of different numbers; row 1 is the first. See [`Csv::phone`].
    pub fn of_people(rows: u64) -> Self {
        (1..=rows).fold(Self::with_header("phone,name"), |csv, n| csv.row(&[&Self::phone(n), &format!("Person {n}")]))
    }

    /// The `n`th of 7,200,000 valid numbers in New York, none of which ends as the simulator's special
    /// numbers (`0001` to `0008`) do.
    pub fn phone(n: u64) -> String {
        assert!((1..=7_200_000).contains(&n), "there is no {n}th number");
        format!("+1212{}{}", 200 + (n - 1) / 9_000, 1_000 + (n - 1) % 9_000)
    }

    /// Adds a row; cells are quoted when they must be.
    #[must_use]
    pub fn row(mut self, cells: &[&str]) -> Self {
        for (i, cell) in cells.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            let quoted = cell.contains([',', '"', '\n', '\r']);
            let cell = if quoted { format!("\"{}\"", cell.replace('"', "\"\"")) } else { (*cell).to_owned() };
            write!(self.0, "{comma}{cell}").expect("a string takes everything");
        }
        self.0.push('\n');
        self
    }

    /// Adds a line as it is, right or wrong.
    #[must_use]
    pub fn line(mut self, line: &str) -> Self {
        self.0.push_str(line);
        self.0.push('\n');
        self
    }

    /// The file.
    pub fn bytes(self) -> Vec<u8> {
        self.0.into_bytes()
    }
}
