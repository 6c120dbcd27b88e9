//! SQL of the uploads, upload_chunks, upload_verdicts and upload_errors tables.

mod age;
mod erase;
mod rows;

use super::receive::Head;
use super::{Counts, Summary, Upload, UploadStatus, part_context};
use crate::app::App;
use crate::contacts::csv::StoredMapping;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{SubaccountId, TemplateId, UploadId};
use crate::kernel::language::Language;
use crate::kernel::page::{Page, PageRequest};

pub(super) use age::{count_file_rows, delete_file, delete_rows, old_files, put_away, rows_removed};
pub(super) use erase::{all, block, file_names, recount, rename, rewrite_block, rewrite_error, touch};
pub(super) use rows::{
    ErrorRow, NewBlock, NewVerdicts, append, block_of_row, clear_verdicts, errors, errors_between, write_errors, write_verdicts,
};
pub use rows::{StoredBlock, blocks, hold};

/// Sorts behind every id, in any collation.
const AFTER_ALL: &str = "zzz";

/// An upload that begins.
pub(super) struct NewUpload<'a> {
    pub id: &'a UploadId,
    pub file_name: &'a str,
    pub created_by: &'a str,
}

const COLUMNS: &str = "id, file_name, bytes, status, problem, encoding, delimiter, headers, mapping, template_id, template_version, body, \
    category, language, rows, to_send, rejected, repeated, opted_out, checked, summary, created_by, created_at, rows_removed_at";

#[derive(sqlx::FromRow)]
struct UploadRow {
    id: String,
    file_name: String,
    bytes: i64,
    status: String,
    problem: Option<String>,
    encoding: String,
    delimiter: String,
    headers: Vec<u8>,
    mapping: Option<String>,
    template_id: Option<String>,
    template_version: Option<i64>,
    body: Option<Vec<u8>>,
    category: Option<String>,
    language: Option<String>,
    rows: i64,
    to_send: i64,
    rejected: i64,
    repeated: i64,
    opted_out: i64,
    checked: i64,
    summary: Option<String>,
    created_by: String,
    created_at: Millis,
    rows_removed_at: Option<Millis>,
}

impl UploadRow {
    fn upload(self, cipher: &TenantCipher) -> Result<Upload> {
        let id = UploadId::stored(self.id);
        let headers = cipher.own().open(&part_context(&id, "headers"), &self.headers).map_err(Error::internal)?;
        let text = self.body.map(|body| cipher.own().open_text(&part_context(&id, "body"), &body)).transpose().map_err(Error::internal)?;
        Ok(Upload {
            headers: serde_json::from_slice(&headers).map_err(Error::internal)?,
            text,
            id,
            file_name: self.file_name,
            bytes: self.bytes.unsigned_abs(),
            status: UploadStatus::parse(&self.status).ok_or_else(|| Error::internal("an upload has an unknown status"))?,
            problem: self.problem,
            encoding: self.encoding,
            delimiter: self.delimiter.chars().next().unwrap_or(','),
            mapping: self.mapping.map(|json| StoredMapping::parse(&json)).transpose().map_err(Error::internal)?,
            template: self.template_id.map(TemplateId::stored).zip(self.template_version),
            category: self.category.as_deref().and_then(Category::parse),
            language: self.language.map(Language::stored),
            counts: Counts {
                rows: self.rows.unsigned_abs(),
                to_send: self.to_send.unsigned_abs(),
                rejected: self.rejected.unsigned_abs(),
                repeated: self.repeated.unsigned_abs(),
                opted_out: self.opted_out.unsigned_abs(),
            },
            checked: self.checked.unsigned_abs(),
            summary: self.summary.map(|json| serde_json::from_str(&json)).transpose().map_err(Error::internal)?,
            created_by: self.created_by,
            created_at: self.created_at,
            rows_removed_at: self.rows_removed_at,
        })
    }
}

