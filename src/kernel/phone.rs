//! Phone numbers: read from whatever people write, kept as E.164, shown masked.
//!
//! A [`Phone`] that came out of [`Phone::parse`] is in a range that is in use by libphonenumber's data. Printing one
//! with `{}` or `{:?}` shows the last four digits only, so that no number reaches a log; [`Phone::e164`] is the one
//! for carriers and storage, [`Phone::international`] and [`Phone::national`] are for people who may see it.

mod country;
mod error;
mod kind;
mod names;
mod plan;
mod reading;
mod traces;

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};

use rlibphonenumber::{
    NumberLengthType, PHONE_NUMBER_UTIL, ParseError, PhoneNumber, PhoneNumberFormat, ValidationError, get_national_significant_number_owned,
};

pub use country::{Country, UnknownCountry};
pub use error::PhoneError;
pub use kind::NumberType;
pub use traces::Traces;

use plan::CallingCode;
use reading::{Unreadable, Written};

/// The largest number with the fifteen digits that ITU-T E.164 allows (section 6.2.1). Some plans of libphonenumber have room for more.
const MOST: u64 = 999_999_999_999_999;

/// A telephone number with its country code. Two are equal when their digits are.
#[derive(Clone, Copy)]
pub struct Phone {
    /// The country code and the national number, leading zeros of the latter included.
    digits: u64,
    calling_code: u16,
    /// Known from parsing; worked out when asked for after reading from storage.
    details: Option<Details>,
}

#[derive(Clone, Copy)]
struct Details {
    country: Country,
    kind: NumberType,
}

impl Phone {
    /// Reads a number in any local or international spelling. Without `+` or `00` at its beginning it is one of
    /// `default`, unless it can only be an international number of `default` without its plus sign.
    pub fn parse(input: &str, default: Country) -> Result<Phone, PhoneError> {
        match Written::read(input) {
            Ok(written) => resolve(&written, default),
            Err(Unreadable::Other(error)) => Err(error),
            Err(Unreadable::Letter(letter)) => Err(PhoneError::HasLetters {
                letter,
                try_instead: Written::read(&reading::with_look_alikes_as_digits(input))
                    .ok()
                    .and_then(|written| resolve(&written, default).ok()),
            }),
        }
    }

