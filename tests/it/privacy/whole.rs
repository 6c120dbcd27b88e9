//! A person with several numbers is one person, and an erasure is whole whatever comes in between.

use std::time::Duration;

use axum::http::StatusCode;
use peyk::access::{Chain, Role, verify_audit};
use peyk::consent::{self, Proof};
use peyk::db::Db;
use peyk::kernel::clock::{HOUR, MINUTE};
use peyk::privacy;
use serde_json::{Value, json};

use super::scene::{NAME, NUMBER, SECOND, Scene, files, found_in, stored};
use crate::harness::{TestApp, both_engines};
use crate::inbox::write;

both_engines! {
    all_numbers_and_all_that_was_written_are_erased,
    all_numbers_are_handed_out_together,
    an_erasure_that_was_interrupted_is_finished_at_the_next_start,
    who_came_back_is_not_erased_again,
    an_erasure_gives_way_to_whoever_holds_the_person,
}

async fn count(app: &TestApp, sql: &str) -> i64 {
    let (rows,): (i64,) = app.db.read().await.expect("the database reads").query(sql).fetch_one().await.expect("a count");
    rows
}

async fn all_numbers_and_all_that_was_written_are_erased(app: TestApp) {
    let scene = Scene::full(&app).await;
    assert!(!found_in(&stored(&app).await).is_empty(), "the test can find what is there");
    assert_eq!(count(&app, "select count(*) from inbound where length(text) > 0").await, 2);
    let erased = scene.client.post(&format!("/api/v1/contacts/{}/erase", scene.contact), json!({})).await;
    assert_eq!(erased.status, StatusCode::OK, "{}", erased.body);
    assert_eq!(found_in(&stored(&app).await), Vec::<String>::new());
    assert_eq!(count(&app, "select count(*) from inbound where length(text) > 0").await, 0, "not even what was sealed is left");
    assert_eq!(count(&app, "select count(*) from contact_tags").await + count(&app, "select count(*) from contact_words").await, 0);
    assert_eq!(count(&app, "select count(*) from erasures").await, 0, "it has ended");
    for phone in [NUMBER, SECOND] {
        let check = scene.client.get(&format!("/api/v1/sms/opt-out/check/{phone}")).await.json();
        assert_eq!(check["opted_out"], true, "the number stays refused");
    }
    for path in ["/api/v1/contacts?q=Quill", "/api/v1/inbox?status=all", "/api/v1/sms/messages?limit=200", "/api/v1/sms/opt-out/export"] {
        let shown = scene.client.get(path).await;
        assert!(!shown.body.contains("Quill") && !shown.body.contains("2122001000"), "{path}: {}", shown.body);
    }
    // Also when another process opens the database.
    let url = app.config.database_url.expose().to_owned();
    let again = Db::open(&url).await.expect("it opens");
    assert_eq!(found_in(&files(app.folder())), Vec::<String>::new());
    let mut tx = again.read().await.expect("it reads");
    assert!(matches!(consent::verify(&mut tx, &app.subaccount).await.expect("readable"), Proof::Whole { .. }));
    drop(tx);
    again.close().await;
}

async fn all_numbers_are_handed_out_together(app: TestApp) {
    let scene = Scene::full(&app).await;
    let path = format!("/api/v1/contacts/{}", scene.contact);
    let file = scene.client.get(&format!("{path}/export")).await.json();
    assert_eq!((&file["contact"]["phone"], &file["other_numbers"][0]["phone"]), (&json!(NUMBER), &json!(SECOND)));
    let second = file["other_numbers"][0]["id"].as_str().expect("an id");
    let texts = |list: &Value| -> Vec<String> {
        list.as_array().expect("a list").iter().filter_map(|m| m["text"].as_str().map(str::to_owned)).collect()
    };
    let sent = texts(&file["messages"]);
    assert!(sent.contains(&format!("Hello {NAME}")) && sent.contains(&format!("Also for {NAME}")), "{sent:?}");
    assert!(texts(&file["written"]).contains(&"۲۱۲۲۰۰۱۰۰۰ is my number".to_owned()));
    let same = scene.client.get(&format!("/api/v1/contacts/{second}/export")).await.json();
    assert_eq!((&same["contact"]["phone"], &same["messages"]), (&json!(NUMBER), &file["messages"]), "by any of their ids");
    let csv = scene.client.get(&format!("{path}/export?format=csv")).await.body;
    assert!(csv.contains("\"other_numbers\"") && csv.contains(&format!("Also for {NAME}")), "{csv}");
    let held = privacy::held(&app, &app.actor(Role::Admin), second).await.expect("readable");
    assert_eq!((held.numbers, held.phone.as_str(), held.messages), (2, NUMBER, sent.len() as u64));
}

