//! Messages: sending, history, one message, calling back, and trying again.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use chrono::{Days, NaiveDate, TimeZone as _};
use chrono_tz::Tz;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use super::once::{self, once};
use super::problem::Problem;
use super::request::{Body, Caller, Key, OptionalBody, Params};
use super::shape::{Answer, List, given};
use crate::access::{self, Permission, Settings};
use crate::campaigns;
use crate::kernel::category::Category;
use crate::kernel::clock::{Millis, parse_rfc3339};
use crate::kernel::error::{FieldErrors, Result};
use crate::kernel::page::PageRequest;
use crate::kernel::phone::{Country, Phone};
use crate::messages::{self, Filter, Message, MessageDetail, Preview, PreviewRequest, SendCall, SendRequest, Sending, Status};

/// Send one message
///
/// 202 means: stored, and it will reach a final, explained state. Sending to somebody who opted out is accepted too and ends `dropped` with its reason.
#[utoipa::path(post, path = "/sms/send", tag = "Messages",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated call harmless")),
    request_body(content = SendRequest, example = json!({"to": "+14155550123", "template": "order-confirmed", "variables": {"name": "Sara", "order.number": "A-1042"}, "reference": "order-1042"})),
    responses((status = 202, description = "The message as it was stored", body = Message)))]
pub async fn send(
    State(api): State<Api>,
    Caller(actor): Caller,
    headers: HeaderMap,
    body: Body<SendRequest>,
) -> std::result::Result<Response, Problem> {
    let idempotency = once::call(&actor, "send", &headers, &body.bytes)?;
    Ok(match api.intake.send(SendCall { actor, request: body.value, idempotency }).await? {
        Sending::New(message) => (StatusCode::ACCEPTED, Json(message)).into_response(),
        Sending::Replayed(json) => once::replayed(StatusCode::ACCEPTED, json),
    })
}

/// Preview
///
/// Renders, measures, prices and checks; sends nothing.
#[utoipa::path(post, path = "/sms/preview", tag = "Messages",
    request_body(content = PreviewRequest, example = json!({"to": "+14155550123", "text": "Your order is ready.", "category": "order"})),
    responses((status = 200, description = "What it would be", body = Preview)))]
pub async fn preview(State(api): State<Api>, Caller(actor): Caller, body: Body<PreviewRequest>) -> Answer<Preview> {
    Ok(Json(messages::preview(&api.app, &actor, &body.value).await?))
}

/// Which messages.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct HistoryParams {
    /// In this status: scheduled, queued, held, submitting, unknown, sent, delivered, failed, expired, cancelled, dropped.
    pub(super) status: Option<String>,
    /// To this number, in any spelling.
    pub(super) to: Option<String>,
    /// Accepted on this day or later, or at this instant or later.
    #[param(example = "2026-11-01")]
    pub(super) from_date: Option<String>,
    /// Accepted on this day or earlier, or before this instant.
    #[param(example = "2026-11-30")]
    pub(super) to_date: Option<String>,
    /// Of this campaign.
    pub(super) campaign: Option<String>,
    /// Of this template, by id or code.
    pub(super) template: Option<String>,
    /// Of this connection or provider.
    pub(super) provider: Option<String>,
    /// To this country, as ISO code.
    pub(super) country: Option<String>,
    /// Of this category.
    pub(super) category: Option<String>,
    /// With this reference of the caller.
    pub(super) reference: Option<String>,
    /// With this error code: the provider's, or ours.
    pub(super) code: Option<String>,
    /// `true`: failed, and may be tried again. `false`: failed for good.
    #[param(example = "true")]
    pub(super) retryable: Option<String>,
    /// How many rows, 1 to 200; 50 when absent.
    pub(super) limit: Option<String>,
    /// `next_cursor` of the page before.
    pub(super) cursor: Option<String>,
}

impl HistoryParams {
    /// Reads them.
    pub(super) fn filter(&self, settings: &Settings) -> Result<Filter> {
        let mut errors = FieldErrors::new();
        let filter = Filter {
            status: word(&mut errors, "status", self.status.as_ref(), Status::parse, "a status such as delivered"),
            to: number(&mut errors, self.to.as_ref(), settings.default_country),
            from_at: day(&mut errors, "from_date", self.from_date.as_ref(), settings.time_zone, 0),
            until_at: day(&mut errors, "to_date", self.to_date.as_ref(), settings.time_zone, 1),
            campaign: given(self.campaign.as_ref()).map(str::to_owned),
            template: given(self.template.as_ref()).map(str::to_owned),
            provider: given(self.provider.as_ref()).map(str::to_owned),
            country: word(&mut errors, "country", self.country.as_ref(), |c| Country::parse(c).ok(), "a country code such as TW"),
            category: word(&mut errors, "category", self.category.as_ref(), Category::parse, "a category such as order"),
            reference: given(self.reference.as_ref()).map(str::to_owned),
            error: given(self.code.as_ref()).map(str::to_owned),
            retryable: word(&mut errors, "retryable", self.retryable.as_ref(), |text| text.parse().ok(), "true or false"),
        };
        errors.into_result().map(|()| filter)
    }
}

