//! STOP, START and HELP.

use axum::http::StatusCode;
use peyk::access::Role;
use peyk::inbox::{self, Shown};
use peyk::kernel::clock::{HOUR, MINUTE};
use peyk::kernel::keyword::Keyword;
use peyk::preferences;
use serde_json::json;

use super::{OTHER, PERSON, connection, lines, listed, received, text, told, with, write};
use crate::api::Client;
use crate::harness::{TestApp, both_engines};
use crate::messages::{send, text_to};

both_engines! {
    two_stops_get_one_confirmation_and_start_brings_everything_back,
    what_cannot_be_kept_whole_is_not_kept_at_all_and_told_again,
    a_replay_of_any_word_changes_nothing,
    help_is_answered_once_an_hour_also_to_whoever_opted_out,
    a_word_is_answered_in_its_language,
    an_organisation_adds_words_and_says_what_is_answered,
    what_the_provider_answered_or_what_is_old_is_not_answered,
    eleven_stops_in_iran_and_nowhere_else,
    a_confirmation_is_too_old_after_five_minutes,
}

async fn opted_out(app: &TestApp, phone: &str) -> bool {
    preferences::check(app, &app.actor(Role::Marketer), phone).await.expect("consent is there").opted_out
}

async fn two_stops_get_one_confirmation_and_start_brings_everything_back(app: TestApp) {
    let client = Client::new(&app).await;
    for (event, words) in [("e1", "STOP"), ("e2", "stop please")] {
        write(&app, event, PERSON, words).await;
        assert!(opted_out(&app, PERSON).await);
    }
    let said = received(&app, &client, PERSON).await;
    assert!(said.len() == 1 && said[0].contains("unsubscribed") && said[0].contains("START"), "{said:?}");
    send(&app, text_to(PERSON)).await;
    assert_eq!(received(&app, &client, PERSON).await.len(), 1, "the confirmation opens the way for nothing else");
    write(&app, "e3", PERSON, "start").await;
    write(&app, "e4", PERSON, "START").await;
    assert!(!opted_out(&app, PERSON).await);
    let said = received(&app, &client, PERSON).await;
    assert!(said.len() == 2 && said[1].contains("again"), "{said:?}");
    send(&app, text_to(PERSON)).await;
    assert_eq!(received(&app, &client, PERSON).await.len(), 3);
    let talk = lines(&app, &with(&app, PERSON).await.contact).await;
    let words: Vec<_> = talk.iter().filter_map(|line| line.keyword.map(|k| (k, line.changed))).collect();
    assert_eq!(words, [(Keyword::Stop, true), (Keyword::Stop, false), (Keyword::Start, true), (Keyword::Start, false)]);
}

