//! What to do first, while the desk is empty.

use leptos::prelude::*;

use crate::access::{Actor, Permission};
use crate::connections;
use crate::kernel::error::Result;
use crate::kernel::page::PageRequest;
use crate::providers::Provider;
use crate::templates::{self, TemplateFilter};
use crate::uploads;
use crate::web::page::Desk;
use crate::web::ui::{Alert, Badge, Glyph, Icon, Tone};

/// What has been done already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Begun {
    template: bool,
    upload: bool,
}

/// Looks what an empty desk has already.
pub async fn begun(desk: &Desk) -> Result<Begun> {
    let one = PageRequest { limit: 1, cursor: None };
    let templates = templates::list(&desk.app, desk.actor(), &TemplateFilter::default(), &one).await?;
    let uploads = uploads::list(&desk.app, desk.actor(), &one).await?;
    Ok(Begun { template: !templates.items.is_empty(), upload: !uploads.items.is_empty() })
}

/// Whether every connection in use is the carrier simulator, so that nothing reaches a phone.
pub async fn only_simulator(desk: &Desk) -> Result<bool> {
    let connections = connections::list(&desk.app, desk.actor()).await?;
    let mut used = connections.iter().map(|c| &c.connection).filter(|c| c.enabled);
    Ok(used.all(|c| c.provider == Provider::Simulator))
}

/// The first steps, each with whether it is done.
#[component]
pub fn FirstSteps(
    /// What has been done.
    begun: Begun,
    /// Who looks.
    actor: Actor,
) -> impl IntoView {
    let steps = [
        (
            Permission::Templates,
            Glyph::Chat,
            "/templates",
            "Write a template",
            "A text with placeholders, in the languages of your customers.",
            begun.template,
        ),
        (Permission::Send, Glyph::File, "/uploads", "Upload a CSV", "Check a list of numbers, then send to all of them.", begun.upload),
        (
            Permission::Send,
            Glyph::Send,
            "/send",
            "Send a test",
            "One message to your own number. The simulator is ready; no account is needed.",
            false,
        ),
    ];
    let steps: Vec<_> = steps
        .into_iter()
        .filter(|(needs, ..)| actor.may(*needs))
        .map(|(_, glyph, href, title, text, done)| {
            view! {
                <li>
                    <span class="list-icon is-info"><Icon glyph=glyph/></span>
                    <p><a href=href>{title}</a><span class="cell-sub">{text}</span></p>
                    {done.then(|| view! { <Badge tone="is-ok" text="Done"/> })}
                </li>
            }
        })
        .collect();
    view! { <ul class="list">{steps}</ul> }
}

/// Says that messages reach no phone yet.
#[component]
pub fn SimulatorNotice(
    /// Whether the viewer may change that.
    may_change: bool,
) -> impl IntoView {
    let link = may_change.then(|| view! { " "<a href="/settings/connections">"Connect a provider"</a> });
    view! {
        <Alert tone=Tone::Info>"Messages go to the carrier simulator: you can try everything, and nothing reaches a phone."{link}</Alert>
    }
}
