//! What stands around every page: navigation, search, theme, account, the notice of the last command.

use std::sync::Arc;

use leptos::prelude::*;

use super::show::number;
use super::{Alert, Glyph, Hidden, Icon};
use crate::access::{Permission, Role, Who};
use crate::web::flash::{Flash, Tone};
use crate::web::page::visit;
use crate::web::visit::{SignedIn, Theme, Visit};

/// One line of the navigation.
struct Entry {
    href: &'static str,
    /// The start of addresses that belong to it.
    root: &'static str,
    text: &'static str,
    glyph: Glyph,
    needs: Permission,
}

const fn entry(href: &'static str, text: &'static str, glyph: Glyph, needs: Permission) -> Entry {
    Entry { href, root: href, text, glyph, needs }
}

/// The entry that shows how much is unread.
const INBOX: &str = "/inbox";

const NAVIGATION: [(&str, &[Entry]); 4] = [
    (
        "Send",
        &[
            entry("/", "Overview", Glyph::Home, Permission::View),
            entry("/send", "New message", Glyph::Send, Permission::Send),
            entry("/uploads", "Upload a CSV", Glyph::File, Permission::Send),
            entry("/campaigns", "Campaigns", Glyph::Flag, Permission::View),
        ],
    ),
    (
        "Library",
        &[
            entry("/templates", "Templates", Glyph::Chat, Permission::View),
            entry("/contacts", "Contacts", Glyph::People, Permission::View),
            entry("/audiences", "Audiences", Glyph::Filter, Permission::View),
        ],
    ),
    (
        "Watch",
        &[
            entry(INBOX, "Inbox", Glyph::Inbox, Permission::View),
            entry("/history", "History", Glyph::Clock, Permission::View),
            entry("/costs", "Costs", Glyph::Coin, Permission::Costs),
        ],
    ),
    (
        "Manage",
        &[Entry { href: "/settings/organisation", root: "/settings", text: "Settings", glyph: Glyph::Gear, needs: Permission::Settings }],
    ),
];

impl Entry {
    fn is_current(&self, path: &str) -> bool {
        let path = path.split('?').next().unwrap_or(path);
        path == self.root || (self.root != "/" && path.strip_prefix(self.root).is_some_and(|rest| rest.starts_with('/')))
    }
}

/// The frame of the desk's pages.
#[component]
pub fn Shell(children: Children) -> impl IntoView {
    let visit = visit();
    let Some(signed_in) = visit.signed_in.clone() else { return view! { <Bare>{children()}</Bare> }.into_any() };
    view! {
        <a class="skip" href="#main">"Skip to the content"</a>
        <div class="shell">
            <Sidebar path=visit.path.clone() signed_in=signed_in.clone()/>
            <div>
                <Topbar visit=visit.clone() signed_in=signed_in.clone()/>
                <main class="main" id="main" tabindex="-1">
                    {signed_in.settings.test_mode.then(|| view! {
                        <div class="mb-4"><Alert tone=Tone::Info>"Test mode: every message ends at the carrier simulator, none reaches a phone."</Alert></div>
                    })}
                    <LastNotice/>
                    {children()}
                </main>
            </div>
        </div>
    }
    .into_any()
}

/// The frame of pages without navigation.
#[component]
pub fn Bare(children: Children) -> impl IntoView {
    view! { <main class="bare" id="main"><LastNotice/>{children()}</main> }.into_any()
}

/// What the last command said.
#[component]
fn LastNotice() -> impl IntoView {
    let notice = use_context::<Arc<Flash>>().and_then(|flash| flash.notice.clone());
    notice.map(|n| view! { <div class="mb-4"><Alert tone=n.tone>{n.text}</Alert></div> })
}

