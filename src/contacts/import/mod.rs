//! Contacts from a CSV file: bytes → rows → batches → database, in constant memory.
//!
//! The body is fed to a blocking thread that reads and checks rows; they come back in batches, each stored in a transaction
//! of its own with a fixed number of statements. Numbers that are known get what the file says about them; a cell that is
//! empty changes nothing. Consent is never touched: a number that opted out stays so. Doing it again does no harm.

mod columns;
mod rows;
mod shop;

use std::collections::{HashMap, HashSet};

use bytes::Bytes;
use futures::Stream;
use serde::Serialize;
use serde_json::json;
use tokio::sync::mpsc;
use utoipa::ToSchema;

use self::rows::{Batch, Line, Reader, Stopped};
use self::shop::Shop;
use super::contact::{Opened, open, seal};
use super::csv::Limits;
use super::people;
use super::profile::Refusal;
use super::store::Lock;
use super::store::imports;
use super::store::profiles::{self, Written};
use super::store::purchases;
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ContactId, ImportId, SubaccountId, fresh};
use crate::kernel::incoming::{BodyError, channel, feed};
use crate::kernel::phone::Traces;

/// Batches in flight between reading and storing.
const CHANNEL: usize = 4;
/// The most faulty rows that are told; the others are counted.
const MOST_PROBLEMS: usize = 1_000;
/// Attributes of an exported contact stand in one cell, which may be longer than those of other files.
const LONGEST_CELL: usize = 64 * 1024;

/// What became of a file of contacts: `rows` is the sum of the three below it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportReport {
    /// Rows of data.
    pub rows: u64,
    /// Rows whose number is in the lists now and was not before.
    pub created: u64,
    /// Rows of numbers that were there.
    pub updated: u64,
    /// Rows that were left out.
    pub rejected: u64,
    /// Why, for the first 1,000 of them.
    pub problems: Vec<ImportProblem>,
}

/// Why a row was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ImportProblem {
    /// Its number in a spreadsheet; the header is row 1.
    pub row: u64,
    /// The column that is at fault; empty for the whole row.
    pub column: String,
    /// What stands there.
    pub value: String,
    /// A stable word.
    #[schema(example = "too_short")]
    pub code: &'static str,
    /// What is wrong.
    pub detail: String,
    /// What to do about it.
    pub fix: String,
}

/// Takes a file of contacts in, under the name by which audiences know it. Needs [`Permission::Send`].
///
/// # Errors
/// [`Error::Invalid`] on the field `file`: too large, not CSV, no column of numbers, broken off. When a fault stands further
/// down in the file, the sentence says how many rows before it are stored.
pub async fn import<S, E>(app: &App, actor: &Actor, file_name: &str, body: S) -> Result<ImportReport>
where
    S: Stream<Item = Result<Bytes, E>>,
    E: std::error::Error + Send + Sync + 'static,
{
    actor.require(Permission::Send)?;
    let settings = access::settings(app, actor).await?;
    let (now, file) = (app.clock.now(), tidy(file_name));
    let (feeder, incoming) = channel();
    let (to_store, from_reader) = mpsc::channel(CHANNEL);
    let limits =
        Limits { max_rows: app.config.max_upload_rows, max_field: LONGEST_CELL, max_record: 2 * LONGEST_CELL, ..Limits::default() };
    let reader = Reader { limits, country: settings.default_country, currency: settings.currency, now };
    let reading = tokio::task::spawn_blocking(move || reader.run(incoming, &to_store));
    let source = Source { id: ImportId::new(now), file_name: &file };
    let (fed, stored) = tokio::join!(feed(body, feeder, app.config.max_upload_bytes), save(app, actor, &source, from_reader));
    let read = reading.await.map_err(Error::internal)?;
    let (report, stored) = stored;
    if report.rows > 0 {
        let ImportReport { rows, created, updated, rejected, .. } = &report;
        let detail = json!({ "rows": rows, "created": created, "updated": updated, "rejected": rejected });
        let mut tx = app.db.write().await?;
        access::audit(&mut tx, actor, "contact.import", actor.subaccount.as_str(), &detail, app.clock.now()).await?;
        tx.commit().await?;
    }
    // The body's own fault explains the reader's, and a fault of the database stops the reader.
    let refuse = |code: &str, why: String| {
        let so_far = match report.created + report.updated {
            0 => "Nothing was stored.".to_owned(),
            n => format!("The {n} sound rows before it are stored; importing the whole file again does no harm."),
        };
        Err(Error::invalid("file", code, format!("{why} {so_far}")))
    };
    stored?;
    match (fed, read) {
        (Err(BodyError::TooLarge), _) => {
            let most = app.config.max_upload_bytes / (1024 * 1024);
            refuse("too_large", format!("The file is larger than {most} MB. Split it into smaller files."))
        }
        (Err(BodyError::Broken), _) => refuse("cut_short", "The file could not be read to its end.".into()),
        (_, Err(Stopped::File(fault))) => refuse(fault.code(), fault.to_string()),
        (_, Err(Stopped::Columns(refusal))) => refuse(refusal.code, format!("{} {}", refusal.detail, refusal.fix)),
        (_, Err(Stopped::NobodyListens)) => Err(Error::internal("storing contacts ended before their file did")),
        (Ok(_), Ok(())) => Ok(report),
    }
}

