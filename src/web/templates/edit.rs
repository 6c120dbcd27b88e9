//! `/templates/new` and `/templates/{id}`.

use leptos::prelude::*;

use super::actions::{CREATE, PREVIEW, SAVE};
use super::draft::Draft;
use super::placeholders::Placeholders;
use super::preview::{LivePreview, Reading};
use super::review::ReviewCard;
use super::texts::{AddLanguage, Texts};
use super::uses::Warnings;
use super::variant_fields::Registration;
use super::versions::Changes;
use super::{LIST, Standing, TemplateTabs, categories, crumbs, may_write};
use crate::access::Permission;
use crate::connections;
use crate::kernel::clock::rfc3339;
use crate::templates::{self, Said, TemplateView};
use crate::uses::{self, Breakage};
use crate::web::page::{Desk, Typed, desk, page as desk_page, param, typed, visit};
use crate::web::ui::{Alert, Card, Command, ErrorSummary, Field, Glyph, Hidden, Icon, PageHead, Select, TextArea, Tone};

/// `/templates/new`.
pub fn new() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Templates)?;
        let form = typed_into(CREATE);
        let draft = if form.is_again() { Draft::typed(&form) } else { Draft::blank(&desk.settings().language) };
        Ok(view! {
            <PageHead title="New template" crumbs=crumbs()><SaveButton/></PageHead>
            <Editor form=form draft=draft template=None warnings=Vec::new() desk=desk/>
        })
    })
}

/// `/templates/{id}`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        let template = templates::get(&desk.app, desk.actor(), &param("id")).await?;
        let writes = may_write(&desk, &template);
        let (form, language) = (typed_into(SAVE), &desk.settings().language);
        let draft = if form.is_again() { Draft::typed(&form) } else { Draft::of(&template, language) };
        let mut draft = draft.with_longest(uses::longest_values(&desk.app, desk.actor(), &template.id).await?);
        draft.price = connections::usual_price(&desk.app, desk.actor(), template.category).await?;
        // What typing refreshes shows none of them, and looking for them reads every upload that the template is used by.
        let warnings = match visit().partial {
            true => Vec::new(),
            false => uses::warnings(&desk.app, desk.actor(), template.id.as_str()).await?,
        };
        let review = ReviewCard::load(&desk, &template, &warnings).await?;
        let body = if writes {
            view! { <Editor form=form draft=draft template=Some(template.clone()) warnings=warnings desk=desk.clone()/> }.into_any()
        } else {
            view! { <Reading draft=draft sender=desk.settings().organisation.clone()/> }.into_any()
        };
        let below = view! { <Standing template=template.clone() desk=desk.clone()/> }.into_any();
        let here = format!("{LIST}/{}", template.id);
        let around = view! { <Around template=template.clone() desk=desk/> };
        let title = template.name.clone();
        Ok(view! {
            <PageHead title=title crumbs=crumbs() below=below>
                {around}
                {writes.then(|| view! { <SaveButton/> })}
            </PageHead>
            <TemplateTabs template=template here=here/>
            {review.map(|card| view! { <div class="mb-4">{card.view()}</div> })}
            {body}
        })
    })
}

/// What was typed and comes back, refused by `command` or only to be looked at.
fn typed_into(command: &str) -> Typed {
    let refused = typed(command);
    if refused.is_again() { refused } else { typed(PREVIEW) }
}

/// The first button of the form, so that the Enter key saves.
#[component]
fn SaveButton() -> impl IntoView {
    view! { <button class="btn btn-primary" type="submit" form="template">"Save draft"</button> }
}

/// What can be done with a template besides writing.
#[component]
fn Around(template: TemplateView, desk: Desk) -> impl IntoView {
    if !desk.actor().may(Permission::Templates) {
        return ().into_any();
    }
    let id = || vec![("id", template.id.to_string())];
    let discard = template.can_discard_draft().then(|| {
        let values = vec![("id", template.id.to_string()), ("seen", rfc3339(template.updated_at))];
        view! { <Command action="/do/templates/discard" values=values class="btn-quiet">"Discard draft"</Command> }
    });
    let archive = if template.can_edit() {
        view! { <Command action="/do/templates/archive" values=id() class="btn-quiet">"Archive"</Command> }.into_any()
    } else {
        view! { <Command action="/do/templates/unarchive" values=id() class="btn-primary">"Take back from the archive"</Command> }
            .into_any()
    };
    view! { <div class="row">{discard}<Command action="/do/templates/copy" values=id() class="btn-quiet">"Copy"</Command>{archive}</div> }
        .into_any()
}

