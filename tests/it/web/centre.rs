//! What people set on their preference centre, and that it holds for what waits; its language and its weight.

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use peyk::access::Role;
use peyk::kernel::clock::DAY;
use peyk::messages::{self, SendRequest};
use tower::ServiceExt as _;

use super::Browser;
use super::browser::Answer;
use super::codes::link;
use crate::codes::inbox;
use crate::harness::{TestApp, both_engines};

both_engines! {
    a_limit_of_offers_holds_for_messages_that_wait,
    a_break_holds_messages_that_wait,
    the_page_follows_the_persons_then_the_browsers_language,
    every_page_with_its_stylesheet_is_below_25_kilobytes,
}

const NUMBER: &str = "+14155550123";

/// The place in the ledger that the page's form holds.
fn seen(page: &Answer) -> String {
    let field = page.body.split("name=\"seen\" value=\"").nth(1).expect("the form holds what it has seen");
    field.split('"').next().expect("a value").to_owned()
}

async fn offer(app: &TestApp, text: &str) {
    let request = SendRequest { to: NUMBER.into(), text: Some(text.into()), category: Some("marketing".into()), ..SendRequest::default() };
    messages::send(app, &app.actor(Role::Marketer), request).await.expect("accepted");
}

/// Agrees to everything and sets the other fields of the page.
async fn save(phone: &mut Browser, path: &str, others: &[(&str, &str)]) -> Answer {
    let page = phone.get(path).await;
    let seen = seen(&page);
    let all = ["order", "payment", "delivery", "reminder", "account", "marketing"].map(|category| (category, "on"));
    let form: Vec<(&str, &str)> = all.into_iter().chain(others.iter().copied()).chain([("seen", seen.as_str())]).collect();
    phone.submit(path, &form).await
}

async fn a_limit_of_offers_holds_for_messages_that_wait(app: TestApp) {
    let path = link(&app, NUMBER).await;
    let mut phone = Browser::new(&app);
    save(&mut phone, &path, &[("pause", "0")]).await;
    for text in ["One", "Two", "Three", "Four"] {
        offer(&app, text).await;
    }
    let order =
        SendRequest { to: NUMBER.into(), text: Some("Your order".into()), category: Some("order".into()), ..SendRequest::default() };
    messages::send(&app, &app.actor(Role::Marketer), order).await.expect("accepted");
    let saved = save(&mut phone, &path, &[("pause", "0"), ("most", "2")]).await;
    assert!(saved.body.contains("At most 2 offers within 30 days") && saved.body.contains(r#"value="2" checked"#));
    let mut got = inbox(&app, NUMBER).await;
    got.sort();
    assert_eq!(got.len(), 3, "{got:?}");
    assert!(got.contains(&"Your order".to_owned()), "only offers are limited");
    let reasons = async || {
        let mut tx = app.db.read().await.expect("the database reads");
        let rows: Vec<(String,)> = tx.query("select reason from messages where status = 'dropped'").fetch_all().await.expect("messages");
        rows.into_iter().map(|(reason,)| reason).collect::<Vec<_>>()
    };
    assert_eq!(reasons().await, ["frequency", "frequency"]);
    app.advance(29 * DAY);
    offer(&app, "Five").await;
    assert_eq!((inbox(&app, NUMBER).await.len(), reasons().await.len()), (3, 3));
    app.advance(2 * DAY);
    offer(&app, "Six").await;
    assert_eq!(inbox(&app, NUMBER).await.len(), 4, "thirty days later there is room again");
    let fresh = link(&app, NUMBER).await;
    let lifted = save(&mut phone, &fresh, &[("pause", "0"), ("most", "0")]).await;
    assert!(lifted.body.contains("No limit of offers any more"));
}

async fn a_break_holds_messages_that_wait(app: TestApp) {
    let path = link(&app, NUMBER).await;
    let mut phone = Browser::new(&app);
    save(&mut phone, &path, &[("pause", "0")]).await;
    let request = SendRequest {
        to: NUMBER.into(),
        text: Some("Soon".into()),
        not_after: Some("2026-12-20T00:00:00Z".into()),
        ..SendRequest::default()
    };
    messages::send(&app, &app.actor(Role::Marketer), request).await.expect("accepted");
    save(&mut phone, &path, &[("pause", "7")]).await;
    assert!(inbox(&app, NUMBER).await.is_empty(), "what waited waits on");
    app.advance(7 * DAY);
    assert_eq!(inbox(&app, NUMBER).await, ["Soon"], "the break ends by itself");
}

async fn the_page_follows_the_persons_then_the_browsers_language(app: TestApp) {
    let path = link(&app, NUMBER).await;
    let mut phone = Browser::new(&app);
    let read = async |phone: &mut Browser, path: &str| {
        let request = Request::get(path).header("accept-language", "de, fa-IR;q=0.8, en;q=0.5").body(Body::empty()).expect("a request");
        phone.send(request).await
    };
    let page = read(&mut phone, &path).await;
    assert!(page.body.contains(r#"<html lang="fa""#) && page.body.contains(r#"value="fa" checked"#), "what the browser's owner reads");
    let entrance = read(&mut phone, "/p").await;
    assert!(entrance.body.contains(r#"<html lang="fa""#));
    let chosen = save(&mut phone, &path, &[("pause", "0"), ("language", "zh-Hant")]).await;
    assert!(chosen.body.contains(r#"<html lang="zh-Hant""#));
    let page = read(&mut phone, &path).await;
    assert!(
        page.body.contains(r#"<html lang="zh-Hant""#) && page.body.contains(r#"value="zh-Hant" checked"#),
        "the person's own comes first"
    );
}

/// Bytes of a page and all that it loads, as they go over the wire.
async fn weight(app: &TestApp, path: &str) -> usize {
    let get = async |path: &str, encoding: Option<&str>| {
        let mut request = Request::get(path);
        if let Some(encoding) = encoding {
            request = request.header(header::ACCEPT_ENCODING, encoding);
        }
        let router = peyk::web::router(app.shared().clone());
        let answer = router.oneshot(request.body(Body::empty()).expect("a request")).await.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let head: usize = answer.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let body = answer.into_body().collect().await.expect("a body").to_bytes();
        (head + body.len(), body)
    };
    let (_, page) = get(path, None).await;
    let page = String::from_utf8(page.to_vec()).expect("UTF-8");
    let assets = page.split("href=\"/assets/").skip(1).filter_map(|rest| rest.split('"').next());
    let mut sum = get(path, Some("gzip")).await.0;
    for asset in assets {
        sum += get(&format!("/assets/{asset}"), Some("gzip")).await.0;
    }
    sum
}

async fn every_page_with_its_stylesheet_is_below_25_kilobytes(app: TestApp) {
    let path = link(&app, NUMBER).await;
    for lang in ["en", "fa", "zh-Hant"] {
        for page in [
            format!("{path}?lang={lang}"),
            format!("{path}/erase?lang={lang}"),
            format!("{path}/data?lang={lang}"),
            format!("/p?lang={lang}"),
        ] {
            let bytes = weight(&app, &page).await;
            assert!(bytes < 25_000, "{lang}: {bytes} bytes");
        }
    }
}
