//! Audiences: saved filters over contacts, with whom they hold now.

pub mod actions;
mod draft;
pub mod edit;
mod fields;
pub mod remove;
pub mod send;

use chrono_tz::Tz;
use leptos::prelude::*;

use super::guard::encode;
use super::page::{desk, page as desk_page, query};
use super::ui::show::{Time, count};
use super::ui::{Card, EmptyState, Glyph, Icon, PageHead, Pager};
use crate::access::Permission;
use crate::audiences::condition::Join;
use crate::audiences::{self, Audience, Conditions};
use crate::kernel::page::{Page, PageRequest};

/// The list's address.
pub const LIST: &str = "/audiences";

/// An audience's address.
pub fn page_of(id: &str) -> String {
    format!("{LIST}/{id}")
}

/// `/audiences`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let cursor = query("cursor");
        let found = audiences::list(&desk.app, desk.actor(), &PageRequest::read(None, cursor.as_deref())?).await?;
        let (zone, may_add) = (desk.settings().time_zone, desk.actor().may(Permission::Send));
        let add = may_add.then(|| view! { <a class="btn btn-primary" href="/audiences/new"><Icon glyph=Glyph::Plus/>"New audience"</a> });
        Ok(view! {
            <PageHead title="Audiences">{add}</PageHead>
            <Card id="audiences" title="Saved audiences"><List page=found is_first=cursor.is_none() may_add=may_add zone=zone/></Card>
        })
    })
}

#[component]
fn List(page: Page<Audience>, is_first: bool, may_add: bool, zone: Tz) -> impl IntoView {
    if page.items.is_empty() && is_first {
        return view! {
            <EmptyState glyph=Glyph::People title="No audiences yet" text="An audience is a saved filter over your contacts: loyal customers, people of a city, leads that nobody wrote to. Campaigns go to whom it holds when they are launched.">
                {may_add.then(|| view! { <a class="btn btn-primary" href="/audiences/new">"New audience"</a> })}
            </EmptyState>
        }
        .into_any();
    }
    let shown = count(page.items.len() as i64, "audience", "audiences");
    let next = page.next.as_deref().map(|cursor| format!("{LIST}?cursor={}", encode(cursor)));
    let rows: Vec<_> = page.items.into_iter().map(|audience| row(audience, zone)).collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack">
                <thead><tr><th scope="col">"Audience"</th><th scope="col">"Conditions"</th><th scope="col">"Changed by"</th><th scope="col">"Last change"</th></tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <Pager shown=shown first=(!is_first).then(|| LIST.to_owned()) next=next/>
    }
    .into_any()
}

fn row(audience: Audience, zone: Tz) -> impl IntoView {
    view! {
        <tr>
            <th scope="row"><a href=page_of(audience.id.as_str())><bdi dir="auto">{audience.name}</bdi></a></th>
            <td data-label="Conditions">{in_short(&audience.conditions)}</td>
            <td data-label="Changed by"><bdi dir="auto">{audience.updated_by}</bdi></td>
            <td data-label="Last change" class="nowrap"><Time at=audience.updated_at zone=zone/></td>
        </tr>
    }
}

/// How many conditions there are and how they are joined.
fn in_short(conditions: &Conditions) -> String {
    let n = conditions.all().count() as i64;
    match (n, conditions.join) {
        (0, _) => "Everybody".to_owned(),
        (1, _) => "1 condition".to_owned(),
        (n, Join::All) => format!("All of {n} conditions"),
        (n, Join::Any) => format!("Any of {n} conditions"),
    }
}
