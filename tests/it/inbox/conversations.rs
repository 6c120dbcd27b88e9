//! Conversations: kept, listed, read, closed, assigned, answered.

use axum::http::{Method, StatusCode};
use peyk::access::{NewUser, Permission, Role, add_user};
use peyk::inbox::{self, Direction, InboxFilter, ReplyRequest, Shown};
use peyk::kernel::crypto::Secret;
use peyk::kernel::error::Error;
use peyk::kernel::id::SubaccountId;
use peyk::kernel::page::PageRequest;
use peyk::kernel::phone::Phone;
use serde_json::json;

use super::{OTHER, PERSON, connection, lines, listed, received, text, with, write};
use crate::api::{Client, another_subaccount};
use crate::harness::{TestApp, both_engines};
use crate::messages::{get, send, text_to};

both_engines! {
    an_unknown_sender_becomes_a_contact_without_consent_and_their_text_is_sealed,
    unread_conversations_come_first_and_then_the_newest,
    reading_counts_down_to_what_was_shown,
    a_text_opens_a_closed_conversation_and_a_stop_does_not,
    a_conversation_is_given_to_somebody_who_can_answer,
    both_sides_stand_in_order_page_by_page,
    an_answer_goes_back_by_the_way_the_text_came,
    whoever_opted_out_is_not_answered_and_the_reason_is_told,
    a_viewer_looks_and_touches_nothing,
    with_an_erased_person_their_texts_are_gone,
    one_tenants_inbox_is_not_anothers,
    an_answer_by_the_api_is_sent_once,
    a_conversation_is_not_closed_over_a_text_that_came_meanwhile,
    an_accepted_answer_is_told_again_also_after_an_opt_out,
}

async fn an_unknown_sender_becomes_a_contact_without_consent_and_their_text_is_sealed(app: TestApp) {
    let client = Client::new(&app).await;
    write(&app, "e1", PERSON, "Do you open on Sunday?").await;
    let conversation = with(&app, PERSON).await;
    assert_eq!((conversation.unread, conversation.closed, conversation.opted_out), (1, false, false));
    assert_eq!(conversation.last_text.as_deref(), Some("Do you open on Sunday?"));
    let check = client.get("/api/v1/sms/opt-out/check/+12025550123").await.json();
    assert_eq!(check["categories"]["marketing"]["allowed"], false);
    let mut tx = app.db.read().await.expect("the database reads");
    let rows: Vec<(Vec<u8>,)> = tx.query("select text from inbound").fetch_all().await.expect("texts");
    assert_eq!(rows.len(), 1);
    assert!(!String::from_utf8_lossy(&rows[0].0).contains("Sunday"));
    drop(tx);
    write(&app, "e2", "PeykInfo", "from a name, not a number").await;
    assert_eq!(listed(&app, Shown::All).await.len(), 1);
}

async fn unread_conversations_come_first_and_then_the_newest(app: TestApp) {
    let phones: Vec<String> = (0..5).map(|n| format!("+1202555014{n}")).collect();
    for (n, phone) in phones.iter().enumerate() {
        write(&app, &format!("e{n}"), phone, "hello").await;
    }
    let actor = app.actor(Role::Marketer);
    for phone in [&phones[4], &phones[2]] {
        inbox::mark_read(&app, &actor, &with(&app, phone).await.contact, None).await.expect("read");
    }
    let order: Vec<String> = listed(&app, Shown::Open).await.into_iter().map(|c| c.phone).collect();
    assert_eq!(order, [&phones[3], &phones[1], &phones[0], &phones[4], &phones[2]].map(String::clone));
    let (mut walked, mut cursor) = (Vec::new(), None);
    loop {
        let page = inbox::list(&app, &actor, &InboxFilter::default(), &PageRequest { limit: 2, cursor }).await.expect("a page");
        walked.extend(page.items.into_iter().map(|c| c.phone));
        match page.next {
            Some(next) => cursor = PageRequest::read(None, Some(&next)).expect("our own cursor").cursor,
            None => break,
        }
    }
    assert_eq!(walked, order);
    let one = InboxFilter { shown: Shown::All, phone: Some(Phone::from_e164(&phones[2]).expect("a number")) };
    let found = inbox::list(&app, &actor, &one, &PageRequest::default()).await.expect("found").items;
    assert_eq!(found.into_iter().map(|c| c.phone).collect::<Vec<_>>(), [phones[2].clone()]);
    assert_eq!(inbox::unread(&app, &actor).await.expect("counted"), 3);
    let faulty = PageRequest { limit: 2, cursor: Some("nonsense".into()) };
    assert!(matches!(inbox::list(&app, &actor, &InboxFilter::default(), &faulty).await, Err(Error::Invalid(_))));
}

