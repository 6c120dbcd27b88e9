//! Trying variants: some of a campaign's people first, the rest with what did best.
//!
//! A campaign with a plan sends to its share of people, split among the variants. Once the last of those messages has left, it waits
//! for the time of the plan and compares what came of them. Is the best one sure enough, everybody else gets it; else the plan says
//! what then. When the campaign's time is over before anything was chosen, the trial ends with it. Where it stands is in the campaign's row, so that a restart goes on where it was.

use serde::{Deserialize, Serialize};

use super::variants::{self, Results};
use super::{Campaign, store};
use crate::access::{self, Actor, Permission};
use crate::app::{App, Change};
use crate::db::Tx;
use crate::kernel::clock::{MINUTE, Millis};
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::{SubaccountId, TemplateId};
use crate::messages::{self, Moved};
use crate::templates;

/// The longest wait: two days, so that the rest leaves within the campaign's lifetime.
const LONGEST_WAIT: u32 = 2 * 24 * 60;

/// By what variants are compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VariantMeasure)]
pub enum Measure {
    /// Which is answered most.
    #[default]
    Replied,
    /// Which reaches most phones.
    Delivered,
    /// Which makes the fewest people opt out.
    OptedOut,
}

impl Measure {
    /// All of them, in the order in which people see them.
    pub const ALL: [Self; 3] = [Self::Replied, Self::Delivered, Self::OptedOut];

    /// The word in the API and in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replied => "replied",
            Self::Delivered => "delivered",
            Self::OptedOut => "opted_out",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|m| m.as_str() == text)
    }

    /// How it is written on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Replied => "Replied",
            Self::Delivered => "Delivered",
            Self::OptedOut => "Opted out",
        }
    }

    /// Whether less of it is better.
    pub fn is_less_better(self) -> bool {
        self == Self::OptedOut
    }
}

/// What happens when the difference is not sure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = VariantOtherwise)]
pub enum Otherwise {
    /// The rest waits until a person chooses.
    #[default]
    Ask,
    /// The rest gets variant A.
    First,
    /// The rest gets what is ahead, sure or not.
    Leader,
}

impl Otherwise {
    /// All of them, in the order in which people see them.
    pub const ALL: [Self; 3] = [Self::Ask, Self::First, Self::Leader];

    /// The word in the API and in forms.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ask => "ask",
            Self::First => "first",
            Self::Leader => "leader",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|o| o.as_str() == text)
    }

    /// How it is written on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ask => "Wait until somebody chooses",
            Self::First => "Send A to the rest",
            Self::Leader => "Send what is ahead to the rest",
        }
    }
}

/// How a campaign tries its variants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = VariantTrial)]
pub struct TrialPlan {
    /// With how many of a hundred people, 1 to 90.
    #[schema(example = 20)]
    pub percent: u32,
    /// How long to wait after the last of their messages has left, 1 to 2880.
    #[schema(example = 240)]
    pub wait_minutes: u32,
    /// What is compared; replies when absent.
    #[serde(default)]
    pub measure: Measure,
    /// How sure the difference must be, in percent, 80 to 99; 95 when absent.
    #[serde(default = "usual_confidence")]
    #[schema(example = 95)]
    pub confidence: u32,
    /// What happens when it is not that sure; a person is waited for when absent.
    #[serde(default)]
    pub otherwise: Otherwise,
}

fn usual_confidence() -> u32 {
    95
}

/// How far a campaign is with its trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Those with whom variants are tried become messages.
    Trying,
    /// Their messages leave, and what people do about them is waited for.
    Waiting,
    /// The rest waits for a person to choose.
    Asking,
    /// The rest becomes messages.
    Decided,
    /// The campaign's time was over before anything was chosen: the rest becomes messages that expire.
    Ended,
}

impl Stage {
    const ALL: [Self; 5] = [Self::Trying, Self::Waiting, Self::Asking, Self::Decided, Self::Ended];

    /// The word in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Trying => "trying",
            Self::Waiting => "waiting",
            Self::Asking => "asking",
            Self::Decided => "decided",
            Self::Ended => "ended",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }
}

/// A campaign's variants, as far as it is with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trial {
    /// How they are tried; without a plan everybody is split among them at once.
    pub plan: Option<TrialPlan>,
    /// How far that is.
    pub stage: Option<Stage>,
    /// The variant that everybody gets from now on.
    pub choice: Option<String>,
    /// Why, or why there is none yet.
    pub note: Option<String>,
    /// When what came of the trial is looked at.
    pub decide_at: Option<Millis>,
}

