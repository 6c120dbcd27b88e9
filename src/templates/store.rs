//! The SQL of templates and their versions.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::placeholder::Placeholder;
use super::review::{Approval, ReviewStatus};
use super::variants;
use super::view::{Dlt, TemplateFilter, TemplateStatus, TemplateView, Texts, VersionView};
use super::wording::Wording;
use crate::db::{Kind, Tx};
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{SubaccountId, TemplateId};
use crate::kernel::language::Language;

/// What `published` needs before it looks into the cache; the last two are of the wanted version.
#[derive(sqlx::FromRow)]
pub(super) struct Head {
    pub id: String,
    pub code: String,
    pub name: String,
    pub category: String,
    pub archived_at: Option<Millis>,
    pub dlt: Option<String>,
    pub version: Option<i64>,
    pub published_at: Option<Millis>,
}

pub(super) async fn head(tx: &mut Tx, sub: &SubaccountId, id_or_code: &str, version: Option<i64>) -> Result<Option<Head>> {
    let sql = format!(
        "select t.id, t.code, t.name, t.category, t.archived_at, t.dlt, v.version, v.published_at
         from templates t
         left join template_versions v
           on v.template_id = t.id and v.subaccount_id = t.subaccount_id and v.version = coalesce($3, t.version)
         where t.subaccount_id = $1 and t.{} = $2",
        key_column(id_or_code)
    );
    Ok(tx.query(&sql).bind(sub.as_str()).bind(id_or_code).bind(version).fetch_optional().await?)
}

/// What these are called, by id.
pub(super) async fn names(tx: &mut Tx, sub: &SubaccountId, ids: &[&str]) -> Result<HashMap<String, String>> {
    let mut found = HashMap::new();
    for part in ids.chunks(500) {
        let list = tx.values(2, part.len(), &[Kind::Text]);
        let sql = format!("select id, name from templates where subaccount_id = $1 and id in (values {list})");
        let mut query = tx.query(&sql).bind(sub.as_str());
        for id in part {
            query = query.bind(*id);
        }
        found.extend(query.fetch_all::<(String, String)>().await?);
    }
    Ok(found)
}

/// A code never looks like an id (see `code.rs`), so one look-up by an indexed column is enough.
fn key_column(id_or_code: &str) -> &'static str {
    if TemplateId::parse(id_or_code).is_some() { "id" } else { "code" }
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    version: i64,
    texts: String,
    variants: String,
    placeholders: String,
    note: Option<String>,
    published_by: String,
    published_at: Millis,
    approved_by: Option<String>,
    approved_at: Option<Millis>,
    approval_note: Option<String>,
}

impl VersionRow {
    fn read(self) -> Result<VersionView> {
        let approval = self.approved_by.zip(self.approved_at).map(|(by, at)| Approval { by, at, note: self.approval_note });
        Ok(VersionView {
            approval,
            version: self.version,
            texts: texts(&self.texts)?,
            variants: variants::stored(&self.variants)?,
            placeholders: placeholders(&self.placeholders)?,
            note: self.note,
            by: self.published_by,
            published_at: self.published_at,
        })
    }
}

pub(super) async fn version(tx: &mut Tx, sub: &SubaccountId, id: &TemplateId, version: i64) -> Result<Option<VersionView>> {
    let row: Option<VersionRow> = tx
        .query(
            "select version, texts, variants, placeholders, note, published_by, published_at, approved_by, approved_at, approval_note
             from template_versions where subaccount_id = $1 and template_id = $2 and version = $3",
        )
        .bind(sub.as_str())
        .bind(id.as_str())
        .bind(version)
        .fetch_optional()
        .await?;
    row.map(VersionRow::read).transpose()
}

pub(super) async fn versions(tx: &mut Tx, sub: &SubaccountId, id: &TemplateId, before: i64, limit: i64) -> Result<Vec<VersionView>> {
    let rows: Vec<VersionRow> = tx
        .query(
            "select version, texts, variants, placeholders, note, published_by, published_at, approved_by, approved_at, approval_note
             from template_versions where subaccount_id = $1 and template_id = $2 and version < $3
             order by version desc limit $4",
        )
        .bind(sub.as_str())
        .bind(id.as_str())
        .bind(before)
        .bind(limit)
        .fetch_all()
        .await?;
    rows.into_iter().map(VersionRow::read).collect()
}

