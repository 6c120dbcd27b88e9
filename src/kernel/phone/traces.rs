//! Finding a number in text that people wrote, whatever its spelling.

use super::{Phone, reading};

/// What gives a number away: its national digits in a row, with anything but letters between them.
#[derive(Clone)]
pub struct Traces {
    national: Vec<u8>,
}

impl std::fmt::Debug for Traces {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Traces(hidden)")
    }
}

impl Traces {
    /// The traces of this number.
    pub fn of(phone: &Phone) -> Self {
        Self { national: phone.national_digits().into_bytes() }
    }

    /// Whether the text holds the number: with or without country code or trunk zero, with spaces, dashes or brackets, in the digits
    /// of any script that numbers are read in. A longer number that ends or begins like it counts too: better one too many.
    pub fn stand_in(&self, text: &str) -> bool {
        if text.len() < self.national.len() {
            return false;
        }
        let mut run = Vec::with_capacity(self.national.len() + 4);
        for c in text.chars() {
            match digit(c) {
                Some(digit) => run.push(digit),
                None if c.is_alphabetic() => {
                    if self.lies_in(&run) {
                        return true;
                    }
                    run.clear();
                }
                None => {}
            }
        }
        self.lies_in(&run)
    }

    fn lies_in(&self, run: &[u8]) -> bool {
        run.len() >= self.national.len() && run.windows(self.national.len()).any(|part| part == self.national)
    }
}

/// The digit as its ASCII byte.
fn digit(c: char) -> Option<u8> {
    if c.is_ascii_digit() { u8::try_from(c).ok() } else { reading::digit_of_another_script(c) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_number_is_found_and_others_are_not() {
        let traces = Traces::of(&Phone::from_e164("+989121234567").expect("a number"));
        for text in [
            "+989121234567",
            "00989121234567",
            "09121234567",
            "9121234567",
            "0912 123 45 67",
            "(0912) 123-4567",
            "۰۹۱۲۱۲۳۴۵۶۷",
            "٠٩١٢ ١٢٣ ٤٥٦٧",
            "０９１２１２３４５６７",
            "call 0912-123-4567 after six",
            "0912\u{a0}123\u{200e}4567",
        ] {
            assert!(traces.stand_in(text), "{text}");
        }
        for text in ["", "+989121234568", "0912123456", "0912 a 1234567", "9121234"] {
            assert!(!traces.stand_in(text), "{text}");
        }
        assert_eq!(format!("{traces:?}"), "Traces(hidden)");
    }
}
