//! One-time codes: sent, entered, limited, stopped where nobody enters them.

use futures::TryStreamExt as _;
use futures::future::join_all;
use peyk::access::{Actor, Role, Settings, SettingsPatch, update_settings};
use peyk::codes::{self, Ask, Checked, Purpose, Started};
use peyk::contacts;
use peyk::dispatch;
use peyk::kernel::clock::{DAY, HOUR, MINUTE, SECOND};
use peyk::kernel::error::{Error, Result};
use peyk::kernel::file_format::FileFormat;
use peyk::kernel::id::ChallengeId;
use peyk::kernel::outbound::{Limits, Outbound};
use peyk::kernel::page::PageRequest;
use peyk::kernel::phone::Phone;
use peyk::messages::{self, Filter, Message};
use peyk::privacy;
use serde_json::{Value, json};

use crate::harness::{TestApp, both_engines};

both_engines! {
    the_code_that_the_phone_got_is_right_once,
    of_fifty_right_answers_at_once_one_succeeds,
    five_wrong_tries_end_a_challenge,
    fifty_wrong_answers_at_once_are_five_tries,
    a_new_code_voids_the_old_one_and_its_message,
    a_code_ends_after_five_minutes_and_leaves_nothing,
    a_code_proves_one_purpose_of_one_subaccount,
    nobody_but_the_phone_reads_the_code,
    an_unknown_number_gets_no_message_and_the_same_answer,
    a_number_waits_longer_each_time_and_gets_three_in_an_hour,
    an_address_asks_five_times_and_its_neighbours_twenty_times,
    two_thousand_numbers_in_a_row_cost_twenty_messages,
    of_forty_requests_at_once_for_one_range_twenty_are_sent,
    a_country_where_nobody_enters_codes_is_stopped_until_released,
    numbers_that_get_no_messages_are_refused,
}

pub const NUMBER: &str = "+14155550123";

fn ask(number: &str, purpose: Purpose) -> Ask {
    Ask { phone: Phone::from_e164(number).expect("a number"), purpose, language: None }
}

async fn start(app: &TestApp, number: &str) -> Result<Started> {
    codes::start(app, &app.actor(Role::Marketer), &ask(number, Purpose::VerifyPhone)).await
}

async fn check(app: &TestApp, id: &ChallengeId, code: &str) -> Checked {
    codes::check(app, &app.actor(Role::Marketer), Purpose::VerifyPhone, id, code).await.expect("a try")
}

/// What a phone received, oldest first.
pub async fn inbox(app: &TestApp, number: &str) -> Vec<String> {
    app.dispatch_all().await;
    let outbound = Outbound::new(Limits::default()).expect("an HTTP client can be built");
    let url = format!("{}/sim/v1/messages?to={}", app.simulator_url, number.replace('+', "%2B"));
    let answer = outbound.get(url).send().await.expect("the carrier answers").text().await.expect("text");
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    answer["items"].as_array().expect("a list").iter().map(|m| m["text"].as_str().expect("a text").to_owned()).collect()
}

/// The six digits in a row of a text.
pub fn code_in(text: &str) -> String {
    let digits = text.split(|c: char| !c.is_ascii_digit()).find(|run| run.len() == 6);
    digits.unwrap_or_else(|| panic!("a code in {text}")).to_owned()
}

/// Another code than this.
pub fn wrong(code: &str) -> String {
    format!("{:06}", (code.parse::<u32>().expect("a code") + 1) % 1_000_000)
}

pub async fn latest_code(app: &TestApp, number: &str) -> String {
    code_in(inbox(app, number).await.last().expect("a message came"))
}

fn waits(refused: Result<Started>) -> i64 {
    match refused {
        Err(Error::Busy { retry_after }) => retry_after.as_millis() as i64,
        other => panic!("expected to wait, got {other:?}"),
    }
}

