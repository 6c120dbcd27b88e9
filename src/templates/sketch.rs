//! A template that is being written and not stored: what an editor shows of it.

use std::collections::{BTreeMap, BTreeSet};

use super::grammar::Template;
use super::placeholder::{Placeholder, PlaceholderKind, SampleSet, declared_for};
use super::preview::{CulpritView, TemplatePreview, TextPreview, preview_source, preview_text};
use crate::kernel::error::Result;
use crate::kernel::language::Language;
use crate::kernel::own_link::{OwnLink, OwnLinks};
use crate::kernel::sms::{Encoding, replace_culprits};

/// The most different characters outside GSM-7 that are called a slip; more of them are another script.
const A_FEW: usize = 6;

/// Texts as they were typed, perhaps with faults.
#[derive(Clone, Debug, Default)]
pub struct Sketch {
    /// The text in each language, in the order of the editor.
    pub texts: Vec<SketchText>,
    /// The names in the texts in the order of first use, then names that no text uses but something is known about.
    pub placeholders: Vec<Placeholder>,
    /// The longest values that were really sent, by placeholder; only ever shown, never stored with the template.
    pub longest: BTreeMap<String, String>,
    /// The names that some text uses.
    used: BTreeSet<String>,
}

/// The text of one language.
#[derive(Clone, Debug)]
pub struct SketchText {
    /// Its language.
    pub language: Language,
    /// As typed.
    pub source: String,
    /// Names that another language uses and this one does not.
    pub missing: Vec<String>,
}

impl Sketch {
    /// Reads what was typed.
    pub fn new(texts: Vec<(Language, String)>, declared: &[Placeholder]) -> Self {
        let parsed: Vec<_> = texts.into_iter().map(|(language, source)| (language, Template::parse(&source), source)).collect();
        let (mut all, mut used) = (Vec::<&str>::new(), BTreeSet::new());
        for name in parsed.iter().filter_map(|(_, template, _)| template.as_ref().ok()).flat_map(Template::placeholders) {
            if OwnLink::of(&name.name).is_none() && used.insert(name.name.clone()) {
                all.push(&name.name);
            }
        }
        let mut placeholders = declared_for(&all, declared);
        let unused = declared.iter().filter(|p| !used.contains(&p.name) && is_described(p)).cloned();
        placeholders.extend(unused.collect::<Vec<_>>());
        let texts = parsed
            .iter()
            .map(|(language, template, source)| {
                let names: Option<BTreeSet<&str>> =
                    template.as_ref().ok().map(|t| t.placeholders().iter().map(|p| p.name.as_str()).collect());
                let lacks = |name: &&&str| names.as_ref().is_some_and(|own| !own.contains(**name));
                let missing = all.iter().filter(lacks).map(|&name| name.to_owned()).collect();
                SketchText { language: language.clone(), source: source.clone(), missing }
            })
            .collect();
        Self { texts, placeholders, longest: BTreeMap::new(), used }
    }

    /// Another text, such as a variant's, with the samples of this template.
    pub fn preview_of(&self, language: &Language, source: &str, set: SampleSet, links: &OwnLinks) -> Result<TemplatePreview> {
        if set != SampleSet::Longest || self.longest.is_empty() {
            return preview_source(language, source, &self.placeholders, set, links);
        }
        let mut placeholders = self.placeholders.clone();
        for placeholder in &mut placeholders {
            let Some(real) = self.longest.get(&placeholder.name) else { continue };
            if real.chars().count() > placeholder.value_for(set, false).map_or(0, |said| said.chars().count()) {
                placeholder.longest = Some(real.clone());
            }
        }
        preview_source(language, source, &placeholders, set, links)
    }

    /// Whether some text uses the name.
    pub fn uses(&self, name: &str) -> bool {
        self.used.contains(name)
    }

    /// One of the texts with samples; the field of a fault in it is `texts.<language>`.
    pub fn preview(&self, text: &SketchText, set: SampleSet, links: &OwnLinks) -> Result<TemplatePreview> {
        self.preview_of(&text.language, &text.source, set, links)
    }
}

/// Whether anything is known about a placeholder besides its name.
fn is_described(p: &Placeholder) -> bool {
    p.kind != PlaceholderKind::Text || p.sample.is_some() || p.longest.is_some() || p.default.is_some()
}

/// A few characters that make a text travel as UCS-2, where 70 characters fill a segment instead of 160.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Slip {
    /// The different characters in their order.
    pub culprits: Vec<CulpritView>,
    /// Segments without them, when each can be replaced.
    pub segments_without: Option<u32>,
}

