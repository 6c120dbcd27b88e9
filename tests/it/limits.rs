//! Limits: what is over them waits its turn, nothing is lost, and what matters goes first. The clock of these tests
//! stands still while a message waits for a slot of the next 0.1 s, so that a second of theirs may hold as much more.

use std::collections::BTreeMap;

use peyk::access::{self, Role, SettingsPatch};
use peyk::campaigns::{self, Audience, Campaign, CampaignStatus, Launch, NewCampaign, Recipient};
use peyk::connections::{self, ConnectionInput};
use peyk::kernel::category::Category;
use peyk::kernel::clock::{DAY, HOUR, MINUTE, Millis, SECOND, parse_rfc3339};
use peyk::kernel::error::Error;
use peyk::kernel::limits::Limits;
use peyk::messages::{Filter, SendRequest, Status};
use serde_json::json;

use crate::harness::{Csv, TestApp, both_engines};
use crate::messages::{PHONE, get, history, send, taken, text_to};
use crate::uploads::text;

both_engines! {
    a_connections_limit_holds_in_any_second_and_nothing_is_lost,
    a_slow_campaign_is_not_rewritten_while_it_waits,
    a_campaign_keeps_its_pace,
    a_subaccounts_limit_holds_over_all_its_connections,
    a_senders_limit_stops_no_other_sender,
    what_is_over_a_days_limit_goes_on_the_next_day,
    codes_and_single_messages_pass_a_campaign_that_has_used_up_the_limit,
    a_provider_that_asks_for_a_pause_is_left_alone_by_everything,
    a_limit_that_lets_nothing_through_is_refused,
}

fn per_second(n: u32) -> Limits {
    Limits { per_second: Some(n), ..Limits::default() }
}

async fn put(app: &TestApp, name: &str, input: ConnectionInput) {
    connections::put(app, &app.actor(Role::Owner), name, input).await.expect("it is changed");
}

async fn limit(app: &TestApp, limits: Limits) {
    put(app, "simulator", ConnectionInput { limits: Some(limits), ..ConnectionInput::default() }).await;
}

/// Launches a campaign to so many people.
async fn launched(app: &TestApp, people: std::ops::Range<u64>, new: NewCampaign) -> Campaign {
    let actor = app.actor(Role::Marketer);
    let people = people.map(|n| Recipient { to: Csv::phone(n), variables: BTreeMap::new() }).collect();
    let new = NewCampaign { name: "Autumn".into(), ..new };
    let made = campaigns::create(app, &actor, &new, &Audience::Recipients(people), Some(&text("Ready", Category::Order))).await;
    campaigns::launch(app, &actor, &made.expect("a draft").0.id, &Launch::default()).await.expect("launched")
}

async fn campaign(app: &TestApp, campaign: &Campaign) -> Campaign {
    campaigns::get(app, &app.actor(Role::Marketer), &campaign.id).await.expect("it is there")
}

/// Dispatches every `step`, so many times.
async fn pass(app: &TestApp, steps: usize, step: Millis) {
    for _ in 0..steps {
        app.dispatch_all().await;
        app.advance(step);
    }
}

/// When the carrier took each message, in order.
fn times(app: &TestApp) -> Vec<Millis> {
    let at = |line: serde_json::Value| line["at"].as_str().and_then(parse_rfc3339).expect("a line has its time");
    taken(app).into_iter().map(at).collect()
}

fn most_in_any(span: Millis, times: &[Millis]) -> usize {
    times.iter().map(|from| times.iter().filter(|at| (*from..from + span).contains(at)).count()).max().unwrap_or(0)
}

async fn a_connections_limit_holds_in_any_second_and_nothing_is_lost(app: TestApp) {
    limit(&app, per_second(20)).await;
    let made = launched(&app, 1..81, NewCampaign::default()).await;
    pass(&app, 20, 100).await;
    let sent = times(&app);
    assert!((38..=44).contains(&sent.len()), "{} in two seconds", sent.len());
    assert!(most_in_any(SECOND, &sent) <= 23, "{sent:?}");
    assert_eq!(campaign(&app, &made).await.counts.of(Status::Held), 0, "what waits for a second stays queued");
    pass(&app, 25, 100).await;
    let sent = times(&app);
    assert_eq!((sent.len(), campaign(&app, &made).await.status), (80, CampaignStatus::Finished));
    assert!(most_in_any(SECOND, &sent) <= 23, "{sent:?}");
    let mut people: Vec<String> = taken(&app).iter().map(|line| line["to"].to_string()).collect();
    people.sort_unstable();
    people.dedup();
    assert_eq!(people.len(), 80, "each once");
}

