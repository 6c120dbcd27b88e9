//! Everything that is held about one person, as a file that people and programs can read.

use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, stream};
use serde_json::{Value, json};

use super::person::numbers;
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::consent;
use crate::contacts::Person;
use crate::contacts::csv::CsvWriter;
use crate::kernel::clock::rfc3339;
use crate::kernel::error::{Error, Result};
use crate::kernel::file_format::FileFormat;
use crate::kernel::id::ContactId;
use crate::kernel::page::{MOST, PageRequest};
use crate::kernel::phone::Phone;
use crate::{contacts, inbox, messages, uploads};

/// The columns of the CSV file: one row for each value.
const HEADER: [&str; 5] = ["kind", "number", "id", "field", "value"];

/// Everything about the person with this contact id, over all their numbers: what is known of them, the consent ledger with its wording,
/// what they wrote, their rows in files, and every message with text, attempts and reports. Made a page of messages at a time, as it is read; the export is audited before
/// its first byte. Needs [`Permission::ViewPersonal`] and [`Permission::Consent`].
///
/// # Errors
/// [`Error::NotFound`] when there is no such contact.
pub async fn export(
    app: &Arc<App>,
    actor: &Actor,
    id: &str,
    format: FileFormat,
) -> Result<impl Stream<Item = Result<Bytes>> + Send + 'static + use<>> {
    actor.require(Permission::ViewPersonal)?;
    actor.require(Permission::Consent)?;
    let mut tx = app.db.read().await?;
    let people = numbers(&mut tx, &actor.subaccount, id).await?;
    drop(tx);
    let head = head(app, actor, &people).await?;
    let contacts: Vec<ContactId> = people.into_iter().map(|person| person.id).collect();
    let main = contacts.first().ok_or(Error::NotFound("contact"))?;
    let mut tx = app.db.write().await?;
    access::audit(&mut tx, actor, "person.export", main.as_str(), &json!({}), app.clock.now()).await?;
    tx.commit().await?;
    let csv = match format {
        FileFormat::Json => None,
        FileFormat::Csv => Some(CsvWriter::new(HEADER)),
    };
    let file = File { app: Arc::clone(app), actor: actor.clone(), contacts, csv, written: 0, next: Next::Head(head) };
    Ok(stream::try_unfold(file, |mut file| async move { Ok(file.step().await?.map(|bytes| (bytes, file))) }))
}

