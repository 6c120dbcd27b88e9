//! Trying failed messages again: these, or all that a filter finds.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use super::messages::{HistoryParams, Nothing};
use super::once::{self, once};
use super::problem::Problem;
use super::request::{Body, Caller, Key, OptionalBody};
use crate::access::{self, Permission, Settings};
use crate::campaigns::{self, Failed};
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::MessageId;
use crate::messages::{Filter, Retried};

/// The most ids of one call.
const MOST_IDS: usize = 5_000;

/// Which failed messages. What is absent does not narrow; something must be there.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryFilter {
    /// To this number, in any spelling.
    to: Option<String>,
    /// Accepted on this day or later, or at this instant or later.
    #[schema(example = "2026-11-01")]
    from_date: Option<String>,
    /// Accepted on this day or earlier, or before this instant.
    #[schema(example = "2026-11-30")]
    to_date: Option<String>,
    /// Of this campaign.
    campaign: Option<String>,
    /// Of this template, by id or code.
    template: Option<String>,
    /// Of this connection or provider.
    provider: Option<String>,
    /// To this country, as ISO code.
    country: Option<String>,
    /// Of this category.
    category: Option<String>,
    /// With this reference of the caller.
    reference: Option<String>,
    /// With this error code.
    #[schema(example = "unreachable")]
    code: Option<String>,
}

impl RetryFilter {
    fn read(self, settings: &Settings) -> Result<Filter> {
        let params = HistoryParams {
            to: self.to,
            from_date: self.from_date,
            to_date: self.to_date,
            campaign: self.campaign,
            template: self.template,
            provider: self.provider,
            country: self.country,
            category: self.category,
            reference: self.reference,
            code: self.code,
            ..HistoryParams::default()
        };
        let inside = |mut errors: FieldErrors| {
            for error in &mut errors.0 {
                error.field = format!("filter.{}", error.field);
            }
            Error::Invalid(errors)
        };
        match params.filter(settings) {
            Err(Error::Invalid(errors)) => Err(inside(errors)),
            Ok(filter) if filter == Filter::default() => {
                Err(Error::invalid("filter", "required", "Narrow the filter by at least one field, or ask for all with \"all\": true."))
            }
            read => read,
        }
    }
}

/// Which failed messages to try again: exactly one of `ids`, `filter` and `all`.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RetryBody {
    /// These, at most 5,000.
    ids: Option<Vec<String>>,
    /// All that this finds.
    filter: Option<RetryFilter>,
    /// `true`: all.
    all: Option<bool>,
}

impl RetryBody {
    fn read(self, settings: &Settings) -> Result<Failed> {
        match (self.ids, self.filter, self.all.unwrap_or_default()) {
            (Some(ids), None, false) => read_ids(&ids).map(Failed::These),
            (None, Some(filter), false) => filter.read(settings).map(Failed::All),
            (None, None, true) => Ok(Failed::All(Filter::default())),
            _ => Err(Error::invalid("ids", "required", "Name exactly one of ids, filter and \"all\": true.")),
        }
    }
}

fn read_ids(ids: &[String]) -> Result<Vec<MessageId>> {
    if ids.is_empty() || ids.len() > MOST_IDS {
        return Err(Error::invalid("ids", "out_of_range", format!("Name 1 to {MOST_IDS} messages.")));
    }
    let mut errors = FieldErrors::new();
    let read = ids.iter().enumerate().filter_map(|(i, text)| {
        let id = MessageId::parse(text);
        if id.is_none() {
            errors.add(&format!("ids[{i}]"), "not_an_id", "Write the id of a message as the API gives it.");
        }
        id
    });
    let read = read.collect();
    errors.into_result().map(|()| read)
}

/// Try failed messages again
///
/// Those that failed for a reason that may pass wait for their turn again; the others stay as they are and are counted by why.
/// What is stopped halfway leaves whole batches done: call it again for the rest.
#[utoipa::path(post, path = "/sms/messages/retry", tag = "Messages",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated call harmless")),
    request_body(content = RetryBody, example = json!({"filter": {"code": "unreachable", "from_date": "2026-11-21"}})),
    responses((status = 202, description = "How many are tried again, and how many are not", body = Retried)))]
pub async fn messages(
    State(api): State<Api>,
    Caller(actor): Caller,
    headers: HeaderMap,
    body: Body<RetryBody>,
) -> std::result::Result<Response, Problem> {
    actor.require(Permission::Send)?;
    let which = body.value.read(&access::settings(&api.app, &actor).await?)?;
    let call = once::call(&actor, "retry", &headers, &body.bytes)?;
    once(&api.app, call, StatusCode::ACCEPTED, campaigns::retry_failed(&api.app, &actor, &which)).await
}

/// Try failed messages again
///
/// All of the campaign that failed for a reason that may pass. A finished campaign sends until they are final; of a cancelled one
/// nothing is tried again.
#[utoipa::path(post, path = "/sms/campaigns/{id}/retry-failed", tag = "Campaigns",
    params(("id" = String, Path, description = "The campaign's id"), ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated call harmless")),
    responses((status = 202, description = "How many are tried again, and how many are not", body = Retried)))]
pub async fn campaign(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(key): Key,
    headers: HeaderMap,
    body: OptionalBody<Nothing>,
) -> std::result::Result<Response, Problem> {
    let which = Failed::All(Filter { campaign: Some(key.clone()), ..Filter::default() });
    let call = once::call(&actor, &format!("retry-failed {key}"), &headers, &body.bytes)?;
    once(&api.app, call, StatusCode::ACCEPTED, campaigns::retry_failed(&api.app, &actor, &which)).await
}