async fn a_slow_campaign_is_not_rewritten_while_it_waits(app: TestApp) {
    limit(&app, per_second(1)).await;
    launched(&app, 1..1_001, NewCampaign::default()).await;
    pass(&app, 1, 0).await;
    let claims = async || {
        let mut tx = app.db.read().await.expect("the database reads");
        let (claims,): (i64,) = tx.query("select cast(sum(fence) as bigint) from messages").fetch_one().await.expect("claims are counted");
        claims
    };
    assert!(claims().await <= 64, "a thousand wait, and {} were claimed", claims().await);
    assert_eq!(times(&app).len(), 1);
}

async fn a_campaign_keeps_its_pace(app: TestApp) {
    let new = NewCampaign { pace: Some(60), ..NewCampaign::default() };
    let made = launched(&app, 1..6, new).await;
    let free = launched(&app, 11..41, NewCampaign::default()).await;
    app.dispatch_all().await;
    assert_eq!(campaign(&app, &free).await.counts.waiting(), 0, "another campaign goes as fast as it can");
    assert_eq!((campaign(&app, &made).await.counts.waiting(), made.pace), (4, Some(60)));
    for waiting in [4, 3, 3, 2, 2, 1, 1, 0] {
        app.advance(SECOND / 2);
        app.dispatch_all().await;
        assert_eq!(campaign(&app, &made).await.counts.waiting(), waiting);
    }
}

async fn a_subaccounts_limit_holds_over_all_its_connections(app: TestApp) {
    put(&app, "second", ConnectionInput { provider: Some("simulator".into()), ..ConnectionInput::default() }).await;
    let patch = SettingsPatch::read(&json!({ "limits": { "per_second": 10 } })).expect("sound limits");
    let settings = access::update_settings(&app, &app.actor(Role::Owner), patch).await.expect("they are kept");
    assert_eq!(settings.limits, per_second(10));
    let by = |name: &str| NewCampaign { connection: Some(name.into()), ..NewCampaign::default() };
    let (one, two) = (launched(&app, 1..16, by("simulator")).await, launched(&app, 21..36, by("second")).await);
    pass(&app, 20, 100).await;
    assert!(most_in_any(SECOND, &times(&app)) <= 12, "{:?}", times(&app));
    pass(&app, 20, 100).await;
    for made in [&one, &two] {
        assert_eq!(campaign(&app, made).await.counts.waiting(), 0);
    }
}

async fn a_senders_limit_stops_no_other_sender(app: TestApp) {
    let senders = ConnectionInput {
        senders: Some(vec!["Cedar".into(), "Oak".into()]),
        sender_limits: Some(BTreeMap::from([("Cedar".into(), per_second(1))])),
        ..ConnectionInput::default()
    };
    put(&app, "simulator", senders).await;
    for n in 1..=3 {
        for from in ["Cedar", "Oak"] {
            send(&app, SendRequest { from: Some(from.into()), ..text_to(&Csv::phone(n)) }).await;
        }
    }
    let mut seen = Vec::new();
    for _ in 0..3 {
        app.dispatch_all().await;
        let gone: Vec<_> = history(&app, &Filter::default()).await.into_iter().filter(|m| m.status != Status::Queued).collect();
        let from = |name: &str| gone.iter().filter(|m| m.from.as_deref() == Some(name)).count();
        seen.push((from("Cedar"), from("Oak")));
        app.advance(SECOND);
    }
    assert_eq!(seen, [(1, 3), (2, 3), (3, 3)]);
}

