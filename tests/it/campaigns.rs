//! Campaigns from draft to end, with the queue in the database and nobody sending.

use std::collections::BTreeMap;

use peyk::access::{Actor, Role};
use peyk::campaigns::{self, Audience, BulkRequest, Campaign, CampaignStatus, Launch, NewCampaign, Recipient};
use peyk::connections;
use peyk::kernel::category::Category;
use peyk::kernel::clock::{DAY, HOUR};
use peyk::kernel::error::Error;
use peyk::kernel::page::PageRequest;
use peyk::messages::Status;
use peyk::uploads::{self, UploadStatus};

use crate::harness::{Csv, TestApp, both_engines};
use crate::uploads::{body, text, uploaded};

both_engines! {
    a_launched_campaign_counts_every_row_at_once_and_then_makes_their_messages,
    a_double_launch_is_one_launch,
    a_launch_needs_the_number_that_was_confirmed,
    a_scheduled_campaign_starts_when_its_time_has_come,
    pausing_and_resuming_skip_and_repeat_nobody,
    a_cancelled_campaign_ends_with_every_message_cancelled,
    a_step_that_is_done_twice_makes_no_message_twice,
    a_list_of_people_goes_the_way_of_a_file,
    a_file_becomes_a_campaign_in_one_call,
    a_campaign_beyond_the_budget_is_not_launched,
    an_upload_becomes_one_campaign_only,
}

async fn with_connection(app: &TestApp) {
    let mut tx = app.db.write().await.expect("the database writes");
    let cipher = app.cipher.tenant(&app.subaccount);
    connections::ensure_default(&mut tx, &cipher, &app.subaccount, app.clock.now()).await.expect("a connection");
    tx.commit().await.expect("the database writes");
}

async fn draft(app: &TestApp, actor: &Actor, people: u64) -> Campaign {
    with_connection(app).await;
    let upload = uploaded(app, actor, Csv::of_people(people), &text("Hi {{ name }}", Category::Order)).await;
    uploads::check_now(app, actor, &upload.id).await.expect("checked");
    let new = NewCampaign { name: "Autumn".into(), ..NewCampaign::default() };
    campaigns::create_from_upload(app, actor, &upload.id, &new).await.expect("a draft")
}

async fn expand_all(app: &TestApp) -> u32 {
    let mut steps = 0;
    while campaigns::expand_step(app).await.expect("a step") {
        steps += 1;
    }
    steps
}

async fn messages(app: &TestApp, status: &str) -> i64 {
    let mut tx = app.db.read().await.expect("the database reads");
    let sql = "select count(*) from messages where status = $1";
    let (n,): (i64,) = tx.query(sql).bind(status).fetch_one().await.expect("messages can be counted");
    n
}

fn require_sum(campaign: &Campaign) {
    assert_eq!(campaign.counts.total(), campaign.total, "{:?}", campaign.counts);
}

async fn a_launched_campaign_counts_every_row_at_once_and_then_makes_their_messages(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let made = draft(&app, &actor, 2_600).await;
    assert_eq!((made.status, made.total), (CampaignStatus::Draft, 2_600));
    require_sum(&made);
    let launched = campaigns::launch(&app, &actor, &made.id, &Launch::default()).await.expect("launched");
    assert_eq!((launched.status, launched.counts.of(Status::Queued)), (CampaignStatus::Sending, 2_600));
    assert_eq!(launched.estimated, 2_600 * 7_900);
    assert_eq!(messages(&app, "queued").await, 0, "rows become messages behind the launch");
    assert!(expand_all(&app).await > 1);
    assert_eq!(messages(&app, "queued").await, 2_600);
    let campaign = campaigns::get(&app, &actor, &made.id).await.expect("it is there");
    assert!(campaign.expanded);
    require_sum(&campaign);
    let mut tx = app.db.read().await.expect("the database reads");
    let (queues, people, latest): (i64, i64, i64) = tx
        .query("select count(distinct queue), count(distinct contact_id), max(not_after) from messages")
        .fetch_one()
        .await
        .expect("messages can be looked at");
    assert_eq!((queues, people), (1, 2_600));
    assert_eq!(latest, app.clock.now() + campaigns::LIFETIME);
}

async fn a_double_launch_is_one_launch(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let (first, second) = (draft(&app, &actor, 3).await, draft(&app, &actor, 3).await);
    let how = Launch { token: Some("form-1".into()), ..Launch::default() };
    let launched = campaigns::launch(&app, &actor, &first.id, &how).await.expect("launched");
    assert_eq!(campaigns::launch(&app, &actor, &first.id, &how).await.expect("the same"), launched);
    assert_eq!(campaigns::launch(&app, &actor, &second.id, &how).await.expect("the same form").id, first.id);
    assert_eq!(campaigns::launch(&app, &actor, &first.id, &Launch::default()).await.expect("already").id, first.id);
    assert_eq!(campaigns::get(&app, &actor, &second.id).await.expect("it is there").status, CampaignStatus::Draft);
    expand_all(&app).await;
    assert_eq!(messages(&app, "queued").await, 3);
    assert_eq!(campaigns::get(&app, &actor, &first.id).await.expect("it is there").counts.of(Status::Queued), 3);
}

