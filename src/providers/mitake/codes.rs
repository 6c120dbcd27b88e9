//! Mitake's codes, from its "HTTP API" manual 2.14: letters refuse a request, digits tell how far a message has come.

use crate::providers::codes::{self, Code, Verdict};
use crate::providers::outcome::{RefusalClass, SendError};
use crate::providers::receipt::ReceiptStatus;

const PERMANENT: Verdict = Verdict::No(RefusalClass::Permanent);
const RETRYABLE: Verdict = Verdict::No(RefusalClass::Retryable);

const fn code(code: &'static str, meaning: &'static str, verdict: Verdict) -> Code {
    Code { code, meaning, verdict }
}

const CODES: &[Code] = &[
    code("*", "Mitake met an error of its own and did not take the message.", RETRYABLE),
    code("a", "Mitake's sending is closed for the moment.", RETRYABLE),
    code("b", "Mitake's sending is closed for the moment.", RETRYABLE),
    code("c", "Mitake wants an account.", Verdict::Mend),
    code("d", "Mitake wants a password.", Verdict::Mend),
    code("e", "Mitake does not accept the account or the password.", Verdict::Mend),
    code("f", "The account at Mitake has expired.", Verdict::Mend),
    code("h", "The account at Mitake is disabled.", Verdict::Mend),
    code("k", "This server's address is not on the list of addresses that Mitake lets in.", Verdict::Mend),
    code("l", "Mitake has too many connections of this account.", Verdict::TooFast),
    code("m", "Mitake wants the password to be changed.", Verdict::Mend),
    code("n", "The password at Mitake has expired.", Verdict::Mend),
    code("p", "The account may not use Mitake's HTTP interface.", Verdict::Mend),
    code("r", "Mitake's system is closed for the moment.", RETRYABLE),
    code("s", "Mitake could not charge the account.", Verdict::Mend),
    code("t", "The message had expired.", PERMANENT),
    code("u", "The text is empty.", PERMANENT),
    code("v", "The number is not valid.", PERMANENT),
    code("w", "Mitake was asked for too many messages at once.", PERMANENT),
    code("x", "What was sent to Mitake is too large.", PERMANENT),
    code("y", "Mitake could not read a part of the request.", PERMANENT),
    code("z", "Mitake has nothing under that id.", PERMANENT),
    code("5", "The text has content that was not let through.", PERMANENT),
    code("6", "The number is wrong.", PERMANENT),
    code("7", "The number is out of service.", PERMANENT),
    code("9", "The message was cancelled at Mitake.", PERMANENT),
];

/// What a code says that answers a submission without a message id.
pub fn error(code: &str) -> SendError {
    codes::find(CODES, code).map_or_else(|| SendError::Refused(codes::unknown(code)), Code::error)
}

/// Whether a submission that was answered with an id and this code was taken, as far as the code tells.
pub fn is_taken(code: &str) -> bool {
    matches!(code, "0" | "1" | "2" | "4" | "8")
}

/// Whether a submission with this code was surely not taken. A letter beside an id contradicts itself.
pub fn is_no(code: &str, has_id: bool) -> bool {
    match code.as_bytes() {
        [b'5' | b'6' | b'7' | b'9'] => true,
        [b'a'..=b'z' | b'*'] => !has_id,
        _ => false,
    }
}

/// How far a message with this digit has come; `None` before the carrier has it, and for what is no such digit.
pub fn status(digit: &str) -> Option<ReceiptStatus> {
    match digit {
        "1" | "2" => Some(ReceiptStatus::Sent),
        "4" => Some(ReceiptStatus::Delivered),
        "8" => Some(ReceiptStatus::Expired),
        "5" | "6" | "7" | "9" => codes::find(CODES, digit).map(|known| ReceiptStatus::Failed(known.refusal())),
        _ => None,
    }
}

/// The digit that a receipt's word stands for, when the digit itself is missing. UNDELIV is 6 or 7.
pub fn digit_of(word: &str) -> Option<&'static str> {
    match word {
        "DELIVRD" => Some("4"),
        "EXPIRED" => Some("8"),
        "DELETED" => Some("9"),
        "UNDELIV" => Some("6"),
        "SYNTAXE" => Some("5"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_letter_leads_where_it_should() {
        for letter in ["c", "d", "e", "f", "h", "k", "m", "n", "p", "s"] {
            assert!(matches!(error(letter), SendError::Misconfigured { .. }), "{letter}");
        }
        for (letters, class) in
            [(["*", "a", "b", "r"].as_slice(), RefusalClass::Retryable), (&["t", "u", "v", "x", "y", "?"], RefusalClass::Permanent)]
        {
            for letter in letters {
                assert!(matches!(error(letter), SendError::Refused(refusal) if refusal.class == class), "{letter}");
            }
        }
        assert_eq!(error("l"), SendError::Throttled { retry_after: None });
    }

    #[test]
    fn each_digit_is_a_status_or_none() {
        assert_eq!(
            (status("1"), status("4"), status("8")),
            (Some(ReceiptStatus::Sent), Some(ReceiptStatus::Delivered), Some(ReceiptStatus::Expired))
        );
        for digit in ["5", "6", "7", "9"] {
            assert!(matches!(status(digit), Some(ReceiptStatus::Failed(_))), "{digit}");
            assert!(!is_taken(digit) && is_no(digit, true) && is_no(digit, false));
        }
        for digit in ["", "0", "3", "v", "44"] {
            assert_eq!(status(digit), None, "{digit}");
        }
        assert!(is_no("q", false) && !is_no("q", true));
        for doubtful in ["", "0", "1", "3", "44", "ev", "é"] {
            assert!(!is_no(doubtful, false), "{doubtful}");
        }
        for word in ["DELIVRD", "EXPIRED", "DELETED", "UNDELIV", "SYNTAXE"] {
            assert!(status(digit_of(word).unwrap()).is_some(), "{word}");
        }
        assert_eq!(digit_of("UNKNOWN"), None);
    }

    #[test]
    fn every_code_stands_once_and_has_a_sentence() {
        for known in CODES {
            assert!(known.meaning.ends_with('.') && known.code.len() == 1, "{known:?}");
            assert_eq!(CODES.iter().filter(|other| other.code == known.code).count(), 1, "{known:?}");
        }
    }
}
