//! Taking messages back.

use std::collections::BTreeSet;

use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::consent::{self, Evidence, Scope, Source};
use crate::contacts;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{CampaignId, ContactId, MessageId, SubaccountId};
use crate::messages::status::Status;
use crate::messages::store::{self, Waiting};
use crate::messages::tally::{Announcements, Place, Tally};
use crate::messages::view::{MessageDetail, get};

/// Ends every waiting message to a person, of the given categories or of all: they do not want it.
/// Gives the number of messages.
pub async fn drop_queued(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    contact: &ContactId,
    categories: Option<&[Category]>,
    reason: &'static str,
    now: Millis,
) -> Result<(u64, Announcements)> {
    let mut waiting = store::waiting_for(tx, subaccount, contact).await?;
    if let Some(categories) = categories {
        waiting.retain(|w| categories.iter().any(|c| c.as_str() == w.counted.category));
    }
    end(tx, &waiting, Status::Dropped, Some(reason), now).await
}

/// Ends those of these messages to a person that still wait.
pub async fn drop_these(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    contact: &ContactId,
    ids: &[MessageId],
    reason: &'static str,
    now: Millis,
) -> Result<Announcements> {
    if ids.is_empty() {
        return Ok(Announcements::default());
    }
    let mut waiting = store::waiting_for(tx, subaccount, contact).await?;
    waiting.retain(|w| ids.iter().any(|id| id.as_str() == w.counted.id));
    Ok(end(tx, &waiting, Status::Dropped, Some(reason), now).await?.1)
}

/// A person whom a carrier reported as opted out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct CarrierOptOut {
    /// Whose contact.
    pub subaccount: SubaccountId,
    /// The carrier's code.
    pub code: String,
    /// Which contact.
    pub contact: ContactId,
}

/// Believes carriers that people opted out: everything stops, and what waits for them ends.
pub async fn carrier_opt_outs(tx: &mut Tx, people: impl IntoIterator<Item = CarrierOptOut>, now: Millis) -> Result<()> {
    let people: BTreeSet<CarrierOptOut> = people.into_iter().collect();
    let people: Vec<CarrierOptOut> = people.into_iter().collect();
    // All people before the first ledger: who holds one of them waits for a ledger that we would hold otherwise.
    for group in people.chunk_by(|a, b| a.subaccount == b.subaccount) {
        contacts::lock(tx, &group[0].subaccount, &mut group.iter().map(|p| p.contact.clone()).collect()).await?;
    }
    for group in people.chunk_by(|a, b| (&a.subaccount, &a.code) == (&b.subaccount, &b.code)) {
        let contacts = group.iter().map(|p| p.contact.clone()).collect();
        let evidence = Evidence::from_outside(Source::Carrier).with_reason(Some(group[0].code.clone()));
        consent::withdraw_many(tx, &group[0].subaccount, contacts, Scope::All, &evidence, now).await?;
        for person in group {
            // Live pages see these endings at their next look; the outcome that caused them is announced.
            let _ended = drop_queued(tx, &person.subaccount, &person.contact, None, consent::OPTED_OUT, now).await?;
        }
    }
    Ok(())
}

/// Ends up to `limit` waiting messages of a cancelled campaign that nobody works on.
pub async fn cancel_queued(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    campaign: &CampaignId,
    limit: usize,
    now: Millis,
) -> Result<(u64, Announcements)> {
    let waiting = store::waiting_in(tx, subaccount, campaign.as_str(), limit).await?;
    end(tx, &waiting, Status::Cancelled, None, now).await
}

/// Ends these messages and counts them where they belong now.
pub(super) async fn end(
    tx: &mut Tx,
    waiting: &[Waiting],
    to: Status,
    reason: Option<&'static str>,
    now: Millis,
) -> Result<(u64, Announcements)> {
    let mut tally = Tally::default();
    for part in waiting.chunks(500) {
        store::end(tx, part, to, reason, now).await?;
        for w in part {
            tally.moved(&w.counted, &w.place, &Place { status: to, ..w.place.clone() });
        }
    }
    Ok((waiting.len() as u64, tally.write(tx).await?))
}

/// Calls a message back before it leaves.
pub async fn cancel(app: &App, actor: &Actor, id: &str) -> Result<MessageDetail> {
    actor.require(Permission::Send)?;
    let id = MessageId::parse(id).ok_or(Error::NotFound("message"))?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let message = store::waiting_one(&mut tx, &actor.subaccount, &id).await?.ok_or(Error::NotFound("message"))?;
    if !message.place.status.is_waiting() {
        return Err(Error::conflict(format!(
            "The message is {} and can no longer be called back.",
            message.place.status.label().to_lowercase()
        )));
    }
    let (_, announcements) = end(&mut tx, &[message], Status::Cancelled, None, now).await?;
    access::audit(&mut tx, actor, "message.cancel", id.as_str(), &serde_json::json!({}), now).await?;
    tx.commit().await?;
    announcements.send(app);
    get(app, actor, id.as_str()).await
}