impl TrialPlan {
    /// Checks every field.
    pub(super) fn check(&self) -> Result<()> {
        let mut errors = FieldErrors::new();
        if !(1..=90).contains(&self.percent) {
            errors.add("trial.percent", "out_of_range", "Try it with 1 to 90 percent of the people.");
        }
        if !(1..=LONGEST_WAIT).contains(&self.wait_minutes) {
            errors.add("trial.wait_minutes", "out_of_range", format!("Wait 1 to {LONGEST_WAIT} minutes."));
        }
        if !(80..=99).contains(&self.confidence) {
            errors.add("trial.confidence", "out_of_range", "Ask for 80 to 99 percent confidence.");
        }
        errors.into_result()
    }

    /// Refuses a wait that cannot be over when the campaign's time is: nobody but those of the trial would be sent to. `pace` is how
    /// many of its `people` leave in a minute.
    pub(super) fn require_time(&self, people: u64, pace: Option<u32>, (start, not_after): (Millis, Millis)) -> Result<()> {
        let tried = people * u64::from(self.percent) / 100;
        let leaving = pace.map_or(0, |pace| tried / u64::from(pace.max(1)));
        if start + (leaving.cast_signed() + Millis::from(self.wait_minutes)) * MINUTE < not_after {
            return Ok(());
        }
        let how = "With this wait the campaign would be over before the rest is sent. Wait fewer minutes, or choose a later end.";
        Err(Error::invalid("trial.wait_minutes", "too_long", how))
    }

    /// The confidence from 0 to 1.
    pub fn wanted(&self) -> f64 {
        f64::from(self.confidence) / 100.0
    }
}

/// Refuses a plan that says something impossible, or that has nothing to try. A step.
pub(super) async fn check(tx: &mut Tx, subaccount: &SubaccountId, template: Option<&(TemplateId, i64)>, plan: &TrialPlan) -> Result<()> {
    plan.check()?;
    let has_variants = match template {
        Some((id, version)) => !templates::published(tx, subaccount, id.as_str(), Some(*version)).await?.variants().is_empty(),
        None => false,
    };
    if has_variants {
        return Ok(());
    }
    Err(Error::invalid(
        "trial",
        "no_variants",
        "Only a template with variants can be tried. Publish one with variants, or send without a trial.",
    ))
}

/// Looks at trials whose time has come or is over, and gives waiting messages the variant that was chosen for them; true when something
/// moved. Each is one short transaction, so that a crash repeats at most the last.
pub async fn try_step(app: &App) -> Result<bool> {
    let (mut did, now) = (false, app.clock.now());
    let mut tx = app.db.read().await?;
    let mut due = store::trials_due(&mut tx, now).await?;
    // All of them are looked at: those whose messages are held for days must not stand before one whose wait can begin.
    let leaving = store::trials_leaving(&mut tx).await?;
    due.extend(messages::having_left(&mut tx, leaving).await?);
    let moving = store::moving(&mut tx).await?;
    drop(tx);
    for (subaccount, id) in due {
        let mut tx = app.db.write().await?;
        let campaign = store::lock(&mut tx, &subaccount, &id).await?;
        let moved = judge(&mut tx, &campaign, now).await?;
        tx.commit().await?;
        if moved {
            did = true;
            let status = campaign.status.as_str().to_owned();
            app.announce(Change::Campaign { subaccount, id: id.as_str().to_owned(), status });
        }
    }
    for one in moving {
        let mut tx = app.db.write_in_bulk().await?;
        let (moved, told) = messages::say(&mut tx, &one.subaccount, &one.id, &one.choice, &one.after).await?;
        store::moved_to(&mut tx, &one, &moved).await?;
        tx.commit().await?;
        told.send(app);
        // What is worked on just now is looked for again with the next round.
        did |= moved != Moved::Again;
    }
    Ok(did)
}

/// Campaigns of which somebody is to choose a variant before their time is over, the oldest first, at most 20. Needs
/// [`Permission::View`].
pub async fn asking(app: &App, actor: &Actor) -> Result<Vec<Campaign>> {
    const MOST: i64 = 20;
    actor.require(Permission::View)?;
    let asking = store::asking(&mut app.db.read().await?, &actor.subaccount, MOST).await?;
    let now = app.clock.now();
    Ok(asking.into_iter().filter(|campaign| campaign.can_use_variant(now)).collect())
}

/// Whether every message of a trial has left or ended. A step.
async fn have_left(tx: &mut Tx, campaign: &Campaign) -> Result<bool> {
    let counts = messages::counts_of_campaign(tx, &campaign.subaccount, &campaign.id).await?;
    Ok(counts.iter().all(|count| count.waiting() == 0))
}