/// Stores what the reader gives; what was stored, also when a batch fails.
async fn save(app: &App, actor: &Actor, source: &Source<'_>, mut batches: mpsc::Receiver<Batch>) -> (ImportReport, Result<()>) {
    let cipher = app.cipher.tenant(&actor.subaccount);
    let mut report = ImportReport::default();
    while let Some(batch) = batches.recv().await {
        match store(app, actor, &cipher, source, batch).await {
            Ok(part) => report.add(part),
            Err(error) => return (report, Err(error)),
        }
    }
    (report, Ok(()))
}

impl ImportReport {
    fn add(&mut self, part: Self) {
        self.rows += part.rows;
        self.created += part.created;
        self.updated += part.updated;
        self.rejected += part.rejected;
        let room = MOST_PROBLEMS.saturating_sub(self.problems.len());
        self.problems.extend(part.problems.into_iter().take(room));
    }
}

async fn store(app: &App, actor: &Actor, cipher: &TenantCipher, source: &Source<'_>, batch: Batch) -> Result<ImportReport> {
    let now = app.clock.now();
    let Batch { rows, mut lines, mut problems } = batch;
    // In the order of numbers, so that two imports at once do not wait for each other; rows of one number stay in theirs.
    lines.sort_by_key(|line| line.phone.digits());
    loop {
        let mut tx = app.db.write_in_bulk().await?;
        let Taken { people, shop, refused, mut report } = take(&mut tx, actor, cipher, &lines, now).await?;
        let nobodys = people.made_for_nothing();
        if !nobodys.is_empty() {
            // What was begun is given up: a row that is left out makes nobody.
            problems.extend(refused.into_iter().filter(|(number, _)| nobodys.contains(number)).map(|(_, problem)| problem));
            lines.retain(|line| !nobodys.contains(&line.phone.digits()));
            continue;
        }
        profiles::write(&mut tx, &actor.subaccount, &people.changed(cipher), now).await?;
        let bought = shop.into_rows();
        if purchases::upsert(&mut tx, &actor.subaccount, &bought).await? < bought.len() as u64 {
            // Somebody told one of them of another contact in this very moment: looked at again, it is refused.
            continue;
        }
        imports::note(&mut tx, &actor.subaccount, (&source.id, source.file_name, &actor.label()), &people.named(), now).await?;
        tx.commit().await?;
        problems.extend(refused.into_iter().map(|(_, problem)| problem));
        problems.sort_by_key(|problem| problem.row);
        report.rows = rows;
        report.rejected = problems.len() as u64;
        report.problems = problems;
        return Ok(report);
    }
}

/// What becomes of the rows of a batch, before it is written.
struct Taken {
    people: People,
    shop: Shop,
    /// Rows that are left out, with their numbers.
    refused: Vec<(u64, ImportProblem)>,
    /// How many are taken.
    report: ImportReport,
}

async fn take(tx: &mut Tx, actor: &Actor, cipher: &TenantCipher, lines: &[Line], now: Millis) -> Result<Taken> {
    let mut people = People::of(tx, actor, cipher, lines, now).await?;
    let mut shop = Shop::of(tx, actor, cipher, lines).await?;
    let (mut refused, mut report) = (Vec::new(), ImportReport::default());
    for line in lines {
        let Some(known) = people.of_line(line) else { continue };
        match known.take(line, &mut shop, cipher) {
            Ok(true) => report.created += 1,
            Ok(false) => report.updated += 1,
            Err(problem) => refused.push((line.phone.digits(), problem)),
        }
    }
    Ok(Taken { people, shop, refused, report })
}

fn problem(line: &Line, column: &str, value: &str, refusal: Refusal) -> ImportProblem {
    let Refusal { code, detail, fix } = refusal;
    ImportProblem { row: line.row, column: column.to_owned(), value: value.to_owned(), code, detail, fix }
}

/// The file that rows come from.
struct Source<'f> {
    id: ImportId,
    file_name: &'f str,
}

/// The last part of a path without control characters, at most 200 characters; never empty.
fn tidy(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let kept: String = last.chars().filter(|c| !c.is_control()).take(200).collect();
    if kept.trim().is_empty() { "contacts.csv".into() } else { kept.trim().to_owned() }
}

/// The names of the files that brought contacts, each once, the latest first. Needs [`Permission::View`].
pub async fn file_names(app: &App, actor: &Actor) -> Result<Vec<String>> {
    const MOST: i64 = 100;
    actor.require(Permission::View)?;
    imports::file_names(&mut app.db.read().await?, &actor.subaccount, MOST).await
}

