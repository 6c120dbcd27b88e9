//! What the dispatcher does for campaigns now and then. Steps: the caller commits, and announces what they give.

use std::collections::HashMap;

use super::{CampaignStatus, store};
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{CampaignId, SubaccountId};
use crate::messages::{self, Announcements};

/// Starts scheduled campaigns whose time has come; gives them.
pub async fn start_due(tx: &mut Tx, now: Millis) -> Result<Vec<(SubaccountId, CampaignId)>> {
    store::start_due(tx, now).await
}

/// Ends campaigns whose messages are all final; gives them.
pub async fn finish_done(tx: &mut Tx, now: Millis) -> Result<Vec<(SubaccountId, CampaignId)>> {
    store::finish_done(tx, now).await
}

/// Cancels up to `limit` waiting messages of one cancelled campaign; `None` when no campaign has any. A
/// message that is just being worked on is cancelled once it is let go.
pub async fn sweep_cancelled(tx: &mut Tx, limit: usize, now: Millis) -> Result<Option<Announcements>> {
    let Some((subaccount, id)) = store::unswept(tx).await? else { return Ok(None) };
    let (cancelled, announcements) = messages::cancel_queued(tx, &subaccount, &id, limit, now).await?;
    let campaign = store::get(tx, &subaccount, &id).await?;
    // Rows that are not messages yet become messages first, so that each has its history, and are swept then.
    if campaign.expanded && campaign.counts.waiting() == 0 {
        store::swept(tx, &subaccount, &id).await?;
    }
    Ok((cancelled > 0).then_some(announcements))
}

/// Campaigns whose messages may leave now, in the order of their making.
pub async fn running(tx: &mut Tx) -> Result<Vec<CampaignId>> {
    store::running(tx).await
}

/// Where a campaign stands and how fast it may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    /// Where it stands.
    pub status: CampaignStatus,
    /// The most of its messages that leave in a minute.
    pub pace: Option<u32>,
}

/// Where campaigns stand, held so until the transaction ends: whoever pauses one waits for it, so that no
/// intent is committed after a pause.
pub async fn hold(tx: &mut Tx, ids: &[CampaignId]) -> Result<HashMap<CampaignId, Held>> {
    store::hold(tx, ids).await
}
