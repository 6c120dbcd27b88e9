//! What an organisation notes about a person, and the rules for it.

use std::collections::{BTreeMap, BTreeSet};

use chrono_tz::Tz;
use unicode_normalization::UnicodeNormalization as _;

use crate::kernel::error::FieldErrors;
use crate::kernel::language::Language;
use crate::kernel::letters;

/// The longest name of a person, in characters.
pub const LONGEST_NAME: usize = 100;
/// The most attributes of one person.
pub const MOST_ATTRIBUTES: usize = 50;
/// The longest name of an attribute, in characters.
pub const LONGEST_ATTRIBUTE_NAME: usize = 40;
/// The longest value of an attribute, in characters.
pub const LONGEST_ATTRIBUTE: usize = 500;
/// The most tags of one person.
pub const MOST_TAGS: usize = 20;
/// The longest tag, in characters.
pub const LONGEST_TAG: usize = 30;

/// How far a lead has come. A person without one is no lead.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LeadStatus {
    /// Nobody has written to them yet.
    New,
    /// Somebody has.
    Contacted,
    /// They want what we have.
    Qualified,
    /// They bought.
    Won,
    /// They will not.
    Lost,
}

impl LeadStatus {
    /// All of them, in the order in which a lead goes through them.
    pub const ALL: [Self; 5] = [Self::New, Self::Contacted, Self::Qualified, Self::Won, Self::Lost];

    /// The word in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Contacted => "contacted",
            Self::Qualified => "qualified",
            Self::Won => "won",
            Self::Lost => "lost",
        }
    }

    /// The word on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::New => "New",
            Self::Contacted => "Contacted",
            Self::Qualified => "Qualified",
            Self::Won => "Won",
            Self::Lost => "Lost",
        }
    }

    /// Reads the word, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str().eq_ignore_ascii_case(text.trim()))
    }
}

/// What is noted about one person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Their name.
    pub name: Option<String>,
    /// The language to write to them in; the person may change it on the preference centre.
    pub language: Option<Language>,
    /// Where their clocks are.
    pub time_zone: Option<Tz>,
    /// Anything else, by name.
    pub attributes: BTreeMap<String, String>,
    /// Words to sort people by.
    pub tags: BTreeSet<String>,
    /// How far the lead has come.
    pub status: Option<LeadStatus>,
}

/// Why a value is not taken: a stable word, what is wrong, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// A stable word for programs.
    pub code: &'static str,
    /// What is wrong.
    pub detail: String,
    /// What to do about it.
    pub fix: String,
}

impl Refusal {
    /// A refusal of these words.
    pub fn new(code: &'static str, detail: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { code, detail: detail.into(), fix: fix.into() }
    }

    /// Notes it under a field.
    pub fn note(&self, field: &str, errors: &mut FieldErrors) {
        errors.add(field, self.code, format!("{} {}", self.detail, self.fix));
    }
}

/// What a value of the profile becomes, or why it is not taken.
pub type Read<T> = Result<T, Refusal>;

/// Reads a person's name.
///
/// # Errors
/// When it is longer than [`LONGEST_NAME`] or has control characters.
pub fn name(text: &str) -> Read<String> {
    one_line(text, "name", LONGEST_NAME)
}

/// Reads a language tag.
///
/// # Errors
/// When it is none.
pub fn language(text: &str) -> Read<Language> {
    let fix = "Write it as a tag such as en, fa or zh-Hant.";
    Language::parse(text).ok_or_else(|| Refusal::new("unknown_language", "This is no language tag.", fix))
}

/// Reads a time zone by its name in the IANA database.
///
/// # Errors
/// When there is no such zone.
pub fn time_zone(text: &str) -> Read<Tz> {
    let fix = "Write its IANA name, such as Asia/Tehran or Europe/London.";
    text.trim().parse().map_err(|_| Refusal::new("unknown_time_zone", "There is no such time zone.", fix))
}

/// Reads the status of a lead.
///
/// # Errors
/// When it is none of [`LeadStatus::ALL`].
pub fn status(text: &str) -> Read<LeadStatus> {
    let fix = format!("Write {}, or nothing.", LeadStatus::ALL.map(LeadStatus::as_str).join(", "));
    LeadStatus::parse(text).ok_or_else(|| Refusal::new("unknown_status", "There is no such status.", fix))
}

