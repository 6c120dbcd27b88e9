//! The message on a phone, its size, its cost, and whether it would be sent.

use std::collections::BTreeSet;

use leptos::prelude::*;

use crate::access::Settings;
use crate::costs::BudgetView;
use crate::kernel::error::FieldErrors;
use crate::kernel::sms::{Encoding, Measure, measure, replace_culprits};
use crate::messages::Preview;
use crate::templates::{CulpritView, TextPreview};
use crate::web::flash::Tone;
use crate::web::ui::show::{amount, count, money, sentence_case};
use crate::web::ui::{Alert, EmptyState, Glyph, Part, PhonePreview, Remarks, SegmentMeter};

/// What there is to show.
#[derive(Clone, Debug)]
pub enum Shown {
    /// Nothing was written yet.
    Nothing,
    /// It cannot be sent as it is.
    Refused(FieldErrors),
    /// It would look like this.
    Ready(Box<Preview>),
}

/// The preview of a message.
#[component]
pub fn PreviewPane(
    /// What there is to show.
    shown: Shown,
    /// The organisation's settings.
    settings: Settings,
    /// Who the message says it is from.
    sender: Option<String>,
    /// The month's budget, for those who may see it.
    budget: Option<BudgetView>,
    /// Whether characters of the text can be replaced, which those of a template cannot.
    can_replace: bool,
) -> impl IntoView {
    let preview = match shown {
        Shown::Nothing => {
            return view! { <EmptyState glyph=Glyph::Chat title="Nothing to see yet" text="Write a text or choose a template; the message appears here as a phone shows it."/> }
                .into_any();
        }
        Shown::Refused(errors) => {
            let faults: Vec<_> = errors.0.into_iter().map(|e| view! { <li>{e.detail}</li> }).collect();
            return view! { <div class="body"><Alert tone=Tone::Warn><p><strong>"Not ready yet"</strong></p><ul>{faults}</ul></Alert></div> }.into_any();
        }
        Shown::Ready(preview) => *preview,
    };
    let language = preview.language.clone().unwrap_or_else(|| settings.language.clone());
    let text = preview.text.clone();
    view! {
        <div class="body stack">
            <PhonePreview sender=sender.unwrap_or_else(|| settings.organisation.clone()) parts=parts(&text) lang=language.as_str().to_owned() dir=language.dir()/>
            <Size text=text can_replace=can_replace/>
            <Remarks warnings=preview.warnings.clone()/>
            <Verdict preview=preview budget=budget/>
        </div>
    }
    .into_any()
}

/// Whether plain characters would do something for the text: digits of a Persian text, say, have twins and save nothing.
fn is_dearer_than(text: &TextPreview, plain: Measure) -> bool {
    plain.segments < text.segments || plain.encoding != text.encoding
}

/// The text with the characters marked that something cheaper could stand for.
fn parts(text: &TextPreview) -> Vec<Part> {
    let dear = is_dearer_than(text, measure(&replace_culprits(&text.text)));
    let marked: BTreeSet<u32> = text.culprits.iter().filter(|c| dear && c.replacement.is_some()).map(|c| c.position).collect();
    let (mut parts, mut plain) = (Vec::new(), String::new());
    for (position, ch) in (0..).zip(text.text.chars()) {
        if marked.contains(&position) {
            if !plain.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut plain)));
            }
            parts.push(Part::Costly(ch.to_string()));
        } else {
            plain.push(ch);
        }
    }
    parts.push(Part::Text(plain));
    parts
}

