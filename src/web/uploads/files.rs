//! Files in and out: what a browser posts as `multipart/form-data`, and downloads.

use axum::Extension;
use axum::body::Body;
use axum::extract::multipart::MultipartError;
use axum::extract::{DefaultBodyLimit, FromRequest as _, Multipart, Path, Query, Request};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{MethodRouter, get, post};

use super::RECEIVE;
use crate::access::{Actor, Permission};
use crate::app::App;
use crate::config::Config;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::UploadId;
use crate::uploads::{self, Upload};
use crate::web::Web;
use crate::web::action::{blank, go};
use crate::web::failure::Failure;
use crate::web::flash::{Flash, Notice, Refused, Tone};
use crate::web::render;
use crate::web::visit::Visit;

/// How many files one form may bring.
pub const MOST_FILES: u64 = 10;
/// What a form has beside its files: names, headers, boundaries.
const FORM_ITSELF: u64 = 1024 * 1024;

/// Takes files in. Only here may a body be as large as files are.
pub fn receive_route(config: &Config) -> MethodRouter<Web> {
    let most = config.max_upload_bytes.saturating_mul(MOST_FILES).saturating_add(FORM_ITSELF);
    post(receive).layer(DefaultBodyLimit::max(usize::try_from(most).unwrap_or(usize::MAX)))
}

/// Gives an example file.
pub fn example_route() -> MethodRouter<Web> {
    get(example)
}

/// Gives the rejected rows.
pub fn rejected_route() -> MethodRouter<Web> {
    get(rejected)
}

/// What came of a form with files.
#[derive(Default)]
struct Taken {
    received: Vec<Upload>,
    /// What is wrong with the others.
    errors: FieldErrors,
    /// The upload whose message they get.
    like: Option<UploadId>,
}

async fn receive(Extension(visit): Extension<Visit>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let form = Multipart::from_request(Request::from_parts(parts.clone(), body), &()).await;
    let taken = match (form, actor(&visit)) {
        (Ok(form), Ok(actor)) => take_in(&visit.app, &actor, form).await,
        (Err(_), Ok(_)) => Err(Error::conflict("The form could not be read. Nothing was stored; open the page anew and try again.")),
        (_, Err(error)) => Err(error),
    };
    match taken {
        Ok(taken) => {
            let (page, flash) = lead_on(taken);
            go(visit, &parts, &page, flash).await
        }
        Err(error) => render::failure(visit, Failure::of(error), blank(&parts)).await,
    }
}

async fn take_in(app: &App, actor: &Actor, mut form: Multipart) -> Result<Taken> {
    actor.require(Permission::Send)?;
    let mut taken = Taken::default();
    loop {
        let field = match form.next_field().await {
            Ok(Some(field)) => field,
            Ok(None) => break,
            Err(fault) => {
                taken.errors.add("file", "cut_short", broken(&fault));
                break;
            }
        };
        let name = field.file_name().unwrap_or_default().to_owned();
        match field.name() {
            Some("like") => taken.like = field.text().await.ok().as_deref().and_then(UploadId::parse),
            // A browser sends a nameless empty file when none was chosen.
            Some("file") if !name.is_empty() => match uploads::receive(app, actor, &name, field).await {
                Ok(upload) => taken.received.push(upload),
                Err(Error::Invalid(errors)) => {
                    errors.0.into_iter().for_each(|e| taken.errors.add("file", &e.code, format!("{name}: {}", e.detail)));
                }
                Err(error) => return Err(error),
            },
            _ => {}
        }
    }
    if taken.received.is_empty() && taken.errors.0.is_empty() {
        taken.errors.add("file", "missing", "Choose a CSV file.");
    }
    if let Some(like) = &taken.like {
        for upload in &mut taken.received {
            *upload = uploads::same_message(app, actor, &upload.id, like).await?;
        }
    }
    Ok(taken)
}

fn broken(fault: &MultipartError) -> String {
    if fault.status() == axum::http::StatusCode::PAYLOAD_TOO_LARGE {
        return format!("The files together are too large. Upload at most {MOST_FILES} at once, or one after another.");
    }
    "The upload broke off. Upload the file again.".into()
}

/// Where to go next: to the one upload, or to the list, with what was refused.
fn lead_on(taken: Taken) -> (String, Flash) {
    let received = taken.received.len();
    let notice = |tone, text: String| Some(Notice { tone, text });
    if let ([upload], true) = (taken.received.as_slice(), taken.errors.0.is_empty()) {
        let rows = if upload.counts.rows == 1 { "row" } else { "rows" };
        let text = format!("“{}” is stored with {} {rows}. Nothing is sent yet.", upload.file_name, super::figure(upload.counts.rows));
        return (format!("/uploads/{}", upload.id), Flash { notice: notice(Tone::Ok, text), ..Flash::default() });
    }
    let said = (received > 0).then(|| format!("{received} of {} files are stored. Open each to go on.", received + taken.errors.0.len()));
    let notice = said.and_then(|text| notice(Tone::Ok, text));
    let values = taken.like.map(|like| ("like".to_owned(), like.to_string())).into_iter().collect();
    let is_refused = !taken.errors.0.is_empty();
    let form = is_refused.then(|| Refused { command: RECEIVE.to_owned(), values, errors: taken.errors });
    ("/uploads".into(), Flash { notice, form, secret: None })
}

fn actor(visit: &Visit) -> Result<Actor> {
    visit.signed_in.as_ref().map(|s| s.actor.clone()).ok_or(Error::Unauthenticated)
}

/// Which template's columns an example has.
#[derive(Debug, serde::Deserialize)]
struct Wanted {
    template: Option<String>,
}

async fn example(Extension(visit): Extension<Visit>, Query(wanted): Query<Wanted>, request: Request) -> Response {
    let template = wanted.template.as_deref().map(str::trim).filter(|code| !code.is_empty());
    let made = match actor(&visit) {
        Ok(actor) => uploads::example_csv(&visit.app, &actor, template).await,
        Err(error) => Err(error),
    };
    match made {
        Ok(csv) => download("example.csv", Body::from(csv)),
        Err(error) => render::failure(visit, Failure::of(error), request).await,
    }
}

async fn rejected(Extension(visit): Extension<Visit>, Path(id): Path<String>, request: Request) -> Response {
    let made = async {
        let id = UploadId::parse(&id).ok_or(Error::NotFound("upload"))?;
        uploads::rejected_csv(&visit.app, &actor(&visit)?, &id).await
    };
    match made.await {
        Ok(rows) => download("rejected-rows.csv", Body::from_stream(rows)),
        Err(error) => render::failure(visit, Failure::of(error), request).await,
    }
}

fn download(name: &str, body: Body) -> Response {
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")),
    ];
    (headers, body).into_response()
}
