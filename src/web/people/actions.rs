//! Commands of a person's page.

use leptos::prelude::*;

use super::privacy::WORD;
use crate::kernel::error::Error;
use crate::privacy;
use crate::web::action::{Answer, Done, act};
use crate::web::page::desk;

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
