//! The settings of one subaccount: what they are, how they are written, what a change may be.

use chrono_tz::Tz;
use serde::{Serialize, Serializer};
use serde_json::{Map, Value, json};

use super::consent_rules::{DoubleOptIn, DoubleOptInChange, StopScope, read_double_opt_in, read_stop_scope};
use super::keywords::{self, KeywordChange, KeywordRules};
use super::quiet_hours::QuietHours;
use super::retention::{self, Retention, RetentionChange};
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::language::Language;
use crate::kernel::limits::Limits;
use crate::kernel::money::{Currency, Micros, decimal, parse_decimal};
use crate::kernel::phone::Country;

/// What an organisation has decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Its name, as people know it.
    pub organisation: String,
    /// The country of numbers written without a country code.
    pub default_country: Country,
    /// Countries that may be sent to; empty is all.
    pub countries: Vec<Country>,
    /// Where its days begin and, for contacts without their own, quiet hours apply.
    pub time_zone: Tz,
    /// The language of texts when a contact has none.
    pub language: Language,
    /// The currency of its prices, costs and budget.
    pub currency: Currency,
    /// Whether every category but authentication needs a grant; marketing always does.
    pub require_opt_in: bool,
    /// Which opt-ins a person confirms by text message.
    pub double_opt_in: DoubleOptIn,
    /// How far a STOP by text message reaches.
    pub stop_scope: StopScope,
    /// Whether a marketing template goes live only after a second person approved it.
    pub template_approval: bool,
    /// Whether messages end at the simulator whatever connection they would take.
    pub test_mode: bool,
    /// When people are left alone; `None` is never.
    pub quiet_hours: Option<QuietHours>,
    /// The most that may be spent in a calendar month, in micros of `currency`; `None` is no limit.
    pub budget: Option<Micros>,
    /// How fast it may send, over all connections.
    pub limits: Limits,
    /// What it adds to the keywords, and answers to them.
    pub keywords: KeywordRules,
    /// How long it keeps what it holds about people.
    pub retention: Retention,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            organisation: "My organisation".into(),
            default_country: Country::parse("US").expect("US is a country"),
            countries: Vec::new(),
            time_zone: Tz::UTC,
            language: Language::english(),
            currency: Currency::USD,
            require_opt_in: false,
            double_opt_in: DoubleOptIn::default(),
            stop_scope: StopScope::default(),
            template_approval: false,
            test_mode: false,
            quiet_hours: Some(QuietHours::default()),
            budget: None,
            limits: Limits::default(),
            keywords: KeywordRules::default(),
            retention: Retention::default(),
        }
    }
}

impl Settings {
    /// The JSON of `GET /settings`; also how they are stored.
    pub fn to_json(&self) -> Value {
        json!({
            "organisation": self.organisation,
            "default_country": self.default_country,
            "countries": self.countries,
            "time_zone": self.time_zone.name(),
            "language": self.language,
            "currency": self.currency.as_str(),
            "require_opt_in": self.require_opt_in,
            "double_opt_in": self.double_opt_in,
            "stop_scope": self.stop_scope,
            "template_approval": self.template_approval,
            "test_mode": self.test_mode,
            "quiet_hours": self.quiet_hours,
            "budget": self.budget.map(|micros| json!({ "amount": decimal(micros), "currency": self.currency.as_str() })),
            "limits": self.limits,
            "keywords": self.keywords,
            "retention": self.retention,
        })
    }

    /// Reads what [`Settings::to_json`] wrote; parts that are absent have their defaults.
    pub(super) fn from_stored(text: &str) -> Result<Self> {
        let value: Value = serde_json::from_str(text).map_err(Error::internal)?;
        let patch = SettingsPatch::read(&value).map_err(|e| Error::internal(format!("stored settings cannot be read: {e}")))?;
        patch.applied_to(&Self::default())
    }

    /// Whether messages may go to the country.
    pub fn allows(&self, country: Country) -> bool {
        self.countries.is_empty() || self.countries.contains(&country)
    }
}

