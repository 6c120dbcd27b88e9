//! `/send`: one message to one number, seen before it goes.

pub mod actions;
mod form;
pub mod preview;
mod recipient;

use leptos::prelude::*;

use self::form::Composed;
use self::preview::{PreviewPane, Shown};
use super::page::{Desk, Typed, desk, page as desk_page, query, typed};
use super::settings::choices::Choices;
use super::ui::{Card, ErrorSummary, Field, Glyph, Hidden, Icon, PageHead, Select, TextArea};
use crate::access::Permission;
use crate::contacts;
use crate::costs;
use crate::kernel::category::Category;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::fresh;
use crate::kernel::page::{MOST, PageRequest};
use crate::kernel::sms::replace_culprits;
use crate::messages;
use crate::templates::{self, TemplateFilter, TemplateStatus, VersionView};

/// `/send`.
pub fn page() -> impl IntoView {
    desk_page(async {
        let desk = desk()?;
        desk.actor().require(Permission::Send)?;
        let form = state(&desk).await?;
        let template = match form.get("template").filter(|code| !code.is_empty()) {
            Some(code) => live_version(&desk, code).await?,
            None => None,
        };
        let choices = template_choices(&desk).await?;
        let settings = desk.settings().clone();
        let shown = look(&desk, &Composed::typed(&form)).await?;
        let budget = if desk.actor().may(Permission::Costs) { Some(costs::budget(&desk.app, desk.actor()).await?) } else { None };
        let filled = |name: &str| form.get(name).filter(|v| !v.trim().is_empty()).map(str::to_owned);
        let sender = filled("from");
        let once = fresh(desk.app.clock.now());
        let can_replace = template.is_none();
        let (fields, how, how_to_test) = (form.clone(), form.clone(), form.clone());
        let tests = form.get("test_to").is_some_and(|to| !to.trim().is_empty());
        let zone = settings.time_zone.name().replace('_', " ");
        Ok(view! {
            <PageHead title="New message"/>
            <div class="grid">
                <form id="compose" class="stack stack-5 c-7" method="post" action="/do/send"
                    hx-post="/do/send/preview" hx-trigger="input delay:300ms" hx-validate="false" hx-target="#preview" hx-select="#preview" hx-swap="outerMorph">
                    <ErrorSummary form=form.clone()/>
                    <Hidden name="once" value=once/>
                    <Card id="message" title="Message">
                        <div class="body stack">
                            <Field form=fields.clone() name="to" label="To" hint="A phone number in any form, or a contact’s name." required=true/>
                            <TemplateChoice form=fields.clone() choices=choices/>
                            <Words form=fields template=template/>
                        </div>
                    </Card>
                    <Card id="how" title="How and when"><div class="body stack"><How form=how zone=zone/></div></Card>
                    <details class="card" open=tests>
                        <summary class="card-head">"Send a test first"</summary>
                        <div class="body choose">
                            <Field form=how_to_test name="test_to" kind="tel" label="Your own number" hint="It gets the same text now, about your account."/>
                            <button class="btn" type="submit" formaction="/do/send/test" formnovalidate=true>"Send test"</button>
                        </div>
                    </details>
                    <p class="row">
                        <button class="btn btn-primary" type="submit"><Icon glyph=Glyph::Send/>"Send message"</button>
                        <button class="btn" type="submit" formaction="/do/send/preview" formnovalidate=true>"Update preview"</button>
                    </p>
                </form>
                <div class="c-5 sticky" id="preview">
                    <Card id="phone" title="Preview">
                        <PreviewPane shown=shown settings=settings sender=sender budget=budget can_replace=can_replace/>
                    </Card>
                </div>
            </div>
        })
    })
}

/// The form as it was typed, by whichever of its buttons; a first visit may name a contact or a template in the address.
async fn state(desk: &Desk) -> Result<Typed> {
    let again = ["/do/send", "/do/send/preview", "/do/send/test"].map(typed).into_iter().find(Typed::is_again);
    if let Some(form) = again {
        return Ok(form);
    }
    let plain = typed("/do/send/plain");
    if plain.is_again() {
        let text = replace_culprits(plain.get("text").unwrap_or_default());
        return Ok(plain.with("text", text));
    }
    let mut form = Typed::default();
    if let Some(code) = query("template") {
        form = form.with("template", code);
    }
    if let Some(id) = query("contact").filter(|_| desk.actor().may(Permission::ViewPersonal)) {
        form = form.with("to", contacts::get(&desk.app, desk.actor(), &id).await?.phone);
    }
    Ok(form)
}

