//! One contact: made, read, changed, removed, merged.

use axum::http::{Method, StatusCode};
use peyk::access::Permission;
use peyk::kernel::clock::MINUTE;
use serde_json::json;

use super::{created, ids, patched, sara};
use crate::api::Client;
use crate::harness::{TestApp, both_engines};

both_engines! {
    a_contact_is_made_read_and_changed_by_part,
    a_number_is_one_contact_in_any_spelling,
    faulty_fields_are_named_and_nothing_is_stored,
    a_removed_contact_is_gone_from_lists_and_its_refusal_stays,
    who_may_not_see_personal_data_gets_a_masked_number_and_no_name,
    the_timeline_tells_messages_and_consent_of_all_numbers_page_by_page,
    merged_contacts_are_one_and_consent_stays_each_numbers_own,
    nothing_of_a_profile_is_stored_in_clear,
}

async fn a_contact_is_made_read_and_changed_by_part(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    let read = client.get(&format!("/api/v1/contacts/{id}")).await.json();
    assert_eq!(
        (&read["phone"], &read["name"], &read["language"], &read["time_zone"], &read["status"]),
        (&json!("+12122001000"), &json!("Sara Ahmadi"), &json!("fa"), &json!("Asia/Tehran"), &json!("new"))
    );
    assert_eq!(read["attributes"], json!({"city": "Yazd", "plan": "gold"}));
    assert_eq!(read["tags"], json!(["spring-2026", "vip"]));
    app.advance(MINUTE);
    let change = json!({"name": null, "status": "won", "attributes": {"city": null, "size": "L"}, "tags": ["vip"]});
    let changed = patched(&client, &id, change).await.json();
    assert_eq!(changed["attributes"], json!({"plan": "gold", "size": "L"}));
    assert_eq!((&changed["status"], &changed["tags"], &changed["language"]), (&json!("won"), &json!(["vip"]), &json!("fa")));
    assert!(changed.get("name").is_none(), "{changed}");
    assert_eq!(client.get(&format!("/api/v1/contacts/{id}")).await.json(), changed);
    assert_eq!(changed["updated_at"], "2026-11-21T10:01:00.000Z");
}

async fn a_number_is_one_contact_in_any_spelling(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    for spelling in ["+12122001000", "(212) 200-1000", "001 212 200 1000"] {
        let again = client.post("/api/v1/contacts", json!({"phone": spelling, "name": "Somebody else"})).await;
        assert_eq!(again.status, StatusCode::CONFLICT, "{spelling}: {}", again.body);
        let problem = again.json();
        assert_eq!((&problem["existing_id"], &problem["type"]), (&json!(id), &json!("/problems/exists")));
        assert!(!again.body.contains("2001000"), "{}", again.body);
    }
    assert_eq!(client.get(&format!("/api/v1/contacts/{id}")).await.json()["name"], "Sara Ahmadi");
    // Whoever was sent a message is a contact too.
    client.post("/api/v1/sms/send", json!({"to": "+12122001001", "text": "t"})).await;
    app.dispatch_all().await;
    assert_eq!(ids(&client, "").await.len(), 2);
    assert_eq!(client.post("/api/v1/contacts", json!({"phone": "+12122001001"})).await.status, StatusCode::CONFLICT);
}

async fn faulty_fields_are_named_and_nothing_is_stored(app: TestApp) {
    let client = Client::new(&app).await;
    let faulty =
        json!({"phone": "12", "language": "??", "time_zone": "Mars", "status": "maybe", "tags": ["<b>"], "attributes": {"a\nb": "x"}});
    let answer = client.post("/api/v1/contacts", faulty).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields: Vec<String> = answer.refused().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["phone", "attributes.a\nb", "tags", "language", "time_zone", "status"]);
    assert!(ids(&client, "").await.is_empty());
    let id = created(&client, sara()).await;
    let many: Vec<String> = (0..21).map(|n| format!("t{n}")).collect();
    assert_eq!(patched(&client, &id, json!({"tags": many, "name": "x"})).await.refused(), [("tags".to_owned(), "too_many".to_owned())]);
    assert_eq!(patched(&client, &id, json!({"phone": "+12122001009"})).await.refused(), [("phone".to_owned(), "unknown_field".to_owned())]);
    assert_eq!(client.get(&format!("/api/v1/contacts/{id}")).await.json()["name"], "Sara Ahmadi");
}

async fn a_removed_contact_is_gone_from_lists_and_its_refusal_stays(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    client.post("/api/v1/sms/opt-out", json!({"phone": "+12122001000"})).await;
    let gone = client.call(Method::DELETE, &format!("/api/v1/contacts/{id}"), None, &[]).await;
    assert_eq!(gone.status, StatusCode::NO_CONTENT, "{}", gone.body);
    for query in ["", "?q=Sara", "?q=2122001000", "?tag=vip", "?status=new"] {
        assert!(ids(&client, query).await.is_empty(), "{query}");
    }
    for (method, at) in [(Method::GET, ""), (Method::DELETE, ""), (Method::GET, "/timeline")] {
        assert_eq!(client.call(method, &format!("/api/v1/contacts/{id}{at}"), None, &[]).await.status, StatusCode::NOT_FOUND);
    }
    let check = client.get("/api/v1/sms/opt-out/check/+12122001000").await.json();
    assert_eq!(check["opted_out"], true, "{check}");
    // It comes back under its id, with nothing of what was noted before and all that was refused.
    let again = client.post("/api/v1/contacts", json!({"phone": "+12122001000", "name": "S."})).await.json();
    assert_eq!((&again["id"], &again["name"], &again["attributes"], &again["tags"]), (&json!(id), &json!("S."), &json!({}), &json!([])));
    assert_eq!(client.get("/api/v1/sms/opt-out/check/+12122001000").await.json()["opted_out"], true);
}

