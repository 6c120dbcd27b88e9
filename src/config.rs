//! What the installation is told from outside: one struct, each field with its variable and default.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::kernel::crypto::Secret;

/// The settings. `peyk doctor` prints them with secrets masked.
#[derive(Clone, Debug)]
pub struct Config {
    /// `PEYK_DATABASE_URL`, default `sqlite:data/peyk.db`: where everything is kept.
    pub database_url: Secret,
    /// `PEYK_LISTEN`, default `127.0.0.1:3000`: where pages and the API are served.
    pub listen: SocketAddr,
    /// `PEYK_PUBLIC_URL`, default `http://127.0.0.1:3000`: how browsers and providers reach us; no slash at the end.
    pub public_url: String,
    /// `PEYK_LINK_URL`, default the public one: the host of preference links and short links.
    pub link_url: String,
    /// `PEYK_DATA`, default `data`: the folder for the embedded database and the secret key.
    pub data: PathBuf,
    /// `PEYK_SECRET_KEY`, or the content of `PEYK_SECRET_KEY_FILE`; made in the data folder when absent.
    pub secret_key: Option<Secret>,
    /// `PEYK_TRUSTED_PROXIES`, default none: networks whose `X-Forwarded-*` headers are believed.
    pub trusted_proxies: Vec<Network>,
    /// `PEYK_METRICS_LISTEN`, default off: where `/metrics` is served.
    pub metrics_listen: Option<SocketAddr>,
    /// `PEYK_LOG`, default `info`: what is logged.
    pub log: String,
    /// `PEYK_LOG_FORMAT`, `text` or `json`.
    pub log_json: bool,
    /// `PEYK_SIMULATOR_URL`, default inside this process: where the carrier simulator is.
    pub simulator_url: Option<String>,
    /// `PEYK_WORKERS`, default 64: requests in flight per connection.
    pub workers: usize,
    /// `PEYK_SETUP_TOKEN`, default random: opens the set-up page of an empty database.
    pub setup_token: Option<Secret>,
    /// `PEYK_MAX_UPLOAD_ROWS`, default 500,000: data rows in one CSV file.
    pub max_upload_rows: u64,
    /// `PEYK_MAX_UPLOAD_MB`, default 100: size of one CSV file in megabytes.
    pub max_upload_bytes: u64,
}

/// An address range such as `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: std::net::IpAddr,
    bits: u8,
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = text.split_once('/').map_or((text, None), |(a, b)| (a, Some(b)));
        let address: std::net::IpAddr = address.trim().parse().ok()?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.map_or(Some(most), |b| b.trim().parse().ok())?;
        (bits <= most).then_some(Self { address, bits })
    }

    /// Whether the address lies in the range.
    pub fn contains(&self, ip: std::net::IpAddr) -> bool {
        fn wide(ip: std::net::IpAddr) -> (u128, u8) {
            match ip {
                std::net::IpAddr::V4(v4) => (u128::from(u32::from(v4)) << 96, 32),
                std::net::IpAddr::V6(v6) => (u128::from(v6), 128),
            }
        }
        let ((own, family), (other, other_family)) = (wide(self.address), wide(ip.to_canonical()));
        family == other_family && (self.bits == 0 || (own ^ other) >> (128 - u32::from(self.bits)) == 0)
    }
}

impl std::fmt::Display for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

/// A setting that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {why}")]
pub struct ConfigError {
    name: &'static str,
    why: String,
}

impl Config {
    /// Reads the settings of this process.
    pub fn from_env() -> Result<Self, ConfigError> {
        #[expect(clippy::disallowed_methods, reason = "the one place that reads the environment")]
        Self::read(|name| std::env::var(name).ok())
    }

    /// Reads the settings from `get`; an empty value counts as absent.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let get = |name: &str| get(name).map(|v| v.trim().to_owned()).filter(|v| !v.is_empty());
        let data = PathBuf::from(get("PEYK_DATA").unwrap_or_else(|| "data".into()));
        let listen = address("PEYK_LISTEN", get("PEYK_LISTEN"))?.unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 3000)));
        let public_url = web_url("PEYK_PUBLIC_URL", get("PEYK_PUBLIC_URL"))?.unwrap_or_else(|| format!("http://{listen}"));
        let database_url = get("PEYK_DATABASE_URL").unwrap_or_else(|| format!("sqlite:{}/peyk.db", data.display()));
        if !["sqlite:", "postgres:", "postgresql:"].iter().any(|scheme| database_url.starts_with(scheme)) {
            return Err(error("PEYK_DATABASE_URL", "starts with sqlite: or postgres://"));
        }
        Ok(Self {
            database_url: Secret::new(database_url),
            listen,
            link_url: web_url("PEYK_LINK_URL", get("PEYK_LINK_URL"))?.unwrap_or_else(|| public_url.clone()),
            public_url,
            data,
            secret_key: secret_key(&get)?,
            trusted_proxies: networks(get("PEYK_TRUSTED_PROXIES"))?,
            metrics_listen: address("PEYK_METRICS_LISTEN", get("PEYK_METRICS_LISTEN"))?,
            log: get("PEYK_LOG").unwrap_or_else(|| "info".into()),
            log_json: match get("PEYK_LOG_FORMAT").as_deref() {
                None | Some("text") => false,
                Some("json") => true,
                Some(_) => return Err(error("PEYK_LOG_FORMAT", "is text or json")),
            },
            simulator_url: web_url("PEYK_SIMULATOR_URL", get("PEYK_SIMULATOR_URL"))?,
            workers: number("PEYK_WORKERS", get("PEYK_WORKERS"), 64, 1..=4096)? as usize,
            setup_token: get("PEYK_SETUP_TOKEN").map(Secret::new),
            max_upload_rows: number("PEYK_MAX_UPLOAD_ROWS", get("PEYK_MAX_UPLOAD_ROWS"), 500_000, 1..=10_000_000)?,
            max_upload_bytes: number("PEYK_MAX_UPLOAD_MB", get("PEYK_MAX_UPLOAD_MB"), 100, 1..=4096)? * 1024 * 1024,
        })
    }
}

