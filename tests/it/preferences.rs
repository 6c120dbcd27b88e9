//! Opt-outs, opt-ins, preferences and signed links, with messages that wait in the queue.

use peyk::access::{self, Actor, Role};
use peyk::consent::link::{LIFE, LinkError};
use peyk::consent::{self, Evidence, Proof, Scope, Source};
use peyk::contacts::{self, csv};
use peyk::kernel::category::Category;
use peyk::kernel::clock::{DAY, HOUR};
use peyk::kernel::error::Error;
use peyk::kernel::id::{ContactId, MessageId, SubaccountId};
use peyk::kernel::money::Currency;
use peyk::kernel::phone::Phone;
use peyk::kernel::sms::Encoding;
use peyk::messages::{self, Content, NewMessage};
use peyk::preferences::{self, Check, Door, OptRequest, PreferencesPatch};
use serde_json::{Value, json};

use crate::harness::{TestApp, both_engines};

both_engines! {
    a_total_opt_out_drops_what_waits_and_holds_for_codes_too,
    an_opt_out_of_one_category_leaves_the_others,
    a_number_never_seen_can_be_opted_out_in_any_spelling,
    an_opt_in_takes_the_opt_out_back,
    the_check_of_an_unknown_number_makes_nobody,
    preferences_are_changed_by_part_and_read_back,
    who_may_not_touch_consent_is_refused,
    the_export_lists_every_refusal_with_its_evidence,
    a_link_opens_the_page_of_its_person_until_it_ends_or_is_taken_back,
    stop_all_by_link_spares_codes_and_can_be_undone,
    a_page_opened_before_a_stop_does_not_undo_it,
    one_tenants_opt_out_is_not_anothers,
}

const NUMBER: &str = "+14155550123";

fn request(phone: &str, category: Option<Category>) -> OptRequest {
    OptRequest { phone: phone.into(), category, reason: Some("asked by telephone".into()), proof: None }
}

fn patch(value: Value) -> PreferencesPatch {
    PreferencesPatch::read(&value).expect("a valid change")
}

async fn contact(app: &TestApp, subaccount: &SubaccountId) -> contacts::Person {
    let phone = Phone::from_e164(NUMBER).expect("a number");
    let mut tx = app.db.write().await.expect("the database writes");
    let found = contacts::ensure(&mut tx, &app.cipher.tenant(subaccount), subaccount, &[phone], app.clock.now()).await;
    tx.commit().await.expect("the database writes");
    found.expect("a person").remove(0)
}

/// Queues a message of each category; the one about delivery for tomorrow.
async fn queue_one_of_each(app: &TestApp) {
    let person = contact(app, &app.subaccount).await;
    let now = app.clock.now();
    let message = |category| NewMessage {
        id: MessageId::new(now),
        contact: person.id.clone(),
        salt: person.salt.clone().expect("a living person"),
        campaign: None,
        category,
        country: Phone::from_e164(NUMBER).expect("a number").country(),
        language: None,
        sender: None,
        connection: None,
        template: None,
        variant: None,
        content: Content::Text("Hello".into()),
        encoding: Encoding::Gsm7,
        segments: 1,
        estimated: 7_900,
        currency: Currency::USD,
        due_at: if category == Category::Delivery { now + DAY } else { now },
        not_after: now + 3 * DAY,
        reference: None,
        metadata: None,
    };
    let all: Vec<NewMessage> = Category::ALL.into_iter().map(message).collect();
    let mut tx = app.db.write().await.expect("the database writes");
    let cipher = app.cipher.tenant(&app.subaccount);
    let settings = access::settings_of(&mut tx, &app.subaccount).await.expect("settings");
    let (_, told) = messages::enqueue(&mut tx, &cipher, &app.subaccount, &settings, &all, now).await.expect("queued");
    tx.commit().await.expect("the database writes");
    told.send(app);
}

/// Category and reason of every dropped message, and how many still wait.
async fn dropped(app: &TestApp) -> (Vec<(String, String)>, i64) {
    let mut tx = app.db.read().await.expect("the database reads");
    let gone = "select category, reason from messages where subaccount_id = $1 and status = 'dropped' order by category";
    let gone = tx.query(gone).bind(app.subaccount.as_str()).fetch_all().await.expect("messages");
    let waiting = "select count(*) from messages where subaccount_id = $1 and status in ('queued', 'scheduled')";
    let (waiting,) = tx.query(waiting).bind(app.subaccount.as_str()).fetch_one().await.expect("messages");
    (gone, waiting)
}