async fn what_cannot_be_kept_whole_is_not_kept_at_all_and_told_again(app: TestApp) {
    let client = Client::new(&app).await;
    let rename = async |from: &str, to: &str| {
        let mut tx = app.db.write().await.expect("the database writes");
        tx.query(&format!("alter table {from} rename to {to}")).execute().await.expect("a table is renamed");
        tx.commit().await.expect("the database writes");
    };
    // The last thing that is written: everything before it has been done by then.
    rename("keyword_answers", "elsewhere").await;
    assert_eq!(told(&app, &client, "e1", "STOP").await, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(!opted_out(&app, PERSON).await);
    assert!(listed(&app, Shown::All).await.is_empty());
    rename("elsewhere", "keyword_answers").await;
    assert!(received(&app, &client, PERSON).await.is_empty());
    for _ in 0..3 {
        assert_eq!(told(&app, &client, "e1", "STOP").await, StatusCode::OK);
        assert!(opted_out(&app, PERSON).await, "when the provider is told, it is done");
    }
    assert_eq!(received(&app, &client, PERSON).await.len(), 1);
    assert_eq!(lines(&app, &with(&app, PERSON).await.contact).await.len(), 2);
}

async fn a_replay_of_any_word_changes_nothing(app: TestApp) {
    let client = Client::new(&app).await;
    for (event, words, out) in
        [("e1", "STOP", true), ("e2", "START", false), ("e1", "STOP", false), ("e3", "stop", true), ("e2", "START", true)]
    {
        write(&app, event, PERSON, words).await;
        assert_eq!(opted_out(&app, PERSON).await, out, "{event} {words}");
    }
    assert_eq!(received(&app, &client, PERSON).await.len(), 1, "a stop drops what waited, older confirmations too");
    let connection = connection(&app).await;
    let same = text(&app, "e9", PERSON, "one text, told twice in one call");
    inbox::hear_all(&app, &connection, &[same.clone(), same]).await.expect("it is kept");
    assert_eq!(with(&app, PERSON).await.unread, 1);
}

async fn help_is_answered_once_an_hour_also_to_whoever_opted_out(app: TestApp) {
    let client = Client::new(&app).await;
    write(&app, "e1", PERSON, "STOP").await;
    for event in ["e2", "e3", "e4"] {
        write(&app, event, PERSON, "HELP").await;
    }
    let said = received(&app, &client, PERSON).await;
    assert!(said.len() == 2 && said[1].contains("Reply STOP"), "{said:?}");
    assert!(opted_out(&app, PERSON).await);
    app.advance(HOUR);
    write(&app, "e5", PERSON, "info").await;
    assert_eq!(received(&app, &client, PERSON).await.len(), 3);
}

async fn a_word_is_answered_in_its_language(app: TestApp) {
    let client = Client::new(&app).await;
    for (n, (words, answer)) in
        [("لغو", "لغو شد"), ("退訂", "您已退訂"), ("退订", "您已退订"), ("baja", "Dado de baja"), ("Arrêt", "plus nos messages")]
            .into_iter()
            .enumerate()
    {
        let phone = format!("+1202555013{n}");
        write(&app, &format!("e{n}"), &phone, words).await;
        assert!(opted_out(&app, &phone).await, "{words}");
        let said = received(&app, &client, &phone).await;
        assert!(said.len() == 1 && said[0].contains(answer), "{words}: {said:?}");
    }
    client.put("/api/v1/notifications/preferences?phone=%2B12025550123", json!({"language": "fr"})).await;
    write(&app, "e8", PERSON, "STOP").await;
    let said = received(&app, &client, PERSON).await;
    assert!(said[0].contains("REPRENDRE"), "the person's own language comes first: {said:?}");
}

async fn an_organisation_adds_words_and_says_what_is_answered(app: TestApp) {
    let client = Client::new(&app).await;
    let taken = client.put("/api/v1/settings", json!({"keywords": {"start": {"words": ["stop"]}}})).await;
    assert_eq!(taken.refused(), [("keywords".to_owned(), "unusable_word".to_owned())]);
    let change = json!({"organisation": "Lark", "keywords": {
        "stop": {"words": ["Genug jetzt"], "texts": {"en": "{{ organisation }} says goodbye."}}, "help": {"answer": false}}});
    let changed = client.put("/api/v1/settings", change).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    assert_eq!(client.get("/api/v1/settings").await.json()["keywords"]["stop"]["words"], json!(["Genug jetzt"]));
    write(&app, "e0", PERSON, "HELP").await;
    assert!(received(&app, &client, PERSON).await.is_empty());
    write(&app, "e1", PERSON, "genug, JETZT!").await;
    assert!(opted_out(&app, PERSON).await);
    assert_eq!(received(&app, &client, PERSON).await, ["Lark says goodbye."]);
}

async fn what_the_provider_answered_or_what_is_old_is_not_answered(app: TestApp) {
    let client = Client::new(&app).await;
    let connection = connection(&app).await;
    let answered = peyk::providers::Inbound { answered: true, ..text(&app, "e1", PERSON, "STOP") };
    let old = peyk::providers::Inbound { at: app.clock.now() - 2 * HOUR, ..text(&app, "e2", OTHER, "STOP") };
    inbox::hear_all(&app, &connection, &[answered, old]).await.expect("they are kept");
    assert!(opted_out(&app, PERSON).await && opted_out(&app, OTHER).await);
    assert!(received(&app, &client, PERSON).await.is_empty() && received(&app, &client, OTHER).await.is_empty());
}

async fn eleven_stops_in_iran_and_nowhere_else(app: TestApp) {
    let iranian = "+989121234567";
    write(&app, "e1", PERSON, "11").await;
    write(&app, "e2", iranian, "۱۱").await;
    assert!(!opted_out(&app, PERSON).await && opted_out(&app, iranian).await);
    write(&app, "e3", iranian, "12").await;
    assert!(!opted_out(&app, iranian).await);
    write(&app, "e4", PERSON, "لغو۱۱").await;
    assert!(opted_out(&app, PERSON).await);
}

async fn a_confirmation_is_too_old_after_five_minutes(app: TestApp) {
    let client = Client::new(&app).await;
    write(&app, "e1", PERSON, "STOP").await;
    app.advance(6 * MINUTE);
    assert!(received(&app, &client, PERSON).await.is_empty());
}
