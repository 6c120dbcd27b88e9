//! Trying failed messages again: some, or all that a filter finds, of campaigns or not.

use std::collections::{BTreeMap, BTreeSet};

use super::{CampaignStatus, get, store};
use crate::access::{self, Actor, Permission};
use crate::app::{App, Change};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{CampaignId, MessageId};
use crate::messages::{self, AGAIN_ROWS, Filter, MessageDetail, NotAgain, Retried};

/// Which failed messages to try again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failed {
    /// These.
    These(Vec<MessageId>),
    /// All that a filter finds and that failed for a reason that may pass; what it says about status is not looked at.
    All(Filter),
}

/// Tries failed messages again. A message that failed for good is never tried again, nor one of a campaign that was
/// cancelled; a campaign that had finished goes on until these messages are final.
///
/// It goes through them in batches that commit by themselves: what stops it in between leaves whole batches done, and calling
/// it again does the rest. When two do it at once, each message is queued by one of them.
///
/// # Errors
/// [`Error::NotFound`] when the filter names a campaign that is not there.
pub async fn retry_failed(app: &App, actor: &Actor, which: &Failed) -> Result<Retried> {
    actor.require(Permission::Send)?;
    let mut retried = Retried::default();
    match which {
        Failed::These(ids) => {
            let ids: Vec<MessageId> = ids.iter().cloned().collect::<BTreeSet<_>>().into_iter().collect();
            for part in ids.chunks(AGAIN_ROWS) {
                batch(app, actor, part, None, &mut retried).await?;
            }
        }
        Failed::All(filter) => {
            if let Some(campaign) = &filter.campaign {
                get(app, actor, &CampaignId::parse(campaign).ok_or(Error::NotFound("campaign"))?).await?;
            }
            all(app, actor, &Filter { status: None, ..filter.clone() }, &mut retried).await?;
        }
    }
    Ok(retried)
}

/// Tries one failed message again.
///
/// # Errors
/// [`Error::NotFound`], or [`Error::Conflict`] when it cannot be tried again.
pub async fn retry(app: &App, actor: &Actor, id: &str) -> Result<MessageDetail> {
    actor.require(Permission::Send)?;
    let id = MessageId::parse(id).ok_or(Error::NotFound("message"))?;
    let retried = retry_failed(app, actor, &Failed::These(vec![id.clone()])).await?;
    match retried.refused.first().map(|refused| refused.reason) {
        None => messages::get(app, actor, id.as_str()).await,
        Some(NotAgain::NotFound) => Err(Error::NotFound("message")),
        Some(NotAgain::CampaignOver) => Err(Error::conflict("Its campaign was stopped for good, so it cannot be tried again.")),
        Some(NotAgain::NotFailed | NotAgain::NotRetryable) => {
            Err(Error::conflict("Only a message that failed for a passing reason can be tried again."))
        }
    }
}

async fn all(app: &App, actor: &Actor, filter: &Filter, retried: &mut Retried) -> Result<()> {
    if filter.retryable != Some(true) {
        let for_good = Filter { retryable: Some(false), ..filter.clone() };
        let for_good = messages::failed_reasons(app, actor, &for_good).await?;
        retried.refuse(NotAgain::NotRetryable, for_good.iter().map(|reason| reason.messages).sum());
    }
    if filter.retryable == Some(false) {
        return Ok(());
    }
    // From the newest to the oldest, and never back: what fails again meanwhile is left for the next time.
    let mut before = None;
    loop {
        let mut tx = app.db.read().await?;
        let ids = messages::retryable(&mut tx, app, &actor.subaccount, filter, before.as_ref()).await?;
        drop(tx);
        batch(app, actor, &ids, filter.campaign.as_deref(), retried).await?;
        if ids.len() < AGAIN_ROWS {
            return Ok(());
        }
        before = ids.last().cloned();
    }
}

/// One batch: judged under lock, queued, counted, audited and committed.
async fn batch(app: &App, actor: &Actor, ids: &[MessageId], campaign: Option<&str>, retried: &mut Retried) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let now = app.clock.now();
    // A batch that does not commit must not be counted.
    let mut outcome = retried.clone();
    let mut tx = app.db.write().await?;
    // Campaigns before messages, as the gate and the chores lock them. They stay as they are read until the commit: a campaign
    // that is cancelled a moment later finds these messages waiting and stops them.
    let campaigns = messages::campaigns_among(&mut tx, &actor.subaccount, ids).await?;
    let campaigns: BTreeMap<CampaignId, CampaignStatus> = store::lock_all(&mut tx, &actor.subaccount, &campaigns).await?;
    let mut failed = messages::failed_among(&mut tx, &actor.subaccount, ids, &mut outcome).await?;
    let found = failed.len();
    failed.retain(|message| message.campaign().is_none_or(|id| campaigns.get(&id).is_some_and(|status| status.may_go_on())));
    outcome.refuse(NotAgain::CampaignOver, (found - failed.len()) as u64);
    let mut finished: Vec<CampaignId> = failed.iter().filter_map(messages::FailedMessage::campaign).collect();
    finished.sort_unstable();
    finished.dedup();
    finished.retain(|id| campaigns.get(id) == Some(&CampaignStatus::Finished));
    store::reopen(&mut tx, &actor.subaccount, &finished).await?;
    let announcements = messages::requeue(&mut tx, app, &actor.subaccount, &failed, now).await?;
    outcome.queued += failed.len() as u64;
    if !failed.is_empty() {
        let object = match ids {
            [one] => one.as_str(),
            _ => campaign.unwrap_or("failed"),
        };
        access::audit(&mut tx, actor, "message.retry", object, &serde_json::json!({ "messages": failed.len() }), now).await?;
    }
    tx.commit().await?;
    *retried = outcome;
    announcements.send(app);
    for id in finished {
        let status = CampaignStatus::Sending.as_str().to_owned();
        app.announce(Change::Campaign { subaccount: actor.subaccount.clone(), id: id.as_str().to_owned(), status });
    }
    app.wake.notify_one();
    Ok(())
}
