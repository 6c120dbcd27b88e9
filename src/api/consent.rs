//! Consent: opt-outs, opt-ins, who may be sent what, and people's preferences.

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Api;
use super::problem::Problem;
use super::request::{Body, Caller, Key, Params};
use super::shape::{Answer, given};
use crate::consent::{self, Whose};
use crate::kernel::error::Error;
use crate::kernel::file_format::FileFormat;
use crate::preferences::{self, Check, OptRequest, PreferenceLink, Preferences, PreferencesPatch};

/// Opt out
///
/// Of one category, or of everything. What waits for the person is dropped at once.
#[utoipa::path(post, path = "/sms/opt-out", tag = "Consent",
    request_body(content = OptRequest, example = json!({"phone": "+14155550123", "category": "marketing", "reason": "Asked on the phone"})),
    responses((status = 200, description = "Who may be sent what", body = Check)))]
pub async fn opt_out(State(api): State<Api>, Caller(actor): Caller, body: Body<OptRequest>) -> Answer<Check> {
    Ok(Json(preferences::opt_out(&api.app, &actor, &body.value).await?))
}

/// Opt in
///
/// To one category, or to everything. Record it only when the person said so, with what proves it. Where the organisation wants opt-ins
/// confirmed (`double_opt_in` of the settings), the person is asked once by text message, and the category stays closed with the reason
/// `pending` until they answer.
#[utoipa::path(post, path = "/sms/opt-out/opt-in", tag = "Consent",
    request_body(content = OptRequest, example = json!({"phone": "+14155550123", "category": "marketing", "proof": {"wording": "Yes, text me offers", "ip": "203.0.113.9", "user_agent": "Mozilla/5.0"}})),
    responses((status = 200, description = "Who may be sent what", body = Check)))]
pub async fn opt_in(State(api): State<Api>, Caller(actor): Caller, body: Body<OptRequest>) -> Answer<Check> {
    Ok(Json(preferences::opt_in(&api.app, &actor, &body.value).await?))
}

/// May I send?
#[utoipa::path(get, path = "/sms/opt-out/check/{phone}", tag = "Consent", params(("phone" = String, Path, description = "The number, in any spelling")),
    responses((status = 200, description = "Who may be sent what", body = Check)))]
pub async fn check(State(api): State<Api>, Caller(actor): Caller, Key(phone): Key) -> Answer<Check> {
    Ok(Json(preferences::check(&api.app, &actor, &phone).await?))
}

/// Everybody who refused something
#[utoipa::path(get, path = "/sms/opt-out/export", tag = "Consent",
    responses((status = 200, description = "CSV in UTF-8", content_type = "text/csv", body = String)))]
pub async fn export(State(api): State<Api>, Caller(actor): Caller) -> Result<Response, Problem> {
    let csv = preferences::export(&api.app, &actor).await?;
    let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"opt-outs.csv\"")];
    Ok((headers, csv).into_response())
}

/// Whose evidence, and how it is written.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EvidenceParams {
    /// Only that of the person with this number, in any spelling; everybody's when absent.
    #[param(example = "+14155550123")]
    phone: Option<String>,
    /// `json`, which is usual, or `csv`.
    #[param(example = "json")]
    format: Option<String>,
}

/// Evidence of consent
///
/// Every row of the consent ledger, of one person or of everybody: what was said, when, how, on which wording, from where, and the
/// hashes of the chain; and whether the chain holds from its first row to its last. Audited.
#[utoipa::path(get, path = "/consent/evidence", tag = "Consent", params(EvidenceParams),
    responses((status = 200, description = "JSON with `verify` and `events`, or CSV", content_type = "application/json", body = Object)))]
