//! The command line: one file per command. Exit codes: 0 done, 1 refused or failed with one line on stderr,
//! 2 bad usage.

mod contacts;
mod data_map;
mod demo;
mod doctor;
mod key;
mod listen;
mod lock;
mod open;
mod send;
mod serve;
mod simulate;
mod user;

use std::io::Write as _;
use std::net::SocketAddr;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use peyk::config::{Config, ConfigError};
use peyk::kernel::error::Error;

#[derive(Debug, Parser)]
#[command(
    name = "peyk",
    version,
    about = "A self-hosted SMS desk. Without a command: peyk serve.",
    after_help = "Settings come from the environment (PEYK_DATABASE_URL, PEYK_LISTEN, PEYK_PUBLIC_URL, PEYK_DATA, …); `peyk doctor` prints them all.\n\
                  Exit codes: 0 done, 1 refused or failed, 2 bad usage."
)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve pages, API and webhooks and dispatch messages, in one process
    Serve(serve::Options),
    /// Run the carrier simulator as its own process
    Simulate(simulate::Options),
    /// Check configuration, database, secret, simulator and clock; print every setting
    Doctor(doctor::Options),
    /// Send one message and print its id, status, segments and cost
    Send(send::Options),
    /// Add, list and disable users
    #[command(subcommand)]
    User(user::Action),
    /// Add, list and revoke API keys
    #[command(subcommand)]
    Key(key::Action),
    /// Take contacts in from a CSV file
    #[command(subcommand)]
    Import(contacts::Import),
    /// Write contacts out as CSV or JSON
    #[command(subcommand)]
    Export(contacts::Export),
    /// Fill an empty database with two months of a shop's messages, to look at and to measure with
    Demo(demo::Options),
    /// Print what is held in which column, what for, and how long, as Markdown
    DataMap,
    /// Create the database or bring its schema up to date
    Migrate,
}

/// Why a command failed, in one line.
#[derive(Debug)]
pub struct Failure(String);

impl Failure {
    /// With a sentence.
    pub fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let mut sentence = error.to_string();
        // Whoever stands at the shell mends the machine and needs the cause.
        let mut deeper = std::error::Error::source(&error);
        while let Some(cause) = deeper {
            sentence = format!("{sentence} ({cause})");
            deeper = cause.source();
        }
        Self(sentence)
    }
}

impl From<peyk::db::Fault> for Failure {
    fn from(fault: peyk::db::Fault) -> Self {
        match fault {
            peyk::db::Fault::Unusable(why) => Self(format!("The database cannot be used: {why}")),
            other => Self(format!("The database cannot be used: {other}. Check PEYK_DATABASE_URL.")),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self(error.to_string())
    }
}

impl From<peyk::app::KeyError> for Failure {
    fn from(error: peyk::app::KeyError) -> Self {
        Self(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// What a command gives.
pub type Outcome<T = ()> = Result<T, Failure>;

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let command = cli.command.unwrap_or(Command::Serve(serve::Options::default()));
    match start(command) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure(sentence)) => {
            let line = sentence.replace(['\n', '\r'], " ");
            // When stderr is gone there is nobody left to tell.
            let _ = writeln!(std::io::stderr(), "peyk: {line}");
            ExitCode::FAILURE
        }
    }
}

fn start(command: Command) -> Outcome {
    if let Command::Doctor(options) = command {
        // Looks at the configuration itself, also when it is faulty.
        return runtime(false)?.block_on(doctor::run(options));
    }
    if let Command::DataMap = command {
        data_map::run();
        return Ok(());
    }
    let config = Config::from_env()?;
    open::log(&config)?;
    // One thread is enough where one thing is done, and costs less.
    let many = matches!(command, Command::Serve(_));
    runtime(many)?.block_on(async {
        match command {
            Command::Serve(options) => serve::run(config, options).await,
            Command::Simulate(options) => simulate::run(options).await,
            Command::Doctor(options) => doctor::run(options).await,
            Command::Send(options) => send::run(config, options).await,
            Command::User(action) => user::run(config, action).await,
            Command::Key(action) => key::run(config, action).await,
            Command::Import(what) => contacts::import(config, what).await,
            Command::Export(what) => contacts::export(config, what).await,
            Command::Demo(options) => demo::run(config, options).await,
            Command::DataMap => {
                data_map::run();
                Ok(())
            }
            Command::Migrate => migrate(config).await,
        }
    })
}

fn runtime(many: bool) -> Outcome<tokio::runtime::Runtime> {
    let mut builder = if many { tokio::runtime::Builder::new_multi_thread() } else { tokio::runtime::Builder::new_current_thread() };
    Ok(builder.enable_all().build()?)
}

async fn migrate(config: Config) -> Outcome {
    let app = open::app(config).await?;
    say(&format!("The database is up to date ({}).", app.db.engine()));
    app.db.close().await;
    Ok(())
}

/// Prints a line on stdout. A reader that went away does not stop the work.
pub fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

/// Reads an address to listen on.
fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "write an address such as 127.0.0.1:3000".to_owned())
}