async fn reading_counts_down_to_what_was_shown(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    for event in ["e1", "e2", "e3"] {
        write(&app, event, PERSON, event).await;
    }
    let contact = with(&app, PERSON).await.contact;
    let second = lines(&app, &contact).await[1].id.clone();
    let after = inbox::mark_read(&app, &actor, &contact, Some(&second)).await.expect("read");
    assert_eq!(after.unread, 1, "the third came after the page was shown");
    assert_eq!(lines(&app, &contact).await.iter().map(|l| l.read).collect::<Vec<_>>(), [Some(true), Some(true), Some(false)]);
    assert_eq!(inbox::mark_read(&app, &actor, &contact, None).await.expect("read").unread, 0);
    assert_eq!(inbox::unread(&app, &actor).await.expect("counted"), 0);
    write(&app, "e4", PERSON, "STOP").await;
    assert_eq!(with(&app, PERSON).await.unread, 0, "a stop is done; nobody need look at it");
    assert_eq!(inbox::mark_unread(&app, &actor, &contact).await.expect("unread").unread, 1);
    assert_eq!(lines(&app, &contact).await[2].read, Some(false), "the last text that says something");
    let wrong = inbox::mark_read(&app, &actor, &contact, Some("msg_000000")).await;
    assert!(matches!(wrong, Err(Error::Invalid(_))));
}

async fn a_text_opens_a_closed_conversation_and_a_stop_does_not(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    write(&app, "e1", PERSON, "thanks").await;
    let contact = with(&app, PERSON).await.contact;
    assert!(inbox::close(&app, &actor, &contact, None).await.expect("closed").closed);
    assert_eq!((listed(&app, Shown::Open).await.len(), listed(&app, Shown::Closed).await.len()), (0, 1));
    write(&app, "e2", PERSON, "stop").await;
    assert!(with(&app, PERSON).await.closed);
    write(&app, "e3", PERSON, "one more thing").await;
    assert!(!with(&app, PERSON).await.closed);
    inbox::close(&app, &actor, &contact, None).await.expect("closed");
    assert!(!inbox::reopen(&app, &actor, &contact).await.expect("opened").closed);
}

async fn a_conversation_is_given_to_somebody_who_can_answer(app: TestApp) {
    let new = |email: &str, role| NewUser { email: email.into(), name: "Sara".into(), role, password: Secret::new("seven quiet herons") };
    let shell = peyk::access::Actor::shell(app.subaccount.clone());
    let sara = add_user(&app, &shell, new("sara@example.com", Role::Marketer)).await.expect("a user");
    add_user(&app, &shell, new("look@example.com", Role::Viewer)).await.expect("a user");
    write(&app, "e1", PERSON, "hello").await;
    write(&app, "e2", OTHER, "hello").await;
    let contact = with(&app, PERSON).await.contact;
    let given = inbox::assign(&app, &shell, &contact, Some(" Sara@Example.com")).await.expect("assigned");
    assert_eq!(given.assigned_to.map(|a| (a.id, a.name)), Some((sara.id.as_str().to_owned(), "Sara".into())));
    let her = peyk::access::actor_for_user(&app, &sara.id, None).await.expect("she signs in");
    let mine = InboxFilter { shown: Shown::Mine, phone: None };
    let hers = inbox::list(&app, &her, &mine, &PageRequest::default()).await.expect("a list").items;
    assert_eq!(hers.into_iter().map(|c| c.phone).collect::<Vec<_>>(), [PERSON]);
    for wrong in ["look@example.com", "nobody@example.com"] {
        assert!(matches!(inbox::assign(&app, &shell, &contact, Some(wrong)).await, Err(Error::Invalid(_))), "{wrong}");
    }
    assert_eq!(inbox::assign(&app, &shell, &contact, None).await.expect("taken away").assigned_to, None);
    assert!(inbox::list(&app, &her, &mine, &PageRequest::default()).await.expect("a list").items.is_empty());
}

