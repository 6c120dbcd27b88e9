//! One installation of Peyk in this process.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use peyk::access::{Actor, Role, default_subaccount};
use peyk::app::App;
use peyk::config::Config;
use peyk::connections;
use peyk::db::Db;
use peyk::dispatch;
use peyk::kernel::clock::{Clock, Millis, parse_rfc3339};
use peyk::kernel::crypto::Cipher;
use peyk::kernel::id::{SubaccountId, UserId};
use peyk::kernel::outbound::{Limits, Outbound};
use peyk::providers::simulator::{Journal, Script, Simulator};
use tokio::net::TcpListener;

use super::database::{Database, Engine};

/// When every test begins: a Saturday morning, within nobody's quiet hours in Europe.
const START: &str = "2026-11-21T10:00:00Z";

/// A carrier that answers at once, loses nothing and delivers all but the numbers that always do one thing.
const GOOD_CARRIER: &str = r#"{"latency_ms":[0,0],"receipts":{"delivered":1,"failed":0,"delay_ms":[0,0]}}"#;

/// An installation with an empty database, a clock that stands still and one subaccount. It is an [`App`]
/// wherever one is asked for; clones are the same installation.
#[derive(Clone)]
pub struct TestApp {
    /// The subaccount that tests work in.
    pub subaccount: SubaccountId,
    /// The carrier that its messages go to.
    pub simulator: Simulator,
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
    /// Starts one on a fresh database with a carrier that does everything right.
    pub async fn start(engine: Engine) -> Self {
        Self::start_with(engine, GOOD_CARRIER).await
    }

    /// Starts one on a fresh database with a carrier that follows this script (JSON).
    pub async fn start_with(engine: Engine, script: &str) -> Self {
        Self::start_waiting(engine, script, Limits::default()).await
    }

    /// Starts one on a fresh database that waits for carriers as long as this; its own follows this script (JSON).
    pub async fn start_waiting(engine: Engine, script: &str, limits: Limits) -> Self {
        let database = Database::create(engine).await;
        let config = config(&database);
        let db = Db::open(config.database_url.expose()).await.expect("a fresh database opens");
        let cipher = Cipher::from_text(&Cipher::new_secret()).expect("a new secret is a good one");
        let clock = Clock::fixed(parse_rfc3339(START).expect("START is a time"));
        let (simulator, simulator_url) = carrier(script, &clock).await;
        let outbound = Outbound::new(limits).expect("an HTTP client can be built");
        let app = App::new(config, db, cipher, clock, outbound, simulator_url);
        let mut tx = app.db.write().await.expect("the database writes");
        let subaccount = default_subaccount(&mut tx, app.clock.now()).await.expect("a subaccount can be made");
        let tenant = app.cipher.tenant(&subaccount);
        connections::ensure_default(&mut tx, &tenant, &subaccount, app.clock.now()).await.expect("a connection can be made");
        tx.commit().await.expect("the database writes");
        Self { subaccount, simulator, engine, app, database }
    }

    /// Another carrier that follows this script (JSON), and its address.
    pub async fn another_carrier(&self, script: &str) -> (Simulator, String) {
        carrier(script, &self.clock).await
    }

    /// A user of the subaccount with this role.
    pub fn actor(&self, role: Role) -> Actor {
        Actor::user(self.subaccount.clone(), UserId::new(self.clock.now()), format!("Test {}", role.as_str()), role, None)
    }

    /// The engine that it stands on.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The installation for what keeps it, such as a body that is read later.
    pub fn shared(&self) -> &Arc<App> {
        &self.app
    }

    /// Lets time pass.
    pub fn advance(&self, by: Millis) {
        self.clock.advance(by);
    }

    /// Lets the engine work until there is nothing to do at this instant.
    pub async fn dispatch_all(&self) {
        dispatch::run_until_idle(&self.app).await.expect("the engine runs");
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

/// A simulator on a port of its own, and its address.
async fn carrier(script: &str, clock: &Clock) -> (Simulator, String) {
    let script = Script::parse(script).expect("the script is valid");
    let outbound = Outbound::new(Limits::default()).expect("an HTTP client can be built");
    let simulator = Simulator::new(script, Journal::memory(), clock.clone(), outbound);
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    let url = format!("http://{}", listener.local_addr().expect("it is bound"));
    let router = simulator.router();
    tokio::spawn(async { axum::serve(listener, router).await });
    (simulator, url)
}
