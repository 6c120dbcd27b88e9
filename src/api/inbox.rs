//! The inbox: what people wrote, and what is answered.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::messages::Nothing;
use super::once;
use super::problem::Problem;
use super::request::{Body, Caller, Key, OptionalBody, Params};
use super::shape::{Answer, List, PageParams, given};
use crate::access;
use crate::inbox::{self, Conversation, InboxFilter, Line, ReplyRequest, Shown, Thread};
use crate::kernel::error::{Error, Result};
use crate::kernel::page::PageRequest;
use crate::messages::{Message, Sending};
use crate::preferences::read_phone;

/// Which conversations.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct InboxParams {
    /// `open` (when absent), `closed` or `all`. `mine` is for users: a key answers nobody.
    #[param(example = "open")]
    status: Option<String>,
    /// With this number, in any spelling.
    phone: Option<String>,
    /// How many rows, 1 to 200; 50 when absent.
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

impl InboxParams {
    fn filter(&self, settings: &access::Settings) -> Result<InboxFilter> {
        let shown = match given(self.status.as_ref()) {
            None => Shown::default(),
            Some(word) => {
                let words = Shown::ALL.map(Shown::as_str).join(", ");
                Shown::parse(word).ok_or_else(|| Error::invalid("status", "unknown", format!("Use one of {words}.")))?
            }
        };
        let phone = given(self.phone.as_ref()).map(|text| read_phone(text, settings)).transpose()?;
        Ok(InboxFilter { shown, phone })
    }
}

/// A conversation with a page of its lines.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Thread)]
pub struct ThreadBody {
    /// The conversation.
    #[serde(flatten)]
    conversation: Conversation,
    /// What was written, by the person and by us, newest first.
    items: Vec<Line>,
    /// What to hand in as `cursor` for the lines before; null when there are none.
    next_cursor: Option<String>,
}

impl From<Thread> for ThreadBody {
    fn from(thread: Thread) -> Self {
        Self { conversation: thread.conversation, items: thread.lines.items, next_cursor: thread.lines.next }
    }
}

/// Conversations
///
/// One for each person who wrote: those with unread texts first, then the newest.
#[utoipa::path(get, path = "/inbox", tag = "Inbox", params(InboxParams),
    responses((status = 200, description = "A page of conversations", body = List<Conversation>)))]
pub async fn list(State(api): State<Api>, Caller(actor): Caller, Params(query): Params<InboxParams>) -> Answer<List<Conversation>> {
    let page = PageRequest::read(query.limit.as_deref(), query.cursor.as_deref())?;
    let filter = query.filter(&access::settings(&api.app, &actor).await?)?;
    Ok(Json(inbox::list(&api.app, &actor, &filter, &page).await?.into()))
}

/// One conversation
///
/// Reading it here marks nothing as read.
#[utoipa::path(get, path = "/inbox/{contact}", tag = "Inbox", params(("contact" = String, Path, description = "The person's id"), PageParams),
    responses((status = 200, description = "The conversation, newest lines first", body = ThreadBody)))]
pub async fn get(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(contact): Key,
    Params(query): Params<PageParams>,
) -> Answer<ThreadBody> {
    Ok(Json(inbox::thread(&api.app, &actor, &contact, &query.read()?).await?.into()))
}

/// Answer
///
/// By the way by which the person's last text came. Somebody who opted out is not answered: 409, with the reason.
#[utoipa::path(post, path = "/inbox/{contact}/reply", tag = "Inbox",
    params(("contact" = String, Path, description = "The person's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated call harmless")),
    request_body(content = ReplyRequest, example = json!({"text": "We are open until six."})),
    responses((status = 202, description = "The message as it was stored", body = Message)))]
pub async fn reply(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(contact): Key,
    headers: HeaderMap,
    body: Body<ReplyRequest>,
) -> std::result::Result<Response, Problem> {
    let call = once::call(&actor, &format!("inbox/{contact}"), &headers, &body.bytes)?;
    Ok(match inbox::reply(&api.app, &actor, &contact, &body.value, call).await? {
        Sending::New(message) => (StatusCode::ACCEPTED, Json(message)).into_response(),
        Sending::Replayed(json) => once::replayed(StatusCode::ACCEPTED, json),
    })
}

/// What was seen.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CloseBody {
    /// The id of the last text that was seen, such as `last_id` of the conversation: 409 when the person has written since. When absent,
    /// whatever came is closed.
    #[serde(default)]
    upto: Option<String>,
}

/// Close
///
/// Nobody need answer any more, and what there is counts as read. A text of the person opens the conversation again.
#[utoipa::path(post, path = "/inbox/{contact}/close", tag = "Inbox", params(("contact" = String, Path, description = "The person's id")),
    request_body(content = CloseBody, example = json!({})),
    responses((status = 200, description = "The conversation", body = Conversation)))]
pub async fn close(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(contact): Key,
    body: OptionalBody<CloseBody>,
) -> Answer<Conversation> {
    Ok(Json(inbox::close(&api.app, &actor, &contact, body.value.upto.as_deref()).await?))
}

/// Open again
#[utoipa::path(post, path = "/inbox/{contact}/reopen", tag = "Inbox", params(("contact" = String, Path, description = "The person's id")),
    responses((status = 200, description = "The conversation", body = Conversation)))]
pub async fn reopen(State(api): State<Api>, Caller(actor): Caller, Key(contact): Key, _: OptionalBody<Nothing>) -> Answer<Conversation> {
    Ok(Json(inbox::reopen(&api.app, &actor, &contact).await?))
}

/// Who answers.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AssignBody {
    /// A user by id or e-mail address; null for nobody.
    user: Option<String>,
}

/// Assign
#[utoipa::path(post, path = "/inbox/{contact}/assign", tag = "Inbox", params(("contact" = String, Path, description = "The person's id")),
    request_body(content = AssignBody, example = json!({"user": "sara@example.com"})),
    responses((status = 200, description = "The conversation", body = Conversation)))]
pub async fn assign(State(api): State<Api>, Caller(actor): Caller, Key(contact): Key, body: Body<AssignBody>) -> Answer<Conversation> {
    Ok(Json(inbox::assign(&api.app, &actor, &contact, body.value.user.as_deref()).await?))
}

/// How far.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReadBody {
    /// The id of the last text that was read; all of them when absent.
    #[serde(default)]
    upto: Option<String>,
}

/// Mark as read
///
/// For everybody: what one has read is read.
#[utoipa::path(post, path = "/inbox/{contact}/read", tag = "Inbox", params(("contact" = String, Path, description = "The person's id")),
    request_body(content = ReadBody, example = json!({})),
    responses((status = 200, description = "The conversation", body = Conversation)))]
pub async fn read(State(api): State<Api>, Caller(actor): Caller, Key(contact): Key, body: OptionalBody<ReadBody>) -> Answer<Conversation> {
    Ok(Json(inbox::mark_read(&api.app, &actor, &contact, body.value.upto.as_deref()).await?))
}

/// Mark as unread
///
/// The person's last text is to be looked at again, which opens a closed conversation.
#[utoipa::path(post, path = "/inbox/{contact}/unread", tag = "Inbox", params(("contact" = String, Path, description = "The person's id")),
    responses((status = 200, description = "The conversation", body = Conversation)))]
pub async fn unread(State(api): State<Api>, Caller(actor): Caller, Key(contact): Key, _: OptionalBody<Nothing>) -> Answer<Conversation> {
    Ok(Json(inbox::mark_unread(&api.app, &actor, &contact).await?))
}
