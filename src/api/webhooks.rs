//! What providers tell us. Verified on the raw bytes before anything is read; answered with 200 only after the
//! commit, so that a provider repeats what we could not keep.

use std::sync::Arc;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use bytes::Bytes;

use super::Api;
use super::problem::Problem;
use super::request::read;
use crate::connections::{Config, Connection};
use crate::preferences;
use crate::providers::simulator;

/// The largest body, in bytes.
const LIMIT: usize = 64 * 1024;

/// A call that its connection's secret signs.
struct Genuine {
    connection: Arc<Connection>,
    body: Bytes,
}

/// Reads and verifies a call of the simulator. An unknown key and a wrong signature answer alike.
async fn genuine(api: &Api, key: &str, headers: &HeaderMap, request: Request) -> Result<Genuine, Problem> {
    let body = read(request, LIMIT).await?;
    let connection = api.intake.connection(key).await?.ok_or_else(Problem::forged)?;
    let Config::Simulator { token, .. } = &connection.config;
    let signature = headers.get(simulator::SIGNATURE_HEADER).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !simulator::verify_signature(token.expose(), &body, signature) {
        return Err(Problem::forged());
    }
    Ok(Genuine { connection, body })
}

/// What became of a message.
pub async fn simulator_status(
    State(api): State<Api>,
    Path(key): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<StatusCode, Problem> {
    let call = genuine(&api, &key, &headers, request).await?;
    let receipt = simulator::parse_receipt(&call.body).map_err(|e| Problem::malformed(e.to_string()))?;
    api.intake.receive(call.connection, receipt).await?;
    Ok(StatusCode::OK)
}

/// What somebody wrote back. STOP and START in their languages act at once; anything else is taken and left alone.
pub async fn simulator_inbound(
    State(api): State<Api>,
    Path(key): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<StatusCode, Problem> {
    let call = genuine(&api, &key, &headers, request).await?;
    let inbound = simulator::parse_inbound(&call.body).map_err(|e| Problem::malformed(e.to_string()))?;
    preferences::heard(&api.app, &call.connection.subaccount, &inbound.from, &inbound.text).await?;
    Ok(StatusCode::OK)
}
