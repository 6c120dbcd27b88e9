//! Commands of a message's page.

use leptos::prelude::*;

use crate::messages;
use crate::web::action::{Answer, Done, act};
use crate::web::page::desk;

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
        messages::retry(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(page_of(&id)).saying("The message waits for its turn again."))
    })
    .await
}
