//! The one source of the present. Everything that needs an instant is handed one.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, NaiveDateTime, SecondsFormat, TimeZone as _, Utc};
use chrono_tz::Tz;

/// An instant: milliseconds since 1970-01-01T00:00:00Z. Columns that hold one end in `_at`.
pub type Millis = i64;

/// One second in [`Millis`].
pub const SECOND: Millis = 1_000;
/// One minute in [`Millis`].
pub const MINUTE: Millis = 60 * SECOND;
/// One hour in [`Millis`].
pub const HOUR: Millis = 60 * MINUTE;
/// One day of 24 hours in [`Millis`].
pub const DAY: Millis = 24 * HOUR;

/// Tells the time: the system's, or one that a test sets.
#[derive(Clone, Debug)]
pub struct Clock(Source);

#[derive(Clone, Debug)]
enum Source {
    System,
    Fixed(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Source::System)
    }

    /// A clock that stands still until it is set or advanced; its clones move together.
    pub fn fixed(at: Millis) -> Self {
        Self(Source::Fixed(Arc::new(AtomicI64::new(at))))
    }

    /// The present.
    pub fn now(&self) -> Millis {
        match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one place that reads the time")]
            Source::System => Utc::now().timestamp_millis(),
            Source::Fixed(at) => at.load(Ordering::SeqCst),
        }
    }

    /// Moves a fixed clock forward by `by`; the system's clock does not move.
    pub fn advance(&self, by: Millis) {
        if let Source::Fixed(at) = &self.0 {
            at.fetch_add(by, Ordering::SeqCst);
        }
    }
}

/// The instant as a date and time in UTC; instants out of chrono's range become the epoch.
pub fn utc(at: Millis) -> DateTime<Utc> {
    DateTime::from_timestamp_millis(at).unwrap_or_default()
}

/// RFC 3339 in UTC with milliseconds, as the API prints every instant.
pub fn rfc3339(at: Millis) -> String {
    utc(at).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// Reads an RFC 3339 instant.
pub fn parse_rfc3339(text: &str) -> Option<Millis> {
    DateTime::parse_from_rfc3339(text.trim()).ok().map(|t| t.timestamp_millis())
}

/// Reads a time without a zone, as `<input type="datetime-local">` gives it: `2026-11-21T18:30`.
pub fn parse_local(text: &str) -> Option<NaiveDateTime> {
    let forms = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"];
    forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text.trim(), form).ok())
}

/// The instant of a local time in a zone, the first of two where clocks are put back; `None` where they skip it.
pub fn instant_in(local: NaiveDateTime, zone: Tz) -> Option<Millis> {
    zone.from_local_datetime(&local).earliest().map(|at| at.timestamp_millis())
}

/// The start of the quarter of an hour that holds `at`: the slot in which facts are kept. The day of
/// every time zone begins on one.
pub fn slot_of(at: Millis) -> Millis {
    at - at.rem_euclid(15 * MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_survives_printing_and_reading() {
        let at = 1_795_000_000_123;
        assert_eq!(parse_rfc3339(&rfc3339(at)), Some(at));
        assert_eq!(parse_rfc3339("2026-11-21"), None);
    }

    #[test]
    fn a_fixed_clock_moves_only_when_told() {
        let clock = Clock::fixed(5);
        let twin = clock.clone();
        clock.advance(10);
        assert_eq!(twin.now(), 15);
        assert_eq!(slot_of(HOUR + 7), HOUR);
    }
}
