//! What a client made of an answer, short enough to compare.

use std::time::Duration;

use crate::providers::{Accepted, RefusalClass, SendError};

/// The kind of an outcome, without words for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Taken, with this id.
    Accepted(String),
    /// A definite no for ever.
    Permanent,
    /// A definite no for now.
    Retryable,
    /// A definite no by a rule.
    Compliance,
    /// Too fast, with the wait that was asked for.
    Throttled(Option<Duration>),
    /// Nothing left us.
    Unreachable,
    /// May have been taken or not.
    Unknown,
    /// The connection must be mended.
    Misconfigured,
}

impl Outcome {
    /// Of a client's result.
    pub fn of(result: &Result<Accepted, SendError>) -> Self {
        match result {
            Ok(accepted) => Self::Accepted(accepted.provider_message_id.clone()),
            Err(SendError::Refused(refusal)) => match refusal.class {
                RefusalClass::Permanent => Self::Permanent,
                RefusalClass::Retryable => Self::Retryable,
                RefusalClass::Compliance => Self::Compliance,
            },
            Err(SendError::Throttled { retry_after }) => Self::Throttled(*retry_after),
            Err(SendError::Unreachable { .. }) => Self::Unreachable,
            Err(SendError::Unknown { .. }) => Self::Unknown,
            Err(SendError::Misconfigured { .. }) => Self::Misconfigured,
        }
    }

    /// Whether it claims that the message was surely not taken.
    pub fn denies(&self) -> bool {
        !matches!(self, Self::Accepted(_) | Self::Unknown)
    }
}
