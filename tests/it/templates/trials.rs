//! Trying variants with some people, and sending the rest what did best.

use peyk::access::Role;
use peyk::campaigns::{self, Campaign, CampaignStatus, Measure, NewCampaign, Otherwise, Stage, TrialPlan};
use peyk::kernel::clock::MINUTE;

use super::refused;
use super::variants::{drafted, launch, results, said, two_variants};
use crate::harness::{Csv, TestApp, both_engines};
use crate::inbox::write;
use crate::messages::taken;

both_engines! {
    some_are_tried_and_the_rest_gets_the_winner,
    what_is_not_sure_waits_for_a_person,
    what_is_not_sure_goes_on_with_the_first_where_that_was_planned,
    a_choice_in_the_middle_of_a_trial_reaches_everybody_once,
    a_cancelled_trial_leaves_nobody_out_of_its_history,
    a_trial_needs_variants_and_sound_numbers,
}

fn plan(otherwise: Otherwise) -> TrialPlan {
    TrialPlan { percent: 40, wait_minutes: 60, measure: Measure::Replied, confidence: 90, otherwise }
}

async fn trying(app: &TestApp, people: u64, otherwise: Otherwise) -> Campaign {
    two_variants(app).await;
    let campaign = drafted(app, people, NewCampaign { trial: Some(plan(otherwise)), ..NewCampaign::default() }).await;
    launch(app, &campaign).await;
    settle(app).await;
    campaign
}

/// Lets the engine and its chores work until nothing is left to do at this instant.
async fn settle(app: &TestApp) {
    loop {
        app.dispatch_all().await;
        let judged = campaigns::try_step(app).await.expect("a step");
        let expanded = campaigns::expand_step(app).await.expect("a step");
        if !judged && !expanded {
            return;
        }
    }
}

async fn get(app: &TestApp, campaign: &Campaign) -> Campaign {
    campaigns::get(app, &app.actor(Role::Viewer), &campaign.id).await.expect("it is there")
}

async fn some_are_tried_and_the_rest_gets_the_winner(app: TestApp) {
    let campaign = trying(&app, 200, Otherwise::Ask).await;
    let tried = said(&app, &campaign).await;
    assert!((50..=110).contains(&tried.len()), "{} of 200 were tried", tried.len());
    let now = get(&app, &campaign).await;
    assert_eq!((now.status, now.trial.stage), (CampaignStatus::Sending, Some(Stage::Waiting)));
    assert_eq!(now.counts.total(), 200, "the rest counts as waiting");
    for (n, (to, (variant, _))) in tried.iter().enumerate() {
        if variant.as_deref() == Some("B") {
            write(&app, &format!("e{n}"), to, "YES").await;
        }
    }
    app.advance(50 * MINUTE);
    settle(&app).await;
    assert_eq!(said(&app, &campaign).await.len(), tried.len(), "the time is not over");
    app.advance(15 * MINUTE);
    settle(&app).await;
    let now = get(&app, &campaign).await;
    assert_eq!(now.trial.choice.as_deref(), Some("B"), "{:?}", now.trial);
    let all = said(&app, &campaign).await;
    assert_eq!((all.len(), taken(&app).len()), (200, 200), "everybody, once");
    for (to, said) in &all {
        match tried.get(to) {
            Some(before) => assert_eq!(said, before, "whoever was tried keeps theirs"),
            None => assert_eq!(said.0.as_deref(), Some("B")),
        }
    }
    assert!(results(&app, &campaign).await.comparison.is_sure);
}

async fn what_is_not_sure_waits_for_a_person(app: TestApp) {
    let campaign = trying(&app, 60, Otherwise::Ask).await;
    let tried = said(&app, &campaign).await;
    app.advance(61 * MINUTE);
    settle(&app).await;
    let now = get(&app, &campaign).await;
    assert_eq!((now.trial.stage, now.trial.choice.clone(), now.status), (Some(Stage::Asking), None, CampaignStatus::Sending));
    assert_eq!(said(&app, &campaign).await, tried, "the rest waits");
    campaigns::use_variant(&app, &app.actor(Role::Marketer), &campaign.id, "A").await.expect("chosen");
    settle(&app).await;
    let all = said(&app, &campaign).await;
    assert_eq!((all.len(), taken(&app).len()), (60, 60));
    assert!(all.iter().filter(|(to, _)| !tried.contains_key(*to)).all(|(_, (variant, _))| variant.as_deref() == Some("A")));
}

async fn what_is_not_sure_goes_on_with_the_first_where_that_was_planned(app: TestApp) {
    let campaign = trying(&app, 60, Otherwise::First).await;
    app.advance(61 * MINUTE);
    settle(&app).await;
    let now = get(&app, &campaign).await;
    assert_eq!(now.trial.choice.as_deref(), Some("A"));
    assert_eq!(taken(&app).len(), 60);
}

async fn a_choice_in_the_middle_of_a_trial_reaches_everybody_once(app: TestApp) {
    two_variants(&app).await;
    let plan = TrialPlan { percent: 50, ..plan(Otherwise::Ask) };
    let campaign = drafted(&app, 2_000, NewCampaign { trial: Some(plan), ..NewCampaign::default() }).await;
    launch(&app, &campaign).await;
    assert!(campaigns::expand_step(&app).await.expect("a step"), "the first blocks were gone through");
    campaigns::use_variant(&app, &app.actor(Role::Marketer), &campaign.id, "B").await.expect("chosen");
    settle(&app).await;
    let found = results(&app, &campaign).await;
    assert_eq!(found.variants.iter().map(|v| v.sent).collect::<Vec<_>>(), [0, 2_000]);
    let people: std::collections::BTreeSet<_> = taken(&app).iter().map(|line| line["to"].to_string()).collect();
    assert_eq!((people.len(), taken(&app).len()), (2_000, 2_000));
    assert!(people.contains(&format!("\"{}\"", Csv::phone(1_999))));
}

async fn a_cancelled_trial_leaves_nobody_out_of_its_history(app: TestApp) {
    let campaign = trying(&app, 60, Otherwise::Ask).await;
    let tried = taken(&app).len();
    campaigns::cancel(&app, &app.actor(Role::Marketer), &campaign.id).await.expect("cancelled");
    for _ in 0..5 {
        settle(&app).await;
    }
    assert_eq!((said(&app, &campaign).await.len(), taken(&app).len()), (60, tried));
    let now = get(&app, &campaign).await;
    assert_eq!(now.counts.of(peyk::messages::Status::Cancelled), 60 - tried as u64);
}

async fn a_trial_needs_variants_and_sound_numbers(app: TestApp) {
    two_variants(&app).await;
    let marketer = app.actor(Role::Marketer);
    let upload =
        crate::uploads::uploaded(&app, &marketer, Csv::of_people(3), &crate::uploads::text("Hi", peyk::kernel::category::Category::Order))
            .await;
    peyk::uploads::check_now(&app, &marketer, &upload.id).await.expect("checked");
    let new = |trial| NewCampaign { trial: Some(trial), ..NewCampaign::default() };
    let made = campaigns::create_from_upload(&app, &marketer, &upload.id, &new(plan(Otherwise::Ask))).await;
    assert_eq!(refused(made), [("trial".to_owned(), "no_variants".to_owned())]);
    let made = campaigns::create_from_upload(&app, &marketer, &upload.id, &new(TrialPlan { percent: 100, ..plan(Otherwise::Ask) })).await;
    assert_eq!(refused(made), [("trial.percent".to_owned(), "out_of_range".to_owned())]);
}
