//! The JSON door as another system meets it.

mod document;
mod isolation;
pub mod lookup;
mod requests;
mod retries;
mod sending;
mod webhooks;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use peyk::access::{Actor, Permission, add_key, subaccount_named};
use peyk::connections;
use peyk::kernel::id::SubaccountId;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::harness::TestApp;

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

    /// The body, which must be JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    /// The refused fields and their codes.
    pub fn refused(&self) -> Vec<(String, String)> {
        let problem = self.json();
        let errors = problem["errors"].as_array().expect("a problem has errors");
        errors.iter().map(|e| (e["field"].as_str().unwrap_or("?").to_owned(), e["code"].as_str().unwrap_or("?").to_owned())).collect()
    }
}

/// Another system with a key.
#[derive(Clone)]
pub struct Client {
    router: Router,
    key: Option<String>,
}

impl Client {
    /// One that may do everything in the test's subaccount.
    pub async fn new(app: &TestApp) -> Self {
        Self::of(app, &app.subaccount, "all").await
    }

    /// One with these scopes in this subaccount.
    pub async fn of(app: &TestApp, subaccount: &SubaccountId, scopes: &str) -> Self {
        let new = add_key(app, &Actor::shell(subaccount.clone()), "test", scopes).await.expect("a key is made");
        Self { router: peyk::api::router(app.shared().clone()), key: Some(new.secret.expose().to_owned()) }
    }

    /// One that may do everything but this.
    pub async fn without(app: &TestApp, missing: Permission) -> Self {
        let scopes = Permission::ALL.into_iter().filter(|p| *p != missing).map(Permission::as_str).collect::<Vec<_>>().join(",");
        Self::of(app, &app.subaccount, &scopes).await
    }

    /// The same with another key.
    pub fn with_key(&self, key: &str) -> Self {
        Self { key: Some(key.to_owned()), ..self.clone() }
    }

    /// The same without a key.
    pub fn nobody(&self) -> Self {
        Self { key: None, ..self.clone() }
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.call(Method::GET, path, None, &[]).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Answer {
        self.call(Method::POST, path, Some(body.to_string()), &[]).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Answer {
        self.call(Method::PUT, path, Some(body.to_string()), &[]).await
    }

    /// Any call; the path is given from the root.
    pub async fn call(&self, method: Method, path: &str, body: Option<String>, headers: &[(&str, &str)]) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(key) = &self.key {
            request = request.header(header::AUTHORIZATION, format!("Bearer {key}"));
        }
        if body.is_some() && !headers.iter().any(|(name, _)| *name == "content-type") {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body.unwrap_or_default())).expect("a request");
        let response = self.router.clone().oneshot(request).await.expect("the router answers");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a whole body").to_bytes();
        Answer { status: parts.status, headers: parts.headers, body: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// Posts a form with fields and one file.
    pub async fn upload(&self, fields: &[(&str, &str)], file: &[u8], file_first: bool) -> Answer {
        let field = |(name, value): &(&str, &str)| format!("--b\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        let fields: String = fields.iter().map(field).collect();
        let file = String::from_utf8_lossy(file);
        let file = format!(
            "--b\r\ncontent-disposition: form-data; name=\"file\"; filename=\"people.csv\"\r\ncontent-type: text/csv\r\n\r\n{file}\r\n"
        );
        let body = if file_first { format!("{file}{fields}--b--\r\n") } else { format!("{fields}{file}--b--\r\n") };
        self.call(Method::POST, "/api/v1/sms/bulk", Some(body), &[("content-type", "multipart/form-data; boundary=b")]).await
    }
}

/// Another subaccount of the installation, with its connection.
pub async fn another_subaccount(app: &TestApp) -> SubaccountId {
    let now = app.clock.now();
    let mut tx = app.db.write().await.expect("the database writes");
    let id = subaccount_named(&mut tx, "other", now).await.expect("a subaccount is made");
    connections::ensure_default(&mut tx, &app.cipher.tenant(&id), &id, now).await.expect("a connection is made");
    tx.commit().await.expect("the database writes");
    id
}
