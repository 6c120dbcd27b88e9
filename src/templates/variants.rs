//! Variants: other words for the same template, each with its share of the people whom a campaign reaches.
//!
//! The first variant, “A”, is the template's own texts; the others say something of their own in some or all of its languages,
//! and what A says in the rest. They belong to the draft and to each version, like the texts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::grammar::Template;
use super::view::Texts;
use crate::kernel::crypto::sha256_number;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::language::Language;

/// Variants of one template, the first included.
pub const MOST_VARIANTS: usize = 5;
/// Characters of a variant's name.
const LONGEST_NAME: usize = 60;
/// What variants are called by programs and in the database, in their order.
const KEYS: [&str; MOST_VARIANTS] = ["A", "B", "C", "D", "E"];
/// Parts of the whole that [`place_of`] tells apart.
pub const PLACES: u64 = 10_000;

/// One variant of a template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = TemplateVariant)]
pub struct Variant {
    /// `A` for the template's own texts, then `B` and so on.
    #[schema(example = "B")]
    pub key: String,
    /// What people call it.
    #[schema(example = "Reply YES")]
    pub name: String,
    /// Its share of the people, in percent; those of all variants make 100.
    #[schema(example = 50)]
    pub share: u32,
    /// What it says instead, by language. It says what A says in the languages that are absent; A itself has none here.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub texts: Texts,
}

/// A variant as somebody writes it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TemplateVariantInput)]
pub struct VariantInput {
    /// 1 to 60 characters; the variant's letter when absent.
    #[serde(default)]
    pub name: Option<String>,
    /// 1 to 99 percent; those of all variants make 100.
    pub share: u32,
    /// Language tag → source. The first variant has none: it is the template's own texts.
    #[serde(default)]
    pub texts: BTreeMap<String, String>,
}

/// As variants are stored.
#[derive(Deserialize)]
struct Stored {
    key: String,
    name: String,
    share: u32,
    #[serde(default)]
    texts: BTreeMap<String, String>,
}

/// Reads stored variants.
pub(super) fn stored(json: &str) -> Result<Vec<Variant>> {
    let all: Vec<Stored> = serde_json::from_str(json).map_err(Error::internal)?;
    let variant = |v: Stored| Variant {
        key: v.key,
        name: v.name,
        share: v.share,
        texts: v.texts.into_iter().map(|(tag, text)| (Language::stored(tag), text)).collect(),
    };
    Ok(all.into_iter().map(variant).collect())
}

/// Reads what somebody wrote; an empty list is a template without variants.
pub(super) fn read(given: Vec<VariantInput>, errors: &mut FieldErrors) -> Vec<Variant> {
    if given.is_empty() {
        return Vec::new();
    }
    if !(2..=MOST_VARIANTS).contains(&given.len()) {
        let how = format!("A template has 2 to {MOST_VARIANTS} variants, the first of which is its own texts; or none.");
        errors.add("variants", "wrong_number", how);
        return Vec::new();
    }
    let sum: u64 = given.iter().map(|v| u64::from(v.share)).sum();
    let has_all = given.iter().all(|v| v.share > 0);
    if sum != 100 || !has_all {
        let shares = given.iter().map(|v| v.share.to_string()).collect::<Vec<_>>().join(" + ");
        errors.add(
            "variants",
            "wrong_shares",
            format!("The shares are {shares} = {sum} percent. Give each at least 1, and all together 100."),
        );
    }
    given.into_iter().zip(KEYS).enumerate().map(|(i, (one, key))| read_one(i, key, one, errors)).collect()
}

fn read_one(i: usize, key: &str, one: VariantInput, errors: &mut FieldErrors) -> Variant {
    let name = one.name.as_deref().map(str::trim).filter(|name| !name.is_empty()).unwrap_or(key).to_owned();
    if name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        errors.add(&format!("variants.{i}.name"), "unusable", format!("Use one line of at most {LONGEST_NAME} characters."));
    }
    let mut texts = Texts::new();
    for (tag, source) in one.texts {
        let field = format!("variants.{i}.texts.{tag}");
        if i == 0 {
            errors.add(&field, "not_here", "The first variant is the template's own texts. Write them there.");
            continue;
        }
        let Some(language) = Language::parse(&tag) else {
            errors.add(&field, "unknown_language", "Write a language tag such as en, fa or zh-Hant.");
            continue;
        };
        if source.trim().is_empty() {
            continue;
        }
        match Template::parse(&source) {
            _ if source.contains('\0') => errors.add(&field, "unusable", "Remove the NUL character."),
            Ok(_) => drop(texts.insert(language, source)),
            Err(e) => errors.add(&field, e.code(), format!("{e} {}", e.fix)),
        }
    }
    if i > 0 && texts.is_empty() {
        errors.add(&format!("variants.{i}.texts"), "required", format!("Write what {key} says in at least one language."));
    }
    Variant { key: key.to_owned(), name, share: one.share, texts }
}