async fn count(app: &TestApp, sql: &str) -> i64 {
    let mut tx = app.db.read().await.expect("the database reads");
    let (n,) = tx.query(sql).fetch_one().await.expect("a count");
    n
}

async fn the_code_that_the_phone_got_is_right_once(app: TestApp) {
    let started = start(&app, NUMBER).await.expect("asked for");
    assert_eq!(started.expires_at, app.clock.now() + 5 * MINUTE);
    let texts = inbox(&app, NUMBER).await;
    assert_eq!(texts.len(), 1);
    assert!(texts[0].contains("confirms your number at main"), "{}", texts[0]);
    let code = code_in(&texts[0]);
    assert_eq!(check(&app, &started.id, &wrong(&code)).await, Checked::Wrong { attempts_left: 4 });
    let malformed = codes::check(&app, &app.actor(Role::Marketer), Purpose::VerifyPhone, &started.id, "12 34").await;
    assert!(matches!(malformed, Err(Error::Invalid(errors)) if errors.0[0].field == "code"), "no try was taken");
    assert!(matches!(check(&app, &started.id, &format!(" {} {}", &code[..3], &code[3..])).await, Checked::Verified(_)));
    assert_eq!(check(&app, &started.id, &code).await, Checked::Ended, "once");
    assert!(matches!(codes::start(&app, &app.actor(Role::Viewer), &ask(NUMBER, Purpose::VerifyPhone)).await, Err(Error::Denied(_))));
}

async fn of_fifty_right_answers_at_once_one_succeeds(app: TestApp) {
    let started = start(&app, NUMBER).await.expect("asked for");
    let code = latest_code(&app, NUMBER).await;
    let answers = join_all((0..50).map(|_| check(&app, &started.id, &code))).await;
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Checked::Verified(_))).count(), 1);
    assert_eq!(answers.iter().filter(|answer| **answer == Checked::Ended).count(), 49);
}

async fn five_wrong_tries_end_a_challenge(app: TestApp) {
    let started = start(&app, NUMBER).await.expect("asked for");
    let code = latest_code(&app, NUMBER).await;
    for left in (0..5).rev() {
        assert_eq!(check(&app, &started.id, &wrong(&code)).await, Checked::Wrong { attempts_left: left });
    }
    assert_eq!(check(&app, &started.id, &code).await, Checked::Ended, "the right one comes too late");
}

async fn fifty_wrong_answers_at_once_are_five_tries(app: TestApp) {
    let started = start(&app, NUMBER).await.expect("asked for");
    let code = wrong(&latest_code(&app, NUMBER).await);
    let answers = join_all((0..50).map(|_| check(&app, &started.id, &code))).await;
    assert_eq!(answers.iter().filter(|answer| matches!(answer, Checked::Wrong { .. })).count(), 5);
}

async fn a_new_code_voids_the_old_one_and_its_message(app: TestApp) {
    let first = start(&app, NUMBER).await.expect("asked for");
    app.advance(MINUTE);
    // The first message has not left yet: one code arrives, not two.
    let second = start(&app, NUMBER).await.expect("asked for");
    let texts = inbox(&app, NUMBER).await;
    assert_eq!(texts.len(), 1);
    let code = code_in(&texts[0]);
    assert_eq!(check(&app, &first.id, &code).await, Checked::Ended);
    assert!(matches!(check(&app, &second.id, &code).await, Checked::Verified(_)));
    assert_eq!(count(&app, "select count(*) from messages where status = 'cancelled'").await, 1);
}

