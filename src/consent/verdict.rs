//! Whether a message may go to a person now. Pure rules, without a database.
//!
//! - Marketing needs a grant. With `require_opt_in` every category but authentication needs one.
//! - A category that waits for the person's confirmation is closed until it comes.
//! - A refusal beats a grant, whichever came first in the same row.
//! - *Stop all* on the preference centre ends everything but authentication, and its wording says so:
//!   the codes that protect an account are asked for by the person each time.
//! - STOP by text message, an opt-out that a carrier reports, and an opt-out that the organisation records
//!   end **every** category, authentication included: a revocation of consent reaches all texts of the
//!   sender (47 CFR 64.1200(a)(10)–(12)), and the carrier would refuse the codes as well.
//! - A break and quiet hours hold messages back and lose none; authentication is never held.

use crate::access::Settings;
use crate::contacts::Standing;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;

/// The person refused the category, or everything.
pub const OPTED_OUT: &str = "opted_out";
/// The category needs a grant and there is none.
pub const NO_CONSENT: &str = "no_consent";
/// The person pressed *stop all* on the preference centre.
pub const STOPPED: &str = "stopped";
/// The person is said to agree and has not confirmed it yet.
pub const PENDING: &str = "pending";
/// The person takes a break.
pub const PAUSED: &str = "paused";
/// The person set how many advertisements they want, and has had them.
pub const FREQUENCY: &str = "frequency";
/// It is night, for the organisation or for the person.
pub const QUIET_HOURS: &str = "quiet_hours";

/// What the rules say about one message to one person.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may go.
    Send,
    /// It waits; ask again then.
    Hold {
        /// The earliest instant to ask again.
        until: Millis,
        /// [`PAUSED`] or [`QUIET_HOURS`].
        reason: &'static str,
    },
    /// It must never go.
    Drop {
        /// [`OPTED_OUT`], [`NO_CONSENT`], [`PENDING`] or [`STOPPED`].
        reason: &'static str,
    },
}

/// Whether a message of the category may go to a person of this standing at `now`.
pub fn verdict(category: Category, standing: &Standing, settings: &Settings, now: Millis) -> Verdict {
    if let Some(reason) = opted_out(category, standing, settings) {
        return Verdict::Drop { reason };
    }
    if category == Category::Authentication {
        return Verdict::Send;
    }
    if let Some(until) = standing.paused_until.filter(|until| *until > now) {
        return Verdict::Hold { until, reason: PAUSED };
    }
    let zone = standing.time_zone.unwrap_or(settings.time_zone);
    let hours = [settings.quiet_hours.as_ref(), standing.quiet_hours.as_ref()];
    match hours.into_iter().flatten().filter_map(|hours| hours.holds_until(category, now, zone)).max() {
        Some(until) => Verdict::Hold { until, reason: QUIET_HOURS },
        None => Verdict::Send,
    }
}

/// Why nothing of the category may ever go to a person of this standing, if so.
pub fn opted_out(category: Category, standing: &Standing, settings: &Settings) -> Option<&'static str> {
    let in_set = |set: i64| set & category.bit() != 0;
    if in_set(standing.pending) {
        return Some(PENDING);
    }
    if in_set(standing.withdrawn) {
        return Some(OPTED_OUT);
    }
    let is_code = category == Category::Authentication;
    if standing.stopped_at.is_some() && !is_code {
        let codes_too = standing.withdrawn & Category::Authentication.bit() != 0;
        return Some(if codes_too { OPTED_OUT } else { STOPPED });
    }
    let needs_grant = category == Category::Marketing || (settings.require_opt_in && !is_code);
    (needs_grant && !in_set(standing.granted)).then_some(NO_CONSENT)
}

