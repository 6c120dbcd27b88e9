//! What came of each variant, and choosing one for everybody.

use serde::Serialize;

use super::significance::{Proportion, confidence, more_needed};
use super::trial::Measure;
use super::{Campaign, store};
use crate::access::{self, Actor, Permission};
use crate::app::{App, Change};
use crate::db::Tx;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{CampaignId, SubaccountId, TemplateId};
use crate::messages::{self, Response, Status, TemplateCount};
use crate::templates::{self, Variation};

/// How sure a difference must be where nobody said.
const USUAL_CONFIDENCE: f64 = 0.95;

/// What came of one variant.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct VariantResult {
    /// `A`, `B` and so on.
    #[schema(example = "A")]
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Its share in percent.
    pub share: u32,
    /// Messages there are of it, also those that wait or never left.
    pub messages: u64,
    /// Messages that left, and those that failed.
    pub sent: u64,
    /// Of those, how many reached a phone.
    pub delivered: u64,
    /// Of those, how many were answered within a week.
    pub replied: u64,
    /// Of those, how many made their person opt out within a week.
    pub opted_out: u64,
}

impl VariantResult {
    /// How many of its messages did what is measured.
    pub fn of(&self, measure: Measure) -> Proportion {
        let successes = match measure {
            Measure::Delivered => self.delivered,
            Measure::Replied => self.replied,
            Measure::OptedOut => self.opted_out,
        };
        Proportion { successes: successes.min(self.sent), trials: self.sent }
    }
}

/// Which variant is ahead, and how sure that is.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = VariantComparison)]
pub struct Comparison {
    /// What was compared.
    pub measure: Measure,
    /// The variant that is ahead; none while nothing is.
    pub leader: Option<String>,
    /// How sure its lead over each other one is, from 0 to 1 (two-proportion z-test); none while there is too little to say.
    #[schema(example = 0.963)]
    pub confidence: Option<f64>,
    /// Whether that is as sure as wanted.
    pub is_sure: bool,
    /// How many more messages would make it sure if the rates stay as they are.
    pub more: Option<u64>,
}

/// What came of all variants.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = VariantResults)]
pub struct Results {
    /// Each variant, with all that came of it.
    pub variants: Vec<VariantResult>,
    /// What is compared, where that is not all of it: what stood when one was chosen for everybody. Whoever was sent that one after
    /// it had less time to answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compared: Option<Vec<VariantResult>>,
    /// Which is ahead.
    pub comparison: Comparison,
}

/// What came of a campaign's variants so far; none when it has no variants. Needs [`Permission::View`].
pub async fn results(app: &App, actor: &Actor, id: &CampaignId, measure: Option<Measure>) -> Result<Option<Results>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    let campaign = store::get(&mut tx, &actor.subaccount, id).await?;
    let plan = campaign.trial.plan.as_ref();
    let measure = measure.or(plan.map(|plan| plan.measure)).unwrap_or_default();
    let wanted = plan.map_or(USUAL_CONFIDENCE, |plan| plan.wanted());
    let results = of_campaign(&mut tx, &campaign, measure, wanted).await?;
    Ok((!results.variants.is_empty()).then_some(results))
}

/// What came of the variants of a template's version in all campaigns; none when it has no variants. Of a campaign that chose one for
/// everybody, what stood then is compared. Needs [`Permission::View`].
pub async fn results_of_template(
    app: &App,
    actor: &Actor,
    template: &TemplateId,
    version: i64,
    measure: Measure,
) -> Result<Option<Results>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    let published = templates::published(&mut tx, &actor.subaccount, template.as_str(), Some(version)).await?;
    if published.variants().is_empty() {
        return Ok(None);
    }
    let counts = messages::counts_by_campaign(&mut tx, &actor.subaccount, template, version).await?;
    let frozen = store::frozen_of_template(&mut tx, &actor.subaccount, template, version).await?;
    let comparable = (!frozen.is_empty()).then(|| {
        let of = |(campaign, live): (&String, &Vec<TemplateCount>)| frozen.get(campaign).unwrap_or(live).clone();
        counts.iter().flat_map(of).collect::<Vec<_>>()
    });
    let all: Vec<TemplateCount> = counts.into_values().flatten().collect();
    Ok(Some(compared(published.variants(), &all, comparable.as_deref(), measure, USUAL_CONFIDENCE)))
}