/// The whole form. `template` is what is stored, unless it is a new one.
#[component]
fn Editor(form: Typed, draft: Draft, template: Option<TemplateView>, warnings: Vec<Breakage>, desk: Desk) -> impl IntoView {
    let action = if template.is_some() { SAVE } else { CREATE };
    let identity = template.as_ref().map(|t| {
        view! { <Hidden name="id" value=t.id.to_string()/><Hidden name="seen" value=rfc3339(t.updated_at)/> }
    });
    let meanwhile = template.clone().map(|t| view! { <Meanwhile form=form.clone() template=t draft=draft.clone()/> });
    let publish = template
        .clone()
        .filter(|t| !t.is_waiting())
        .map(|t| view! { <Publish form=form.clone() warnings=warnings asks=t.needs_approval(desk.settings()) template=t/> });
    let sender = desk.settings().organisation.clone();
    view! {
        <form class="grid" id="template" method="post" action=action>
            {identity}
            <div class="c-8 stack stack-5">
                <ErrorSummary form=form.clone()/>
                {meanwhile}
                <Texts form=form.clone() draft=draft.clone()/>
                <AddLanguage form=form.clone() draft=draft.clone()/>
                <Placeholders form=form.clone() draft=draft.clone()/>
                <About form=form.clone() template=template.clone()/>
                <Registration form=form.clone() dlt=template.and_then(|t| t.dlt).unwrap_or_default()/>
                {publish}
            </div>
            <aside class="c-4" aria-label="Preview"><div class="sticky"><LivePreview draft=draft sender=sender/></div></aside>
        </form>
    }
    .into_any()
}

#[component]
fn About(form: Typed, template: Option<TemplateView>) -> impl IntoView {
    let (name, code, category, description) = match template {
        Some(t) => (t.name, t.code, t.category.as_str(), t.description.unwrap_or_default()),
        None => (String::new(), String::new(), "order", String::new()),
    };
    view! {
        <Card id="about" title="About this template">
            <div class="body stack">
                <Field form=form.clone() name="name" label="Name" value=name required=true/>
                <Field form=form.clone() name="code" label="Code" value=code
                    hint="What programs call it: small letters, digits, “-” and “_”. A new template gets one from its name."/>
                <Select form=form.clone() name="category" label="Category" value=category options=categories()
                    hint="Consent, quiet hours and priority go by it. It takes effect at once, also for the published version."/>
                <TextArea form=form name="description" label="Description" value=description rows=2 hint="For your colleagues."/>
            </div>
        </Card>
    }
}

#[component]
fn Publish(form: Typed, template: TemplateView, warnings: Vec<Breakage>, asks: bool) -> impl IntoView {
    let next = template.version + 1;
    let button = if asks { format!("Save and ask for approval of version {next}") } else { format!("Save and publish version {next}") };
    let approval = asks.then(|| view! { <p class="muted small">"A second person approves marketing here before it goes live."</p> });
    let now = match template.version {
        0 => "It was never published: nothing can be sent with it yet.".to_owned(),
        n => format!("Version {n} is live. Campaigns and messages keep the version that they were made with."),
    };
    view! {
        <Card id="publish" title="Publish">
            <div class="body stack">
                <p>{now}</p>
                {approval}
                <Warnings warnings=warnings.clone()/>
                <Hidden name="warned" value=uses::mark(&warnings)/>
                <Field form=form name="note" label="What changed" hint="Stands beside the version."/>
                <p class="row">
                    <button class="btn" type="submit" name="then" value="publish"><Icon glyph=Glyph::Check/>{button}</button>
                </p>
            </div>
        </Card>
    }
}

/// What somebody else saved while this form was open, against what was typed.
#[component]
fn Meanwhile(form: Typed, template: TemplateView, draft: Draft) -> impl IntoView {
    let stale = form.get("seen").is_some_and(|seen| seen != rfc3339(template.updated_at));
    if !stale {
        return ().into_any();
    }
    // Variants have a form of their own, so only the template's own words can differ.
    let texts = draft.sketch.texts.iter().map(|t| (t.language.clone(), t.source.clone())).collect();
    let typed = Said::of(&texts, &template.variants, &draft.sketch.placeholders);
    let stored = template.said();
    view! {
        <Alert tone=Tone::Warn>
            <p><strong><bdi>{template.updated_by}</bdi>" saved this template meanwhile."</strong>" What you typed stands below; saving now puts it in place of theirs."</p>
            <Changes old=stored new=typed/>
        </Alert>
    }
    .into_any()
}
