//! The check itself: rows in, verdicts out. Knows no database; runs on a blocking thread.
//!
//! A block is gone through twice. [`read_phones`] finds the numbers, so that the people behind them can
//! be looked up in bulk; [`Checker::judge`] then decides row by row, in the order of the file.

use std::collections::HashSet;

use roaring::RoaringTreemap;

use super::Message;
use super::block::{BlockRow, BlockRows, Damaged};
use super::problem::{Code, Problem};
use super::summary::Sums;
use super::verdict::{ToSend, Verdict, Verdicts};
use crate::contacts::csv::{Mapping, RowShape};
use crate::kernel::language::Language;
use crate::kernel::phone::{Country, Phone, PhoneError};
use crate::kernel::sms;
use crate::templates::grammar::RenderError;

/// The longest part of a cell that an error shows, in characters.
const SHOWN: usize = 200;

/// What rows are held against; the same for the whole file.
pub(super) struct Rules {
    /// The country of numbers without a country code.
    pub default_country: Country,
    /// Countries that may be sent to; empty is all.
    pub countries: HashSet<Country>,
    /// The file's column names.
    pub headers: Vec<String>,
    /// Which column is what.
    pub mapping: Mapping,
    /// What is to be sent.
    pub message: Message,
    /// The file, by which its people are split among variants.
    pub file: String,
}

/// What is known about the person behind a number.
pub(super) struct Known {
    /// Whether the person must not get this message.
    pub opted_out: bool,
    /// The language they chose.
    pub language: Option<Language>,
}

/// A row with a problem, in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RowError {
    pub row: u64,
    pub column: String,
    pub value: String,
    pub problem: Problem,
}

/// Reads the number of each row of a block.
pub(super) fn read_phones(rules: &Rules, bytes: &[u8], first_row: u64) -> Result<Vec<Result<Phone, PhoneError>>, Damaged> {
    let column = rules.mapping.phone.unwrap_or_default();
    let (mut rows, mut row, mut phones) = (BlockRows::new(bytes, first_row), BlockRow::default(), Vec::new());
    while rows.next_into(&mut row)? {
        phones.push(Phone::parse(row.cell(column), rules.default_country));
    }
    Ok(phones)
}

/// Decides about rows. One for a whole file: it remembers the numbers it has seen.
pub(super) struct Checker {
    rules: Rules,
    /// The numbers of rows that are already decided. Compressed: a million numbers of one country are a few
    /// megabytes, so a larger file needs hardly more memory than a small one.
    seen: RoaringTreemap,
    /// The placeholders that a language's text cannot do without in any variant, by language: whoever waits may be given another one.
    required: Vec<Vec<(String, Option<usize>)>>,
    /// Languages that cells named, already read.
    languages: Vec<(String, Option<Language>)>,
    text: String,
    pub sums: Sums,
}

