//! Accepted messages whose provider does not report by itself: when to ask what became of them, and until when.

use std::collections::{HashMap, HashSet};

use crate::app::App;
use crate::contacts;
use crate::db::Tx;
use crate::kernel::clock::{HOUR, MINUTE, Millis, SECOND};
use crate::kernel::error::Result;
use crate::kernel::id::{AttemptId, ConnectionId, ContactId, MessageId, SubaccountId};
use crate::messages::store;
use crate::messages::work::Intent;

/// The first question comes this long after the acceptance.
const FIRST: Millis = 10 * SECOND;
/// The longest wait between two questions about a message.
const LONGEST: Millis = 30 * MINUTE;
/// After this no provider has news: carriers keep a text for three days at most.
const UNTIL: Millis = 72 * HOUR;

/// An accepted message that we have to ask about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// The attempt that was accepted.
    pub attempt: AttemptId,
    /// Its message.
    pub message: MessageId,
    /// Whose.
    pub subaccount: SubaccountId,
    /// For whom.
    pub contact: ContactId,
    /// By which connection.
    pub connection: ConnectionId,
    /// The provider's name for it.
    pub provider_message_id: String,
    /// When it was accepted.
    pub since_at: Millis,
}

impl Awaited {
    /// What was accepted of an intent.
    pub fn of(intent: &Intent, provider_message_id: &str, since_at: Millis) -> Self {
        Self {
            attempt: intent.attempt.clone(),
            message: intent.message.id.clone(),
            subaccount: intent.message.subaccount.clone(),
            contact: intent.message.person.id.clone(),
            connection: intent.connection.clone(),
            provider_message_id: provider_message_id.to_owned(),
            since_at,
        }
    }
}

/// When to ask again about a message that was accepted at `since_at`: after as long as it has waited already, so that a
/// quick delivery is seen soon and a phone that is off costs few questions.
fn again(since_at: Millis, now: Millis) -> Millis {
    now + (now - since_at).clamp(FIRST, LONGEST)
}

/// Notes messages to ask about.
pub async fn await_reports(tx: &mut Tx, awaited: &[Awaited]) -> Result<()> {
    for part in awaited.chunks(500) {
        store::insert_polls(tx, part, FIRST).await?;
    }
    Ok(())
}

/// Whether there is anything to ask now.
pub async fn has_awaited(tx: &mut Tx, now: Millis) -> Result<bool> {
    store::has_polls(tx, now).await
}

/// Takes messages to ask about now, with the recipients' numbers in E.164; an erased person's is empty. Nobody else takes
/// them before `lease_until`.
pub async fn claim_awaited(tx: &mut Tx, app: &App, limit: usize, now: Millis, lease_until: Millis) -> Result<Vec<(Awaited, String)>> {
    let claimed = store::claim_polls(tx, limit, now, lease_until).await?;
    let mut numbers: HashMap<ContactId, String> = HashMap::with_capacity(claimed.len());
    for subaccount in claimed.iter().map(|a| &a.subaccount).collect::<HashSet<_>>() {
        let ids: Vec<ContactId> = claimed.iter().filter(|a| a.subaccount == *subaccount).map(|a| a.contact.clone()).collect();
        let cipher = app.cipher.tenant(subaccount);
        for (id, person) in contacts::by_ids(tx, subaccount, &ids).await? {
            numbers.insert(id, person.phone(&cipher)?.map(|phone| phone.e164()).unwrap_or_default());
        }
    }
    Ok(claimed
        .into_iter()
        .map(|awaited| {
            let number = numbers.get(&awaited.contact).cloned().unwrap_or_default();
            (awaited, number)
        })
        .collect())
}

/// Ends the asking about those that are final or too old, and sets the next time for the others. To be called when what
/// the provider answered has been stored.
pub async fn asked(tx: &mut Tx, awaited: &[Awaited], now: Millis) -> Result<()> {
    for part in awaited.chunks(500) {
        store::end_polls(tx, part, now - UNTIL).await?;
        let next: Vec<(&str, Millis)> = part.iter().map(|a| (a.attempt.as_str(), again(a.since_at, now))).collect();
        store::postpone_polls(tx, &next).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_grow_rarer_and_end() {
        let (mut now, mut questions) = (FIRST, 0);
        let mut waits = Vec::new();
        while now < UNTIL {
            let next = again(0, now);
            waits.push(next - now);
            (now, questions) = (next, questions + 1);
        }
        assert_eq!(waits[..4], [10 * SECOND, 20 * SECOND, 40 * SECOND, 80 * SECOND]);
        assert!(waits.windows(2).all(|w| w[0] <= w[1]) && waits.last() == Some(&LONGEST));
        assert!((140..160).contains(&questions), "{questions}");
    }
}
