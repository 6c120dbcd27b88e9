//! The kinds of conditions, and reading one from the texts that forms and programs write.

use super::condition::{Ago, Bound, Column, Condition, Moment, Said, Test};
use crate::contacts::{self, LeadStatus, Refusal};
use crate::kernel::category::Category;
use crate::kernel::letters::with_digits;
use crate::kernel::money::{Currency, decimal, parse_decimal};
use crate::kernel::phone::Country;

/// The most days that a condition looks back.
const MOST_DAYS: u32 = 3_650;

/// Every kind of condition: its word as `field.op`, its words for people, whether it has a name beside it, and whether a value.
pub const KINDS: [Kind; 41] = [
    kind("language.is", "Person", "Language is", false, true),
    kind("language.is_not", "Person", "Language is not", false, true),
    kind("country.is", "Person", "Country is", false, true),
    kind("country.is_not", "Person", "Country is not", false, true),
    kind("time_zone.is", "Person", "Time zone is", false, true),
    kind("time_zone.is_not", "Person", "Time zone is not", false, true),
    kind("status.is", "Person", "Status is", false, true),
    kind("status.is_not", "Person", "Status is not", false, true),
    kind("status.is_set", "Person", "Has a status", false, false),
    kind("status.is_not_set", "Person", "Has no status", false, false),
    kind("added.within", "Person", "Added within so many days", false, true),
    kind("added.before", "Person", "Added longer ago than so many days", false, true),
    kind("import.is", "Person", "Came with the file", false, true),
    kind("import.is_not", "Person", "Did not come with the file", false, true),
    kind("tag.has", "Tags and attributes", "Has the tag", false, true),
    kind("tag.has_not", "Tags and attributes", "Has not the tag", false, true),
    kind("attribute.is", "Tags and attributes", "Attribute is", true, true),
    kind("attribute.is_not", "Tags and attributes", "Attribute is not", true, true),
    kind("attribute.contains", "Tags and attributes", "Attribute contains", true, true),
    kind("attribute.is_set", "Tags and attributes", "Attribute is set", true, false),
    kind("attribute.is_not_set", "Tags and attributes", "Attribute is not set", true, false),
    kind("attribute.less_than", "Tags and attributes", "Attribute is a number below", true, true),
    kind("attribute.more_than", "Tags and attributes", "Attribute is a number above", true, true),
    kind("attribute.before", "Tags and attributes", "Attribute is a date before", true, true),
    kind("attribute.after", "Tags and attributes", "Attribute is a date after", true, true),
    kind("last_message.within", "What happened", "Last message to them within so many days", false, true),
    kind("last_message.before", "What happened", "Last message to them longer ago than so many days", false, true),
    kind("last_message.never", "What happened", "Never got a message", false, false),
    kind("last_reply.within", "What happened", "Wrote to us within so many days", false, true),
    kind("last_reply.before", "What happened", "Last wrote to us longer ago than so many days", false, true),
    kind("last_reply.never", "What happened", "Never wrote to us", false, false),
    kind("last_purchase.within", "Purchases", "Bought within so many days", false, true),
    kind("last_purchase.before", "Purchases", "Last bought longer ago than so many days", false, true),
    kind("last_purchase.never", "Purchases", "Never bought", false, false),
    kind("purchases.at_least", "Purchases", "Bought at least so many times", false, true),
    kind("purchases.at_most", "Purchases", "Bought at most so many times", false, true),
    kind("spent.at_least", "Purchases", "Bought for at least, in the currency", true, true),
    kind("spent.at_most", "Purchases", "Bought for at most, in the currency", true, true),
    kind("consent.may_be_sent", "Consent", "May be sent messages about", false, true),
    kind("consent.agreed", "Consent", "Agreed to messages about", false, true),
    kind("consent.refused", "Consent", "Refused messages about", false, true),
];

/// A kind of condition, for forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kind {
    /// `field.op`.
    pub word: &'static str,
    /// Under which heading it is offered.
    pub heading: &'static str,
    /// What people read.
    pub label: &'static str,
    /// Whether it has a name: of an attribute, or a currency.
    pub has_name: bool,
    /// Whether it has a value.
    pub has_value: bool,
}

const fn kind(word: &'static str, heading: &'static str, label: &'static str, has_name: bool, has_value: bool) -> Kind {
    Kind { word, heading, label, has_name, has_value }
}

/// A condition as texts: what forms send, and what programs write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Raw {
    /// What it is about, e.g. `tag`.
    pub field: String,
    /// How, e.g. `has`.
    pub op: String,
    /// The name of an attribute, or a currency.
    pub name: String,
    /// The value.
    pub value: String,
}

