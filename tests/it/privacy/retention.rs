//! Nothing is kept longer than the organisation says, and what is counted stays counted.

use axum::http::StatusCode;
use peyk::access::{self, Chain, Role};
use peyk::campaigns::{self, Launch, NewCampaign};
use peyk::consent::{self, Proof};
use peyk::dispatch;
use peyk::inbox;
use peyk::kernel::clock::{DAY, HOUR, MINUTE, rfc3339};
use peyk::kernel::error::Error;
use peyk::kernel::page::PageRequest;
use peyk::messages::BELONGINGS;
use peyk::privacy::{self, KeptKind};
use peyk::uploads;
use serde_json::{Value, json};

use super::scene::{OTHERS, checked};
use crate::api::Client;
use crate::harness::{TestApp, both_engines};
use crate::inbox::write;
use crate::messages::taken;

both_engines! {
    old_texts_go_and_their_figures_stay,
    what_waits_keeps_its_text_until_it_has_left,
    old_messages_go_with_all_that_belongs_to_them,
    sensitive_texts_go_as_soon_as_they_have_left,
    rows_of_old_files_go_unless_a_campaign_needs_them,
    what_people_wrote_goes_and_the_talk_stays,
    the_chains_hold_when_old_entries_and_words_are_gone,
    a_period_that_the_law_forbids_is_refused_with_the_reason,
    what_would_go_is_told_before_and_nothing_goes_by_asking,
    a_round_goes_on_where_it_was_after_a_stop,
    a_category_that_becomes_sensitive_during_a_round_loses_its_old_texts_too,
}

/// Begins so many days before the other tests, so that ids that this process makes are never of a time that those have not reached.
fn long_ago(app: &TestApp, days: i64) {
    app.advance(-days * DAY);
}

/// Lets the rounds run until none is due.
async fn rounds(app: &TestApp) {
    privacy::plan(app).await.expect("planned");
    while privacy::step(app).await.expect("a round goes") {}
}

async fn keep(app: &TestApp, change: Value) {
    privacy::set_retention(app, &app.actor(Role::Admin), &change).await.expect("saved");
    rounds(app).await;
}

async fn kind(app: &TestApp, name: &str) -> KeptKind {
    let all = privacy::retention(app, &app.actor(Role::Admin)).await.expect("readable").kinds;
    all.into_iter().find(|kind| kind.kind == name).expect("there is one")
}

async fn send(client: &Client, to: &str, more: Value) -> String {
    let mut body = json!({"to": to, "text": "Your order is on its way.", "metadata": {"door": "left"}});
    body.as_object_mut().expect("an object").extend(more.as_object().cloned().unwrap_or_default());
    let sent = client.post("/api/v1/sms/send", body).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED, "{}", sent.body);
    sent.json()["id"].as_str().expect("an id").to_owned()
}

async fn message(client: &Client, id: &str) -> Value {
    client.get(&format!("/api/v1/sms/messages/{id}")).await.json()
}

