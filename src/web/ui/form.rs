//! Form fields. A field's id is its name, so that error summaries can link to it; two forms on one page give `id`.

use leptos::prelude::*;

use crate::web::page::Typed;

/// What a text field's value is, for keyboards, password managers and the browser's own checks.
fn attributes(kind: &'static str) -> (Option<&'static str>, Option<&'static str>) {
    match kind {
        "tel" => (Some("tel"), Some("off")),
        "email" => (Some("email"), Some("off")),
        _ => (None, None),
    }
}

fn described_by(id: &str, hint: bool, error: bool) -> Option<String> {
    let parts: Vec<String> =
        [(hint, "hint"), (error, "error")].iter().filter(|(is, _)| *is).map(|(_, part)| format!("{id}-{part}")).collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

/// Label, hint and error around a control.
fn labelled(id: &str, label: String, hint: Option<String>, error: Option<String>, control: AnyView) -> AnyView {
    view! {
        <div class="field">
            <label for=id.to_owned()>{label}</label>
            {hint.map(|h| view! { <span class="hint" id=format!("{id}-hint")>{h}</span> })}
            {error.map(|e| view! { <span class="error" id=format!("{id}-error")><span class="vh">"Error: "</span>{e}</span> })}
            {control}
        </div>
    }
    .into_any()
}

/// A field of one line.
#[component]
pub fn Field(
    /// The form's state: what was typed and refused.
    form: Typed,
    /// The field's name, and its id unless `id` is given.
    #[prop(into)]
    name: String,
    /// What people read above it.
    #[prop(into)]
    label: String,
    /// What is stored; shown unless something was typed.
    #[prop(optional, into)]
    value: String,
    /// A line of help.
    #[prop(optional, into)]
    hint: Option<String>,
    /// `text`, `email`, `tel`, `password`, `number`, `date`, `datetime-local`, `time`, `url`, `search`.
    #[prop(default = "text")]
    kind: &'static str,
    /// What password managers fill in, e.g. `username`.
    #[prop(optional)]
    autocomplete: Option<&'static str>,
    /// Which keys a phone shows, e.g. `numeric`.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    /// The id of the list of words that are offered.
    #[prop(optional)]
    offer: Option<&'static str>,
    /// Whether it must be filled in; the server checks as well.
    #[prop(optional)]
    required: bool,
    /// Another id than the name.
    #[prop(optional, into)]
    id: Option<String>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.clone());
    let error = form.error(&name);
    let shown = if kind == "password" { String::new() } else { form.or(&name, value) };
    let (mode, complete) = attributes(kind);
    let control = view! {
        <input class="input" id=id.clone() name=name type=kind value=shown required=required autocomplete=autocomplete.or(complete)
            inputmode=inputmode.or(mode) list=offer aria-invalid=error.is_some().then_some("true")
            aria-describedby=described_by(&id, hint.is_some(), error.is_some()) dir=matches!(kind, "text" | "search").then_some("auto")/>
    };
    labelled(&id, label, hint, error, control.into_any())
}

/// A hidden field.
#[component]
pub fn Hidden(
    /// Its name.
    name: &'static str,
    /// Its value.
    #[prop(into)]
    value: String,
) -> impl IntoView {
    view! { <input type="hidden" name=name value=value/> }
}

/// The content of a textarea: Leptos 0.8 does not escape it, and the browser eats the first line break.
pub fn escaped_textarea(value: &str) -> String {
    format!("\n{}", value.replace('&', "&amp;").replace('<', "&lt;"))
}

/// A field of several lines.
#[component]
pub fn TextArea(
    /// The form's state.
    form: Typed,
    /// The field's name, and its id unless `id` is given.
    #[prop(into)]
    name: String,
    /// What people read above it.
    #[prop(into)]
    label: String,
    /// What is stored.
    #[prop(optional, into)]
    value: String,
    /// A line of help.
    #[prop(optional, into)]
    hint: Option<String>,
    /// How many lines it shows at first.
    #[prop(default = 6)]
    rows: u32,
    /// The language of its text, e.g. `fa`.
    #[prop(optional, into)]
    lang: Option<String>,
    /// Its direction; `auto` lets the text decide.
    #[prop(default = "auto")]
    dir: &'static str,
    /// Whether it must be filled in.
    #[prop(optional)]
    required: bool,
    /// Another id than the name.
    #[prop(optional, into)]
    id: Option<String>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.clone());
    let error = form.error(&name);
    let shown = escaped_textarea(&form.or(&name, value));
    let control = view! {
        <textarea id=id.clone() name=name rows=rows lang=lang dir=dir required=required aria-invalid=error.is_some().then_some("true")
            aria-describedby=described_by(&id, hint.is_some(), error.is_some())>{shown}</textarea>
    };
    labelled(&id, label, hint, error, control.into_any())
}

