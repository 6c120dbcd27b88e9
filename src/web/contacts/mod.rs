//! Contacts: the people we hold a number of, found by number, name, tag or status, with a page for each.

pub mod actions;
pub mod consent;
pub mod detail;
pub mod export;
mod fields;
pub mod import;
pub mod new;
mod purchases;
pub mod remove;
mod timeline;

use chrono_tz::Tz;
use leptos::prelude::*;

use self::fields::statuses;
use super::guard::encode;
use super::page::{Desk, Typed, desk, page as desk_page, query};
use super::ui::show::{PhoneNumber, Time, count};
use super::ui::{Badge, Card, EmptyState, ErrorSummary, Field, FilterChip, Filters, Glyph, Icon, PageHead, Pager, Select};
use crate::access::Permission;
use crate::contacts::{self, Contact, ContactFilter, LeadStatus, Query};
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::page::{Page, PageRequest};

/// The list's address.
pub const LIST: &str = "/contacts";
const FIELDS: [&str; 3] = ["q", "tag", "status"];

/// A contact's address.
pub fn page_of(id: &str) -> String {
    format!("{LIST}/{id}")
}

/// What the list is narrowed by, as it stands in the address.
#[derive(Clone, Debug, Default)]
pub struct Search {
    values: Vec<(&'static str, String)>,
    /// What was understood of it.
    pub filter: ContactFilter,
    /// What was not, by field.
    errors: FieldErrors,
}

impl Search {
    /// Reads the address's query; `get` gives a value that is not blank.
    pub fn read(get: impl Fn(&str) -> Option<String>, desk: &Desk) -> Result<Self> {
        let values: Vec<_> = FIELDS.into_iter().filter_map(|name| Some((name, get(name)?))).collect();
        let search = Self { values, ..Self::default() };
        let read = ContactFilter::read(search.value("q"), search.value("tag"), search.value("status"), desk.settings().default_country);
        let mut errors = FieldErrors::new();
        let filter = match read {
            Ok(filter) => filter,
            Err(Error::Invalid(faults)) => {
                errors = faults;
                ContactFilter::default()
            }
            Err(other) => return Err(other),
        };
        if matches!(filter.query, Some(Query::Name(_))) && !desk.actor().may(Permission::ViewPersonal) {
            errors.add(
                "q",
                "denied",
                "You may look for a number. Looking for a name needs the right “view_personal”; an owner or admin can grant it.",
            );
        }
        Ok(Self { filter, errors, ..search })
    }

    fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
    }

    /// What is wrong with it.
    pub fn into_result(self) -> Result<ContactFilter> {
        self.errors.into_result().map(|()| self.filter)
    }

    fn typed(&self) -> Typed {
        let values = self.values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Typed::asked(values, self.errors.clone())
    }

    /// An address with this search, one of its fields changed.
    fn href_with(&self, path: &str, field: &str, value: Option<&str>) -> String {
        let kept = self.values.iter().filter(|(name, _)| *name != field).map(|(name, value)| (*name, value.as_str()));
        let pairs: Vec<String> =
            kept.chain(value.map(|value| (field, value))).map(|(name, value)| format!("{name}={}", encode(value))).collect();
        if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
    }
}

/// `/contacts`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::View)?;
        let search = Search::read(query, &desk)?;
        let cursor = query("cursor");
        let request = PageRequest::read(None, cursor.as_deref())?;
        let is_refused = !search.errors.0.is_empty();
        let found = if is_refused { None } else { Some(contacts::list(&desk.app, desk.actor(), &search.filter, &request).await?) };
        let tags = contacts::tags(&desk.app, desk.actor()).await?;
        let zone = desk.settings().time_zone;
        let may_send = desk.actor().may(Permission::Send);
        let chips = chips(&search);
        let (of_list, is_first) = (search.clone(), cursor.is_none());
        let list = found.map(|page| {
            view! { <Card id="people" title="People"><List page=page search=of_list is_first=is_first may_add=may_send zone=zone/></Card> }
        });
        let files = Files { may_import: may_send, may_export: desk.actor().may(Permission::ViewPersonal) && !is_refused }.view(&search);
        let add = may_send.then(|| view! { <a class="btn btn-primary" href="/contacts/new"><Icon glyph=Glyph::Plus/>"New contact"</a> });
        Ok(view! {
            <PageHead title="Contacts" is_refused=is_refused><div class="row">{files}{add}</div></PageHead>
            <div class="stack stack-5">
                <SearchForm search=search tags=tags/>
                <Filters label="Filter by status" chips=chips/>
                {list}
            </div>
        })
    })
}

/// What may be done with files.
struct Files {
    may_import: bool,
    may_export: bool,
}

impl Files {
    fn view(&self, search: &Search) -> impl IntoView + use<> {
        let export = self.may_export.then(|| {
            let (csv, json) = (search.href_with("/contacts.csv", "", None), search.href_with("/contacts.json", "", None));
            view! {
                <a class="btn" href=csv download=""><Icon glyph=Glyph::Download/>"Download as CSV"</a>
                <a class="btn" href=json download="">"As JSON"</a>
            }
        });
        let import = self.may_import.then(|| view! { <a class="btn" href="/contacts/import"><Icon glyph=Glyph::Upload/>"Import"</a> });
        view! { {export}{import} }
    }
}

