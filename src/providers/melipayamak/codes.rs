//! Melipayamak's numbers: what it answers to a message, and how far it says a message has come.
//!
//! From the vendor's pages on `SendSimpleSMS` (revision 1403-04-17), `SendByBaseNumber` and its help page on delivery
//! codes, <https://www.melipayamak.com/api/>.

use std::time::Duration;

use crate::providers::codes::{Code, Verdict, known};
use crate::providers::outcome::RefusalClass::{Compliance, Permanent, Retryable};
use crate::providers::receipt::ReceiptStatus;

use Verdict::{Doubtful, Misconfigured, Refused, Throttled};

/// The sender line is not one of the account.
pub const BAD_SENDER: &str = "5";
/// The sender line is shared and closed to programs.
pub const PUBLIC_LINE: &str = "9";

/// What stands in `Value` in place of an id.
const SENDING: &[Code] = &[
    Code::new("0", Misconfigured, "The user name or the password is wrong."),
    Code::new("1", Doubtful, "The provider took the message but gave no id for it."),
    Code::new("2", Misconfigured, "There is no credit left on the account (no credit). Charge it in the panel."),
    Code::new("3", Throttled(Some(Duration::from_hours(1))), "The account's limit for today is reached."),
    Code::new("4", Throttled(None), "The account's limit of messages at once is reached."),
    Code::new(BAD_SENDER, Refused(Permanent), "The sender line does not belong to the account, or is not written as the panel shows it."),
    Code::new("6", Refused(Retryable), "The provider's system is being updated."),
    Code::new("7", Refused(Permanent), "The text holds a word that the provider filters. Change the text."),
    Code::new("8", Refused(Permanent), "There are fewer recipients than this way of sending asks for."),
    Code::new(PUBLIC_LINE, Refused(Permanent), "The sender is a public line, which programs may not use. Send from a line of your own."),
    Code::new("10", Misconfigured, "The account is not active. Ask the provider's support."),
    Code::new("11", Refused(Retryable), "The provider did not send the message and gives no reason."),
    Code::new("12", Misconfigured, "The account's documents are incomplete. Hand them in, in the panel."),
    Code::new("14", Refused(Permanent), "The text has a link, which this line may not send. Take it out, or ask for a line that may."),
    Code::new("15", Refused(Permanent), "A text to several people must end in \u{644}\u{63a}\u{648}11 (reply 11 to stop)."),
    Code::new("16", Refused(Permanent), "The request named no recipient."),
    Code::new("17", Refused(Permanent), "The text is empty."),
    Code::new("18", Refused(Permanent), "The recipient is not a number that the provider can send to."),
    Code::new("19", Throttled(Some(Duration::from_mins(5))), "The account's limit for this hour is reached."),
    Code::new("35", Refused(Compliance), "The recipient is on the operator's list of people who want no advertising."),
    Code::new("-108", Misconfigured, "The provider blocked this server's address. Unblock it in the panel."),
    Code::new("-109", Misconfigured, "The panel must be told which addresses may send. Enter this server's address there."),
    Code::new(
        "-110",
        Misconfigured,
        "The account wants the ApiKey instead of the password. Copy it from the panel into the password field.",
    ),
    Code::new("-111", Misconfigured, "This server's address is not among those that may send. Enter it in the panel."),
    // Registered texts (BaseServiceNumber) only.
    Code::new("-1", Misconfigured, "The account may not use registered texts. Ask the provider's support."),
    Code::new("-2", Refused(Permanent), "A registered text goes to one recipient at a time."),
    Code::new("-3", Misconfigured, "No line is defined for registered texts. Ask the provider's support."),
    Code::new("-4", Refused(Permanent), "The registered text's number is wrong, or the text is not approved yet."),
    Code::new("-5", Refused(Permanent), "The values do not fit the registered text."),
    Code::new("-6", Doubtful, "The provider failed inside."),
    Code::new("-7", Misconfigured, "The line for registered texts is at fault. Ask the provider's support."),
    Code::new("-10", Refused(Permanent), "A value of the registered text holds a link."),
];

