//! What people bought: told by API and file, shown, merged, exported, erased.

use axum::http::{Method, StatusCode};
use peyk::access::{Permission, Role};
use serde_json::{Value, json};

use super::{created, sara};
use crate::api::{Answer, Client, another_subaccount};
use crate::harness::{TestApp, both_engines};
use crate::web::Browser;

both_engines! {
    a_purchase_is_known_by_its_reference,
    faulty_parts_of_a_purchase_are_named,
    purchases_stand_in_the_timeline_where_they_happened,
    who_may_not_see_personal_data_sees_amounts_only,
    a_file_brings_purchases_and_again_without_harm,
    purchases_are_exported_with_the_person_and_gone_with_them,
    nobody_elses_purchase_is_seen_or_taken,
    a_purchase_is_added_and_deleted_on_the_page,
}

async fn tell(client: &Client, contact: &str, body: Value) -> Answer {
    client.post(&format!("/api/v1/contacts/{contact}/purchases"), body).await
}

async fn list(client: &Client, contact: &str) -> Vec<Value> {
    client.get(&format!("/api/v1/contacts/{contact}/purchases")).await.json()["items"].as_array().expect("a list").clone()
}

async fn a_purchase_is_known_by_its_reference(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    let order =
        json!({"reference": "A-1", "amount": {"amount": "49.90", "currency": "eur"}, "at": "2026-11-20T14:05:00Z", "items": "2 × pads"});
    let first = tell(&client, &id, order.clone()).await;
    assert_eq!(first.status, StatusCode::CREATED, "{}", first.body);
    assert_eq!(first.json()["amount"], json!({"amount": "49.9", "currency": "EUR"}));
    let again = tell(&client, &id, order).await;
    assert_eq!((again.status, again.json()), (StatusCode::OK, first.json()));
    let refunded = tell(&client, &id, json!({"reference": "A-1", "amount": {"amount": "20"}, "at": "2026-11-19"})).await.json();
    assert_eq!(refunded["amount"], json!({"amount": "20", "currency": "USD"}), "the organisation's own currency");
    assert_eq!((list(&client, &id).await, &refunded["id"]), (vec![refunded.clone()], &first.json()["id"]));
    let other = created(&client, json!({"phone": "+12122001001"})).await;
    let taken = tell(&client, &other, json!({"reference": "A-1", "amount": {"amount": "1"}})).await;
    assert_eq!(taken.status, StatusCode::CONFLICT, "{}", taken.body);
    let at = format!("/api/v1/contacts/{id}/purchases/{}", refunded["id"].as_str().expect("an id"));
    assert_eq!(client.call(Method::DELETE, &at, None, &[]).await.status, StatusCode::NO_CONTENT);
    assert_eq!(client.call(Method::DELETE, &at, None, &[]).await.status, StatusCode::NOT_FOUND);
}

async fn faulty_parts_of_a_purchase_are_named(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    let faulty = json!({"reference": "  ", "amount": {"amount": "1,5", "currency": "euros"}, "at": "tomorrow", "items": "a\nb"});
    let fields: Vec<String> = tell(&client, &id, faulty).await.refused().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["reference", "amount.amount", "amount.currency", "at", "items"]);
    assert!(list(&client, &id).await.is_empty());
    assert_eq!(
        tell(&client, "con_0kx1w2v3t4s5r6q7p8n9m0a", json!({"reference": "r", "amount": {"amount": "1"}})).await.status,
        StatusCode::NOT_FOUND
    );
}

