//! What becomes of a submission: a pure function of the script, the number and a hash of seed and
//! reference, never of a shared random source, so that the same run behaves the same.

use std::time::Duration;

use super::codes::{self, Code};
use super::script::Script;

/// What the carrier does with a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Takes the message; the answer goes as told.
    Taken(AnswerKind),
    /// Does not take it, and says why.
    Refused(&'static Code),
    /// Does not take it: too fast.
    Throttled,
    /// Does not take it: an error of its own.
    ServerError,
    /// Does not take it, and closes the connection without a word.
    Lost,
}

/// How the sender learns that its message was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    /// Properly.
    Proper,
    /// Never.
    Hang,
    /// By a closed connection.
    Reset,
    /// By nonsense.
    Garbage,
}

/// What a receipt says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Handed to the network.
    Sent,
    /// Arrived.
    Delivered,
    /// Will not arrive: [`codes::UNREACHABLE`].
    Failed,
}

/// A receipt to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Planned {
    /// How long after the acceptance.
    pub after: Duration,
    /// What it says.
    pub said: Said,
    /// Signed with a wrong key, and untrue.
    pub forged: bool,
}

/// Numbers with these last four digits always do one thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Magic {
    Invalid,
    Landline,
    OptedOut,
    FailsLater,
    NoReceipt,
    Hangs,
    ThrottledOnce,
    AnswersStop,
    LostOnce,
}

/// How long a reply comes after the acceptance at the least.
const REPLY_AFTER: Duration = Duration::from_millis(100);

/// Whether a number is one that is throttled once, for protocols that have a word of their own for that.
pub fn is_throttled_once(to: &str) -> bool {
    to.ends_with("0007")
}

/// One submission's fate.
pub struct Fate<'a> {
    script: &'a Script,
    magic: Option<Magic>,
    hash: u64,
}

impl<'a> Fate<'a> {
    /// The fate of the submission of `reference` to the number `to`, which was turned away `turned_away`
    /// times before: a fault strikes an attempt independently each time it is submitted.
    pub fn new(script: &'a Script, reference: &str, to: &str, turned_away: u32) -> Self {
        let magic = match to.as_bytes().last_chunk() {
            Some(b"0001") => Some(Magic::Invalid),
            Some(b"0002") => Some(Magic::Landline),
            Some(b"0003") => Some(Magic::OptedOut),
            Some(b"0004") => Some(Magic::FailsLater),
            Some(b"0005") => Some(Magic::NoReceipt),
            Some(b"0006") => Some(Magic::Hangs),
            Some(_) if is_throttled_once(to) => Some(Magic::ThrottledOnce),
            Some(b"0008") => Some(Magic::AnswersStop),
            Some(b"0009") => Some(Magic::LostOnce),
            _ => None,
        };
        // FNV-1a, because the standard hasher may change between Rust versions.
        let start = mix(script.seed ^ u64::from(turned_away).rotate_left(32)) ^ 0xcbf2_9ce4_8422_2325;
        let hash = reference.bytes().fold(start, |hash, b| (hash ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3));
        Self { script, magic, hash }
    }

    /// Whether the number decides, and no chance.
    pub fn is_certain(&self) -> bool {
        self.magic.is_some()
    }

    /// What the carrier does. `waits` tells, for a number that is turned away once, whether this message
    /// was turned away before; it is not called for others.
    pub fn outcome(&self, waits: impl FnOnce() -> bool) -> Outcome {
        match self.magic {
            Some(Magic::Invalid) => return Outcome::Refused(codes::INVALID_NUMBER),
            Some(Magic::Landline) => return Outcome::Refused(codes::LANDLINE),
            Some(Magic::OptedOut) => return Outcome::Refused(codes::OPTED_OUT),
            Some(Magic::Hangs) => return Outcome::Taken(AnswerKind::Hang),
            Some(once @ (Magic::ThrottledOnce | Magic::LostOnce)) => {
                return match (waits(), once) {
                    (true, _) => Outcome::Taken(AnswerKind::Proper),
                    (false, Magic::LostOnce) => Outcome::Lost,
                    (false, _) => Outcome::Throttled,
                };
            }
            Some(_) => return Outcome::Taken(AnswerKind::Proper),
            None => {}
        }
        let faults = &self.script.faults;
        let mut roll = self.roll(1);
        for (share, outcome) in [
            (faults.http_500, Outcome::ServerError),
            (faults.http_429, Outcome::Throttled),
            (faults.refuse, Outcome::Refused(codes::CARRIER_REFUSED)),
            (faults.hang_after_accept, Outcome::Taken(AnswerKind::Hang)),
            (faults.reset_after_accept, Outcome::Taken(AnswerKind::Reset)),
            (faults.garbage, Outcome::Taken(AnswerKind::Garbage)),
        ] {
            if roll < share {
                return outcome;
            }
            roll -= share;
        }
        Outcome::Taken(AnswerKind::Proper)
    }

    /// How long the sender waits for the answer.
    pub fn latency(&self) -> Duration {
        self.between(self.script.latency_ms, 2)
    }

