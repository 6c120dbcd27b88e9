//! The texts of a template in its languages, parsed and ready to render.

use std::collections::BTreeMap;

use super::grammar::{Part, RenderError, Template};
use super::placeholder::{Placeholder, SampleSet};
use super::variants::Variant;
use super::view::{Texts, Warning};
use crate::kernel::error::{Error, Result};
use crate::kernel::language::Language;
use crate::kernel::own_link::OwnLink;
use crate::providers::NoPattern;

/// Parsed texts with what is known about their placeholders.
#[derive(Clone, Debug)]
pub struct Wording {
    texts: BTreeMap<Language, Template>,
    placeholders: Vec<Placeholder>,
    variants: Vec<Variation>,
}

/// A variant, ready to render: what it does not say itself it says as the template.
#[derive(Clone, Debug)]
pub struct Variation {
    /// `A` for the template's own texts, then `B` and so on.
    pub key: String,
    /// What people call it.
    pub name: String,
    /// Its share of a campaign's people, in percent.
    pub share: u32,
    wording: Wording,
}

impl Variation {
    /// What it says.
    pub fn wording(&self) -> &Wording {
        &self.wording
    }
}

impl Wording {
    pub(super) fn new(texts: BTreeMap<Language, Template>, placeholders: Vec<Placeholder>) -> Self {
        Self { texts, placeholders, variants: Vec::new() }
    }

    /// Parses texts that were checked when they were stored; a fault in them is a fault of ours.
    pub(super) fn stored(texts: &Texts, placeholders: Vec<Placeholder>) -> Result<Self> {
        let parse = |(language, source): (&Language, &String)| match Template::parse(source) {
            Ok(template) => Ok((language.clone(), template)),
            Err(e) => Err(Error::internal(format!("a stored template does not parse in {language}: {e}"))),
        };
        let texts = texts.iter().map(parse).collect::<Result<BTreeMap<_, _>>>()?;
        if texts.is_empty() {
            return Err(Error::internal("a stored template has no text"));
        }
        Ok(Self::new(texts, placeholders))
    }

    /// As [`Wording::stored`], with variants.
    pub(super) fn with_variants(texts: &Texts, variants: &[Variant], placeholders: Vec<Placeholder>) -> Result<Self> {
        let mut wording = Self::stored(texts, placeholders)?;
        let variation = |variant: &Variant| {
            let mut own = texts.clone();
            own.extend(variant.texts.clone());
            let wording = Self::stored(&own, wording.placeholders.clone())?;
            Ok(Variation { key: variant.key.clone(), name: variant.name.clone(), share: variant.share, wording })
        };
        wording.variants = variants.iter().map(variation).collect::<Result<_>>()?;
        Ok(wording)
    }

    /// The variants with their shares, the template's own texts first; none when there is no test.
    pub fn variants(&self) -> &[Variation] {
        &self.variants
    }

    /// What a variant says; the template's own texts for none, and for one that is not there.
    pub fn of(&self, variant: Option<&str>) -> &Self {
        self.variants.iter().find(|v| Some(v.key.as_str()) == variant).map_or(self, |v| &v.wording)
    }

    /// This wording, and what each further variant says.
    pub(super) fn each(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(self.variants.iter().skip(1).map(|v| &v.wording))
    }

