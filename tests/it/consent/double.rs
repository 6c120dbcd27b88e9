//! Double opt-in: one question, an answer by text or by link, and nothing sent until it comes.

use axum::http::StatusCode;
use axum::http::header::USER_AGENT;
use peyk::consent::Proof;
use peyk::inbox;
use peyk::kernel::clock::DAY;
use peyk::preferences;
use peyk::providers::Provider;
use serde_json::json;

use super::{OTHER, PERSON, chain, confirming, fate, ledger, link_in, marketing, opt_in, said, set};
use crate::api::Client;
use crate::harness::{TestApp, both_engines};
use crate::inbox::{connection, received, text, write};
use crate::web::Browser;

both_engines! {
    nothing_goes_until_the_person_says_yes,
    the_link_shows_and_its_button_confirms,
    people_are_asked_and_understood_in_their_language,
    what_nobody_confirms_ends_by_itself,
    nobody_is_asked_again_and_again,
    a_stop_in_between_ends_the_question,
    a_start_that_anybody_could_have_sent_is_confirmed_by_the_link,
    a_switch_on_the_preference_page_is_confirmed_too,
    everything_else_is_granted_at_once,
    an_own_wording_is_sent_and_a_faulty_one_refused,
    a_start_answers_the_question_too,
    a_refusal_of_what_is_asked_takes_the_question_back,
    a_start_from_a_number_that_gets_nothing_is_kept_all_the_same,
    the_page_says_what_it_waits_for_and_when_nobody_can_be_asked,
}

async fn nothing_goes_until_the_person_says_yes(app: TestApp) {
    let client = confirming(&app).await;
    for _ in 0..2 {
        let asked = opt_in(&client, PERSON).await;
        assert_eq!(asked.status, StatusCode::OK, "{}", asked.body);
        assert_eq!(asked.json()["categories"]["marketing"], json!({"allowed": false, "reason": "pending"}));
    }
    let got = received(&app, &client, PERSON).await;
    assert!(
        got.len() == 1 && got[0].starts_with("Lark: Reply YES to get texts about offers and news") && got[0].contains("/o/v1."),
        "{got:?}"
    );
    assert_eq!(fate(&app, &client, PERSON).await, ("dropped".into(), "pending".into()));
    write(&app, "e1", PERSON, "what is this?").await;
    assert_eq!(marketing(&app, PERSON).await, "pending");
    write(&app, "e2", PERSON, "Yesss please!").await;
    write(&app, "e3", PERSON, "yes").await;
    assert_eq!(marketing(&app, PERSON).await, "");
    assert_eq!(fate(&app, &client, PERSON).await.0, "sent");
    assert_eq!(said(&app, PERSON).await, ["asked marketing", "granted marketing"]);
    let [asked, granted] = &ledger(&app, PERSON).await[..] else { panic!("two rows") };
    assert_eq!(
        (asked.source.as_str(), asked.wording.as_deref(), asked.ip.as_deref()),
        ("api", Some("Yes, text me offers"), Some("203.0.113.9"))
    );
    assert_eq!((asked.user_agent.as_deref(), asked.form_url.as_deref()), (Some("Phone/1"), Some("https://shop.example/join")));
    let wording = granted.wording.as_deref().expect("the words of question and answer");
    assert!(granted.source == "keyword" && wording.contains("Reply YES") && wording.ends_with("— Yesss please!"), "{wording}");
    assert!(!wording.contains("v1."), "the link is a key and stands in no ledger");
    assert_eq!(chain(&app).await, Proof::Whole { entries: 2 });
}

