//! The harness itself: tests do not meet, and what they are given is what they are told.

use std::collections::HashSet;

use peyk::access::{Permission, Role};
use peyk::kernel::clock::{MINUTE, rfc3339};
use peyk::kernel::outbound::{Limits, Outbound};
use peyk::kernel::phone::{Country, Phone};

use crate::harness::{Csv, TestApp, both_engines};

both_engines! {
    an_installation_starts_with_one_subaccount_at_a_known_time,
    the_carrier_answers_at_the_address_that_the_installation_knows,
    two_installations_do_not_see_each_other,
}

async fn an_installation_starts_with_one_subaccount_at_a_known_time(app: TestApp) {
    assert_eq!(rfc3339(app.clock.now()), "2026-11-21T10:00:00.000Z");
    app.advance(MINUTE);
    assert_eq!(rfc3339(app.clock.now()), "2026-11-21T10:01:00.000Z");
    assert_eq!(subaccounts(&app).await, [app.subaccount.as_str()]);
    assert_eq!(app.folder().read_dir().expect("the folder is there").count() > 0, !app.db.is_shared());
    assert_eq!(app.actor(Role::Viewer).subaccount, app.subaccount);
    assert!(app.actor(Role::Viewer).require(Permission::Send).is_err());
}

async fn the_carrier_answers_at_the_address_that_the_installation_knows(app: TestApp) {
    let outbound = Outbound::new(Limits::default()).expect("an HTTP client can be built");
    let url = format!("{}/sim/v1/messages?to=%2B12122001000", app.simulator_url);
    let answer = outbound.get(url).send().await.expect("the carrier answers");
    assert_eq!(answer.text().await.expect("text"), r#"{"items":[]}"#);
    assert!(app.simulator.journal_lines().is_empty());
}

async fn two_installations_do_not_see_each_other(app: TestApp) {
    let other = TestApp::start(app.engine()).await;
    assert_eq!(subaccounts(&other).await, [other.subaccount.as_str()]);
    assert_eq!(subaccounts(&app).await, [app.subaccount.as_str()]);
    other.end().await;
}

async fn subaccounts(app: &TestApp) -> Vec<String> {
    let mut tx = app.db.read().await.expect("the database reads");
    let rows: Vec<(String,)> = tx.query("select id from subaccounts order by id").fetch_all().await.expect("subaccounts can be read");
    rows.into_iter().map(|(id,)| id).collect()
}

#[test]
fn generated_people_have_valid_numbers_of_their_own() {
    let us = Country::parse("US").expect("a country");
    let numbers = [1, 2, 9_000, 9_001, 500_000, 7_200_000].map(Csv::phone);
    assert_eq!(numbers.iter().collect::<HashSet<_>>().len(), numbers.len());
    for number in &numbers {
        assert_eq!(Phone::parse(number, us).expect("a valid number").e164(), *number);
    }
    assert_eq!(Csv::of_people(2).bytes(), b"phone,name\n+12122001000,Person 1\n+12122001001,Person 2\n");
}

#[test]
fn cells_are_quoted_when_they_must_be_and_lines_are_left_alone() {
    let csv = Csv::with_header("phone,name").row(&["1", "a, \"b\""]).line("2,\"open");
    assert_eq!(csv.bytes(), b"phone,name\n1,\"a, \"\"b\"\"\"\n2,\"open\n");
}
