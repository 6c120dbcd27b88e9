//! The inbox in a browser without JavaScript.

use axum::http::StatusCode;
use peyk::access::Role;
use peyk::inbox::{self, ReplyRequest};
use peyk::providers::Provider;
use serde_json::{Value, json};

use super::Browser;
use crate::api::Client;
use crate::harness::{TestApp, both_engines};
use crate::inbox::{OTHER, PERSON, connection, received, text, with, write};

both_engines! {
    opening_changes_nothing_and_a_button_marks_as_read,
    the_list_is_narrowed_and_searched,
    keywords_are_system_lines_and_whoever_opted_out_is_not_answered,
    an_answer_is_previewed_and_sent_once,
    a_saved_reply_is_kept_and_put_into_the_answer,
    a_conversation_is_closed_taken_and_opened_again,
    what_people_write_cannot_leave_its_place,
    a_viewer_sees_no_text_and_no_form,
    a_long_conversation_goes_on_page_by_page,
    keywords_are_set_on_their_page,
    a_keyword_is_told_by_what_came_of_it,
    closing_and_marking_go_as_far_as_the_page_showed,
}

/// The unread count as the navigation shows it; none when it is hidden.
fn unread(page: &str) -> Option<String> {
    let (_, rest) = page.split_once(r#"id="unread""#).expect("the navigation has a count");
    let (attributes, rest) = rest.split_once('>').expect("an element");
    let shown = !attributes.contains("hidden");
    shown.then(|| rest.split('<').next().unwrap_or_default().to_owned())
}

async fn opening_changes_nothing_and_a_button_marks_as_read(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    assert_eq!(unread(&browser.get("/").await.body), None);
    for event in ["e1", "e2"] {
        write(&app, event, PERSON, "Are you open?").await;
    }
    assert_eq!(unread(&browser.get("/").await.body).as_deref(), Some("2"));
    let list = browser.get("/inbox").await;
    assert!(list.status == StatusCode::OK && list.body.contains("2 unread") && list.body.contains("Are you open?"), "{}", list.body);
    let contact = with(&app, PERSON).await.contact;
    let path = format!("/inbox/{contact}");
    assert!(list.body.contains(&format!(r#"href="{path}""#)));
    for _ in 0..2 {
        let page = browser.get(&path).await.body;
        assert!(page.contains("Mark as read"), "{page}");
        assert_eq!(unread(&page).as_deref(), Some("2"), "looking is not reading");
    }
    let page = browser.get(&path).await.body;
    let upto = page.split(r#"name="upto" value=""#).nth(1).and_then(|rest| rest.split('"').next()).expect("how far").to_owned();
    write(&app, "e3", PERSON, "Hello?").await;
    let page = browser.submit("/do/inbox/read", &[("contact", &contact), ("upto", &upto)]).await.body;
    assert_eq!(unread(&page).as_deref(), Some("1"), "what came after the page was shown stays unread");
    let page = browser.submit("/do/inbox/read", &[("contact", &contact), ("upto", "")]).await.body;
    assert!(unread(&page).is_none() && !page.contains("Mark as read"), "{page}");
    let list = browser.submit("/do/inbox/unread", &[("contact", &contact)]).await.body;
    assert_eq!(unread(&list).as_deref(), Some("1"));
}

async fn the_list_is_narrowed_and_searched(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let empty = browser.get("/inbox").await.body;
    assert!(empty.contains("No conversations"), "{empty}");
    write(&app, "e1", PERSON, "one").await;
    write(&app, "e2", OTHER, "two").await;
    inbox::close(&app, &app.actor(Role::Marketer), &with(&app, OTHER).await.contact, None).await.expect("closed");
    let searches = |page: String| page.contains(r#"type="hidden" name="show""#);
    assert!(!searches(browser.get("/inbox").await.body), "a search from the list finds closed conversations too");
    assert!(searches(browser.get("/inbox?show=closed").await.body));
    for (address, one, two) in [
        ("/inbox", true, false),
        ("/inbox?show=closed", false, true),
        ("/inbox?show=all", true, true),
        ("/inbox?show=mine", false, false),
        ("/inbox?phone=%28202%29%20555-0124", false, true),
        ("/inbox?show=open&phone=%2B12025550124", false, false),
    ] {
        let page = browser.get(address).await.body;
        assert_eq!((page.contains(PERSON), page.contains("<bdi>two</bdi>")), (one, two), "{address}");
    }
    let refused = browser.get("/inbox?phone=12").await.body;
    assert!(refused.contains("There is a problem") && refused.contains("<title>Error: Inbox"), "{refused}");
}

async fn keywords_are_system_lines_and_whoever_opted_out_is_not_answered(app: TestApp) {
    let client = Client::new(&app).await;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    write(&app, "e1", PERSON, "لغو").await;
    let contact = with(&app, PERSON).await.contact;
    received(&app, &client, PERSON).await;
    let path = format!("/inbox/{contact}");
    let page = browser.get(&path).await.body;
    assert!(page.contains("Opted out on 21 Nov 2026, 10:00 by a stop word"), "{page}");
    assert!(page.contains("This person opted out of all messages"), "{page}");
    assert!(page.contains("لغو شد"), "the confirmation stands there too: {page}");
    assert_eq!(unread(&page), None);
    let refused = browser.submit("/do/inbox/reply", &[("contact", &contact), ("text", "Please stay"), ("once", "o1")]).await.body;
    assert!(refused.contains("Not sent: the person opted out") && refused.contains("Please stay"), "{refused}");
    write(&app, "e2", PERSON, "شروع").await;
    let page = browser.get(&path).await.body;
    assert!(page.contains("by a start word") && !page.contains("This person opted out of all messages"), "{page}");
}

async fn an_answer_is_previewed_and_sent_once(app: TestApp) {
    let client = Client::new(&app).await;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    client.put("/api/v1/sms/providers/simulator", serde_json::json!({"prices": {"US": "0.01"}})).await;
    write(&app, "e1", PERSON, "hello").await;
    let contact = with(&app, PERSON).await.contact;
    let long = "x".repeat(161);
    let page = browser.post("/do/inbox/preview", &[("contact", &contact), ("text", &long)]).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.body.contains("2 segments") && page.body.contains("$0.02") && page.body.contains(&long), "{}", page.body);
    assert!(received(&app, &client, PERSON).await.is_empty(), "a preview sends nothing");
    let form = [("contact", contact.as_str()), ("text", "Yes,\r\nwe are"), ("once", "o1")];
    for _ in 0..2 {
        let page = browser.submit("/do/inbox/reply", &form).await.body;
        assert!(page.contains("Accepted. The answer leaves in a moment."), "{page}");
    }
    assert_eq!(received(&app, &client, PERSON).await, ["Yes,\nwe are"]);
    let page = browser.get(&format!("/inbox/{contact}")).await.body;
    assert!(page.contains(r#"class="bubble mine""#) && page.contains("Sent, waiting for receipt"), "{page}");
    let other = browser.submit("/do/inbox/reply", &[("contact", &contact), ("text", "No"), ("once", "o1")]).await.body;
    assert!(other.contains("This form was sent before"), "{other}");
    let empty = browser.submit("/do/inbox/reply", &[("contact", &contact), ("text", ""), ("once", "o2")]).await.body;
    assert!(empty.contains("Write the text of the message."), "{empty}");
}

async fn a_saved_reply_is_kept_and_put_into_the_answer(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    write(&app, "e1", PERSON, "hello").await;
    let contact = with(&app, PERSON).await.contact;
    let page = browser.submit("/do/settings/replies/save", &[("id", ""), ("name", "Hours"), ("text", "Nine to five.")]).await.body;
    assert!(page.contains("Hours") && page.contains("Nine to five."), "{page}");
    let twice = browser.submit("/do/settings/replies/save", &[("id", ""), ("name", "Hours"), ("text", "Other")]).await.body;
    assert!(twice.contains("There is a saved reply of this name already."), "{twice}");
    let id = page.split("?edit=").nth(1).and_then(|rest| rest.split('"').next()).expect("it can be changed").to_owned();
    let page = browser.get(&format!("/inbox/{contact}")).await.body;
    assert!(page.contains(r#"data-insert="Nine to five.""#), "{page}");
    let page = browser.post("/do/inbox/insert", &[("contact", &contact), ("text", "We are open:"), ("insert", &id)]).await.body;
    assert!(page.contains("We are open: Nine to five.</textarea>"), "{page}");
    browser.submit("/do/settings/replies/save", &[("id", &id), ("name", "Times"), ("text", "Ten to six.")]).await;
    let saved = inbox::saved_replies(&app, &app.actor(Role::Viewer)).await.expect("a list");
    assert_eq!(saved.iter().map(|r| (r.name.as_str(), r.text.as_str())).collect::<Vec<_>>(), [("Times", "Ten to six.")]);
    let page = browser.submit("/do/settings/replies/delete", &[("id", &id)]).await.body;
    assert!(page.contains("No saved replies yet"), "{page}");
}

async fn a_conversation_is_closed_taken_and_opened_again(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    write(&app, "e1", PERSON, "hello").await;
    let contact = with(&app, PERSON).await.contact;
    let path = format!("/inbox/{contact}");
    let page = browser.get(&path).await.body;
    assert!(page.contains("Take it myself") && page.contains("Test marketer"), "{page}");
    let user = page.split(r#"name="user" value=""#).nth(1).and_then(|rest| rest.split('"').next()).expect("who I am").to_owned();
    let page = browser.submit("/do/inbox/assign", &[("contact", &contact), ("user", &user)]).await.body;
    assert!(page.contains("Test marketer answers this person.") && !page.contains("Take it myself"), "{page}");
    assert!(browser.get("/inbox?show=mine").await.body.contains(PERSON));
    let list = browser.submit("/do/inbox/close", &[("contact", &contact)]).await.body;
    assert!(list.contains("Closed. A text of the person opens it again.") && !list.contains(PERSON), "{list}");
    let page = browser.submit("/do/inbox/reopen", &[("contact", &contact)]).await.body;
    assert!(page.contains("The conversation is open again."), "{page}");
}

async fn what_people_write_cannot_leave_its_place(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let words = "</p></textarea><script>alert(1)</script><img src=x onerror=alert(1)>";
    write(&app, "e1", PERSON, words).await;
    let contact = with(&app, PERSON).await.contact;
    inbox::save_reply(&app, &app.actor(Role::Marketer), None, "<script>", words).await.expect("saved");
    for path in ["/inbox".to_owned(), format!("/inbox/{contact}"), "/settings/replies".to_owned()] {
        let page = browser.get(&path).await.body;
        assert!(!page.contains("<script>") && !page.contains("<img"), "{path}: {page}");
    }
    let page = browser.post("/do/inbox/preview", &[("contact", &contact), ("text", words)]).await.body;
    assert!(!page.contains("<script>") && !page.contains("<img"), "{page}");
}

async fn a_viewer_sees_no_text_and_no_form(app: TestApp) {
    write(&app, "e1", PERSON, "a secret").await;
    let contact = with(&app, PERSON).await.contact;
    let request = ReplyRequest { text: "our secret".into(), category: None };
    inbox::reply(&app, &app.actor(Role::Marketer), &contact, &request, None).await.expect("accepted");
    let mut browser = Browser::signed_in(&app, Role::Viewer).await;
    for path in ["/inbox".to_owned(), format!("/inbox/{contact}")] {
        let page = browser.get(&path).await;
        assert_eq!(page.status, StatusCode::OK);
        assert!(!page.body.contains("secret") && !page.body.contains("2025550123"), "{}", page.body);
        assert!(!page.body.contains("/do/inbox/"), "{}", page.body);
    }
    let denied = browser.post("/do/inbox/read", &[("contact", &contact), ("upto", "")]).await;
    assert_eq!(denied.status, StatusCode::FORBIDDEN);
    app.dispatch_all().await;
}

async fn a_long_conversation_goes_on_page_by_page(app: TestApp) {
    for n in 0..60 {
        write(&app, &format!("e{n}"), PERSON, &format!("text number {n}.")).await;
    }
    let contact = with(&app, PERSON).await.contact;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let page = browser.get(&format!("/inbox/{contact}")).await.body;
    assert!(page.contains("text number 59.") && page.contains("text number 10.") && !page.contains("text number 9."), "{page}");
    let older = page.split(&format!("/inbox/{contact}?cursor=")).nth(1).and_then(|rest| rest.split('"').next()).expect("more").to_owned();
    let page = browser.get(&format!("/inbox/{contact}?cursor={older}")).await.body;
    assert!(page.contains("text number 9.") && page.contains("text number 0.") && !page.contains("text number 10."), "{page}");
    assert!(page.contains("Show the newest") && !page.contains("hx-trigger=\"every"), "{page}");
}

async fn keywords_are_set_on_their_page(app: TestApp) {
    let client = Client::new(&app).await;
    let mut browser = Browser::signed_in(&app, Role::Admin).await;
    let page = browser.get("/settings/keywords").await.body;
    assert!(page.contains("退訂") && page.contains("Confirm a stop"), "{page}");
    let refused = browser.submit("/do/settings/keywords", &[("help.words", "stop"), ("stop.answer", "true")]).await.body;
    assert!(refused.contains("means something else to everybody"), "{refused}");
    let form = [("stop.words", "Genug\r\n\r\nbasta ya"), ("stop.answer", "true"), ("stop.en", "Bye."), ("start.words", "")];
    let page = browser.submit("/do/settings/keywords", &form).await.body;
    assert!(page.contains("Keywords saved.") && page.contains("Genug\nbasta ya</textarea>"), "{page}");
    write(&app, "e1", PERSON, "GENUG").await;
    assert_eq!(received(&app, &client, PERSON).await, ["Bye."]);
    write(&app, "e2", PERSON, "start").await;
    assert_eq!(received(&app, &client, PERSON).await.len(), 1, "a start is not confirmed any more");
}

async fn a_keyword_is_told_by_what_came_of_it(app: TestApp) {
    let client = Client::new(&app).await;
    client.put("/api/v1/settings", json!({"stop_scope": "program"})).await;
    client.post("/api/v1/sms/send", json!({"to": PERSON, "text": "Your order left", "category": "order"})).await;
    app.dispatch_all().await;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    let mut unsigned = connection(&app).await;
    unsigned.provider = Provider::Mitake;
    write(&app, "e1", PERSON, "STOP").await;
    let path = format!("/inbox/{}", with(&app, PERSON).await.contact);
    let page = browser.get(&path).await.body;
    assert!(page.contains("Opted out of orders on") && page.contains("Other messages still go."), "{page}");
    assert!(!page.contains("Nothing more is sent"), "{page}");
    // By a way that proves no sender it is only asked for, three times and no more.
    for n in 0..4 {
        for (event, words) in [(format!("start{n}"), "START"), (format!("stop{n}"), "STOP")] {
            inbox::hear_all(&app, &unsigned, &[text(&app, &event, PERSON, words)]).await.expect("it is kept");
            app.advance(1_000);
            let page = browser.get(&path).await.body;
            assert!(!page.contains("Opted in again") && !page.contains("they had not opted out"), "{n}: {page}");
            assert!(page.contains("until they confirm it, as they were asked to"), "{n}: {page}");
            assert_eq!(page.contains("the limit of such questions was reached"), n == 3, "{n}: {page}");
        }
    }
    let api = client.get(&format!("/api/v1{path}")).await.json();
    let said = |n: usize| {
        let mut lines = api["items"].as_array().expect("lines").iter().rev().filter(|line| line["direction"] == "in");
        let line = lines.nth(n).expect("a text");
        (line["changed"].clone(), line["only"].clone(), line["confirmation"].clone())
    };
    assert_eq!(said(0), (json!(true), json!("order"), Value::Null), "{api}");
    assert_eq!(said(1), (Value::Null, Value::Null, json!("awaited")), "{api}");
    assert_eq!(said(7), (Value::Null, Value::Null, json!("not_asked")), "{api}");
}

async fn closing_and_marking_go_as_far_as_the_page_showed(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    write(&app, "e1", PERSON, "hello").await;
    let contact = with(&app, PERSON).await.contact;
    let path = format!("/inbox/{contact}");
    let page = browser.get(&path).await.body;
    assert!(!page.contains(r#"hx-trigger="load""#), "what is drawn again marks nothing: {page}");
    let seen =
        page.split(r#"name="upto" form="close" value=""#).nth(1).and_then(|rest| rest.split('"').next()).expect("how far").to_owned();
    write(&app, "e2", PERSON, "and another thing").await;
    let page = browser.submit("/do/inbox/close", &[("contact", &contact), ("upto", &seen)]).await.body;
    assert!(page.contains("They wrote again meanwhile") && page.contains("and another thing"), "{page}");
    assert!(!with(&app, PERSON).await.closed);
    // A page of ours only has nothing to mark, and a button that means all is not there.
    for n in 0..51 {
        let request = ReplyRequest { text: format!("answer {n}"), category: None };
        inbox::reply(&app, &app.actor(Role::Marketer), &contact, &request, None).await.expect("accepted");
    }
    let page = browser.get(&path).await.body;
    assert!(!page.contains("Mark as read") && page.contains("Show earlier"), "{page}");
    let older = page.split(&format!("{path}?cursor=")).nth(1).and_then(|rest| rest.split('"').next()).expect("more").to_owned();
    let page = browser.get(&format!("{path}?cursor={older}")).await.body;
    assert!(page.contains("Mark as read") && page.contains("and another thing"), "{page}");
}
