//! `/`: what is going on.

pub mod actions;
mod figures;
mod running;
mod start;

use leptos::prelude::*;

use self::figures::{FigureCards, Figures};
use self::running::Running;
use self::start::{FirstSteps, SimulatorNotice};
use super::campaigns::trial::Asking;
use super::charts::{Day, DayBars};
use super::history::table::{Messages, campaign_names};
use super::page::{Desk, desk, page as desk_page, visit};
use super::period::{Asked, PeriodLinks, long_day, short_day};
use super::settings::paused::paused;
use super::templates::list::Waiting;
use super::ui::show::{count, month};
use super::ui::{Alert, Badge, BudgetGauge, Card, EmptyState, Glyph, Icon, PageHead, Tone};
use crate::access::Permission;
use crate::campaigns;
use crate::consent;
use crate::costs::{self, Period};
use crate::inbox;
use crate::kernel::error::Result;
use crate::kernel::page::PageRequest;
use crate::messages::{self, Filter, Status};
use crate::templates;

/// Messages in the list of the latest.
const LATEST: u32 = 10;

/// `/`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::View)?;
        let asked = Asked::read(&desk)?;
        let live = live(&desk).await?;
        // A live page asks every few seconds for the moving part alone.
        let still = if visit().partial { None } else { Some(still(&desk, asked).await?) };
        let may_send = desk.actor().may(Permission::Send);
        Ok(view! {
            <PageHead title="Overview">
                <PeriodLinks asked=asked href=Box::new(|word| format!("/?period={word}"))/>
                {may_send.then(|| view! { <a class="btn btn-primary" href="/send"><Icon glyph=Glyph::Plus/>"New message"</a> })}
            </PageHead>
            <div class="stack stack-5">{still}{live}</div>
        })
    })
}

/// The part that does not move by itself.
async fn still(desk: &Desk, asked: Asked) -> Result<AnyView> {
    let (app, actor) = (&desk.app, desk.actor());
    let first = PageRequest { limit: 1, cursor: None };
    let is_empty = messages::list(app, actor, &Filter::default(), &first).await?.items.is_empty();
    let paused = paused(desk).await?;
    let notice = start::only_simulator(desk).await?.then(|| {
        let may_change = actor.may(Permission::Settings);
        view! { <SimulatorNotice may_change=may_change/> }
    });
    let waiting = templates::waiting_for(app, actor).await?;
    let waiting = view! { <Waiting templates=waiting/> };
    let asking = if actor.may(Permission::Send) { campaigns::asking(app, actor).await? } else { Vec::new() };
    let asking = view! { <Asking campaigns=asking zone=desk.settings().time_zone/> };
    let unread = inbox::unread(app, actor).await?;
    let unread = (unread > 0).then(|| {
        let text = format!("{} unread.", count(unread, "text is", "texts are"));
        view! { <Alert tone=Tone::Info>{text}" "<a href="/inbox">"Read and answer them"</a>"."</Alert> }
    });
    let failed = Filter { retryable: Some(true), ..Filter::default() };
    let failed = !is_empty && !messages::list(app, actor, &failed, &first).await?.items.is_empty();
    let failed = failed.then(|| {
        view! { <Alert tone=Tone::Warn>"Messages failed for a reason that may pass. "<a href="/history/failed?retryable=true">"See why, and try them again"</a>"."</Alert> }
    });
    if is_empty {
        let begun = start::begun(desk).await?;
        let actor = actor.clone();
        let steps = view! { <Card id="start" title="First steps"><FirstSteps begun=begun actor=actor/></Card> };
        return Ok(view! { {paused}{notice}{waiting}{steps} }.into_any());
    }
    let (now, before) = (figures(desk, asked.period).await?, figures(desk, asked.period.before()).await?);
    let days = costs::days(app, actor, Some(asked.period)).await?;
    let budget = if actor.may(Permission::Costs) { Some(costs::budget(app, actor).await?) } else { None };
    let currency = actor.may(Permission::Costs).then_some(desk.settings().currency);
    let width = if budget.is_some() { "c-8" } else { "" };
    let budget = budget.map(|budget| {
        let title = format!("{} budget", month(&budget.month));
        let aside = view! { <a class="small" href="/costs">"Costs"</a> }.into_any();
        view! { <Card id="budget" title=title aside=aside class="c-4"><div class="body stack"><BudgetGauge budget=budget/></div></Card> }
    });
    Ok(view! {
        {paused}
        {notice}
        {waiting}
        {asking}
        {unread}
        {failed}
        <FigureCards now=now before=before than=asked.before() currency=currency/>
        <div class="grid fill">
            <Card id="days" title="Messages per day" class=width><div class="body"><Chart days=days/></div></Card>
            {budget}
        </div>
    }
    .into_any())
}

