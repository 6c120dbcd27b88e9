//! A line of a provider's table of codes, and what dispatch is told when the code is seen.

use std::time::Duration;

use super::outcome::{Refusal, RefusalClass, SendError};

/// What a code of a provider says about the message that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not taken, for a reason of this message.
    Refused(RefusalClass),
    /// Not taken: too much at once. Ask again after this many seconds; 0 when the provider names no time.
    Throttled(u64),
    /// Not taken, and no later message will be until somebody mends the connection or its account.
    Misconfigured,
    /// It may have been taken.
    Doubtful,
}

/// A code that a provider answers to a message.
#[derive(Debug, PartialEq, Eq)]
pub struct Code {
    /// The provider's word or number.
    pub code: &'static str,
    /// What it means and what to do, for people.
    pub meaning: &'static str,
    /// What it says about the message.
    pub verdict: Verdict,
}

impl Code {
    /// A line of a table.
    pub const fn new(code: &'static str, verdict: Verdict, meaning: &'static str) -> Self {
        Self { code, meaning, verdict }
    }

    /// What dispatch is told. `asked` is the wait that the answer itself asked for, which goes before the table's.
    pub fn error(&self, asked: Option<Duration>) -> SendError {
        match self.verdict {
            Verdict::Refused(class) => SendError::Refused(self.refusal(class)),
            Verdict::Throttled(0) => SendError::Throttled { retry_after: asked },
            Verdict::Throttled(seconds) => SendError::Throttled { retry_after: asked.or(Some(Duration::from_secs(seconds))) },
            Verdict::Misconfigured => SendError::Misconfigured { detail: self.detail() },
            Verdict::Doubtful => SendError::Unknown { detail: self.detail() },
        }
    }

    /// The refusal of this code, in a class.
    pub fn refusal(&self, class: RefusalClass) -> Refusal {
        Refusal { code: self.code.into(), detail: self.meaning.into(), class }
    }

    /// Meaning and code, where nothing else carries the code.
    pub fn detail(&self) -> String {
        format!("{} (The provider's code is {}.)", self.meaning, self.code)
    }
}

/// Looks a code up.
pub fn known(table: &'static [Code], code: &str) -> Option<&'static Code> {
    table.iter().find(|known| known.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_that_was_asked_for_goes_before_the_table() {
        let asked = Some(Duration::from_secs(7));
        for (seconds, asked, expected) in
            [(0, None, None), (0, asked, asked), (60, None, Some(Duration::from_secs(60))), (60, asked, asked)]
        {
            let code = Code::new("3", Verdict::Throttled(seconds), "Too many.");
            assert_eq!(code.error(asked), SendError::Throttled { retry_after: expected });
        }
    }

    #[test]
    fn what_pauses_a_connection_names_the_code() {
        let code = Code::new("10", Verdict::Misconfigured, "The account is inactive.");
        assert_eq!(code.error(None), SendError::Misconfigured { detail: "The account is inactive. (The provider's code is 10.)".into() });
    }
}
