//! What an upload's rows are to be told: a template's published version, or a text with placeholders.

use std::collections::BTreeMap;

use super::Upload;
use crate::access::Settings;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{SubaccountId, TemplateId};
use crate::kernel::language::Language;
use crate::kernel::own_link::{OwnLink, OwnLinks};
use crate::templates::grammar::{RenderError, Template};
use crate::templates::{self, PLACES, Published, pick, place_of};

/// A template or a text of one's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wording {
    /// The id or code of a template; its published version is pinned.
    Template(String),
    /// A text, with placeholders as in templates.
    Text(String),
}

/// What somebody chose to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MessageChoice {
    /// The words.
    pub wording: Wording,
    /// What it is about; that of the template when absent. A text needs one.
    pub category: Option<Category>,
    /// The language of rows and people that name none; the organisation's when absent.
    pub language: Option<Language>,
}

/// A message ready to be filled with a row's values.
#[derive(Clone, Debug)]
pub struct Message {
    /// What it is about.
    pub category: Category,
    /// Its text in each language; of a template with variants, first those of A, then those of B in the same order, and so on.
    pub texts: Vec<(Language, Template)>,
    /// The variants with their shares in percent; none where there is one text for all.
    pub variants: Vec<(String, u32)>,
    /// The language of rows and people that name none.
    pub language: Language,
    /// The template and its version, if it is one.
    pub template: Option<(TemplateId, i64)>,
    /// Values for placeholders whose cell is empty.
    pub defaults: BTreeMap<String, String>,
}

impl Message {
    /// Reads a choice.
    pub(crate) async fn choose(
        tx: &mut Tx,
        subaccount: &SubaccountId,
        choice: &MessageChoice,
        settings: &Settings,
        links: &OwnLinks,
    ) -> Result<Self> {
        let language = choice.language.clone().unwrap_or_else(|| settings.language.clone());
        match &choice.wording {
            Wording::Text(text) => {
                let category = choice.category.ok_or_else(|| {
                    Error::invalid("category", "missing", "Say what the message is about: a text of your own has no category by itself.")
                })?;
                Self::of_text(text, category, language, links)
            }
            Wording::Template(name) => {
                let published = templates::published(tx, subaccount, name, None).await?;
                published.require_approved_as(choice.category.unwrap_or(published.category), settings)?;
                Ok(Self::of_template(published, choice.category, &language, links))
            }
        }
    }

    /// Reads what an upload has stored; `None` when nothing was chosen yet.
    pub(crate) async fn stored(
        tx: &mut Tx,
        subaccount: &SubaccountId,
        upload: &Upload,
        fallback: &Language,
        links: &OwnLinks,
    ) -> Result<Option<Self>> {
        let language = upload.language.clone().unwrap_or_else(|| fallback.clone());
        match (&upload.template, &upload.text, upload.category) {
            (Some((id, version)), _, category) => {
                let published = templates::published(tx, subaccount, id.as_str(), Some(*version)).await?;
                Ok(Some(Self::of_template(published, category, &language, links)))
            }
            (None, Some(text), Some(category)) => Self::of_text(text, category, language, links).map(Some),
            _ => Ok(None),
        }
    }

    fn of_text(text: &str, category: Category, language: Language, links: &OwnLinks) -> Result<Self> {
        if text.trim().is_empty() {
            return Err(Error::invalid("text", "empty", "Write a text."));
        }
        let template = Template::parse(text).map_err(|e| Error::invalid("text", e.code(), format!("{e} {}", e.fix)))?;
        Ok(Self {
            category,
            texts: vec![(language.clone(), template)],
            variants: Vec::new(),
            language,
            template: None,
            defaults: stand_ins(links).collect(),
        })
    }

    fn of_template(published: Published, category: Option<Category>, language: &Language, links: &OwnLinks) -> Self {
        let defaults = published.placeholders().iter().filter_map(|p| Some((p.name.clone(), p.default.clone()?)));
        let defaults = defaults.chain(stand_ins(links)).collect();
        Self {
            category: category.unwrap_or(published.category),
            language: published.text_for(Some(language), language).0.clone(),
            texts: texts_of(&published),
            variants: published.variants().iter().map(|v| (v.key.clone(), v.share)).collect(),
            template: Some((published.id, published.version)),
            defaults,
        }
    }

    /// The names that any of its texts asks a file for, in the order of first use.
    pub fn placeholders(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        for placeholder in self.texts.iter().flat_map(|(_, text)| text.placeholders()) {
            if OwnLink::of(&placeholder.name).is_none() && !names.contains(&placeholder.name.as_str()) {
                names.push(&placeholder.name);
            }
        }
        names
    }

    /// The links of ours that any of its texts asks for.
    pub fn links(&self) -> Vec<OwnLink> {
        let asks = |link: &OwnLink| self.texts.iter().any(|(_, text)| text.placeholders().iter().any(|p| p.name == link.name()));
        OwnLink::ALL.into_iter().filter(asks).collect()
    }

    /// Whether some of its texts cannot do without a value for the name.
    pub fn requires(&self, name: &str) -> bool {
        !self.defaults.contains_key(name)
            && self.texts.iter().flat_map(|(_, text)| text.placeholders()).any(|p| p.required && p.name == name)
    }

    /// Which of its texts a reader of the wanted language gets: that language, else one of the same
    /// family (`en` for `en-GB`), else its own language, else the first.
    pub fn text_for(&self, wanted: Option<&Language>) -> u8 {
        let family = |l: &Language| l.as_str().split('-').next().map(str::to_owned);
        let of_first = || self.texts.iter().take(self.languages());
        let exact = |l: &Language| of_first().position(|(own, _)| own == l);
        let related = |l: &Language| of_first().position(|(own, _)| family(own) == family(l));
        let found = wanted.and_then(|l| exact(l).or_else(|| related(l))).or_else(|| exact(&self.language)).unwrap_or(0);
        u8::try_from(found).unwrap_or(0)
    }

