//! A connection whose provider takes everything and delivers nothing: no submission fails, and yet nobody gets a text.
//! Only its receipts, or that there are none, can tell.

use crate::connections::circuit::{Cause, State};
use crate::connections::moves::RouteMove;
use crate::connections::store;
use crate::db::Tx;
use crate::kernel::clock::{HOUR, MINUTE, Millis};
use crate::kernel::error::Result;
use crate::kernel::id::{ConnectionId, SubaccountId};
use crate::kernel::phone::Country;

/// So many messages must have been taken …
pub(super) const ENOUGH: i64 = 30;
/// … in this time …
pub(super) const WINDOW: Millis = 10 * MINUTE;
/// … and so long ago, that a sound provider would have delivered one of them.
pub(super) const PATIENCE: Millis = 3 * MINUTE;
/// Who reported a delivery in this time is known to report them.
pub(super) const KNOWN: Millis = HOUR;

/// What came of a connection's messages to a country while it was trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Silence {
    pub subaccount: SubaccountId,
    pub connection: ConnectionId,
    pub country: Country,
    /// Its present state.
    pub state: State,
    /// Taken long enough ago.
    pub accepted: i64,
    /// Reported failed since.
    pub failed: i64,
}

impl Silence {
    fn reason(&self) -> String {
        let Self { accepted, failed, .. } = self;
        let minutes = WINDOW / MINUTE;
        format!("none of {accepted} messages that it took was delivered in {minutes} minutes, and {failed} were reported failed")
    }
}

/// Keeps back the connections of every subaccount that are silent: that took at least thirty messages three to ten minutes
/// ago, reported no delivery since, and are known to report, by a delivery in the last hour or by failures now.
pub async fn keep_back_silent(tx: &mut Tx, now: Millis) -> Result<()> {
    for one in store::health::silent(tx, now).await? {
        let reason = one.reason();
        let step = RouteMove {
            connection: one.connection.clone(),
            country: one.country,
            from: one.state,
            to: State::Failing,
            reason: reason.clone(),
            at: now,
        };
        if store::health::change(tx, &one.subaccount, &step, Cause::Silence).await? {
            tracing::warn!(connection = one.connection.as_str(), country = one.country.as_str(), reason, "a route delivers nothing");
        }
    }
    Ok(())
}

/// Whether [`keep_back_silent`] has something to do.
pub async fn has_silent(tx: &mut Tx, now: Millis) -> Result<bool> {
    Ok(!store::health::silent(tx, now).await?.is_empty())
}
