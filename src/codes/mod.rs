//! One-time codes by text message: what proves that whoever asks holds the telephone.
//!
//! - A code has six digits, lives five minutes and is taken once. What is stored is a keyed hash that is bound to its challenge;
//!   the code itself is only in its message, which is sealed, shown to nobody and emptied as soon as the challenge has ended.
//! - One number has one live challenge per purpose: a new code voids the one before it, and a challenge takes five tries.
//! - [`start`] sends to any number that the subaccount may send to. [`start_known`] is for pages that anybody can open: a number
//!   that no contact has gets no message, and nothing else tells the difference.
//! - Both are held to limits by number, range, address and network, and to a breaker: where at least twenty codes of a purpose went
//!   in an hour and hardly one was entered, somebody earns by them, and no more go for an hour or until an admin says so.

mod breaker;
mod check;
mod limits;
mod purpose;
mod start;
mod stops;
mod store;
mod sweep;
mod text;

pub use check::{Checked, check};
pub use purpose::Purpose;
pub use start::{Ask, Started, start, start_known};
pub use stops::{Stop, release, stops};
pub use sweep::{forget_person, prune, sweep};

use crate::kernel::clock::{MINUTE, Millis};
use crate::kernel::id::random_u64;

/// How long a code lives.
pub const LIFE: Millis = 5 * MINUTE;
/// How many tries a challenge takes.
pub const TRIES: i64 = 5;
/// How many digits a code has.
const DIGITS: usize = 6;
const CODES: u64 = 10_u64.pow(DIGITS as u32);

/// A code: each of the million is as likely as the others, because numbers of the last, incomplete million are drawn again.
fn fresh_code() -> String {
    code_from(random_u64)
}

fn code_from(mut draw: impl FnMut() -> u64) -> String {
    const END: u64 = u64::MAX - u64::MAX % CODES;
    loop {
        let drawn = draw();
        if drawn < END {
            return format!("{:0DIGITS$}", drawn % CODES);
        }
    }
}

/// The digits of what somebody typed, in any script and with spaces or hyphens between them; `None` when it cannot be a code.
fn digits_of(typed: &str) -> Option<String> {
    const ZEROS: [char; 4] = ['0', '\u{0660}', '\u{06F0}', '\u{FF10}'];
    let digit = |c: char| ZEROS.iter().find_map(|zero| (c as u32).checked_sub(*zero as u32).filter(|d| *d < 10));
    let written =
        typed.trim().chars().filter(|c| !c.is_whitespace() && *c != '-' && *c != '\u{200C}' && *c != '\u{200E}' && *c != '\u{200F}');
    let digits: String = written.map(|c| digit(c).and_then(|d| char::from_digit(d, 10))).collect::<Option<_>>()?;
    (digits.len() == DIGITS).then_some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_six_digits_and_the_incomplete_million_is_drawn_again() {
        let mut drawn = [u64::MAX, u64::MAX - 1, 42].into_iter();
        assert_eq!(code_from(|| drawn.next().expect("a draw")), "000042");
        let codes: std::collections::HashSet<String> = (0..1_000).map(|_| fresh_code()).collect();
        assert!(codes.len() > 990 && codes.iter().all(|code| code.len() == 6 && code.bytes().all(|b| b.is_ascii_digit())));
    }

    #[test]
    fn digits_of_every_script_are_read() {
        for typed in ["012345", " 012 345 ", "012-345", "۰۱۲۳۴۵", "٠١٢٣٤٥", "０１２３４５", "\u{200E}012345\u{200F}"] {
            assert_eq!(digits_of(typed).as_deref(), Some("012345"), "{typed}");
        }
        for typed in ["", "12345", "1234567", "12345a", "１２３"] {
            assert_eq!(digits_of(typed), None, "{typed}");
        }
    }
}
