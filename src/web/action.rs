//! Commands: Leptos server functions posted by plain forms, answered by a redirect (303).
//!
//! ```ignore
//! #[server(prefix = "/do", endpoint = "campaigns/pause")]
//! pub async fn pause(id: String) -> Answer {
//!     let page = format!("/campaigns/{id}");
//!     act(&page, async {
//!         let desk = desk()?;
//!         campaigns::pause(&desk.app, desk.actor(), &id).await?;
//!         Ok(Done::at(&page).saying("Paused. Nothing more leaves until you resume."))
//!     })
//!     .await
//! }
//! ```
//! The form is `<form method="post" action="/do/campaigns/pause">`. Input that the operation refuses is kept in the
//! flash with its errors by field, and the form's page shows it again; nothing of it ever stands in an address.

use std::collections::HashSet;
use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest as _, Request};
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use leptos::prelude::*;
use leptos::server_fn::axum::get_server_fn_service;

use super::failure::Failure;
use super::flash::{self, Flash, Notice, Refused, Tone};
use super::guard::encode;
use super::render;
use super::visit::{Theme, Visit, local};
use crate::kernel::error::{Error, FieldErrors, Result};

/// The largest form: a text area with a long list of numbers fits well.
const LARGEST_FORM: usize = 2 * 1024 * 1024;
/// Fields whose value is never kept, by part of their name.
const SECRETS: [&str; 6] = ["password", "secret", "token", "api_key", "apikey", "access_key"];

/// What every command returns; the real outcome goes to the handler beside it.
pub type Answer = std::result::Result<(), ServerFnError>;

/// A command that worked: where to go next, and what to say there.
#[derive(Clone, Debug, Default)]
pub struct Done {
    to: String,
    flash: Flash,
    theme: Option<Theme>,
    in_place: bool,
}

impl Done {
    /// Goes on to a page of this host.
    pub fn at(path: impl Into<String>) -> Self {
        Self { to: path.into(), ..Self::default() }
    }

    /// Shows the form's page again in place with what was typed, as for a preview; nothing was changed.
    pub fn in_place(path: impl Into<String>) -> Self {
        Self { to: path.into(), in_place: true, ..Self::default() }
    }

    /// With a sentence above the page that it worked.
    #[must_use]
    pub fn saying(self, text: impl Into<String>) -> Self {
        self.noting(Tone::Ok, text)
    }

    /// With a sentence above the page.
    #[must_use]
    pub fn noting(mut self, tone: Tone, text: impl Into<String>) -> Self {
        self.flash.notice = Some(Notice { tone, text: text.into() });
        self
    }

    /// With a secret that the page shows this once.
    #[must_use]
    pub fn showing_once(mut self, secret: impl Into<String>) -> Self {
        self.flash.secret = Some(secret.into());
        self
    }

    /// With another theme from now on.
    #[must_use]
    pub fn in_theme(mut self, theme: Theme) -> Self {
        self.theme = Some(theme);
        self
    }
}

/// The fields of the posted form in their order, for commands whose fields are not known beforehand.
#[derive(Clone, Debug, Default)]
pub struct Posted(Arc<Vec<(String, String)>>);

impl Posted {
    /// The first value of a field.
    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.iter().find(|(name, _)| name == field).map(|(_, value)| value.as_str())
    }

    /// Every value of a field, as ticked boxes of one name give it.
    pub fn all<'a>(&'a self, field: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(name, _)| name == field).map(|(_, value)| value.as_str())
    }

    /// The form with each name once, which is all that Leptos' reader takes; [`Posted::all`] gives the rest.
    fn once_each(&self) -> String {
        let mut seen = HashSet::new();
        let pairs = self.0.iter().filter(|(name, _)| seen.insert(name.as_str()));
        pairs.map(|(name, value)| format!("{}={}", encode(name), encode(value))).collect::<Vec<_>>().join("&")
    }

    /// Fields of a group, e.g. `("name", "Ann")` of `var.name=Ann` for the group `var`.
    pub fn group<'a>(&'a self, group: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.iter().filter_map(move |(name, value)| Some((name.strip_prefix(group)?.strip_prefix('.')?, value.as_str())))
    }
}

/// The form that this command was given.
pub fn posted() -> Posted {
    expect_context::<Posted>()
}

#[derive(Debug)]
enum Outcome {
    Done(Done),
    Refused { page: String, errors: FieldErrors },
    Sentence { page: String, text: String },
    Failed(Error),
}

#[derive(Clone, Debug, Default)]
struct Slot(Arc<Mutex<Option<Outcome>>>);

impl Slot {
    fn put(&self, outcome: Outcome) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome);
    }

    fn take(&self) -> Option<Outcome> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Runs a command and notes its outcome. `page` is where the form stands: refused input goes back there.
pub async fn act(page: &str, work: impl Future<Output = Result<Done>> + Send) -> Answer {
    let slot = expect_context::<Slot>();
    let page = page.to_owned();
    slot.put(match work.await {
        Ok(done) => Outcome::Done(done),
        Err(Error::Invalid(errors)) => Outcome::Refused { page, errors },
        Err(Error::Conflict(text)) => Outcome::Sentence { page, text },
        Err(error) => Outcome::Failed(error),
    });
    Ok(())
}

