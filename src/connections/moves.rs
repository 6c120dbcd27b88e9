//! Moves: every change of the trust in a connection, with its reason.

use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::connections::circuit::{Cause, State};
use crate::connections::store;
use crate::kernel::clock::{DAY, Millis};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::ConnectionId;
use crate::kernel::phone::Country;

/// How long moves are kept.
pub(super) const KEPT: Millis = 90 * DAY;
/// How many moves are shown at most.
pub const SHOWN: usize = 200;

/// A change of the trust in a connection for a country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RouteMove {
    /// Which connection.
    pub connection: ConnectionId,
    /// For which country.
    pub country: Country,
    /// How much it was trusted before.
    pub from: State,
    /// How much it is trusted from then on.
    pub to: State,
    /// Why, for people.
    pub reason: String,
    /// When.
    pub at: Millis,
}

/// The last moves with the names of their connections, the newest first; at most [`SHOWN`].
pub async fn moves(app: &App, actor: &Actor) -> Result<Vec<(String, RouteMove)>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    store::health::moves(&mut tx, &actor.subaccount, SHOWN as i64).await
}

/// Trusts a connection again at once, for every country. What came of its attempts until now no longer counts. Needs
/// [`Permission::Settings`].
pub async fn use_again(app: &App, actor: &Actor, name: &str) -> Result<()> {
    actor.require(Permission::Settings)?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let all = store::all(&mut tx, &app.cipher.tenant(&actor.subaccount), &actor.subaccount).await?;
    let connection = all.into_iter().find(|c| c.name == name).ok_or(Error::NotFound("connection"))?;
    for (id, country, circuit) in store::health::circuits(&mut tx, &actor.subaccount).await? {
        if id != connection.id || circuit.state == State::Healthy {
            continue;
        }
        let reason = format!("{} said to use it again", actor.label());
        let step = RouteMove { connection: id, country, from: circuit.state, to: State::Healthy, reason, at: now };
        store::health::change(&mut tx, &actor.subaccount, &step, Cause::Errors).await?;
    }
    let detail = serde_json::json!({ "name": connection.name });
    access::audit(&mut tx, actor, "connection.use_again", connection.id.as_str(), &detail, now).await?;
    tx.commit().await?;
    app.wake.notify_one();
    Ok(())
}
