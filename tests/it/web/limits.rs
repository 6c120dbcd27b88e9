//! How fast things may go, through the pages: organisation, senders, campaigns.

use axum::http::StatusCode;
use peyk::access::{self, Role};
use peyk::campaigns::{self, Campaign};
use peyk::connections::{self, Connection};
use peyk::kernel::id::CampaignId;
use peyk::kernel::limits::Limits;
use peyk::kernel::page::PageRequest;

use super::Browser;
use super::campaigns::{checked, token};
use crate::harness::{Csv, TestApp, both_engines};

both_engines! {
    an_organisations_limits_are_set_and_lifted_on_its_page,
    a_faulty_limit_is_told_beside_its_field_with_what_was_typed,
    every_sender_has_a_row_and_an_empty_one_adds_another,
    faulty_rows_of_senders_are_refused_where_they_stand,
    a_campaign_is_launched_with_a_pace,
    the_pace_of_a_running_campaign_is_changed_on_its_page,
    a_pace_is_for_those_who_may_send_and_for_campaigns_that_go_on,
}

const SETTINGS: &str = "/do/settings/organisation";
const SAVE: &str = "/do/settings/connections/save";

/// The form of the organisation with these limits.
fn organisation<'a>(second: &'a str, minute: &'a str, day: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![
        ("organisation", "Lark & Sons"),
        ("default_country", "US"),
        ("countries", ""),
        ("time_zone", "UTC"),
        ("language", "en"),
        ("currency", "USD"),
        ("budget", ""),
        ("limits.per_second", second),
        ("limits.per_minute", minute),
        ("limits.per_day", day),
    ]
}

async fn limits(app: &TestApp) -> Limits {
    access::settings(app, &app.actor(Role::Owner)).await.expect("settings").limits
}

