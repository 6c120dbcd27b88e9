//! `/people/{id}/person.json` and `.csv`: everything about one person as a file.

use axum::Extension;
use axum::body::Body;
use axum::extract::{Path, Request};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use crate::kernel::error::Error;
use crate::kernel::file_format::FileFormat;
use crate::privacy;
use crate::web::failure::Failure;
use crate::web::page::Desk;
use crate::web::render;
use crate::web::visit::Visit;

/// Answers with the file.
pub async fn download(Extension(visit): Extension<Visit>, Path((id, file)): Path<(String, String)>, request: Request) -> Response {
    let started = async {
        let format = file.strip_prefix("person.").and_then(FileFormat::parse).ok_or(Error::NotFound("page"))?;
        let desk = Desk::of(&visit)?;
        Ok::<_, Error>((format, privacy::export(&desk.app, desk.actor(), &id, format).await?))
    };
    match started.await {
        Ok((format, bytes)) => {
            let name = format.disposition("person");
            let headers = [(header::CONTENT_TYPE, format.media_type().to_owned()), (header::CONTENT_DISPOSITION, name)];
            (headers, Body::from_stream(bytes)).into_response()
        }
        Err(error) => render::failure(visit, Failure::of(error), request).await,
    }
}
