//! `/campaigns/{id}`: one campaign, live while it moves.

use chrono_tz::Tz;
use leptos::prelude::*;

use super::pace::{self, PaceForm};
use super::progress::Progress;
use super::trial::VariantCard;
use super::{Levers, figure, id_in_path};
use crate::access::Permission;
use crate::campaigns::{self, Campaign, CampaignStatus};
use crate::kernel::clock::Millis;
use crate::kernel::page::PageRequest;
use crate::messages::{self, Failures, Filter, Message, Status};
use crate::templates;
use crate::web::page::{desk, page as desk_page};
use crate::web::ui::show::{PhoneNumber, Time, count, date_time, money};
use crate::web::ui::{Badge, Card, Command, Crumb, EmptyState, Glyph, Icon, PageHead, StatusBadge};

/// Messages shown on the page.
const LATEST: u32 = 20;

/// `/campaigns/{id}`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let campaign = campaigns::get(&desk.app, desk.actor(), &id_in_path()?).await?;
        let failures = messages::failures(&desk.app, desk.actor(), &campaign.id).await?;
        let filter = Filter { campaign: Some(campaign.id.to_string()), ..Filter::default() };
        let latest = messages::list(&desk.app, desk.actor(), &filter, &PageRequest { limit: LATEST, cursor: None }).await?.items;
        let message = match &campaign.template {
            Some((id, version)) => format!("{}, version {version}", templates::get(&desk.app, desk.actor(), id.as_str()).await?.name),
            None => "A text of its own".to_owned(),
        };
        let results = campaigns::results(&desk.app, desk.actor(), &campaign.id, None).await?;
        let may_send = desk.actor().may(Permission::Send);
        let (zone, now) = (desk.settings().time_zone, desk.app.clock.now());
        let here = format!("/campaigns/{}", campaign.id);
        // It stands inside what it replaces, so that it goes once there is nothing left to wait for.
        let again = is_moving(&campaign).then(|| {
            view! { <span hidden hx-get=here hx-trigger="every 2s" hx-target="#live" hx-select="#live" hx-swap="outerMorph"></span> }
        });
        let copy = may_send.then(|| {
            view! { <Command action="/do/campaigns/again" values=vec![("id", campaign.id.to_string())] class=""><Icon glyph=Glyph::Retry/>"Use this file again"</Command> }
        });
        let badge = match campaign.status_reason.clone() {
            Some(reason) => view! { <StatusBadge status=campaign.status.as_str() detail=reason/> }.into_any(),
            None => view! { <StatusBadge status=campaign.status.as_str()/> }.into_any(),
        };
        let badge = view! { <p class="mt-1">{badge}</p> };
        let levers =
            view! { <span class="row"><Levers campaign=campaign.clone() actor=desk.actor().clone() class=""/>{copy}</span> }.into_any();
        // Whoever watched the end come still has the form beside it, where it would do nothing: the style hides it.
        let has_ended = !campaign.can_change_pace();
        let speed = view! { <PaceForm campaign=campaign.clone() actor=desk.actor().clone()/> };
        Ok(view! {
            <div id="live" data-ended=has_ended>
                {again}
                <PageHead title=campaign.name.clone() crumbs=vec![Crumb::new("Campaigns", "/campaigns")] below=badge.into_any()>
                    {levers}
                </PageHead>
                <div class="stack stack-5">
                    <Pace campaign=campaign.clone() zone=zone now=now/>
                    <Statuses campaign=campaign.clone()/>
                    <div class="grid">
                        <div class="c-8 stack stack-5">
                            <VariantCard results=results campaign=campaign.clone() may_send=may_send zone=zone now=now/>
                            <Reasons failures=failures campaign=campaign.clone() may_send=may_send/>
                            <Latest latest=latest campaign=campaign.clone() zone=zone/>
                        </div>
                        <div class="c-4"><Facts campaign=campaign message=message zone=zone/></div>
                    </div>
                </div>
            </div>
            {speed}
        })
    })
}

