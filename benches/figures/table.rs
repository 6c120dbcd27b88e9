//! What is printed, as it is known.

use std::io::Write as _;

/// Prints a line.
pub fn say(line: &str) {
    writeln!(std::io::stdout(), "{line}").expect("the output takes a line");
}

/// A table in Markdown.
#[derive(Debug)]
pub struct Table(());

impl Table {
    /// Prints the head.
    pub fn begin() -> Self {
        say("| id | work | figure |\n| --- | --- | --- |");
        Self(())
    }

    /// Prints a line.
    pub fn line(&mut self, id: &str, work: &str, figure: &str) {
        say(&format!("| {id} | {work} | {figure} |"));
    }
}

/// The value in the middle.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
