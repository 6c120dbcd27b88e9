//! History: every message, searched by number and narrowed by what it is, with a page for each.

pub mod actions;
pub mod again;
pub mod detail;
pub mod export;
pub mod failed;
pub mod search;
pub mod table;

use leptos::prelude::*;

use self::search::Search;
use self::table::{Messages, campaign_names};
use super::page::{Desk, desk, page as desk_page, query};
use super::settings::choices::{Choices, countries};
use super::ui::show::count;
use super::ui::{Card, EmptyState, ErrorSummary, Field, FilterChip, Filters, Glyph, Icon, PageHead, Pager, Select};
use crate::access::Permission;
use crate::campaigns;
use crate::connections;
use crate::kernel::category::Category;
use crate::kernel::error::Result;
use crate::kernel::page::{MOST, Page, PageRequest};
use crate::messages::{self, Message, Status};
use crate::templates::{self, TemplateFilter};

/// Statuses that have a chip of their own.
const CHIPS: [Status; 6] = [Status::Delivered, Status::Sent, Status::Failed, Status::Held, Status::Scheduled, Status::Dropped];

/// `/history`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::View)?;
        let search = Search::read(query, desk.settings());
        let cursor = query("cursor");
        let request = PageRequest::read(None, cursor.as_deref())?;
        let found =
            if search.errors.0.is_empty() { Some(messages::list(&desk.app, desk.actor(), &search.filter, &request).await?) } else { None };
        let options = Options::load(&desk, &search).await?;
        let names = match &found {
            Some(page) => campaign_names(&desk.app, desk.actor(), &page.items).await?,
            None => table::Names::new(),
        };
        let zone = desk.settings().time_zone;
        let export = found.as_ref().is_some_and(|page| !page.items.is_empty()).then(|| search.href("/history.csv"));
        let chips = chips(&search);
        let list = found.map(|page| {
            let (shown, first, next) = pages(&search, &page, cursor.is_some());
            let list = if page.items.is_empty() {
                nothing(search.is_narrowed())
            } else {
                view! { <Messages messages=page.items names=names zone=zone/> }.into_any()
            };
            view! {
                <Card id="messages" title="Messages">{list}<Pager shown=shown first=first next=next/></Card>
            }
        });
        Ok(view! {
            <PageHead title="History" is_refused=!search.errors.0.is_empty()>
                <a class="btn" href="/history/failed"><Icon glyph=Glyph::Retry/>"Failed messages"</a>
                {export.map(|href| view! { <a class="btn" href=href download=""><Icon glyph=Glyph::Download/>"Download as CSV"</a> })}
            </PageHead>
            <div class="stack stack-5">
                <SearchForm search=search options=options/>
                <Filters label="Filter by status" chips=chips/>
                {list}
            </div>
        })
    })
}

fn pages(search: &Search, page: &Page<Message>, later: bool) -> (String, Option<String>, Option<String>) {
    let first = later.then(|| search.href("/history"));
    let next = page.next.as_deref().map(|cursor| search.href_with("/history", "cursor", Some(cursor)));
    (count(page.items.len() as i64, "message", "messages"), first, next)
}

fn nothing(narrowed: bool) -> AnyView {
    if narrowed {
        view! {
            <EmptyState glyph=Glyph::Search title="No message fits" text="Check the number, or take a filter away.">
                <a class="btn" href="/history">"Show all messages"</a>
            </EmptyState>
        }
        .into_any()
    } else {
        view! {
            <EmptyState glyph=Glyph::Clock title="No messages yet" text="Every message that is sent from here or by the API is listed here with its whole story.">
                <a class="btn btn-primary" href="/send">"Write a message"</a>
            </EmptyState>
        }
        .into_any()
    }
}

fn chips(search: &Search) -> Vec<FilterChip> {
    let current = search.value("status");
    let chip = |text: &str, word: Option<&str>| FilterChip {
        text: text.to_owned(),
        count: None,
        href: search.href_with("/history", "status", word),
        current: current == word,
    };
    std::iter::once(chip("All", None)).chain(CHIPS.into_iter().map(|s| chip(s.label(), Some(s.as_str())))).collect()
}