pub(super) async fn insert(tx: &mut Tx, subaccount: &SubaccountId, new: &NewUpload<'_>, head: &Head, now: Millis) -> Result<()> {
    tx.query(
        "insert into uploads (id, subaccount_id, file_name, bytes, status, encoding, delimiter, headers, header_key, rows, to_send, rejected, \
         repeated, opted_out, checked, created_by, created_at, updated_at) \
         values ($1, $2, $3, 0, 'receiving', $4, $5, $6, $7, 0, 0, 0, 0, 0, 0, $8, $9, $10)",
    )
    .bind(new.id.as_str())
    .bind(subaccount.as_str())
    .bind(new.file_name)
    .bind(head.encoding)
    .bind(head.delimiter.to_string())
    .bind(head.headers.as_slice())
    .bind(head.header_key.as_str())
    .bind(new.created_by)
    .bind(now)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// All rows are stored.
pub(super) async fn received(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId, bytes: u64, rows: u64, now: Millis) -> Result<()> {
    tx.query("update uploads set status = 'received', bytes = $1, rows = $2, updated_at = $3 where subaccount_id = $4 and id = $5")
        .bind(bytes.cast_signed())
        .bind(rows.cast_signed())
        .bind(now)
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .execute()
        .await?;
    Ok(())
}

pub(super) async fn get(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId, id: &UploadId) -> Result<Upload> {
    let sql = format!("select {COLUMNS} from uploads where subaccount_id = $1 and id = $2");
    let row: Option<UploadRow> = tx.query(&sql).bind(subaccount.as_str()).bind(id.as_str()).fetch_optional().await?;
    row.ok_or(Error::NotFound("upload"))?.upload(cipher)
}

/// As [`get`], and the row stays as read until the transaction ends.
pub(super) async fn lock(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId, id: &UploadId) -> Result<Upload> {
    let sql = format!("select {COLUMNS} from uploads where subaccount_id = $1 and id = $2 {}", tx.for_update());
    let row: Option<UploadRow> = tx.query(&sql).bind(subaccount.as_str()).bind(id.as_str()).fetch_optional().await?;
    row.ok_or(Error::NotFound("upload"))?.upload(cipher)
}

/// An upload as it is stored. A step.
pub async fn stored(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId, id: &UploadId) -> Result<Upload> {
    get(tx, cipher, subaccount, id).await
}

/// Uploads that hold a template's version and were not sent yet, newest first. A step.
pub async fn open_with_template(
    tx: &mut Tx,
    cipher: &TenantCipher,
    subaccount: &SubaccountId,
    template: &TemplateId,
    limit: i64,
) -> Result<Vec<Upload>> {
    let sql = format!(
        "select {COLUMNS} from uploads where subaccount_id = $1 and template_id = $2 and status in ('received', 'checking', 'checked') \
         order by id desc limit $3"
    );
    let rows: Vec<UploadRow> = tx.query(&sql).bind(subaccount.as_str()).bind(template.as_str()).bind(limit).fetch_all().await?;
    rows.into_iter().map(|row| row.upload(cipher)).collect()
}

/// Newest first.
pub(super) async fn list(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId, page: &PageRequest) -> Result<Page<Upload>> {
    let sql =
        format!("select {COLUMNS} from uploads where subaccount_id = $1 and id < $2 and status <> 'receiving' order by id desc limit $3");
    let rows: Vec<UploadRow> = tx
        .query(&sql)
        .bind(subaccount.as_str())
        .bind(page.cursor.as_deref().unwrap_or(AFTER_ALL))
        .bind(page.rows_to_fetch())
        .fetch_all()
        .await?;
    let uploads = rows.into_iter().map(|row| row.upload(cipher)).collect::<Result<Vec<_>>>()?;
    Ok(page.page(uploads, |upload| upload.id.as_str().to_owned()))
}

/// What is to be sent, as stored.
pub(super) struct MessageColumns<'a> {
    pub template: Option<(&'a TemplateId, i64)>,
    /// The sealed text.
    pub body: Option<Vec<u8>>,
    pub category: Category,
    pub language: Option<&'a Language>,
}

/// Writes the message; verdicts of an earlier check no longer count.
pub(super) async fn set_message(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    id: &UploadId,
    message: MessageColumns<'_>,
    now: Millis,
) -> Result<()> {
    tx.query(
        "update uploads set template_id = $1, template_version = $2, body = $3, category = $4, language = $5, status = 'received', \
         mapping = null, summary = null, problem = null, checked = 0, updated_at = $6 where subaccount_id = $7 and id = $8",
    )
    .bind(message.template.map(|(template, _)| template.as_str()))
    .bind(message.template.map(|(_, version)| version))
    .bind(message.body)
    .bind(message.category.as_str())
    .bind(message.language.map(Language::as_str))
    .bind(now)
    .bind(subaccount.as_str())
    .bind(id.as_str())
    .execute()
    .await?;
    Ok(())
}

/// Writes the mapping; verdicts of an earlier check no longer count.
pub(super) async fn set_mapping(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId, mapping: &StoredMapping, now: Millis) -> Result<()> {
    tx.query(
        "update uploads set mapping = $1, status = 'received', summary = null, problem = null, checked = 0, updated_at = $2 \
         where subaccount_id = $3 and id = $4",
    )
    .bind(mapping.to_json())
    .bind(now)
    .bind(subaccount.as_str())
    .bind(id.as_str())
    .execute()
    .await?;
    Ok(())
}

/// The mapping of the latest other upload with the same columns, for the same template if one is given.
pub(super) async fn last_mapping(tx: &mut Tx, subaccount: &SubaccountId, upload: &Upload) -> Result<Option<StoredMapping>> {
    let found: Option<(String,)> = tx
        .query(
            "select mapping from uploads where subaccount_id = $1 and mapping is not null and id <> $2 \
             and header_key = (select header_key from uploads where subaccount_id = $3 and id = $4) \
             and coalesce(template_id, '') = $5 order by id desc limit 1",
        )
        .bind(subaccount.as_str())
        .bind(upload.id.as_str())
        .bind(subaccount.as_str())
        .bind(upload.id.as_str())
        .bind(upload.template.as_ref().map_or("", |(id, _)| id.as_str()))
        .fetch_optional()
        .await?;
    found.map(|(json,)| StoredMapping::parse(&json)).transpose().map_err(Error::internal)
}

/// Begins a check.
pub(super) async fn begin_check(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId, now: Millis) -> Result<()> {
    tx.query(
        "update uploads set status = 'checking', checked = 0, problem = null, summary = null, updated_at = $1 \
         where subaccount_id = $2 and id = $3",
    )
    .bind(now)
    .bind(subaccount.as_str())
    .bind(id.as_str())
    .execute()
    .await?;
    Ok(())
}

/// Notes how far a check is; false when another node has taken the check over (`seen` is when we wrote last).
pub(super) async fn progress(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    id: &UploadId,
    checked: u64,
    seen: Millis,
    now: Millis,
) -> Result<bool> {
    let touched = tx
        .query(
            "update uploads set checked = $1, updated_at = $2 \
             where subaccount_id = $3 and id = $4 and status = 'checking' and updated_at = $5",
        )
        .bind(checked.cast_signed())
        .bind(now)
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .bind(seen)
        .execute()
        .await?;
    Ok(touched == 1)
}

/// Ends a check.
pub(super) async fn checked(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    id: &UploadId,
    counts: &Counts,
    summary: &Summary,
    now: Millis,
) -> Result<()> {
    tx.query(
        "update uploads set status = 'checked', to_send = $1, rejected = $2, repeated = $3, opted_out = $4, checked = $5, summary = $6, \
         updated_at = $7 where subaccount_id = $8 and id = $9",
    )
    .bind(counts.to_send.cast_signed())
    .bind(counts.rejected.cast_signed())
    .bind(counts.repeated.cast_signed())
    .bind(counts.opted_out.cast_signed())
    .bind(counts.rows.cast_signed())
    .bind(serde_json::to_string(summary).map_err(Error::internal)?)
    .bind(now)
    .bind(subaccount.as_str())
    .bind(id.as_str())
    .execute()
    .await?;
    Ok(())
}

/// A check that could not be done goes back to before it, with the reason.
pub(super) async fn check_failed(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId, problem: &str, now: Millis) -> Result<()> {
    tx.query("update uploads set status = 'received', problem = $1, updated_at = $2 where subaccount_id = $3 and id = $4 and status = 'checking'")
        .bind(problem)
        .bind(now)
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .execute()
        .await?;
    Ok(())
}

/// Marks a checked upload as a campaign's.
pub async fn mark_used(tx: &mut Tx, subaccount: &SubaccountId, id: &UploadId, now: Millis) -> Result<()> {
    tx.query("update uploads set status = 'used', updated_at = $1 where subaccount_id = $2 and id = $3")
        .bind(now)
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .execute()
        .await?;
    Ok(())
}

/// Uploads of every tenant that nobody has worked on since `before`, of one status.
pub(super) async fn abandoned(tx: &mut Tx, status: UploadStatus, before: Millis) -> Result<Vec<(SubaccountId, UploadId, Millis)>> {
    let rows: Vec<(String, String, Millis)> = tx
        .query("select subaccount_id, id, updated_at from uploads where status = $1 and updated_at < $2 limit 20")
        .bind(status.as_str())
        .bind(before)
        .fetch_all()
        .await?;
    Ok(rows.into_iter().map(|(sub, id, at)| (SubaccountId::stored(sub), UploadId::stored(id), at)).collect())
}

/// Forgets an upload with its rows, some blocks at a time, so that the writer is never held for long.
pub(super) async fn remove(app: &App, subaccount: &SubaccountId, id: &UploadId) -> Result<()> {
    const PARTS: [(&str, &str, i64); 3] =
        [("upload_chunks", "chunk", 32), ("upload_verdicts", "chunk", 256), ("upload_errors", "row_number", 5_000)];
    for (table, key, most) in PARTS {
        let sql = format!(
            "delete from {table} where subaccount_id = $1 and upload_id = $2 and {key} in \
             (select {key} from {table} where subaccount_id = $3 and upload_id = $4 limit {most})"
        );
        loop {
            let mut tx = app.db.write().await?;
            let gone =
                tx.query(&sql).bind(subaccount.as_str()).bind(id.as_str()).bind(subaccount.as_str()).bind(id.as_str()).execute().await?;
            tx.commit().await?;
            if gone < most.unsigned_abs() {
                break;
            }
        }
    }
    let mut tx = app.db.write().await?;
    tx.query("delete from uploads where subaccount_id = $1 and id = $2").bind(subaccount.as_str()).bind(id.as_str()).execute().await?;
    tx.commit().await?;
    Ok(())
}
