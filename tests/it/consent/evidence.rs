//! Evidence as a file, and whether it says when the ledger was touched.

use axum::http::StatusCode;
use axum::http::header::CONTENT_DISPOSITION;
use peyk::access::{Permission, Role};
use peyk::privacy;
use serde_json::{Value, json};

use super::{OTHER, PERSON, confirming, ledger, opt_in};
use crate::api::{Client, another_subaccount};
use crate::harness::{TestApp, both_engines};
use crate::inbox::write;
use crate::web::Browser;

both_engines! {
    one_persons_evidence_says_everything_and_its_hashes_can_be_computed_again,
    the_whole_ledger_is_written_in_blocks_and_says_when_a_row_was_altered,
    the_pages_hand_it_out_and_it_is_audited,
    an_erased_persons_rows_stay_without_their_words,
    only_who_may_see_people_gets_it_and_only_of_their_own,
}

async fn json_of(client: &Client, query: &str) -> Value {
    let answer = client.get(&format!("/api/v1/consent/evidence{query}")).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.json()
}

/// SHA-256 over the length-prefixed fields, written here anew as an outsider would.
fn hash_of(event: &Value, subaccount: &str) -> String {
    let plain = |name: &str| event[name].as_str().map_or_else(|| event[name].to_string(), str::to_owned);
    let optional = |name: &str| event[name].as_str().map_or_else(|| "-".to_owned(), |text| format!("+{text}"));
    let at = peyk::kernel::clock::parse_rfc3339(event["at"].as_str().expect("an instant")).expect("an instant").to_string();
    let mut fields = vec![plain("previous_hash"), plain("row"), subaccount.into(), plain("contact"), plain("change"), plain("category")];
    fields.extend([optional("value"), plain("method"), optional("wording"), optional("reason"), plain("recorded_by"), optional("ip"), at]);
    if !event["user_agent"].is_null() || !event["form_url"].is_null() {
        fields.extend([optional("user_agent"), optional("form_url")]);
    }
    let bytes: Vec<u8> =
        fields.iter().flat_map(|f| (f.len() as u64).to_be_bytes().into_iter().chain(f.bytes()).collect::<Vec<_>>()).collect();
    peyk::kernel::crypto::sha256_hex(&bytes)
}

