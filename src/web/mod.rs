//! The HTML door: Leptos pages rendered on the server, commands posted by plain forms.
//!
//! A page awaits operations and shows what they give ([`page::page`]); a command is a Leptos server
//! function that runs one operation and says where to go next ([`action::act`]). Neither decides
//! anything. Routes stand in `routes.rs`; what every answer passes through stands in `guard.rs`.

pub mod action;
mod assets;
mod audiences;
mod campaigns;
pub mod charts;
mod consent_file;
mod contacts;
mod costs;
mod failure;
mod flash;
mod guard;
mod history;
mod inbox;
mod limits;
mod login;
mod overview;

pub mod page;
mod people;
mod period;
mod public;
mod render;
mod routes;
mod send;
mod settings;
mod setup;
mod templates;
pub mod ui;
mod uploads;
mod variants;
mod visit;

use std::sync::Arc;

use axum::extract::FromRef;
use axum::routing::{get, post};
use axum::{Router, middleware};
use leptos::config::LeptosOptions;
use leptos_axum::{LeptosRoutes as _, generate_route_list};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;

use crate::app::App;

/// What the handlers share.
#[derive(Clone, Debug)]
struct Web {
    app: Arc<App>,
    options: LeptosOptions,
}

impl FromRef<Web> for LeptosOptions {
    fn from_ref(web: &Web) -> Self {
        web.options.clone()
    }
}

/// Every page, command and asset. The caller merges this with the API's routes, which bring no fallback of their own.
pub fn router(app: Arc<App>) -> Router {
    let web = Web { app: app.clone(), options: leptos_options() };
    let pages = Router::new()
        .leptos_routes_with_handler(generate_route_list(routes::Pages), render::page)
        .route("/costs.csv", get(costs::export::download))
        .route("/history.csv", get(history::export::download))
        .route("/contacts.csv", get(contacts::export::csv))
        .route("/contacts.json", get(contacts::export::json))
        .route("/consent-evidence.csv", get(consent_file::csv))
        .route("/consent-evidence.json", get(consent_file::json))
        .route("/people/{id}/{file}", get(people::export::download))
        .route("/do/{*command}", post(action::command))
        .merge(public::routes())
        .route("/do/uploads/receive", uploads::files::receive_route(&app.config))
        .route(contacts::import::IMPORT, contacts::import::import_route(&app.config))
        .route(settings::price_file::IMPORT, settings::price_file::import_route())
        .route("/uploads/example.csv", uploads::files::example_route())
        .route("/uploads/{id}/rejected.csv", uploads::files::rejected_route())
        .fallback(render::page)
        .method_not_allowed_fallback(render::wrong_method)
        .layer(middleware::from_fn(guard::require_login))
        .layer(middleware::from_fn_with_state(web.clone(), visit::enter))
        .layer(visit::sessions(&app))
        .layer(middleware::from_fn_with_state(web.clone(), guard::same_origin_only));
    let plain = Router::new()
        .route("/assets/{file}", get(assets::serve))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(render::ready));
    plain
        .merge(pages)
        .layer(CatchPanicLayer::custom(failure::after_panic))
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(web.clone(), guard::headers))
        .with_state(web)
}

/// The options of `Leptos.toml` in the working directory, or the built-in ones, so that the program runs anywhere.
fn leptos_options() -> LeptosOptions {
    leptos::config::get_configuration(Some("Leptos.toml"))
        .map_or_else(|_| LeptosOptions::builder().output_name("peyk").build(), |file| file.leptos_options)
}
