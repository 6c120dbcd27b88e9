//! The preference centre, as a person's telephone meets it: no account, no JavaScript, no cookie.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use peyk::access::Role;
use peyk::consent::link::LIFE;
use peyk::preferences::{self, Check, OptRequest};

use super::Browser;
use super::browser::Answer;
use crate::harness::{TestApp, both_engines};

both_engines! {
    opening_the_page_changes_nothing_and_needs_no_cookie,
    saving_says_what_changed_in_the_persons_language,
    stop_all_takes_one_press_and_one_to_take_back,
    a_form_from_before_a_stop_is_shown_again,
    faulty_quiet_hours_are_refused_with_what_was_typed,
    a_broken_or_ended_link_says_so_in_three_languages,
    another_site_cannot_press_the_buttons,
    each_language_has_its_own_page_without_scripts,
    a_persons_page_does_not_show_their_whole_number,
}

const NUMBER: &str = "+14155550123";

async fn page_of(app: &TestApp) -> String {
    let link = preferences::preference_link(app, &app.actor(Role::Marketer), NUMBER).await.expect("a link");
    link.url.strip_prefix("http://127.0.0.1:3000").expect("our own address").to_owned()
}

async fn check(app: &TestApp) -> Check {
    preferences::check(app, &app.actor(Role::Marketer), NUMBER).await.expect("readable")
}

fn allowed(check: &Check) -> Vec<&'static str> {
    check.categories.iter().filter(|(_, a)| a.allowed).map(|(c, _)| c.as_str()).collect()
}

/// The place in the ledger that the page's form holds.
fn seen(page: &Answer) -> String {
    let field = page.body.split("name=\"seen\" value=\"").nth(1).expect("the form holds what it has seen");
    field.split('"').next().expect("a value").to_owned()
}

async fn opening_the_page_changes_nothing_and_needs_no_cookie(app: TestApp) {
    let path = page_of(&app).await;
    let before = check(&app).await;
    let mut phone = Browser::new(&app);
    for asked in [path.clone(), format!("{path}?do=stop&seen=0&saved=0&again=1&lang=xx&lang=fa"), format!("{path}?saved=%ff&language")] {
        let page = phone.get(&asked).await;
        assert_eq!(page.status, StatusCode::OK, "{asked}");
        assert_eq!(page.header("referrer-policy"), "no-referrer");
        assert_eq!((page.header("cache-control"), page.header("set-cookie")), ("no-store", ""));
    }
    assert_eq!(check(&app).await, before);
}

