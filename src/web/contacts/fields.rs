//! The fields of a contact's form, read and written.

use std::collections::BTreeMap;

use leptos::prelude::*;

use crate::contacts::{Contact, ContactInput, ContactPatch, LeadStatus};
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::language::Language;
use crate::web::action::Posted;
use crate::web::page::Typed;
use crate::web::settings::choices::{Choices, languages, time_zones};
use crate::web::ui::{Field, Hidden, Select, TextArea};

/// The tags that a form showed.
const SHOWN_TAGS: &str = "shown.tags";
/// The attributes that it showed, by line.
const SHOWN_ATTRIBUTES: &str = "shown.attributes";

/// The statuses of leads as choices; `none` is what an empty one is called.
pub fn statuses(none: &str) -> Choices {
    let known = LeadStatus::ALL.map(|s| (s.as_str().to_owned(), s.label().to_owned()));
    std::iter::once((String::new(), none.to_owned())).chain(known).collect()
}

/// The fields below the number.
#[component]
pub fn ProfileFields(
    /// The form's state.
    form: Typed,
    /// What is stored.
    #[prop(optional)]
    contact: Option<Contact>,
    /// The organisation's language.
    usual: Language,
) -> impl IntoView {
    let stored = contact.as_ref();
    let text = |value: Option<&String>| value.cloned().unwrap_or_default();
    let current = stored.and_then(|c| c.language.clone()).map_or(usual, Language::stored);
    let zones = time_zones(stored.and_then(|c| c.time_zone.as_deref()));
    let none = |words: &str, rest: Choices| std::iter::once((String::new(), words.to_owned())).chain(rest).collect::<Choices>();
    let attributes = stored
        .map(|c| c.attributes.iter().map(|(name, value)| format!("{name}: {value}")).collect::<Vec<_>>().join("\n"))
        .unwrap_or_default();
    let tags = stored.map(|c| c.tags.join(", ")).unwrap_or_default();
    // What the form showed, also when it is shown again: only what was taken out of it, and what was written anew, is changed.
    let shown = [(SHOWN_TAGS, form.or(SHOWN_TAGS, tags.as_str())), (SHOWN_ATTRIBUTES, form.or(SHOWN_ATTRIBUTES, attributes.as_str()))];
    let shown = stored.map(|_| shown.map(|(name, value)| view! { <Hidden name=name value=value/> }).collect_view());
    view! {
        {shown}
        <Field form=form.clone() name="name" label="Name" value=text(stored.and_then(|c| c.name.as_ref()))/>
        <div class="grid">
            <div class="c-6"><Select form=form.clone() name="language" label="Language" options=none("The organisation’s", languages(&current))
                value=text(stored.and_then(|c| c.language.as_ref()))/></div>
            <div class="c-6"><Select form=form.clone() name="time_zone" label="Time zone" options=none("The organisation’s", zones)
                value=text(stored.and_then(|c| c.time_zone.as_ref())) hint="Quiet hours go by it."/></div>
            <div class="c-6"><Select form=form.clone() name="status" label="Status" options=statuses("No lead")
                value=stored.and_then(|c| c.status).unwrap_or_default()/></div>
            <div class="c-6"><Field form=form.clone() name="tags" label="Tags" value=tags hint="Short words with commas between them, such as vip, spring-2026."/></div>
        </div>
        <TextArea form=form name="attributes" label="Attributes" rows=4 value=attributes
            hint="One per line, as name: value, such as city: Yazd."/>
    }
}

/// Reads a new contact.
pub fn input(form: &Posted) -> Result<ContactInput> {
    let given = |field: &str| form.get(field).map(str::trim).filter(|v| !v.is_empty()).map(str::to_owned);
    Ok(ContactInput {
        phone: given("phone").unwrap_or_default(),
        name: given("name"),
        language: given("language"),
        time_zone: given("time_zone"),
        status: given("status"),
        attributes: attributes(form.get("attributes").unwrap_or_default())?,
        tags: tags(form.get("tags").unwrap_or_default()),
    })
}

/// Reads a change of a contact that is this now. A tag or a line that is gone from what the form showed is taken away, a line that stands
/// as it was shown is left alone, and so is what others have added since.
pub fn patch(form: &Posted, now: &Contact) -> Result<ContactPatch> {
    let given = |field: &str| form.get(field).map(|v| Some(v.trim().to_owned()));
    let written = attributes(form.get("attributes").unwrap_or_default())?;
    let shown = form.get(SHOWN_ATTRIBUTES).map_or_else(|| Ok(now.attributes.clone()), attributes)?;
    let gone = shown.keys().filter(|name| !written.contains_key(*name)).map(|name| (name.clone(), None));
    let new =
        written.iter().filter(|(name, value)| shown.get(*name) != Some(value)).map(|(name, value)| (name.clone(), Some(value.clone())));
    let kept = tags(form.get("tags").unwrap_or_default());
    let shown = form.get(SHOWN_TAGS).map_or_else(|| now.tags.clone(), tags);
    let others = now.tags.iter().filter(|tag| !shown.contains(tag) && !kept.contains(tag));
    Ok(ContactPatch {
        name: given("name"),
        language: given("language"),
        time_zone: given("time_zone"),
        status: given("status"),
        attributes: gone.chain(new).collect(),
        tags: Some(kept.iter().chain(others).cloned().collect()),
    })
}

fn tags(text: &str) -> Vec<String> {
    text.split([',', ';', '،', '、']).map(str::trim).filter(|tag| !tag.is_empty()).map(str::to_owned).collect()
}

/// Reads lines of `name: value`.
fn attributes(text: &str) -> Result<BTreeMap<String, String>> {
    let mut read = BTreeMap::new();
    let mut errors = FieldErrors::new();
    for (i, line) in text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()) {
        let n = i + 1;
        match line.split_once([':', '：']) {
            Some((name, value)) if !name.trim().is_empty() => {
                if read.insert(name.trim().to_owned(), value.trim().to_owned()).is_some() {
                    errors.add("attributes", "duplicate", format!("Line {n}: this name stands in an earlier line. Keep one of them."));
                }
            }
            _ => errors.add("attributes", "malformed", format!("Line {n}: write it as name: value, such as city: Yazd.")),
        }
    }
    errors.into_result().map(|()| read)
}

/// The same refusal under the names that the form's fields have: `attributes.city` is the field `attributes`.
pub fn in_fields(error: Error) -> Error {
    let Error::Invalid(mut errors) = error else { return error };
    for e in &mut errors.0 {
        if let Some(name) = e.field.strip_prefix("attributes.") {
            e.detail = format!("“{name}”: {}", e.detail);
            e.field = "attributes".into();
        }
    }
    Error::Invalid(errors)
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn attributes_are_read_line_by_line() {
        let read = attributes("city: Yazd\r\n\n url : https://example.com \n").expect("sound");
        assert_eq!(read.into_iter().collect::<Vec<_>>(), [("city".into(), "Yazd".into()), ("url".into(), "https://example.com".into())]);
        let Err(Error::Invalid(errors)) = attributes("city\ncolour: red\ncolour: blue\n: x") else { panic!("it was taken") };
        let told: Vec<_> = errors.0.iter().map(|e| (e.code.as_str(), &e.detail[..7])).collect();
        assert_eq!(told, [("malformed", "Line 1:"), ("duplicate", "Line 3:"), ("malformed", "Line 4:")]);
    }
}
