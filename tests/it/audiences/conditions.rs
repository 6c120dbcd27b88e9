//! Whom each kind of condition holds.

use axum::http::{Method, StatusCode};
use peyk::access::{self, Permission, Role};
use peyk::audiences::kinds::KINDS;
use peyk::consent;
use peyk::contacts::Standing;
use peyk::kernel::category::Category;
use peyk::kernel::clock::DAY;
use serde_json::{Value, json};

use super::{counted, names, one, saved};
use crate::api::{Client, another_subaccount};
use crate::contacts::created;
use crate::harness::{TestApp, both_engines};
use crate::inbox;

both_engines! {
    each_kind_of_condition_holds_whom_it_says,
    conditions_are_joined_in_two_levels,
    whoever_may_be_sent_a_category_is_counted_as_the_gate_would_let_them_through,
    what_people_wrote_is_only_ever_bound,
    attributes_are_asked_for_by_those_who_may_see_them,
    nobody_of_another_subaccount_is_in_an_audience,
    other_numbers_of_a_person_count_for_them,
    a_merged_person_is_still_named_by_the_files_of_both_numbers,
    persian_words_and_digits_are_one_however_they_are_written,
    tags_of_before_get_their_one_spelling,
}

const ANN: &str = "+12122001000";
const BOB: &str = "+12122001001";
const ZOE: &str = "+447400123456";

async fn purchase(client: &Client, contact: &str, reference: &str, amount: &str, currency: &str, at: &str) {
    let body = json!({"reference": reference, "amount": {"amount": amount, "currency": currency}, "at": at});
    let answer = client.post(&format!("/api/v1/contacts/{contact}/purchases"), body).await;
    assert_eq!(answer.status, StatusCode::CREATED, "{}", answer.body);
}

/// Takes in a file under a name with a path, as old browsers give it.
async fn imported(client: &Client, file: &str, rows: &str) -> Value {
    let file = format!("content-disposition: form-data; name=\"file\"; filename=\"C:\\{file}\"\r\ncontent-type: text/csv");
    let form = [("content-type", "multipart/form-data; boundary=b")];
    let body = format!("--b\r\n{file}\r\n\r\n{rows}\r\n--b--\r\n");
    client.call(Method::POST, "/api/v1/contacts/import", Some(body), &form).await.json()
}

/// Ann was imported and bought twice, Bob was written to and agreed to marketing, Zoë wrote and refused.
async fn people(app: &TestApp, client: &Client) {
    let rows =
        "phone,name,language,time_zone,status,tags,city,size,born\n+12122001000,Ann,fa,Asia/Tehran,won,vip,Yazd,\"1,200.5\",1990-05-01\n";
    let report = imported(client, "leads.csv", rows).await;
    assert_eq!(report["created"], 1, "{report}");
    let ann = client.get("/api/v1/contacts?q=Ann").await.json()["items"][0]["id"].as_str().expect("an id").to_owned();
    purchase(client, &ann, "A-1", "40", "EUR", "2026-09-01").await;
    purchase(client, &ann, "A-2", "60.50", "EUR", "2026-11-01").await;
    purchase(client, &ann, "A-3", "500", "USD", "2026-11-01").await;
    app.advance(10 * DAY);
    created(client, json!({"phone": BOB, "name": "Bob", "language": "en", "attributes": {"size": "7"}})).await;
    client.post("/api/v1/sms/opt-out/opt-in", json!({"phone": BOB, "category": "marketing"})).await;
    let sent = client.post("/api/v1/sms/send", json!({"to": BOB, "text": "t", "category": "order"})).await;
    assert_eq!(sent.status, StatusCode::ACCEPTED, "{}", sent.body);
    app.dispatch_all().await;
    app.advance(10 * DAY);
    created(client, json!({"phone": ZOE, "name": "Zoë"})).await;
    inbox::write(app, "e1", ZOE, "hello").await;
    client.post("/api/v1/sms/opt-out", json!({"phone": ZOE})).await;
}

