//! `/campaigns`.

use chrono_tz::Tz;
use leptos::prelude::*;

use super::progress::Progress;
use super::{Levers, figure};
use crate::access::{Actor, Permission};
use crate::campaigns::{self, Campaign, CampaignStatus};
use crate::kernel::page::{Page, PageRequest};
use crate::messages::Status;
use crate::web::page::{desk, page as desk_page, query};
use crate::web::ui::show::{Time, count};
use crate::web::ui::{EmptyState, FilterChip, Filters, Glyph, Icon, PageHead, Pager, StatusBadge};

/// `/campaigns`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let status = query("status").as_deref().and_then(CampaignStatus::parse);
        let cursor = query("cursor");
        let counts = campaigns::status_counts(&desk.app, desk.actor()).await?;
        let page = PageRequest::read(Some("25"), cursor.as_deref())?;
        let found = campaigns::list(&desk.app, desk.actor(), status, &page).await?;
        let new = desk.actor().may(Permission::Send).then(|| {
            view! { <a class="btn btn-primary" href="/uploads"><Icon glyph=Glyph::Plus/>"New campaign"</a> }
        });
        let zone = desk.settings().time_zone;
        Ok(view! {
            <PageHead title="Campaigns">{new}</PageHead>
            <div class="stack">
                <Filters label="Filter by status" chips=chips(&counts, status)/>
                <section class="card" aria-label="Campaigns">
                    <List found=found status=status is_first=cursor.is_none() actor=desk.actor().clone() zone=zone/>
                </section>
            </div>
        })
    })
}

fn href(status: Option<CampaignStatus>) -> String {
    status.map_or_else(|| "/campaigns".into(), |s| format!("/campaigns?status={}", s.as_str()))
}

fn chips(counts: &[(CampaignStatus, u64)], current: Option<CampaignStatus>) -> Vec<FilterChip> {
    let chip = |text: &str, n: u64, status: Option<CampaignStatus>| FilterChip {
        text: text.to_owned(),
        count: Some(figure(n)),
        href: href(status),
        current: status == current,
    };
    let all = chip("All", counts.iter().map(|(_, n)| n).sum(), None);
    let others = counts.iter().filter(|(status, n)| *n > 0 || current == Some(*status));
    std::iter::once(all).chain(others.map(|(status, n)| chip(status.label(), *n, Some(*status)))).collect()
}

#[component]
fn List(found: Page<Campaign>, status: Option<CampaignStatus>, is_first: bool, actor: Actor, zone: Tz) -> impl IntoView {
    if found.items.is_empty() && is_first {
        let (title, text) = if status.is_some() {
            ("None in this state", "Choose another state above, or all.")
        } else {
            ("No campaigns yet", "Upload a CSV, check it and send it: then its progress stands here.")
        };
        return view! { <EmptyState glyph=Glyph::Flag title=title text=text><a class="btn" href="/uploads">"Upload a CSV"</a></EmptyState> }
            .into_any();
    }
    let shown = count(found.items.len() as i64, "campaign", "campaigns");
    let separator = if status.is_some() { '&' } else { '?' };
    let next = found.next.map(|next| format!("{}{separator}cursor={next}", href(status)));
    let rows: Vec<_> =
        found.items.into_iter().map(|campaign| view! { <CampaignRow campaign=campaign actor=actor.clone() zone=zone/> }).collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack">
                <thead><tr>
                    <th scope="col">"Name"</th><th scope="col">"State"</th><th scope="col" class="w-progress">"Progress"</th>
                    <th scope="col" class="num">"Delivered"</th><th scope="col" class="num">"Failed"</th><th scope="col">"Start"</th>
                    <th scope="col"><span class="vh">"Actions"</span></th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <Pager shown=shown first=(!is_first).then(|| href(status)) next=next/>
    }
    .into_any()
}

#[component]
fn CampaignRow(campaign: Campaign, actor: Actor, zone: Tz) -> impl IntoView {
    let start = match campaign.started_at.or(campaign.scheduled_at) {
        Some(at) => view! { <Time at=at zone=zone/> }.into_any(),
        None => view! { <span class="muted">"Not launched"</span> }.into_any(),
    };
    let failed = campaign.counts.of(Status::Failed);
    let class = if failed > 0 { "num text-bad" } else { "num" };
    view! {
        <tr>
            <th scope="row">
                <a href=format!("/campaigns/{}", campaign.id)><bdi>{campaign.name.clone()}</bdi></a>
                <span class="cell-sub">"by "<bdi>{campaign.created_by.clone()}</bdi></span>
            </th>
            <td data-label="State"><span><StatusBadge status=campaign.status.as_str()/></span></td>
            <td data-label="Progress"><Progress campaign=campaign.clone()/></td>
            <td class="num" data-label="Delivered">{figure(campaign.counts.of(Status::Delivered))}</td>
            <td class=class data-label="Failed">{figure(failed)}</td>
            <td data-label="Start">{start}</td>
            <td><Levers campaign=campaign actor=actor class="btn-sm"/></td>
        </tr>
    }
    .into_any()
}
