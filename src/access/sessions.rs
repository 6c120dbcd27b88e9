//! Sessions of browsers, kept in our database so that they end on every node at once.
//!
//! How long one lasts is decided here by our own clock, whatever the cookie says: twelve hours after
//! the last request and seven days after signing in; one hour for visitors who have not signed in.

use async_trait::async_trait;
use serde_json::Value;
use time::OffsetDateTime;
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{Error, Result};

use super::store;
use crate::db::Db;
use crate::kernel::clock::{Clock, DAY, HOUR, MINUTE, Millis};
use crate::kernel::crypto::sha256_hex;

/// Where the session holds the id of the user who signed in. Sessions with it end with the user.
pub const SESSION_USER: &str = "user_id";
/// Where it holds since when; put there by the store.
const SIGNED_IN_AT: &str = "signed_in_at";

/// A signed-in session ends so long after its last request.
pub const IDLE: Millis = 12 * HOUR;
/// A signed-in session ends so long after signing in.
pub const ABSOLUTE: Millis = 7 * DAY;
/// A visitor's session ends so long after its last request.
const VISITOR: Millis = HOUR;
/// Requests move the end only when it moves by so much, so that not every page view writes.
const WORTH_WRITING: Millis = 10 * MINUTE;

/// Keeps the sessions of `tower-sessions` in our database.
#[derive(Clone, Debug)]
pub struct SessionStore {
    db: Db,
    clock: Clock,
}

/// A session as it is stored.
pub(super) struct Stored {
    pub user: Option<String>,
    pub data: String,
    pub expires_at: Millis,
}

impl SessionStore {
    /// Keeps them in `db` by the time of `clock`.
    pub fn new(db: Db, clock: Clock) -> Self {
        Self { db, clock }
    }

    /// The record as it is stored from now on; notes since when its user is signed in.
    fn prepare(&self, record: &mut Record) -> Result<Stored> {
        let now = self.clock.now();
        let user = record.data.get(SESSION_USER).and_then(Value::as_str).map(str::to_owned);
        if user.is_some() {
            record.data.entry(SIGNED_IN_AT.to_owned()).or_insert_with(|| now.into());
        }
        let expires_at = end(user.is_some(), record.data.get(SIGNED_IN_AT), now);
        let data = serde_json::to_string(&record.data).map_err(|e| Error::Encode(e.to_string()))?;
        Ok(Stored { user, data, expires_at })
    }
}

/// When a session ends that is used at `now`.
fn end(signed_in: bool, since: Option<&Value>, now: Millis) -> Millis {
    if signed_in { (now + IDLE).min(since.and_then(Value::as_i64).unwrap_or(now) + ABSOLUTE) } else { now + VISITOR }
}

/// What a session is stored under: who reads the table cannot take a session over.
fn key(id: &Id) -> String {
    sha256_hex(id.to_string().as_bytes())
}

fn backend(e: impl std::fmt::Display) -> Error {
    Error::Backend(e.to_string())
}

#[async_trait]
impl tower_sessions::SessionStore for SessionStore {
    async fn create(&self, record: &mut Record) -> Result<()> {
        let stored = self.prepare(record)?;
        let mut tx = self.db.write().await.map_err(backend)?;
        while !store::sessions::add(&mut tx, &key(&record.id), &stored).await.map_err(backend)? {
            record.id = Id::default();
        }
        tx.commit().await.map_err(backend)
    }

    /// A session that has ended meanwhile stays ended: a request that was under way does not revive it.
    async fn save(&self, record: &Record) -> Result<()> {
        let stored = self.prepare(&mut record.clone())?;
        let mut tx = self.db.write().await.map_err(backend)?;
        store::sessions::update(&mut tx, &key(&record.id), &stored).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }

    async fn load(&self, id: &Id) -> Result<Option<Record>> {
        let now = self.clock.now();
        let mut tx = self.db.read().await.map_err(backend)?;
        let Some(stored) = store::sessions::find(&mut tx, &key(id), now).await.map_err(backend)? else { return Ok(None) };
        tx.commit().await.map_err(backend)?;
        let data: std::collections::HashMap<String, Value> =
            serde_json::from_str(&stored.data).map_err(|e| Error::Decode(e.to_string()))?;
        let moved = end(stored.user.is_some(), data.get(SIGNED_IN_AT), now);
        if moved - stored.expires_at >= WORTH_WRITING {
            let mut tx = self.db.write().await.map_err(backend)?;
            store::sessions::extend(&mut tx, &key(id), moved).await.map_err(backend)?;
            tx.commit().await.map_err(backend)?;
        }
        let expiry = OffsetDateTime::from_unix_timestamp(moved.max(stored.expires_at) / 1000).map_err(|e| Error::Decode(e.to_string()))?;
        Ok(Some(Record { id: *id, data, expiry_date: expiry }))
    }

    async fn delete(&self, id: &Id) -> Result<()> {
        let mut tx = self.db.write().await.map_err(backend)?;
        store::sessions::end(&mut tx, &key(id)).await.map_err(backend)?;
        tx.commit().await.map_err(backend)
    }
}