impl Raw {
    /// One of a kind, `field.op`.
    pub fn of(kind: &str, name: &str, value: &str) -> Self {
        let (field, op) = kind.split_once('.').unwrap_or((kind, ""));
        let own = |text: &str| text.trim().to_owned();
        Self { field: own(field), op: own(op), name: own(name), value: own(value) }
    }

    /// `field.op`.
    pub fn kind(&self) -> String {
        format!("{}.{}", self.field, self.op)
    }

    /// Reads it.
    ///
    /// # Errors
    /// Which part is at fault (`field`, `op`, `name` or `value`), and why.
    pub fn read(&self, currency: Currency) -> Result<Condition, (&'static str, Refusal)> {
        let word = self.kind();
        if !KINDS.iter().any(|kind| kind.word == word) {
            let of_field: Vec<&str> = KINDS.iter().filter_map(|k| k.word.strip_prefix(&self.field)?.strip_prefix('.')).collect();
            if of_field.is_empty() {
                let mut fields: Vec<&str> = KINDS.iter().filter_map(|k| Some(k.word.split_once('.')?.0)).collect();
                fields.dedup();
                let fix = format!("Use one of {}.", fields.join(", "));
                return Err(("field", Refusal::new("unknown", format!("Nothing is known of “{}”.", self.field), fix)));
            }
            let detail = format!("“{}” cannot be said of {}.", self.op, self.field);
            return Err(("op", Refusal::new("unknown", detail, format!("Use one of {}.", of_field.join(", ")))));
        }
        let value = |read: Result<_, Refusal>| read.map_err(|refusal| ("value", refusal));
        let op = self.op.as_str();
        Ok(match self.field.as_str() {
            "language" => {
                let language = value(contacts::language(&self.value))?;
                Condition::Column(Column::Language, op == "is", Some(language.as_str().to_owned()))
            }
            "country" => {
                let fix = "Write its code of two letters, such as US, IR or TW.";
                let unknown = |_| ("value", Refusal::new("unknown_country", "There is no such country.", fix));
                let country = Country::parse(&self.value.to_ascii_uppercase()).map_err(unknown)?;
                Condition::Column(Column::Country, op == "is", Some(country.as_str().to_owned()))
            }
            "time_zone" => {
                let zone = contacts::time_zone(&self.value).map_err(|refusal| ("value", refusal))?;
                Condition::Column(Column::TimeZone, op == "is", Some(zone.name().to_owned()))
            }
            "status" if op == "is_set" => Condition::Column(Column::Status, false, None),
            "status" if op == "is_not_set" => Condition::Column(Column::Status, true, None),
            "status" => {
                let status = contacts::status(&self.value).map_err(|refusal| ("value", refusal))?;
                Condition::Column(Column::Status, op == "is", Some(LeadStatus::as_str(status).to_owned()))
            }
            "tag" => Condition::Tag(op == "has", contacts::tag(&self.value).map_err(|refusal| ("value", refusal))?),
            "attribute" => {
                let name = contacts::attribute_name(&self.name).map_err(|refusal| ("name", refusal))?;
                Condition::Attribute(name, self.test().map_err(|refusal| ("value", refusal))?)
            }
            "added" => Condition::Last(Moment::Added, self.ago()?),
            "last_message" => Condition::Last(Moment::Message, self.ago()?),
            "last_reply" => Condition::Last(Moment::Reply, self.ago()?),
            "last_purchase" => Condition::Last(Moment::Purchase, self.ago()?),
            "purchases" => {
                let fix = "Write a whole number, such as 3.";
                let count = with_digits(&self.value)
                    .parse::<u32>()
                    .map_err(|_| ("value", Refusal::new("not_a_number", "This is no number.", fix)))?;
                Condition::Purchases(self.bound(i64::from(count)))
            }
            "spent" => {
                let amount = contacts::purchases::amount(&with_digits(&self.value)).map_err(|refusal| ("value", refusal))?;
                let given = Some(self.name.as_str()).filter(|name| !name.is_empty());
                let currency = given.map_or(Ok(currency), contacts::purchases::currency).map_err(|refusal| ("name", refusal))?;
                Condition::Spent(self.bound(amount), currency)
            }
            "consent" => {
                let known = Category::ALL.map(Category::as_str).join(", ");
                let unknown = || ("value", Refusal::new("unknown_category", "There is no such category.", format!("Use one of {known}.")));
                let category = Category::parse(&self.value.to_lowercase()).ok_or_else(unknown)?;
                let said = match op {
                    "may_be_sent" => Said::MayBeSent,
                    "agreed" => Said::Agreed,
                    _ => Said::Refused,
                };
                Condition::Consent(said, category)
            }
            _ => {
                let fix = "Write the name that the file had when it was imported.";
                let missing = || ("value", Refusal::new("required", "The name of the file is missing.", fix));
                let name = Some(self.value.chars().take(200).collect::<String>()).filter(|name| !name.is_empty()).ok_or_else(missing)?;
                Condition::Import(op == "is", name)
            }
        })
    }