async fn a_code_ends_after_five_minutes_and_leaves_nothing(app: TestApp) {
    let started = start(&app, NUMBER).await.expect("asked for");
    let other = start(&app, "+14155560124").await.expect("asked for");
    let code = latest_code(&app, NUMBER).await;
    app.advance(5 * MINUTE - 1);
    assert_eq!(codes::sweep(&app, app.clock.now()).await.expect("swept"), 0);
    app.advance(1);
    assert_eq!(check(&app, &started.id, &code).await, Checked::Ended);
    assert_eq!(check(&app, &other.id, &code).await, Checked::Ended);
    assert_eq!(codes::sweep(&app, app.clock.now()).await.expect("swept"), 2);
    assert_eq!(count(&app, "select count(*) from code_challenges").await, 0);
    assert_eq!(count(&app, "select count(*) from messages where length(content) > 0").await, 0, "no text is left");
    assert_eq!(count(&app, "select count(*) from code_requests").await, 2, "what limits count stays for a day");
    app.advance(DAY);
    let mut tx = app.db.write().await.expect("the database writes");
    codes::prune(&mut tx, app.clock.now()).await.expect("pruned");
    tx.commit().await.expect("committed");
    assert_eq!(count(&app, "select count(*) from code_requests").await, 0);
}

async fn a_code_proves_one_purpose_of_one_subaccount(app: TestApp) {
    let started = start(&app, NUMBER).await.expect("asked for");
    let code = latest_code(&app, NUMBER).await;
    let mut tx = app.db.write().await.expect("the database writes");
    let other = peyk::access::subaccount_named(&mut tx, "other", app.clock.now()).await.expect("a subaccount");
    tx.commit().await.expect("committed");
    let actor = app.actor(Role::Marketer);
    for purpose in [Purpose::Preferences, Purpose::Export, Purpose::Erase] {
        assert_eq!(codes::check(&app, &actor, purpose, &started.id, &code).await.expect("a try"), Checked::Ended);
    }
    let theirs = Actor::shell(other);
    assert_eq!(codes::check(&app, &theirs, Purpose::VerifyPhone, &started.id, &code).await.expect("a try"), Checked::Ended);
    assert!(matches!(check(&app, &started.id, &code).await, Checked::Verified(_)), "none of these cost a try");
}

async fn everything(app: &TestApp) -> Vec<Message> {
    messages::list(app, &app.actor(Role::Owner), &Filter::default(), &PageRequest::default()).await.expect("a list").items
}

async fn nobody_but_the_phone_reads_the_code(app: TestApp) {
    start(&app, NUMBER).await.expect("asked for");
    let owner = app.actor(Role::Owner);
    let look = async || {
        let id = everything(&app).await[0].id.clone();
        let detail = messages::get(&app, &owner, &id).await.expect("shown");
        assert_eq!((detail.message.category.as_str(), detail.message.text.as_deref()), ("authentication", None));
        serde_json::to_string(&detail).expect("JSON")
    };
    let before = look().await;
    let code = latest_code(&app, NUMBER).await;
    let after = look().await;
    let person = messages::get(&app, &owner, &everything(&app).await[0].id).await.expect("shown");
    let contact = privacy::person_of_message(&app, &owner, &person.message.id).await.expect("a person");
    let mut told = vec![before, after];
    for format in [FileFormat::Json, FileFormat::Csv] {
        let parts: Vec<bytes::Bytes> =
            privacy::export(app.shared(), &owner, contact.as_str(), format).await.expect("exported").try_collect().await.expect("written");
        told.push(String::from_utf8(parts.concat()).expect("UTF-8"));
    }
    told.push(
        serde_json::to_string(&peyk::access::audit_entries(&app, &owner, &PageRequest::default()).await.expect("read").items)
            .expect("JSON"),
    );
    assert!(told.iter().all(|text| !text.contains(&code)), "{told:?}");
    let stored = format!("select count(*) from code_challenges where cast(code_hash as text) like '%{code}%'");
    assert_eq!(count(&app, &stored).await, 0);
}

