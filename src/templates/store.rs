//! The SQL of templates and their versions.

use super::placeholder::Placeholder;
use super::view::{Texts, VersionView};
use crate::db::Tx;
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
    pub version: Option<i64>,
    pub published_at: Option<Millis>,
}

pub(super) async fn head(tx: &mut Tx, sub: &SubaccountId, id_or_code: &str, version: Option<i64>) -> Result<Option<Head>> {
    let sql = format!(
        "select t.id, t.code, t.name, t.category, t.archived_at, v.version, v.published_at
         from templates t
         left join template_versions v
           on v.template_id = t.id and v.subaccount_id = t.subaccount_id and v.version = coalesce($3, t.version)
         where t.subaccount_id = $1 and t.{} = $2",
        key_column(id_or_code)
    );
    Ok(tx.query(&sql).bind(sub.as_str()).bind(id_or_code).bind(version).fetch_optional().await?)
}

/// A code never looks like an id (see `code.rs`), so one look-up by an indexed column is enough.
fn key_column(id_or_code: &str) -> &'static str {
    if TemplateId::parse(id_or_code).is_some() { "id" } else { "code" }
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    version: i64,
    texts: String,
    placeholders: String,
    note: Option<String>,
    published_by: String,
    published_at: Millis,
}

impl VersionRow {
    fn read(self) -> Result<VersionView> {
        Ok(VersionView {
            version: self.version,
            texts: texts(&self.texts)?,
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
            "select version, texts, placeholders, note, published_by, published_at
             from template_versions where subaccount_id = $1 and template_id = $2 and version = $3",
        )
        .bind(sub.as_str())
        .bind(id.as_str())
        .bind(version)
        .fetch_optional()
        .await?;
    row.map(VersionRow::read).transpose()
}

/// Reads a stored category.
pub(super) fn category(text: &str) -> Result<Category> {
    Category::parse(text).ok_or_else(|| Error::internal(format!("a stored template has the category {text:?}")))
}

fn texts(json: &str) -> Result<Texts> {
    let map: std::collections::BTreeMap<String, String> = serde_json::from_str(json).map_err(Error::internal)?;
    Ok(map.into_iter().map(|(tag, text)| (Language::stored(tag), text)).collect())
}

fn placeholders(json: &str) -> Result<Vec<Placeholder>> {
    serde_json::from_str(json).map_err(Error::internal)
}