/// Gives files that are named by a person's number other names; which by which. A step of erasure.
pub async fn rename_naming(tx: &mut Tx, subaccount: &SubaccountId, traces: &Traces, now: Millis) -> Result<HashMap<String, String>> {
    let mut renamed = HashMap::new();
    for name in imports::all_file_names(tx, subaccount).await? {
        if traces.stand_in(&name) {
            let other = format!("renamed-{}.csv", fresh(now));
            imports::rename(tx, subaccount, &name, &other).await?;
            renamed.insert(name, other);
        }
    }
    Ok(renamed)
}

/// Somebody of a batch.
struct Known {
    opened: Opened,
    /// Made by this batch.
    is_fresh: bool,
    /// Not in the lists before the row that is looked at.
    is_new: bool,
    /// Whether a row of theirs was taken.
    is_named: bool,
    is_changed: bool,
}

impl Known {
    /// Takes what a row says about them; whether it brings them into the lists.
    fn take(&mut self, line: &Line, shop: &mut Shop, cipher: &TenantCipher) -> std::result::Result<bool, ImportProblem> {
        let applied = line.change.applied_to(&self.opened.profile);
        let profile = applied.map_err(|(column, refusal)| problem(line, column, "", refusal))?;
        if let Some(bought) = &line.bought {
            shop.take(cipher, &self.opened, bought).map_err(|refusal| problem(line, "purchase_reference", &bought.reference, refusal))?;
        }
        let is_new = std::mem::replace(&mut self.is_new, false);
        self.is_named = true;
        self.is_changed |= is_new || profile != self.opened.profile;
        self.opened.profile = profile;
        Ok(is_new)
    }
}

/// The people of a batch, held for a change.
struct People {
    /// The contact of each number: the one that it was merged into, where it was.
    by_number: HashMap<u64, ContactId>,
    by_id: HashMap<ContactId, Known>,
}

impl People {
    async fn of(tx: &mut Tx, actor: &Actor, cipher: &TenantCipher, lines: &[Line], now: Millis) -> Result<Self> {
        let subaccount = &actor.subaccount;
        let mut phones: Vec<_> = lines.iter().map(|line| line.phone).collect();
        phones.dedup();
        let before = people::find(tx, cipher, subaccount, &phones).await?;
        let made = people::ensure(tx, cipher, subaccount, &phones, now).await?;
        let ids: Vec<ContactId> = made.iter().map(|person| person.id.clone()).collect();
        let rows = profiles::rows(tx, subaccount, &ids, Lock::None).await?;
        let merged: HashMap<String, ContactId> =
            rows.into_iter().filter_map(|row| Some((row.id, ContactId::stored(row.merged_into?)))).collect();
        let mut by_number = HashMap::new();
        let mut fresh = HashSet::new();
        for ((phone, id), before) in phones.iter().zip(&ids).zip(before) {
            let id = merged.get(id.as_str()).unwrap_or(id).clone();
            // Somebody who was erased comes back as somebody new.
            if before.is_none_or(|person| person.salt.is_none()) {
                fresh.insert(id.clone());
            }
            by_number.insert(phone.digits(), id);
        }
        let mut held: Vec<ContactId> = by_number.values().cloned().collect();
        held.sort_unstable();
        held.dedup();
        let rows = profiles::rows(tx, subaccount, &held, Lock::Alone).await?;
        let opened = open(tx, cipher, subaccount, rows).await?;
        let known = |opened: Opened| {
            let id = opened.id();
            let is_fresh = fresh.contains(&id);
            let is_new = opened.row.hidden_at.is_some() || is_fresh;
            (id, Known { opened, is_fresh, is_new, is_named: false, is_changed: false })
        };
        Ok(Self { by_number, by_id: opened.into_iter().map(known).collect() })
    }

    /// Whose row it is; nothing when they were erased in this moment.
    fn of_line(&mut self, line: &Line) -> Option<&mut Known> {
        self.by_number.get(&line.phone.digits()).and_then(|id| self.by_id.get_mut(id))
    }

    /// The numbers of those who were made and of whom no row was taken.
    fn made_for_nothing(&self) -> HashSet<u64> {
        let is_such = |id: &ContactId| self.by_id.get(id).is_some_and(|known| known.is_fresh && !known.is_named);
        self.by_number.iter().filter(|(_, id)| is_such(id)).map(|(number, _)| *number).collect()
    }

    /// Whom rows named that were taken.
    fn named(&self) -> Vec<&ContactId> {
        self.by_id.iter().filter(|(_, known)| known.is_named).map(|(id, _)| id).collect()
    }

    /// The profiles that are to be written.
    fn changed(&self, cipher: &TenantCipher) -> Vec<Written> {
        let changed = self.by_id.values().filter(|known| known.is_changed);
        changed.map(|Known { opened, .. }| seal(cipher, opened.id(), &opened.salt, &opened.profile)).collect()
    }
}
