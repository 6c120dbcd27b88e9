//! A browser without JavaScript: keeps cookies, posts forms as our own pages do, follows redirects when told.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use peyk::access::{Actor, NewUser, Role, add_user};
use peyk::kernel::crypto::Secret;
use tower::ServiceExt as _;

use crate::harness::TestApp;

/// What parts the fields of a form with files.
const BOUNDARY: &str = "the-boundary";

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    /// A header as text; empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("headers are ASCII"))
    }

    /// Where it redirects to.
    pub fn location(&self) -> &str {
        self.header("location")
    }
}

/// One person's browser.
#[derive(Clone)]
pub struct Browser {
    router: Router,
    cookies: BTreeMap<String, String>,
}

impl Browser {
    /// A browser that has never been here.
    pub fn new(app: &TestApp) -> Self {
        Self { router: peyk::web::router(app.shared().clone()), cookies: BTreeMap::new() }
    }

    /// The browser of a user with this role who has just signed in.
    pub async fn signed_in(app: &TestApp, role: Role) -> Self {
        let (email, password) = (format!("{}@example.com", role.as_str()), "seven quiet herons");
        let new = NewUser { email: email.clone(), name: format!("Test {}", role.as_str()), role, password: Secret::new(password) };
        add_user(app, &Actor::shell(app.subaccount.clone()), new).await.expect("the user is added");
        let mut browser = Self::new(app);
        let answer = browser.post("/do/public/login", &[("email", &email), ("password", password)]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/"));
        browser
    }

    /// Opens a page.
    pub async fn get(&mut self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).expect("a request")).await
    }

    /// Posts a form as one of our own pages does.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.send(form(path, fields)).await
    }

    /// Posts a form as a page with JavaScript does to show a part of itself anew.
    pub async fn post_for_a_part(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut request = form(path, fields);
        request.headers_mut().insert("hx-request", HeaderValue::from_static("true"));
        self.send(request).await
    }
    /// Posts files as a form with one file field does.
    pub async fn post_files(&mut self, path: &str, files: &[(&str, &[u8])]) -> Answer {
        self.post_multipart(path, Vec::new(), files).await
    }

    /// As [`Browser::post_files`], with the upload whose message they get.
    pub async fn post_files_like(&mut self, path: &str, like: &str, files: &[(&str, &[u8])]) -> Answer {
        let field = format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"like\"\r\n\r\n{like}\r\n");
        self.post_multipart(path, field.into_bytes(), files).await
    }

    async fn post_multipart(&mut self, path: &str, mut body: Vec<u8>, files: &[(&str, &[u8])]) -> Answer {
        for (name, bytes) in files {
            let head = format!("Content-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\nContent-Type: text/csv");
            body.extend_from_slice(format!("--{BOUNDARY}\r\n{head}\r\n\r\n").as_bytes());
            body.extend_from_slice(bytes);
            body.extend_from_slice(b"\r\n");
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let request = Request::post(path)
            .header(header::CONTENT_TYPE, format!("multipart/form-data; boundary={BOUNDARY}"))
            .header("sec-fetch-site", "same-origin")
            .body(Body::from(body));
        self.send(request.expect("a request")).await
    }

    /// Posts a form and opens the page that it leads to.
    pub async fn submit(&mut self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let answer = self.post(path, fields).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        let next = answer.location().to_owned();
        self.get(&next).await
    }

    /// Sends any request with the browser's cookies.
    pub async fn send(&mut self, mut request: Request<Body>) -> Answer {
        if !self.cookies.is_empty() {
            let line = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
            request.headers_mut().insert(header::COOKIE, line.parse().expect("cookies are ASCII"));
        }
        let answer = self.router.clone().oneshot(request).await.expect("the router answers");
        let (parts, body) = answer.into_parts();
        for cookie in parts.headers.get_all(header::SET_COOKIE) {
            let pair = cookie.to_str().expect("cookies are ASCII").split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie has a value");
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        let bytes = body.collect().await.expect("the body arrives").to_bytes();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(bytes.to_vec()).expect("pages are UTF-8") }
    }

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.get(name).map(String::as_str)
    }
}

fn form(path: &str, fields: &[(&str, &str)]) -> Request<Body> {
    let body = fields.iter().map(|(name, value)| format!("{}={}", encoded(name), encoded(value))).collect::<Vec<_>>().join("&");
    let request = Request::post(path)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .header("sec-fetch-site", "same-origin")
        .body(Body::from(body));
    request.expect("a request")
}

fn encoded(text: &str) -> String {
    text.bytes().map(|b| if b.is_ascii_alphanumeric() { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}
