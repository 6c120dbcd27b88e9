//! Trying variants with some people, and sending the rest what did best.

use peyk::access::Role;
use peyk::campaigns::{self, Campaign, CampaignStatus, Launch, Measure, NewCampaign, Otherwise, Results, Stage, TrialPlan};
use peyk::kernel::clock::{DAY, HOUR, MINUTE};
use peyk::messages::Status;

use super::variants::{drafted, launch, results, said, two_variants};
use super::{is_conflict, refused};
use crate::harness::{Csv, TestApp, both_engines};
use crate::inbox::write;
use crate::messages::taken;
use crate::web::Browser;

both_engines! {
    some_are_tried_and_the_rest_gets_the_winner,
    what_is_not_sure_waits_for_a_person,
    what_is_not_sure_goes_on_with_the_first_where_that_was_planned,
    a_choice_in_the_middle_of_a_trial_reaches_everybody_once,
    a_cancelled_trial_leaves_nobody_out_of_its_history,
    a_trial_needs_variants_and_sound_numbers,
    only_what_stood_at_the_choice_is_compared,
    a_choice_by_hand_compares_what_was_split_until_then,
    a_trial_that_asks_ends_with_its_campaign,
    a_trial_that_waits_too_long_ends_with_its_campaign,
    a_wait_that_does_not_fit_is_refused_at_the_launch,
    many_trials_that_wait_do_not_stand_before_a_later_one,
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

/// So many of each variant's people answer.
async fn answered(app: &TestApp, campaign: &Campaign, each: [(&str, usize); 2]) {
    let all = said(app, campaign).await;
    for (variant, answers) in each {
        let people = all.iter().filter(|(_, said)| said.0.as_deref() == Some(variant));
        for (to, _) in people.take(answers) {
            write(app, &format!("answer of {to}"), to, "yes").await;
        }
    }
}

async fn of_template(app: &TestApp, campaign: &Campaign) -> Results {
    let (template, version) = campaign.template.clone().expect("pinned");
    let found = campaigns::results_of_template(app, &app.actor(Role::Viewer), &template, version, Measure::Replied).await;
    found.expect("readable").expect("it has variants")
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
    assert_eq!(now.counts.of(Status::Cancelled), 60 - tried as u64);
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

async fn only_what_stood_at_the_choice_is_compared(app: TestApp) {
    let campaign = trying(&app, 200, Otherwise::Ask).await;
    let tried = said(&app, &campaign).await.len() as u64;
    // Of a draw of lots: a quarter of A and three fifths of B is sure however it fell, and among all 200 people too few for B.
    let each = results(&app, &campaign).await.variants.iter().map(|v| v.sent as usize).collect::<Vec<_>>();
    answered(&app, &campaign, [("A", each[0].div_ceil(4)), ("B", each[1] * 3 / 5)]).await;
    let before = results(&app, &campaign).await;
    assert_eq!((before.comparison.leader.as_deref(), before.comparison.is_sure, &before.compared), (Some("B"), true, &None));
    app.advance(65 * MINUTE);
    settle(&app).await;
    assert_eq!(get(&app, &campaign).await.trial.choice.as_deref(), Some("B"));
    // The rest got B a moment ago, and nobody of them has answered: of all who got B, fewer did than of A.
    let after = results(&app, &campaign).await;
    let sent: Vec<u64> = after.variants.iter().map(|v| v.sent).collect();
    assert_eq!(sent.iter().sum::<u64>(), 200);
    let replied: Vec<u64> = after.variants.iter().map(|v| v.replied).collect();
    assert!(replied[1] * sent[0] < replied[0] * sent[1], "all that was sent would say that A is ahead: {replied:?} of {sent:?}");
    assert_eq!(after.compared, Some(before.variants.clone()), "the comparison is of the trial");
    assert_eq!(after.comparison, before.comparison);
    let summed = of_template(&app, &campaign).await;
    assert_eq!((&summed.compared, summed.comparison.leader.as_deref()), (&after.compared, Some("B")));
    // A plain split of the same version can be compared whole, and is added.
    let plain = drafted(&app, 50, NewCampaign::default()).await;
    launch(&app, &plain).await;
    settle(&app).await;
    let summed = of_template(&app, &campaign).await;
    let of = |all: &[campaigns::VariantResult]| all.iter().map(|v| v.sent).sum::<u64>();
    assert_eq!((of(&summed.variants), of(&summed.compared.expect("not all of it"))), (250, tried + 50));
    assert_eq!(results(&app, &plain).await.compared, None);
    let mut viewer = Browser::signed_in(&app, Role::Viewer).await;
    for page in [format!("/campaigns/{}", campaign.id), format!("/templates/{}/variants", campaign.template.expect("pinned").0)] {
        let page = viewer.get(&page).await.body;
        assert!(page.contains("B is ahead by replies") && page.contains("Compared is what stood when a variant was chosen"), "{page}");
    }
}

async fn a_choice_by_hand_compares_what_was_split_until_then(app: TestApp) {
    two_variants(&app).await;
    let marketer = app.actor(Role::Marketer);
    let campaign = drafted(&app, 40, NewCampaign { pace: Some(10), ..NewCampaign::default() }).await;
    launch(&app, &campaign).await;
    app.dispatch_all().await;
    let before = results(&app, &campaign).await;
    for variant in ["B", "A"] {
        campaigns::use_variant(&app, &marketer, &campaign.id, variant).await.expect("chosen");
        app.advance(MINUTE);
        settle(&app).await;
    }
    let after = results(&app, &campaign).await;
    let sent = |all: &[campaigns::VariantResult]| all.iter().map(|v| v.sent).collect::<Vec<_>>();
    assert!(sent(&after.variants).iter().sum::<u64>() > sent(&before.variants).iter().sum::<u64>());
    assert_eq!(sent(&after.compared.expect("what stood")), sent(&before.variants), "a second choice changes nothing of it");
}

async fn a_trial_that_asks_ends_with_its_campaign(app: TestApp) {
    two_variants(&app).await;
    let end = app.clock.now() + 3 * HOUR;
    let new = NewCampaign { name: "Autumn".into(), trial: Some(plan(Otherwise::Ask)), not_after: Some(end), ..NewCampaign::default() };
    let campaign = drafted(&app, 60, new).await;
    launch(&app, &campaign).await;
    settle(&app).await;
    let tried = taken(&app).len();
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    let page = marketer.get("/").await.body;
    assert!(!page.contains("for you to choose a variant"), "nobody is needed yet: {page}");
    app.advance(61 * MINUTE);
    settle(&app).await;
    assert_eq!(get(&app, &campaign).await.trial.stage, Some(Stage::Asking));
    let zone = peyk::access::settings(&app, &app.actor(Role::Owner)).await.expect("readable").time_zone;
    let until = peyk::web::ui::show::date_time(end, zone);
    let page = marketer.get("/").await.body;
    let link = format!("/campaigns/{}#variants", campaign.id);
    assert!(page.contains("1 campaign waits for you to choose a variant.") && page.contains(&link) && page.contains(&until), "{page}");
    let page = marketer.get(&format!("/campaigns/{}", campaign.id)).await.body;
    assert!(page.contains(&format!("until {until}")) && page.contains("Use B for everyone"), "{page}");
    app.advance(2 * HOUR);
    let late = campaigns::use_variant(&app, &app.actor(Role::Marketer), &campaign.id, "B").await;
    assert!(is_conflict(&late), "nothing would leave: {late:?}");
    let page = marketer.get(&format!("/campaigns/{}", campaign.id)).await.body;
    assert!(!page.contains("Use B for everyone") && page.contains("was over before a variant was chosen"), "{page}");
    settle(&app).await;
    let now = get(&app, &campaign).await;
    assert_eq!((now.status, now.trial.stage, now.trial.choice), (CampaignStatus::Finished, Some(Stage::Ended), None));
    assert_eq!((now.counts.of(Status::Expired), taken(&app).len()), (60 - tried as u64, tried), "the rest expired");
    assert!(!marketer.get("/").await.body.contains("for you to choose a variant"));
}

async fn a_trial_that_waits_too_long_ends_with_its_campaign(app: TestApp) {
    two_variants(&app).await;
    let new = NewCampaign { trial: Some(plan(Otherwise::First)), not_after: Some(app.clock.now() + 2 * HOUR), ..NewCampaign::default() };
    let campaign = drafted(&app, 60, new).await;
    launch(&app, &campaign).await;
    settle(&app).await;
    let marketer = app.actor(Role::Marketer);
    campaigns::pause(&app, &marketer, &campaign.id).await.expect("paused");
    app.advance(3 * HOUR);
    settle(&app).await;
    campaigns::resume(&app, &marketer, &campaign.id).await.expect("resumed");
    settle(&app).await;
    let now = get(&app, &campaign).await;
    assert_eq!((now.status, now.trial.stage, now.trial.choice), (CampaignStatus::Finished, Some(Stage::Ended), None));
}

async fn a_wait_that_does_not_fit_is_refused_at_the_launch(app: TestApp) {
    two_variants(&app).await;
    let marketer = app.actor(Role::Marketer);
    let too_long = [("trial.wait_minutes".to_owned(), "too_long".to_owned())];
    let end = Some(app.clock.now() + HOUR);
    let short = drafted(&app, 20, NewCampaign { trial: Some(plan(Otherwise::Ask)), not_after: end, ..NewCampaign::default() }).await;
    assert_eq!(refused(campaigns::launch(&app, &marketer, &short.id, &Launch::default()).await), too_long);
    let quicker = Launch { trial: Some(TrialPlan { wait_minutes: 30, ..plan(Otherwise::Ask) }), ..Launch::default() };
    let launched = campaigns::launch(&app, &marketer, &short.id, &quicker).await.expect("it fits");
    assert_eq!(launched.trial.plan.map(|plan| plan.wait_minutes), Some(30));
    // At one message a minute the trial itself takes eight.
    let paced = NewCampaign {
        trial: Some(TrialPlan { wait_minutes: 55, ..plan(Otherwise::Ask) }),
        not_after: end,
        pace: Some(1),
        ..NewCampaign::default()
    };
    let slow = drafted(&app, 20, paced).await;
    assert_eq!(refused(campaigns::launch(&app, &marketer, &slow.id, &Launch::default()).await), too_long);
    let chosen = drafted(&app, 20, NewCampaign::default()).await;
    campaigns::use_variant(&app, &marketer, &chosen.id, "B").await.expect("chosen");
    let refusal = refused(campaigns::launch(&app, &marketer, &chosen.id, &quicker).await);
    assert_eq!(refusal, [("trial".to_owned(), "already_chosen".to_owned())]);
}

async fn many_trials_that_wait_do_not_stand_before_a_later_one(app: TestApp) {
    two_variants(&app).await;
    let with = |percent| NewCampaign { trial: Some(TrialPlan { percent, ..plan(Otherwise::First) }), ..NewCampaign::default() };
    // Their messages are there and have not left.
    for _ in 0..51 {
        let campaign = drafted(&app, 5, with(90)).await;
        launch(&app, &campaign).await;
    }
    while campaigns::expand_step(&app).await.expect("a step") {}
    // Of one person none is tried with one percent, so that nothing has to leave.
    let mut ready = drafted(&app, 1, with(1)).await;
    launch(&app, &ready).await;
    while campaigns::expand_step(&app).await.expect("a step") {}
    campaigns::try_step(&app).await.expect("a step");
    ready = get(&app, &ready).await;
    assert_eq!(ready.trial.stage, Some(Stage::Waiting));
    assert!(ready.trial.decide_at.is_some_and(|at| at < app.clock.now() + DAY), "its wait begins: {:?}", ready.trial);
}
