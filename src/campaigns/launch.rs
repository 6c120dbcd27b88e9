//! The launch: one short transaction, whatever the size of the campaign.

use super::control::announce;
use super::{Campaign, CampaignStatus, LIFETIME, NewCampaign, TrialPlan, store};
use super::{audience, create, trial};
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{CampaignId, SubaccountId, UploadId};
use crate::kernel::money::{Micros, Money};
use crate::kernel::phone::Country;
use crate::messages::{Status, Tally};
use crate::uploads::{self, Cost, Group};
use crate::{connections, costs};

/// How a campaign is to be launched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Launch {
    /// A token of the form that was submitted: the same token launches once, whatever is pressed twice.
    pub token: Option<String>,
    /// The number of messages that the person saw and confirmed.
    pub confirm: Option<u64>,
    /// When to start, instead of the time set with the campaign; in the past means at once.
    pub send_at: Option<Millis>,
    /// How variants are tried, instead of what was set with the campaign.
    pub trial: Option<TrialPlan>,
}

/// Launches a draft. Whose people come from an audience gets those whom the audience holds now. A second launch, by token or by campaign, changes nothing and gives the campaign.
///
/// # Errors
/// [`Error::Invalid`] when the confirmed number is not the campaign's, or its times or its trial cannot be; [`Error::Conflict`] when it was
/// cancelled, when no connection can carry it, or when the month's budget does not hold it.
pub async fn launch(app: &App, actor: &Actor, id: &CampaignId, how: &Launch) -> Result<Campaign> {
    actor.require(Permission::Send)?;
    refuse_early(app, actor, id, how).await?;
    audience::resolve(app, actor, id).await?;
    let left = budget_left(app, actor).await?;
    let mut tx = app.db.write().await?;
    if let Some(earlier) = launched_before(&mut tx, actor, how).await? {
        return Ok(earlier);
    }
    let campaign = store::lock(&mut tx, &actor.subaccount, id).await?;
    start(app, tx, actor, campaign, how, left).await
}

/// Makes a campaign of a checked upload and launches it: both, or neither. An upload whose campaign was
/// left a draft gets that one launched; a second launch changes nothing and gives the campaign.
///
/// # Errors
/// What [`create_from_upload`](super::create_from_upload) and [`launch`] refuse.
pub async fn launch_upload(app: &App, actor: &Actor, id: &UploadId, new: &NewCampaign, how: &Launch) -> Result<Campaign> {
    actor.require(Permission::Send)?;
    let left = budget_left(app, actor).await?;
    let mut tx = app.db.write().await?;
    // Held before anything is looked up, so that the second of two submits sees what the first one did.
    let upload = uploads::hold(&mut tx, &app.cipher.tenant(&actor.subaccount), &actor.subaccount, id).await?;
    if let Some(earlier) = launched_before(&mut tx, actor, how).await? {
        return Ok(earlier);
    }
    let campaign = match store::of_upload(&mut tx, &actor.subaccount, id).await? {
        Some(made) => store::lock(&mut tx, &actor.subaccount, &made).await?,
        None => create::draft(&mut tx, actor, &upload, new, app.clock.now()).await?,
    };
    start(app, tx, actor, campaign, how, left).await
}

/// More messages than this are launched only by somebody who types how many they are.
pub const TYPED_ABOVE: u64 = 500;

/// Whether a launch asks for the number of messages to be typed: it is large, or takes more than a tenth
/// of the month's budget.
pub fn needs_typed_count(messages: u64, cost: Micros, budget: Option<Micros>) -> bool {
    messages > TYPED_ABOVE || budget.is_some_and(|limit| cost > limit / 10)
}

/// What the month's budget still holds: everybody's limit, also of those who may not see it.
async fn budget_left(app: &App, actor: &Actor) -> Result<Option<Micros>> {
    Ok(costs::budget(app, &Actor::system(actor.subaccount.clone())).await?.left())
}

/// What the same form launched before.
async fn launched_before(tx: &mut Tx, actor: &Actor, how: &Launch) -> Result<Option<Campaign>> {
    let Some(token) = &how.token else { return Ok(None) };
    match store::by_launch_token(tx, &actor.subaccount, token).await? {
        Some(earlier) => store::get(tx, &actor.subaccount, &earlier).await.map(Some),
        None => Ok(None),
    }
}

