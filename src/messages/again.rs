//! Failed messages that are tried again, many at a time.
//!
//! The steps here lock, judge and queue one batch; the operation that goes through all of them stands in
//! [`crate::campaigns::retry_failed`], because a campaign whose messages are tried again goes on.

use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{CampaignId, MessageId, SubaccountId};
use crate::messages::enqueue::{lifetime, queue_of};
use crate::messages::links;
use crate::messages::list::{Asked, Filter};
use crate::messages::status::Status;
use crate::messages::store::{self, Waiting};
use crate::messages::tally::{Announcements, Place, Tally};

/// The most messages of one batch.
pub const AGAIN_ROWS: usize = 500;

/// Why a message is not tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotAgain {
    /// There is no such message.
    NotFound,
    /// It did not fail, or somebody has just tried it again.
    NotFailed,
    /// It failed for a reason that does not pass.
    NotRetryable,
    /// Its campaign was stopped for good.
    CampaignOver,
}

impl NotAgain {
    /// A sentence for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::NotFound => "There is no such message.",
            Self::NotFailed => "It did not fail, or it is being tried again already.",
            Self::NotRetryable => "It failed for a reason that does not pass.",
            Self::CampaignOver => "Its campaign was stopped for good.",
        }
    }

    /// The same of any number of messages, to follow a colon.
    pub fn clause(self) -> &'static str {
        match self {
            Self::NotFound => "not there.",
            Self::NotFailed => "not failed, or being tried again already.",
            Self::NotRetryable => "failed for a reason that does not pass.",
            Self::CampaignOver => "of a campaign that was stopped for good.",
        }
    }
}

/// Messages that are not tried again for one reason.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Unretried {
    /// Why: `not_found`, `not_failed`, `not_retryable` or `campaign_over`.
    pub reason: NotAgain,
    /// The same as a sentence.
    pub detail: String,
    /// How many.
    pub messages: u64,
}

/// What came of trying messages again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, ToSchema)]
pub struct Retried {
    /// Messages that wait for their turn again.
    pub queued: u64,
    /// Messages that stay as they are.
    pub refused: Vec<Unretried>,
}

impl Retried {
    /// Notes messages that stay as they are.
    pub fn refuse(&mut self, reason: NotAgain, messages: u64) {
        if messages == 0 {
            return;
        }
        match self.refused.iter_mut().find(|known| known.reason == reason) {
            Some(known) => known.messages += messages,
            None => self.refused.push(Unretried { reason, detail: reason.words().to_owned(), messages }),
        }
    }
}

/// A message that may be tried again, locked until its transaction ends.
#[derive(Debug)]
pub struct FailedMessage(Waiting);

impl FailedMessage {
    /// The campaign that it belongs to.
    pub fn campaign(&self) -> Option<CampaignId> {
        self.0.counted.campaign.clone().map(CampaignId::stored)
    }
}

/// The next failed messages that a filter finds and that may be tried again: at most [`AGAIN_ROWS`], newest first, older than `before`.
pub async fn retryable(
    tx: &mut Tx,
    app: &App,
    subaccount: &SubaccountId,
    filter: &Filter,
    before: Option<&MessageId>,
) -> Result<Vec<MessageId>> {
    let filter = Filter { retryable: Some(true), ..filter.clone() };
    match Asked::find(tx, app, subaccount, &filter).await? {
        Asked::Nobody => Ok(Vec::new()),
        asked => store::ids(tx, subaccount, &filter, asked.contact(), before, AGAIN_ROWS).await,
    }
}

/// The campaigns that these messages belong to; at most [`AGAIN_ROWS`] messages.
pub async fn campaigns_among(tx: &mut Tx, subaccount: &SubaccountId, ids: &[MessageId]) -> Result<Vec<CampaignId>> {
    store::campaigns_of(tx, subaccount, ids).await
}

/// Locks messages and keeps those that may be tried again; why the others may not is noted. At most [`AGAIN_ROWS`], each once.
pub async fn failed_among(tx: &mut Tx, subaccount: &SubaccountId, ids: &[MessageId], retried: &mut Retried) -> Result<Vec<FailedMessage>> {
    let found = store::waiting_these(tx, subaccount, ids).await?;
    retried.refuse(NotAgain::NotFound, (ids.len() - found.len()) as u64);
    let mut failed = Vec::with_capacity(found.len());
    for message in found {
        if message.place.status != Status::Failed {
            retried.refuse(NotAgain::NotFailed, 1);
        } else if !message.retryable {
            retried.refuse(NotAgain::NotRetryable, 1);
        } else {
            failed.push(FailedMessage(message));
        }
    }
    Ok(failed)
}

/// Queues messages of a subaccount again, due now and with a new lifetime, which their links have too: those of a campaign in its own
/// queue, at its pace.
/// Whether the person still wants them is looked at before they leave, as before every message.
pub async fn requeue(tx: &mut Tx, app: &App, subaccount: &SubaccountId, messages: &[FailedMessage], now: Millis) -> Result<Announcements> {
    let mut tally = Tally::default();
    for part in messages.chunks(AGAIN_ROWS) {
        let campaigns: Vec<Option<CampaignId>> = part.iter().map(FailedMessage::campaign).collect();
        let rows: Vec<_> = part
            .iter()
            .zip(&campaigns)
            .map(|(FailedMessage(message), campaign)| {
                let category = Category::parse(&message.counted.category).unwrap_or(Category::Account);
                (message, queue_of(campaign.as_ref(), category), now + lifetime(category))
            })
            .collect();
        store::requeue(tx, &rows, now).await?;
        let ids: Vec<&str> = part.iter().map(|FailedMessage(message)| message.counted.id.as_str()).collect();
        links::renew(tx, app, subaccount, &ids, now).await?;
        for FailedMessage(message) in part {
            tally.moved(&message.counted, &message.place, &Place { status: Status::Queued, ..message.place.clone() });
        }
    }
    tally.write(tx).await
}
