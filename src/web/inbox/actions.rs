//! Commands of the inbox.

use leptos::prelude::*;

use crate::access::idempotency::Call;
use crate::inbox::{self, ReplyRequest};
use crate::kernel::error::Error;
use crate::web::action::{Answer, Done, act, posted};
use crate::web::page::desk;

fn page_of(contact: &str) -> String {
    format!("/inbox/{contact}")
}

/// Sends an answer. The same form posted twice sends once.
#[server(prefix = "/do", endpoint = "inbox/reply")]
pub async fn send_reply(contact: String) -> Answer {
    let page = page_of(&contact);
    act(&page, async {
        let (desk, form) = (desk()?, posted());
        // Browsers send line breaks as CR LF; a text message has LF.
        let text = form.get("text").unwrap_or_default().replace("\r\n", "\n");
        let once = form.get("once").filter(|once| !once.is_empty());
        let call = once.map(|once| Call::new(desk.actor(), &page, once, text.as_bytes())).transpose()?;
        let request = ReplyRequest { text, category: None };
        inbox::reply(&desk.app, desk.actor(), &contact, &request, call).await.map_err(sent_before)?;
        Ok(Done::at(&page).saying("Accepted. The answer leaves in a moment."))
    })
    .await
}

/// The form was sent, changed and sent again from the same page: say so where the person is.
fn sent_before(error: Error) -> Error {
    match error {
        Error::Invalid(errors) if errors.0.iter().any(|e| e.field == "Idempotency-Key") => Error::conflict(
            "This form was sent before with other words; that answer is in the conversation. To send this one too, press the button again.",
        ),
        other => other,
    }
}

/// Shows the page again with a fresh preview; sends nothing.
#[server(prefix = "/do", endpoint = "inbox/preview")]
pub async fn preview_reply(contact: String) -> Answer {
    let page = page_of(&contact);
    act(&page, async { Ok(Done::in_place(&page)) }).await
}

/// Shows the page again with a saved reply in the text; sends nothing.
#[server(prefix = "/do", endpoint = "inbox/insert")]
pub async fn insert_reply(contact: String) -> Answer {
    let page = page_of(&contact);
    act(&page, async { Ok(Done::in_place(&page)) }).await
}

/// Closes a conversation, unless the person wrote after what the page showed.
#[server(prefix = "/do", endpoint = "inbox/close")]
pub async fn close_conversation(contact: String) -> Answer {
    act(&page_of(&contact), async {
        let (desk, form) = (desk()?, posted());
        inbox::close(&desk.app, desk.actor(), &contact, form.get("upto")).await?;
        Ok(Done::at("/inbox").saying("Closed. A text of the person opens it again."))
    })
    .await
}

/// Opens a conversation again.
#[server(prefix = "/do", endpoint = "inbox/reopen")]
pub async fn reopen_conversation(contact: String) -> Answer {
    act(&page_of(&contact), async {
        let desk = desk()?;
        inbox::reopen(&desk.app, desk.actor(), &contact).await?;
        Ok(Done::at(page_of(&contact)).saying("The conversation is open again."))
    })
    .await
}

/// Gives a conversation to a user, or to nobody.
#[server(prefix = "/do", endpoint = "inbox/assign")]
pub async fn assign_conversation(contact: String) -> Answer {
    act(&page_of(&contact), async {
        let (desk, form) = (desk()?, posted());
        let conversation = inbox::assign(&desk.app, desk.actor(), &contact, form.get("user")).await?;
        let said = match conversation.assigned_to {
            Some(user) => format!("{} answers this person.", user.name),
            None => "Nobody in particular answers this person.".into(),
        };
        Ok(Done::at(page_of(&contact)).saying(said))
    })
    .await
}

/// Marks the texts as read that a page showed. It says nothing, because the page may have asked for it by itself.
#[server(prefix = "/do", endpoint = "inbox/read")]
pub async fn read_conversation(contact: String) -> Answer {
    act(&page_of(&contact), async {
        let (desk, form) = (desk()?, posted());
        inbox::mark_read(&desk.app, desk.actor(), &contact, form.get("upto")).await?;
        Ok(Done::at(page_of(&contact)))
    })
    .await
}

/// Marks the last text as unread and goes back to the list, where the conversation stands on top.
#[server(prefix = "/do", endpoint = "inbox/unread")]
pub async fn unread_conversation(contact: String) -> Answer {
    act(&page_of(&contact), async {
        let desk = desk()?;
        inbox::mark_unread(&desk.app, desk.actor(), &contact).await?;
        Ok(Done::at("/inbox").saying("Marked as unread."))
    })
    .await
}
