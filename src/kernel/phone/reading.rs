//! From what people type and paste to a plus sign and ASCII digits.

use super::PhoneError;

/// More digits than any number has, with every prefix: 17 national ones, the country code and a carrier's code.
const MOST_DIGITS: usize = 32;

/// A number as written: its digits in order, and whether a plus sign stood before them.
pub(super) struct Written {
    pub(super) plus: bool,
    digits: [u8; MOST_DIGITS],
    len: usize,
}

/// Why the text has no digits to look at.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    Letter(char),
    Other(PhoneError),
}

impl Written {
    /// ASCII digits.
    pub(super) fn digits(&self) -> &[u8] {
        &self.digits[..self.len]
    }

    /// The digits as text, with the plus sign if there was one.
    pub(super) fn text(&self) -> String {
        let digits = std::str::from_utf8(self.digits()).expect("only ASCII digits are kept");
        if self.plus { format!("+{digits}") } else { digits.to_string() }
    }

    /// Drops what people and programs put around and between digits. Refuses what could mean something else:
    /// letters, a second plus sign, signs such as `*` and `#`.
    pub(super) fn read(input: &str) -> Result<Written, Unreadable> {
        let text = without_wrapping(input);
        let mut written = Written { plus: false, digits: [0; MOST_DIGITS], len: 0 };
        for c in text.chars() {
            match c {
                '0'..='9' => written.push(c as u8)?,
                ' ' | '-' | '(' | ')' | '.' => {}
                '+' | '\u{FF0B}' if written.len == 0 && !written.plus => written.plus = true,
                _ => {
                    if let Some(digit) = digit_of_another_script(c) {
                        written.push(digit)?;
                    } else if !is_filler(c) {
                        return Err(refusal(text, c));
                    }
                }
            }
        }
        match written.len {
            0 if written.plus => Err(Unreadable::Other(PhoneError::NotANumber { unexpected: None })),
            0 if text.chars().any(|c| !is_filler(c)) => Err(Unreadable::Other(PhoneError::NotANumber { unexpected: None })),
            0 => Err(Unreadable::Other(PhoneError::Empty)),
            _ => Ok(written),
        }
    }

    fn push(&mut self, digit: u8) -> Result<(), Unreadable> {
        if self.len == MOST_DIGITS {
            return Err(Unreadable::Other(PhoneError::NotANumber { unexpected: None }));
        }
        self.digits[self.len] = digit;
        self.len += 1;
        Ok(())
    }
}

/// The text with letters that look like digits read as those digits.
pub(super) fn with_look_alikes_as_digits(input: &str) -> String {
    without_wrapping(input)
        .chars()
        .map(|c| match c {
            'O' | 'o' | 'О' | 'о' | 'Ο' | 'ο' => '0',
            'l' | 'I' | 'i' => '1',
            c => c,
        })
        .collect()
}

/// Without `tel:`, the `=` of a spreadsheet's `="0912…"`, and the `.0` of a number stored as a fraction.
fn without_wrapping(input: &str) -> &str {
    let mut text = input.trim_matches(is_filler);
    if text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("tel:")) {
        text = &text[4..];
    }
    text = text.strip_prefix("=\"").unwrap_or(text);
    if let Some(whole) = text.strip_suffix(".0").or_else(|| text.strip_suffix(".00")) {
        let digits = whole.strip_prefix('+').unwrap_or(whole);
        if digits.len() >= 7 && digits.bytes().all(|b| b.is_ascii_digit()) {
            text = whole;
        }
    }
    text
}

fn refusal(text: &str, unexpected: char) -> Unreadable {
    if is_shortened_by_a_spreadsheet(text) {
        Unreadable::Other(PhoneError::SpreadsheetNumber)
    } else if unexpected.is_alphabetic() {
        Unreadable::Letter(unexpected)
    } else {
        Unreadable::Other(PhoneError::NotANumber { unexpected: Some(unexpected) })
    }
}

