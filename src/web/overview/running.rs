//! Campaigns in progress, on the overview.

use chrono_tz::Tz;
use leptos::prelude::*;

use crate::access::Actor;
use crate::app::App;
use crate::campaigns::{self, Campaign, CampaignStatus};
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::page::PageRequest;
use crate::messages::Status;
use crate::web::ui::show::{count, date_time, number};
use crate::web::ui::{Command, EmptyState, Glyph, Icon, StatusBadge};

/// Those that are sending, paused or scheduled, in this order; at most ten of each.
const SHOWN: [CampaignStatus; 3] = [CampaignStatus::Sending, CampaignStatus::Paused, CampaignStatus::Scheduled];

/// The campaigns that are under way.
pub async fn load(app: &App, actor: &Actor) -> Result<Vec<Campaign>> {
    let mut running = Vec::new();
    for status in SHOWN {
        let page = PageRequest { limit: 10, cursor: None };
        running.extend(campaigns::list(app, actor, Some(status), &page).await?.items);
    }
    Ok(running)
}

/// The campaigns that are under way, with what can be done about them.
#[component]
pub fn Running(
    /// The campaigns.
    campaigns: Vec<Campaign>,
    /// Whether the viewer may control them.
    may_send: bool,
    /// The organisation's time zone.
    zone: Tz,
    /// The time.
    now: Millis,
) -> impl IntoView {
    if campaigns.is_empty() {
        return view! {
            <EmptyState glyph=Glyph::Flag title="No campaign is in progress" text="A campaign sends one text to many people of a list.">
                {may_send.then(|| view! { <a class="btn" href="/uploads">"Upload a CSV"</a> })}
            </EmptyState>
        }
        .into_any();
    }
    let rows: Vec<_> = campaigns.into_iter().map(|c| row(c, may_send, zone, now)).collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack">
                <thead><tr>
                    <th scope="col">"Campaign"</th><th scope="col" class="w-progress">"Progress"</th><th scope="col" class="num">"Delivered"</th>
                    <th scope="col" class="num">"Failed"</th><th scope="col"><span class="vh">"Actions"</span></th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(campaign: Campaign, may_send: bool, zone: Tz, now: Millis) -> impl IntoView {
    let left = campaign.total - campaign.counts.waiting().min(campaign.total);
    let class = if campaign.status == CampaignStatus::Paused { "paused" } else { "" };
    let n = |n: u64| number(n.cast_signed());
    let failed = campaign.counts.of(Status::Failed);
    let failed_class = if failed > 0 { "num text-bad" } else { "num" };
    let pace = pace(&campaign, zone, now);
    let controls = may_send.then(|| controls(&campaign));
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/campaigns/{}", campaign.id)><bdi>{campaign.name.clone()}</bdi></a>
                <span class="cell-sub"><StatusBadge status=campaign.status.as_str()/>" "{pace}</span>
            </th>
            <td data-label="Progress"><span>
                <progress class=class max=campaign.total.max(1) value=left aria-label=format!("{} progress", campaign.name)></progress>
                <span class="cell-sub">{format!("{} of {}", n(left), n(campaign.total))}</span>
            </span></td>
            <td data-label="Delivered" class="num">{n(campaign.counts.of(Status::Delivered))}</td>
            <td data-label="Failed" class=failed_class>{n(failed)}</td>
            <td class="num">{controls}</td>
        </tr>
    }
}

/// How fast it goes, or when it begins.
fn pace(campaign: &Campaign, zone: Tz, now: Millis) -> String {
    match (campaign.status, campaign.scheduled_at, campaign.expected_end(now)) {
        (CampaignStatus::Scheduled, Some(at), _) => format!("starts {}", date_time(at, zone)),
        (CampaignStatus::Sending, _, Some(end)) => {
            format!("{:.0} a second, done about {}", campaign.rate_per_second(now), date_time(end, zone))
        }
        _ => count(campaign.total.cast_signed(), "message", "messages"),
    }
}

fn controls(campaign: &Campaign) -> impl IntoView + use<> {
    let values = || vec![("id", campaign.id.to_string())];
    let pause = campaign.can_pause().then(|| {
        let label = format!("Pause {}", campaign.name);
        view! { <Command action="/do/overview/pause" values=values() label=label><Icon glyph=Glyph::Pause/>"Pause"</Command> }
    });
    let resume = campaign.can_resume().then(|| {
        let label = format!("Resume {}", campaign.name);
        view! { <Command action="/do/overview/resume" values=values() label=label><Icon glyph=Glyph::Play/>"Resume"</Command> }
    });
    view! { {pause}{resume} }
}
