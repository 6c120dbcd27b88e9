//! How an organisation takes consent: which opt-ins a person confirms by text message, and how far a STOP reaches.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::opt_in_texts::{categories_in, confirmation};
use crate::kernel::category::Category;
use crate::kernel::clock::{DAY, Millis};
use crate::kernel::language::Language;

/// The longest own wording of a confirmation, in characters, before its placeholders are filled.
pub const LONGEST_CONFIRMATION: usize = 200;
/// The longest that a confirmation may be waited for, in days.
const MOST_DAYS: u32 = 30;
/// The most confirmations that may be asked for on one day.
const MOST_A_DAY: u32 = 1_000_000;
const ORGANISATION: &str = "{{ organisation }}";
const CATEGORIES: &str = "{{ categories }}";
const LINK: &str = "{{ link }}";

/// Opt-ins that hold only once the person has confirmed them by text message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct DoubleOptIn {
    /// In which categories; empty for none.
    pub categories: Vec<Category>,
    /// For how many days an answer is waited for.
    pub days: u32,
    /// How many people may be asked on one day, so that nobody makes this a machine that texts everybody.
    pub per_day: u32,
    /// What is asked, by language, instead of the built-in wording; `{{ organisation }}`, `{{ categories }}` and `{{ link }}` are filled.
    #[schema(value_type = BTreeMap<String, String>)]
    pub texts: BTreeMap<Language, String>,
}

impl Default for DoubleOptIn {
    fn default() -> Self {
        Self { categories: Vec::new(), days: 7, per_day: 1_000, texts: BTreeMap::new() }
    }
}

/// How far a STOP by text message reaches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum StopScope {
    /// The category of the message that it answers, as far as the law of the day allows it.
    Program,
    /// Everything.
    #[default]
    All,
}

/// From when on a STOP reaches at least so far. Until 31 January 2027 the FCC has waived its rule that a revocation reaches all
/// texts of the sender (order DA 26-12 on 47 CFR 64.1200(a)(10)); the day begins in the zone of the agency, at 05:00 UTC.
const NARROWEST: [(Millis, StopScope); 2] = [(Millis::MIN, StopScope::Program), (1_801_371_600_000, StopScope::All)];

impl StopScope {
    /// How far a STOP reaches that was written at `at`, where the organisation has chosen this.
    pub fn at(self, at: Millis) -> Self {
        let law = NARROWEST.iter().rev().find(|(from, _)| *from <= at).map_or(Self::All, |(_, scope)| *scope);
        self.max(law)
    }
}

/// A change of the rules; what is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DoubleOptInChange {
    categories: Option<Vec<Category>>,
    days: Option<u32>,
    per_day: Option<u32>,
    texts: Option<BTreeMap<String, String>>,
}

type Refusal = (String, String);

fn refuse<T>(code: &str, detail: impl Into<String>) -> Result<T, Refusal> {
    Err((code.into(), detail.into()))
}

/// Reads any part of the shape of [`DoubleOptIn`].
pub(super) fn read_double_opt_in(value: &Value) -> Result<DoubleOptInChange, Refusal> {
    let Ok(change) = serde_json::from_value::<DoubleOptInChange>(value.clone()) else {
        let shape = r#"{"categories":["marketing"],"days":7,"per_day":1000,"texts":{"en":"…"}}"#;
        return refuse("unreadable", format!("Write this as {shape}, any part of it; an empty list of categories ends it."));
    };
    if change.categories.iter().flatten().any(|category| *category == Category::Authentication) {
        return refuse("locked", "Sign-in codes are asked for by the person each time; they cannot wait for a confirmation.");
    }
    if change.days.is_some_and(|days| !(1..=MOST_DAYS).contains(&days)) {
        return refuse("days_out_of_range", format!("Wait for an answer for 1 to {MOST_DAYS} days."));
    }
    if change.per_day.is_some_and(|most| !(1..=MOST_A_DAY).contains(&most)) {
        return refuse("per_day_out_of_range", format!("Ask between 1 and {MOST_A_DAY} people a day."));
    }
    for (tag, text) in change.texts.iter().flatten().filter(|(_, text)| !text.trim().is_empty()) {
        if Language::parse(tag).is_none() {
            return refuse("unknown_language", format!("“{tag}” is not a language tag such as en, fa or zh-Hant."));
        }
        if text.chars().count() > LONGEST_CONFIRMATION || text.contains('\0') {
            return refuse("too_long", format!("The wording in {tag} has more than {LONGEST_CONFIRMATION} characters."));
        }
        if let Some(missing) = [ORGANISATION, CATEGORIES, LINK].into_iter().find(|part| !text.contains(part)) {
            return refuse(
                "incomplete",
                format!("The wording in {tag} lacks {missing}. People must read who asks, about what, and where to confirm."),
            );
        }
    }
    Ok(change)
}