/// Reads a tag: letters, digits, `-`, `_` and `.`, in lower case and in one spelling, as Persian letters and ASCII digits; spaces within
/// become `-`.
///
/// # Errors
/// When it is empty, longer than [`LONGEST_TAG`] or has other characters.
pub fn tag(text: &str) -> Read<String> {
    let tag: String = text.nfc().flat_map(char::to_lowercase).map(letters::persian).map(letters::digit).collect();
    let tag = tag.split_whitespace().collect::<Vec<_>>().join("-");
    let fits = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '\u{200c}');
    if tag.is_empty() || tag.chars().count() > LONGEST_TAG || !tag.chars().all(fits) {
        let detail = format!("A tag has 1 to {LONGEST_TAG} letters, digits, hyphens, underscores or full stops.");
        return Err(Refusal::new("not_a_tag", detail, "Write short words, such as vip or spring-2026."));
    }
    Ok(tag)
}

/// Reads tags between commas; each once.
///
/// # Errors
/// The first that is none.
pub fn tags(text: &str) -> Read<BTreeSet<String>> {
    text.split([',', ';', '،', '、']).filter(|part| !part.trim().is_empty()).map(tag).collect()
}

/// Reads the name of an attribute: letters, digits, spaces, `_`, `-` and `.`.
///
/// # Errors
/// When it is empty, longer than [`LONGEST_ATTRIBUTE_NAME`] or has other characters.
pub fn attribute_name(text: &str) -> Read<String> {
    let name = text.trim();
    let fits = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_' | '-' | '.' | '\u{200c}');
    if name.is_empty() || name.chars().count() > LONGEST_ATTRIBUTE_NAME || !name.chars().all(fits) {
        let detail = format!(
            "The name of an attribute has 1 to {LONGEST_ATTRIBUTE_NAME} letters, digits, spaces, hyphens, underscores or full stops."
        );
        return Err(Refusal::new("not_a_name", detail, "Choose a plain name, such as city."));
    }
    Ok(name.to_owned())
}

/// Reads the value of an attribute. An empty one takes the attribute away, which is the caller's to see.
///
/// # Errors
/// When it is longer than [`LONGEST_ATTRIBUTE`] or has control characters.
pub fn attribute(text: &str) -> Read<String> {
    one_line(text, "value", LONGEST_ATTRIBUTE)
}

pub(super) fn one_line(text: &str, what: &str, longest: usize) -> Read<String> {
    let text = text.trim();
    if text.chars().any(char::is_control) {
        return Err(Refusal::new(
            "control_character",
            format!("This {what} has a line break or another control character."),
            "Write it in one line.",
        ));
    }
    if text.chars().count() > longest {
        return Err(Refusal::new("too_long", format!("This {what} is longer than {longest} characters."), "Shorten it."));
    }
    Ok(text.to_owned())
}

/// What happens to the tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TagChange {
    /// These come to those that are there.
    Add(BTreeSet<String>),
    /// These are the tags from now on.
    Replace(BTreeSet<String>),
}

/// A change of a profile that was read and found sound. What is absent stays; an inner `None` takes the value away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Change {
    /// The name.
    pub name: Option<Option<String>>,
    /// The language.
    pub language: Option<Option<Language>>,
    /// The time zone.
    pub time_zone: Option<Option<Tz>>,
    /// The status of the lead.
    pub status: Option<Option<LeadStatus>>,
    /// Attributes by name.
    pub attributes: BTreeMap<String, Option<String>>,
    /// The tags.
    pub tags: Option<TagChange>,
}