    /// Reads `+989123456789` from our own storage: checks the form and the country code, not whether the range is in
    /// use (it was, when the number was parsed).
    pub fn from_e164(text: &str) -> Result<Phone, PhoneError> {
        let digits = text
            .strip_prefix('+')
            .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()) && !digits.starts_with('0'))
            .ok_or(PhoneError::NotANumber { unexpected: None })?;
        let value = digits.parse().map_err(|_| PhoneError::NotANumber { unexpected: None })?;
        Phone::from_digits(value)
    }

    /// The number whose E.164 form is `+` and these digits; checks as much as [`Phone::from_e164`].
    pub fn from_digits(digits: u64) -> Result<Phone, PhoneError> {
        let text = digits.to_string();
        let (code, national) = plan::split(text.as_bytes()).ok_or(PhoneError::UnknownCountryCode)?;
        match plan::calling_code(code.into()) {
            CallingCode::Countries { main, .. } if national.len() < 2 => Err(PhoneError::TooShort { country: main, try_instead: None }),
            CallingCode::Countries { .. } => Ok(Phone { digits, calling_code: code, details: None }),
            CallingCode::Service => Err(PhoneError::NoCountry { calling_code: code }),
            CallingCode::Unassigned => Err(PhoneError::UnknownCountryCode),
        }
    }

    /// `+989123456789`.
    pub fn e164(&self) -> String {
        format!("+{}", self.digits)
    }

    /// The digits of the E.164 form as a number, for compact storage.
    pub fn digits(&self) -> u64 {
        self.digits
    }

    /// The country whose plan the number is in. For a number in no plan (its range was withdrawn) the main country of
    /// its country code.
    pub fn country(&self) -> Country {
        self.details().country
    }

    /// What its range is used for.
    pub fn kind(&self) -> NumberType {
        self.details().kind
    }

    /// As dialled inside its country: `0912 345 6789`.
    pub fn national(&self) -> String {
        PHONE_NUMBER_UTIL.format(&self.number(), PhoneNumberFormat::National).into_owned()
    }

    /// As written for the world: `+98 912 345 6789`.
    pub fn international(&self) -> String {
        PHONE_NUMBER_UTIL.format(&self.number(), PhoneNumberFormat::International).into_owned()
    }

    /// For screens and logs: `+44 •••• ••4821`, the country code and the last four digits (the last two of a number
    /// too short to hide in).
    pub fn masked(&self) -> String {
        let national = self.national_digits();
        let shown = if national.len() >= 8 { 4 } else { 2 };
        let hidden = national.len().saturating_sub(shown);
        let mut text = format!("+{} ", self.calling_code);
        for (i, digit) in national.chars().enumerate() {
            if i > 0 && i % 4 == 0 && i <= hidden {
                text.push(' ');
            }
            text.push(if i < hidden { '•' } else { digit });
        }
        text
    }

    /// Whether a text message can arrive: not on landlines, toll-free, premium and the like. Where mobiles and
    /// landlines share their ranges (North America) every such number may.
    pub fn can_receive_sms(&self) -> bool {
        self.kind().can_receive_sms()
    }

    fn details(&self) -> Details {
        self.details.unwrap_or_else(|| {
            let number = self.number();
            let kind = PHONE_NUMBER_UTIL.get_number_type(&number).into();
            Details { country: country_of(&number, self.calling_code), kind }
        })
    }

    fn national_digits(&self) -> String {
        self.digits.to_string()[code_length(self.calling_code)..].to_string()
    }

    /// The number in libphonenumber's form, which keeps leading zeros apart.
    fn number(&self) -> PhoneNumber {
        let national = self.national_digits();
        let zeros = national.bytes().take_while(|&b| b == b'0').count().min(national.len() - 1);
        PhoneNumber {
            country_code: self.calling_code.into(),
            national_number: national.bytes().fold(0, |value, digit| value * 10 + u64::from(digit - b'0')),
            italian_leading_zero: (zeros > 0).then_some(true),
            number_of_leading_zeros: i32::try_from(zeros).ok().filter(|&zeros| zeros > 1),
            ..PhoneNumber::default()
        }
    }
}

/// By the digits as a number, so short numbers come first.
impl Ord for Phone {
    fn cmp(&self, other: &Phone) -> Ordering {
        self.digits.cmp(&other.digits)
    }
}