    fn bound(&self, value: i64) -> Bound {
        if self.op == "at_least" { Bound::AtLeast(value) } else { Bound::AtMost(value) }
    }

    fn ago(&self) -> Result<Ago, (&'static str, Refusal)> {
        if self.op == "never" {
            return Ok(Ago::Never);
        }
        let days = with_digits(&self.value).parse::<u32>().ok().filter(|days| (1..=MOST_DAYS).contains(days));
        let fix = format!("Write a whole number of days, from 1 to {MOST_DAYS}.");
        let days = days.ok_or_else(|| ("value", Refusal::new("not_days", "This is no number of days.", fix)))?;
        Ok(if self.op == "within" { Ago::Within(days) } else { Ago::Before(days) })
    }

    fn test(&self) -> Result<Test, Refusal> {
        let text = || {
            let text = contacts::attribute(&self.value)?;
            let missing = || Refusal::new("required", "The value is missing.", "Write it, or ask whether the attribute is set.");
            Some(text).filter(|text| !text.is_empty()).ok_or_else(missing)
        };
        let number = || parse_decimal(&with_digits(&self.value)).map_err(|why| Refusal::new("not_a_number", "This is no number.", why));
        let day = || day(&self.value).ok_or_else(|| Refusal::new("not_a_day", "This is no date.", "Write it as 2026-11-21."));
        Ok(match self.op.as_str() {
            "is" => Test::Is(text()?),
            "is_not" => Test::IsNot(text()?),
            "contains" => Test::Contains(text()?),
            "is_set" => Test::IsSet,
            "is_not_set" => Test::IsNotSet,
            "less_than" => Test::LessThan(number()?),
            "more_than" => Test::MoreThan(number()?),
            "before" => Test::Before(day()?),
            _ => Test::After(day()?),
        })
    }
}

/// The day at the beginning of a text, as `2026-11-21`; days so written sort by time.
pub fn day(text: &str) -> Option<String> {
    let text = with_digits(text.trim());
    let day = text.get(..10)?;
    let rest = &text[10..];
    let follows = rest.is_empty() || rest.starts_with('T') || rest.starts_with(' ');
    (follows && day.parse::<chrono::NaiveDate>().is_ok()).then(|| day.to_owned())
}

impl Condition {
    /// The texts that it is read from.
    pub fn raw(&self) -> Raw {
        let raw = |kind: &str, name: &str, value: &str| Raw { name: name.to_owned(), value: value.to_owned(), ..Raw::of(kind, "", "") };
        let pick = |yes: bool, is: &'static str, not: &'static str| if yes { is } else { not };
        match self {
            Self::Column(column, yes, Some(value)) => raw(&format!("{}.{}", column.as_str(), pick(*yes, "is", "is_not")), "", value),
            Self::Column(column, yes, None) => raw(&format!("{}.{}", column.as_str(), pick(*yes, "is_not_set", "is_set")), "", ""),
            Self::Tag(yes, tag) => raw(pick(*yes, "tag.has", "tag.has_not"), "", tag),
            Self::Attribute(name, test) => match test {
                Test::Is(text) => raw("attribute.is", name, text),
                Test::IsNot(text) => raw("attribute.is_not", name, text),
                Test::Contains(text) => raw("attribute.contains", name, text),
                Test::IsSet => raw("attribute.is_set", name, ""),
                Test::IsNotSet => raw("attribute.is_not_set", name, ""),
                Test::LessThan(than) => raw("attribute.less_than", name, &decimal(*than)),
                Test::MoreThan(than) => raw("attribute.more_than", name, &decimal(*than)),
                Test::Before(day) => raw("attribute.before", name, day),
                Test::After(day) => raw("attribute.after", name, day),
            },
            Self::Last(moment, ago) => match ago {
                Ago::Within(days) => raw(&format!("{}.within", moment.as_str()), "", &days.to_string()),
                Ago::Before(days) => raw(&format!("{}.before", moment.as_str()), "", &days.to_string()),
                Ago::Never => raw(&format!("{}.never", moment.as_str()), "", ""),
            },
            Self::Purchases(bound) => raw(&format!("purchases.{}", bound.as_str()), "", &bound.value().to_string()),
            Self::Spent(bound, currency) => raw(&format!("spent.{}", bound.as_str()), currency.as_str(), &decimal(bound.value())),
            Self::Consent(said, category) => {
                let op = match said {
                    Said::MayBeSent => "may_be_sent",
                    Said::Agreed => "agreed",
                    Said::Refused => "refused",
                };
                raw(&format!("consent.{op}"), "", category.as_str())
            }
            Self::Import(yes, file) => raw(pick(*yes, "import.is", "import.is_not"), "", file),
        }
    }
}
