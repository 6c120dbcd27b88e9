//! What people write into a template, checked field by field.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::code::is_code;
use super::grammar::{MAX_VALUE, Template};
use super::placeholder::{Placeholder, PlaceholderKind, declared_for};
use super::variants::{self, Variant, VariantInput};
use super::view::{Dlt, TemplateView, Texts};
use super::wording::Wording;
use crate::kernel::category::Category;
use crate::kernel::clock::{Millis, parse_rfc3339};
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::language::Language;

/// Languages of one template.
pub const MOST_LANGUAGES: usize = 20;
/// Placeholders that may be described at once: more than a template of any length can use in one language.
const MOST_PLACEHOLDERS: usize = 200;

/// A template as somebody writes it. In a new one `category`, `texts` and a `name` or a `code` are required; in a
/// change every field that is absent stays as it is.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateInput {
    /// 1 to 64 of `a`–`z`, `0`–`9`, `_`, `-`; made from the name when absent.
    #[serde(default)]
    pub code: Option<String>,
    /// 1 to 120 characters.
    #[serde(default)]
    pub name: Option<String>,
    /// What its messages are about; takes effect at once, also for the published version.
    #[serde(default)]
    pub category: Option<String>,
    /// Up to 500 characters; `""` removes it.
    #[serde(default)]
    pub description: Option<String>,
    /// Language tag → source. Given, it is the whole set: a language that it lacks is removed.
    #[serde(default)]
    pub texts: Option<BTreeMap<String, String>>,
    /// Other words to try, 2 to 5, the first of which is `texts` and has none of its own; an empty list ends the test. Each campaign
    /// splits its people by the shares.
    #[serde(default)]
    pub variants: Option<Vec<VariantInput>>,
    /// What is known about the names in the texts; names that no text uses are left out.
    #[serde(default)]
    pub placeholders: Option<Vec<PlaceholderInput>>,
    /// India's registry; an empty object removes it.
    #[serde(default)]
    pub dlt: Option<Dlt>,
    /// The `updated_at` that the writer saw: the change is refused when somebody saved meanwhile.
    #[serde(default)]
    pub expected_updated_at: Option<String>,
}

/// A placeholder as somebody writes it.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PlaceholderInput {
    /// As in the text.
    pub name: String,
    /// `text` when absent.
    #[serde(default)]
    pub kind: Option<String>,
    /// A usual value.
    #[serde(default)]
    pub sample: Option<String>,
    /// The longest value that really occurs.
    #[serde(default)]
    pub longest: Option<String>,
    /// What stands in for a missing value.
    #[serde(default)]
    pub default: Option<String>,
}

/// A [`TemplateInput`] that was found sound. `None` leaves a field as it is.
#[derive(Debug, Default)]
pub(super) struct Changes {
    pub code: Option<String>,
    pub name: Option<String>,
    pub category: Option<Category>,
    description: Option<Option<String>>,
    pub texts: Option<BTreeMap<Language, Template>>,
    variants: Option<Vec<Variant>>,
    placeholders: Option<Vec<Placeholder>>,
    dlt: Option<Option<Dlt>>,
    pub expected_updated_at: Option<Millis>,
}

impl TemplateInput {
    /// Checks every field of a change.
    pub(super) fn read_change(self) -> Result<Changes> {
        let mut errors = FieldErrors::new();
        let changes = self.read(&mut errors);
        errors.into_result().map(|()| changes)
    }

    /// Checks every field of a new template: what it cannot be without must be there.
    pub(super) fn read_new(self) -> Result<Changes> {
        let mut errors = FieldErrors::new();
        if self.name.is_none() && self.code.is_none() {
            errors.add("name", "required", "Give the template a name.");
        }
        if self.category.is_none() {
            errors.add("category", "required", format!("Choose a category: {}.", categories()));
        }
        if self.texts.is_none() {
            errors.add("texts", "required", "Write the text in at least one language.");
        }
        let changes = self.read(&mut errors);
        errors.into_result().map(|()| changes)
    }

    fn read(self, errors: &mut FieldErrors) -> Changes {
        Changes {
            code: self.code.and_then(|code| read_code(code, errors)),
            name: self.name.and_then(|name| read_line("name", &name, 120, errors)),
            category: self.category.and_then(|c| read_category(&c, errors)),
            description: self.description.map(|d| read_optional("description", &d, 500, errors)),
            texts: self.texts.map(|texts| read_texts(texts, errors)),
            variants: self.variants.map(|given| variants::read(given, errors)),
            placeholders: self.placeholders.map(|p| read_placeholders(p, errors)),
            dlt: self.dlt.map(|dlt| read_dlt(dlt, errors)),
            expected_updated_at: self.expected_updated_at.and_then(|at| read_instant(&at, errors)),
        }
    }
}

