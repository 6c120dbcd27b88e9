//! A text as it will look on a phone, and how many segments it takes.

use leptos::prelude::*;

/// A piece of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// As written.
    Text(String),
    /// Filled in from a placeholder, or the placeholder itself when it has no value.
    Value(String),
    /// A character that costs more than the others.
    Costly(String),
}

/// A text message on a phone.
#[component]
pub fn PhonePreview(
    /// Who it is from.
    #[prop(into)]
    sender: String,
    /// The text in pieces.
    parts: Vec<Part>,
    /// The text's language, e.g. `fa`.
    #[prop(into)]
    lang: String,
    /// `ltr` or `rtl`.
    dir: &'static str,
    /// A line above the text, e.g. whom it goes to.
    #[prop(optional, into)]
    stamp: Option<String>,
) -> impl IntoView {
    let initials: String = sender.split_whitespace().filter_map(|w| w.chars().next()).take(2).collect();
    let bubble: Vec<_> = parts
        .into_iter()
        .map(|part| match part {
            Part::Text(text) => text.into_any(),
            Part::Value(text) => view! { <mark class="var">{text}</mark> }.into_any(),
            Part::Costly(text) => view! { <mark>{text}</mark> }.into_any(),
        })
        .collect();
    view! {
        <div class="phone" role="group" aria-label="The message as it appears on a phone">
            <div class="phone-bar" aria-hidden="true"><span>"9:41"</span><span>"5G"</span></div>
            <div class="phone-head"><span class="avatar" aria-hidden="true">{initials}</span><bdi>{sender}</bdi></div>
            <div class="phone-body">
                {stamp.map(|s| view! { <p class="stamp">{s}</p> })}
                <p class="bubble" lang=lang dir=dir>{bubble}</p>
            </div>
        </div>
    }
    .into_any()
}

/// Bars for the segments of a text: full ones, and how far the last one is filled.
#[component]
pub fn SegmentMeter(
    /// How many segments.
    segments: u32,
    /// Characters (GSM-7 units or UTF-16 units) used.
    used: u32,
    /// Characters that fit into this many segments.
    room: u32,
    /// `GSM-7` or `UCS-2`.
    encoding: &'static str,
    /// Whether something makes the text dearer than it need be.
    #[prop(optional)]
    costly: bool,
    /// More words behind, e.g. `because of Persian letters`.
    #[prop(optional, into)]
    why: Option<String>,
) -> impl IntoView {
    let bars = bars(segments, used, room, costly);
    let plural = if segments == 1 { "segment" } else { "segments" };
    view! {
        <div class="meter">
            <svg viewBox="0 0 200 8" preserveAspectRatio="none" aria-hidden="true">{bars}</svg>
            <span>
                <strong>{format!("{segments} {plural}")}</strong>
                {format!(", {used} of {room} characters, {encoding}")}
                {why.map(|w| view! { " "<span class="muted">{w}</span> })}
            </span>
        </div>
    }
    .into_any()
}

/// The most bars that can still be told apart; a longer text is drawn as one bar.
const MOST_BARS: u32 = 12;

fn bars(segments: u32, used: u32, room: u32, costly: bool) -> Vec<AnyView> {
    const WIDTH: f64 = 200.0;
    const GAP: f64 = 4.0;
    let count = if segments > MOST_BARS { 1 } else { segments.max(1) };
    let width = (WIDTH - GAP * f64::from(count - 1)) / f64::from(count);
    let filled = if room == 0 { 0.0 } else { f64::from(used) / f64::from(room) * f64::from(count) };
    let class = if costly { "warn" } else { "used" };
    (0..count)
        .map(|i| {
            let x = format!("{:.1}", f64::from(i) * (width + GAP));
            let part = (filled - f64::from(i)).clamp(0.0, 1.0) * width;
            view! {
                <rect class="seg" x=x.clone() width=format!("{width:.1}") height="8" rx="3"></rect>
                <rect class=class x=x width=format!("{part:.1}") height="8" rx="3"></rect>
            }
            .into_any()
        })
        .collect()
}