/// The version of a template that would be sent; none for a template that cannot be sent, which the preview tells.
async fn live_version(desk: &Desk, code: &str) -> Result<Option<VersionView>> {
    let newest = PageRequest { limit: 1, cursor: None };
    match templates::versions(&desk.app, desk.actor(), code, &newest).await {
        Ok(page) => Ok(page.items.into_iter().next()),
        Err(Error::NotFound(_)) => Ok(None),
        Err(other) => Err(other),
    }
}

async fn template_choices(desk: &Desk) -> Result<Choices> {
    let filter = TemplateFilter { status: Some(TemplateStatus::Published), ..TemplateFilter::default() };
    let all = templates::list(&desk.app, desk.actor(), &filter, &PageRequest { limit: MOST, cursor: None }).await?.items;
    let none = (String::new(), "None: free text".to_owned());
    Ok(std::iter::once(none).chain(all.into_iter().map(|t| (t.code, t.name))).collect())
}

async fn look(desk: &Desk, composed: &Composed) -> Result<Shown> {
    if !composed.has_words() {
        return Ok(Shown::Nothing);
    }
    let named = match recipient::find(desk, composed.to()).await {
        Ok(number) => composed.clone().with_recipient(number),
        Err(Error::Invalid(errors)) => return Ok(Shown::Refused(errors)),
        Err(other) => return Err(other),
    };
    match messages::preview(&desk.app, desk.actor(), &named.preview()).await {
        Ok(preview) => Ok(Shown::Ready(Box::new(preview))),
        Err(Error::Invalid(errors)) => Ok(Shown::Refused(errors)),
        Err(other) => Err(other),
    }
}

#[component]
fn TemplateChoice(form: Typed, choices: Choices) -> impl IntoView {
    // Another template has other fields: the whole form is shown anew.
    view! {
        <div class="choose" hx-post="/do/send/preview" hx-trigger="change" hx-include="#compose" hx-target="#main" hx-select="#main" hx-swap="outerHTML">
            <Select form=form name="template" label="Template" options=choices/>
            <button class="btn" type="submit" formaction="/do/send/preview" formnovalidate=true>"Show its fields"</button>
        </div>
    }
}

#[component]
fn Words(form: Typed, template: Option<VersionView>) -> impl IntoView {
    let Some(template) = template else {
        return view! { <TextArea form=form name="text" label="Text" rows=5 hint="It goes out exactly as you write it."/> }.into_any();
    };
    let several = template.texts.len() > 1;
    let languages: Choices = std::iter::once((String::new(), "The recipient’s, else the organisation’s".to_owned()))
        .chain(template.texts.keys().map(|l| (l.as_str().to_owned(), l.name().to_owned())))
        .collect();
    let language = several.then(|| view! { <Select form=form.clone() name="language" label="Language" options=languages/> });
    let fields: Vec<_> = template
        .placeholders
        .into_iter()
        .map(|p| {
            let sample = p.sample.clone().unwrap_or_else(|| p.kind.example().to_owned());
            let hint = match &p.default {
                Some(default) => format!("Such as {sample}. Empty becomes “{default}”."),
                None => format!("Such as {sample}."),
            };
            view! { <Field form=form.clone() name=format!("variables.{}", p.name) label=p.name hint=hint/> }
        })
        .collect();
    let text = form.get("text").unwrap_or_default().to_owned();
    view! { <Hidden name="text" value=text/>{language}{fields} }.into_any()
}

#[component]
fn How(form: Typed, zone: String) -> impl IntoView {
    let usual = (String::new(), "As the template, else Account".to_owned());
    let categories = std::iter::once(usual).chain(Category::ALL.iter().map(|c| (c.as_str().to_owned(), c.label().to_owned()))).collect();
    let clocks = vec![(String::new(), format!("Ours: {zone}")), ("theirs".to_owned(), "The recipient’s".to_owned())];
    view! {
        <div class="grid">
            <div class="c-6">
                <Select form=form.clone() name="category" label="Category" options=categories hint="Consent and quiet hours go by it."/>
            </div>
            <div class="c-6">
                <Field form=form.clone() name="from" label="From (optional)" hint="A sender of the connection; else its first."/>
            </div>
            <div class="c-6">
                <Field form=form.clone() name="send_at" kind="datetime-local" label="Send at (optional)" hint="Empty sends it now."/>
            </div>
            <div class="c-6">
                <Select form=form name="clock" label="By whose clocks" options=clocks hint="Theirs is known for contacts with a time zone."/>
            </div>
        </div>
    }
}
