//! Around tables: scrolling, filters, going on.

use leptos::prelude::*;

use super::{Glyph, Icon};

/// A table that may be wider than a phone: it scrolls inside its own named region. On phones
/// `<table class="table-stack">` turns rows into cards instead; give its cells `data-label`.
#[component]
pub fn TableWrap(
    /// What the table holds, for screen readers.
    #[prop(into)]
    label: String,
    /// The table.
    children: Children,
) -> impl IntoView {
    view! { <section class="table-wrap" tabindex="0" aria-label=label>{children()}</section> }.into_any()
}

/// One way to narrow a list.
#[derive(Clone, Debug)]
pub struct FilterChip {
    /// Its name.
    pub text: String,
    /// How many rows it has, ready to show.
    pub count: Option<String>,
    /// The list's address with this filter.
    pub href: String,
    /// Whether it is on.
    pub current: bool,
}

/// Ways to narrow a list, as links, so that the state stands in the address.
#[component]
pub fn Filters(
    /// What is filtered, e.g. `Filter by status`.
    #[prop(into)]
    label: String,
    /// The filters, usually `All` first.
    chips: Vec<FilterChip>,
) -> impl IntoView {
    let links: Vec<_> = chips
        .into_iter()
        .map(|c| {
            let count = c.count.map(|n| view! { " "<b>{n}</b> });
            view! { <a href=c.href aria-current=c.current.then_some("true")>{c.text}{count}</a> }
        })
        .collect();
    view! { <nav class="filters" aria-label=label>{links}</nav> }
}

/// Links to the first and the next page of a list that goes on by a key.
#[component]
pub fn Pager(
    /// What is shown here, e.g. `50 messages`.
    #[prop(into)]
    shown: String,
    /// The address of the first page, unless this is it.
    #[prop(optional_no_strip, into)]
    first: Option<String>,
    /// The address of the next page, if there is one.
    #[prop(optional_no_strip, into)]
    next: Option<String>,
) -> impl IntoView {
    view! {
        <nav class="card-foot pager" aria-label="Pages">
            <span>{shown}</span>
            <span class="row">
                {first.map(|href| view! { <a class="btn btn-sm" href=href><Icon glyph=Glyph::Previous/>"First page"</a> })}
                {next.map(|href| view! { <a class="btn btn-sm" href=href rel="next">"Next page"<Icon glyph=Glyph::Next/></a> })}
            </span>
        </nav>
    }
}
