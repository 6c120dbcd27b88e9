//! Campaigns: many messages with one intent. A checked upload becomes a draft, a launch puts its rows into
//! the queue block by block, and from then on it can be paused, resumed and cancelled.
//!
//! A launch writes one row and the counts; the messages come into being behind it, in the dispatcher
//! ([`expand_step`]). Counts always sum to the total, because every row is counted from the launch on.

mod again;
mod audience;
mod bulk;
mod chores;
mod control;
mod create;
mod erase;
mod expand;
mod launch;
mod pace;
mod significance;
mod status;
mod store;
mod trial;
mod variants;

use crate::kernel::category::Category;
use crate::kernel::clock::{DAY, Millis};
use crate::kernel::id::{AudienceId, CampaignId, SubaccountId, TemplateId, UploadId};
use crate::kernel::language::Language;
use crate::kernel::money::{Currency, Micros};
use crate::messages::Status;

pub use again::{Failed, retry, retry_failed};
pub use bulk::{BulkAnswer, BulkRequest, bulk, bulk_received};
pub use chores::{Held, finish_done, hold, running, start_due, sweep_cancelled};
pub use control::{cancel, get, list, names, of_audience, of_upload, pause, resume, status_counts};
pub use create::{Audience, MOST_RECIPIENTS, NewCampaign, Recipient, create, create_from_upload};
pub use erase::{Using, hold_of_uploads, leave_out, needs_rows, rename_naming, using};
pub use expand::expand_step;
pub use launch::{Launch, TYPED_ABOVE, launch, launch_upload, needs_typed_count};
pub use pace::set_pace;
pub use significance::{Proportion, confidence, more_needed};
pub use status::CampaignStatus;
pub use store::open_with_template;
pub use trial::{Measure, Otherwise, Stage, Trial, TrialPlan, asking, try_step};
pub use variants::{Comparison, Results, VariantResult, delivery_of_versions, results, results_of_template, use_variant};

/// How long after its start a campaign's messages are still worth sending, when nobody said otherwise.
pub const LIFETIME: Millis = 3 * DAY;

/// How many of a campaign's messages are in which status.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(Vec<(Status, u64)>);

impl Counts {
    /// How many are in a status.
    pub fn of(&self, status: Status) -> u64 {
        self.0.iter().find(|(s, _)| *s == status).map_or(0, |(_, n)| *n)
    }

    /// Every status with its number, in the order of a message's life.
    pub fn all(&self) -> impl Iterator<Item = (Status, u64)> {
        Status::ALL.into_iter().map(|status| (status, self.of(status)))
    }

    /// All of them together.
    pub fn total(&self) -> u64 {
        self.0.iter().map(|(_, n)| n).sum()
    }

    /// How many are still ours to send or to stop.
    pub fn waiting(&self) -> u64 {
        self.sum(Status::is_waiting)
    }

    /// How many nothing happens to any more.
    pub fn settled(&self) -> u64 {
        self.sum(Status::is_final)
    }

    fn sum(&self, wanted: fn(Status) -> bool) -> u64 {
        self.0.iter().filter(|(status, _)| wanted(*status)).map(|(_, n)| n).sum()
    }
}

/// Many messages with one intent.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// Which one.
    pub id: CampaignId,
    /// Whose.
    pub subaccount: SubaccountId,
    /// What people call it.
    pub name: String,
    /// Where it stands.
    pub status: CampaignStatus,
    /// Why it stands there, where that needs a reason.
    pub status_reason: Option<String>,
    /// What its messages are about.
    pub category: Category,
    /// The pinned template version, unless it has a text of its own.
    pub template: Option<(TemplateId, i64)>,
    /// What is tried of the template's variants, and which one was chosen.
    pub trial: Trial,
    /// The language of people and rows that name none.
    pub language: Option<Language>,
    /// The sender that was asked for.
    pub sender: Option<String>,
    /// The connection that was asked for, by name.
    pub connection: Option<String>,
    /// The most of its messages that leave in a minute; `None` is as fast as the connections allow.
    pub pace: Option<u32>,
    /// The upload that it was made of.
    pub upload: UploadId,
    /// The audience that the upload was filled from; it is asked again at the launch.
    pub audience: Option<AudienceId>,
    /// How many messages it has.
    pub total: u64,
    /// Its messages by status; their sum is `total`.
    pub counts: Counts,
    /// Segments handed to providers so far.
    pub segments: u64,
    /// What it was estimated at, at the launch or before it.
    pub estimated: Micros,
    /// What it has cost so far.
    pub cost: Micros,
    /// Of which currency its amounts are.
    pub currency: Currency,
    /// Whether every row has become a message.
    pub expanded: bool,
    /// No message of it leaves after this.
    pub not_after: Option<Millis>,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Millis,
    /// When it is to start, if not at once.
    pub scheduled_at: Option<Millis>,
    /// When it began to send.
    pub started_at: Option<Millis>,
    /// When it ended.
    pub finished_at: Option<Millis>,
}

impl Campaign {
    /// Whether it may be launched.
    pub fn can_launch(&self) -> bool {
        self.status.can_launch()
    }

    /// Whether it may be paused.
    pub fn can_pause(&self) -> bool {
        self.status.can_pause()
    }

    /// Whether it may be resumed.
    pub fn can_resume(&self) -> bool {
        self.status.can_resume()
    }

    /// Whether it may be cancelled.
    pub fn can_cancel(&self) -> bool {
        self.status.can_cancel()
    }

    /// Whether everybody who has not been sent to may still be given one variant.
    pub fn can_use_variant(&self, now: Millis) -> bool {
        use CampaignStatus::{Draft, Paused, Scheduled, Sending};
        matches!(self.status, Draft | Scheduled | Sending | Paused) && !self.has_run_out(now)
    }

    /// Whether its time is over, so that nothing of it leaves any more.
    pub fn has_run_out(&self, now: Millis) -> bool {
        self.not_after.is_some_and(|end| end <= now)
    }

    /// Whether it may be given another pace.
    pub fn can_change_pace(&self) -> bool {
        self.status.can_change_pace()
    }

    /// Messages that left per second, on average since the start; 0 before it.
    pub fn rate_per_second(&self, now: Millis) -> f64 {
        let Some(started) = self.started_at else { return 0.0 };
        let elapsed = (self.finished_at.unwrap_or(now) - started).max(1) as f64 / 1_000.0;
        (self.total - self.counts.waiting().min(self.total)) as f64 / elapsed
    }

    /// When the last message will have left at this rate; `None` unless it is sending and has a rate.
    pub fn expected_end(&self, now: Millis) -> Option<Millis> {
        let rate = self.rate_per_second(now);
        let is_moving = self.status == CampaignStatus::Sending && rate > 0.0;
        is_moving.then(|| now + (self.counts.waiting() as f64 / rate * 1_000.0) as Millis)
    }
}