impl Checker {
    pub fn new(rules: Rules) -> Self {
        let column = |name: &str| rules.mapping.fills.iter().find(|(n, _)| n == name).and_then(|(_, column)| *column);
        let languages = rules.message.languages();
        let mut required: Vec<Vec<(String, Option<usize>)>> = vec![Vec::new(); languages];
        for (i, (_, text)) in rules.message.texts.iter().enumerate() {
            let known = &mut required[i % languages.max(1)];
            for one in text.placeholders().iter().filter(|p| p.required && !rules.message.defaults.contains_key(&p.name)) {
                if !known.iter().any(|(name, _)| *name == one.name) {
                    known.push((one.name.clone(), column(&one.name)));
                }
            }
        }
        Self { rules, seen: RoaringTreemap::new(), required, languages: Vec::new(), text: String::new(), sums: Sums::default() }
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Decides about the rows of a block. `phones` and `known` are in the order of its rows; `known` has an
    /// entry for each row with a number.
    pub fn judge(
        &mut self,
        bytes: &[u8],
        first_row: u64,
        phones: &[Result<Phone, PhoneError>],
        mut known: impl Iterator<Item = Known>,
        errors: &mut Vec<RowError>,
    ) -> Result<Verdicts, Damaged> {
        let (mut rows, mut row, mut verdicts) = (BlockRows::new(bytes, first_row), BlockRow::default(), Verdicts::default());
        for phone in phones {
            if !rows.next_into(&mut row)? {
                return Err(Damaged);
            }
            self.sums.counts.rows += 1;
            let person = phone.is_ok().then(|| known.next()).flatten();
            let verdict = match self.decide(&row, phone, person.as_ref()) {
                Ok(verdict) => verdict,
                Err((column, problem)) => {
                    let verdict = Verdict::Rejected(problem.code);
                    errors.push(self.row_error(&row, column, problem));
                    verdict
                }
            };
            match &verdict {
                Verdict::ToSend(send) => self.sums.send(send),
                Verdict::Rejected(code) => self.sums.reject(*code),
                Verdict::Repeated => self.sums.counts.repeated += 1,
                Verdict::OptedOut => self.sums.counts.opted_out += 1,
            }
            verdicts.push(&verdict);
        }
        Ok(verdicts)
    }

    /// The verdict, or the problem and the column it stands in.
    fn decide(
        &mut self,
        row: &BlockRow<'_>,
        phone: &Result<Phone, PhoneError>,
        person: Option<&Known>,
    ) -> Result<Verdict, (Option<usize>, Problem)> {
        let phone_column = self.rules.mapping.phone;
        if row.cells.len() > self.rules.headers.len() {
            let shape = RowShape::Ragged { cells: row.cells.len(), columns: self.rules.headers.len() };
            return Err((Some(self.rules.headers.len()), Problem::shape(shape)));
        }
        let phone = phone.as_ref().map_err(|error| (phone_column, Problem::phone(error)))?;
        let country = phone.country();
        if !self.rules.countries.is_empty() && !self.rules.countries.contains(&country) {
            return Err((phone_column, Problem::country(country)));
        }
        if !phone.can_receive_sms() {
            return Err((phone_column, Problem::cannot_receive(phone.kind())));
        }
        if self.seen.contains(phone.digits()) {
            return Ok(Verdict::Repeated);
        }
        let language = self.language_of(row, person)?;
        if person.is_some_and(|p| p.opted_out) {
            self.seen.insert(phone.digits());
            return Ok(Verdict::OptedOut);
        }
        let language = self.rules.message.split(language, &self.rules.file, phone.digits());
        let measure = self.measure(row, language)?;
        self.seen.insert(phone.digits());
        let segments = u8::try_from(measure.segments).unwrap_or(u8::MAX);
        Ok(Verdict::ToSend(ToSend { digits: phone.digits(), country, language, encoding: measure.encoding, segments }))
    }

    /// Which of the message's languages the row gets: its own, else the person's, else the message's.
    fn language_of(&mut self, row: &BlockRow<'_>, person: Option<&Known>) -> Result<u8, (Option<usize>, Problem)> {
        let column = self.rules.mapping.language;
        let cell = column.map(|c| row.cell(c).trim()).unwrap_or_default();
        if cell.is_empty() {
            return Ok(self.rules.message.text_for(person.and_then(|p| p.language.as_ref())));
        }
        if !self.languages.iter().any(|(written, _)| written == cell) {
            // A file names few languages; one that names thousands of wrong ones must not fill the memory.
            self.languages.truncate(64);
            self.languages.insert(0, (cell.to_owned(), Language::parse(cell)));
        }
        let read = self.languages.iter().find(|(written, _)| written == cell).and_then(|(_, language)| language.as_ref());
        read.map(|language| self.rules.message.text_for(Some(language))).ok_or_else(|| (column, Problem::language()))
    }

    /// Fills the text with the row's values and measures it.
    fn measure(&mut self, row: &BlockRow<'_>, language: u8) -> Result<sms::Measure, (Option<usize>, Problem)> {
        let required = self.required.get(usize::from(language) % self.rules.message.languages().max(1)).into_iter().flatten();
        for (name, column) in required {
            let cell = column.map(|c| row.cell(c)).unwrap_or_default();
            if cell.trim().is_empty() {
                let shown = column.and_then(|c| self.rules.headers.get(c)).unwrap_or(name);
                return Err((*column, Problem::missing(shown, name)));
            }
        }
        self.text.clear();
        let fills = &self.rules.mapping.fills;
        let value = |name: &str| value_of(fills, row, name);
        self.rules.message.render(language, &value, &mut self.text).map_err(|error| self.unfilled(&error))?;
        let measure = sms::measure(&self.text);
        if self.text.trim().is_empty() {
            return Err((None, Problem::text_empty()));
        }
        let characters = measure.characters as usize;
        if characters > sms::LONGEST_TEXT {
            return Err((None, Problem::text_too_long(characters)));
        }
        Ok(measure)
    }

    fn unfilled(&self, error: &RenderError) -> (Option<usize>, Problem) {
        let column = |name: &str| self.rules.mapping.fills.iter().find(|(n, _)| n == name).and_then(|(_, column)| *column);
        match error {
            RenderError::Missing(name) => {
                let shown = column(name).and_then(|c| self.rules.headers.get(c)).unwrap_or(name);
                (column(name), Problem::missing(shown, name))
            }
            RenderError::ValueTooLong(name) => (column(name), Problem::cannot_fill(&error.to_string())),
            RenderError::TooLong => (None, Problem { code: Code::TextTooLong, ..Problem::cannot_fill(&error.to_string()) }),
        }
    }

    fn row_error(&self, row: &BlockRow<'_>, column: Option<usize>, problem: Problem) -> RowError {
        let value = column.map(|c| row.cell(c).chars().take(SHOWN).collect()).unwrap_or_default();
        let name = column.and_then(|c| self.rules.headers.get(c)).cloned().unwrap_or_default();
        RowError { row: row.number, column: name, value, problem }
    }
}

/// What a row holds for a placeholder.
pub(super) fn value_of<'b>(fills: &[(String, Option<usize>)], row: &BlockRow<'b>, name: &str) -> Option<&'b str> {
    fills.iter().find(|(own, _)| own == name).and_then(|(_, column)| *column).map(|column| row.cell(column))
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
