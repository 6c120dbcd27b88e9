//! The order in which connections are tried.

use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::connections::store;
use crate::kernel::error::{Error, Result};

/// Between two neighbours, so that somebody can set a priority between them.
const STEP: i64 = 10;

/// Which way a connection moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// Tried before its neighbour.
    Up,
    /// Tried after its neighbour.
    Down,
}

/// Moves a connection one place in the order of the list. At the end of the list it stays where it is. Needs
/// [`Permission::Settings`].
pub async fn move_by_one(app: &App, actor: &Actor, name: &str, direction: Move) -> Result<()> {
    actor.require(Permission::Settings)?;
    let now = app.clock.now();
    let cipher = app.cipher.tenant(&actor.subaccount);
    let mut tx = app.db.write().await?;
    let mut order = store::all(&mut tx, &cipher, &actor.subaccount).await?;
    let at = order.iter().position(|c| c.name == name).ok_or(Error::NotFound("connection"))?;
    let other = match direction {
        Move::Up => at.checked_sub(1),
        Move::Down => Some(at + 1).filter(|next| *next < order.len()),
    };
    let Some(other) = other else { return Ok(()) };
    order.swap(at, other);
    for (connection, priority) in order.iter_mut().zip((1..).map(|place| place * STEP)) {
        if connection.priority != priority {
            connection.priority = priority;
            store::save(&mut tx, &cipher, connection, now).await?;
        }
    }
    let names: Vec<&str> = order.iter().map(|c| c.name.as_str()).collect();
    let detail = serde_json::json!({ "order": names });
    access::audit(&mut tx, actor, "connection.order", order[other].id.as_str(), &detail, now).await?;
    tx.commit().await?;
    app.wake.notify_one();
    Ok(())
}
