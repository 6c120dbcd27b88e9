//! What can be wrong with a row: a stable word for programs, a sentence and a remedy for people.

use crate::contacts::csv::RowShape;
use crate::kernel::phone::{Country, NumberType, PhoneError};
use crate::kernel::sms::LONGEST_TEXT;

/// Declares the codes with their words and the headings under which people see them.
macro_rules! codes {
    ($($name:ident = $word:literal, $label:literal;)*) => {
        /// Which kind of problem a row has. The order is part of stored verdicts: add at the end.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $label] $name,)*
        }

        impl Code {
            /// All of them.
            pub const ALL: [Self; [$($word),*].len()] = [$(Self::$name),*];

            /// The word in the API and the database.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word),* }
            }

            /// The heading on the page where rows are filtered by reason.
            pub fn label(self) -> &'static str {
                match self { $(Self::$name => $label),* }
            }
        }
    };
}

codes! {
    Empty = "empty", "No phone number";
    HasLetters = "has_letters", "Letters in the number";
    SpreadsheetNumber = "spreadsheet_number", "Number shortened by a spreadsheet";
    NotANumber = "not_a_number", "Not a number";
    UnknownCountryCode = "unknown_country_code", "Unknown country code";
    NoCountry = "no_country", "International service number";
    TooShort = "too_short", "Number too short";
    TooLong = "too_long", "Number too long";
    NotInUse = "not_in_use", "Number not in use";
    Landline = "landline", "Cannot receive texts";
    CountryNotAllowed = "country_not_allowed", "Country not allowed";
    MissingValue = "missing_value", "Missing value";
    TooManyCells = "too_many_cells", "Too many cells";
    UnknownLanguage = "unknown_language", "Unknown language";
    TextEmpty = "text_empty", "Empty message";
    TextTooLong = "text_too_long", "Message too long";
    CannotFill = "cannot_fill", "Value does not fit the text";
}

impl Code {
    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.as_str() == text)
    }

    /// Its place in a packed verdict.
    pub(super) fn byte(self) -> u8 {
        self as u8
    }

    /// Reads the place.
    pub(super) fn of_byte(byte: u8) -> Option<Self> {
        Self::ALL.get(usize::from(byte)).copied()
    }
}

/// A problem with its words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Which kind.
    pub code: Code,
    /// What is wrong.
    pub detail: String,
    /// What to do about it.
    pub fix: String,
}

impl Problem {
    /// The cell is no phone number.
    pub fn phone(error: &PhoneError) -> Self {
        let code = match error {
            PhoneError::Empty => Code::Empty,
            PhoneError::HasLetters { .. } => Code::HasLetters,
            PhoneError::SpreadsheetNumber => Code::SpreadsheetNumber,
            PhoneError::NotANumber { .. } => Code::NotANumber,
            PhoneError::UnknownCountryCode => Code::UnknownCountryCode,
            PhoneError::NoCountry { .. } => Code::NoCountry,
            PhoneError::TooShort { .. } => Code::TooShort,
            PhoneError::TooLong { .. } => Code::TooLong,
            PhoneError::NotInUse { .. } => Code::NotInUse,
        };
        let fix = if code == Code::Empty { "Add a number, or delete the row.".into() } else { error.fix() };
        Self { code, detail: error.to_string(), fix }
    }

    /// A number that no text arrives at.
    pub fn cannot_receive(kind: NumberType) -> Self {
        let detail = match kind {
            NumberType::Landline => "This is a landline; a text message would not arrive.",
            _ => "Numbers of this kind do not receive text messages.",
        };
        Self { code: Code::Landline, detail: detail.into(), fix: "Use the person's mobile number.".into() }
    }

    /// A number from a country that is switched off.
    pub fn country(country: Country) -> Self {
        Self {
            code: Code::CountryNotAllowed,
            detail: format!("{} is not among the countries that this organisation sends to.", country.name()),
            fix: "An admin can allow it under Settings.".into(),
        }
    }

    /// A value that the text needs.
    pub fn missing(column: &str, placeholder: &str) -> Self {
        Self {
            code: Code::MissingValue,
            detail: format!("“{column}” is empty."),
            fix: format!("The message needs it for {{{{ {placeholder} }}}}. Fill it in, or give the placeholder a default."),
        }
    }

    /// A row that does not fit its header.
    pub fn shape(shape: RowShape) -> Self {
        let RowShape::Ragged { cells, columns } = shape;
        Self {
            code: Code::TooManyCells,
            detail: format!("This row has {cells} cells, but there are {columns} columns."),
            fix: "Put quotes (\") around a cell that holds the separator.".into(),
        }
    }

    /// A language that is no language.
    pub fn language() -> Self {
        Self {
            code: Code::UnknownLanguage,
            detail: "This is no language code.".into(),
            fix: "Write a code such as en, fa or zh-Hant, or leave the cell empty.".into(),
        }
    }

    /// A message without text.
    pub fn text_empty() -> Self {
        Self {
            code: Code::TextEmpty,
            detail: "With this row's values the message has no text.".into(),
            fix: "Fill in the columns that the message uses.".into(),
        }
    }

    /// A message that no provider takes.
    pub fn text_too_long(characters: usize) -> Self {
        Self {
            code: Code::TextTooLong,
            detail: format!("With this row's values the message has {characters} characters; {LONGEST_TEXT} is the most."),
            fix: "Shorten the values of this row.".into(),
        }
    }

    /// A value that a filter of the text cannot work with.
    pub fn cannot_fill(why: &str) -> Self {
        Self {
            code: Code::CannotFill,
            detail: format!("The text could not be filled with this row's values: {why}"),
            fix: "Correct the value in this row.".into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_unique_and_read_back() {
        for (i, code) in Code::ALL.into_iter().enumerate() {
            assert_eq!(Code::parse(code.as_str()), Some(code));
            assert_eq!(usize::from(code.byte()), i);
            assert_eq!(Code::of_byte(code.byte()), Some(code));
        }
        assert_eq!(Code::of_byte(200), None);
    }

    #[test]
    fn a_number_s_problem_keeps_the_word_that_phones_use() {
        let country = Country::parse("IR").expect("a country");
        for error in [
            PhoneError::Empty,
            PhoneError::HasLetters { letter: 'O', try_instead: None },
            PhoneError::SpreadsheetNumber,
            PhoneError::NotANumber { unexpected: None },
            PhoneError::UnknownCountryCode,
            PhoneError::NoCountry { calling_code: 870 },
            PhoneError::TooShort { country, try_instead: None },
            PhoneError::TooLong { country, try_instead: None },
            PhoneError::NotInUse { country, try_instead: None },
        ] {
            let problem = Problem::phone(&error);
            assert_eq!(problem.code.as_str(), error.code());
            assert!(problem.fix.ends_with('.'), "{}", problem.fix);
        }
    }
}
