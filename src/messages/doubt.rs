//! Attempts whose outcome nobody knows: found after a crash or a time-out, and resolved by look-up, by repeating the
//! very same submission where the provider does not send it twice, by a receipt, or at last by policy. Never by
//! silently sending again.

use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{AttemptId, ConnectionId};
use crate::kernel::money::Micros;
use crate::messages::poll::Awaited;
use crate::messages::status::Status;
use crate::messages::store;
use crate::messages::tally::{Place, Tally};
use crate::messages::work::Claimed;

/// Gives messages back whose worker died: those that had not left wait again, those that were being
/// submitted become unknown. `everything` ignores how long the leases still run: this process has just
/// started and is the only one.
pub async fn rescue(tx: &mut Tx, now: Millis, everything: bool, tally: &mut Tally) -> Result<u64> {
    let before = if everything { Millis::MAX } else { now };
    let waiting = store::free_waiting(tx, before).await?;
    let lost = store::lost_submissions(tx, before, 500).await?;
    store::doubt(tx, &lost, now).await?;
    for message in &lost {
        tally.moved(&message.counted, &message.place, &Place { status: Status::Unknown, ..message.place.clone() });
    }
    Ok(waiting + lost.len() as u64)
}

/// An attempt whose outcome is unknown.
#[derive(Clone, Debug)]
pub struct Doubt {
    /// The attempt.
    pub attempt: AttemptId,
    /// Where it was submitted.
    pub connection: ConnectionId,
    /// When.
    pub started_at: Millis,
    /// The message.
    pub message: Claimed,
}

impl Doubt {
    /// Whether its message still waits for this to be found out.
    pub fn is_open(&self) -> bool {
        self.message.place.status == Status::Unknown
    }

    /// What to ask about from now on, when the provider has it and does not report by itself.
    pub fn awaited(&self, provider_message_id: &str, since_at: Millis) -> Awaited {
        Awaited {
            attempt: self.attempt.clone(),
            message: self.message.id.clone(),
            subaccount: self.message.subaccount.clone(),
            contact: self.message.person.id.clone(),
            connection: self.connection.clone(),
            provider_message_id: provider_message_id.to_owned(),
            since_at,
        }
    }
}

/// Whether there is a doubt to look into now.
pub async fn has_doubts(tx: &mut Tx, now: Millis) -> Result<bool> {
    store::has_doubts(tx, now).await
}

/// Doubts to look into now; none of them is given again before `again_at`. Their requests can no longer be under way.
pub async fn doubts(tx: &mut Tx, now: Millis, again_at: Millis, limit: usize) -> Result<Vec<Doubt>> {
    store::doubts(tx, now, again_at, limit).await
}

/// Sets when to look into doubts again that are still open; at most 500.
pub async fn postpone(tx: &mut Tx, doubts: &[(&Doubt, Millis)]) -> Result<()> {
    store::postpone_doubts(tx, doubts).await
}

/// Writes into messages' stories that their submissions are about to be repeated, to be committed before they are.
pub async fn note_repeats(tx: &mut Tx, doubts: &[&Doubt], now: Millis) -> Result<()> {
    store::insert_repeats(tx, doubts, now).await
}

/// How a doubt ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolution {
    /// The provider has it.
    Taken {
        /// Its id there.
        provider_message_id: String,
        /// What it charges.
        cost: Micros,
    },
    /// The provider never got it: it may be sent again.
    NeverArrived,
    /// The provider refused the same submission again, which it would not have if it had taken it the first time.
    Refused {
        /// The provider's code.
        code: String,
        /// What it means.
        detail: String,
    },
    /// Nobody can tell, and the policy of its category says to send again, visibly.
    SendAgain,
    /// Nobody can tell, and the policy of its category says to leave it.
    GiveUp,
}

/// Ends a doubt, unless a receipt has ended it meanwhile.
pub async fn resolve(tx: &mut Tx, doubt: &Doubt, resolution: &Resolution, now: Millis, tally: &mut Tally) -> Result<()> {
    let message = &doubt.message;
    let Some(is) = store::place(tx, &message.subaccount, &message.id).await? else { return Ok(()) };
    if is.place.status != Status::Unknown {
        return Ok(());
    }
    let mut to = is.place.clone();
    to.status = match resolution {
        Resolution::Taken { cost, .. } => {
            to.cost = *cost;
            Status::Sent
        }
        Resolution::NeverArrived | Resolution::SendAgain => Status::Queued,
        Resolution::Refused { .. } | Resolution::GiveUp => Status::Failed,
    };
    store::resolve(tx, doubt, resolution, to.status, now).await?;
    tally.moved(&message.counted(), &is.place, &to);
    Ok(())
}
