//! After an erasure the person is nowhere, the number stays refused, and everybody else is as they were.

use peyk::access::{self, Chain, Role};
use peyk::campaigns::{self, CampaignStatus, Launch};
use peyk::consent::link::LinkError;
use peyk::consent::{self, Proof};
use peyk::kernel::clock::{DAY, HOUR};
use peyk::kernel::page::PageRequest;
use peyk::messages::Status;
use peyk::preferences;
use peyk::privacy;
use peyk::uploads::{self, Outcome, UploadStatus};
use serde_json::{Value, json};

use super::scene::{NUMBER, OTHERS, Scene, checked, found_in, opened, send_once, stored};
use crate::harness::{TestApp, both_engines};

both_engines! {
    nothing_that_names_the_person_is_left_in_any_spelling,
    what_waits_is_dropped_and_campaigns_go_on_with_the_others,
    the_number_stays_refused_whoever_brings_it_again,
    the_link_ends_and_the_chains_hold,
    a_check_that_is_under_way_begins_again,
}

async fn erase(app: &TestApp, scene: &Scene) {
    let erasure = privacy::erase(app, &app.actor(Role::Admin), &scene.contact).await.expect("erased");
    assert!(erasure.erased);
}

/// Counts and costs that pages show, in order.
async fn sums(app: &TestApp) -> Vec<(String, i64, i64)> {
    let mut tx = app.db.read().await.expect("the database reads");
    let facts = "select status, cast(sum(messages) as bigint), cast(sum(cost) as bigint) from facts \
                 where status in ('sent', 'failed') group by status order by status";
    let mut sums: Vec<(String, i64, i64)> = tx.query(facts).fetch_all().await.expect("facts");
    let spent: Vec<(String, i64, i64)> =
        tx.query("select month, spent, reserved from spending order by month").fetch_all().await.expect("spending");
    sums.extend(spent);
    sums
}

async fn nothing_that_names_the_person_is_left_in_any_spelling(app: TestApp) {
    let scene = Scene::set(&app).await;
    assert!(!found_in(&stored(&app).await).is_empty(), "the test can find what is there");
    let uploads = [
        scene.done.upload.clone(),
        scene.tomorrow.upload.clone(),
        scene.draft.upload.clone(),
        scene.checked.id.clone(),
        scene.raw.id.clone(),
    ];
    let before = sums(&app).await;
    assert!(before.iter().any(|(status, messages, cost)| status == "sent" && *messages == 4 && *cost > 0), "{before:?}");
    erase(&app, &scene).await;
    assert_eq!(found_in(&stored(&app).await), Vec::<String>::new());
    for id in uploads {
        let upload = uploads::get(&app, &app.actor(Role::Admin), &id).await.expect("the file is there");
        let bytes = opened(&app, &upload).await;
        assert_eq!(found_in(&bytes), Vec::<String>::new(), "{}", upload.status.as_str());
        let holds = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(holds("Ann") && holds("Bob") && holds(OTHERS[0]) && !holds("she is at"), "others stay in {}", upload.status.as_str());
    }
    assert_eq!(sums(&app).await, before, "what was sent still counts and costs");
    let others = scene.client.get("/api/v1/sms/messages?limit=200").await.json();
    let texts = |who: &str| others["items"].as_array().expect("a list").iter().filter(|m| m["to"] == who).count();
    assert_eq!((texts(OTHERS[0]), texts(OTHERS[1]), texts(NUMBER)), (1, 1, 0));
    let again = send_once(&scene.client).await;
    assert_eq!(again.status.as_u16(), 202);
    let errors = uploads::errors(&app, &app.actor(Role::Admin), &scene.checked.id, None, &PageRequest::default()).await.expect("errors");
    assert_eq!(errors.items.len(), 1, "a rejected row of somebody else is still told");
}

