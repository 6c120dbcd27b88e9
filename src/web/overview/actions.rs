//! Commands of the overview.

use leptos::prelude::*;

use crate::campaigns;
use crate::kernel::error::Error;
use crate::kernel::id::CampaignId;
use crate::web::action::{Answer, Done, act};
use crate::web::page::desk;

const PAGE: &str = "/";

/// Pauses a campaign and stays on the overview.
#[server(prefix = "/do", endpoint = "overview/pause")]
pub async fn pause_from_overview(id: String) -> Answer {
    act(PAGE, async {
        let desk = desk()?;
        let id = CampaignId::parse(&id).ok_or(Error::NotFound("campaign"))?;
        let campaign = campaigns::pause(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(PAGE).saying(format!("{} is paused. Nothing more leaves until you resume it.", campaign.name)))
    })
    .await
}

/// Resumes a campaign and stays on the overview.
#[server(prefix = "/do", endpoint = "overview/resume")]
pub async fn resume_from_overview(id: String) -> Answer {
    act(PAGE, async {
        let desk = desk()?;
        let id = CampaignId::parse(&id).ok_or(Error::NotFound("campaign"))?;
        let campaign = campaigns::resume(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(PAGE).saying(format!("{} goes on.", campaign.name)))
    })
    .await
}
