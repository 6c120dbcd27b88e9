//! What every request and answer passes: same origin for changes, sign-in, security headers.

use axum::Extension;
use axum::extract::{Request, State};
use axum::http::header::{self, HeaderName, HeaderValue};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};

use super::Web;
use super::failure::{Failure, last_resort};
use super::visit::{Visit, cookie_name, local};

/// Paths that need no sign-in; each stands for itself and for what lies below it.
const OPEN: [&str; 6] = ["/login", "/setup", "/p", "/o", "/u", "/do/public"];
/// Paths of signed links, whose address itself is the authority: it must not leak as a referrer.
const SIGNED_LINKS: [&str; 3] = ["/p", "/o", "/u"];
/// Pages among them that anybody may open: their forms need no secret, so they must come from here.
const UNSIGNED: [&str; 1] = ["/p/code"];

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'";
const FIXED: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=(), payment=()"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

fn lies_under(path: &str, roots: &[&str]) -> bool {
    roots.iter().any(|root| path.strip_prefix(root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

fn is_signed(path: &str) -> bool {
    lies_under(path, &SIGNED_LINKS) && path != "/p" && !lies_under(path, &UNSIGNED)
}

/// Sets the security headers that the answer does not bring itself.
pub async fn headers(State(web): State<Web>, request: Request, next: Next) -> Response {
    let signed = is_signed(request.uri().path());
    let mut answer = next.run(request).await;
    let headers = answer.headers_mut();
    for (name, value) in FIXED {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    let referrer = if signed { "no-referrer" } else { "strict-origin-when-cross-origin" };
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static(referrer));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if web.app.config.public_url.starts_with("https://") {
        let year = HeaderValue::from_static("max-age=31536000; includeSubDomains");
        headers.entry(header::STRICT_TRANSPORT_SECURITY).or_insert(year);
    }
    answer
}

/// Refuses changes that another site started.
pub async fn same_origin_only(State(web): State<Web>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let (origin, signed) = (origin_of(&web.app.config.public_url), is_signed(path));
    // The pages that people open from a message may stand on a host of their own.
    let own = if lies_under(path, &SIGNED_LINKS) { origin_of(&web.app.config.link_url) } else { origin };
    if is_safe(request.method()) || comes_from_us(request.headers(), &[origin, own], cookie_name(&web.app.config), signed) {
        return next.run(request).await;
    }
    last_resort(&Failure {
        status: StatusCode::FORBIDDEN,
        title: "This form did not come from here",
        text: format!("Nothing was changed. Open Peyk at {origin} and try again; if that is not its address, set PEYK_PUBLIC_URL."),
        reference: None,
        retry_after: None,
    })
}

fn is_safe(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS | Method::TRACE)
}

/// Whether a changing request was started by one of our own pages. Browsers say so in `Sec-Fetch-Site`;
/// those that do not (plain HTTP) send `Origin`. A request with neither is believed only when it carries no
/// session that somebody could ride on. Forms on signed-link pages send `Origin: null`, because those pages
/// give no referrer; that is enough for their own commands, which need the link's secret.
fn comes_from_us(headers: &HeaderMap, own: &[&str], cookie: &str, signed: bool) -> bool {
    let text = |name: HeaderName| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
    if let Some(site) = text(HeaderName::from_static("sec-fetch-site")) {
        return site == "same-origin";
    }
    match text(header::ORIGIN) {
        Some("null") => signed,
        Some(origin) => own.contains(&origin) || text(header::HOST).is_some_and(|h| is_loopback(h) && origin == format!("http://{h}")),
        None => !has_cookie(headers, cookie),
    }
}

fn has_cookie(headers: &HeaderMap, name: &str) -> bool {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|line| line.split(';'))
        .any(|pair| pair.trim().split('=').next() == Some(name))
}

/// Scheme, host and port of an address.
fn origin_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |at| at + 3);
    url[host..].find('/').map_or(url, |end| &url[..host + end])
}

