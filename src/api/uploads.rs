//! Uploads: a CSV file in, a review and a campaign out.

use axum::Json;
use axum::body::Body as HttpBody;
use axum::extract::multipart::{Field, Multipart};
use axum::extract::{FromRequest as _, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use futures::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::Api;
use super::once::{self, once};
use super::problem::Problem;
use super::request::{Caller, Key, Params};
use super::shape::{Answer, List, given};
use super::words::Words;
use crate::access::{Actor, Permission};
use crate::campaigns::{self, BulkAnswer, BulkRequest};
use crate::contacts::csv::StoredMapping;
use crate::kernel::clock::rfc3339;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::UploadId;
use crate::kernel::page::PageRequest;
use crate::uploads::{self, Code};

/// The largest form field beside the file, in bytes.
const FIELD_LIMIT: usize = 64 * 1024;

/// A CSV file that was uploaded, and what became of its rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct Upload {
    /// Its id.
    id: String,
    /// Its name on the uploader's machine.
    file_name: String,
    /// receiving, received, checking, checked or used.
    #[schema(example = "checked")]
    status: &'static str,
    /// Why the last check could not be done.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    /// Rows of data: the sum of the four below once it is checked.
    rows: u64,
    /// Rows that get a message.
    to_send: u64,
    /// Rows with a problem.
    rejected: u64,
    /// Rows whose number stands in an earlier row.
    repeated: u64,
    /// Rows of people who opted out or never agreed to this category.
    opted_out: u64,
    /// When it came.
    #[schema(format = DateTime)]
    created_at: String,
    /// Its first rejected rows, at most 50.
    errors: Vec<UploadProblem>,
}

/// One rejected row.
#[derive(Debug, Serialize, ToSchema)]
pub struct UploadProblem {
    /// Its number in a spreadsheet; the header is row 1.
    row: u64,
    /// The column that is at fault; empty for the whole row.
    column: String,
    /// What stands there.
    value: String,
    /// A stable word.
    #[schema(example = "too_short")]
    code: &'static str,
    /// What is wrong.
    detail: String,
    /// What to do about it.
    fix: String,
}

impl From<uploads::UploadError> for UploadProblem {
    fn from(e: uploads::UploadError) -> Self {
        Self { row: e.row, column: e.column, value: e.value, code: e.code, detail: e.detail, fix: e.fix }
    }
}

impl Upload {
    fn of(upload: &uploads::Upload, errors: Vec<uploads::UploadError>) -> Self {
        let counts = &upload.counts;
        Self {
            id: upload.id.as_str().to_owned(),
            file_name: upload.file_name.clone(),
            status: upload.status.as_str(),
            problem: upload.problem.clone(),
            rows: counts.rows,
            to_send: counts.to_send,
            rejected: counts.rejected,
            repeated: counts.repeated,
            opted_out: counts.opted_out,
            created_at: rfc3339(upload.created_at),
            errors: errors.into_iter().map(UploadProblem::from).collect(),
        }
    }
}

/// The campaign of an upload.
#[derive(Debug, Serialize, ToSchema)]
pub struct UploadCampaign {
    /// Its id.
    id: String,
    /// draft until it is launched.
    #[schema(example = "sending")]
    status: &'static str,
}

/// What became of a file.
#[derive(Debug, Serialize, ToSchema)]
pub struct BulkResult {
    /// The checked upload.
    upload: Upload,
    /// The campaign; null when no row can be sent to.
    campaign: Option<UploadCampaign>,
}

impl From<BulkAnswer> for BulkResult {
    fn from(answer: BulkAnswer) -> Self {
        let campaign = answer.campaign.map(|c| UploadCampaign { id: c.id.as_str().to_owned(), status: c.status.as_str() });
        Self { upload: Upload::of(&answer.upload, answer.errors), campaign }
    }
}

/// The form of a file.
#[derive(Debug, ToSchema)]
#[schema(as = BulkForm)]
pub struct BulkForm {
    /// The CSV file.
    #[schema(value_type = String, format = Binary, content_media_type = "text/csv")]
    file: Option<Received>,
    /// A text with placeholders. Either this or `template`.
    text: Option<String>,
    /// A template's id or code.
    template: Option<String>,
    /// The campaign's name; the file's when absent.
    name: Option<String>,
    /// What it is about; that of the template when absent. A text of your own needs one.
    category: Option<String>,
    /// The language of rows that name none.
    language: Option<String>,
    /// JSON: column → placeholder or `phone`; guessed when absent.
    #[schema(example = "{\"Mobile\":\"phone\"}")]
    mapping: Option<String>,
    /// `true` sends at once; else the campaign is a draft.
    #[schema(example = "true")]
    launch: Option<String>,
}

