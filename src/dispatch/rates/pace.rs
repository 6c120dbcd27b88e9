//! The arithmetic of smooth limits: the generic cell rate algorithm (ITU-T I.371, annex A; “virtual scheduling”), in
//! whole microseconds.
//!
//! Messages of a limit get slots that lie `span / limit` apart, so that no window of a span holds more slots than the
//! limit. One number is kept: the next free slot. A campaign's message leaves in its slot. A code does not wait for
//! its slot: it leaves at once and takes a slot of the near future from the others, by a bounded credit. So a window
//! holds at most the limit, and codes at most a [`Smooth::credit`] more.

use crate::kernel::clock::{MINUTE, Millis, SECOND};
use crate::messages::Claimed;

/// Microseconds since 1970, or a number of them.
pub type Micro = i64;

/// One millisecond.
pub const MILLI: Micro = 1_000;

/// Who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lane {
    /// Sign-in codes.
    Code,
    /// Other single messages.
    Single,
    /// Campaigns.
    Bulk,
}

impl Lane {
    /// The lane of a message.
    pub fn of(message: &Claimed) -> Self {
        match message.queue() {
            crate::messages::AUTHENTICATION_QUEUE => Self::Code,
            crate::messages::SINGLE_QUEUE => Self::Single,
            _ => Self::Bulk,
        }
    }

    /// How far ahead of the present a slot may be taken. Campaigns see less of the future than others, in every
    /// process: what lies beyond stays reserved for those. It is also how late a pause may come at most.
    pub fn ahead(self) -> Micro {
        match self {
            Self::Code | Self::Single => 200 * MILLI,
            Self::Bulk => 100 * MILLI,
        }
    }
}

/// A limit of so many messages in any second or minute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Smooth {
    spacing: Micro,
    span: Micro,
}

impl Smooth {
    /// At most `limit` messages in any second. A limit of 0 counts as 1.
    pub fn per_second(limit: u32) -> Self {
        Self::within(SECOND, limit)
    }

    /// At most `limit` messages in any minute. A limit of 0 counts as 1.
    pub fn per_minute(limit: u32) -> Self {
        Self::within(MINUTE, limit)
    }

    fn within(span: Millis, limit: u32) -> Self {
        let span = span * MILLI;
        // Rounded up: the slots of a span never become more than the limit.
        let limit = Micro::from(limit.max(1));
        Self { spacing: (span + limit - 1) / limit, span }
    }

    /// How much earlier than its slot a message of the lane may leave: for codes all that single messages may have taken
    /// ahead of one, and a fifth of the span where that is more.
    pub fn credit(&self, lane: Lane) -> Micro {
        match lane {
            Lane::Code => (self.span / 5).max(self.spacing + Lane::Single.ahead()),
            Lane::Single | Lane::Bulk => 0,
        }
    }

    /// When the next message of a lane may leave, if the next free slot is `free`.
    pub fn leaves_at(&self, free: Micro, lane: Lane, now: Micro) -> Micro {
        now.max(free - self.credit(lane))
    }

    /// The next free slot after one message took its own.
    pub fn taken(&self, free: Micro, now: Micro) -> Micro {
        free.max(now) + self.spacing
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Asks at each of these instants, as the gate does; gives when messages left.
    fn departures(limit: Smooth, asks: &[(Micro, Lane)]) -> Vec<(Micro, Lane)> {
        let (mut free, mut now, mut left) = (0, 0, Vec::new());
        for (wait, lane) in asks {
            now += wait;
            let at = limit.leaves_at(free, *lane, now);
            if at <= now + lane.ahead() {
                free = limit.taken(free, now);
                left.push((at, *lane));
            }
        }
        left.sort_unstable();
        left
    }

    fn most_in_any(span: Micro, left: &[(Micro, Lane)]) -> usize {
        left.iter().map(|(from, _)| left.iter().filter(|(at, _)| (*from..from + span).contains(at)).count()).max().unwrap_or(0)
    }

    fn asks(lane: impl Strategy<Value = Lane>) -> impl Strategy<Value = Vec<(Micro, Lane)>> {
        prop::collection::vec((prop_oneof![Just(0), 0..5_000_i64, 0..400_000_i64], lane), 0..400)
    }

    proptest! {
        #[test]
        fn campaigns_and_single_messages_never_pass_the_limit(
            limit in 1..300_u32, asks in asks(prop_oneof![Just(Lane::Single), Just(Lane::Bulk)])
        ) {
            let left = departures(Smooth::per_second(limit), &asks);
            prop_assert!(most_in_any(SECOND * MILLI, &left) <= limit as usize);
            let left = departures(Smooth::per_minute(limit), &asks);
            prop_assert!(most_in_any(MINUTE * MILLI, &left) <= limit as usize);
        }

        #[test]
        fn codes_pass_it_by_no_more_than_their_credit(
            limit in 1..300_u32, asks in asks(prop_oneof![Just(Lane::Code), Just(Lane::Single), Just(Lane::Bulk)])
        ) {
            let smooth = Smooth::per_second(limit);
            let credit = (smooth.credit(Lane::Code) / smooth.spacing + 1) as usize;
            prop_assert!(most_in_any(SECOND * MILLI, &departures(smooth, &asks)) <= limit as usize + credit);
        }

        #[test]
        fn a_code_leaves_at_once_whatever_the_others_took(
            limit in 1..3_000_u32, asks in asks(prop_oneof![Just(Lane::Single), Just(Lane::Bulk)])
        ) {
            let smooth = Smooth::per_second(limit);
            let (mut free, mut now) = (0, 0);
            for (wait, lane) in asks {
                now += wait;
                if smooth.leaves_at(free, lane, now) <= now + lane.ahead() {
                    free = smooth.taken(free, now);
                }
                prop_assert_eq!(smooth.leaves_at(free, Lane::Code, now), now);
            }
        }
    }

    #[test]
    fn a_steady_demand_uses_all_of_the_limit() {
        let asks: Vec<_> = (0..10_000).map(|_| (MILLI, Lane::Bulk)).collect();
        for limit in [1, 7, 50, 333] {
            let left = departures(Smooth::per_second(limit), &asks);
            let due = limit as usize * 10;
            assert!((due..=due + limit as usize / 10 + 1).contains(&left.len()), "{} of {due}", left.len());
        }
    }
}
