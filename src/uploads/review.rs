//! Looking at an upload: its figures, its problems, any row as it would be sent.

use super::block::{BlockRow, BlockRows};
use super::choice::require_open;
use super::plan::{Origin, Plan, first_rows};
use super::problem::Code;
use super::store::{self, ErrorRow};
use super::verdict::{Outcome, ToSend, Verdict};
use super::{Upload, UploadStatus, check, error_context};
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::UploadId;
use crate::kernel::language::Language;
use crate::kernel::money::Micros;
use crate::kernel::page::{Page, PageRequest};
use crate::kernel::phone::Phone;
use crate::kernel::sms::{self, Measure};
use crate::templates::grammar::Part;
use crate::templates::{self, Advice};

/// What stands for a value that the actor may not see.
const HIDDEN: &str = "•••";
/// Values shown for each column.
const SHOWN_ROWS: usize = 3;

/// One upload.
pub async fn get(app: &App, actor: &Actor, id: &UploadId) -> Result<Upload> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    store::get(&mut tx, &app.cipher.tenant(&actor.subaccount), &actor.subaccount, id).await
}

/// The subaccount's uploads, newest first.
pub async fn list(app: &App, actor: &Actor, page: &PageRequest) -> Result<Page<Upload>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    store::list(&mut tx, &app.cipher.tenant(&actor.subaccount), &actor.subaccount, page).await
}

/// Forgets an upload and its rows. One that a campaign was made of stays.
pub async fn discard(app: &App, actor: &Actor, id: &UploadId) -> Result<()> {
    actor.require(Permission::Send)?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let upload = store::hold(&mut tx, &app.cipher.tenant(&actor.subaccount), &actor.subaccount, id).await?;
    require_open(&upload)?;
    let detail = serde_json::json!({ "rows": upload.counts.rows });
    access::audit(&mut tx, actor, "upload.discard", id.as_str(), &detail, now).await?;
    tx.commit().await?;
    store::remove(app, &actor.subaccount, id).await
}

/// A column of the file and what it is taken for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColumnMatch {
    /// Its name.
    pub column: String,
    /// `phone`, `language`, a placeholder, or nothing.
    pub meaning: Option<String>,
    /// Its values in the first rows; hidden from those who may not see them.
    pub values: Vec<String>,
}

/// What the page where columns are matched shows.
#[derive(Clone, Debug)]
pub struct Review {
    /// The upload.
    pub upload: Upload,
    /// Its columns in the order of the file.
    pub columns: Vec<ColumnMatch>,
    /// The names that the message asks for.
    pub placeholders: Vec<String>,
    /// Those of them that need a column and have none.
    pub unfilled: Vec<String>,
    /// Where the mapping comes from; `None` while no message was chosen.
    pub origin: Option<Origin>,
}

/// The columns of an upload and what they are taken for.
pub async fn review(app: &App, actor: &Actor, id: &UploadId) -> Result<Review> {
    actor.require(Permission::View)?;
    let cipher = app.cipher.tenant(&actor.subaccount);
    let mut tx = app.db.read().await?;
    let upload = store::get(&mut tx, &cipher, &actor.subaccount, id).await?;
    let settings = access::settings_of(&mut tx, &actor.subaccount).await?;
    let plan = Plan::of(&mut tx, &cipher, &actor.subaccount, &upload, &settings, &app.links()).await?;
    let sample = first_rows(&mut tx, &cipher, &actor.subaccount, &upload, SHOWN_ROWS).await?;
    let open = actor.may(Permission::ViewPersonal);
    let shown = |cell: Option<&String>| if open { cell.cloned().unwrap_or_default() } else { HIDDEN.to_owned() };
    let column = |(i, name): (usize, &String)| ColumnMatch {
        column: name.clone(),
        meaning: plan.as_ref().and_then(|plan| meaning(plan, i)),
        values: sample.iter().map(|row| shown(row.get(i))).collect(),
    };
    let names = |list: Vec<&str>| list.into_iter().map(str::to_owned).collect();
    Ok(Review {
        columns: upload.headers.iter().enumerate().map(column).collect(),
        placeholders: plan.as_ref().map(|p| names(p.message.placeholders())).unwrap_or_default(),
        unfilled: plan.as_ref().map(|p| names(p.unfilled())).unwrap_or_default(),
        origin: plan.as_ref().map(|p| p.origin),
        upload,
    })
}