#[component]
fn Size(text: TextPreview, can_replace: bool) -> impl IntoView {
    let room = text.segments * text.per_segment;
    let plain = measure(&replace_culprits(&text.text));
    let saves = plain.segments < text.segments;
    let replaceable = is_dearer_than(&text, plain);
    let why = (text.encoding == Encoding::Ucs2 && !replaceable).then_some("because of letters outside the GSM-7 alphabet");
    let advice = replaceable.then(|| {
        let gain = if saves {
            format!("With plain characters it takes {} instead of {}.", count(plain.segments, "segment", "segments"), text.segments)
        } else {
            format!("With plain characters it still takes {}.", count(plain.segments, "segment", "segments"))
        };
        let button = can_replace.then(|| {
            view! { <button class="btn btn-sm" type="submit" form="compose" formaction="/do/send/plain">"Use plain characters"</button> }
        });
        view! { <div class="stack"><ul class="small">{culprits(&text.culprits)}</ul><p class="small">{gain}</p>{button}</div> }
    });
    view! {
        <SegmentMeter segments=text.segments used=room.saturating_sub(text.left) room=room encoding=text.encoding.as_str() costly=saves why=why.unwrap_or_default()/>
        {advice}
    }
}

/// Each character that has a cheaper twin, once.
fn culprits(found: &[CulpritView]) -> Vec<AnyView> {
    let mut seen: Vec<(&CulpritView, i64)> = Vec::new();
    for culprit in found.iter().filter(|c| c.replacement.is_some()) {
        match seen.iter_mut().find(|(c, _)| c.char == culprit.char) {
            Some((_, times)) => *times += 1,
            None => seen.push((culprit, 1)),
        }
    }
    seen.into_iter()
        .map(|(c, times)| {
            let instead = match c.replacement {
                Some("") | None => "can go".to_owned(),
                Some(plain) => format!("could be {plain}"),
            };
            let often = if times > 1 { format!(", {times} times") } else { String::new() };
            let name = format!("{} {}", c.codepoint, sentence_case(&c.name.to_lowercase()));
            view! { <li><mark>{c.char.to_string()}</mark>{format!(" {name}{often}: {instead}")}</li> }.into_any()
        })
        .collect()
}

#[component]
fn Verdict(preview: Preview, budget: Option<BudgetView>) -> impl IntoView {
    if preview.to.is_none() {
        return view! { <p class="muted small">"Write a number to see the cost and whether it would be sent."</p> }.into_any();
    }
    let cost = preview
        .estimated_cost
        .as_ref()
        .map_or_else(|| "No price is known for this country.".to_owned(), |c| format!("About {}", amount(c)));
    let left = budget.and_then(|b| b.left().map(|left| format!("{} of this month’s budget is left.", money(left, b.currency))));
    let verdict = if preview.would_send {
        view! { <Alert tone=Tone::Ok>"It would be sent."</Alert> }.into_any()
    } else {
        let reasons: Vec<_> = preview.reasons.iter().map(|r| view! { <li>{sentence_case(r)}</li> }).collect();
        view! { <Alert tone=Tone::Warn><p><strong>"It would not be sent now"</strong></p><ul>{reasons}</ul></Alert> }.into_any()
    };
    view! { {verdict}<p><strong>{cost}</strong>" "<span class="muted small">{left}</span></p> }.into_any()
}

#[cfg(test)]
mod unit {
    use super::*;
    use crate::templates::preview_text;

    #[test]
    fn only_characters_with_a_cheaper_twin_are_marked() {
        let marked = |text: &str| parts(&preview_text(text)).into_iter().filter(|p| matches!(p, Part::Costly(_))).count();
        assert_eq!(marked("don’t – ok"), 2);
        assert_eq!(marked("سلام"), 0);
        assert_eq!(marked("سفارش ۱۲۳"), 0, "plain digits would save nothing");
        assert_eq!(marked("plain"), 0);
        let all: String = parts(&preview_text("a’b"))
            .into_iter()
            .map(|p| match p {
                Part::Text(t) | Part::Value(t) | Part::Costly(t) => t,
            })
            .collect();
        assert_eq!(all, "a’b");
    }

    #[test]
    fn a_character_is_named_once() {
        assert_eq!(culprits(&preview_text("’’’ –").culprits).len(), 2);
    }
}
