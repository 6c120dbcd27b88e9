//! What a draft asks for otherwise than the published version: the changes that others may rely on not happening.

use std::collections::BTreeSet;

use super::placeholder::{Placeholder, PlaceholderKind};
use super::variants::Variant;
use super::view::{TemplateView, Texts, VersionView};
use super::wording::Wording;
use crate::kernel::error::Result;
use crate::kernel::language::Language;

/// One thing that is otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The texts ask for a new value.
    Added {
        /// The placeholder.
        name: String,
        /// Whether some text cannot do without it.
        required: bool,
    },
    /// No text uses the value any more.
    Removed {
        /// The placeholder.
        name: String,
    },
    /// Some text cannot do without the value any more: it lost its default or its `if`.
    NowRequired {
        /// The placeholder.
        name: String,
    },
    /// It is said to hold another kind of value.
    Kind {
        /// The placeholder.
        name: String,
        /// As it was.
        from: PlaceholderKind,
        /// As it is to be.
        to: PlaceholderKind,
    },
    /// There is no text in this language any more.
    LanguageRemoved(Language),
}

/// How the draft differs from what is live, in the order of the new texts, then of the old.
pub fn differences(live: &VersionView, draft: &TemplateView) -> Result<Vec<Difference>> {
    differences_of(live, &draft.texts, &draft.variants, &draft.placeholders)
}

fn differences_of(live: &VersionView, texts: &Texts, variants: &[Variant], placeholders: &[Placeholder]) -> Result<Vec<Difference>> {
    let old = required(&live.texts, &live.variants, &live.placeholders)?;
    let new = required(texts, variants, placeholders)?;
    let mut found = Vec::new();
    for placeholder in placeholders {
        let (name, required) = (placeholder.name.clone(), new.contains(&placeholder.name));
        match live.placeholders.iter().find(|p| p.name == name) {
            None => found.push(Difference::Added { name, required }),
            Some(before) => {
                if required && !old.contains(&name) {
                    found.push(Difference::NowRequired { name: name.clone() });
                }
                if before.kind != placeholder.kind {
                    found.push(Difference::Kind { name, from: before.kind, to: placeholder.kind });
                }
            }
        }
    }
    let is_gone = |p: &&Placeholder| !placeholders.iter().any(|now| now.name == p.name);
    found.extend(live.placeholders.iter().filter(is_gone).map(|p| Difference::Removed { name: p.name.clone() }));
    let gone = live.texts.keys().filter(|language| !texts.contains_key(*language));
    found.extend(gone.cloned().map(Difference::LanguageRemoved));
    Ok(found)
}

/// The values that some text of some variant cannot do without.
fn required(texts: &Texts, variants: &[Variant], placeholders: &[Placeholder]) -> Result<BTreeSet<String>> {
    let wording = Wording::with_variants(texts, variants, placeholders.to_vec())?;
    let all = wording.each();
    Ok(all.flat_map(|one| texts.keys().flat_map(|language| one.required(language))).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::templates::wording::names_in;

    fn sides(old: &[(&str, &str)], new: &[(&str, &str)]) -> Vec<String> {
        let texts = |given: &[(&str, &str)]| -> Texts {
            given.iter().map(|(tag, text)| (Language::parse(tag).expect("a tag"), (*text).to_owned())).collect()
        };
        let named = |texts: &Texts| -> Vec<Placeholder> {
            let parsed = Wording::stored(texts, Vec::new()).expect("sound texts");
            names_in(parsed.texts()).into_iter().map(Placeholder::named).collect()
        };
        let (old, new) = (texts(old), texts(new));
        let (was, is) = (named(&old), named(&new));
        let live = VersionView {
            version: 1,
            texts: old,
            variants: Vec::new(),
            placeholders: was,
            note: None,
            by: "Mina".into(),
            published_at: 0,
            approval: None,
        };
        differences_of(&live, &new, &[], &is).expect("sound texts").into_iter().map(|d| format!("{d:?}")).collect()
    }

    #[test]
    fn what_appears_goes_and_becomes_required_is_found() {
        let found = sides(
            &[("en", "Hi {{ name }}{% if city %} in {{ city }}{% endif %}, {{ gone }}"), ("fa", "سلام {{ name }}")],
            &[("en", "Hi {{ name }} in {{ city }}, {{ code }} {{ nick | default(\"x\") }}")],
        );
        assert_eq!(
            found,
            [
                "NowRequired { name: \"city\" }",
                "Added { name: \"code\", required: true }",
                "Added { name: \"nick\", required: false }",
                "Removed { name: \"gone\" }",
                "LanguageRemoved(Language(\"fa\"))",
            ]
        );
        assert!(sides(&[("en", "Hi {{ name }}")], &[("en", "Dear {{ name }}")]).is_empty());
    }
}