/// A file that was stored while the form came in.
#[derive(Debug)]
struct Received {
    id: UploadId,
    name: String,
    sha256: [u8; 32],
}

/// Send a file
///
/// Receives and checks a CSV file and makes a campaign of it: a draft, or with `launch=true` one that is sent at once.
#[utoipa::path(post, path = "/sms/bulk", tag = "Uploads",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated call harmless")),
    request_body(content = BulkForm, content_type = "multipart/form-data", example = json!({"text": "Hi {{ name }}, your order is ready.", "category": "order", "launch": "true"})),
    responses((status = 201, description = "The upload and its campaign", body = BulkResult)))]
pub async fn bulk(
    State(api): State<Api>,
    Caller(actor): Caller,
    headers: HeaderMap,
    request: Request,
) -> std::result::Result<Response, Problem> {
    actor.require(Permission::Send)?;
    let mut parts = Multipart::from_request(request, &api).await.map_err(|_| Problem::wrong_media_type("multipart/form-data"))?;
    let mut form =
        BulkForm { file: None, text: None, template: None, name: None, category: None, language: None, mapping: None, launch: None };
    let read = form.read(&api, &actor, &mut parts).await;
    let Some(file) = form.file.take() else {
        read?;
        return Err(Error::invalid("file", "required", "Send the CSV file as the form field file.").into());
    };
    let begun = match read {
        Ok(()) => form.request(&file).and_then(|request| Ok((once::call(&actor, "bulk", &headers, &form.fingerprint(&file))?, request))),
        Err(problem) => {
            uploads::discard(&api.app, &actor, &file.id).await?;
            return Err(problem);
        }
    };
    let (call, request) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            uploads::discard(&api.app, &actor, &file.id).await?;
            return Err(error.into());
        }
    };
    let mut worked = false;
    let work = async {
        worked = true;
        campaigns::bulk_received(&api.app, &actor, &file.id, &request).await.map(BulkResult::from)
    };
    let answer = once(&api.app, call, StatusCode::CREATED, work).await;
    if !worked {
        // The answer is an earlier one, or a refusal: this copy of the file is not needed.
        uploads::discard(&api.app, &actor, &file.id).await?;
    }
    answer
}

impl BulkForm {
    /// Reads the form; the file is stored as it comes.
    async fn read(&mut self, api: &Api, actor: &Actor, parts: &mut Multipart) -> std::result::Result<(), Problem> {
        while let Some(mut part) = parts.next_field().await.map_err(|_| broken())? {
            let name = part.name().unwrap_or_default().to_owned();
            if name == "file" {
                if self.file.is_some() {
                    return Err(twice(&name).into());
                }
                let file_name = part.file_name().filter(|n| !n.is_empty()).unwrap_or("upload.csv").to_owned();
                let mut hash = Sha256::new();
                let body = part.inspect_ok(|chunk| hash.update(chunk));
                let upload = uploads::receive(&api.app, actor, &file_name, body).await?;
                self.file = Some(Received { id: upload.id, name: file_name, sha256: hash.finalize().into() });
                continue;
            }
            let slot = match name.as_str() {
                "text" => &mut self.text,
                "template" => &mut self.template,
                "name" => &mut self.name,
                "category" => &mut self.category,
                "language" => &mut self.language,
                "mapping" => &mut self.mapping,
                "launch" => &mut self.launch,
                _ => return Err(Error::invalid(&name, "unknown_field", "There is no such form field.").into()),
            };
            if slot.is_some() {
                return Err(twice(&name).into());
            }
            *slot = Some(text_of(&name, &mut part).await?);
        }
        Ok(())
    }

