//! Every8d's codes. Two tables are about which contradict each other, and which of them an account gets is not written
//! anywhere, so the connection says which to read by: the "API 2.1" specification of 2025, or the one that clients of
//! 2017 to 2020 were written against.

use crate::providers::codes::{self, Code, Verdict};
use crate::providers::outcome::{RefusalClass, SendError};
use crate::providers::receipt::ReceiptStatus;

const PERMANENT: Verdict = Verdict::Refused(RefusalClass::Permanent);
const RETRYABLE: Verdict = Verdict::Refused(RefusalClass::Retryable);
const COMPLIANCE: Verdict = Verdict::Refused(RefusalClass::Compliance);

/// What both tables say alike.
const BOTH: &[Code] = &[
    Code::new("-4", PERMANENT, "The time to send at is malformed or more than a day ago."),
    // The vendor's words: an unknown error of the host. It does not say whether before or after the message was taken.
    Code::new("-99", Verdict::Doubtful, "Every8d met an error of its own that it does not name."),
    Code::new("101", RETRYABLE, "The phone could not take the message, for example because it was off."),
    Code::new("102", RETRYABLE, "A fault in the carrier's network kept the message from arriving."),
    Code::new("103", PERMANENT, "The number does not exist."),
    Code::new("301", RETRYABLE, "The account had too little credit."),
    Code::new("303", PERMANENT, "The message was cancelled at Every8d."),
    Code::new("500", PERMANENT, "The account may not send abroad; Every8d opens that on request."),
];

const OF_2025: &[Code] = &[
    Code::new("-1", PERMANENT, "Every8d could not read a part of the request."),
    Code::new("-2", Verdict::Misconfigured, "Every8d does not accept the account or the password."),
    Code::new("-3", COMPLIANCE, "The number is on the list of those who want no messages."),
    Code::new("-5", PERMANENT, "The text is too long."),
    Code::new("-8", PERMANENT, "The number is malformed or cannot receive texts."),
    Code::new("-10", PERMANENT, "The account may not send picture messages."),
    Code::new("-28", PERMANENT, "The time to send at is malformed."),
    Code::new("104", COMPLIANCE, "The number is on the carrier's list of those who want no messages."),
    Code::new("105", PERMANENT, "The carrier stopped the text because of a word in it."),
    Code::new("106", PERMANENT, "Every8d stopped the text because of a word in it."),
];

const OF_2017: &[Code] = &[
    Code::new("-3", PERMANENT, "The number is malformed or cannot receive texts."),
    Code::new("-24", PERMANENT, "The text is empty."),
    Code::new("-41", PERMANENT, "The recipient is missing."),
    Code::new("-100", Verdict::Misconfigured, "Every8d does not know the account."),
    Code::new("-101", Verdict::Misconfigured, "Every8d does not accept the password."),
    Code::new("-300", Verdict::Misconfigured, "Every8d wants an account and a password."),
    Code::new("104", RETRYABLE, "A fault at the phone or the carrier kept the message from arriving."),
    Code::new("105", RETRYABLE, "A fault at the phone or the carrier kept the message from arriving."),
    Code::new("106", RETRYABLE, "A fault at the phone or the carrier kept the message from arriving."),
    Code::new("888", PERMANENT, "The account is in test mode; nothing was sent."),
];

/// Which table an account's codes are read by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// The specification of 2025.
    Of2025,
    /// What clients from 2017 on were written against.
    Of2017,
}

impl Table {
    /// Reads the setting.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "2025" => Some(Self::Of2025),
            "2017" => Some(Self::Of2017),
            _ => None,
        }
    }

    fn find(self, code: &str) -> Option<&'static Code> {
        let own = match self {
            Self::Of2025 => OF_2025,
            Self::Of2017 => OF_2017,
        };
        codes::known(own, code).or_else(|| codes::known(BOTH, code))
    }

    /// What a negative code says that answers a request.
    pub fn error(self, code: i64) -> SendError {
        let code = code.to_string();
        self.find(&code).map_or_else(|| SendError::Refused(codes::unknown(&code)), |known| known.error(None))
    }

    /// How far a message with this status has come; `None` while it is under way or when the status says nothing:
    /// 300 is "scheduled", and what is positive and unknown is taken for not final.
    pub fn status(self, code: i64) -> Option<ReceiptStatus> {
        match code {
            100 => return Some(ReceiptStatus::Delivered),
            0 | 700 => return Some(ReceiptStatus::Sent),
            107 => return Some(ReceiptStatus::Expired),
            _ => {}
        }
        let text = code.to_string();
        match self.find(&text) {
            Some(known) if known.verdict == Verdict::Doubtful => None,
            Some(known) => Some(ReceiptStatus::Failed(known.refusal())),
            None => (code < 0).then(|| ReceiptStatus::Failed(codes::unknown(&text))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_contradict_each_other_and_the_setting_decides() {
        let class = |table: &str, code| match Table::parse(table).unwrap().error(code) {
            SendError::Refused(refusal) => Some(refusal.class),
            _ => None,
        };
        assert_eq!(class("2025", -3), Some(RefusalClass::Compliance));
        assert_eq!(class("2017", -3), Some(RefusalClass::Permanent));
        assert_eq!(class("2025", -101), Some(RefusalClass::Permanent), "unknown and negative");
        assert!(matches!(Table::Of2017.error(-101), SendError::Misconfigured { .. }));
        assert!(matches!(Table::Of2025.error(-2), SendError::Misconfigured { .. }));
        assert!(matches!(Table::Of2025.error(-99), SendError::Unknown { .. }));
        assert_eq!(Table::parse("2020"), None);
    }

    #[test]
    fn only_final_statuses_end_a_message() {
        let failed = |table: Table, code| match table.status(code) {
            Some(ReceiptStatus::Failed(refusal)) => Some(refusal.class),
            _ => None,
        };
        assert_eq!(Table::Of2025.status(100), Some(ReceiptStatus::Delivered));
        assert_eq!(Table::Of2025.status(107), Some(ReceiptStatus::Expired));
        for code in [0, 700] {
            assert_eq!(Table::Of2025.status(code), Some(ReceiptStatus::Sent));
        }
        for code in [300, 999, 12345, 888, -99] {
            assert_eq!(Table::Of2025.status(code), None, "{code}");
        }
        assert_eq!(failed(Table::Of2025, 104), Some(RefusalClass::Compliance));
        assert_eq!(failed(Table::Of2017, 104), Some(RefusalClass::Retryable));
        assert_eq!(failed(Table::Of2025, -77), Some(RefusalClass::Permanent));
        assert_eq!(failed(Table::Of2025, -2), Some(RefusalClass::Retryable));
    }

    #[test]
    fn every_code_stands_in_one_place_and_has_a_sentence() {
        for own in [OF_2025, OF_2017] {
            let all: Vec<_> = own.iter().chain(BOTH).collect();
            for code in &all {
                assert!(code.meaning.ends_with('.') && code.code.parse::<i64>().is_ok(), "{code:?}");
                assert_eq!(all.iter().filter(|other| other.code == code.code).count(), 1, "{code:?}");
            }
        }
    }
}
