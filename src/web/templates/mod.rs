//! Templates: the list, the editor with its live preview, versions.

pub mod actions;
mod draft;
pub mod edit;
pub mod list;
pub mod packs;
mod placeholders;
mod preview;
mod review;
mod texts;
pub mod uses;
mod variant_fields;
pub mod variants;
pub mod versions;

use leptos::prelude::*;

use super::page::Desk;
use super::settings::choices::Choices;
use super::ui::show::{Time, count};
use super::ui::{Badge, Crumb, StatusBadge, Tab, Tabs};
use crate::access::Permission;
use crate::kernel::category::Category;
use crate::templates::{ReviewStatus, TemplateView};

/// The page that all templates are listed on.
pub const LIST: &str = "/templates";

/// The way to a template's pages.
fn crumbs() -> Vec<Crumb> {
    vec![Crumb::new("Templates", LIST)]
}

/// Every category, for a choice of one.
fn categories() -> Choices {
    Category::ALL.into_iter().map(|c| (c.as_str().to_owned(), c.label().to_owned())).collect()
}

/// Where a template stands and who saved it last; stands below its title.
#[component]
fn Standing(template: TemplateView, desk: Desk) -> impl IntoView {
    let draft = (template.has_draft && template.version > 0)
        .then(|| view! { <Badge tone="is-warn" text=format!("Draft of version {}", template.version + 1)/> });
    let review = review_badge(&template);
    view! {
        <p class="row small muted mt-1">
            <StatusBadge status=template.status.as_str()/>
            {draft}
            {review}
            <span>{template.category.label()}</span>
            <span>"Saved "<Time at=template.updated_at zone=desk.settings().time_zone/>" by "<bdi>{template.updated_by}</bdi></span>
        </p>
    }
}

/// The pages of one template. `here` is the address of this one.
#[component]
fn TemplateTabs(template: TemplateView, here: String) -> impl IntoView {
    let versions = if template.version > 0 { count(template.version, "version", "versions") } else { "Versions".into() };
    let page = |page: &str| format!("{LIST}/{}{page}", template.id);
    let variants = if template.variants.is_empty() { "A/B variants".into() } else { format!("A/B variants ({})", template.variants.len()) };
    let pages = [
        ("Text".to_owned(), page("")),
        (variants, page("/variants")),
        (versions, page("/versions")),
        ("Where used".to_owned(), page("/uses")),
    ];
    let tabs = pages.into_iter().map(|(text, href)| Tab { text, current: href == here, href }).collect();
    view! { <Tabs label="Template" tabs=tabs/> }
}

/// How the request to publish the draft stands, if there is one.
fn review_badge(template: &TemplateView) -> Option<impl IntoView + use<>> {
    let status = template.review.as_ref()?.status;
    let tone = if status == ReviewStatus::Waiting { "is-info" } else { "is-bad" };
    Some(view! { <Badge tone=tone text=status.label()/> })
}

/// Whether this visitor may write into the template as it stands.
fn may_write(desk: &Desk, template: &TemplateView) -> bool {
    template.can_edit() && desk.actor().may(Permission::Templates)
}