async fn both_sides_stand_in_order_page_by_page(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    send(&app, text_to(PERSON)).await;
    app.advance(1_000);
    for n in 1..4 {
        write(&app, &format!("e{n}"), PERSON, &format!("question {n}")).await;
        let request = ReplyRequest { text: format!("answer {n}"), category: None };
        inbox::reply(&app, &actor, &with(&app, PERSON).await.contact, &request, None).await.expect("accepted");
        app.advance(1_000);
    }
    send(&app, text_to(OTHER)).await;
    let contact = with(&app, PERSON).await.contact;
    let expected =
        ["Your order is on its way", "question 1", "answer 1", "question 2", "answer 2", "question 3", "answer 3"].map(str::to_owned);
    let whole: Vec<String> = lines(&app, &contact).await.into_iter().filter_map(|line| line.text).collect();
    assert_eq!(whole, expected);
    let (mut walked, mut cursor) = (Vec::new(), None);
    loop {
        let page = inbox::thread(&app, &actor, &contact, &PageRequest { limit: 3, cursor }).await.expect("a page").lines;
        walked.extend(page.items.into_iter().filter_map(|line| line.text));
        match page.next {
            Some(next) => cursor = PageRequest::read(None, Some(&next)).expect("our own cursor").cursor,
            None => break,
        }
    }
    walked.reverse();
    assert_eq!(walked, expected);
    app.dispatch_all().await;
    let statuses: Vec<_> = lines(&app, &contact).await.into_iter().filter_map(|line| line.message.map(|m| m.status.as_str())).collect();
    assert_eq!(statuses, ["sent"; 4], "the status stands under each of ours");
}

async fn an_answer_goes_back_by_the_way_the_text_came(app: TestApp) {
    let client = Client::new(&app).await;
    let change = json!({"provider": "simulator", "priority": 90, "senders": ["Lark", "30001"]});
    assert!(client.put("/api/v1/sms/providers/second", change).await.status.is_success());
    let mut tx = app.db.read().await.expect("the database reads");
    let all = peyk::connections::all(&mut tx, &app.cipher.tenant(&app.subaccount), &app.subaccount).await.expect("connections");
    drop(tx);
    let second = all.into_iter().find(|c| c.name == "second").expect("it was just made");
    let came = peyk::providers::Inbound { to: "30001".into(), ..text(&app, "e1", PERSON, "hello") };
    inbox::hear_all(&app, &second, &[came]).await.expect("kept");
    let contact = with(&app, PERSON).await.contact;
    let answer = client.post(&format!("/api/v1/inbox/{contact}/reply"), json!({"text": "hi"})).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
    app.dispatch_all().await;
    let message = get(&app, answer.json()["id"].as_str().expect("an id")).await.message;
    assert_eq!((message.connection.as_deref(), message.from.as_deref()), (Some("second"), Some("30001")));
    client.put("/api/v1/sms/providers/second", json!({"enabled": false})).await;
    let answer = client.post(&format!("/api/v1/inbox/{contact}/reply"), json!({"text": "hi again"})).await.json();
    app.dispatch_all().await;
    let message = get(&app, answer["id"].as_str().expect("an id")).await.message;
    assert_eq!(message.status.as_str(), "sent", "another connection takes it when that one is off");
}

async fn whoever_opted_out_is_not_answered_and_the_reason_is_told(app: TestApp) {
    let client = Client::new(&app).await;
    write(&app, "e1", PERSON, "STOP").await;
    let contact = with(&app, PERSON).await.contact;
    let before = received(&app, &client, PERSON).await.len();
    let refused = client.post(&format!("/api/v1/inbox/{contact}/reply"), json!({"text": "please stay"})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.json()["detail"].as_str().is_some_and(|d| d.contains("opted out")), "{}", refused.body);
    assert_eq!(received(&app, &client, PERSON).await.len(), before);
}