/// Whether the page will look different in a while by itself.
fn is_moving(campaign: &Campaign) -> bool {
    let is_live = matches!(campaign.status, CampaignStatus::Scheduled | CampaignStatus::Sending | CampaignStatus::Paused);
    let has_receipts_to_come = campaign.counts.of(Status::Sent) > 0;
    is_live || (campaign.status.is_final() && (campaign.counts.settled() < campaign.total || has_receipts_to_come))
}

#[component]
fn Pace(campaign: Campaign, zone: Tz, now: Millis) -> impl IntoView {
    let words = match campaign.status {
        CampaignStatus::Draft => "Not launched yet.".to_owned(),
        CampaignStatus::Scheduled => campaign.scheduled_at.map_or_else(String::new, |at| format!("Starts {}.", date_time(at, zone))),
        CampaignStatus::Sending => {
            let rate = campaign.rate_per_second(now);
            let end = campaign.expected_end(now).map_or_else(|| "soon".to_owned(), |at| date_time(at, zone));
            format!("{rate:.1} messages per second on average. Expected end: {end}.")
        }
        CampaignStatus::Paused => "Paused: nothing leaves until somebody resumes it.".to_owned(),
        CampaignStatus::Finished | CampaignStatus::Cancelled | CampaignStatus::Failed => {
            let ended = campaign.finished_at.map_or_else(String::new, |at| format!(" {}", date_time(at, zone)));
            format!("{}{ended}.", campaign.status.label())
        }
    };
    view! {
        <Card id="progress" title="Progress">
            <div class="body stack"><Progress campaign=campaign/><p>{words}</p></div>
        </Card>
    }
    .into_any()
}

/// Every status with its number; they sum to the total.
#[component]
fn Statuses(campaign: Campaign) -> impl IntoView {
    let always = [Status::Queued, Status::Sent, Status::Delivered, Status::Failed];
    let shown = campaign.counts.all().filter(|(status, n)| *n > 0 || always.contains(status));
    let figures: Vec<_> = shown
        .map(|(status, n)| {
            let tone = match status {
                Status::Delivered if n > 0 => "text-ok",
                Status::Failed | Status::Dropped if n > 0 => "text-bad",
                Status::Held | Status::Unknown | Status::Expired => "text-warn",
                _ => "",
            };
            let href = format!("/history?campaign={}&status={}", campaign.id, status.as_str());
            let label = if status == Status::Sent { "Waiting for receipt" } else { status.label() };
            view! { <div><dt>{label}</dt><dd class=tone><a class="plain-link" href=href aria-label=format!("{} {label}", figure(n))>{figure(n)}</a></dd></div> }
        })
        .collect();
    view! { <dl class="tally">{figures}</dl> }.into_any()
}

#[component]
fn Reasons(failures: Vec<Failures>, campaign: Campaign, may_send: bool) -> impl IntoView {
    if failures.is_empty() {
        return ().into_any();
    }
    let retryable: u64 = failures.iter().filter(|f| f.retryable).map(|f| f.messages).sum();
    let total: u64 = failures.iter().map(|f| f.messages).sum();
    let note = format!("{} of {} may succeed when tried again.", figure(retryable), figure(total));
    let failed = failures.iter().any(|f| f.status == Status::Failed);
    let list = failed.then(|| view! { <a href=format!("/history/failed?campaign={}", campaign.id)>"Failed messages"</a> });
    let again = (may_send && retryable > 0 && campaign.status.may_go_on()).then(|| {
        let href = format!("/history/failed/again?campaign={}", campaign.id);
        view! { <a class="btn btn-sm" href=href><Icon glyph=Glyph::Retry/>{format!("Try {} failed again", figure(retryable))}</a> }
    });
    let rows: Vec<_> = failures
        .into_iter()
        .map(|f| {
            let href = format!("/history?campaign={}&status={}", campaign.id, f.status.as_str());
            let code = f.code.map(|code| view! { <span class="cell-sub"><code>{code}</code></span> });
            let retry =
                if f.retryable { view! { <Badge tone="is-warn" plain=true text="May be retried"/> }.into_any() } else { ().into_any() };
            view! {
                <tr>
                    <th scope="row">{f.words}{code}</th>
                    <td data-label="State"><span><a href=href>{f.status.label()}</a>" "{retry}</span></td>
                    <td class="num" data-label="Messages">{figure(f.messages)}</td>
                </tr>
            }
        })
        .collect();
    view! {
        <Card id="reasons" title="Why messages did not arrive">
            <div class="table-wrap">
                <table class="table-stack">
                    <thead><tr><th scope="col">"Reason"</th><th scope="col">"State"</th><th scope="col" class="num">"Messages"</th></tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="card-foot row between"><span>{note}</span><span class="row">{list}{again}</span></p>
        </Card>
    }
    .into_any()
}