/// A choice of one.
#[component]
pub fn Select(
    /// The form's state.
    form: Typed,
    /// The field's name, and its id unless `id` is given.
    #[prop(into)]
    name: String,
    /// What people read above it.
    #[prop(into)]
    label: String,
    /// Value and words of each choice.
    options: Vec<(String, String)>,
    /// The stored value.
    #[prop(optional, into)]
    value: String,
    /// A line of help.
    #[prop(optional, into)]
    hint: Option<String>,
    /// Another id than the name.
    #[prop(optional, into)]
    id: Option<String>,
) -> impl IntoView {
    let id = id.unwrap_or_else(|| name.clone());
    let error = form.error(&name);
    let chosen = form.or(&name, value);
    let options: Vec<_> = options
        .into_iter()
        .map(|(value, words)| {
            let selected = value == chosen;
            view! { <option value=value selected=selected>{words}</option> }
        })
        .collect();
    let control = view! {
        <select id=id.clone() name=name aria-invalid=error.is_some().then_some("true")
            aria-describedby=described_by(&id, hint.is_some(), error.is_some())>{options}</select>
    };
    labelled(&id, label, hint, error, control.into_any())
}

/// A box to tick.
#[component]
pub fn Checkbox(
    /// The form's state.
    form: Typed,
    /// The field's name.
    #[prop(into)]
    name: String,
    /// What ticking it means.
    #[prop(into)]
    label: String,
    /// What is sent when it is ticked.
    #[prop(default = "true".to_owned(), into)]
    value: String,
    /// Whether it is ticked by what is stored.
    #[prop(optional)]
    checked: bool,
    /// A line of help.
    #[prop(optional, into)]
    hint: Option<String>,
) -> impl IntoView {
    let ticked = form.ticked(&name, &value, checked);
    view! {
        <label class="check">
            <input type="checkbox" name=name value=value checked=ticked/>
            <span>{label}{hint.map(|h| view! { <span class="hint">" "{h}</span> })}</span>
        </label>
    }
}

/// Several boxes that belong together, under one name.
#[component]
pub fn Checks(
    /// The form's state.
    form: Typed,
    /// The name that all of them have; also the group's id.
    name: &'static str,
    /// What they have in common.
    #[prop(into)]
    legend: String,
    /// Value and words of each box, and whether it is ticked by what is stored.
    options: Vec<(String, String, bool)>,
    /// A line of help.
    #[prop(optional, into)]
    hint: Option<String>,
) -> impl IntoView {
    let error = form.error(name);
    let described = described_by(name, hint.is_some(), error.is_some());
    let boxes: Vec<_> = options
        .into_iter()
        .map(|(value, words, stored)| view! { <Checkbox form=form.clone() name=name label=words value=value checked=stored/> })
        .collect();
    view! {
        <fieldset class="field" id=name aria-describedby=described>
            <legend>{legend}</legend>
            {hint.map(|h| view! { <span class="hint" id=format!("{name}-hint")>{h}</span> })}
            {error.map(|e| view! { <span class="error" id=format!("{name}-error")><span class="vh">"Error: "</span>{e}</span> })}
            <div class="checks">{boxes}</div>
        </fieldset>
    }
    .into_any()
}

/// One button that posts a command with hidden values, e.g. pause a campaign.
#[component]
pub fn Command(
    /// The command's address, e.g. `/do/campaigns/pause`.
    #[prop(into)]
    action: String,
    /// Hidden values.
    #[prop(optional)]
    values: Vec<(&'static str, String)>,
    /// The button's classes besides `btn`.
    #[prop(default = "btn-sm")]
    class: &'static str,
    /// What screen readers say, when the words alone do not tell which thing is meant.
    #[prop(optional, into)]
    label: Option<String>,
    /// The button's words, perhaps after an icon.
    children: Children,
) -> impl IntoView {
    let values: Vec<_> = values.into_iter().map(|(name, value)| view! { <Hidden name=name value=value/> }).collect();
    view! {
        <form class="inline" method="post" action=action>
            {values}
            <button class=format!("btn {class}") type="submit" aria-label=label>{children()}</button>
        </form>
    }
    .into_any()
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn a_textarea_cannot_be_left_and_keeps_its_first_line_break() {
        let text = "\n</textarea><script>alert('&amp;')</script>";
        let html = Owner::new().with(|| view! { <TextArea form=Typed::default() name="text" label="Text" value=text/> }.to_html());
        assert!(!html.contains("<script"), "{html}");
        assert!(html.contains("\n\n&lt;/textarea>&lt;script>alert('&amp;amp;')&lt;/script></textarea>"), "{html}");
    }
}
