//! Changes as they happen, as server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures::{Stream, StreamExt as _};
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;
use tokio_stream::wrappers::{BroadcastStream, IntervalStream};

use super::Api;
use super::problem::Problem;
use super::request::Caller;
use crate::access::Permission;
use crate::app::Change;
use crate::kernel::id::SubaccountId;

/// How often a stream looks whether the process is on its way out.
const LOOK: Duration = Duration::from_secs(1);

/// Live changes
///
/// Server-sent events of the caller's own organisation: `message` (`{"type":"message","id","status","campaign"?}`),
/// `campaign` (`{"type":"campaign","id","status"}`), `conversation` (`{"type":"conversation","contact"}`: somebody wrote, or it was read, closed or assigned), and `missed` when some could not be handed over in time: ask again then.
#[utoipa::path(get, path = "/stream", tag = "Live",
    responses((status = 200, description = "Events without end", content_type = "text/event-stream", body = String)))]
pub async fn stream(State(api): State<Api>, Caller(actor): Caller) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    actor.require(Permission::View)?;
    let subaccount = actor.subaccount;
    let changes = BroadcastStream::new(api.app.changes.subscribe());
    let events = changes.filter_map(move |change| std::future::ready(event(change, &subaccount)));
    // A stream would keep a stopping process alive, so it ends when the process drains.
    let app = api.app.clone();
    let ends = IntervalStream::new(tokio::time::interval(LOOK)).filter(move |_| std::future::ready(app.is_draining()));
    let ends = Box::pin(async move {
        let mut ends = Box::pin(ends);
        ends.next().await;
    });
    Ok(Sse::new(events.take_until(ends).map(Ok)).keep_alive(KeepAlive::default()))
}

fn event(change: Result<Change, BroadcastStreamRecvError>, subaccount: &SubaccountId) -> Option<Event> {
    let name = match &change {
        Err(BroadcastStreamRecvError::Lagged(_)) => return Some(Event::default().event("missed").data("{}")),
        Ok(change) if change.subaccount() != subaccount => return None,
        Ok(Change::Message { .. }) => "message",
        Ok(Change::Campaign { .. }) => "campaign",
        Ok(Change::Conversation { .. }) => "conversation",
    };
    let data = serde_json::to_string(&change.ok()?).ok()?;
    Some(Event::default().event(name).data(data))
}
