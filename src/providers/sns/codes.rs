//! The error codes of Amazon SNS: those that its model names for `Publish`
//! (<https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>) and those that every AWS service knows
//! (<https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html>).

use crate::providers::codes::{Code, Verdict};
use crate::providers::outcome::RefusalClass::{Compliance, Permanent};

use Verdict::{Doubtful, Misconfigured, Refused, Throttled};

/// The text is longer than SNS takes.
pub const TOO_LONG: &Code =
    &Code::new("too_long", Refused(Permanent), "The text is longer than the 1,600 bytes that Amazon SNS takes. Shorten it.");

/// What an error code means.
pub const TABLE: &[Code] = &[
    // The message.
    Code::new(
        "InvalidParameter",
        Refused(Permanent),
        "Amazon SNS says that the number or another part of the request is not valid. Look at the number and the sender.",
    ),
    Code::new("InvalidParameterValue", Refused(Permanent), "Amazon SNS says that a value of the request is not valid."),
    Code::new("ParameterValueInvalid", Refused(Permanent), "Amazon SNS says that a value of the request is not valid."),
    Code::new("ValidationException", Refused(Permanent), "Amazon SNS says that a value of the request is not valid."),
    Code::new("ValidationError", Refused(Permanent), "Amazon SNS says that a value of the request is not valid."),
    Code::new("MissingParameter", Refused(Permanent), "Amazon SNS misses a part of the request."),
    Code::new("OptedOut", Refused(Compliance), "The recipient has told Amazon to stop these messages."),
    // The pace. How a `Publish` that is too fast is answered is not in the model; these are all the spellings that AWS uses.
    Code::new("Throttling", Throttled(None), "Amazon SNS asks for a slower pace."),
    Code::new("ThrottlingException", Throttled(None), "Amazon SNS asks for a slower pace."),
    Code::new("Throttled", Throttled(None), "Amazon SNS asks for a slower pace."),
    Code::new("RequestLimitExceeded", Throttled(None), "Amazon SNS asks for a slower pace."),
    Code::new("TooManyRequestsException", Throttled(None), "Amazon SNS asks for a slower pace."),
    Code::new("ServiceUnavailable", Throttled(None), "Amazon SNS is too busy."),
    // The account.
    Code::new(
        "InvalidClientTokenId",
        Misconfigured,
        "AWS does not know the access key. Look at its id, and at the session token if there is one.",
    ),
    Code::new("UnrecognizedClientException", Misconfigured, "AWS does not know the access key, or not in this region."),
    Code::new(
        "SignatureDoesNotMatch",
        Misconfigured,
        "The secret access key does not belong to the access key, or this server's clock is wrong by more than five minutes.",
    ),
    Code::new("IncompleteSignature", Misconfigured, "AWS cannot read the signature. Look at the access key and the region."),
    Code::new("MissingAuthenticationToken", Misconfigured, "AWS found no signature. Something between us and AWS takes it away."),
    Code::new("RequestExpired", Misconfigured, "This server's clock is wrong by more than five minutes."),
    Code::new("ExpiredToken", Misconfigured, "The session token has ended. Write a new one, or use a key that does not end."),
    Code::new("ExpiredTokenException", Misconfigured, "The session token has ended. Write a new one, or use a key that does not end."),
    Code::new("AuthorizationError", Misconfigured, "The access key may not publish. Give its user the right sns:Publish."),
    Code::new("AccessDenied", Misconfigured, "The access key may not publish. Give its user the right sns:Publish."),
    Code::new("AccessDeniedException", Misconfigured, "The access key may not publish. Give its user the right sns:Publish."),
    Code::new("NotAuthorized", Misconfigured, "The access key may not publish. Give its user the right sns:Publish."),
    Code::new("InvalidSecurity", Misconfigured, "AWS does not accept the connection's credentials for this."),
    Code::new("OptInRequired", Misconfigured, "The AWS account has not signed up for this service."),
    Code::new("InvalidAction", Misconfigured, "The connection's address is not Amazon SNS."),
    // What nobody knows.
    Code::new("InternalError", Doubtful, "Amazon SNS failed while it had the message."),
    Code::new("InternalFailure", Doubtful, "Amazon SNS failed while it had the message."),
];