async fn each_kind_of_condition_holds_whom_it_says(app: TestApp) {
    let client = Client::new(&app).await;
    people(&app, &client).await;
    let cases: [(&str, &str, &str, &[&str]); 46] = [
        ("language.is", "", "FA", &["Ann"]),
        ("language.is_not", "", "fa", &["Bob", "Zoë"]),
        ("country.is", "", "gb", &["Zoë"]),
        ("country.is_not", "", "GB", &["Ann", "Bob"]),
        ("time_zone.is", "", "Asia/Tehran", &["Ann"]),
        ("time_zone.is_not", "", "Asia/Tehran", &["Bob", "Zoë"]),
        ("status.is", "", "won", &["Ann"]),
        ("status.is_not", "", "won", &["Bob", "Zoë"]),
        ("status.is_set", "", "", &["Ann"]),
        ("status.is_not_set", "", "", &["Bob", "Zoë"]),
        ("added.within", "", "15", &["Bob", "Zoë"]),
        ("added.before", "", "15", &["Ann"]),
        ("import.is", "", "leads.csv", &["Ann"]),
        ("import.is_not", "", "leads.csv", &["Bob", "Zoë"]),
        ("tag.has", "", "VIP", &["Ann"]),
        ("tag.has_not", "", "vip", &["Bob", "Zoë"]),
        ("attribute.is", "City", "yazd", &["Ann"]),
        ("attribute.is_not", "city", "Yazd", &["Bob", "Zoë"]),
        ("attribute.contains", "city", "az", &["Ann"]),
        ("attribute.is_set", "size", "", &["Ann", "Bob"]),
        ("attribute.is_not_set", "size", "", &["Zoë"]),
        ("attribute.less_than", "size", "7.5", &["Bob"]),
        ("attribute.more_than", "size", "1200", &["Ann"]),
        ("attribute.before", "born", "1990-05-02", &["Ann"]),
        ("attribute.after", "born", "1990-05-01", &[]),
        ("last_message.within", "", "11", &["Bob"]),
        ("last_message.within", "", "9", &[]),
        ("last_message.before", "", "9", &["Bob"]),
        ("last_message.before", "", "11", &[]),
        ("last_message.never", "", "", &["Ann", "Zoë"]),
        ("last_reply.within", "", "1", &["Zoë"]),
        ("last_reply.before", "", "1", &[]),
        ("last_reply.never", "", "", &["Ann", "Bob"]),
        ("last_purchase.within", "", "45", &["Ann"]),
        ("last_purchase.before", "", "30", &["Ann"]),
        ("last_purchase.never", "", "", &["Bob", "Zoë"]),
        ("purchases.at_least", "", "3", &["Ann"]),
        ("purchases.at_least", "", "4", &[]),
        ("purchases.at_most", "", "2", &["Bob", "Zoë"]),
        ("spent.at_least", "EUR", "100.50", &["Ann"]),
        ("spent.at_least", "EUR", "100.51", &[]),
        ("spent.at_most", "EUR", "100.50", &["Ann", "Bob", "Zoë"]),
        ("consent.may_be_sent", "", "marketing", &["Bob"]),
        ("consent.may_be_sent", "", "order", &["Ann", "Bob"]),
        ("consent.agreed", "", "marketing", &["Bob"]),
        ("consent.refused", "", "marketing", &["Zoë"]),
    ];
    for (kind, name, value, want) in cases {
        // Alone, and beside a sealed condition that holds for everybody, which takes the other way through the people.
        assert_eq!(names(&client, json!({"all": [one(kind, name, value)]})).await, want, "{kind} {value}");
        let sealed = json!({"all": [one(kind, name, value), one("attribute.is_not", "nothing", "x")]});
        assert_eq!(names(&client, sealed).await, want, "{kind} {value}, with a sealed one");
    }
    for kind in KINDS {
        assert!(cases.iter().any(|(tried, ..)| *tried == kind.word), "{} is tried", kind.word);
    }
}

