//! Reading requests: who asks, the body, the query, the path. What cannot be read is a [`Problem`].

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use axum::body::to_bytes;
use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::request::Parts;
use bytes::Bytes;
use serde::de::DeserializeOwned;

use super::Api;
use super::problem::Problem;
use crate::access::{self, Actor};
use crate::config::Config;
use crate::kernel::error::Error;

/// The largest JSON body, in bytes, where an address sets no other limit.
pub const BODY_LIMIT: usize = 256 * 1024;

/// Who asks: the holder of the API key in `Authorization: Bearer KEY`. Cookies are not looked at.
#[derive(Debug)]
pub struct Caller(pub Actor);

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let header = parts.headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
        let key = header.and_then(|value| {
            let (scheme, key) = value.trim().split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
        });
        let key = key.ok_or(Error::Unauthenticated)?;
        let ip = client_ip(parts, &api.app.config).map(|ip| ip.to_string());
        Ok(Self(access::actor_for_key(&api.app, key, ip).await?))
    }
}

/// The caller's address: the last hop that is not one of our own proxies.
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

/// A JSON body of at most `LIMIT` bytes, and the bytes themselves.
#[derive(Debug)]
pub struct Body<T, const LIMIT: usize = BODY_LIMIT> {
    /// What it says.
    pub value: T,
    /// As it came, for [`crate::access::idempotency`].
    pub bytes: Bytes,
}

impl<T: DeserializeOwned, const LIMIT: usize> FromRequest<Api> for Body<T, LIMIT> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Api) -> Result<Self, Problem> {
        let media_type = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        if !is_json(media_type) {
            return Err(Problem::wrong_media_type("application/json"));
        }
        let bytes = read(request, LIMIT).await?;
        Ok(Self { value: parse(&bytes)?, bytes })
    }
}

/// A JSON body that may be left out altogether; then it is the default.
#[derive(Debug)]
pub struct OptionalBody<T> {
    /// What it says.
    pub value: T,
    /// As it came.
    pub bytes: Bytes,
}

impl<T: DeserializeOwned + Default> FromRequest<Api> for OptionalBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &Api) -> Result<Self, Problem> {
        let media_type = request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let bytes = read(request, BODY_LIMIT).await?;
        if bytes.is_empty() {
            return Ok(Self { value: T::default(), bytes });
        }
        if !is_json(&media_type) {
            return Err(Problem::wrong_media_type("application/json"));
        }
        Ok(Self { value: parse(&bytes)?, bytes })
    }
}

fn is_json(media_type: &str) -> bool {
    media_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// Reads a whole body of at most `limit` bytes.
pub async fn read(request: Request, limit: usize) -> Result<Bytes, Problem> {
    let announced = request.headers().get(CONTENT_LENGTH).and_then(|v| v.to_str().ok()).and_then(|v| v.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(Problem::too_large(limit));
    }
    to_bytes(request.into_body(), limit).await.map_err(|error| {
        if error.into_inner().is::<http_body_util::LengthLimitError>() {
            Problem::too_large(limit)
        } else {
            Problem::malformed("The body did not arrive whole. Send the request again.")
        }
    })
}

/// Reads JSON. What is no JSON is malformed; JSON of another shape is a faulty field.
fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        fault(&path, error.inner())
    });
    let value = read?;
    reader.end().map_err(|error| fault(".", &error))?;
    Ok(value)
}

fn fault(path: &str, error: &serde_json::Error) -> Problem {
    if error.is_data() {
        let (field, code, detail) = explain(path, &error.to_string());
        return Error::invalid(&field, code, detail).into();
    }
    let (line, column) = (error.line(), error.column());
    if error.is_eof() {
        return Problem::malformed(format!("The body ends in the middle of the JSON, at line {line}, column {column}."));
    }
    Problem::malformed(format!("The body is not JSON: look at line {line}, column {column}."))
}

