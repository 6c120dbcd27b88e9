//! What providers tell us. Each call is verified and read by its provider's client before anything of it is believed, and
//! answered only after the commit, so that a provider repeats what we could not keep.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{OriginalUri, Path, Request, State};
use axum::http::header::{CONTENT_TYPE, HeaderValue};
use axum::http::{HeaderMap, Uri};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;

use super::Api;
use super::problem::Problem;
use super::request::read;
use crate::connections::Connection;
use crate::inbox;
use crate::providers::{Call, CallAnswer, CallError, Door, Heard, Provider};

/// The largest body, in bytes.
const LIMIT: usize = 64 * 1024;

/// A call, read whole.
struct Arrived {
    door: Door,
    url: String,
    headers: HeaderMap,
    body: Bytes,
}

impl Arrived {
    async fn read(api: &Api, door: &str, uri: &Uri, request: Request) -> Result<Self, Problem> {
        let door = match door {
            "status" => Door::Status,
            "inbound" => Door::Inbound,
            _ => return Err(Problem::unknown_route()),
        };
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let headers = request.headers().clone();
        Ok(Self { door, url: format!("{}{path}", api.app.config.public_url), headers, body: read(request, LIMIT).await? })
    }

    /// Lets a connection's client verify and read it. What cannot be verified for want of settings is not believed.
    fn hear(&self, api: &Api, connection: &Connection) -> Result<Heard, CallError> {
        let client = connection.client(&api.app).map_err(|_| CallError::Forged)?;
        client.hear(&Call { door: self.door, url: &self.url, headers: &self.headers, body: &self.body, at: api.app.clock.now() })
    }
}

/// A provider's call to the address of one connection. An unknown key, another provider's key and a wrong signature
/// answer alike.
pub async fn keyed(
    State(api): State<Api>,
    Path((provider, key, door)): Path<(String, String, String)>,
    OriginalUri(uri): OriginalUri,
    request: Request,
) -> Result<Response, Problem> {
    let provider = Provider::parse(&provider).ok_or_else(Problem::unknown_route)?;
    let call = Arrived::read(&api, &door, &uri, request).await?;
    let connection = api.intake.connection(&key).await?.filter(|c| c.provider == provider).ok_or_else(Problem::forged)?;
    let heard = call.hear(&api, &connection).map_err(refused)?;
    keep(&api, connection, heard).await
}

/// A provider's call to the address that is the same for all connections: it is for the first one that signs so. Only providers that
/// sign every call have it: their calls are genuine at an address that anybody may guess, and the signature tells whose they are.
pub async fn keyless(
    State(api): State<Api>,
    Path((provider, door)): Path<(String, String)>,
    OriginalUri(uri): OriginalUri,
    request: Request,
) -> Result<Response, Problem> {
    let Some(provider) = Provider::parse(&provider).filter(|provider| provider.signs_calls()) else { return Err(Problem::unknown_route()) };
    let call = Arrived::read(&api, &door, &uri, request).await?;
    for connection in api.intake.connections_of(provider).await? {
        match call.hear(&api, &connection) {
            Err(CallError::Forged) => {}
            Err(other) => return Err(refused(other)),
            Ok(heard) => return keep(&api, connection, heard).await,
        }
    }
    Err(Problem::forged())
}

fn refused(error: CallError) -> Problem {
    match error {
        CallError::Forged => Problem::forged(),
        CallError::Unreadable(_) => Problem::malformed(error.to_string()),
    }
}

/// Makes durable what was told, then gives the answer that the provider wants.
async fn keep(api: &Api, connection: Arc<Connection>, heard: Heard) -> Result<Response, Problem> {
    let Heard { receipts, inbound, answer } = heard;
    inbox::hear_all(&api.app, &connection, &inbound).await?;
    api.intake.receive(connection, receipts).await?;
    Ok(worded(answer))
}

fn worded(answer: CallAnswer) -> Response {
    let mut response = Body::from(answer.body.into_owned()).into_response();
    if !answer.content_type.is_empty() {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    }
    response
}