async fn conditions_are_joined_in_two_levels(app: TestApp) {
    let client = Client::new(&app).await;
    people(&app, &client).await;
    let (fa, en, yazd, vip) =
        (one("language.is", "", "fa"), one("language.is", "", "en"), one("attribute.is", "city", "Yazd"), one("tag.has", "", "vip"));
    assert_eq!(names(&client, json!({"all": []})).await, ["Ann", "Bob", "Zoë"]);
    assert_eq!(names(&client, json!({"any": [fa, en]})).await, ["Ann", "Bob"]);
    assert_eq!(names(&client, json!({"all": [fa, en]})).await, Vec::<String>::new());
    assert_eq!(names(&client, json!({"all": [yazd, {"any": [en, vip]}]})).await, ["Ann"]);
    assert_eq!(names(&client, json!({"any": [en, {"all": [yazd, vip]}]})).await, ["Ann", "Bob"]);
    assert_eq!(names(&client, json!({"any": [en, {"all": [yazd, fa, en]}]})).await, ["Bob"]);
}

async fn whoever_may_be_sent_a_category_is_counted_as_the_gate_would_let_them_through(app: TestApp) {
    let client = Client::new(&app).await;
    let mut standings = Vec::new();
    for (n, (granted, withdrawn, pending, stopped_at)) in [
        (0, 0, 0, None),
        (127, 0, 0, None),
        (0, 127, 0, None),
        (127, 127, 0, None),
        (127, 0, 0, Some(5)),
        (0, 0, 0, Some(5)),
        (127, 127, 0, Some(5)),
        (1, 2, 0, None),
        (0, 0, 127, None),
        (127, 0, 127, None),
        (127, 1, 2, None),
    ]
    .into_iter()
    .enumerate()
    {
        let id = created(&client, json!({"phone": format!("+121220010{n:02}")})).await;
        let mut tx = app.db.write().await.expect("the database writes");
        tx.query("update contacts set granted = $1, withdrawn = $2, pending = $3, stopped_at = $4 where id = $5")
            .bind(granted)
            .bind(withdrawn)
            .bind(pending)
            .bind(stopped_at)
            .bind(id)
            .execute()
            .await
            .expect("a standing");
        tx.commit().await.expect("the database writes");
        standings.push(Standing { granted, withdrawn, pending, stopped_at, ..Standing::default() });
    }
    for strict in [false, true] {
        client.put("/api/v1/settings", json!({"require_opt_in": strict})).await;
        let settings = access::settings(&app, &app.actor(Role::Admin)).await.expect("settings");
        for category in Category::ALL {
            let want = standings.iter().filter(|s| consent::opted_out(category, s, &settings).is_none()).count();
            let all = counted(&client, json!({"all": []}), Some(category.as_str())).await;
            assert_eq!((&all["people"], &all["can_be_sent"]), (&json!(standings.len()), &json!(want)), "{} {strict}", category.as_str());
            let sealed = json!({"all": [one("attribute.is_not", "x", "y")]});
            assert_eq!(counted(&client, sealed, Some(category.as_str())).await["can_be_sent"], want, "{} {strict}", category.as_str());
            let of_it = json!({"all": [one("consent.may_be_sent", "", category.as_str())]});
            assert_eq!(counted(&client, of_it, None).await["people"], want, "{} {strict}", category.as_str());
        }
    }
}

async fn what_people_wrote_is_only_ever_bound(app: TestApp) {
    let client = Client::new(&app).await;
    people(&app, &client).await;
    for text in ["' or '1'='1", "leads.csv' --", "$1", "?", "\\'; delete from contacts; --", "%"] {
        for kind in ["import.is", "attribute.is", "attribute.contains"] {
            let name = if kind.starts_with("attribute") { "city" } else { "" };
            assert_eq!(names(&client, json!({"all": [one(kind, name, text)]})).await, Vec::<String>::new(), "{kind} {text}");
        }
    }
    let wrong = json!({"conditions": {"all": [one("tag.has", "", "a' or 1=1"), one("country.is", "", "XX"), one("nope.is", "", "")]}});
    let refused = client.post("/api/v1/audiences/count", wrong).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    let fields: Vec<String> = refused.refused().into_iter().map(|(field, _)| field).collect();
    assert_eq!(fields, ["conditions.all[0].value", "conditions.all[1].value", "conditions.all[2].field"]);
    assert_eq!(names(&client, json!({"all": []})).await.len(), 3);
}

