//! `/contacts/{id}/consent`: everything that the consent ledger holds about a person, as evidence.

use chrono_tz::Tz;
use leptos::prelude::*;

use super::timeline::{title_of, tone_of, way_of};
use super::{LIST, page_of};
use crate::access::Permission;
use crate::consent::Entry;
use crate::timeline::{self, NumberConsent};
use crate::web::consent_file;
use crate::web::page::{desk, page as desk_page, param};
use crate::web::ui::show::{PhoneNumber, Time};
use crate::web::ui::{Badge, Card, Crumb, Glyph, Icon, PageHead};

/// `/contacts/{id}/consent`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Consent)?;
        let id = param("id");
        let numbers = timeline::consent_of(&desk.app, desk.actor(), &id).await?;
        let zone = desk.settings().time_zone;
        let parts: Vec<_> = numbers.into_iter().map(|number| view! { <Evidence number=number zone=zone/> }).collect();
        let file = |format: &str| consent_file::address(Some(&id), format);
        let files = desk.actor().may(Permission::ViewPersonal).then(|| {
            view! {
                <p class="body row">
                    <a class="btn" href=file("csv") download=""><Icon glyph=Glyph::Download/>"Download as CSV"</a>
                    <a class="btn" href=file("json") download=""><Icon glyph=Glyph::Download/>"Download as JSON"</a>
                </p>
            }
        });
        Ok(view! {
            <PageHead title="Evidence of consent" crumbs=vec![Crumb::new("Contacts", LIST), Crumb::new("The contact", page_of(&id))]/>
            <Card id="ledger" title="What the ledger holds">{parts}{files}</Card>
        })
    })
}

#[component]
fn Evidence(number: NumberConsent, zone: Tz) -> impl IntoView {
    let head = view! { <p class="body strong"><PhoneNumber number=number.phone/></p> };
    if number.entries.is_empty() {
        return view! { {head}<p class="body muted">"Nothing is recorded: what holds for everybody holds for this number."</p> }.into_any();
    }
    let rows: Vec<_> = number.entries.into_iter().map(|entry| row(entry, zone)).collect();
    view! {
        {head}
        <div class="table-wrap">
            <table class="table-stack dense">
                <thead><tr>
                    <th scope="col">"Row"</th><th scope="col">"When"</th><th scope="col">"What"</th><th scope="col">"How"</th>
                    <th scope="col">"Wording and reason"</th><th scope="col">"Address"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
    .into_any()
}

fn row(entry: Entry, zone: Tz) -> impl IntoView {
    let text = |words: Option<String>| words.map(|words| view! { <span class="cell-sub"><bdi dir="auto">{words}</bdi></span> });
    view! {
        <tr id=format!("entry-{}", entry.seq)>
            <th scope="row">{entry.seq}</th>
            <td data-label="When" class="nowrap"><Time at=entry.at zone=zone/></td>
            <td data-label="What"><Badge tone=tone_of(&entry.change) text=title_of(&entry.change, &entry.category)/></td>
            <td data-label="How"><span>{way_of(&entry.source)}<span class="cell-sub">"recorded by "<bdi>{entry.actor}</bdi></span></span></td>
            <td data-label="Wording and reason"><span>{text(entry.wording)}{text(entry.reason)}</span></td>
            <td data-label="Address"><span>
                <bdi class="ltr">{entry.ip.unwrap_or_else(|| "–".into())}</bdi>{text(entry.user_agent)}{text(entry.form_url)}
            </span></td>
        </tr>
    }
}
