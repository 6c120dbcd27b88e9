//! Commands of the campaign pages.

use leptos::prelude::*;

use crate::campaigns;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::CampaignId;
use crate::uploads;
use crate::web::action::{Answer, Done, act, posted};
use crate::web::limits;
use crate::web::page::desk;
use crate::web::ui::show::count;

fn campaign(id: &str) -> Result<CampaignId> {
    CampaignId::parse(id).ok_or(Error::NotFound("campaign"))
}

/// Stops sending for now.
#[server(prefix = "/do", endpoint = "campaigns/pause")]
pub async fn pause(id: String) -> Answer {
    let page = format!("/campaigns/{id}");
    act(&page, async {
        let desk = desk()?;
        campaigns::pause(&desk.app, desk.actor(), &campaign(&id)?).await?;
        Ok(Done::at(&page).saying("Paused. Nothing more leaves until you resume."))
    })
    .await
}

/// Goes on sending.
#[server(prefix = "/do", endpoint = "campaigns/resume")]
pub async fn resume(id: String) -> Answer {
    let page = format!("/campaigns/{id}");
    act(&page, async {
        let desk = desk()?;
        campaigns::resume(&desk.app, desk.actor(), &campaign(&id)?).await?;
        Ok(Done::at(&page).saying("Resumed. It goes on where it stopped."))
    })
    .await
}

/// Gives a campaign another pace.
#[server(prefix = "/do", endpoint = "campaigns/pace")]
pub async fn set_pace(id: String) -> Answer {
    let page = format!("/campaigns/{id}");
    act(&page, async {
        let desk = desk()?;
        let mut errors = FieldErrors::new();
        let pace = limits::most(&posted(), "pace", &mut errors);
        errors.into_result()?;
        let changed = campaigns::set_pace(&desk.app, desk.actor(), &campaign(&id)?, pace).await?;
        Ok(Done::at(&page).saying(format!("Pace saved. {}.", super::pace::words(changed.pace))))
    })
    .await
}

/// Stops a campaign for good.
#[server(prefix = "/do", endpoint = "campaigns/cancel")]
pub async fn cancel(id: String) -> Answer {
    let page = format!("/campaigns/{id}");
    act(&page, async {
        let desk = desk()?;
        let cancelled = campaigns::cancel(&desk.app, desk.actor(), &campaign(&id)?).await?;
        let text = match super::done(&cancelled) {
            0 => "Cancelled. None had left yet.".to_owned(),
            left => format!("Cancelled. {} had left and cannot be called back.", count(left.cast_signed(), "message", "messages")),
        };
        Ok(Done::at(&page).saying(text))
    })
    .await
}

/// Takes the file of a campaign as a new upload, to be checked and sent anew.
#[server(prefix = "/do", endpoint = "campaigns/again")]
pub async fn use_again(id: String) -> Answer {
    act(&format!("/campaigns/{id}"), async {
        let desk = desk()?;
        let campaign = campaigns::get(&desk.app, desk.actor(), &campaign(&id)?).await?;
        let upload = uploads::copy(&desk.app, desk.actor(), &campaign.upload).await?;
        let text = "This is a copy of the campaign’s file. Check it anew: people may have opted out since.";
        Ok(Done::at(format!("/uploads/{}", upload.id)).saying(text))
    })
    .await
}

/// Sends one variant to everybody who has not been sent to.
#[server(prefix = "/do", endpoint = "campaigns/variant")]
pub async fn use_variant(id: String, variant: String) -> Answer {
    let page = format!("/campaigns/{id}");
    act(&page, async {
        let desk = desk()?;
        campaigns::use_variant(&desk.app, desk.actor(), &campaign(&id)?, &variant).await?;
        Ok(Done::at(&page).saying(format!("Everybody who has not been sent to gets {variant} from now on.")))
    })
    .await
}