fn is_loopback(host: &str) -> bool {
    let name = host.rsplit_once(':').filter(|(_, port)| port.bytes().all(|b| b.is_ascii_digit())).map_or(host, |(name, _)| name);
    name == "localhost" || name == "[::1]" || name.parse::<std::net::Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// Sends visitors who are not signed in to the sign-in page, and back afterwards.
pub async fn require_login(Extension(visit): Extension<Visit>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    if visit.signed_in.is_some() || lies_under(path, &OPEN) {
        return next.run(request).await;
    }
    if request.headers().contains_key("hx-request") {
        return (StatusCode::UNAUTHORIZED, [("hx-redirect", "/login")]).into_response();
    }
    let wanted = request.uri().path_and_query().map_or("/", |p| p.as_str());
    match local(wanted).filter(|w| *w != "/" && request.method() == Method::GET) {
        Some(wanted) => Redirect::to(&format!("/login?next={}", encode(wanted))).into_response(),
        None => Redirect::to("/login").into_response(),
    }
}

/// Percent-encodes what is not unreserved, for use as a query value.
pub fn encode(text: &str) -> String {
    use std::fmt::Write as _;
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            out.push(char::from(byte));
        } else {
            write!(out, "%{byte:02X}").expect("writing to a string does not fail");
        }
    }
    out
}

#[cfg(test)]
mod unit {
    use super::*;

    fn asked(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs.iter().map(|(n, v)| (HeaderName::from_static(n), v.parse().expect("a header value"))).collect()
    }

    #[test]
    fn only_our_own_pages_may_change_things() {
        let ours = |pairs: &[(&'static str, &str)]| comes_from_us(&asked(pairs), &["https://sms.example"], "__Host-peyk", false);
        assert!(ours(&[("sec-fetch-site", "same-origin"), ("cookie", "__Host-peyk=1")]));
        assert!(ours(&[("origin", "https://sms.example"), ("cookie", "__Host-peyk=1")]));
        assert!(ours(&[("origin", "http://127.0.0.1:3000"), ("host", "127.0.0.1:3000")]));
        assert!(ours(&[("origin", "http://localhost:3000"), ("host", "localhost:3000")]));
        assert!(ours(&[("cookie", "theme=dark")]), "a program without a session has nothing to ride on");
        for foreign in [
            &[("sec-fetch-site", "cross-site"), ("origin", "https://sms.example")][..],
            &[("sec-fetch-site", "same-site")],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://evil.example")],
            &[("origin", "https://sms.example.evil.example")],
            &[("origin", "http://evil.example"), ("host", "evil.example")],
            &[("origin", "http://127.0.0.1.evil.example"), ("host", "127.0.0.1.evil.example")],
            &[("origin", "null")],
            &[("cookie", "a=b; __Host-peyk=1")],
        ] {
            assert!(!ours(foreign), "{foreign:?}");
        }
    }

    #[test]
    fn a_signed_link_page_may_post_without_an_origin_to_its_own_commands_only() {
        let null = asked(&[("origin", "null")]);
        assert!(comes_from_us(&null, &["https://sms.example"], "__Host-peyk", true));
        let theirs = asked(&[("origin", "https://me.example")]);
        assert!(comes_from_us(&theirs, &["https://sms.example", "https://me.example"], "__Host-peyk", false));
        assert!(!comes_from_us(&theirs, &["https://sms.example", "https://sms.example"], "__Host-peyk", false));
        assert!(["/p/v1.x", "/p/v1.x/erase/chl_1", "/u/v1.x"].iter().all(|path| is_signed(path)));
        assert!(!["/do/public/login", "/prices", "/p", "/p/code/x.y"].iter().any(|path| is_signed(path)));
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        assert_eq!(origin_of("https://sms.example:8443/desk"), "https://sms.example:8443");
        assert_eq!(origin_of("http://127.0.0.1:3000"), "http://127.0.0.1:3000");
    }
}
