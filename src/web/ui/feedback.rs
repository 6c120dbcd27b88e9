//! What the desk says back: alerts, error summaries, badges, empty lists, secrets shown once.

use leptos::prelude::*;

use super::{Glyph, Icon};
use crate::web::flash::Tone;
use crate::web::page::Typed;

impl Tone {
    fn class(self) -> &'static str {
        match self {
            Self::Ok => "is-ok",
            Self::Info => "is-info",
            Self::Warn => "is-warn",
            Self::Bad => "is-bad",
        }
    }

    fn glyph(self) -> Glyph {
        match self {
            Self::Ok => Glyph::Check,
            Self::Info => Glyph::Info,
            Self::Warn => Glyph::Warn,
            Self::Bad => Glyph::Stop,
        }
    }
}

/// A sentence that people should see.
#[component]
pub fn Alert(
    /// How it is meant.
    tone: Tone,
    /// The sentence; it may hold links.
    children: Children,
) -> impl IntoView {
    let role = if tone == Tone::Bad { "alert" } else { "status" };
    view! {
        <div class=format!("alert {}", tone.class()) role=role><Icon glyph=tone.glyph()/><div>{children()}</div></div>
    }
    .into_any()
}

/// Everything that is wrong with a form, each linked to its field (whose id is its name). Stands above the form.
#[component]
pub fn ErrorSummary(
    /// The form's state.
    form: Typed,
) -> impl IntoView {
    let errors = form.errors().0;
    (!errors.is_empty()).then(|| {
        let items: Vec<_> = errors
            .into_iter()
            .map(|e| {
                if e.field.is_empty() {
                    view! { <li>{e.detail}</li> }.into_any()
                } else {
                    view! { <li><a href=format!("#{}", e.field)>{e.detail}</a></li> }.into_any()
                }
            })
            .collect();
        view! {
            <div class="error-summary" role="alert" aria-labelledby="error-summary-title" tabindex="-1" autofocus>
                <h2 id="error-summary-title">"There is a problem"</h2>
                <ul>{items}</ul>
            </div>
        }
    })
}

/// A word in colour; the colour never says more than the word.
#[component]
pub fn Badge(
    /// `is-ok`, `is-warn`, `is-bad`, `is-info`, or nothing for grey.
    #[prop(optional)]
    tone: &'static str,
    /// Without the dot.
    #[prop(optional)]
    plain: bool,
    /// For more than a word: over several lines where it must.
    #[prop(optional)]
    wraps: bool,
    /// The word.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    let dot = if plain { " plain" } else { "" };
    let wraps = if wraps { " wraps" } else { "" };
    view! { <span class=format!("badge{dot}{wraps} {tone}")>{text}</span> }
}

/// The badge of a status word that messages, campaigns, uploads or templates have.
#[component]
pub fn StatusBadge(
    /// The word as the API prints it, e.g. `delivered`.
    #[prop(into)]
    status: String,
    /// More about it, e.g. the reason it is held.
    #[prop(optional, into)]
    detail: Option<String>,
) -> impl IntoView {
    let tone = match status.as_str() {
        "delivered" | "finished" | "published" | "active" | "ready" => "is-ok",
        "sending" | "submitting" => "is-info is-live",
        "sent" | "queued" | "checking" => "is-info",
        "paused" | "held" | "unknown" | "expired" | "draft" => "is-warn",
        "failed" | "dropped" | "rejected" => "is-bad",
        _ => "",
    };
    let word = match status.as_str() {
        "sent" => "Sent, waiting for receipt".to_owned(),
        "unknown" => "Outcome unknown".to_owned(),
        other => super::show::sentence_case(other),
    };
    let text = detail.map_or(word.clone(), |d| format!("{word}: {d}"));
    view! { <Badge tone=tone text=text/> }
}

/// A list without rows: what will appear here, and the one thing to do.
#[component]
pub fn EmptyState(
    /// The picture.
    glyph: Glyph,
    /// e.g. `No campaigns yet`.
    #[prop(into)]
    title: String,
    /// What will appear here.
    #[prop(into)]
    text: String,
    /// The one action.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    view! {
        <div class="empty">
            <span class="list-icon is-info"><Icon glyph=glyph/></span>
            <p><strong>{title}</strong><br/>{text}</p>
            {children.map(|c| c())}
        </div>
    }
    .into_any()
}

/// A secret that is shown this once.
#[component]
pub fn SecretOnce(
    /// What it is, e.g. `Your new API key`.
    #[prop(into)]
    label: String,
    /// The secret.
    secret: String,
) -> impl IntoView {
    view! {
        <div class="alert is-ok" role="status">
            <Icon glyph=Glyph::Lock/>
            <div>
                <p><strong>{label}</strong></p>
                <p><code class="secret ltr" id="secret-once">{secret}</code></p>
                <p class="small">"Copy it now: it is not kept and cannot be shown again."</p>
            </div>
            <button class="btn btn-sm" type="button" data-copy="secret-once">"Copy"</button>
        </div>
    }
}