#[component]
fn Sidebar(path: String, signed_in: Arc<SignedIn>) -> impl IntoView {
    let groups: Vec<_> = NAVIGATION
        .iter()
        .map(|(title, entries)| {
            let entries: Vec<_> = entries
                .iter()
                .filter(|e| signed_in.actor.may(e.needs))
                .map(|e| {
                    let current = e.is_current(&path).then_some("page");
                    let unread = (e.href == INBOX).then(|| view! { <Unread count=signed_in.unread/> });
                    view! { <li><a href=e.href aria-current=current><Icon glyph=e.glyph/>{e.text}{unread}</a></li> }
                })
                .collect();
            view! { <div><p class="nav-title">{*title}</p><ul class="nav">{entries}</ul></div> }
        })
        .collect();
    let mode = if signed_in.settings.test_mode { "Test mode" } else { "Live mode" };
    view! {
        <nav class="sidebar" id="nav" popover aria-label="Main">
            <a class="brand" href="/">
                <span class="brand-mark"><Icon glyph=Glyph::Chat/></span>
                <span>"Peyk"<small><bdi>{signed_in.settings.organisation.clone()}</bdi></small></span>
            </a>
            {groups}
            <p class="sidebar-foot">{mode}</p>
        </nav>
    }
    .into_any()
}

/// How many texts nobody has read. It is there also when there are none, for the page that marks them as read shows it anew.
#[component]
fn Unread(count: i64) -> impl IntoView {
    view! { <span id="unread" class="count" hidden={count == 0}>{number(count)}<span class="vh">" unread"</span></span> }
}

#[component]
fn Topbar(visit: Visit, signed_in: Arc<SignedIn>) -> impl IntoView {
    view! {
        <header class="topbar">
            <button class="btn btn-icon nav-toggle" type="button" popovertarget="nav" aria-label="Menu"><Icon glyph=Glyph::Menu/></button>
            <form class="search" role="search" action="/history" method="get">
                <label class="vh" for="search">"Search messages by phone number"</label>
                <button type="submit" aria-label="Search"><Icon glyph=Glyph::Search/></button>
                <input class="input" id="search" type="search" name="to" placeholder="Phone number" autocomplete="off" aria-keyshortcuts="/"/>
                <kbd aria-hidden="true">"/"</kbd>
            </form>
            <span class="grow"></span>
            <ThemeButton theme=visit.theme back=visit.path/>
            <Account signed_in=signed_in/>
        </header>
    }
    .into_any()
}

/// Goes on to the next theme: as the device, light, dark.
#[component]
fn ThemeButton(theme: Theme, back: String) -> impl IntoView {
    let (next, label, glyph) = match theme {
        Theme::Auto => (Theme::Light, "Theme: as the device. Switch to light", Glyph::Screen),
        Theme::Light => (Theme::Dark, "Theme: light. Switch to dark", Glyph::Sun),
        Theme::Dark => (Theme::Auto, "Theme: dark. Switch to the device’s", Glyph::Moon),
    };
    view! {
        <form action="/do/public/theme" method="post">
            <Hidden name="back" value=back/>
            <button class="btn btn-quiet btn-icon" type="submit" name="theme" value=next.as_str() aria-label=label title=label><Icon glyph=glyph/></button>
        </form>
    }
}

#[component]
fn Account(signed_in: Arc<SignedIn>) -> impl IntoView {
    let (name, role) = match &signed_in.actor.who {
        Who::User { name, role, .. } => (name.clone(), role_word(*role)),
        _ => (signed_in.actor.label(), ""),
    };
    let initials: String = name.split_whitespace().filter_map(|w| w.chars().next()).take(2).collect::<String>().to_uppercase();
    view! {
        <button class="avatar" type="button" popovertarget="account">
            <span aria-hidden="true">{initials}</span><span class="vh">{format!("Account: {name}")}</span>
        </button>
        <div class="card account" id="account" popover>
            <div class="body stack">
                <p><strong><bdi>{name}</bdi></strong><span class="cell-sub">{role}</span></p>
                <form method="post" action="/do/public/logout"><button class="btn btn-block" type="submit">"Sign out"</button></form>
            </div>
        </div>
    }
}

/// What a role is called on pages.
pub fn role_word(role: Role) -> &'static str {
    match role {
        Role::Owner => "Owner",
        Role::Admin => "Admin",
        Role::Marketer => "Marketer",
        Role::Viewer => "Viewer",
    }
}