/// Launches a campaign that `tx` has locked, and commits.
async fn start(app: &App, mut tx: Tx, actor: &Actor, campaign: Campaign, how: &Launch, left: Option<Micros>) -> Result<Campaign> {
    let now = app.clock.now();
    match campaign.status {
        CampaignStatus::Draft => {}
        CampaignStatus::Cancelled | CampaignStatus::Failed => {
            let status = campaign.status.label().to_lowercase();
            return Err(Error::conflict(format!("This campaign is {status}, so it cannot be launched. Make a new one.")));
        }
        _ => return Ok(campaign),
    }
    require_count(&campaign, how.confirm)?;
    let cost = fresh_cost(&mut tx, app, &actor.subaccount, &campaign, now).await?;
    if left.is_some_and(|left| cost.amount > left) {
        let money = |micros| Money { micros, currency: campaign.currency }.display();
        let sentence = format!(
            "This campaign costs about {}, and {} is left of this month's budget. Raise the budget under Settings, or send to fewer people.",
            money(cost.amount),
            money(left.unwrap_or(0)),
        );
        return Err(Error::conflict(sentence));
    }
    let launched = wanted(&mut tx, &campaign, how, now).await?;
    let waiting = if launched.status == CampaignStatus::Sending { Status::Queued } else { Status::Scheduled };
    let row = store::Launched { estimated: cost.amount, token: how.token.as_deref(), ..launched };
    if let Some(plan) = &how.trial {
        store::set_plan(&mut tx, &campaign, plan).await?;
    }
    store::launch(&mut tx, &actor.subaccount, &campaign.id, &row).await?;
    let mut tally = Tally::default();
    tally.launched(&actor.subaccount, &campaign.id, waiting, campaign.total);
    let _nothing_moved = tally.write(&mut tx).await?;
    let detail = serde_json::json!({ "messages": campaign.total, "estimated": cost.amount, "scheduled_at": row.scheduled_at });
    access::audit(&mut tx, actor, "campaign.launch", campaign.id.as_str(), &detail, now).await?;
    let campaign = store::get(&mut tx, &actor.subaccount, &campaign.id).await?;
    tx.commit().await?;
    announce(app, &campaign);
    app.wake.notify_one();
    Ok(campaign)
}

fn require_count(campaign: &Campaign, confirmed: Option<u64>) -> Result<()> {
    match confirmed {
        Some(count) if count != campaign.total => {
            let detail = format!("The campaign has {} messages now. Look at it again and confirm that number.", campaign.total);
            Err(Error::invalid("confirm", "wrong_count", detail))
        }
        _ => Ok(()),
    }
}

/// Refuses what no look at the audience can change, so that it is not asked for nothing and the draft keeps its rows.
async fn refuse_early(app: &App, actor: &Actor, id: &CampaignId, how: &Launch) -> Result<()> {
    let mut tx = app.db.read().await?;
    let campaign = store::get(&mut tx, &actor.subaccount, id).await?;
    if campaign.status == CampaignStatus::Draft {
        wanted(&mut tx, &campaign, how, app.clock.now()).await?;
    }
    Ok(())
}

/// When a draft starts and ends, if its times and its trial can be.
async fn wanted<'a>(tx: &mut Tx, campaign: &Campaign, how: &Launch, now: Millis) -> Result<store::Launched<'a>> {
    let launched = times(campaign, how, now)?;
    let is_chosen = campaign.trial.choice.is_some();
    if let Some(plan) = &how.trial {
        trial::check(tx, &campaign.subaccount, campaign.template.as_ref(), plan).await?;
        if is_chosen {
            return Err(Error::invalid("trial", "already_chosen", "A variant was chosen for everybody already. Send without a trial."));
        }
    }
    if let Some(plan) = how.trial.as_ref().or(campaign.trial.plan.as_ref()).filter(|_| !is_chosen) {
        plan.require_time(campaign.total, campaign.pace, (launched.scheduled_at.unwrap_or(now), launched.not_after))?;
    }
    Ok(launched)
}

/// When it starts and ends.
fn times<'a>(campaign: &Campaign, how: &Launch, now: Millis) -> Result<store::Launched<'a>> {
    let scheduled_at = how.send_at.or(campaign.scheduled_at).filter(|at| *at > now);
    let start = scheduled_at.unwrap_or(now);
    let not_after = campaign.not_after.unwrap_or(start + LIFETIME);
    if not_after <= start {
        return Err(Error::invalid("not_after", "too_early", "The campaign would end before it starts. Choose a later end."));
    }
    let (status, started_at) =
        if scheduled_at.is_some() { (CampaignStatus::Scheduled, None) } else { (CampaignStatus::Sending, Some(now)) };
    Ok(store::Launched { status, estimated: 0, token: None, not_after, scheduled_at, started_at })
}

/// What it costs at today's prices.
async fn fresh_cost(tx: &mut Tx, app: &App, subaccount: &SubaccountId, campaign: &Campaign, now: Millis) -> Result<Cost> {
    let cipher = app.cipher.tenant(subaccount);
    let upload = uploads::hold(tx, &cipher, subaccount, &campaign.upload).await?;
    let summary = upload.summary.ok_or_else(|| Error::internal("a campaign's upload has no summary"))?;
    let connections = connections::all(tx, &cipher, subaccount).await?;
    let prices = connections::prices(tx, subaccount, now).await?;
    let choice = |group: &Group| {
        let country = Country::parse(&group.country).ok()?;
        prices.first_choice(&connections, campaign.category, country, campaign.connection.as_deref())
    };
    if !summary.groups.iter().any(|group| choice(group).is_some()) {
        return Err(Error::conflict("No connection can carry this campaign. Enable one for its countries and category under Settings."));
    }
    Ok(summary.cost_at(|group| choice(group).and_then(|(_, price)| price)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_or_dear_launch_asks_for_its_count() {
        assert!(!needs_typed_count(500, 10_000_000, None));
        assert!(needs_typed_count(501, 0, None));
        assert!(!needs_typed_count(3, 80_000_000, Some(800_000_000)));
        assert!(needs_typed_count(3, 80_000_001, Some(800_000_000)));
    }
}
