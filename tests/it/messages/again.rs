//! Failed messages that are tried again.

use futures::future::join;
use peyk::access::Role;
use peyk::campaigns::{self, Audience, Campaign, CampaignStatus, Failed, Launch, NewCampaign, Recipient};
use peyk::connections;
use peyk::consent::{self, Evidence, Scope, Source};
use peyk::costs;
use peyk::kernel::category::Category;
use peyk::kernel::clock::MINUTE;
use peyk::kernel::error::Error;
use peyk::kernel::id::{AttemptId, ContactId, MessageId};
use peyk::kernel::sms::Encoding;
use peyk::messages::{self, Filter, Intent, NotAgain, Retried, SINGLE_QUEUE, Settled, Settlement, Status, Tally};

use super::{PHONE, get, history, send, taken, text_to};
use crate::harness::{Csv, TestApp, both_engines};
use crate::uploads::text;

both_engines! {
    those_that_may_pass_are_tried_again_and_the_others_are_counted,
    a_filter_tries_again_exactly_what_it_finds,
    a_finished_campaign_goes_on_for_its_failed_messages_and_ends_again,
    a_paused_campaign_keeps_them_until_it_is_resumed,
    a_cancelled_campaign_stays_cancelled,
    two_who_do_it_at_once_queue_each_message_once,
    what_is_stopped_halfway_is_exact_and_is_finished_later,
    somebody_who_opted_out_meanwhile_gets_nothing,
    one_message_is_tried_again_or_the_reason_is_told,
    what_belongs_to_others_is_not_found,
}

/// What a provider says when trying again may help.
const PASSING: (&str, bool) = ("unreachable", true);
/// What it says when it does not.
const FINAL: (&str, bool) = ("invalid_number", false);

/// Lets every message of a queue fail with this code; gives their number.
pub async fn fail(app: &TestApp, queue: &str, (code, retryable): (&str, bool)) -> usize {
    let now = app.clock.now();
    let connection = connections::list(app, &app.actor(Role::Owner)).await.expect("connections").remove(0).connection.id;
    let mut failed = 0;
    loop {
        let mut tx = app.db.write().await.expect("the database writes");
        let claimed = messages::claim(&mut tx, queue, "test", 500, now, now + MINUTE).await.expect("claimed");
        if claimed.is_empty() {
            return failed;
        }
        let intents = claimed.into_iter().map(|message| Intent {
            attempt: AttemptId::new(now),
            connection: connection.clone(),
            sender: "Shop".into(),
            encoding: Encoding::Gsm7,
            segments: message.segments(),
            estimated: message.estimated(),
            reason: None,
            message,
        });
        let mut tally = Tally::default();
        let intents = messages::submit(&mut tx, intents.collect(), now, &mut tally).await.expect("submitted");
        failed += intents.len();
        let settled = Settled::Failed { code: code.into(), detail: format!("The carrier said {code}."), retryable };
        let settle = |intent| Settlement { intent, submitted_at: now, settled: settled.clone(), at: now };
        let settlements: Vec<Settlement> = intents.into_iter().map(settle).collect();
        messages::settle(&mut tx, &settlements, &mut tally).await.expect("settled");
        let told = tally.write(&mut tx).await.expect("counted");
        tx.commit().await.expect("the database writes");
        told.send(app);
    }
}

/// A launched campaign to so many people, whose rows are messages.
pub async fn campaign(app: &TestApp, people: u64) -> Campaign {
    launched(app, (1..=people).map(Csv::phone), "Hi {{ name }}").await
}

/// A launched campaign with this text to one number.
pub async fn campaign_to(app: &TestApp, phone: &str, says: &str) -> Campaign {
    launched(app, [phone.to_owned()].into_iter(), says).await
}

async fn launched(app: &TestApp, phones: impl Iterator<Item = String>, says: &str) -> Campaign {
    let actor = app.actor(Role::Marketer);
    let people = phones.map(|to| Recipient { to, variables: [("name".to_owned(), "Ann".to_owned())].into() });
    let (audience, message) = (Audience::Recipients(people.collect()), text(says, Category::Order));
    let new = NewCampaign { name: "Autumn".into(), ..NewCampaign::default() };
    let (draft, _) = campaigns::create(app, &actor, &new, &audience, Some(&message)).await.expect("a draft");
    let launched = campaigns::launch(app, &actor, &draft.id, &Launch::default()).await.expect("launched");
    while campaigns::expand_step(app).await.expect("a step") {}
    launched
}

