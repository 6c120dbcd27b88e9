//! Pages for people without an account: the preference centre at `/p/{token}`, the one button of `/u/{token}`, the confirmation of an
//! opt-in at `/o/{token}`, and at `/p` the way in by number and code.
//!
//! They keep no session and load one stylesheet. A GET shows and never changes anything, because scanners
//! open links; a POST to the same address changes and redirects back (303). What a saved page says was
//! changed comes from the ledger, from the place that the form had seen on.

mod centre;
mod code;
mod dates;
mod document;
mod enter;
mod form;
mod frame;
mod opt_in;
mod opt_in_texts;
mod own;
mod texts;
mod unsubscribe;
mod view;
mod words;

use axum::Router;
use axum::routing::get;

use super::Web;

/// The addresses of these pages.
pub(super) fn routes() -> Router<Web> {
    Router::new()
        .route("/p", get(enter::show).post(enter::ask))
        .route("/p/code/{ticket}", get(enter::show_code).post(enter::check_code))
        .route("/p/erased", get(own::erased))
        .route("/p/{token}", get(centre::show).post(centre::change))
        .route("/p/{token}/{deed}", get(own::show).post(own::act))
        .route("/p/{token}/{deed}/{challenge}", get(own::show_code).post(own::prove))
        .route("/u/{token}", get(unsubscribe::show).post(unsubscribe::act))
        .route("/o/{token}", get(opt_in::show).post(opt_in::confirm))
}
