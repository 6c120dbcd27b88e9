//! Who may hand a person's data out or erase it, and by which door.

use axum::http::StatusCode;
use peyk::access::{self, Permission, Role, subaccount_named};
use peyk::kernel::page::PageRequest;
use peyk::privacy;
use serde_json::{Value, json};

use super::scene::{NAME, NUMBER, Scene, found_in};
use crate::api::Client;
use crate::harness::{TestApp, both_engines};
use crate::web::Browser;

both_engines! {
    everything_about_a_person_is_handed_out_as_json_and_csv,
    only_who_may_erases_and_only_their_own_people,
    the_page_asks_for_a_word_and_names_nobody_in_the_audit,
}

async fn everything_about_a_person_is_handed_out_as_json_and_csv(app: TestApp) {
    let scene = Scene::set(&app).await;
    let path = format!("/api/v1/contacts/{}/export", scene.contact);
    let json = scene.client.get(&path).await;
    assert_eq!((json.status, json.header("content-type")), (StatusCode::OK, "application/json"));
    assert_eq!(json.header("content-disposition"), "attachment; filename=\"person.json\"");
    let file = json.json();
    assert_eq!((&file["contact"]["phone"], &file["contact"]["erased"]), (&json!(NUMBER), &json!(false)));
    assert_eq!(file["consent"][0]["reason"], json!(format!("{NAME} called from 212-200-1000")));
    let messages = file["messages"].as_array().expect("messages");
    let texts: Vec<&Value> = messages.iter().map(|m| &m["text"]).collect();
    assert_eq!(texts.len(), 3, "{texts:?}");
    assert!(texts.contains(&&json!(format!("Hello {NAME}"))) && texts.contains(&&json!(format!("Dear {NAME}"))));
    assert!(messages.iter().any(|m| m["attempts"].as_array().is_some_and(|a| a.len() == 1)), "with attempts");
    let rows = file["uploads"].as_array().expect("rows");
    assert!(!rows.is_empty() && rows.iter().any(|row| row["cells"]["name"] == json!(NAME) && row["row"] == json!(2)), "{rows:?}");
    let csv = scene.client.get(&format!("{path}?format=csv")).await;
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let line = |kind: &str, field: &str, value: &str| {
        csv.body.lines().any(|l| l.starts_with(&format!("\"{kind}\"")) && l.ends_with(&format!("\"{field}\",\"{value}\"")))
    };
    assert!(line("contact", "phone", "'+12122001000") && line("messages", "text", &format!("Hello {NAME}")), "{}", csv.body);
    assert!(line("messages", "attempts.1.outcome", "accepted") && line("uploads", "cells.name", NAME));
    let wrong = scene.client.get(&format!("{path}?format=xml")).await;
    assert_eq!(wrong.refused(), [("format".to_owned(), "unknown".to_owned())]);
    let masked = Client::without(&app, Permission::ViewPersonal).await.get(&path).await;
    assert_eq!(masked.status, StatusCode::FORBIDDEN);
    privacy::erase(&app, &app.actor(Role::Owner), &scene.contact).await.expect("erased");
    let after = scene.client.get(&path).await;
    assert_eq!(found_in(after.body.as_bytes()), Vec::<String>::new());
    assert_eq!(after.json()["messages"].as_array().map(Vec::len), Some(4), "that there were messages stays, and one that was promised");
}

async fn only_who_may_erases_and_only_their_own_people(app: TestApp) {
    let scene = Scene::set(&app).await;
    let path = format!("/api/v1/contacts/{}/erase", scene.contact);
    let refused = Client::without(&app, Permission::Settings).await.post(&path, json!({})).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let mut tx = app.db.write().await.expect("the database writes");
    let other = subaccount_named(&mut tx, "other", app.clock.now()).await.expect("a subaccount");
    tx.commit().await.expect("the database writes");
    let stranger = Client::of(&app, &other, "all").await;
    assert_eq!(stranger.post(&path, json!({})).await.status, StatusCode::NOT_FOUND);
    assert_eq!(stranger.get(&path.replace("erase", "export")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(scene.client.post("/api/v1/contacts/con_nobody/erase", json!({})).await.status, StatusCode::NOT_FOUND);
    let erased = scene.client.post(&path, json!({})).await;
    assert_eq!((erased.status, &erased.json()["erased"], &erased.json()["uploads"]), (StatusCode::OK, &json!(true), &json!(5)));
    let again = scene.client.post(&path, json!({})).await.json();
    assert_eq!((&again["erased"], &again["messages"]), (&json!(true), &json!(0)));
}

async fn the_page_asks_for_a_word_and_names_nobody_in_the_audit(app: TestApp) {
    let scene = Scene::set(&app).await;
    let page = format!("/people/{}/privacy", scene.contact);
    let message =
        scene.client.get("/api/v1/sms/messages?to=%2B12122001000").await.json()["items"][0]["id"].as_str().expect("an id").to_owned();
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    assert!(marketer.get(&format!("/history/{message}")).await.body.contains(&page), "the message leads to the person");
    let shown = marketer.get(&page).await;
    assert!(shown.body.contains(NUMBER) && !shown.body.contains("Erase for good"), "{}", shown.body);
    assert_eq!(marketer.post("/do/people/erase", &[("id", &scene.contact), ("confirm", "ERASE")]).await.status, StatusCode::FORBIDDEN);
    let mut viewer = Browser::signed_in(&app, Role::Viewer).await;
    assert_eq!(viewer.get(&page).await.status, StatusCode::FORBIDDEN);
    let mut admin = Browser::signed_in(&app, Role::Admin).await;
    let file = admin.get(&format!("/people/{}/person.csv", scene.contact)).await;
    assert!(file.status == StatusCode::OK && file.body.contains(NAME));
    assert_eq!(admin.get(&format!("/people/{}/other", scene.contact)).await.status, StatusCode::NOT_FOUND);
    let refused = admin.submit("/do/people/erase", &[("id", &scene.contact), ("confirm", "yes")]).await;
    assert!(refused.body.contains("Type ERASE to erase this person"), "{}", refused.body);
    let done = admin.submit("/do/people/erase", &[("id", &scene.contact), ("confirm", " erase ")]).await;
    assert!(done.body.contains("Nothing about this person can be read any more") && done.body.contains("This person was erased"));
    assert_eq!(found_in(done.body.as_bytes()), Vec::<String>::new());
    let entries = access::audit_entries(&app, &app.actor(Role::Owner), &PageRequest::default()).await.expect("the log").items;
    let entry = entries.iter().find(|e| e.action == "person.erase").expect("it is recorded");
    assert_eq!((entry.object.as_str(), &entry.detail["uploads"]), (scene.contact.as_str(), &json!(5)));
    assert!(entries.iter().any(|e| e.action == "person.export" && e.object == scene.contact));
    assert!(entries.iter().all(|e| found_in(format!("{e:?}").as_bytes()).is_empty()));
}
