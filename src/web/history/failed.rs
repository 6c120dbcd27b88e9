//! `/history/failed`: messages that failed, why, and which of them may be tried again.

use chrono_tz::Tz;
use leptos::prelude::*;

use super::search::Search;
use super::table::{Names, campaign_names, origin, reason, to};
use super::{Options, retryable};
use crate::access::Permission;
use crate::kernel::page::{Page, PageRequest};
use crate::messages::{self, Failures, Filter, Message, Status};
use crate::web::page::{desk, page as desk_page, query};
use crate::web::ui::show::{Time, count, number, sentence_case};
use crate::web::ui::{Badge, Card, Crumb, EmptyState, ErrorSummary, Field, Glyph, Hidden, Icon, PageHead, Pager, Select};

/// Where this page stands.
pub const PAGE: &str = "/history/failed";
/// Where trying all of them again is confirmed.
pub const AGAIN: &str = "/history/failed/again";

/// `/history/failed`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::View)?;
        let search = read(desk.settings());
        let cursor = query("cursor");
        let request = PageRequest::read(None, cursor.as_deref())?;
        let is_refused = !search.errors.0.is_empty();
        let filter = Filter { status: Some(Status::Failed), ..search.filter.clone() };
        let (reasons, found) = if is_refused {
            (Vec::new(), Page { items: Vec::new(), next: None })
        } else {
            let reasons = messages::failed_reasons(&desk.app, desk.actor(), &filter).await?;
            (reasons, messages::list(&desk.app, desk.actor(), &filter, &request).await?)
        };
        let names = campaign_names(&desk.app, desk.actor(), &found.items).await?;
        let options = Options::load(&desk, &search).await?;
        let (may_send, zone) = (desk.actor().may(Permission::Send), desk.settings().time_zone);
        let may_pass = may_pass(&reasons);
        let again = (may_send && may_pass > 0).then(|| {
            let text = format!("Try all {} again", number(may_pass));
            view! { <a class="btn btn-primary" href=search.href(AGAIN)><Icon glyph=Glyph::Retry/>{text}</a> }
        });
        let lists = (!is_refused).then(|| {
            if found.items.is_empty() && cursor.is_none() {
                return nothing(search.is_narrowed());
            }
            let list =
                view! { <List found=found names=names search=search.clone() is_first=cursor.is_none() may_send=may_send zone=zone/> };
            view! { <Reasons reasons=reasons search=search.clone() may_send=may_send/>{list} }.into_any()
        });
        Ok(view! {
            <PageHead title="Failed messages" crumbs=vec![Crumb::new("History", "/history")] is_refused=is_refused>{again}</PageHead>
            <div class="stack stack-5"><Narrow search=search options=options/>{lists}</div>
        })
    })
}

/// The search of the address; all of it is about failed messages.
pub fn read(settings: &crate::access::Settings) -> Search {
    Search::read(|name| if name == "status" { None } else { query(name) }, settings)
}

/// How many of them may be tried again.
pub fn may_pass(reasons: &[Failures]) -> i64 {
    reasons.iter().filter(|r| r.retryable).map(|r| r.messages.cast_signed()).sum()
}

fn nothing(narrowed: bool) -> AnyView {
    let (text, href, link) = if narrowed {
        ("None of the failed messages fits. Take a filter away.", PAGE, "Show all failed messages")
    } else {
        ("What does not reach a phone is listed here with its reason.", "/history", "Show history")
    };
    view! {
        <section class="card" aria-label="Failed messages">
            <EmptyState glyph=Glyph::Retry title="No failed messages" text=text><a class="btn" href=href>{link}</a></EmptyState>
        </section>
    }
    .into_any()
}

#[component]
fn Narrow(search: Search, options: Options) -> impl IntoView {
    let form = search.typed();
    let clear = search.is_narrowed().then(|| view! { <a class="btn btn-quiet" href=PAGE>"Clear"</a> });
    // What the form has no field for stays as the address says it.
    let shown = ["campaign", "provider", "from_date", "to_date", "error", "retryable"];
    let kept: Vec<_> = search
        .values()
        .filter(|(name, _)| !shown.contains(name))
        .map(|(name, value)| view! { <Hidden name=name value=value.to_owned()/> })
        .collect();
    view! {
        <form class="card search-form" method="get" action=PAGE aria-label="Narrow the list">
            <div class="body stack">
                <ErrorSummary form=form.clone()/>
                {kept}
                <div class="grid">
                    <div class="c-4"><Select form=form.clone() name="campaign" label="Campaign" options=options.campaigns/></div>
                    <div class="c-4"><Select form=form.clone() name="provider" label="Provider" options=options.providers/></div>
                    <div class="c-4"><Select form=form.clone() name="retryable" label="May be tried again" options=retryable()/></div>
                    <div class="c-4"><Field form=form.clone() name="from_date" kind="date" label="From day"/></div>
                    <div class="c-4"><Field form=form.clone() name="to_date" kind="date" label="To day"/></div>
                    <div class="c-4"><Field form=form name="error" label="Error code"/></div>
                </div>
                <p class="row"><button class="btn btn-primary" type="submit"><Icon glyph=Glyph::Search/>"Show"</button>{clear}</p>
            </div>
        </form>
    }
    .into_any()
}

