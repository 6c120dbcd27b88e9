//! `/history.csv`: the messages of a search as a file, written while they are read.

use std::collections::HashMap;
use std::sync::Arc;

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Query, Request};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use futures::stream;

use super::search::Search;
use super::table::{campaign_names, reason};
use crate::access::{Actor, Permission};
use crate::app::App;
use crate::contacts::csv::CsvWriter;
use crate::kernel::clock::{Millis, rfc3339};
use crate::kernel::error::Result;
use crate::kernel::page::{MOST, PageRequest};
use crate::messages::{self, Filter, Message};
use crate::web::failure::Failure;
use crate::web::page::Desk;
use crate::web::render;
use crate::web::visit::Visit;

const COLUMNS: [&str; 19] = [
    "id",
    "accepted",
    "to",
    "status",
    "reason",
    "category",
    "country",
    "campaign",
    "template",
    "template_version",
    "provider",
    "segments",
    "encoding",
    "cost",
    "estimated_cost",
    "currency",
    "sent",
    "delivered",
    "reference",
];

/// What the file is called.
const FILE: &str = "messages.csv";

/// Answers with the file, and notes who took it. Numbers are masked for those who may not see them.
pub async fn download(Extension(visit): Extension<Visit>, Query(asked): Query<HashMap<String, String>>, request: Request) -> Response {
    match start(&visit, &asked).await {
        Ok(file) => {
            let body = Body::from_stream(stream::try_unfold(file, next_page));
            let headers = [
                (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
                (header::CONTENT_DISPOSITION, format!(r#"attachment; filename="{FILE}""#)),
            ];
            (headers, body).into_response()
        }
        Err(error) => render::failure(visit, Failure::of(error), request).await,
    }
}

/// A file in the making.
struct Export {
    app: Arc<App>,
    actor: Actor,
    filter: Filter,
    writer: CsvWriter,
    /// Where the next page begins; `None` behind the last.
    next: Option<PageRequest>,
}

async fn start(visit: &Visit, asked: &HashMap<String, String>) -> Result<Export> {
    let desk = Desk::of(visit)?;
    desk.actor().require(Permission::View)?;
    let given = |name: &str| asked.get(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
    let search = Search::read(given, desk.settings());
    search.errors.into_result()?;
    messages::note_export(&desk.app, desk.actor(), &search.filter, FILE).await?;
    Ok(Export {
        actor: desk.actor().clone(),
        app: desk.app,
        filter: search.filter,
        writer: CsvWriter::new(COLUMNS),
        next: Some(PageRequest { limit: MOST, cursor: None }),
    })
}

async fn next_page(mut file: Export) -> Result<Option<(Bytes, Export)>> {
    let Some(request) = file.next.take() else { return Ok(None) };
    let page = messages::list(&file.app, &file.actor, &file.filter, &request).await?;
    let names = campaign_names(&file.app, &file.actor, &page.items).await?;
    for message in page.items {
        let campaign = message.campaign.as_ref().and_then(|id| names.get(id)).cloned();
        file.writer.row(cells(message, campaign));
    }
    if let Some(cursor) = page.next {
        file.next = Some(PageRequest::read(Some(&MOST.to_string()), Some(&cursor))?);
    }
    Ok(Some((Bytes::from(file.writer.take()), file)))
}

fn cells(message: Message, campaign: Option<String>) -> [String; 19] {
    let time = |at: Option<Millis>| at.map(rfc3339).unwrap_or_default();
    let why = reason(&message).unwrap_or_default();
    [
        message.id,
        rfc3339(message.created_at),
        message.to,
        message.status.as_str().to_owned(),
        why,
        message.category,
        message.country,
        campaign.or(message.campaign).unwrap_or_default(),
        message.template.unwrap_or_default(),
        message.template_version.map(|v| v.to_string()).unwrap_or_default(),
        message.connection.unwrap_or_default(),
        message.segments.to_string(),
        message.encoding,
        message.cost.map(|c| c.amount).unwrap_or_default(),
        message.estimated_cost.amount,
        message.estimated_cost.currency,
        time(message.sent_at),
        time(message.delivered_at),
        message.reference.unwrap_or_default(),
    ]
}
