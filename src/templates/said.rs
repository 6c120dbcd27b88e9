//! Everything that a state of a template says, and what another state says otherwise.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::diff::{Change, Differ, Piece};
use super::placeholder::{Placeholder, PlaceholderKind};
use super::variants::Variant;
use super::view::{TemplateView, Texts, VersionView};
use crate::kernel::language::Language;

/// Everything that a state of a template says: its texts, by variant (nothing for the template's own words) and by language,
/// and what is known about its placeholders. Samples are not among it, because nobody is sent them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    texts: BTreeMap<(String, Language), String>,
    placeholders: BTreeMap<String, (PlaceholderKind, Option<String>)>,
}

impl Said {
    /// What these texts, variants and placeholders say.
    pub fn of(texts: &Texts, variants: &[Variant], placeholders: &[Placeholder]) -> Self {
        let own = texts.iter().map(|(language, text)| ((String::new(), language.clone()), text.clone()));
        let others = variants.iter().flat_map(|v| v.texts.iter().map(|(language, text)| ((v.key.clone(), language.clone()), text.clone())));
        let placeholders = placeholders.iter().map(|p| (p.name.clone(), (p.kind, p.default.clone())));
        Self { texts: own.chain(others).collect(), placeholders: placeholders.collect() }
    }
}

impl VersionView {
    /// What it says, variants included.
    pub fn said(&self) -> Said {
        Said::of(&self.texts, &self.variants, &self.placeholders)
    }
}

impl TemplateView {
    /// What its draft says, variants included.
    pub fn said(&self) -> Said {
        Said::of(&self.texts, &self.variants, &self.placeholders)
    }
}

/// The text of one language in both states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = TemplateDiff)]
pub struct ComparedText {
    /// The language.
    #[schema(value_type = String)]
    pub language: Language,
    /// The variant, unless it is the template's own text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// The words of both texts in reading order.
    pub pieces: Vec<Piece>,
}

/// What is known about a placeholder and holds for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceholderField {
    /// What is sent where the value is missing.
    Default,
    /// What kind of value it holds.
    Kind,
}

/// One thing about a placeholder in both states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = PlaceholderDiff)]
pub struct ComparedPlaceholder {
    /// The placeholder.
    #[schema(example = "greeting")]
    pub name: String,
    /// What about it.
    pub field: PlaceholderField,
    /// The words of both states in reading order.
    pub pieces: Vec<Piece>,
}

/// What one state says otherwise than another.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = TemplateChanges)]
pub struct Compared {
    /// Each language whose text differs, of the template and of its variants.
    pub texts: Vec<ComparedText>,
    /// Each placeholder whose default or kind differs. A default is sent, so it is as weighty as a text.
    pub placeholders: Vec<ComparedPlaceholder>,
}

impl Compared {
    /// Holds two states against each other.
    pub fn of(old: &Said, new: &Said) -> Self {
        let mut differ = Differ::default();
        let places: BTreeSet<_> = old.texts.keys().chain(new.texts.keys()).collect();
        let texts = places.into_iter().filter_map(|place| {
            let text = |said: &'_ Said| said.texts.get(place).cloned().unwrap_or_default();
            let pieces = differ.changed(&text(old), &text(new))?;
            Some(ComparedText { language: place.1.clone(), variant: Some(place.0.clone()).filter(|key| !key.is_empty()), pieces })
        });
        let texts = texts.collect();
        let names: BTreeSet<_> = old.placeholders.keys().chain(new.placeholders.keys()).collect();
        let mut placeholders = Vec::new();
        for name in names {
            let (before, after) = (old.placeholders.get(name), new.placeholders.get(name));
            let mut note = |field, pieces| placeholders.push(ComparedPlaceholder { name: name.clone(), field, pieces });
            let default =
                |known: Option<&(PlaceholderKind, Option<String>)>| known.and_then(|(_, default)| default.clone()).unwrap_or_default();
            if let Some(pieces) = differ.changed(&default(before), &default(after)) {
                note(PlaceholderField::Default, pieces);
            }
            if let (Some((was, _)), Some((is, _))) = (before, after)
                && was != is
            {
                let piece = |change, kind: &PlaceholderKind| Piece { change, text: kind.as_str().to_owned() };
                note(PlaceholderField::Kind, vec![piece(Change::Removed, was), piece(Change::Added, is)]);
            }
        }
        Self { texts, placeholders }
    }

    /// Whether both say the same.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty() && self.placeholders.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(texts: &[(&str, String)], placeholders: &[Placeholder]) -> Said {
        let texts = texts.iter().map(|(tag, text)| (Language::parse(tag).expect("a tag"), text.clone())).collect();
        Said::of(&texts, &[], placeholders)
    }

    #[test]
    fn a_default_and_a_kind_are_lines_of_their_own() {
        let named =
            |kind, default: Option<&str>| [Placeholder { kind, default: default.map(str::to_owned), ..Placeholder::named("greeting") }];
        let text = [("en", "{{ greeting }}, it left".to_owned())];
        let old = said(&text, &named(PlaceholderKind::Text, Some("Hello")));
        let new = said(&text, &named(PlaceholderKind::Url, Some("Hello, 90% off")));
        let found = Compared::of(&old, &new);
        assert!(found.texts.is_empty());
        let fields: Vec<_> = found.placeholders.iter().map(|p| (p.name.as_str(), p.field)).collect();
        assert_eq!(fields, [("greeting", PlaceholderField::Default), ("greeting", PlaceholderField::Kind)]);
        let added: String = found.placeholders[0].pieces.iter().filter(|p| p.change == Change::Added).map(|p| p.text.as_str()).collect();
        assert_eq!(added, ", 90% off");
        assert!(Compared::of(&new, &new).is_empty());
        let gone = Compared::of(&old, &said(&text, &named(PlaceholderKind::Text, None)));
        assert_eq!(gone.placeholders[0].pieces, [Piece { change: Change::Removed, text: "Hello".into() }]);
    }
}
