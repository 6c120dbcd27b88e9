//! The preference centre by number and code, and what asks for a code behind a link: as a telephone without JavaScript meets it.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use peyk::access::{Role, subaccount_named};
use peyk::contacts;
use peyk::kernel::clock::{DAY, MINUTE};
use peyk::kernel::phone::Phone;
use peyk::messages::{self, SendRequest};
use peyk::preferences::{self, OptRequest};

use super::Browser;
use super::browser::Answer;
use crate::codes::{inbox, latest_code, to_range, wrong};
use crate::harness::{TestApp, both_engines};

both_engines! {
    a_number_and_its_code_open_the_preference_centre,
    the_page_says_the_same_of_an_unknown_number,
    wrong_codes_are_said_and_end_after_five,
    what_is_no_number_is_refused_with_what_was_typed,
    a_subaccount_has_a_door_of_its_own,
    another_site_cannot_ask_for_codes,
    an_ended_link_leads_to_the_number,
    data_is_given_out_after_a_code_only,
    erasing_needs_a_code_and_a_tick,
    the_code_of_one_person_opens_nothing_of_another,
    who_stopped_codes_too_is_told_the_way_back,
    nothing_changes_by_looking,
    an_admin_sees_a_stop_and_releases_it,
}

const NUMBER: &str = "+14155550123";
const OTHER: &str = "+14155550124";

async fn known(app: &TestApp, number: &str) {
    let phone = Phone::from_e164(number).expect("a number");
    let mut tx = app.db.write().await.expect("the database writes");
    let cipher = app.cipher.tenant(&app.subaccount);
    contacts::ensure(&mut tx, &cipher, &app.subaccount, &[phone], app.clock.now()).await.expect("a person");
    tx.commit().await.expect("committed");
}

/// The path of a fresh link.
pub async fn link(app: &TestApp, number: &str) -> String {
    let link = preferences::preference_link(app, &app.actor(Role::Marketer), number).await.expect("a link");
    link.url.strip_prefix("http://127.0.0.1:3000").expect("our own address").to_owned()
}

/// Asks for a code on a page and gives the address that takes it.
async fn asked(phone: &mut Browser, path: &str) -> String {
    let answer = phone.post(path, &[("do", "code")]).await;
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
    answer.location().to_owned()
}

