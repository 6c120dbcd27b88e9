//! Connections: our credentials at providers, in order of priority, with their prices.

mod balance;
mod change;
mod circuit;
mod connection;
mod credentials;
mod health;
mod line;
mod moves;
mod order;
mod price_file;
mod prices;
mod routing;
mod silence;
mod store;

pub use balance::{ask_balance, balance, worded};
pub use change::{ConnectionInput, ConnectionView, ensure_default, get, list, put, set_prices};
pub use circuit::{Cause, Circuit, Outcomes, Recent, State};
pub use connection::Connection;
pub use credentials::{ConfigInput, masked, shown};
pub use health::{Health, HealthChanges, Routes, Sign, prune, record, routes};
pub use line::{line, line_in_words};
pub use moves::{RouteMove, SHOWN as MOVES_SHOWN, moves, use_again};
pub use order::{Move, move_by_one};
pub use price_file::{LARGEST_PRICE_FILE, import_prices};
pub use prices::{Price, PriceTable, prices, usual_price};
pub use routing::{Candidate, order};
pub use silence::{has_silent, keep_back_silent};

use crate::access;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::{Cipher, TenantCipher};
use crate::kernel::error::Result;
use crate::kernel::id::{ConnectionId, SubaccountId};
use crate::providers::Provider;

/// Every connection of a subaccount, the first choice first.
pub async fn all(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId) -> Result<Vec<Connection>> {
    store::all(tx, cipher, subaccount).await
}

/// The connection that a provider's call names by its webhook key.
pub async fn by_webhook_key(tx: &mut Tx, cipher: &Cipher, key: &str) -> Result<Option<Connection>> {
    store::by_webhook_key(tx, cipher, key).await
}

/// The connections of every subaccount at one provider that are on, at most `limit`.
pub async fn of_provider(tx: &mut Tx, cipher: &Cipher, provider: Provider, limit: usize) -> Result<Vec<Connection>> {
    store::of_provider(tx, cipher, provider, limit as i64).await
}

/// Stops a connection whose credentials the provider refused, until somebody mends it.
pub async fn pause(tx: &mut Tx, subaccount: &SubaccountId, id: &ConnectionId, reason: &str, now: Millis) -> Result<()> {
    if store::pause(tx, subaccount, id, reason, now).await? {
        let actor = access::Actor::system(subaccount.clone());
        let detail = serde_json::json!({ "reason": reason });
        access::audit(tx, &actor, "connection.pause", id.as_str(), &detail, now).await?;
    }
    Ok(())
}

/// Leaves a connection alone until an instant, as its provider asked.
pub async fn block_until(tx: &mut Tx, subaccount: &SubaccountId, id: &ConnectionId, until: Millis) -> Result<()> {
    store::block_until(tx, subaccount, id, until).await
}