    /// How many languages each variant is written in.
    pub fn languages(&self) -> usize {
        self.texts.len() / self.variants.len().max(1)
    }

    /// The same text in the variant that somebody gets: by their number and the file alone, so that it is the same whenever it is asked.
    pub fn split(&self, text: u8, file: &str, digits: u64) -> u8 {
        let chosen = pick(self.variants.iter().map(|(_, share)| *share), place_of(file, digits, "variant"));
        self.nth(text, chosen)
    }

    /// Whether somebody is among the percent of a file's people with whom its variants are tried.
    pub fn is_tried(file: &str, digits: u64, percent: u32) -> bool {
        place_of(file, digits, "trial") < u64::from(percent) * (PLACES / 100)
    }

    /// The same text in another variant; as it is where there is no such variant.
    pub fn in_variant(&self, text: u8, key: &str) -> u8 {
        self.variants.iter().position(|(own, _)| own == key).map_or(text, |n| self.nth(text, n))
    }

    /// Which variant a text is of, if there are any.
    pub fn variant(&self, text: u8) -> Option<&str> {
        self.variants.get(usize::from(text) / self.languages().max(1)).map(|(key, _)| key.as_str())
    }

    fn nth(&self, text: u8, variant: usize) -> u8 {
        let languages = self.languages().max(1);
        u8::try_from(usize::from(text) % languages + variant * languages).unwrap_or(text)
    }

    /// The text of a language by its place.
    pub fn text(&self, language: u8) -> Option<&(Language, Template)> {
        self.texts.get(usize::from(language))
    }

    /// Appends the text to `out`, filled by `value`; empty values take their default.
    pub(crate) fn render<'v>(&'v self, language: u8, value: &dyn Fn(&str) -> Option<&'v str>, out: &mut String) -> Result<(), RenderError> {
        let Some((_, text)) = self.text(language) else { return Ok(()) };
        text.render(&self.or_default(value), out)
    }

    /// The value that stands for a name: what the row holds, else the default.
    pub(crate) fn or_default<'v>(&'v self, value: &dyn Fn(&str) -> Option<&'v str>) -> impl Fn(&str) -> Option<&'v str> {
        move |name| value(name).filter(|v| !v.trim().is_empty()).or_else(|| self.defaults.get(name).map(String::as_str))
    }
}

/// The texts of a template, variant by variant.
fn texts_of(published: &Published) -> Vec<(Language, Template)> {
    let of = |wording: &templates::Wording| wording.texts().iter().map(|(l, t)| (l.clone(), t.clone())).collect::<Vec<_>>();
    if published.variants().is_empty() {
        return of(published);
    }
    published.variants().iter().flat_map(|variant| of(variant.wording())).collect()
}

/// What stands for each link of ours until its person is known.
fn stand_ins(links: &OwnLinks) -> impl Iterator<Item = (String, String)> {
    OwnLink::ALL.into_iter().filter_map(|link| Some((link.name().to_owned(), links.stand_in(link.name())?.to_owned())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn language(tag: &str) -> Language {
        Language::parse(tag).expect("a tag")
    }

    fn message(texts: &[(&str, &str)]) -> Message {
        Message {
            category: Category::Order,
            texts: texts.iter().map(|(l, t)| (language(l), Template::parse(t).expect("a text"))).collect(),
            variants: Vec::new(),
            language: language("en"),
            template: None,
            defaults: BTreeMap::from([("city".to_owned(), "your town".to_owned())]),
        }
    }

    #[test]
    fn a_reader_gets_their_language_or_the_nearest() {
        let message = message(&[("fa", "سلام"), ("en", "Hi")]);
        let text = |tag: &str| message.text_for(Language::parse(tag).as_ref());
        assert_eq!([text("fa"), text("en"), text("en-GB"), text("zh-Hant")], [0, 1, 1, 1]);
        assert_eq!(message.text_for(None), 1);
    }

    #[test]
    fn each_person_gets_one_variant_in_their_language() {
        let mut message = message(&[("en", "Hi"), ("fa", "سلام"), ("en", "Hey"), ("fa", "درود")]);
        message.variants = vec![("A".into(), 50), ("B".into(), 50)];
        assert_eq!((message.languages(), message.text_for(Language::parse("fa").as_ref())), (2, 1));
        let of: Vec<u8> = (0..200).map(|digits| message.split(1, "upl_1", digits)).collect();
        assert!(of.iter().all(|text| [1, 3].contains(text)) && of.contains(&1) && of.contains(&3), "{of:?}");
        assert_eq!(of, (0..200).map(|digits| message.split(1, "upl_1", digits)).collect::<Vec<_>>());
        assert_eq!([0, 1, 2, 3].map(|text| message.variant(text).unwrap_or("-")), ["A", "A", "B", "B"]);
        assert_eq!((message.in_variant(3, "A"), message.in_variant(0, "B"), message.in_variant(2, "E")), (1, 2, 2));
    }

    #[test]
    fn an_empty_cell_takes_the_default() {
        let message = message(&[("en", "{{ name }} in {{ city }}")]);
        assert_eq!(message.placeholders(), ["name", "city"]);
        assert!(message.requires("name") && !message.requires("city"));
        let mut out = String::new();
        let value = |name: &str| (name == "name").then_some("Ali").or(Some(" "));
        message.render(0, &value, &mut out).expect("renders");
        assert_eq!(out, "Ali in your town");
    }
}
