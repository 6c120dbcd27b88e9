//! Control of a campaign that was launched.

use axum::Json;
use axum::extract::State;

use super::Api;
use super::campaigns::Campaign;
use super::messages::Nothing;
use super::request::{Caller, Key, OptionalBody};
use super::shape::Answer;
use crate::campaigns;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::CampaignId;

fn id(text: &str) -> Result<CampaignId> {
    CampaignId::parse(text).ok_or(Error::NotFound("campaign"))
}

/// Pause
///
/// Nothing more leaves; what a provider was asked to send cannot be called back.
#[utoipa::path(post, path = "/sms/campaigns/{id}/pause", tag = "Campaigns", params(("id" = String, Path, description = "The campaign's id")),
    responses((status = 200, description = "The campaign", body = Campaign)))]
pub async fn pause(State(api): State<Api>, Caller(actor): Caller, Key(key): Key, _: OptionalBody<Nothing>) -> Answer<Campaign> {
    Ok(Json(Campaign::of(&campaigns::pause(&api.app, &actor, &id(&key)?).await?, api.app.clock.now())))
}

/// Resume
///
/// Goes on where it was paused.
#[utoipa::path(post, path = "/sms/campaigns/{id}/resume", tag = "Campaigns", params(("id" = String, Path, description = "The campaign's id")),
    responses((status = 200, description = "The campaign", body = Campaign)))]
pub async fn resume(State(api): State<Api>, Caller(actor): Caller, Key(key): Key, _: OptionalBody<Nothing>) -> Answer<Campaign> {
    Ok(Json(Campaign::of(&campaigns::resume(&api.app, &actor, &id(&key)?).await?, api.app.clock.now())))
}

/// Cancel
///
/// For good: messages that wait become cancelled.
#[utoipa::path(post, path = "/sms/campaigns/{id}/cancel", tag = "Campaigns", params(("id" = String, Path, description = "The campaign's id")),
    responses((status = 200, description = "The campaign", body = Campaign)))]
pub async fn cancel(State(api): State<Api>, Caller(actor): Caller, Key(key): Key, _: OptionalBody<Nothing>) -> Answer<Campaign> {
    Ok(Json(Campaign::of(&campaigns::cancel(&api.app, &actor, &id(&key)?).await?, api.app.clock.now())))
}
