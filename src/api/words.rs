//! What a campaign or an upload is to say, as callers write it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::shape::given;
use crate::kernel::category::Category;
use crate::kernel::clock::{Millis, parse_rfc3339};
use crate::kernel::error::{FieldErrors, Result};
use crate::kernel::language::Language;
use crate::uploads::{MessageChoice, Wording};

/// A text or a template, with what goes with it.
#[derive(Debug, Default)]
pub struct Words {
    /// A text with placeholders.
    pub text: Option<String>,
    /// A template's id or code.
    pub template: Option<String>,
    /// What it is about.
    pub category: Option<String>,
    /// The language of people who have none.
    pub language: Option<String>,
}

impl Words {
    /// Reads them; nothing when neither text nor template is given.
    pub fn read(self) -> Result<Option<MessageChoice>> {
        let mut errors = FieldErrors::new();
        let category = given(self.category.as_ref()).and_then(|word| {
            let category = Category::parse(word);
            if category.is_none() {
                errors.add("category", "unknown", format!("Use one of {}.", Category::ALL.map(Category::as_str).join(", ")));
            }
            category
        });
        let language = given(self.language.as_ref()).and_then(|tag| {
            let language = Language::parse(tag);
            if language.is_none() {
                errors.add("language", "unknown_language", "Write the language as a tag such as en, fa or zh-Hant.");
            }
            language
        });
        let wording = match (self.text.filter(|t| !t.is_empty()), given(self.template.as_ref())) {
            (Some(_), Some(_)) => {
                errors.add("text", "two_wordings", "Give either a text or a template, not both.");
                None
            }
            (Some(text), None) => Some(Wording::Text(text)),
            (None, Some(template)) => Some(Wording::Template(template.to_owned())),
            (None, None) => None,
        };
        errors.into_result()?;
        Ok(wording.map(|wording| MessageChoice { wording, category, language }))
    }
}

/// Reads an instant.
pub fn instant(errors: &mut FieldErrors, field: &str, text: Option<&String>) -> Option<Millis> {
    let at = parse_rfc3339(given(text)?);
    if at.is_none() {
        errors.add(field, "not_an_instant", "Write the time as RFC 3339 with its zone, e.g. 2026-11-21T18:30:00+03:30.");
    }
    at
}

/// Reads values for placeholders: texts, numbers and truth values; null counts as absent.
pub fn to_variables(errors: &mut FieldErrors, field: &str, values: BTreeMap<String, Value>) -> BTreeMap<String, String> {
    let mut read = BTreeMap::new();
    for (name, value) in values {
        let text = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(yes) => yes.to_string(),
            Value::Null => continue,
            Value::Array(_) | Value::Object(_) => {
                errors.add(&format!("{field}.{name}"), "not_a_value", "Give a text, a number or a truth value.");
                continue;
            }
        };
        read.insert(name, text);
    }
    read
}
