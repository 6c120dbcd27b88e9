//! Contacts: who we hold a number of, what is noted about them, and what happened with them.

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::multipart::Multipart;
use axum::extract::{FromRequest as _, Request, State};
use axum::http::StatusCode;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::ToSchema;

use super::Api;
use super::problem::Problem;
use super::request::{Body, Caller, Key, Params};
use super::shape::{Answer, List, PageParams, given};
use crate::access::{self, Actor, Permission};
use crate::contacts::{self, Contact, ContactFilter, ContactInput, ContactPatch, Created, ImportReport};
use crate::kernel::error::{Error, Result};
use crate::kernel::file_format::FileFormat;
use crate::kernel::page::PageRequest;
use crate::timeline::{self, TimelineItem};

/// Which contacts.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ContactParams {
    /// A number in any spelling, or whole words of a name.
    #[param(example = "Sara")]
    q: Option<String>,
    /// With this tag.
    tag: Option<String>,
    /// Leads of this status: new, contacted, qualified, won or lost.
    status: Option<String>,
    /// How many rows, 1 to 200; 50 when absent.
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Reads a filter by the organisation's settings.
pub(super) async fn filter(
    api: &Api,
    actor: &Actor,
    q: Option<&String>,
    tag: Option<&String>,
    status: Option<&String>,
) -> Result<ContactFilter> {
    actor.require(Permission::View)?;
    let settings = access::settings(&api.app, actor).await?;
    ContactFilter::read(given(q), given(tag), given(status), settings.default_country)
}

/// All contacts
///
/// The last active first; a narrowed list the newest first. Looking for a name needs the right to see personal data.
#[utoipa::path(get, path = "/contacts", tag = "Contacts", params(ContactParams),
    responses((status = 200, description = "One page", body = List<Contact>)))]
pub async fn list(State(api): State<Api>, Caller(actor): Caller, Params(query): Params<ContactParams>) -> Answer<List<Contact>> {
    let filter = filter(&api, &actor, query.q.as_ref(), query.tag.as_ref(), query.status.as_ref()).await?;
    let page = PageRequest::read(query.limit.as_deref(), query.cursor.as_deref())?;
    Ok(Json(contacts::list(&api.app, &actor, &filter, &page).await?.into()))
}

/// New contact
///
/// 409 when there is one with this number: `existing_id` of the problem is its id, and nothing is changed.
#[utoipa::path(post, path = "/contacts", tag = "Contacts",
    request_body(content = ContactInput, example = json!({"phone": "+14155550123", "name": "Sara Ahmadi", "language": "fa", "tags": ["vip"], "attributes": {"city": "Yazd"}, "status": "new"})),
    responses((status = 201, description = "The contact", body = Contact)))]
pub async fn create(
    State(api): State<Api>,
    Caller(actor): Caller,
    body: Body<ContactInput>,
) -> std::result::Result<(StatusCode, Json<Contact>), Problem> {
    match contacts::create(&api.app, &actor, body.value).await? {
        Created::New(contact) => Ok((StatusCode::CREATED, Json(*contact))),
        Created::Exists(id) => {
            let detail = format!("There is a contact with this number: {id}. Change it with PATCH /contacts/{id}.");
            Err(Problem::exists(detail, id))
        }
    }
}

/// One contact
///
/// By the id of a number that was merged, the contact that it was merged into.
#[utoipa::path(get, path = "/contacts/{id}", tag = "Contacts", params(("id" = String, Path, description = "The contact's id")),
    responses((status = 200, description = "The contact", body = Contact)))]
pub async fn get(State(api): State<Api>, Caller(actor): Caller, Key(id): Key) -> Answer<Contact> {
    Ok(Json(contacts::get(&api.app, &actor, &id).await?))
}

/// Change a contact
///
/// What is absent stays, null takes a value away; `attributes` sets those it names, `tags` replaces all. The number is never changed.
#[utoipa::path(patch, path = "/contacts/{id}", tag = "Contacts", params(("id" = String, Path, description = "The contact's id")),
    request_body(content = ContactPatch, example = json!({"status": "won", "attributes": {"city": null, "size": "L"}})),
    responses((status = 200, description = "The contact", body = Contact)))]
pub async fn update(State(api): State<Api>, Caller(actor): Caller, Key(id): Key, body: Body<ContactPatch>) -> Answer<Contact> {
    Ok(Json(contacts::update(&api.app, &actor, &id, &body.value).await?))
}

/// Remove a contact
///
/// Takes away name, attributes, tags, status and purchases, and the contact out of the lists. The number, the consent record and the messages
/// stay. It comes back, without what was noted, when it is made or imported again, and when the person writes or is written to.
#[utoipa::path(delete, path = "/contacts/{id}", tag = "Contacts", params(("id" = String, Path, description = "The contact's id")),
    responses((status = 204, description = "It is gone")))]
