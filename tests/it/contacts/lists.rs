//! Finding contacts: by number, name, tag and status, page by page, at any size.

use peyk::access::Role;
use peyk::contacts;
use peyk::kernel::clock::MINUTE;
use serde_json::json;

use super::{created, ids, patched, sara};
use crate::api::{Client, another_subaccount};
use crate::harness::{Csv, TestApp, both_engines};

both_engines! {
    a_contact_is_found_by_number_name_tag_and_status,
    the_last_active_come_first_and_pages_neither_repeat_nor_skip,
    an_erased_number_is_found_nowhere,
    one_tenants_contacts_are_not_anothers,
}

async fn a_contact_is_found_by_number_name_tag_and_status(app: TestApp) {
    let client = Client::new(&app).await;
    let first = created(&client, sara()).await;
    let second = created(&client, json!({"phone": "+12122001001", "name": "Ahmadi, Zoë", "tags": ["vip"], "status": "won"})).await;
    let third = created(&client, json!({"phone": "+12122001002", "name": "王小明"})).await;
    let [first, second, third] = [first.as_str(), second.as_str(), third.as_str()];
    for (query, want) in [
        ("?q=(212)%20200-1000", vec![first]),
        ("?q=%D9%A2%D9%A1%D9%A2%20200%201000", vec![first]),
        ("?q=2122001009", vec![]),
        ("?q=ahmadi", vec![second, first]),
        ("?q=AHMADI%20sara", vec![first]),
        ("?q=zoe", vec![second]),
        ("?q=ahmad", vec![]),
        ("?q=%E5%B0%8F%E6%98%8E", vec![third]),
        ("?tag=VIP", vec![second, first]),
        ("?tag=spring%202026", vec![first]),
        ("?tag=vip&status=won", vec![second]),
        ("?q=ahmadi&tag=spring-2026&status=new", vec![first]),
        ("?q=ahmadi&status=lost", vec![]),
        ("?status=new", vec![first]),
        ("?q=2122001000&tag=vip", vec![first]),
        ("?q=2122001000&status=won", vec![]),
    ] {
        assert_eq!(ids(&client, query).await, want, "{query}");
    }
    let refused = client.get("/api/v1/contacts?q=12&status=x&tag=%3Cb%3E").await.refused();
    assert_eq!(refused.into_iter().map(|(field, _)| field).collect::<Vec<_>>(), ["q", "tag", "status"]);
    // A name is found by its new words only.
    patched(&client, first, json!({"name": "Sara Karimi"})).await;
    assert_eq!(ids(&client, "?q=ahmadi").await, [second]);
    assert_eq!(ids(&client, "?q=karimi").await, [first]);
}

async fn the_last_active_come_first_and_pages_neither_repeat_nor_skip(app: TestApp) {
    let client = Client::new(&app).await;
    let mut made = Vec::new();
    for n in 1..=7 {
        made.push(created(&client, json!({"phone": Csv::phone(n), "tags": ["t"], "status": "new"})).await);
        app.advance(MINUTE);
    }
    let walk = async |filter: &str| {
        let (mut seen, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = client.get(&format!("/api/v1/contacts?limit=3{filter}{cursor}")).await.json();
            seen.extend(page["items"].as_array().expect("a list").iter().map(|c| c["id"].as_str().expect("an id").to_owned()));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return seen,
            }
        }
    };
    let newest: Vec<String> = made.iter().rev().cloned().collect();
    for filter in ["", "&tag=t", "&status=new", "&tag=t&status=new"] {
        assert_eq!(walk(filter).await, newest, "{filter}");
    }
    // Consent is activity too.
    client.post("/api/v1/sms/opt-out", json!({"phone": Csv::phone(1)})).await;
    let all = walk("").await;
    assert_eq!((&all[0], all.len()), (&made[0], 7));
    assert_eq!(client.get("/api/v1/contacts?cursor=bm90aGluZw").await.refused(), [("cursor".to_owned(), "unreadable".to_owned())]);
}

async fn an_erased_number_is_found_nowhere(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    let mut tx = app.db.write().await.expect("the database writes");
    let person = peyk::kernel::id::ContactId::parse(&id).expect("an id");
    contacts::clear_profile(&mut tx, &app.subaccount, &person, app.clock.now()).await.expect("cleared");
    tx.query("update contacts set phone = null, salt = null, hidden_at = null").execute().await.expect("erased");
    tx.commit().await.expect("the database writes");
    for query in ["", "?q=2122001000", "?q=sara", "?tag=vip", "?status=new"] {
        assert!(ids(&client, query).await.is_empty(), "{query}");
    }
    assert_eq!(client.get(&format!("/api/v1/contacts/{id}")).await.status.as_u16(), 404);
    let mut tx = app.db.read().await.expect("the database reads");
    for table in ["contact_words", "contact_tags"] {
        let (left,): (i64,) = tx.query(&format!("select count(*) from {table}")).fetch_one().await.expect("a count");
        assert_eq!(left, 0, "{table}");
    }
    assert!(contacts::tags(&app, &app.actor(Role::Viewer)).await.expect("tags").is_empty());
    // The number may come back, as a person who is known by nothing but what they refused.
    let again = created(&client, json!({"phone": "+12122001000"})).await;
    assert_eq!(again, id);
}

async fn one_tenants_contacts_are_not_anothers(app: TestApp) {
    let own = Client::new(&app).await;
    let other = Client::of(&app, &another_subaccount(&app).await, "all").await;
    let id = created(&own, sara()).await;
    for query in ["", "?q=2122001000", "?q=sara", "?tag=vip", "?status=new"] {
        assert!(ids(&other, query).await.is_empty(), "{query}");
    }
    let theirs = created(&other, json!({"phone": "+12122001000", "name": "Sara", "tags": ["vip"]})).await;
    assert_ne!(theirs, id);
    assert_eq!(ids(&own, "?q=sara").await, std::slice::from_ref(&id));
    assert_eq!(ids(&other, "?tag=vip").await, std::slice::from_ref(&theirs));
    let merged = other.post(&format!("/api/v1/contacts/{theirs}/merge"), json!({"other": id})).await;
    assert_eq!(merged.refused(), [("other".to_owned(), "unknown".to_owned())]);
}