async fn purchases_stand_in_the_timeline_where_they_happened(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    client.post("/api/v1/sms/send", json!({"to": "+12122001000", "text": "t"})).await;
    for (reference, at) in [("new", "2026-11-21T09:00:00Z"), ("old", "2024-01-01"), ("future", "2026-11-21T11:00:00Z")] {
        tell(&client, &id, json!({"reference": reference, "amount": {"amount": "1"}, "at": at})).await;
    }
    let (mut told, mut cursor) = (Vec::new(), String::new());
    for _ in 0..6 {
        let page = client.get(&format!("/api/v1/contacts/{id}/timeline?limit=1{cursor}")).await.json();
        told.extend(page["items"].as_array().expect("a page").iter().map(|item| {
            let reference = item["purchase"]["reference"].as_str().unwrap_or_default();
            format!("{} {reference}", item["kind"].as_str().expect("a kind"))
        }));
        let Some(next) = page["next_cursor"].as_str() else { break };
        cursor = format!("&cursor={next}");
    }
    let purchases: Vec<&String> = told.iter().filter(|what| what.starts_with("purchase")).collect();
    assert_eq!(
        (told.len(), purchases),
        (4, ["purchase future", "purchase new", "purchase old"].map(str::to_owned).iter().collect()),
        "{told:?}"
    );
    assert_eq!(told[3], "purchase old");
}