fn allowed(check: &Check) -> Vec<&'static str> {
    check.categories.iter().filter(|(_, a)| a.allowed).map(|(c, _)| c.as_str()).collect()
}

async fn proof(app: &TestApp) -> Proof {
    let mut tx = app.db.read().await.expect("the database reads");
    consent::verify(&mut tx, &app.subaccount).await.expect("the ledger is readable")
}

async fn people(app: &TestApp) -> i64 {
    let mut tx = app.db.read().await.expect("the database reads");
    let (n,) = tx.query("select count(*) from contacts").fetch_one().await.expect("contacts");
    n
}

async fn a_total_opt_out_drops_what_waits_and_holds_for_codes_too(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    preferences::opt_in(&app, &actor, &request(NUMBER, None)).await.expect("opted in");
    queue_one_of_each(&app).await;
    let check = preferences::opt_out(&app, &actor, &request(NUMBER, None)).await.expect("opted out");
    assert!(check.opted_out && allowed(&check).is_empty());
    assert_eq!(check.since.as_deref(), Some("2026-11-21T10:00:00.000Z"));
    let (gone, waiting) = dropped(&app).await;
    assert_eq!((gone.len(), waiting), (7, 0));
    assert!(gone.iter().all(|(_, reason)| reason == "opted_out"));
    assert_eq!(preferences::check(&app, &actor, NUMBER).await.expect("readable"), check);
    assert_eq!(proof(&app).await, Proof::Whole { entries: 2 });
}

async fn an_opt_out_of_one_category_leaves_the_others(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    queue_one_of_each(&app).await;
    let check = preferences::opt_out(&app, &actor, &request(NUMBER, Some(Category::Delivery))).await.expect("opted out");
    assert!(!check.opted_out && check.since.is_none());
    assert_eq!(allowed(&check), ["order", "payment", "reminder", "authentication", "account"]);
    let shown = serde_json::to_value(&check).expect("JSON");
    assert_eq!(shown["categories"]["delivery"], json!({"allowed": false, "reason": "opted_out"}));
    assert_eq!(shown["categories"]["marketing"], json!({"allowed": false, "reason": "no_consent"}));
    assert_eq!(shown["categories"]["order"], json!({"allowed": true}));
    let (gone, waiting) = dropped(&app).await;
    assert_eq!((gone, waiting), (vec![("delivery".to_owned(), "opted_out".to_owned())], 6));
}

async fn a_number_never_seen_can_be_opted_out_in_any_spelling(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    preferences::opt_out(&app, &actor, &request("(415) 555-0123", None)).await.expect("opted out");
    for spelling in [NUMBER, "001 415 555 0123", "+1 (415) 555‑0123", "۰۰۱۴۱۵۵۵۵۰۱۲۳"] {
        assert!(preferences::check(&app, &actor, spelling).await.expect("readable").opted_out, "{spelling}");
    }
    assert_eq!(people(&app).await, 1);
    let refused = preferences::opt_out(&app, &actor, &request("call me", None)).await;
    assert!(matches!(refused, Err(Error::Invalid(errors)) if errors.0[0].field == "phone"));
}

async fn an_opt_in_takes_the_opt_out_back(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    preferences::opt_out(&app, &actor, &request(NUMBER, None)).await.expect("opted out");
    let one = preferences::opt_in(&app, &actor, &request(NUMBER, Some(Category::Order))).await.expect("opted in");
    assert_eq!((allowed(&one), one.opted_out), (vec!["order"], false));
    let all = preferences::opt_in(&app, &actor, &request(NUMBER, None)).await.expect("opted in");
    assert_eq!((allowed(&all).len(), all.opted_out, all.since), (7, false, None));
    assert_eq!(proof(&app).await, Proof::Whole { entries: 3 });
}

async fn the_check_of_an_unknown_number_makes_nobody(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let check = preferences::check(&app, &actor, NUMBER).await.expect("readable");
    assert_eq!((allowed(&check).len(), check.opted_out), (6, false));
    preferences::preferences(&app, &actor, NUMBER).await.expect("readable");
    assert_eq!(people(&app).await, 0);
}