/// What pages show of figures.
async fn figures(client: &Client, app: &TestApp) -> Vec<String> {
    let (first, today) = (&rfc3339(app.clock.now() - 80 * DAY)[..10], &rfc3339(app.clock.now())[..10]);
    let mut all = Vec::new();
    for path in ["/api/v1/sms/stats", "/api/v1/sms/costs/summary"] {
        let answer = client.get(&format!("{path}?start_date={first}&end_date={today}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
        all.push(answer.body);
    }
    all
}

async fn rows(app: &TestApp, sql: &str) -> i64 {
    let (rows,): (i64,) = app.db.read().await.expect("the database reads").query(sql).fetch_one().await.expect("a count");
    rows
}

async fn old_texts_go_and_their_figures_stay(app: TestApp) {
    long_ago(&app, 61);
    let client = Client::new(&app).await;
    let old = send(&client, OTHERS[0], json!({"reference": "order-1"})).await;
    app.dispatch_all().await;
    app.advance(29 * DAY);
    let young = send(&client, OTHERS[1], json!({})).await;
    app.dispatch_all().await;
    app.advance(2 * DAY);
    let (before, counted) = (message(&client, &old).await, figures(&client, &app).await);
    assert_eq!(before["text"], "Your order is on its way.");
    keep(&app, json!({"texts": 30, "provider_words": 30})).await;
    let after = message(&client, &old).await;
    assert_eq!((&after["text"], &after["metadata"]), (&Value::Null, &Value::Null));
    assert_eq!(after["text_removed_at"], json!(rfc3339(app.clock.now())));
    for stays in ["status", "segments", "encoding", "cost", "estimated_cost", "reference", "to", "created_at", "provider_message_id"] {
        assert_eq!(after[stays], before[stays], "{stays}");
    }
    assert_eq!(message(&client, &young).await["text"], "Your order is on its way.");
    assert_eq!(figures(&client, &app).await, counted);
    let texts = kind(&app, "texts").await;
    assert_eq!((texts.days, texts.last_removed, texts.goes_now, texts.last_removed_at), (Some(30), 1, 0, Some(app.clock.now())));
    let entries = access::audit_entries(&app, &app.actor(Role::Owner), &PageRequest::default()).await.expect("readable").items;
    let told = entries.iter().find(|e| e.action == "retention.round").expect("what went is audited");
    assert_eq!((told.actor.as_str(), &told.detail["kind"], &told.detail["removed"]), ("Peyk", &json!("texts"), &json!(1)));
    assert!(entries.iter().any(|e| e.action == "settings.change" && e.detail["retention"]["after"]["texts"] == 30));
    // A later round looks only at what has become old since.
    app.advance(30 * DAY);
    rounds(&app).await;
    assert_eq!(message(&client, &young).await["text"], Value::Null);
    assert_eq!(kind(&app, "texts").await.last_removed, 1);
}

async fn what_waits_keeps_its_text_until_it_has_left(app: TestApp) {
    long_ago(&app, 21);
    let client = Client::new(&app).await;
    let later = json!({"send_at": rfc3339(app.clock.now() + 20 * DAY)});
    let waits = send(&client, OTHERS[0], later).await;
    let gone = send(&client, OTHERS[1], json!({})).await;
    app.dispatch_all().await;
    app.advance(10 * DAY);
    keep(&app, json!({"texts": 3})).await;
    assert_eq!(message(&client, &gone).await["text"], Value::Null);
    let still = message(&client, &waits).await;
    assert_eq!((&still["status"], &still["text"]), (&json!("scheduled"), &json!("Your order is on its way.")));
    assert_eq!(client.post(&format!("/api/v1/sms/messages/{waits}/redact"), json!({})).await.status, StatusCode::CONFLICT);
    app.advance(10 * DAY);
    app.dispatch_all().await;
    assert_eq!(message(&client, &waits).await["status"], "sent");
    app.advance(HOUR);
    rounds(&app).await;
    assert_eq!(message(&client, &waits).await["text"], Value::Null, "the round looked again at what it had to leave");
}

async fn old_messages_go_with_all_that_belongs_to_them(app: TestApp) {
    long_ago(&app, 40);
    for (table, column) in app.db.columns().await.expect("the schema") {
        let named = column == "message_id" && BELONGINGS.contains(&table.as_str());
        assert!(column != "message_id" || named, "rows of {table} must go with their message: name it in messages::BELONGINGS");
    }
    let client = Client::new(&app).await;
    let upload = checked(&app).await;
    let actor = app.actor(Role::Marketer);
    let campaign = campaigns::create_from_upload(&app, &actor, &upload.id, &NewCampaign::default()).await.expect("a draft");
    campaigns::launch(&app, &actor, &campaign.id, &Launch::default()).await.expect("launched");
    write(&app, "e1", OTHERS[1], "HELP").await;
    app.dispatch_all().await;
    app.advance(40 * DAY);
    let young = send(&client, OTHERS[0], json!({})).await;
    app.dispatch_all().await;
    let counted = (figures(&client, &app).await, client.get(&format!("/api/v1/sms/campaigns/{}", campaign.id)).await.body);
    assert_eq!(rows(&app, "select count(*) from messages").await, 5);
    keep(&app, json!({"messages": 30})).await;
    assert_eq!(rows(&app, "select count(*) from messages").await, 1);
    for table in BELONGINGS {
        let left = rows(&app, &format!("select count(*) from {table} where message_id not in (select id from messages)")).await;
        assert_eq!(left, 0, "{table}");
    }
    assert_eq!(message(&client, &young).await["status"], "sent");
    assert_eq!((figures(&client, &app).await, client.get(&format!("/api/v1/sms/campaigns/{}", campaign.id)).await.body), counted);
}

async fn sensitive_texts_go_as_soon_as_they_have_left(app: TestApp) {
    long_ago(&app, 2);
    let client = Client::new(&app).await;
    let before = send(&client, OTHERS[0], json!({"category": "payment"})).await;
    app.dispatch_all().await;
    app.advance(DAY);
    keep(&app, json!({"sensitive": ["payment"]})).await;
    let payment = send(&client, OTHERS[0], json!({"category": "payment"})).await;
    let later = json!({"category": "payment", "send_at": rfc3339(app.clock.now() + HOUR)});
    let later = send(&client, OTHERS[1], later).await;
    let order = send(&client, OTHERS[1], json!({"category": "order"})).await;
    app.dispatch_all().await;
    app.advance(2_000);
    app.dispatch_all().await;
    for (id, text) in [(&before, None), (&payment, None), (&later, Some(())), (&order, Some(()))] {
        let found = message(&client, id).await;
        assert_eq!(found["text"].as_str().map(|_| ()), text, "{found}");
    }
    app.advance(HOUR + MINUTE);
    app.dispatch_all().await;
    app.advance(2 * MINUTE);
    app.dispatch_all().await;
    let left = message(&client, &later).await;
    assert_eq!((&left["status"], &left["text"]), (&json!("sent"), &Value::Null));
    assert_eq!(taken(&app).len(), 4, "all of them went out");
}

async fn rows_of_old_files_go_unless_a_campaign_needs_them(app: TestApp) {
    long_ago(&app, 11);
    let actor = app.actor(Role::Marketer);
    let draft = |name: &str| NewCampaign { name: name.into(), ..NewCampaign::default() };
    let (unused, used, open) = (checked(&app).await.id, checked(&app).await.id, checked(&app).await.id);
    let sent = campaigns::create_from_upload(&app, &actor, &used, &draft("sent")).await.expect("a draft");
    campaigns::launch(&app, &actor, &sent.id, &Launch::default()).await.expect("launched");
    let waiting = campaigns::create_from_upload(&app, &actor, &open, &draft("open")).await.expect("a draft");
    app.dispatch_all().await;
    app.advance(10 * DAY);
    let young = checked(&app).await.id;
    assert_eq!(kind(&app, "files").await.goes_now, 0);
    keep(&app, json!({"files": 7})).await;
    assert!(matches!(uploads::get(&app, &actor, &unused).await, Err(Error::NotFound(_))), "a file that nobody used goes whole");
    let after = uploads::get(&app, &actor, &used).await.expect("its counts stay");
    assert_eq!((after.rows_removed_at, after.counts.rows, after.counts.to_send), (Some(app.clock.now()), 4, 3));
    assert!(matches!(uploads::copy(app.shared(), &actor, &used).await, Err(Error::Conflict(_))));
    for table in ["upload_chunks", "upload_verdicts"] {
        assert_eq!(rows(&app, &format!("select count(*) from {table}")).await, 2, "the draft's and the young one's: {table}");
    }
    campaigns::launch(&app, &actor, &waiting.id, &Launch { confirm: Some(3), ..Launch::default() }).await.expect("launched");
    app.dispatch_all().await;
    let done = campaigns::get(&app, &actor, &waiting.id).await.expect("the campaign");
    assert_eq!(done.status, campaigns::CampaignStatus::Finished);
    app.advance(HOUR);
    rounds(&app).await;
    assert!(uploads::get(&app, &actor, &open).await.expect("there").rows_removed_at.is_some(), "its turn came when it was done");
    assert!(uploads::get(&app, &actor, &young).await.expect("there").rows_removed_at.is_none());
}

async fn what_people_wrote_goes_and_the_talk_stays(app: TestApp) {
    long_ago(&app, 10);
    write(&app, "e1", OTHERS[0], "Is my parcel there?").await;
    app.advance(10 * DAY);
    write(&app, "e2", OTHERS[0], "Hello?").await;
    keep(&app, json!({"inbound": 7})).await;
    let talk = crate::inbox::with(&app, OTHERS[0]).await;
    let thread = inbox::thread(&app, &app.actor(Role::Marketer), &talk.contact, &PageRequest::default()).await.expect("a talk");
    let texts: Vec<_> = thread.lines.items.iter().map(|line| (line.text.as_deref(), line.text_removed_at.is_some())).collect();
    assert_eq!(texts, [(Some("Hello?"), false), (None, true)]);
}

async fn the_chains_hold_when_old_entries_and_words_are_gone(app: TestApp) {
    long_ago(&app, 3700);
    let client = Client::new(&app).await;
    let proof = json!({"wording": "Yes", "url": "https://shop.example/join", "ip": "203.0.113.9", "user_agent": "Phone/1"});
    let opt = |reason: &str| json!({"phone": OTHERS[0], "category": "marketing", "reason": reason, "proof": proof});
    for (path, reason) in [("opt-out/opt-in", "agreed at the till"), ("opt-out", "called us")] {
        assert_eq!(client.post(&format!("/api/v1/sms/{path}"), opt(reason)).await.status, StatusCode::OK);
    }
    app.advance(2_000 * DAY);
    client.post("/api/v1/sms/opt-out/opt-in", opt("agreed again")).await;
    keep(&app, json!({"audit": 365, "grants": 1_827, "refusals": 3_653})).await;
    let reasons = async || {
        let sql = "select coalesce(reason, '') from consent_ledger where change <> 'aged' order by seq";
        let rows: Vec<(String,)> = app.db.read().await.expect("reads").query(sql).fetch_all().await.expect("rows");
        rows.into_iter().map(|(reason,)| reason).collect::<Vec<_>>()
    };
    assert_eq!(reasons().await, ["", "called us", "agreed again"], "a refusal is proved for ten years");
    let browsers = "select count(*) from consent_ledger where user_agent is not null or form_url is not null";
    assert_eq!(rows(&app, browsers).await, 2, "what goes with the words goes when they do");
    let proof = async || consent::verify(&mut app.db.read().await.expect("reads"), &app.subaccount).await.expect("readable");
    assert_eq!(proof().await, Proof::Whole { entries: 4 });
    assert!(matches!(access::verify_audit(&app).await.expect("readable"), Chain::Whole { .. }));
    let entries = access::audit_entries(&app, &app.actor(Role::Owner), &PageRequest::default()).await.expect("readable").items;
    assert!(entries.iter().all(|e| e.at > app.clock.now() - 365 * DAY), "{entries:?}");
    assert!(entries.iter().any(|e| e.action == "audit.remove"));
    app.advance(1_700 * DAY);
    rounds(&app).await;
    assert_eq!(reasons().await, ["", "", "agreed again"]);
    assert!(matches!(proof().await, Proof::Whole { .. }));
    assert!(
        matches!(access::verify_audit(&app).await.expect("readable"), Chain::Whole { .. }),
        "also when the entry that explains is gone"
    );
    let check = client.get("/api/v1/sms/opt-out/check/+12122001001").await.json();
    assert_eq!(check["categories"]["marketing"]["allowed"], true, "what holds did not change: {check}");
    // Words that somebody takes out by hand, and entries that are emptied by hand, show.
    for sql in [
        "update consent_ledger set reason = null where reason is not null",
        "update audit_log set actor = '', object = '', detail = 'null', action = 'removed', ip = null where seq = (select max(seq) from audit_log)",
    ] {
        let mut tx = app.db.write().await.expect("the database writes");
        tx.query(sql).execute().await.expect("written");
        tx.commit().await.expect("the database writes");
    }
    assert!(matches!(proof().await, Proof::Broken { .. }));
    assert!(matches!(access::verify_audit(&app).await.expect("readable"), Chain::Broken { .. }));
}

async fn a_period_that_the_law_forbids_is_refused_with_the_reason(app: TestApp) {
    let client = Client::new(&app).await;
    for path in ["/api/v1/retention", "/api/v1/settings"] {
        let change = json!({"grants": 365, "refusals": 3_652, "texts": 1, "files": null});
        let body = if path.ends_with("settings") { json!({ "retention": change }) } else { change };
        let refused = client.call(axum::http::Method::PUT, path, Some(body.to_string()), &[]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for reason in ["at least five years", "at least ten years", "three days"] {
            assert!(refused.body.contains(reason), "{}", refused.body);
        }
    }
    let now = client.get("/api/v1/settings").await.json();
    assert_eq!((&now["retention"]["grants"], &now["retention"]["files"]), (&Value::Null, &json!(180)), "nothing of it was saved");
    let saved = client.call(axum::http::Method::PUT, "/api/v1/settings", Some(json!({"retention": {"files": 30}}).to_string()), &[]).await;
    assert_eq!(saved.json()["retention"]["files"], 30, "{}", saved.body);
}

async fn what_would_go_is_told_before_and_nothing_goes_by_asking(app: TestApp) {
    long_ago(&app, 50);
    let client = Client::new(&app).await;
    for to in OTHERS {
        send(&client, to, json!({})).await;
    }
    write(&app, "e1", OTHERS[0], "Thanks").await;
    checked(&app).await;
    app.dispatch_all().await;
    app.advance(50 * DAY);
    let asked = client.post("/api/v1/retention/preview", json!({"texts": 30, "inbound": 30, "files": 30, "messages": 40})).await.json();
    let goes = |answer: &Value| -> Vec<(String, i64)> {
        let kinds = answer["kinds"].as_array().expect("kinds").iter();
        kinds
            .map(|k| (k["kind"].as_str().unwrap_or_default().to_owned(), k["goes_now"].as_i64().unwrap_or(-1)))
            .filter(|(_, n)| *n > 0)
            .collect()
    };
    let expected = |list: &[(&str, i64)]| list.iter().map(|(name, n)| ((*name).to_owned(), *n)).collect::<Vec<_>>();
    assert_eq!(goes(&asked), expected(&[("texts", 2), ("inbound", 1), ("files", 4), ("messages", 2)]));
    rounds(&app).await;
    assert_eq!(rows(&app, "select count(*) from messages where redacted_at is null").await, 2, "asking changes nothing");
    keep(&app, json!({"texts": 30, "inbound": 30, "files": 30})).await;
    let now = client.get("/api/v1/retention").await.json();
    assert_eq!(goes(&now), []);
    let went: Vec<_> = now["kinds"].as_array().expect("kinds").iter().map(|k| k["last_removed"].as_i64().unwrap_or(-1)).collect();
    assert_eq!(went[..4], [2, 1, 0, 4], "{now}");
}

async fn a_round_goes_on_where_it_was_after_a_stop(app: TestApp) {
    long_ago(&app, 10);
    let client = Client::new(&app).await;
    let recipients: Vec<Value> = (0..700).map(|n| json!({"to": format!("+1212201{}", 1_000 + n)})).collect();
    let list = json!({"name": "n", "text": "Your order is ready.", "category": "order", "recipients": recipients});
    assert_eq!(client.post("/api/v1/sms/send-bulk", list).await.status, StatusCode::ACCEPTED);
    app.dispatch_all().await;
    app.advance(10 * DAY);
    privacy::plan(&app).await.expect("planned");
    while privacy::step(&app).await.expect("a round goes") {}
    privacy::set_retention(&app, &app.actor(Role::Admin), &json!({"texts": 3})).await.expect("saved");
    let left = "select count(*) from messages where redacted_at is null";
    // Nothing but the database knows how far a round is; the process may end after any part.
    while kind(&app, "texts").await.removing == 0 {
        assert!(privacy::step(&app).await.expect("a part"));
    }
    let after_one = rows(&app, left).await;
    assert!((1..700).contains(&after_one), "a part is a few hundred: {after_one}");
    dispatch::run_until_idle(app.shared()).await.expect("the chores take it up");
    assert_eq!(rows(&app, left).await, 0);
    assert_eq!(kind(&app, "texts").await.last_removed, 700, "the whole round is told as one");
}

async fn a_category_that_becomes_sensitive_during_a_round_loses_its_old_texts_too(app: TestApp) {
    long_ago(&app, 10);
    let client = Client::new(&app).await;
    let payment = send(&client, "+12122001500", json!({"category": "payment"})).await;
    app.dispatch_all().await;
    app.advance(1_000);
    let recipients: Vec<Value> = (0..700).map(|n| json!({"to": format!("+1212201{}", 1_000 + n)})).collect();
    let list = json!({"name": "n", "text": "Your order is ready.", "category": "order", "recipients": recipients});
    assert_eq!(client.post("/api/v1/sms/send-bulk", list).await.status, StatusCode::ACCEPTED);
    app.dispatch_all().await;
    app.advance(2 * DAY);
    privacy::plan(&app).await.expect("planned");
    while privacy::step(&app).await.expect("a round goes") {}
    privacy::set_retention(&app, &app.actor(Role::Admin), &json!({"sensitive": ["order"]})).await.expect("saved");
    let is_under_way = "select count(*) from retention_rounds where kind = 'sensitive' and started_at is not null and place <> ''";
    while rows(&app, is_under_way).await == 0 {
        assert!(privacy::step(&app).await.expect("a part"));
    }
    privacy::set_retention(&app, &app.actor(Role::Admin), &json!({"sensitive": ["order", "payment"]})).await.expect("saved");
    dispatch::run_until_idle(app.shared()).await.expect("the chores take it up");
    app.advance(2 * MINUTE);
    app.dispatch_all().await;
    assert_eq!(message(&client, &payment).await["text"], Value::Null);
}