async fn again(app: &TestApp, which: Failed) -> Retried {
    campaigns::retry_failed(app, &app.actor(Role::Marketer), &which).await.expect("it is tried")
}

fn of(campaign: &Campaign) -> Failed {
    Failed::All(Filter { campaign: Some(campaign.id.to_string()), ..Filter::default() })
}

async fn stands(app: &TestApp, campaign: &Campaign) -> Campaign {
    campaigns::get(app, &app.actor(Role::Marketer), &campaign.id).await.expect("it is there")
}

fn refused(retried: &Retried) -> Vec<(NotAgain, u64)> {
    retried.refused.iter().map(|r| (r.reason, r.messages)).collect()
}

/// The figures of costs and of campaigns equal the messages.
async fn require_exact(app: &TestApp) {
    let stats = costs::stats(app, &app.actor(Role::Owner), None).await.expect("figures");
    let mut tx = app.db.read().await.expect("the database reads");
    let really: Vec<(String, i64)> =
        tx.query("select status, count(*) from messages group by status order by status").fetch_all().await.expect("counted");
    let counted: Vec<(String, i64)> = stats.statuses.iter().filter(|(_, n)| **n != 0).map(|(s, n)| (s.to_string(), *n)).collect();
    let mut counted = counted;
    counted.sort_unstable();
    assert_eq!(counted, really);
    let sql = "select c.campaign_id, c.status, c.messages, (select count(*) from messages m where m.campaign_id = c.campaign_id \
               and m.status = c.status) from campaign_counts c";
    let counts: Vec<(String, String, i64, i64)> = tx.query(sql).fetch_all().await.expect("counted");
    for (campaign, status, counted, really) in counts {
        assert_eq!(counted, really, "{campaign} {status}");
    }
}

async fn those_that_may_pass_are_tried_again_and_the_others_are_counted(app: TestApp) {
    let mut ids = Vec::new();
    for n in 0..3 {
        ids.push(send(&app, text_to(&format!("+1202555014{n}"))).await.id);
    }
    assert_eq!(fail(&app, SINGLE_QUEUE, PASSING).await, 3);
    ids.push(send(&app, text_to(PHONE)).await.id);
    assert_eq!(fail(&app, SINGLE_QUEUE, FINAL).await, 1);
    ids.push(send(&app, text_to("+12025550199")).await.id);
    require_exact(&app).await;
    let reasons = messages::failed_reasons(&app, &app.actor(Role::Viewer), &Filter::default()).await.expect("reasons");
    let told: Vec<_> = reasons.iter().map(|r| (r.code.as_deref(), r.words.as_str(), r.retryable, r.messages)).collect();
    let expected = [
        (Some("unreachable"), "The carrier said unreachable.", true, 3),
        (Some("invalid_number"), "The carrier said invalid_number.", false, 1),
    ];
    assert_eq!(told, expected);
    let mut these: Vec<MessageId> = ids.iter().filter_map(|id| MessageId::parse(id)).collect();
    these.push(these[0].clone());
    these.push(MessageId::new(app.clock.now()));
    let retried = again(&app, Failed::These(these)).await;
    assert_eq!(retried.queued, 3);
    let mut why = refused(&retried);
    why.sort_unstable();
    assert_eq!(why, [(NotAgain::NotFound, 1), (NotAgain::NotFailed, 1), (NotAgain::NotRetryable, 1)]);
    require_exact(&app).await;
    app.dispatch_all().await;
    assert_eq!(taken(&app).len(), 4);
    let statuses: Vec<Status> = history(&app, &Filter::default()).await.iter().map(|m| m.status).collect();
    assert_eq!(statuses.iter().filter(|s| **s == Status::Sent).count(), 4);
    assert_eq!(statuses.iter().filter(|s| **s == Status::Failed).count(), 1);
    let rest = again(&app, Failed::All(Filter::default())).await;
    assert_eq!((rest.queued, refused(&rest)), (0, vec![(NotAgain::NotRetryable, 1)]));
    require_exact(&app).await;
}

