//! The protocols that the simulator speaks: one file each. A protocol reads requests, hands them to the
//! engine, writes the engine's reply in its own words, and words callbacks.

pub mod own;
pub mod twilio;

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
    /// Twilio's.
    Twilio,
}

impl Wire {
    /// The provider's name, as journal lines and requests spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => own::NAME,
            Self::Twilio => twilio::NAME,
        }
    }

    /// Finds a protocol by its provider's name.
    pub fn named(name: &str) -> Option<Self> {
        [Self::Own, Self::Twilio].into_iter().find(|wire| wire.name() == name)
    }

    /// The id of the message with a number, in a run of the simulator, as this protocol writes it.
    pub fn message_id(self, run: u64, number: u64) -> String {
        match self {
            Self::Own => own::message_id(run, number),
            Self::Twilio => twilio::message_id(run, number),
        }
    }

    /// The number of the message with an id that [`Wire::message_id`] made in this run; `None` for any other.
    pub fn number_of(self, run: u64, id: &str) -> Option<u64> {
        match self {
            Self::Own => own::number_of(run, id),
            Self::Twilio => twilio::number_of(run, id),
        }
    }

    /// Words a callback.
    pub fn callback(self, engine: &Engine, target: &Target, notice: &Notice) -> Callback {
        match self {
            Self::Own => own::callback(engine, target, notice),
            Self::Twilio => twilio::callback(engine, target, notice),
        }
    }
}

/// The paths of all protocols.
pub fn router(engine: Arc<Engine>) -> Router {
    own::router(Arc::clone(&engine)).merge(twilio::router(engine)).layer(DefaultBodyLimit::max(REQUEST_LIMIT))
}

/// An answer that breaks the connection before its first byte: the server gives a connection up when
/// the body of its answer fails.
pub fn reset() -> Response {
    let broken = futures::stream::once(async { Err::<Bytes, _>(io::Error::from(io::ErrorKind::ConnectionReset)) });
    Response::new(Body::from_stream(broken))
}