/// Sets when the trial is looked at, looks at it, or ends it with its campaign; true when that changed the campaign.
async fn judge(tx: &mut Tx, campaign: &Campaign, now: Millis) -> Result<bool> {
    let (Some(plan), Some(stage @ (Stage::Waiting | Stage::Asking))) = (&campaign.trial.plan, campaign.trial.stage) else {
        return Ok(false);
    };
    if campaign.has_run_out(now) {
        write(tx, campaign, Stage::Ended, (None, "the campaign’s time was over".to_owned()), now).await?;
        return Ok(true);
    }
    if stage == Stage::Asking {
        return Ok(false);
    }
    let Some(decide_at) = campaign.trial.decide_at else {
        if !have_left(tx, campaign).await? {
            return Ok(false);
        }
        let decide_at = now + Millis::from(plan.wait_minutes) * MINUTE;
        store::set_decide_at(tx, campaign, decide_at).await?;
        return Ok(true);
    };
    if now < decide_at {
        return Ok(false);
    }
    let results = variants::of_campaign(tx, campaign, plan.measure, plan.wanted()).await?;
    let (choice, note) = decide(plan, &results);
    let stage = if choice.is_some() { Stage::Decided } else { Stage::Asking };
    if choice.is_some() {
        variants::freeze(tx, campaign).await?;
    }
    write(tx, campaign, stage, (choice, note), now).await?;
    Ok(true)
}

async fn write(tx: &mut Tx, campaign: &Campaign, stage: Stage, (choice, note): (Option<String>, String), now: Millis) -> Result<()> {
    store::decide(tx, campaign, stage, choice.as_deref(), &note).await?;
    let detail = serde_json::json!({ "variant": choice, "note": note });
    access::audit(tx, &Actor::system(campaign.subaccount.clone()), "campaign.variant", campaign.id.as_str(), &detail, now).await
}

/// Which variant the rest gets, and why; none when a person is to choose.
fn decide(plan: &TrialPlan, results: &Results) -> (Option<String>, String) {
    let found = &results.comparison;
    let sure = found.confidence.map_or_else(|| "too few messages to compare".to_owned(), |c| format!("{:.1} % sure", c * 100.0));
    let why = format!("{}: {sure}, {} % wanted", plan.measure.label(), plan.confidence);
    match (&found.leader, found.is_sure, plan.otherwise) {
        (Some(leader), true, _) | (Some(leader), false, Otherwise::Leader) => (Some(leader.clone()), why),
        (_, _, Otherwise::Ask) => (None, why),
        (_, _, Otherwise::First | Otherwise::Leader) => (results.variants.first().map(|v| v.key.clone()), why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::campaigns::variants::{Comparison, VariantResult};

    fn results(leader: Option<&str>, confidence: Option<f64>, is_sure: bool) -> Results {
        let variant = |key: &str| VariantResult { key: key.into(), name: key.into(), share: 50, ..VariantResult::default() };
        let comparison = Comparison { measure: Measure::Replied, leader: leader.map(str::to_owned), confidence, is_sure, more: None };
        Results { variants: vec![variant("A"), variant("B")], compared: None, comparison }
    }

    fn plan(otherwise: Otherwise) -> TrialPlan {
        TrialPlan { percent: 20, wait_minutes: 60, measure: Measure::Replied, confidence: 95, otherwise }
    }

    #[test]
    fn a_sure_winner_is_taken_and_else_the_plan_decides() {
        let sure = results(Some("B"), Some(0.97), true);
        let unsure = results(Some("B"), Some(0.6), false);
        let nothing = results(None, None, false);
        let choice = |otherwise, results| decide(&plan(otherwise), results).0;
        for otherwise in Otherwise::ALL {
            assert_eq!(choice(otherwise, &sure).as_deref(), Some("B"));
        }
        assert_eq!(choice(Otherwise::Ask, &unsure), None);
        assert_eq!(choice(Otherwise::First, &unsure).as_deref(), Some("A"));
        assert_eq!(choice(Otherwise::Leader, &unsure).as_deref(), Some("B"));
        assert_eq!(choice(Otherwise::Leader, &nothing).as_deref(), Some("A"), "nothing is ahead");
        assert_eq!(decide(&plan(Otherwise::Ask), &unsure).1, "Replied: 60.0 % sure, 95 % wanted");
    }

    #[test]
    fn a_plan_is_held_to_its_limits() {
        assert!(plan(Otherwise::Ask).check().is_ok());
        for wrong in [TrialPlan { percent: 91, ..plan(Otherwise::Ask) }, TrialPlan { wait_minutes: 0, ..plan(Otherwise::Ask) }] {
            assert!(wrong.check().is_err(), "{wrong:?}");
        }
        assert!(TrialPlan { confidence: 100, ..plan(Otherwise::Ask) }.check().is_err());
    }
}
