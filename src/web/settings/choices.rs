//! What the choices of settings forms are: countries, time zones, languages.

use crate::access::Role;
use crate::kernel::language::Language;
use crate::kernel::phone::Country;
use crate::web::ui::shell::role_word;

/// Value and words of each choice.
pub type Choices = Vec<(String, String)>;

/// Zones that most of our users live in; the others follow.
const COMMON_ZONES: [&str; 14] = [
    "UTC",
    "Europe/London",
    "Europe/Berlin",
    "Europe/Istanbul",
    "America/New_York",
    "America/Chicago",
    "America/Los_Angeles",
    "Asia/Tehran",
    "Asia/Dubai",
    "Asia/Kolkata",
    "Asia/Hong_Kong",
    "Asia/Taipei",
    "Asia/Tokyo",
    "Australia/Sydney",
];
const LANGUAGES: [&str; 8] = ["en", "fa", "zh-Hant", "ar", "hi", "es", "fr", "tr"];

/// Every country by name, with its calling code.
pub fn countries() -> Choices {
    Country::all().iter().map(|c| (c.as_str().to_owned(), format!("{} (+{})", c.name(), c.calling_code()))).collect()
}

/// Every time zone with a place name, the common ones first, and `current` when it is another one: `Iran`, `Etc/GMT-3`.
pub fn time_zones(current: Option<&str>) -> Choices {
    let has_place = |name: &&str| name.contains('/') && !name.starts_with("Etc/");
    let others = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).filter(has_place).filter(|name| !COMMON_ZONES.contains(name));
    let current = current.filter(|name| !has_place(name) && !COMMON_ZONES.contains(name));
    COMMON_ZONES.into_iter().chain(others).chain(current).map(|name| (name.to_owned(), name.replace('_', " "))).collect()
}

/// The languages we know by name, and `current` when it is another one.
pub fn languages(current: &Language) -> Choices {
    let known = LANGUAGES.iter().filter_map(|tag| Language::parse(tag));
    let other = Some(current.clone()).filter(|language| !LANGUAGES.contains(&language.as_str()));
    known.chain(other).map(|l| (l.as_str().to_owned(), l.name().to_owned())).collect()
}

/// Every role, weakest first, so that nobody is made an owner by oversight.
pub fn roles() -> Choices {
    Role::ALL.into_iter().rev().map(|role| (role.as_str().to_owned(), role_word(role).to_owned())).collect()
}