impl Changes {
    /// Writes the changes into a template, draft included. The code and the expected instant are the caller's to check.
    pub(super) fn apply(self, template: &mut TemplateView) -> Result<()> {
        if let Some(code) = self.code {
            template.code = code;
        }
        if let Some(name) = self.name {
            template.name = name;
        }
        if let Some(category) = self.category {
            template.category = category;
        }
        if let Some(description) = self.description {
            template.description = description;
        }
        if let Some(dlt) = self.dlt {
            template.dlt = dlt;
        }
        if let Some(texts) = self.texts {
            template.texts = texts.iter().map(|(language, text)| (language.clone(), text.source().to_owned())).collect::<Texts>();
        }
        match self.variants {
            Some(variants) => {
                variants::require_known_languages(&variants, &template.texts)?;
                template.variants = variants;
            }
            None => variants::follow(&mut template.variants, &template.texts),
        }
        if !template.variants.is_empty() && template.dlt.as_ref().is_some_and(|dlt| dlt.template_id.is_some()) {
            let how =
                "A text that is registered (DLT) has no variants: only the registered words may be sent. Copy the template for the test.";
            return Err(Error::invalid("variants", "registered", how));
        }
        let declared = self.placeholders.unwrap_or_else(|| std::mem::take(&mut template.placeholders));
        let names = Wording::with_variants(&template.texts, &template.variants, Vec::new())?.names();
        let placeholders = declared_for(&names.iter().map(String::as_str).collect::<Vec<_>>(), &declared);
        template.set_wording(&Wording::with_variants(&template.texts, &template.variants, placeholders)?);
        Ok(())
    }
}

fn categories() -> String {
    Category::ALL.map(Category::as_str).join(", ")
}

fn read_code(code: String, errors: &mut FieldErrors) -> Option<String> {
    if is_code(&code) {
        return Some(code);
    }
    let how = "Use 1 to 64 small letters a–z, digits, “_” and “-”, and do not begin with “tpl_”.";
    errors.add("code", "unusable", how);
    None
}

fn read_category(text: &str, errors: &mut FieldErrors) -> Option<Category> {
    let category = Category::parse(text.trim());
    if category.is_none() {
        errors.add("category", "unknown", format!("Choose one of: {}.", categories()));
    }
    category
}

fn read_line(field: &str, text: &str, most: usize, errors: &mut FieldErrors) -> Option<String> {
    let text = text.trim();
    let problem = match text.chars().count() {
        0 => Some(("required", "Write something here.".to_owned())),
        n if n > most => Some(("too_long", format!("Use at most {most} characters."))),
        _ if text.chars().any(char::is_control) => Some(("unusable", "Write it on one line, without control characters.".to_owned())),
        _ => None,
    };
    if let Some((code, detail)) = problem {
        errors.add(field, code, detail);
        return None;
    }
    Some(text.to_owned())
}

/// As a line, except that blank means none and line breaks are welcome.
pub(super) fn read_optional(field: &str, text: &str, most: usize, errors: &mut FieldErrors) -> Option<String> {
    let text = text.trim();
    if text.chars().count() > most {
        errors.add(field, "too_long", format!("Use at most {most} characters."));
    } else if text.contains('\0') {
        errors.add(field, "unusable", "Remove the NUL character.");
    }
    (!text.is_empty()).then(|| text.to_owned())
}

fn read_texts(texts: BTreeMap<String, String>, errors: &mut FieldErrors) -> BTreeMap<Language, Template> {
    if texts.is_empty() {
        errors.add("texts", "required", "Write the text in at least one language.");
    } else if texts.len() > MOST_LANGUAGES {
        errors.add("texts", "too_many", format!("A template has at most {MOST_LANGUAGES} languages."));
        return BTreeMap::new();
    }
    let mut read = BTreeMap::new();
    for (tag, source) in texts {
        let field = format!("texts.{tag}");
        let Some(language) = Language::parse(&tag) else {
            errors.add(&field, "unknown_language", "Write a language tag such as en, fa or zh-Hant.");
            continue;
        };
        if read.contains_key(&language) {
            errors.add(&field, "repeated", format!("There are two texts for {language}. Keep one."));
            continue;
        }
        if source.trim().is_empty() {
            errors.add(&field, "required", "Write a text, or remove this language.");
            continue;
        }
        if source.contains('\0') {
            errors.add(&field, "unusable", "Remove the NUL character.");
            continue;
        }
        match Template::parse(&source) {
            Ok(template) => {
                read.insert(language, template);
            }
            Err(e) => errors.add(&field, e.code(), format!("{e} {}", e.fix)),
        }
    }
    read
}

