//! Two states of a template side by side.

use std::collections::BTreeSet;

use serde::Serialize;

use super::diff::{Piece, diff};
use super::store;
use super::view::{TemplateView, Texts};
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
    /// Each language whose text differs.
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
    let languages: BTreeSet<&Language> = old.keys().chain(new.keys()).collect();
    let text = |texts: &Texts, language: &Language| texts.get(language).cloned().unwrap_or_default();
    let texts = languages.into_iter().filter_map(|language| {
        let (before, after) = (text(&old, language), text(&new, language));
        (before != after).then(|| Compared { language: language.clone(), pieces: diff(&before, &after) })
    });
    Ok(Comparison { texts: texts.collect(), from, to })
}

/// Before the first version there was no text.
async fn state(tx: &mut Tx, actor: &Actor, template: &TemplateView, field: &str, which: &str) -> Result<Texts> {
    if which == DRAFT {
        return Ok(template.texts.clone());
    }
    if which == "0" {
        return Ok(Texts::new());
    }
    let refuse = || Error::invalid(field, "unknown", format!("Write “{DRAFT}” or a version from 1 to {}.", template.version));
    let number = which.parse().map_err(|_| refuse())?;
    let version = store::version(tx, &actor.subaccount, &template.id, number).await?;
    Ok(version.ok_or_else(refuse)?.texts)
}
