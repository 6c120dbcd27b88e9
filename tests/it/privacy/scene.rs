//! A person of whom there is something in every corner, among others who are to stay as they are.

use axum::http::Method;
use peyk::access::Role;
use peyk::campaigns::{self, Campaign, Launch, NewCampaign};
use peyk::contacts;
use peyk::kernel::category::Category;
use peyk::kernel::clock::{DAY, HOUR, rfc3339};
use peyk::kernel::phone::Phone;
use peyk::preferences::{self, OptRequest};
use peyk::uploads::{self, Upload};
use serde_json::json;

use crate::api::{Answer, Client};
use crate::harness::{Csv, TestApp};
use crate::uploads::{text, uploaded};

/// The person.
pub const NUMBER: &str = "+12122001000";
/// Their name.
pub const NAME: &str = "Zarathustra Quill";
/// Two others.
pub const OTHERS: [&str; 2] = ["+12122001001", "+12122001002"];

/// The number as people and programs write it; what identifies the person beside it; all of it in UTF-16 too.
pub fn spellings() -> Vec<Vec<u8>> {
    let plain = ["2122001000", "212 200 1000", "212-200-1000", "(212) 200-1000", "212.200.1000", "۲۱۲۲۰۰۱۰۰۰", "٢١٢٢٠٠١٠٠٠"];
    let texts = plain.into_iter().chain([NAME, "Quill"]);
    texts
        .flat_map(|text| {
            let wide: Vec<u16> = text.encode_utf16().collect();
            [
                text.as_bytes().to_vec(),
                wide.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
                wide.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
            ]
        })
        .collect()
}

/// The file: the person in row 2, others whose note names the number in clear.
fn csv() -> Csv {
    Csv::with_header("phone,name,note")
        .row(&["(212) 200-1000", NAME, "prefers evenings"])
        .row(&[OTHERS[0], "Ann", "friend of ۲۱۲ ۲۰۰ ۱۰۰۰"])
        .row(&[OTHERS[1], "Bob", "none"])
        .row(&["nonsense", "Eve", "she is at 212-200-1000"])
}

pub struct Scene {
    pub client: Client,
    pub contact: String,
    /// Sent.
    pub done: Campaign,
    /// Launched for tomorrow; its rows are not messages yet.
    pub tomorrow: Campaign,
    /// Not launched.
    pub draft: Campaign,
    /// Checked and not used.
    pub checked: Upload,
    /// Received and not even matched.
    pub raw: Upload,
    /// A link to the person's preference centre, without the host.
    pub token: String,
}

pub async fn checked(app: &TestApp) -> Upload {
    let actor = app.actor(Role::Marketer);
    let upload = uploaded(app, &actor, csv(), &text("Hi {{ name }}, your order is ready.", Category::Order)).await;
    uploads::check_now(app, &actor, &upload.id).await.expect("it can be checked")
}

async fn campaign(app: &TestApp, name: &str) -> Campaign {
    let new = NewCampaign { name: name.into(), ..NewCampaign::default() };
    let upload = checked(app).await;
    campaigns::create_from_upload(app, &app.actor(Role::Marketer), &upload.id, &new).await.expect("a draft")
}

