//! The ledger as evidence: every row of one person or of a whole subaccount as a file, with the hashes of the chain and the answer to
//! the question whether the chain holds. Whoever reads the file can compute the hashes again ([`super::ledger`] says over what).

use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use futures::{Stream, stream};
use serde_json::{Value, json};

use super::ledger::Row;
use super::store;
use super::verify::{Proof, verify};
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::contacts;
use crate::contacts::csv::CsvWriter;
use crate::db::Tx;
use crate::kernel::clock::rfc3339;
use crate::kernel::crypto::sha256_hex;
use crate::kernel::error::{Error, Result};
use crate::kernel::file_format::FileFormat;
use crate::kernel::id::{ContactId, SubaccountId};
use crate::kernel::phone::Phone;

/// Rows written at once.
const BLOCK: i64 = 500;
/// How much of the digest of a wording names its version.
const VERSION: usize = 12;
const COLUMNS: [&str; 20] = [
    "row",
    "contact",
    "phone",
    "at",
    "change",
    "category",
    "value",
    "method",
    "recorded_by",
    "wording",
    "wording_version",
    "reason",
    "ip",
    "user_agent",
    "form_url",
    "previous_hash",
    "hash",
    "row_holds",
    "chain",
    "chain_rows",
];

/// What the file is called; it names nobody.
const STEM: &str = "consent-evidence";

/// Whose evidence.
#[derive(Clone, Copy, Debug)]
pub enum Whose<'a> {
    /// Everybody's.
    All,
    /// That of a contact, with their other numbers.
    Contact(&'a str),
    /// That of the contact with this number, in any spelling.
    Phone(&'a str),
}

/// Evidence of consent as a file that is written while it is read. The chain is checked from its first row to its last beforehand,
/// also when the file is about one person. Audited before the first byte. Needs [`Permission::Consent`] and
/// [`Permission::ViewPersonal`].
///
/// # Errors
/// [`Error::NotFound`] when there is no such contact.
pub async fn evidence(
    app: &Arc<App>,
    actor: &Actor,
    whose: Whose<'_>,
    format: FileFormat,
) -> Result<impl Stream<Item = Result<Bytes>> + Send + 'static + use<>> {
    actor.require(Permission::Consent)?;
    actor.require(Permission::ViewPersonal)?;
    let subaccount = actor.subaccount.clone();
    let mut tx = app.db.read().await?;
    let people = people(&mut tx, app, &subaccount, whose).await?;
    let until = store::head(&mut tx, &subaccount).await?;
    let chain = Chain::of(verify(&mut tx, &subaccount).await?);
    drop(tx);
    let mut tx = app.db.write().await?;
    let object = people.as_ref().and_then(|people| people.first()).map_or(subaccount.as_str(), ContactId::as_str).to_owned();
    let detail = json!({ "file": format.named(STEM), "chain": chain.word() });
    access::audit(&mut tx, actor, "consent.evidence", &object, &detail, app.clock.now()).await?;
    tx.commit().await?;
    let head = json!({
        "subaccount": subaccount.as_str(),
        "exported_at": rfc3339(app.clock.now()),
        "about": people.as_ref().map_or(Value::Null, |people| json!(people.iter().map(ContactId::as_str).collect::<Vec<_>>())),
        "verify": { "result": chain.word(), "rows": chain.rows, "detail": chain.detail, "last_row": until.seq, "last_hash": until.hash },
    });
    let writer = match format {
        FileFormat::Csv => Writer::Csv(Box::new(CsvWriter::new(COLUMNS))),
        FileFormat::Json => Writer::Json { head: Some(head), is_first: true },
    };
    let next = Some(people.map_or(Next::After(0), Next::People));
    let file = File { app: Arc::clone(app), subaccount, chain, until: until.seq, writer, next };
    Ok(stream::try_unfold(file, |mut file| async move { Ok(file.step().await?.map(|bytes| (bytes, file))) }))
}

/// The contacts that are meant: `None` is everybody.
async fn people(tx: &mut Tx, app: &App, subaccount: &SubaccountId, whose: Whose<'_>) -> Result<Option<Vec<ContactId>>> {
    let id = match whose {
        Whose::All => return Ok(None),
        Whose::Contact(id) => ContactId::parse(id).ok_or(Error::NotFound("contact"))?,
        Whose::Phone(text) => {
            let settings = access::settings_of(tx, subaccount).await?;
            let phone = Phone::parse(text, settings.default_country)
                .map_err(|e| Error::invalid("phone", e.code(), format!("{e} {}", e.fix()).trim().to_owned()))?;
            let found = contacts::find(tx, &app.cipher.tenant(subaccount), subaccount, &[phone]).await?.pop().flatten();
            found.ok_or(Error::NotFound("contact"))?.id
        }
    };
    if contacts::by_ids(tx, subaccount, std::slice::from_ref(&id)).await?.is_empty() {
        return Err(Error::NotFound("contact"));
    }
    let mut people = contacts::other_numbers(tx, subaccount, &id).await?;
    people.insert(0, id);
    Ok(Some(people))
}

/// Whether the chain holds, in words.
#[derive(Clone, Debug)]
struct Chain {
    whole: bool,
    rows: i64,
    broken_at: Option<i64>,
    detail: String,
}

