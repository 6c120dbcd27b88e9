//! Why something is not a phone number, and what to do about it.

use std::fmt;

use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber};

use super::{Country, Phone};

/// What is wrong with a number. `Display` is one sentence that never holds the number; [`PhoneError::fix`] may hold a
/// corrected one, so it is for the person who typed it and not for a log.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PhoneError {
    /// Nothing, or only spaces and signs.
    #[error("The phone number is missing.")]
    Empty,
    /// Words, an extension, or a letter in place of a digit.
    #[error("A phone number cannot contain the letter “{letter}”.")]
    HasLetters {
        /// The first letter.
        letter: char,
        /// The number that comes out when letters that look like digits are read as those digits.
        try_instead: Option<Phone>,
    },
    /// `9.89121E+11`: the last digits are lost.
    #[error("A spreadsheet has shortened this number and dropped its last digits.")]
    SpreadsheetNumber,
    /// Several numbers, a service code, or anything else.
    #[error("{}", not_a_number(*unexpected))]
    NotANumber {
        /// The first sign that no number holds.
        unexpected: Option<char>,
    },
    /// After `+` or `00` comes no calling code.
    #[error("No country has the country code that this number begins with.")]
    UnknownCountryCode,
    /// Satellite, international freephone and the like.
    #[error("+{calling_code} is an international service, not a country's telephones.")]
    NoCountry {
        /// The digits after `+` that name the service.
        calling_code: u16,
    },
    /// Fewer digits than the plan asks for.
    #[error("The number is too short for {}.", country.name())]
    TooShort {
        /// The country it was read for.
        country: Country,
        /// The number that comes out when the digits are read with a `+` before them.
        try_instead: Option<Phone>,
    },
    /// More digits than the plan allows.
    #[error("The number is too long for {}.", country.name())]
    TooLong {
        /// The country it was read for.
        country: Country,
        /// The number that comes out when the digits are read with a `+` before them.
        try_instead: Option<Phone>,
    },
    /// The length is right, but the numbering plan has no such range.
    #[error("No telephone in {} has a number like this one.", country.name())]
    NotInUse {
        /// The country it was read for.
        country: Country,
        /// The number that comes out when the digits are read with a `+` before them.
        try_instead: Option<Phone>,
    },
}

impl PhoneError {
    /// A stable name for the API and for error files.
    pub fn code(&self) -> &'static str {
        match self {
            PhoneError::Empty => "empty",
            PhoneError::HasLetters { .. } => "has_letters",
            PhoneError::SpreadsheetNumber => "spreadsheet_number",
            PhoneError::NotANumber { .. } => "not_a_number",
            PhoneError::UnknownCountryCode => "unknown_country_code",
            PhoneError::NoCountry { .. } => "no_country",
            PhoneError::TooShort { .. } => "too_short",
            PhoneError::TooLong { .. } => "too_long",
            PhoneError::NotInUse { .. } => "not_in_use",
        }
    }

    /// What to do about it, in a sentence or two.
    pub fn fix(&self) -> String {
        match *self {
            PhoneError::Empty => "Type a phone number, for example +98 912 345 6789.".to_string(),
            PhoneError::HasLetters {
                letter,
                try_instead: Some(phone),
            } => format!(
                "{} Try {}.",
                match letter {
                    'O' | 'o' => "Letter O instead of zero?",
                    _ => "A letter that looks like a digit?",
                },
                phone.national()
            ),
            PhoneError::HasLetters { .. } => {
                "Write digits only, without names, words or an extension.".to_string()
            }
            PhoneError::SpreadsheetNumber => {
                "Format the phone column as text in the spreadsheet, fill in the numbers again and export it."
                    .to_string()
            }
            PhoneError::NotANumber { .. } => {
                "Write one number, in digits, with or without + at its beginning.".to_string()
            }
            PhoneError::UnknownCountryCode => {
                "After + comes the country code, such as 98 for Iran or 886 for Taiwan. Without + a number is read as one of your own country."
                    .to_string()
            }
            PhoneError::NoCountry { .. } => {
                "Use the person's mobile number in a country.".to_string()
            }
            PhoneError::TooShort { country, try_instead }
            | PhoneError::TooLong { country, try_instead } => with_suggestion(
                format!(
                    "A number for +{} has {} digits after the country code.",
                    country.calling_code(),
                    lengths(country)
                ),
                try_instead,
            ),
            PhoneError::NotInUse { country, try_instead } => with_suggestion(
                format!(
                    "Check the digits. If it belongs to another country than {}, write it with + and its country code.",
                    country.name()
                ),
                try_instead,
            ),
        }
    }
}

/// The code alone, because the fields can hold a number.
impl fmt::Debug for PhoneError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PhoneError({})", self.code())
    }
}

fn not_a_number(unexpected: Option<char>) -> String {
    match unexpected {
        Some(c) if !c.is_control() => {
            format!("This is not one phone number: “{c}” does not belong there.")
        }
        _ => "This is not a phone number.".to_string(),
    }
}

fn with_suggestion(fix: String, phone: Option<Phone>) -> String {
    match phone {
        Some(phone) => format!("{fix} Try {}.", phone.international()),
        None => fix,
    }
}

/// The lengths that numbers of a country can have after the country code: `10`, `4 to 13` or `8, 10 or 11`.
fn lengths(country: Country) -> String {
    let possible: Vec<u32> = (2..=17)
        .filter(|&digits| {
            let number = PhoneNumber {
                country_code: country.calling_code().into(),
                national_number: 10_u64.pow(digits - 1),
                ..PhoneNumber::default()
            };
            PHONE_NUMBER_UTIL.is_possible_number_with_reason(&number) == Ok(NumberLengthType::IsPossible)
        })
        .collect();
    match possible.as_slice() {
        [] => "other".to_string(),
        [only] => only.to_string(),
        [first, .., last] if (last - first) as usize == possible.len() - 1 => {
            format!("{first} to {last}")
        }
        [init @ .., last] => {
            let init: Vec<String> = init.iter().map(u32::to_string).collect();
            format!("{} or {last}", init.join(", "))
        }
    }
}
