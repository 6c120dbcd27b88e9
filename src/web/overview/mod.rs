//! `/`: what is going on.

use leptos::prelude::*;

use super::page::{desk, page as desk_page};
use super::ui::{Card, Glyph, Icon, PageHead};
use crate::access::Permission;

/// `/`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::View)?;
        let actor = desk.actor();
        let steps = [
            (
                Permission::Templates,
                Glyph::Chat,
                "/templates",
                "Write a template",
                "A text with placeholders, in the languages of your customers.",
            ),
            (Permission::Send, Glyph::Send, "/send", "Send a first message", "The carrier simulator is ready; no account is needed."),
            (Permission::Send, Glyph::File, "/uploads", "Upload a CSV", "Check a list of numbers, then send to all of them."),
            (Permission::Access, Glyph::People, "/settings/users", "Add a colleague", "Each with the rights they need."),
        ];
        let steps: Vec<_> = steps
            .into_iter()
            .filter(|(needs, ..)| actor.may(*needs))
            .map(|(_, glyph, href, title, text)| {
                view! {
                    <li>
                        <span class="list-icon is-info"><Icon glyph=glyph/></span>
                        <p><a href=href>{title}</a><span class="cell-sub">{text}</span></p>
                    </li>
                }
            })
            .collect();
        Ok(view! {
            <PageHead title="Overview"/>
            <Card id="start" title="Start here"><ul class="list">{steps}</ul></Card>
        })
    })
}
