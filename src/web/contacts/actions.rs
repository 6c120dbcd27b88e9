//! Commands of the contact pages.

use leptos::prelude::*;

use super::fields::{in_fields, input, patch};
use super::{LIST, page_of};
use crate::contacts::{self, ContactFilter, Created};
use crate::kernel::error::Error;
use crate::kernel::page::PageRequest;
use crate::preferences;
use crate::web::action::{Answer, Done, act, posted};
use crate::web::flash::Tone;
use crate::web::page::desk;

/// Makes a contact.
#[server(prefix = "/do", endpoint = "contacts/add")]
pub async fn add_contact() -> Answer {
    act("/contacts/new", async {
        let (desk, form) = (desk()?, posted());
        match contacts::create(&desk.app, desk.actor(), input(&form)?).await.map_err(in_fields)? {
            Created::New(contact) => Ok(Done::at(page_of(&contact.id)).saying("The contact is there.")),
            Created::Exists(id) => {
                let text = "There is a contact with this number already: this one. Nothing was changed.";
                Ok(Done::at(page_of(&id)).noting(Tone::Info, text))
            }
        }
    })
    .await
}

/// Saves what is noted about a person.
#[server(prefix = "/do", endpoint = "contacts/save")]
pub async fn save_contact(id: String) -> Answer {
    let page = page_of(&id);
    act(&page, async {
        let (desk, form) = (desk()?, posted());
        let now = contacts::get(&desk.app, desk.actor(), &id).await?;
        contacts::update(&desk.app, desk.actor(), &id, &patch(&form, &now)?).await.map_err(in_fields)?;
        Ok(Done::at(&page).saying("Saved."))
    })
    .await
}

/// Takes a contact out of the list, with what is noted about it.
#[server(prefix = "/do", endpoint = "contacts/remove")]
pub async fn remove_contact(id: String) -> Answer {
    act(&page_of(&id), async {
        let desk = desk()?;
        contacts::remove(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(LIST).saying("The contact is removed. What the person agreed to and refused stays on record."))
    })
    .await
}

/// Makes a number another one of this person.
#[server(prefix = "/do", endpoint = "contacts/merge")]
pub async fn merge_contact(id: String, other: String) -> Answer {
    let page = page_of(&id);
    act(&page, async {
        let desk = desk()?;
        let refuse = |detail: String| Error::invalid("other", "unknown", detail);
        let country = desk.settings().default_country;
        let filter = ContactFilter::of_number(&other, country).map_err(refuse)?;
        let found = contacts::list(&desk.app, desk.actor(), &filter, &PageRequest::default()).await?.items.pop();
        let found = found.ok_or_else(|| refuse("Nobody in the list has this number. Add them first, or check the number.".into()))?;
        contacts::merge(&desk.app, desk.actor(), &id, &found.id).await.map_err(in_fields)?;
        Ok(Done::at(&page).saying("Both are one contact now."))
    })
    .await
}

/// Takes back every link of the person, as when the number has passed to somebody else.
#[server(prefix = "/do", endpoint = "contacts/revoke-links")]
pub async fn revoke_links(id: String) -> Answer {
    let page = page_of(&id);
    act(&page, async {
        let desk = desk()?;
        let contact = contacts::get(&desk.app, desk.actor(), &id).await?;
        preferences::revoke_links(&desk.app, desk.actor(), &contact.phone).await?;
        Ok(Done::at(&page).saying("Their links open nothing any more. New ones come with the next message or by “Preference page”."))
    })
    .await
}

/// Makes a link to the person's own preference page and shows it once.
#[server(prefix = "/do", endpoint = "contacts/preference-link")]
pub async fn preference_link(id: String) -> Answer {
    let page = page_of(&id);
    act(&page, async {
        let desk = desk()?;
        let contact = contacts::get(&desk.app, desk.actor(), &id).await?;
        let link = preferences::preference_link(&desk.app, desk.actor(), &contact.phone).await?;
        Ok(Done::at(&page).showing_once(link.url))
    })
    .await
}
