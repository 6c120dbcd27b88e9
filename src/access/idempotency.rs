//! `Idempotency-Key`: the same request sent twice is done once and answered twice.
//!
//! [`begin`] and [`finish`] run in the transaction that does the work, so the key is kept exactly when
//! the work is. A request that fails leaves no key and may be sent again.

use super::{Actor, Who, store};
use crate::db::Tx;
use crate::kernel::clock::{HOUR, Millis};
use crate::kernel::crypto::sha256_hex;
use crate::kernel::error::{Error, Result};

/// How long an answer is kept.
pub const KEPT: Millis = 72 * HOUR;
/// The most bytes of a key.
const LONGEST: usize = 255;

/// One request with a key: whose, to which route, and the hash of its body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    pub(super) subaccount: String,
    pub(super) caller: String,
    pub(super) route: String,
    pub(super) key: String,
    pub(super) body_hash: String,
}

impl Call {
    /// Reads the header's value: 1 to 255 printable ASCII characters. Keys of different callers and routes
    /// have nothing to do with each other.
    pub fn new(actor: &Actor, route: &str, key: &str, body: &[u8]) -> Result<Self> {
        let key = key.trim();
        if key.is_empty() || key.len() > LONGEST || !key.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            let detail = format!("An Idempotency-Key has 1 to {LONGEST} printable ASCII characters.");
            return Err(Error::invalid("Idempotency-Key", "unusable", detail));
        }
        let caller = match &actor.who {
            Who::Key { id, .. } => id.as_str(),
            Who::User { id, .. } => id.as_str(),
            Who::Shell => "shell",
            Who::Customer => "customer",
            Who::System => "system",
        };
        Ok(Self {
            subaccount: actor.subaccount.as_str().into(),
            caller: caller.into(),
            route: route.into(),
            key: key.into(),
            body_hash: sha256_hex(body),
        })
    }
}

/// What is to be done with a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begin {
    /// Do it, then call [`finish`].
    Fresh,
    /// It was done: give this answer again.
    Replay(String),
    /// The key was used with another body: refuse.
    OtherBody,
    /// The same request is being worked on in this very transaction: ask for a later try.
    Running,
}

/// Takes the key. A step; when another transaction has just taken it, this waits for its outcome.
pub async fn begin(tx: &mut Tx, call: &Call, now: Millis) -> Result<Begin> {
    if store::idempotency::take(tx, call, now, now - KEPT).await? {
        return Ok(Begin::Fresh);
    }
    Ok(known(tx, call, now).await?.unwrap_or(Begin::Running))
}

/// What stands under the key already, without taking it: for a request that may have become impossible since it was answered. A step.
pub async fn known(tx: &mut Tx, call: &Call, now: Millis) -> Result<Option<Begin>> {
    let found = store::idempotency::find(tx, call, now - KEPT).await?;
    Ok(found.map(|(body_hash, answer)| match answer {
        _ if body_hash != call.body_hash => Begin::OtherBody,
        answer if answer.is_empty() => Begin::Running,
        answer => Begin::Replay(answer),
    }))
}

/// Gives the key of a refused request back, so that its mended version can use it. A step, in the transaction
/// of its [`begin`].
pub async fn forget(tx: &mut Tx, call: &Call) -> Result<()> {
    store::idempotency::forget(tx, call).await
}

impl Begin {
    /// What to tell the caller of a request that cannot go on.
    pub fn refusal(&self) -> Error {
        match self {
            Self::OtherBody => {
                Error::invalid("Idempotency-Key", "other_body", "This key was used with another body. Use a new key for a new request.")
            }
            _ => Error::conflict("A request with this Idempotency-Key is being worked on. Ask again in a moment."),
        }
    }
}

/// Keeps the answer of a fresh request. A step, in the transaction of its [`begin`].
pub async fn finish(tx: &mut Tx, call: &Call, answer: &str) -> Result<()> {
    store::idempotency::answer(tx, call, answer).await
}