async fn an_unknown_number_gets_no_message_and_the_same_answer(app: TestApp) {
    let stranger = Actor::customer(app.subaccount.clone(), Some("192.0.2.7".into()));
    let unknown = codes::start_known(&app, &stranger, &ask("+14155550199", Purpose::Preferences)).await.expect("the same answer");
    let mut tx = app.db.write().await.expect("the database writes");
    let cipher = app.cipher.tenant(&app.subaccount);
    let phone = Phone::from_e164(NUMBER).expect("a number");
    contacts::ensure(&mut tx, &cipher, &app.subaccount, &[phone], app.clock.now()).await.expect("a person");
    tx.commit().await.expect("committed");
    let known = codes::start_known(&app, &stranger, &ask(NUMBER, Purpose::Preferences)).await.expect("the same answer");
    assert_eq!(known.expires_at, unknown.expires_at);
    assert!(inbox(&app, "+14155550199").await.is_empty());
    let code = latest_code(&app, NUMBER).await;
    for left in (0..5).rev() {
        for id in [&unknown.id, &known.id] {
            let answer = codes::check(&app, &stranger, Purpose::Preferences, id, &wrong(&code)).await.expect("a try");
            assert_eq!(answer, Checked::Wrong { attempts_left: left });
        }
    }
    for number in [NUMBER, "+14155550199"] {
        let again = codes::start_known(&app, &stranger, &ask(number, Purpose::Preferences)).await;
        assert_eq!(waits(again), MINUTE, "{number}");
    }
    assert_eq!(count(&app, "select count(*) from contacts").await, 1, "nobody is made");
}

async fn a_number_waits_longer_each_time_and_gets_three_in_an_hour(app: TestApp) {
    start(&app, NUMBER).await.expect("the first");
    assert_eq!(waits(start(&app, NUMBER).await), MINUTE);
    app.advance(MINUTE);
    start(&app, NUMBER).await.expect("the second");
    app.advance(MINUTE);
    assert_eq!(waits(start(&app, NUMBER).await), MINUTE, "twice as long");
    app.advance(MINUTE);
    start(&app, NUMBER).await.expect("the third");
    assert_eq!(waits(start(&app, NUMBER).await), HOUR - 3 * MINUTE);
    start(&app, "+14155560123").await.expect("another number does not wait");
    let mut sent = 3;
    for _ in 0..200 {
        app.advance(10 * MINUTE);
        if app.clock.now() < peyk::kernel::clock::parse_rfc3339("2026-11-22T09:59:00Z").expect("an instant")
            && start(&app, NUMBER).await.is_ok()
        {
            sent += 1;
        }
    }
    assert!((4..=10).contains(&sent), "{sent} in a day");
}

async fn an_address_asks_five_times_and_its_neighbours_twenty_times(app: TestApp) {
    let from = async |ip: &str, n: u32| {
        let actor = Actor::customer(app.subaccount.clone(), Some(ip.into()));
        // A range of its own each, so that the range's limit is not the one that is met.
        codes::start_known(&app, &actor, &ask(&format!("+1415{}0123", 200 + n), Purpose::Preferences)).await
    };
    for n in 0..5 {
        from("192.0.2.1", n).await.expect("within the limit");
    }
    assert_eq!(waits(from("192.0.2.1", 6).await), HOUR);
    for n in 0..15 {
        from(&format!("192.0.2.{}", 10 + n / 5), 10 + n).await.expect("within the limit");
    }
    assert_eq!(waits(from("192.0.2.200", 40).await), HOUR, "the neighbours have used theirs");
    from("192.0.3.1", 41).await.expect("another network");
    app.advance(HOUR);
    from("192.0.2.1", 42).await.expect("an hour later");
}

async fn two_thousand_numbers_in_a_row_cost_twenty_messages(app: TestApp) {
    let mut sent = 0;
    for n in 0..2_000 {
        match start(&app, &format!("+1415555{n:04}")).await {
            Ok(_) => sent += 1,
            Err(Error::Busy { .. }) => {}
            Err(other) => panic!("{other}"),
        }
        if n % 50 == 0 {
            app.advance(SECOND);
        }
    }
    assert_eq!(sent, 20);
    assert_eq!(count(&app, "select count(*) from messages").await, 20);
    start(&app, "+12025550123").await.expect("honest people elsewhere get theirs");
}