async fn a_launch_needs_the_number_that_was_confirmed(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let made = draft(&app, &actor, 3).await;
    let wrong = Launch { confirm: Some(4), ..Launch::default() };
    assert!(matches!(campaigns::launch(&app, &actor, &made.id, &wrong).await, Err(Error::Invalid(_))));
    let denied = campaigns::launch(&app, &app.actor(Role::Viewer), &made.id, &Launch::default()).await;
    assert!(matches!(denied, Err(Error::Denied(_))));
    let right = Launch { confirm: Some(3), ..Launch::default() };
    assert!(campaigns::launch(&app, &actor, &made.id, &right).await.is_ok());
}

async fn a_scheduled_campaign_starts_when_its_time_has_come(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let made = draft(&app, &actor, 3).await;
    let at = app.clock.now() + HOUR;
    let launched = campaigns::launch(&app, &actor, &made.id, &Launch { send_at: Some(at), ..Launch::default() }).await.expect("launched");
    assert_eq!((launched.status, launched.scheduled_at), (CampaignStatus::Scheduled, Some(at)));
    assert_eq!(launched.not_after, Some(at + 3 * DAY));
    require_sum(&launched);
    expand_all(&app).await;
    assert_eq!(messages(&app, "scheduled").await, 3);
    let start = async || {
        let mut tx = app.db.write().await.expect("the database writes");
        let started = campaigns::start_due(&mut tx, app.clock.now()).await.expect("looked");
        tx.commit().await.expect("the database writes");
        started.len()
    };
    assert_eq!(start().await, 0);
    app.advance(HOUR);
    assert_eq!((start().await, start().await), (1, 0));
    let campaign = campaigns::get(&app, &actor, &made.id).await.expect("it is there");
    assert_eq!((campaign.status, campaign.started_at), (CampaignStatus::Sending, Some(at)));
}

async fn pausing_and_resuming_skip_and_repeat_nobody(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let made = draft(&app, &actor, 1_100).await;
    assert!(matches!(campaigns::pause(&app, &actor, &made.id).await, Err(Error::Conflict(_))));
    campaigns::launch(&app, &actor, &made.id, &Launch::default()).await.expect("launched");
    assert!(campaigns::expand_step(&app).await.expect("a step"));
    assert_eq!(campaigns::pause(&app, &actor, &made.id).await.expect("paused").status, CampaignStatus::Paused);
    assert!(!campaigns::expand_step(&app).await.expect("nothing to do"));
    assert_eq!(campaigns::resume(&app, &actor, &made.id).await.expect("resumed").status, CampaignStatus::Sending);
    expand_all(&app).await;
    assert_eq!(messages(&app, "queued").await, 1_100);
    assert!(matches!(campaigns::resume(&app, &actor, &made.id).await.map(|c| c.status), Ok(CampaignStatus::Sending)));
}

async fn a_cancelled_campaign_ends_with_every_message_cancelled(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let made = draft(&app, &actor, 1_100).await;
    campaigns::launch(&app, &actor, &made.id, &Launch::default()).await.expect("launched");
    assert!(campaigns::expand_step(&app).await.expect("a step"));
    campaigns::cancel(&app, &actor, &made.id).await.expect("cancelled");
    // Sweeping before the last rows are messages must not end the sweep.
    for _ in 0..2 {
        sweep(&app).await;
    }
    expand_all(&app).await;
    while sweep(&app).await {}
    let campaign = campaigns::get(&app, &actor, &made.id).await.expect("it is there");
    assert_eq!((campaign.status, campaign.counts.of(Status::Cancelled)), (CampaignStatus::Cancelled, 1_100));
    require_sum(&campaign);
    assert_eq!(messages(&app, "cancelled").await, 1_100);
    assert!(matches!(campaigns::resume(&app, &actor, &made.id).await, Err(Error::Conflict(_))));
    assert!(matches!(campaigns::launch(&app, &actor, &made.id, &Launch::default()).await, Err(Error::Conflict(_))));
}

async fn sweep(app: &TestApp) -> bool {
    let mut tx = app.db.write().await.expect("the database writes");
    let swept = campaigns::sweep_cancelled(&mut tx, 400, app.clock.now()).await.expect("swept");
    tx.commit().await.expect("the database writes");
    swept.map(|changes| changes.send(app)).is_some()
}

