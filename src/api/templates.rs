//! Templates: text with placeholders, in languages and versions.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::problem::Problem;
use super::request::{Body, Caller, Key, OptionalBody, Params};
use super::shape::{Answer, List, PageParams, given};
use crate::kernel::category::Category;
use crate::kernel::error::FieldErrors;
use crate::kernel::page::PageRequest;
use crate::messages;
use crate::templates::{
    self, Publishing, ReviewStatus, Seen, TemplateFilter, TemplateInput, TemplatePreviewInput, TemplateStatus, TemplateView, TextPreview,
    Verdict, VersionView,
};
use crate::uses::{self, Breakage, Uses};

/// Which templates.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListParams {
    /// draft, published or archived; without it all but archived ones.
    status: Option<String>,
    /// Of this category.
    category: Option<String>,
    /// waiting or rejected: those whose draft waits for approval, or was refused it.
    review: Option<String>,
    /// With these words in name, code or description.
    search: Option<String>,
    /// How many rows, 1 to 200; 50 when absent.
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// All templates
///
/// Newest first.
#[utoipa::path(get, path = "/sms/templates", tag = "Templates", params(ListParams),
    responses((status = 200, description = "One page", body = List<TemplateView>)))]
pub async fn list(State(api): State<Api>, Caller(actor): Caller, Params(query): Params<ListParams>) -> Answer<List<TemplateView>> {
    let mut errors = FieldErrors::new();
    let filter = TemplateFilter {
        status: given(query.status.as_ref()).and_then(|text| {
            let status = TemplateStatus::parse(text);
            if status.is_none() {
                errors.add("status", "unknown", "Write draft, published or archived.");
            }
            status
        }),
        category: given(query.category.as_ref()).and_then(|text| {
            let category = Category::parse(text);
            if category.is_none() {
                errors.add("category", "unknown", "Write a category such as order.");
            }
            category
        }),
        review: given(query.review.as_ref()).and_then(|text| {
            let review = ReviewStatus::parse(text);
            if review.is_none() {
                errors.add("review", "unknown", "Write waiting or rejected.");
            }
            review
        }),
        search: given(query.search.as_ref()).map(str::to_owned),
    };
    errors.into_result()?;
    let page = PageRequest::read(query.limit.as_deref(), query.cursor.as_deref())?;
    Ok(Json(templates::list(&api.app, &actor, &filter, &page).await?.into()))
}

/// New template
///
/// Writes a draft; nothing is sent with it before it is published. Placeholders are found in the text when they are not given.
#[utoipa::path(post, path = "/sms/templates", tag = "Templates",
    request_body(content = TemplateInput, example = json!({"name": "Order confirmed", "category": "order", "texts": {"en": "Hi {{ name }}, order {{ order.number }} is confirmed."}})),
    responses((status = 201, description = "The draft", body = TemplateView)))]
pub async fn create(
    State(api): State<Api>,
    Caller(actor): Caller,
    body: Body<TemplateInput>,
) -> Result<(StatusCode, Json<TemplateView>), Problem> {
    Ok((StatusCode::CREATED, Json(templates::create(&api.app, &actor, body.value).await?)))
}

/// One template
#[utoipa::path(get, path = "/sms/templates/{id}", tag = "Templates", params(("id" = String, Path, description = "Id or code")),
    responses((status = 200, description = "The template", body = TemplateView)))]
pub async fn get(State(api): State<Api>, Caller(actor): Caller, Key(id): Key) -> Answer<TemplateView> {
    Ok(Json(templates::get(&api.app, &actor, &id).await?))
}

/// Change the draft
///
/// What is absent stays. The published version goes on being sent until the draft is published.
#[utoipa::path(put, path = "/sms/templates/{id}", tag = "Templates", params(("id" = String, Path, description = "Id or code")),
    request_body(content = TemplateInput, example = json!({"texts": {"en": "Hi {{ name }}!", "fa": "سلام {{ name }}!"}})),
    responses((status = 200, description = "The template", body = TemplateView)))]
pub async fn update(State(api): State<Api>, Caller(actor): Caller, Key(id): Key, body: Body<TemplateInput>) -> Answer<TemplateView> {
    Ok(Json(templates::update(&api.app, &actor, &id, body.value).await?))
}

/// A template that was put away, and what still goes out with it.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArchivedTemplate {
    /// The template.
    #[serde(flatten)]
    template: TemplateView,
    /// What still uses it, each by name.
    #[schema(example = json!(["the campaign “June” (paused)", "12 messages that wait"]))]
    used_by: Vec<String>,
}

/// Put away
///
/// Nothing new can be sent with it; what uses it already goes on, and is named in `used_by`.
#[utoipa::path(delete, path = "/sms/templates/{id}", tag = "Templates", params(("id" = String, Path, description = "Id or code")),
    responses((status = 200, description = "The archived template", body = ArchivedTemplate)))]