/// What came of each version of a template: the version, the messages that a provider was given, and those that reached a phone.
/// Needs [`Permission::View`].
pub async fn delivery_of_versions(app: &App, actor: &Actor, template: &TemplateId) -> Result<Vec<(i64, u64, u64)>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    let mut found: Vec<(i64, u64, u64)> = Vec::new();
    for count in messages::counts_of_template(&mut tx, &actor.subaccount, template).await? {
        let (sent, delivered) = (count.sent(), count.of(Status::Delivered.as_str()));
        match found.iter_mut().find(|(version, ..)| *version == count.version) {
            Some(known) => (known.1, known.2) = (known.1 + sent, known.2 + delivered),
            None => found.push((count.version, sent, delivered)),
        }
    }
    Ok(found)
}

/// Sends one variant to everybody of a campaign who has not been sent to yet. A trial ends with it. Needs [`Permission::Send`].
///
/// # Errors
/// [`Error::Invalid`] on `variant` when there is no such one; [`Error::Conflict`] when the campaign is over, or its time is.
pub async fn use_variant(app: &App, actor: &Actor, id: &CampaignId, key: &str) -> Result<Campaign> {
    actor.require(Permission::Send)?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let campaign = store::lock(&mut tx, &actor.subaccount, id).await?;
    let variants = variants_of(&mut tx, &campaign.subaccount, campaign.template.as_ref()).await?;
    if !variants.iter().any(|v| v.key == key) {
        let known = variants.iter().map(|v| v.key.as_str()).collect::<Vec<_>>().join(", ");
        let how = if known.is_empty() { "This campaign has no variants.".to_owned() } else { format!("Write one of {known}.") };
        return Err(Error::invalid("variant", "unknown", how));
    }
    if !campaign.can_use_variant(now) {
        let is_late = !campaign.status.is_final() && campaign.has_run_out(now);
        return Err(Error::conflict(if is_late {
            "The time of this campaign is over: nothing of it leaves any more, and who was not sent to is listed as expired. \
             To reach them, send this variant in a new campaign."
        } else {
            "This campaign is over: everybody has been sent to, or nobody will be any more."
        }));
    }
    if campaign.trial.choice.as_deref() == Some(key) {
        return Ok(campaign);
    }
    freeze(&mut tx, &campaign).await?;
    store::choose(&mut tx, &campaign, key, &format!("chosen by {}", actor.label())).await?;
    let detail = serde_json::json!({ "variant": key, "before": campaign.trial.choice });
    access::audit(&mut tx, actor, "campaign.variant", id.as_str(), &detail, now).await?;
    let campaign = store::get(&mut tx, &actor.subaccount, id).await?;
    tx.commit().await?;
    let status = campaign.status.as_str().to_owned();
    app.announce(Change::Campaign { subaccount: campaign.subaccount.clone(), id: id.as_str().to_owned(), status });
    app.wake.notify_one();
    Ok(campaign)
}

/// The variants of a pinned template version; none of a text.
pub(super) async fn variants_of(tx: &mut Tx, subaccount: &SubaccountId, template: Option<&(TemplateId, i64)>) -> Result<Vec<Variation>> {
    let Some((id, version)) = template else { return Ok(Vec::new()) };
    Ok(templates::published(tx, subaccount, id.as_str(), Some(*version)).await?.variants().to_vec())
}

/// Keeps what stands of each variant of a locked campaign, because from now on only one of them is sent. A step, before the choice is
/// written; a later choice keeps what the first one kept.
pub(super) async fn freeze(tx: &mut Tx, campaign: &Campaign) -> Result<()> {
    let counts = messages::counts_of_campaign(tx, &campaign.subaccount, &campaign.id).await?;
    store::freeze(tx, campaign, &counts).await
}

/// What came of a campaign's variants. A step.
pub(super) async fn of_campaign(tx: &mut Tx, campaign: &Campaign, measure: Measure, wanted: f64) -> Result<Results> {
    let variants = variants_of(tx, &campaign.subaccount, campaign.template.as_ref()).await?;
    let counts =
        if variants.is_empty() { Vec::new() } else { messages::counts_of_campaign(tx, &campaign.subaccount, &campaign.id).await? };
    let frozen = store::frozen(tx, campaign).await?;
    let mut results = compared(&variants, &counts, frozen.as_deref(), measure, wanted);
    if frozen.is_some() {
        // Nothing is added any more to what is compared.
        results.comparison.more = None;
    }
    Ok(results)
}

