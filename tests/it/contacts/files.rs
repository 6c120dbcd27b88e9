//! Contacts from files and into files.

use axum::http::{Method, StatusCode};
use peyk::access::Role;
use serde_json::{Value, json};

use super::{created, ids, sara};
use crate::api::{Answer, Client, another_subaccount};
use crate::harness::{Csv, TestApp, both_engines};
use crate::web::Browser;

both_engines! {
    a_file_brings_contacts_updates_known_ones_and_tells_faulty_rows,
    an_import_is_nobodys_consent_and_undoes_no_refusal,
    a_long_file_is_taken_in_batches_and_again_without_harm,
    rows_of_one_number_are_taken_in_their_order,
    a_file_that_cannot_be_used_says_why_and_what_is_stored,
    an_export_imported_elsewhere_is_the_same_list,
    an_export_holds_exactly_the_filtered_list,
    the_page_takes_a_file_and_shows_the_rows_it_left_out,
    a_row_that_is_left_out_makes_nobody_and_names_nobody,
}

async fn import(client: &Client, file: &[u8]) -> Answer {
    let head = "content-disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\ncontent-type: text/csv";
    let body = format!("--b\r\n{head}\r\n\r\n{}\r\n--b--\r\n", String::from_utf8_lossy(file));
    let form = [("content-type", "multipart/form-data; boundary=b")];
    client.call(Method::POST, "/api/v1/contacts/import", Some(body), &form).await
}

/// Rows, created, updated, rejected.
fn counts(report: &Value) -> [u64; 4] {
    ["rows", "created", "updated", "rejected"].map(|name| report[name].as_u64().unwrap_or_else(|| panic!("{report}")))
}

async fn read(client: &Client, query: &str) -> Value {
    client.get(&format!("/api/v1/contacts{query}")).await.json()["items"][0].clone()
}

async fn a_file_brings_contacts_updates_known_ones_and_tells_faulty_rows(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    let file = Csv::with_header("Name,Mobile,language,time_zone,status,tags,city,Shoe size")
        .row(&["", "(212) 200-1000", "", "", "won", "gold, vip", "Shiraz", "38"])
        .row(&["Zoë", "+12122001001", "en", "Europe/London", "", "", "", ""])
        .row(&["Short", "12", "", "", "", "", "", ""])
        .row(&["Nowhere", "+12122001002", "", "Mars/Base", "", "", "", ""])
        .row(&["Tagged", "+12122001003", "", "", "", "<b>", "", ""])
        .row(&["", "", "", "", "", "", "Yazd", ""])
        .line("a,+12122001004,en,,,,,,,one too many");
    let report = import(&client, &file.bytes()).await.json();
    assert_eq!(counts(&report), [7, 1, 1, 5], "{report}");
    let told: Vec<(u64, &str, &str, &str)> = report["problems"]
        .as_array()
        .expect("problems")
        .iter()
        .map(|p| {
            assert!(p["detail"].as_str().is_some_and(|d| d.ends_with('.')), "{p}");
            let text = |name: &str| p[name].as_str().expect("a text");
            (p["row"].as_u64().expect("a row"), text("column"), text("value"), text("code"))
        })
        .collect();
    assert_eq!(
        told,
        [
            (4, "Mobile", "12", "too_short"),
            (5, "time_zone", "Mars/Base", "unknown_time_zone"),
            (6, "tags", "<b>", "not_a_tag"),
            (7, "Mobile", "", "empty"),
            (8, "", "", "too_many_cells"),
        ]
    );
    let known = client.get(&format!("/api/v1/contacts/{id}")).await.json();
    assert_eq!((&known["name"], &known["language"], &known["status"]), (&json!("Sara Ahmadi"), &json!("fa"), &json!("won")));
    assert_eq!(known["attributes"], json!({"Shoe size": "38", "city": "Shiraz", "plan": "gold"}));
    assert_eq!(known["tags"], json!(["gold", "spring-2026", "vip"]));
    let new = read(&client, "?q=zoe").await;
    assert_eq!((&new["phone"], &new["time_zone"], &new["attributes"]), (&json!("+12122001001"), &json!("Europe/London"), &json!({})));
    assert_eq!(ids(&client, "").await.len(), 2, "a faulty row makes nobody");
}

async fn an_import_is_nobodys_consent_and_undoes_no_refusal(app: TestApp) {
    let client = Client::new(&app).await;
    client.post("/api/v1/sms/opt-out", json!({"phone": "+12122001000"})).await;
    let file = b"phone,name\n+12122001000,Sara\n+12122001001,Zoe\n";
    assert_eq!(counts(&import(&client, file).await.json()), [2, 1, 1, 0]);
    for (phone, opted_out) in [("+12122001000", true), ("+12122001001", false)] {
        let check = client.get(&format!("/api/v1/sms/opt-out/check/{phone}")).await.json();
        assert_eq!(check["opted_out"], opted_out, "{check}");
        assert_eq!(check["categories"]["marketing"]["allowed"], false, "{check}");
    }
}

