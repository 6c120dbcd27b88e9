//! The organisation's settings, its users and keys.

pub mod actions;
pub mod choices;
pub mod codes;
pub mod connection;
pub mod connection_actions;
pub mod connections;
pub mod consent;
pub mod keys;
pub mod keywords;
pub mod organisation;
pub mod paused;
pub mod price_file;
pub mod provider_fields;
pub mod replies;
pub mod retention;
pub mod routing;
pub mod sender_limits;
pub mod users;

use leptos::prelude::*;

use super::ui::{Tab, Tabs};
use crate::access::{Actor, Permission};

/// The settings pages that the actor may see.
#[component]
pub fn SettingsTabs(
    /// Who looks.
    actor: Actor,
    /// The address of this page.
    here: &'static str,
) -> impl IntoView {
    let pages = [
        ("Organisation", "/settings/organisation", Permission::Settings),
        ("Connections", "/settings/connections", Permission::Settings),
        ("Routing", "/settings/routing", Permission::Settings),
        ("Codes", "/settings/codes", Permission::Settings),
        ("Keywords", "/settings/keywords", Permission::Settings),
        ("Consent", "/settings/consent", Permission::Settings),
        ("Retention", "/settings/retention", Permission::Settings),
        ("Saved replies", "/settings/replies", Permission::Templates),
        ("Users", "/settings/users", Permission::Access),
        ("API keys", "/settings/keys", Permission::Access),
    ];
    let tabs = pages
        .into_iter()
        .filter(|(_, _, needs)| actor.may(*needs))
        .map(|(text, href, _)| Tab { text: text.into(), href: href.into(), current: href == here })
        .collect();
    view! { <Tabs label="Settings" tabs=tabs/> }
}
