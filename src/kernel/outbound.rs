//! The one HTTP client: every request that leaves Peyk goes through here.
//!
//! It follows no redirect, reads no proxy from the environment, repeats nothing by itself, gives up
//! in time, and reads at most [`BODY_LIMIT`] of an answer unless more is asked for. Its errors tell the one thing that a
//! sender of messages must know: whether the request may have left ([`Failure`]).

use std::error::Error as _;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use chrono::DateTime;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};

/// How much of an answer is read, in bytes; what follows is left unread.
pub const BODY_LIMIT: usize = 64 * 1024;

/// The longest wait that an answer may impose with `Retry-After`.
pub const RETRY_AFTER_LIMIT: Duration = Duration::from_secs(60 * 60);

/// How long opening a connection may take, name look-up and TLS included.
pub const CONNECTS_WITHIN: Duration = Duration::from_secs(5);

/// How long the client waits, and how many connections it keeps.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Until the connection stands, name look-up and TLS included. Default [`CONNECTS_WITHIN`].
    pub connect: Duration,
    /// From the start to the last byte of the answer. Default 15 s.
    pub total: Duration,
    /// Idle connections kept per host. Default 512, so that a window of hundreds to one provider
    /// does not reconnect.
    pub idle_per_host: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connect: CONNECTS_WITHIN, total: Duration::from_secs(15), idle_per_host: 512 }
    }
}

/// The HTTP client; cheap to clone, the clones share their connections.
#[derive(Clone, Debug)]
pub struct Outbound(reqwest::Client);

/// Why no client could be built.
#[derive(Debug, thiserror::Error)]
#[error("The HTTP client cannot start: {0}. It needs the system's trusted certificates (on slim images install ca-certificates).")]
pub struct BuildError(String);

/// What a server answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The HTTP status.
    pub status: u16,
    /// How long the server asks us to wait, at most [`RETRY_AFTER_LIMIT`].
    pub retry_after: Option<Duration>,
    /// The body, cut at the limit.
    pub body: Bytes,
}

/// Why there is no answer. The texts name no address, because addresses may hold secrets.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Nothing was written: no such name, connection refused, TLS failed, malformed address. Asking
    /// again cannot repeat anything.
    #[error("{0}")]
    Unsent(String),
    /// The request may have arrived: a time-out, a reset or a broken answer after connecting.
    #[error("{0}")]
    Uncertain(String),
}

impl Outbound {
    /// Builds the client and, once per process, installs the ring crypto provider for TLS.
    pub fn new(limits: Limits) -> Result<Self, BuildError> {
        // An error means that a provider is installed already, which is what we want.
        rustls::crypto::ring::default_provider().install_default().ok();
        #[expect(clippy::disallowed_methods, reason = "the one place that builds a client")]
        let builder = reqwest::Client::builder();
        builder
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .no_proxy()
            .referer(false)
            .connect_timeout(limits.connect)
            .timeout(limits.total)
            .pool_max_idle_per_host(limits.idle_per_host)
            // Shorter than what servers keep: a connection that dies while a request is written
            // makes an unknown outcome.
            .pool_idle_timeout(Duration::from_secs(15))
            .user_agent(concat!("Peyk/", env!("CARGO_PKG_VERSION")))
            .build()
            .map(Self)
            .map_err(|error| BuildError(innermost(&error)))
    }

    /// Starts a GET; complete it with headers and hand it to [`Outbound::send`].
    pub fn get(&self, url: impl reqwest::IntoUrl) -> reqwest::RequestBuilder {
        self.0.get(url)
    }

    /// Starts a POST; complete it with headers and a body and hand it to [`Outbound::send`].
    pub fn post(&self, url: impl reqwest::IntoUrl) -> reqwest::RequestBuilder {
        self.0.post(url)
    }

    /// Sends a request once and reads its answer, at most [`BODY_LIMIT`] of it.
    pub async fn send(&self, request: reqwest::RequestBuilder) -> Result<Answer, Failure> {
        self.send_for(request, BODY_LIMIT).await
    }

    /// Sends a request once and reads at most `limit` bytes of its answer, for long lists.
    pub async fn send_for(&self, request: reqwest::RequestBuilder, limit: usize) -> Result<Answer, Failure> {
        let mut response = request.send().await.map_err(failure)?;
        let mut body = BytesMut::new();
        while body.len() < limit {
            match response.chunk().await {
                Ok(Some(chunk)) => body.extend_from_slice(&chunk[..chunk.len().min(limit - body.len())]),
                Ok(None) => break,
                Err(error) if error.is_timeout() => {
                    return Err(Failure::Uncertain("The answer did not end within the time limit.".into()));
                }
                Err(_) => return Err(Failure::Uncertain("The connection broke in the middle of the answer.".into())),
            }
        }
        Ok(Answer { status: response.status().as_u16(), retry_after: retry_after(response.headers()), body: body.freeze() })
    }
}

