//! The texts of the editor, side by side: what is typed, what it costs, what is missing.

use std::sync::Arc;

use leptos::prelude::*;

use super::actions::PREVIEW;
use super::draft::Draft;
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Money;
use crate::kernel::own_link::OwnLink;
use crate::templates::{Sketch, SketchText, Slip, TemplatePreview, in_gsm7, slip};
use crate::web::page::{Typed, own_links};
use crate::web::settings::choices;
use crate::web::ui::show::money;
use crate::web::ui::{Alert, Badge, Glyph, Icon, SegmentMeter, Tone, escaped_textarea};

/// Names that a card offers to insert; more are not found again among buttons.
const MOST_CHIPS: usize = 60;

/// What typing refreshes besides the phone.
fn refreshed(sketch: &Sketch) -> String {
    let of_text = |t: &SketchText| ["state", "insert", "size"].map(|part| format!("#{part}-{}", t.language));
    let parts = sketch.texts.iter().flat_map(of_text);
    parts.chain(["#placeholders-table".to_owned()]).collect::<Vec<_>>().join(",")
}

/// Every language.
#[component]
pub fn Texts(form: Typed, draft: Draft) -> impl IntoView {
    let several = draft.sketch.texts.len() > 1;
    let cards: Vec<_> = draft
        .sketch
        .texts
        .iter()
        .map(|text| view! { <TextCard form=form.clone() sketch=draft.sketch.clone() text=text.clone() removable=several draft=draft.clone()/> })
        .collect();
    view! {
        <div class="grid" id="texts" hx-post=PREVIEW hx-trigger="input delay:300ms" hx-target="#preview" hx-select="#preview" hx-swap="outerHTML"
            hx-select-oob=refreshed(&draft.sketch)>
            {cards}
        </div>
    }
}

#[component]
fn TextCard(form: Typed, sketch: Arc<Sketch>, text: SketchText, removable: bool, draft: Draft) -> impl IntoView {
    let tag = text.language.to_string();
    let (field, heading) = (format!("texts.{tag}"), format!("text-{tag}"));
    let error = form.error(&field);
    let described = format!("size-{tag}{}", if error.is_some() { format!(" {field}-error") } else { String::new() });
    let name = text.language.name().to_owned();
    let width = if removable { "c-6" } else { "" };
    let remove = removable.then(|| {
        let label = format!("Remove {name}");
        view! {
            <button class="btn btn-sm btn-quiet" type="submit" formaction=PREVIEW formnovalidate name="remove" value=tag.clone() aria-label=label>
                <Icon glyph=Glyph::Trash/>"Remove"
            </button>
        }
    });
    let chips: Vec<_> = sketch
        .placeholders
        .iter()
        .map(|p| p.name.as_str())
        .take(MOST_CHIPS)
        .chain(OwnLink::ALL.map(OwnLink::name))
        .map(|name| {
            let insert = format!("{{{{ {name} }}}}");
            view! { <li><button class="chip ltr" type="button" data-insert=insert.clone() data-into=field.clone()>{insert.clone()}</button></li> }
        })
        .collect();
    let preview = sketch.preview(&text, draft.samples, &own_links());
    view! {
        <section class=format!("card {width}") aria-labelledby=heading>
            <div class="card-head">
                <h2 id=heading.clone()><bdi lang=tag.clone()>{name.clone()}</bdi></h2>
                <span id=format!("state-{tag}")><State text=text.clone() ok=preview.is_ok()/></span>
            </div>
            <div class="body stack">
                <input type="hidden" name="languages" value=tag.clone()/>
                <div class="field">
                    <label for=field.clone()>"Text in "<bdi lang=tag.clone()>{name}</bdi></label>
                    {error.map(|e| view! { <span class="error" id=format!("{field}-error")><span class="vh">"Error: "</span>{e}</span> })}
                    <textarea id=field.clone() name=field rows="7" lang=tag.clone() dir=text.language.dir() aria-describedby=described>
                        {escaped_textarea(&text.source)}
                    </textarea>
                </div>
                <div id=format!("insert-{tag}")><p class="hint">"Insert a placeholder"</p><ul class="row mt-1">{chips}</ul></div>
                <div id=format!("size-{tag}") class="stack"><Size text=text preview=preview price=draft.price editable=true/></div>
                <p class="row">{remove}</p>
            </div>
        </section>
    }
    .into_any()
}

/// Whether a language is complete.
#[component]
fn State(text: SketchText, ok: bool) -> impl IntoView {
    if text.source.trim().is_empty() {
        return view! { <Badge tone="is-warn" text="Empty"/> }.into_any();
    }
    match text.missing.len() {
        _ if !ok => view! { <Badge tone="is-bad" text="Has a fault"/> }.into_any(),
        0 => view! { <Badge tone="is-ok" text="Complete"/> }.into_any(),
        1 => view! { <Badge tone="is-warn" text="1 placeholder missing"/> }.into_any(),
        n => view! { <Badge tone="is-warn" text=format!("{n} placeholders missing")/> }.into_any(),
    }
}

