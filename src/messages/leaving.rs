//! The last moment in which a message can still leave, and who waits until it is over.
//!
//! An intent is committed before its message leaves, so that somebody may refuse in between. What can be called back then is
//! (`dispatch::wanted`); what cannot has left at the latest after [`LEAVES_WITHIN`] and [`CONNECTS_WITHIN`]. A refusal is
//! acknowledged only then, and so nothing leaves after it.

use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use crate::app::App;
use crate::kernel::clock::{Millis, SECOND};
use crate::kernel::id::{ContactId, SubaccountId};
use crate::kernel::outbound::CONNECTS_WITHIN;
use crate::messages::store;

/// How long after its gate, or after another look at its person, a message may begin to leave, in milliseconds.
pub const LEAVES_WITHIN: Millis = SECOND;
/// Between two looks at whether something is leaving.
const LOOK: Duration = Duration::from_millis(5);

/// Waits, after the commit of a refusal, until nothing that was cleared before it can still leave for the person: hardly ever longer
/// than one answer of a provider, and never longer than opening a connection may take.
pub async fn has_left(app: &App, subaccount: &SubaccountId, contact: &ContactId) {
    let until = Instant::now() + Duration::from_millis(LEAVES_WITHIN.unsigned_abs()) + CONNECTS_WITHIN;
    let since = app.clock.now() - LEAVES_WITHIN;
    loop {
        match is_leaving(app, subaccount, contact, since).await {
            Ok(false) => return,
            Ok(true) if Instant::now() < until => sleep(LOOK).await,
            Ok(true) => return,
            Err(e) => {
                tracing::error!(error = ?e, "whether a message is leaving could not be read; a refusal waits as long as one may take");
                return sleep_until(until).await;
            }
        }
    }
}

async fn is_leaving(app: &App, subaccount: &SubaccountId, contact: &ContactId, since: Millis) -> crate::kernel::error::Result<bool> {
    store::is_leaving(&mut app.db.read().await?, subaccount, contact, since).await
}
