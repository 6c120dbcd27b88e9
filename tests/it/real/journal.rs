//! What the carrier wrote down.

use std::fs;
use std::path::Path;

use peyk::kernel::clock::{Millis, parse_rfc3339};
use serde::Deserialize;

/// One call for one message, as the carrier saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// When it came in.
    pub at: Millis,
    /// Peyk's attempt.
    pub reference: String,
    /// The carrier's id, given exactly when it took the message.
    pub id: Option<String>,
    /// To whom, E.164.
    pub to: String,
    /// SHA-256 of the text, hex.
    pub text_sha256: String,
}

#[derive(Deserialize)]
struct Line {
    at: String,
    kind: String,
    #[serde(rename = "ref")]
    reference: Option<String>,
    id: Option<String>,
    to: String,
    text_sha256: String,
}

/// Every submission in the journal, oldest first. A line that is just being written is left out.
pub fn submissions(journal: &Path) -> Vec<Submission> {
    let text = fs::read_to_string(journal).unwrap_or_default();
    let whole = text.split_inclusive('\n').filter(|line| line.ends_with('\n'));
    let lines = whole.map(|line| serde_json::from_str::<Line>(line).expect("a line of the journal is JSON of its documented shape"));
    let submission = |line: Line| Submission {
        at: parse_rfc3339(&line.at).expect("the journal's times are RFC 3339"),
        reference: line.reference.unwrap_or_default(),
        id: line.id,
        to: line.to,
        text_sha256: line.text_sha256,
    };
    lines.filter(|line| line.kind == "submit").map(submission).collect()
}
