//! Why messages of a campaign did not arrive, added up.

use super::status::Status;
use super::{store, view};
use crate::access::{Actor, Permission};
use crate::app::App;
use crate::kernel::error::Result;
use crate::kernel::id::CampaignId;

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
    let reason = |(status, code, detail, retryable, messages): store::FailureRow| {
        let words = detail.unwrap_or_else(|| view::words(code.as_deref()).to_owned());
        Some(Failures { status: Status::parse(&status)?, code, words, retryable, messages: messages.unsigned_abs() })
    };
    Ok(rows.into_iter().filter_map(reason).collect())
}
