//! Variants of a campaign: how they are tried, and what came of them.

use chrono_tz::Tz;
use leptos::prelude::*;

use crate::campaigns::{Campaign, Measure, Otherwise, Results, Stage, TrialPlan};
use crate::kernel::clock::Millis;
use crate::kernel::error::{FieldErrors, Result};
use crate::web::action::Posted;
use crate::web::page::Typed;
use crate::web::ui::show::{date_time, number};
use crate::web::ui::{Alert, Card, Field, Select, Tone};
use crate::web::variants::VariantTable;

/// Where one variant is chosen for everybody.
const USE: &str = "/do/campaigns/variant";
/// How sure a difference can be asked to be, in percent.
const CONFIDENCES: [u32; 4] = [95, 80, 90, 99];

/// The fields of a trial, for a message with variants.
#[component]
pub fn TrialFields(form: Typed) -> impl IntoView {
    let tries = form.or("variants", "split") == "try";
    let measures = Measure::ALL.into_iter().map(|m| (m.as_str().to_owned(), m.label().to_owned())).collect();
    let sure = CONFIDENCES.into_iter().map(|n| (n.to_string(), format!("{n} % sure"))).collect();
    let otherwise = Otherwise::ALL.into_iter().map(|o| (o.as_str().to_owned(), o.label().to_owned())).collect();
    view! {
        <fieldset class="stack either">
            <legend>"A/B variants"</legend>
            <div class="pick pick-2">
                <label><input type="radio" name="variants" value="split" checked=!tries/><span>"Split everybody by the shares"</span></label>
                <label><input type="radio" name="variants" value="try" checked=tries/><span>"Try first, then send the best"</span></label>
            </div>
            <div class="of-trial stack">
                <div class="choose">
                    <Field form=form.clone() name="trial.percent" label="Try with, in percent" value="20" inputmode="numeric"/>
                    <Field form=form.clone() name="trial.wait_minutes" label="Then wait, in minutes" value="240" inputmode="numeric" hint="From when the last of them has left."/>
                </div>
                <div class="choose">
                    <Select form=form.clone() name="trial.measure" label="The best is the one most" options=measures value="replied" hint="Of opt-outs: the least."/>
                    <Select form=form.clone() name="trial.confidence" label="If that is" options=sure value="95"/>
                </div>
                <Select form=form name="trial.otherwise" label="Otherwise" options=otherwise value="ask"/>
            </div>
        </fieldset>
    }
    .into_any()
}

/// What the fields say; none when everybody is split at once, or when the form does not ask.
pub fn read(form: &Posted) -> Result<Option<TrialPlan>> {
    if form.get("variants") != Some("try") {
        return Ok(None);
    }
    let mut errors = FieldErrors::new();
    let mut whole = |name: &str| {
        let text = form.get(name).unwrap_or_default().trim().trim_end_matches('%').trim_end();
        let number = text.parse().map_err(|_| ("not_a_number".into(), "Write a whole number.".into()));
        errors.check(name, number).unwrap_or(0)
    };
    let (percent, wait_minutes, confidence) = (whole("trial.percent"), whole("trial.wait_minutes"), whole("trial.confidence"));
    errors.into_result()?;
    let measure = form.get("trial.measure").and_then(Measure::parse).unwrap_or_default();
    let otherwise = form.get("trial.otherwise").and_then(Otherwise::parse).unwrap_or_default();
    Ok(Some(TrialPlan { percent, wait_minutes, measure, confidence, otherwise }))
}

/// A plan in words.
pub fn words(plan: &TrialPlan) -> String {
    let otherwise = match plan.otherwise {
        Otherwise::Ask => "otherwise somebody chooses",
        Otherwise::First => "otherwise A",
        Otherwise::Leader => "otherwise what is ahead",
    };
    let by = match plan.measure {
        Measure::Replied => "is answered most",
        Measure::Delivered => "reaches most phones",
        Measure::OptedOut => "makes the fewest opt out",
    };
    let (percent, wait, sure) = (plan.percent, number(plan.wait_minutes), plan.confidence);
    format!(
        "{percent} % of the people first; {wait} minutes after the last has left, the rest gets what {by} if that is {sure} % sure, {otherwise}."
    )
}

/// What came of the variants, how far the trial is, and the buttons that end it.
#[component]
pub fn VariantCard(results: Option<Results>, campaign: Campaign, may_send: bool, zone: Tz, now: Millis) -> impl IntoView {
    let Some(results) = results else { return ().into_any() };
    let command = (may_send && campaign.can_use_variant(now)).then(|| (USE, vec![("id", campaign.id.to_string())]));
    let trial = campaign.trial.clone();
    let plan = trial.plan.as_ref().map(|plan| view! { <p>{words(plan)}</p> });
    let note = trial.note.clone().unwrap_or_default();
    let stage = match (trial.stage, &trial.choice, trial.decide_at) {
        (_, Some(choice), _) => Some(format!("Whoever had not been sent to gets {choice} ({note}).")),
        (Some(Stage::Waiting), None, Some(at)) => Some(format!("What came of it is looked at {}. The rest waits.", date_time(at, zone))),
        (Some(Stage::Trying | Stage::Waiting), None, None) => Some("The first messages are leaving. The rest waits.".to_owned()),
        (Some(Stage::Asking), None, _) if !campaign.has_run_out(now) => {
            let until = campaign.not_after.map(|end| format!(" until {}; what is not sent by then expires", date_time(end, zone)));
            Some(format!("The rest waits for you: nothing is sure enough ({note}). Choose a variant below{}.", until.unwrap_or_default()))
        }
        (Some(Stage::Asking | Stage::Ended), None, _) => {
            Some("The campaign’s time was over before a variant was chosen. Who was not sent to is listed as expired.".to_owned())
        }
        _ => None,
    };
    let strong = trial.stage == Some(Stage::Asking) && trial.choice.is_none();
    let stage = stage.map(|words| view! { <p class=if strong { "strong" } else { "" }>{words}</p> });
    let above = (plan.is_some() || stage.is_some()).then(|| view! { <div class="body stack">{plan}{stage}</div> });
    view! {
        <Card id="variants" title="A/B variants">
            {above}
            <VariantTable results=results choice=trial.choice.clone() command=command/>
        </Card>
    }
    .into_any()
}

/// The campaigns of which somebody is to choose a variant, each with the way to it and how long it waits.
#[component]
pub fn Asking(campaigns: Vec<Campaign>, zone: Tz) -> impl IntoView {
    if campaigns.is_empty() {
        return ().into_any();
    }
    let waits = if campaigns.len() == 1 { "1 campaign waits".to_owned() } else { format!("{} campaigns wait", campaigns.len()) };
    let names: Vec<_> = campaigns
        .into_iter()
        .map(|campaign| {
            let until = campaign.not_after.map(|end| format!(", until {}", date_time(end, zone)));
            view! { <li><a href=format!("/campaigns/{}#variants", campaign.id)><bdi>{campaign.name}</bdi></a>{until}</li> }
        })
        .collect();
    view! {
        <Alert tone=Tone::Warn>
            <p><strong>{waits}" for you to choose a variant."</strong>" What is not sent by then expires."</p>
            <ul class="row">{names}</ul>
        </Alert>
    }
    .into_any()
}