/// Reads `all` or `program`.
pub(super) fn read_stop_scope(value: &Value) -> Result<StopScope, Refusal> {
    serde_json::from_value(value.clone())
        .or_else(|_| refuse("unknown", "Write all, or program for the kind of messages that a STOP answers."))
}

impl DoubleOptIn {
    /// The rules after a change.
    pub(super) fn changed(self, change: DoubleOptInChange) -> Self {
        let texts = |texts: BTreeMap<String, String>| {
            let given = texts.into_iter().filter(|(_, text)| !text.trim().is_empty());
            given.filter_map(|(tag, text)| Some((Language::parse(&tag)?, text))).collect()
        };
        let sorted = |mut categories: Vec<Category>| {
            categories.sort_unstable();
            categories.dedup();
            categories
        };
        Self {
            categories: change.categories.map_or(self.categories, sorted),
            days: change.days.unwrap_or(self.days),
            per_day: change.per_day.unwrap_or(self.per_day),
            texts: change.texts.map_or(self.texts, texts),
        }
    }

    /// For how long an answer is waited for.
    pub fn life(&self) -> Millis {
        Millis::from(self.days) * DAY
    }

    /// What is asked, with `link` in it, in the first of these languages that there is a wording in, else in English; and that
    /// language. `by_answer` says whether an answer confirms; an own wording is the same for both.
    pub fn text(
        &self,
        languages: &[&Language],
        organisation: &str,
        categories: &[Category],
        by_answer: bool,
        link: &str,
    ) -> (String, Language) {
        let english = Language::english();
        let found = languages.iter().copied().chain([&english]).find_map(|language| {
            let own = self.texts.get(language).map(String::as_str);
            own.or_else(|| confirmation(language, by_answer)).map(|text| (text, language))
        });
        let (text, language) = found.unwrap_or(("", &english));
        let of = categories_in(language, categories);
        let text = text.replace(ORGANISATION, organisation).replace(CATEGORIES, &of);
        (text.replace(LINK, link), language.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::parse_rfc3339;
    use serde_json::json;

    #[test]
    fn from_the_day_of_the_law_on_a_stop_reaches_everything() {
        let at = |text: &str| parse_rfc3339(text).expect("an instant");
        for (when, chosen, reaches) in [
            ("2026-11-21T10:00:00Z", StopScope::Program, StopScope::Program),
            ("2026-11-21T10:00:00Z", StopScope::All, StopScope::All),
            ("2027-01-31T04:59:59Z", StopScope::Program, StopScope::Program),
            ("2027-01-31T05:00:00Z", StopScope::Program, StopScope::All),
            ("2031-06-01T00:00:00Z", StopScope::Program, StopScope::All),
        ] {
            assert_eq!(chosen.at(at(when)), reaches, "{when}");
        }
    }

    #[test]
    fn a_part_is_changed_and_what_is_written_is_read() {
        let change = |value: Value| read_double_opt_in(&value).expect("sound");
        let rules = DoubleOptIn::default().changed(change(json!({"categories": ["marketing", "order", "marketing"], "days": 3})));
        assert_eq!((rules.categories.len(), rules.days, rules.per_day), (2, 3, 1_000));
        let own = "{{ organisation }} {{ categories }} {{ link }}";
        let rules = rules.changed(change(json!({"texts": {"de": own, "en": " "}})));
        assert_eq!(rules.texts.len(), 1);
        assert_eq!(DoubleOptIn::default().changed(change(json!(rules))), rules);
        let (german, english) = (Language::stored("de".into()), Language::english());
        assert_eq!(rules.text(&[&german], "Lark", &[Category::Order], true, "URL"), ("Lark orders URL".into(), german));
        assert!(
            rules.text(&[&english], "Lark", &[Category::Order], true, "URL").0.starts_with("Lark: Reply YES to get texts about orders")
        );
    }

    #[test]
    fn what_cannot_be_is_refused_with_the_reason() {
        let code = |value: Value| read_double_opt_in(&value).expect_err("refused").0;
        assert_eq!(code(json!({"categories": ["authentication"]})), "locked");
        assert_eq!(code(json!({"categories": ["offers"]})), "unreadable");
        assert_eq!(code(json!({"days": 0})), "days_out_of_range");
        assert_eq!(code(json!({"per_day": 0})), "per_day_out_of_range");
        assert_eq!(code(json!({"texts": {"en": "Reply YES"}})), "incomplete");
        assert_eq!(code(json!({"texts": {"?": "{{ organisation }} {{ categories }} {{ link }}"}})), "unknown_language");
        assert!(read_stop_scope(&json!("sender")).is_err());
    }
}
