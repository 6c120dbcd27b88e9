//! Campaigns: what is going out, and the levers to stop it.

mod actions;
pub mod cancel;
pub mod detail;
pub mod list;
pub mod pace;
mod progress;
pub mod trial;

use leptos::prelude::*;

use super::page::param;
use super::ui::{Command, Glyph, Icon};
use crate::access::{Actor, Permission};
use crate::campaigns::Campaign;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::CampaignId;

/// The campaign that the page's address names.
fn id_in_path() -> Result<CampaignId> {
    CampaignId::parse(&param("id")).ok_or(Error::NotFound("campaign"))
}

/// A count as pages print it.
fn figure(n: u64) -> String {
    super::ui::show::number(n.cast_signed())
}

/// Messages that have left, or will not leave any more.
fn done(campaign: &Campaign) -> u64 {
    campaign.total - campaign.counts.waiting().min(campaign.total)
}

/// The buttons that are legal now, for those who may send.
#[component]
fn Levers(campaign: Campaign, actor: Actor, class: &'static str) -> impl IntoView {
    if !actor.may(Permission::Send) {
        return ().into_any();
    }
    let name = campaign.name.clone();
    let id = || vec![("id", campaign.id.to_string())];
    let launch = campaign.can_launch().then(|| {
        let href = format!("/uploads/{}/confirm", campaign.upload);
        view! { <a class=format!("btn btn-primary {class}") href=href aria-label=format!("Launch {name}")><Icon glyph=Glyph::Send/>"Launch"</a> }
    });
    let pause = campaign.can_pause().then(|| {
        view! { <Command action="/do/campaigns/pause" values=id() class=class label=format!("Pause {name}")><Icon glyph=Glyph::Pause/>"Pause"</Command> }
    });
    let resume = campaign.can_resume().then(|| {
        view! { <Command action="/do/campaigns/resume" values=id() class=class label=format!("Resume {name}")><Icon glyph=Glyph::Play/>"Resume"</Command> }
    });
    let cancel = campaign.can_cancel().then(|| {
        let href = format!("/campaigns/{}/cancel", campaign.id);
        view! { <a class=format!("btn btn-danger {class}") href=href aria-label=format!("Cancel {name}")><Icon glyph=Glyph::Stop/>"Cancel"</a> }
    });
    view! { <span class="row">{launch}{pause}{resume}{cancel}</span> }.into_any()
}
