//! The short way from clean digits to a number, without the regular expressions that read any text.
//!
//! libphonenumber reads digits in three steps: take off the prefix for calls abroad, take off the country code, take
//! off the trunk prefix (`0` in most plans). For the plans below each step is one look at the first digits. Whatever
//! does not fit leaves the short way, so it may refuse but never differ; a property test compares both ways.

use std::sync::LazyLock;

use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, ValidationError};

use super::Country;

/// Who a calling code (1 to 999) belongs to.
#[derive(Clone, Copy)]
pub(super) enum CallingCode {
    Unassigned,
    /// A service such as satellite telephones.
    Service,
    /// `main` answers for all when several countries share the code.
    Countries {
        main: Country,
        shared: bool,
    },
}

/// Looks up a calling code.
pub(super) fn calling_code(code: usize) -> CallingCode {
    static CODES: LazyLock<[CallingCode; 1000]> = LazyLock::new(|| {
        std::array::from_fn(|code| {
            let Some(mut regions) = i32::try_from(code).ok().and_then(|code| PHONE_NUMBER_UTIL.get_regions_for_country_calling_code(code))
            else {
                return CallingCode::Unassigned;
            };
            let shared = regions.len() > 1;
            match regions.next().map(Country::of_region) {
                Some(Some(main)) => CallingCode::Countries { main, shared },
                Some(None) => CallingCode::Service,
                None => CallingCode::Unassigned,
            }
        })
    });
    CODES.get(code).copied().unwrap_or(CallingCode::Unassigned)
}

/// Splits international digits after the calling code; no code is the beginning of another.
pub(super) fn split(digits: &[u8]) -> Option<(u16, &[u8])> {
    let mut code = 0_u16;
    for (i, digit) in digits.iter().take(3).enumerate() {
        code = code * 10 + u16::from(digit - b'0');
        if code == 0 {
            return None;
        }
        if !matches!(calling_code(code.into()), CallingCode::Unassigned) {
            return Some((code, &digits[i + 1..]));
        }
    }
    None
}

/// The number for clean digits, or `None` when only libphonenumber's own reading is sure to be right. The number is
/// well read but not yet known to be in use.
pub(super) fn short_way(plus: bool, digits: &[u8], default: Country) -> Option<PhoneNumber> {
    if plus {
        return international(digits);
    }
    match Home::of(default)? {
        Home::TrunkZero { abroad } => match digits {
            [b'0', b'0', rest @ ..] if abroad == Abroad::DoubleZero => international(rest),
            [b'0', b'1', ..] if abroad == Abroad::Various => None,
            [b'0', national @ ..] if national.first() != Some(&b'0') => number(default.calling_code(), national),
            _ => without_trunk(default.calling_code(), digits),
        },
        Home::NorthAmerica => match digits {
            [b'1', national @ ..] | national if national.len() == 10 && matches!(national[0], b'2'..=b'9') => number(1, national),
            _ => None,
        },
    }
}

/// How numbers are dialled in a country where the short way knows it.
enum Home {
    TrunkZero { abroad: Abroad },
    NorthAmerica,
}

#[derive(PartialEq, Eq)]
enum Abroad {
    /// `00` and nothing else.
    DoubleZero,
    /// Several prefixes, which begin with `00` or `01`.
    Various,
}

impl Home {
    fn of(country: Country) -> Option<Home> {
        match country.as_str() {
            "AE" | "AF" | "AT" | "BA" | "BD" | "BE" | "BG" | "CH" | "DE" | "DZ" | "EG" | "FR" | "GB" | "GE" | "GH" | "HR" | "IE" | "IN"
            | "IQ" | "IR" | "JO" | "KG" | "LB" | "LK" | "LY" | "MM" | "MY" | "NL" | "NP" | "PH" | "PK" | "RO" | "RS" | "SA" | "SE"
            | "SK" | "SY" | "TR" | "UA" | "VN" | "ZA" => Some(Home::TrunkZero { abroad: Abroad::DoubleZero }),
            "TW" => Some(Home::TrunkZero { abroad: Abroad::Various }),
            "US" | "CA" => Some(Home::NorthAmerica),
            _ => None,
        }
    }
}

fn international(digits: &[u8]) -> Option<PhoneNumber> {
    let (code, national) = split(digits)?;
    keeps_its_beginning(code, national).then(|| number(code, national))?
}

/// Digits without a trunk prefix are the national number, or the international one without its plus sign.
fn without_trunk(code: u16, digits: &[u8]) -> Option<PhoneNumber> {
    if !keeps_its_beginning(code, digits) {
        return None;
    }
    match split(digits) {
        Some((first, national)) if first == code => {
            let whole = number(code, digits)?;
            let too_long = PHONE_NUMBER_UTIL.is_possible_number_with_reason(&whole) == Err(ValidationError::TooLong);
            (too_long && keeps_its_beginning(code, national)).then(|| number(code, national))?
        }
        _ => number(code, digits),
    }
}

/// Whether a national number that begins so loses nothing as a trunk prefix and is not rewritten. Codes whose plan
/// rewrites numbers, or has a trunk prefix of several digits, never take the short way.
fn keeps_its_beginning(code: u16, national: &[u8]) -> bool {
    !matches!(
        (code, national.first()),
        (_, None | Some(b'0'))
            | (54 | 55 | 61 | 86 | 261 | 298 | 352 | 375 | 378 | 423 | 506 | 672, _)
            | (1 | 44 | 692, Some(b'1'))
            | (7 | 370 | 993, Some(b'8'))
    )
}

fn number(code: u16, national: &[u8]) -> Option<PhoneNumber> {
    if !(4..=15).contains(&national.len()) {
        return None;
    }
    Some(PhoneNumber {
        country_code: code.into(),
        national_number: national.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0')),
        ..PhoneNumber::default()
    })
}
