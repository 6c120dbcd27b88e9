//! What the breaker stopped, for admins.

use serde_json::Value;

use super::Purpose;
use super::store;
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::CodeStopId;

/// Codes of one purpose to one place that are stopped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Its id.
    pub id: String,
    /// Codes of which purpose.
    pub purpose: Purpose,
    /// A country's name, or the digits that a range of numbers begins with.
    pub place: String,
    /// How many codes had gone there.
    pub sent: i64,
    /// How many of them had been entered.
    pub verified: i64,
    /// Since when.
    pub stopped_at: Millis,
    /// When it ends by itself.
    pub ends_at: Millis,
}

/// Every stop that holds now, newest first. Needs [`Permission::Settings`].
pub async fn stops(app: &App, actor: &Actor) -> Result<Vec<Stop>> {
    actor.require(Permission::Settings)?;
    store::stops(&mut app.db.read().await?, &actor.subaccount, app.clock.now()).await
}

/// Ends a stop before its time; what was sent until now is not held against the place again. Needs [`Permission::Settings`].
///
/// # Errors
/// [`Error::NotFound`] when no such stop holds.
pub async fn release(app: &App, actor: &Actor, id: &str) -> Result<()> {
    actor.require(Permission::Settings)?;
    let id = CodeStopId::parse(id).ok_or(Error::NotFound("stop"))?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    if !store::release(&mut tx, &actor.subaccount, &id, &actor.label(), now).await? {
        return Err(Error::NotFound("stop"));
    }
    access::audit(&mut tx, actor, "codes.release", id.as_str(), &Value::Null, now).await?;
    Ok(tx.commit().await?)
}