/// `9.89121E+11` or `989E9`.
fn is_shortened_by_a_spreadsheet(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['E', 'e']) else {
        return false;
    };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let is_number = |part: &str, point: bool| {
        part.starts_with(|c: char| c.is_ascii_digit()) && part.chars().all(|c| c.is_ascii_digit() || (point && matches!(c, '.' | ',')))
    };
    is_number(mantissa, true) && is_number(exponent, false) && exponent.len() <= 2
}

/// Signs without meaning in a number: spaces, dashes, brackets, dots, slashes, quotes, and the invisible marks that
/// word processors and right-to-left text bring along.
fn is_filler(c: char) -> bool {
    c.is_whitespace()
        || matches!(c,
            '-' | '(' | ')' | '[' | ']' | '{' | '}' | '.' | '/' | '~' | '_' | '\'' | '"' | '`'
            | '\u{00AD}' | '\u{00B7}' | '\u{2018}'..='\u{201F}'
            | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{2053}' | '\u{223C}' | '\u{30FC}'
            | '\u{FE58}' | '\u{FE63}' | '\u{FF0D}'..='\u{FF0F}'
            | '\u{FF08}' | '\u{FF09}' | '\u{FF3B}' | '\u{FF3D}'
            | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{FEFF}')
}

/// The ASCII digit for a decimal digit of another script: Arabic, Persian, Devanagari, fullwidth and others.
pub(super) fn digit_of_another_script(c: char) -> Option<u8> {
    const ZEROS: [u32; 19] = [
        0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6, 0x0D66, 0x0E50, 0x0ED0, 0x0F20, 0x1040,
        0x17E0, 0x1810, 0xFF10,
    ];
    let c = u32::from(c);
    ZEROS.iter().find(|&&zero| (zero..zero + 10).contains(&c)).and_then(|zero| u8::try_from(c - zero).ok()).map(|digit| b'0' + digit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(input: &str) -> Result<String, Unreadable> {
        Written::read(input).map(|written| written.text())
    }

    #[test]
    fn fillers_and_digits_of_other_scripts_become_plain_digits() {
        for (input, expected) in [
            ("0912 345 6789", "09123456789"),
            ("+98 (912) 345-67-89", "+989123456789"),
            ("۰۹۱۲۳۴۵۶۷۸۹", "09123456789"),
            ("٠٩١٢٣٤٥٦٧٨٩", "09123456789"),
            ("０９１２３４５６７８９", "09123456789"),
            ("＋９８９１２", "+98912"),
            ("\u{202A}+98\u{00A0}912\u{202C}", "+98912"),
            ("\u{FEFF}09\u{200C}12\u{200F}", "0912"),
            ("'09121234567", "09121234567"),
            ("=\"09121234567\"", "09121234567"),
            ("tel:+98-912", "+98912"),
            ("TEL:0912", "0912"),
            ("98912123456.0", "98912123456"),
            ("02.03.04.05.00", "0203040500"),
            ("०९१", "091"),
        ] {
            assert_eq!(read(input).as_deref(), Ok(expected), "{input:?}");
        }
    }

    #[test]
    fn what_could_mean_something_else_is_refused() {
        let odd = |c| Unreadable::Other(PhoneError::NotANumber { unexpected: c });
        for (input, expected) in [
            ("", Unreadable::Other(PhoneError::Empty)),
            (" \u{200B}\u{00A0}", Unreadable::Other(PhoneError::Empty)),
            ("-", Unreadable::Other(PhoneError::Empty)),
            ("+", odd(None)),
            ("++98", odd(Some('+'))),
            ("0912+98", odd(Some('+'))),
            ("*140#", odd(Some('*'))),
            ("0912,0913", odd(Some(','))),
            ("0912x12", Unreadable::Letter('x')),
            ("n/a", Unreadable::Letter('n')),
            ("نامشخص", Unreadable::Letter('ن')),
            ("9.89121E+11", Unreadable::Other(PhoneError::SpreadsheetNumber)),
            ("9,89E11", Unreadable::Other(PhoneError::SpreadsheetNumber)),
            ("9E", Unreadable::Letter('E')),
        ] {
            assert_eq!(read(input), Err(expected), "{input:?}");
        }
        assert_eq!(read(&"1".repeat(33)), Err(odd(None)));
    }
}