async fn a_step_that_is_done_twice_makes_no_message_twice(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let made = draft(&app, &actor, 600).await;
    campaigns::launch(&app, &actor, &made.id, &Launch::default()).await.expect("launched");
    expand_all(&app).await;
    // As a restored backup might: the messages are there, the place in the file is not.
    let mut tx = app.db.write().await.expect("the database writes");
    tx.query("update campaigns set next_chunk = 0, expanded = $1").bind(false).execute().await.expect("set back");
    tx.commit().await.expect("the database writes");
    expand_all(&app).await;
    assert_eq!(messages(&app, "queued").await, 600);
}

async fn a_list_of_people_goes_the_way_of_a_file(app: TestApp) {
    with_connection(&app).await;
    let actor = app.actor(Role::Marketer);
    let person = |to: &str, name: &str| Recipient {
        to: to.into(),
        variables: BTreeMap::from([("name".into(), name.into()), ("unused".into(), "x".into())]),
    };
    let people = vec![person(&Csv::phone(1), "Ann"), person("", ""), person("12", "Bob"), person(&Csv::phone(1), "Ann again")];
    let message = text("Hi {{ name }}", Category::Order);
    let (campaign, upload) =
        campaigns::create(&app, &actor, &NewCampaign::default(), &Audience::Recipients(people), Some(&message)).await.expect("a draft");
    assert_eq!((campaign.total, upload.counts.rejected, upload.counts.repeated), (1, 2, 1));
    let errors = uploads::errors(&app, &actor, &upload.id, None, &PageRequest::default()).await.expect("errors").items;
    assert_eq!(errors.iter().map(|e| (e.row, e.code)).collect::<Vec<_>>(), [(3, "empty"), (4, "too_short")]);
    let nobody =
        campaigns::create(&app, &actor, &NewCampaign::default(), &Audience::Recipients(vec![person("12", "B")]), Some(&message)).await;
    assert!(matches!(nobody, Err(Error::Invalid(_))));
    let left = uploads::list(&app, &actor, &PageRequest::default()).await.expect("uploads").items;
    assert_eq!(left.len(), 1, "a list that is refused leaves nothing behind");
}

async fn a_file_becomes_a_campaign_in_one_call(app: TestApp) {
    with_connection(&app).await;
    let actor = app.actor(Role::Marketer);
    let request = BulkRequest {
        file_name: "people.csv".into(),
        message: text("Hi {{ name }}", Category::Order),
        name: String::new(),
        mapping: None,
        launch: true,
    };
    let csv = Csv::of_people(70).row(&["bad", "x"]).bytes();
    let answer = campaigns::bulk(&app, &actor, body(csv), &request).await.expect("done");
    assert_eq!((answer.upload.status, answer.upload.counts.to_send, answer.errors.len()), (UploadStatus::Used, 70, 1));
    let campaign = answer.campaign.expect("a campaign");
    assert_eq!((campaign.status, campaign.name.as_str()), (CampaignStatus::Sending, "people.csv"));
    let refused = BulkRequest { message: text("Hi {{ city }}", Category::Order), ..request };
    assert!(matches!(campaigns::bulk(&app, &actor, body(Csv::of_people(5).bytes()), &refused).await, Err(Error::Invalid(_))));
    assert_eq!(uploads::list(&app, &actor, &PageRequest::default()).await.expect("uploads").items.len(), 1);
}

async fn a_campaign_beyond_the_budget_is_not_launched(app: TestApp) {
    let owner = app.actor(Role::Owner);
    let patch =
        peyk::access::SettingsPatch { budget: Some(Some(peyk::access::Amount { micros: 20_000, currency: None })), ..Default::default() };
    peyk::access::update_settings(&app, &owner, patch).await.expect("a budget");
    let (small, large) = (draft(&app, &owner, 2).await, draft(&app, &owner, 3).await);
    let refused = campaigns::launch(&app, &owner, &large.id, &Launch::default()).await.expect_err("beyond the budget");
    assert!(refused.to_string().contains("$0.0237"), "{refused}");
    assert!(campaigns::launch(&app, &owner, &small.id, &Launch::default()).await.is_ok());
}

async fn an_upload_becomes_one_campaign_only(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let made = draft(&app, &actor, 3).await;
    let again = campaigns::create_from_upload(&app, &actor, &made.upload, &NewCampaign::default()).await;
    assert!(matches!(again, Err(Error::Conflict(_))));
    assert!(matches!(uploads::check_now(&app, &actor, &made.upload).await, Err(Error::Conflict(_))));
    assert!(matches!(uploads::discard(&app, &actor, &made.upload).await, Err(Error::Conflict(_))));
    let found = campaigns::list(&app, &actor, Some(CampaignStatus::Draft), &PageRequest::default()).await.expect("campaigns").items;
    assert_eq!(found.iter().map(|c| c.id.clone()).collect::<Vec<_>>(), [made.id]);
}
