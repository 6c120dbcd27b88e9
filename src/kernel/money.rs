//! Money in millionths of a currency unit, with checked arithmetic.

use std::fmt;

/// An amount in micros (millionths of one unit of its currency). Whose currency it is stands beside it.
pub type Micros = i64;

/// An ISO 4217 code such as `USD`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

impl Currency {
    /// US dollars, the default.
    pub const USD: Self = Self(*b"USD");

    /// Reads a three-letter code in either case.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes: [u8; 3] = text.trim().to_ascii_uppercase().into_bytes().try_into().ok()?;
        bytes.iter().all(u8::is_ascii_uppercase).then_some(Self(bytes))
    }

    /// The code, e.g. `USD`.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("only ASCII letters are stored")
    }

    /// The sign that people write before an amount, or the code and a space.
    pub fn sign(&self) -> &str {
        match self.as_str() {
            "USD" => "$",
            "EUR" => "€",
            "GBP" => "£",
            "INR" => "₹",
            "TWD" => "NT$",
            code => code,
        }
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// An amount with its currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Money {
    /// Millionths of a unit.
    pub micros: Micros,
    /// Of which currency.
    pub currency: Currency,
}

impl Money {
    /// Nothing of a currency.
    pub fn zero(currency: Currency) -> Self {
        Self { micros: 0, currency }
    }

    /// `self` × `n`; `None` when it does not fit.
    pub fn times(self, n: i64) -> Option<Self> {
        Some(Self { micros: self.micros.checked_mul(n)?, ..self })
    }

    /// The sum; `None` when the currencies differ or it does not fit.
    pub fn plus(self, other: Self) -> Option<Self> {
        if self.currency != other.currency {
            return None;
        }
        Some(Self { micros: self.micros.checked_add(other.micros)?, ..self })
    }

    /// The exact amount as a decimal, e.g. `0.0079`, without the currency.
    pub fn amount(&self) -> String {
        decimal(self.micros)
    }

    /// For people: sign and amount, at least two decimals, e.g. `$1,618.40` or `$0.0079`.
    pub fn display(&self) -> String {
        let exact = decimal(self.micros.saturating_abs());
        let (whole, fraction) = exact.split_once('.').unwrap_or((&exact, ""));
        let mut grouped = String::new();
        for (i, digit) in whole.chars().enumerate() {
            if i > 0 && (whole.len() - i).is_multiple_of(3) {
                grouped.push(',');
            }
            grouped.push(digit);
        }
        let minus = if self.micros < 0 { "−" } else { "" };
        let sign = self.currency.sign();
        let gap = if sign.len() == 3 && sign.is_ascii() && !sign.ends_with('$') { " " } else { "" };
        format!("{minus}{sign}{gap}{grouped}.{fraction:0<2}")
    }
}

/// Micros as an exact decimal without trailing zeros.
pub fn decimal(micros: Micros) -> String {
    let sign = if micros < 0 { "-" } else { "" };
    let abs = micros.unsigned_abs();
    let fraction = format!("{:06}", abs % 1_000_000);
    match fraction.trim_end_matches('0') {
        "" => format!("{sign}{}", abs / 1_000_000),
        f => format!("{sign}{}.{f}", abs / 1_000_000),
    }
}

/// Reads a decimal such as `0.0079` exactly; more than six decimals, signs other than `-`, or
/// amounts beyond ±9 × 10¹² are refused with a sentence.
pub fn parse_decimal(text: &str) -> Result<Micros, &'static str> {
    const SHAPE: &str = "Write the amount as a number such as 12.50, without a currency sign.";
    let text = text.trim();
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let numeric = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !numeric(whole) || !numeric(fraction) {
        return Err(SHAPE);
    }
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 6 {
        return Err("An amount has at most six decimals.");
    }
    let too_large = "That amount is too large.";
    let whole: i64 = whole.parse().map_err(|_| too_large)?;
    let part: i64 = format!("{fraction:0<6}").parse().map_err(|_| SHAPE)?;
    let micros = whole.checked_mul(1_000_000).and_then(|w| w.checked_add(part)).ok_or(too_large)?;
    Ok(if negative { -micros } else { micros })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_decimal_survives_printing_and_reading(micros in -9_000_000_000_000_000_000_i64..9_000_000_000_000_000_000) {
            prop_assert_eq!(parse_decimal(&decimal(micros)), Ok(micros));
        }

        #[test]
        fn any_text_is_read_or_refused(text in ".*") {
            let _ = parse_decimal(&text);
        }
    }

    #[test]
    fn amounts_are_shown_as_people_write_them() {
        let usd = |micros| Money { micros, currency: Currency::USD }.display();
        assert_eq!(usd(1_618_400_000), "$1,618.40");
        assert_eq!(usd(7_900), "$0.0079");
        assert_eq!(usd(-2_500_000), "−$2.50");
        let irr = Money { micros: 5_000_000, currency: Currency::parse("irr").expect("a code") };
        assert_eq!(irr.display(), "IRR 5.00");
    }

    #[test]
    fn sums_never_mix_currencies_or_overflow() {
        let usd = Money { micros: 1, currency: Currency::USD };
        let eur = Money { micros: 1, currency: Currency::parse("EUR").expect("a code") };
        assert_eq!(usd.plus(eur), None);
        assert_eq!(Money { micros: i64::MAX, ..usd }.plus(usd), None);
        assert_eq!(Money { micros: i64::MAX, ..usd }.times(2), None);
    }

    #[test]
    fn faulty_amounts_are_refused() {
        for bad in ["", "-", ".5", "1,5", "$5", "1e3", "0.1234567", "99999999999999999999"] {
            assert!(parse_decimal(bad).is_err(), "{bad}");
        }
        assert_eq!(parse_decimal("0.0079"), Ok(7_900));
    }
}
