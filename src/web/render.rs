//! Renders pages. Leptos' own handler would end every page with inline scripts that only hydration needs;
//! this one drops them, so that `script-src 'self'` holds, and waits for the whole page before it answers. It also drops
//! the marks between nodes by which a hydrating page would find its places.

use std::pin::Pin;
use std::sync::Arc;

use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use futures::stream::{self, Stream, StreamExt as _};
use leptos::prelude::*;

use super::Web;
use super::assets;
use super::failure::{Failure, FailureView};
use super::flash::{self, Flash};
use super::routes::Pages;
use super::ui::shell::{Bare, Shell};
use super::visit::{Theme, Visit};

/// What Leptos puts between nodes. Texts and attributes cannot hold it: there `<` is written `&lt;`.
pub(super) const MARK: &str = "<!>";

/// `/readyz`: whether this process wants traffic.
pub async fn ready(State(web): State<Web>) -> Response {
    if web.app.is_draining() {
        return (StatusCode::SERVICE_UNAVAILABLE, "draining\n").into_response();
    }
    match web.app.db.read().await {
        Ok(_) => "ready\n".into_response(),
        Err(_) => (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response(),
    }
}

/// Shows the page at the request's address, with what the last command left for it.
pub async fn page(Extension(visit): Extension<Visit>, request: Request) -> Response {
    let left =
        if visit.partial || request.method() != Method::GET { Ok(Flash::default()) } else { flash::take(&visit.app, &visit.session).await };
    match left {
        Ok(flash) => show(visit, flash, request).await,
        Err(error) => failure(visit, Failure::of(error), request).await,
    }
}

/// Answers a method that the address does not know.
pub async fn wrong_method(Extension(visit): Extension<Visit>, request: Request) -> Response {
    let wrong = Failure {
        status: StatusCode::METHOD_NOT_ALLOWED,
        title: "That is not how this address is used",
        text: "Nothing was changed. Go back to the page and use its buttons.".into(),
        reference: None,
        retry_after: None,
    };
    failure(visit, wrong, request).await
}

/// Shows the page at the request's address.
pub async fn show(visit: Visit, flash: Flash, request: Request<Body>) -> Response {
    render(visit, flash, request, || view! { <Pages/> }.into_any()).await
}

/// Shows a failure in place of a page.
pub async fn failure(visit: Visit, failure: Failure, request: Request<Body>) -> Response {
    let status = failure.status;
    let signed_in = visit.signed_in.is_some();
    let mut answer = render(visit, Flash::default(), request, move || {
        let content = view! { <FailureView failure=failure/> };
        if signed_in { view! { <Shell>{content}</Shell> }.into_any() } else { view! { <Bare>{content}</Bare> }.into_any() }
    })
    .await;
    *answer.status_mut() = status;
    answer
}

async fn render(visit: Visit, flash: Flash, request: Request<Body>, body: impl FnOnce() -> AnyView + Send + 'static) -> Response {
    let theme = visit.theme;
    let flash = Arc::new(flash);
    let context = move || {
        provide_context(visit.clone());
        provide_context(flash.clone());
    };
    leptos_axum::handle_response_inner(
        context,
        move || document(theme, body()),
        request,
        |app, _inline_scripts, _| {
            Box::pin(async move {
                let html = app.to_html_stream_in_order().collect::<String>().await.replace(MARK, "");
                Box::pin(stream::once(async move { html })) as Pin<Box<dyn Stream<Item = String> + Send>>
            })
        },
    )
    .await
}

fn document(theme: Theme, body: AnyView) -> impl IntoView {
    let chosen = (theme != Theme::Auto).then(|| theme.as_str());
    view! {
        <!DOCTYPE html>
        <html lang="en" dir="ltr" data-theme=chosen>
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <meta name="htmx-config" content=r#"{"noSwap":[204,304,"5xx"]}"#/>
                <link rel="icon" href=assets::ICON.url() type="image/svg+xml"/>
                <link rel="stylesheet" href=assets::STYLE.url()/>
                <script src=assets::HTMX.url() defer></script>
                <script src=assets::SCRIPT.url() defer></script>
                <leptos_meta::MetaTags/>
            </head>
            <body>{body}</body>
        </html>
    }
}
