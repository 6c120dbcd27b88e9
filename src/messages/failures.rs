//! Why messages did not arrive, added up.

use super::list::{Asked, Filter};
use super::status::Status;
use super::{store, view};
use crate::access::{Actor, Permission};
use crate::app::App;
use crate::kernel::error::Result;
use crate::kernel::id::CampaignId;

/// The most reasons that [`failed_reasons`] tells apart.
pub const MOST_REASONS: usize = 200;

/// Messages that ended, or are stuck, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failures {
    /// How they ended: failed, expired, not sent, or of unknown outcome.
    pub status: Status,
    /// The provider's code or our word, if one was noted.
    pub code: Option<String>,
    /// What it means.
    pub words: String,
    /// Whether trying again may help.
    pub retryable: bool,
    /// How many.
    pub messages: u64,
}

/// The reasons for which messages of a campaign did not arrive, the most frequent first, twenty at most.
pub async fn failures(app: &App, actor: &Actor, campaign: &CampaignId) -> Result<Vec<Failures>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    let rows = store::failures(&mut tx, &actor.subaccount, campaign).await?;
    Ok(rows.into_iter().filter_map(reason).collect())
}

/// The reasons for which the messages that a filter finds failed, the most frequent first, at most [`MOST_REASONS`].
pub async fn failed_reasons(app: &App, actor: &Actor, filter: &Filter) -> Result<Vec<Failures>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    let asked = Asked::find(&mut tx, app, &actor.subaccount, filter).await?;
    if matches!(asked, Asked::Nobody) {
        return Ok(Vec::new());
    }
    let rows = store::failed_reasons(&mut tx, &actor.subaccount, filter, asked.contact(), MOST_REASONS).await?;
    Ok(rows.into_iter().filter_map(reason).collect())
}

fn reason((status, code, detail, retryable, messages): store::FailureRow) -> Option<Failures> {
    let status = Status::parse(&status)?;
    let words = detail.unwrap_or_else(|| view::words(code.as_deref()).to_owned());
    // The mark of an earlier failure may still stand at a message that ended otherwise.
    Some(Failures { status, code, words, retryable: retryable && status == Status::Failed, messages: messages.unsigned_abs() })
}
