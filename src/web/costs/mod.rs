//! Costs: what sending cost in a period, by what it was for, and the month's budget.

pub mod export;
mod groups;

use leptos::prelude::*;

use super::charts::{Cost, CostBars, CostDays};
use super::history::search::address;
use super::page::{desk, page as desk_page, query};
use super::period::{Asked, PeriodLinks, long_day};
use super::ui::show::{about, count, money, number, percent};
use super::ui::{BudgetGauge, Card, EmptyState, Field, Glyph, Hidden, Icon, PageHead, Tab, Tabs};
use crate::access::{Actor, Permission};
use crate::costs::{self, GroupBy, Period, Summary, Totals};
use crate::kernel::money::Currency;
use crate::web::page::Typed;

/// Bars that can be told apart on one page; the table has the rest.
const MOST_BARS: usize = 8;

/// `/costs`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let asked = Asked::read(&desk)?;
        let by = query("group_by").as_deref().and_then(GroupBy::parse).unwrap_or(GroupBy::Day);
        let summary = costs::summary(&desk.app, desk.actor(), Some(asked.period), by).await?;
        let names = groups::names(&desk, by, &summary).await?;
        let budget = costs::budget(&desk.app, desk.actor()).await?;
        let days = asked.query();
        let here = move |by: GroupBy| address("/costs", pairs(&days).chain([("group_by", by.as_str())]));
        let tabs = GroupBy::ALL.map(|g| Tab { text: groups::label(g).into(), href: here(g), current: g == by }).to_vec();
        let export = address("/costs.csv", pairs(&asked.query()).chain([("group_by", by.as_str())]));
        let href = Box::new(move |word: &'static str| address("/costs", [("period", word), ("group_by", by.as_str())].into_iter()));
        let (actor, currency) = (desk.actor().clone(), summary.currency);
        let (table, labels) = (summary.clone(), names.clone());
        Ok(view! {
            <PageHead title="Costs">
                <PeriodLinks asked=asked href=href/>
                <a class="btn" href=export download=""><Icon glyph=Glyph::Download/>"Download as CSV"</a>
            </PageHead>
            <div class="stack stack-5">
                <Figures totals=summary.totals currency=currency/>
                <div class="grid fill">
                    <Card id="chart" title=format!("Cost by {}", by.as_str()) class="c-8"><div class="body"><Chart summary=summary by=by names=labels/></div></Card>
                    <Card id="budget" title="This month’s budget" class="c-4"><div class="body stack"><BudgetGauge budget=budget/></div></Card>
                </div>
                <div>
                    <Tabs label="Group by" tabs=tabs/>
                    <Card id="lines" title=days_of(asked.period) aside=view! { <PriceList actor=actor/> }.into_any()>
                        <Lines summary=table by=by names=names/>
                    </Card>
                </div>
                <Card id="days" title="Other days"><Custom asked=asked by=by/></Card>
            </div>
        })
    })
}

fn pairs<'a>(query: &'a [(&'static str, String)]) -> impl Iterator<Item = (&'a str, &'a str)> {
    query.iter().map(|(name, value)| (*name, value.as_str()))
}

fn days_of(period: Period) -> String {
    if period.start == period.end { long_day(period.start) } else { format!("{} to {}", long_day(period.start), long_day(period.end)) }
}

#[component]
fn PriceList(actor: Actor) -> impl IntoView {
    actor.may(Permission::Settings).then(|| view! { <a class="small" href="/settings/connections">"Price lists"</a> })
}

#[component]
fn Figures(totals: Totals, currency: Currency) -> impl IntoView {
    let each = if totals.messages > 0 { about(totals.cost / totals.messages, currency) } else { "–".into() };
    let against = match totals.estimated {
        0 => "nothing was estimated".to_owned(),
        estimated => format!("{} of the estimate", percent(totals.cost, estimated)),
    };
    let stat = |label: &'static str, value: String, note: String| {
        view! { <div class="card stat c-3"><dt>{label}</dt><dd>{value}</dd><dd class="delta">{note}</dd></div> }
    };
    view! {
        <dl class="grid fill stats">
            {stat("Cost", money(totals.cost, currency), "charged by the providers".into())}
            {stat("Estimated", money(totals.estimated, currency), against)}
            {stat("Messages", number(totals.messages), count(totals.segments, "segment", "segments"))}
            {stat("Per message", each, "on average".into())}
        </dl>
    }
}

