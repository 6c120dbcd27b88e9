//! How figures, money, instants and numbers are written on pages.

use chrono::TimeZone as _;
use chrono_tz::Tz;
use leptos::prelude::*;

use crate::kernel::clock::{Millis, rfc3339, utc};
use crate::kernel::money::{Currency, Micros, Money, parse_decimal};
use crate::messages::Amount;

/// `12,345`.
pub fn number(n: impl Into<i64>) -> String {
    let n: i64 = n.into();
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if n < 0 {
        out.push('−');
    }
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// `1 message`, `12,345 messages`.
pub fn count(n: impl Into<i64>, one: &str, many: &str) -> String {
    let n: i64 = n.into();
    format!("{} {}", number(n), if n == 1 { one } else { many })
}

/// The share of `part` in `whole` as `97.5%`; `–` of nothing. Only all is `100.0%` and only nothing `0.0%`: who reads
/// that 100.0% of a file will be sent looks no further for the rows that will not.
pub fn percent(part: i64, whole: i64) -> String {
    if whole <= 0 {
        return "–".into();
    }
    let rounded = (part as f64 * 1_000.0 / whole as f64).round();
    let tenths = match part {
        1.. if part < whole => rounded.clamp(1.0, 999.0),
        _ => rounded,
    };
    format!("{:.1}%", tenths / 10.0)
}

/// `$1,618.40`, `$0.0079`.
pub fn money(micros: Micros, currency: Currency) -> String {
    Money { micros, currency }.display()
}

/// An amount that is only about right, such as an average or a forecast: to the cent, small ones to four places.
pub fn about(micros: Micros, currency: Currency) -> String {
    let step = if micros.abs() >= 1_000_000 { 10_000 } else { 100 };
    money((micros + step / 2).div_euclid(step) * step, currency)
}

/// An amount as the operations give it, for people.
pub fn amount(amount: &Amount) -> String {
    match (parse_decimal(&amount.amount), Currency::parse(&amount.currency)) {
        (Ok(micros), Some(currency)) => money(micros, currency),
        _ => format!("{} {}", amount.amount, amount.currency),
    }
}

/// `21 Nov 2026, 09:58` in the zone.
pub fn date_time(at: Millis, zone: Tz) -> String {
    zone.from_utc_datetime(&utc(at).naive_utc()).format("%-d %b %Y, %H:%M").to_string()
}

/// `21 Nov 2026, 09:58:12.104` in the zone.
pub fn precise(at: Millis, zone: Tz) -> String {
    zone.from_utc_datetime(&utc(at).naive_utc()).format("%-d %b %Y, %H:%M:%S%.3f").to_string()
}

/// `queued` → `Queued`, `opted_out` → `Opted out`.
pub fn sentence_case(word: &str) -> String {
    let words = word.replace('_', " ");
    let mut chars = words.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// `2026-11` → `November`.
pub fn month(month: &str) -> String {
    chrono::NaiveDate::parse_from_str(&format!("{month}-01"), "%Y-%m-%d").map_or_else(|_| month.to_owned(), |d| d.format("%B").to_string())
}

/// An instant in the organisation's time zone, with the exact one for machines.
#[component]
pub fn Time(
    /// The instant.
    at: Millis,
    /// The organisation's time zone.
    zone: Tz,
) -> impl IntoView {
    view! { <time datetime=rfc3339(at) title=precise(at, zone)>{date_time(at, zone)}</time> }
}

/// An instant that may not have come yet.
#[component]
pub fn TimeOrNone(
    /// The instant.
    at: Option<Millis>,
    /// The organisation's time zone.
    zone: Tz,
) -> impl IntoView {
    match at {
        Some(at) => view! { <Time at=at zone=zone/> }.into_any(),
        None => view! { <span class="muted">"–"</span> }.into_any(),
    }
}

/// A phone number, which stays left to right in every language.
#[component]
pub fn PhoneNumber(
    /// The number, already masked if it must be.
    #[prop(into)]
    number: String,
) -> impl IntoView {
    view! { <bdi class="ltr nowrap">{number}</bdi> }
}

#[cfg(test)]
mod unit {
    use super::*;

    #[test]
    fn figures_are_grouped_and_shares_rounded() {
        assert_eq!(number(0), "0");
        assert_eq!(number(999), "999");
        assert_eq!(number(1_234_567), "1,234,567");
        assert_eq!(number(-1_000), "−1,000");
        assert_eq!(count(1, "message", "messages"), "1 message");
        assert_eq!(percent(975, 1000), "97.5%");
        assert_eq!(percent(9_996, 10_000), "99.9%");
        assert_eq!(percent(1, 10_000), "0.1%");
        assert_eq!((percent(0, 7), percent(7, 7), percent(9, 6)), ("0.0%".into(), "100.0%".into(), "150.0%".into()));
        assert_eq!(percent(0, 0), "–");
        assert_eq!(sentence_case("opted_out"), "Opted out");
        assert_eq!(about(462_714, Currency::USD), "$0.4627");
        assert_eq!(about(618_404_999, Currency::USD), "$618.40");
    }

    #[test]
    fn instants_are_shown_in_the_organisations_zone() {
        let at = 1_795_255_092_104;
        assert_eq!(precise(at, Tz::UTC), "21 Nov 2026, 09:58:12.104");
        assert_eq!(date_time(at, Tz::Asia__Tehran), "21 Nov 2026, 13:28");
    }
}