async fn figures(desk: &Desk, period: Period) -> Result<Figures> {
    let (app, actor) = (&desk.app, desk.actor());
    let stats = costs::stats(app, actor, Some(period)).await?;
    let (from, until) = period.bounds(desk.settings().time_zone);
    Ok(Figures::of(&stats, consent::opt_outs(app, actor, from, until).await?))
}

#[component]
fn Chart(days: Vec<costs::Day>) -> impl IntoView {
    let on_their_way = [Status::Submitting, Status::Unknown, Status::Sent];
    let bars: Vec<Day> = days
        .iter()
        .map(|day| {
            let moving = on_their_way.iter().map(|s| day.count(s.as_str())).sum();
            Day { label: short_day(day.date), parts: [day.count("delivered"), day.count("failed"), moving] }
        })
        .collect();
    let sum = |day: &Day| day.parts.iter().sum::<i64>();
    let total: i64 = bars.iter().map(sum).sum();
    let (Some(first), Some(last)) = (days.first(), days.last()) else { return ().into_any() };
    if total == 0 {
        return view! { <EmptyState glyph=Glyph::Send title="Nothing was sent in these days" text="Choose a longer period, or send a message."/> }
            .into_any();
    }
    let title = format!("Messages per day, {} to {}", long_day(first.date), long_day(last.date));
    let busiest = bars.iter().max_by_key(|d| sum(d)).map(|d| format!("Busiest day {}: {}.", d.label, count(sum(d), "message", "messages")));
    let summary =
        format!("{} in all. {} The table below has every value.", count(total, "message", "messages"), busiest.unwrap_or_default());
    view! { <DayBars id="per-day" title=title summary=summary parts=["Delivered", "Failed", "On their way"] days=bars/> }.into_any()
}

/// The part that moves: campaigns and the latest messages.
async fn live(desk: &Desk) -> Result<AnyView> {
    let (app, actor) = (&desk.app, desk.actor());
    let campaigns = running::load(app, actor).await?;
    let latest = PageRequest { limit: LATEST, cursor: None };
    let messages = messages::list(app, actor, &Filter::default(), &latest).await?.items;
    let names = campaign_names(app, actor, &messages).await?;
    let (zone, now, may_send) = (desk.settings().time_zone, app.clock.now(), actor.may(Permission::Send));
    let links = view! { <a class="small" href="/campaigns">"All campaigns"</a> }.into_any();
    let aside = view! { <Badge tone="is-ok is-live" text="Live"/><a class="small" href="/history">"History"</a> }.into_any();
    let list = if messages.is_empty() {
        view! { <EmptyState glyph=Glyph::Clock title="No messages yet" text="The latest messages and what becomes of them appear here."/> }
            .into_any()
    } else {
        view! { <Messages messages=messages names=names zone=zone/> }.into_any()
    };
    Ok(view! {
        <div class="stack stack-5" id="live" hx-get="/" hx-trigger="every 5s" hx-select="#live" hx-target="#live" hx-swap="outerMorph">
            <Card id="running" title="Campaigns in progress" aside=links><Running campaigns=campaigns may_send=may_send zone=zone now=now/></Card>
            <Card id="latest" title="Latest messages" aside=aside>{list}</Card>
        </div>
    }
    .into_any())
}