async fn the_link_shows_and_its_button_confirms(app: TestApp) {
    let client = confirming(&app).await;
    opt_in(&client, PERSON).await;
    let path = link_in(&received(&app, &client, PERSON).await[0]);
    let mut phone = Browser::new(&app);
    let page = phone.get(&path).await;
    assert_eq!((page.status, page.header("set-cookie"), page.header("referrer-policy")), (StatusCode::OK, "", "no-referrer"));
    assert!(page.body.contains("Do you want to get texts about this?") && page.body.contains("Lark") && !page.body.contains(PERSON));
    assert!(!page.body.contains("<script"), "the page needs none");
    for (tag, words) in [("fa", "آیا می‌خواهید"), ("zh-Hant", "您想接收以下簡訊嗎")] {
        assert!(phone.get(&format!("{path}?lang={tag}")).await.body.contains(words), "{tag}");
    }
    assert_eq!(marketing(&app, PERSON).await, "pending", "looking is no yes");
    let request = axum::http::Request::post(&path).header(USER_AGENT, "Phone/2").header("origin", "null");
    let request = request.header("content-type", "application/x-www-form-urlencoded").body("".into()).expect("a request");
    assert_eq!(phone.send(request).await.status, StatusCode::SEE_OTHER);
    assert_eq!(marketing(&app, PERSON).await, "");
    assert!(phone.get(&path).await.body.contains("It is confirmed"));
    let again = phone.submit(&path, &[]).await;
    assert!(again.status == StatusCode::OK && again.body.contains("It is confirmed"));
    assert_eq!(said(&app, PERSON).await, ["asked marketing", "granted marketing"]);
    let granted = ledger(&app, PERSON).await.pop().expect("a row");
    assert_eq!((granted.source.as_str(), granted.user_agent.as_deref()), ("page", Some("Phone/2")));
    assert!(granted.wording.is_some_and(|words| words.contains("Yes, send me these texts")));
}

async fn people_are_asked_and_understood_in_their_language(app: TestApp) {
    let client = confirming(&app).await;
    for (n, (tag, asks, yes)) in [
        ("en", "Reply YES", "ok"),
        ("fa", "«بله» را بفرستید", "بلی"),
        ("zh-Hant", "回覆「是」", "是的，謝謝"),
        ("es", "Responda SI", "Sí, gracias"),
        ("fr", "répondez OUI", "Oui merci"),
    ]
    .into_iter()
    .enumerate()
    {
        let phone = format!("+1202555014{n}");
        client.put(&format!("/api/v1/notifications/preferences?phone=%2B{}", &phone[1..]), json!({"language": tag})).await;
        opt_in(&client, &phone).await;
        let got = received(&app, &client, &phone).await;
        assert!(got.len() == 1 && got[0].contains(asks), "{tag}: {got:?}");
        write(&app, &format!("e{n}"), &phone, yes).await;
        assert_eq!(marketing(&app, &phone).await, "", "{tag}");
    }
}

async fn what_nobody_confirms_ends_by_itself(app: TestApp) {
    let client = confirming(&app).await;
    opt_in(&client, PERSON).await;
    let path = link_in(&received(&app, &client, PERSON).await[0]);
    app.advance(7 * DAY - 1_000);
    assert_eq!(preferences::lapse(&app).await.expect("the chore runs"), 0);
    assert_eq!(marketing(&app, PERSON).await, "pending");
    app.advance(2_000);
    write(&app, "e1", PERSON, "YES").await;
    assert_eq!(marketing(&app, PERSON).await, "pending", "too late, whether the chore was there or not");
    assert_eq!(preferences::lapse(&app).await.expect("the chore runs"), 1);
    assert_eq!(preferences::lapse(&app).await.expect("the chore runs"), 0);
    assert_eq!(marketing(&app, PERSON).await, "no_consent");
    assert_eq!(said(&app, PERSON).await, ["asked marketing", "lapsed marketing"]);
    let mut phone = Browser::new(&app);
    assert_eq!(phone.get(&path).await.status, StatusCode::GONE);
    assert_eq!(phone.post(&path, &[]).await.status, StatusCode::GONE);
    assert_eq!((marketing(&app, PERSON).await, chain(&app).await), ("no_consent", Proof::Whole { entries: 2 }));
}

async fn nobody_is_asked_again_and_again(app: TestApp) {
    let client = confirming(&app).await;
    for _ in 0..3 {
        assert_eq!(opt_in(&client, PERSON).await.status, StatusCode::OK);
        app.advance(7 * DAY + 1_000);
        preferences::lapse(&app).await.expect("the chore runs");
    }
    let refused = opt_in(&client, PERSON).await;
    assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("asked 3 times"), "{}", refused.body);
    assert_eq!(marketing(&app, PERSON).await, "no_consent");
    set(&client, json!({"double_opt_in": {"per_day": 1}})).await;
    assert_eq!(opt_in(&client, OTHER).await.status, StatusCode::OK);
    let busy = opt_in(&client, "+12025550125").await;
    assert!(busy.status.as_u16() >= 429 && !busy.header("retry-after").is_empty(), "{} {}", busy.status, busy.body);
    assert!(received(&app, &client, "+12025550125").await.is_empty());
}

