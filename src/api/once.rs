//! `Idempotency-Key` for commands that commit by themselves.
//!
//! The key is taken before the command and kept with its answer after it; a refused command gives the key
//! back. Of equal requests at once one is worked on and the others are asked to come again. If the process
//! dies in between, the key stays taken: the command may have been done, so it is never done again under it.

use axum::Json;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;

use super::problem::Problem;
use crate::access::Actor;
use crate::access::idempotency::{self, Begin, Call};
use crate::app::App;
use crate::kernel::error::{Error, Result};

/// The header that makes a repeated request harmless.
pub const HEADER: HeaderName = HeaderName::from_static("idempotency-key");
const REPLAYED: HeaderName = HeaderName::from_static("idempotent-replayed");

/// The call that a request's header names, if it has one.
pub fn call(actor: &Actor, route: &str, headers: &HeaderMap, body: &[u8]) -> Result<Option<Call>> {
    let mut values = headers.get_all(HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    if values.next().is_some() {
        return Err(Error::invalid("Idempotency-Key", "duplicate", "Send one Idempotency-Key."));
    }
    let key = value.to_str().unwrap_or_default();
    Call::new(actor, route, key, body).map(Some)
}

/// The answer of an earlier call.
pub fn replayed(status: StatusCode, json: String) -> Response {
    let headers =
        [(REPLAYED, HeaderValue::from_static("true")), (axum::http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (status, headers, json).into_response()
}

/// Does the work once under the call's key, or without a key each time.
pub async fn once<T: Serialize>(
    app: &App,
    call: Option<Call>,
    status: StatusCode,
    work: impl Future<Output = Result<T>>,
) -> std::result::Result<Response, Problem> {
    let Some(call) = call else {
        return Ok((status, Json(work.await?)).into_response());
    };
    let mut tx = app.db.write().await.map_err(Error::from)?;
    match idempotency::begin(&mut tx, &call, app.clock.now()).await? {
        Begin::Fresh => {}
        Begin::Replay(json) => return Ok(replayed(status, json)),
        Begin::Running => return Err(Problem::running()),
        other @ Begin::OtherBody => return Err(other.refusal().into()),
    }
    tx.commit().await.map_err(Error::from)?;
    let done = work.await;
    let mut tx = app.db.write().await.map_err(Error::from)?;
    let answer = match done {
        Ok(answer) => answer,
        Err(error) => {
            idempotency::forget(&mut tx, &call).await?;
            tx.commit().await.map_err(Error::from)?;
            return Err(error.into());
        }
    };
    let json = serde_json::to_string(&answer).map_err(Error::internal)?;
    idempotency::finish(&mut tx, &call, &json).await?;
    tx.commit().await.map_err(Error::from)?;
    Ok((status, Json(answer)).into_response())
}
