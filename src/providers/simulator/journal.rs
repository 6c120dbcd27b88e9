//! The journal: one JSON line per thing that happened, written out before anybody hears of it.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// How many lines a journal without a file remembers.
const LINES_IN_MEMORY: usize = 10_000;

/// Where lines go.
pub struct Journal(Mutex<Place>);

enum Place {
    File(File),
    Memory(VecDeque<Box<str>>),
}

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A message came in and its fate was decided.
    Submit,
    /// The sender was answered, or was surely not.
    Answer,
    /// A receipt goes out, or was given up.
    Receipt,
    /// Somebody wrote back.
    Inbound,
}

/// One line. `id` stands on it exactly when the carrier took the message.
#[derive(Serialize)]
pub struct Line<'a> {
    /// RFC 3339.
    pub at: &'a str,
    /// What happened.
    pub kind: Kind,
    /// Whose protocol was spoken.
    pub provider: &'a str,
    /// Peyk's attempt reference.
    #[serde(rename = "ref", skip_serializing_if = "Option::is_none")]
    pub reference: Option<&'a str>,
    /// The id of the acceptance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<&'a str>,
    /// Who was written to, E.164.
    pub to: &'a str,
    /// Who wrote; on inbound lines only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<&'a str>,
    /// SHA-256 of the text, hex.
    pub text_sha256: &'a str,
    /// How it went.
    pub outcome: &'a str,
    /// Why, when the carrier said no.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'a str>,
}

/// Lines that are written together.
#[derive(Default)]
pub struct Lines(Vec<u8>);

impl Lines {
    /// Adds a line.
    pub fn add(&mut self, line: &Line<'_>) {
        // What a line takes, so that it is not moved as it grows.
        self.0.reserve(384);
        serde_json::to_writer(&mut self.0, line).expect("text fields always serialize into memory");
        self.0.push(b'\n');
    }
}

impl Journal {
    /// Appends to a file, which is made if absent.
    pub fn file(path: &Path) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        Ok(Self(Mutex::new(Place::File(file))))
    }

    /// Keeps the last ten thousand lines in memory only.
    pub fn memory() -> Self {
        Self(Mutex::new(Place::Memory(VecDeque::new())))
    }

    /// Writes lines with one call to the system, so that a crash of this process loses nothing of them.
    pub fn write(&self, lines: &Lines) -> io::Result<()> {
        if lines.0.is_empty() {
            return Ok(());
        }
        match &mut *self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Place::File(file) => file.write_all(&lines.0),
            Place::Memory(kept) => {
                for line in lines.0.split_inclusive(|b| *b == b'\n') {
                    if kept.len() == LINES_IN_MEMORY {
                        kept.pop_front();
                    }
                    kept.push_back(String::from_utf8_lossy(line.trim_ascii_end()).into());
                }
                Ok(())
            }
        }
    }

    /// The lines kept in memory, oldest first; none when there is a file.
    pub fn lines(&self) -> Vec<String> {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Place::File(_) => Vec::new(),
            Place::Memory(kept) => kept.iter().map(|line| line.to_string()).collect(),
        }
    }
}
