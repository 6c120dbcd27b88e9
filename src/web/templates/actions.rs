//! Commands of the template pages.

use leptos::prelude::*;

use super::LIST;
use super::draft::{input, require_new_language};
use crate::templates;
use crate::web::action::{Answer, Done, act, posted};
use crate::web::page::desk;

/// Where a new template is posted to.
pub const CREATE: &str = "/do/templates/create";
/// Where a changed template is posted to.
pub const SAVE: &str = "/do/templates/save";
/// Where either is posted to, to be looked at only.
pub const PREVIEW: &str = "/do/templates/preview";

fn at(id: impl std::fmt::Display) -> String {
    format!("{LIST}/{id}")
}

/// Makes a template.
#[server(prefix = "/do", endpoint = "templates/create")]
pub async fn create() -> Answer {
    act("/templates/new", async {
        let desk = desk()?;
        let made = templates::create(&desk.app, desk.actor(), input(&posted())).await?;
        Ok(Done::at(at(made.id)).saying("Draft saved. Publish it when it is ready to be sent."))
    })
    .await
}

/// Saves the draft, and publishes it when that button was pressed.
#[server(prefix = "/do", endpoint = "templates/save")]
pub async fn save(id: String) -> Answer {
    let page = at(&id);
    act(&page, async {
        let (desk, form) = (desk()?, posted());
        templates::update(&desk.app, desk.actor(), &id, input(&form)).await?;
        if form.get("then") != Some("publish") {
            return Ok(Done::at(&page).saying("Draft saved."));
        }
        let version = templates::publish(&desk.app, desk.actor(), &id, form.get("note")).await?;
        Ok(Done::at(&page).saying(format!("Version {} is live. New messages use it from now on.", version.version)))
    })
    .await
}

/// Shows what was typed, after the button that was pressed; nothing is stored.
#[server(prefix = "/do", endpoint = "templates/preview")]
pub async fn preview(#[server(default)] id: String) -> Answer {
    let page = if id.is_empty() { "/templates/new".to_owned() } else { at(&id) };
    act(&page, async {
        desk()?;
        require_new_language(&posted())?;
        Ok(Done::in_place(&page))
    })
    .await
}

/// Puts a version into the draft.
#[server(prefix = "/do", endpoint = "templates/restore")]
pub async fn restore(id: String, version: i64) -> Answer {
    act(&format!("{}/versions", at(&id)), async {
        let desk = desk()?;
        templates::restore(&desk.app, desk.actor(), &id, version).await?;
        Ok(Done::at(at(&id)).saying(format!("The text of version {version} stands in the draft. Publish it to make it live.")))
    })
    .await
}

/// Puts the live version back into the draft.
#[server(prefix = "/do", endpoint = "templates/discard")]
pub async fn discard(id: String) -> Answer {
    act(&at(&id), async {
        let desk = desk()?;
        let template = templates::discard_draft(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(at(&id)).saying(format!("Back to version {}. What stood in the draft is in the audit log.", template.version)))
    })
    .await
}

/// Makes another template of this one.
#[server(prefix = "/do", endpoint = "templates/copy")]
pub async fn copy(id: String) -> Answer {
    act(&at(&id), async {
        let desk = desk()?;
        let made = templates::copy(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(at(made.id)).saying("This is the copy."))
    })
    .await
}

/// Puts a template away.
#[server(prefix = "/do", endpoint = "templates/archive")]
pub async fn archive(id: String) -> Answer {
    act(&at(&id), async {
        let desk = desk()?;
        templates::archive(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(at(&id)).saying("Archived. What is on its way is still sent; nothing new starts with it."))
    })
    .await
}

/// Takes a template back.
#[server(prefix = "/do", endpoint = "templates/unarchive")]
pub async fn unarchive(id: String) -> Answer {
    act(&at(&id), async {
        let desk = desk()?;
        templates::unarchive(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(at(&id)).saying("Back from the archive."))
    })
    .await
}