pub async fn archive(State(api): State<Api>, Caller(actor): Caller, Key(id): Key) -> Answer<ArchivedTemplate> {
    let (template, uses) = uses::archive(&api.app, &actor, &id).await?;
    Ok(Json(ArchivedTemplate { template, used_by: uses.names() }))
}

/// Where it is used
///
/// Campaigns that are not over, uploads that were not sent yet, messages that wait; and in `warnings` what publishing the draft
/// would break, with the names of whom it reaches.
#[utoipa::path(get, path = "/sms/templates/{id}/uses", tag = "Templates", params(("id" = String, Path, description = "Id or code")),
    responses((status = 200, description = "What uses it", body = Uses)))]
pub async fn uses_of(State(api): State<Api>, Caller(actor): Caller, Key(id): Key) -> Answer<Uses> {
    Ok(Json(uses::of_template(&api.app, &actor, &id).await?))
}

/// What a phone would show.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = TemplatePreview)]
pub struct Preview {
    /// The text and its measures.
    #[serde(flatten)]
    text: TextPreview,
    /// The language of the text.
    #[schema(example = "en")]
    language: String,
    /// Whether the text could be sent as it is.
    would_send: bool,
    /// What stands against it.
    reasons: Vec<String>,
}

/// Preview
///
/// The draft, or a version, with values; sends nothing.
#[utoipa::path(post, path = "/sms/templates/{id}/preview", tag = "Templates", params(("id" = String, Path, description = "Id or code")),
    request_body(content = TemplatePreviewInput, example = json!({"variables": {"name": "Sara", "order.number": "A-1042"}, "language": "en"})),
    responses((status = 200, description = "As a phone would show it", body = Preview)))]
pub async fn preview(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(id): Key,
    body: OptionalBody<TemplatePreviewInput>,
) -> Answer<Preview> {
    let shown = uses::preview(&api.app, &actor, &id, &body.value).await?;
    let reasons: Vec<String> = messages::unsendable(&shown.text.text).into_iter().collect();
    Ok(Json(Preview { would_send: reasons.is_empty(), reasons, language: shown.language.as_str().to_owned(), text: shown.text }))
}

/// Versions
///
/// Newest first. Versions never change.
#[utoipa::path(get, path = "/sms/templates/{id}/versions", tag = "Templates",
    params(("id" = String, Path, description = "Id or code"), PageParams),
    responses((status = 200, description = "One page", body = List<VersionView>)))]
pub async fn versions(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(id): Key,
    Params(page): Params<PageParams>,
) -> Answer<List<VersionView>> {
    Ok(Json(templates::versions(&api.app, &actor, &id, &page.read()?).await?.into()))
}

/// Why it is published.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PublishBody {
    /// A note for colleagues.
    #[serde(default)]
    #[schema(example = "Shorter greeting")]
    note: Option<String>,
    /// The `updated_at` of the template that was looked at: 409 when somebody saved since.
    #[serde(default)]
    #[schema(format = DateTime)]
    expected_updated_at: Option<String>,
}

/// A version that was just published, and what that changes for others.
#[derive(Debug, Serialize, ToSchema)]
pub struct PublishedVersion {
    /// The version.
    #[serde(flatten)]
    version: VersionView,
    /// What it breaks, with the names of whom it reaches.
    warnings: Vec<Breakage>,
}

/// Publish
///
/// The draft becomes the next version, and messages use it from now on: 200. Where the organisation wants a second person's
/// approval of marketing (the setting `template_approval`), the draft waits instead: 202 with the template, whose
/// `review.status` is `waiting`. Asking again while it waits changes nothing.
#[utoipa::path(post, path = "/sms/templates/{id}/publish", tag = "Templates", params(("id" = String, Path, description = "Id or code")),
    request_body(content = PublishBody, example = json!({"note": "Shorter greeting"})),
    responses((status = 200, description = "The version", body = PublishedVersion),
        (status = 202, description = "The template, which waits for approval", body = TemplateView)))]
pub async fn publish(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(id): Key,
    body: OptionalBody<PublishBody>,
) -> Result<Response, Problem> {
    let seen = Seen { template: &id, updated_at: body.value.expected_updated_at.as_deref() };
    let (done, warnings) = uses::publish(&api.app, &actor, seen, body.value.note.as_deref()).await?;
    Ok(match done {
        Publishing::Live(version) => Json(PublishedVersion { version, warnings }).into_response(),
        Publishing::Waiting(template) => (StatusCode::ACCEPTED, Json(*template)).into_response(),
    })
}