/// How many segments a text takes with the sample values, and what stands against it.
#[component]
pub fn Size(
    /// The text.
    text: SketchText,
    /// It with samples.
    preview: Result<TemplatePreview>,
    /// What a segment costs, where that is known.
    price: Option<Money>,
    /// Whether it stands in the editor, so that it can be mended.
    #[prop(optional)]
    editable: bool,
) -> impl IntoView {
    let preview = match preview {
        Ok(preview) => preview,
        Err(_) if text.source.trim().is_empty() => return ().into_any(),
        Err(error) => return view! { <Alert tone=Tone::Bad>{sentence(error)}</Alert> }.into_any(),
    };
    let size = &preview.text;
    let dear = slip(size);
    let why = match &dear {
        Some(_) => None,
        None => size.culprits.first().map(|c| format!("because of letters such as {}", c.char)),
    };
    let missing = (!text.missing.is_empty()).then(|| {
        let more = if text.missing.len() > MOST_CHIPS { ", …" } else { "" };
        let names = text.missing.iter().take(MOST_CHIPS).map(|name| format!("{{{{ {name} }}}}")).collect::<Vec<_>>().join(", ") + more;
        view! { <Alert tone=Tone::Info>"Another language uses "<code class="ltr">{names}</code>", this one does not."</Alert> }
    });
    let fixable = editable && in_gsm7(&text.source) != text.source;
    view! {
        <SegmentMeter segments=size.segments used=size.units room=size.units + size.left encoding=size.encoding.as_str() costly=dear.is_some()
            why=why.unwrap_or_else(|| "with the sample values".into())/>
        {price.map(|price| view! { <p class="small muted">{cost_of(size.segments, price)}</p> })}
        {dear.map(|dear| view! { <Dear dear=dear segments=size.segments tag=text.language.to_string() fixable=fixable/> })}
        {missing}
    }
    .into_any()
}

/// What so many segments cost.
pub fn cost_of(segments: u32, price: Money) -> String {
    format!("About {} each, to a number of your own country.", money(price.micros.saturating_mul(i64::from(segments)), price.currency))
}

/// The few characters that make a text dear, and the button that replaces them.
#[component]
fn Dear(dear: Slip, segments: u32, tag: String, fixable: bool) -> impl IntoView {
    let what = if dear.culprits.len() == 1 {
        "One character makes this".to_owned()
    } else {
        format!("{} characters make this", dear.culprits.len())
    };
    let cost = match dear.segments_without.filter(|without| *without < segments) {
        Some(without) => format!("{what} cost {segments} instead of {without}."),
        None => format!("{what} travel as UCS-2."),
    };
    let culprits: Vec<_> = dear
        .culprits
        .into_iter()
        .map(|c| {
            let instead = match c.replacement {
                Some("") => " can go".to_owned(),
                Some(plain) => format!(" can be {plain}"),
                None => String::new(),
            };
            view! { <li><mark>{c.char.to_string()}</mark>" "{c.name.to_lowercase()}" "<code>{c.codepoint}</code>{instead}</li> }
        })
        .collect();
    let fix = fixable.then(|| {
        view! {
            <p class="row mt-1">
                <button class="btn btn-sm" type="submit" formaction=PREVIEW formnovalidate name="fix" value=tag>"Replace with plain characters"</button>
            </p>
        }
    });
    view! {
        <Alert tone=Tone::Warn>
            <p><strong>{cost}</strong></p>
            <ul class="small">{culprits}</ul>
            <p class="small">"Outside the GSM-7 alphabet 70 characters fit a segment, not 160."</p>
            {fix}
        </Alert>
    }
    .into_any()
}

/// Brings one more language.
#[component]
pub fn AddLanguage(form: Typed, draft: Draft) -> impl IntoView {
    let error = form.error("new_language");
    let there = |tag: &str| draft.sketch.texts.iter().any(|t| t.language.as_str() == tag);
    let options: Vec<_> = choices::languages(&draft.shown)
        .into_iter()
        .filter(|(tag, _)| !there(tag))
        .map(|(tag, name)| view! { <option value=tag>{name}</option> })
        .collect();
    let typed = if error.is_some() { form.or("new_language", "") } else { String::new() };
    view! {
        <div class="row">
            <div class="field">
                <label for="new_language">"Another language"</label>
                {error.clone().map(|e| view! { <span class="error" id="new_language-error"><span class="vh">"Error: "</span>{e}</span> })}
                <input class="input" id="new_language" name="new_language" list="known-languages" value=typed placeholder="fa" autocomplete="off"
                    aria-invalid=error.is_some().then_some("true") aria-describedby=error.is_some().then_some("new_language-error")/>
                <datalist id="known-languages">{options}</datalist>
            </div>
            <button class="btn align-end" type="submit" formaction=PREVIEW formnovalidate name="add" value="language"><Icon glyph=Glyph::Plus/>"Add a language"</button>
        </div>
    }
}

/// An error as people read it below the text that it is about.
pub fn sentence(error: Error) -> String {
    match error {
        Error::Invalid(errors) => errors.0.into_iter().map(|e| e.detail).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}