#[component]
fn Reasons(reasons: Vec<Failures>, search: Search, may_send: bool) -> impl IntoView {
    let (passing, all) = (may_pass(&reasons), reasons.iter().map(|r| r.messages.cast_signed()).sum::<i64>());
    let rows: Vec<_> = reasons.into_iter().map(|reason| reason_row(reason, &search, may_send)).collect();
    let note = format!("{} of {} may succeed when tried again.", number(passing), count(all, "message", "messages"));
    view! {
        <Card id="reasons" title="Why they failed">
            <div class="table-wrap">
                <table class="table-stack dense">
                    <thead><tr>
                        <th scope="col">"Reason"</th><th scope="col">"Code"</th><th scope="col">"Another try"</th>
                        <th scope="col" class="num">"Messages"</th><th scope="col"><span class="vh">"Actions"</span></th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
            <p class="card-foot">{note}</p>
        </Card>
    }
    .into_any()
}

fn reason_row(reason: Failures, search: &Search, may_send: bool) -> AnyView {
    let words = sentence_case(reason.words.trim_end_matches('.'));
    let code = reason.code.as_deref();
    let narrowed = code.map(|code| search.href_with(PAGE, "error", Some(code)));
    let name = match narrowed {
        Some(href) => view! { <a href=href>{words.clone()}</a> }.into_any(),
        None => words.clone().into_any(),
    };
    let again = code.filter(|_| may_send && reason.retryable).map(|code| {
        let href = search.href_with(AGAIN, "error", Some(code));
        let label = format!("Try again: {words}");
        view! { <a class="btn btn-sm" href=href aria-label=label><Icon glyph=Glyph::Retry/>"Try again"</a> }
    });
    view! {
        <tr>
            <th scope="row">{name}</th>
            <td data-label="Code"><code class="ltr">{code.unwrap_or("–").to_owned()}</code></td>
            <td data-label="Another try"><Verdict retryable=reason.retryable/></td>
            <td data-label="Messages" class="num">{number(reason.messages.cast_signed())}</td>
            <td>{again}</td>
        </tr>
    }
    .into_any()
}

#[component]
fn Verdict(retryable: bool) -> impl IntoView {
    if retryable {
        view! { <Badge tone="is-warn" plain=true text="May help"/> }.into_any()
    } else {
        view! { <Badge plain=true text="Does not help"/> }.into_any()
    }
}

#[component]
fn List(found: Page<Message>, names: Names, search: Search, is_first: bool, may_send: bool, zone: Tz) -> impl IntoView {
    let shown = count(found.items.len() as i64, "message", "messages");
    let next = found.next.as_deref().map(|cursor| search.href_with(PAGE, "cursor", Some(cursor)));
    let first = (!is_first).then(|| search.href(PAGE));
    let tick = may_send && found.items.iter().any(Message::can_retry);
    let rows: Vec<_> = found.items.into_iter().map(|message| row(message, &names, tick, zone)).collect();
    let head = tick.then(|| view! { <th scope="col"><span class="vh">"Choose"</span></th> });
    let table = view! {
        <div class="table-wrap">
            <table class="table-stack dense">
                <thead><tr>
                    {head}<th scope="col">"Accepted"</th><th scope="col">"To"</th><th scope="col">"Why"</th><th scope="col">"Another try"</th>
                    <th scope="col">"Template or campaign"</th><th scope="col">"Provider"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    };
    let list = if tick {
        view! {
            <form method="post" action="/do/messages/retry-selected">
                <Hidden name="back" value=search.href(PAGE)/>
                {table}
                <p class="card-foot"><button class="btn" type="submit"><Icon glyph=Glyph::Retry/>"Try the ticked ones again"</button></p>
            </form>
        }
        .into_any()
    } else {
        table.into_any()
    };
    view! { <Card id="messages" title="Messages">{list}<Pager shown=shown first=first next=next/></Card> }.into_any()
}

fn row(message: Message, names: &Names, tick: bool, zone: Tz) -> AnyView {
    let href = format!("/history/{}", message.id);
    let why = reason(&message).map_or_else(|| sentence_case(messages::words(None)), |words| sentence_case(&words));
    let code = message.error.as_ref().map(|e| view! { <span class="cell-sub"><code class="ltr">{e.code.clone()}</code></span> });
    let (can_retry, origin) = (message.can_retry(), origin(&message, names));
    let tick = tick.then(|| {
        let label = format!("Try the message to {} again", if message.to.is_empty() { "an erased person" } else { &message.to });
        let tick = can_retry.then(|| view! { <input type="checkbox" name="id" value=message.id.clone() aria-label=label/> });
        view! { <td>{tick}</td> }
    });
    view! {
        <tr>
            {tick}
            <td data-label="Accepted" class="nowrap"><Time at=message.created_at zone=zone/></td>
            <th scope="row"><a href=href>{to(message.to)}</a></th>
            <td data-label="Why"><span>{why}{code}</span></td>
            <td data-label="Another try"><Verdict retryable=can_retry/></td>
            <td data-label="From">{origin}</td>
            <td data-label="Provider" class="opt"><bdi>{message.connection.unwrap_or_else(|| "–".into())}</bdi></td>
        </tr>
    }
    .into_any()
}
