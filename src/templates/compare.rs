//! Two states of a template side by side.

use serde::Serialize;

use super::said::{Compared, Said};
use super::store;
use super::view::TemplateView;
use crate::access::{Actor, Permission};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::error::{Error, Result};

/// The draft, where a version could stand.
const DRAFT: &str = "draft";

/// Two states of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = TemplateComparison)]
pub struct Comparison {
    /// The older state: a version's number, or `draft`.
    pub from: String,
    /// The newer state.
    pub to: String,
    /// What differs.
    #[serde(flatten)]
    pub changes: Compared,
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
    drop(tx);
    Ok(Comparison { from, to, changes: Compared::of(&old, &new) })
}

/// Before the first version there was no text.
async fn state(tx: &mut Tx, actor: &Actor, template: &TemplateView, field: &str, which: &str) -> Result<Said> {
    if which == DRAFT {
        return Ok(template.said());
    }
    if which == "0" {
        return Ok(Said::default());
    }
    let refuse = || Error::invalid(field, "unknown", format!("Write “{DRAFT}” or a version from 1 to {}.", template.version));
    let number = which.parse().map_err(|_| refuse())?;
    let version = store::version(tx, &actor.subaccount, &template.id, number).await?;
    Ok(version.ok_or_else(refuse)?.said())
}