/// Whether the person has refused everything that can be refused on the preference centre.
pub fn has_opted_out(standing: &Standing) -> bool {
    standing.stopped_at.is_some()
        || Category::ALL.iter().filter(|c| **c != Category::Authentication).all(|c| standing.withdrawn & c.bit() != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{QuietHours, TimeOfDay};
    use crate::kernel::clock::{HOUR, parse_rfc3339};
    use chrono_tz::Tz;

    use Category::{Account, Authentication, Delivery, Marketing, Order, Payment, Reminder};

    const ALL: i64 = 0b111_1111;

    fn noon() -> Millis {
        parse_rfc3339("2026-11-21T12:00:00Z").expect("an instant")
    }

    fn night() -> Millis {
        noon() + 11 * HOUR
    }

    fn strict() -> Settings {
        Settings { require_opt_in: true, ..Settings::default() }
    }

    fn granted(bits: i64) -> Standing {
        Standing { granted: bits, ..Standing::default() }
    }

    fn stopped(withdrawn: i64) -> Standing {
        Standing { granted: ALL, withdrawn, stopped_at: Some(1), ..Standing::default() }
    }

    fn hours(from: &str, to: &str, categories: &[Category]) -> QuietHours {
        let time = |t| TimeOfDay::parse(t).expect("a time");
        QuietHours { from: time(from), to: time(to), categories: categories.to_vec() }
    }

    fn dropped(reason: &'static str) -> Verdict {
        Verdict::Drop { reason }
    }

    #[test]
    fn who_may_be_sent_what() {
        let (easy, strict) = (Settings::default(), strict());
        let nobody = Standing::default();
        let refused = |bits| Standing { granted: ALL, withdrawn: bits, ..Standing::default() };
        type Case<'c> = (&'c str, &'c Settings, Standing, &'c [(Category, Verdict)]);
        let waiting = Standing { granted: Payment.bit(), pending: ALL - Authentication.bit(), ..Standing::default() };
        let cases: [Case; 9] = [
            (
                "a confirmation that is awaited",
                &easy,
                waiting,
                &[(Order, dropped(PENDING)), (Marketing, dropped(PENDING)), (Authentication, Verdict::Send)],
            ),
            (
                "a fresh database: all but marketing",
                &easy,
                nobody.clone(),
                &[
                    (Order, Verdict::Send),
                    (Payment, Verdict::Send),
                    (Delivery, Verdict::Send),
                    (Reminder, Verdict::Send),
                    (Account, Verdict::Send),
                    (Authentication, Verdict::Send),
                    (Marketing, dropped(NO_CONSENT)),
                ],
            ),
            (
                "opt-in required: only codes",
                &strict,
                nobody,
                &[
                    (Order, dropped(NO_CONSENT)),
                    (Account, dropped(NO_CONSENT)),
                    (Marketing, dropped(NO_CONSENT)),
                    (Authentication, Verdict::Send),
                ],
            ),
            ("a grant", &strict, granted(Order.bit()), &[(Order, Verdict::Send), (Payment, dropped(NO_CONSENT))]),
            ("a marketing grant", &easy, granted(Marketing.bit()), &[(Marketing, Verdict::Send)]),
            ("a refusal beats a grant", &easy, refused(Order.bit()), &[(Order, dropped(OPTED_OUT)), (Payment, Verdict::Send)]),
            (
                "stop all spares codes",
                &easy,
                stopped(0),
                &[(Order, dropped(STOPPED)), (Marketing, dropped(STOPPED)), (Authentication, Verdict::Send)],
            ),
            (
                "STOP spares nothing",
                &easy,
                stopped(Authentication.bit()),
                &[(Order, dropped(OPTED_OUT)), (Marketing, dropped(OPTED_OUT)), (Authentication, dropped(OPTED_OUT))],
            ),
            ("codes refused", &strict, refused(Authentication.bit()), &[(Authentication, dropped(OPTED_OUT)), (Order, Verdict::Send)]),
        ];
        for (name, settings, standing, expected) in cases {
            for (category, want) in expected {
                assert_eq!(verdict(*category, &standing, settings, noon()), *want, "{name}: {category}");
            }
        }
    }

    #[test]
    fn a_break_holds_everything_but_codes_and_ends_by_itself() {
        let until = noon() + 7 * 24 * HOUR;
        let person = Standing { paused_until: Some(until), ..granted(ALL) };
        let settings = Settings { quiet_hours: None, ..Settings::default() };
        for category in Category::ALL {
            let want = if category == Authentication { Verdict::Send } else { Verdict::Hold { until, reason: PAUSED } };
            assert_eq!(verdict(category, &person, &settings, until - 1), want, "{category}");
            assert_eq!(verdict(category, &person, &settings, until), Verdict::Send, "{category}");
        }
    }

    #[test]
    fn a_refusal_is_final_even_in_a_break_or_at_night() {
        let person = Standing { paused_until: Some(night() + HOUR), withdrawn: Marketing.bit(), ..Standing::default() };
        assert_eq!(verdict(Marketing, &person, &Settings::default(), night()), dropped(OPTED_OUT));
    }

    #[test]
    fn the_night_is_the_persons_own_where_they_live_known_else_the_organisations() {
        let settings = Settings { time_zone: Tz::Asia__Tehran, ..Settings::default() };
        let morning = parse_rfc3339("2026-11-22T04:30:00Z").expect("an instant");
        let held = Verdict::Hold { until: morning, reason: QUIET_HOURS };
        assert_eq!(verdict(Marketing, &granted(ALL), &settings, night()), held);
        assert_eq!(verdict(Order, &granted(ALL), &settings, night()), Verdict::Send);
        let elsewhere = Standing { time_zone: Some(Tz::America__New_York), ..granted(ALL) };
        assert_eq!(verdict(Marketing, &elsewhere, &settings, night()), Verdict::Send);
    }

    #[test]
    fn of_two_quiet_hours_the_later_opening_counts_and_codes_never_wait() {
        let own = hours("20:00", "09:30", &[Marketing, Reminder, Authentication]);
        let person = Standing { quiet_hours: Some(own), ..granted(ALL) };
        let all_day = hours("00:00", "23:59", &Category::ALL);
        let opening = parse_rfc3339("2026-11-22T09:30:00Z").expect("an instant");
        let held = Verdict::Hold { until: opening, reason: QUIET_HOURS };
        assert_eq!(verdict(Marketing, &person, &Settings::default(), night()), held);
        assert_eq!(verdict(Reminder, &person, &Settings::default(), night()), held);
        let silent = Settings { quiet_hours: Some(all_day), ..Settings::default() };
        assert_eq!(verdict(Authentication, &person, &silent, night()), Verdict::Send);
    }

    #[test]
    fn who_refused_category_by_category_has_opted_out_too() {
        assert!(has_opted_out(&stopped(0)));
        assert!(has_opted_out(&Standing { withdrawn: ALL - Authentication.bit(), ..Standing::default() }));
        assert!(!has_opted_out(&Standing { withdrawn: ALL - Order.bit(), ..Standing::default() }));
    }
}