/// Refuses texts in languages that the template does not have.
pub(super) fn require_known_languages(variants: &[Variant], texts: &Texts) -> Result<()> {
    let mut errors = FieldErrors::new();
    for (i, variant) in variants.iter().enumerate() {
        for language in variant.texts.keys().filter(|language| !texts.contains_key(*language)) {
            let how = format!("The template has no text in {}. Write it there first.", language.name());
            errors.add(&format!("variants.{i}.texts.{language}"), "unknown_language", how);
        }
    }
    errors.into_result()
}

/// Takes away texts in languages that the template no longer has.
pub(super) fn follow(variants: &mut [Variant], texts: &Texts) {
    for variant in variants {
        variant.texts.retain(|language, _| texts.contains_key(language));
    }
}

/// The place of somebody among [`PLACES`], the same whenever it is asked for: it depends on the scope (a campaign's rows), on the
/// person and on what is asked, and on nothing else.
pub fn place_of(scope: &str, person: u64, what: &str) -> u64 {
    // Lengths in front, so that no two triples are one text.
    let text = format!("{}:{scope}{}:{what}{person}", scope.len(), what.len());
    sha256_number(text.as_bytes()) % PLACES
}

/// Whose share of percents a place falls into; the last when they make less than 100.
pub fn pick(shares: impl IntoIterator<Item = u32>, place: u64) -> usize {
    let (mut end, mut last) = (0, 0);
    for (i, share) in shares.into_iter().enumerate() {
        end += u64::from(share) * (PLACES / 100);
        if place < end {
            return i;
        }
        last = i;
    }
    last
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(given: Vec<VariantInput>) -> Vec<(String, String)> {
        let mut errors = FieldErrors::new();
        read(given, &mut errors);
        errors.0.into_iter().map(|e| (e.field, e.code.to_owned())).collect()
    }

    fn variant(share: u32, texts: &[(&str, &str)]) -> VariantInput {
        let texts = texts.iter().map(|(l, t)| ((*l).to_owned(), (*t).to_owned())).collect();
        VariantInput { name: None, share, texts }
    }

    #[test]
    fn variants_get_letters_and_keep_their_texts_through_the_database() {
        let mut errors = FieldErrors::new();
        let read = read(vec![variant(30, &[]), VariantInput { name: Some(" Short ".into()), ..variant(70, &[("en", "Hi")]) }], &mut errors);
        assert!(errors.0.is_empty(), "{errors:?}");
        assert_eq!(read.iter().map(|v| (v.key.as_str(), v.name.as_str())).collect::<Vec<_>>(), [("A", "A"), ("B", "Short")]);
        assert_eq!(stored(&serde_json::to_string(&read).expect("JSON")).expect("reads"), read);
    }

    #[test]
    fn what_cannot_be_is_refused_by_its_place() {
        let pair = |field: &str, code: &str| (field.to_owned(), code.to_owned());
        assert_eq!(faults(vec![variant(100, &[])]), [pair("variants", "wrong_number")]);
        assert_eq!(faults(vec![variant(50, &[]), variant(40, &[("en", "x")])]), [pair("variants", "wrong_shares")]);
        assert_eq!(faults(vec![variant(0, &[]), variant(100, &[("en", "x")])]), [pair("variants", "wrong_shares")]);
        let found = faults(vec![variant(50, &[("en", "x")]), variant(50, &[("en", "{{"), ("no such tag", "x")])]);
        let fields: Vec<_> = found.iter().map(|(field, _)| field.as_str()).collect();
        assert_eq!(fields, ["variants.0.texts.en", "variants.1.texts.en", "variants.1.texts.no such tag", "variants.1.texts"]);
    }

    #[test]
    fn shares_are_kept_and_a_person_stays_where_they_are() {
        let of = |person: u64| pick([20, 30, 50], place_of("upl_1", person, "variant"));
        let mut people = [0_u32; 3];
        for person in 0..20_000 {
            people[of(person)] += 1;
            assert_eq!(of(person), of(person));
        }
        for (found, share) in people.into_iter().zip([0.2, 0.3, 0.5]) {
            let expected = 20_000.0 * share;
            assert!((f64::from(found) - expected).abs() < 4.0 * (expected * (1.0 - share)).sqrt(), "{people:?}");
        }
        let moved = (0..1_000).filter(|p| place_of("upl_1", *p, "variant") != place_of("upl_2", *p, "variant")).count();
        assert!(moved > 900, "another campaign splits anew");
        assert_eq!((pick([50, 50], 4_999), pick([50, 50], 5_000), pick([50, 50], 9_999)), (0, 1, 1));
    }
}
