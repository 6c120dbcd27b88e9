//! What every command begins with: the log, the database, the secret.

use std::sync::Arc;

use peyk::access::{self, Actor, Subaccount};
use peyk::app::{App, load_cipher};
use peyk::config::Config;
use peyk::connections;
use peyk::db::{Db, Tx};
use peyk::kernel::clock::Clock;
use peyk::kernel::error::Error;
use peyk::kernel::outbound::{Limits, Outbound};
use tracing_subscriber::EnvFilter;

use super::{Failure, Outcome};

/// Starts the log on stderr, so that stdout holds what a command was asked for and nothing else.
pub fn log(config: &Config) -> Outcome {
    let filter = EnvFilter::try_new(&config.log).map_err(|e| Failure::new(format!("PEYK_LOG: {e}")))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = if config.log_json { builder.json().try_init() } else { builder.try_init() };
    started.map_err(|e| Failure::new(format!("the log could not be started: {e}")))
}

/// Opens everything for a command that talks to no simulator of its own.
pub async fn app(config: Config) -> Outcome<Arc<App>> {
    let url = config.simulator_url.clone().unwrap_or_default();
    app_with(config, outbound()?, url).await
}

/// Opens everything: makes and migrates the database and makes the secret where they are missing.
pub async fn app_with(config: Config, outbound: Outbound, simulator_url: String) -> Outcome<Arc<App>> {
    let cipher = load_cipher(&config)?;
    let db = Db::open(config.database_url.expose()).await?;
    Ok(App::new(config, db, cipher, Clock::system(), outbound, simulator_url))
}

/// The one HTTP client.
pub fn outbound() -> Outcome<Outbound> {
    Outbound::new(Limits::default()).map_err(|e| Failure::new(e.to_string()))
}

/// Somebody at the shell, working for the named subaccount or the default one. A name that is new makes a
/// subaccount; each has a connection from its first day.
pub async fn shell(app: &App, subaccount: Option<&str>) -> Outcome<Actor> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let default = access::default_subaccount(&mut tx, now).await?;
    let subaccount = match subaccount {
        None => default,
        Some(name) => access::subaccount_named(&mut tx, name, now).await?,
    };
    connections::ensure_default(&mut tx, &app.cipher.tenant(&subaccount), &subaccount, now).await?;
    tx.commit().await?;
    Ok(Actor::shell(subaccount))
}

/// Gives every subaccount a connection; the first start makes the default subaccount.
pub async fn ensure_connections(app: &App) -> Result<(), Error> {
    let now = app.clock.now();
    let mut tx: Tx = app.db.write().await?;
    access::default_subaccount(&mut tx, now).await?;
    for subaccount in access::all_subaccounts(&mut tx).await? {
        connections::ensure_default(&mut tx, &app.cipher.tenant(&subaccount.id), &subaccount.id, now).await?;
    }
    Ok(tx.commit().await?)
}

/// The named subaccount, or every one, each with somebody at the shell who works for it.
pub async fn shells(app: &App, subaccount: Option<&str>) -> Outcome<Vec<(Subaccount, Actor)>> {
    let mut tx = app.db.read().await?;
    let found = match subaccount {
        None => access::all_subaccounts(&mut tx).await?,
        Some(name) => {
            let found = access::subaccount_by_name(&mut tx, name).await?;
            vec![found.ok_or_else(|| Failure::new(format!("There is no subaccount named “{name}”.")))?]
        }
    };
    Ok(found.into_iter().map(|s| (s.clone(), Actor::shell(s.id))).collect())
}
