//! The protocols that the simulator speaks: one file each. A protocol reads requests, hands them to the
//! engine, writes the engine's reply in its own words, and words callbacks.

pub mod every8d;
pub mod mitake;
pub mod own;

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use bytes::Bytes;

use super::callbacks::Notice;
use super::caller::Callback;
use super::engine::Engine;
use super::message::Target;

/// The largest request body, in bytes.
const REQUEST_LIMIT: usize = 64 * 1024;

/// A protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wire {
    /// Peyk's own.
    Own,
    /// Every8d's.
    Every8d,
    /// Mitake's.
    Mitake,
}

impl Wire {
    /// The provider's name, as journal lines and requests spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => own::NAME,
            Self::Every8d => "every8d",
            Self::Mitake => "mitake",
        }
    }

    /// Finds a protocol by its provider's name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Own, Self::Every8d, Self::Mitake].into_iter().find(|wire| wire.name() == name)
    }

    /// The id of the message with a number, in a run of the simulator, as this protocol writes it.
    pub fn message_id(self, run: u64, number: u64) -> String {
        match self {
            Self::Own => own::message_id(run, number),
            Self::Every8d => every8d::message_id(run, number),
            Self::Mitake => mitake::message_id(run, number),
        }
    }

    /// The number of the message with an id that [`Wire::message_id`] made in this run; `None` for any other.
    pub fn number_of(self, run: u64, id: &str) -> Option<u64> {
        match self {
            Self::Own => own::number_of(run, id),
            Self::Every8d => every8d::number_of(run, id),
            Self::Mitake => mitake::number_of(run, id),
        }
    }

    /// Whether it can tell us what people wrote.
    pub fn brings_replies(self) -> bool {
        match self {
            Self::Own | Self::Every8d => true,
            Self::Mitake => false,
        }
    }

    /// Words a callback.
    pub fn callback(self, engine: &Engine, target: &Target, notice: &Notice) -> Callback {
        match self {
            Self::Own => own::callback(engine, target, notice),
            Self::Every8d => every8d::callback(engine, target, notice),
            Self::Mitake => mitake::callback(engine, target, notice),
        }
    }
}

/// The paths of all protocols.
pub fn router(engine: Arc<Engine>) -> Router {
    own::router(Arc::clone(&engine))
        .merge(every8d::router(Arc::clone(&engine)))
        .merge(mitake::router(engine))
        .layer(DefaultBodyLimit::max(REQUEST_LIMIT))
}

/// An answer that breaks the connection before its first byte: the server gives a connection up when
/// the body of its answer fails.
pub fn reset() -> Response {
    let broken = futures::stream::once(async { Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset)) });
    Response::new(Body::from_stream(broken))
}

/// A callback's address with a query added to it.
fn with_query(url: &str, query: &str) -> String {
    let joint = if url.contains('?') { '&' } else { '?' };
    format!("{url}{joint}{query}")
}

/// The address that a forger calls who does not know it: the part before the last, a connection's key, is guessed. For
/// protocols that sign nothing.
fn guessed(url: &str) -> String {
    let (path, query) = url.split_at(url.find('?').unwrap_or(url.len()));
    match path.rsplit_once('/').and_then(|(folder, last)| Some((folder.rsplit_once('/')?.0, last))) {
        Some((folder, last)) => format!("{folder}/guessed/{last}{query}"),
        None => url.into(),
    }
}
