//! A change of somebody's preferences, as a caller writes it.

use serde_json::{Map, Value};

use crate::access::QuietHours;
use crate::consent::{self, Change, Scope};
use crate::contacts::Standing;
use crate::kernel::category::Category;
use crate::kernel::clock::{DAY, Millis, parse_rfc3339};
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::language::Language;

use super::steps::Wish;
use crate::access::Settings;

/// The longest break: one that outlasts it is a refusal, and should be recorded as one.
const LONGEST_BREAK: Millis = 366 * DAY;
/// What a person's own quiet hours hold back when they do not say.
const OWN_QUIET: [Category; 2] = [Category::Marketing, Category::Reminder];
const NAMES: [&str; 6] = ["phone", "categories", "language", "paused_until", "quiet_hours", "offers_a_month"];
/// The highest limit of advertisements in thirty days that means something.
const MOST_OFFERS: i64 = 30;

/// A change of any part of the preferences; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PreferencesPatch {
    /// Categories to switch on or off.
    pub categories: Vec<(Category, bool)>,
    /// The language to write in.
    pub language: Option<Language>,
    /// The end of a break; the inner `None` ends it now.
    pub paused_until: Option<Option<Millis>>,
    /// Own quiet hours; the inner `None` lifts them.
    pub quiet_hours: Option<Option<QuietHours>>,
    /// The most advertisements in thirty days; the inner `None` lifts the limit.
    pub offers_a_month: Option<Option<i64>>,
}

/// Whether people cannot switch the category off: authentication protects their account.
pub(super) fn is_locked(category: Category) -> bool {
    category == Category::Authentication
}

impl PreferencesPatch {
    /// Reads the JSON of `PUT /notifications/preferences`: any part of the shape of `GET`. A category is
    /// `true`, `false`, or `{"on": …}`; `phone` may stand there and is the caller's to read. Every faulty or
    /// unknown field is named.
    pub fn read(value: &Value) -> Result<Self> {
        let Value::Object(fields) = value else {
            return Err(Error::invalid("", "not_an_object", "Send a JSON object with the preferences to change."));
        };
        let mut errors = FieldErrors::new();
        for name in fields.keys().filter(|name| !NAMES.contains(&name.as_str())) {
            errors.add(name, "unknown", format!("There is no such preference. There are {}.", NAMES[1..].join(", ")));
        }
        let patch = Self {
            categories: fields.get("categories").map(|value| categories(value, &mut errors)).unwrap_or_default(),
            language: one(fields, "language", &mut errors, language),
            paused_until: one(fields, "paused_until", &mut errors, |v| or_null(v, instant)),
            quiet_hours: one(fields, "quiet_hours", &mut errors, |v| or_null(v, own_quiet_hours)),
            offers_a_month: one(fields, "offers_a_month", &mut errors, |v| or_null(v, offers)),
        };
        errors.into_result()?;
        Ok(patch)
    }

    /// What has to change about a person of this standing. Refuses to switch a locked category off, and
    /// breaks that end in the past or beyond a year.
    pub(super) fn wish(&self, standing: &Standing, settings: &Settings, now: Millis) -> Result<Wish> {
        let mut errors = FieldErrors::new();
        let mut changes = Vec::new();
        for (category, on) in &self.categories {
            let was_on = consent::opted_out(*category, standing, settings).is_none();
            if *on == was_on {
                continue;
            }
            if is_locked(*category) && !on {
                let detail = "Sign-in codes cannot be switched off here; they protect the account.";
                errors.add(&format!("categories.{category}"), "locked", detail);
            }
            changes.push(if *on { Change::Granted(Scope::Only(*category)) } else { Change::Withdrawn(Scope::Only(*category)) });
        }
        match self.paused_until {
            Some(Some(until)) if until <= now || until > now + LONGEST_BREAK => {
                errors.add("paused_until", "out_of_range", "Write an instant within the next 366 days, or null for no break.");
            }
            Some(Some(until)) if standing.paused_until != Some(until) => changes.push(Change::Paused(until)),
            Some(None) if standing.paused_until.is_some_and(|until| until > now) => changes.push(Change::Resumed),
            _ => {}
        }
        if let Some(hours) = self.quiet_hours.as_ref().filter(|hours| **hours != standing.quiet_hours) {
            changes.push(Change::QuietHours(hours.clone()));
        }
        if let Some(most) = self.offers_a_month.filter(|most| *most != standing.offers_a_month) {
            changes.push(Change::Frequency(most));
        }
        errors.into_result()?;
        let language = self.language.clone().filter(|language| standing.language.as_ref() != Some(language));
        Ok(Wish { changes, language })
    }
}

/// Own quiet hours from their two times, for what people usually want quiet.
pub fn quiet_between(from: crate::access::TimeOfDay, to: crate::access::TimeOfDay) -> QuietHours {
    QuietHours { from, to, categories: OWN_QUIET.to_vec() }
}

type Refusal = (String, String);

fn refuse(code: &str, detail: &str) -> Refusal {
    (code.into(), detail.into())
}

fn one<T>(fields: &Map<String, Value>, name: &str, errors: &mut FieldErrors, read: impl Fn(&Value) -> Result<T, Refusal>) -> Option<T> {
    fields.get(name).and_then(|value| errors.check(name, read(value)))
}

fn or_null<T>(value: &Value, read: impl Fn(&Value) -> Result<T, Refusal>) -> Result<Option<T>, Refusal> {
    if value.is_null() { Ok(None) } else { read(value).map(Some) }
}

