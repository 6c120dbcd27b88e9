//! `peyk import` and `peyk export`: contacts from a file and into one.

use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use futures::TryStreamExt as _;
use peyk::config::Config;
use peyk::contacts::{self, ContactFilter};
use tokio_util::io::ReaderStream;

use super::{Failure, Outcome, open, say};
use peyk::kernel::file_format::FileFormat;

/// What is imported.
#[derive(Debug, Subcommand)]
pub enum Import {
    /// Contacts, from a CSV file whose header names the columns: phone, name, …
    Contacts(File),
}

/// `peyk import contacts`.
#[derive(Args, Debug)]
pub struct File {
    /// The CSV file
    file: PathBuf,
    /// Whose contacts
    #[arg(long, value_name = "NAME")]
    subaccount: Option<String>,
}

/// What is exported.
#[derive(Debug, Subcommand)]
pub enum Export {
    /// Contacts, to stdout
    Contacts(Which),
}

/// `peyk export contacts`.
#[derive(Args, Debug)]
pub struct Which {
    /// csv or json
    #[arg(long, default_value = "csv", value_parser = format)]
    format: FileFormat,
    /// Whose contacts
    #[arg(long, value_name = "NAME")]
    subaccount: Option<String>,
}

fn format(text: &str) -> Result<FileFormat, String> {
    FileFormat::parse(text).ok_or_else(|| "write csv or json".to_owned())
}

/// Imports a file, prints what became of its rows, and fails when none of them could be taken.
pub async fn import(config: Config, Import::Contacts(File { file, subaccount }): Import) -> Outcome {
    let body = tokio::fs::File::open(&file).await.map_err(|e| Failure::new(format!("{} cannot be opened: {e}", file.display())))?;
    let app = open::app(config).await?;
    let actor = open::shell(&app, subaccount.as_deref()).await?;
    let name = file.to_string_lossy().into_owned();
    let report = contacts::import(&app, &actor, &name, ReaderStream::new(body)).await?;
    say(&format!("rows {}  created {}  updated {}  rejected {}", report.rows, report.created, report.updated, report.rejected));
    for p in &report.problems {
        let column = if p.column.is_empty() { String::new() } else { format!(", {}", p.column) };
        say(&format!("row {}{column}: {} {}", p.row, p.detail, p.fix));
    }
    let told = report.problems.len() as u64;
    if report.rejected > told {
        say(&format!("and {} more rows", report.rejected - told));
    }
    app.db.close().await;
    if report.rejected == report.rows { Err(Failure::new("no row of the file could be taken")) } else { Ok(()) }
}

/// Writes contacts to stdout.
pub async fn export(config: Config, Export::Contacts(Which { format, subaccount }): Export) -> Outcome {
    let app = open::app(config).await?;
    let actor = open::shell(&app, subaccount.as_deref()).await?;
    let file = contacts::export(&app, &actor, ContactFilter::default(), format).await?;
    let mut file = std::pin::pin!(file);
    while let Some(bytes) = file.try_next().await? {
        std::io::stdout().lock().write_all(&bytes)?;
    }
    app.db.close().await;
    Ok(())
}