async fn a_filter_tries_again_exactly_what_it_finds(app: TestApp) {
    let (first, second) = (send(&app, text_to(PHONE)).await.id, send(&app, text_to("+12025550124")).await.id);
    fail(&app, SINGLE_QUEUE, PASSING).await;
    let third = send(&app, text_to(PHONE)).await.id;
    fail(&app, SINGLE_QUEUE, ("expired_at_carrier", true)).await;
    let found = |filter: Filter| {
        let app = app.clone();
        async move { history(&app, &filter).await.into_iter().map(|m| m.id).collect::<Vec<_>>() }
    };
    let with_code = Filter { error: Some("unreachable".into()), retryable: Some(true), ..Filter::default() };
    assert_eq!(found(with_code.clone()).await, [second.clone(), first.clone()]);
    assert!(found(Filter { retryable: Some(false), ..Filter::default() }).await.is_empty());
    let to = history(&app, &Filter::default()).await.into_iter().find(|m| m.id == first).map(|m| m.to).expect("it is there");
    let to = peyk::kernel::phone::Phone::parse(&to, peyk::kernel::phone::Country::parse("US").expect("a country")).expect("a number");
    let narrow = Filter { to: Some(to), provider: Some("simulator".into()), ..with_code };
    assert_eq!(again(&app, Failed::All(narrow)).await.queued, 1);
    assert_eq!(get(&app, &first).await.message.status, Status::Queued);
    for id in [&second, &third] {
        assert_eq!(get(&app, id).await.message.status, Status::Failed);
    }
    let nobody = peyk::kernel::phone::Phone::parse("+447400123456", peyk::kernel::phone::Country::parse("GB").expect("a country"));
    let nobody = Filter { to: Some(nobody.expect("a number")), ..Filter::default() };
    assert_eq!(again(&app, Failed::All(nobody)).await, Retried::default());
    app.dispatch_all().await;
    assert_eq!(taken(&app).len(), 1);
}

async fn a_finished_campaign_goes_on_for_its_failed_messages_and_ends_again(app: TestApp) {
    let campaign = campaign(&app, 1_200).await;
    assert_eq!(fail(&app, campaign.id.as_str(), PASSING).await, 1_200);
    app.dispatch_all().await;
    assert_eq!(stands(&app, &campaign).await.status, CampaignStatus::Finished);
    let retried = again(&app, of(&campaign)).await;
    assert_eq!((retried.queued, refused(&retried)), (1_200, vec![]));
    let goes_on = stands(&app, &campaign).await;
    assert_eq!((goes_on.status, goes_on.finished_at, goes_on.counts.of(Status::Queued)), (CampaignStatus::Sending, None, 1_200));
    require_exact(&app).await;
    app.dispatch_all().await;
    let ended = stands(&app, &campaign).await;
    assert_eq!((ended.status, ended.counts.of(Status::Sent)), (CampaignStatus::Finished, 1_200));
    assert_eq!(taken(&app).len(), 1_200);
    require_exact(&app).await;
    let gone = Failed::All(Filter { campaign: Some("cmp_0000000000".into()), ..Filter::default() });
    assert!(matches!(campaigns::retry_failed(&app, &app.actor(Role::Marketer), &gone).await, Err(Error::NotFound("campaign"))));
}

async fn a_paused_campaign_keeps_them_until_it_is_resumed(app: TestApp) {
    let (campaign, actor) = (campaign(&app, 3).await, app.actor(Role::Marketer));
    fail(&app, campaign.id.as_str(), PASSING).await;
    campaigns::pause(&app, &actor, &campaign.id).await.expect("paused");
    assert_eq!(again(&app, of(&campaign)).await.queued, 3);
    app.dispatch_all().await;
    assert!(taken(&app).is_empty());
    campaigns::resume(&app, &actor, &campaign.id).await.expect("resumed");
    app.dispatch_all().await;
    assert_eq!(taken(&app).len(), 3);
}

async fn a_cancelled_campaign_stays_cancelled(app: TestApp) {
    let campaign = campaign(&app, 3).await;
    fail(&app, campaign.id.as_str(), PASSING).await;
    campaigns::cancel(&app, &app.actor(Role::Marketer), &campaign.id).await.expect("cancelled");
    app.dispatch_all().await;
    let retried = again(&app, of(&campaign)).await;
    assert_eq!((retried.queued, refused(&retried)), (0, vec![(NotAgain::CampaignOver, 3)]));
    app.dispatch_all().await;
    assert!(taken(&app).is_empty());
    assert_eq!(stands(&app, &campaign).await.status, CampaignStatus::Cancelled);
    require_exact(&app).await;
}

