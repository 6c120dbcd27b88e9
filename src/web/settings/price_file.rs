//! A price list that is uploaded on a connection's page.

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Query, Request};
use axum::response::Response;
use axum::routing::{MethodRouter, post};
use leptos::prelude::*;

use super::connections::address;
use crate::connections::{self, LARGEST_PRICE_FILE};
use crate::kernel::error::{Error, Result};
use crate::web::Web;
use crate::web::action::{blank, go};
use crate::web::failure::Failure;
use crate::web::flash::{Flash, Notice, Refused, Tone};
use crate::web::guard::encode;
use crate::web::page::{Desk, typed};
use crate::web::render;
use crate::web::ui::ErrorSummary;
use crate::web::visit::Visit;

/// Where a price list is posted. The connection's name stands in the query, so that it is known even when the form did not
/// arrive whole.
pub const IMPORT: &str = "/do/settings/connections/prices";
/// What a form has beside its file: names, headers, boundaries.
const FORM_ITSELF: usize = 16 * 1024;

/// Takes a price list in.
pub fn import_route() -> MethodRouter<Web> {
    post(import).layer(DefaultBodyLimit::max(LARGEST_PRICE_FILE + FORM_ITSELF))
}

/// Whose prices they are.
#[derive(Debug, serde::Deserialize)]
struct Whose {
    name: String,
}

async fn import(Extension(visit): Extension<Visit>, Query(Whose { name }): Query<Whose>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let file = match Multipart::from_request(Request::from_parts(parts.clone(), body), &()).await {
        Ok(form) => read(form).await,
        Err(_) => None,
    };
    let taken = match Desk::of(&visit) {
        Ok(desk) => take(&desk, &name, file).await,
        Err(error) => Err(error),
    };
    let page = address(&name);
    match taken {
        Ok(count) => {
            let text = if count == 1 { "One price holds from now on.".to_owned() } else { format!("{count} prices hold from now on.") };
            go(visit, &parts, &page, Flash { notice: Some(Notice { tone: Tone::Ok, text }), ..Flash::default() }).await
        }
        Err(Error::Invalid(errors)) => {
            let form = Some(Refused { command: IMPORT.to_owned(), values: Vec::new(), errors });
            go(visit, &parts, &page, Flash { form, ..Flash::default() }).await
        }
        Err(error) => render::failure(visit, Failure::of(error), blank(&parts)).await,
    }
}

/// The file; nothing when none was chosen or it did not arrive whole.
async fn read(mut form: Multipart) -> Option<Bytes> {
    while let Ok(Some(field)) = form.next_field().await {
        // A browser sends a nameless empty file when none was chosen.
        if field.name() == Some("file") && field.file_name().is_some_and(|name| !name.is_empty()) {
            return field.bytes().await.ok();
        }
    }
    None
}

async fn take(desk: &Desk, name: &str, file: Option<Bytes>) -> Result<usize> {
    let Some(file) = file.filter(|file| file.len() <= LARGEST_PRICE_FILE) else {
        let most = LARGEST_PRICE_FILE / 1024;
        return Err(Error::invalid("file", "missing", format!("Choose a CSV file of at most {most} KiB.")));
    };
    connections::import_prices(&desk.app, desk.actor(), name, file).await
}

/// The form of a price list.
#[component]
pub fn PriceFile(
    /// The connection's name.
    name: String,
) -> impl IntoView {
    let form = typed(IMPORT);
    let error = form.error("file");
    let described = if error.is_some() { "file-hint file-error" } else { "file-hint" };
    view! {
        <form class="body stack" method="post" action=format!("{IMPORT}?name={}", encode(&name)) enctype="multipart/form-data">
            <ErrorSummary form=form.clone()/>
            <div class="field">
                <label for="file">"Price list"</label>
                <span class="hint" id="file-hint">"A CSV file with the columns country and price; * stands for all other countries. All its rows are taken, or none."</span>
                {error.map(|e| view! { <span class="error" id="file-error"><span class="vh">"Error: "</span>{e}</span> })}
                <input class="input" type="file" id="file" name="file" required accept=".csv,.tsv,.txt,text/csv,text/plain,text/tab-separated-values"
                    aria-describedby=described/>
            </div>
            <p class="row"><button class="btn" type="submit">"Upload prices"</button></p>
        </form>
    }
}