    /// The receipts of a message that was taken.
    pub fn receipts(&self) -> Vec<Planned> {
        let receipts = &self.script.receipts;
        let after = self.between(receipts.delay_ms, 3);
        let roll = self.roll(4);
        let last = match self.magic {
            Some(Magic::FailsLater) => {
                let sent = Planned { after: after / 2, said: Said::Sent, forged: false };
                return vec![sent, Planned { after, said: Said::Failed, forged: false }];
            }
            // A protocol that takes whom it should refuse never says that it did not deliver.
            Some(Magic::NoReceipt | Magic::OptedOut) => return Vec::new(),
            _ if roll < receipts.delivered => Said::Delivered,
            _ if roll < receipts.delivered + receipts.failed => Said::Failed,
            _ => return Vec::new(),
        };
        let planned = |after, said| Planned { after, said, forged: false };
        let mut all = vec![planned(after, last)];
        if self.roll(5) < receipts.duplicate {
            all.push(planned(after + after / 4, last));
        }
        if self.roll(6) < receipts.reorder {
            all.push(planned(after + after / 8, Said::Sent));
        }
        if self.roll(7) < receipts.forge {
            let opposite = if last == Said::Delivered { Said::Failed } else { Said::Delivered };
            all.push(Planned { after: after / 2, said: opposite, forged: true });
        }
        all
    }

    /// When the recipient of a taken message writes STOP, if at all.
    pub fn stop_after(&self) -> Option<Duration> {
        let stops = self.magic == Some(Magic::AnswersStop) || self.roll(8) < self.script.inbound.stop;
        stops.then(|| REPLY_AFTER + self.between(self.script.receipts.delay_ms, 3))
    }

    /// A number in 0..1, independent for each `purpose`.
    fn roll(&self, purpose: u64) -> f64 {
        (self.bits(purpose) >> 11) as f64 / (1_u64 << 53) as f64
    }

    fn between(&self, [least, most]: [u32; 2], purpose: u64) -> Duration {
        let span = u64::from(most - least) + 1;
        Duration::from_millis(u64::from(least) + self.bits(purpose) % span)
    }

    fn bits(&self, purpose: u64) -> u64 {
        mix(self.hash.wrapping_add(purpose.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
    }
}

/// The finalizer of SplitMix64 (Steele, Lea, Flood 2014): spreads every bit over all.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Script {
        Script::parse(text).unwrap()
    }

    fn outcomes(script: &Script) -> Vec<Outcome> {
        (0..20_000).map(|n| Fate::new(script, &format!("att_{n}"), "+15550001234", 0).outcome(|| unreachable!())).collect()
    }

    #[test]
    fn shares_come_true_and_runs_repeat() {
        let text =
            r#"{"faults":{"http_500":0.1,"http_429":0.1,"hang_after_accept":0.1,"reset_after_accept":0.1,"refuse":0.1,"garbage":0.1}}"#;
        let first = outcomes(&script(text));
        for outcome in [
            Outcome::ServerError,
            Outcome::Throttled,
            Outcome::Refused(codes::CARRIER_REFUSED),
            Outcome::Taken(AnswerKind::Hang),
            Outcome::Taken(AnswerKind::Reset),
            Outcome::Taken(AnswerKind::Garbage),
        ] {
            let share = first.iter().filter(|o| **o == outcome).count() as f64 / first.len() as f64;
            assert!((0.09..0.11).contains(&share), "{outcome:?} {share}");
        }
        assert_eq!(first, outcomes(&script(text)));
        let other_seed = text.replacen('{', r#"{"seed":2,"#, 1);
        assert_ne!(first, outcomes(&script(&other_seed)));
    }

    #[test]
    fn a_throttled_attempt_gets_a_new_chance() {
        let script = script(r#"{"faults":{"http_429":0.5}}"#);
        let passes = (0..64).any(|n| Fate::new(&script, "att", "+15550001234", n).outcome(|| true) == Outcome::Taken(AnswerKind::Proper));
        assert!(passes);
    }

    #[test]
    fn receipts_follow_the_script() {
        let count = |text: &str, said: Said, forged: bool| {
            let script = script(text);
            let all = (0..1000).map(|n| Fate::new(&script, &format!("att_{n}"), "+15550001234", 0).receipts());
            all.flatten().filter(|p| p.said == said && p.forged == forged).count()
        };
        assert_eq!(count(r#"{"receipts":{"delivered":1,"duplicate":1}}"#, Said::Delivered, false), 2000);
        assert_eq!(count(r#"{"receipts":{"delivered":1,"forge":1}}"#, Said::Failed, true), 1000);
        assert_eq!(count(r#"{"receipts":{"failed":1,"forge":1}}"#, Said::Delivered, true), 1000);
        assert_eq!(count(r#"{"receipts":{"delivered":0,"failed":0,"forge":1}}"#, Said::Delivered, true), 0);
        let fate_script = script(r#"{"receipts":{"delivered":1,"reorder":1}}"#);
        let planned = Fate::new(&fate_script, "att", "+15550001234", 0).receipts();
        assert!(planned[0].said == Said::Delivered && planned[1].said == Said::Sent);
        assert!(planned[0].after < planned[1].after, "{planned:?}");
    }

    #[test]
    fn delays_stay_within_their_bounds_and_reach_both() {
        let script = script(r#"{"latency_ms":[3,5]}"#);
        let mut seen: Vec<_> = (0..100).map(|n| Fate::new(&script, &format!("att_{n}"), "+15550001234", 0).latency().as_millis()).collect();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen, [3, 4, 5]);
    }
}