/// What stands before the messages. The main number comes first.
async fn head(app: &App, actor: &Actor, people: &[Person]) -> Result<Value> {
    let main = people.first().ok_or(Error::NotFound("contact"))?;
    // One that was taken out of the lists, or erased, has no profile.
    let profile = match contacts::get(app, actor, main.id.as_str()).await {
        Ok(profile) => Some(profile),
        Err(Error::NotFound(_)) => None,
        Err(e) => return Err(e),
    };
    let (mut held, mut said, mut wrote, mut rows, mut bought) = (Vec::new(), Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for person in people {
        let phone = person.phone(&app.cipher.tenant(&actor.subaccount))?;
        held.push(number(person, phone));
        let mut tx = app.db.read().await?;
        let entries = consent::entries(&mut tx, &actor.subaccount, &person.id).await?;
        let written = inbox::written_by(&mut tx, app, &actor.subaccount, person).await?;
        bought.extend(contacts::purchases::of_contact(&mut tx, app, actor, &person.id, None, i64::MAX).await?);
        drop(tx);
        let contact = person.id.as_str();
        said.extend(entries.iter().map(|entry| {
            json!({ "id": entry.seq, "contact": contact, "at": rfc3339(entry.at), "change": entry.change, "category": entry.category,
                "value": entry.value, "source": entry.source, "wording": entry.wording, "reason": entry.reason,
                "recorded_by": entry.actor, "ip": entry.ip, "user_agent": entry.user_agent, "form_url": entry.form_url })
        }));
        wrote.extend(written.into_iter().map(|(id, at, text)| json!({ "id": id, "contact": contact, "at": rfc3339(at), "text": text })));
        let Some(phone) = phone else { continue };
        for file in uploads::find_person(app, &actor.subaccount, phone).await? {
            rows.extend(file.rows.iter().map(|row| {
                let cells: serde_json::Map<String, Value> = row.cells.iter().map(|(name, cell)| (name.clone(), json!(cell))).collect();
                json!({ "id": file.upload.as_str(), "file": file.file_name, "row": row.row, "cells": cells })
            }));
        }
    }
    let first = held.remove(0);
    Ok(
        json!({ "contact": first, "other_numbers": held, "profile": profile, "consent": said, "written": wrote, "purchases": bought, "uploads": rows }),
    )
}

/// One number of the person, with what holds for it.
fn number(person: &Person, phone: Option<Phone>) -> Value {
    let standing = &person.standing;
    json!({
        "id": person.id.as_str(),
        "phone": phone.map(|phone| phone.e164()),
        "country": phone.map(|phone| phone.country().as_str().to_owned()),
        "language": standing.language,
        "time_zone": standing.time_zone.map(chrono_tz::Tz::name),
        "stopped_at": standing.stopped_at.map(rfc3339),
        "paused_until": standing.paused_until.map(rfc3339),
        "quiet_hours": standing.quiet_hours,
        "offers_a_month": standing.offers_a_month,
        "erased": phone.is_none(),
    })
}

/// A file in the making.
struct File {
    app: Arc<App>,
    actor: Actor,
    /// Their numbers whose messages are still to be written, the next one first.
    contacts: Vec<ContactId>,
    /// The CSV file, unless it is JSON.
    csv: Option<CsvWriter>,
    /// Messages written so far.
    written: usize,
    next: Next,
}

enum Next {
    Head(Value),
    /// The page of the next number behind this message, or its first.
    Messages(Option<String>),
    End,
}

impl File {
    /// The next bytes; `None` at the end.
    async fn step(&mut self) -> Result<Option<Bytes>> {
        match std::mem::replace(&mut self.next, Next::End) {
            Next::End => Ok(None),
            Next::Head(head) => {
                self.next = Next::Messages(None);
                Ok(Some(self.write_head(&head)?))
            }
            Next::Messages(cursor) => {
                let Some(contact) = self.contacts.first() else { return Ok(None) };
                let mut tx = self.app.db.read().await?;
                let page = PageRequest { limit: MOST, cursor };
                let page = messages::everything_of(&mut tx, &self.app, &self.actor, contact, &page).await?;
                drop(tx);
                let found = page.items.iter().map(serde_json::to_value).collect::<Result<Vec<_>, _>>().map_err(Error::internal)?;
                if page.next.is_none() {
                    self.contacts.remove(0);
                }
                let is_last = self.contacts.is_empty();
                self.next = if is_last { Next::End } else { Next::Messages(page.next) };
                Ok(Some(self.write_messages(&found, is_last)))
            }
        }
    }

    fn write_head(&mut self, head: &Value) -> Result<Bytes> {
        let Some(csv) = &mut self.csv else {
            let text = serde_json::to_string(head).map_err(Error::internal)?;
            let open = text.strip_suffix('}').ok_or_else(|| Error::internal("an object ends in a brace"))?;
            return Ok(format!("{open},\"messages\":[").into());
        };
        for (kind, things) in head.as_object().into_iter().flatten() {
            let things = things.as_array().map_or(std::slice::from_ref(things), Vec::as_slice);
            things.iter().enumerate().for_each(|(i, thing)| rows(csv, kind, i + 1, thing));
        }
        Ok(csv.take().into())
    }

    fn write_messages(&mut self, messages: &[Value], is_last: bool) -> Bytes {
        let mut text = String::new();
        for message in messages {
            self.written += 1;
            match &mut self.csv {
                Some(csv) => rows(csv, "messages", self.written, message),
                None => {
                    if self.written > 1 {
                        text.push(',');
                    }
                    text.push_str(&message.to_string());
                }
            }
        }
        match &mut self.csv {
            Some(csv) => csv.take().into(),
            None => {
                if is_last {
                    text.push_str("]}");
                }
                text.into()
            }
        }
    }
}

/// A thing's values, each in a row of its own.
fn rows(csv: &mut CsvWriter, kind: &str, number: usize, thing: &Value) {
    let id = thing["id"].as_str().map_or_else(|| thing["id"].to_string(), str::to_owned);
    values("", thing, &mut |field, value| csv.row([kind, number.to_string().as_str(), id.as_str(), field, value]));
}

/// Every value in a thing with its place, such as `attempts.1.outcome`.
fn values(at: &str, value: &Value, found: &mut impl FnMut(&str, &str)) {
    let place = |name: &str| if at.is_empty() { name.to_owned() } else { format!("{at}.{name}") };
    match value {
        Value::Null => {}
        Value::Object(fields) => fields.iter().for_each(|(name, inner)| values(&place(name), inner, found)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, inner)| values(&place(&(i + 1).to_string()), inner, found)),
        Value::String(text) => found(at, text),
        Value::Bool(_) | Value::Number(_) => found(at, &value.to_string()),
    }
}
