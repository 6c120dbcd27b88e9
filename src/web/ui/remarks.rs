//! Remarks on a text.

use leptos::prelude::*;

use super::Alert;
use crate::templates::Advice;
use crate::web::flash::Tone;

/// What is allowed in a text and probably not meant; nothing when there is nothing.
#[component]
pub fn Remarks(
    /// The remarks.
    warnings: Vec<Advice>,
) -> impl IntoView {
    if warnings.is_empty() {
        return ().into_any();
    }
    let each: Vec<_> = warnings.into_iter().map(|warning| view! { <li>{warning.detail}</li> }).collect();
    view! { <Alert tone=Tone::Info><p><strong>"Look again before you send"</strong></p><ul>{each}</ul></Alert> }.into_any()
}
