//! `/costs.csv`: the table of the costs page as a file.

use std::collections::HashMap;

use axum::Extension;
use axum::extract::{Query, Request};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};

use super::groups;
use crate::contacts::csv::CsvWriter;
use crate::costs::{self, GroupBy};
use crate::kernel::error::Result;
use crate::kernel::money::decimal;
use crate::web::failure::Failure;
use crate::web::page::Desk;
use crate::web::period::Asked;
use crate::web::render;
use crate::web::visit::Visit;

/// Answers with the file.
pub async fn download(Extension(visit): Extension<Visit>, Query(query): Query<HashMap<String, String>>, request: Request) -> Response {
    match table(&visit, &query).await {
        Ok(bytes) => {
            let headers =
                [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, r#"attachment; filename="costs.csv""#)];
            (headers, bytes).into_response()
        }
        Err(error) => render::failure(visit, Failure::of(error), request).await,
    }
}

async fn table(visit: &Visit, query: &HashMap<String, String>) -> Result<Vec<u8>> {
    let desk = Desk::of(visit)?;
    let given = |name: &str| query.get(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
    let asked = Asked::of(&desk, given)?;
    let by = given("group_by").as_deref().and_then(GroupBy::parse).unwrap_or(GroupBy::Day);
    let summary = costs::summary(&desk.app, desk.actor(), Some(asked.period), by).await?;
    let names = groups::names(&desk, by, &summary).await?;
    let mut csv = CsvWriter::new([by.as_str(), "name", "messages", "segments", "estimated", "cost", "currency"]);
    for (group, name) in summary.groups.iter().zip(names) {
        let t = group.totals;
        let figures = [t.messages.to_string(), t.segments.to_string(), decimal(t.estimated), decimal(t.cost)];
        let about = [group.key.clone(), name].into_iter();
        csv.row(about.chain(figures).chain([summary.currency.to_string()]));
    }
    Ok(csv.take())
}