    /// Every name that some text of some variant uses, in the order of first use.
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in self.each().flat_map(|wording| names_in(&wording.texts)) {
            if !names.iter().any(|known| known == name) {
                names.push(name.to_owned());
            }
        }
        names
    }

    /// The text in each language.
    pub fn texts(&self) -> &BTreeMap<Language, Template> {
        &self.texts
    }

    /// The names in the texts, with samples and defaults.
    pub fn placeholders(&self) -> &[Placeholder] {
        &self.placeholders
    }

    /// The best text for somebody: their language, or a wider form of it (`fa-IR` → `fa`), else the same for
    /// `fallback` (the organisation's language), else English, else the first.
    pub fn text_for(&self, wanted: Option<&Language>, fallback: &Language) -> (&Language, &Template) {
        let english = Language::english();
        let found = [wanted, Some(fallback), Some(&english)].into_iter().flatten().find_map(|l| self.nearest(l));
        found.or_else(|| self.texts.iter().next()).expect("a wording has at least one text")
    }

    /// The text of a language or of a wider form of it (the look-up of RFC 4647, section 3.4).
    fn nearest(&self, language: &Language) -> Option<(&Language, &Template)> {
        let mut tag = language.as_str();
        loop {
            if let Some(found) = self.texts.iter().find(|(l, _)| l.as_str() == tag) {
                return Some(found);
            }
            tag = tag.rsplit_once('-')?.0;
        }
    }

    /// The text for somebody with these values in it. A value that is missing or blank gives way to the
    /// placeholder's default, if it has one.
    pub fn render<'v>(&'v self, language: &Language, values: &dyn Fn(&str) -> Option<&'v str>) -> std::result::Result<String, RenderError> {
        let (_, template) = self.text_for(Some(language), language);
        let mut out = String::new();
        template.render(&|name| self.value_or_default(name, values), &mut out)?;
        Ok(out)
    }

    /// The values that [`Wording::render`] puts in, each `{{ … }}` once, in the order of first appearance; or why the text cannot be
    /// one that is registered elsewhere with gaps for these.
    pub fn registered_values<'v>(
        &'v self,
        language: &Language,
        values: &dyn Fn(&str) -> Option<&'v str>,
    ) -> std::result::Result<std::result::Result<Vec<String>, NoPattern>, RenderError> {
        if self.texts.len() > 1 {
            return Ok(Err(NoPattern::Languages));
        }
        let (_, template) = self.text_for(Some(language), language);
        let filled = template.values(&|name| self.value_or_default(name, values))?;
        Ok(filled.ok_or(NoPattern::Choices))
    }

    /// As [`Wording::render`], in pieces that tell values from the template's own words.
    pub fn parts<'v>(
        &'v self,
        language: &Language,
        values: &dyn Fn(&str) -> Option<&'v str>,
    ) -> std::result::Result<Vec<Part>, RenderError> {
        let (_, template) = self.text_for(Some(language), language);
        template.parts_marked(&|name| self.value_or_default(name, values))
    }

    fn value_or_default<'v>(&'v self, name: &str, values: &dyn Fn(&str) -> Option<&'v str>) -> Option<&'v str> {
        let given = values(name).filter(|v| !v.trim_start().is_empty());
        given.or_else(|| self.declared(name).and_then(|p| p.default.as_deref()))
    }

    fn declared(&self, name: &str) -> Option<&Placeholder> {
        self.placeholders.iter().find(|p| p.name == name)
    }

    /// The names that a text needs a value for: it has no other way to do without, and there is no default.
    pub fn required(&self, language: &Language) -> Vec<&str> {
        let (_, template) = self.text_for(Some(language), language);
        let has_default = |name: &str| self.declared(name).is_some_and(|p| p.default.is_some());
        template
            .placeholders()
            .iter()
            .filter(|p| p.required && !has_default(&p.name) && OwnLink::of(&p.name).is_none())
            .map(|p| p.name.as_str())
            .collect()
    }

    /// The sample value of a name for a preview in this language.
    pub fn sample(&self, language: &Language, name: &str, set: SampleSet) -> Option<&str> {
        let optional = !self.required(language).contains(&name);
        self.declared(name).and_then(|p| p.value_for(set, optional))
    }

    /// Placeholders that one language uses and another lacks: a warning only, because languages need not say the same.
    pub fn warnings(&self) -> Vec<Warning> {
        let all = names_in(&self.texts);
        let missing = |(language, text): (&Language, &Template)| {
            let lacks = |name: &&&str| !text.placeholders().iter().any(|p| p.name == **name);
            let warn = |name: &&str| Warning {
                language: language.clone(),
                placeholder: (*name).into(),
                detail: format!("The text in {} does not use “{name}”, which another language uses.", language.name()),
            };
            all.iter().filter(lacks).map(warn).collect::<Vec<_>>()
        };
        self.texts.iter().flat_map(missing).collect()
    }
}

