//! The inbox: conversations with people who wrote, and a page for each.

pub mod actions;
mod controls;
pub mod conversation;
mod line;
mod reply;

use chrono_tz::Tz;
use leptos::prelude::*;

use super::history::table::to;
use super::page::{Typed, desk, page as desk_page, query};
use super::ui::show::{Time, count};
use super::ui::{Badge, Card, EmptyState, ErrorSummary, Field, FilterChip, Filters, Glyph, Hidden, Icon, PageHead, Pager};
use crate::access::Permission;
use crate::inbox::{self, Conversation, InboxFilter, Shown};
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::keyword::Keyword;
use crate::kernel::page::PageRequest;
use crate::preferences::read_phone;

/// How many letters of the last text a row shows.
const GLIMPSE: usize = 90;
/// What a list in the inbox asks again for.
const OFTEN: &str = "every 5s";

/// `/inbox`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::View)?;
        let asked = Asked::read(desk.settings());
        let cursor = query("cursor");
        let request = PageRequest::read(None, cursor.as_deref())?;
        let found = match &asked.filter {
            Ok(filter) => Some(inbox::list(&desk.app, desk.actor(), filter, &request).await?),
            Err(_) => None,
        };
        let zone = desk.settings().time_zone;
        let form = asked.typed();
        let is_refused = asked.filter.is_err();
        // Who has not chosen which conversations to see finds a number in all of them.
        let chosen = query("show").and_then(|word| Shown::parse(&word));
        // The first page looks again for new texts; a later one would change under the reader's hands.
        let refresh = (cursor.is_none() && !is_refused).then_some(OFTEN);
        let here = asked.href(asked.shown, None);
        let list = found.map(|page| {
            let next = page.next.as_deref().map(|cursor| asked.href(asked.shown, Some(cursor)));
            let first = cursor.is_some().then(|| here.clone());
            let shown = count(page.items.len() as i64, "conversation", "conversations");
            let list =
                if page.items.is_empty() { nothing(&asked) } else { view! { <Conversations items=page.items zone=zone/> }.into_any() };
            view! { <Card id="conversations" title="Conversations">{list}<Pager shown=shown first=first next=next/></Card> }
        });
        let may_write = desk.actor().may(Permission::Templates);
        Ok(view! {
            <PageHead title="Inbox" is_refused=is_refused>
                {may_write.then(|| view! { <a class="btn" href="/settings/replies"><Icon glyph=Glyph::Chat/>"Saved replies"</a> })}
            </PageHead>
            <div class="stack stack-5">
                <form class="card search-form" method="get" action="/inbox" aria-label="Search the inbox">
                    <div class="body stack">
                        <ErrorSummary form=form.clone()/>
                        {chosen.map(|shown| view! { <Hidden name="show" value=shown.as_str()/> })}
                        <Field form=form name="phone" kind="tel" label="Phone number" hint="In any form, with or without the country code."/>
                        <p class="row"><button class="btn btn-primary" type="submit"><Icon glyph=Glyph::Search/>"Search"</button></p>
                    </div>
                </form>
                <Filters label="Which conversations" chips=asked.chips()/>
                <div id="inbox" hx-get=here.clone() hx-trigger=refresh hx-select="#inbox" hx-select-oob="#unread" hx-target="#inbox" hx-swap="outerMorph">{list}</div>
            </div>
        })
    })
}

/// What the address asks for.
struct Asked {
    shown: Shown,
    phone: String,
    filter: Result<InboxFilter, FieldErrors>,
}

impl Asked {
    fn read(settings: &crate::access::Settings) -> Self {
        let phone = query("phone").unwrap_or_default();
        // Who searches a number wants to find it wherever it is.
        let usual = if phone.is_empty() { Shown::Open } else { Shown::All };
        let shown = query("show").and_then(|word| Shown::parse(&word)).unwrap_or(usual);
        let number = Some(phone.as_str()).filter(|p| !p.is_empty()).map(|text| read_phone(text, settings)).transpose();
        let filter = match number {
            Ok(phone) => Ok(InboxFilter { shown, phone }),
            Err(Error::Invalid(errors)) => Err(errors),
            Err(other) => Err(FieldErrors(vec![crate::kernel::error::FieldError {
                field: "phone".into(),
                code: "unreadable".into(),
                detail: other.to_string(),
            }])),
        };
        Self { shown, phone, filter }
    }