async fn a_number_and_its_code_open_the_preference_centre(app: TestApp) {
    known(&app, NUMBER).await;
    let mut phone = Browser::new(&app);
    let page = phone.get("/p").await;
    assert!(page.status == StatusCode::OK && page.body.contains("Write your phone number") && page.body.contains(r#"autocomplete="tel""#));
    let sent = phone.post("/p?lang=fa", &[("phone", "(۴۱۵) ۵۵۵-۰۱۲۳")]).await;
    assert_eq!((sent.status, sent.header("set-cookie")), (StatusCode::SEE_OTHER, ""));
    let next = sent.location().to_owned();
    assert!(next.starts_with("/p/code/") && !next.contains("4155550123"));
    let page = phone.get(&next).await;
    assert!(page.body.contains(r#"autocomplete="one-time-code""#) && page.body.contains(r#"dir="rtl""#));
    let texts = inbox(&app, NUMBER).await;
    assert!(texts[0].contains("باز کردن تنظیمات پیامک"), "in the language of the page: {}", texts[0]);
    let code = latest_code(&app, NUMBER).await;
    let centre = phone.submit(&next, &[("code", &code)]).await;
    assert_eq!(centre.status, StatusCode::OK);
    assert!(centre.body.contains("پیامک‌های شما") && centre.body.contains("123</bdi>"));
    assert!(centre.body.contains("تا ساعت ۱۰:۳۰ کار می‌کند"), "a visit is short");
    let again = phone.post(&next, &[("code", &code)]).await;
    assert_eq!(again.status, StatusCode::UNPROCESSABLE_ENTITY, "a code is taken once");
}

async fn the_page_says_the_same_of_an_unknown_number(app: TestApp) {
    known(&app, NUMBER).await;
    let mut pages = Vec::new();
    for number in [NUMBER, OTHER] {
        let mut phone = Browser::new(&app);
        let began = std::time::Instant::now();
        let sent = phone.post("/p", &[("phone", number)]).await;
        assert!(began.elapsed().as_millis() >= 300, "how long it takes tells nothing");
        assert_eq!(sent.status, StatusCode::SEE_OTHER);
        let ticket = sent.location().to_owned();
        let page = phone.get(&ticket).await;
        let refused = phone.post(&ticket, &[("code", "000000")]).await;
        let soon = phone.post("/p", &[("phone", number)]).await;
        let ticket = ticket.split('?').next().expect("a path");
        let plain = |answer: Answer| (answer.status, answer.body.replace(ticket, "/p/code/T").replace(number, "N"));
        pages.push([plain(page), plain(refused), plain(soon)]);
    }
    assert_eq!(pages[0], pages[1]);
    assert_eq!(pages[0][2].0, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!((inbox(&app, NUMBER).await.len(), inbox(&app, OTHER).await.len()), (1, 0));
}

async fn wrong_codes_are_said_and_end_after_five(app: TestApp) {
    known(&app, NUMBER).await;
    let mut phone = Browser::new(&app);
    let ticket = phone.post("/p", &[("phone", NUMBER)]).await.location().to_owned();
    let code = latest_code(&app, NUMBER).await;
    let short = phone.post(&ticket, &[("code", "123")]).await;
    assert!(short.body.contains("A code has 6 digits") && short.body.contains(r#"value="123""#) && short.body.contains("<title>Error: "));
    for left in (1..5).rev() {
        let refused = phone.post(&ticket, &[("code", &wrong(&code))]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body.contains(&format!("Tries left: {left}.")) && refused.body.contains(r#"role="alert""#), "{left}");
    }
    for code in [wrong(&code), code] {
        let ended = phone.post(&ticket, &[("code", &code)]).await;
        assert!(ended.body.contains("This code has ended") && !ended.body.contains(r#"name="code""#));
    }
}

async fn what_is_no_number_is_refused_with_what_was_typed(app: TestApp) {
    let mut phone = Browser::new(&app);
    for (typed, said) in
        [("call \"me\"", "not a whole phone number"), ("", "not a whole phone number"), ("+442079460123", "cannot get text messages")]
    {
        let refused = phone.post("/p", &[("phone", typed)]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY, "{typed}");
        assert!(refused.body.contains(said) && refused.body.contains(r#"aria-invalid="true""#), "{typed}");
    }
    let kept = phone.post("/p", &[("phone", "call \"me\"")]).await;
    assert!(kept.body.contains("call &quot;me&quot;"));
}

async fn a_subaccount_has_a_door_of_its_own(app: TestApp) {
    let mut tx = app.db.write().await.expect("the database writes");
    let other = subaccount_named(&mut tx, "Laundry & Co", app.clock.now()).await.expect("a subaccount");
    let phone = Phone::from_e164(NUMBER).expect("a number");
    contacts::ensure(&mut tx, &app.cipher.tenant(&other), &other, &[phone], app.clock.now()).await.expect("a person");
    tx.commit().await.expect("committed");
    let mut phone = Browser::new(&app);
    let page = phone.get("/p?org=Laundry%20%26%20Co").await;
    assert!(page.body.contains("Laundry &amp; Co") && page.body.contains("org=Laundry%20%26%20Co"));
    let next = phone.post("/p?org=Laundry%20%26%20Co&lang=en", &[("phone", NUMBER)]).await.location().to_owned();
    let page = phone.get(&next).await;
    assert!(page.body.contains("org=Laundry%20%26%20Co"), "another code is asked for at the same door");
    assert_eq!(phone.get("/p?org=nobody").await.status, StatusCode::NOT_FOUND);
    assert_eq!(phone.get("/p/code/nonsense").await.status, StatusCode::NOT_FOUND);
}

async fn another_site_cannot_ask_for_codes(app: TestApp) {
    known(&app, NUMBER).await;
    let mut phone = Browser::new(&app);
    for (header, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example"), ("origin", "null")] {
        let request = Request::post("/p").header("content-type", "application/x-www-form-urlencoded").header(header, value);
        let answer = phone.send(request.body(Body::from("phone=%2B14155550123")).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{header}: {value}");
    }
    assert!(inbox(&app, NUMBER).await.is_empty());
}

async fn an_ended_link_leads_to_the_number(app: TestApp) {
    let path = link(&app, NUMBER).await;
    app.advance(30 * DAY);
    let page = Browser::new(&app).get(&path).await;
    assert_eq!(page.status, StatusCode::GONE);
    for tag in ["en", "fa", "zh-Hant"] {
        assert!(page.body.contains(&format!(r#"href="/p?lang={tag}""#)), "{tag}");
    }
}

async fn data_is_given_out_after_a_code_only(app: TestApp) {
    let path = link(&app, NUMBER).await;
    let request = SendRequest { to: NUMBER.into(), text: Some("Your order is ready".into()), ..SendRequest::default() };
    messages::send(&app, &app.actor(Role::Marketer), request).await.expect("accepted");
    app.dispatch_all().await;
    let mut phone = Browser::new(&app);
    let page = phone.get(&format!("{path}/data")).await;
    assert!(page.body.contains("Send me a code") && !page.body.contains("JSON"));
    let early = phone.post(&format!("{path}/data"), &[("format", "json")]).await;
    assert_eq!(early.status, StatusCode::FORBIDDEN, "a link alone is not enough");
    let next = asked(&mut phone, &format!("{path}/data")).await;
    let code = latest_code(&app, NUMBER).await;
    assert!(inbox(&app, NUMBER).await[1].contains("lets you download your data"));
    let refused = phone.post(&next, &[("code", &wrong(&code))]).await;
    assert!(refused.body.contains("Tries left: 4."));
    let ready = phone.post(&next, &[("code", &code)]).await.location().to_owned();
    let page = phone.get(&ready).await;
    assert!(page.body.contains("For programs (JSON)") && page.body.contains("until 10:10"));
    for (format, kind) in [("json", "application/json"), ("csv", "text/csv; charset=utf-8")] {
        let file = phone.post(&ready, &[("format", format)]).await;
        assert_eq!((file.status, file.header("content-type")), (StatusCode::OK, kind));
        assert_eq!(file.header("content-disposition"), format!("attachment; filename=\"person.{format}\""));
        assert!(file.body.contains("Your order is ready") && file.body.contains(NUMBER), "{format}");
        assert!(!file.body.contains(&code), "a code is in no file");
    }
    app.advance(10 * MINUTE);
    assert_eq!(phone.post(&ready, &[("format", "json")]).await.status, StatusCode::GONE);
}

async fn erasing_needs_a_code_and_a_tick(app: TestApp) {
    let path = link(&app, NUMBER).await;
    let mut phone = Browser::new(&app);
    let page = phone.get(&format!("{path}/erase")).await;
    assert!(page.body.contains("Nobody can bring any of it back."), "it says what it does");
    let next = asked(&mut phone, &format!("{path}/erase")).await;
    let code = latest_code(&app, NUMBER).await;
    assert!(inbox(&app, NUMBER).await[0].contains("ERASES your data"));
    let unsure = phone.post(&next, &[("code", &code)]).await;
    assert_eq!(unsure.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(unsure.body.contains("Tick the box first") && unsure.body.contains(&code), "what was typed stays");
    let wrong = phone.post(&next, &[("code", &wrong(&code)), ("sure", "on")]).await;
    assert!(wrong.body.contains("Tries left: 4."), "the missing tick cost no try");
    let done = phone.submit(&next, &[("code", &code), ("sure", "on")]).await;
    assert!(done.status == StatusCode::OK && done.body.contains("Your data is erased"));
    assert_eq!(phone.get(&path).await.status, StatusCode::GONE, "the link ends with the person");
    let check = preferences::check(&app, &app.actor(Role::Marketer), NUMBER).await.expect("readable");
    assert!(check.opted_out, "the number stays refused");
    let mut tx = app.db.read().await.expect("the database reads");
    let (left,): (i64,) = tx.query("select count(*) from contacts where phone is not null").fetch_one().await.expect("a count");
    assert_eq!(left, 0);
    let (by,): (String,) = tx.query("select actor from audit_log where action = 'person.erase'").fetch_one().await.expect("a line");
    assert_eq!(by, "the customer");
}

async fn the_code_of_one_person_opens_nothing_of_another(app: TestApp) {
    let (mine, theirs) = (link(&app, NUMBER).await, link(&app, OTHER).await);
    let mut phone = Browser::new(&app);
    let next = asked(&mut phone, &format!("{mine}/erase")).await;
    let code = latest_code(&app, NUMBER).await;
    let moved = next.replace(&mine, &theirs);
    assert_ne!(moved, next);
    let refused = phone.post(&moved, &[("code", &code), ("sure", "on")]).await;
    assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.body.contains("This code has ended"));
    assert_eq!(phone.get(&theirs).await.status, StatusCode::OK, "nobody was erased");
    assert_eq!(phone.get(&mine).await.status, StatusCode::OK);
}

async fn who_stopped_codes_too_is_told_the_way_back(app: TestApp) {
    let path = link(&app, NUMBER).await;
    let everything = OptRequest { phone: NUMBER.into(), category: None, reason: None, proof: None };
    preferences::opt_out(&app, &app.actor(Role::Marketer), &everything).await.expect("opted out");
    let mut phone = Browser::new(&app);
    for page in [phone.get(&format!("{path}/erase")).await, phone.post(&format!("{path}/erase"), &[("do", "code")]).await] {
        assert!(page.body.contains("Write START") && !page.body.contains("Send me a code"));
    }
}

async fn nothing_changes_by_looking(app: TestApp) {
    let path = link(&app, NUMBER).await;
    let mut phone = Browser::new(&app);
    let ticket = phone.post("/p", &[("phone", NUMBER)]).await.location().to_owned();
    app.advance(MINUTE);
    let next = asked(&mut Browser::new(&app), &format!("{path}/data")).await;
    let counted = async || {
        let mut tx = app.db.read().await.expect("the database reads");
        let sql = "select (select count(*) from messages) + (select count(*) from audit_log) + (select count(*) from code_requests) \
                   + (select coalesce(sum(attempts), 0) from code_challenges)";
        let (n,): (i64,) = tx
            .query(&sql.replace("coalesce(sum(attempts), 0)", "cast(coalesce(sum(attempts), 0) as bigint)"))
            .fetch_one()
            .await
            .expect("a count");
        n
    };
    let before = counted().await;
    for page in [&ticket, &next, &format!("{path}/data"), &format!("{path}/erase"), &"/p/erased".to_owned(), &"/p".to_owned()] {
        for query in ["", "&code=000000&sure=on&format=json&do=code&phone=%2B14155550123"] {
            let address = if page.contains('?') { format!("{page}{query}") } else { format!("{page}?{}", query.trim_start_matches('&')) };
            assert_eq!(phone.get(&address).await.status, StatusCode::OK, "{address}");
        }
    }
    assert_eq!(counted().await, before);
}

async fn an_admin_sees_a_stop_and_releases_it(app: TestApp) {
    let mut admin = Browser::signed_in(&app, Role::Admin).await;
    assert!(admin.get("/settings/codes").await.body.contains("No codes are stopped."));
    for n in 0..20 {
        to_range(&app, n).await.expect("sent");
    }
    app.advance(MINUTE);
    assert!(to_range(&app, 21).await.is_err());
    let page = admin.get("/settings/codes").await;
    for shown in ["United States", "Confirming a number", "0 of 20"] {
        assert!(page.body.contains(shown), "{shown}");
    }
    let id = page.body.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("the stop's id").to_owned();
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    assert_eq!(marketer.get("/settings/codes").await.status, StatusCode::FORBIDDEN);
    marketer.post("/do/settings/codes/release", &[("id", &id)]).await;
    assert!(to_range(&app, 22).await.is_err(), "who may not change settings releases nothing");
    let released = admin.submit("/do/settings/codes/release", &[("id", &id)]).await;
    assert!(released.body.contains("Codes go there again.") && released.body.contains("No codes are stopped."));
    to_range(&app, 23).await.expect("codes go again");
}