async fn an_organisations_limits_are_set_and_lifted_on_its_page(app: TestApp) {
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    let page = owner.get("/settings/organisation").await.body;
    for part in ["second", "minute", "day"] {
        assert!(page.contains(&format!(r#"name="limits.per_{part}" type="text" value="""#)), "{part}: {page}");
    }
    assert!(page.contains("Empty means no limit."), "{page}");
    let page = owner.submit(SETTINGS, &organisation("50", "", "20,000")).await.body;
    assert_eq!(limits(&app).await, Limits { per_second: Some(50), per_minute: None, per_day: Some(20_000) });
    assert!(page.contains(r#"name="limits.per_day" type="text" value="20000""#), "{page}");
    let unasked = organisation("", "", "").into_iter().filter(|(name, _)| !name.starts_with("limits.")).collect::<Vec<_>>();
    owner.submit(SETTINGS, &unasked).await;
    assert_eq!(limits(&app).await.per_second, Some(50), "a form that does not ask leaves them");
    owner.submit(SETTINGS, &organisation("", "", "")).await;
    assert_eq!(limits(&app).await, Limits::default());
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    assert_eq!(marketer.post(SETTINGS, &organisation("1", "", "")).await.status, StatusCode::FORBIDDEN);
    assert_eq!(limits(&app).await, Limits::default());
}

async fn a_faulty_limit_is_told_beside_its_field_with_what_was_typed(app: TestApp) {
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    let mut form = organisation("fast", "0", "7");
    form[1] = ("default_country", "XX");
    let page = owner.submit(SETTINGS, &form).await.body;
    for (field, typed) in [("per_second", "fast"), ("per_minute", "0")] {
        assert!(page.contains(&format!(r#"id="limits.{field}-error""#)), "{field}: {page}");
        assert!(page.contains(&format!(r##"<a href="#limits.{field}">"##)), "{field}: {page}");
        assert!(page.contains(&format!(r#"name="limits.{field}" type="text" value="{typed}""#)), "{field}: {page}");
    }
    assert!(page.contains(r#"name="limits.per_day" type="text" value="7""#), "{page}");
    assert!(page.contains(r#"id="default_country-error""#), "other faults are told at the same time: {page}");
    assert_eq!(limits(&app).await, Limits::default());
}

async fn simulator(app: &TestApp) -> Connection {
    connections::get(app, &app.actor(Role::Owner), "simulator").await.expect("it is there").connection
}

/// The form of the simulator's connection with these rows of sender and limits per second, minute and day.
fn senders<'a>(rows: &'a str, names: &'a [[String; 4]], values: &[[&'a str; 4]]) -> Vec<(&'a str, &'a str)> {
    let mut form = vec![("name", "simulator"), ("senders", "Cedar, Oak"), ("sender_rows", rows)];
    form.extend(names.iter().flatten().map(String::as_str).zip(values.iter().flatten().copied()));
    form
}

/// The names of the fields of so many rows.
fn names(rows: usize) -> Vec<[String; 4]> {
    (0..rows).map(|n| ["sender", "per_second", "per_minute", "per_day"].map(|part| format!("sender_limits.{n}.{part}"))).collect()
}

async fn every_sender_has_a_row_and_an_empty_one_adds_another(app: TestApp) {
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    let names = names(3);
    let set = [["Cedar", "1", "", "1 000"], ["Oak", "", "", ""], ["+447700900123", "", "30", ""]];
    let page = owner.submit(SAVE, &senders("3", &names, &set)).await.body;
    let connection = simulator(&app).await;
    let cedar = Limits { per_second: Some(1), per_minute: None, per_day: Some(1_000) };
    assert_eq!(connection.sender_limits.get("Cedar"), Some(&cedar));
    assert_eq!(connection.sender_limits.get("+447700900123").and_then(|limits| limits.per_minute), Some(30));
    assert_eq!(connection.sender_limits.len(), 2, "a row without limits is none");
    for (n, sender) in ["Cedar", "Oak", "+447700900123", ""].into_iter().enumerate() {
        assert!(page.contains(&format!(r#"name="sender_limits.{n}.sender" type="text" value="{sender}""#)), "{sender}: {page}");
    }
    assert!(page.contains(r#"name="sender_limits.0.per_day" type="text" value="1000""#) && !page.contains("sender_limits.4."), "{page}");
    owner.submit(SAVE, &[("name", "simulator"), ("senders", "Cedar, Oak")]).await;
    assert_eq!(simulator(&app).await.sender_limits.len(), 2, "a form that does not ask leaves them");
    let lifted = [["Cedar", "", "", ""], ["Oak", "", "", "5"], ["+447700900123", "", "30", ""]];
    owner.submit(SAVE, &senders("3", &names, &lifted)).await;
    assert_eq!(simulator(&app).await.sender_limits.into_keys().collect::<Vec<_>>(), ["+447700900123", "Oak"]);
}

async fn faulty_rows_of_senders_are_refused_where_they_stand(app: TestApp) {
    let mut owner = Browser::signed_in(&app, Role::Owner).await;
    let names = names(4);
    let faulty = [["Cedar", "fast", "0", ""], ["Oak", "1", "", ""], ["Oak", "2", "", ""], ["", "3", "", ""]];
    let page = owner.submit(SAVE, &senders("4", &names, &faulty)).await.body;
    for (field, typed) in [("0.per_second", "fast"), ("0.per_minute", "0"), ("2.sender", "Oak"), ("3.sender", "")] {
        assert!(page.contains(&format!(r#"id="sender_limits.{field}-error""#)), "{field}: {page}");
        assert!(page.contains(&format!(r#"name="sender_limits.{field}" type="text" value="{typed}""#)), "{field}: {page}");
    }
    assert!(page.contains(r#"name="sender_limits.3.per_second" type="text" value="3""#), "{page}");
    let connection = simulator(&app).await;
    assert!(connection.sender_limits.is_empty() && connection.senders == ["Peyk"], "nothing of a faulty form is saved");
}

async fn campaign(app: &TestApp, path: &str) -> Campaign {
    let id = path.rsplit('/').next().and_then(CampaignId::parse).expect("an id");
    campaigns::get(app, &app.actor(Role::Owner), &id).await.expect("it is there")
}

async fn a_campaign_is_launched_with_a_pace(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let id = checked(&app, &mut browser, Csv::of_people(5)).await;
    let confirm = format!("/uploads/{id}/confirm");
    let page = browser.get(&confirm).await.body;
    assert!(page.contains("Messages per minute, at most") && page.contains("Empty means no limit"), "{page}");
    let token = token(&page).to_owned();
    let launch = |pace| [("id", id.as_str()), ("token", token.as_str()), ("name", "Slow"), ("when", "now"), ("pace", pace)];
    for faulty in ["slow", "0"] {
        let page = browser.submit("/do/uploads/launch", &launch(faulty)).await.body;
        assert!(page.contains(r#"id="pace-error""#) && page.contains(&format!(r#"value="{faulty}""#)), "{page}");
        assert!(page.contains(r#"value="Slow""#), "what else was typed stays: {page}");
    }
    let made = campaigns::list(&app, &app.actor(Role::Owner), None, &PageRequest::default()).await.expect("campaigns").items;
    assert!(made.is_empty(), "no draft is left behind");
    let answer = browser.post("/do/uploads/launch", &launch("60")).await;
    let path = answer.location().to_owned();
    assert_eq!(campaign(&app, &path).await.pace, Some(60));
    assert!(browser.get(&path).await.body.contains("At most 60 messages a minute"));
    app.dispatch_all().await;
    assert_eq!(campaign(&app, &path).await.counts.waiting(), 4, "one a second");
    browser.submit("/do/campaigns/cancel", &[("id", path.rsplit('/').next().expect("an id"))]).await;
    app.dispatch_all().await;
}

async fn the_pace_of_a_running_campaign_is_changed_on_its_page(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let path = super::campaigns::launched(&app, &mut browser, 5).await;
    let id = path.rsplit('/').next().expect("an id").to_owned();
    let page = browser.get(&path).await.body;
    let (live, beside) = page.split_once(r#"action="/do/campaigns/pace""#).expect("a form for the pace");
    assert!(live.contains(r#"id="live""#) && beside.contains(r#"name="pace" type="text" value="""#), "{page}");
    let page = browser.submit("/do/campaigns/pace", &[("id", &id), ("pace", "60")]).await.body;
    assert!(page.contains("Pace saved. At most 60 messages a minute.") && page.contains(r#"name="pace" type="text" value="60""#), "{page}");
    app.dispatch_all().await;
    assert_eq!(campaign(&app, &path).await.counts.waiting(), 4, "one a second");
    for (faulty, words) in [("quick", "Write a whole number"), ("0", "at least 1 message a minute")] {
        let page = browser.submit("/do/campaigns/pace", &[("id", &id), ("pace", faulty)]).await.body;
        assert!(page.contains(words) && page.contains(&format!(r#"name="pace" type="text" value="{faulty}""#)), "{page}");
    }
    browser.submit("/do/campaigns/pause", &[("id", &id)]).await;
    let page = browser.submit("/do/campaigns/pace", &[("id", &id), ("pace", "")]).await.body;
    assert!(page.contains("As fast as the connections allow"), "a paused one too: {page}");
    assert_eq!(campaign(&app, &path).await.pace, None);
    browser.submit("/do/campaigns/resume", &[("id", &id)]).await;
    app.advance(10_000);
    app.dispatch_all().await;
    assert_eq!(campaign(&app, &path).await.counts.waiting(), 0);
}

async fn a_pace_is_for_those_who_may_send_and_for_campaigns_that_go_on(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let path = super::campaigns::launched(&app, &mut browser, 2).await;
    let id = path.rsplit('/').next().expect("an id").to_owned();
    let mut viewer = Browser::signed_in(&app, Role::Viewer).await;
    let pace = [("id", id.as_str()), ("pace", "1")];
    assert_eq!(viewer.post("/do/campaigns/pace", &pace).await.status, StatusCode::FORBIDDEN);
    assert!(!viewer.get(&path).await.body.contains("/do/campaigns/pace"));
    app.dispatch_all().await;
    assert_eq!(campaign(&app, &path).await.pace, None);
    assert!(!browser.get(&path).await.body.contains("/do/campaigns/pace"), "it has finished");
    let page = browser.submit("/do/campaigns/pace", &pace).await.body;
    assert!(page.contains("This campaign is finished, so its pace changes nothing."), "{page}");
    let gone = [("id", "cmp_00000000000000000000000000"), ("pace", "1")];
    assert_eq!(browser.post("/do/campaigns/pace", &gone).await.status, StatusCode::NOT_FOUND);
}