/// Every name that some text wants a value for, in the order of first use.
pub(super) fn names_in(texts: &BTreeMap<Language, Template>) -> Vec<&str> {
    let mut names = Vec::new();
    for placeholder in texts.values().flat_map(Template::placeholders) {
        if OwnLink::of(&placeholder.name).is_none() && !names.contains(&placeholder.name.as_str()) {
            names.push(placeholder.name.as_str());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wording(texts: &[(&str, &str)], placeholders: Vec<Placeholder>) -> Wording {
        let texts = texts.iter().map(|(l, t)| (language(l), (*t).to_owned())).collect();
        Wording::stored(&texts, placeholders).expect("sound texts")
    }

    fn language(tag: &str) -> Language {
        Language::parse(tag).expect("a tag")
    }

    #[test]
    fn the_nearest_language_is_chosen() {
        let w = wording(&[("en", "E"), ("fa", "F"), ("zh-Hant", "Z"), ("de", "D")], vec![]);
        let chosen =
            |wanted: Option<&str>, fallback: &str| w.text_for(wanted.map(language).as_ref(), &language(fallback)).1.source().to_owned();
        assert_eq!(chosen(Some("fa"), "en"), "F");
        assert_eq!(chosen(Some("fa-IR"), "en"), "F", "a wider form of the wanted language");
        assert_eq!(chosen(Some("zh-TW"), "en"), "Z");
        assert_eq!(chosen(Some("fr"), "fa"), "F", "the organisation's language");
        assert_eq!(chosen(None, "de-AT"), "D");
        assert_eq!(chosen(Some("fr"), "tr"), "E", "English");
        assert_eq!(wording(&[("fa", "F")], vec![]).text_for(None, &language("tr")).1.source(), "F", "the first");
    }

    #[test]
    fn a_declared_default_stands_in_for_a_missing_or_blank_value() {
        let default = Placeholder { default: Some("friend".into()), ..Placeholder::named("name") };
        let w = wording(&[("en", "Hi {{ name }}, {{ code }}")], vec![default, Placeholder::named("code")]);
        let en = Language::english();
        let values = |name: &str| match name {
            "code" => Some("42"),
            _ => Some("  "),
        };
        assert_eq!(w.render(&en, &values).as_deref(), Ok("Hi friend, 42"));
        assert_eq!(w.required(&en), ["code"]);
        let missing = w.render(&en, &|name| (name == "name").then_some("Mina"));
        assert_eq!(missing, Err(RenderError::Missing("code".into())));
    }

    #[test]
    fn values_come_as_rendered_in_the_order_of_first_appearance() {
        let default = Placeholder { default: Some("friend".into()), ..Placeholder::named("name") };
        let en = Language::english();
        let of = |texts: &[(&str, &str)]| {
            let wording = wording(texts, vec![default.clone()]);
            wording.registered_values(&en, &|name| (name == "order.number").then_some("a1"))
        };
        let text =
            "{{ order.number | upper }} for {{ name }}: {{ order.number | upper }}, {{ order.number }}, {{ gone | default(\"none\") }}";
        assert_eq!(of(&[("en", text)]), Ok(Ok(["A1", "friend", "a1", "none"].map(str::to_owned).to_vec())));
        assert_eq!(of(&[("en", "no gaps")]), Ok(Ok(vec![])));
        assert_eq!(of(&[("en", "{% if name %}Hi{% endif %}")]), Ok(Err(NoPattern::Choices)));
        assert_eq!(of(&[("en", "Hi"), ("fa", "Salam")]), Ok(Err(NoPattern::Languages)));
        assert_eq!(of(&[("en", "{{ missing }}")]), Err(RenderError::Missing("missing".into())));
    }

    #[test]
    fn parts_joined_are_what_is_sent() {
        let w = wording(&[("en", "Hi {{ name }}, bye")], vec![Placeholder::named("name")]);
        let en = Language::english();
        let values = |name: &str| w.sample(&en, name, SampleSet::Typical);
        let parts = w.parts(&en, &values).expect("renders");
        assert_eq!(parts.iter().map(|p| p.from_placeholder).collect::<Vec<_>>(), [false, true, false]);
        let joined: String = parts.into_iter().map(|p| p.text).collect();
        assert_eq!(Ok(joined), w.render(&en, &values));
    }

    #[test]
    fn a_placeholder_that_one_language_lacks_is_a_warning_for_that_language() {
        let w = wording(&[("en", "{{ name }} {{ code }}"), ("fa", "{{ code }}")], vec![]);
        let warnings = w.warnings();
        assert_eq!(warnings.len(), 1);
        assert_eq!((warnings[0].language.as_str(), warnings[0].placeholder.as_str()), ("fa", "name"));
    }
}