/// Field, code and sentence of a value that has the wrong shape. The value itself is not repeated.
fn explain(path: &str, message: &str) -> (String, &'static str, Cow<'static, str>) {
    let message = message.rsplit_once(" at line ").map_or(message, |(text, _)| text);
    let quoted = message.split('`').nth(1).unwrap_or_default();
    let path = path.trim_matches('.').trim_end_matches('?').trim_end_matches('.');
    let inside = |name: &str| {
        let folder = path.strip_suffix(name).unwrap_or(path).trim_end_matches('.');
        if folder.is_empty() { name.to_owned() } else { format!("{folder}.{name}") }
    };
    if message.starts_with("unknown field") {
        return (
            inside(quoted),
            "unknown_field",
            "There is no such field. Leave it out, or look for its right name in /api/openapi.json.".into(),
        );
    }
    if message.starts_with("missing field") {
        return (inside(quoted), "required", "This field is required.".into());
    }
    if message.starts_with("duplicate field") {
        return (inside(quoted), "duplicate", "This field is given twice. Give it once.".into());
    }
    let field = if path.is_empty() { "body" } else { path }.to_owned();
    match message.rsplit_once(", expected ") {
        Some((_, wanted)) => (field, "wrong_type", format!("Give {wanted} here.").into()),
        None => (field, "wrong_type", format!("{}.", message.trim_end_matches('.')).into()),
    }
}

/// The query. Every parameter is known and given once.
#[derive(Debug)]
pub struct Params<T>(pub T);

impl<T: DeserializeOwned> FromRequestParts<Api> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> Result<Self, Problem> {
        Query::<T>::try_from_uri(&parts.uri).map(|Query(value)| Self(value)).map_err(|rejection| {
            let text = std::error::Error::source(&rejection).map_or_else(|| rejection.to_string(), ToString::to_string);
            let text = text.split_once(": ").filter(|(path, _)| !path.contains(' ')).map_or(text.as_str(), |(_, text)| text);
            let (field, code, detail) = explain("", text);
            Error::invalid(if field == "body" { "query" } else { &field }, code, detail).into()
        })
    }
}

/// The variable part of the path; several as a tuple.
#[derive(Debug)]
pub struct Key<T = String>(pub T);

impl<T: DeserializeOwned + Send> FromRequestParts<Api> for Key<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let path: Result<Path<T>, _> = Path::from_request_parts(parts, api).await;
        path.map(|Path(key)| Self(key)).map_err(|_| Problem::unknown_route())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Person {
        #[serde(rename = "name")]
        _name: String,
        #[serde(rename = "home")]
        _home: Option<Home>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Home {
        #[serde(rename = "street")]
        _street: String,
    }

    fn told(json: &str) -> (String, &'static str) {
        let mut reader = serde_json::Deserializer::from_str(json);
        let error = serde_path_to_error::deserialize::<_, Person>(&mut reader).expect_err("a faulty body");
        let (field, code, detail) = explain(&error.path().to_string(), &error.inner().to_string());
        assert!(!detail.contains("hush"), "{detail}");
        (field, code)
    }

    #[test]
    fn a_faulty_field_is_named_and_its_value_is_not_repeated() {
        for (json, field, code) in [
            (r#"{"name":"A","tenant_id":"hush"}"#, "tenant_id", "unknown_field"),
            (r#"{"name":"A","home":{"street":"B","role":1}}"#, "home.role", "unknown_field"),
            (r#"{"name":"A","home":{}}"#, "home.street", "required"),
            ("{}", "name", "required"),
            (r#"{"name":"A","name":"B"}"#, "name", "duplicate"),
            (r#"{"name":7}"#, "name", "wrong_type"),
            (r#"{"name":"A","home":"hush, expected hush"}"#, "home", "wrong_type"),
            (r#""hush""#, "body", "wrong_type"),
        ] {
            assert_eq!(told(json), (field.to_owned(), code), "{json}");
        }
    }
}