    fn typed(&self) -> Typed {
        let errors = self.filter.as_ref().err().cloned().unwrap_or_default();
        Typed::asked(vec![("phone".to_owned(), self.phone.clone())], errors)
    }

    fn href(&self, shown: Shown, cursor: Option<&str>) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.append_pair("show", shown.as_str());
        if !self.phone.is_empty() {
            query.append_pair("phone", &self.phone);
        }
        if let Some(cursor) = cursor {
            query.append_pair("cursor", cursor);
        }
        format!("/inbox?{}", query.finish())
    }

    fn chips(&self) -> Vec<FilterChip> {
        let words = |shown| match shown {
            Shown::Open => "Open",
            Shown::Mine => "Mine",
            Shown::Closed => "Closed",
            Shown::All => "All",
        };
        let chip = |shown: Shown| FilterChip {
            text: words(shown).into(),
            count: None,
            href: self.href(shown, None),
            current: shown == self.shown,
        };
        Shown::ALL.into_iter().map(chip).collect()
    }
}

fn nothing(asked: &Asked) -> AnyView {
    if !asked.phone.is_empty() {
        return view! {
            <EmptyState glyph=Glyph::Search title="Nobody with this number wrote" text="Check the number, or look at all conversations.">
                <a class="btn" href="/inbox?show=all">"Show all conversations"</a>
            </EmptyState>
        }
        .into_any();
    }
    let (title, text) = match asked.shown {
        Shown::Open | Shown::All => (
            "No conversations",
            "What people write back appears here. Enter the address for texts at your provider: it stands on the connection’s page.",
        ),
        Shown::Mine => ("Nothing is yours", "Conversations that somebody gives to you, or that you take, are listed here."),
        Shown::Closed => ("Nothing is closed", "Closed conversations rest here until the person writes again."),
    };
    view! { <EmptyState glyph=Glyph::Inbox title=title text=text/> }.into_any()
}

#[component]
fn Conversations(items: Vec<Conversation>, zone: Tz) -> impl IntoView {
    let rows: Vec<_> = items.into_iter().map(|conversation| row(conversation, zone)).collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack dense">
                <thead><tr>
                    <th scope="col">"From"</th><th scope="col">"Last text"</th><th scope="col">"State"</th><th scope="col">"Answered by"</th>
                    <th scope="col">"Last wrote"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn row(conversation: Conversation, zone: Tz) -> impl IntoView {
    let href = format!("/inbox/{}", conversation.contact);
    let unread = conversation.unread;
    let badge = (unread > 0).then(|| view! { " "<Badge tone="is-info" text=format!("{unread} unread")/> });
    let last = glimpse(&conversation);
    let state = state(&conversation);
    view! {
        <tr>
            <th scope="row"><a href=href>{to(conversation.phone)}</a>{badge}</th>
            <td data-label="Last text">{last}</td>
            <td data-label="State">{state}</td>
            <td data-label="Answered by"><bdi>{conversation.assigned_to.map_or_else(|| "–".to_owned(), |a| a.name)}</bdi></td>
            <td data-label="Last wrote" class="nowrap"><Time at=conversation.last_at zone=zone/></td>
        </tr>
    }
}

fn state(conversation: &Conversation) -> AnyView {
    let closed = conversation.closed.then(|| view! { <Badge text="Closed"/>" " });
    let out = conversation.opted_out.then(|| view! { <Badge tone="is-warn" text="Opted out"/> });
    let open = (!conversation.closed && !conversation.opted_out).then(|| view! { <Badge tone="is-ok" text="Open"/> });
    view! { <span>{closed}{out}{open}</span> }.into_any()
}

/// The start of the last text, or what its keyword was.
fn glimpse(conversation: &Conversation) -> AnyView {
    if let Some(keyword) = conversation.last_keyword {
        return view! { <span class="muted">{keyword_words(keyword)}</span> }.into_any();
    }
    match &conversation.last_text {
        Some(text) => {
            let mut start: String = text.chars().take(GLIMPSE).collect();
            if start.len() < text.len() {
                start.push('…');
            }
            view! { <bdi>{start}</bdi> }.into_any()
        }
        None => view! { <span class="muted">"Hidden"</span> }.into_any(),
    }
}

/// What a keyword asked for, in a few words.
fn keyword_words(keyword: Keyword) -> &'static str {
    match keyword {
        Keyword::Stop => "Asked to stop",
        Keyword::Start => "Asked to start again",
        Keyword::Help => "Asked for help",
    }
}
