//! The frame of a public page: its language and direction, the stylesheet, no script.

use axum::http::StatusCode;
use axum::response::{Html, IntoResponse as _, Response};
use leptos::prelude::*;

use super::texts::Tongue;
use crate::web::assets;
use crate::web::render::MARK;
use crate::web::visit::Theme;

/// Renders a whole page; `content` runs within.
pub fn document(
    status: StatusCode,
    theme: Theme,
    tongue: Tongue,
    title: String,
    content: impl FnOnce() -> AnyView + Send + 'static,
) -> Response {
    let language = tongue.language();
    let chosen = (theme != Theme::Auto).then(|| theme.as_str());
    let html = Owner::new().with(|| {
        view! {
            <!DOCTYPE html>
            <html lang=tongue.tag() dir=language.dir() data-theme=chosen>
                <head>
                    <meta charset="utf-8"/>
                    <title>{title}</title>
                    <meta name="viewport" content="width=device-width, initial-scale=1"/>
                    <meta name="color-scheme" content="light dark"/>
                    <meta name="robots" content="noindex"/>
                    <link rel="icon" href=assets::ICON.url() type="image/svg+xml"/>
                    <link rel="stylesheet" href=assets::STYLE.url()/>
                </head>
                <body>{content()}</body>
            </html>
        }
        .to_html()
        .replace(MARK, "")
    });
    (status, Html(html)).into_response()
}