fn failure(error: reqwest::Error) -> Failure {
    if error.is_builder() {
        return Failure::Unsent(format!("The request could not be made: {}.", innermost(&error)));
    }
    if error.is_connect() {
        let cause = if error.is_timeout() { "time-out".into() } else { innermost(&error) };
        return Failure::Unsent(format!("No connection: {cause}."));
    }
    if error.is_timeout() {
        return Failure::Uncertain("No answer within the time limit.".into());
    }
    Failure::Uncertain(format!("The connection broke before an answer: {}.", innermost(&error)))
}

/// The deepest cause, which says most and, unlike reqwest's own text, never names the address.
fn innermost(error: &reqwest::Error) -> String {
    let Some(mut cause) = error.source() else {
        return "no further cause is known".into();
    };
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    cause.to_string()
}

/// Reads `Retry-After` (RFC 9110, 10.2.3): seconds, or a date, which is held against the answer's own
/// `Date` so that a wrong clock on either side does no harm.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if text.bytes().all(|b| b.is_ascii_digit()) && !text.is_empty() {
        // Digits that do not fit are a wait beyond the limit.
        return Some(text.parse().map_or(RETRY_AFTER_LIMIT, Duration::from_secs).min(RETRY_AFTER_LIMIT));
    }
    let until = DateTime::parse_from_rfc2822(text).ok()?;
    let now = DateTime::parse_from_rfc2822(headers.get(DATE)?.to_str().ok()?).ok()?;
    let wait = (until - now).to_std().unwrap_or(Duration::ZERO);
    Some(wait.min(RETRY_AFTER_LIMIT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;

    fn quick() -> Outbound {
        let limits = Limits { total: Duration::from_millis(300), ..Limits::default() };
        Outbound::new(limits).unwrap()
    }

    /// A server that reads one request, writes `answer`, and closes (or keeps silent for `None`).
    async fn server(answer: Option<&'static str>) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/secret-path", listener.local_addr().unwrap());
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            let mut request = [0; 2048];
            assert!(socket.read(&mut request).await.unwrap() > 0);
            match answer {
                Some(text) => socket.write_all(text.as_bytes()).await.unwrap(),
                None => std::future::pending().await,
            }
        });
        url
    }

    async fn ask(url: &str) -> Result<Answer, Failure> {
        let client = quick();
        client.send(client.get(url)).await
    }

    #[tokio::test]
    async fn a_refused_connection_or_a_faulty_address_left_nothing() {
        let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        for url in [format!("http://{free}/secret-path"), "not an address".into()] {
            let failure = ask(&url).await.unwrap_err();
            assert!(matches!(failure, Failure::Unsent(_)), "{failure:?}");
            assert!(!failure.to_string().contains("secret-path"));
        }
    }

    #[tokio::test]
    async fn silence_a_reset_and_a_broken_answer_are_uncertain() {
        let broken = "HTTP/1.1 201 Created\r\ncontent-length: 100\r\n\r\n{\"id\"";
        for answer in [None, Some(""), Some("HTTP/1.1 20"), Some(broken), Some("not http at all\r\n\r\n")] {
            let failure = ask(&server(answer).await).await.unwrap_err();
            assert!(matches!(failure, Failure::Uncertain(_)), "{answer:?} {failure:?}");
            assert!(!failure.to_string().contains("secret-path"));
        }
    }

    #[tokio::test]
    async fn a_redirect_is_an_answer_and_is_not_followed() {
        let redirect = "HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:1/\r\ncontent-length: 0\r\n\r\n";
        assert_eq!(ask(&server(Some(redirect)).await).await.unwrap().status, 302);
    }

    #[tokio::test]
    async fn a_long_answer_is_cut_at_the_limit() {
        let long: &'static str =
            String::leak(format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{}", BODY_LIMIT + 5, "x".repeat(BODY_LIMIT + 5)));
        assert_eq!(ask(&server(Some(long)).await).await.unwrap().body.len(), BODY_LIMIT);
    }

    #[test]
    fn retry_after_is_read_in_both_forms_and_capped() {
        let wait = |after: &str, date: Option<&str>| {
            let mut headers = HeaderMap::new();
            headers.insert(RETRY_AFTER, after.parse().unwrap());
            if let Some(date) = date {
                headers.insert(DATE, date.parse().unwrap());
            }
            retry_after(&headers).map(|wait| wait.as_secs())
        };
        let date = Some("Wed, 21 Oct 2015 07:28:00 GMT");
        assert_eq!(wait("7", None), Some(7));
        assert_eq!(wait("99999999999999999999999", None), Some(3600));
        assert_eq!(wait("Wed, 21 Oct 2015 07:28:30 GMT", date), Some(30));
        assert_eq!(wait("Wed, 21 Oct 2015 07:27:00 GMT", date), Some(0));
        assert_eq!(wait("Wed, 21 Oct 2026 07:28:30 GMT", date), Some(3600));
        assert_eq!(wait("Wed, 21 Oct 2015 07:28:30 GMT", None), None);
        assert_eq!(wait("soon", date), None);
        assert_eq!(wait("", date), None);
    }
}
