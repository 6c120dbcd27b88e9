//! A new contact and a change of one, as callers write them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Deserializer};
use utoipa::ToSchema;

use super::profile::{self, Change, Read, TagChange};
use crate::kernel::error::{FieldErrors, Result};

/// A new contact.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactInput {
    /// The number, in any spelling.
    #[schema(example = "+14155550123")]
    pub phone: String,
    /// Their name, at most 100 characters.
    #[serde(default)]
    pub name: Option<String>,
    /// The language to write to them in, such as en, fa or zh-Hant.
    #[serde(default)]
    pub language: Option<String>,
    /// Where their clocks are, as IANA name.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// new, contacted, qualified, won or lost.
    #[serde(default)]
    pub status: Option<String>,
    /// Anything else, by name: at most 50.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
    /// Words to sort people by: at most 20.
    #[serde(default)]
    pub tags: Vec<String>,
}

/// A change of a contact. What is absent stays; null takes a value away.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ContactPatch {
    /// Their name.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub name: Option<Option<String>>,
    /// The language to write to them in.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub language: Option<Option<String>>,
    /// Where their clocks are.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub time_zone: Option<Option<String>>,
    /// new, contacted, qualified, won or lost.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>)]
    pub status: Option<Option<String>>,
    /// Attributes to set, and with null to take away; the others stay.
    #[serde(default)]
    pub attributes: BTreeMap<String, Option<String>>,
    /// All tags from now on.
    #[serde(default)]
    pub tags: Option<Vec<String>>,
}

/// Tells null, which takes a value away, from an absent field, which keeps it.
fn present<'de, D: Deserializer<'de>>(from: D) -> std::result::Result<Option<Option<String>>, D::Error> {
    Option::deserialize(from).map(Some)
}

impl ContactInput {
    /// The number, and the rest as a change of nothing.
    pub fn split(self) -> (String, ContactPatch) {
        let patch = ContactPatch {
            name: self.name.map(Some),
            language: self.language.map(Some),
            time_zone: self.time_zone.map(Some),
            status: self.status.map(Some),
            attributes: self.attributes.into_iter().map(|(name, value)| (name, Some(value))).collect(),
            tags: Some(self.tags),
        };
        (self.phone, patch)
    }
}

impl ContactPatch {
    /// Reads every field. An empty text is the same as null.
    ///
    /// # Errors
    /// Every faulty field, by name.
    pub fn read(&self) -> Result<Change> {
        let mut errors = FieldErrors::new();
        let change = self.read_into(&mut errors);
        errors.into_result().map(|()| change)
    }

    /// Reads every field; what is wrong goes to `errors` and is left out.
    pub(super) fn read_into(&self, errors: &mut FieldErrors) -> Change {
        let mut attributes = BTreeMap::new();
        for (given, value) in &self.attributes {
            let field = format!("attributes.{given}");
            let Some(name) = noted(errors, &field, profile::attribute_name(given)) else { continue };
            let value = value.as_deref().map(str::trim).filter(|v| !v.is_empty());
            match value.map(|v| noted(errors, &field, profile::attribute(v))) {
                Some(None) => {}
                Some(Some(value)) => drop(attributes.insert(name, Some(value))),
                None => drop(attributes.insert(name, None)),
            }
        }
        let tags = self.tags.as_ref().map(|given| {
            let read: BTreeSet<String> = given.iter().filter_map(|text| noted(errors, "tags", profile::tag(text))).collect();
            TagChange::Replace(read)
        });
        Change {
            name: part(errors, "name", &self.name, profile::name),
            language: part(errors, "language", &self.language, profile::language),
            time_zone: part(errors, "time_zone", &self.time_zone, profile::time_zone),
            status: part(errors, "status", &self.status, profile::status),
            attributes,
            tags,
        }
    }
}

fn noted<T>(errors: &mut FieldErrors, field: &str, read: Read<T>) -> Option<T> {
    read.inspect_err(|refusal| refusal.note(field, errors)).ok()
}

fn part<T>(errors: &mut FieldErrors, field: &str, given: &Option<Option<String>>, read: impl Fn(&str) -> Read<T>) -> Option<Option<T>> {
    let text = given.as_ref()?.as_deref().map(str::trim).filter(|text| !text.is_empty());
    match text {
        None => Some(None),
        Some(text) => noted(errors, field, read(text)).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn null_takes_away_and_absence_keeps() {
        let patch: ContactPatch =
            serde_json::from_str(r#"{"name": null, "language": "FA", "attributes": {"a": null, "b": " x "}}"#).expect("a patch");
        let change = patch.read().expect("sound");
        assert_eq!((change.name, change.time_zone, change.tags), (Some(None), None, None));
        assert_eq!(change.language.flatten().map(|l| l.as_str().to_owned()).as_deref(), Some("fa"));
        assert_eq!(change.attributes.into_iter().collect::<Vec<_>>(), [("a".into(), None), ("b".into(), Some("x".into()))]);
        assert!(serde_json::from_str::<ContactPatch>(r#"{"phone": "+14155550123"}"#).is_err(), "a number is not changed");
    }

    #[test]
    fn every_faulty_field_is_named() {
        let patch: ContactPatch =
            serde_json::from_str(r#"{"language": "??", "time_zone": "x", "status": "y", "tags": ["<"], "attributes": {"<": "v"}}"#)
                .expect("a patch");
        let mut errors = FieldErrors::new();
        patch.read_into(&mut errors);
        let fields: Vec<_> = errors.0.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(fields, ["attributes.<", "tags", "language", "time_zone", "status"]);
    }
}