fn error(name: &'static str, why: impl Into<String>) -> ConfigError {
    ConfigError { name, why: why.into() }
}

fn address(name: &'static str, value: Option<String>) -> Result<Option<SocketAddr>, ConfigError> {
    value.map(|v| v.parse().map_err(|_| error(name, format!("“{v}” is not an address such as 127.0.0.1:3000")))).transpose()
}

fn web_url(name: &'static str, value: Option<String>) -> Result<Option<String>, ConfigError> {
    let Some(value) = value else { return Ok(None) };
    if !value.starts_with("http://") && !value.starts_with("https://") {
        return Err(error(name, format!("“{value}” does not start with http:// or https://")));
    }
    Ok(Some(value.trim_end_matches('/').to_owned()))
}

fn number(name: &'static str, value: Option<String>, default: u64, range: std::ops::RangeInclusive<u64>) -> Result<u64, ConfigError> {
    let Some(value) = value else { return Ok(default) };
    value
        .parse()
        .ok()
        .filter(|n| range.contains(n))
        .ok_or_else(|| error(name, format!("“{value}” is not a number from {} to {}", range.start(), range.end())))
}

fn networks(value: Option<String>) -> Result<Vec<Network>, ConfigError> {
    let value = value.unwrap_or_default();
    let parts = value.split(',').map(str::trim).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            Network::parse(part).ok_or_else(|| error("PEYK_TRUSTED_PROXIES", format!("“{part}” is not a network such as 10.0.0.0/8")))
        })
        .collect()
}

fn secret_key(get: &impl Fn(&str) -> Option<String>) -> Result<Option<Secret>, ConfigError> {
    match (get("PEYK_SECRET_KEY"), get("PEYK_SECRET_KEY_FILE")) {
        (Some(_), Some(_)) => Err(error("PEYK_SECRET_KEY", "and PEYK_SECRET_KEY_FILE are both set; keep one")),
        (Some(key), None) => Ok(Some(Secret::new(key))),
        (None, Some(file)) => std::fs::read_to_string(&file)
            .map(|text| Some(Secret::new(text)))
            .map_err(|e| error("PEYK_SECRET_KEY_FILE", format!("{file} cannot be read: {e}"))),
        (None, None) => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Result<Config, ConfigError> {
        Config::read(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
    }

    #[test]
    fn nothing_needs_to_be_set() {
        let config = read(&[]).expect("defaults hold");
        assert_eq!(config.database_url.expose(), "sqlite:data/peyk.db");
        assert_eq!(config.public_url, "http://127.0.0.1:3000");
        assert_eq!(config.link_url, config.public_url);
        assert_eq!(config.workers, 64);
    }

    #[test]
    fn a_faulty_setting_is_named() {
        for (name, value) in [
            ("PEYK_LISTEN", "nowhere"),
            ("PEYK_WORKERS", "0"),
            ("PEYK_PUBLIC_URL", "ftp://x"),
            ("PEYK_DATABASE_URL", "mysql://x"),
            ("PEYK_TRUSTED_PROXIES", "10.0.0.0/99"),
            ("PEYK_LOG_FORMAT", "xml"),
        ] {
            let error = read(&[(name, value)]).expect_err("a faulty value").to_string();
            assert!(error.starts_with(name), "{error}");
        }
    }

    #[test]
    fn a_network_holds_its_addresses_only() {
        let net = Network::parse("10.1.0.0/16").expect("a network");
        assert!(net.contains("10.1.2.3".parse().expect("an address")));
        assert!(net.contains("::ffff:10.1.2.3".parse().expect("an address")));
        assert!(!net.contains("10.2.0.1".parse().expect("an address")));
        assert!(!net.contains("::1".parse().expect("an address")));
    }
}