async fn who_may_not_see_personal_data_sees_amounts_only(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    tell(&client, &id, json!({"reference": "REF-77", "amount": {"amount": "1"}, "items": "wedding ring"})).await;
    let blind = Client::without(&app, Permission::ViewPersonal).await;
    let seen = blind.get(&format!("/api/v1/contacts/{id}/purchases")).await;
    assert!(seen.body.contains(r#""amount":"1""#) && !seen.body.contains("REF-77") && !seen.body.contains("wedding"), "{}", seen.body);
    let page = Browser::signed_in(&app, Role::Viewer).await.get(&format!("/contacts/{id}")).await.body;
    assert!(page.contains("$1.00") && !page.contains("REF-77") && !page.contains("wedding"), "{page}");
    let mut tx = app.db.read().await.expect("the database reads");
    let stored: Vec<(Vec<u8>, Option<Vec<u8>>)> = tx.query("select reference, items from purchases").fetch_all().await.expect("purchases");
    assert!(stored.iter().all(|(r, i)| !r.windows(3).any(|w| w == b"REF") && !i.iter().any(|i| i.windows(4).any(|w| w == b"ring"))));
}

async fn a_file_brings_purchases_and_again_without_harm(app: TestApp) {
    let client = Client::new(&app).await;
    let file = "phone,name,purchase_reference,purchase_amount,purchase_currency,purchase_at,purchase_items\n\
        +12122001000,Sara,O-1,10.50,EUR,2026-11-01,pads\n\
        +12122001000,,O-2,5,,2026-11-02T10:00:00Z,\n\
        +12122001001,Bob,,,,,\n\
        +12122001001,Bob,O-1,3,,,\n\
        +12122001002,Cyd,O-3,,,,\n\
        +12122001003,Dan,O-4,cheap,,,\n\
        +12122001000,,O-2,6,,2026-11-02T10:00:00Z,\n";
    let import = async || {
        let head = "content-disposition: form-data; name=\"file\"; filename=\"orders.csv\"\r\ncontent-type: text/csv";
        let form = [("content-type", "multipart/form-data; boundary=b")];
        let body = format!("--b\r\n{head}\r\n\r\n{file}\r\n--b--\r\n");
        client.call(Method::POST, "/api/v1/contacts/import", Some(body), &form).await.json()
    };
    for _ in 0..2 {
        let report = import().await;
        let told: Vec<(u64, &str, &str)> = report["problems"]
            .as_array()
            .expect("problems")
            .iter()
            .map(|p| (p["row"].as_u64().expect("a row"), p["column"].as_str().expect("a column"), p["code"].as_str().expect("a code")))
            .collect();
        let want = [(5, "purchase_reference", "taken"), (6, "purchase_amount", "required"), (7, "purchase_amount", "not_an_amount")];
        assert_eq!(told, want, "{report}");
        let sara = client.get("/api/v1/contacts?q=Sara").await.json()["items"][0]["id"].as_str().expect("an id").to_owned();
        let bought: Vec<(String, String)> = list(&client, &sara)
            .await
            .iter()
            .map(|p| {
                (p["reference"].as_str().expect("a reference").to_owned(), p["amount"]["amount"].as_str().expect("an amount").to_owned())
            })
            .collect();
        assert_eq!(bought, [("O-2", "6"), ("O-1", "10.5")].map(|(r, a)| (r.to_owned(), a.to_owned())));
    }
}

async fn purchases_are_exported_with_the_person_and_gone_with_them(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    tell(&client, &id, json!({"reference": "REF-77", "amount": {"amount": "12.5"}, "items": "two pads"})).await;
    for (format, wants) in [("json", ["\"reference\":\"REF-77\"", "two pads"]), ("csv", ["REF-77", "two pads"])] {
        let file = client.get(&format!("/api/v1/contacts/{id}/export?format={format}")).await;
        assert!(wants.iter().all(|want| file.body.contains(want)), "{format}: {}", file.body);
    }
    let erased = client.post(&format!("/api/v1/contacts/{id}/erase"), json!({})).await;
    assert_eq!(erased.status, StatusCode::OK, "{}", erased.body);
    let mut tx = app.db.read().await.expect("the database reads");
    let (left,): (i64,) = tx.query("select count(*) from purchases").fetch_one().await.expect("purchases");
    assert_eq!(left, 0);
    // The reference is free again, for whoever it is of now.
    let other = created(&client, json!({"phone": "+12122001001"})).await;
    assert_eq!(tell(&client, &other, json!({"reference": "REF-77", "amount": {"amount": "1"}})).await.status, StatusCode::CREATED);
}

async fn nobody_elses_purchase_is_seen_or_taken(app: TestApp) {
    let own = Client::new(&app).await;
    let id = created(&own, sara()).await;
    let purchase =
        tell(&own, &id, json!({"reference": "R", "amount": {"amount": "1"}})).await.json()["id"].as_str().expect("an id").to_owned();
    let other = Client::of(&app, &another_subaccount(&app).await, "all").await;
    let theirs = created(&other, sara()).await;
    assert_eq!(tell(&other, &theirs, json!({"reference": "R", "amount": {"amount": "2"}})).await.status, StatusCode::CREATED);
    for contact in [&id, &theirs] {
        let at = format!("/api/v1/contacts/{contact}/purchases/{purchase}");
        assert_eq!(other.call(Method::DELETE, &at, None, &[]).await.status, StatusCode::NOT_FOUND);
    }
    assert_eq!(other.get(&format!("/api/v1/contacts/{id}/purchases")).await.status, StatusCode::NOT_FOUND);
    assert_eq!(list(&own, &id).await.len(), 1);
}

async fn a_purchase_is_added_and_deleted_on_the_page(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    assert!(browser.get(&format!("/contacts/{id}")).await.body.contains("Nothing was bought yet."));
    let wrong = [("id", id.as_str()), ("reference", "O-1"), ("amount", "a lot"), ("currency", "USD"), ("at", ""), ("items", "")];
    let page = browser.submit("/do/contacts/purchases/record", &wrong).await.body;
    assert!(
        page.contains("This is no amount.") && page.contains(r#"value="a lot""#) && page.contains("<details open class=\"plain body\""),
        "{page}"
    );
    let right = [
        ("id", id.as_str()),
        ("reference", "O-1"),
        ("amount", "1250"),
        ("currency", "USD"),
        ("at", "2026-11-20"),
        ("items", "<i>pads</i>"),
    ];
    let page = browser.submit("/do/contacts/purchases/record", &right).await.body;
    for words in ["The purchase is noted.", "$1,250.00", "in 1 purchase", "O-1", "&lt;i&gt;pads"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let purchase = list(&client, &id).await[0]["id"].as_str().expect("an id").to_owned();
    let gone = browser.submit("/do/contacts/purchases/delete", &[("id", &id), ("purchase", &purchase)]).await.body;
    assert!(gone.contains("The purchase is deleted.") && gone.contains("Nothing was bought yet."), "{gone}");
}
