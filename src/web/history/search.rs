//! What history is searched by: the words of the address, read into a [`Filter`].

use chrono::NaiveDate;

use crate::access::Settings;
use crate::costs::Period;
use crate::kernel::category::Category;
use crate::kernel::error::FieldErrors;
use crate::kernel::phone::{Country, Phone};
use crate::messages::{Filter, Status};
use crate::web::guard::encode;
use crate::web::page::Typed;

/// The fields of the search form, as the API calls them.
pub const FIELDS: [&str; 12] =
    ["to", "status", "from_date", "to_date", "campaign", "template", "provider", "country", "category", "reference", "error", "retryable"];

/// A search as it stands in an address.
#[derive(Clone, Debug, Default)]
pub struct Search {
    values: Vec<(&'static str, String)>,
    /// What was understood of it.
    pub filter: Filter,
    /// What was not, by field.
    pub errors: FieldErrors,
}

impl Search {
    /// Reads the address's query; `get` gives a value that is not blank.
    pub fn read(get: impl Fn(&str) -> Option<String>, settings: &Settings) -> Self {
        let values: Vec<_> = FIELDS.into_iter().filter_map(|name| Some((name, get(name)?))).collect();
        let mut search = Self { values, ..Self::default() };
        let mut errors = FieldErrors::new();
        let value = |name| search.value(name);
        let known = |code: &str, detail: &str| (code.to_owned(), detail.to_owned());
        let to = value("to").map(|text| {
            Phone::parse(text, settings.default_country).map_err(|e| (e.code().to_owned(), format!("{e} {}", e.fix()).trim().to_owned()))
        });
        let status = value("status").map(|word| Status::parse(word).ok_or_else(|| known("unknown", "Choose one of the statuses.")));
        let category = value("category").map(|word| Category::parse(word).ok_or_else(|| known("unknown", "Choose one of the categories.")));
        let country =
            value("country").map(|code| Country::parse(code).map_err(|_| known("unknown", "Write a two-letter country code such as GB.")));
        let retryable = value("retryable").map(|word| word.parse().map_err(|_| known("unknown", "Choose one of the answers.")));
        let date =
            |name| value(name).map(|text| day(text).ok_or_else(|| known("not_a_date", "Write the date as YYYY-MM-DD, e.g. 2026-11-21.")));
        let days = |day: NaiveDate| Period { start: day, end: day }.bounds(settings.time_zone);
        let filter = Filter {
            to: to.and_then(|read| errors.check("to", read)),
            status: status.and_then(|read| errors.check("status", read)),
            from_at: date("from_date").and_then(|read| errors.check("from_date", read)).map(|day| days(day).0),
            until_at: date("to_date").and_then(|read| errors.check("to_date", read)).map(|day| days(day).1),
            campaign: value("campaign").map(str::to_owned),
            template: value("template").map(str::to_owned),
            provider: value("provider").map(str::to_owned),
            country: country.and_then(|read| errors.check("country", read)),
            category: category.and_then(|read| errors.check("category", read)),
            reference: value("reference").map(str::to_owned),
            error: value("error").map(str::to_owned),
            retryable: retryable.and_then(|read| errors.check("retryable", read)),
        };
        if let (Some(from), Some(until)) = (filter.from_at, filter.until_at)
            && until <= from
        {
            errors.add("to_date", "before_start", "The last day is before the first day.");
        }
        search.filter = filter;
        search.errors = errors;
        search
    }

    /// What was asked for in a field.
    pub fn value(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(n, _)| *n == name).map(|(_, value)| value.as_str())
    }

    /// What was asked for, field by field.
    pub fn values(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.values.iter().map(|(name, value)| (*name, value.as_str()))
    }

    /// Whether anything narrows the list.
    pub fn is_narrowed(&self) -> bool {
        !self.values.is_empty()
    }

    /// How many fields narrow the list besides the number, the status and the category.
    pub fn details(&self) -> usize {
        self.values.iter().filter(|(name, _)| !matches!(*name, "to" | "status" | "category")).count()
    }

    /// The form's state.
    pub fn typed(&self) -> Typed {
        let values = self.values.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        Typed::asked(values, self.errors.clone())
    }

    /// An address with this search, one of its fields changed.
    pub fn href_with(&self, path: &str, field: &str, value: Option<&str>) -> String {
        let kept = self.values.iter().filter(|(name, _)| *name != field).map(|(name, value)| (*name, value.as_str()));
        address(path, kept.chain(value.map(|value| (field, value))))
    }

    /// An address with this search.
    pub fn href(&self, path: &str) -> String {
        self.href_with(path, "", None)
    }
}

fn day(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok()
}

/// A path with a query.
pub fn address<'a>(path: &str, pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let query = pairs.map(|(name, value)| format!("{name}={}", encode(value))).collect::<Vec<_>>().join("&");
    if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") }
}

#[cfg(test)]
mod unit {
    use super::*;

    fn read(pairs: &[(&str, &str)]) -> Search {
        let settings = Settings { default_country: Country::parse("GB").expect("a country"), ..Settings::default() };
        Search::read(|name| pairs.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()), &settings)
    }

    #[test]
    fn a_number_is_found_in_any_spelling() {
        for spelling in ["07400 123456", "+44 7400 123456", "0044 7400-123456", "٠٧٤٠٠ ۱۲۳۴۵۶"] {
            let search = read(&[("to", spelling)]);
            assert_eq!(search.filter.to.map(|p| p.e164()).as_deref(), Some("+447400123456"), "{spelling}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_named_and_kept() {
        let search = read(&[("to", "12"), ("status", "lost"), ("country", "Mars"), ("from_date", "21.11."), ("category", "x")]);
        let named: Vec<_> = search.errors.0.iter().map(|e| e.field.as_str()).collect();
        assert_eq!(named.len(), 5, "{named:?}");
        assert_eq!(search.typed().get("to"), Some("12"));
        let turned = read(&[("from_date", "2026-11-21"), ("to_date", "2026-11-20")]);
        assert_eq!(turned.errors.0.len(), 1);
        assert!(read(&[("from_date", "2026-11-21"), ("to_date", "2026-11-21")]).errors.0.is_empty());
    }

    #[test]
    fn an_address_carries_the_search_and_one_change() {
        let search = read(&[("to", "+44 7400 123456"), ("status", "failed")]);
        assert_eq!(search.href("/history"), "/history?to=%2B44%207400%20123456&status=failed");
        assert_eq!(search.href_with("/history", "status", None), "/history?to=%2B44%207400%20123456");
        assert_eq!(read(&[]).href("/history"), "/history");
    }
}
