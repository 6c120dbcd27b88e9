//! Looking at campaigns, and stopping and starting them.

use std::collections::HashMap;

use super::{Campaign, CampaignStatus, store};
use crate::access::{self, Actor, Permission};
use crate::app::{App, Change};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{AudienceId, CampaignId, UploadId};
use crate::kernel::page::{Page, PageRequest};

/// One campaign with its counts.
pub async fn get(app: &App, actor: &Actor, id: &CampaignId) -> Result<Campaign> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    store::get(&mut tx, &actor.subaccount, id).await
}

/// The campaign that was made of an upload, if any.
pub async fn of_upload(app: &App, actor: &Actor, upload: &UploadId) -> Result<Option<Campaign>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    match store::of_upload(&mut tx, &actor.subaccount, upload).await? {
        Some(id) => store::get(&mut tx, &actor.subaccount, &id).await.map(Some),
        None => Ok(None),
    }
}

/// The latest campaigns whose people come from an audience, at most 50.
pub async fn of_audience(app: &App, actor: &Actor, audience: &AudienceId) -> Result<Vec<Campaign>> {
    const MOST: i64 = 50;
    actor.require(Permission::View)?;
    store::of_audience(&mut app.db.read().await?, &actor.subaccount, audience, MOST).await
}

/// The subaccount's campaigns, newest first, of one status or all.
pub async fn list(app: &App, actor: &Actor, status: Option<CampaignStatus>, page: &PageRequest) -> Result<Page<Campaign>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    store::list(&mut tx, &actor.subaccount, status, page).await
}

/// What these campaigns are called, by id; unknown ids are left out.
pub async fn names(app: &App, actor: &Actor, ids: &[&str]) -> Result<HashMap<String, String>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    store::names(&mut tx, &actor.subaccount, ids).await
}

/// How many campaigns are in each status, in the order of a campaign's life.
pub async fn status_counts(app: &App, actor: &Actor) -> Result<Vec<(CampaignStatus, u64)>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    let rows = store::status_counts(&mut tx, &actor.subaccount).await?;
    let count = |status: CampaignStatus| rows.iter().find(|(word, _)| word == status.as_str()).map_or(0, |(_, n)| n.unsigned_abs());
    Ok(CampaignStatus::ALL.into_iter().map(|status| (status, count(status))).collect())
}

/// Stops sending for now. What a provider was asked to send cannot be called back.
///
/// # Errors
/// [`Error::Conflict`] unless it is sending.
pub async fn pause(app: &App, actor: &Actor, id: &CampaignId) -> Result<Campaign> {
    change(app, actor, id, CampaignStatus::Paused).await
}

/// Goes on sending.
///
/// # Errors
/// [`Error::Conflict`] unless it is paused.
pub async fn resume(app: &App, actor: &Actor, id: &CampaignId) -> Result<Campaign> {
    change(app, actor, id, CampaignStatus::Sending).await
}

/// Stops it for good. Messages that wait become cancelled, some thousand at a time.
///
/// # Errors
/// [`Error::Conflict`] unless it is scheduled, sending or paused.
pub async fn cancel(app: &App, actor: &Actor, id: &CampaignId) -> Result<Campaign> {
    change(app, actor, id, CampaignStatus::Cancelled).await
}

async fn change(app: &App, actor: &Actor, id: &CampaignId, to: CampaignStatus) -> Result<Campaign> {
    actor.require(Permission::Send)?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let campaign = store::lock(&mut tx, &actor.subaccount, id).await?;
    if campaign.status == to {
        return Ok(campaign);
    }
    let (allowed, action, doing) = match to {
        CampaignStatus::Paused => (campaign.can_pause(), "campaign.pause", "paused"),
        CampaignStatus::Sending => (campaign.can_resume(), "campaign.resume", "resumed"),
        _ => (campaign.can_cancel(), "campaign.cancel", "cancelled"),
    };
    if !allowed {
        let status = campaign.status.label().to_lowercase();
        return Err(Error::conflict(format!("This campaign is {status}, so it cannot be {doing}.")));
    }
    if to == CampaignStatus::Cancelled {
        store::cancel(&mut tx, &actor.subaccount, id, now).await?;
    } else {
        store::set_status(&mut tx, &actor.subaccount, id, to).await?;
    }
    let detail =
        serde_json::json!({ "from": campaign.status.as_str(), "left": campaign.total - campaign.counts.waiting().min(campaign.total) });
    access::audit(&mut tx, actor, action, id.as_str(), &detail, now).await?;
    let campaign = store::get(&mut tx, &actor.subaccount, id).await?;
    tx.commit().await?;
    announce(app, &campaign);
    app.wake.notify_one();
    Ok(campaign)
}

/// Tells live pages where a campaign stands.
pub(super) fn announce(app: &App, campaign: &Campaign) {
    app.announce(Change::Campaign {
        subaccount: campaign.subaccount.clone(),
        id: campaign.id.as_str().to_owned(),
        status: campaign.status.as_str().to_owned(),
    });
}