impl Serialize for Settings {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

/// A change of any part of the [`Settings`]; what is `None` stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SettingsPatch {
    /// See [`Settings::organisation`].
    pub organisation: Option<String>,
    /// See [`Settings::default_country`].
    pub default_country: Option<Country>,
    /// See [`Settings::countries`].
    pub countries: Option<Vec<Country>>,
    /// See [`Settings::time_zone`].
    pub time_zone: Option<Tz>,
    /// See [`Settings::language`].
    pub language: Option<Language>,
    /// See [`Settings::currency`].
    pub currency: Option<Currency>,
    /// See [`Settings::require_opt_in`].
    pub require_opt_in: Option<bool>,
    /// See [`Settings::double_opt_in`].
    pub double_opt_in: Option<DoubleOptInChange>,
    /// See [`Settings::stop_scope`].
    pub stop_scope: Option<StopScope>,
    /// See [`Settings::template_approval`].
    pub template_approval: Option<bool>,
    /// See [`Settings::test_mode`].
    pub test_mode: Option<bool>,
    /// See [`Settings::quiet_hours`]; the inner `None` ends them.
    pub quiet_hours: Option<Option<QuietHours>>,
    /// See [`Settings::budget`]; the inner `None` lifts it.
    pub budget: Option<Option<Amount>>,
    /// See [`Settings::limits`].
    pub limits: Option<Limits>,
    /// See [`Settings::keywords`].
    pub keywords: Option<KeywordChange>,
    /// See [`Settings::retention`].
    pub retention: Option<RetentionChange>,
}

/// An amount as a caller wrote it: with its currency, or in the organisation's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount {
    /// Millionths of a unit.
    pub micros: Micros,
    /// The currency, when it was named.
    pub currency: Option<Currency>,
}

/// A refusal: a word for programs and a sentence for people.
type Refusal = (String, String);

impl SettingsPatch {
    /// Reads the JSON of `PUT /settings`: any part of the shape of `GET`. `countries` may also be one
    /// text with commas, `budget` a number or a text. Every faulty or unknown field is named.
    pub fn read(value: &Value) -> Result<Self> {
        let Value::Object(fields) = value else {
            return Err(Error::invalid("", "not_an_object", "Send a JSON object with the settings to change."));
        };
        let mut errors = FieldErrors::new();
        for name in fields.keys().filter(|name| !NAMES.contains(&name.as_str())) {
            errors.add(name, "unknown", format!("There is no such setting. The settings are {}.", NAMES.join(", ")));
        }
        let mut form = Form { fields, errors };
        let patch = Self {
            organisation: form.read("organisation", organisation),
            default_country: form.read("default_country", country),
            countries: form.read("countries", countries),
            time_zone: form.read("time_zone", time_zone),
            language: form.read("language", language),
            currency: form.read("currency", currency),
            require_opt_in: form.read("require_opt_in", switch),
            double_opt_in: form.read("double_opt_in", read_double_opt_in),
            stop_scope: form.read("stop_scope", read_stop_scope),
            template_approval: form.read("template_approval", switch),
            test_mode: form.read("test_mode", switch),
            quiet_hours: form.read("quiet_hours", |v| or_null(v, quiet_hours)),
            budget: form.read("budget", |v| or_null(v, budget)),
            limits: form.read("limits", limits),
            keywords: form.read("keywords", keywords::read),
            retention: form.read("retention", retention::read),
        };
        form.errors.into_result()?;
        Ok(patch)
    }

    /// The settings after the change. Refuses a budget in another currency than the organisation's.
    pub fn applied_to(self, old: &Settings) -> Result<Settings> {
        let currency = self.currency.unwrap_or(old.currency);
        let budget = match self.budget {
            None => old.budget,
            Some(None) => None,
            Some(Some(amount)) if amount.currency.is_none_or(|c| c == currency) => Some(amount.micros),
            Some(Some(_)) => {
                let detail = format!("The budget is counted in {currency}, the organisation's currency. Write it in {currency}.");
                return Err(Error::invalid("budget", "other_currency", detail));
            }
        };
        let old = old.clone();
        Ok(Settings {
            organisation: self.organisation.unwrap_or(old.organisation),
            default_country: self.default_country.unwrap_or(old.default_country),
            countries: self.countries.unwrap_or(old.countries),
            time_zone: self.time_zone.unwrap_or(old.time_zone),
            language: self.language.unwrap_or(old.language),
            currency,
            require_opt_in: self.require_opt_in.unwrap_or(old.require_opt_in),
            double_opt_in: old.double_opt_in.changed(self.double_opt_in.unwrap_or_default()),
            stop_scope: self.stop_scope.unwrap_or(old.stop_scope),
            template_approval: self.template_approval.unwrap_or(old.template_approval),
            test_mode: self.test_mode.unwrap_or(old.test_mode),
            quiet_hours: self.quiet_hours.unwrap_or(old.quiet_hours),
            budget,
            limits: self.limits.unwrap_or(old.limits),
            keywords: old.keywords.changed(self.keywords.unwrap_or_default()),
            retention: old.retention.changed(self.retention.unwrap_or_default()),
        })
    }
}

const NAMES: [&str; 16] = [
    "organisation",
    "default_country",
    "countries",
    "time_zone",
    "language",
    "currency",
    "require_opt_in",
    "double_opt_in",
    "stop_scope",
    "template_approval",
    "test_mode",
    "quiet_hours",
    "budget",
    "limits",
    "keywords",
    "retention",
];