async fn a_viewer_looks_and_touches_nothing(app: TestApp) {
    write(&app, "e1", PERSON, "a secret").await;
    let contact = with(&app, PERSON).await.contact;
    let viewer = app.actor(Role::Viewer);
    let thread = inbox::thread(&app, &viewer, &contact, &PageRequest::default()).await.expect("they look");
    assert_ne!(thread.conversation.phone, PERSON);
    assert_eq!((thread.conversation.last_text, thread.lines.items[0].text.clone()), (None, None));
    let request = ReplyRequest { text: "hi".into(), category: None };
    let denied = |refused: bool| assert!(refused);
    denied(matches!(inbox::reply(&app, &viewer, &contact, &request, None).await, Err(Error::Denied(_))));
    denied(matches!(inbox::preview(&app, &viewer, &contact, "hi").await, Err(Error::Denied(_))));
    denied(matches!(inbox::close(&app, &viewer, &contact, None).await, Err(Error::Denied(_))));
    denied(matches!(inbox::reopen(&app, &viewer, &contact).await, Err(Error::Denied(_))));
    denied(matches!(inbox::assign(&app, &viewer, &contact, None).await, Err(Error::Denied(_))));
    denied(matches!(inbox::mark_read(&app, &viewer, &contact, None).await, Err(Error::Denied(_))));
    denied(matches!(inbox::mark_unread(&app, &viewer, &contact).await, Err(Error::Denied(_))));
    denied(matches!(inbox::save_reply(&app, &viewer, None, "n", "t").await, Err(Error::Denied(_))));
    let blind = Client::without(&app, Permission::ViewPersonal).await.get(&format!("/api/v1/inbox/{contact}")).await;
    assert!(!blind.body.contains("secret") && !blind.body.contains("2025550123"), "{}", blind.body);
}

async fn with_an_erased_person_their_texts_are_gone(app: TestApp) {
    let actor = app.actor(Role::Marketer);
    write(&app, "e1", PERSON, "my address is 5 Elm Street").await;
    let contact = with(&app, PERSON).await.contact;
    let request = ReplyRequest { text: "Thank you, 5 Elm Street it is".into(), category: None };
    inbox::reply(&app, &actor, &contact, &request, None).await.expect("accepted");
    app.dispatch_all().await;
    let mut tx = app.db.write().await.expect("the database writes");
    // What erasing comes to: without its salt nothing opens that was sealed for the person.
    tx.query("update contacts set phone = null, salt = null").execute().await.expect("erased");
    tx.commit().await.expect("the database writes");
    let gone = &listed(&app, Shown::All).await[0];
    assert_eq!((gone.phone.as_str(), gone.last_text.as_deref()), ("", None));
    assert!(lines(&app, &contact).await.iter().all(|line| line.text.is_none()));
    assert!(matches!(inbox::reply(&app, &actor, &contact, &request, None).await, Err(Error::Conflict(_))));
    write(&app, "e2", PERSON, "hello again").await;
    let texts: Vec<_> = lines(&app, &contact).await.into_iter().map(|line| (line.direction, line.text)).collect();
    assert_eq!(texts, [(Direction::In, None), (Direction::Out, None), (Direction::In, Some("hello again".into()))]);
}

async fn one_tenants_inbox_is_not_anothers(app: TestApp) {
    let stranger: SubaccountId = another_subaccount(&app).await;
    write(&app, "e1", PERSON, "for us").await;
    let contact = with(&app, PERSON).await.contact;
    let theirs = peyk::access::Actor::shell(stranger.clone());
    let all = InboxFilter { shown: Shown::All, phone: None };
    assert!(inbox::list(&app, &theirs, &all, &PageRequest::default()).await.expect("a list").items.is_empty());
    assert_eq!(inbox::unread(&app, &theirs).await.expect("counted"), 0);
    assert!(matches!(inbox::thread(&app, &theirs, &contact, &PageRequest::default()).await, Err(Error::NotFound(_))));
    assert!(matches!(inbox::close(&app, &theirs, &contact, None).await, Err(Error::NotFound(_))));
    inbox::save_reply(&app, &app.actor(Role::Marketer), None, "Hours", "Nine to five").await.expect("saved");
    assert!(inbox::saved_replies(&app, &theirs).await.expect("a list").is_empty());
    // The same event of a connection of theirs is another event.
    let mut tx = app.db.read().await.expect("the database reads");
    let own = connection(&app).await;
    let all = peyk::connections::all(&mut tx, &app.cipher.tenant(&stranger), &stranger).await.expect("connections");
    drop(tx);
    inbox::hear_all(&app, &all[0], &[text(&app, "e1", PERSON, "for them")]).await.expect("kept");
    assert_ne!(own.id, all[0].id);
    assert_eq!(inbox::unread(&app, &theirs).await.expect("counted"), 1);
    assert_eq!(lines(&app, &contact).await.len(), 1);
}

