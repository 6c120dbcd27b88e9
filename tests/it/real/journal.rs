//! What the carrier wrote down.

use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

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

impl From<Line> for Submission {
    fn from(line: Line) -> Self {
        Self {
            at: parse_rfc3339(&line.at).expect("the journal's times are RFC 3339"),
            reference: line.reference.unwrap_or_default(),
            id: line.id,
            to: line.to,
            text_sha256: line.text_sha256,
        }
    }
}

/// Reads a journal as it grows, each line once: who looks often must not take the processor from those it watches.
#[derive(Debug)]
pub struct Follower {
    journal: PathBuf,
    read: u64,
}

impl Follower {
    /// Starts at the journal's beginning.
    pub fn new(journal: &Path) -> Self {
        Self { journal: journal.to_owned(), read: 0 }
    }

    /// The submissions since the last look. A line that is just being written is left for the next one.
    pub fn next(&mut self) -> Vec<Submission> {
        let Ok(mut file) = fs::File::open(&self.journal) else { return Vec::new() };
        let mut text = Vec::new();
        file.seek(SeekFrom::Start(self.read)).expect("a file can be read from anywhere");
        file.read_to_end(&mut text).expect("the journal can be read");
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        self.read += whole as u64;
        let lines = text[..whole].split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let lines = lines.map(|line| serde_json::from_slice::<Line>(line).expect("a line of the journal is JSON of its documented shape"));
        lines.filter(|line| line.kind == "submit").map(Submission::from).collect()
    }
}

/// Every submission in the journal, oldest first.
pub fn submissions(journal: &Path) -> Vec<Submission> {
    Follower::new(journal).next()
}
