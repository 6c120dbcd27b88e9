//! Replies that are kept to be used again in the inbox.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use super::problem::Problem;
use super::request::{Body, Caller, Key};
use super::shape::{Answer, List};
use crate::inbox::{self, SavedReply};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::SavedReplyId;
use crate::kernel::page::Page;

/// A reply.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyBody {
    /// What people call it; unique in the subaccount, at most 60 characters.
    #[schema(example = "Opening hours")]
    name: String,
    /// Its text.
    #[schema(example = "We are open until six.")]
    text: String,
}

fn id(text: &str) -> Result<SavedReplyId> {
    SavedReplyId::parse(text).ok_or(Error::NotFound("saved reply"))
}

/// Saved replies
///
/// All of them, by name: at most 200 are kept.
#[utoipa::path(get, path = "/inbox/replies", tag = "Inbox",
    responses((status = 200, description = "All saved replies", body = List<SavedReply>)))]
pub async fn list(State(api): State<Api>, Caller(actor): Caller) -> Answer<List<SavedReply>> {
    let items = inbox::saved_replies(&api.app, &actor).await?;
    Ok(Json(Page { items, next: None }.into()))
}

/// New saved reply
#[utoipa::path(post, path = "/inbox/replies", tag = "Inbox",
    request_body(content = ReplyBody, example = json!({"name": "Opening hours", "text": "We are open until six."})),
    responses((status = 201, description = "The reply", body = SavedReply)))]
pub async fn create(
    State(api): State<Api>,
    Caller(actor): Caller,
    body: Body<ReplyBody>,
) -> std::result::Result<(StatusCode, Json<SavedReply>), Problem> {
    let saved = inbox::save_reply(&api.app, &actor, None, &body.value.name, &body.value.text).await?;
    Ok((StatusCode::CREATED, Json(saved)))
}

/// Change a saved reply
#[utoipa::path(put, path = "/inbox/replies/{id}", tag = "Inbox", params(("id" = String, Path, description = "The reply's id")),
    request_body(content = ReplyBody, example = json!({"name": "Opening hours", "text": "We are open until seven."})),
    responses((status = 200, description = "The reply", body = SavedReply)))]
pub async fn update(State(api): State<Api>, Caller(actor): Caller, Key(key): Key, body: Body<ReplyBody>) -> Answer<SavedReply> {
    Ok(Json(inbox::save_reply(&api.app, &actor, Some(&id(&key)?), &body.value.name, &body.value.text).await?))
}

/// Delete a saved reply
#[utoipa::path(delete, path = "/inbox/replies/{id}", tag = "Inbox", params(("id" = String, Path, description = "The reply's id")),
    responses((status = 204, description = "It is gone")))]
pub async fn delete(State(api): State<Api>, Caller(actor): Caller, Key(key): Key) -> std::result::Result<StatusCode, Problem> {
    inbox::delete_saved(&api.app, &actor, &id(&key)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
