//! Forgetting what is no longer needed.

use super::store;
use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::{DAY, Millis};
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, SubaccountId};
use crate::messages::{self, Status};

/// Challenges that are removed in one transaction.
const BATCH: i64 = 500;
/// How long a stop is kept after it began.
const STOPS: Millis = 30 * DAY;

/// Removes challenges whose time is over, and destroys the texts of their messages. Gives how many.
pub async fn sweep(app: &App, now: Millis) -> Result<u64> {
    let mut swept = 0;
    loop {
        let expired = store::expired(&mut app.db.read().await?, now, BATCH).await?;
        if expired.is_empty() {
            return Ok(swept);
        }
        let mut tx = app.db.write_in_bulk().await?;
        let mut told = Vec::new();
        // They come sorted by subaccount.
        for group in expired.chunk_by(|a, b| a.subaccount == b.subaccount) {
            let subaccount = &group[0].subaccount;
            let texts: Vec<_> = group.iter().filter_map(|one| one.message.clone()).collect();
            let ids: Vec<_> = group.iter().map(|one| &one.id).collect();
            // The challenge before its message, as who asks for a code or enters one has it.
            swept += store::remove(&mut tx, subaccount, &ids).await?;
            told.push(messages::end_secrets(&mut tx, subaccount, &texts, Status::Expired, now).await?);
        }
        tx.commit().await?;
        told.into_iter().for_each(|announcements| announcements.send(app));
    }
}

/// Removes counts that no limit looks at any more, and old stops. A step.
pub async fn prune(tx: &mut Tx, now: Millis) -> Result<()> {
    store::prune(tx, now - DAY, now - STOPS).await
}

/// Removes what was asked for by a person who is being erased. A step.
pub async fn forget_person(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<()> {
    store::forget_person(tx, subaccount, contact).await
}
