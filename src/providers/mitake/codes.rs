//! Mitake's codes, from its "HTTP API" manual 2.14: letters refuse a request, digits tell how far a message has come.

use crate::providers::codes::{self, Code, Verdict};
use crate::providers::outcome::{RefusalClass, SendError};
use crate::providers::receipt::ReceiptStatus;

const PERMANENT: Verdict = Verdict::Refused(RefusalClass::Permanent);
const RETRYABLE: Verdict = Verdict::Refused(RefusalClass::Retryable);

const CODES: &[Code] = &[
    Code::new("*", RETRYABLE, "Mitake met an error of its own and did not take the message."),
    Code::new("a", RETRYABLE, "Mitake's sending is closed for the moment."),
    Code::new("b", RETRYABLE, "Mitake's sending is closed for the moment."),
    Code::new("c", Verdict::Misconfigured, "Mitake wants an account."),
    Code::new("d", Verdict::Misconfigured, "Mitake wants a password."),
    Code::new("e", Verdict::Misconfigured, "Mitake does not accept the account or the password."),
    Code::new("f", Verdict::Misconfigured, "The account at Mitake has expired."),
    Code::new("h", Verdict::Misconfigured, "The account at Mitake is disabled."),
    Code::new("k", Verdict::Misconfigured, "This server's address is not on the list of addresses that Mitake lets in."),
    Code::new("l", Verdict::Throttled(None), "Mitake has too many connections of this account."),
    Code::new("m", Verdict::Misconfigured, "Mitake wants the password to be changed."),
    Code::new("n", Verdict::Misconfigured, "The password at Mitake has expired."),
    Code::new("p", Verdict::Misconfigured, "The account may not use Mitake's HTTP interface."),
    Code::new("r", RETRYABLE, "Mitake's system is closed for the moment."),
    Code::new("s", Verdict::Misconfigured, "Mitake could not charge the account."),
    Code::new("t", PERMANENT, "The message had expired."),
    Code::new("u", PERMANENT, "The text is empty."),
    Code::new("v", PERMANENT, "The number is not valid."),
    Code::new("w", PERMANENT, "Mitake was asked for too many messages at once."),
    Code::new("x", PERMANENT, "What was sent to Mitake is too large."),
    Code::new("y", PERMANENT, "Mitake could not read a part of the request."),
    Code::new("z", PERMANENT, "Mitake has nothing under that id."),
    Code::new("5", PERMANENT, "The text has content that was not let through."),
    Code::new("6", PERMANENT, "The number is wrong."),
    Code::new("7", PERMANENT, "The number is out of service."),
    Code::new("9", PERMANENT, "The message was cancelled at Mitake."),
];

/// What a code says that answers a submission without a message id.
pub fn error(code: &str) -> SendError {
    codes::known(CODES, code).map_or_else(|| SendError::Refused(codes::unknown(code)), |known| known.error(None))
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
        "5" | "6" | "7" | "9" => codes::known(CODES, digit).map(|known| ReceiptStatus::Failed(known.refusal())),
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