pub async fn evidence(State(api): State<Api>, Caller(actor): Caller, Params(query): Params<EvidenceParams>) -> Result<Response, Problem> {
    let format = match given(query.format.as_ref()) {
        None => FileFormat::Json,
        Some(word) => FileFormat::parse(word).ok_or_else(|| Error::invalid("format", "unknown", "Write format=json or format=csv."))?,
    };
    let whose = given(query.phone.as_ref()).map_or(Whose::All, Whose::Phone);
    let file = consent::evidence(&api.app, &actor, whose, format).await?;
    let name = format.disposition("consent-evidence");
    let headers = [(CONTENT_TYPE, format.media_type().to_owned()), (CONTENT_DISPOSITION, name)];
    Ok((headers, HttpBody::from_stream(file)).into_response())
}

/// Whose.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct PhoneParams {
    /// The number, in any spelling.
    #[param(required, example = "+14155550123")]
    phone: Option<String>,
}

impl PhoneParams {
    fn read(&self) -> Result<&str, Error> {
        given(self.phone.as_ref()).ok_or_else(|| Error::invalid("phone", "required", "Name the number: ?phone=…"))
    }
}

/// Somebody's preferences
#[utoipa::path(get, path = "/notifications/preferences", tag = "Consent", params(PhoneParams),
    responses((status = 200, description = "What they get", body = Preferences)))]
pub async fn preferences(State(api): State<Api>, Caller(actor): Caller, Params(query): Params<PhoneParams>) -> Answer<Preferences> {
    Ok(Json(preferences::preferences(&api.app, &actor, query.read()?).await?))
}

/// Change somebody's preferences
///
/// On their behalf; what is absent stays.
#[utoipa::path(put, path = "/notifications/preferences", tag = "Consent", params(PhoneParams),
    request_body(content = Object, example = json!({"categories": {"marketing": false}, "language": "fa", "paused_until": null})),
    responses((status = 200, description = "What they get now", body = Preferences)))]
pub async fn set_preferences(
    State(api): State<Api>,
    Caller(actor): Caller,
    Params(query): Params<PhoneParams>,
    body: Body<Value>,
) -> Answer<Preferences> {
    let mut value = body.value;
    let inside = value.as_object_mut().and_then(|fields| fields.remove("phone"));
    // The number may stand in the query or in the body.
    let phone = match (query.phone, inside) {
        (Some(phone), None) => phone,
        (None, Some(Value::String(phone))) => phone,
        (Some(_), Some(_)) => return Err(Error::invalid("phone", "duplicate", "Name the number once: in the query or in the body.").into()),
        _ => return Err(Error::invalid("phone", "required", "Name the number: ?phone=…").into()),
    };
    let patch = PreferencesPatch::read(&value)?;
    Ok(Json(preferences::set_preferences(&api.app, &actor, &phone, &patch).await?))
}

/// Whose link.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LinkBody {
    /// The number, in any spelling.
    #[schema(example = "+14155550123")]
    phone: String,
}

/// Take back all links of somebody
///
/// Their own page, the ways out in messages, and questions that wait for a confirmation: none opens any more. For a number that has
/// passed to somebody else.
#[utoipa::path(post, path = "/notifications/preference-link/revoke", tag = "Consent",
    request_body(content = LinkBody, example = json!({"phone": "+14155550123"})),
    responses((status = 204, description = "They are taken back")))]
pub async fn revoke_links(State(api): State<Api>, Caller(actor): Caller, body: Body<LinkBody>) -> Result<StatusCode, Problem> {
    preferences::revoke_links(&api.app, &actor, &body.value.phone).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A link to somebody's preference centre
///
/// Whoever holds the link can change their preferences: hand it to nobody else.
#[utoipa::path(post, path = "/notifications/preference-link", tag = "Consent",
    request_body(content = LinkBody, example = json!({"phone": "+14155550123"})),
    responses((status = 200, description = "The link", body = PreferenceLink)))]
pub async fn link(State(api): State<Api>, Caller(actor): Caller, body: Body<LinkBody>) -> Answer<PreferenceLink> {
    Ok(Json(preferences::preference_link(&api.app, &actor, &body.value.phone).await?))
}
