//! Limits: per connection, sender, subaccount and campaign, in any second and minute and in a day.
//!
//! They are shared by all processes through a row for each limit. The gate's transaction locks the rows, takes what
//! its messages need and commits both together: nothing leaves that was not granted, and no message costs a
//! statement of its own. What is not limited has no row.

pub mod pace;
mod store;

use std::collections::HashMap;

use chrono_tz::Tz;

use self::pace::{Lane, MILLI, Micro, Smooth};
use crate::connections::Connection;
use crate::costs;
use crate::db::Tx;
use crate::kernel::clock::{HOUR, MINUTE, Millis};
use crate::kernel::error::Result;
use crate::kernel::id::{CampaignId, SubaccountId};
use crate::kernel::limits::Limits;
use crate::messages::Claimed;

/// The longest that a message is put off before it is looked at again: a limit may be raised meanwhile.
const LONGEST: Millis = 10 * MINUTE;
/// The same for one that waits for another day.
const LONGEST_HELD: Millis = HOUR;

/// When a message is looked at again whose connection has no place for it.
const CROWDED: Millis = 20;

/// Where a provider takes many messages in one call, those that are limited leave at instants that lie so far apart,
/// never before their slots, so that many leave at the same one. As it divides a second and a minute, and as the
/// instants are the same for all processes, no second and no minute holds more of them than slots. Where others share
/// a limit that leave in their slots (codes, and messages over other providers), it may hold as many more as slots lie
/// in one step.
pub const STEP: Millis = 50;

/// What the limits say to a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Say {
    /// It may leave, then.
    Leave(Millis),
    /// Its place in the line comes then.
    Later(Millis),
    /// A day's limit is used up; look again then.
    AnotherDay(Millis),
}

#[derive(Clone, Copy, Debug)]
enum Rule {
    Smooth(Smooth),
    /// So many on the day that began then and ends then.
    Daily(i64, Millis, Millis),
}

/// One limit as it stands in this transaction.
#[derive(Clone, Debug)]
struct Limit {
    scope: String,
    span: &'static str,
    subaccount: SubaccountId,
    rule: Rule,
    /// The next free slot; of a daily limit when the day began that is counted.
    free: Micro,
    /// What left on that day.
    granted: i64,
    /// The slot behind the last message that was put off in this transaction.
    line: Micro,
    is_changed: bool,
}

/// The limits that the messages of a batch may meet.
#[derive(Debug, Default)]
pub struct Rates {
    limits: Vec<Limit>,
    by_scope: HashMap<String, Vec<usize>>,
}

impl Rates {
    /// Adds what limits a subaccount: itself, its connections and their senders. Days are those of `zone`.
    pub fn of_subaccount(&mut self, subaccount: &SubaccountId, limits: Limits, connections: &[Connection], zone: Tz, now: Millis) {
        let day = costs::day_around(now, zone);
        self.add(subaccount, format!("subaccount:{subaccount}"), limits, day);
        for connection in connections.iter().filter(|c| c.is_usable()) {
            self.add(subaccount, format!("connection:{}", connection.id), connection.limits, day);
            for (sender, limits) in &connection.sender_limits {
                self.add(subaccount, format!("sender:{}:{sender}", connection.id), *limits, day);
            }
        }
    }

    /// Adds the pace of a campaign.
    pub fn of_campaign(&mut self, subaccount: &SubaccountId, campaign: &CampaignId, per_minute: u32) {
        let limits = Limits { per_minute: Some(per_minute), ..Limits::default() };
        self.add(subaccount, format!("campaign:{campaign}"), limits, (0, 0));
    }

    fn add(&mut self, subaccount: &SubaccountId, scope: String, limits: Limits, (began_at, ends_at): (Millis, Millis)) {
        let rules = [
            ("day", limits.per_day.map(|n| Rule::Daily(i64::from(n), began_at, ends_at))),
            ("minute", limits.per_minute.map(|n| Rule::Smooth(Smooth::per_minute(n)))),
            ("second", limits.per_second.map(|n| Rule::Smooth(Smooth::per_second(n)))),
        ];
        for (span, rule) in rules.into_iter().filter_map(|(span, rule)| Some((span, rule?))) {
            let subaccount = subaccount.clone();
            self.limits.push(Limit { scope: scope.clone(), span, subaccount, rule, free: 0, granted: 0, line: 0, is_changed: false });
        }
    }

    /// Reads how far the limits are used up; nobody else takes of them until the transaction ends.
    pub async fn hold(&mut self, tx: &mut Tx) -> Result<()> {
        if self.limits.is_empty() {
            return Ok(());
        }
        self.limits.sort_unstable_by(|a, b| (&a.scope, a.span).cmp(&(&b.scope, b.span)));
        let wanted: Vec<_> = self.limits.iter().map(|l| ((l.scope.as_str(), l.span), &l.subaccount)).collect();
        let found = store::hold(tx, &wanted).await?;
        for (scope, span, tat_at, granted) in found {
            if let Some(limit) = self.limits.iter_mut().find(|l| l.scope == scope && l.span == span) {
                (limit.free, limit.granted) = (tat_at, granted);
                limit.begin_day();
            }
        }
        for (i, limit) in self.limits.iter().enumerate() {
            self.by_scope.entry(limit.scope.clone()).or_default().push(i);
        }
        Ok(())
    }

