//! Two states of a template side by side.

use std::collections::BTreeSet;

use serde::Serialize;

use super::diff::{Piece, diff};
use super::store;
use super::view::{Said, TemplateView};
use crate::access::{Actor, Permission};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::error::{Error, Result};
use crate::kernel::language::Language;

/// The draft, where a version could stand.
const DRAFT: &str = "draft";

/// The text of one language in both states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = TemplateDiff)]
pub struct Compared {
    /// The language.
    #[schema(value_type = String)]
    pub language: Language,
    /// The variant, unless it is the template's own text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The words of both texts in reading order.
    pub pieces: Vec<Piece>,
}

/// Two states of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = TemplateComparison)]
pub struct Comparison {
    /// The older state: a version's number, or `draft`.
    pub from: String,
    /// The newer state.
    pub to: String,
    /// Each language whose text differs, of the template and of its variants.
    pub texts: Vec<Compared>,
}

/// Compares two states, each a version's number or `draft`. Without `to` it is the draft, or the live version of a template
/// that has none; without `from` the version before that. Needs [`Permission::View`].
pub async fn compare(app: &App, actor: &Actor, id_or_code: &str, from: Option<&str>, to: Option<&str>) -> Result<Comparison> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    let template = store::get(&mut tx, &actor.subaccount, id_or_code).await?;
    let newest = if template.has_draft { DRAFT.to_owned() } else { template.version.to_string() };
    let to = to.map_or(newest, str::to_owned);
    let before = to.parse::<i64>().map_or(template.version, |version| version - 1);
    let from = from.map_or_else(|| before.to_string(), str::to_owned);
    let (old, new) = (state(&mut tx, actor, &template, "from", &from).await?, state(&mut tx, actor, &template, "to", &to).await?);
    let places: BTreeSet<&(String, Language)> = old.keys().chain(new.keys()).collect();
    let text = |said: &Said, place: &(String, Language)| said.get(place).cloned().unwrap_or_default();
    let texts = places.into_iter().filter_map(|place| {
        let (before, after) = (text(&old, place), text(&new, place));
        let variant = Some(place.0.clone()).filter(|key| !key.is_empty());
        (before != after).then(|| Compared { language: place.1.clone(), variant, pieces: diff(&before, &after) })
    });
    Ok(Comparison { texts: texts.collect(), from, to })
}

/// Before the first version there was no text.
async fn state(tx: &mut Tx, actor: &Actor, template: &TemplateView, field: &str, which: &str) -> Result<Said> {
    if which == DRAFT {
        return Ok(template.said());
    }
    if which == "0" {
        return Ok(Said::new());
    }
    let refuse = || Error::invalid(field, "unknown", format!("Write “{DRAFT}” or a version from 1 to {}.", template.version));
    let number = which.parse().map_err(|_| refuse())?;
    let version = store::version(tx, &actor.subaccount, &template.id, number).await?;
    Ok(version.ok_or_else(refuse)?.said())
}
