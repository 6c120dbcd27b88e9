//! Pages for people without an account: the preference centre at `/p/{token}` and the one button of `/u/{token}`.
//!
//! They keep no session and load one stylesheet. A GET shows and never changes anything, because scanners
//! open links; a POST to the same address changes and redirects back (303). What a saved page says was
//! changed comes from the ledger, from the place that the form had seen on.

mod centre;
mod dates;
mod document;
mod form;
mod texts;
mod unsubscribe;
mod view;

use axum::Router;
use axum::routing::get;

use super::Web;

/// The addresses of these pages.
pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/p/{token}", get(centre::show).post(centre::change))
        .route("/u/{token}", get(unsubscribe::show).post(unsubscribe::act))
}