async fn a_long_file_is_taken_in_batches_and_again_without_harm(app: TestApp) {
    let client = Client::new(&app).await;
    let file = Csv::of_people(1_234).bytes();
    assert_eq!(counts(&import(&client, &file).await.json()), [1_234, 1_234, 0, 0]);
    assert_eq!(counts(&import(&client, &file).await.json()), [1_234, 0, 1_234, 0]);
    assert_eq!(read(&client, "?q=2122002233").await["name"], "Person 1234");
    assert_eq!(ids(&client, "?q=person%20777").await.len(), 1);
}

async fn rows_of_one_number_are_taken_in_their_order(app: TestApp) {
    let client = Client::new(&app).await;
    let file = b"phone,name,a,b\n+12122001000,First,1,2\n(212) 200-1000,Second,3,\n";
    assert_eq!(counts(&import(&client, file).await.json()), [2, 1, 1, 0]);
    let contact = read(&client, "?q=2122001000").await;
    assert_eq!((&contact["name"], &contact["attributes"]), (&json!("Second"), &json!({"a": "3", "b": "2"})));
    // The file names another number of somebody: it says something about them.
    let other = created(&client, json!({"phone": "+12122001001"})).await;
    let id = contact["id"].as_str().expect("an id");
    client.post(&format!("/api/v1/contacts/{id}/merge"), json!({"other": other})).await;
    assert_eq!(counts(&import(&client, b"phone,name\n+12122001001,Third\n").await.json()), [1, 0, 1, 0]);
    assert_eq!(read(&client, "?q=2122001000").await["name"], "Third");
    // Whom somebody removed comes back.
    client.call(Method::DELETE, &format!("/api/v1/contacts/{id}"), None, &[]).await;
    assert_eq!(counts(&import(&client, b"phone,name\n+12122001001,Fourth\n").await.json()), [1, 1, 0, 0]);
    assert_eq!(read(&client, "?q=2122001000").await["attributes"], json!({}));
}

