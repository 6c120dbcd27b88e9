//! Overview, history, costs and the page for one message.

use axum::http::StatusCode;
use peyk::access::{Role, audit_entries};
use peyk::costs::{self, GroupBy};
use peyk::kernel::clock::DAY;
use peyk::kernel::page::PageRequest;
use peyk::messages::{self, Filter, Status};
use peyk::templates::{self, TemplateInput};
use serde_json::json;

use super::Browser;
use crate::harness::{TestApp, both_engines};
use crate::messages::{PHONE, get, history, send, text_to};

both_engines! {
    an_empty_desk_shows_first_steps_and_then_figures,
    the_figures_of_the_overview_are_those_of_costs,
    history_finds_a_number_in_any_spelling,
    a_number_that_cannot_be_read_is_told_beside_the_field,
    history_goes_on_page_by_page_and_exports_exactly_the_search,
    a_viewer_sees_masked_numbers_and_no_text,
    a_message_page_tells_its_story_and_offers_only_what_is_legal,
    costs_add_up_in_every_grouping_and_name_what_they_group,
    one_form_sends_one_message,
    a_refused_form_keeps_what_was_typed,
    a_preview_shows_the_price_of_a_character_and_its_remedy,
    a_template_shows_its_fields_and_its_live_words,
    a_viewer_cannot_send,
}

/// A number that the carrier refuses for good.
const REFUSED: &str = "+12025550001";

/// A form as the page gives it, with a token of its own.
fn form<'a>(to: &'a str, text: &'a str, once: &'a str) -> Vec<(&'static str, &'a str)> {
    vec![("once", once), ("to", to), ("text", text), ("category", "order")]
}

/// How often a text occurs.
fn times(page: &str, text: &str) -> usize {
    page.matches(text).count()
}

async fn an_empty_desk_shows_first_steps_and_then_figures(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Owner).await;
    let page = browser.get("/").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("First steps") && page.body.contains("Upload a CSV"), "{}", page.body);
    assert!(!page.body.contains("Messages sent"));
    let message = send(&app, text_to(PHONE)).await;
    app.dispatch_all().await;
    let page = browser.get("/").await.body;
    assert!(page.contains("Messages sent") && !page.contains("First steps"), "{page}");
    assert!(page.contains(&format!("/history/{}", message.id)), "the latest messages link to their pages");
    assert!(page.contains("carrier simulator"), "nothing reaches a phone, and the page says so");
}

