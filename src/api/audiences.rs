//! Audiences: saved filters over contacts.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::Api;
use super::problem::Problem;
use super::request::{Body, Caller, Key, Params};
use super::shape::{Answer, List, PageParams, given};
use crate::access::{Actor, Permission};
use crate::audiences::{self, AudienceInput};
use crate::campaigns;
use crate::contacts::Contact;
use crate::kernel::category::Category;
use crate::kernel::clock::rfc3339;
use crate::kernel::error::{Error, Result};
use crate::kernel::page::PageRequest;

/// A saved filter over contacts.
#[derive(Debug, Serialize, ToSchema)]
pub struct Audience {
    /// Its id.
    #[schema(example = "aud_0kx1w2v3t4s5r6q7p8n9m0a")]
    id: String,
    /// What people call it.
    #[schema(example = "Loyal customers in Yazd")]
    name: String,
    /// Whom it holds: `{"all": […]}` or `{"any": […]}` of conditions `{field, op, name?, value?}`; instead of a condition a group of them may
    /// stand, joined the other way. For those who may see personal data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    conditions: Option<Value>,
    /// Campaigns whose people come from it, the latest first, at most 50; only where one audience is asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    campaigns: Option<Vec<String>>,
    /// Who made it.
    created_by: String,
    /// When.
    #[schema(format = DateTime)]
    created_at: String,
    /// Who changed it last.
    updated_by: String,
    /// When.
    #[schema(format = DateTime)]
    updated_at: String,
}

impl Audience {
    fn of(audience: audiences::Audience, actor: &Actor) -> Self {
        Self {
            id: audience.id.as_str().to_owned(),
            name: audience.name,
            conditions: actor.may(Permission::ViewPersonal).then(|| audience.conditions.to_json()),
            campaigns: None,
            created_by: audience.created_by,
            created_at: rfc3339(audience.created_at),
            updated_by: audience.updated_by,
            updated_at: rfc3339(audience.updated_at),
        }
    }
}

/// A new audience.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AudienceBody {
    /// What people call it; unique in the subaccount. Required for a new one; when absent from a change it stays.
    name: Option<String>,
    /// Whom it holds: at most 20 conditions in two levels. Required for a new one; when absent from a change they stay.
    #[schema(value_type = Option<Object>)]
    conditions: Option<Value>,
}

/// Conditions to be tried.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CountBody {
    /// Whom to count.
    #[schema(value_type = Object)]
    conditions: Value,
    /// Who of them may be sent messages of this category is counted too.
    #[schema(example = "marketing")]
    category: Option<String>,
}

/// How many people an audience holds now.
#[derive(Debug, Serialize, ToSchema)]
pub struct AudienceCount {
    /// How many.
    people: u64,
    /// How many of them may be sent messages of the category that was asked about.
    #[serde(skip_serializing_if = "Option::is_none")]
    can_be_sent: Option<u64>,
    /// The newest of them, at most 5.
    sample: Vec<Contact>,
}

impl From<audiences::Count> for AudienceCount {
    fn from(count: audiences::Count) -> Self {
        Self { people: count.people, can_be_sent: count.can_be_sent, sample: count.sample }
    }
}

fn category(text: Option<&String>) -> Result<Option<Category>> {
    let read = |text: &str| {
        let known = Category::ALL.map(Category::as_str).join(", ");
        Category::parse(text).ok_or_else(|| Error::invalid("category", "unknown", format!("Write one of {known}.")))
    };
    given(text).map(read).transpose()
}

/// All audiences
///
/// Newest first.
#[utoipa::path(get, path = "/audiences", tag = "Audiences", params(PageParams),
    responses((status = 200, description = "One page", body = List<Audience>)))]
pub async fn list(State(api): State<Api>, Caller(actor): Caller, Params(page): Params<PageParams>) -> Answer<List<Audience>> {
    let page: PageRequest = page.read()?;
    let found = audiences::list(&api.app, &actor, &page).await?;
    Ok(Json(found.map(|audience| Audience::of(audience, &actor)).into()))
}

/// New audience
///
/// Conditions on attributes need the right to see personal data.
#[utoipa::path(post, path = "/audiences", tag = "Audiences",
    request_body(content = AudienceBody, example = json!({"name": "Loyal customers in Yazd", "conditions": {"all": [
        {"field": "purchases", "op": "at_least", "value": "3"},
        {"any": [{"field": "attribute", "op": "is", "name": "city", "value": "Yazd"}, {"field": "tag", "op": "has", "value": "yazd"}]}]}})),
    responses((status = 201, description = "The audience", body = Audience)))]
