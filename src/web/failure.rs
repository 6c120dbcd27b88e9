//! What people see when something does not go: a page that says what, and what to do.

use std::any::Any;

use askama::Template;
use axum::body::Body;
use axum::http::{HeaderValue, Response, StatusCode, header};
use leptos::prelude::*;

use super::assets;
use crate::kernel::error::Error;
use crate::kernel::id::fresh;

/// A page that says what did not go.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The status of the answer.
    pub status: StatusCode,
    /// What happened.
    pub title: &'static str,
    /// What it means and what to do.
    pub text: String,
    /// What to tell support; stands in the log as well.
    pub reference: Option<String>,
    /// When to try again, in seconds.
    pub retry_after: Option<u64>,
}

impl Failure {
    /// Sorts an error and logs it under a reference. The cause of an internal fault goes to the log only.
    pub fn of(error: Error) -> Self {
        let text = error.to_string();
        let mut retry_after = None;
        let (status, title) = match &error {
            Error::Invalid(_) => (StatusCode::UNPROCESSABLE_ENTITY, "That cannot be shown"),
            Error::NotFound(_) => (StatusCode::NOT_FOUND, "Page not found"),
            Error::Denied(_) => (StatusCode::FORBIDDEN, "You may not do this"),
            Error::Unauthenticated => (StatusCode::UNAUTHORIZED, "Please sign in"),
            Error::Conflict(_) => (StatusCode::CONFLICT, "That does not go now"),
            Error::Busy { retry_after: wait } => {
                retry_after = Some(wait.as_secs().max(1));
                (StatusCode::TOO_MANY_REQUESTS, "Too much at once")
            }
            Error::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "Something went wrong on our side"),
        };
        let reference = new_reference();
        match &error {
            Error::Internal(cause) => tracing::error!(reference, %cause, "a page could not be shown"),
            _ => tracing::info!(reference, status = status.as_u16(), "a request was refused"),
        }
        let text = match error {
            Error::NotFound(what) => {
                format!("There is no such {what}, or it belongs to somebody else. Check the address, or start from the overview.")
            }
            _ => text,
        };
        Self { status, title, text, reference: Some(reference), retry_after }
    }
}

/// A reference that people can read out, unique enough to find one line of the log.
fn new_reference() -> String {
    let id = fresh(0);
    id[id.len() - 10..].to_owned()
}

/// The failure as part of a page; sets the answer's status.
#[component]
pub fn FailureView(failure: Failure) -> impl IntoView {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(failure.status);
        if let Some(seconds) = failure.retry_after {
            response.insert_header(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
    }
    view! {
        <super::ui::PageTitle text=failure.title.to_owned()/>
        <section class="failure">
            <h1>{failure.title}</h1>
            <p>{failure.text}</p>
            {failure.reference.map(|reference| view! { <p class="muted small">"Reference "<code>{reference}</code></p> })}
            <p class="row"><a class="btn btn-primary" href="/">"Go to the overview"</a></p>
        </section>
    }
}

/// The page of last resort, for when there is no session or the usual rendering itself failed.
#[derive(Template)]
#[template(
    ext = "html",
    source = r#"<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{{ title }} – Peyk</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="{{ icon }}" type="image/svg+xml">
<link rel="stylesheet" href="{{ style }}">
</head>
<body>
<main class="bare">
<section class="failure">
<h1>{{ title }}</h1>
<p>{{ text }}</p>
{% if let Some(reference) = reference %}<p class="muted small">Reference <code>{{ reference }}</code></p>{% endif %}
<p class="row"><a class="btn btn-primary" href="/">Go to the overview</a></p>
</section>
</main>
</body>
</html>
"#
)]
struct LastResort<'a> {
    title: &'a str,
    text: &'a str,
    reference: &'a Option<String>,
    style: String,
    icon: String,
}

/// Answers with a page that needs neither session nor database.
pub fn last_resort(failure: &Failure) -> Response<Body> {
    let page = LastResort {
        title: failure.title,
        text: &failure.text,
        reference: &failure.reference,
        style: assets::STYLE.url(),
        icon: assets::ICON.url(),
    };
    let html = page.render().unwrap_or_else(|_| failure.title.to_owned());
    let mut answer = Response::new(Body::from(html));
    *answer.status_mut() = failure.status;
    answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    if let Some(seconds) = failure.retry_after {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    answer
}

/// Answers for a handler that panicked. What it said may hold personal data and is not logged here.
pub fn after_panic(_said: Box<dyn Any + Send + 'static>) -> Response<Body> {
    last_resort(&Failure::of(Error::internal("a handler panicked")))
}