pub(super) async fn insert_version(tx: &mut Tx, sub: &SubaccountId, id: &TemplateId, version: &VersionView) -> Result<()> {
    tx.query(
        "insert into template_versions
             (subaccount_id, template_id, version, texts, placeholders, note, published_by, published_at,
              approved_by, approved_at, approval_note, variants)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)",
    )
    .bind(sub.as_str())
    .bind(id.as_str())
    .bind(version.version)
    .bind(json(&version.texts)?)
    .bind(json(&version.placeholders)?)
    .bind(version.note.as_deref())
    .bind(version.by.as_str())
    .bind(version.published_at)
    .bind(version.approval.as_ref().map(|a| a.by.as_str()))
    .bind(version.approval.as_ref().map(|a| a.at))
    .bind(version.approval.as_ref().and_then(|a| a.note.as_deref()))
    .bind(json(&version.variants)?)
    .execute()
    .await?;
    Ok(())
}

/// The stored registry entry.
pub(super) fn dlt(json: Option<&str>) -> Result<Option<Dlt>> {
    json.map(serde_json::from_str).transpose().map_err(Error::internal)
}

const COLUMNS: &str = "id, code, name, category, description, texts, placeholders, dlt, has_draft, version,
    archived_at, created_at, updated_at, updated_by, review_status, review, writers, variants";

#[derive(sqlx::FromRow)]
struct TemplateRow {
    id: String,
    code: String,
    name: String,
    category: String,
    description: Option<String>,
    texts: String,
    placeholders: String,
    dlt: Option<String>,
    has_draft: bool,
    version: i64,
    archived_at: Option<Millis>,
    created_at: Millis,
    updated_at: Millis,
    updated_by: String,
    review: Option<String>,
    writers: String,
    variants: String,
}

impl TemplateRow {
    fn read(self) -> Result<TemplateView> {
        let texts = texts(&self.texts)?;
        let variants = variants::stored(&self.variants)?;
        let wording = Wording::with_variants(&texts, &variants, placeholders(&self.placeholders)?)?;
        let dlt = dlt(self.dlt.as_deref())?;
        Ok(TemplateView {
            id: TemplateId::stored(self.id),
            code: self.code,
            name: self.name,
            category: category(&self.category)?,
            description: self.description,
            texts,
            variants,
            placeholders: wording.placeholders().to_vec(),
            status: TemplateStatus::of(self.archived_at, self.version),
            version: self.version,
            has_draft: self.has_draft,
            review: self.review.as_deref().map(serde_json::from_str).transpose().map_err(Error::internal)?,
            writers: serde_json::from_str(&self.writers).map_err(Error::internal)?,
            dlt,
            warnings: wording.warnings(),
            archived_at: self.archived_at,
            created_at: self.created_at,
            updated_at: self.updated_at,
            updated_by: self.updated_by,
        })
    }
}

pub(super) async fn get(tx: &mut Tx, sub: &SubaccountId, id_or_code: &str) -> Result<TemplateView> {
    one(tx, sub, id_or_code, "").await
}

/// As [`get`]; nobody else may change the row until the commit.
pub(super) async fn lock(tx: &mut Tx, sub: &SubaccountId, id_or_code: &str) -> Result<TemplateView> {
    let lock = tx.for_update();
    one(tx, sub, id_or_code, lock).await
}

async fn one(tx: &mut Tx, sub: &SubaccountId, id_or_code: &str, lock: &str) -> Result<TemplateView> {
    let key = key_column(id_or_code);
    let sql = format!("select {COLUMNS} from templates where subaccount_id = $1 and {key} = $2 {lock}");
    let row: Option<TemplateRow> = tx.query(&sql).bind(sub.as_str()).bind(id_or_code).fetch_optional().await?;
    row.ok_or(Error::NotFound("template"))?.read()
}

pub(super) async fn is_taken(tx: &mut Tx, sub: &SubaccountId, code: &str) -> Result<bool> {
    let sql = "select count(*) from templates where subaccount_id = $1 and code = $2";
    let (count,): (i64,) = tx.query(sql).bind(sub.as_str()).bind(code).fetch_one().await?;
    Ok(count > 0)
}

/// Those of at most 500 codes that a template has, archived ones too.
pub(super) async fn taken(tx: &mut Tx, sub: &SubaccountId, codes: &[&str]) -> Result<HashSet<String>> {
    let list = tx.values(2, codes.len(), &[Kind::Text]);
    let sql = format!("select code from templates where subaccount_id = $1 and code in (values {list})");
    let mut query = tx.query(&sql).bind(sub.as_str());
    for code in codes {
        query = query.bind(*code);
    }
    Ok(query.fetch_all::<(String,)>().await?.into_iter().map(|(code,)| code).collect())
}