fn meaning(plan: &Plan, column: usize) -> Option<String> {
    let mapping = &plan.mapping;
    if mapping.phone == Some(column) {
        return Some("phone".into());
    }
    if mapping.language == Some(column) {
        return Some("language".into());
    }
    mapping.fills.iter().find(|(_, own)| *own == Some(column)).map(|(name, _)| name.clone())
}

/// A rejected row.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct UploadError {
    /// Its number in a spreadsheet; the header is row 1.
    pub row: u64,
    /// The column that the problem is in; empty when it is in the whole row.
    pub column: String,
    /// What stands there; hidden from those who may not see it.
    pub value: String,
    /// The problem's stable word, see [`Code`].
    pub code: &'static str,
    /// What is wrong.
    pub detail: String,
    /// What to do about it.
    pub fix: String,
}

/// Opens a stored error. Those who may not see values do not see remedies either, which may repeat them.
pub(super) fn open_error(row: &ErrorRow, upload: &UploadId, cipher: &TenantCipher, open: bool) -> Result<UploadError> {
    let plain = cipher.own().open(&error_context(upload, row.row), &row.body).map_err(Error::internal)?;
    let [value, detail, fix]: [String; 3] = serde_json::from_slice(&plain).map_err(Error::internal)?;
    let shown = |text: String| if open { text } else { HIDDEN.to_owned() };
    Ok(UploadError { row: row.row, column: row.column.clone(), value: shown(value), code: row.code.as_str(), detail, fix: shown(fix) })
}

/// The rejected rows of a checked upload, of one kind or all, in the order of the file.
pub async fn errors(app: &App, actor: &Actor, id: &UploadId, code: Option<Code>, page: &PageRequest) -> Result<Page<UploadError>> {
    actor.require(Permission::View)?;
    let cipher = app.cipher.tenant(&actor.subaccount);
    let unreadable = || Error::invalid("cursor", "unreadable", "Use the next_cursor of the page before as it is, or leave it out.");
    let after: u64 = page.cursor.as_deref().map(|c| c.parse().map_err(|_| unreadable())).transpose()?.unwrap_or(0);
    let mut tx = app.db.read().await?;
    store::get(&mut tx, &cipher, &actor.subaccount, id).await?;
    let rows = store::errors(&mut tx, &actor.subaccount, id, code, after, page.rows_to_fetch()).await?;
    let open = actor.may(Permission::ViewPersonal);
    let errors = rows.iter().map(|row| open_error(row, id, &cipher, open)).collect::<Result<Vec<_>>>()?;
    Ok(page.page(errors, |error| error.row.to_string()))
}

/// One row as it would be sent.
#[derive(Clone, Debug)]
pub struct RowPreview {
    /// Its number in a spreadsheet.
    pub row: u64,
    /// The number it goes to, masked for those who may not see it; `None` when the cell holds none.
    pub phone: Option<String>,
    /// The language of the text.
    pub language: Language,
    /// Which variant of the message it gets, where there are any.
    pub variant: Option<String>,
    /// The text in pieces; empty when the row's values do not fill it.
    pub parts: Vec<Part>,
    /// The size of the text.
    pub measure: Option<Measure>,
    /// What the check decided, if it has come so far.
    pub outcome: Option<Outcome>,
    /// The problem of a rejected row.
    pub problem: Option<UploadError>,
    /// What is allowed in the text and probably not meant.
    pub warnings: Vec<Advice>,
    /// What the message costs in micros, if it is sent and a price is known.
    pub cost: Option<Micros>,
}