async fn preferences_are_changed_by_part_and_read_back(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    queue_one_of_each(&app).await;
    let change = json!({"categories": {"marketing": true, "order": false}, "language": "fa",
        "paused_until": "2026-11-28T10:00:00Z", "quiet_hours": {"from": "20:00", "to": "09:00"}});
    let changed = preferences::set_preferences(&app, &actor, NUMBER, &patch(change)).await.expect("changed");
    assert_eq!(preferences::preferences(&app, &actor, NUMBER).await.expect("readable"), changed);
    let shown = serde_json::to_value(&changed).expect("JSON");
    assert_eq!(shown["phone"], NUMBER);
    assert_eq!(shown["language"], "fa");
    assert_eq!(shown["categories"]["marketing"], json!({"on": true, "locked": false}));
    assert_eq!(shown["categories"]["order"], json!({"on": false, "locked": false}));
    assert_eq!(shown["categories"]["authentication"], json!({"on": true, "locked": true}));
    assert_eq!(shown["paused_until"], "2026-11-28T10:00:00.000Z");
    assert_eq!(shown["quiet_hours"], json!({"from": "20:00", "to": "09:00", "categories": ["marketing", "reminder"]}));
    assert_eq!(dropped(&app).await.0, [("order".to_owned(), "opted_out".to_owned())]);
    // What was read is a change that changes nothing.
    let same = preferences::set_preferences(&app, &actor, NUMBER, &patch(shown)).await.expect("changed");
    assert_eq!((same, proof(&app).await), (changed, Proof::Whole { entries: 4 }));
    app.advance(8 * DAY);
    let rested = preferences::preferences(&app, &actor, NUMBER).await.expect("readable");
    assert_eq!(rested.paused_until, None, "a break ends by itself");
}

async fn who_may_not_touch_consent_is_refused(app: TestApp) {
    let viewer = app.actor(Role::Viewer);
    let denied = |refused: bool| assert!(refused);
    denied(matches!(preferences::opt_out(&app, &viewer, &request(NUMBER, None)).await, Err(Error::Denied(_))));
    denied(matches!(preferences::opt_in(&app, &viewer, &request(NUMBER, None)).await, Err(Error::Denied(_))));
    denied(matches!(preferences::check(&app, &viewer, NUMBER).await, Err(Error::Denied(_))));
    denied(matches!(preferences::export(&app, &viewer).await, Err(Error::Denied(_))));
    denied(matches!(preferences::preferences(&app, &viewer, NUMBER).await, Err(Error::Denied(_))));
    denied(matches!(preferences::set_preferences(&app, &viewer, NUMBER, &patch(json!({}))).await, Err(Error::Denied(_))));
    denied(matches!(preferences::preference_link(&app, &viewer, NUMBER).await, Err(Error::Denied(_))));
    denied(matches!(preferences::revoke_links(&app, &viewer, NUMBER).await, Err(Error::Denied(_))));
    assert_eq!(people(&app).await, 0);
}

async fn the_export_lists_every_refusal_with_its_evidence(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    preferences::opt_out(&app, &actor, &request("+14155550101", None)).await.expect("opted out");
    app.advance(HOUR);
    preferences::opt_out(&app, &actor, &request("+14155550102", Some(Category::Marketing))).await.expect("opted out");
    preferences::opt_out(&app, &actor, &request("+14155550103", None)).await.expect("opted out");
    preferences::opt_in(&app, &actor, &request("+14155550103", None)).await.expect("opted in");
    let bytes = preferences::export(&app, &actor).await.expect("exported");
    let mut reader = csv::CsvReader::new(&bytes[..], csv::Limits::default()).expect("our own file");
    let mut rows = Vec::new();
    while let Some(row) = reader.next_row().expect("our own rows") {
        rows.push(row.cells().map(str::to_owned).collect::<Vec<_>>().join("|"));
    }
    assert_eq!(
        rows,
        [
            "+14155550101|all|2026-11-21T10:00:00.000Z|user|asked by telephone|Test marketer",
            "+14155550102|marketing|2026-11-21T11:00:00.000Z|user|asked by telephone|Test marketer",
        ]
    );
}

/// The door behind a fresh link.
async fn let_in(app: &TestApp, actor: &Actor) -> (String, Door) {
    let link = preferences::preference_link(app, actor, NUMBER).await.expect("a link");
    let token = link.url.strip_prefix("http://127.0.0.1:3000/p/").expect("our own address").to_owned();
    let door = preferences::open(app, &token, Some("192.0.2.7".into())).await.expect("readable").expect("it opens");
    (token, door)
}

