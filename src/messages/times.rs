//! When a message is due and when it is too old.

use chrono_tz::Tz;

use crate::kernel::category::Category;
use crate::kernel::clock::{DAY, Millis, instant_in, parse_local, parse_rfc3339};
use crate::kernel::error::FieldErrors;
use crate::messages::compose::SendRequest;
use crate::messages::enqueue::lifetime;

/// How far ahead a message can be scheduled.
const LATEST: Millis = 366 * DAY;

/// Whether one of the request's times names no zone: it is then by the recipient's clocks.
pub fn names_no_zone(request: &SendRequest) -> bool {
    [&request.send_at, &request.not_after].into_iter().flatten().any(|text| parse_local(text).is_some())
}

/// When the message is due, and when it is too old to be sent.
pub fn read(request: &SendRequest, category: Category, zone: Tz, now: Millis, errors: &mut FieldErrors) -> (Millis, Millis) {
    let send_at = instant("send_at", request.send_at.as_deref(), zone, errors);
    let not_after = instant("not_after", request.not_after.as_deref(), zone, errors);
    let due_at = send_at.unwrap_or(now).max(now);
    if due_at > now + LATEST {
        errors.add("send_at", "too_far", "A message can be scheduled at most a year ahead.");
    }
    let end = not_after.unwrap_or(due_at.saturating_add(lifetime(category)));
    if end <= due_at {
        errors.add("not_after", "before_send_at", "The message would be too old before it is due. Set a later time, or leave it out.");
    }
    (due_at, end)
}

fn instant(field: &str, text: Option<&str>, zone: Tz, errors: &mut FieldErrors) -> Option<Millis> {
    let text = text.map(str::trim).filter(|text| !text.is_empty())?;
    if let Some(local) = parse_local(text) {
        let at = instant_in(local, zone);
        if at.is_none() {
            errors.add(field, "no_such_time", format!("Clocks in {zone} skip this time. Choose one an hour later."));
        }
        return at;
    }
    let at = parse_rfc3339(text);
    if at.is_none() {
        let detail = "Write the time as RFC 3339 with its zone, e.g. 2026-11-21T18:30:00+03:30, or without one for the recipient’s clocks.";
        errors.add(field, "not_an_instant", detail);
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::HOUR;
    use crate::kernel::error::Result;

    const NOW: Millis = 1_795_000_000_000;

    fn due(send_at: &str, zone: Tz) -> Result<Millis> {
        let mut errors = FieldErrors::new();
        let request = SendRequest { send_at: Some(send_at.into()), ..SendRequest::default() };
        let (due_at, _) = read(&request, Category::Account, zone, NOW, &mut errors);
        errors.into_result()?;
        Ok(due_at)
    }

    #[test]
    fn a_time_without_a_zone_is_by_the_recipients_clocks() {
        let tehran = due("2027-01-05T18:30", Tz::Asia__Tehran).expect("a time");
        let taipei = due("2027-01-05T18:30", Tz::Asia__Taipei).expect("a time");
        assert_eq!(tehran - taipei, 4 * HOUR + HOUR / 2);
        assert_eq!(due("2027-01-05T18:30:00+03:30", Tz::Asia__Taipei).expect("a time"), tehran);
        assert!(due("2027-03-28T01:30", Tz::Europe__London).is_err(), "clocks skip it");
        assert!(due("tomorrow", Tz::UTC).is_err());
    }
}