async fn attributes_are_asked_for_by_those_who_may_see_them(app: TestApp) {
    let client = Client::new(&app).await;
    people(&app, &client).await;
    let city = json!({"all": [one("attribute.is", "city", "Yazd")]});
    let id = saved(&client, "Yazd", city.clone()).await;
    let blind = Client::without(&app, Permission::ViewPersonal).await;
    for (path, body) in
        [("/api/v1/audiences/count", json!({"conditions": city})), ("/api/v1/audiences", json!({"name": "n", "conditions": city}))]
    {
        assert_eq!(blind.post(path, body).await.status, StatusCode::FORBIDDEN, "{path}");
    }
    let seen = blind.get(&format!("/api/v1/audiences/{id}")).await;
    assert!(seen.json().get("conditions").is_none() && !seen.body.contains("Yazd\"}"), "{}", seen.body);
    let count = blind.get(&format!("/api/v1/audiences/{id}/count?category=order")).await.json();
    assert_eq!((&count["people"], &count["can_be_sent"]), (&json!(1), &json!(1)));
    assert!(count["sample"][0].get("name").is_none() && !count.to_string().contains("2122001000"), "{count}");
    let members = blind.get(&format!("/api/v1/audiences/{id}/members")).await;
    assert!(members.json()["items"].as_array().is_some_and(|m| m.len() == 1) && !members.body.contains("2122001000"), "{}", members.body);
    // Nothing of what was asked stands in the database in clear.
    let mut tx = app.db.read().await.expect("the database reads");
    let stored: Vec<(Vec<u8>,)> = tx.query("select conditions from audiences").fetch_all().await.expect("audiences");
    assert!(stored.iter().all(|(bytes,)| !String::from_utf8_lossy(bytes).contains("city")));
}