async fn an_answer_by_the_api_is_sent_once(app: TestApp) {
    let client = Client::new(&app).await;
    write(&app, "e1", PERSON, "hello").await;
    let contact = with(&app, PERSON).await.contact;
    let path = format!("/api/v1/inbox/{contact}/reply");
    let body = json!({"text": "hi"}).to_string();
    let mut ids = Vec::new();
    for _ in 0..2 {
        let answer = client.call(Method::POST, &path, Some(body.clone()), &[("idempotency-key", "k1")]).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.body);
        ids.push(answer.json()["id"].clone());
    }
    assert_eq!(ids[0], ids[1]);
    assert_eq!(received(&app, &client, PERSON).await, ["hi"]);
    let empty = client.post(&path, json!({"text": ""})).await;
    assert_eq!(empty.refused(), [("text".to_owned(), "empty".to_owned())]);
    assert_eq!(client.get("/api/v1/inbox?status=sideways").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    let list = client.get("/api/v1/inbox?phone=%28202%29%20555-0123&status=all").await.json();
    assert_eq!((list["items"][0]["phone"].as_str(), list["items"][0]["unread"].as_i64()), (Some(PERSON), Some(1)));
    let read = client.post(&format!("/api/v1/inbox/{contact}/read"), json!({})).await.json();
    assert_eq!(read["unread"], 0);
}

async fn a_conversation_is_not_closed_over_a_text_that_came_meanwhile(app: TestApp) {
    let client = Client::new(&app).await;
    write(&app, "e1", PERSON, "thanks").await;
    let contact = with(&app, PERSON).await.contact;
    let path = format!("/api/v1/inbox/{contact}");
    let seen = client.get(&path).await.json()["last_id"].clone();
    write(&app, "e2", PERSON, "one more thing").await;
    let refused = client.post(&format!("{path}/close"), json!({"upto": seen})).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.body);
    assert!(refused.body.contains("They wrote again"), "{}", refused.body);
    assert_eq!(listed(&app, Shown::Open).await[0].unread, 2);
    let not_one = client.post(&format!("{path}/close"), json!({"upto": "x"})).await;
    assert_eq!(not_one.refused(), [("upto".to_owned(), "not_an_id".to_owned())]);
    let seen = client.get(&path).await.json()["last_id"].clone();
    let closed = client.post(&format!("{path}/close"), json!({"upto": seen})).await.json();
    assert_eq!((&closed["closed"], &closed["unread"]), (&json!(true), &json!(0)), "nobody need look at it any more: {closed}");
    let unread = client.post(&format!("{path}/unread"), json!({})).await.json();
    assert_eq!((&unread["closed"], &unread["unread"]), (&json!(false), &json!(1)), "what is to be looked at stands in the list: {unread}");
    assert_eq!(listed(&app, Shown::Open).await.len(), 1);
}

async fn an_accepted_answer_is_told_again_also_after_an_opt_out(app: TestApp) {
    let client = Client::new(&app).await;
    write(&app, "e1", PERSON, "hello").await;
    let path = format!("/api/v1/inbox/{}/reply", with(&app, PERSON).await.contact);
    let send = async |key: &str, text: &str| {
        client.call(Method::POST, &path, Some(json!({"text": text}).to_string()), &[("idempotency-key", key)]).await
    };
    let first = send("k1", "hi").await;
    write(&app, "e2", PERSON, "STOP").await;
    let again = send("k1", "hi").await;
    assert_eq!((again.status, &again.json()["id"]), (StatusCode::ACCEPTED, &first.json()["id"]), "{}", again.body);
    assert_eq!(send("k1", "other").await.refused(), [("Idempotency-Key".to_owned(), "other_body".to_owned())]);
    assert_eq!(send("k2", "hi").await.status, StatusCode::CONFLICT);
}
