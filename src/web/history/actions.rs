//! Commands of a message's page and of the failed ones.

use leptos::prelude::*;

use super::failed::PAGE;
use super::search::Search;
use crate::campaigns::{self, Failed};
use crate::kernel::error::Error;
use crate::kernel::id::MessageId;
use crate::messages::{self, Retried};
use crate::web::action::{Answer, Done, act, posted};
use crate::web::flash::Tone;
use crate::web::page::desk;
use crate::web::ui::show::count;

fn page_of(id: &str) -> String {
    format!("/history/{id}")
}

/// Calls a message back before it leaves.
#[server(prefix = "/do", endpoint = "messages/cancel")]
pub async fn cancel_message(id: String) -> Answer {
    act(&page_of(&id), async {
        let desk = desk()?;
        messages::cancel(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(page_of(&id)).saying("Called back. The message does not leave."))
    })
    .await
}

/// Tries a failed message again.
#[server(prefix = "/do", endpoint = "messages/retry")]
pub async fn retry_message(id: String) -> Answer {
    act(&page_of(&id), async {
        let desk = desk()?;
        campaigns::retry(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(page_of(&id)).saying("The message waits for its turn again."))
    })
    .await
}

/// Takes the text out of a message for good.
#[server(prefix = "/do", endpoint = "messages/redact")]
pub async fn redact_message(id: String) -> Answer {
    act(&page_of(&id), async {
        let desk = desk()?;
        messages::redact(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(page_of(&id)).saying("The text is removed. Length, cost and outcome stay."))
    })
    .await
}

/// Tries the ticked failed messages again.
#[server(prefix = "/do", endpoint = "messages/retry-selected")]
pub async fn retry_selected() -> Answer {
    let form = posted();
    // Refused or done, the list is shown as it was narrowed.
    let back = form.get("back").filter(|path| path.starts_with(PAGE)).unwrap_or(PAGE).to_owned();
    act(&back, async {
        let desk = desk()?;
        let ids: Vec<MessageId> = form.all("id").filter_map(MessageId::parse).collect();
        if ids.is_empty() {
            return Err(Error::conflict("Tick the messages that are to be tried again."));
        }
        let retried = campaigns::retry_failed(&desk.app, desk.actor(), &Failed::These(ids)).await?;
        Ok(told(Done::at(&back), &retried))
    })
    .await
}

/// Tries all failed messages of a search again that may be.
#[server(prefix = "/do", endpoint = "messages/retry-failed")]
pub async fn retry_failed() -> Answer {
    act(PAGE, async {
        let (desk, form) = (desk()?, posted());
        let given = |name: &str| form.get(name).map(str::trim).filter(|v| !v.is_empty() && name != "status").map(str::to_owned);
        let search = Search::read(given, desk.settings());
        search.errors.clone().into_result()?;
        let back = search.href(PAGE);
        let retried = campaigns::retry_failed(&desk.app, desk.actor(), &Failed::All(search.filter)).await?;
        Ok(told(Done::at(back), &retried))
    })
    .await
}

/// Says what came of trying messages again.
fn told(done: Done, retried: &Retried) -> Done {
    let queued = match retried.queued {
        0 => "No message could be tried again.".to_owned(),
        n => format!("{} for another try.", count(n.cast_signed(), "message waits", "messages wait")),
    };
    let left = retried
        .refused
        .iter()
        .map(|why| format!("{} not tried again: {}", count(why.messages.cast_signed(), "is", "are"), why.reason.clause()));
    let text = std::iter::once(queued).chain(left).collect::<Vec<_>>().join(" ");
    done.noting(if retried.queued > 0 { Tone::Ok } else { Tone::Warn }, text)
}
