//! The form of variants, and the registration of a template.

use leptos::prelude::*;

use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::language::Language;
use crate::templates::{Dlt, MOST_VARIANTS, TemplateView, Variant, VariantInput};
use crate::web::action::Posted;
use crate::web::page::Typed;
use crate::web::ui::{Card, Checkbox, Field, Hidden, escaped_textarea};

/// Where the form is posted to.
pub const SAVE: &str = "/do/templates/variants";

/// The ids of the cards, one for each variant.
const CARDS: [&str; MOST_VARIANTS] = ["variant-a", "variant-b", "variant-c", "variant-d", "variant-e"];

/// What the form says the variants are to be.
pub struct Filled {
    /// Those that are not taken away and say something.
    pub variants: Vec<VariantInput>,
    /// On which card of the form each of them stands.
    cards: Vec<usize>,
}

impl Filled {
    /// A refusal of the variants, with each fault at the card that it is of.
    pub fn at_its_card(&self, error: Error) -> Error {
        let Error::Invalid(mut errors) = error else { return error };
        for fault in &mut errors.0 {
            let Some((n, part)) = fault.field.strip_prefix("variants.").and_then(|rest| rest.split_once('.')) else { continue };
            if let Some(card) = n.parse::<usize>().ok().and_then(|n| self.cards.get(n)) {
                fault.field = format!("variants.{card}.{part}");
            }
        }
        Error::Invalid(errors)
    }
}

/// Reads the form.
pub fn read(form: &Posted) -> Result<Filled> {
    let mut errors = FieldErrors::new();
    let (mut found, mut cards) = (Vec::new(), Vec::new());
    for i in 0..MOST_VARIANTS {
        let part = |name: &str| form.get(&format!("variants.{i}.{name}")).unwrap_or_default();
        if part("remove") == "true" {
            continue;
        }
        let group = format!("variants.{i}.texts");
        let texts: std::collections::BTreeMap<String, String> = form
            .group(&group)
            .filter(|(_, text)| !text.trim().is_empty())
            .map(|(tag, text)| (tag.to_owned(), text.replace("\r\n", "\n")))
            .collect();
        if i > 0 && texts.is_empty() {
            continue;
        }
        let share = part("share").trim().trim_end_matches('%').trim_end();
        let number = share.parse().map_err(|_| ("not_a_number".into(), "Write a whole number of percent such as 50.".into()));
        let share = errors.check(&format!("variants.{i}.share"), number).unwrap_or(0);
        cards.push(i);
        found.push(VariantInput { name: Some(part("name").to_owned()).filter(|name| !name.trim().is_empty()), share, texts });
    }
    errors.into_result()?;
    // Alone, A is a template like any other.
    Ok(Filled { variants: if found.len() < 2 { Vec::new() } else { found }, cards })
}

/// The form: A, the variants there are, and one more to be written.
#[component]
pub fn VariantForm(form: Typed, template: TemplateView, seen: String) -> impl IntoView {
    let mut variants = template.variants.clone();
    if variants.is_empty() {
        variants.push(blank("A", 50));
    }
    if variants.len() < MOST_VARIANTS {
        let key = ["A", "B", "C", "D", "E"][variants.len()];
        let share = if variants.len() == 1 { 50 } else { 0 };
        variants.push(blank(key, share));
    }
    let languages: Vec<(Language, String)> = template.texts.iter().map(|(l, t)| (l.clone(), t.clone())).collect();
    let stored = template.variants.len();
    let cards: Vec<_> = variants
        .into_iter()
        .enumerate()
        .map(|(i, variant)| {
            view! { <One form=form.clone() i=i variant=variant is_stored=i < stored languages=languages.clone()/> }
        })
        .collect();
    view! {
        <form class="stack stack-5" id="variants" method="post" action=SAVE>
            <crate::web::ui::ErrorSummary form=form/>
            <Hidden name="id" value=template.id.to_string()/>
            <Hidden name="seen" value=seen/>
            {cards}
            <p class="row"><button class="btn btn-primary" type="submit">"Save variants"</button></p>
        </form>
    }
    .into_any()
}