async fn a_stop_in_between_ends_the_question(app: TestApp) {
    let client = confirming(&app).await;
    opt_in(&client, PERSON).await;
    let path = link_in(&received(&app, &client, PERSON).await[0]);
    write(&app, "e1", PERSON, "STOP").await;
    write(&app, "e2", PERSON, "YES").await;
    let mut phone = Browser::new(&app);
    assert_eq!(phone.get(&path).await.status, StatusCode::GONE);
    phone.post(&path, &[]).await;
    assert_eq!(marketing(&app, PERSON).await, "opted_out");
    // Asked before the stop and still waiting: it does not go.
    opt_in(&client, OTHER).await;
    write(&app, "e3", OTHER, "stop").await;
    let got = received(&app, &client, OTHER).await;
    assert!(got.len() == 1 && got[0].contains("unsubscribed"), "{got:?}");
}

async fn a_start_that_anybody_could_have_sent_is_confirmed_by_the_link(app: TestApp) {
    let client = Client::new(&app).await;
    let mut unsigned = connection(&app).await;
    unsigned.provider = Provider::Mitake;
    inbox::hear_all(&app, &unsigned, &[text(&app, "e1", PERSON, "STOP")]).await.expect("it is kept");
    assert_eq!(marketing(&app, PERSON).await, "opted_out", "anybody may stop");
    assert_eq!(received(&app, &client, PERSON).await.len(), 1);
    for event in ["e2", "e3"] {
        app.advance(1_000);
        inbox::hear_all(&app, &unsigned, &[text(&app, event, PERSON, "START")]).await.expect("it is kept");
    }
    inbox::hear_all(&app, &unsigned, &[text(&app, "e4", PERSON, "YES")]).await.expect("it is kept");
    assert!(super::check(&app, PERSON).await.opted_out, "nobody starts in the name of others");
    let got = received(&app, &client, PERSON).await;
    assert!(got.len() == 2 && got[1].contains("confirm here") && !got[1].contains("YES"), "{got:?}");
    Browser::new(&app).submit(&link_in(&got[1]), &[]).await;
    assert!(!super::check(&app, PERSON).await.opted_out);
    assert_eq!(said(&app, PERSON).await, ["withdrawn all", "asked all", "started all"]);
    assert_eq!(received(&app, &client, PERSON).await.len(), 2);
    // By a way that proves the sender a START needs nothing more.
    write(&app, "e5", PERSON, "STOP").await;
    write(&app, "e6", PERSON, "START").await;
    assert!(!super::check(&app, PERSON).await.opted_out);
}

async fn a_switch_on_the_preference_page_is_confirmed_too(app: TestApp) {
    let client = confirming(&app).await;
    let link = client.post("/api/v1/notifications/preference-link", json!({"phone": PERSON})).await.json();
    let path = link["url"].as_str().expect("a link").split_once(":3000").expect("our address").1.to_owned();
    let mut phone = Browser::new(&app);
    let on = ["order", "payment", "delivery", "reminder", "account", "marketing"].map(|category| (category, "on"));
    let form: Vec<_> = on.into_iter().chain([("seen", "0"), ("pause", "0")]).collect();
    let saved = phone.submit(&path, &form).await;
    assert!(saved.body.contains("we sent you a text"), "{}", saved.body);
    assert_eq!(marketing(&app, PERSON).await, "pending");
    assert_eq!(received(&app, &client, PERSON).await.len(), 1);
    write(&app, "e1", PERSON, "y").await;
    assert_eq!(marketing(&app, PERSON).await, "");
}

async fn everything_else_is_granted_at_once(app: TestApp) {
    let client = confirming(&app).await;
    client.post("/api/v1/sms/opt-out", json!({"phone": PERSON})).await;
    let back = client.post("/api/v1/sms/opt-out/opt-in", json!({"phone": PERSON})).await.json();
    assert_eq!(back["categories"]["order"]["allowed"], json!(true));
    assert_eq!(back["categories"]["marketing"]["reason"], json!("pending"));
    write(&app, "e1", PERSON, "yes").await;
    assert_eq!(super::check(&app, PERSON).await.categories.values().filter(|allowed| allowed.allowed).count(), 7);
    assert!(matches!(chain(&app).await, Proof::Whole { .. }));
    // What was confirmed once need not be confirmed again.
    opt_in(&client, PERSON).await;
    assert_eq!((marketing(&app, PERSON).await, received(&app, &client, PERSON).await.len()), ("", 1));
}

