//! `/contacts/import`: contacts from a CSV file, and what became of its rows.

use axum::Extension;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Request};
use axum::response::Response;
use axum::routing::{MethodRouter, post};
use leptos::prelude::*;

use super::LIST;
use crate::access::Permission;
use crate::config::Config;
use crate::contacts::{self, ImportProblem, ImportReport};
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::web::Web;
use crate::web::action::{blank, go};
use crate::web::failure::Failure;
use crate::web::flash::{Flash, Notice, Refused, Tone};
use crate::web::page::{Desk, Typed, desk, page as desk_page, typed};
use crate::web::render;
use crate::web::ui::show::{count, number};
use crate::web::ui::{Card, Crumb, ErrorSummary, Glyph, Icon, PageHead};
use crate::web::visit::Visit;

/// Where a file is posted.
pub const IMPORT: &str = "/do/contacts/import";
/// The form's own page.
const PAGE: &str = "/contacts/import";
/// What a form has beside its file: names, headers, boundaries.
const FORM_ITSELF: u64 = 16 * 1024;
/// The most faulty rows that the page shows.
const MOST_SHOWN: usize = 50;
/// The parts of a faulty row, between which this stands while they wait for the next page.
const BETWEEN: char = '\u{1f}';

/// Takes a file of contacts in.
pub fn import_route(config: &Config) -> MethodRouter<Web> {
    let most = config.max_upload_bytes.saturating_add(FORM_ITSELF);
    post(import).layer(DefaultBodyLimit::max(usize::try_from(most).unwrap_or(usize::MAX)))
}

async fn import(Extension(visit): Extension<Visit>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let form = Multipart::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let taken = match (form, Desk::of(&visit)) {
        (_, Err(error)) => Err(error),
        (Ok(form), Ok(desk)) => take(&desk, form).await,
        (Err(_), Ok(_)) => Err(Error::invalid("file", "missing", "Choose a CSV file.")),
    };
    match taken {
        Ok(report) => go(visit, &parts, PAGE, told(&report)).await,
        Err(Error::Invalid(errors)) => {
            let form = Some(Refused { command: IMPORT.to_owned(), values: Vec::new(), errors });
            go(visit, &parts, PAGE, Flash { form, ..Flash::default() }).await
        }
        Err(error) => render::failure(visit, Failure::of(error), blank(&parts)).await,
    }
}

async fn take(desk: &Desk, mut form: Multipart) -> Result<ImportReport> {
    desk.actor().require(Permission::Send)?;
    while let Ok(Some(field)) = form.next_field().await {
        // A browser sends a nameless empty file when none was chosen.
        if field.name() == Some("file") && field.file_name().is_some_and(|name| !name.is_empty()) {
            let name = field.file_name().unwrap_or_default().to_owned();
            return contacts::import(&desk.app, desk.actor(), &name, field).await;
        }
    }
    Err(Error::invalid("file", "missing", "Choose a CSV file."))
}

/// What the page says about a file that was taken.
fn told(report: &ImportReport) -> Flash {
    let rows = |n: u64| count(n.cast_signed(), "row", "rows");
    let contacts = |n: u64| number(n.cast_signed());
    let mut text = format!("{}: {} new, {} updated", rows(report.rows), contacts(report.created), contacts(report.updated));
    let tone = if report.rejected == 0 {
        text.push('.');
        Tone::Ok
    } else {
        text.push_str(&format!(", {} left out. See below why.", contacts(report.rejected)));
        Tone::Warn
    };
    let shown = report.problems.iter().take(MOST_SHOWN).map(|problem| ("problem".to_owned(), kept(problem)));
    let all = ("rejected".to_owned(), report.rejected.to_string());
    let form = (report.rejected > 0).then(|| Refused {
        command: IMPORT.to_owned(),
        values: shown.chain([all]).collect(),
        errors: FieldErrors::new(),
    });
    Flash { notice: Some(Notice { tone, text }), form, secret: None }
}

fn kept(problem: &ImportProblem) -> String {
    let ImportProblem { row, column, value, detail, fix, .. } = problem;
    let clean = |text: &str| text.replace(BETWEEN, " ");
    [&row.to_string(), &clean(column), &clean(value), detail, fix].map(String::as_str).join(&BETWEEN.to_string())
}

/// `/contacts/import`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Send)?;
        let form = typed(IMPORT);
        let problems = form.get("problem").is_some().then(|| view! { <Problems form=form.clone()/> });
        Ok(view! {
            <PageHead title="Import contacts" crumbs=vec![Crumb::new("Contacts", LIST)]/>
            <div class="stack stack-5">
                {problems}
                <Choose form=form/>
            </div>
        })
    })
}

#[component]
fn Choose(form: Typed) -> impl IntoView {
    let error = form.error("file");
    let described = if error.is_some() { "file-hint file-error" } else { "file-hint" };
    let invalid = error.is_some().then_some("true");
    view! {
        <Card id="files" title="Choose your file">
            <form class="body stack" method="post" action=IMPORT enctype="multipart/form-data">
                <ErrorSummary form=form/>
                <div class="field">
                    <label for="file">"CSV file"</label>
                    <span class="hint" id="file-hint">
                        "The first row names the columns: phone, and any of name, language, time_zone, status and tags. A row may tell a purchase: purchase_reference and purchase_amount, and any of purchase_currency, purchase_at and purchase_items. Every other column becomes an attribute of its name."
                    </span>
                    {error.map(|e| view! { <span class="error" id="file-error"><span class="vh">"Error: "</span>{e}</span> })}
                    <input class="input" type="file" id="file" name="file" required accept=".csv,.tsv,.txt,text/csv,text/plain,text/tab-separated-values"
                        aria-describedby=described aria-invalid=invalid/>
                </div>
                <p class="row"><button class="btn btn-primary" type="submit"><Icon glyph=Glyph::Upload/>"Import"</button></p>
            </form>
            <p class="card-foot">
                "Numbers that are here already get what the file says; an empty cell changes nothing, and tags are added. Nobody’s consent changes: whoever opted out stays so. "
                "Importing a file again does no harm."
            </p>
        </Card>
    }
}

#[component]
fn Problems(form: Typed) -> impl IntoView {
    let rows: Vec<_> = form.all("problem").map(row).collect();
    let all: i64 = form.get("rejected").and_then(|n| n.parse().ok()).unwrap_or_default();
    let shown = rows.len() as i64;
    let more =
        (all > shown).then(|| view! { <p class="card-foot">{format!("The first {} of {} are shown.", number(shown), number(all))}</p> });
    view! {
        <Card id="left-out" title="Rows that were left out">
            <div class="table-wrap">
                <table class="table-stack dense">
                    <thead><tr>
                        <th scope="col">"Row"</th><th scope="col">"Column"</th><th scope="col">"Value"</th><th scope="col">"What is wrong, and what to do"</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            {more}
        </Card>
    }
}

fn row(kept: &str) -> impl IntoView + use<> {
    let mut parts = kept.splitn(5, BETWEEN).map(str::to_owned);
    let mut next = || parts.next().unwrap_or_default();
    let (row, column, value, detail, fix) = (next(), next(), next(), next(), next());
    view! {
        <tr>
            <th scope="row">{row}</th>
            <td data-label="Column"><bdi dir="auto">{column}</bdi></td>
            <td data-label="Value"><bdi dir="auto" class="cell-bad">{value}</bdi></td>
            <td data-label="What to do"><span>{detail}<span class="cell-sub">{fix}</span></span></td>
        </tr>
    }
}