/// The answer to a request for approval.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VerdictBody {
    /// A word about it; a rejection needs one.
    #[serde(default)]
    #[schema(example = "The price is of last year")]
    note: Option<String>,
    /// The `updated_at` of the template that was looked at: 409 when somebody saved since.
    #[serde(default)]
    expected_updated_at: Option<String>,
}

impl From<VerdictBody> for Verdict {
    fn from(body: VerdictBody) -> Self {
        Self { note: body.note, expected_updated_at: body.expected_updated_at }
    }
}

/// Approve
///
/// Publishes a draft that waits for approval. 409 for whoever wrote in it or asked; a key counts as the person who made it.
#[utoipa::path(post, path = "/sms/templates/{id}/approve", tag = "Templates", params(("id" = String, Path, description = "Id or code")),
    request_body(content = VerdictBody, example = json!({"note": "Good"})),
    responses((status = 200, description = "The version", body = VersionView)))]
pub async fn approve(State(api): State<Api>, Caller(actor): Caller, Key(id): Key, body: OptionalBody<VerdictBody>) -> Answer<VersionView> {
    Ok(Json(templates::approve(&api.app, &actor, &id, &body.value.into()).await?))
}

/// Reject
///
/// Sends a draft that waits for approval back to its author, with a note.
#[utoipa::path(post, path = "/sms/templates/{id}/reject", tag = "Templates", params(("id" = String, Path, description = "Id or code")),
    request_body(content = VerdictBody, example = json!({"note": "The price is of last year"})),
    responses((status = 200, description = "The template, whose review was rejected", body = TemplateView)))]
pub async fn reject(State(api): State<Api>, Caller(actor): Caller, Key(id): Key, body: Body<VerdictBody>) -> Answer<TemplateView> {
    Ok(Json(templates::reject(&api.app, &actor, &id, &body.value.into()).await?))
}

/// Copy
///
/// Makes a new template of this one's draft, with a code of its own.
#[utoipa::path(post, path = "/sms/templates/{id}/copy", tag = "Templates", params(("id" = String, Path, description = "Id or code")),
    responses((status = 201, description = "The copy, a draft", body = TemplateView)))]
pub async fn copy(State(api): State<Api>, Caller(actor): Caller, Key(id): Key) -> Result<(StatusCode, Json<TemplateView>), Problem> {
    Ok((StatusCode::CREATED, Json(templates::copy(&api.app, &actor, &id).await?)))
}

/// Take back
///
/// Takes a template back from the archive.
#[utoipa::path(post, path = "/sms/templates/{id}/unarchive", tag = "Templates", params(("id" = String, Path, description = "Id or code")),
    responses((status = 200, description = "The template", body = TemplateView)))]
pub async fn unarchive(State(api): State<Api>, Caller(actor): Caller, Key(id): Key) -> Answer<TemplateView> {
    Ok(Json(templates::unarchive(&api.app, &actor, &id).await?))
}

/// What differs.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DiffParams {
    /// A version, or `draft`; the version before `to` when absent.
    from: Option<String>,
    /// A version, or `draft`; the draft when absent, or the newest version of a template without one.
    to: Option<String>,
}

/// Compare
///
/// Word by word, each language whose text differs, and each placeholder whose default or kind does. Kept and removed pieces joined are the old text, kept and added ones the new.
#[utoipa::path(get, path = "/sms/templates/{id}/diff", tag = "Templates",
    params(("id" = String, Path, description = "Id or code"), DiffParams),
    responses((status = 200, description = "What differs", body = templates::Comparison)))]
pub async fn diff(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(id): Key,
    Params(query): Params<DiffParams>,
) -> Answer<templates::Comparison> {
    let (from, to) = (given(query.from.as_ref()), given(query.to.as_ref()));
    Ok(Json(templates::compare(&api.app, &actor, &id, from, to).await?))
}

/// Which version.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RestoreBody {
    /// Its number.
    #[schema(example = 1)]
    version: i64,
    /// The `updated_at` of the template that was looked at: 409 when somebody saved since.
    #[serde(default)]
    #[schema(format = DateTime)]
    expected_updated_at: Option<String>,
}

/// Restore
///
/// Writes the text of a version into the draft.
#[utoipa::path(post, path = "/sms/templates/{id}/restore", tag = "Templates", params(("id" = String, Path, description = "Id or code")),
    request_body(content = RestoreBody, example = json!({"version": 1})),
    responses((status = 200, description = "The template with its new draft", body = TemplateView)))]
pub async fn restore(State(api): State<Api>, Caller(actor): Caller, Key(id): Key, body: Body<RestoreBody>) -> Answer<TemplateView> {
    let seen = Seen { template: &id, updated_at: body.value.expected_updated_at.as_deref() };
    Ok(Json(templates::restore(&api.app, &actor, seen, body.value.version).await?))
}
