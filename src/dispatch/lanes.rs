//! What is ready to leave, by lane, and how much of each campaign is worth claiming.

use std::collections::{BTreeSet, HashMap, VecDeque};

use crate::dispatch::prepare::Ready;
use crate::dispatch::rates::pace::Lane;
use crate::kernel::clock::{Millis, SECOND};
use crate::kernel::id::CampaignId;

/// What is claimed of a campaign of which nothing is known yet.
const FIRST: usize = 32;
/// How many instants are kept at which something is due: the nearest.
const DUES: usize = 1_000;
/// The longest that a campaign is not looked at.
const LONGEST: Millis = 10 * SECOND;

/// Claimed messages that are ready to leave, the first lane first.
#[derive(Debug, Default)]
pub struct Lanes([VecDeque<Ready>; 3]);

impl Lanes {
    /// How many are ready, of all lanes.
    pub fn len(&self) -> usize {
        self.0.iter().map(VecDeque::len).sum()
    }

    /// How many of one lane.
    pub fn of(&self, lane: Lane) -> usize {
        self.0[lane as usize].len()
    }

    /// Puts more behind those of their lanes.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Ready>) {
        for one in more {
            self.0[Lane::of(&one.message) as usize].push_back(one);
        }
    }

    /// Whether [`Lanes::take`] would take something.
    pub fn fits(&self, room: usize, kept: usize) -> bool {
        let [codes, single, bulk] = &self.0;
        room > 0 && !(codes.is_empty() && single.is_empty()) || room > kept && !bulk.is_empty()
    }

    /// Takes up to `room` for the next turn, of which campaigns leave `kept` free.
    pub fn take(&mut self, room: usize, kept: usize) -> Vec<Ready> {
        let mut taken = Vec::with_capacity(room.min(self.len()));
        for (lane, kept) in self.0.iter_mut().zip([0, 0, kept]) {
            let some = room.saturating_sub(taken.len() + kept).min(lane.len());
            taken.extend(lane.drain(..some));
        }
        taken
    }

    /// Puts back what was taken.
    pub fn give_back(&mut self, taken: Vec<Ready>) {
        for one in taken.into_iter().rev() {
            self.0[Lane::of(&one.message) as usize].push_front(one);
        }
    }

    /// Takes everything.
    pub fn empty(&mut self) -> impl Iterator<Item = Ready> {
        std::mem::take(self).0.into_iter().flatten()
    }
}

/// How much of a campaign is claimed at once: what its limits let through of late and a little more, so that few
/// messages are claimed in vain. Without limits it doubles until it no longer counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Appetite {
    most: usize,
    quiet_until: Millis,
}

/// What one process knows of messages that met a limit.
#[derive(Debug, Default)]
pub struct Appetites {
    campaigns: HashMap<CampaignId, Appetite>,
    /// When messages that were put off are due.
    dues: BTreeSet<Millis>,
}

impl Appetites {
    /// Forgets campaigns that no longer run.
    pub fn keep(&mut self, running: &[CampaignId]) {
        self.campaigns.retain(|id, _| running.contains(id));
    }

    /// How much to claim of a campaign.
    pub fn for_campaign(&self, id: &CampaignId, now: Millis) -> usize {
        self.campaigns.get(id).map_or(FIRST, |appetite| if appetite.quiet_until > now { 0 } else { appetite.most })
    }

    /// Learns from a turn over these messages, of which some met a limit: of which campaign, if any, and due when.
    pub fn learn_from(&mut self, turn: &[Ready], put_off: &[(Option<CampaignId>, Millis)], now: Millis) {
        let mut tried: HashMap<&CampaignId, usize> = HashMap::new();
        for campaign in turn.iter().filter_map(|ready| ready.message.campaign.as_ref()) {
            *tried.entry(campaign).or_default() += 1;
        }
        for (campaign, tried) in tried {
            let dues: Vec<Millis> = put_off.iter().filter(|(id, _)| id.as_ref() == Some(campaign)).map(|(_, due)| *due).collect();
            self.learn(campaign, tried, &dues, now);
        }
        self.dues.extend(put_off.iter().map(|(_, due)| *due));
        while self.dues.len() > DUES {
            self.dues.pop_last();
        }
    }

    /// Learns of one campaign: of `tried` messages, those in `put_off` met a limit.
    fn learn(&mut self, id: &CampaignId, tried: usize, put_off: &[Millis], now: Millis) {
        let appetite = self.campaigns.entry(id.clone()).or_insert(Appetite { most: FIRST, quiet_until: 0 });
        let passed = tried - put_off.len().min(tried);
        *appetite = match put_off.iter().min() {
            None => Appetite { most: appetite.most.saturating_mul(2), quiet_until: 0 },
            Some(until) => Appetite { most: passed + passed / 4 + 1, quiet_until: (*until).min(now + LONGEST) },
        };
    }

    /// When the next message is due that was put off.
    pub fn next_look(&mut self, now: Millis) -> Option<Millis> {
        self.dues = self.dues.split_off(&(now + 1));
        self.dues.first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_campaign_without_limits_is_soon_claimed_in_full() {
        let (mut appetites, id) = (Appetites::default(), CampaignId::new(1));
        for _ in 0..5 {
            let most = appetites.for_campaign(&id, 0);
            appetites.learn(&id, most, &[], 0);
        }
        assert_eq!(appetites.for_campaign(&id, 0), 1_024);
    }

    #[test]
    fn a_slow_campaign_is_claimed_as_slowly_and_not_before_its_next_place() {
        let (mut appetites, id) = (Appetites::default(), CampaignId::new(1));
        let dues: Vec<Millis> = (1..32).map(|n| n * SECOND).collect();
        appetites.learn(&id, 32, &dues, 0);
        assert_eq!((appetites.for_campaign(&id, 999), appetites.for_campaign(&id, 1_000)), (0, 2));
        appetites.learn(&id, 2, &[30 * SECOND, 31 * SECOND], SECOND);
        assert_eq!(appetites.for_campaign(&id, 11 * SECOND - 1), 0);
        assert_eq!(appetites.for_campaign(&id, 11 * SECOND), 1, "a limit may be raised meanwhile");
        appetites.keep(&[]);
        assert_eq!(appetites.for_campaign(&id, SECOND), FIRST);
    }

    #[test]
    fn the_next_look_is_when_something_is_due() {
        let mut appetites = Appetites::default();
        appetites.learn_from(&[], &[(None, 70), (None, 30), (None, 50)], 0);
        assert_eq!([0, 30, 69, 70].map(|now| appetites.next_look(now)), [Some(30), Some(50), Some(70), None]);
        appetites.learn_from(&[], &(0..5_000).map(|n| (None, n)).collect::<Vec<_>>(), 0);
        assert_eq!(appetites.next_look(998), Some(999));
    }
}