#[component]
fn Latest(latest: Vec<Message>, campaign: Campaign, zone: Tz) -> impl IntoView {
    if latest.is_empty() {
        return view! {
            <Card id="latest" title="Messages">
                <EmptyState glyph=Glyph::Chat title="No messages yet" text="They appear here once the campaign is launched."/>
            </Card>
        }
        .into_any();
    }
    let rows: Vec<_> = latest
        .into_iter()
        .map(|m| {
            view! {
                <tr>
                    <th scope="row"><a href=format!("/history/{}", m.id)><PhoneNumber number=m.to/></a></th>
                    <td data-label="State"><span><StatusBadge status=m.status.as_str()/></span></td>
                    <td class="num" data-label="Segments">{m.segments}</td>
                    <td data-label="Time"><Time at=m.delivered_at.or(m.sent_at).or(m.submitted_at).unwrap_or(m.created_at) zone=zone/></td>
                </tr>
            }
        })
        .collect();
    let all = format!("/history?campaign={}", campaign.id);
    let text = format!("All {}", count(campaign.total.cast_signed(), "message", "messages"));
    view! {
        <Card id="latest" title="Latest messages">
            <div class="table-wrap">
                <table class="table-stack">
                    <thead><tr>
                        <th scope="col">"To"</th><th scope="col">"State"</th><th scope="col" class="num">"Segments"</th><th scope="col">"Time"</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="card-foot"><a href=all>{text}</a></p>
        </Card>
    }
    .into_any()
}

#[component]
fn Facts(campaign: Campaign, message: String, zone: Tz) -> impl IntoView {
    let at = |at: Option<Millis>| at.map_or_else(|| "–".to_owned(), |at| date_time(at, zone));
    let facts = [
        ("Cost so far", money(campaign.cost, campaign.currency)),
        ("Estimated", money(campaign.estimated, campaign.currency)),
        ("Segments so far", figure(campaign.segments)),
        ("Message", message),
        ("About", campaign.category.label().to_owned()),
        ("Sender", campaign.sender.clone().unwrap_or_else(|| "The connection’s own".to_owned())),
        ("Pace", pace::words(campaign.pace)),
        ("Made by", campaign.created_by.clone()),
        ("Made", at(Some(campaign.created_at))),
        ("Started", at(campaign.started_at.or(campaign.scheduled_at))),
        ("Nothing leaves after", at(campaign.not_after)),
    ];
    let rows: Vec<_> =
        facts.into_iter().map(|(name, value)| view! { <tr><th scope="row">{name}</th><td><bdi>{value}</bdi></td></tr> }).collect();
    view! {
        <Card id="facts" title="About this campaign">
            <div class="table-wrap"><table class="dense"><tbody>{rows}</tbody></table></div>
            <p class="card-foot"><a href=format!("/uploads/{}", campaign.upload)>"The file and its check"</a></p>
        </Card>
    }
    .into_any()
}