/// The words of `StrRetStatus` when the request itself is refused. The vendor's exact spelling of the first is uncertain,
/// so that both spellings that were seen are here.
const REQUEST: &[Code] = &[
    Code::new("UserNameAndPasswordFailed", Misconfigured, "The user name or the password is wrong."),
    Code::new("InvalidUserNameOrPassword", Misconfigured, "The user name or the password is wrong."),
    Code::new("InvalidData", Refused(Permanent), "The provider says that something in the request is not valid."),
];

/// What a number in place of an id means.
pub fn sending(code: &str) -> Option<&'static Code> {
    known(SENDING, code)
}

/// What the status word of a refused request means.
pub fn request(word: &str) -> Option<&'static Code> {
    known(REQUEST, word)
}

/// How far a message has come, by its delivery code; `None` while that is open, and for codes that are not known.
/// 0, 8, 200 and 400 are on the way, 100 is "unknown", -1 "no such id"; the vendor does not say which are final, this is
/// our reading.
pub fn delivery(code: &str) -> Option<ReceiptStatus> {
    let (class, detail) = match code {
        "1" => return Some(ReceiptStatus::Delivered),
        "2" => (Retryable, "The message did not reach the phone."),
        "3" => (Retryable, "The operator reports an error."),
        "5" => (Retryable, "An unknown error kept the message from the phone."),
        "16" => (Retryable, "The message did not reach the operator."),
        "35" => (Compliance, "The recipient is on the operator's list of people who want no advertising."),
        "300" => (Permanent, "The operator filtered the message for its text."),
        "500" => (Permanent, "The operator rejected the message."),
        _ => return None,
    };
    Some(ReceiptStatus::Failed(crate::providers::Refusal { code: format!("delivery_{code}"), detail: detail.into(), class }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::SendError;

    #[test]
    fn every_code_of_the_vendors_pages_is_known_once() {
        let sending: Vec<_> = SENDING.iter().map(|code| code.code.parse::<i32>().unwrap()).collect();
        let mut sorted = sending.clone();
        sorted.sort_unstable();
        sorted.dedup();
        let simple = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16, 17, 18, 19, 35];
        let negative = [-111, -110, -109, -108, -10, -7, -6, -5, -4, -3, -2, -1];
        assert_eq!(sorted, [&negative[..], &simple[..]].concat());
        assert_eq!(sorted.len(), sending.len());
    }

    #[test]
    fn only_the_operators_list_becomes_an_opt_out() {
        for code in SENDING {
            let compliance = matches!(code.error(None), SendError::Refused(refusal) if refusal.class == Compliance);
            assert_eq!(compliance, code.code == "35", "{}", code.code);
        }
    }

    #[test]
    fn what_concerns_the_account_pauses_the_connection() {
        for code in ["0", "2", "10", "12", "-108", "-109", "-110", "-111"] {
            assert!(matches!(sending(code).unwrap().error(None), SendError::Misconfigured { .. }), "{code}");
        }
        for code in ["5", "7", "9", "14", "15", "17", "18"] {
            let refused = sending(code).unwrap().error(None);
            assert!(matches!(refused, SendError::Refused(refusal) if refusal.class == Permanent), "{code}");
        }
    }

    #[test]
    fn a_delivery_code_is_final_or_open() {
        assert_eq!(delivery("1"), Some(ReceiptStatus::Delivered));
        for (code, expected) in [("2", Retryable), ("16", Retryable), ("35", Compliance), ("300", Permanent), ("500", Permanent)] {
            let Some(ReceiptStatus::Failed(refusal)) = delivery(code) else { panic!("{code} is final") };
            assert_eq!((refusal.class, refusal.code), (expected, format!("delivery_{code}")));
        }
        for open in ["0", "8", "100", "200", "400", "-1", "77", ""] {
            assert_eq!(delivery(open), None, "{open}");
        }
    }
}