impl Scene {
    pub async fn set(app: &TestApp) -> Self {
        let actor = app.actor(Role::Marketer);
        let client = Client::new(app).await;
        let done = campaign(app, "done").await;
        campaigns::launch(app, &actor, &done.id, &Launch::default()).await.expect("launched");
        app.dispatch_all().await;
        let sent = send_once(&client).await;
        assert_eq!(sent.status.as_u16(), 202, "{}", sent.body);
        app.dispatch_all().await;
        let later = json!({"to": NUMBER, "text": format!("Dear {NAME}"), "send_at": rfc3339(app.clock.now() + HOUR)});
        assert_eq!(client.post("/api/v1/sms/send", later).await.status.as_u16(), 202);
        let tomorrow = campaign(app, "tomorrow").await;
        let how = Launch { send_at: Some(app.clock.now() + DAY), ..Launch::default() };
        let tomorrow = campaigns::launch(app, &actor, &tomorrow.id, &how).await.expect("launched");
        let draft = campaign(app, "draft").await;
        let checked = checked(app).await;
        let raw = uploads::receive(app, &actor, "raw.csv", crate::uploads::body(csv().bytes())).await.expect("the file is good");
        let reason = Some(format!("{NAME} called from 212-200-1000"));
        let request = OptRequest { phone: NUMBER.into(), category: Some(Category::Marketing), reason, proof: None };
        preferences::opt_out(app, &actor, &request).await.expect("opted out");
        let link = preferences::preference_link(app, &actor, NUMBER).await.expect("a link");
        let token = link.url.rsplit('/').next().expect("a token").to_owned();
        let mut tx = app.db.write().await.expect("the database writes");
        let phone = Phone::from_e164(NUMBER).expect("a number");
        let found = contacts::find(&mut tx, &app.cipher.tenant(&app.subaccount), &app.subaccount, &[phone]).await.expect("readable");
        let contact = found[0].as_ref().expect("the person is there").id.as_str().to_owned();
        // What a provider may say about a number that it does not like.
        for table in ["attempts", "receipts"] {
            let sql = format!(
                "update {table} set detail = 'The number +12122001000 is odd' \
                 where message_id in (select id from messages where contact_id = $1)"
            );
            tx.query(&sql).bind(contact.as_str()).execute().await.expect("written");
        }
        tx.commit().await.expect("the database writes");
        Self { client, contact, done, tomorrow, draft, checked, raw, token }
    }
}

/// The same call with the same key, whenever it is made.
pub async fn send_once(client: &Client) -> Answer {
    let body = json!({"to": NUMBER, "text": format!("Hello {NAME}"), "reference": "212-200-1000", "metadata": {"name": NAME}});
    client.call(Method::POST, "/api/v1/sms/send", Some(body.to_string()), &[("idempotency-key", "order-1-2122001000")]).await
}

/// Everything that is stored, as bytes: the files of the data folder, or every column of every table.
pub async fn stored(app: &TestApp) -> Vec<u8> {
    let mut bytes = Vec::new();
    if app.db.is_shared() {
        for (table, column) in app.db.columns().await.expect("the schema can be read") {
            let mut tx = app.db.read().await.expect("the database reads");
            let sql = format!("select cast({column} as text) from {table} where {column} is not null");
            let values: Vec<(String,)> = tx.query(&sql).fetch_all().await.expect("every column is text somehow");
            values.into_iter().for_each(|(value,)| bytes.extend(value.into_bytes().into_iter().chain([b'\n'])));
        }
        return bytes;
    }
    for entry in std::fs::read_dir(app.folder()).expect("the folder can be listed") {
        bytes.extend(std::fs::read(entry.expect("an entry").path()).expect("a file"));
    }
    bytes
}

/// What the sealed rows of a file say, in clear.
pub async fn opened(app: &TestApp, upload: &Upload) -> Vec<u8> {
    let mut tx = app.db.read().await.expect("the database reads");
    let cipher = app.cipher.tenant(&app.subaccount);
    let blocks = uploads::blocks(&mut tx, &app.subaccount, &upload.id, 0, 100).await.expect("blocks");
    let mut bytes = Vec::new();
    for block in blocks {
        bytes.extend(block.open_rows(&cipher, &upload.id).expect("our own block"));
        if let Some(verdicts) = block.open_verdicts(&cipher, &upload.id).expect("our own verdicts") {
            bytes.extend(verdicts.bytes());
        }
    }
    let digits = 12_122_001_000_u64.to_le_bytes();
    assert!(!bytes.windows(8).any(|part| part == digits) || bytes.windows(5).any(|part| part == b"Quill"), "no verdict without its row");
    bytes
}

/// The spellings that stand in the bytes.
pub fn found_in(bytes: &[u8]) -> Vec<String> {
    let is_in = |needle: &Vec<u8>| bytes.windows(needle.len()).any(|part| part == needle.as_slice());
    spellings().iter().filter(|needle| is_in(needle)).map(|needle| String::from_utf8_lossy(needle).into_owned()).collect()
}