/// Shows a row by its number, from its block alone.
///
/// # Errors
/// [`Error::NotFound`] when the file has no such row, or it is blank; [`Error::Conflict`] while no message
/// was chosen.
pub async fn preview_row(app: &App, actor: &Actor, id: &UploadId, number: u64) -> Result<RowPreview> {
    actor.require(Permission::View)?;
    let cipher = app.cipher.tenant(&actor.subaccount);
    let mut tx = app.db.read().await?;
    let upload = store::get(&mut tx, &cipher, &actor.subaccount, id).await?;
    let settings = access::settings_of(&mut tx, &actor.subaccount).await?;
    let plan = Plan::of(&mut tx, &cipher, &actor.subaccount, &upload, &settings, &app.links()).await?;
    let plan = plan.ok_or_else(|| Error::conflict("Choose a template or write a text first."))?;
    let block = store::block_of_row(&mut tx, &actor.subaccount, id, number).await?.ok_or(Error::NotFound("row"))?;
    let open = actor.may(Permission::ViewPersonal);
    let errors = store::errors_between(&mut tx, &actor.subaccount, id, number, number).await?;
    let problem = errors.first().map(|row| open_error(row, id, &cipher, open)).transpose()?;
    let bytes = block.open_rows(&cipher, id)?;
    let (mut rows, mut row, mut index) = (BlockRows::new(&bytes, block.first_row), BlockRow::default(), 0);
    while rows.next_into(&mut row).map_err(Error::internal)? && row.number < number {
        index += 1;
    }
    if row.number != number {
        return Err(Error::NotFound("row"));
    }
    let is_checked = matches!(upload.status, UploadStatus::Checked | UploadStatus::Used);
    let verdicts = if is_checked { block.open_verdicts(&cipher, id)? } else { None };
    let verdict = verdicts.map(|v| v.at(index)).transpose().map_err(Error::internal)?;
    let sent = match &verdict {
        Some(Verdict::ToSend(send)) => Some(*send),
        _ => None,
    };
    let phone = plan.mapping.phone.and_then(|column| Phone::parse(row.cell(column), settings.default_country).ok());
    let language = sent.map_or_else(|| plan.message.text_for(own_language(&plan, &row).as_ref()), |send| send.language);
    let (parts, measure) = fill(&plan, &row, language, open);
    let text: String = parts.iter().map(|part| part.text.as_str()).collect();
    Ok(RowPreview {
        row: number,
        warnings: if text.is_empty() { Vec::new() } else { templates::advice(&text, plan.message.category, &app.links()) },
        phone: phone.map(|phone| if open { phone.international() } else { phone.masked() }),
        language: plan.message.text(language).map_or_else(|| plan.message.language.clone(), |(language, _)| language.clone()),
        variant: sent.and_then(|_| plan.message.variant(language).map(str::to_owned)),
        parts,
        measure,
        cost: sent.and_then(|send| cost(&upload, &send)),
        outcome: verdict.map(|verdict| verdict.outcome()),
        problem,
    })
}

/// The first row that gets a message; `None` when none does or the check is not done.
pub async fn first_to_send(app: &App, actor: &Actor, id: &UploadId) -> Result<Option<u64>> {
    actor.require(Permission::View)?;
    let cipher = app.cipher.tenant(&actor.subaccount);
    let mut tx = app.db.read().await?;
    let upload = store::get(&mut tx, &cipher, &actor.subaccount, id).await?;
    if upload.summary.is_none() || upload.counts.to_send == 0 {
        return Ok(None);
    }
    let mut chunk = 0;
    while let Some(block) = store::blocks(&mut tx, &actor.subaccount, id, chunk, 1).await?.pop() {
        chunk = block.chunk + 1;
        let Some(verdicts) = block.open_verdicts(&cipher, id)? else { return Ok(None) };
        let bytes = block.open_rows(&cipher, id)?;
        let (mut rows, mut row, mut index) = (BlockRows::new(&bytes, block.first_row), BlockRow::default(), 0);
        while rows.next_into(&mut row).map_err(Error::internal)? {
            if verdicts.at(index).map_err(Error::internal)?.outcome() == Outcome::ToSend {
                return Ok(Some(row.number));
            }
            index += 1;
        }
    }
    Ok(None)
}

fn own_language(plan: &Plan, row: &BlockRow<'_>) -> Option<Language> {
    plan.mapping.language.and_then(|column| Language::parse(row.cell(column)))
}

/// The row's text in pieces, and its size.
fn fill(plan: &Plan, row: &BlockRow<'_>, language: u8, open: bool) -> (Vec<Part>, Option<Measure>) {
    let of_row = |name: &str| check::value_of(&plan.mapping.fills, row, name);
    let value = plan.message.or_default(&of_row);
    let Some(mut parts) = plan.message.text(language).and_then(|(_, text)| text.parts_marked(&value).ok()) else {
        return (Vec::new(), None);
    };
    let text: String = parts.iter().map(|part| part.text.as_str()).collect();
    if !open {
        parts.iter_mut().filter(|part| part.from_placeholder).for_each(|part| HIDDEN.clone_into(&mut part.text));
    }
    (parts, Some(sms::measure(&text)))
}

fn cost(upload: &Upload, send: &ToSend) -> Option<Micros> {
    let groups = &upload.summary.as_ref()?.groups;
    let price = groups.iter().find(|g| g.country == send.country.as_str())?.price?;
    price.checked_mul(Micros::from(send.segments))
}
