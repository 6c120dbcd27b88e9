//! One error for every operation, sorted by what the caller can do about it.

use std::fmt;
use std::time::Duration;

/// What went wrong with one field of an input.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FieldError {
    /// The field's name as the caller wrote it, e.g. `to` or `variables.name`.
    pub field: String,
    /// A stable word for programs, e.g. `too_short`.
    pub code: String,
    /// A sentence for people: what is wrong and how to fix it.
    pub detail: String,
}

/// The fields that were refused, in the order of the form.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct FieldErrors(pub Vec<FieldError>);

impl FieldErrors {
    /// Nothing refused yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one refusal.
    pub fn add(&mut self, field: &str, code: &str, detail: impl Into<String>) {
        self.0.push(FieldError { field: field.into(), code: code.into(), detail: detail.into() });
    }

    /// Keeps an accepted value, or notes the refusal and gives nothing.
    pub fn check<T>(&mut self, field: &str, parsed: Result<T, (String, String)>) -> Option<T> {
        match parsed {
            Ok(value) => Some(value),
            Err((code, detail)) => {
                self.add(field, &code, detail);
                None
            }
        }
    }

    /// `Ok` when nothing was refused.
    pub fn into_result(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Invalid(self)) }
    }
}

/// Why an operation did not happen.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The input has faults; nothing was changed.
    #[error("{}", sentences(.0))]
    Invalid(FieldErrors),
    /// There is no such thing, or it belongs to somebody else.
    #[error("There is no such {0}.")]
    NotFound(&'static str),
    /// The caller is known but lacks the named permission.
    #[error("You need the right “{0}” for this. An owner or admin can grant it.")]
    Denied(&'static str),
    /// The caller is not known.
    #[error("Sign in, or send a valid API key.")]
    Unauthenticated,
    /// The thing is in a state that does not allow this; the sentence says which.
    #[error("{0}")]
    Conflict(String),
    /// Too much at once; try again after the given time.
    #[error("Too many requests at once. Try again in {} seconds.", .retry_after.as_secs().max(1))]
    Busy {
        /// How long to wait.
        retry_after: Duration,
    },
    /// A fault of ours or of the machine. The cause is for the log, not for the caller.
    #[error("Something went wrong on our side. Nothing was lost; try again.")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// What an operation gives.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// One refused field.
    pub fn invalid(field: &str, code: &str, detail: impl Into<String>) -> Self {
        let mut errors = FieldErrors::new();
        errors.add(field, code, detail);
        Self::Invalid(errors)
    }

    /// A fault of ours, with its cause for the log.
    pub fn internal(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(cause.into())
    }

    /// A state that forbids the operation.
    pub fn conflict(sentence: impl Into<String>) -> Self {
        Self::Conflict(sentence.into())
    }
}

fn sentences(errors: &FieldErrors) -> impl fmt::Display + '_ {
    struct All<'a>(&'a FieldErrors);
    impl fmt::Display for All<'_> {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            for (i, e) in self.0.0.iter().enumerate() {
                if i > 0 {
                    f.write_str(" ")?;
                }
                write!(f, "{}: {}", e.field, e.detail)?;
            }
            Ok(())
        }
    }
    All(errors)
}