async fn who_may_not_see_personal_data_gets_a_masked_number_and_no_name(app: TestApp) {
    let id = created(&Client::new(&app).await, sara()).await;
    let client = Client::without(&app, Permission::ViewPersonal).await;
    for path in ["/api/v1/contacts".to_owned(), format!("/api/v1/contacts/{id}"), "/api/v1/contacts?q=%2B12122001000".to_owned()] {
        let answer = client.get(&path).await;
        assert!(answer.body.contains(&id) && answer.body.contains("vip"), "{path}: {}", answer.body);
        for secret in ["2122001000", "Sara", "Yazd"] {
            assert!(!answer.body.contains(secret), "{path} shows {secret}: {}", answer.body);
        }
    }
    assert_eq!(client.get("/api/v1/contacts?q=Sara").await.status, StatusCode::FORBIDDEN);
}

async fn the_timeline_tells_messages_and_consent_of_all_numbers_page_by_page(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    let other = created(&client, json!({"phone": "+12122001001"})).await;
    for (n, to) in ["+12122001000", "+12122001001", "+12122001000"].into_iter().enumerate() {
        app.advance(MINUTE);
        client.post("/api/v1/sms/send", json!({"to": to, "text": "t", "reference": n.to_string()})).await;
        app.dispatch_all().await;
    }
    app.advance(MINUTE);
    client.post("/api/v1/sms/opt-out", json!({"phone": "+12122001000", "category": "marketing", "reason": "by phone"})).await;
    let told = async |id: &str, limit: u32| {
        let (mut told, mut cursor) = (Vec::new(), String::new());
        loop {
            let page = client.get(&format!("/api/v1/contacts/{id}/timeline?limit={limit}{cursor}")).await.json();
            let items = page["items"].as_array().unwrap_or_else(|| panic!("{page}"));
            assert!(items.len() <= limit as usize);
            told.extend(items.iter().map(|item| {
                let word = item["message"]["reference"].as_str().or(item["consent"]["change"].as_str()).expect("one of both");
                (item["kind"].as_str().expect("a kind").to_owned(), word.to_owned())
            }));
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return told,
            }
        }
    };
    let words = |pairs: &[(&str, &str)]| pairs.iter().map(|(k, w)| ((*k).to_owned(), (*w).to_owned())).collect::<Vec<_>>();
    assert_eq!(told(&id, 50).await, words(&[("consent", "withdrawn"), ("message", "2"), ("message", "0")]));
    assert_eq!(told(&other, 1).await, words(&[("message", "1")]));
    client.post(&format!("/api/v1/contacts/{id}/merge"), json!({"other": other})).await;
    let both = words(&[("consent", "withdrawn"), ("message", "2"), ("message", "1"), ("message", "0")]);
    for limit in [1, 2, 3, 50] {
        assert_eq!(told(&id, limit).await, both, "{limit}");
    }
}

async fn merged_contacts_are_one_and_consent_stays_each_numbers_own(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    let other = json!({"phone": "+12122001001", "name": "Sarah A.", "attributes": {"city": "Shiraz", "size": "L"}, "tags": ["b2b"]});
    let other = created(&client, other).await;
    client.post("/api/v1/sms/opt-out", json!({"phone": "+12122001001"})).await;
    let merge = async |id: &str, other: &str| client.post(&format!("/api/v1/contacts/{id}/merge"), json!({"other": other})).await;
    assert_eq!(merge(&id, &id).await.refused(), [("other".to_owned(), "same".to_owned())]);
    let merged = merge(&id, &other).await.json();
    assert_eq!(merged["attributes"], json!({"city": "Yazd", "plan": "gold", "size": "L"}));
    assert_eq!(merged["tags"], json!(["b2b", "spring-2026", "vip"]));
    assert_eq!(merged["other_numbers"], json!([{"id": other, "phone": "+12122001001"}]));
    // Both numbers, and the other's id, lead to the one that stays; the other's name no longer does.
    for query in ["", "?q=%2B12122001001", "?q=%2B12122001000", "?tag=b2b", "?q=ahmadi"] {
        assert_eq!(ids(&client, query).await, std::slice::from_ref(&id), "{query}");
    }
    assert!(ids(&client, "?q=Sarah").await.is_empty());
    assert_eq!(client.get(&format!("/api/v1/contacts/{other}")).await.json()["id"], json!(id));
    assert_eq!(client.post("/api/v1/contacts", json!({"phone": "+12122001001"})).await.json()["existing_id"], json!(id));
    for (phone, opted_out) in [("+12122001001", true), ("+12122001000", false)] {
        assert_eq!(client.get(&format!("/api/v1/sms/opt-out/check/{phone}")).await.json()["opted_out"], opted_out, "{phone}");
    }
}

async fn nothing_of_a_profile_is_stored_in_clear(app: TestApp) {
    let client = Client::new(&app).await;
    created(&client, sara()).await;
    let mut tx = app.db.read().await.expect("the database reads");
    let rows: Vec<(Vec<u8>, Vec<u8>)> = tx.query("select name, attributes from contacts").fetch_all().await.expect("rows");
    let words: Vec<(Vec<u8>,)> = tx.query("select word from contact_words").fetch_all().await.expect("rows");
    assert_eq!((rows.len(), words.len()), (1, 2));
    let stored = rows.iter().flat_map(|(a, b)| [a.clone(), b.clone()]).chain(words.into_iter().map(|(w,)| w));
    for bytes in stored {
        let text = String::from_utf8_lossy(&bytes).to_lowercase();
        assert!(["sara", "ahmadi", "yazd", "city"].iter().all(|clear| !text.contains(clear)), "{text}");
    }
}