fn categories(value: &Value, errors: &mut FieldErrors) -> Vec<(Category, bool)> {
    let Value::Object(switches) = value else {
        errors.add("categories", "not_an_object", r#"Write the categories as {"marketing": false}."#);
        return Vec::new();
    };
    let mut read = Vec::new();
    for (name, value) in switches {
        let field = format!("categories.{name}");
        let on = value.get("on").unwrap_or(value).as_bool();
        match (Category::parse(name), on) {
            (Some(category), Some(on)) => read.push((category, on)),
            (None, _) => {
                let known = Category::ALL.map(Category::as_str).join(", ");
                errors.add(&field, "unknown_category", format!("There is no such category. There are {known}."));
            }
            (_, None) => errors.add(&field, "not_a_switch", "Write true or false."),
        }
    }
    read
}

fn language(value: &Value) -> Result<Language, Refusal> {
    let tag = value.as_str().and_then(Language::parse);
    tag.ok_or_else(|| refuse("unknown_language", "Write the language as a tag such as en, fa or zh-Hant."))
}

fn instant(value: &Value) -> Result<Millis, Refusal> {
    let at = value.as_str().and_then(parse_rfc3339);
    at.ok_or_else(|| refuse("not_an_instant", "Write an instant such as 2026-12-01T08:00:00Z, or null for no break."))
}

fn offers(value: &Value) -> Result<i64, Refusal> {
    let most = value.as_i64().filter(|most| (1..=MOST_OFFERS).contains(most));
    most.ok_or_else(|| refuse("out_of_range", "Write a whole number from 1 to 30, or null for no limit."))
}

fn own_quiet_hours(value: &Value) -> Result<QuietHours, Refusal> {
    let shape = r#"Write quiet hours as {"from": "21:00", "to": "08:00"}, or null for none."#;
    let hours: QuietHours = serde_json::from_value(value.clone()).map_err(|_| refuse("unreadable", shape))?;
    if hours.from == hours.to {
        return Err(refuse("empty", "Quiet hours begin and end at different times; null means none."));
    }
    Ok(if value.get("categories").is_some() { hours } else { quiet_between(hours.from, hours.to) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Millis = 1_795_000_000_000;

    fn wish(patch: Value, standing: &Standing) -> Result<Wish> {
        PreferencesPatch::read(&patch)?.wish(standing, &Settings::default(), NOW)
    }

    fn refused(patch: Value) -> Vec<(String, String)> {
        match wish(patch, &Standing::default()) {
            Err(Error::Invalid(errors)) => errors.0.into_iter().map(|e| (e.field, e.code)).collect(),
            other => panic!("expected refused fields, got {other:?}"),
        }
    }

    #[test]
    fn only_what_differs_is_changed() {
        let same = json!({"phone": "+14155550123", "categories": {"order": {"on": true, "locked": false}, "marketing": false, "authentication": true},
            "paused_until": null, "quiet_hours": null});
        let wish = wish(same, &Standing::default()).expect("valid");
        assert!(wish.changes.is_empty() && wish.language.is_none(), "{wish:?}");
    }

    #[test]
    fn each_part_becomes_its_change() {
        let patch = json!({"categories": {"marketing": true, "order": false}, "language": "fa",
            "paused_until": "2026-12-01T00:00:00Z", "quiet_hours": {"from": "20:00", "to": "09:00"}});
        let wish = wish(patch, &Standing::default()).expect("valid");
        let until = parse_rfc3339("2026-12-01T00:00:00Z").expect("an instant");
        assert!(wish.changes.contains(&Change::Granted(Scope::Only(Category::Marketing))));
        assert!(wish.changes.contains(&Change::Withdrawn(Scope::Only(Category::Order))));
        assert!(wish.changes.contains(&Change::Paused(until)));
        assert!(
            wish.changes.iter().any(|c| matches!(c, Change::QuietHours(Some(h)) if h.categories == OWN_QUIET)),
            "quiet hours of one's own hold offers and reminders"
        );
        assert_eq!((wish.changes.len(), wish.language), (4, Language::parse("fa")));
    }

    #[test]
    fn every_faulty_field_is_named() {
        let faulty = json!({"categories": {"offers": true, "order": "no"}, "language": "!", "paused_until": "soon",
            "quiet_hours": {"from": "25:00", "to": "1:00"}, "colour": "red", "offers_a_month": 0});
        let mut fields: Vec<_> = refused(faulty).into_iter().map(|(field, _)| field).collect();
        fields.sort_unstable();
        assert_eq!(
            fields,
            ["categories.offers", "categories.order", "colour", "language", "offers_a_month", "paused_until", "quiet_hours"]
        );
        let one = |field: &str, code: &str| vec![(field.to_owned(), code.to_owned())];
        assert_eq!(refused(json!({"categories": {"authentication": false}})), one("categories.authentication", "locked"));
        assert_eq!(refused(json!({"paused_until": "2020-01-01T00:00:00Z"})), one("paused_until", "out_of_range"));
        assert_eq!(refused(json!({"paused_until": "2036-01-01T00:00:00Z"})), one("paused_until", "out_of_range"));
        assert_eq!(refused(json!({"quiet_hours": {"from": "08:00", "to": "08:00"}})), one("quiet_hours", "empty"));
        assert!(PreferencesPatch::read(&json!([])).is_err());
    }
}
