//! `peyk doctor`: whether Peyk can work here, and with which settings.

use std::path::PathBuf;

use clap::Args;
use futures::future::join_all;
use peyk::access;
use peyk::app::{App, load_cipher};
use peyk::config::Config;
use peyk::connections::{self, Connection, worded};
use peyk::db::Db;
use peyk::kernel::clock::{Clock, DAY, parse_rfc3339};
use peyk::kernel::outbound::Outbound;
use peyk::providers::Provider;
use serde::Serialize;

use super::{Failure, Outcome, open, say};

/// No release is older: a clock that shows an earlier day is wrong.
const RELEASED: &str = "2026-11-01T00:00:00Z";

/// `peyk doctor`.
#[derive(Args, Debug)]
pub struct Options {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
struct Check {
    name: &'static str,
    ok: bool,
    detail: String,
}

/// What was found.
#[derive(Debug, Default, Serialize)]
struct Report {
    ok: bool,
    checks: Vec<Check>,
    warnings: Vec<String>,
    settings: Vec<(&'static str, String)>,
}

impl Report {
    fn note<T, E: ToString>(&mut self, name: &'static str, outcome: Result<(T, String), E>) -> Option<T> {
        match outcome {
            Ok((value, detail)) => {
                self.checks.push(Check { name, ok: true, detail });
                Some(value)
            }
            Err(why) => {
                self.checks.push(Check { name, ok: false, detail: why.to_string() });
                None
            }
        }
    }
}

/// Looks at everything and prints it; fails when something is wrong.
pub async fn run(options: Options) -> Outcome {
    let mut report = Report::default();
    let config = report.note("configuration", Config::from_env().map(|c| (c, "every setting can be read".to_owned())));
    if let Some(config) = &config {
        look(config, &mut report).await;
        report.settings = settings(config);
        report.warnings.extend(warnings(config));
    }
    report.ok = report.checks.iter().all(|c| c.ok);
    print(&report, options.json)?;
    let faulty: Vec<_> = report.checks.iter().filter(|c| !c.ok).map(|c| c.name).collect();
    if faulty.is_empty() { Ok(()) } else { Err(Failure::new(format!("not in order: {}", faulty.join(", ")))) }
}

async fn look(config: &Config, report: &mut Report) {
    let cipher = report.note("secret", load_cipher(config).map(|c| (c, "the secret key is there and sound".to_owned())));
    let opened = Db::open(config.database_url.expose()).await;
    let db = report.note("database", opened.map(|db| (db.clone(), format!("{} opens and its schema is up to date", db.engine()))));
    let outbound = report.note("http client", open::outbound().map(|o| (o, "ready".to_owned())).map_err(|Failure(why)| why));
    if let (Some(cipher), Some(db), Some(outbound)) = (cipher, db, outbound.clone()) {
        let app = App::new(config.clone(), db, cipher, Clock::system(), outbound, config.simulator_url.clone().unwrap_or_default());
        report.note("database reads and writes", database(&app).await.map(|detail| ((), detail)).map_err(|Failure(why)| why));
        if let Err(Failure(why)) = connections(&app, report).await {
            report.note("connections", Err::<((), _), _>(why));
        }
        app.db.close().await;
    }
    if let (Some(url), Some(outbound)) = (&config.simulator_url, &outbound) {
        report.note("simulator", simulator(outbound, url).await.map(|detail| ((), detail)));
    } else {
        report.checks.push(Check { name: "simulator", ok: true, detail: "inside the server".into() });
    }
    report.note("clock", clock().map(|detail| ((), detail)));
}

/// Writes, and takes back what was written: the transaction is not committed.
async fn database(app: &App) -> Outcome<String> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let subaccount = access::default_subaccount(&mut tx, now).await?;
    let settings = access::settings_of(&mut tx, &subaccount).await?;
    drop(tx);
    Ok(format!("reads and writes ({})", settings.organisation))
}

/// Asks the provider of every connection in use what is left on the account, which shows whether it takes our credentials.
async fn connections(app: &App, report: &mut Report) -> Outcome {
    let mut tx = app.db.read().await?;
    let mut used = Vec::new();
    for subaccount in access::all_subaccounts(&mut tx).await? {
        used.extend(connections::all(&mut tx, &app.cipher.tenant(&subaccount.id), &subaccount.id).await?);
    }
    drop(tx);
    // The simulator inside the server answers only while that one runs.
    let inside = |c: &Connection| c.provider == Provider::Simulator && c.address().is_none() && app.config.simulator_url.is_none();
    used.retain(|c| c.enabled && !inside(c));
    let balances = join_all(used.iter().map(|c| connections::ask_balance(app, c))).await;
    for (connection, balance) in used.iter().zip(balances) {
        let named = |words: String| format!("{} ({}): {words}", connection.name, connection.provider.label());
        if let Some(reason) = &connection.paused_reason {
            report.warnings.push(format!("The connection {}", named(format!("paused, {reason}"))));
        }
        let told = balance.map(|b| b.map_or_else(|| "its settings are complete".to_owned(), |b| format!("balance {}", worded(&b))));
        report.note("connection", told.map(|words| ((), named(words))).map_err(named));
    }
    Ok(())
}

async fn simulator(outbound: &Outbound, url: &str) -> Result<String, String> {
    let asked = outbound.send(outbound.get(format!("{url}/sim/v1/messages"))).await;
    match asked {
        Ok(answer) if answer.status == 200 => Ok(format!("answers at {url}")),
        Ok(answer) => Err(format!("{url} answers with status {}; it is not Peyk's simulator. Check PEYK_SIMULATOR_URL.", answer.status)),
        Err(why) => Err(format!("{url} does not answer: {why} Start it with `peyk simulate`, or check PEYK_SIMULATOR_URL.")),
    }
}

fn clock() -> Result<String, String> {
    let now = Clock::system().now();
    let released = parse_rfc3339(RELEASED).expect("it is written so");
    if now < released - DAY {
        return Err("the machine's clock shows a time before this release; set it, for example with NTP".into());
    }
    Ok("plausible".into())
}

fn settings(config: &Config) -> Vec<(&'static str, String)> {
    let masked = |set: bool| if set { "••••••" } else { "(not set)" }.to_owned();
    let list = |all: Vec<String>| if all.is_empty() { "(none)".to_owned() } else { all.join(", ") };
    vec![
        ("PEYK_DATABASE_URL", without_password(config.database_url.expose())),
        ("PEYK_LISTEN", config.listen.to_string()),
        ("PEYK_PUBLIC_URL", config.public_url.clone()),
        ("PEYK_LINK_URL", config.link_url.clone()),
        ("PEYK_DATA", config.data.display().to_string()),
        ("PEYK_SECRET_KEY", masked(config.secret_key.is_some())),
        ("PEYK_TRUSTED_PROXIES", list(config.trusted_proxies.iter().map(ToString::to_string).collect())),
        ("PEYK_METRICS_LISTEN", config.metrics_listen.map_or_else(|| "(off)".into(), |a| a.to_string())),
        ("PEYK_LOG", config.log.clone()),
        ("PEYK_LOG_FORMAT", if config.log_json { "json" } else { "text" }.into()),
        ("PEYK_SIMULATOR_URL", config.simulator_url.clone().unwrap_or_else(|| "(inside the server)".into())),
        ("PEYK_WORKERS", config.workers.to_string()),
        ("PEYK_SETUP_TOKEN", masked(config.setup_token.is_some())),
        ("PEYK_MAX_UPLOAD_ROWS", config.max_upload_rows.to_string()),
        ("PEYK_MAX_UPLOAD_MB", (config.max_upload_bytes / 1024 / 1024).to_string()),
    ]
}

/// `postgres://user:secret@host/db` without the secret, wherever one may stand.
fn without_password(url: &str) -> String {
    let (address, query) = url.split_once('?').map_or((url, None), |(a, q)| (a, Some(q)));
    let address = match address.split_once("://").map(|(scheme, rest)| (scheme, rest.rsplit_once('@'))) {
        Some((scheme, Some((user, host)))) => match user.split_once(':') {
            Some((name, _)) => format!("{scheme}://{name}:••••••@{host}"),
            None => format!("{scheme}://{user}@{host}"),
        },
        _ => address.to_owned(),
    };
    let pair = |pair: &str| if pair.starts_with("password=") { "password=••••••".to_owned() } else { pair.to_owned() };
    query.map_or_else(|| address.clone(), |q| format!("{address}?{}", q.split('&').map(pair).collect::<Vec<_>>().join("&")))
}

/// Settings that are sound alone and risky together.
fn warnings(config: &Config) -> Vec<String> {
    let mut warnings = Vec::new();
    let open = !config.listen.ip().is_loopback();
    if open && config.public_url.starts_with("http://") {
        warnings.push("PEYK_LISTEN is open to the network and PEYK_PUBLIC_URL is not https: passwords and keys can be read on the way. Put a TLS proxy in front and set PEYK_PUBLIC_URL to its https address.".into());
    }
    if config.listen.ip().is_unspecified() && config.public_url == format!("http://{}", config.listen) {
        warnings.push("PEYK_PUBLIC_URL is not set and PEYK_LISTEN is no address that providers can call: receipts will not come in. Set PEYK_PUBLIC_URL.".into());
    }
    if config.public_url.starts_with("https://") && config.trusted_proxies.is_empty() {
        warnings.push("PEYK_PUBLIC_URL is https and PEYK_TRUSTED_PROXIES is empty: every visitor seems to come from the proxy. Set it to the proxy's network.".into());
    }
    if config.trusted_proxies.iter().any(|n| n.contains([8, 8, 8, 8].into())) {
        warnings.push("PEYK_TRUSTED_PROXIES holds public addresses: anybody there can pretend to be another visitor.".into());
    }
    let is_file = config.database_url.expose().starts_with("sqlite:");
    if is_file && config.workers > 512 {
        warnings.push(
            "PEYK_WORKERS is above 512 on SQLite: after a crash that many messages may be in doubt. PostgreSQL suits such rates better."
                .into(),
        );
    }
    if config.secret_key.is_none() && !is_file {
        warnings.push(format!(
            "The database is shared and the secret key lies in {}: other nodes need the same key. Set PEYK_SECRET_KEY or PEYK_SECRET_KEY_FILE on each.",
            PathBuf::from(&config.data).join("secret.key").display()
        ));
    }
    if config.metrics_listen.is_some_and(|a| !a.ip().is_loopback()) {
        warnings.push("PEYK_METRICS_LISTEN is open to the network, and metrics ask for no password.".into());
    }
    warnings
}

fn print(report: &Report, json: bool) -> Outcome {
    if json {
        let settings: serde_json::Map<_, _> = report.settings.iter().map(|(n, v)| ((*n).to_owned(), v.clone().into())).collect();
        let value = serde_json::json!({ "ok": report.ok, "checks": report.checks, "warnings": report.warnings, "settings": settings });
        say(&serde_json::to_string_pretty(&value).map_err(|e| Failure::new(e.to_string()))?);
        return Ok(());
    }
    for check in &report.checks {
        say(&format!("{} {}: {}", if check.ok { "ok  " } else { "FAIL" }, check.name, check.detail));
    }
    for warning in &report.warnings {
        say(&format!("warn {warning}"));
    }
    for (name, value) in &report.settings {
        say(&format!("     {name} = {value}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_address_is_shown_without_its_password() {
        for (url, shown) in [
            ("sqlite:data/peyk.db", "sqlite:data/peyk.db"),
            ("postgres://peyk:p@ss@db:5432/peyk", "postgres://peyk:••••••@db:5432/peyk"),
            ("postgres://peyk@db/peyk?password=x&sslmode=require", "postgres://peyk@db/peyk?password=••••••&sslmode=require"),
        ] {
            assert_eq!(without_password(url), shown);
        }
    }

    #[test]
    fn risky_pairs_are_named() {
        let read = |pairs: &[(&str, &str)]| {
            Config::read(|n| pairs.iter().find(|(name, _)| *name == n).map(|(_, v)| (*v).to_owned())).expect("valid")
        };
        assert_eq!(warnings(&read(&[])), Vec::<String>::new());
        assert_eq!(warnings(&read(&[("PEYK_LISTEN", "0.0.0.0:80")])).len(), 2);
        assert_eq!(warnings(&read(&[("PEYK_PUBLIC_URL", "https://sms.example")])).len(), 1);
    }
}
