//! How an answer, or the lack of one, is classed when the provider's own codes say nothing about it.
//! Only what is definite may lead to a second attempt; all else is unknown.

use crate::kernel::outbound::{Answer, Failure};

use super::outcome::{Capabilities, Refusal, RefusalClass, SendError};

impl From<Failure> for SendError {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Unsent(detail) => Self::Unreachable { detail },
            Failure::Uncertain(detail) => Self::Unknown { detail },
        }
    }
}

/// Classes an answer by its HTTP status. For answers that are neither an acceptance with an id nor a
/// code of the provider's table.
pub fn by_status(answer: &Answer, capabilities: &Capabilities) -> SendError {
    let status = answer.status;
    match status {
        429 => SendError::Throttled { retry_after: answer.retry_after },
        503 if capabilities.definite_503 => SendError::Throttled { retry_after: answer.retry_after },
        401 | 403 => {
            SendError::Misconfigured { detail: format!("The provider does not accept the connection's credentials (HTTP {status}).") }
        }
        300..=399 | 404 | 405 => {
            SendError::Misconfigured { detail: format!("The connection's base URL does not lead to the provider's API (HTTP {status}).") }
        }
        408 => SendError::Unknown { detail: "The provider gave up waiting for the request (HTTP 408).".into() },
        400..=499 => SendError::Refused(Refusal {
            code: format!("http_{status}"),
            detail: format!("The provider refused the request without a reason that we know (HTTP {status})."),
            class: RefusalClass::Permanent,
        }),
        200..=299 => {
            SendError::Unknown { detail: format!("The provider answered HTTP {status}, but without a message id that can be read.") }
        }
        _ => SendError::Unknown { detail: format!("The provider failed while it had the message (HTTP {status}).") },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const NOTHING: Capabilities = Capabilities::NONE;

    fn class(status: u16, capabilities: &Capabilities) -> SendError {
        let retry_after = Some(Duration::from_secs(9));
        by_status(&Answer { status, retry_after, body: bytes::Bytes::new() }, capabilities)
    }

    #[test]
    fn only_definite_answers_are_definite() {
        for status in [200, 201, 202, 204, 408, 500, 501, 502, 503, 504, 599] {
            assert!(matches!(class(status, &NOTHING), SendError::Unknown { .. }), "{status}");
        }
        for status in [400, 402, 409, 413, 422] {
            assert!(matches!(class(status, &NOTHING), SendError::Refused(_)), "{status}");
        }
        for status in [301, 302, 401, 403, 404, 405] {
            assert!(matches!(class(status, &NOTHING), SendError::Misconfigured { .. }), "{status}");
        }
        let throttled = SendError::Throttled { retry_after: Some(Duration::from_secs(9)) };
        assert_eq!(class(429, &NOTHING), throttled);
        assert_eq!(class(503, &Capabilities { definite_503: true, ..NOTHING }), throttled);
    }
}
