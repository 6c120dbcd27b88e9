//! The phone beside the editor.

use std::sync::Arc;

use leptos::prelude::*;

use super::actions::PREVIEW;
use super::draft::Draft;
use super::texts::{Size, sentence};
use crate::templates::{SampleSet, Sketch, SketchText, TemplatePreview, slip};
use crate::web::page::{Typed, own_links};
use crate::web::ui::{Alert, Card, Part, PhonePreview, Select, Tone};

/// The live preview: which language, which values, and the phone.
#[component]
pub fn LivePreview(draft: Draft, sender: String) -> impl IntoView {
    let languages = draft.sketch.texts.iter().map(|t| (t.language.to_string(), t.language.name().to_owned())).collect();
    let sets = SampleSet::ALL.into_iter().map(|set| (set.as_str().to_owned(), set.label().to_owned())).collect();
    let sizes = draft.sketch.texts.iter().map(|t| format!("#size-{}", t.language)).collect::<Vec<_>>().join(",");
    let shown = draft.sketch.texts.iter().find(|t| t.language == draft.shown).cloned();
    let phone = shown.map(|text| view! { <Phone sketch=draft.sketch.clone() text=text samples=draft.samples sender=sender/> });
    view! {
        <Card id="live" title="Live preview">
            <div class="body stack">
                <div class="stack" hx-post=PREVIEW hx-trigger="change" hx-target="#preview" hx-select="#preview" hx-swap="outerHTML" hx-select-oob=sizes>
                    <Select form=Typed::default() name="shown" label="Language" value=draft.shown.as_str() options=languages/>
                    <Select form=Typed::default() name="samples" label="Preview with" value=draft.samples.as_str() options=sets/>
                </div>
                <div id="preview" role="status">{phone}</div>
                <button class="btn btn-sm" type="submit" formaction=PREVIEW formnovalidate>"Update preview"</button>
            </div>
        </Card>
    }
    .into_any()
}

/// One text on a phone.
#[component]
fn Phone(sketch: Arc<Sketch>, text: SketchText, samples: SampleSet, sender: String) -> impl IntoView {
    if text.source.trim().is_empty() {
        return view! { <p class="muted">"Write a text, and it appears here."</p> }.into_any();
    }
    match sketch.preview(&text, samples, &own_links()) {
        Err(error) => view! { <Alert tone=Tone::Bad>{sentence(error)}</Alert> }.into_any(),
        Ok(preview) => {
            let (lang, dir) = (text.language.to_string(), text.language.dir());
            view! { <PhonePreview sender=sender parts=parts(&preview) lang=lang dir=dir/> }.into_any()
        }
    }
}

/// The text in pieces, with the few characters marked that make it dear.
pub fn parts(preview: &TemplatePreview) -> Vec<Part> {
    let dear = slip(&preview.text).map(|s| s.culprits).unwrap_or_default();
    let is_dear = |c: char| dear.iter().any(|culprit| culprit.char == c);
    let mut parts = Vec::new();
    for part in &preview.parts {
        if part.from_placeholder {
            parts.push(Part::Value(part.text.clone()));
            continue;
        }
        let mut rest = part.text.as_str();
        while let Some(at) = rest.find(is_dear) {
            let end = rest[at..].find(|c| !is_dear(c)).map_or(rest.len(), |n| at + n);
            parts.extend([Part::Text(rest[..at].to_owned()), Part::Costly(rest[at..end].to_owned())]);
            rest = &rest[end..];
        }
        parts.push(Part::Text(rest.to_owned()));
    }
    parts
}

/// Every language on a phone of its own, for people who only read.
#[component]
pub fn Reading(draft: Draft, sender: String) -> impl IntoView {
    let cards: Vec<_> = draft
        .sketch
        .texts
        .iter()
        .map(|text| {
            let (tag, heading) = (text.language.to_string(), format!("text-{}", text.language));
            view! {
                <section class="card c-4" aria-labelledby=heading>
                    <div class="card-head"><h2 id=heading.clone()><bdi lang=tag>{text.language.name().to_owned()}</bdi></h2></div>
                    <div class="body stack">
                        <Phone sketch=draft.sketch.clone() text=text.clone() samples=draft.samples sender=sender.clone()/>
                        <ReadSize draft=draft.clone() text=text.clone()/>
                    </div>
                </section>
            }
        })
        .collect();
    view! { <div class="grid">{cards}</div> }.into_any()
}

#[component]
fn ReadSize(draft: Draft, text: SketchText) -> impl IntoView {
    let preview = draft.sketch.preview(&text, draft.samples, &own_links());
    view! { <Size text=text preview=preview price=draft.price/> }
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::kernel::language::Language;
    use crate::kernel::own_link::OwnLinks;

    #[test]
    fn the_characters_that_make_a_text_dear_are_marked_and_values_stand_out() {
        let sketch = Sketch::new(vec![(Language::english(), "It’s {{ name }}".into())], &[]);
        let preview = sketch.preview(&sketch.texts[0], SampleSet::Typical, &OwnLinks::new("https://sms.example")).expect("renders");
        let want = [Part::Text("It".into()), Part::Costly("’".into()), Part::Text("s ".into()), Part::Value("Sara".into())];
        assert_eq!(parts(&preview), want);
    }
}