/// What the selects offer.
struct Options {
    campaigns: Choices,
    templates: Choices,
    providers: Choices,
}

impl Options {
    async fn load(desk: &Desk, search: &Search) -> Result<Self> {
        let newest = PageRequest { limit: MOST, cursor: None };
        let campaigns = campaigns::list(&desk.app, desk.actor(), None, &newest).await?.items;
        let templates = templates::list(&desk.app, desk.actor(), &TemplateFilter::default(), &newest).await?.items;
        let connections = connections::list(&desk.app, desk.actor()).await?;
        let options = |field: &str, known: Vec<(String, String)>| {
            // What an address asks for stays chosen, even when it is older than the list reaches.
            let other = search.value(field).filter(|asked| known.iter().all(|(value, _)| value != asked));
            let other = other.map(|asked| (asked.to_owned(), asked.to_owned()));
            std::iter::once((String::new(), "Any".to_owned())).chain(known).chain(other).collect()
        };
        Ok(Self {
            campaigns: options("campaign", campaigns.into_iter().map(|c| (c.id.to_string(), c.name)).collect()),
            templates: options("template", templates.into_iter().map(|t| (t.code, t.name)).collect()),
            providers: options("provider", connections.into_iter().map(|c| (c.connection.name.clone(), c.connection.name)).collect()),
        })
    }
}

/// Whether a failure may pass, as choices.
fn retryable() -> Choices {
    [("", "Any"), ("true", "Yes"), ("false", "No, failed for good")].map(|(value, words)| (value.to_owned(), words.to_owned())).to_vec()
}

#[component]
fn SearchForm(search: Search, options: Options) -> impl IntoView {
    let form = search.typed();
    let any = |rest: Choices| std::iter::once((String::new(), "Any".to_owned())).chain(rest).collect::<Choices>();
    let statuses = any(Status::ALL.iter().map(|s| (s.as_str().to_owned(), s.label().to_owned())).collect());
    let categories = any(Category::ALL.iter().map(|c| (c.as_str().to_owned(), c.label().to_owned())).collect());
    let more = match search.details() {
        0 => "More filters".to_owned(),
        n => format!("More filters ({n} in use)"),
    };
    let clear = search.is_narrowed().then(|| view! { <a class="btn btn-quiet" href="/history">"Clear"</a> });
    view! {
        <form class="card search-form" method="get" action="/history" aria-label="Search history">
            <div class="body stack">
                <ErrorSummary form=form.clone()/>
                <div class="grid">
                    <div class="c-6"><Field form=form.clone() name="to" kind="tel" label="Phone number" hint="In any form, with or without the country code."/></div>
                    <div class="c-3"><Select form=form.clone() name="status" label="Status" options=statuses/></div>
                    <div class="c-3"><Select form=form.clone() name="category" label="Category" options=categories/></div>
                </div>
                <details class="plain" open={search.details() > 0}>
                    <summary>{more}</summary>
                    <div class="grid mt-4">
                        <div class="c-3"><Field form=form.clone() name="from_date" kind="date" label="From day"/></div>
                        <div class="c-3"><Field form=form.clone() name="to_date" kind="date" label="To day"/></div>
                        <div class="c-3"><Select form=form.clone() name="campaign" label="Campaign" options=options.campaigns/></div>
                        <div class="c-3"><Select form=form.clone() name="template" label="Template" options=options.templates/></div>
                        <div class="c-3"><Select form=form.clone() name="provider" label="Provider" options=options.providers/></div>
                        <div class="c-3"><Select form=form.clone() name="country" label="Country" options=any(countries())/></div>
                        <div class="c-3"><Field form=form.clone() name="reference" label="Your reference"/></div>
                        <div class="c-3"><Field form=form.clone() name="error" label="Error code"/></div>
                        <div class="c-3"><Select form=form name="retryable" label="Failed, and may be tried again" options=retryable()/></div>
                    </div>
                </details>
                <p class="row"><button class="btn btn-primary" type="submit"><Icon glyph=Glyph::Search/>"Search"</button>{clear}</p>
            </div>
        </form>
    }
}
