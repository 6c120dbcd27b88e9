//! An empty installation, its carrier, and the plan of what should happen.

use std::time::Duration;

use peyk::db::Db;
use peyk::kernel::money::Micros;
use peyk::kernel::sms;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::checker::{Expected, Plan, violations};
use super::records;
use crate::harness::{Database, Engine};
use crate::real::{Api, Carrier, Installation, Person, TEXT};

/// What the carrier asks for a segment: 0.0079 USD.
pub const PRICE: Micros = 7_900;
/// How long the last receipts may take after the last message.
const PATIENCE: Duration = Duration::from_secs(300);
/// How many messages a second a campaign sends at least, also over carriers that hang.
const AT_LEAST: u64 = 25;
/// How old the carrier must be: of attempts from its first second it cannot tell that they never came, because two clocks
/// may differ by that much, and such a doubt ends by policy.
const CARRIER_AGE: Duration = Duration::from_millis(1_200);

/// Where a run takes place.
pub struct Stage {
    /// The carrier; it is never killed.
    pub carrier: Carrier,
    /// What is killed.
    pub installation: Installation,
    /// How it is asked.
    pub api: Api,
    /// What it is kept in.
    pub database: Database,
}

impl Stage {
    /// Sets one up on an empty database of this engine.
    pub async fn set(engine: Engine, script: &str, settings: &[(&'static str, String)]) -> Self {
        let database = Database::create(engine).await;
        let carrier = Carrier::start(database.folder(), script);
        let installation = Installation::new(database.folder(), &database.url, &carrier, settings);
        let api = installation.api();
        Self { carrier, installation, api, database }
    }

    /// Takes somebody out of everything that is sent.
    pub async fn opt_out(&self, person: &Person) {
        self.api.post("/sms/opt-out", &json!({ "phone": person.phone })).await;
    }

    /// Uploads a file and launches it; gives the upload and the campaign as they stand then.
    pub async fn launch(&self, file: &[u8]) -> (Value, Value) {
        tokio::time::sleep(CARRIER_AGE).await;
        let mut answer = self.api.upload(file, &[("name", "Proof"), ("text", TEXT), ("category", "order"), ("launch", "true")]).await;
        (answer["upload"].take(), answer["campaign"].take())
    }

    /// Limits every connection.
    pub async fn limit_connections(&self, limits: &Value) {
        let db = Db::open(&self.database.url).await.expect("the database opens");
        let mut tx = db.write().await.expect("the database writes");
        let limited = tx.query("update connections set limits = $1").bind(limits.to_string()).execute().await;
        assert!(limited.expect("connections can be limited") > 0);
        tx.commit().await.expect("the database writes");
        db.close().await;
    }

    /// A further carrier that follows this script.
    pub fn another_carrier(&self, script: &str) -> Carrier {
        let folder = self.database.folder().join("another");
        std::fs::create_dir(&folder).expect("the folder can be written to");
        Carrier::start(&folder, script)
    }

    /// Waits for the end of the campaign and of its receipts, and holds everything against the plan.
    pub async fn check(&self, plan: &Plan, campaign: &str) -> Vec<records::Message> {
        self.check_with(plan, campaign, &[&self.carrier]).await
    }

    /// The same where several carriers took the messages.
    pub async fn check_with(&self, plan: &Plan, campaign: &str, carriers: &[&Carrier]) -> Vec<records::Message> {
        let patience = PATIENCE + Duration::from_secs(plan.people.len() as u64 / AT_LEAST);
        let end = self.api.ended(campaign, true, patience).await;
        let messages = records::messages(&self.api).await;
        let totals = records::totals(&self.api, &end).await;
        let submissions: Vec<_> = carriers.iter().flat_map(|carrier| carrier.submissions()).collect();
        let found = violations(plan, &submissions, &messages, &totals);
        let shown: Vec<_> = found.iter().take(20).collect();
        assert!(found.is_empty(), "{} violations, among them {shown:#?}", found.len());
        messages
    }

    /// Takes everything down.
    pub async fn end(self) {
        self.database.remove().await;
    }
}

/// Runs a test on a runtime of its own.
pub fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Runtime::new().expect("a runtime starts").block_on(test);
}

/// Everybody of these gets their text.
pub fn plan(people: impl IntoIterator<Item = Person>) -> Plan {
    let expected = |person: Person| {
        let text = person.text();
        let expected = Expected {
            text_sha256: Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect(),
            segments: i64::from(sms::measure(&text).segments),
            opted_out_at: None,
        };
        (person.phone, expected)
    };
    Plan { people: people.into_iter().map(expected).collect(), price: PRICE }
}