/// Newest first, older than the id `before` when there is one.
pub(super) async fn list(
    tx: &mut Tx,
    sub: &SubaccountId,
    filter: &TemplateFilter,
    before: Option<&str>,
    limit: i64,
) -> Result<Vec<TemplateView>> {
    let sql = format!(
        "select {COLUMNS} from templates
         where subaccount_id = $1
           and ($2 = '' or id < $2)
           and ($3 = '' or category = $3)
           and case $4
               when 'archived' then archived_at is not null
               when 'published' then archived_at is null and version > 0
               when 'draft' then archived_at is null and version = 0
               else archived_at is null end
           and ($7 = '' or review_status = $7)
           and ($5 = '' or lower(name) like $5 escape '!' or code like $5 escape '!' or lower(description) like $5 escape '!')
         order by id desc limit $6"
    );
    let search = filter.search.as_deref().map(str::trim).filter(|s| !s.is_empty());
    let rows: Vec<TemplateRow> = tx
        .query(&sql)
        .bind(sub.as_str())
        .bind(before.unwrap_or(""))
        .bind(filter.category.map_or("", Category::as_str))
        .bind(filter.status.map_or("", TemplateStatus::as_str))
        .bind(search.map(containing).unwrap_or_default())
        .bind(limit)
        .bind(filter.review.map_or("", ReviewStatus::as_str))
        .fetch_all()
        .await?;
    rows.into_iter().map(TemplateRow::read).collect()
}

/// A pattern for `like … escape '!'` that finds the words anywhere.
fn containing(words: &str) -> String {
    let mut pattern = String::from("%");
    for c in words.to_lowercase().chars().filter(|c| *c != '\0') {
        if matches!(c, '%' | '_' | '!') {
            pattern.push('!');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

pub(super) async fn insert(tx: &mut Tx, sub: &SubaccountId, template: &TemplateView) -> Result<()> {
    let sql = format!(
        "insert into templates (subaccount_id, {COLUMNS})
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)"
    );
    tx.query(&sql)
        .bind(sub.as_str())
        .bind(template.id.as_str())
        .bind(template.code.as_str())
        .bind(template.name.as_str())
        .bind(template.category.as_str())
        .bind(template.description.as_deref())
        .bind(json(&template.texts)?)
        .bind(json(&template.placeholders)?)
        .bind(template.dlt.as_ref().map(json).transpose()?)
        .bind(template.has_draft)
        .bind(template.version)
        .bind(template.archived_at)
        .bind(template.created_at)
        .bind(template.updated_at)
        .bind(template.updated_by.as_str())
        .bind(template.review.as_ref().map(|r| r.status.as_str()))
        .bind(template.review.as_ref().map(json).transpose()?)
        .bind(json(&template.writers)?)
        .bind(json(&template.variants)?)
        .execute()
        .await?;
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, sub: &SubaccountId, template: &TemplateView) -> Result<()> {
    tx.query(
        "update templates set code = $3, name = $4, category = $5, description = $6, texts = $7, placeholders = $8, dlt = $9,
             has_draft = $10, version = $11, archived_at = $12, updated_at = $13, updated_by = $14,
             review_status = $15, review = $16, writers = $17, variants = $18
         where subaccount_id = $1 and id = $2",
    )
    .bind(sub.as_str())
    .bind(template.id.as_str())
    .bind(template.code.as_str())
    .bind(template.name.as_str())
    .bind(template.category.as_str())
    .bind(template.description.as_deref())
    .bind(json(&template.texts)?)
    .bind(json(&template.placeholders)?)
    .bind(template.dlt.as_ref().map(json).transpose()?)
    .bind(template.has_draft)
    .bind(template.version)
    .bind(template.archived_at)
    .bind(template.updated_at)
    .bind(template.updated_by.as_str())
    .bind(template.review.as_ref().map(|r| r.status.as_str()))
    .bind(template.review.as_ref().map(json).transpose()?)
    .bind(json(&template.writers)?)
    .bind(json(&template.variants)?)
    .execute()
    .await?;
    Ok(())
}

/// Reads a stored category.
pub(super) fn category(text: &str) -> Result<Category> {
    Category::parse(text).ok_or_else(|| Error::internal(format!("a stored template has the category {text:?}")))
}

fn texts(json: &str) -> Result<Texts> {
    let map: BTreeMap<String, String> = serde_json::from_str(json).map_err(Error::internal)?;
    Ok(map.into_iter().map(|(tag, text)| (Language::stored(tag), text)).collect())
}

fn placeholders(json: &str) -> Result<Vec<Placeholder>> {
    serde_json::from_str(json).map_err(Error::internal)
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(Error::internal)
}