fn chips(search: &Search) -> Vec<FilterChip> {
    let current = search.value("status");
    let chip = |text: &str, word: Option<&str>| FilterChip {
        text: text.to_owned(),
        count: None,
        href: search.href_with(LIST, "status", word),
        current: current == word,
    };
    std::iter::once(chip("Everybody", None)).chain(LeadStatus::ALL.into_iter().map(|s| chip(s.label(), Some(s.as_str())))).collect()
}

#[component]
fn SearchForm(search: Search, tags: Vec<String>) -> impl IntoView {
    let form = search.typed();
    // What an address asks for stays chosen, even when nobody has the tag any more.
    let other = search.value("tag").filter(|asked| !tags.iter().any(|tag| tag == asked)).map(str::to_owned);
    let tags =
        std::iter::once((String::new(), "Any".to_owned())).chain(tags.into_iter().chain(other).map(|tag| (tag.clone(), tag))).collect();
    let clear = (!search.values.is_empty()).then(|| view! { <a class="btn btn-quiet" href=LIST>"Clear"</a> });
    view! {
        <form class="card search-form" method="get" action=LIST aria-label="Search contacts">
            <div class="body stack">
                <ErrorSummary form=form.clone()/>
                <div class="grid">
                    <div class="c-6"><Field form=form.clone() name="q" kind="search" label="Number or name" hint="A number in any form, or whole words of a name."/></div>
                    <div class="c-3"><Select form=form.clone() name="tag" label="Tag" options=tags/></div>
                    <div class="c-3"><Select form=form name="status" label="Status" options=statuses("Any")/></div>
                </div>
                <p class="row"><button class="btn btn-primary" type="submit"><Icon glyph=Glyph::Search/>"Search"</button>{clear}</p>
            </div>
        </form>
    }
}

#[component]
fn List(page: Page<Contact>, search: Search, is_first: bool, may_add: bool, zone: Tz) -> impl IntoView {
    if page.items.is_empty() && is_first {
        return if search.filter.is_narrow() {
            view! {
                <EmptyState glyph=Glyph::Search title="Nobody fits" text="Check the number, write whole words of the name, or take a filter away.">
                    <a class="btn" href=LIST>"Show everybody"</a>
                </EmptyState>
            }
            .into_any()
        } else {
            view! {
                <EmptyState glyph=Glyph::People title="No contacts yet" text="Everybody whom you write to, and everybody whom you add, is listed here with what happened with them.">
                    {may_add.then(|| view! { <a class="btn btn-primary" href="/contacts/new">"New contact"</a> })}
                </EmptyState>
            }
            .into_any()
        };
    }
    let shown = count(page.items.len() as i64, "contact", "contacts");
    let first = (!is_first).then(|| search.href_with(LIST, "", None));
    let next = page.next.as_deref().map(|cursor| search.href_with(LIST, "cursor", Some(cursor)));
    let rows: Vec<_> = page.items.into_iter().map(|contact| row(contact, zone)).collect();
    view! {
        <div class="table-wrap">
            <table class="table-stack dense">
                <thead><tr>
                    <th scope="col">"Contact"</th><th scope="col">"Number"</th><th scope="col">"Status"</th><th scope="col">"Tags"</th>
                    <th scope="col">"Last change"</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
        <Pager shown=shown first=first next=next/>
    }
    .into_any()
}

fn row(contact: Contact, zone: Tz) -> impl IntoView {
    let others = contact.other_numbers.len() as i64;
    let others =
        (others > 0).then(|| view! { <span class="cell-sub">{format!("and {}", count(others, "other number", "other numbers"))}</span> });
    let name = match contact.name {
        Some(name) => view! { <bdi dir="auto">{name}</bdi> }.into_any(),
        None => view! { <PhoneNumber number=contact.phone.clone()/> }.into_any(),
    };
    view! {
        <tr>
            <th scope="row"><a href=page_of(&contact.id)>{name}</a></th>
            <td data-label="Number"><span><PhoneNumber number=contact.phone/>{others}</span></td>
            <td data-label="Status">{contact.status.map_or_else(|| "–".into_any(), |word| view! { <StatusOf word=word/> }.into_any())}</td>
            <td data-label="Tags"><Tags tags=contact.tags/></td>
            <td data-label="Last change" class="nowrap"><Time at=contact.updated_at zone=zone/></td>
        </tr>
    }
}

/// How far a lead has come.
#[component]
fn StatusOf(word: &'static str) -> impl IntoView {
    let tone = match LeadStatus::parse(word) {
        Some(LeadStatus::Won) => "is-ok",
        Some(LeadStatus::Qualified) => "is-info",
        Some(LeadStatus::New | LeadStatus::Contacted) => "is-warn",
        Some(LeadStatus::Lost) | None => "",
    };
    let text = LeadStatus::parse(word).map_or(word, LeadStatus::label);
    view! { <Badge tone=tone text=text/> }
}

/// Tags, each leading to everybody who has it.
#[component]
fn Tags(tags: Vec<String>) -> impl IntoView {
    if tags.is_empty() {
        return view! { <span class="muted">"–"</span> }.into_any();
    }
    let links: Vec<_> = tags
        .into_iter()
        .map(|tag| {
            let href = format!("{LIST}?tag={}", encode(&tag));
            view! { <a class="badge plain" href=href><bdi dir="auto">{tag}</bdi></a>" " }
        })
        .collect();
    view! { <span>{links}</span> }.into_any()
}
