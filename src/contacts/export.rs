//! Contacts as a file: exactly the filtered list, written while it is read.

use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, stream};
use serde_json::json;

use super::contact::Contact;
use super::csv::CsvWriter;
use super::list::{ContactFilter, walk};
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::kernel::clock::rfc3339;
use crate::kernel::error::{Error, Result};
use crate::kernel::file_format::FileFormat;
use crate::kernel::page::{MOST, PageRequest};

/// What the file is called.
const STEM: &str = "contacts";
/// The columns for spreadsheets and for importing again: attributes stand in one cell as JSON.
const COLUMNS: [&str; 10] = ["phone", "name", "language", "time_zone", "status", "tags", "attributes", "created_at", "updated_at", "id"];

/// The contacts of a filter as a file. Somebody who changes while it is written may stand in it twice, the later time as they
/// are then. Whoever takes it is noted in the audit log. Needs [`Permission::View`] and
/// [`Permission::ViewPersonal`].
pub async fn export(
    app: &Arc<App>,
    actor: &Actor,
    filter: ContactFilter,
    format: FileFormat,
) -> Result<impl Stream<Item = Result<Bytes>> + Send + 'static + use<>> {
    actor.require(Permission::View)?;
    actor.require(Permission::ViewPersonal)?;
    let mut tx = app.db.write().await?;
    let detail = json!({ "file": format.named(STEM), "is_filtered": filter.is_narrow() });
    access::audit(&mut tx, actor, "contact.export", actor.subaccount.as_str(), &detail, app.clock.now()).await?;
    tx.commit().await?;
    let writer = match format {
        FileFormat::Csv => Writer::Csv(Box::new(CsvWriter::new(COLUMNS))),
        FileFormat::Json => Writer::Json { is_first: true },
    };
    let first = Some(PageRequest { limit: MOST, cursor: None });
    let file = File { app: Arc::clone(app), actor: actor.clone(), filter, writer, next: first };
    Ok(stream::try_unfold(file, |mut file| async move { Ok(file.step().await?.map(|bytes| (bytes, file))) }))
}

/// A file in the making.
struct File {
    app: Arc<App>,
    actor: Actor,
    filter: ContactFilter,
    writer: Writer,
    /// The page to be written next; `None` behind the last.
    next: Option<PageRequest>,
}

enum Writer {
    Csv(Box<CsvWriter>),
    Json { is_first: bool },
}

impl File {
    async fn step(&mut self) -> Result<Option<Bytes>> {
        let Some(request) = self.next.take() else { return Ok(None) };
        let page = walk(&self.app, &self.actor, &self.filter, &request, true).await?;
        if let Some(cursor) = page.next {
            self.next = Some(PageRequest::read(Some(&MOST.to_string()), Some(&cursor))?);
        }
        let is_last = self.next.is_none();
        let bytes = match &mut self.writer {
            Writer::Csv(writer) => {
                page.items.iter().for_each(|contact| writer.row(cells(contact)));
                writer.take()
            }
            Writer::Json { is_first } => {
                let mut bytes = Vec::new();
                for contact in &page.items {
                    bytes.extend_from_slice(if std::mem::replace(is_first, false) { b"[\n" } else { b",\n" });
                    serde_json::to_writer(&mut bytes, contact).map_err(Error::internal)?;
                }
                if is_last {
                    bytes.extend_from_slice(if *is_first { b"[]\n" } else { b"\n]\n" });
                }
                bytes
            }
        };
        Ok(Some(Bytes::from(bytes)))
    }
}

fn cells(contact: &Contact) -> [String; 10] {
    let attributes = if contact.attributes.is_empty() { String::new() } else { json!(contact.attributes).to_string() };
    [
        contact.phone.clone(),
        contact.name.clone().unwrap_or_default(),
        contact.language.clone().unwrap_or_default(),
        contact.time_zone.clone().unwrap_or_default(),
        contact.status.unwrap_or_default().to_owned(),
        contact.tags.join(", "),
        attributes,
        rfc3339(contact.created_at),
        rfc3339(contact.updated_at),
        contact.id.clone(),
    ]
}
