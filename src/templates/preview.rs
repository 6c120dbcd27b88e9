//! What a phone would show, and what it costs in segments. Nothing is sent.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::grammar::{Part, RenderError, Template};
use super::placeholder::{Placeholder, SampleSet, declared_for};
use super::published::{Published, published};
use super::store;
use super::wording::{Wording, names_in};
use crate::access::{Actor, Permission, settings_of};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::SubaccountId;
use crate::kernel::language::Language;
use crate::kernel::own_link::OwnLinks;
use crate::kernel::sms::{Encoding, culprits, measure};

/// A text as it would go out, with its size.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct TextPreview {
    /// Byte for byte what is sent.
    pub text: String,
    /// How it travels.
    pub encoding: Encoding,
    /// Unicode characters.
    pub characters: u32,
    /// Septets (GSM-7) or UTF-16 units (UCS-2).
    pub units: u32,
    /// Units that fit each of its segments.
    pub per_segment: u32,
    /// Units that still fit the last segment.
    pub left: u32,
    /// Billed parts.
    pub segments: u32,
    /// Every character outside GSM-7: with none of them the text would travel as GSM-7.
    pub culprits: Vec<CulpritView>,
}

/// A character outside GSM-7.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Culprit)]
pub struct CulpritView {
    /// The character.
    pub char: char,
    /// Its code point, as `U+2019`.
    pub codepoint: String,
    /// Its Unicode name.
    pub name: String,
    /// How many characters stand before it.
    pub position: u32,
    /// What says the same in GSM-7; `""` for a mark that can go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub replacement: Option<&'static str>,
}

/// Measures a text.
pub fn preview_text(text: &str) -> TextPreview {
    let size = measure(text);
    let found = culprits(text).into_iter().map(|c| CulpritView {
        char: c.ch,
        codepoint: format!("U+{:04X}", u32::from(c.ch)),
        name: c.name,
        position: c.position,
        replacement: c.replacement,
    });
    TextPreview {
        text: text.to_owned(),
        encoding: size.encoding,
        characters: size.characters,
        units: size.units,
        per_segment: size.per_segment,
        left: size.left,
        segments: size.segments,
        culprits: found.collect(),
    }
}

/// What to show of a template.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplatePreviewInput {
    /// The values, by placeholder.
    #[serde(default)]
    pub variables: BTreeMap<String, String>,
    /// The reader's language; the organisation's when absent.
    #[serde(default)]
    pub language: Option<String>,
    /// Which version; when absent the draft, or the live version of a template without one.
    #[serde(default)]
    pub version: Option<i64>,
    /// Which variant, by its letter; the template's own texts when absent.
    #[serde(default)]
    pub variant: Option<String>,
    /// Fills the placeholders that `variables` leaves out; when absent they stay without a value.
    #[serde(default)]
    pub samples: Option<SampleSet>,
}

/// A template on a phone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplatePreview {
    /// The language of the text that was chosen.
    pub language: Language,
    /// Its text and size.
    pub text: TextPreview,
    /// The same text in pieces that tell values from the template's own words.
    pub parts: Vec<Part>,
}

/// Shows a template with values or samples. Needs [`Permission::View`]. A required placeholder without a value is
/// refused by its name, as `variables.name`.
pub async fn preview(app: &App, actor: &Actor, id_or_code: &str, input: &TemplatePreviewInput) -> Result<TemplatePreview> {
    actor.require(Permission::View)?;
    let wanted = match input.language.as_deref() {
        None | Some("") => None,
        Some(tag) => Some(Language::parse(tag).ok_or_else(unknown_language)?),
    };
    let mut tx = app.db.read().await?;
    let shown = draft_or_version(&mut tx, &actor.subaccount, id_or_code, input.version).await?;
    let fallback = settings_of(&mut tx, &actor.subaccount).await?.language;
    let wording = require_variant(&shown, input.variant.as_deref())?;
    let (language, _) = wording.text_for(wanted.as_ref(), &fallback);
    let links = app.links();
    let given = |name: &str| input.variables.get(name).map(String::as_str).or_else(|| links.stand_in(name));
    match input.samples {
        None => picture(wording, language, &given),
        Some(set) => picture(wording, language, &|name| given(name).or_else(|| wording.sample(language, name, set))),
    }
}

