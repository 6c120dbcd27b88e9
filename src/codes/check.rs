//! Entering a code.

use super::store::{self, Held};
use super::{Purpose, TRIES, digits_of};
use crate::access::Actor;
use crate::app::App;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ChallengeId, ContactId};
use crate::messages::{self, Status};

/// What came of a try.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Checked {
    /// The code is right: whoever entered it holds this contact's telephone. A challenge is right once.
    Verified(ContactId),
    /// It is not right.
    Wrong {
        /// How many tries the challenge still takes.
        attempts_left: i64,
    },
    /// There is no such live challenge: it was used, voided by a newer one, tried too often, or its time is over.
    Ended,
}

/// Tries a code for a challenge of this purpose. Every try counts before it is looked at, so that many at once gain nothing.
///
/// # Errors
/// [`Error::Invalid`] for `code` when it has not six digits; that is no try.
pub async fn check(app: &App, actor: &Actor, purpose: Purpose, id: &ChallengeId, code: &str) -> Result<Checked> {
    let Some(code) = digits_of(code) else {
        return Err(Error::invalid("code", "malformed", "A code has 6 digits. Write them as the message shows them."));
    };
    let (subaccount, now) = (&actor.subaccount, app.clock.now());
    let mut tx = app.db.write().await?;
    let Some(Held { attempts, code_hash, contact, message }) = store::take_try(&mut tx, subaccount, id, purpose, now).await? else {
        return Ok(Checked::Ended);
    };
    let is_right = store::is_right(&app.cipher, subaccount, id, purpose, &code, &code_hash);
    let Some(contact) = contact.filter(|_| is_right) else {
        tx.commit().await?;
        return Ok(Checked::Wrong { attempts_left: TRIES - attempts });
    };
    if !store::use_up(&mut tx, subaccount, id, now).await? {
        return Ok(Checked::Ended);
    }
    let told = messages::end_secrets(&mut tx, subaccount, message.as_slice(), Status::Cancelled, now).await?;
    tx.commit().await?;
    told.send(app);
    Ok(Checked::Verified(contact))
}
