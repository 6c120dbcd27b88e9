//! How long an organisation keeps what it holds about people.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::kernel::category::Category;
use crate::kernel::clock::{DAY, Millis};

/// The longest period, in days: a hundred years.
const LONGEST: u64 = 36_525;

/// A kind of data with a period of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Held {
    /// The words of messages.
    Texts,
    /// What people wrote.
    Inbound,
    /// What providers said about messages, in their words.
    ProviderWords,
    /// Rows of uploaded files.
    Files,
    /// Messages as such: that there was one, to whom, when, with what outcome.
    Messages,
    /// Words, reasons and addresses in the consent ledger about agreeing.
    Grants,
    /// The same about refusing.
    Refusals,
    /// Entries of the audit log.
    Audit,
}

impl Held {
    /// All of them, in the order in which people see them.
    pub const ALL: [Self; 8] =
        [Self::Texts, Self::Inbound, Self::ProviderWords, Self::Files, Self::Messages, Self::Grants, Self::Refusals, Self::Audit];

    /// The word in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Texts => "texts",
            Self::Inbound => "inbound",
            Self::ProviderWords => "provider_words",
            Self::Files => "files",
            Self::Messages => "messages",
            Self::Grants => "grants",
            Self::Refusals => "refusals",
            Self::Audit => "audit",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|held| held.as_str() == text)
    }

    /// How it is written on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Texts => "Texts of messages",
            Self::Inbound => "What people write to you",
            Self::ProviderWords => "Providers’ words about messages",
            Self::Files => "Rows of uploaded files",
            Self::Messages => "Messages in the history",
            Self::Grants => "Words of consent",
            Self::Refusals => "Words of refusals",
            Self::Audit => "Audit log",
        }
    }

    /// What goes, and what stays.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Texts => "The words and your own data go; the message, its segments, cost and status stay.",
            Self::Inbound => "The words go; that somebody wrote, and when, stays.",
            Self::ProviderWords => "The sentences of providers and reports that match no message go; outcomes and codes stay.",
            Self::Files => {
                "All rows and what was wrong with them go; the counts of the file stay. A file that no campaign uses goes whole."
            }
            Self::Messages => "The message goes with its attempts and reports; figures, costs and campaigns keep counting it.",
            Self::Grants => "What the person saw, the reason and the address go; that they agreed, to what and when, stays.",
            Self::Refusals => "What the person wrote, the reason and the address go; that they refused, what and when, stays and holds.",
            Self::Audit => "Who did what goes; its place in the chain stays, so that the chain can still be checked.",
        }
    }

    /// The fewest days, and why.
    pub fn least(self) -> (u64, &'static str) {
        match self {
            Self::Texts => (3, "A message may wait, or be tried again, for three days."),
            Self::Inbound => (7, "Somebody must have the time to read and answer it."),
            Self::ProviderWords => (7, "Why something failed must be found out first."),
            Self::Files => (7, "Rejected rows must be downloaded and mended first."),
            Self::Messages => (30, "Reports and prices come for weeks, and the month’s bill is checked against the history."),
            Self::Grants => (1_827, "Consent must be proved for at least five years."),
            Self::Refusals => (3_653, "A refusal must be proved for at least ten years."),
            Self::Audit => (365, "Who saw and changed what must be answered for a year at least."),
        }
    }

    /// The days when nobody said otherwise; `None` keeps it.
    fn usual(self) -> Option<u64> {
        match self {
            Self::Texts | Self::Inbound => Some(365),
            Self::ProviderWords | Self::Files => Some(180),
            Self::Messages | Self::Audit => Some(1_095),
            Self::Grants | Self::Refusals => None,
        }
    }
}

/// How long an organisation keeps what it holds about people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// Days by kind; `None` keeps it.
    days: BTreeMap<Held, Option<u64>>,
    /// Categories whose words go as soon as the message has left.
    pub sensitive: Vec<Category>,
}

impl Default for Retention {
    fn default() -> Self {
        Self { days: Held::ALL.into_iter().map(|held| (held, held.usual())).collect(), sensitive: Vec::new() }
    }
}

impl Retention {
    /// How many days a kind is kept; `None` is for good.
    pub fn days(&self, held: Held) -> Option<u64> {
        self.days.get(&held).copied().flatten()
    }

    /// What is older than this goes; `None` keeps it all.
    pub fn cutoff(&self, held: Held, now: Millis) -> Option<Millis> {
        self.days(held).map(|days| now.saturating_sub(DAY.saturating_mul(days.cast_signed())))
    }