async fn a_link_opens_the_page_of_its_person_until_it_ends_or_is_taken_back(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let (token, door) = let_in(&app, &actor).await;
    let view = preferences::view(&app, &door).await.expect("shown");
    assert_eq!(view.phone, Phone::from_e164(NUMBER).expect("a number").masked());
    app.advance(LIFE - 1);
    assert!(preferences::open(&app, &token, None).await.expect("readable").is_ok());
    app.advance(1);
    assert!(matches!(preferences::open(&app, &token, None).await.expect("readable"), Err(LinkError::Expired)));
    let (token, _) = let_in(&app, &actor).await;
    preferences::revoke_links(&app, &actor, NUMBER).await.expect("taken back");
    assert!(matches!(preferences::open(&app, &token, None).await.expect("readable"), Err(LinkError::Expired)));
    assert!(matches!(preferences::open(&app, "v1.x", None).await.expect("readable"), Err(LinkError::Faulty)));
    let (_, door) = let_in(&app, &actor).await;
    assert!(preferences::view(&app, &door).await.is_ok(), "a new link opens again");
}

async fn stop_all_by_link_spares_codes_and_can_be_undone(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    preferences::opt_in(&app, &actor, &request(NUMBER, Some(Category::Marketing))).await.expect("opted in");
    queue_one_of_each(&app).await;
    let (_, door) = let_in(&app, &actor).await;
    preferences::stop(&app, &door, "Stop all messages now").await.expect("stopped");
    let check = preferences::check(&app, &actor, NUMBER).await.expect("readable");
    assert_eq!((allowed(&check), check.opted_out), (vec!["authentication"], true));
    let (gone, waiting) = dropped(&app).await;
    assert_eq!((gone.len(), waiting), (6, 1));
    assert!(gone.iter().all(|(category, reason)| category != "authentication" && reason == "stopped"));
    preferences::start(&app, &door, "Undo").await.expect("started");
    let check = preferences::check(&app, &actor, NUMBER).await.expect("readable");
    assert_eq!(allowed(&check).len(), 7, "as it was before");
    let view = preferences::view(&app, &door).await.expect("shown");
    let last = view.said.last().expect("a row");
    assert_eq!((last.change.as_str(), last.source.as_str(), last.ip.as_deref()), ("started", "page", Some("192.0.2.7")));
    assert_eq!(view.said[1].wording.as_deref(), Some("Stop all messages now"));
}

async fn a_page_opened_before_a_stop_does_not_undo_it(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let (_, door) = let_in(&app, &actor).await;
    let all_on = patch(json!({"categories": {"order": true, "payment": true}}));
    let id: ContactId = contact(&app, &app.subaccount).await.id;
    let mut tx = app.db.write().await.expect("the database writes");
    let stop = Evidence::from_outside(Source::Keyword).with_wording("STOP");
    consent::withdraw(&mut tx, &app.subaccount, &id, Scope::All, &stop, app.clock.now()).await.expect("stopped");
    tx.commit().await.expect("the database writes");
    assert!(matches!(preferences::save(&app, &door, &all_on, 0, "Save").await, Err(Error::Conflict(_))));
    assert!(preferences::check(&app, &actor, NUMBER).await.expect("readable").opted_out);
    let seen = preferences::view(&app, &door).await.expect("shown").said.last().expect("a row").seq;
    preferences::save(&app, &door, &all_on, seen, "Save").await.expect("saved by somebody who saw the stop");
    let check = preferences::check(&app, &actor, NUMBER).await.expect("readable");
    assert_eq!(allowed(&check), ["order", "payment"]);
}

async fn one_tenants_opt_out_is_not_anothers(app: TestApp) {
    let mut tx = app.db.write().await.expect("the database writes");
    let other = access::subaccount_named(&mut tx, "other", app.clock.now()).await.expect("a subaccount");
    tx.commit().await.expect("the database writes");
    let (ours, theirs) = (app.actor(Role::Marketer), Actor::shell(other));
    preferences::opt_out(&app, &ours, &request(NUMBER, None)).await.expect("opted out");
    assert!(!preferences::check(&app, &theirs, NUMBER).await.expect("readable").opted_out);
    assert_eq!(preferences::export(&app, &theirs).await.expect("exported").split(|b| *b == b'\n').count(), 2, "a header only");
}
