//! Twilio's refusals: a code, a sentence, and the page that explains it.

use std::borrow::Cow;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::providers::simulator::codes::{self, Code};

/// A refusal.
#[derive(Debug)]
pub struct Fault {
    status: StatusCode,
    code: u32,
    message: Cow<'static, str>,
}

impl Fault {
    /// Wrong credentials.
    pub const AUTHENTICATE: Self = Self::fixed(StatusCode::UNAUTHORIZED, 20003, "Authenticate");
    /// Too fast. Twilio names no time to wait.
    pub const TOO_MANY: Self = Self::fixed(StatusCode::TOO_MANY_REQUESTS, 20429, "Too Many Requests");
    /// An error of Twilio's own.
    pub const INTERNAL: Self = Self::fixed(StatusCode::INTERNAL_SERVER_ERROR, 20500, "An internal server error has occurred");

    const fn fixed(status: StatusCode, code: u32, message: &'static str) -> Self {
        Self { status, code, message: Cow::Borrowed(message) }
    }

    /// A request that cannot be done.
    pub fn bad(code: u32, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, message: message.into() }
    }

    /// A resource that is not there.
    pub fn not_found(path: &str) -> Self {
        let message = format!("The requested resource {path} was not found").into();
        Self { status: StatusCode::NOT_FOUND, code: 20404, message }
    }

    /// The carrier's reason, as Twilio words it.
    pub fn of(reason: &Code, to: &str) -> Self {
        match reason.code {
            code if code == codes::LANDLINE.code => Self::bad(21635, "'To' number cannot be a landline"),
            code if code == codes::OPTED_OUT.code => Self::bad(21610, "Attempt to send to unsubscribed recipient"),
            code if code == codes::CARRIER_REFUSED.code => {
                Self::bad(21611, "This 'From' number has exceeded the maximum number of queued messages")
            }
            _ => Self::bad(21211, format!("Invalid 'To' Phone Number: {}", masked(to))),
        }
    }
}

/// Twilio hides the last four digits of a number in its sentences.
fn masked(to: &str) -> String {
    let shown = to.chars().count().saturating_sub(4);
    to.chars().enumerate().map(|(i, c)| if i < shown { c } else { 'X' }).collect()
}

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let Self { status, code, message } = self;
        let more_info = format!("https://www.twilio.com/docs/errors/{code}");
        let body = json!({ "code": code, "message": message, "more_info": more_info, "status": status.as_u16() });
        (status, Json(body)).into_response()
    }
}
