//! How often codes may be asked for. Pure rules over what was asked for within a day.

use std::net::IpAddr;

use crate::kernel::clock::{DAY, HOUR, MINUTE, Millis};

/// Codes for one number within an hour.
pub const NUMBER_PER_HOUR: usize = 3;
/// Codes for one number within a day.
pub const NUMBER_PER_DAY: usize = 10;
/// Codes for the ten thousand numbers that share all but their last four digits, within an hour.
pub const RANGE_PER_HOUR: usize = 20;
/// Codes that one address asks for within an hour.
pub const ADDRESS_PER_HOUR: usize = 5;
/// Codes that the neighbours of one address (/24, or /48 of IPv6) ask for within an hour.
pub const NETWORK_PER_HOUR: usize = 20;
/// Between the first two codes for a number; each further wait is twice as long.
const FIRST_WAIT: Millis = MINUTE;

/// One request for a code of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    /// When.
    pub at: Millis,
    /// Whether the code was entered.
    pub verified: bool,
}

/// Until when a number must wait after these requests, newest first, if it must. A code that was entered ends the doubling of waits;
/// it counts for the hour and the day as every other.
pub fn number_waits_until(asked: &[Asked], now: Millis) -> Option<Millis> {
    let unanswered = asked.iter().take_while(|one| !one.verified).count();
    let pause = asked.first().filter(|_| unanswered > 0).map(|last| {
        let wait = FIRST_WAIT << (unanswered - 1).min(6);
        last.at + wait.min(HOUR)
    });
    let full = |most: usize, window: Millis| {
        let times: Vec<Millis> = asked.iter().map(|one| one.at).collect();
        full_until(&times, most, window, now)
    };
    [pause, full(NUMBER_PER_HOUR, HOUR), full(NUMBER_PER_DAY, DAY)].into_iter().flatten().filter(|until| *until > now).max()
}

/// Until when there is no place among `most` within `window`, after requests at these times, newest first.
pub fn full_until(times: &[Millis], most: usize, window: Millis, now: Millis) -> Option<Millis> {
    times.get(most - 1).map(|oldest| oldest + window).filter(|until| *until > now)
}

/// What counts as one address and as its neighbourhood: the address itself (the /64 of IPv6, which one household has), and /24 or /48.
pub fn address_and_network(ip: &str) -> (String, String) {
    match ip.parse::<IpAddr>().map(|ip| ip.to_canonical()) {
        Ok(IpAddr::V4(v4)) => (v4.to_string(), format!("{:?}", &v4.octets()[..3])),
        Ok(IpAddr::V6(v6)) => (format!("{:?}", &v6.segments()[..4]), format!("{:?}", &v6.segments()[..3])),
        Err(_) => (ip.to_owned(), ip.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_795_000_000_000;

    fn waits(ago: &[(Millis, bool)]) -> Option<Millis> {
        let asked: Vec<Asked> = ago.iter().map(|(ago, verified)| Asked { at: NOW - ago, verified: *verified }).collect();
        number_waits_until(&asked, NOW).map(|until| until - NOW)
    }

    #[test]
    fn a_number_waits_a_minute_then_twice_as_long() {
        assert_eq!(waits(&[]), None);
        assert_eq!(waits(&[(0, false)]), Some(MINUTE));
        assert_eq!(waits(&[(MINUTE, false)]), None);
        assert_eq!(waits(&[(MINUTE, false), (2 * MINUTE, false)]), Some(MINUTE));
        assert_eq!(waits(&[(2 * MINUTE, false), (3 * MINUTE, false)]), None);
    }

    #[test]
    fn a_code_that_was_entered_ends_the_doubling_but_not_the_count() {
        assert_eq!(waits(&[(0, true)]), None, "somebody who proved their number may go on at once");
        assert_eq!(waits(&[(0, false), (MINUTE, true), (2 * MINUTE, false)]), Some(58 * MINUTE), "three in an hour");
        assert_eq!(waits(&[(0, true), (MINUTE, true), (2 * MINUTE, true)]), Some(58 * MINUTE));
    }

    #[test]
    fn a_number_gets_three_in_an_hour_and_ten_in_a_day() {
        assert_eq!(waits(&[(50 * MINUTE, true), (55 * MINUTE, true), (59 * MINUTE, true)]), Some(MINUTE));
        let ten: Vec<(Millis, bool)> = (1..=10).map(|n| (n * 2 * HOUR, true)).collect();
        assert_eq!(waits(&ten), Some(4 * HOUR));
        assert_eq!(waits(&ten[..9]), None);
    }

    #[test]
    fn neighbours_share_a_network_and_households_an_address() {
        let of = address_and_network;
        assert_ne!(of("192.0.2.1").0, of("192.0.2.77").0);
        assert_eq!(of("192.0.2.1").1, of("::ffff:192.0.2.77").1);
        assert_ne!(of("192.0.2.1").1, of("192.0.3.1").1);
        assert_eq!(of("2001:db8:0:1::1").0, of("2001:db8:0:1:ffff::2").0);
        assert_eq!(of("2001:db8:0:1::1").1, of("2001:db8:0:2::1").1);
        assert_ne!(of("2001:db8:0:1::1").1, of("2001:db8:1:1::1").1);
    }
}