    /// After the change.
    #[must_use]
    pub(super) fn changed(mut self, change: RetentionChange) -> Self {
        self.days.extend(change.days);
        self.sensitive = change.sensitive.unwrap_or(self.sensitive);
        self
    }
}

impl Serialize for Retention {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut value: Map<String, Value> = self.days.iter().map(|(held, days)| (held.as_str().to_owned(), json!(days))).collect();
        value.insert(SENSITIVE.into(), json!(self.sensitive));
        value.serialize(serializer)
    }
}

/// A change of some periods; kinds that are absent stay as they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetentionChange {
    days: BTreeMap<Held, Option<u64>>,
    sensitive: Option<Vec<Category>>,
}

const SENSITIVE: &str = "sensitive";

/// Reads days by kind, `null` for keeping, and `sensitive`, a list of categories. The refusal names every faulty part.
pub(super) fn read(value: &Value) -> Result<RetentionChange, (String, String)> {
    let Value::Object(parts) = value else {
        return Err(refuse(
            "unreadable",
            r#"Write retention as {"texts":365,"messages":null,"sensitive":["authentication"]}: any of its parts."#,
        ));
    };
    let mut change = RetentionChange::default();
    let mut faults = Vec::new();
    for (name, value) in parts {
        if name == SENSITIVE {
            match categories(value) {
                Some(categories) => change.sensitive = Some(categories),
                None => faults.push("sensitive: Write a list of categories such as [\"authentication\"], or an empty one.".to_owned()),
            }
            continue;
        }
        let Some(held) = Held::parse(name) else {
            let names = Held::ALL.map(Held::as_str).join(", ");
            faults.push(format!("{name}: There is no such kind of data. The kinds are {names}."));
            continue;
        };
        match days(held, value) {
            Ok(days) => drop(change.days.insert(held, days)),
            Err(fault) => faults.push(format!("{name}: {fault}")),
        }
    }
    if faults.is_empty() { Ok(change) } else { Err(refuse("unusable", &faults.join(" "))) }
}

fn refuse(code: &str, detail: &str) -> (String, String) {
    (code.into(), detail.into())
}

/// Days of a kind; `None` keeps it. The refusal says what is wrong and why.
pub fn days(held: Held, value: &Value) -> Result<Option<u64>, String> {
    if value.is_null() {
        return Ok(None);
    }
    let (least, why) = held.least();
    match value.as_u64() {
        Some(days) if days < least => Err(format!("Keep it for at least {least} days. {why}")),
        Some(days) if days > LONGEST => Err(format!("Keep it for at most {LONGEST} days, or for good.")),
        Some(days) => Ok(Some(days)),
        None => Err("Write a whole number of days, or null to keep it for good.".into()),
    }
}

fn categories(value: &Value) -> Option<Vec<Category>> {
    let mut categories: Vec<Category> = value.as_array()?.iter().map(|word| Category::parse(word.as_str()?)).collect::<Option<_>>()?;
    categories.sort_unstable();
    categories.dedup();
    Some(categories)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_period_below_the_least_is_refused_with_the_reason() {
        for (held, days) in [(Held::Texts, 2), (Held::Grants, 1_826), (Held::Refusals, 3_652), (Held::Messages, 29)] {
            let (code, detail) = read(&json!({ held.as_str(): days })).expect_err("too short");
            assert_eq!(code, "unusable");
            assert!(detail.contains(held.least().1) && detail.starts_with(held.as_str()), "{detail}");
            assert!(read(&json!({ held.as_str(): days + 1 })).is_ok());
        }
        assert!(read(&json!({"texts": null, "sensitive": ["order"]})).is_ok());
        for bad in
            [json!({"texts": "7"}), json!({"texts": 7.5}), json!({"texts": -7}), json!({"no": 7}), json!({"sensitive": ["x"]}), json!(7)]
        {
            assert!(read(&bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_change_leaves_the_rest_and_survives_being_stored() {
        let changed =
            Retention::default().changed(read(&json!({"texts": 30, "files": null, "sensitive": ["order", "order"]})).expect("good"));
        assert_eq!((changed.days(Held::Texts), changed.days(Held::Files), changed.days(Held::Inbound)), (Some(30), None, Some(365)));
        assert_eq!(changed.sensitive, [Category::Order]);
        let stored = serde_json::to_value(&changed).expect("JSON");
        assert_eq!(Retention::default().changed(read(&stored).expect("its own words")), changed);
        assert_eq!(changed.cutoff(Held::Texts, 31 * DAY), Some(DAY));
        assert_eq!(changed.cutoff(Held::Files, 31 * DAY), None);
    }
}