impl PartialOrd for Phone {
    fn partial_cmp(&self, other: &Phone) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Phone {
    fn eq(&self, other: &Phone) -> bool {
        self.digits == other.digits
    }
}

impl Eq for Phone {}

impl Hash for Phone {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.digits.hash(state);
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

fn resolve(written: &Written, default: Country) -> Result<Phone, PhoneError> {
    if let Some(phone) = plan::short_way(written.plus, written.digits(), default).and_then(|number| in_use(&number)) {
        return Ok(phone);
    }
    let text = written.text();
    let error = match the_long_way(&text, default) {
        Ok(phone) => return Ok(phone),
        Err(error) => error,
    };
    if written.plus {
        return Err(error);
    }
    // `00` is understood everywhere, also where another prefix is dialled for calls abroad.
    if let Some(rest) = text.strip_prefix("00") {
        return the_long_way(&format!("+{rest}"), default).map_err(|abroad| match abroad {
            PhoneError::UnknownCountryCode => error,
            abroad => abroad,
        });
    }
    let abroad = the_long_way(&format!("+{text}"), default).ok();
    Err(match error {
        PhoneError::TooShort { country, .. } => PhoneError::TooShort { country, try_instead: abroad },
        PhoneError::TooLong { country, .. } => PhoneError::TooLong { country, try_instead: abroad },
        PhoneError::NotInUse { country, .. } => PhoneError::NotInUse { country, try_instead: abroad },
        other => other,
    })
}

/// libphonenumber's own reading of clean digits.
fn the_long_way(text: &str, default: Country) -> Result<Phone, PhoneError> {
    let country = plan::split(text.trim_start_matches('+').as_bytes())
        .filter(|_| text.starts_with('+'))
        .and_then(|(code, _)| match plan::calling_code(code.into()) {
            CallingCode::Countries { main, .. } => Some(main),
            CallingCode::Service | CallingCode::Unassigned => None,
        })
        .unwrap_or(default);
    let too_short = PhoneError::TooShort { country, try_instead: None };
    let too_long = PhoneError::TooLong { country, try_instead: None };
    let number = PHONE_NUMBER_UTIL.parse(text, Some(default.region())).map_err(|error| match error {
        ParseError::InvalidCountryCode => PhoneError::UnknownCountryCode,
        ParseError::TooLongNsn => too_long,
        // Clean digits fail to look like a number only when there are too few.
        ParseError::TooShortAfterIdd | ParseError::TooShortNsn | ParseError::NotANumber(_) => too_short,
    })?;
    if let Some(phone) = in_use(&number) {
        return Ok(phone);
    }
    let calling_code = u16::try_from(number.country_code).unwrap_or_default();
    let country = match plan::calling_code(calling_code.into()) {
        CallingCode::Service => return Err(PhoneError::NoCountry { calling_code }),
        CallingCode::Unassigned => return Err(PhoneError::UnknownCountryCode),
        CallingCode::Countries { .. } if default.calling_code() == calling_code => default,
        CallingCode::Countries { main, .. } => main,
    };
    if digits_of(&number).is_none_or(|digits| digits > MOST) {
        return Err(PhoneError::TooLong { country, try_instead: None });
    }
    Err(match length_of(&number) {
        Ok(NumberLengthType::IsPossible) => PhoneError::NotInUse { country, try_instead: None },
        Err(ValidationError::TooLong) => PhoneError::TooLong { country, try_instead: None },
        Ok(NumberLengthType::IsPossibleLocalOnly)
        | Err(ValidationError::TooShort | ValidationError::InvalidLength | ValidationError::InvalidCountryCode) => {
            PhoneError::TooShort { country, try_instead: None }
        }
    })
}

/// Whether the number has a length of its plan. A trunk zero is left on a number that is too short without it; it
/// does not count.
fn length_of(number: &PhoneNumber) -> Result<NumberLengthType, ValidationError> {
    let length = PHONE_NUMBER_UTIL.is_possible_number_with_reason(number);
    if length != Ok(NumberLengthType::IsPossible) || !number.italian_leading_zero() {
        return length;
    }
    PHONE_NUMBER_UTIL.is_possible_number_with_reason(&PhoneNumber {
        country_code: number.country_code,
        national_number: number.national_number,
        ..PhoneNumber::default()
    })
}

/// The phone for a number whose range is in use in some country.
fn in_use(number: &PhoneNumber) -> Option<Phone> {
    let calling_code = u16::try_from(number.country_code).ok()?;
    if !matches!(plan::calling_code(calling_code.into()), CallingCode::Countries { .. }) {
        return None;
    }
    let kind = NumberType::from(PHONE_NUMBER_UTIL.get_number_type(number));
    if kind == NumberType::Unknown {
        return None;
    }
    let digits = digits_of(number).filter(|digits| *digits <= MOST)?;
    Some(Phone { digits, calling_code, details: Some(Details { country: country_of(number, calling_code), kind }) })
}

/// The digits of the E.164 form; none when there are more than E.164 could ever hold.
fn digits_of(number: &PhoneNumber) -> Option<u64> {
    if number.italian_leading_zero() {
        let national = get_national_significant_number_owned(number);
        return format!("{}{national}", number.country_code).parse().ok();
    }
    let shift = 10_u64.checked_pow(number.national_number.checked_ilog10()? + 1)?;
    u64::try_from(number.country_code).ok()?.checked_mul(shift)?.checked_add(number.national_number)
}

fn country_of(number: &PhoneNumber, calling_code: u16) -> Country {
    match plan::calling_code(calling_code.into()) {
        CallingCode::Countries { main, shared: false } => main,
        CallingCode::Countries { main, shared: true } => {
            PHONE_NUMBER_UTIL.get_region_for_number(number).and_then(Country::of_region).unwrap_or(main)
        }
        CallingCode::Service | CallingCode::Unassigned => {
            unreachable!("a phone is made only with a country's calling code")
        }
    }
}

fn code_length(calling_code: u16) -> usize {
    match calling_code {
        0..=9 => 1,
        10..=99 => 2,
        _ => 3,
    }
}

#[cfg(test)]
mod tests;
