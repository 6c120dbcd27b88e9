//! Twilio's error codes: what they mean for people, and what follows from each. The same codes stand in answers, in
//! message resources and in status callbacks; with a messaging service even those about the number come later.
//! Source: the error dictionary, <https://www.twilio.com/docs/api/errors>.

use crate::providers::outcome::{Refusal, RefusalClass};
use crate::providers::receipt::ReceiptStatus;

/// One code.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// Twilio's number.
    pub code: u32,
    /// What it means, for people.
    pub meaning: &'static str,
    /// What follows from it.
    pub verdict: Verdict,
}

/// What follows from a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is about this message.
    Message(RefusalClass),
    /// It is about the connection, and holds for every message.
    Connection,
    /// The message waited too long to be worth sending.
    Expired,
}

use RefusalClass::{Compliance, Permanent, Retryable};
use Verdict::{Connection, Expired, Message};

const fn code(code: u32, verdict: Verdict, meaning: &'static str) -> Code {
    Code { code, meaning, verdict }
}

/// Every code that we class. Those of the kind 20xxx and 21xxx come with an answer, 30xxx afterwards.
///
/// 30004 and 30007 are not opt-outs: 30004 covers every kind of block, also by the carrier and on devices that cannot
/// receive texts, and 30007 is about the text. Neither gets through by repetition, and repeating filtered texts
/// harms the sender, so both are permanent.
pub const CODES: &[Code] = &[
    code(20003, Connection, "Twilio does not accept the connection's Account SID with this auth token or API key."),
    code(20404, Connection, "Twilio knows no such account: check the connection's Account SID and base URL."),
    code(21211, Message(Permanent), "The number does not exist."),
    code(21212, Connection, "The connection's sender is not a valid sender."),
    code(21265, Message(Permanent), "The number is a short code, and Twilio cannot write to those."),
    code(21266, Message(Permanent), "Sender and recipient are the same number."),
    code(21408, Message(Permanent), "The Twilio account may not send to this country: allow it under Messaging, Geo permissions."),
    code(21602, Message(Permanent), "The message has no text."),
    code(21603, Connection, "The connection has no sender: set a number or a messaging service."),
    code(21604, Message(Permanent), "The message has no recipient."),
    code(21606, Connection, "The connection's sender cannot send texts from this Twilio account."),
    code(21608, Message(Permanent), "A Twilio trial account writes to verified numbers only, and this one is not verified."),
    code(21609, Connection, "Twilio cannot call this installation back: its public address must be reachable from the internet."),
    code(21610, Message(Compliance), "The recipient has told this sender to stop."),
    code(21611, Message(Retryable), "The sender's queue at Twilio is full."),
    code(21612, Message(Permanent), "Twilio has no way from this sender to this number."),
    code(21614, Message(Permanent), "The number is not a mobile number and cannot receive texts."),
    code(21616, Connection, "The connection's sender fits several numbers of the account: write it with a plus sign and country code."),
    code(21617, Message(Permanent), "The text is longer than the 1600 characters that Twilio takes."),
    code(21635, Message(Permanent), "The number is a landline and cannot receive texts."),
    code(21659, Connection, "The connection's sender is no Twilio number, or a short code of another country."),
    code(21660, Connection, "The connection's sender belongs to another Twilio account."),
    code(21703, Connection, "The connection's messaging service has no sender."),
    code(21705, Connection, "The connection's messaging service does not exist."),
    code(30001, Message(Retryable), "The sender's queue at Twilio was full."),
    code(30002, Message(Retryable), "The Twilio account was suspended before the message left."),
    code(30003, Message(Retryable), "The phone could not be reached, for example because it was off."),
    code(30004, Message(Permanent), "The number is blocked from receiving this message."),
    code(30005, Message(Permanent), "The number is not known to its carrier, or no longer in use."),
    code(30006, Message(Permanent), "The number is a landline, or its carrier cannot be reached."),
    code(30007, Message(Permanent), "The carrier or Twilio filtered the message because of its text or sender."),
    code(30008, Message(Retryable), "The carrier could not deliver the message and gave no reason."),
    code(30009, Message(Retryable), "A part of the message was lost on the way."),
    code(30010, Message(Permanent), "The message costs more than the highest price allowed."),
    code(30011, Message(Permanent), "The number's carrier takes no messages with media."),
    code(30022, Message(Retryable), "The carriers' rate for this sender's campaign was passed."),
    code(30032, Message(Retryable), "The toll-free sender is not verified yet."),
    code(30034, Message(Retryable), "The sender is not registered for business texts in the United States (A2P 10DLC)."),
    code(30036, Expired, "The message waited in Twilio's queue for longer than its validity."),
];

/// Looks a code up.
pub fn known(code: u32) -> Option<&'static Code> {
    CODES.iter().find(|known| known.code == code)
}

/// A refusal of this message with a code, known or not.
pub fn refusal(code: u32, class: RefusalClass) -> Refusal {
    let detail = known(code).map_or_else(
        || format!("Twilio gave a reason that we do not know: look up code {code} at https://www.twilio.com/docs/api/errors/{code}."),
        |known| known.meaning.into(),
    );
    Refusal { code: code.to_string(), detail, class }
}

/// What a message that was taken has come to when Twilio reports its end with this code. What would be about the
/// connection is worth another attempt: a different connection may get it through.
pub fn failure(code: Option<u32>) -> ReceiptStatus {
    let Some(code) = code else {
        let detail = "Twilio could not deliver the message and gave no reason.".into();
        return ReceiptStatus::Failed(Refusal { code: "undelivered".into(), detail, class: Permanent });
    };
    match known(code).map(|known| known.verdict) {
        Some(Expired) => ReceiptStatus::Expired,
        Some(Connection) => ReceiptStatus::Failed(refusal(code, Retryable)),
        Some(Message(class)) => ReceiptStatus::Failed(refusal(code, class)),
        None => ReceiptStatus::Failed(refusal(code, Permanent)),
    }
}
