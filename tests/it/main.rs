//! What Peyk does, told from outside: database, router and simulator in one process. One binary, so that
//! everything links once; a file or folder per subject.
//!
//! A test is an `async fn` that takes a [`harness::TestApp`]; [`both_engines!`] at the top of its file names
//! it and runs it on SQLite and on PostgreSQL:
//!
//! ```ignore
//! use crate::harness::{TestApp, both_engines};
//!
//! both_engines! { a_message_reaches_the_phone }
//!
//! async fn a_message_reaches_the_phone(app: TestApp) {
//!     …
//! }
//! ```

mod access;
mod api;
mod audiences;
mod batches;
mod campaigns;
mod codes;
mod connections;
mod consent;
mod contacts;
mod forged;
mod harness;
mod inbox;
mod isolation;
mod limits;
mod messages;
mod preferences;
mod privacy;
mod proof;
mod real;
mod routing;
mod templates;
mod uploads;
mod web;
