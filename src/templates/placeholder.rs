//! What a template asks for: its placeholders, with samples to show and defaults to fall back on.

use serde::{Deserialize, Serialize};

/// What kind of value a placeholder holds. It picks the sample that a preview shows; it formats nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceholderKind {
    /// Words.
    #[default]
    Text,
    /// A count.
    Number,
    /// A price.
    Money,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// An address on the web.
    Url,
    /// An order number, a sign-in code.
    Code,
}

impl PlaceholderKind {
    /// All of them, in the order in which people see them.
    pub const ALL: [Self; 7] = [Self::Text, Self::Number, Self::Money, Self::Date, Self::Time, Self::Url, Self::Code];

    /// The word in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Number => "number",
            Self::Money => "money",
            Self::Date => "date",
            Self::Time => "time",
            Self::Url => "url",
            Self::Code => "code",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|k| k.as_str() == text)
    }

    /// How it is written on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Text => "Text",
            Self::Number => "Number",
            Self::Money => "Money",
            Self::Date => "Date",
            Self::Time => "Time",
            Self::Url => "Link",
            Self::Code => "Code",
        }
    }

    /// What a preview shows when nobody gave a sample.
    pub fn example(self) -> &'static str {
        match self {
            Self::Text => "Sara",
            Self::Number => "3",
            Self::Money => "12.50",
            Self::Date => "21 Nov",
            Self::Time => "14:30",
            Self::Url => "https://example.com/a1",
            Self::Code => "A-1042",
        }
    }
}

/// A name in `{{ … }}` and what is known about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Placeholder {
    /// As it is written in the texts, e.g. `order.number`.
    pub name: String,
    /// What kind of value it holds.
    pub kind: PlaceholderKind,
    /// A usual value, for previews.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<String>,
    /// The longest value that really occurs, for previews: it shows where one more segment begins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub longest: Option<String>,
    /// What stands in the text when the value is missing or empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
}

/// Which values a preview shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SampleSet {
    /// The samples.
    #[default]
    Typical,
    /// The longest value known of each placeholder: nothing is stretched or invented.
    Longest,
    /// Nothing for the placeholders that the text can do without, samples for the others.
    Empty,
}

impl SampleSet {
    /// All of them, in the order in which people see them.
    pub const ALL: [Self; 3] = [Self::Typical, Self::Longest, Self::Empty];

    /// The word in forms and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Typical => "typical",
            Self::Longest => "longest",
            Self::Empty => "empty",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }

    /// How it is written on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Typical => "Sample values",
            Self::Longest => "Longest values",
            Self::Empty => "Empty optional values",
        }
    }
}

impl Placeholder {
    /// A placeholder of which only the name is known.
    pub fn named(name: &str) -> Self {
        Self { name: name.into(), kind: PlaceholderKind::default(), sample: None, longest: None, default: None }
    }

    /// The value that a preview shows; `optional` says that the text can do without it.
    pub fn value_for(&self, set: SampleSet, optional: bool) -> Option<&str> {
        let usual = self.sample.as_deref().unwrap_or(self.kind.example());
        match set {
            SampleSet::Typical => Some(usual),
            SampleSet::Longest => {
                let given = [&self.sample, &self.longest, &self.default].into_iter().filter_map(|v| v.as_deref());
                Some(given.max_by_key(|v| v.chars().count()).unwrap_or(usual))
            }
            SampleSet::Empty if optional || self.default.is_some() => None,
            SampleSet::Empty => Some(usual),
        }
    }
}

/// One placeholder for each name in the texts: as it is declared, else as text.
pub(super) fn declared_for(names: &[&str], declared: &[Placeholder]) -> Vec<Placeholder> {
    let one = |name: &&str| declared.iter().find(|p| p.name == *name).cloned().unwrap_or_else(|| Placeholder::named(name));
    names.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_the_given_ones_and_never_stretched() {
        let mut name = Placeholder::named("name");
        assert_eq!(name.value_for(SampleSet::Typical, false), Some("Sara"));
        assert_eq!(name.value_for(SampleSet::Longest, false), Some("Sara"));
        name.sample = Some("Mina".into());
        name.longest = Some("Maximiliane-Alexandra".into());
        assert_eq!(name.value_for(SampleSet::Typical, false), Some("Mina"));
        assert_eq!(name.value_for(SampleSet::Longest, false), Some("Maximiliane-Alexandra"));
        assert_eq!(name.value_for(SampleSet::Empty, false), Some("Mina"), "the text cannot do without it");
        assert_eq!(name.value_for(SampleSet::Empty, true), None);
        name.default = Some("customer".into());
        assert_eq!(name.value_for(SampleSet::Empty, false), None, "its default stands in");
    }

    #[test]
    fn every_name_in_the_texts_has_one_placeholder() {
        let declared = [Placeholder { kind: PlaceholderKind::Money, ..Placeholder::named("c") }, Placeholder::named("gone")];
        let merged = declared_for(&["b", "c", "a"], &declared);
        assert_eq!(merged.iter().map(|p| p.name.as_str()).collect::<Vec<_>>(), ["b", "c", "a"]);
        assert_eq!(merged[1].kind, PlaceholderKind::Money);
    }

    #[test]
    fn every_kind_and_set_has_its_own_word() {
        assert!(PlaceholderKind::ALL.iter().all(|k| PlaceholderKind::parse(k.as_str()) == Some(*k)));
        assert!(SampleSet::ALL.iter().all(|s| SampleSet::parse(s.as_str()) == Some(*s)));
    }
}
