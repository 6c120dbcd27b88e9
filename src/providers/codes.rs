//! A provider's codes as data: what each means, for people, and what follows from it when it answers a submission.

use super::outcome::{Refusal, RefusalClass, SendError};

/// One code of a provider.
#[derive(Debug)]
pub struct Code {
    /// As it stands on the wire.
    pub code: &'static str,
    /// What it means, for people: a sentence.
    pub meaning: &'static str,
    /// What follows from it.
    pub verdict: Verdict,
}

/// What follows from a code that answers a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The message was not taken.
    No(RefusalClass),
    /// It was not taken, because too much came at once.
    TooFast,
    /// It was not taken, nor will any other be until somebody mends the account or the connection.
    Mend,
    /// It may have been taken.
    Doubt,
}

/// Finds a code in a table.
pub fn find(table: &'static [Code], code: &str) -> Option<&'static Code> {
    table.iter().find(|known| known.code == code)
}

/// A definite no with a code that stands in no table: the safest reading is that it will stay a no.
pub fn unknown(code: &str) -> Refusal {
    let detail = "The provider refused the message with a code that Peyk does not know.".into();
    Refusal { code: code.into(), detail, class: RefusalClass::Permanent }
}

impl Code {
    /// The answer to a submission that it stands for.
    pub fn error(&self) -> SendError {
        let detail = || format!("{} (The provider's code {}.)", self.meaning, self.code);
        match self.verdict {
            Verdict::No(_) => SendError::Refused(self.refusal()),
            Verdict::TooFast => SendError::Throttled { retry_after: None },
            Verdict::Mend => SendError::Misconfigured { detail: detail() },
            Verdict::Doubt => SendError::Unknown { detail: detail() },
        }
    }

    /// The reason of a failure that it stands for. What is no fault of the message may go better another time.
    pub fn refusal(&self) -> Refusal {
        let class = match self.verdict {
            Verdict::No(class) => class,
            Verdict::TooFast | Verdict::Mend | Verdict::Doubt => RefusalClass::Retryable,
        };
        Refusal { code: self.code.into(), detail: self.meaning.into(), class }
    }
}