async fn two_who_do_it_at_once_queue_each_message_once(app: TestApp) {
    let campaign = campaign(&app, 1_100).await;
    fail(&app, campaign.id.as_str(), PASSING).await;
    let (one, two) = join(again(&app, of(&campaign)), again(&app, Failed::All(Filter::default()))).await;
    assert_eq!(one.queued + two.queued, 1_100, "{one:?} {two:?}");
    require_exact(&app).await;
    app.dispatch_all().await;
    assert_eq!(taken(&app).len(), 1_100);
    assert_eq!(stands(&app, &campaign).await.counts.of(Status::Sent), 1_100);
}

async fn what_is_stopped_halfway_is_exact_and_is_finished_later(app: TestApp) {
    let campaign = campaign(&app, 1_600).await;
    fail(&app, campaign.id.as_str(), PASSING).await;
    let queued = async || stands(&app, &campaign).await.counts.of(Status::Queued);
    let mut changes = app.changes.subscribe();
    tokio::select! {
        _ = again(&app, of(&campaign)) => {}
        _ = changes.recv() => {}
    }
    let before = queued().await;
    assert!(before > 0 && (before == 1_600 || before % 500 == 0), "whole batches: {before}");
    require_exact(&app).await;
    assert_eq!(again(&app, of(&campaign)).await.queued, 1_600 - before);
    require_exact(&app).await;
    app.dispatch_all().await;
    assert_eq!(taken(&app).len(), 1_600);
}

async fn somebody_who_opted_out_meanwhile_gets_nothing(app: TestApp) {
    let id = send(&app, text_to(PHONE)).await.id;
    fail(&app, SINGLE_QUEUE, PASSING).await;
    let mut tx = app.db.write().await.expect("the database writes");
    let (contact,): (String,) =
        tx.query("select contact_id from messages where id = $1").bind(id.as_str()).fetch_one().await.expect("it is there");
    let stop = Evidence::from_outside(Source::Carrier);
    let contact = ContactId::stored(contact);
    consent::withdraw(&mut tx, &app.subaccount, &contact, Scope::All, &stop, app.clock.now()).await.expect("stopped");
    tx.commit().await.expect("the database writes");
    assert_eq!(again(&app, Failed::All(Filter::default())).await.queued, 1);
    app.dispatch_all().await;
    assert_eq!(get(&app, &id).await.message.status, Status::Dropped);
    assert!(taken(&app).is_empty());
    require_exact(&app).await;
}

async fn one_message_is_tried_again_or_the_reason_is_told(app: TestApp) {
    let id = send(&app, text_to(PHONE)).await.id;
    let actor = app.actor(Role::Marketer);
    assert!(matches!(campaigns::retry(&app, &actor, &id).await, Err(Error::Conflict(_))), "it waits");
    fail(&app, SINGLE_QUEUE, PASSING).await;
    assert_eq!(campaigns::retry(&app, &actor, &id).await.expect("tried again").message.status, Status::Queued);
    assert!(matches!(campaigns::retry(&app, &actor, &id).await, Err(Error::Conflict(_))), "it waits again");
    fail(&app, SINGLE_QUEUE, FINAL).await;
    assert!(matches!(campaigns::retry(&app, &actor, &id).await, Err(Error::Conflict(_))), "it failed for good");
    assert!(matches!(campaigns::retry(&app, &actor, "msg_0000000000").await, Err(Error::NotFound("message"))));
}

async fn what_belongs_to_others_is_not_found(app: TestApp) {
    let id = send(&app, text_to(PHONE)).await.id;
    fail(&app, SINGLE_QUEUE, PASSING).await;
    let viewer = campaigns::retry_failed(&app, &app.actor(Role::Viewer), &Failed::All(Filter::default())).await;
    assert!(matches!(viewer, Err(Error::Denied("send"))));
    let other = crate::api::another_subaccount(&app).await;
    let stranger = peyk::access::Actor::shell(other);
    let these = Failed::These(MessageId::parse(&id).into_iter().collect());
    let retried = campaigns::retry_failed(&app, &stranger, &these).await.expect("looked");
    assert_eq!((retried.queued, refused(&retried)), (0, vec![(NotAgain::NotFound, 1)]));
    let all = campaigns::retry_failed(&app, &stranger, &Failed::All(Filter::default())).await.expect("looked");
    assert_eq!(all, Retried::default());
    assert_eq!(get(&app, &id).await.message.status, Status::Failed);
}
