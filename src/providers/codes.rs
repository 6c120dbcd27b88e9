//! A provider's codes as data: what each means, for people, and what dispatch is told when it answers a submission.

use std::time::Duration;

use super::outcome::{Refusal, RefusalClass, SendError};

/// One code of a provider.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// As it stands on the wire.
    pub code: &'static str,
    /// What it means and what to do, for people: a sentence.
    pub meaning: &'static str,
    /// What it says about the message.
    pub verdict: Verdict,
}

/// What a code that answers a submission says about the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not taken, for a reason of this message.
    Refused(RefusalClass),
    /// Not taken: too much at once. The wait is the one to keep if the answer itself asks for none.
    Throttled(Option<Duration>),
    /// Not taken, and no later message will be until somebody mends the connection or its account.
    Misconfigured,
    /// It may have been taken.
    Doubtful,
}

/// Looks a code up.
pub fn known(table: &'static [Code], code: &str) -> Option<&'static Code> {
    table.iter().find(|known| known.code == code)
}

/// A definite no with a code that stands in no table: the safest reading is that it will stay a no.
pub fn unknown(code: &str) -> Refusal {
    let detail = "The provider refused the message with a code that Peyk does not know.".into();
    Refusal { code: code.into(), detail, class: RefusalClass::Permanent }
}

impl Code {
    /// A line of a table.
    pub const fn new(code: &'static str, verdict: Verdict, meaning: &'static str) -> Self {
        Self { code, meaning, verdict }
    }

    /// What dispatch is told. `asked` is the wait that the answer itself asked for, which goes before the table's.
    pub fn error(&self, asked: Option<Duration>) -> SendError {
        // Where nothing else carries the code.
        let detail = || format!("{} (The provider's code is {}.)", self.meaning, self.code);
        match self.verdict {
            Verdict::Refused(_) => SendError::Refused(self.refusal()),
            Verdict::Throttled(wait) => SendError::Throttled { retry_after: asked.or(wait) },
            Verdict::Misconfigured => SendError::Misconfigured { detail: detail() },
            Verdict::Doubtful => SendError::Unknown { detail: detail() },
        }
    }

    /// The reason of a failure that it stands for. What is no fault of the message may go better another time.
    pub fn refusal(&self) -> Refusal {
        let class = match self.verdict {
            Verdict::Refused(class) => class,
            Verdict::Throttled(_) | Verdict::Misconfigured | Verdict::Doubtful => RefusalClass::Retryable,
        };
        Refusal { code: self.code.into(), detail: self.meaning.into(), class }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_was_asked_for_goes_before_the_table() {
        let (asked, tables) = (Some(Duration::from_secs(7)), Some(Duration::from_secs(60)));
        for (wait, asked, expected) in [(None, None, None), (None, asked, asked), (tables, None, tables), (tables, asked, asked)] {
            let code = Code::new("3", Verdict::Throttled(wait), "Too many.");
            assert_eq!(code.error(asked), SendError::Throttled { retry_after: expected });
        }
    }

    #[test]
    fn what_pauses_a_connection_names_the_code() {
        let code = Code::new("10", Verdict::Misconfigured, "The account is inactive.");
        assert_eq!(code.error(None), SendError::Misconfigured { detail: "The account is inactive. (The provider's code is 10.)".into() });
    }
}
