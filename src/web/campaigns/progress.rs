//! How far a campaign is.

use leptos::prelude::*;

use super::{done, figure};
use crate::campaigns::{Campaign, CampaignStatus};

/// A bar with `3,214 of 4,812` below it.
#[component]
pub(super) fn Progress(campaign: Campaign) -> impl IntoView {
    let done = if campaign.status == CampaignStatus::Draft { 0 } else { done(&campaign) };
    let words = format!("{} of {}", figure(done), figure(campaign.total));
    let class = if campaign.status == CampaignStatus::Paused { "paused" } else { "" };
    let label = format!("Progress of {}", campaign.name);
    view! {
        <span>
            <progress class=class max=campaign.total.max(1).to_string() value=done.to_string() aria-label=label></progress>
            <span class="cell-sub">{words}</span>
        </span>
    }
    .into_any()
}
