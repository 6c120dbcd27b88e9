//! One person: everything about them, and their erasure.

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;

use super::Api;
use super::messages::Nothing;
use super::problem::Problem;
use super::request::{Caller, Key, OptionalBody, Params};
use super::shape::{Answer, given};
use crate::kernel::error::Error;
use crate::privacy::{self, Erasure, Format};

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
/// What is known of them, the consent ledger, their rows in files, and every message with its text. Audited.
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
        None => Format::Json,
        Some(word) => Format::parse(word).ok_or_else(|| Error::invalid("format", "unknown", "Write format=json or format=csv."))?,
    };
    let file = privacy::export(&api.app, &actor, &id, format).await?;
    let name = format!("attachment; filename=\"{}\"", format.file_name());
    let headers = [(CONTENT_TYPE, format.media_type().to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, HttpBody::from_stream(file)).into_response())
}

/// Erase one person
///
/// For good: number, texts and everything in words about them are destroyed, what waits for them is dropped, and their links end.
/// Counts and costs stay, and so does a keyed hash that keeps the number refused. Needs the scope `settings`; doing it again
/// changes nothing.
#[utoipa::path(post, path = "/contacts/{id}/erase", tag = "Privacy", params(("id" = String, Path, description = "The contact's id")),
    responses((status = 200, description = "What was destroyed", body = Erasure)))]
pub async fn erase(State(api): State<Api>, Caller(actor): Caller, Key(id): Key, _: OptionalBody<Nothing>) -> Answer<Erasure> {
    Ok(Json(privacy::erase(&api.app, &actor, &id).await?))
}
