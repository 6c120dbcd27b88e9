//! The JSON door: `/api/v1` for other systems, the providers' webhooks, and the document that describes it.
//!
//! A handler reads the request, calls one operation and writes what it gives. Refusals are problems
//! ([`problem`]); who asks and what is asked is read by [`request`]. The document is made from the same
//! declarations as the router ([`document`]), so neither can lack what the other has.

mod audiences;
mod bulk;
mod campaigns;
mod connections;
mod consent;
mod contacts;
mod control;
mod docs;
mod document;
mod figures;
mod inbox;
mod lookup;
mod messages;
mod once;
mod packs;
mod privacy;
mod problem;
mod purchases;
mod replies;
mod request;
mod retries;
mod settings;
mod shape;
mod stream;
mod templates;
mod uploads;
mod variants;
mod webhooks;
mod words;

use std::sync::Arc;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, X_CONTENT_TYPE_OPTIONS};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tower_http::catch_panic::CatchPanicLayer;

use crate::app::App;
use crate::kernel::id::fresh;
use crate::messages::Intake;
use problem::Problem;

/// Names a request in our log and to its caller.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a form may have beside its file, in bytes.
const FORM_BESIDE_FILE: usize = 1024 * 1024;

/// What the handlers share.
#[derive(Clone, Debug)]
struct Api {
    app: Arc<App>,
    intake: Intake,
}

/// Every address of the API and the webhooks. Brings no fallback beyond `/api` and `/webhooks`, so that it can be
/// merged with the pages. Must be called within the runtime.
pub fn router(app: Arc<App>) -> Router {
    let (v1, document) = document::routes();
    let root = Router::new()
        .route("/openapi.json", get(docs::json))
        .route("/docs", get(docs::page))
        .route("/docs.css", get(docs::style))
        .with_state(docs::Docs::new(&document))
        .nest("/v1", closed(v1.route("/sms/webhooks/{provider}/{door}", get(webhooks::keyless).post(webhooks::keyless))));
    finished(Router::new().nest("/api", closed(root)).merge(webhook_routes()), app)
}

/// The webhooks alone, for a process that dispatches and serves nothing else.
pub fn webhooks(app: Arc<App>) -> Router {
    finished(webhook_routes(), app)
}

fn webhook_routes() -> Router<Api> {
    let routes = Router::new().route("/{provider}/{key}/{door}", get(webhooks::keyed).post(webhooks::keyed));
    Router::new().nest("/webhooks", closed(routes))
}

/// Unknown addresses and wrong methods below here are problems too.
fn closed(router: Router<Api>) -> Router<Api> {
    router.fallback(async || Problem::unknown_route()).method_not_allowed_fallback(async || Problem::wrong_method())
}

fn finished(router: Router<Api>, app: Arc<App>) -> Router {
    let api = Api { intake: Intake::start(&app), app };
    let largest = usize::try_from(api.app.config.max_upload_bytes).unwrap_or(usize::MAX).saturating_add(FORM_BESIDE_FILE);
    router
        // Only forms are read under this limit; a JSON body has its own, which is smaller.
        .layer(DefaultBodyLimit::max(largest))
        .layer(CatchPanicLayer::custom(|_| Problem::internal("a handler panicked; its message stands above").into_response()))
        .layer(middleware::from_fn_with_state(api.clone(), dress))
        .with_state(api)
}

/// What every answer carries: the request's id, the body of a problem, headers that tell browsers to do nothing with it.
async fn dress(State(api): State<Api>, request: Request, next: Next) -> Response {
    let request_id = format!("req_{}", fresh(api.app.clock.now()));
    let mut response = problem::finish(next.run(request).await, &request_id);
    let headers = response.headers_mut();
    headers.insert(REQUEST_ID, HeaderValue::from_str(&request_id).expect("an id is ASCII"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    headers
        .entry(CONTENT_SECURITY_POLICY)
        .or_insert(HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"));
    response
}
