//! Twilio's protocol below `/twilio`: the messages and the balance of its API of 2010-04-01, Lookup v2, its errors, and
//! its callbacks. Any account exists; what belongs to one is shown to all.

mod calls;
mod faults;
mod list;
mod lookups;
mod resource;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use axum::{Json, Router};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;

use crate::providers::simulator::engine::Engine;
use crate::providers::simulator::message::{Acceptance, Reply, Submission};
use crate::providers::twilio::signature::query;
use crate::providers::twilio::{ATTEMPT, BODY_LIMIT, is_sid};

use super::Wire;

pub use calls::callback;

use faults::Fault;
use resource::Resource;

/// The provider's name.
pub const NAME: &str = "twilio";
/// The password that is always wrong.
const WRONG: &str = "wrong";

#[derive(Clone)]
struct Carrier {
    engine: Arc<Engine>,
    /// Numbers submissions that carry no reference.
    nameless: Arc<AtomicU64>,
}

/// The protocol's paths.
pub fn router(engine: Arc<Engine>) -> Router {
    Router::new()
        .route("/twilio/2010-04-01/Accounts/{account}/Messages.json", get(messages).post(create))
        .route("/twilio/2010-04-01/Accounts/{account}/Messages/{file}", get(fetch))
        .route("/twilio/2010-04-01/Accounts/{account}/Balance.json", get(balance))
        .route("/twilio/v2/PhoneNumbers/{number}", get(look_up))
        .with_state(Carrier { engine, nameless: Arc::default() })
}

/// Ids are unique over runs, and show their order.
pub fn message_id(run: u64, number: u64) -> String {
    format!("SM{run:016x}{number:016x}")
}

/// Takes an id apart again.
pub fn number_of(run: u64, id: &str) -> Option<u64> {
    let number = id.strip_prefix(&format!("SM{run:016x}")).filter(|number| number.len() == 16)?;
    u64::from_str_radix(number, 16).ok()
}

/// What a message is sent with, read from its form.
struct Form(Vec<(String, String)>);

impl Form {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, value)| key == name && !value.is_empty()).map(|(_, value)| value.as_str())
    }
}

async fn create(State(carrier): State<Carrier>, Path(account): Path<String>, headers: HeaderMap, body: Bytes) -> Response {
    let token = match password(&account, &headers) {
        Ok(token) => token,
        Err(fault) => return fault.into_response(),
    };
    let form = Form(form_urlencoded::parse(&body).into_owned().collect());
    if let Some(fault) = refuse(&form) {
        return fault.into_response();
    }
    let (to, text) = (form.get("To").unwrap_or_default(), form.get("Body").unwrap_or_default());
    let (number, service) = (form.get("From"), form.get("MessagingServiceSid"));
    let callback = form.get("StatusCallback");
    let reference = callback.and_then(|url| query(url).find(|(name, _)| name == ATTEMPT)).map(|(_, attempt)| attempt.into_owned());
    // Twilio's protocol has no reference of its own: who names none in the status address is told apart by order.
    let reference = reference.unwrap_or_else(|| format!("twilio-{}", carrier.nameless.fetch_add(1, Ordering::Relaxed)));
    let target = callback.map(|url| carrier.engine.target(Wire::Twilio, url, &calls::secret(&account, &token)));
    let submission = Submission {
        wire: Wire::Twilio,
        reference: &reference,
        to,
        from: number.or(service).unwrap_or_default(),
        text,
        target: target.as_ref(),
    };
    match carrier.engine.submit(submission).await {
        Reply::Accepted(Acceptance { id, segments, .. }) => {
            let resource = Resource::fresh(&account, &id, &submission, service, segments, carrier.engine.now());
            (StatusCode::CREATED, Json(resource)).into_response()
        }
        Reply::Refused(code) => Fault::of(code, to).into_response(),
        Reply::Throttled => Fault::TOO_MANY.into_response(),
        Reply::ServerError => Fault::INTERNAL.into_response(),
        Reply::Garbage => (StatusCode::CREATED, "<html>it w").into_response(),
        Reply::Reset => super::reset(),
    }
}

/// What Twilio refuses before it looks at the number.
fn refuse(form: &Form) -> Option<Fault> {
    let (to, text, number, service) = (form.get("To"), form.get("Body"), form.get("From"), form.get("MessagingServiceSid"));
    if to.is_none() {
        return Some(Fault::bad(21604, "A 'To' phone number is required."));
    }
    if service.is_none() && number.is_none() {
        return Some(Fault::bad(21603, "A 'From' phone number is required."));
    }
    if service.is_some_and(|service| !is_sid("MG", service)) {
        return Some(Fault::bad(21705, "The Messaging Service is invalid"));
    }
    match text {
        None => Some(Fault::bad(21602, "Message body is required.")),
        Some(text) if text.chars().count() > BODY_LIMIT => {
            Some(Fault::bad(21617, "The concatenated message body exceeds the 1600 character limit"))
        }
        Some(_) if number == to => Some(Fault::bad(21266, "'To' and 'From' number cannot be the same")),
        Some(_) => None,
    }
}

async fn fetch(State(carrier): State<Carrier>, Path((account, file)): Path<(String, String)>, headers: HeaderMap) -> Response {
    if let Err(fault) = password(&account, &headers) {
        return fault.into_response();
    }
    let id = file.strip_suffix(".json").unwrap_or_default();
    match carrier.engine.by_id(Wire::Twilio, id) {
        Some((_, record)) => Json(Resource::of(&account, id, &record, carrier.engine.now())).into_response(),
        None => Fault::not_found(&format!("/2010-04-01/Accounts/{account}/Messages/{file}")).into_response(),
    }
}

async fn messages(State(carrier): State<Carrier>, Path(account): Path<String>, RawQuery(asked): RawQuery, headers: HeaderMap) -> Response {
    match password(&account, &headers) {
        Ok(_) => Json(list::list(&carrier.engine, &account, asked.as_deref().unwrap_or_default())).into_response(),
        Err(fault) => fault.into_response(),
    }
}

async fn balance(Path(account): Path<String>, headers: HeaderMap) -> Response {
    match password(&account, &headers) {
        Ok(_) => Json(serde_json::json!({ "account_sid": account, "balance": "100.00", "currency": "USD" })).into_response(),
        Err(fault) => fault.into_response(),
    }
}

/// Lookup v2, whose addresses name no account: any user that could be one will do.
async fn look_up(Path(number): Path<String>, RawQuery(asked): RawQuery, headers: HeaderMap) -> Response {
    let (user, password) = login(&headers);
    if !(is_sid("AC", &user) || is_sid("SK", &user)) || password.is_empty() || password == WRONG {
        return Fault::AUTHENTICATE.into_response();
    }
    Json(lookups::answer(&number, asked.as_deref().unwrap_or_default())).into_response()
}

/// User and password of a request; empty where it has none.
fn login(headers: &HeaderMap) -> (String, String) {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let decoded = value.and_then(|value| value.strip_prefix("Basic ")).and_then(|login| BASE64_STANDARD.decode(login).ok());
    let login = decoded.and_then(|login| String::from_utf8(login).ok()).unwrap_or_default();
    let (user, password) = login.split_once(':').unwrap_or_default();
    (user.to_owned(), password.to_owned())
}

/// The password of a request: the auth token, or the secret of an API key.
fn password(account: &str, headers: &HeaderMap) -> Result<String, Fault> {
    let (user, password) = login(headers);
    let known = user == account || is_sid("SK", &user);
    if !known || password.is_empty() || password == WRONG || !is_sid("AC", account) {
        return Err(Fault::AUTHENTICATE);
    }
    Ok(password)
}
