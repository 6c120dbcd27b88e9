//! Who is at the door: the session, the signed-in user, their theme and address.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tower_sessions::cookie::SameSite;
use tower_sessions::{Expiry, Session, SessionManagerLayer};

use super::Web;
use super::failure::{Failure, last_resort};
use crate::access::{self, Actor, Settings};
use crate::app::App;
use crate::config::Config;
use crate::inbox;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::UserId;

/// How long browsers keep the cookie; when a session really ends is decided by the store.
const COOKIE_DAYS: i64 = 7;
/// Where a session keeps its user.
const USER: &str = access::SESSION_USER;
/// The cookie that remembers the theme.
pub const THEME_COOKIE: &str = "peyk_theme";

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Theme {
    /// As the device is set.
    #[default]
    Auto,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// The word in the cookie, the form and `data-theme`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    /// Reads the word; anything else is [`Theme::Auto`].
    pub fn read(text: &str) -> Self {
        [Self::Light, Self::Dark].into_iter().find(|t| t.as_str() == text).unwrap_or_default()
    }
}

/// A signed-in user and the organisation they work for.
#[derive(Debug)]
pub struct SignedIn {
    /// Who they are and what they may.
    pub actor: Actor,
    /// The organisation's settings.
    pub settings: Settings,
    /// How many texts in the inbox nobody has read.
    pub unread: i64,
}

/// One request's visitor.
#[derive(Clone, Debug)]
pub struct Visit {
    /// What the process works with.
    pub app: Arc<App>,
    /// Their session, perhaps still empty.
    pub session: Session,
    /// Who they are, when signed in.
    pub signed_in: Option<Arc<SignedIn>>,
    /// Their theme.
    pub theme: Theme,
    /// Their address.
    pub ip: Option<String>,
    /// Their browser's name for itself.
    pub user_agent: Option<String>,
    /// Path and query of the page they asked for.
    pub path: String,
    /// Whether htmx asks for a part of a page, which must not use up the flash.
    pub partial: bool,
}

impl Visit {
    /// Signs the user in under a new session id, so that an id planted before is worth nothing.
    pub async fn sign_in(&self, user: &UserId) -> Result<()> {
        self.session.cycle_id().await.map_err(Error::internal)?;
        self.session.insert(USER, user.as_str()).await.map_err(Error::internal)
    }

    /// Ends the session here and in the database.
    pub async fn sign_out(&self) -> Result<()> {
        self.session.flush().await.map_err(Error::internal)
    }
}

/// The cookie's name: with `__Host-` browsers keep it to this very host, which needs HTTPS.
pub fn cookie_name(config: &Config) -> &'static str {
    if config.public_url.starts_with("https://") { "__Host-peyk" } else { "peyk" }
}

/// The session layer: one `HttpOnly`, `SameSite=Lax` cookie, kept in the database.
pub fn sessions(app: &Arc<App>) -> SessionManagerLayer<access::SessionStore> {
    SessionManagerLayer::new(access::SessionStore::new(app.db.clone(), app.clock.clone()))
        .with_name(cookie_name(&app.config))
        .with_secure(app.config.public_url.starts_with("https://"))
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/")
        .with_expiry(Expiry::OnInactivity(time::Duration::days(COOKIE_DAYS)))
}

/// Finds out who asks and hands it on as an extension.
pub async fn enter(State(web): State<Web>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    match visit_of(web.app, &parts).await {
        Ok(visit) => {
            parts.extensions.insert(visit);
            next.run(Request::from_parts(parts, body)).await
        }
        Err(error) => last_resort(&Failure::of(error)).into_response(),
    }
}

async fn visit_of(app: Arc<App>, parts: &Parts) -> Result<Visit> {
    let session = parts.extensions.get::<Session>().cloned().expect("the session layer lies around this one");
    let ip = client_ip(parts, &app.config).map(|ip| ip.to_string());
    let signed_in = signed_in(&app, &session, ip.clone()).await?.map(Arc::new);
    let header = |name: &str| parts.headers.contains_key(name);
    Ok(Visit {
        signed_in,
        theme: theme_of(parts),
        ip,
        user_agent: parts.headers.get(header::USER_AGENT).and_then(|agent| agent.to_str().ok()).map(str::to_owned),
        path: parts.uri.path_and_query().map_or("/", |p| p.as_str()).to_owned(),
        partial: header("hx-request") && !header("hx-boosted"),
        app,
        session,
    })
}

async fn signed_in(app: &App, session: &Session, ip: Option<String>) -> Result<Option<SignedIn>> {
    let user = session.get::<String>(USER).await.map_err(Error::internal)?;
    let Some(user) = user.as_deref().and_then(UserId::parse) else { return Ok(None) };
    match access::actor_for_user(app, &user, ip).await {
        Ok(actor) => {
            let settings = access::settings(app, &actor).await?;
            let unread = inbox::unread(app, &actor).await?;
            Ok(Some(SignedIn { actor, settings, unread }))
        }
        Err(Error::Unauthenticated | Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

fn theme_of(parts: &Parts) -> Theme {
    let lines = parts.headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == THEME_COOKIE).map_or(Theme::Auto, |(_, value)| Theme::read(value))
}

/// The visitor's address: the last hop that is not one of our own proxies.
fn client_ip(parts: &Parts, config: &Config) -> Option<IpAddr> {
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>()?.0.ip().to_canonical();
    let ours = |ip: IpAddr| config.trusted_proxies.iter().any(|net| net.contains(ip));
    if !ours(peer) {
        return Some(peer);
    }
    let forwarded = parts.headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok());
    let hops: Vec<IpAddr> = forwarded.flat_map(|line| line.split(',')).map_while(|hop| hop.trim().parse().ok()).collect();
    Some(hops.into_iter().rev().find(|hop| !ours(*hop)).unwrap_or(peer))
}

/// A path on this host that may be redirected to, or nothing: `//evil`, `/\evil` and whole addresses are refused.
pub fn local(path: &str) -> Option<&str> {
    let safe =
        path.starts_with('/') && !path.starts_with("//") && path.bytes().all(|b| (0x21..0x7f).contains(&b) && b != b'\\' && b != b'"');
    safe.then_some(path)
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn only_paths_of_this_host_are_followed() {
        for good in ["/", "/history?to=%2B4420", "/campaigns/cmp_1#errors"] {
            assert_eq!(local(good), Some(good));
        }
        for bad in ["", "login", "//evil.example", "/\\evil.example", "https://evil.example", "/a\r\nSet-Cookie: x", "/\tx", "javascript:x"]
        {
            assert_eq!(local(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn forwarded_addresses_are_believed_from_our_proxies_only() {
        let config = Config::read(|n| (n == "PEYK_TRUSTED_PROXIES").then(|| "10.0.0.0/8".into())).expect("valid");
        let ip = |peer: &str, forwarded: &str| {
            let (mut parts, ()) =
                axum::http::Request::builder().header("x-forwarded-for", forwarded).body(()).expect("a request").into_parts();
            parts.extensions.insert(ConnectInfo(SocketAddr::new(peer.parse().expect("an address"), 1)));
            client_ip(&parts, &config).map(|ip| ip.to_string())
        };
        assert_eq!(ip("192.0.2.1", "203.0.113.9").as_deref(), Some("192.0.2.1"));
        assert_eq!(ip("10.0.0.1", "198.51.100.7, 203.0.113.9, 10.0.0.2").as_deref(), Some("203.0.113.9"));
        assert_eq!(ip("10.0.0.1", "nonsense").as_deref(), Some("10.0.0.1"));
    }
}
