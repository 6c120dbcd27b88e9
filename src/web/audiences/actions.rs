//! Commands of the audience pages.

use leptos::prelude::*;

use super::draft::Draft;
use super::{LIST, page_of};
use crate::audiences::{self, AudienceInput};
use crate::campaigns::{self, NewCampaign};
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::AudienceId;
use crate::web::action::{Answer, Done, act, posted};
use crate::web::limits;
use crate::web::page::{Desk, desk};
use crate::web::uploads::actions::message_choice;

/// Where the form is posted to be saved.
pub const SAVE: &str = "/do/audiences/save";
/// Where it is posted to count people without saving.
pub const COUNT: &str = "/do/audiences/count";
/// Where the message for an audience is posted.
pub const SEND: &str = "/do/audiences/send";

/// Where the form of an audience stands.
fn form_page(id: &str) -> String {
    if id.is_empty() { format!("{LIST}/new") } else { page_of(id) }
}

fn input(desk: &Desk) -> Result<AudienceInput> {
    let form = posted();
    let draft = Draft::read(|name| form.get(name));
    let mut errors = FieldErrors::new();
    let conditions = draft.conditions(desk.settings().currency, &mut errors);
    errors.into_result()?;
    Ok(AudienceInput { name: Some(draft.name), conditions: Some(conditions.to_json()) })
}

/// Saves an audience, a new one when the id is empty.
#[server(prefix = "/do", endpoint = "audiences/save")]
pub async fn save_audience(#[server(default)] id: String) -> Answer {
    act(&form_page(&id), async {
        let desk = desk()?;
        let input = input(&desk)?;
        let saved = if id.is_empty() {
            audiences::create(&desk.app, desk.actor(), &input).await?
        } else {
            audiences::update(&desk.app, desk.actor(), &id, &input).await?
        };
        Ok(Done::at(page_of(saved.id.as_str())).saying("Saved."))
    })
    .await
}

/// Shows how many people the conditions hold; nothing is saved.
#[server(prefix = "/do", endpoint = "audiences/count")]
pub async fn count_audience(#[server(default)] id: String) -> Answer {
    let page = form_page(&id);
    act(&page, async {
        input(&desk()?)?;
        Ok(Done::in_place(&page))
    })
    .await
}

/// Makes a copy of an audience.
#[server(prefix = "/do", endpoint = "audiences/copy")]
pub async fn copy_audience(id: String) -> Answer {
    act(&page_of(&id), async {
        let desk = desk()?;
        let copy = audiences::copy(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(page_of(copy.id.as_str())).saying("This is the copy. Change what is to be different."))
    })
    .await
}

/// Forgets an audience.
#[server(prefix = "/do", endpoint = "audiences/delete")]
pub async fn delete_audience(id: String) -> Answer {
    act(&page_of(&id), async {
        let desk = desk()?;
        audiences::delete(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(LIST).saying("The audience is deleted. Nobody’s data changed."))
    })
    .await
}

/// Makes a draft for an audience and leads to its confirmation.
#[server(prefix = "/do", endpoint = "audiences/send")]
pub async fn send_to_audience(id: String) -> Answer {
    act(&format!("{}/send", page_of(&id)), async {
        let (desk, form) = (desk()?, posted());
        let audience = AudienceId::parse(&id).ok_or(Error::NotFound("audience"))?;
        let mut errors = FieldErrors::new();
        let pace = limits::most(&form, "pace", &mut errors);
        errors.into_result()?;
        let given = |name: &str| form.get(name).map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        let new = NewCampaign { name: given("name").unwrap_or_default(), sender: given("sender"), pace, ..NewCampaign::default() };
        let message = message_choice(&form)?;
        let to = campaigns::Audience::Saved(audience);
        let (campaign, _) = campaigns::create(&desk.app, desk.actor(), &new, &to, Some(&message)).await?;
        Ok(Done::at(format!("/uploads/{}/confirm", campaign.upload)))
    })
    .await
}