impl Change {
    /// Which parts it touches, for the audit log: never what they become.
    pub fn parts(&self) -> Vec<&'static str> {
        let touched = [
            ("name", self.name.is_some()),
            ("language", self.language.is_some()),
            ("time_zone", self.time_zone.is_some()),
            ("status", self.status.is_some()),
            ("attributes", !self.attributes.is_empty()),
            ("tags", self.tags.is_some()),
        ];
        touched.into_iter().filter(|(_, is)| *is).map(|(part, _)| part).collect()
    }

    /// The profile after the change.
    ///
    /// # Errors
    /// The part, `attributes` or `tags`, of which there would be too many; then nothing of the change is done.
    pub fn applied_to(&self, before: &Profile) -> Result<Profile, (&'static str, Refusal)> {
        let mut after = before.clone();
        if let Some(name) = &self.name {
            after.name.clone_from(name);
        }
        if let Some(language) = &self.language {
            after.language.clone_from(language);
        }
        after.time_zone = self.time_zone.unwrap_or(after.time_zone);
        after.status = self.status.unwrap_or(after.status);
        for (name, value) in &self.attributes {
            match value {
                Some(value) => after.attributes.insert(name.clone(), value.clone()),
                None => after.attributes.remove(name),
            };
        }
        match &self.tags {
            Some(TagChange::Replace(tags)) => after.tags.clone_from(tags),
            Some(TagChange::Add(tags)) => after.tags.extend(tags.iter().cloned()),
            None => {}
        }
        if after.attributes.len() > MOST_ATTRIBUTES {
            let detail = format!("A contact has at most {MOST_ATTRIBUTES} attributes; this would make {}.", after.attributes.len());
            return Err(("attributes", Refusal::new("too_many", detail, "Take some away.")));
        }
        if after.tags.len() > MOST_TAGS {
            let detail = format!("A contact has at most {MOST_TAGS} tags; this would make {}.", after.tags.len());
            return Err(("tags", Refusal::new("too_many", detail, "Take some away.")));
        }
        Ok(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_short_words_in_one_spelling() {
        for (given, want) in
            [(" VIP ", "vip"), ("Spring  2026", "spring-2026"), ("مشتری ویژه", "مشتری-ویژه"), ("貴賓", "貴賓"), ("شيراز ۱۲", "شیراز-12")]
        {
            assert_eq!(tag(given).as_deref(), Ok(want));
        }
        for bad in ["", "  ", "<script>", "a,b", "a/b", &"x".repeat(31)] {
            assert_eq!(tag(bad).map_err(|r| r.code), Err("not_a_tag"), "{bad}");
        }
        assert_eq!(tags("vip, VIP; new،").map(|t| t.into_iter().collect::<Vec<_>>()), Ok(vec!["new".to_owned(), "vip".to_owned()]));
    }

    #[test]
    fn a_change_touches_what_it_names_and_nothing_else() {
        let before = Profile {
            name: Some("Sara".into()),
            attributes: BTreeMap::from([("city".into(), "Yazd".into()), ("plan".into(), "gold".into())]),
            tags: BTreeSet::from(["vip".into()]),
            status: Some(LeadStatus::New),
            ..Profile::default()
        };
        assert_eq!(Change::default().applied_to(&before).as_ref(), Ok(&before));
        let change = Change {
            name: Some(None),
            attributes: BTreeMap::from([("city".into(), None), ("size".into(), Some("L".into()))]),
            tags: Some(TagChange::Add(BTreeSet::from(["new".into()]))),
            ..Change::default()
        };
        let after = change.applied_to(&before).expect("few enough");
        assert_eq!((after.name, after.status), (None, Some(LeadStatus::New)));
        assert_eq!(after.attributes.into_iter().collect::<Vec<_>>(), [("plan".into(), "gold".into()), ("size".into(), "L".into())]);
        assert_eq!(after.tags.len(), 2);
        assert_eq!(change.parts(), ["name", "attributes", "tags"]);
    }

    #[test]
    fn there_is_an_end_to_tags_and_attributes() {
        let many = Change { tags: Some(TagChange::Add((0..21).map(|n| n.to_string()).collect())), ..Change::default() };
        assert_eq!(many.applied_to(&Profile::default()).map_err(|(part, why)| (part, why.code)), Err(("tags", "too_many")));
        let many = Change { attributes: (0..51).map(|n| (n.to_string(), Some("x".into()))).collect(), ..Change::default() };
        assert_eq!(many.applied_to(&Profile::default()).map_err(|(part, why)| (part, why.code)), Err(("attributes", "too_many")));
    }

    #[test]
    fn values_are_of_one_line_and_bounded() {
        assert_eq!(name(" Zoë ").as_deref(), Ok("Zoë"));
        assert_eq!(name("a\nb").map_err(|r| r.code), Err("control_character"));
        assert_eq!(name(&"x".repeat(101)).map_err(|r| r.code), Err("too_long"));
        assert_eq!(attribute(&"x".repeat(501)).map_err(|r| r.code), Err("too_long"));
        assert_eq!(attribute_name("order.city").as_deref(), Ok("order.city"));
        assert_eq!(attribute_name("<b>").map_err(|r| r.code), Err("not_a_name"));
        assert_eq!(status("Won"), Ok(LeadStatus::Won));
        assert!(time_zone("Mars/Base").is_err() && language("klingon!").is_err() && status("maybe").is_err());
    }
}
