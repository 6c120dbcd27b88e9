//! `/consent-evidence.csv` and `/consent-evidence.json`: the ledger of one person or of everybody as a file.

use std::collections::HashMap;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Query, Request};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::failure::Failure;
use super::page::Desk;
use super::render;
use super::visit::Visit;
use crate::consent::{self, Whose};
use crate::kernel::file_format::FileFormat;

type Asked = Query<HashMap<String, String>>;

/// Where the file of a contact, or of everybody, is found; `format` is `csv` or `json`.
pub fn address(contact: Option<&str>, format: &str) -> String {
    let about = contact.map(|id| format!("?contact={id}")).unwrap_or_default();
    format!("/consent-evidence.{format}{about}")
}

/// Answers with a CSV file.
pub async fn csv(Extension(visit): Extension<Visit>, asked: Asked, request: Request) -> Response {
    download(visit, asked, request, FileFormat::Csv).await
}

/// Answers with a JSON file.
pub async fn json(Extension(visit): Extension<Visit>, asked: Asked, request: Request) -> Response {
    download(visit, asked, request, FileFormat::Json).await
}

async fn download(visit: Visit, Query(asked): Asked, request: Request, format: FileFormat) -> Response {
    let started = async {
        let desk = Desk::of(&visit)?;
        let whose = asked.get("contact").map_or(Whose::All, |id| Whose::Contact(id));
        consent::evidence(&desk.app, desk.actor(), whose, format).await
    };
    match started.await {
        Ok(bytes) => {
            let name = format.disposition("consent-evidence");
            let headers = [(header::CONTENT_TYPE, format.media_type().to_owned()), (header::CONTENT_DISPOSITION, name)];
            (headers, Body::from_stream(bytes)).into_response()
        }
        Err(error) => render::failure(visit, Failure::of(error), request).await,
    }
}