/// What a variant says; a letter that the wording does not have is refused.
fn require_variant<'w>(wording: &'w Wording, key: Option<&str>) -> Result<&'w Wording> {
    let Some(key) = key.filter(|key| !key.is_empty()) else { return Ok(wording) };
    let known: Vec<&str> = wording.variants().iter().map(|v| v.key.as_str()).collect();
    if known.contains(&key) {
        return Ok(wording.of(Some(key)));
    }
    let how = if known.is_empty() { "This template has no variants.".to_owned() } else { format!("Write one of {}.", known.join(", ")) };
    Err(Error::invalid("variant", "unknown", how))
}

/// Shows a text that is still being written, with samples. The field of a fault in it is `texts.<language>`.
pub fn preview_source(
    language: &Language,
    source: &str,
    declared: &[Placeholder],
    set: SampleSet,
    links: &OwnLinks,
) -> Result<TemplatePreview> {
    let template = Template::parse(source).map_err(|e| Error::invalid(&format!("texts.{language}"), e.code(), format!("{e} {}", e.fix)))?;
    let texts = BTreeMap::from([(language.clone(), template)]);
    let placeholders = declared_for(&names_in(&texts), declared);
    let wording = Wording::new(texts, placeholders);
    picture(&wording, language, &|name| links.stand_in(name).or_else(|| wording.sample(language, name, set)))
}

fn picture<'v>(wording: &'v Wording, language: &Language, values: &dyn Fn(&str) -> Option<&'v str>) -> Result<TemplatePreview> {
    let parts = wording.parts(language, values)?;
    let text: String = parts.iter().map(|p| p.text.as_str()).collect();
    Ok(TemplatePreview { language: language.clone(), text: preview_text(&text), parts })
}

/// What a preview shows: the named version, else the draft, else the live version (step). Archived templates are
/// shown too. The version of a draft is 0.
pub async fn draft_or_version(tx: &mut Tx, sub: &SubaccountId, id_or_code: &str, version: Option<i64>) -> Result<Published> {
    let template = store::get(tx, sub, id_or_code).await?;
    if let Some(version) = version.or_else(|| (!template.has_draft).then_some(template.version)) {
        return published(tx, sub, template.id.as_str(), Some(version)).await;
    }
    let wording = Arc::new(Wording::with_variants(&template.texts, &template.variants, template.placeholders)?);
    Ok(Published {
        id: template.id,
        code: template.code,
        name: template.name,
        category: template.category,
        version: 0,
        registered: template.dlt.and_then(|dlt| dlt.template_id),
        wording,
    })
}

fn unknown_language() -> Error {
    Error::invalid("language", "unknown_language", "Write a language tag such as en, fa or zh-Hant.")
}

impl From<RenderError> for Error {
    /// The field is the value at fault, as callers of the API name it.
    fn from(e: RenderError) -> Self {
        let field = match &e {
            RenderError::Missing(name) | RenderError::ValueTooLong(name) => format!("variables.{name}"),
            RenderError::TooLong => "variables".to_owned(),
        };
        let fix = match &e {
            RenderError::Missing(_) => "Give one, or a default in the template.",
            RenderError::ValueTooLong(_) | RenderError::TooLong => "Shorten it.",
        };
        Self::invalid(&field, e.code(), format!("{e} {fix}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_preview_names_every_character_that_makes_the_text_dear() {
        let shown = preview_text("don’t – ok");
        assert_eq!((shown.encoding, shown.characters, shown.segments), (Encoding::Ucs2, 10, 1));
        let json = serde_json::to_value(&shown.culprits).expect("serialises");
        assert_eq!(
            json[0],
            serde_json::json!({"char": "’", "codepoint": "U+2019", "name": "RIGHT SINGLE QUOTATION MARK", "position": 3, "replacement": "'"})
        );
        assert_eq!(json[1]["codepoint"], "U+2013");
        assert!(preview_text("plain").culprits.is_empty());
    }

    #[test]
    fn a_text_that_is_being_written_is_shown_with_samples() {
        let declared = [Placeholder { sample: Some("Mina".into()), ..Placeholder::named("name") }];
        let links = OwnLinks::new("https://sms.example");
        let en = Language::english();
        let source = "Hi {{ name }}{% if city %} in {{ city }}{% endif %}";
        let text = |set| preview_source(&en, source, &declared, set, &links).expect("renders").text.text;
        assert_eq!(text(SampleSet::Typical), "Hi Mina in Sara");
        assert_eq!(text(SampleSet::Empty), "Hi Mina");
        let Err(Error::Invalid(errors)) = preview_source(&en, "a\n{{", &[], SampleSet::Typical, &links) else { panic!("refused") };
        assert_eq!(errors.0[0].field, "texts.en");
    }
}