struct Form<'a> {
    fields: &'a Map<String, Value>,
    errors: FieldErrors,
}

impl Form<'_> {
    fn read<T>(&mut self, name: &str, parse: impl Fn(&Value) -> Result<T, Refusal>) -> Option<T> {
        let value = self.fields.get(name)?;
        self.errors.check(name, parse(value))
    }
}

fn refuse(code: &str, detail: impl Into<String>) -> Refusal {
    (code.into(), detail.into())
}

fn or_null<T>(value: &Value, parse: impl Fn(&Value) -> Result<T, Refusal>) -> Result<Option<T>, Refusal> {
    if value.is_null() { Ok(None) } else { parse(value).map(Some) }
}

fn text(value: &Value) -> Result<&str, Refusal> {
    value.as_str().map(str::trim).ok_or_else(|| refuse("not_a_text", "Write this as a text."))
}

fn switch(value: &Value) -> Result<bool, Refusal> {
    value.as_bool().ok_or_else(|| refuse("not_a_switch", "Write true or false."))
}

fn organisation(value: &Value) -> Result<String, Refusal> {
    let name = text(value)?;
    if name.is_empty() {
        return Err(refuse("required", "Write the name of your organisation."));
    }
    if name.chars().count() > 100 || name.chars().any(char::is_control) {
        return Err(refuse("unusable", "The name has at most 100 characters and stands on one line."));
    }
    Ok(name.to_owned())
}

fn country(value: &Value) -> Result<Country, Refusal> {
    let code = text(value)?;
    Country::parse(code).map_err(|e| refuse("unknown_country", e.to_string()))
}

fn countries(value: &Value) -> Result<Vec<Country>, Refusal> {
    let codes: Vec<Value> = match value {
        Value::Array(codes) => codes.clone(),
        Value::String(codes) => codes.split(',').map(str::trim).filter(|c| !c.is_empty()).map(Value::from).collect(),
        _ => return Err(refuse("not_a_list", "Write a list of two-letter country codes; an empty list allows all countries.")),
    };
    let mut parsed = codes.iter().map(country).collect::<Result<Vec<_>, _>>()?;
    parsed.sort_unstable();
    parsed.dedup();
    Ok(parsed)
}

fn time_zone(value: &Value) -> Result<Tz, Refusal> {
    let sentence = "Write the time zone as a name such as Europe/London, Asia/Tehran or UTC.";
    text(value)?.parse().map_err(|_| refuse("unknown_time_zone", sentence))
}

fn language(value: &Value) -> Result<Language, Refusal> {
    Language::parse(text(value)?).ok_or_else(|| refuse("unknown_language", "Write the language as a tag such as en, fa or zh-Hant."))
}

fn currency(value: &Value) -> Result<Currency, Refusal> {
    Currency::parse(text(value)?).ok_or_else(|| refuse("unknown_currency", "Write the currency as a three-letter code such as USD."))
}

fn quiet_hours(value: &Value) -> Result<QuietHours, Refusal> {
    let hours: QuietHours = serde_json::from_value(value.clone()).map_err(|_| {
        let shape = r#"{"from":"21:00","to":"08:00","categories":["marketing"]}"#;
        refuse("unreadable", format!("Write quiet hours as {shape}, or null for none."))
    })?;
    if hours.from == hours.to {
        return Err(refuse("empty", "Quiet hours begin and end at different times; null means none."));
    }
    Ok(hours)
}

fn budget(value: &Value) -> Result<Amount, Refusal> {
    let (amount, currency) = match value {
        Value::Object(money) if money.keys().all(|k| k == "amount" || k == "currency") => {
            (money.get("amount").unwrap_or(&Value::Null), money.get("currency").map(currency).transpose()?)
        }
        other => (other, None),
    };
    let written = match amount {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        _ => return Err(refuse("not_an_amount", "Write the budget as an amount such as 500.00, or null for none.")),
    };
    let micros = parse_decimal(&written).map_err(|sentence| refuse("not_an_amount", sentence))?;
    if micros < 0 {
        return Err(refuse("negative", "A budget is zero or more; null means no limit."));
    }
    Ok(Amount { micros, currency })
}

fn limits(value: &Value) -> Result<Limits, Refusal> {
    let shape = r#"Write limits as {"per_second":50,"per_minute":1000,"per_day":20000}: any of them, each at least 1."#;
    let limits: Option<Limits> = serde_json::from_value(value.clone()).ok();
    limits.filter(|limits| limits.are_sound()).ok_or_else(|| refuse("unreadable", shape))
}

#[cfg(test)]
mod tests;
