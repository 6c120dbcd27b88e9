//! The pace of one campaign: the most of its messages that leave in a minute.

use super::control::announce;
use super::{Campaign, store};
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::CampaignId;

/// Refuses a pace, in messages a minute, that lets nothing through.
///
/// # Errors
/// [`Error::Invalid`] for 0, under `pace`.
pub(super) fn check(pace: Option<u32>) -> Result<()> {
    if pace == Some(0) {
        return Err(Error::invalid("pace", "too_small", "A pace is at least 1 message a minute. To stop a campaign, pause it."));
    }
    Ok(())
}

/// Gives a campaign another pace, in messages a minute; `None` is as fast as the connections allow. A slower one holds at
/// once; a faster one too for what is not in line yet, and within ten minutes for the few messages that are.
///
/// # Errors
/// [`Error::Invalid`] for 0; [`Error::Conflict`] when it has ended.
pub async fn set_pace(app: &App, actor: &Actor, id: &CampaignId, pace: Option<u32>) -> Result<Campaign> {
    actor.require(Permission::Send)?;
    check(pace)?;
    let mut tx = app.db.write().await?;
    let campaign = store::lock(&mut tx, &actor.subaccount, id).await?;
    if campaign.pace == pace {
        return Ok(campaign);
    }
    if !campaign.can_change_pace() {
        let status = campaign.status.label().to_lowercase();
        return Err(Error::conflict(format!("This campaign is {status}, so its pace changes nothing.")));
    }
    store::set_pace(&mut tx, &actor.subaccount, id, pace).await?;
    let detail = serde_json::json!({ "from": campaign.pace, "to": pace });
    access::audit(&mut tx, actor, "campaign.pace", id.as_str(), &detail, app.clock.now()).await?;
    tx.commit().await?;
    let campaign = Campaign { pace, ..campaign };
    announce(app, &campaign);
    app.wake.notify_one();
    Ok(campaign)
}