/// All that came of them, and the comparison of what can be compared, where that is something else.
fn compared(variants: &[Variation], all: &[TemplateCount], comparable: Option<&[TemplateCount]>, measure: Measure, wanted: f64) -> Results {
    let (variants, compared) = (summed(variants, all), comparable.map(|counts| summed(variants, counts)));
    let comparison = compare(compared.as_ref().unwrap_or(&variants), measure, wanted);
    Results { variants, compared, comparison }
}

fn summed(variants: &[Variation], counts: &[TemplateCount]) -> Vec<VariantResult> {
    let result = |variant: &Variation| {
        let own: Vec<&TemplateCount> = counts.iter().filter(|c| c.variant == variant.key).collect();
        let sum = |what: &dyn Fn(&TemplateCount) -> u64| own.iter().map(|c| what(c)).sum();
        VariantResult {
            key: variant.key.clone(),
            name: variant.name.clone(),
            share: variant.share,
            messages: sum(&|c| c.total()),
            sent: sum(&|c| c.sent()),
            delivered: sum(&|c| c.of(Status::Delivered.as_str())),
            replied: sum(&|c| c.of(Response::Replied.as_str())),
            opted_out: sum(&|c| c.of(Response::OptedOut.as_str())),
        }
    };
    variants.iter().map(result).collect()
}

/// The one that is ahead against each other one. With several others the chance of a lucky leader grows with their number, so its
/// error is multiplied by it (Bonferroni).
fn compare(variants: &[VariantResult], measure: Measure, wanted: f64) -> Comparison {
    let mut ranked: Vec<(&VariantResult, f64)> = variants
        .iter()
        .filter_map(|v| Some((v, v.of(measure).rate()?)))
        .map(|(v, r)| (v, if measure.is_less_better() { -r } else { r }))
        .collect();
    ranked.sort_by(|a, b| b.1.total_cmp(&a.1));
    let nothing = Comparison { measure, leader: None, confidence: None, is_sure: false, more: None };
    let Some(((leader, best), others)) = ranked.split_first().map(|(first, rest)| (*first, rest)) else { return nothing };
    // One that nothing has left of yet cannot be told apart from.
    if others.len() + 1 < variants.len() || others.first().is_none_or(|(_, rate)| *rate >= best) {
        return nothing;
    }
    let comparisons = others.len() as f64;
    let sureness = |other: &VariantResult| {
        let found = confidence(leader.of(measure), other.of(measure))?;
        Some((1.0 - (1.0 - found) * comparisons).max(0.0))
    };
    let each: Option<Vec<f64>> = others.iter().map(|(other, _)| sureness(other)).collect();
    let confidence = each.and_then(|all| all.into_iter().reduce(f64::min));
    let needed = 1.0 - (1.0 - wanted) / comparisons;
    let more = others.iter().filter_map(|(other, _)| more_needed(leader.of(measure), other.of(measure), needed)).max();
    let is_sure = confidence.is_some_and(|found| found >= wanted);
    Comparison { measure, leader: Some(leader.key.clone()), confidence, is_sure, more: more.filter(|_| !is_sure) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(key: &str, replied: u64, sent: u64) -> VariantResult {
        VariantResult { key: key.into(), replied, sent, opted_out: replied, ..VariantResult::default() }
    }

    #[test]
    fn the_best_is_sure_only_with_enough_messages() {
        let sure = compare(&[result("A", 60, 200), result("B", 35, 200)], Measure::Replied, 0.95);
        assert_eq!((sure.leader.as_deref(), sure.is_sure, sure.more), (Some("A"), true, None));
        let early = compare(&[result("A", 12, 40), result("B", 7, 40)], Measure::Replied, 0.95);
        assert_eq!((early.leader.as_deref(), early.is_sure), (Some("A"), false));
        assert!(early.more.is_some_and(|more| more >= 100), "{early:?}");
        assert_eq!(compare(&[result("A", 5, 50), result("B", 5, 50)], Measure::Replied, 0.95).leader, None);
        assert_eq!(compare(&[result("A", 5, 50), result("B", 0, 0)], Measure::Replied, 0.95).leader, None);
    }

    #[test]
    fn fewer_opt_outs_are_better_and_many_variants_need_more() {
        let less = compare(&[result("A", 60, 200), result("B", 35, 200)], Measure::OptedOut, 0.95);
        assert_eq!(less.leader.as_deref(), Some("B"));
        let two = compare(&[result("A", 60, 200), result("B", 41, 200)], Measure::Replied, 0.95);
        let three = compare(&[result("A", 60, 200), result("B", 41, 200), result("C", 20, 200)], Measure::Replied, 0.95);
        assert!(two.is_sure && !three.is_sure, "{two:?} {three:?}");
    }
}
