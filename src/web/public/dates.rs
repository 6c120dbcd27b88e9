//! Numbers and dates as people of each language write them.

use chrono::{Datelike as _, NaiveDate};
use chrono_tz::Tz;

use super::texts::Tongue;
use crate::kernel::clock::{Millis, utc};

const ENGLISH_MONTHS: [&str; 12] =
    ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const PERSIAN_MONTHS: [&str; 12] = ["فروردین", "اردیبهشت", "خرداد", "تیر", "مرداد", "شهریور", "مهر", "آبان", "آذر", "دی", "بهمن", "اسفند"];

/// The text with the digits of the language.
pub fn digits(text: &str, tongue: Tongue) -> String {
    match tongue {
        Tongue::Persian => text.chars().map(|c| c.to_digit(10).and_then(|d| char::from_u32(0x06F0 + d)).unwrap_or(c)).collect(),
        Tongue::English | Tongue::Chinese => text.to_owned(),
    }
}

/// The day of the instant by the clocks of `zone`, without its year: `28 November`, `۷ آذر`, `11 月 28 日`.
pub fn day(at: Millis, zone: Tz, tongue: Tongue) -> String {
    let date = utc(at).with_timezone(&zone).date_naive();
    let month = date.month0() as usize;
    match tongue {
        Tongue::English => format!("{} {}", date.day(), ENGLISH_MONTHS[month]),
        Tongue::Chinese => format!("{} 月 {} 日", date.month(), date.day()),
        Tongue::Persian => {
            let (month, day) = solar_hijri(date);
            digits(&format!("{day} {}", PERSIAN_MONTHS[month]), tongue)
        }
    }
}

/// The time of day of the instant by the clocks of `zone`: `14:05`, `۱۴:۰۵`.
pub fn time(at: Millis, zone: Tz, tongue: Tongue) -> String {
    digits(&utc(at).with_timezone(&zone).format("%H:%M").to_string(), tongue)
}

/// Month (from 0) and day of the Iranian calendar: six months of 31 days, five of 30, and the rest. The year
/// begins on 20 or 21 March; the 33-year rule that places it is right from 1178 to 1633 (1799 to 2254).
fn solar_hijri(date: NaiveDate) -> (usize, u32) {
    let year = date.year() - if date >= new_year(date.year()) { 0 } else { 1 };
    let passed = (date - new_year(year)).num_days() as u32;
    if passed < 186 { ((passed / 31) as usize, passed % 31 + 1) } else { (6 + ((passed - 186) / 30) as usize, (passed - 186) % 30 + 1) }
}

/// The first day of the Iranian year that begins in this Gregorian one.
fn new_year(gregorian: i32) -> NaiveDate {
    // Counted from 20 March 1600; 8 of each 33 years have a day more.
    let years = i64::from(gregorian) - 1600;
    let (cycles, rest) = (years.div_euclid(33), years.rem_euclid(33));
    let days = years * 365 + cycles * 8 + (rest + 3) / 4;
    let epoch = NaiveDate::from_ymd_opt(1600, 3, 20).expect("a day");
    epoch + chrono::TimeDelta::days(days)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::{DAY, parse_rfc3339};

    #[test]
    fn the_iranian_year_begins_on_its_day() {
        // Nowruz as published by the University of Tehran's calendar centre.
        for (year, day) in [
            (1996, 20),
            (1999, 21),
            (2000, 20),
            (2004, 20),
            (2008, 20),
            (2016, 20),
            (2017, 21),
            (2020, 20),
            (2021, 21),
            (2022, 21),
            (2023, 21),
            (2024, 20),
            (2025, 21),
            (2026, 21),
            (2027, 21),
            (2028, 20),
            (2029, 20),
            (2030, 21),
        ] {
            assert_eq!(new_year(year), NaiveDate::from_ymd_opt(year, 3, day).expect("a day"), "{year}");
        }
    }

    #[test]
    fn a_day_is_written_as_people_write_it() {
        let at = parse_rfc3339("2026-11-27T21:00:00Z").expect("an instant");
        let tehran = Tz::Asia__Tehran;
        assert_eq!(Tongue::ALL.map(|t| day(at, tehran, t)), ["28 November", "۷ آذر", "11 月 28 日"]);
        assert_eq!(day(at, Tz::UTC, Tongue::Persian), "۶ آذر");
        assert_eq!(digits("21:05", Tongue::Persian), "۲۱:۰۵");
    }

    #[test]
    fn the_days_of_a_century_follow_each_other() {
        let first = parse_rfc3339("1970-03-21T12:00:00Z").expect("an instant");
        let mut last = solar_hijri(utc(first).date_naive());
        assert_eq!(last, (0, 1));
        for n in 1..36_525 {
            let next = solar_hijri(utc(first + n * DAY).date_naive());
            let follows = next == (last.0, last.1 + 1) || (next.1 == 1 && next.0 == (last.0 + 1) % 12 && last.1 >= 29);
            assert!(follows, "{last:?} {next:?}");
            last = next;
        }
    }
}
