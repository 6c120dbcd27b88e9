//! The rows of conditions in a form.

use leptos::prelude::*;

use super::draft::{Draft, GROUPS, Row, field};
use crate::audiences::condition::Join;
use crate::audiences::kinds::KINDS;
use crate::kernel::category::Category;
use crate::web::page::Typed;
use crate::web::ui::{Alert, Field, Select, Tone};

/// The list of words that values are offered from.
const KNOWN: &str = "known-values";

/// Words that are offered while a value is typed: tags, files, categories.
#[derive(Clone, Debug, Default)]
pub struct Offered {
    /// Tags that are in use.
    pub tags: Vec<String>,
    /// Names of files that brought contacts.
    pub files: Vec<String>,
}

/// How conditions are joined, and a row for each.
#[component]
pub fn ConditionFields(
    /// What was typed, with its errors.
    form: Typed,
    /// The rows.
    draft: Draft,
    /// Words that are offered.
    offered: Offered,
) -> impl IntoView {
    let joins =
        vec![("all".to_owned(), "fit all of the conditions".to_owned()), ("any".to_owned(), "fit any of the conditions".to_owned())];
    let lost = draft.has_lost_groups().then(|| {
        view! { <Alert tone=Tone::Warn>"This audience was made by another system with more groups than this form has. Saving it here joins the last groups into one; to keep them apart, change it with the API."</Alert> }
    });
    let join = draft.join;
    let rows: Vec<_> =
        draft.shown().into_iter().enumerate().map(|(n, row)| view! { <ConditionRow form=form.clone() n=n row=row join=join/> }).collect();
    let words = offered.tags.into_iter().chain(offered.files).chain(Category::ALL.map(|category| category.as_str().to_owned()));
    let words: Vec<_> = words.map(|word| view! { <option value=word></option> }).collect();
    view! {
        {lost}
        <Select form=form name="join" label="People who" value=join.as_str() options=joins/>
        <div class="stack">{rows}</div>
        <datalist id=KNOWN>{words}</datalist>
    }
}

#[component]
fn ConditionRow(form: Typed, n: usize, row: Row, join: Join) -> impl IntoView {
    // What is typed is shown by the row that it closed up to, not by the field that it stood in.
    let errors = Typed::asked(Vec::new(), form.errors());
    let (kind, name, value, group) = (field(n, "kind"), field(n, "name"), field(n, "value"), field(n, "group"));
    let error = errors.error(&kind);
    let headings = ["Person", "Tags and attributes", "What happened", "Purchases", "Consent"].map(|heading| {
        let options: Vec<_> = KINDS
            .iter()
            .filter(|k| k.heading == heading)
            .map(|k| view! { <option value=k.word selected={k.word == row.kind} data-name=k.has_name data-bare=!k.has_value>{k.label}</option> })
            .collect();
        view! { <optgroup label=heading>{options}</optgroup> }
    });
    let within = match join {
        Join::All => "any of these",
        Join::Any => "all of these",
    };
    let groups = GROUPS.iter().map(|letter| ((*letter).to_owned(), format!("Group {}: {within}", letter.to_uppercase())));
    let groups: Vec<(String, String)> = std::iter::once((String::new(), "By itself".to_owned())).chain(groups).collect();
    let (invalid, described) = (error.is_some().then_some("true"), error.is_some().then(|| format!("{kind}-error")));
    view! {
        <fieldset class="cond">
            <legend>{format!("Condition {}", n + 1)}</legend>
            <div class="cond-fields">
                <div class="field cond-kind">
                    <label for=kind.clone()>"What"</label>
                    {error.map(|e| view! { <span class="error" id=format!("{kind}-error")><span class="vh">"Error: "</span>{e}</span> })}
                    <select id=kind.clone() name=kind.clone() aria-invalid=invalid aria-describedby=described>
                        <option value="">"Nothing"</option>
                        {headings.into_iter().collect::<Vec<_>>()}
                    </select>
                </div>
                <div class="cond-name"><Field form=errors.clone().with(&name, row.name) name=name label="Attribute or currency"/></div>
                <div class="cond-value"><Field form=errors.clone().with(&value, row.value) name=value label="Value" offer=KNOWN/></div>
                <div class="cond-group"><Select form=errors.with(&group, row.group) name=group label="Together with" options=groups/></div>
            </div>
        </fieldset>
    }
}
