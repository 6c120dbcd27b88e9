//! Control of a campaign that was launched.

use axum::Json;
use axum::extract::State;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use super::campaigns::Campaign;
use super::messages::Nothing;
use super::request::{Body, Caller, Key, OptionalBody};
use super::shape::Answer;
use crate::campaigns;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::CampaignId;

/// A new pace.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pace {
    /// Messages a minute, at least 1; `null` for as fast as the connections allow. It must be said, so that nobody
    /// unleashes a campaign by leaving it out.
    #[serde(deserialize_with = "Option::deserialize")]
    #[schema(required = true, minimum = 1)]
    pace: Option<u32>,
}

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

/// Change the pace
///
/// Of a campaign that has not ended, also while it sends: a slower one holds at once.
#[utoipa::path(post, path = "/sms/campaigns/{id}/pace", tag = "Campaigns", params(("id" = String, Path, description = "The campaign's id")),
    request_body(content = Pace, example = json!({"pace": 600})),
    responses((status = 200, description = "The campaign", body = Campaign)))]
pub async fn set_pace(State(api): State<Api>, Caller(actor): Caller, Key(key): Key, body: Body<Pace>) -> Answer<Campaign> {
    Ok(Json(Campaign::of(&campaigns::set_pace(&api.app, &actor, &id(&key)?, body.value.pace).await?, api.app.clock.now())))
}
