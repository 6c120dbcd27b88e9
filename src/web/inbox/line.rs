//! The lines of a conversation: bubbles on both sides, and what Peyk did in between.

use chrono_tz::Tz;
use leptos::prelude::*;

use crate::inbox::{Direction, Line};
use crate::kernel::clock::Millis;
use crate::kernel::keyword::Keyword;
use crate::messages::Message;
use crate::preferences::Confirmation;
use crate::web::history::table::reason;
use crate::web::ui::show::{Time, amount, count, date_time};
use crate::web::ui::{EmptyState, Glyph, StatusBadge};

/// A page of a conversation, the oldest line first.
#[component]
pub fn Lines(
    /// The lines, newest first.
    lines: Vec<Line>,
    /// The organisation's time zone.
    zone: Tz,
    /// Where the lines before are.
    #[prop(optional_no_strip)]
    older: Option<String>,
    /// Where the newest lines are, unless they are here.
    #[prop(optional_no_strip)]
    newer: Option<String>,
) -> impl IntoView {
    if lines.is_empty() {
        return view! { <EmptyState glyph=Glyph::Chat title="Nothing to see" text="There are no lines here."/> }.into_any();
    }
    let items: Vec<_> = lines.into_iter().rev().map(|line| item(line, zone)).collect();
    view! {
        {older.map(|href| view! { <p class="thread-more"><a class="btn btn-sm" href=href>"Show earlier"</a></p> })}
        <ol class="thread" aria-label="What was written, the newest last">{items}</ol>
        {newer.map(|href| view! { <p class="thread-more"><a class="btn btn-sm" href=href>"Show the newest"</a></p> })}
    }
    .into_any()
}

fn item(line: Line, zone: Tz) -> AnyView {
    match line.direction {
        Direction::In => written(line, zone),
        Direction::Out => sent(line, zone),
    }
}

fn written(line: Line, zone: Tz) -> AnyView {
    let text = line.text.clone();
    let bubble = match text {
        Some(text) => view! { <p class="bubble" dir="auto">{text}</p> }.into_any(),
        None => view! { <p class="bubble muted">{gone(line.text_removed_at, zone, "The text is hidden, or it was erased with the person.")}</p> }
            .into_any(),
    };
    let unread = (line.read == Some(false)).then_some(" · unread");
    let system = line.keyword.map(|keyword| view! { <p class="stamp">{done(keyword, &line, zone)}</p> });
    view! {
        <li id=line.id.clone()>
            <span class="vh">"They wrote: "</span>
            {bubble}
            <p class="thread-meta"><Time at=line.at zone=zone/>{unread}</p>
            {system}
        </li>
    }
    .into_any()
}

/// What Peyk made of a keyword.
fn done(keyword: Keyword, line: &Line, zone: Tz) -> String {
    let at = date_time(line.at, zone);
    // A keyword is no secret, so it is named even to those who may not read texts; the text itself is above.
    match (keyword, line.changed) {
        (Keyword::Start, _) if line.confirmation == Some(Confirmation::Awaited) => {
            format!("A start word on {at}. It changes nothing until they confirm it, as they were asked to.")
        }
        (Keyword::Start, _) if line.confirmation == Some(Confirmation::NotAsked) => {
            format!("A start word on {at}. It changes nothing: it has to be confirmed, and the limit of such questions was reached.")
        }
        (Keyword::Stop, true) if let Some(category) = line.only => {
            format!("Opted out of {} on {at} by a stop word. Other messages still go.", category.label().to_lowercase())
        }
        (Keyword::Stop, true) => format!("Opted out on {at} by a stop word. Nothing more is sent."),
        (Keyword::Stop, false) => "A stop word again: they had opted out already.".into(),
        (Keyword::Start, true) => format!("Opted in again on {at} by a start word."),
        (Keyword::Start, false) => "A start word: they had not opted out.".into(),
        (Keyword::Help, _) => "Asked for help by a help word.".into(),
    }
}

fn sent(line: Line, zone: Tz) -> AnyView {
    let Line { id, text, message, .. } = line;
    let Some(message) = message else { return ().into_any() };
    let bubble = match text {
        Some(text) => view! { <p class="bubble mine" dir="auto">{text}</p> }.into_any(),
        None => view! { <p class="bubble mine">{gone(message.text_removed_at, zone, hidden(&message))}</p> }.into_any(),
    };
    let why = reason(&message).map(|why| format!("{why} · "));
    let cost = message.cost.as_ref().unwrap_or(&message.estimated_cost);
    let size = format!("{}, {}", count(message.segments, "segment", "segments"), amount(cost));
    view! {
        <li id=id.clone() class="mine">
            <span class="vh">"We wrote: "</span>
            {bubble}
            <p class="thread-meta">
                <a href=format!("/history/{id}")><Time at=message.created_at zone=zone/></a>" "
                <StatusBadge status=message.status.as_str()/>" "{why}{size}
            </p>
        </li>
    }
    .into_any()
}

/// What stands for a text that was taken out; for others, `else_words`.
fn gone(at: Option<Millis>, zone: Tz, else_words: &str) -> String {
    at.map_or_else(|| else_words.to_owned(), |at| format!("The text was removed on {}.", date_time(at, zone)))
}

/// What stands for a text that cannot be shown.
fn hidden(message: &Message) -> &'static str {
    if message.campaign.is_some() { "A message of a campaign" } else { "The text is hidden, or it was erased with the person." }
}
