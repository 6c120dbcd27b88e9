//! Commands of a person's page.

use leptos::prelude::*;

use super::privacy::{REMOVE, WORD};
use crate::kernel::error::Error;
use crate::privacy;
use crate::web::action::{Answer, Done, act};
use crate::web::page::desk;
use crate::web::ui::show::count;

/// Erases a person, once the word was typed.
#[server(prefix = "/do", endpoint = "people/erase")]
pub async fn erase_person(id: String, confirm: String) -> Answer {
    let page = format!("/people/{id}/privacy");
    act(&page, async {
        let desk = desk()?;
        if !confirm.trim().eq_ignore_ascii_case(WORD) {
            return Err(Error::invalid("confirm", "not_typed", format!("Type {WORD} to erase this person. Nothing was changed.")));
        }
        privacy::erase(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(&page).saying("Erased. Nothing about this person can be read any more, and the number stays refused."))
    })
    .await
}

/// Takes out the texts to and of a person, once the word was typed.
#[server(prefix = "/do", endpoint = "people/redact")]
pub async fn redact_person(id: String, word: String) -> Answer {
    let page = format!("/people/{id}/privacy");
    act(&page, async {
        let desk = desk()?;
        if !word.trim().eq_ignore_ascii_case(REMOVE) {
            return Err(Error::invalid("word", "not_typed", format!("Type {REMOVE} to remove the texts. Nothing was changed.")));
        }
        let done = privacy::redact(&desk.app, desk.actor(), &id).await?;
        let messages = count(done.messages.cast_signed(), "message lost its text", "messages lost their texts");
        let texts = count(done.texts.cast_signed(), "text of theirs is gone", "texts of theirs are gone");
        Ok(Done::at(&page).saying(format!("Removed: {messages}, and {texts}. The person stays.")))
    })
    .await
}