    /// What is to be done with the file.
    fn request(&self, file: &Received) -> Result<BulkRequest> {
        let words = Words {
            text: self.text.clone(),
            template: self.template.clone(),
            category: self.category.clone(),
            language: self.language.clone(),
        };
        let message = words.read()?.ok_or_else(|| Error::invalid("text", "required", "Give either a text or a template."))?;
        let mapping = given(self.mapping.as_ref()).map(StoredMapping::parse).transpose();
        let mapping = mapping.map_err(|why| Error::invalid("mapping", why.code(), why.to_string()))?;
        let launch = match given(self.launch.as_ref()) {
            None | Some("false" | "0") => false,
            Some("true" | "1") => true,
            Some(_) => return Err(Error::invalid("launch", "not_a_truth_value", "Write true or false.")),
        };
        let name = self.name.clone().unwrap_or_default();
        Ok(BulkRequest { file_name: file.name.clone(), message, name, mapping, launch })
    }

    /// Equal for equal forms.
    fn fingerprint(&self, file: &Received) -> Vec<u8> {
        let fields = [&self.text, &self.template, &self.name, &self.category, &self.language, &self.mapping, &self.launch];
        let mut bytes = serde_json::to_vec(&fields).expect("texts are JSON");
        bytes.extend(file.sha256);
        bytes
    }
}

fn twice(name: &str) -> Error {
    Error::invalid(name, "duplicate", "This field is given twice. Give it once.")
}

fn broken() -> Problem {
    Problem::malformed("The form did not arrive whole, or is not multipart/form-data. Send it again.")
}

async fn text_of(name: &str, part: &mut Field<'_>) -> std::result::Result<String, Problem> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(|_| broken())? {
        bytes.extend_from_slice(&chunk);
        if bytes.len() > FIELD_LIMIT {
            return Err(Error::invalid(name, "too_long", "This field is too long.").into());
        }
    }
    String::from_utf8(bytes).map_err(|_| Error::invalid(name, "not_utf8", "Write this field in UTF-8.").into())
}

fn id(text: &str) -> Result<UploadId> {
    UploadId::parse(text).ok_or(Error::NotFound("upload"))
}

/// One upload
///
/// With its counts and its first problems.
#[utoipa::path(get, path = "/sms/uploads/{id}", tag = "Uploads", params(("id" = String, Path, description = "The upload's id")),
    responses((status = 200, description = "The upload", body = Upload)))]
pub async fn get(State(api): State<Api>, Caller(actor): Caller, Key(key): Key) -> Answer<Upload> {
    let id = id(&key)?;
    let upload = uploads::get(&api.app, &actor, &id).await?;
    let errors = uploads::errors(&api.app, &actor, &id, None, &PageRequest::default()).await?;
    Ok(Json(Upload::of(&upload, errors.items)))
}

/// Which problems.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ErrorParams {
    /// Only problems of this kind, such as too_short.
    code: Option<String>,
    /// How many rows, 1 to 200; 50 when absent.
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// Its rejected rows
///
/// In the order of the file.
#[utoipa::path(get, path = "/sms/uploads/{id}/errors", tag = "Uploads",
    params(("id" = String, Path, description = "The upload's id"), ErrorParams),
    responses((status = 200, description = "One page", body = List<UploadProblem>)))]
pub async fn errors(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(key): Key,
    Params(query): Params<ErrorParams>,
) -> Answer<List<UploadProblem>> {
    let code = given(query.code.as_ref())
        .map(|word| Code::parse(word).ok_or_else(|| Error::invalid("code", "unknown", "There is no such problem code.")))
        .transpose()?;
    let page = PageRequest::read(query.limit.as_deref(), query.cursor.as_deref())?;
    let found = uploads::errors(&api.app, &actor, &id(&key)?, code, &page).await?;
    Ok(Json(found.map(UploadProblem::from).into()))
}

/// Its rejected rows as a file
///
/// The file's own columns, then row, problem and remedy: mend it and send it again.
#[utoipa::path(get, path = "/sms/uploads/{id}/rejected.csv", tag = "Uploads", params(("id" = String, Path, description = "The upload's id")),
    responses((status = 200, description = "CSV in UTF-8", content_type = "text/csv", body = String)))]
pub async fn rejected(State(api): State<Api>, Caller(actor): Caller, Key(key): Key) -> std::result::Result<Response, Problem> {
    let rows = uploads::rejected_csv(&api.app, &actor, &id(&key)?).await?;
    let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"rejected.csv\"")];
    Ok((headers, HttpBody::from_stream(rows)).into_response())
}
