//! A person of whom there is something in every corner, among others who are to stay as they are.

use std::path::Path;

use axum::http::Method;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
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
use crate::inbox::write;
use crate::uploads::{body, text, uploaded};
use crate::web::Browser;

/// The person.
pub const NUMBER: &str = "+12122001000";
/// Their name.
pub const NAME: &str = "Zarathustra Quill";
/// Two others.
pub const OTHERS: [&str; 2] = ["+12122001001", "+12122001002"];

/// Another number of theirs.
pub const SECOND: &str = "+12122001009";

/// The numbers as people and programs write them and what identifies the person beside them; all of it also in UTF-16, hex and
/// base64, and the numbers as numbers.
pub fn spellings() -> Vec<Vec<u8>> {
    let mut texts = vec![NAME.to_owned(), "Quill".to_owned(), "Zarathustra%20Quill".to_owned()];
    for last in ['0', '9'] {
        let plain = ["212200100", "212 200 100", "212-200-100", "(212) 200-100", "212.200.100"];
        texts.extend(plain.map(|text| format!("{text}{last}")));
        texts.push(format!("۲۱۲۲۰۰۱۰۰{}", if last == '0' { '۰' } else { '۹' }));
        texts.push(format!("٢١٢٢٠٠١٠٠{}", if last == '0' { '٠' } else { '٩' }));
    }
    let mut all: Vec<Vec<u8>> = texts.iter().flat_map(|text| disguises(text)).collect();
    for number in [12_122_001_000_u64, 12_122_001_009] {
        all.push(number.to_be_bytes()[3..].to_vec());
        all.push(number.to_le_bytes()[..5].to_vec());
    }
    all
}

fn disguises(text: &str) -> Vec<Vec<u8>> {
    let wide: Vec<u16> = text.encode_utf16().collect();
    let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
    let mut all = vec![
        text.as_bytes().to_vec(),
        wide.iter().flat_map(|unit| unit.to_le_bytes()).collect(),
        wide.iter().flat_map(|unit| unit.to_be_bytes()).collect(),
        hex.to_uppercase().into_bytes(),
        hex.into_bytes(),
    ];
    // What base64 makes of it hangs on where it begins; the characters that mix with its neighbours are left out.
    for before in 0..3 {
        let padded = [vec![0; before], text.as_bytes().to_vec()].concat();
        let encoded = STANDARD_NO_PAD.encode(&padded);
        let (from, to) = (if before == 0 { 0 } else { before + 1 }, padded.len() / 3 * 4);
        all.extend((to > from + 6).then(|| encoded.as_bytes()[from..to].to_vec()));
    }
    all
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
        let raw = uploads::receive(app, &actor, "for 212-200-1000.csv", body(csv().bytes())).await.expect("the file is good");
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

    /// The same, and what is noted about the person, a second number of theirs, what they wrote, and a form that was refused.
    pub async fn full(app: &TestApp) -> Self {
        let scene = Self::set(app).await;
        let profile =
            json!({"name": NAME, "attributes": {"phone": "0212-200-1000", "nick": "Quill"}, "tags": ["quill-fans"], "status": "won"});
        let path = format!("/api/v1/contacts/{}", scene.contact);
        let noted = scene.client.call(Method::PATCH, &path, Some(profile.to_string()), &[]).await;
        assert_eq!(noted.status.as_u16(), 200, "{}", noted.body);
        let second = scene.client.post("/api/v1/contacts", json!({"phone": SECOND, "name": NAME})).await.json();
        let merged = scene.client.post(&format!("{path}/merge"), json!({"other": second["id"]})).await;
        assert_eq!(merged.status.as_u16(), 200, "{}", merged.body);
        let sent = scene.client.post("/api/v1/sms/send", json!({"to": SECOND, "text": format!("Also for {NAME}")})).await;
        assert_eq!(sent.status.as_u16(), 202, "{}", sent.body);
        app.dispatch_all().await;
        write(app, "full-1", NUMBER, &format!("I am {NAME}, reach me at (212) 200-1009")).await;
        write(app, "full-2", NUMBER, "۲۱۲۲۰۰۱۰۰۰ is my number").await;
        let file = format!("for {}.csv", "0212-200-1000");
        let people = body(b"phone\n+12122001077\n".to_vec());
        contacts::import(app, &app.actor(Role::Owner), &file, people).await.expect("the file is good");
        let conditions = json!({"all": [{"field": "import", "op": "is_not", "value": file}]});
        let made = scene.client.post("/api/v1/audiences", json!({"name": "All but 2122001000", "conditions": conditions})).await;
        assert_eq!(made.status.as_u16(), 201, "{}", made.body);
        let mut browser = Browser::signed_in(app, Role::Marketer).await;
        browser.post("/do/send", &[("to", "212-200-1000, nonsense"), ("text", NAME)]).await;
        scene
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
    }
    bytes.extend(files(app.folder()));
    bytes
}

/// Every file in a folder and the folders in it: the database with its log, and whatever else lies there.
pub fn files(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(folder).expect("the folder can be listed") {
        let path = entry.expect("an entry").path();
        bytes.extend(if path.is_dir() { files(&path) } else { std::fs::read(path).expect("a file") });
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