/// Routes a posted form to its server function and answers with what came of it.
pub async fn command(Extension(visit): Extension<Visit>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    if get_server_fn_service(parts.uri.path(), Method::POST).is_none() {
        return render::failure(visit, Failure::of(Error::NotFound("page")), blank(&parts)).await;
    }
    let Ok(bytes) = axum::body::to_bytes(body, LARGEST_FORM).await else {
        let failure = Failure {
            status: StatusCode::PAYLOAD_TOO_LARGE,
            title: "The form is too large",
            text: "Nothing was changed. Send less at once, or upload a file instead.".into(),
            reference: None,
            retry_after: None,
        };
        return render::failure(visit, failure, blank(&parts)).await;
    };
    let posted = Posted(Arc::new(fields(&parts, bytes).await));
    let slot = Slot::default();
    let context = {
        let (visit, slot, posted) = (visit.clone(), slot.clone(), posted.clone());
        move || {
            provide_context(visit.clone());
            provide_context(slot.clone());
            provide_context(posted.clone());
        }
    };
    let call = Request::from_parts(parts.clone(), Body::from(posted.once_each()));
    let _its_own_answer = leptos_axum::handle_server_fns_with_context(context, call).await;
    let outcome = slot.take().unwrap_or_else(|| unread(&parts));
    answer(visit, &parts, posted, outcome).await
}

/// A form whose fields do not fit the command: it never ran.
fn unread(parts: &Parts) -> Outcome {
    let text = "The form could not be read. Nothing was changed; open the page anew and try again.".to_owned();
    match referring_page(parts) {
        Some(page) => Outcome::Sentence { page, text },
        None => Outcome::Failed(Error::conflict(text)),
    }
}

async fn fields(parts: &Parts, bytes: Bytes) -> Vec<(String, String)> {
    let request = Request::from_parts(parts.clone(), Body::from(bytes));
    axum::Form::<Vec<(String, String)>>::from_request(request, &()).await.map_or_else(|_| Vec::new(), |form| form.0)
}

async fn answer(visit: Visit, parts: &Parts, posted: Posted, outcome: Outcome) -> Response {
    let form = |errors| Some(Refused { command: parts.uri.path().to_owned(), values: keepable(&posted), errors });
    match outcome {
        Outcome::Done(done) if done.in_place => {
            in_place(visit, parts, &done.to, Flash { form: form(FieldErrors::new()), ..done.flash }).await
        }
        Outcome::Done(done) => {
            let theme = done.theme;
            let mut answer = go(visit, parts, &done.to, done.flash).await;
            if let Some(theme) = theme {
                answer.headers_mut().append(header::SET_COOKIE, theme_cookie(theme));
            }
            answer
        }
        Outcome::Refused { page, errors } => back(visit, parts, &page, Flash { form: form(errors), ..Flash::default() }).await,
        Outcome::Sentence { page, text } => {
            let notice = Some(Notice { tone: Tone::Bad, text });
            back(visit, parts, &page, Flash { notice, form: form(FieldErrors::new()), secret: None }).await
        }
        Outcome::Failed(error) => render::failure(visit, Failure::of(error), blank(parts)).await,
    }
}

/// Back to the form's page, with what is wrong. Whoever asked for a part of it gets it at once: the part that comes behind a redirect must
/// not use up what was left, and so whatever page is opened next would be filled with it.
async fn back(visit: Visit, parts: &Parts, page: &str, flash: Flash) -> Response {
    if visit.partial { in_place(visit, parts, page, flash).await } else { go(visit, parts, page, flash).await }
}

/// Shows a page of this host as the answer to the command.
async fn in_place(visit: Visit, parts: &Parts, page: &str, flash: Flash) -> Response {
    let path = local(page).unwrap_or("/").to_owned();
    let request = at(parts, &path);
    // Links back lead to the page, not to the command.
    render::show(Visit { path, ..visit }, flash, request).await
}

/// Redirects to a page of this host, leaving `flash` for it.
pub(super) async fn go(visit: Visit, parts: &Parts, page: &str, flash: Flash) -> Response {
    let left = if flash == Flash::default() { Ok(()) } else { flash::leave(&visit.app, &visit.session, &flash).await };
    match left {
        Ok(()) => Redirect::to(local(page).unwrap_or("/")).into_response(),
        Err(error) => render::failure(visit, Failure::of(error), blank(parts)).await,
    }
}

fn theme_cookie(theme: Theme) -> HeaderValue {
    HeaderValue::from_static(match theme {
        Theme::Auto => "peyk_theme=auto; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax",
        Theme::Light => "peyk_theme=light; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax",
        Theme::Dark => "peyk_theme=dark; Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax",
    })
}

/// What was typed, without secrets.
fn keepable(posted: &Posted) -> Vec<(String, String)> {
    posted.0.iter().filter(|(name, _)| !is_secret(name)).cloned().collect()
}

/// Whether a field of this name is a secret.
pub(super) fn is_secret(name: &str) -> bool {
    SECRETS.iter().any(|part| name.to_ascii_lowercase().contains(part))
}

/// The page of this host that the request says it comes from.
fn referring_page(parts: &Parts) -> Option<String> {
    let referrer = parts.headers.get(header::REFERER)?.to_str().ok()?;
    let path = &referrer[referrer.find("://")? + 3..];
    local(&path[path.find('/')?..]).map(str::to_owned)
}

/// A GET for the page at `path`, in the name of this request.
fn at(parts: &Parts, path: &str) -> Request {
    let mut request = blank(parts);
    if let Ok(uri) = local(path).unwrap_or("/").parse() {
        *request.uri_mut() = uri;
    }
    request
}

/// The request as a GET without its body.
pub(super) fn blank(parts: &Parts) -> Request {
    let mut parts = parts.clone();
    parts.method = Method::GET;
    Request::from_parts(parts, Body::empty())
}
