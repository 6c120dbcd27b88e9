//! One installation of Peyk in this process.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use peyk::access::{Actor, Role};
use peyk::app::App;
use peyk::config::Config;
use peyk::db::Db;
use peyk::kernel::clock::{Clock, Millis, parse_rfc3339};
use peyk::kernel::crypto::Cipher;
use peyk::kernel::id::{SubaccountId, UserId};

use super::database::{Database, Engine};

/// When every test begins: a Saturday morning, within nobody's quiet hours in Europe.
const START: &str = "2026-11-21T10:00:00Z";

/// An installation with an empty database, a clock that stands still and one subaccount. It is an [`App`]
/// wherever one is asked for; clones are the same installation.
#[derive(Clone, Debug)]
pub struct TestApp {
    /// The subaccount that tests work in.
    pub subaccount: SubaccountId,
    engine: Engine,
    app: Arc<App>,
    database: Database,
}

impl Deref for TestApp {
    type Target = App;

    fn deref(&self) -> &App {
        &self.app
    }
}

impl TestApp {
    /// Starts one on a fresh database.
    pub async fn start(engine: Engine) -> Self {
        let database = Database::create(engine).await;
        let config = config(&database);
        let db = Db::open(config.database_url.expose()).await.expect("a fresh database opens");
        let cipher = Cipher::from_text(&Cipher::new_secret()).expect("a new secret is a good one");
        let clock = Clock::fixed(parse_rfc3339(START).expect("START is a time"));
        let app = App::new(config, db, cipher, clock, String::new());
        let subaccount = SubaccountId::new(app.clock.now());
        add_subaccount(&app, &subaccount).await;
        Self { subaccount, engine, app, database }
    }

    /// A user of the subaccount with this role.
    pub fn actor(&self, role: Role) -> Actor {
        Actor::user(self.subaccount.clone(), UserId::new(self.clock.now()), format!("Test {}", role.as_str()), role, None)
    }

    /// The engine that it stands on.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Lets time pass.
    pub fn advance(&self, by: Millis) {
        self.clock.advance(by);
    }

    /// A folder of the test's own, gone after it.
    pub fn folder(&self) -> &Path {
        self.database.folder()
    }

    /// How many messages are claimed.
    pub async fn open_leases(&self) -> i64 {
        let mut tx = self.db.read().await.expect("the database reads");
        let (leases,): (i64,) =
            tx.query("select count(*) from messages where lease_owner is not null").fetch_one().await.expect("messages can be counted");
        leases
    }

    /// Takes everything down.
    pub async fn end(self) {
        self.db.close().await;
        self.database.remove().await;
    }
}

fn config(database: &Database) -> Config {
    let setting = |name: &str| match name {
        "PEYK_DATABASE_URL" => Some(database.url.clone()),
        "PEYK_DATA" => Some(database.folder().display().to_string()),
        _ => None,
    };
    Config::read(setting).expect("the settings of a test are valid")
}

async fn add_subaccount(app: &App, id: &SubaccountId) {
    let mut tx = app.db.write().await.expect("the database writes");
    tx.query("insert into subaccounts (id, name, sid, settings, created_at) values ($1, 'default', $1, '{}', $2)")
        .bind(id.as_str())
        .bind(app.clock.now())
        .execute()
        .await
        .expect("the database is empty");
    tx.commit().await.expect("the database writes");
}
