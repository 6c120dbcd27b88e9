//! A `peyk` process of its own.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long a process may take until it listens.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running process. Dropping it ends it as a power cut would: it cannot catch this (`kill -9`).
#[derive(Debug)]
pub struct Process {
    child: Child,
    said: Receiver<String>,
    log: PathBuf,
}

impl Process {
    /// Starts `peyk` with these arguments and no settings but these. What it logs is appended to `log`.
    pub fn spawn(arguments: &[&str], settings: &[(&str, String)], log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log).expect("a log can be written");
        let mut command = Command::new(env!("CARGO_BIN_EXE_peyk"));
        command.args(arguments).env_clear().envs(settings.iter().map(|(name, value)| (name, value)));
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(file).spawn().expect("peyk was built with the tests");
        let out = child.stdout.take().expect("it is piped");
        let (tell, said) = channel();
        // Ends with the process, whose output it empties.
        std::thread::spawn(move || BufReader::new(out).lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Self { child, said, log: log.to_owned() }
    }

    /// Waits until it says that it listens, and gives the address.
    pub fn url(&mut self) -> String {
        loop {
            let Ok(line) = self.said.recv_timeout(PATIENCE) else {
                panic!("peyk (process {}) does not listen; its log ends\n{}", self.id(), end_of(&self.log));
            };
            if let Some((_, url)) = line.split_once("listens on ") {
                return url.trim().to_owned();
            }
        }
    }

    /// Its id.
    pub fn id(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn end_of(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