async fn what_waits_is_dropped_and_campaigns_go_on_with_the_others(app: TestApp) {
    let scene = Scene::set(&app).await;
    let before = app.simulator.journal_lines().len();
    erase(&app, &scene).await;
    let actor = app.actor(Role::Admin);
    let dropped = scene.client.get("/api/v1/sms/messages?status=dropped").await.json();
    let reasons: Vec<&Value> = dropped["items"].as_array().expect("a list").iter().map(|m| &m["reason"]).collect();
    assert_eq!(reasons, [&json!("erased"), &json!("erased")], "the one for later and the one of tomorrow's campaign");
    let draft = campaigns::get(&app, &actor, &scene.draft.id).await.expect("the draft");
    assert_eq!(draft.total, 2);
    let upload = uploads::get(&app, &actor, &scene.checked.id).await.expect("the file");
    let c = upload.counts;
    assert_eq!((c.rows, c.to_send, c.rejected, c.opted_out), (4, 2, 1, 1));
    assert_eq!(upload.summary.expect("checked").groups.iter().map(|g| g.people).sum::<u64>(), 2);
    campaigns::launch(&app, &actor, &draft.id, &Launch { confirm: Some(2), ..Launch::default() }).await.expect("launched");
    app.dispatch_all().await;
    app.advance(DAY + HOUR);
    app.dispatch_all().await;
    for (id, sent, dropped) in [(&scene.draft.id, 2, 0), (&scene.tomorrow.id, 2, 1)] {
        let campaign = campaigns::get(&app, &actor, id).await.expect("the campaign");
        assert_eq!(campaign.status, CampaignStatus::Finished, "{}", campaign.name);
        assert_eq!((campaign.counts.of(Status::Sent), campaign.counts.of(Status::Dropped)), (sent, dropped), "{}", campaign.name);
    }
    let later = app.simulator.journal_lines().split_off(before);
    assert!(!later.is_empty() && !later.iter().any(|line| line.contains("2122001000")), "nothing more went to the person");
}

async fn the_number_stays_refused_whoever_brings_it_again(app: TestApp) {
    let scene = Scene::set(&app).await;
    erase(&app, &scene).await;
    let again = checked(&app).await;
    assert_eq!((again.counts.to_send, again.counts.opted_out), (2, 1));
    let sent = scene.client.post("/api/v1/sms/send", json!({"to": NUMBER, "text": "Hi", "category": "authentication"})).await;
    app.dispatch_all().await;
    let story = scene.client.get(&format!("/api/v1/sms/messages/{}", sent.json()["id"].as_str().expect("an id"))).await.json();
    assert_eq!((&story["status"], &story["reason"]), (&json!("dropped"), &json!("opted_out")));
    let check = preferences::check(&app, &app.actor(Role::Admin), NUMBER).await.expect("readable");
    assert!(check.opted_out && check.categories.values().all(|c| !c.allowed));
    erase(&app, &scene).await;
    assert_eq!(found_in(&stored(&app).await), Vec::<String>::new(), "erased a second time");
    let listed = String::from_utf8(preferences::export(&app, &app.actor(Role::Admin)).await.expect("the list")).expect("text");
    assert_eq!(listed.lines().filter(|line| line.contains("\"all\"")).count(), 1, "{listed}");
}

async fn the_link_ends_and_the_chains_hold(app: TestApp) {
    let scene = Scene::set(&app).await;
    assert!(preferences::open(&app, &scene.token, None).await.expect("readable").is_ok());
    erase(&app, &scene).await;
    assert_eq!(preferences::open(&app, &scene.token, None).await.expect("readable").err(), Some(LinkError::Expired));
    let mut tx = app.db.read().await.expect("the database reads");
    assert_eq!(consent::verify(&mut tx, &app.subaccount).await.expect("readable"), Proof::Whole { entries: 2 });
    drop(tx);
    assert!(matches!(access::verify_audit(&app).await.expect("readable"), Chain::Whole { .. }));
    // Words that go without an erasure, and an erasure that is taken back, both show.
    let breaks = [
        "update consent_ledger set at = at + 1 where change = 'withdrawn'",
        "update consent_ledger set value = 'x' where change = 'erased'",
    ];
    for sql in breaks {
        let mut tx = app.db.write().await.expect("the database writes");
        tx.query(sql).execute().await.expect("written");
        let proof = consent::verify(&mut tx, &app.subaccount).await.expect("readable");
        assert!(matches!(proof, Proof::Broken { .. }), "{sql}: {proof:?}");
    }
}

async fn a_check_that_is_under_way_begins_again(app: TestApp) {
    let scene = Scene::set(&app).await;
    let mut tx = app.db.write().await.expect("the database writes");
    let sql = "update uploads set status = 'checking', updated_at = $1 where id = $2";
    tx.query(sql).bind(app.clock.now()).bind(scene.checked.id.as_str()).execute().await.expect("written");
    tx.commit().await.expect("the database writes");
    erase(&app, &scene).await;
    app.advance(HOUR);
    assert_eq!(uploads::resume(&app).await.expect("resumed"), 1);
    let actor = app.actor(Role::Admin);
    let upload = uploads::get(&app, &actor, &scene.checked.id).await.expect("the file");
    assert_eq!(upload.status, UploadStatus::Checked);
    assert_eq!((upload.counts.rows, upload.counts.to_send, upload.counts.rejected), (4, 2, 2), "an empty row has no number");
    let preview = uploads::preview_row(&app, &actor, &scene.checked.id, 2).await.expect("a row");
    assert!(matches!(preview.outcome, Some(Outcome::Rejected(_))), "{:?}", preview.outcome);
}