async fn the_figures_of_the_overview_are_those_of_costs(app: TestApp) {
    for to in [PHONE, PHONE, REFUSED] {
        send(&app, text_to(to)).await;
    }
    app.dispatch_all().await;
    app.advance(DAY);
    send(&app, text_to(PHONE)).await;
    app.dispatch_all().await;
    let mut browser = Browser::signed_in(&app, Role::Owner).await;
    let page = browser.get("/?period=7").await.body;
    let days = costs::days(&app, &app.actor(Role::Owner), None).await.expect("days");
    let (yesterday, today) = (&days[days.len() - 2], &days[days.len() - 1]);
    assert_eq!((yesterday.count("sent"), yesterday.count("failed"), today.count("sent")), (2, 1, 1));
    for (day, failed, moving) in [("21 Nov", 1, 2), ("22 Nov", 0, 1)] {
        let row = format!(r#"<th scope="row">{day}</th><td class="num">0</td><td class="num">{failed}</td><td class="num">{moving}</td>"#);
        assert!(page.contains(&row), "{row} in {page}");
    }
    assert!(page.contains("<dt>Messages sent</dt><dd>4</dd>"), "{page}");
    assert!(page.contains("<dt>Delivered</dt><dd>0.0%</dd>"), "{page}");
    let page = browser.get("/?period=today").await.body;
    assert!(page.contains("<dt>Messages sent</dt><dd>1</dd>") && page.contains("▼ 66.7%"), "{page}");
}

async fn history_finds_a_number_in_any_spelling(app: TestApp) {
    let wanted = send(&app, text_to(PHONE)).await;
    let other = send(&app, text_to("+12025550199")).await;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    for spelling in ["%2B1%20202-555-0123", "(202)%20555-0123", "0012025550123"] {
        let page = browser.get(&format!("/history?to={spelling}")).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(page.body.contains(&wanted.id) && !page.body.contains(&other.id), "{spelling}: {}", page.body);
    }
    let none = browser.get("/history?to=%2B447400123456").await.body;
    assert!(none.contains("No message fits"), "{none}");
}

async fn a_number_that_cannot_be_read_is_told_beside_the_field(app: TestApp) {
    send(&app, text_to(PHONE)).await;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let page = browser.get("/history?to=12&category=order").await;
    assert!(page.body.contains(r#"id="to-error""#) && page.body.contains("There is a problem"), "{}", page.body);
    assert!(page.body.contains(r#"value="12""#), "what was typed is kept");
    assert!(page.body.contains("<title>Error: History"), "{}", page.body);
    let export = browser.get("/history.csv?to=12").await;
    assert_eq!(export.status, StatusCode::UNPROCESSABLE_ENTITY);
}

async fn history_goes_on_page_by_page_and_exports_exactly_the_search(app: TestApp) {
    for _ in 0..60 {
        send(&app, text_to(PHONE)).await;
    }
    send(&app, text_to("+12025550199")).await;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let first = browser.get("/history?to=%2B12025550123").await.body;
    assert_eq!(times(&first, r#"<th scope="row"><a href="/history/"#), 50);
    let next = first.split(r#"rel="next""#).next().and_then(|before| before.rsplit("href=\"").next()).expect("a next page");
    let next = next.split('"').next().expect("an address").replace("&amp;", "&");
    let second = browser.get(&next).await.body;
    assert_eq!(times(&second, r#"<th scope="row"><a href="/history/"#), 10, "{next}");
    assert!(second.contains("First page") && !second.contains("Next page"));
    let export = browser.get("/history.csv?to=%2B12025550123").await;
    assert_eq!(export.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(export.body.lines().count(), 61, "{}", export.body);
    assert!(export.body.contains("'+12025550123") && !export.body.contains("0199"));
    let everything = browser.get("/history.csv").await.body;
    assert_eq!(everything.lines().count(), 62);
    // Who took the numbers away stands in the log, but not which.
    let log = audit_entries(&app, &app.actor(Role::Owner), &PageRequest::default()).await.expect("a log").items;
    let taken: Vec<&str> = log.iter().filter(|line| line.action == "message.export").map(|line| line.actor.as_str()).collect();
    assert!(taken.len() == 2 && taken.iter().all(|actor| actor.contains("marketer")), "{log:?}");
    assert!(!format!("{log:?}").contains("2025550123"));
}

async fn a_viewer_sees_masked_numbers_and_no_text(app: TestApp) {
    let message = send(&app, text_to(PHONE)).await;
    let mut browser = Browser::signed_in(&app, Role::Viewer).await;
    for path in ["/", "/history", &format!("/history/{}", message.id), "/history.csv"] {
        let page = browser.get(path).await;
        assert_eq!(page.status, StatusCode::OK, "{path}");
        assert!(!page.body.contains("2025550123") && !page.body.contains("on its way"), "{path}: {}", page.body);
        assert!(!page.body.contains("/do/messages/cancel"), "{path}");
    }
}

async fn a_message_page_tells_its_story_and_offers_only_what_is_legal(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let waiting = send(&app, text_to(PHONE)).await;
    let path = format!("/history/{}", waiting.id);
    let page = browser.get(&path).await.body;
    assert!(page.contains("/do/messages/cancel") && !page.contains("/do/messages/retry"), "{page}");
    assert!(page.contains("Your order is on its way") && page.contains("21 Nov 2026, 10:00:00.000"), "{page}");
    let page = browser.submit("/do/messages/cancel", &[("id", &waiting.id)]).await.body;
    assert!(page.contains("Cancelled") && !page.contains("/do/messages/cancel"), "{page}");
    let sent = send(&app, text_to(PHONE)).await;
    app.dispatch_all().await;
    let path = format!("/history/{}", sent.id);
    let page = browser.get(&path).await.body;
    assert!(page.contains("Sent, waiting for receipt") && page.contains("$0.0079"), "{page}");
    assert!(!page.contains("/do/messages/cancel") && !page.contains("/do/messages/retry"), "{page}");
    let answer = browser.post("/do/messages/cancel", &[("id", &sent.id)]).await;
    assert_eq!(answer.location(), path, "a late press is answered where the person is");
    assert_eq!(get(&app, &sent.id).await.message.status, Status::Sent);
    assert_eq!(browser.get("/history/msg_nothing").await.status, StatusCode::NOT_FOUND);
}

async fn costs_add_up_in_every_grouping_and_name_what_they_group(app: TestApp) {
    for to in [PHONE, "+12025550199", "+447400123456"] {
        send(&app, text_to(to)).await;
    }
    app.dispatch_all().await;
    let mut browser = Browser::signed_in(&app, Role::Owner).await;
    for by in GroupBy::ALL {
        let summary = costs::summary(&app, &app.actor(Role::Owner), None, by).await.expect("a summary");
        assert_eq!((summary.totals.messages, summary.totals.cost), (3, 3 * 7_900));
        let page = browser.get(&format!("/costs?group_by={}", by.as_str())).await.body;
        let foot = page.split("<tfoot>").nth(1).expect("totals");
        assert!(foot.contains("$0.0237"), "{by:?}: {foot}");
    }
    let named = |page: &str, name: &str| assert!(page.contains(&format!(r#"<th scope="row"><bdi>{name}</bdi></th>"#)), "{name}: {page}");
    named(&browser.get("/costs?group_by=country").await.body, "United Kingdom");
    named(&browser.get("/costs?group_by=provider").await.body, "simulator");
    named(&browser.get("/costs?group_by=campaign").await.body, "Single messages");
    let csv = browser.get("/costs.csv?group_by=country").await.body;
    assert!(csv.contains(r#""GB","United Kingdom","1","1","0.0079","0.0079","USD""#), "{csv}");
    let empty = browser.get("/costs?start_date=2020-01-01&end_date=2020-01-31").await.body;
    assert!(empty.contains("Nothing was sent in these days"), "{empty}");
    assert_eq!(browser.get("/costs?start_date=2020-02-01&end_date=2020-01-31").await.status, StatusCode::UNPROCESSABLE_ENTITY);
}

async fn one_form_sends_one_message(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let page = browser.get("/send").await.body;
    let once = page.split(r#"name="once" value=""#).nth(1).and_then(|rest| rest.split('"').next()).expect("a token").to_owned();
    let first = browser.post("/do/send", &form("(202) 555-0123", "Hello", &once)).await;
    assert_eq!(first.status, StatusCode::SEE_OTHER);
    assert!(first.location().starts_with("/history/msg_"), "{}", first.location());
    let again = browser.post("/do/send", &form("(202) 555-0123", "Hello", &once)).await;
    assert_eq!(again.location(), first.location(), "the second press leads to the same message");
    assert_eq!(history(&app, &Filter::default()).await.len(), 1);
    let changed = browser.submit("/do/send", &form(PHONE, "Something else", &once)).await.body;
    assert!(changed.contains("was sent before") && changed.contains("Something else"), "{changed}");
    assert_eq!(history(&app, &Filter::default()).await.len(), 1);
}

async fn a_refused_form_keeps_what_was_typed(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let page = browser.submit("/do/send", &form("12", "Hello </textarea>", "one")).await.body;
    assert!(page.contains(r#"id="to-error""#) && page.contains("Hello &lt;/textarea>"), "{page}");
    let mut later = form(PHONE, "Hello", "one");
    later.push(("send_at", "2026-11-22T09:00"));
    let page = browser.submit("/do/send", &later).await.body;
    assert!(page.contains("Scheduled"), "a refused form gives its token back: {page}");
    let message = &history(&app, &Filter::default()).await[0];
    assert_eq!((message.status, message.send_at - app.clock.now()), (Status::Scheduled, 23 * DAY / 24));
}

async fn a_preview_shows_the_price_of_a_character_and_its_remedy(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let text = format!("don’t {}", "x".repeat(70));
    let page = browser.post("/do/send/preview", &form(PHONE, &text, "one")).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("U+2019") && page.body.contains("1 segment instead of 2"), "{}", page.body);
    assert!(page.body.contains("It would be sent.") && page.body.contains("$0.0158"), "{}", page.body);
    let plain = browser.post("/do/send/plain", &form(PHONE, &text, "one")).await.body;
    assert!(plain.contains("don't xxx") && !plain.contains("U+2019") && plain.contains("$0.0079"), "{plain}");
    let marketing = [("to", PHONE), ("text", "Sale"), ("category", "marketing")];
    let page = browser.post("/do/send/preview", &marketing).await.body;
    assert!(page.contains("It would not be sent now") && page.contains("never agreed"), "{page}");
    assert!(history(&app, &Filter::default()).await.is_empty(), "looking sends nothing");
}

async fn a_template_shows_its_fields_and_its_live_words(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    let write = |text: &str| -> TemplateInput {
        serde_json::from_value(json!({"code": "greeting", "name": "Greeting", "category": "order", "texts": {"en": text}}))
            .expect("an input")
    };
    let template = templates::create(&app, &actor, write("Hi {{ name }}")).await.expect("created");
    templates::publish(&app, &actor, template.id.as_str(), None).await.expect("published");
    templates::update(&app, &actor, template.id.as_str(), write("Dear {{ name }} of {{ city }}")).await.expect("a draft");
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let page = browser.get("/send?template=greeting").await.body;
    assert!(page.contains(r#"name="variables.name""#) && !page.contains("variables.city"), "{page}");
    let fields = [("to", PHONE), ("template", "greeting"), ("variables.name", "Ann"), ("once", "one")];
    let page = browser.post("/do/send/preview", &fields).await.body;
    assert!(page.contains("Hi Ann") && !page.contains("Dear"), "what is shown is what is sent: {page}");
    browser.submit("/do/send", &fields).await;
    let list = messages::list(&app, &actor, &Filter::default(), &PageRequest::default()).await.expect("history").items;
    assert_eq!(get(&app, &list[0].id).await.message.text.as_deref(), Some("Hi Ann"));
    let missing = browser.submit("/do/send", &[("to", PHONE), ("template", "greeting"), ("once", "two")]).await.body;
    assert!(missing.contains(r#"id="variables.name-error""#), "{missing}");
}

async fn a_viewer_cannot_send(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Viewer).await;
    assert_eq!(browser.get("/send").await.status, StatusCode::FORBIDDEN);
    assert_eq!(browser.post("/do/send", &form(PHONE, "Hello", "one")).await.status, StatusCode::FORBIDDEN);
    assert!(history(&app, &Filter::default()).await.is_empty());
}