async fn nobody_of_another_subaccount_is_in_an_audience(app: TestApp) {
    let own = Client::new(&app).await;
    people(&app, &own).await;
    let id = saved(&own, "All", json!({"all": []})).await;
    let other = Client::of(&app, &another_subaccount(&app).await, "all").await;
    assert_eq!(counted(&other, json!({"all": []}), Some("order")).await["people"], 0);
    assert_eq!(
        counted(&other, json!({"any": [one("tag.has_not", "", "x"), one("attribute.is_not_set", "x", "")]}), None).await["people"],
        0
    );
    for path in ["", "/count", "/members"] {
        assert_eq!(other.get(&format!("/api/v1/audiences/{id}{path}")).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let put = other.put(&format!("/api/v1/audiences/{id}"), json!({"name": "mine"})).await;
    assert_eq!(put.status, StatusCode::NOT_FOUND);
    assert!(other.get("/api/v1/audiences").await.json()["items"].as_array().is_some_and(Vec::is_empty));
    let body = json!({"name": "n", "text": "t", "category": "order", "audience": id});
    assert_eq!(other.post("/api/v1/sms/campaigns", body).await.status, StatusCode::NOT_FOUND);
}

async fn other_numbers_of_a_person_count_for_them(app: TestApp) {
    let client = Client::new(&app).await;
    let ann = created(&client, json!({"phone": ANN, "name": "Ann"})).await;
    let second = created(&client, json!({"phone": BOB})).await;
    inbox::write(&app, "e1", BOB, "hello").await;
    purchase(&client, &second, "B-1", "5", "USD", "2026-11-20").await;
    let merged: Value = client.post(&format!("/api/v1/contacts/{ann}/merge"), json!({"other": second})).await.json();
    assert_eq!(merged["other_numbers"][0]["phone"], BOB, "{merged}");
    for kind in ["last_reply.within", "last_purchase.within"] {
        assert_eq!(names(&client, json!({"all": [one(kind, "", "3")]})).await, ["Ann"], "{kind}");
    }
    let bought = client.get(&format!("/api/v1/contacts/{ann}/purchases")).await.json();
    assert_eq!(bought["items"][0]["reference"], "B-1", "{bought}");
}

async fn a_merged_person_is_still_named_by_the_files_of_both_numbers(app: TestApp) {
    let client = Client::new(&app).await;
    for (file, phone) in [("fair.csv", ANN), ("customers.csv", BOB), ("fair.csv", BOB)] {
        assert_eq!(imported(&client, file, &format!("phone,name\n{phone},Ann\n")).await["rejected"], 0);
    }
    let found = client.get("/api/v1/contacts").await.json();
    let id = |phone: &str| {
        let all = found["items"].as_array().expect("contacts");
        all.iter().find(|c| c["phone"] == phone).and_then(|c| c["id"].as_str()).expect("an id").to_owned()
    };
    let merged = client.post(&format!("/api/v1/contacts/{}/merge", id(ANN)), json!({"other": id(BOB)})).await;
    assert_eq!(merged.status, StatusCode::OK, "{}", merged.body);
    for file in ["fair.csv", "customers.csv"] {
        assert_eq!(names(&client, json!({"all": [one("import.is", "", file)]})).await, ["Ann"], "{file}");
        assert!(names(&client, json!({"all": [one("import.is_not", "", file)]})).await.is_empty(), "{file}");
    }
}

async fn persian_words_and_digits_are_one_however_they_are_written(app: TestApp) {
    let client = Client::new(&app).await;
    // As Excel writes it in Windows-1256, with Arabic letters, and as a keyboard types it.
    imported(&client, "shop.csv", &format!("phone,name,tags,شهر,سن\n{ANN},Ann,مشتري ۱,شيراز كهن,۳۵\n")).await;
    created(&client, json!({"phone": BOB, "name": "Bob", "tags": ["مشتری 1"], "attributes": {"شهر": "شیراز کهن", "سن": "35"}})).await;
    created(&client, json!({"phone": ZOE, "name": "Zoë"})).await;
    for (kind, name, value) in [
        ("attribute.is", "شهر", "شیراز کهن"),
        ("attribute.is", "شهر", "شيراز كهن"),
        ("attribute.contains", "شهر", "كهن"),
        ("attribute.more_than", "سن", "۳۴"),
        ("tag.has", "", "مشتری-1"),
        ("tag.has", "", "مشتري ١"),
        ("added.within", "", "۳"),
    ] {
        let want: &[&str] = if kind == "added.within" { &["Ann", "Bob", "Zoë"] } else { &["Ann", "Bob"] };
        assert_eq!(names(&client, json!({"all": [one(kind, name, value)]})).await, want, "{kind} {value}");
    }
    assert_eq!(names(&client, json!({"all": [one("attribute.is_not", "شهر", "شيراز کهن")]})).await, ["Zoë"]);
    let tagged = client.get("/api/v1/contacts?tag=%D9%85%D8%B4%D8%AA%D8%B1%D9%8A-1").await.json();
    assert_eq!(tagged["items"].as_array().map(Vec::len), Some(2), "{tagged}");
}

async fn tags_of_before_get_their_one_spelling(app: TestApp) {
    let client = Client::new(&app).await;
    let ann = created(&client, json!({"phone": ANN, "name": "Ann", "tags": ["مشتری-12", "vip"]})).await;
    let bob = created(&client, json!({"phone": BOB, "name": "Bob"})).await;
    let mut tx = app.db.write().await.expect("the database writes");
    for (tag, contact) in [("مشتري-١٢", &ann), ("مشتري-۱۲", &bob), ("مشترى-12", &bob), ("كرج", &bob)] {
        let sql = "insert into contact_tags (subaccount_id, tag, contact_id) values ($1, $2, $3)";
        tx.query(sql).bind(app.subaccount.as_str()).bind(tag).bind(contact.as_str()).execute().await.expect("a tag of before");
    }
    let migration = include_str!("../../../migrations/0030_outcomes_and_tags.sql");
    for statement in migration.split(';').filter(|statement| statement.contains("plain_tags")) {
        tx.query(statement).execute().await.expect("the migration's own words");
    }
    tx.commit().await.expect("the database writes");
    let tags = async |id: &str| client.get(&format!("/api/v1/contacts/{id}")).await.json()["tags"].clone();
    assert_eq!((tags(&ann).await, tags(&bob).await), (json!(["vip", "مشتری-12"]), json!(["مشتری-12", "کرج"])));
}
