//! `/contacts.csv` and `/contacts.json`: the contacts of a search as a file.

use std::collections::HashMap;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Query, Request};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::Search;
use crate::contacts;
use crate::kernel::error::Result;
use crate::kernel::file_format::FileFormat;
use crate::web::failure::Failure;
use crate::web::page::Desk;
use crate::web::render;
use crate::web::visit::Visit;

/// What the address asks for.
type Asked = Query<HashMap<String, String>>;

/// Answers with a CSV file.
pub async fn csv(Extension(visit): Extension<Visit>, asked: Asked, request: Request) -> Response {
    download(visit, asked, request, FileFormat::Csv).await
}

/// Answers with a JSON file.
pub async fn json(Extension(visit): Extension<Visit>, asked: Asked, request: Request) -> Response {
    download(visit, asked, request, FileFormat::Json).await
}

async fn download(visit: Visit, Query(asked): Asked, request: Request, format: FileFormat) -> Response {
    match start(&visit, &asked, format).await {
        Ok(body) => {
            let name = format.disposition("contacts");
            ([(header::CONTENT_TYPE, format.media_type().to_owned()), (header::CONTENT_DISPOSITION, name)], body).into_response()
        }
        Err(error) => render::failure(visit, Failure::of(error), request).await,
    }
}

async fn start(visit: &Visit, asked: &HashMap<String, String>, format: FileFormat) -> Result<Body> {
    let desk = Desk::of(visit)?;
    let given = |name: &str| asked.get(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
    let filter = Search::read(given, &desk)?.into_result()?;
    Ok(Body::from_stream(contacts::export(&desk.app, desk.actor(), filter, format).await?))
}
