//! Refusals as RFC 9457 problems: one table from [`Error`] to status, type and title.

use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::kernel::error::{Error, FieldError};

/// How a problem is sent.
pub const MEDIA_TYPE: &str = "application/problem+json";

/// Why a request was not done. It becomes its JSON in [`finish`], where the request's id is known.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    slug: &'static str,
    title: &'static str,
    detail: String,
    errors: Vec<FieldError>,
    retry_after: Option<Duration>,
    existing_id: Option<String>,
    /// For the log only.
    cause: Option<String>,
}

/// The JSON of a refusal.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody<'a> {
    /// A stable relative address that names the kind of problem.
    #[serde(rename = "type")]
    kind: String,
    /// The kind of problem in words.
    title: &'a str,
    /// The HTTP status.
    status: u16,
    /// What is wrong here and how to mend it.
    detail: &'a str,
    /// The refused fields, if the input was at fault.
    errors: Vec<ProblemField<'a>>,
    /// What is there already, where that is the reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    existing_id: Option<&'a str>,
    /// Names this request in our log.
    request_id: &'a str,
}

/// One refused field.
#[derive(Debug, Serialize, ToSchema)]
pub struct ProblemField<'a> {
    /// Its name, with dots into what it contains.
    field: &'a str,
    /// A stable word for programs.
    code: &'a str,
    /// What is wrong and how to mend it.
    detail: &'a str,
}

impl Problem {
    fn new(status: StatusCode, slug: &'static str, title: &'static str, detail: impl Into<String>) -> Self {
        Self { status, slug, title, detail: detail.into(), errors: Vec::new(), retry_after: None, existing_id: None, cause: None }
    }

    /// There is no such address.
    pub fn unknown_route() -> Self {
        Self::new(
            StatusCode::NOT_FOUND,
            "not-found",
            "Not found",
            "There is no such address. The addresses are listed in /api/openapi.json.",
        )
    }

    /// The address does not know the method.
    pub fn wrong_method() -> Self {
        let detail = "This address does not know this method. The Allow header and /api/openapi.json name those that it knows.";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", "Method not allowed", detail)
    }

    /// The body is not JSON.
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", "Malformed request", detail)
    }

    /// The body has another media type.
    pub fn wrong_media_type(wanted: &str) -> Self {
        let detail = format!("Send the body with Content-Type: {wanted}.");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", "Unsupported media type", detail)
    }

    /// The body is larger than the address takes.
    pub fn too_large(limit: usize) -> Self {
        let detail = format!("The body is larger than {} KiB.", limit / 1024);
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too-large", "Body too large", detail)
    }

    /// A webhook that its provider did not sign.
    pub fn forged() -> Self {
        Self::new(StatusCode::FORBIDDEN, "forged", "Forbidden", "This call does not carry the signature of a connection of ours.")
    }

    /// The same request is being worked on.
    pub fn running() -> Self {
        let detail = "A request with this Idempotency-Key is being worked on. Ask again in a moment.";
        let problem = Self::new(StatusCode::CONFLICT, "in-progress", "Being worked on", detail);
        Self { retry_after: Some(Duration::from_secs(1)), ..problem }
    }

    /// There is such a thing already; this is its id.
    pub fn exists(detail: impl Into<String>, id: String) -> Self {
        let problem = Self::new(StatusCode::CONFLICT, "exists", "There already", detail);
        Self { existing_id: Some(id), ..problem }
    }

    /// A fault of ours, with its cause for the log.
    pub fn internal(cause: impl Into<String>) -> Self {
        let detail = "Something went wrong on our side. Nothing was lost; try again, and name the request_id when you report it.";
        let problem = Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Internal error", detail);
        Self { cause: Some(cause.into()), ..problem }
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::Invalid(errors) => {
                let detail = match errors.0.as_slice() {
                    [one] => one.detail.clone(),
                    many => format!("{} fields are faulty; see errors.", many.len()),
                };
                let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", "Invalid input", detail);
                Self { errors: errors.0, ..problem }
            }
            Error::NotFound(_) => Self::new(StatusCode::NOT_FOUND, "not-found", "Not found", detail),
            Error::Denied(_) => Self::new(StatusCode::FORBIDDEN, "denied", "Not allowed", detail),
            Error::Unauthenticated => {
                let detail = "Send a valid API key: Authorization: Bearer KEY.";
                Self::new(StatusCode::UNAUTHORIZED, "unauthenticated", "Not signed in", detail)
            }
            Error::Conflict(_) => Self::new(StatusCode::CONFLICT, "conflict", "Not possible now", detail),
            Error::Busy { retry_after } => {
                let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Busy", detail);
                Self { retry_after: Some(retry_after), ..problem }
            }
            Error::Internal(cause) => Self::internal(causes(cause.as_ref())),
        }
    }
}

/// An error with what caused it, for the log.
fn causes(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut deeper = error.source();
    while let Some(cause) = deeper {
        text = format!("{text}: {cause}");
        deeper = cause.source();
    }
    text
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// Writes the body of a refused request, which needs the request's id; others pass unchanged.
pub fn finish(mut response: Response, request_id: &str) -> Response {
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    if let Some(cause) = &problem.cause {
        tracing::error!(request_id, cause, "a request failed");
    }
    let body = ProblemBody {
        kind: format!("/problems/{}", problem.slug),
        title: problem.title,
        status: problem.status.as_u16(),
        detail: &problem.detail,
        errors: problem.errors.iter().map(|e| ProblemField { field: &e.field, code: &e.code, detail: &e.detail }).collect(),
        existing_id: problem.existing_id.as_deref(),
        request_id,
    };
    let json = serde_json::to_vec(&body).expect("a problem is made of texts and numbers");
    let mut headers: HeaderMap = std::mem::take(response.headers_mut());
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
    if let Some(wait) = problem.retry_after {
        headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs().max(1)));
    }
    if problem.status == StatusCode::UNAUTHORIZED {
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    }
    (problem.status, headers, json).into_response()
}