async fn of_forty_requests_at_once_for_one_range_twenty_are_sent(app: TestApp) {
    let numbers: Vec<String> = (0..40).map(|n| format!("+1415555{:04}", 2_000 + n)).collect();
    let answers = join_all(numbers.iter().map(|number| start(&app, number))).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 20);
    assert_eq!(count(&app, "select count(*) from messages").await, 20);
}

/// Sends a code to the n-th range.
pub async fn to_range(app: &TestApp, n: usize) -> Result<Started> {
    start(app, &format!("+1415{}0123", 200 + n)).await
}

async fn a_country_where_nobody_enters_codes_is_stopped_until_released(app: TestApp) {
    for n in 0..20 {
        to_range(&app, n).await.expect("sent");
    }
    to_range(&app, 20).await.expect("people have a minute to enter a code before it counts against their country");
    app.advance(MINUTE);
    assert_eq!(waits(to_range(&app, 21).await), HOUR);
    start(&app, "+442079460123").await.expect_err("a landline");
    start(&app, "+447400123456").await.expect("another country");
    let admin = app.actor(Role::Admin);
    let stops = codes::stops(&app, &admin).await.expect("shown");
    assert_eq!(stops.len(), 1);
    assert_eq!((stops[0].place.as_str(), stops[0].sent, stops[0].verified), ("United States", 21, 0));
    let stranger = Actor::customer(app.subaccount.clone(), None);
    codes::start_known(&app, &stranger, &ask("+14153330123", Purpose::Preferences)).await.expect("other purposes go on");
    assert!(matches!(codes::stops(&app, &app.actor(Role::Marketer)).await, Err(Error::Denied(_))));
    assert!(matches!(codes::release(&app, &app.actor(Role::Marketer), &stops[0].id).await, Err(Error::Denied(_))));
    codes::release(&app, &admin, &stops[0].id).await.expect("released");
    assert!(codes::stops(&app, &admin).await.expect("shown").is_empty());
    assert!(matches!(codes::release(&app, &admin, &stops[0].id).await, Err(Error::NotFound(_))));
    app.advance(SECOND);
    to_range(&app, 22).await.expect("released");
    let owner = app.actor(Role::Owner);
    let entries = peyk::access::audit_entries(&app, &owner, &PageRequest::default()).await.expect("read").items;
    let said: Vec<&str> = entries.iter().map(|entry| entry.action.as_str()).filter(|action| action.starts_with("codes.")).collect();
    assert_eq!(said, ["codes.release", "codes.stop"]);
    // A fresh score, and a stop that ends by itself.
    for n in 23..45 {
        to_range(&app, n).await.expect("sent");
    }
    app.advance(MINUTE);
    assert_eq!(waits(to_range(&app, 46).await), HOUR);
    app.advance(HOUR - 1);
    assert_eq!(waits(to_range(&app, 47).await), SECOND);
    app.advance(1);
    to_range(&app, 48).await.expect("the hour is over");
}

async fn numbers_that_get_no_messages_are_refused(app: TestApp) {
    let only = SettingsPatch::read(&json!({ "countries": ["US"] })).expect("valid");
    let Settings { .. } = update_settings(&app, &app.actor(Role::Owner), only).await.expect("saved");
    for (number, code) in [("+442079460123", "cannot_receive_sms"), ("+989121234567", "country_not_allowed")] {
        let refused = start(&app, number).await;
        assert!(matches!(&refused, Err(Error::Invalid(errors)) if errors.0[0].code == code), "{number}: {refused:?}");
    }
    assert_eq!(count(&app, "select count(*) from code_requests").await, 0);
    dispatch::run_until_idle(app.shared()).await.expect("the engine runs");
    assert!(app.simulator.journal_lines().is_empty());
}