pub(super) fn word<T>(
    errors: &mut FieldErrors,
    field: &str,
    text: Option<&String>,
    parse: impl Fn(&str) -> Option<T>,
    wanted: &str,
) -> Option<T> {
    let text = given(text)?;
    let parsed = parse(text);
    if parsed.is_none() {
        errors.add(field, "unknown", format!("Write {wanted}."));
    }
    parsed
}

fn number(errors: &mut FieldErrors, text: Option<&String>, country: Country) -> Option<Phone> {
    match Phone::parse(given(text)?, country) {
        Ok(phone) => Some(phone),
        Err(why) => {
            errors.add("to", why.code(), format!("{why} {}", why.fix()));
            None
        }
    }
}

/// An instant, or the midnight that begins the day (`later` days on) in the organisation's time zone.
fn day(errors: &mut FieldErrors, field: &str, text: Option<&String>, zone: Tz, later: u64) -> Option<Millis> {
    let text = given(text)?;
    let of_day = || {
        let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()?.checked_add_days(Days::new(later))?;
        // Where the clocks leap over midnight the day begins an hour later.
        let hours = (0..3).filter_map(|hour| zone.from_local_datetime(&day.and_hms_opt(hour, 0, 0)?).earliest());
        hours.map(|at| at.timestamp_millis()).next()
    };
    let at = parse_rfc3339(text).or_else(of_day);
    if at.is_none() {
        errors.add(field, "not_a_date", "Write a day such as 2026-11-21, or an instant such as 2026-11-21T18:30:00Z.");
    }
    at
}

/// History
///
/// Newest first. Without the scope `view_personal` numbers are masked.
#[utoipa::path(get, path = "/sms/messages", tag = "Messages", params(HistoryParams),
    responses((status = 200, description = "One page of history", body = List<Message>)))]
pub async fn list(State(api): State<Api>, Caller(actor): Caller, Params(query): Params<HistoryParams>) -> Answer<List<Message>> {
    actor.require(Permission::View)?;
    let page = PageRequest::read(query.limit.as_deref(), query.cursor.as_deref())?;
    let filter = query.filter(&access::settings(&api.app, &actor).await?)?;
    Ok(Json(messages::list(&api.app, &actor, &filter, &page).await?.into()))
}

/// One message
///
/// With its attempts and everything that happened to it.
#[utoipa::path(get, path = "/sms/messages/{id}", tag = "Messages", params(("id" = String, Path, description = "The message's id")),
    responses((status = 200, description = "The message", body = MessageDetail)))]
pub async fn get(State(api): State<Api>, Caller(actor): Caller, Key(id): Key) -> Answer<MessageDetail> {
    Ok(Json(messages::get(&api.app, &actor, &id).await?))
}

/// Nothing to say.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Nothing {}

/// Call back
///
/// Before it leaves; afterwards the answer is 409.
#[utoipa::path(post, path = "/sms/messages/{id}/cancel", tag = "Messages", params(("id" = String, Path, description = "The message's id")),
    responses((status = 200, description = "The cancelled message", body = MessageDetail)))]
pub async fn cancel(State(api): State<Api>, Caller(actor): Caller, Key(id): Key, _: OptionalBody<Nothing>) -> Answer<MessageDetail> {
    Ok(Json(messages::cancel(&api.app, &actor, &id).await?))
}

/// Remove the text
///
/// For good, and with it your own metadata and what providers said; length, cost and outcome stay. Before the message has left the
/// answer is 409; doing it again changes nothing. Needs the scope `settings`.
#[utoipa::path(post, path = "/sms/messages/{id}/redact", tag = "Privacy", params(("id" = String, Path, description = "The message's id")),
    responses((status = 200, description = "The message without its text", body = MessageDetail)))]
pub async fn redact(State(api): State<Api>, Caller(actor): Caller, Key(id): Key, _: OptionalBody<Nothing>) -> Answer<MessageDetail> {
    Ok(Json(messages::redact(&api.app, &actor, &id).await?))
}

/// Try again
///
/// After a failure that may pass; for others the answer is 409.
#[utoipa::path(post, path = "/sms/messages/{id}/retry", tag = "Messages",
    params(("id" = String, Path, description = "The message's id"), ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated call harmless")),
    responses((status = 202, description = "The message, queued again", body = MessageDetail)))]
pub async fn retry(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(id): Key,
    headers: HeaderMap,
    body: OptionalBody<Nothing>,
) -> std::result::Result<Response, Problem> {
    let call = once::call(&actor, &format!("retry {id}"), &headers, &body.bytes)?;
    once(&api.app, call, StatusCode::ACCEPTED, campaigns::retry(&api.app, &actor, &id)).await
}
