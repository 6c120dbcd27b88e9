//! Hours in which people are left alone, by the clock on their wall.

use std::fmt;

use chrono::{Days, NaiveDate, TimeDelta, TimeZone as _, Timelike as _};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::kernel::category::Category;
use crate::kernel::clock::{MINUTE, Millis, utc};

const MINUTES_OF_A_DAY: u16 = 24 * 60;

/// A time on the wall clock, to the minute; written `21:00`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimeOfDay(u16);

impl TimeOfDay {
    /// The time so many minutes after midnight; `None` from 24:00 on.
    pub const fn from_minutes(minutes: u16) -> Option<Self> {
        if minutes < MINUTES_OF_A_DAY { Some(Self(minutes)) } else { None }
    }

    /// Minutes since midnight.
    pub fn minutes(self) -> u16 {
        self.0
    }

    /// Reads `HH:MM` or `H:MM`, 00:00 to 23:59.
    pub fn parse(text: &str) -> Option<Self> {
        let (hours, minutes) = text.trim().split_once(':')?;
        let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
        if !digits(hours) || !digits(minutes) || hours.len() > 2 || minutes.len() != 2 {
            return None;
        }
        let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.parse().ok()?);
        (hours < 24 && minutes < 60).then_some(Self(hours * 60 + minutes))
    }
}

impl fmt::Display for TimeOfDay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

impl Serialize for TimeOfDay {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TimeOfDay {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("write the time as HH:MM, from 00:00 to 23:59"))
    }
}

/// From when to when nothing of the given categories is sent. `from` is quiet, `to` is not; when `to`
/// is the earlier one the window crosses midnight. Equal times are no window at all.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// The first quiet minute.
    #[schema(value_type = String, example = "21:00")]
    pub from: TimeOfDay,
    /// The first minute in which sending is allowed again.
    #[schema(value_type = String, example = "08:00")]
    pub to: TimeOfDay,
    /// What waits; marketing when not given.
    #[serde(default = "marketing")]
    pub categories: Vec<Category>,
}

fn marketing() -> Vec<Category> {
    vec![Category::Marketing]
}

impl Default for QuietHours {
    /// Marketing waits from 21:00 to 08:00.
    fn default() -> Self {
        Self { from: TimeOfDay(21 * 60), to: TimeOfDay(8 * 60), categories: marketing() }
    }
}

impl QuietHours {
    /// When `at` lies in the window by the wall clocks of `zone`: the first instant after it at which the
    /// window is open again. Knows days of 23 and 25 hours: an opening time that the clocks leap over
    /// opens right after the leap, one that comes twice opens at the first.
    pub fn quiet_until(&self, at: Millis, zone: Tz) -> Option<Millis> {
        if !self.holds_at(at, zone) {
            return None;
        }
        let today = utc(at).with_timezone(&zone).date_naive();
        // Where the clocks leap over the whole open time of a day, the next day's counts.
        (0..4)
            .filter_map(|days| today.checked_add_days(Days::new(days)))
            .flat_map(|day| openings(day, self.to, zone))
            .find(|opening| *opening > at && !self.holds_at(*opening, zone))
    }

    /// As [`QuietHours::quiet_until`], for a message of one category: `None` when the category does not wait.
    pub fn holds_until(&self, category: Category, at: Millis, zone: Tz) -> Option<Millis> {
        if self.categories.contains(&category) { self.quiet_until(at, zone) } else { None }
    }

    fn holds_at(&self, at: Millis, zone: Tz) -> bool {
        let local = utc(at).with_timezone(&zone).time();
        let minute = TimeOfDay((local.hour() * 60 + local.minute()) as u16);
        if self.from <= self.to { (self.from..self.to).contains(&minute) } else { minute >= self.from || minute < self.to }
    }
}