#[component]
fn Chart(summary: Summary, by: GroupBy, names: Vec<String>) -> impl IntoView {
    if summary.totals.messages == 0 {
        return view! { <EmptyState glyph=Glyph::Coin title="Nothing was sent in these days" text="Choose other days, or send a message."/> }
            .into_any();
    }
    let days = days_of(summary.period);
    let total = money(summary.totals.cost, summary.currency);
    let costs: Vec<Cost> = summary.groups.iter().zip(names).map(|(g, label)| Cost { label, micros: g.totals.cost }).collect();
    let dearest = costs.iter().max_by_key(|c| c.micros).map(|c| format!("Most for {}: {}.", c.label, money(c.micros, summary.currency)));
    let text = format!("{total} in all. {}", dearest.unwrap_or_default());
    let title = format!("Cost by {}, {days}", by.as_str());
    if by == GroupBy::Day {
        return view! { <CostDays id="costs" title=title summary=text costs=costs currency=summary.currency/> }.into_any();
    }
    let others = costs.len().saturating_sub(MOST_BARS);
    let shown = costs.into_iter().take(MOST_BARS).collect();
    view! {
        <CostBars id="costs" title=title summary=text what=groups::label(by) costs=shown currency=summary.currency/>
        {(others > 0).then(|| view! { <p class="small muted">{format!("The {MOST_BARS} dearest; {} in the table below.", count(others as i64, "more is", "more are"))}</p> })}
    }
    .into_any()
}

#[component]
fn Lines(summary: Summary, by: GroupBy, names: Vec<String>) -> impl IntoView {
    let say = |micros| money(micros, summary.currency);
    let cells = |totals: Totals| {
        view! {
            <td data-label="Messages" class="num">{number(totals.messages)}</td>
            <td data-label="Segments" class="num">{number(totals.segments)}</td>
            <td data-label="Estimated" class="num">{say(totals.estimated)}</td>
            <td data-label="Cost" class="num">{say(totals.cost)}</td>
        }
    };
    let mut rows: Vec<_> = summary
        .groups
        .iter()
        .zip(names)
        .map(|(g, name)| view! { <tr><th scope="row"><bdi>{name}</bdi></th>{cells(g.totals)}</tr> })
        .collect();
    if by == GroupBy::Day {
        rows.reverse();
    }
    view! {
        <div class="table-wrap">
            <table class="table-stack dense">
                <thead><tr>
                    <th scope="col">{groups::label(by)}</th><th scope="col" class="num">"Messages"</th><th scope="col" class="num">"Segments"</th>
                    <th scope="col" class="num">"Estimated"</th><th scope="col" class="num">"Cost"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
                <tfoot><tr><th scope="row">"Total"</th>{cells(summary.totals)}</tr></tfoot>
            </table>
        </div>
    }
}

#[component]
fn Custom(asked: Asked, by: GroupBy) -> impl IntoView {
    let form = Typed::default();
    view! {
        <form class="body stack" method="get" action="/costs">
            <Hidden name="group_by" value=by.as_str()/>
            <div class="grid">
                <div class="c-3"><Field form=form.clone() name="start_date" kind="date" label="First day" value=asked.period.start.to_string()/></div>
                <div class="c-3"><Field form=form name="end_date" kind="date" label="Last day" value=asked.period.end.to_string()/></div>
            </div>
            <p class="row"><button class="btn" type="submit">"Show these days"</button></p>
        </form>
    }
}