    /// Asks for one message, and takes what it needs of every limit when it may leave. What is granted has a place at
    /// its connection (`has_place`), for what waits for one would leave later than it was granted for, together with
    /// others. `step` is [`STEP`] for a connection whose provider takes many in one call, else 1.
    pub fn ask(&mut self, message: &Claimed, connection: &Connection, sender: &str, has_place: bool, step: Millis, now: Millis) -> Say {
        if self.limits.is_empty() {
            return Say::Leave(now);
        }
        let scopes = [
            message.campaign.as_ref().map(|campaign| format!("campaign:{campaign}")),
            Some(format!("subaccount:{}", message.subaccount)),
            Some(format!("sender:{}:{sender}", connection.id)),
            Some(format!("connection:{}", connection.id)),
        ];
        let met: Vec<usize> = scopes.iter().flatten().filter_map(|s| self.by_scope.get(s)).flatten().copied().collect();
        if met.is_empty() {
            return Say::Leave(now);
        }
        if !has_place {
            return Say::Later(now + CROWDED);
        }
        let (lane, now_us) = (Lane::of(message), now * MILLI);
        let step = if lane == Lane::Code { 1 } else { step };
        if let Some(ends_at) = met.iter().filter_map(|i| self.limits[*i].used_up()).max() {
            return Say::AnotherDay(ends_at.min(now + LONGEST_HELD));
        }
        let at = met.iter().map(|i| self.limits[*i].leaves_at(lane, now_us)).max().unwrap_or(now_us);
        if at <= now_us + lane.ahead() {
            met.iter().for_each(|i| self.limits[*i].take(now_us));
            return Say::Leave(stepped(at, step));
        }
        let at = met.iter().map(|i| self.limits[*i].stand_in_line(lane, now_us)).max().unwrap_or(at);
        Say::Later(stepped(at - lane.ahead(), step).clamp(now + 1, now + LONGEST))
    }

    /// Writes what was taken.
    pub async fn write(&self, tx: &mut Tx) -> Result<()> {
        let changed = self.limits.iter().filter(|l| l.is_changed);
        store::write(tx, &changed.map(|l| ((l.scope.as_str(), l.span), l.free, l.granted)).collect::<Vec<_>>()).await
    }
}

/// The first whole step that is not earlier.
fn stepped(at: Micro, step: Millis) -> Millis {
    let step_us = step * MILLI;
    (at.div_euclid(step_us) + Millis::from(at.rem_euclid(step_us) > 0)) * step
}

impl Limit {
    /// A daily limit begins anew with its day. A day that began earlier than the one that is counted comes of a changed time zone:
    /// then the count goes on.
    fn begin_day(&mut self) {
        if let Rule::Daily(_, began_at, _) = self.rule
            && began_at * MILLI > self.free
        {
            (self.free, self.granted) = (began_at * MILLI, 0);
        }
    }

    /// When the day ends whose limit is used up.
    fn used_up(&self) -> Option<Millis> {
        match self.rule {
            Rule::Daily(most, _, ends_at) if self.granted >= most => Some(ends_at),
            _ => None,
        }
    }

    fn leaves_at(&self, lane: Lane, now: Micro) -> Micro {
        match self.rule {
            Rule::Smooth(smooth) => smooth.leaves_at(self.free, lane, now),
            Rule::Daily(..) => now,
        }
    }

    fn take(&mut self, now: Micro) {
        match self.rule {
            Rule::Smooth(smooth) => self.free = smooth.taken(self.free, now),
            Rule::Daily(..) => self.granted += 1,
        }
        self.is_changed = true;
    }

    /// When the next message that cannot leave now would, behind those that were put off before it.
    fn stand_in_line(&mut self, lane: Lane, now: Micro) -> Micro {
        let Rule::Smooth(smooth) = self.rule else { return now };
        self.line = self.line.max(self.free);
        let at = smooth.leaves_at(self.line, lane, now);
        self.line = smooth.taken(self.line, now);
        at
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::kernel::clock::SECOND;

    #[test]
    fn a_step_is_never_early_and_less_than_a_step_late() {
        for (at, step, expected) in [(0, 50, 0), (1, 50, 50), (50_000, 50, 50), (50_001, 50, 100), (1, 1, 1), (1_000, 1, 1)] {
            assert_eq!(stepped(at, step), expected, "{at} {step}");
        }
    }

    proptest! {
        #[test]
        fn what_leaves_in_steps_keeps_the_limit(limit in 1..300_u32, waits in prop::collection::vec(0..60_000_i64, 1..400)) {
            for (smooth, span) in [(Smooth::per_second(limit), SECOND), (Smooth::per_minute(limit), MINUTE)] {
                let (mut free, mut now, mut left) = (0, 0, Vec::new());
                for wait in &waits {
                    now += wait;
                    left.push(stepped(smooth.leaves_at(free, Lane::Bulk, now), STEP));
                    free = smooth.taken(free, now);
                }
                let most = left.iter().map(|from| left.iter().filter(|at| (*from..from + span).contains(at)).count()).max();
                prop_assert!(most <= Some(limit as usize), "{most:?} of {limit}");
            }
        }
    }
}