async fn saving_says_what_changed_in_the_persons_language(app: TestApp) {
    let path = page_of(&app).await;
    let mut phone = Browser::new(&app);
    let page = phone.get(&path).await;
    let all = ["order", "payment", "delivery", "account", "marketing"].map(|category| (category, "on"));
    let rest = [("pause", "7"), ("quiet", "on"), ("from", "22:00"), ("to", "07:30"), ("language", "fa")];
    let before = seen(&page);
    let form: Vec<_> = all.into_iter().chain(rest).chain([("seen", before.as_str())]).collect();
    let saved = phone.submit(&format!("{path}?lang=en"), &form).await;
    assert_eq!((saved.status, saved.header("set-cookie")), (StatusCode::OK, ""));
    assert!(saved.body.contains(r#"<html lang="fa" dir="rtl""#), "the page follows the language that was chosen");
    for said in ["پیشنهادها و خبرها: روشن", "یادآوری‌ها: خاموش", "توقف موقت تا ۷ آذر", "سکوت از ۲۲:۰۰ تا ۰۷:۳۰", "زبان: فارسی"]
    {
        assert!(saved.body.contains(said), "{said}");
    }
    assert!(!saved.body.contains("سفارش‌ها: "), "what stayed is not named");
    assert_eq!(allowed(&check(&app).await), ["order", "payment", "delivery", "authentication", "marketing", "account"]);
    let again = phone.get(&path).await;
    assert!(!again.body.contains("ذخیره شد"), "it is said once");
    let after = seen(&again);
    let kept = [("seen", after.as_str()), ("pause", "keep"), ("quiet", "on"), ("from", "22:00"), ("to", "07:30")];
    let form: Vec<_> = all.into_iter().chain(kept).collect();
    let same = phone.submit(&path, &form).await;
    assert!(same.body.contains("ذخیره شد") && !same.body.contains("توقف موقت تا ۷ آذر</li>"), "nothing more was recorded");
}

async fn stop_all_takes_one_press_and_one_to_take_back(app: TestApp) {
    let path = page_of(&app).await;
    let mut phone = Browser::new(&app);
    let before = allowed(&check(&app).await);
    let page = phone.get(&path).await;
    assert!(page.body.contains("Stop all messages now"));
    let stopped = phone.submit(&path, &[("seen", &seen(&page)), ("do", "stop")]).await;
    assert!(stopped.body.contains("All messages are stopped."));
    assert!(!stopped.body.contains("Stop all messages now"), "there is nothing left to stop");
    assert_eq!(allowed(&check(&app).await), ["authentication"]);
    let started = phone.submit(&path, &[("seen", &seen(&stopped)), ("do", "start")]).await;
    assert!(started.body.contains("Messages are sent again") && started.body.contains("Stop all messages now"));
    assert_eq!(allowed(&check(&app).await), before);
}

async fn a_form_from_before_a_stop_is_shown_again(app: TestApp) {
    let path = page_of(&app).await;
    let mut phone = Browser::new(&app);
    let seen = seen(&phone.get(&path).await);
    let everything = OptRequest { phone: NUMBER.into(), category: None, reason: None, proof: None };
    preferences::opt_out(&app, &app.actor(Role::Marketer), &everything).await.expect("opted out");
    let again = phone.submit(&path, &[("seen", &seen), ("order", "on"), ("pause", "0")]).await;
    assert!(again.body.contains("Something changed since you opened this page"));
    assert!(again.body.contains("also sign-in and security codes"), "the page shows how it stands");
    assert!(check(&app).await.opted_out);
}

async fn faulty_quiet_hours_are_refused_with_what_was_typed(app: TestApp) {
    let path = page_of(&app).await;
    let mut phone = Browser::new(&app);
    let fields = [("seen", "0"), ("pause", "14"), ("quiet", "on"), ("from", "22:15"), ("to", "22:15"), ("marketing", "on")];
    let refused = phone.post(&path, &fields).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.body.contains("two different times") && refused.body.contains(r#"role="alert""#));
    assert!(refused.body.contains(r#"value="22:15""#) && refused.body.contains(r#"value="14" checked"#));
    assert!(!allowed(&check(&app).await).contains(&"marketing"), "nothing was saved");
    let unreadable = phone.post(&path, &[("do", "stop")]).await;
    assert_eq!(unreadable.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(!check(&app).await.opted_out);
}

async fn a_broken_or_ended_link_says_so_in_three_languages(app: TestApp) {
    let path = page_of(&app).await;
    let mut phone = Browser::new(&app);
    let cut = &path[..path.len() - 1];
    let in_three =
        |page: &Answer| ["This link does not work", "این پیوند کار نمی‌کند", "此連結無法使用"].iter().all(|t| page.body.contains(t));
    for answer in [phone.get(cut).await, phone.post(cut, &[("seen", "0"), ("do", "stop")]).await] {
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert!(in_three(&answer) && !answer.body.contains(NUMBER));
    }
    app.advance(LIFE);
    for answer in [phone.get(&path).await, phone.post(&path, &[("seen", "0"), ("do", "stop")]).await] {
        assert_eq!(answer.status, StatusCode::GONE);
        assert!(in_three(&answer));
    }
    assert!(!check(&app).await.opted_out);
}

async fn another_site_cannot_press_the_buttons(app: TestApp) {
    let path = page_of(&app).await;
    let mut phone = Browser::new(&app);
    for (header, value) in [("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")] {
        let request = Request::post(&path).header("content-type", "application/x-www-form-urlencoded").header(header, value);
        let answer = phone.send(request.body(Body::from("seen=0&do=stop")).expect("a request")).await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{header}");
    }
    assert!(!check(&app).await.opted_out);
}

async fn each_language_has_its_own_page_without_scripts(app: TestApp) {
    let path = page_of(&app).await;
    let mut phone = Browser::new(&app);
    for (tag, dir, title) in [("en", "ltr", "Your text messages"), ("fa", "rtl", "پیامک‌های شما"), ("zh-Hant", "ltr", "您的簡訊設定")]
    {
        let page = phone.get(&format!("{path}?lang={tag}")).await;
        assert!(page.body.contains(&format!(r#"<html lang="{tag}" dir="{dir}""#)), "{tag}");
        assert!(page.body.contains(&format!("<title>{title} – ")), "{tag}");
        assert!(!page.body.contains("<script") && !page.body.contains("style="), "{tag}");
        assert!(page.body.len() < 16_000, "{tag}: {} bytes before compression", page.body.len());
    }
}

async fn a_persons_page_does_not_show_their_whole_number(app: TestApp) {
    let path = page_of(&app).await;
    let page = Browser::new(&app).get(&path).await;
    let digits: String = page.body.chars().filter(char::is_ascii_digit).collect();
    assert!(!digits.contains("4155550123") && !page.body.contains("415 555"), "masked");
    assert!(page.body.contains("123</bdi>"), "its end is shown, so that people know which phone is meant");
}