async fn a_file_that_cannot_be_used_says_why_and_what_is_stored(app: TestApp) {
    let client = Client::new(&app).await;
    for (file, code) in [
        (&b""[..], "empty_file"),
        (b"phone\n", "no_rows"),
        (b"name,city\na,b\n", "missing_phone_column"),
        (b"phone,<b>\n1,2\n", "not_a_name"),
    ] {
        let answer = import(&client, file).await;
        assert_eq!(
            answer.refused().into_iter().map(|(field, code)| format!("{field} {code}")).collect::<Vec<_>>(),
            [format!("file {code}")]
        );
        assert!(answer.body.contains("Nothing was stored."), "{}", answer.body);
    }
    let mut broken = Csv::of_people(600).bytes();
    broken.extend_from_slice(b"\"+12122009999,never closed\n");
    let answer = import(&client, &broken).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(answer.body.contains("The 600 sound rows before it are stored"), "{}", answer.body);
    let no_form = client.post("/api/v1/contacts/import", json!({})).await;
    assert_eq!(no_form.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

async fn an_export_imported_elsewhere_is_the_same_list(app: TestApp) {
    let own = Client::new(&app).await;
    created(&own, sara()).await;
    for (n, name) in ["=1+1", "+44 call me", "'quoted", "a, \"b\"", "@x", "علی"].into_iter().enumerate() {
        created(&own, json!({"phone": Csv::phone(n as u64 + 2), "name": name, "attributes": {"note": name}})).await;
    }
    let csv = own.get("/api/v1/contacts/export").await;
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"contacts.csv\"");
    for cell in [",\"=", ",\"+", "\n\"+", ",\"@"] {
        assert!(!csv.body.contains(cell), "a spreadsheet would run {cell}: {}", csv.body);
    }
    let other = Client::of(&app, &another_subaccount(&app).await, "all").await;
    assert_eq!(counts(&import(&other, csv.body.as_bytes()).await.json()), [7, 7, 0, 0]);
    let told = async |client: &Client| {
        let json: Value = client.get("/api/v1/contacts/export?format=json").await.json();
        let mut all = json.as_array().expect("an array").clone();
        for contact in &mut all {
            let fields = contact.as_object_mut().expect("a contact");
            for own in ["id", "created_at", "updated_at"] {
                fields.remove(own).expect("it is there");
            }
        }
        all.sort_by_key(|c| c["phone"].as_str().map(str::to_owned));
        all
    };
    assert_eq!(told(&own).await, told(&other).await);
    assert_eq!(told(&own).await.len(), 7);
}

async fn an_export_holds_exactly_the_filtered_list(app: TestApp) {
    let client = Client::new(&app).await;
    assert_eq!(client.get("/api/v1/contacts/export?format=json").await.json(), json!([]));
    import(&client, &Csv::of_people(450).bytes()).await;
    created(&client, json!({"phone": "+12125550123", "tags": ["vip"]})).await;
    let rows = async |query: &str| client.get(&format!("/api/v1/contacts/export{query}")).await.body.lines().count() - 1;
    assert_eq!(rows("").await, 451);
    assert_eq!(rows("?tag=vip").await, 1);
    assert_eq!(rows("?q=person").await, 450);
    assert_eq!(client.get("/api/v1/contacts/export?format=json").await.json().as_array().map(Vec::len), Some(451));
    assert_eq!(client.get("/api/v1/contacts/export?format=xml").await.refused(), [("format".to_owned(), "unknown".to_owned())]);
    let mut marketer = Browser::signed_in(&app, Role::Marketer).await;
    let list = marketer.get("/contacts?tag=vip").await.body;
    assert!(list.contains(r#"href="/contacts.csv?tag=vip""#), "{list}");
    let csv = marketer.get("/contacts.csv?tag=vip").await;
    assert_eq!((csv.header("content-type"), csv.body.lines().count()), ("text/csv; charset=utf-8", 2));
    assert_eq!(marketer.get("/contacts.json?q=person%20450").await.body.matches("con_").count(), 1);
    let mut viewer = Browser::signed_in(&app, Role::Viewer).await;
    assert_eq!(viewer.get("/contacts.csv").await.status, StatusCode::FORBIDDEN);
}

async fn the_page_takes_a_file_and_shows_the_rows_it_left_out(app: TestApp) {
    let mut browser = Browser::signed_in(&app, Role::Marketer).await;
    assert!(browser.get("/contacts").await.body.contains(r#"href="/contacts/import""#));
    let file: &[u8] = "phone,name\n+12122001000,Sara\n12,<script>alert(1)</script>\n<b>,x\n".as_bytes();
    let answer = browser.post_files("/do/contacts/import", &[("people.csv", file)]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/contacts/import"));
    let page = browser.get("/contacts/import").await.body;
    assert!(page.contains("3 rows: 1 new, 0 updated, 2 left out"), "{page}");
    assert!(page.contains(r#"<th scope="row">3</th>"#) && page.contains(r#"<th scope="row">4</th>"#), "{page}");
    assert!(page.contains("&lt;b&gt;") && !page.contains("<script>alert"), "{page}");
    assert!(!browser.get("/contacts/import").await.body.contains("left out. See"), "told once");
    browser.post_files("/do/contacts/import", &[("people.csv", b"name\nx\n")]).await;
    let page = browser.get("/contacts/import").await.body;
    assert!(page.contains(r#"id="file-error""#) && page.contains("Name the column of the numbers phone."), "{page}");
    browser.post_files("/do/contacts/import", &[]).await;
    assert!(browser.get("/contacts/import").await.body.contains("Choose a CSV file."));
    let mut viewer = Browser::signed_in(&app, Role::Viewer).await;
    assert_eq!(viewer.post_files("/do/contacts/import", &[("people.csv", file)]).await.status, StatusCode::FORBIDDEN);
}

async fn a_row_that_is_left_out_makes_nobody_and_names_nobody(app: TestApp) {
    let client = Client::new(&app).await;
    let id = created(&client, sara()).await;
    let many = (0..21).map(|n| format!("t{n}")).collect::<Vec<_>>().join(",");
    let file = Csv::with_header("phone,name,tags,purchase_reference,purchase_amount")
        .row(&["+12122001001", "Zoe", "new", "O-1", "5"])
        .row(&["+12122001002", "Thief", "", "O-1", "5"])
        .row(&["+12122001003", "Many", &many, "", ""])
        .row(&["+12122001000", "Sara", &many, "", ""])
        .row(&["+12122001004", "First", &many, "", ""])
        .row(&["+12122001004", "Second", "", "", ""]);
    let report = import(&client, &file.bytes()).await.json();
    assert_eq!(counts(&report), [6, 2, 0, 4], "{report}");
    let rows: Vec<u64> = report["problems"].as_array().expect("problems").iter().filter_map(|p| p["row"].as_u64()).collect();
    assert_eq!(rows, [3, 4, 5, 6]);
    let listed = client.get("/api/v1/contacts").await.json();
    let mut names: Vec<&str> = listed["items"].as_array().expect("contacts").iter().filter_map(|c| c["name"].as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["Sara Ahmadi", "Second", "Zoe"], "a row that is left out makes nobody");
    let of_file = json!({"conditions": {"all": [{"field": "import", "op": "is", "value": "people.csv"}]}});
    let count = client.post("/api/v1/audiences/count", of_file).await.json();
    assert_eq!(count["people"], 2, "a row that is left out names nobody: {count}");
    assert!(!count.to_string().contains(&id), "{count}");
    // Somebody who was erased stays erased when nothing of theirs is taken.
    let zoe = read(&client, "?q=2122001001").await["id"].as_str().expect("an id").to_owned();
    let erased = client.post(&format!("/api/v1/contacts/{zoe}/erase"), json!({})).await;
    assert_eq!(erased.status, StatusCode::OK, "{}", erased.body);
    let again = Csv::with_header("phone,tags").row(&["+12122001001", &many]);
    assert_eq!(counts(&import(&client, &again.bytes()).await.json()), [1, 0, 0, 1]);
    assert!(ids(&client, "?q=2122001001").await.is_empty());
}
