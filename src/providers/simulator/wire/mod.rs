//! The protocols that the simulator speaks: one file each. A protocol reads requests, hands them to the
//! engine, writes the engine's reply in its own words, and words callbacks.

pub mod every8d;
pub mod melipayamak;
pub mod mitake;
pub mod own;
pub mod sns;
pub mod twilio;

use std::io;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::DefaultBodyLimit;
use axum::response::Response;
use bytes::Bytes;

use crate::kernel::crypto::sha256_hex;

use super::callbacks::Notice;
use super::caller::Callback;
use super::codes;
use super::engine::Engine;
use super::fate::{AnswerKind, Outcome};
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
    /// Melipayamak's.
    Melipayamak,
    /// Amazon's.
    Sns,
    /// Every8d's.
    Every8d,
    /// Mitake's.
    Mitake,
}

impl Wire {
    const ALL: [Self; 6] = [Self::Own, Self::Twilio, Self::Melipayamak, Self::Every8d, Self::Mitake, Self::Sns];

    /// The provider's name, as journal lines and requests spell it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Own => own::NAME,
            Self::Twilio => twilio::NAME,
            Self::Melipayamak => "melipayamak",
            Self::Sns => "sns",
            Self::Every8d => "every8d",
            Self::Mitake => "mitake",
        }
    }

    /// Finds a protocol by its provider's name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|wire| wire.name() == name)
    }

    /// The id of the message with a number, in a run of the simulator, as this protocol writes it.
    pub fn message_id(self, run: u64, number: u64) -> String {
        match self {
            Self::Own => own::message_id(run, number),
            Self::Twilio => twilio::message_id(run, number),
            Self::Melipayamak => melipayamak::message_id(run, number),
            Self::Sns => sns::message_id(run, number),
            Self::Every8d => every8d::message_id(run, number),
            Self::Mitake => mitake::message_id(run, number),
        }
    }

    /// The number of the message with an id that [`Wire::message_id`] made in this run; `None` for any other.
    pub fn number_of(self, run: u64, id: &str) -> Option<u64> {
        match self {
            Self::Own => own::number_of(run, id),
            Self::Twilio => twilio::number_of(run, id),
            Self::Melipayamak => melipayamak::number_of(run, id),
            Self::Sns => sns::number_of(run, id),
            Self::Every8d => every8d::number_of(run, id),
            Self::Mitake => mitake::number_of(run, id),
        }
    }

    /// Whether it carries the sender's attempt reference. Where it does not, the journal's `ref` is the message's id,
    /// which the sender learns with the acceptance.
    pub fn carries_reference(self) -> bool {
        !matches!(self, Self::Melipayamak | Self::Sns)
    }

    /// Whether it reports what became of messages; with the others one must ask, or never learns it.
    pub fn reports(self) -> bool {
        !matches!(self, Self::Melipayamak | Self::Sns)
    }

    /// Whether it can tell us what people wrote.
    pub fn brings_replies(self) -> bool {
        !matches!(self, Self::Mitake | Self::Sns)
    }

    /// What a carrier's decision becomes with this provider: Amazon takes messages to people who opted out.
    pub fn outcome(self, outcome: Outcome) -> Outcome {
        match (self, outcome) {
            (Self::Sns, Outcome::Refused(code)) if code == codes::OPTED_OUT => Outcome::Taken(AnswerKind::Proper),
            _ => outcome,
        }
    }

    /// Words a callback.
    pub fn callback(self, engine: &Engine, target: &Target, notice: &Notice) -> Callback {
        match self {
            Self::Own => own::callback(engine, target, notice),
            Self::Twilio => twilio::callback(engine, target, notice),
            Self::Melipayamak => melipayamak::callback(target, notice),
            Self::Sns => sns::callback(),
            Self::Every8d => every8d::callback(engine, target, notice),
            Self::Mitake => mitake::callback(engine, target, notice),
        }
    }
}

/// The paths of all protocols.
pub fn router(engine: Arc<Engine>) -> Router {
    own::router(Arc::clone(&engine))
        .merge(twilio::router(Arc::clone(&engine)))
        .merge(melipayamak::router(Arc::clone(&engine)))
        .merge(every8d::router(Arc::clone(&engine)))
        .merge(mitake::router(Arc::clone(&engine)))
        .merge(sns::router(engine))
        .layer(DefaultBodyLimit::max(REQUEST_LIMIT))
}

/// Tells messages apart where a protocol carries no reference: what is said alike to the same person has the same fate.
fn likeness(to: &str, from: &str, text: &str) -> String {
    sha256_hex(format!("{to}\n{from}\n{text}").as_bytes())
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
