//! Page heads, cards, figures, steps, tabs, timelines.

use std::sync::Arc;

use leptos::prelude::*;

use crate::web::flash::Flash;

/// The title in the browser's tab: `text – Peyk`, after `Error: ` when the page shows a refused form.
/// Leptos 0.8 does not escape titles; this does.
#[component]
pub fn PageTitle(
    /// What the page is.
    text: String,
    /// Whether the page refuses what its own address asks for.
    #[prop(optional)]
    is_refused: bool,
) -> impl IntoView {
    let refused = is_refused || use_context::<Arc<Flash>>().is_some_and(|f| f.form.as_ref().is_some_and(|form| !form.errors.0.is_empty()));
    view! { <leptos_meta::Title text=title(&text, refused)/> }
}

fn title(text: &str, refused: bool) -> String {
    let safe = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    format!("{}{safe} – Peyk", if refused { "Error: " } else { "" })
}

/// A step of the way to this page.
#[derive(Clone, Debug)]
pub struct Crumb {
    /// Its name.
    pub text: String,
    /// Its address.
    pub href: String,
}

impl Crumb {
    /// A step of the way.
    pub fn new(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { text: text.into(), href: href.into() }
    }
}

/// The head of a page: title (also in the tab), the way here, and on the right its actions.
#[component]
pub fn PageHead(
    /// What the page is.
    #[prop(into)]
    title: String,
    /// The way to this page.
    #[prop(optional)]
    crumbs: Vec<Crumb>,
    /// A line under the title.
    #[prop(optional, into)]
    below: Option<AnyView>,
    /// Whether the page refuses what its own address asks for.
    #[prop(optional)]
    is_refused: bool,
    /// Buttons and links on the right.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let last = crumbs.len().saturating_sub(1);
    let way = crumbs.into_iter().enumerate().map(|(i, c)| {
        view! { <a href=c.href>{c.text}</a>{(i < last).then_some(" / ")} }
    });
    let way: Vec<_> = way.collect();
    view! {
        <PageTitle text=title.clone() is_refused=is_refused/>
        <div class="page-head">
            <div>
                {(!way.is_empty()).then(|| view! { <p class="crumbs">{way}</p> })}
                <h1>{title}</h1>
                {below}
            </div>
            {children.map(|children| children())}
        </div>
    }
    .into_any()
}

/// A card with a heading. `id` names the heading and must be unique on the page.
#[component]
pub fn Card(
    /// The heading's id.
    id: &'static str,
    /// The heading.
    #[prop(into)]
    title: String,
    /// What stands at the right of the heading.
    #[prop(optional, into)]
    aside: Option<AnyView>,
    /// More classes, e.g. `c-8` for eight of twelve columns.
    #[prop(optional)]
    class: &'static str,
    /// The content; wrap text in `<div class="body">`, let tables and lists stand bare.
    children: Children,
) -> impl IntoView {
    view! {
        <section class=format!("card {class}") aria-labelledby=id>
            <div class="card-head"><h2 id=id>{title}</h2>{aside}</div>
            {children()}
        </section>
    }
    .into_any()
}

/// One figure on a card of its own; stands in `<dl class="grid fill stats">`.
#[component]
pub fn Stat(
    /// What is counted.
    #[prop(into)]
    label: String,
    /// The figure, ready to show.
    #[prop(into)]
    value: String,
    /// A line below, in words.
    #[prop(optional, into)]
    note: Option<String>,
) -> impl IntoView {
    view! {
        <div class="card stat c-3"><dt>{label}</dt><dd>{value}</dd>{note.map(|n| view! { <dd class="delta">{n}</dd> })}</div>
    }
}

/// One figure among several that add up; stands in `<dl class="tally">`.
#[component]
pub fn Tally(
    /// What is counted.
    #[prop(into)]
    label: String,
    /// The figure, ready to show.
    #[prop(into)]
    value: String,
    /// A line below.
    #[prop(optional, into)]
    note: Option<String>,
    /// `text-ok`, `text-warn`, `text-bad` or nothing.
    #[prop(optional)]
    tone: &'static str,
) -> impl IntoView {
    view! { <div><dt>{label}</dt><dd class=tone>{value}{note.map(|n| view! { <small>{n}</small> })}</dd></div> }
}

/// A page among sisters.
#[derive(Clone, Debug)]
pub struct Tab {
    /// Its name.
    pub text: String,
    /// Its address.
    pub href: String,
    /// Whether it is this one.
    pub current: bool,
}

/// Links to the sisters of a page.
#[component]
pub fn Tabs(
    /// What they have in common, for screen readers.
    label: &'static str,
    /// The pages.
    tabs: Vec<Tab>,
) -> impl IntoView {
    let links: Vec<_> = tabs.into_iter().map(|t| view! { <a href=t.href aria-current=t.current.then_some("page")>{t.text}</a> }).collect();
    view! { <nav class="tabs mb-4" aria-label=label>{links}</nav> }
}

/// How far a step of a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Behind us.
    Done,
    /// Here.
    Current,
    /// To come.
    Ahead,
}

/// The steps of a task and where we are.
#[component]
pub fn Steps(
    /// Each step's name and state.
    steps: Vec<(&'static str, Step)>,
) -> impl IntoView {
    let items: Vec<_> = steps
        .into_iter()
        .map(|(name, step)| {
            let class = if step == Step::Done { "done" } else { "" };
            let done = (step == Step::Done).then(|| view! { <span class="vh">" (done)"</span> });
            view! { <li class=class aria-current=(step == Step::Current).then_some("step")><span>{name}{done}</span></li> }
        })
        .collect();
    view! { <nav aria-label="Steps"><ol class="steps">{items}</ol></nav> }
}

/// Something that happened.
#[derive(Clone, Debug)]
pub struct TimelineStep {
    /// What happened.
    pub title: String,
    /// When, and what is to be said about it.
    pub detail: String,
    /// `is-ok`, `is-bad`, `is-warn`, `is-info` for a badge; empty for plain text.
    pub tone: &'static str,
}

/// What happened, oldest first.
#[component]
pub fn Timeline(
    /// The steps in their order.
    steps: Vec<TimelineStep>,
) -> impl IntoView {
    let items: Vec<_> = steps
        .into_iter()
        .map(|s| {
            let title = if s.tone.is_empty() {
                view! { <strong>{s.title}</strong> }.into_any()
            } else {
                view! { <span class=format!("badge {}", s.tone)>{s.title}</span> }.into_any()
            };
            view! { <li>{title}" "<span class="muted small">{s.detail}</span></li> }
        })
        .collect();
    view! { <ol class="timeline">{items}</ol> }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_title_cannot_be_left() {
        assert_eq!(title("</title><script>&amp;", false), "&lt;/title&gt;&lt;script&gt;&amp;amp; – Peyk");
        assert_eq!(title("Users", true), "Error: Users – Peyk");
    }
}
