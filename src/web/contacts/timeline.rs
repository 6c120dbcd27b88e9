//! What happened with a person, and what they agree to, as parts of pages.

use chrono_tz::Tz;
use leptos::prelude::*;

use super::page_of;
use crate::contacts::Contact;
use crate::kernel::category::Category;
use crate::kernel::page::Page;
use crate::timeline::{CategoryConsent, ConsentItem, NumberConsent, TimelineItem};
use crate::web::history::table::reason;
use crate::web::ui::show::{PhoneNumber, Time, count, date_time, sentence_case};
use crate::web::ui::{Badge, EmptyState, Glyph, Pager, StatusBadge};

/// What happened, the latest first.
#[component]
pub fn Happened(
    /// The page of it.
    page: Page<TimelineItem>,
    /// Whose it is.
    contact: Contact,
    /// Whether it is the first page.
    is_first: bool,
    /// The organisation's time zone.
    zone: Tz,
) -> impl IntoView {
    if page.items.is_empty() && is_first {
        return view! { <EmptyState glyph=Glyph::Clock title="Nothing yet" text="Messages to this person, what they say about them and what they buy are listed here."/> }
            .into_any();
    }
    let shown = count(page.items.len() as i64, "entry", "entries");
    let first = (!is_first).then(|| page_of(&contact.id));
    let next = page.next.map(|cursor| format!("{}?cursor={cursor}", page_of(&contact.id)));
    let rows: Vec<_> = page.items.into_iter().map(|item| row(item, &contact, zone)).collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack dense">
                <thead><tr><th scope="col">"When"</th><th scope="col">"What"</th><th scope="col">"More"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <Pager shown=shown first=first next=next/>
    }
    .into_any()
}

fn row(item: TimelineItem, contact: &Contact, zone: Tz) -> impl IntoView + use<> {
    let other = contact.other_numbers.iter().find(|other| other.id == item.contact).map(|other| other.phone.clone());
    let other = other.map(|phone| view! { <span class="cell-sub"><PhoneNumber number=phone/></span> });
    let (what, more) = match (item.message, item.consent, item.purchase) {
        (_, _, Some(purchase)) => {
            let what = view! { <Badge tone="is-info" text="Purchase"/>" "<strong>{purchase.money.display()}</strong> };
            let items = purchase.items.map(|items| view! { <span class="cell-sub"><bdi dir="auto">{items}</bdi></span> });
            let more = view! { <bdi dir="auto">{purchase.reference}</bdi>{items} };
            (what.into_any(), more.into_any())
        }
        (Some(message), ..) => {
            let why = reason(&message);
            let category = Category::parse(&message.category).map_or(message.category.clone(), |c| c.label().to_owned());
            let what = view! { <a href=format!("/history/{}", message.id)>"Message"</a>" "<StatusBadge status=message.status.as_str()/> };
            let more = view! { {category}{why.map(|why| view! { <span class="cell-sub">{why}</span> })} };
            (what.into_any(), more.into_any())
        }
        (None, Some(said), None) => {
            let more =
                view! { {told_by(&said)}{said.reason.map(|why| view! { <span class="cell-sub"><bdi dir="auto">{why}</bdi></span> })} };
            (view! { <Badge tone=tone_of(&said.change) text=title_of(&said.change, &said.category)/> }.into_any(), more.into_any())
        }
        (None, None, None) => ("–".into_any(), "".into_any()),
    };
    view! {
        <tr>
            <th scope="row" class="nowrap"><Time at=item.at_millis zone=zone/></th>
            <td data-label="What"><span>{what}{other}</span></td>
            <td data-label="More"><span>{more}</span></td>
        </tr>
    }
}

fn told_by(said: &ConsentItem) -> String {
    format!("{}, recorded by {}", way_of(&said.source), said.recorded_by)
}

/// The way by which we learned of a change.
pub fn way_of(source: &str) -> String {
    match source {
        "api" => "By another system".into(),
        "page" => "On the preference centre".into(),
        "keyword" => "By a word in a text message".into(),
        "carrier" => "From the carrier".into(),
        "import" => "By a file".into(),
        "user" => "By one of us".into(),
        "time" => "By the clock".into(),
        other => sentence_case(other),
    }
}

/// A row of the ledger in a few words.
pub fn title_of(change: &str, category: &str) -> String {
    let of = Category::parse(category).map(|c| c.label().to_lowercase());
    match (change, of) {
        ("granted", Some(of)) => format!("Agreed to {of}"),
        ("granted", None) => "Agreed to everything".into(),
        ("asked", Some(of)) => format!("Asked to confirm {of}"),
        ("asked", None) => "Asked to confirm a start".into(),
        ("lapsed", Some(of)) => format!("Did not confirm {of}"),
        ("withdrawn", Some(of)) => format!("Refused {of}"),
        ("withdrawn", None) => "Refused everything".into(),
        ("stopped", _) => "Stopped everything".into(),
        ("started", _) => "Took the stop back".into(),
        ("paused", _) => "Takes a break".into(),
        ("resumed", _) => "Ended the break".into(),
        ("quiet_hours", _) => "Changed their quiet hours".into(),
        ("frequency", _) => "Changed how many offers they want".into(),
        ("aged", _) => "Old words were removed".into(),
        (other, _) => sentence_case(other),
    }
}

/// The colour of a row of the ledger.
pub fn tone_of(change: &str) -> &'static str {
    match change {
        "granted" | "started" | "resumed" => "is-ok",
        "withdrawn" | "stopped" => "is-bad",
        _ => "is-info",
    }
}

/// What a number agrees to, by category, each with the evidence.
#[component]
pub fn Agreements(
    /// What it agrees to.
    number: NumberConsent,
    /// The page of the evidence; nothing for those who may not see it.
    evidence: Option<String>,
    /// Whether the number is named.
    is_named: bool,
    /// The organisation's time zone.
    zone: Tz,
) -> impl IntoView {
    let rows: Vec<_> = number.categories.iter().map(|of| category_row(of, evidence.as_deref())).collect();
    let phone = is_named.then(|| view! { <p class="body strong"><PhoneNumber number=number.phone/></p> });
    let pause = number.paused_until.map(|until| view! { <p class="body">{format!("Takes a break until {}.", date_time(until, zone))}</p> });
    view! {
        {phone}{pause}
        <table class="dense facts">
            <tbody>{rows}</tbody>
        </table>
    }
}

fn category_row(of: &CategoryConsent, evidence: Option<&str>) -> impl IntoView + use<> {
    let (tone, text) = match of.refused {
        None => ("is-ok", "May be sent"),
        Some("no_consent") => ("", "Never agreed"),
        Some("stopped") => ("is-bad", "Stopped everything"),
        Some("pending") => ("is-warn", "Waits for confirmation"),
        Some(_) => ("is-bad", "Refused"),
    };
    let proof = of.proof.zip(evidence).map(|(seq, page)| {
        let label = format!("Evidence for {}", of.category.label());
        view! { " "<a class="small" href=format!("{page}#entry-{seq}") aria-label=label>"Evidence"</a> }
    });
    view! { <tr><th scope="row">{of.category.label()}</th><td><Badge tone=tone text=text/>{proof}</td></tr> }
}