/// The few characters that make the text dear, if it is not simply written in another script.
pub fn slip(text: &TextPreview) -> Option<Slip> {
    let mut culprits: Vec<CulpritView> = Vec::new();
    for culprit in &text.culprits {
        if !culprits.iter().any(|known| known.char == culprit.char) {
            culprits.push(culprit.clone());
        }
    }
    if text.encoding == Encoding::Gsm7 || culprits.len() > A_FEW {
        return None;
    }
    let without = preview_text(&replace_culprits(&text.text));
    Some(Slip { culprits, segments_without: (without.encoding == Encoding::Gsm7).then_some(without.segments) })
}

/// A source with each culprit of its own words replaced by what says the same in GSM-7. Tags stay as they are,
/// because they are compared with values.
pub fn in_gsm7(source: &str) -> String {
    let mut out = String::with_capacity(source.len());
    let mut rest = source;
    while let Some((start, close)) = next_tag(rest) {
        let end = rest[start..].find(close).map_or(rest.len(), |at| start + at + close.len());
        out.push_str(&replace_culprits(&rest[..start]));
        out.push_str(&rest[start..end]);
        rest = &rest[end..];
    }
    out.push_str(&replace_culprits(rest));
    out
}

/// Where the next tag begins, and what closes it.
fn next_tag(text: &str) -> Option<(usize, &'static str)> {
    let found = [("{{", "}}"), ("{%", "%}")].into_iter().filter_map(|(open, close)| Some((text.find(open)?, close)));
    found.min_by_key(|(at, _)| *at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(tag: &str) -> Language {
        Language::parse(tag).expect("a tag")
    }

    fn sketch(texts: &[(&str, &str)], declared: &[Placeholder]) -> Sketch {
        Sketch::new(texts.iter().map(|(tag, source)| (language(tag), (*source).to_owned())).collect(), declared)
    }

    #[test]
    fn a_language_that_lacks_a_placeholder_is_told_so_unless_it_does_not_parse() {
        let s = sketch(&[("en", "{{ name }} {{ code }}"), ("fa", "{{ code }}"), ("tr", "{{ code")], &[]);
        let missing: Vec<_> = s.texts.iter().map(|t| t.missing.clone()).collect();
        assert_eq!(missing, [vec![], vec!["name".to_owned()], vec![]]);
        let links = OwnLinks::new("https://sms.example");
        assert!(s.preview(&s.texts[2], SampleSet::Typical, &links).is_err());
        assert_eq!(s.preview(&s.texts[1], SampleSet::Typical, &links).expect("renders").text.text, "Sara");
    }

    #[test]
    fn what_was_said_about_a_placeholder_is_kept_while_its_text_is_being_written() {
        let described = Placeholder { sample: Some("Mina".into()), ..Placeholder::named("name") };
        let s = sketch(&[("en", "{{ code }} {{ name")], &[described.clone(), Placeholder::named("old")]);
        assert_eq!(s.placeholders, std::slice::from_ref(&described), "a faulty text has no names of its own yet");
        let s = sketch(&[("en", "{{ code }}")], &[described, Placeholder::named("old")]);
        assert_eq!(s.placeholders.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["code", "name"]);
        assert!(s.uses("code") && !s.uses("name"));
    }

    #[test]
    fn a_few_characters_are_a_slip_and_a_script_is_not() {
        let text = preview_text(&format!("don’t {}", "a".repeat(100)));
        let found = slip(&text).expect("one character is a slip");
        assert_eq!((text.segments, found.segments_without, found.culprits.len()), (2, Some(1), 1));
        assert_eq!(slip(&preview_text("party 🎉")).expect("a slip").segments_without, None);
        assert_eq!(slip(&preview_text("سلام، خوبی؟ نوبت شما فرداست")), None);
        assert_eq!(slip(&preview_text("plain")), None);
    }

    #[test]
    fn values_that_were_really_sent_are_shown_where_they_are_longer() {
        let mut s = sketch(&[("en", "Hi {{ name }}")], &[Placeholder { longest: Some("Maximilian".into()), ..Placeholder::named("name") }]);
        let text =
            |s: &Sketch| s.preview(&s.texts[0], SampleSet::Longest, &OwnLinks::new("https://peyk.example")).expect("renders").text.text;
        s.longest = BTreeMap::from([("name".to_owned(), "Ali".to_owned())]);
        assert_eq!(text(&s), "Hi Maximilian");
        s.longest = BTreeMap::from([("name".to_owned(), "Maximiliane-Alexandra".to_owned())]);
        assert_eq!(text(&s), "Hi Maximiliane-Alexandra");
        assert_eq!(s.placeholders[0].longest.as_deref(), Some("Maximilian"), "it is not stored");
    }

    #[test]
    fn culprits_are_replaced_in_words_and_left_in_tags() {
        let source = "don’t {% if city == \"L’Isle\" %}– {{ name }}{% endif %} “x”";
        assert_eq!(in_gsm7(source), "don't {% if city == \"L’Isle\" %}- {{ name }}{% endif %} \"x\"");
        assert_eq!(in_gsm7("it’s {{ open"), "it's {{ open");
    }
}
