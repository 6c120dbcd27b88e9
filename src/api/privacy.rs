//! One person: everything about them, their texts, their erasure. And how long everything is kept.

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::Value;

use super::Api;
use super::messages::Nothing;
use super::problem::Problem;
use super::request::{Body, Caller, Key, OptionalBody, Params};
use super::shape::{Answer, given};
use crate::kernel::error::Error;
use crate::kernel::file_format::FileFormat;
use crate::privacy::{self, Erasure, Redaction, RetentionView};

/// How the file is written.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExportParams {
    /// `json`, which is usual, or `csv`.
    #[param(example = "json")]
    format: Option<String>,
}

/// Everything about one person
///
/// Over all their numbers: what is known of them, the consent ledger, what they wrote, their rows in files, and every message with its
/// text. Audited.
#[utoipa::path(get, path = "/contacts/{id}/export", tag = "Privacy",
    params(("id" = String, Path, description = "The contact's id"), ExportParams),
    responses((status = 200, description = "JSON, or CSV with one row for each value", content_type = "application/json", body = Object)))]
pub async fn export(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(id): Key,
    Params(query): Params<ExportParams>,
) -> Result<Response, Problem> {
    let format = match given(query.format.as_ref()) {
        None => FileFormat::Json,
        Some(word) => FileFormat::parse(word).ok_or_else(|| Error::invalid("format", "unknown", "Write format=json or format=csv."))?,
    };
    let file = privacy::export(&api.app, &actor, &id, format).await?;
    let name = format.disposition("person");
    let headers = [(CONTENT_TYPE, format.media_type().to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, HttpBody::from_stream(file)).into_response())
}

/// Erase one person
///
/// For good, with all their numbers: number, texts and everything in words about them are destroyed, what waits for them is dropped, and their links end.
/// Counts and costs stay, and so does a keyed hash that keeps the number refused. Needs the scope `settings`; doing it again
/// changes nothing.
#[utoipa::path(post, path = "/contacts/{id}/erase", tag = "Privacy", params(("id" = String, Path, description = "The contact's id")),
    responses((status = 200, description = "What was destroyed", body = Erasure)))]
pub async fn erase(State(api): State<Api>, Caller(actor): Caller, Key(id): Key, _: OptionalBody<Nothing>) -> Answer<Erasure> {
    Ok(Json(privacy::erase(&api.app, &actor, &id).await?))
}

/// Remove one person's texts
///
/// The texts of all messages to them that have left, and all that they wrote, go for good; the person, their consent, and every cost and
/// outcome stay. Needs the scope `settings`.
#[utoipa::path(post, path = "/contacts/{id}/redact", tag = "Privacy", params(("id" = String, Path, description = "The contact's id")),
    responses((status = 200, description = "What was removed", body = Redaction)))]
pub async fn redact(State(api): State<Api>, Caller(actor): Caller, Key(id): Key, _: OptionalBody<Nothing>) -> Answer<Redaction> {
    Ok(Json(privacy::redact(&api.app, &actor, &id).await?))
}

/// How long everything is kept
///
/// With what would go now, and what went. Needs the scope `settings`.
#[utoipa::path(get, path = "/retention", tag = "Privacy", responses((status = 200, description = "Each kind of data", body = RetentionView)))]
pub async fn retention(State(api): State<Api>, Caller(actor): Caller) -> Answer<RetentionView> {
    Ok(Json(privacy::retention(&api.app, &actor).await?))
}

/// What would go
///
/// As if these periods were saved; nothing is changed. Needs the scope `settings`.
#[utoipa::path(post, path = "/retention/preview", tag = "Privacy",
    request_body(content = Object, description = "Days by kind, null for good, and the sensitive categories; any part", example = json!({"texts": 90})),
    responses((status = 200, description = "Each kind of data", body = RetentionView)))]
pub async fn preview_retention(State(api): State<Api>, Caller(actor): Caller, body: Body<Value>) -> Answer<RetentionView> {
    Ok(Json(privacy::preview(&api.app, &actor, &body.value).await?))
}

/// Change how long things are kept
///
/// Takes days by kind, null for good, and the sensitive categories; what is absent stays. What is older goes from now on. Needs the
/// scope `settings`.
#[utoipa::path(put, path = "/retention", tag = "Privacy",
    request_body(content = Object, description = "Any part", example = json!({"texts": 90, "sensitive": ["authentication"]})),
    responses((status = 200, description = "Each kind of data", body = RetentionView)))]
pub async fn set_retention(State(api): State<Api>, Caller(actor): Caller, body: Body<Value>) -> Answer<RetentionView> {
    Ok(Json(privacy::set_retention(&api.app, &actor, &body.value).await?))
}