async fn one_persons_evidence_says_everything_and_its_hashes_can_be_computed_again(app: TestApp) {
    let client = confirming(&app).await;
    opt_in(&client, PERSON).await;
    opt_in(&client, OTHER).await;
    write(&app, "e1", PERSON, "YES").await;
    write(&app, "e2", PERSON, "STOP").await;
    let file = json_of(&client, "?phone=%2B12025550123&format=json").await;
    assert_eq!((&file["verify"]["result"], &file["verify"]["rows"]), (&json!("whole"), &json!(4)));
    let events = file["events"].as_array().expect("a list");
    let changes: Vec<_> = events.iter().map(|e| format!("{} {} {}", e["change"], e["method"], e["row_holds"]).replace('"', "")).collect();
    assert_eq!(changes, ["asked api yes", "granted keyword yes", "withdrawn keyword yes"]);
    let asked = &events[0];
    assert_eq!((&asked["phone"], &asked["wording"], &asked["ip"]), (&json!(PERSON), &json!("Yes, text me offers"), &json!("203.0.113.9")));
    assert_eq!((&asked["user_agent"], &asked["form_url"]), (&json!("Phone/1"), &json!("https://shop.example/join")));
    assert_eq!(asked["wording_version"].as_str().map(str::len), Some(12));
    assert!(asked["at"].as_str().is_some_and(|at| at.starts_with("2026-11-21T10:00:00") && at.ends_with('Z')), "{asked}");
    for event in events {
        assert_eq!(event["hash"], json!(hash_of(event, app.subaccount.as_str())), "{event}");
    }
    let everything = json_of(&client, "").await;
    let all = everything["events"].as_array().expect("a list");
    assert!(all.windows(2).all(|pair| pair[1]["previous_hash"] == pair[0]["hash"]) && all.len() == 4);
    assert_eq!(everything["verify"]["last_hash"], all[3]["hash"]);
    let csv = client.get("/api/v1/consent/evidence?phone=%2B12025550123&format=csv").await;
    assert!(csv.header(CONTENT_DISPOSITION.as_str()).contains("consent-evidence.csv"));
    let lines: Vec<_> = csv.body.lines().collect();
    assert!(lines.len() == 4 && lines[0].contains("\"wording_version\"") && lines[1].ends_with("\"yes\",\"whole\",\"4\""), "{}", csv.body);
    assert_eq!(client.get("/api/v1/consent/evidence?format=xml").await.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(client.get("/api/v1/consent/evidence?phone=%2B12025550199").await.status, StatusCode::NOT_FOUND);
}

async fn the_whole_ledger_is_written_in_blocks_and_says_when_a_row_was_altered(app: TestApp) {
    let client = Client::new(&app).await;
    for n in 0..60 {
        let people: Vec<_> = (0..20).map(|m| json!({"phone": format!("+1202555{:04}", n * 20 + m), "category": "marketing"})).collect();
        for person in people {
            assert_eq!(client.post("/api/v1/sms/opt-out", person).await.status, StatusCode::OK);
        }
    }
    let file = json_of(&client, "").await;
    let rows: Vec<_> = file["events"].as_array().expect("a list").iter().map(|e| e["row"].as_i64().expect("a number")).collect();
    assert_eq!((rows, &file["verify"]["result"]), ((1..=1_200).collect::<Vec<_>>(), &json!("whole")));
    let mut tx = app.db.write().await.expect("the database writes");
    tx.query("update consent_ledger set category = 'order' where seq = 777").execute().await.expect("tampered");
    tx.commit().await.expect("the database writes");
    let file = json_of(&client, "").await;
    assert_eq!((&file["verify"]["result"], &file["verify"]["rows"]), (&json!("broken"), &json!(776)));
    assert!(file["verify"]["detail"].as_str().is_some_and(|detail| detail.contains("Row 777")));
    let bad: Vec<_> =
        file["events"].as_array().expect("a list").iter().filter(|e| e["row_holds"] != "yes").map(|e| e["row"].clone()).collect();
    assert_eq!(bad, [json!(777)]);
    let csv = client.get("/api/v1/consent/evidence?format=csv").await.body;
    assert_eq!(csv.lines().filter(|line| line.contains("\"broken\"")).count(), 1_200);
    assert_eq!(csv.lines().filter(|line| line.contains("\"no\",\"broken\"")).count(), 1);
}

async fn the_pages_hand_it_out_and_it_is_audited(app: TestApp) {
    let client = confirming(&app).await;
    opt_in(&client, PERSON).await;
    let mut desk = Browser::signed_in(&app, Role::Admin).await;
    let page = desk.get("/settings/consent").await;
    assert!(page.body.contains("/consent-evidence.csv") && page.body.contains("Double opt-in"), "{}", page.body);
    let everybody = desk.get("/consent-evidence.json").await;
    assert!(everybody.status == StatusCode::OK && everybody.body.contains(PERSON) && everybody.body.contains("\"whole\""));
    let contact = everybody.body.split("\"contact\":\"").nth(1).and_then(|rest| rest.split('"').next()).expect("an id").to_owned();
    let evidence = desk.get(&format!("/contacts/{contact}/consent")).await;
    assert!(
        evidence.body.contains(&format!("/consent-evidence.csv?contact={contact}")) && evidence.body.contains("Asked to confirm marketing")
    );
    assert!(desk.get(&format!("/consent-evidence.csv?contact={contact}")).await.body.contains(PERSON));
    assert_eq!(desk.get("/consent-evidence.csv?contact=con_nobody").await.status, StatusCode::NOT_FOUND);
    let mut tx = app.db.read().await.expect("the database reads");
    let (noted,): (i64,) = tx.query("select count(*) from audit_log where action = 'consent.evidence'").fetch_one().await.expect("counted");
    assert_eq!(noted, 2, "a refused one is none");
}

async fn an_erased_persons_rows_stay_without_their_words(app: TestApp) {
    let client = confirming(&app).await;
    opt_in(&client, PERSON).await;
    let file = json_of(&client, "").await;
    let contact = file["events"][0]["contact"].as_str().expect("an id").to_owned();
    privacy::erase(&app, &app.actor(Role::Admin), &contact).await.expect("erased");
    let file = json_of(&client, "").await;
    assert_eq!(file["verify"]["result"], json!("whole"));
    let first = &file["events"][0];
    assert_eq!((&first["row_holds"], &first["phone"], &first["user_agent"]), (&json!("words erased"), &json!(""), &Value::Null));
    assert_eq!(first["form_url"], Value::Null);
    let mut tx = app.db.read().await.expect("the database reads");
    let (left,): (i64,) = tx.query("select count(*) from opt_ins").fetch_one().await.expect("counted");
    assert_eq!(left, 0);
    drop(tx);
    assert!(ledger(&app, PERSON).await.iter().all(|entry| entry.user_agent.is_none() && entry.form_url.is_none()));
}

async fn only_who_may_see_people_gets_it_and_only_of_their_own(app: TestApp) {
    let client = confirming(&app).await;
    opt_in(&client, PERSON).await;
    for missing in [Permission::Consent, Permission::ViewPersonal] {
        assert_eq!(Client::without(&app, missing).await.get("/api/v1/consent/evidence").await.status, StatusCode::FORBIDDEN);
    }
    let other = another_subaccount(&app).await;
    let stranger = Client::of(&app, &other, "view,view_personal,consent").await;
    assert_eq!(json_of(&stranger, "").await["events"], json!([]));
    assert_eq!(stranger.get("/api/v1/consent/evidence?phone=%2B12025550123").await.status, StatusCode::NOT_FOUND);
    let mut viewer = Browser::signed_in(&app, Role::Viewer).await;
    assert_eq!(viewer.get("/consent-evidence.json").await.status, StatusCode::FORBIDDEN);
}
