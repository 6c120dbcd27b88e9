//! The simulated carrier's reasons: what its server says and what our client understands by them.

use crate::providers::outcome::{Refusal, RefusalClass};

/// One reason for not taking or not delivering a message.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The word on the wire.
    pub code: &'static str,
    /// What it means, for people.
    pub meaning: &'static str,
    /// What may be done about it.
    pub class: RefusalClass,
}

/// The recipient is no phone number.
pub const INVALID_NUMBER: &Code = &CODES[0];
/// The recipient cannot receive texts.
pub const LANDLINE: &Code = &CODES[1];
/// The recipient told the carrier to stop.
pub const OPTED_OUT: &Code = &CODES[2];
/// The scripted refusal.
pub const CARRIER_REFUSED: &Code = &CODES[3];
/// The scripted failure after acceptance.
pub const UNREACHABLE: &Code = &CODES[4];
/// A request that is not of the protocol.
pub const BAD_REQUEST: &Code = &CODES[5];

const CODES: [Code; 6] = [
    Code { code: "invalid_number", meaning: "The number does not exist.", class: RefusalClass::Permanent },
    Code { code: "landline", meaning: "The number is a landline and cannot receive texts.", class: RefusalClass::Permanent },
    Code { code: "opted_out", meaning: "The recipient has told the carrier to stop these messages.", class: RefusalClass::Compliance },
    Code { code: "carrier_refused", meaning: "The carrier did not take the message this time.", class: RefusalClass::Retryable },
    Code {
        code: "unreachable",
        meaning: "The phone could not be reached, for example because it was off.",
        class: RefusalClass::Retryable,
    },
    Code { code: "bad_request", meaning: "The simulator could not read the request.", class: RefusalClass::Permanent },
];

/// Looks a code up.
pub fn known(code: &str) -> Option<&'static Code> {
    CODES.iter().find(|known| known.code == code)
}

impl From<&Code> for Refusal {
    fn from(code: &Code) -> Self {
        Self { code: code.code.into(), detail: code.meaning.into(), class: code.class }
    }
}
