//! The simulated carrier's reasons: what its server says and what our client understands by them.

use crate::providers::codes;
use crate::providers::outcome::RefusalClass::{Compliance, Permanent, Retryable};

pub use codes::Code;
use codes::Verdict::Refused;

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
    Code::new("invalid_number", Refused(Permanent), "The number does not exist."),
    Code::new("landline", Refused(Permanent), "The number is a landline and cannot receive texts."),
    Code::new("opted_out", Refused(Compliance), "The recipient has told the carrier to stop these messages."),
    Code::new("carrier_refused", Refused(Retryable), "The carrier did not take the message this time."),
    Code::new("unreachable", Refused(Retryable), "The phone could not be reached, for example because it was off."),
    Code::new("bad_request", Refused(Permanent), "The simulator could not read the request."),
];

/// Looks a code up.
pub fn known(code: &str) -> Option<&'static Code> {
    codes::known(&CODES, code)
}