/// The instants at which the clocks of `zone` show `time` on `day`, in order: one as a rule, two where
/// they are set back; the end of the leap where they are set forward over it.
fn openings(day: NaiveDate, time: TimeOfDay, zone: Tz) -> Vec<Millis> {
    let midnight = day.and_hms_opt(0, 0, 0).expect("every day has a midnight on paper");
    let mut local = midnight + TimeDelta::milliseconds(i64::from(time.minutes()) * MINUTE);
    // No zone has ever leapt over more than one whole day.
    for _ in 0..=MINUTES_OF_A_DAY {
        match zone.from_local_datetime(&local) {
            chrono::LocalResult::Single(t) => return vec![t.timestamp_millis()],
            chrono::LocalResult::Ambiguous(a, b) => return vec![a.timestamp_millis(), b.timestamp_millis()],
            chrono::LocalResult::None => local += TimeDelta::minutes(1),
        }
    }
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::{HOUR, parse_rfc3339, rfc3339};
    use proptest::prelude::*;

    fn window(from: &str, to: &str) -> QuietHours {
        let time = |t| TimeOfDay::parse(t).expect("a time");
        QuietHours { from: time(from), to: time(to), categories: marketing() }
    }

    fn until(hours: &QuietHours, at: &str, zone: Tz) -> Option<String> {
        hours.quiet_until(parse_rfc3339(at).expect("an instant"), zone).map(rfc3339)
    }

    #[test]
    fn the_night_is_quiet_until_morning_on_the_wall_clock() {
        let night = window("21:00", "08:00");
        let tehran = Tz::Asia__Tehran;
        assert_eq!(until(&night, "2026-11-21T17:29:59Z", tehran), None);
        assert_eq!(until(&night, "2026-11-21T17:30:00Z", tehran).as_deref(), Some("2026-11-22T04:30:00.000Z"));
        assert_eq!(until(&night, "2026-11-22T00:00:00Z", tehran).as_deref(), Some("2026-11-22T04:30:00.000Z"));
        assert_eq!(until(&night, "2026-11-22T04:30:00Z", tehran), None);
    }

    #[test]
    fn a_window_within_one_day_and_an_empty_one() {
        assert_eq!(until(&window("12:00", "14:00"), "2026-01-05T13:00:00Z", Tz::UTC).as_deref(), Some("2026-01-05T14:00:00.000Z"));
        assert_eq!(until(&window("12:00", "14:00"), "2026-01-05T14:00:00Z", Tz::UTC), None);
        assert_eq!(until(&window("12:00", "12:00"), "2026-01-05T12:00:00Z", Tz::UTC), None);
    }

    #[test]
    fn the_nights_of_changing_clocks_have_their_true_length() {
        let (night, zone) = (window("21:00", "08:00"), Tz::America__New_York);
        // Clocks go forward on 8 March and back on 1 November 2026.
        assert_eq!(until(&night, "2026-03-08T02:00:00Z", zone).as_deref(), Some("2026-03-08T12:00:00.000Z"));
        assert_eq!(until(&night, "2026-11-01T01:00:00Z", zone).as_deref(), Some("2026-11-01T13:00:00.000Z"));
    }

    #[test]
    fn an_opening_time_that_is_skipped_or_doubled() {
        let zone = Tz::America__New_York;
        assert_eq!(until(&window("21:00", "02:30"), "2026-03-08T06:30:00Z", zone).as_deref(), Some("2026-03-08T07:00:00.000Z"));
        let early = window("21:00", "01:30");
        assert_eq!(until(&early, "2026-11-01T05:00:00Z", zone).as_deref(), Some("2026-11-01T05:30:00.000Z"));
        assert_eq!(until(&early, "2026-11-01T06:10:00Z", zone).as_deref(), Some("2026-11-01T06:30:00.000Z"));
    }

    #[test]
    fn only_the_named_categories_wait() {
        let hours = QuietHours::default();
        let night = parse_rfc3339("2026-01-05T23:00:00Z").expect("an instant");
        assert!(hours.holds_until(Category::Marketing, night, Tz::UTC).is_some());
        assert!(hours.holds_until(Category::Authentication, night, Tz::UTC).is_none());
    }

    #[test]
    fn times_are_read_and_printed() {
        for (given, want) in [("08:00", "08:00"), ("8:05", "08:05"), (" 23:59 ", "23:59")] {
            assert_eq!(TimeOfDay::parse(given).map(|t| t.to_string()).as_deref(), Some(want));
        }
        for bad in ["24:00", "12:60", "1200", "12:5", "+1:00", "", ":"] {
            assert_eq!(TimeOfDay::parse(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn the_end_of_quiet_is_open_and_the_minute_before_it_is_not(
            from in 0_u16..1440, to in 0_u16..1440, hour in 0_i64..24 * 400, minute in 0_i64..60,
            zone in prop::sample::select(vec![Tz::UTC, Tz::America__New_York, Tz::Australia__Lord_Howe, Tz::Europe__London, Tz::Asia__Kathmandu]),
        ) {
            let hours = QuietHours { from: TimeOfDay(from), to: TimeOfDay(to), categories: marketing() };
            let at = parse_rfc3339("2026-01-01T00:00:00Z").expect("an instant") + hour * HOUR + minute * MINUTE;
            if let Some(end) = hours.quiet_until(at, zone) {
                prop_assert!(end > at);
                prop_assert_eq!(hours.quiet_until(end, zone), None);
                prop_assert!((at..end).step_by(MINUTE as usize).all(|t| hours.holds_at(t, zone)));
            } else {
                prop_assert!(!hours.holds_at(at, zone));
            }
        }
    }
}
