//! What people did about a message: which one it was, and that it counts once.

use crate::db::Tx;
use crate::kernel::clock::{DAY, Millis};
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, SubaccountId};
use crate::messages::store;
use crate::messages::tally::{Response, Tally};

/// How long after a message what its person does is said to be about it.
const ABOUT: Millis = 7 * DAY;

/// Notes what a person did about the last message that left for them within a week; nothing when there is none, when that has
/// no template, or when it was noted before. A step.
pub async fn respond(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, response: Response, now: Millis) -> Result<()> {
    let Some(message) = store::last_sent_to(tx, subaccount, contact, now - ABOUT).await? else { return Ok(()) };
    if message.counted.template.is_none() || !store::note_response(tx, subaccount, &message.counted.id, response, now).await? {
        return Ok(());
    }
    let mut tally = Tally::default();
    tally.responded(&message.counted, response);
    // Nothing moved, so live pages have nothing to be told.
    let _nothing = tally.write(tx).await?;
    Ok(())
}