pub async fn remove(State(api): State<Api>, Caller(actor): Caller, Key(id): Key) -> std::result::Result<StatusCode, Problem> {
    contacts::remove(&api.app, &actor, &id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// What happened with a contact
///
/// Messages, what the person said about them over all their numbers, and what they bought, the latest first.
#[utoipa::path(get, path = "/contacts/{id}/timeline", tag = "Contacts",
    params(("id" = String, Path, description = "The contact's id"), PageParams),
    responses((status = 200, description = "One page", body = List<TimelineItem>)))]
pub async fn timeline(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(id): Key,
    Params(page): Params<PageParams>,
) -> Answer<List<TimelineItem>> {
    Ok(Json(timeline::of_contact(&api.app, &actor, &id, &page.read()?).await?.into()))
}

/// Which contact is merged.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MergeBody {
    /// The id of the contact whose number becomes another number of this one.
    #[schema(example = "con_0kx1w2v3t4s5r6q7p8n9m0b")]
    other: String,
}

/// Merge two contacts of one person
///
/// The other's number becomes another number of this contact; tags and attributes go over where this one has none of that name, and purchases all.
/// Consent stays each number's own. Cannot be taken back.
#[utoipa::path(post, path = "/contacts/{id}/merge", tag = "Contacts", params(("id" = String, Path, description = "The contact that stays")),
    request_body(content = MergeBody, example = json!({"other": "con_0kx1w2v3t4s5r6q7p8n9m0b"})),
    responses((status = 200, description = "The contact with both numbers", body = Contact)))]
pub async fn merge(State(api): State<Api>, Caller(actor): Caller, Key(id): Key, body: Body<MergeBody>) -> Answer<Contact> {
    Ok(Json(contacts::merge(&api.app, &actor, &id, &body.value.other).await?))
}

/// The form of a file of contacts.
#[derive(Debug, ToSchema)]
#[schema(as = ContactImportForm)]
pub struct ImportForm {
    /// The CSV file: a column `phone`, and any of name, language, time_zone, status, tags; a purchase of the person in purchase_reference,
    /// purchase_amount, purchase_currency, purchase_at, purchase_items; every other column is an attribute.
    #[schema(value_type = String, format = Binary, content_media_type = "text/csv")]
    #[expect(dead_code, reason = "it stands in the document; the file itself is read as it comes")]
    file: Vec<u8>,
}

/// Import contacts
///
/// From a CSV file. Known numbers get what the file says; an empty cell changes nothing, tags are added. Faulty rows are left out and
/// told. Consent is never touched. Repeating it does no harm.
#[utoipa::path(post, path = "/contacts/import", tag = "Contacts",
    request_body(content = ImportForm, content_type = "multipart/form-data", example = json!({"file": "phone,name,tags\n+14155550123,Sara,vip\n"})),
    responses((status = 200, description = "What became of its rows", body = ImportReport)))]
pub async fn import(State(api): State<Api>, Caller(actor): Caller, request: Request) -> Answer<ImportReport> {
    actor.require(Permission::Send)?;
    let mut form = Multipart::from_request(request, &api).await.map_err(|_| Problem::wrong_media_type("multipart/form-data"))?;
    let broken = || Problem::malformed("The form did not arrive whole, or is not multipart/form-data. Send it again.");
    match form.next_field().await.map_err(|_| broken())? {
        Some(part) if part.name() == Some("file") => {
            let name = part.file_name().unwrap_or_default().to_owned();
            Ok(Json(contacts::import(&api.app, &actor, &name, part).await?))
        }
        Some(part) => {
            Err(Error::invalid(part.name().unwrap_or("form"), "unknown_field", "Send the CSV file as the form field file, and no other.")
                .into())
        }
        None => Err(Error::invalid("file", "required", "Send the CSV file as the form field file.").into()),
    }
}

/// Which contacts, and how they are written.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ExportParams {
    /// csv or json; csv when absent.
    format: Option<String>,
    /// A number in any spelling, or whole words of a name.
    q: Option<String>,
    /// With this tag.
    tag: Option<String>,
    /// Leads of this status: new, contacted, qualified, won or lost.
    status: Option<String>,
}

/// Export contacts
///
/// Exactly the filtered list, as CSV that can be imported again or as a JSON array.
#[utoipa::path(get, path = "/contacts/export", tag = "Contacts", params(ExportParams),
    responses((status = 200, description = "CSV in UTF-8, or JSON", content_type = "text/csv", body = String)))]
pub async fn export(
    State(api): State<Api>,
    Caller(actor): Caller,
    Params(query): Params<ExportParams>,
) -> std::result::Result<Response, Problem> {
    let format = FileFormat::parse(given(query.format.as_ref()).unwrap_or("csv"))
        .ok_or_else(|| Error::invalid("format", "unknown", "Write csv or json."))?;
    let filter = filter(&api, &actor, query.q.as_ref(), query.tag.as_ref(), query.status.as_ref()).await?;
    let file = contacts::export(&api.app, &actor, filter, format).await?;
    let name = format.disposition("contacts");
    Ok(([(CONTENT_TYPE, format.media_type().to_owned()), (CONTENT_DISPOSITION, name)], HttpBody::from_stream(file)).into_response())
}
