//! An installation in a folder, and the carrier that it sends to.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::api::Api;
use super::journal::{Follower, Submission, submissions};
use super::process::Process;

/// `peyk simulate`, with a journal.
#[derive(Debug)]
pub struct Carrier {
    /// Where it answers.
    pub url: String,
    journal: PathBuf,
    _process: Process,
}

impl Carrier {
    /// Starts one that follows this script (JSON) and keeps its journal in the folder.
    pub fn start(folder: &Path, script: &str) -> Self {
        let (journal, told) = (folder.join("journal.jsonl"), folder.join("script.json"));
        fs::write(&told, script).expect("the folder can be written to");
        let (journal_name, told) = (journal.display().to_string(), told.display().to_string());
        let arguments = ["simulate", "--listen", "127.0.0.1:0", "--journal", &journal_name, "--script", &told];
        let mut process = Process::spawn(&arguments, &[], &folder.join("carrier.log"));
        Self { url: process.url(), journal, _process: process }
    }

    /// Reads what is submitted to it, as it comes.
    pub fn follow(&self) -> Follower {
        Follower::new(&self.journal)
    }

    /// What was submitted to it so far.
    pub fn submissions(&self) -> Vec<Submission> {
        submissions(&self.journal)
    }
}

/// Everything that `peyk serve` is told.
#[derive(Clone, Debug)]
pub struct Installation {
    folder: PathBuf,
    listen: String,
    settings: Vec<(&'static str, String)>,
}

impl Installation {
    /// One on this database, with its data in the folder, which sends to this carrier.
    pub fn new(folder: &Path, database_url: &str, carrier: &Carrier, more: &[(&'static str, String)]) -> Self {
        let free = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let listen = free.local_addr().expect("it is bound").to_string();
        let mut settings = vec![
            ("PEYK_DATABASE_URL", database_url.to_owned()),
            ("PEYK_DATA", folder.display().to_string()),
            ("PEYK_LISTEN", listen.clone()),
            ("PEYK_PUBLIC_URL", format!("http://{listen}")),
            ("PEYK_SIMULATOR_URL", carrier.url.clone()),
            ("PEYK_LOG", "warn".to_owned()),
        ];
        settings.extend_from_slice(more);
        Self { folder: folder.to_owned(), listen, settings }
    }

    /// Starts `peyk serve` on it, with further arguments and settings.
    pub fn serve(&self, arguments: &[&str], more: &[(&'static str, String)]) -> Process {
        let settings = [&self.settings, more].concat();
        Process::spawn(&[&["serve"], arguments].concat(), &settings, &self.folder.join("serve.log"))
    }

    /// Makes an API key, and gives the API as its holder sees it.
    pub fn api(&self) -> Api {
        let mut command = Command::new(env!("CARGO_BIN_EXE_peyk"));
        command.args(["key", "add", "--name", "proof"]).env_clear().envs(self.settings.iter().map(|(name, value)| (name, value)));
        let made = command.output().expect("peyk was built with the tests");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let key = String::from_utf8(made.stdout).expect("a key is text");
        Api::new(format!("http://{}", self.listen), key.trim().to_owned())
    }
}