async fn what_is_over_a_days_limit_goes_on_the_next_day(app: TestApp) {
    limit(&app, Limits { per_day: Some(5), ..Limits::default() }).await;
    let made = launched(&app, 1..9, NewCampaign::default()).await;
    app.dispatch_all().await;
    let id = send(&app, text_to(PHONE)).await.id;
    app.dispatch_all().await;
    let message = get(&app, &id).await.message;
    assert_eq!((message.status, message.reason.as_deref(), times(&app).len()), (Status::Held, Some("day_limit"), 5));
    // It is ten in the morning.
    app.advance(14 * HOUR - 1);
    app.dispatch_all().await;
    assert_eq!(times(&app).len(), 5);
    app.advance(HOUR);
    app.dispatch_all().await;
    assert_eq!((times(&app).len(), get(&app, &id).await.message.status), (9, Status::Sent));
    assert_eq!(campaign(&app, &made).await.counts.waiting(), 0);
    app.advance(DAY);
}

async fn codes_and_single_messages_pass_a_campaign_that_has_used_up_the_limit(app: TestApp) {
    limit(&app, per_second(10)).await;
    let made = launched(&app, 1..101, NewCampaign::default()).await;
    app.dispatch_all().await;
    let waiting = campaign(&app, &made).await.counts.waiting();
    assert!(waiting >= 97, "{waiting}");
    let code = SendRequest { category: Some("authentication".into()), text: Some("Code 123456".into()), ..text_to(PHONE) };
    let (code, single) = (send(&app, code).await.id, send(&app, text_to("+12025550124")).await.id);
    app.dispatch_all().await;
    assert_eq!(get(&app, &code).await.message.status, Status::Sent, "a code leaves at once");
    app.advance(200);
    app.dispatch_all().await;
    assert_eq!(get(&app, &single).await.message.status, Status::Sent);
    assert_eq!(campaign(&app, &made).await.counts.waiting(), waiting, "they took the campaign's slots");
    app.advance(SECOND);
    app.dispatch_all().await;
    assert!(campaign(&app, &made).await.counts.waiting() < waiting);
}

async fn a_provider_that_asks_for_a_pause_is_left_alone_by_everything(app: TestApp) {
    let throttled = send(&app, text_to("+12025550007")).await.id;
    app.dispatch_all().await;
    let found = connections::get(&app, &app.actor(Role::Owner), "simulator").await.expect("it is there").connection;
    let pause = found.blocked_until - app.clock.now();
    assert!((1..=MINUTE).contains(&pause), "{pause}");
    let code = SendRequest { category: Some("authentication".into()), text: Some("Code 123456".into()), ..text_to(PHONE) };
    let code = send(&app, code).await.id;
    let made = launched(&app, 1..51, NewCampaign::default()).await;
    app.dispatch_all().await;
    app.advance(pause - 1);
    app.dispatch_all().await;
    assert_eq!(times(&app).len(), 0);
    assert!(get(&app, &code).await.attempts.is_empty(), "nobody was asked");
    assert_eq!(campaign(&app, &made).await.counts.of(Status::Queued), 50);
    app.advance(1);
    app.dispatch_all().await;
    assert_eq!(times(&app).len(), 52);
    assert_eq!(get(&app, &throttled).await.message.status, Status::Sent);
}

async fn a_limit_that_lets_nothing_through_is_refused(app: TestApp) {
    let none = ConnectionInput {
        limits: Some(per_second(0)),
        sender_limits: Some(BTreeMap::from([("Cedar".into(), Limits { per_day: Some(0), ..Limits::default() })])),
        ..ConnectionInput::default()
    };
    let Err(Error::Invalid(errors)) = connections::put(&app, &app.actor(Role::Owner), "simulator", none).await else { panic!("taken") };
    let fields: Vec<&str> = errors.0.iter().map(|e| e.field.as_str()).collect();
    assert_eq!(fields, ["limits.per_second", "sender_limits.Cedar.per_day"]);
    assert!(SettingsPatch::read(&json!({ "limits": { "per_hour": 5 } })).is_err());
    let new = NewCampaign { pace: Some(0), name: "Never".into(), ..NewCampaign::default() };
    let people = Audience::Recipients(vec![Recipient { to: PHONE.into(), variables: BTreeMap::new() }]);
    let made = campaigns::create(&app, &app.actor(Role::Marketer), &new, &people, Some(&text("Ready", Category::Order))).await;
    assert!(matches!(made, Err(Error::Invalid(_))));
}