impl Chain {
    fn of(proof: Proof) -> Self {
        match proof {
            Proof::Whole { entries } => {
                let detail = "Every row is as it was written, and everybody’s consent follows from them.".into();
                Self { whole: true, rows: entries, broken_at: None, detail }
            }
            Proof::Broken { seq } => {
                let detail = format!("Row {seq} was altered, is missing, or does not belong.");
                Self { whole: false, rows: seq - 1, broken_at: Some(seq), detail }
            }
            Proof::Strayed { contact } => {
                let detail = format!("The consent of {contact} was changed beside the ledger.");
                Self { whole: false, rows: 0, broken_at: None, detail }
            }
        }
    }

    fn word(&self) -> &'static str {
        if self.whole { "whole" } else { "broken" }
    }
}

enum Next {
    /// All rows behind this place.
    After(i64),
    /// The rows of these people.
    People(Vec<ContactId>),
}

enum Writer {
    Csv(Box<CsvWriter>),
    Json { head: Option<Value>, is_first: bool },
}

/// A file in the making.
struct File {
    app: Arc<App>,
    subaccount: SubaccountId,
    chain: Chain,
    /// The last row that was there when the chain was checked.
    until: i64,
    writer: Writer,
    next: Option<Next>,
}

impl File {
    async fn step(&mut self) -> Result<Option<Bytes>> {
        let Some(next) = self.next.take() else { return Ok(None) };
        let mut tx = self.app.db.read().await?;
        let mut rows = Vec::new();
        match next {
            Next::People(people) => {
                for id in &people {
                    rows.extend(store::rows_of_contact(&mut tx, &self.subaccount, id).await?);
                }
            }
            Next::After(seq) => {
                rows = store::after(&mut tx, &self.subaccount, seq, BLOCK).await?;
                self.next = rows.last().filter(|row| row.entry.seq < self.until).map(|row| Next::After(row.entry.seq));
            }
        }
        rows.retain(|row| row.entry.seq <= self.until);
        let phones = phones(&mut tx, &self.app, &self.subaccount, &rows).await?;
        drop(tx);
        let events: Vec<Value> = rows.iter().map(|row| self.event(row, phones.get(&row.contact).map_or("", String::as_str))).collect();
        let is_last = self.next.is_none();
        self.write(&events, is_last).map(Some)
    }

    /// One row with all that proves it.
    fn event(&self, row: &Row, phone: &str) -> Value {
        let entry = &row.entry;
        let holds = match (row.own_hash(&self.subaccount) == row.hash, row.is_wordless()) {
            (true, _) => "yes",
            // A whole chain explains every row that lost its words; a broken one only tells where it breaks.
            (false, true) if self.chain.whole || phone.is_empty() => "words erased",
            (false, true) if self.chain.broken_at != Some(entry.seq) => "unproven",
            (false, _) => "no",
        };
        json!({
            "row": entry.seq,
            "contact": row.contact,
            "phone": phone,
            "at": rfc3339(entry.at),
            "change": entry.change,
            "category": entry.category,
            "value": entry.value,
            "method": entry.source,
            "recorded_by": entry.actor,
            "wording": entry.wording,
            "wording_version": entry.wording.as_ref().map(|wording| sha256_hex(wording.as_bytes())[..VERSION].to_owned()),
            "reason": entry.reason,
            "ip": entry.ip,
            "user_agent": entry.user_agent,
            "form_url": entry.form_url,
            "previous_hash": row.previous_hash,
            "hash": row.hash,
            "row_holds": holds,
        })
    }

    fn write(&mut self, events: &[Value], is_last: bool) -> Result<Bytes> {
        let chain = [self.chain.word().to_owned(), self.chain.rows.to_string()];
        match &mut self.writer {
            Writer::Csv(csv) => {
                let text = |value: &Value| {
                    value.as_str().map_or_else(|| if value.is_null() { String::new() } else { value.to_string() }, str::to_owned)
                };
                for event in events {
                    let own = COLUMNS.iter().filter_map(|column| event.get(column)).map(text);
                    csv.row(own.chain(chain.clone()).collect::<Vec<_>>());
                }
                Ok(csv.take().into())
            }
            Writer::Json { head, is_first } => {
                let mut text = String::new();
                if let Some(head) = head.take() {
                    let head = head.to_string();
                    text.push_str(head.strip_suffix('}').ok_or_else(|| Error::internal("an object ends in a brace"))?);
                    text.push_str(",\"events\":[");
                }
                for event in events {
                    text.push_str(if std::mem::replace(is_first, false) { "\n" } else { ",\n" });
                    text.push_str(&event.to_string());
                }
                if is_last {
                    text.push_str("\n]}\n");
                }
                Ok(text.into())
            }
        }
    }
}

/// The numbers of those in these rows; nobody's who was erased.
async fn phones(tx: &mut Tx, app: &App, subaccount: &SubaccountId, rows: &[Row]) -> Result<HashMap<String, String>> {
    let mut ids: Vec<ContactId> = rows.iter().map(|row| ContactId::stored(row.contact.clone())).collect();
    ids.sort_unstable();
    ids.dedup();
    let (people, cipher) = (contacts::by_ids(tx, subaccount, &ids).await?, app.cipher.tenant(subaccount));
    let mut phones = HashMap::new();
    for (id, person) in people {
        if let Some(phone) = person.phone(&cipher)? {
            phones.insert(id.as_str().to_owned(), phone.e164());
        }
    }
    Ok(phones)
}