pub async fn create(
    State(api): State<Api>,
    Caller(actor): Caller,
    body: Body<AudienceBody>,
) -> std::result::Result<(StatusCode, Json<Audience>), Problem> {
    let input = AudienceInput { name: body.value.name, conditions: body.value.conditions };
    let made = audiences::create(&api.app, &actor, &input).await?;
    Ok((StatusCode::CREATED, Json(Audience::of(made, &actor))))
}

/// One audience
///
/// With the campaigns whose people come from it.
#[utoipa::path(get, path = "/audiences/{id}", tag = "Audiences", params(("id" = String, Path, description = "The audience's id")),
    responses((status = 200, description = "The audience", body = Audience)))]
pub async fn get(State(api): State<Api>, Caller(actor): Caller, Key(id): Key) -> Answer<Audience> {
    let audience = audiences::get(&api.app, &actor, &id).await?;
    let used = campaigns::of_audience(&api.app, &actor, &audience.id).await?;
    let campaigns = Some(used.into_iter().map(|campaign| campaign.id.as_str().to_owned()).collect());
    Ok(Json(Audience { campaigns, ..Audience::of(audience, &actor) }))
}

/// Change an audience
///
/// What is absent stays. Campaigns that were launched with it do not change.
#[utoipa::path(put, path = "/audiences/{id}", tag = "Audiences", params(("id" = String, Path, description = "The audience's id")),
    request_body(content = AudienceBody, example = json!({"name": "Loyal customers"})),
    responses((status = 200, description = "The audience", body = Audience)))]
pub async fn update(State(api): State<Api>, Caller(actor): Caller, Key(id): Key, body: Body<AudienceBody>) -> Answer<Audience> {
    let input = AudienceInput { name: body.value.name, conditions: body.value.conditions };
    Ok(Json(Audience::of(audiences::update(&api.app, &actor, &id, &input).await?, &actor)))
}

/// Delete an audience
///
/// Campaigns that were launched with it stay as they are; a draft that asks for it can no longer be launched.
#[utoipa::path(delete, path = "/audiences/{id}", tag = "Audiences", params(("id" = String, Path, description = "The audience's id")),
    responses((status = 204, description = "It is gone")))]
pub async fn delete(State(api): State<Api>, Caller(actor): Caller, Key(id): Key) -> std::result::Result<StatusCode, Problem> {
    audiences::delete(&api.app, &actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Count people
///
/// Of conditions that need not be saved. Conditions on attributes need the right to see personal data.
#[utoipa::path(post, path = "/audiences/count", tag = "Audiences",
    request_body(content = CountBody, example = json!({"conditions": {"all": [{"field": "tag", "op": "has", "value": "vip"}]}, "category": "marketing"})),
    responses((status = 200, description = "How many, and some of them", body = AudienceCount)))]
pub async fn count(State(api): State<Api>, Caller(actor): Caller, body: Body<CountBody>) -> Answer<AudienceCount> {
    actor.require(Permission::View)?;
    let category = category(body.value.category.as_ref())?;
    let conditions = audiences::read(&api.app, &actor, &body.value.conditions).await?;
    Ok(Json(audiences::count(&api.app, &actor, &conditions, category).await?.into()))
}

/// Of which category.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CountParams {
    /// Who may be sent messages of this category is counted too.
    #[param(example = "marketing")]
    category: Option<String>,
}

/// Count an audience's people
#[utoipa::path(get, path = "/audiences/{id}/count", tag = "Audiences", params(("id" = String, Path, description = "The audience's id"), CountParams),
    responses((status = 200, description = "How many, and some of them", body = AudienceCount)))]
pub async fn count_of(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(id): Key,
    Params(query): Params<CountParams>,
) -> Answer<AudienceCount> {
    actor.require(Permission::View)?;
    let category = category(query.category.as_ref())?;
    Ok(Json(audiences::count_of(&api.app, &actor, &id, category).await?.into()))
}

/// An audience's people
///
/// The first added first. A page may be shorter than its limit and still go on.
#[utoipa::path(get, path = "/audiences/{id}/members", tag = "Audiences", params(("id" = String, Path, description = "The audience's id"), PageParams),
    responses((status = 200, description = "One page", body = List<Contact>)))]
pub async fn members(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(id): Key,
    Params(page): Params<PageParams>,
) -> Answer<List<Contact>> {
    Ok(Json(audiences::members(&api.app, &actor, &id, &page.read()?).await?.into()))
}