fn read_placeholders(given: Vec<PlaceholderInput>, errors: &mut FieldErrors) -> Vec<Placeholder> {
    if given.len() > MOST_PLACEHOLDERS {
        errors.add("placeholders", "too_many", format!("Describe at most {MOST_PLACEHOLDERS} placeholders."));
        return Vec::new();
    }
    let mut read: Vec<Placeholder> = Vec::new();
    for one in given {
        let field = format!("placeholders.{}", one.name);
        if read.iter().any(|p| p.name == one.name) {
            errors.add(&field, "repeated", "This placeholder is described twice. Keep one.");
            continue;
        }
        let kind = match one.kind.as_deref().map(str::trim) {
            None | Some("") => PlaceholderKind::Text,
            Some(word) => PlaceholderKind::parse(word).unwrap_or_else(|| {
                let kinds = PlaceholderKind::ALL.map(PlaceholderKind::as_str).join(", ");
                errors.add(&format!("{field}.kind"), "unknown", format!("Choose one of: {kinds}."));
                PlaceholderKind::Text
            }),
        };
        let mut value = |part: &str, text: Option<String>| text.and_then(|t| read_value(&format!("{field}.{part}"), t, errors));
        let (sample, longest, default) = (value("sample", one.sample), value("longest", one.longest), value("default", one.default));
        read.push(Placeholder { name: one.name, kind, sample, longest, default });
    }
    read
}

/// A value that may go out in a text is kept exactly as it was given; a blank one is none.
fn read_value(field: &str, text: String, errors: &mut FieldErrors) -> Option<String> {
    if text.chars().count() > MAX_VALUE {
        errors.add(field, "too_long", format!("Use at most {MAX_VALUE} characters."));
    } else if text.contains('\0') {
        errors.add(field, "unusable", "Remove the NUL character.");
    }
    (!text.trim().is_empty()).then_some(text)
}

fn read_dlt(dlt: Dlt, errors: &mut FieldErrors) -> Option<Dlt> {
    let mut part = |name: &str, text: Option<String>| {
        let text = text.and_then(|t| read_optional(&format!("dlt.{name}"), &t, 32, errors))?;
        if !text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            errors.add(&format!("dlt.{name}"), "unusable", "Copy it from the registry: letters, digits and hyphens only.");
        }
        Some(text)
    };
    let dlt = Dlt {
        entity_id: part("entity_id", dlt.entity_id),
        template_id: part("template_id", dlt.template_id),
        header: part("header", dlt.header),
    };
    (dlt != Dlt::default()).then_some(dlt)
}

/// Reads the `updated_at` that somebody saw.
pub(super) fn read_instant(text: &str, errors: &mut FieldErrors) -> Option<Millis> {
    let at = parse_rfc3339(text);
    if at.is_none() {
        errors.add("expected_updated_at", "unreadable", "Give back the updated_at that you read, as it was.");
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::error::Error;

    fn input(json: serde_json::Value) -> TemplateInput {
        serde_json::from_value(json).expect("the shape is right")
    }

    fn faults(result: Result<Changes>) -> Vec<(String, String)> {
        match result {
            Err(Error::Invalid(errors)) => errors.0.into_iter().map(|e| (e.field, e.code)).collect(),
            other => panic!("expected refused fields, got {other:?}"),
        }
    }

    #[test]
    fn a_fault_in_a_text_is_named_with_its_language_line_and_column() {
        let given = input(serde_json::json!({
            "name": "N", "category": "order", "texts": {"en": "fine", "fa": "سلام\n{{ name"}
        }));
        let Err(Error::Invalid(errors)) = given.read_new() else { panic!("refused") };
        assert_eq!(errors.0.len(), 1);
        assert_eq!(errors.0[0].field, "texts.fa");
        assert!(errors.0[0].detail.starts_with("Line 2, column 1: "), "{}", errors.0[0].detail);
    }

    #[test]
    fn every_faulty_field_is_named_at_once() {
        let given = input(serde_json::json!({
            "code": "Not A Code", "name": "x".repeat(121), "category": "spam",
            "texts": {"english please": "a", "en": " ", "zh-TW": "a", "zh_HK": "b"},
            "placeholders": [{"name": "a", "kind": "colour"}, {"name": "a"}, {"name": "b", "default": "x".repeat(257)}]
        }));
        let pairs = faults(given.read_new());
        let want = [
            ("code", "unusable"),
            ("name", "too_long"),
            ("category", "unknown"),
            ("texts.en", "required"),
            ("texts.english please", "unknown_language"),
            ("texts.zh_HK", "repeated"),
            ("placeholders.a.kind", "unknown"),
            ("placeholders.a", "repeated"),
            ("placeholders.b.default", "too_long"),
        ];
        assert_eq!(pairs, want.map(|(f, c)| (f.to_owned(), c.to_owned())));
        let nothing = faults(TemplateInput::default().read_new());
        assert_eq!(nothing.iter().map(|(f, _)| f.as_str()).collect::<Vec<_>>(), ["name", "category", "texts"]);
    }

    #[test]
    fn unknown_fields_are_refused() {
        assert!(serde_json::from_value::<TemplateInput>(serde_json::json!({"name": "a", "subaccount_id": "sub_1"})).is_err());
    }
}
