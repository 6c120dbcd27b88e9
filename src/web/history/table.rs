//! Messages as rows of a table.

use std::collections::HashMap;

use chrono_tz::Tz;
use leptos::prelude::*;

use crate::access::Actor;
use crate::app::App;
use crate::campaigns;
use crate::kernel::error::Result;
use crate::messages::{Message, words};
use crate::web::ui::StatusBadge;
use crate::web::ui::show::{PhoneNumber, Time, amount, number, sentence_case};

/// Names of campaigns by id.
pub type Names = HashMap<String, String>;

/// What the campaigns of these messages are called.
pub async fn campaign_names(app: &App, actor: &Actor, messages: &[Message]) -> Result<Names> {
    let mut ids: Vec<&str> = messages.iter().filter_map(|m| m.campaign.as_deref()).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.is_empty() { Ok(Names::new()) } else { campaigns::names(app, actor, &ids).await }
}

/// Why a message is where it is, in a few words.
pub fn reason(message: &Message) -> Option<String> {
    let why = message.reason.as_deref().map(|reason| words(Some(reason)).to_owned());
    why.map(|words| sentence_case(&words)).or_else(|| message.error.as_ref().map(|e| e.detail.trim_end_matches('.').to_owned()))
}

/// Messages, each linked to its page.
#[component]
pub fn Messages(
    /// The messages in their order.
    messages: Vec<Message>,
    /// What their campaigns are called.
    names: Names,
    /// The organisation's time zone.
    zone: Tz,
) -> impl IntoView {
    let rows: Vec<_> = messages.into_iter().map(|m| row(m, &names, zone)).collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack dense">
                <thead><tr>
                    <th scope="col">"Accepted"</th><th scope="col">"To"</th><th scope="col">"Status"</th><th scope="col">"Template or campaign"</th>
                    <th scope="col">"Provider"</th><th scope="col" class="num">"Segments"</th><th scope="col" class="num">"Cost"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn row(message: Message, names: &Names, zone: Tz) -> impl IntoView + use<> {
    let href = format!("/history/{}", message.id);
    let why = reason(&message);
    let cost = message.cost.as_ref().map_or_else(|| "–".to_owned(), amount);
    let origin = origin(&message, names);
    view! {
        <tr>
            <td data-label="Accepted" class="nowrap"><Time at=message.created_at zone=zone/></td>
            <th scope="row"><a href=href>{to(message.to)}</a></th>
            <td data-label="Status"><span><StatusBadge status=message.status.as_str()/>{why.map(|w| view! { <span class="cell-sub">{w}</span> })}</span></td>
            <td data-label="From">{origin}</td>
            <td data-label="Provider" class="opt"><bdi>{message.connection.unwrap_or_else(|| "–".into())}</bdi></td>
            <td data-label="Segments" class="num opt">{number(message.segments)}</td>
            <td data-label="Cost" class="num opt">{cost}</td>
        </tr>
    }
}

/// The number, or that there is none any more.
pub fn to(number: String) -> AnyView {
    if number.is_empty() { "Erased person".into_any() } else { view! { <PhoneNumber number=number/> }.into_any() }
}

/// What a message came from.
pub(super) fn origin(message: &Message, names: &Names) -> AnyView {
    match (&message.campaign, &message.template) {
        (Some(id), _) => {
            let name = names.get(id).unwrap_or(id).clone();
            view! { <a href=format!("/campaigns/{id}")><bdi>{name}</bdi></a> }.into_any()
        }
        (None, Some(code)) => view! { <bdi>{code.clone()}</bdi> }.into_any(),
        (None, None) => view! { <span class="muted">"Free text"</span> }.into_any(),
    }
}