async fn begun(app: &TestApp, contact: &str) {
    let mut tx = app.db.write().await.expect("the database writes");
    tx.query("insert into erasures (contact_id, subaccount_id, actor, begun_at) values ($1, $2, 'Ann', $3)")
        .bind(contact)
        .bind(app.subaccount.as_str())
        .bind(app.clock.now())
        .execute()
        .await
        .expect("written");
    tx.commit().await.expect("the database writes");
}

async fn an_erasure_that_was_interrupted_is_finished_at_the_next_start(app: TestApp) {
    let scene = Scene::full(&app).await;
    begun(&app, &scene.contact).await;
    privacy::finish_erasures(&app, false).await.expect("looked");
    assert!(!found_in(&stored(&app).await).is_empty(), "one that was begun just now is somebody's who works on it");
    privacy::finish_erasures(&app, true).await.expect("finished");
    assert_eq!(found_in(&stored(&app).await), Vec::<String>::new());
    assert_eq!(count(&app, "select count(*) from erasures").await, 0);
    let told = "select count(*) from audit_log where action = 'person.erase' and actor = 'Peyk' and detail like '%Ann%'";
    assert_eq!(count(&app, told).await, 2, "who asked for it is said with each number");
    assert!(matches!(verify_audit(&app).await.expect("readable"), Chain::Whole { .. }));
}

async fn who_came_back_is_not_erased_again(app: TestApp) {
    let scene = Scene::full(&app).await;
    privacy::erase(&app, &app.actor(Role::Admin), &scene.contact).await.expect("erased");
    begun(&app, &scene.contact).await;
    let mut tx = app.db.write().await.expect("the database writes");
    tx.query("update erasures set erased_at = begun_at").execute().await.expect("written");
    tx.commit().await.expect("the database writes");
    write(&app, "back-1", NUMBER, "I am back").await;
    app.advance(HOUR + MINUTE);
    privacy::finish_erasures(&app, false).await.expect("only the log was left");
    assert_eq!(count(&app, "select count(*) from erasures").await, 0);
    let talk = scene.client.get(&format!("/api/v1/inbox/{}", scene.contact)).await;
    assert!(talk.body.contains("I am back"), "{}", talk.body);
}

async fn an_erasure_gives_way_to_whoever_holds_the_person(app: TestApp) {
    let scene = Scene::full(&app).await;
    // As a carrier's word about a message does: it holds the message, and then needs the person.
    let mut tx = app.db.write().await.expect("the database writes");
    let change = "update messages set error_code = '21610' where contact_id = $1 and status = 'sent'";
    assert!(tx.query(change).bind(scene.contact.as_str()).execute().await.expect("it holds the messages") > 0);
    let (other, contact) = (app.clone(), scene.contact.clone());
    let erasing = tokio::spawn(async move { privacy::erase(&other, &other.actor(Role::Admin), &contact).await });
    tokio::time::sleep(Duration::from_millis(250)).await;
    let sql = format!("select id from contacts where id = $1 {}", tx.for_update());
    let held: Vec<(String,)> = tx.query(&sql).bind(scene.contact.as_str()).fetch_all().await.expect("it is never the one that is refused");
    assert_eq!(held.len(), 1);
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    tx.query("update contacts set updated_at = updated_at where id = $1").bind(scene.contact.as_str()).execute().await.expect("nor later");
    tx.commit().await.expect("what the carrier said is kept");
    let erasure = erasing.await.expect("it ends").expect("and the erasure comes through");
    assert!(erasure.erased);
    assert_eq!(found_in(&stored(&app).await), Vec::<String>::new());
}
