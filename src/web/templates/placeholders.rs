//! What is known about each placeholder: kind, sample, longest value, default.

use leptos::prelude::*;

use super::actions::PREVIEW;
use super::draft::{Draft, MOST_ROWS};
use crate::templates::{Placeholder, PlaceholderKind};
use crate::web::page::Typed;
use crate::web::ui::Card;

/// The table of placeholders. The names come from the texts; typing in here refreshes the preview.
#[component]
pub fn Placeholders(form: Typed, draft: Draft) -> impl IntoView {
    let sizes = draft.sketch.texts.iter().map(|t| format!("#size-{}", t.language)).collect::<Vec<_>>().join(",");
    let rows: Vec<_> = draft
        .sketch
        .placeholders
        .iter()
        .take(MOST_ROWS)
        .enumerate()
        .map(|(row, p)| view! { <Row form=form.clone() row=row used=draft.sketch.uses(&p.name) placeholder=p.clone()/> })
        .collect();
    let table = if rows.is_empty() {
        view! { <p class="body muted">"Write "<code>"{{ name }}"</code>" in a text, and it can be described here."</p> }.into_any()
    } else {
        view! {
            <div class="table-wrap">
                <table class="table-stack dense">
                    <thead><tr>
                        <th scope="col">"Name"</th><th scope="col">"Kind"</th><th scope="col">"Sample"</th><th scope="col">"Longest"</th>
                        <th scope="col">"When missing"</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        }
        .into_any()
    };
    view! {
        <Card id="placeholders" title="Placeholders">
            <div hx-post=PREVIEW hx-trigger="input delay:300ms" hx-target="#preview" hx-select="#preview" hx-swap="outerHTML" hx-select-oob=sizes>
                <div id="placeholders-table">{table}</div>
            </div>
            <p class="card-foot">"Samples and longest values are for previews. What stands under “When missing” is sent when a message has no value."</p>
        </Card>
    }
    .into_any()
}

#[component]
fn Row(form: Typed, row: usize, used: bool, placeholder: Placeholder) -> impl IntoView {
    let Placeholder { name, kind, sample, longest, default } = placeholder;
    let cell = |part: &'static str, words: &'static str, value: Option<String>| {
        let id = format!("placeholders.{name}.{part}");
        let error = form.error(&id);
        view! {
            <td data-label=words>
                <div class="field">
                    {error.clone().map(|e| view! { <span class="error" id=format!("{id}-error")><span class="vh">"Error: "</span>{e}</span> })}
                    <input class="input" id=id.clone() name=format!("row.{row}.{part}") value=value.unwrap_or_default() dir="auto"
                        aria-label=format!("{words} of {name}") aria-invalid=error.is_some().then_some("true")
                        aria-describedby=error.is_some().then(|| format!("{id}-error")) autocomplete="off"/>
                </div>
            </td>
        }
    };
    let kinds: Vec<_> =
        PlaceholderKind::ALL.into_iter().map(|k| view! { <option value=k.as_str() selected=k == kind>{k.label()}</option> }).collect();
    let unused = (!used).then(|| view! { <span class="cell-sub">"In no text"</span> });
    view! {
        <tr id=format!("placeholders.{name}")>
            <th scope="row">
                <code class="ltr">{name.clone()}</code>{unused}<input type="hidden" name=format!("row.{row}.name") value=name.clone()/>
            </th>
            <td data-label="Kind"><select name=format!("row.{row}.kind") id=format!("placeholders.{name}.kind") aria-label=format!("Kind of {name}")>{kinds}</select></td>
            {cell("sample", "Sample", sample)}
            {cell("longest", "Longest", longest)}
            {cell("default", "When missing", default)}
        </tr>
    }
    .into_any()
}