async fn an_own_wording_is_sent_and_a_faulty_one_refused(app: TestApp) {
    let client = confirming(&app).await;
    let own = "{{ organisation }} asks: {{ categories }}? YES or {{ link }}";
    set(&client, json!({"double_opt_in": {"texts": {"en": own}}})).await;
    opt_in(&client, PERSON).await;
    let got = received(&app, &client, PERSON).await;
    assert!(got[0].starts_with("Lark asks: offers and news? YES or http"), "{got:?}");
    let refused = client.put("/api/v1/settings", json!({"double_opt_in": {"texts": {"en": "Reply YES"}}})).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(refused.refused().contains(&("double_opt_in".to_owned(), "incomplete".to_owned())), "{}", refused.body);
    let proof = json!({"phone": PERSON, "category": "marketing", "proof": {"ip": "somewhere", "url": "shop"}});
    let refused = client.post("/api/v1/sms/opt-out/opt-in", proof).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.refused().len(), 2, "{}", refused.body);
}

async fn a_start_answers_the_question_too(app: TestApp) {
    let client = confirming(&app).await;
    for phone in [PERSON, OTHER] {
        opt_in(&client, phone).await;
    }
    write(&app, "e1", PERSON, "START").await;
    assert_eq!(marketing(&app, PERSON).await, "", "they were asked and agreed");
    let mut unsigned = connection(&app).await;
    unsigned.provider = Provider::Mitake;
    inbox::hear_all(&app, &unsigned, &[text(&app, "e2", OTHER, "START")]).await.expect("it is kept");
    assert_eq!(marketing(&app, OTHER).await, "pending", "anybody could have said it");
    write(&app, "e3", OTHER, "yes").await;
    assert_eq!(marketing(&app, OTHER).await, "");
}

async fn a_refusal_of_what_is_asked_takes_the_question_back(app: TestApp) {
    let client = confirming(&app).await;
    opt_in(&client, PERSON).await;
    opt_in(&client, OTHER).await;
    let refused = client.post("/api/v1/sms/opt-out", json!({"phone": PERSON, "category": "marketing"})).await;
    assert_eq!(refused.status, StatusCode::OK, "{}", refused.body);
    app.dispatch_all().await;
    assert_eq!(received(&app, &client, PERSON).await, Vec::<String>::new());
    assert_eq!(received(&app, &client, OTHER).await.len(), 1);
}

async fn a_start_from_a_number_that_gets_nothing_is_kept_all_the_same(app: TestApp) {
    let client = confirming(&app).await;
    set(&client, json!({"countries": ["IR"]})).await;
    let mut unsigned = connection(&app).await;
    unsigned.provider = Provider::Mitake;
    for (event, words) in [("e1", "STOP"), ("e2", "START")] {
        inbox::hear_all(&app, &unsigned, &[text(&app, event, PERSON, words)]).await.expect("it is kept");
        app.advance(1_000);
    }
    assert!(super::check(&app, PERSON).await.opted_out);
    let talk = crate::inbox::with(&app, PERSON).await;
    assert_eq!(crate::inbox::lines(&app, &talk.contact).await.len(), 2, "both can be read");
}

async fn the_page_says_what_it_waits_for_and_when_nobody_can_be_asked(app: TestApp) {
    let client = confirming(&app).await;
    let link = client.post("/api/v1/notifications/preference-link", json!({"phone": PERSON})).await.json();
    let path = link["url"].as_str().expect("a link").split_once(":3000").expect("our address").1.to_owned();
    let mut phone = Browser::new(&app);
    let mut saved = String::new();
    for round in 0..4 {
        let seen = ledger(&app, PERSON).await.last().map_or(0, |entry| entry.seq).to_string();
        let on = ["order", "payment", "delivery", "reminder", "account", "marketing"].map(|category| (category, "on"));
        let form: Vec<_> = on.into_iter().chain([("seen", seen.as_str()), ("pause", "0")]).collect();
        saved = phone.submit(&path, &form).await.body;
        let again = phone.get(&path).await.body;
        assert_eq!(again.contains("Waits for your yes"), round < 3, "{again}");
        app.advance(8 * DAY);
        preferences::lapse(&app).await.expect("what nobody confirmed ends");
    }
    assert!(saved.contains("asked to confirm often enough"), "{saved}");
}