fn blank(key: &str, share: u32) -> Variant {
    Variant { key: key.into(), name: String::new(), share, texts: Default::default() }
}

#[component]
fn One(form: Typed, i: usize, variant: Variant, is_stored: bool, languages: Vec<(Language, String)>) -> impl IntoView {
    let key = variant.key.clone();
    let title = if is_stored || i == 0 { format!("Variant {key}") } else { format!("New variant {key}") };
    let field = move |part: &str| format!("variants.{i}.{part}");
    let share = if variant.share == 0 { String::new() } else { variant.share.to_string() };
    let name = if variant.name == key { String::new() } else { variant.name.clone() };
    let texts: Vec<_> = languages
        .into_iter()
        .map(|(language, own)| {
            if i == 0 {
                let tag = language.to_string();
                return view! {
                    <div class="field"><span class="strong small"><bdi lang=tag.clone()>{language.name().to_owned()}</bdi></span><p class="muted" lang=tag dir=language.dir()>{own}</p></div>
                }
                .into_any();
            }
            let stored = variant.texts.get(&language).cloned().unwrap_or_default();
            view! { <VariantText form=form.clone() field=field(&format!("texts.{language}")) key=key.clone() language=language stored=stored/> }.into_any()
        })
        .collect();
    let hint = match i {
        0 => "A is the text of the template itself; change it under “Text”.",
        _ => "An empty language says there what A says. All empty: no such variant.",
    };
    let remove = (is_stored && i > 0).then(|| {
        view! { <Checkbox form=form.clone() name=field("remove") label=format!("Remove variant {key}")/> }
    });
    let error = form.error(&field("texts"));
    view! {
        <Card id=CARDS[i] title=title>
            <div class="body stack">
                <p class="muted small">{hint}</p>
                {error.map(|e| view! { <p class="error" id=field("texts")><span class="vh">"Error: "</span>{e}</p> })}
                <div class="choose">
                    <Field form=form.clone() name=field("name") label=format!("Name of {key}") value=name hint="For your colleagues, such as “Reply YES”."/>
                    <Field form=form name=field("share") label=format!("Share of {key} in percent") value=share inputmode="numeric"/>
                </div>
                {texts}
                {remove}
            </div>
        </Card>
    }
    .into_any()
}

#[component]
fn VariantText(form: Typed, field: String, key: String, language: Language, stored: String) -> impl IntoView {
    let error = form.error(&field);
    let tag = language.to_string();
    let shown = escaped_textarea(&form.or(&field, stored));
    view! {
        <div class="field">
            <label for=field.clone()>{format!("{key} in ")}<bdi lang=tag.clone()>{language.name().to_owned()}</bdi></label>
            {error.clone().map(|e| view! { <span class="error" id=format!("{field}-error")><span class="vh">"Error: "</span>{e}</span> })}
            <textarea id=field.clone() name=field.clone() rows="4" lang=tag dir=language.dir() aria-invalid=error.is_some().then_some("true")
                aria-describedby=error.is_some().then(|| format!("{field}-error"))>{shown}</textarea>
        </div>
    }
}

/// What India's registry knows the template by.
#[component]
pub fn Registration(form: Typed, dlt: Dlt) -> impl IntoView {
    let is_open =
        dlt != Dlt::default() || ["dlt.entity_id", "dlt.template_id", "dlt.header"].iter().any(|field| form.error(field).is_some());
    view! {
        <details class="card" open=is_open>
            <summary class="card-head"><strong>"Registration in India (DLT)"</strong></summary>
            <div class="body stack">
                <p class="muted small">"Carriers in India take only texts that are registered. Copy the ids from the registry; other countries need none."</p>
                <Field form=form.clone() name="dlt.entity_id" label="Entity id" value=dlt.entity_id.unwrap_or_default()/>
                <Field form=form.clone() name="dlt.template_id" label="Template id" value=dlt.template_id.unwrap_or_default()/>
                <Field form=form name="dlt.header" label="Header" value=dlt.header.unwrap_or_default() hint="The sender that it is registered for."/>
            </div>
        </details>
    }
    .into_any()
}
