//! What the carrier remembers: the last messages it took, and whom it turned away. Bounded.

use std::collections::{HashMap, VecDeque};
use std::hash::Hash;
use std::sync::Arc;

use crate::kernel::clock::Millis;
use crate::kernel::money::Micros;

use super::fate::Said;
use super::wire::Wire;

/// How many messages are remembered.
const MESSAGES: usize = 200_000;
/// How many texts from people are remembered.
const LETTERS: usize = 1_000;
/// How many turned-away submissions are remembered.
const TURNED_AWAY: usize = 50_000;

/// A message that was taken.
#[derive(Clone)]
pub struct Record {
    /// Over which protocol.
    pub wire: Wire,
    /// The sender's attempt reference.
    pub reference: Arc<str>,
    /// The recipient, E.164.
    pub to: Box<str>,
    /// The sender.
    pub from: Box<str>,
    /// The text.
    pub text: Box<str>,
    /// When it was taken.
    pub at: Millis,
    /// How many segments are billed.
    pub segments: u32,
    /// For all segments, in USD.
    pub price: Micros,
    /// The last true receipt.
    pub status: Option<Said>,
}

/// A text that somebody wrote to us.
#[derive(Clone)]
pub struct Letter {
    /// Over which protocol it can be had.
    pub wire: Wire,
    /// Our number or name.
    pub to: Box<str>,
    /// The person's number, E.164.
    pub from: Box<str>,
    /// The text.
    pub text: Box<str>,
    /// When it was written.
    pub at: Millis,
}

/// The carrier's memory. Messages are numbered without gaps in the order in which they were taken.
pub struct Memory {
    records: VecDeque<Record>,
    /// The number of the oldest record.
    first: u64,
    by_reference: HashMap<Arc<str>, u64>,
    since: Millis,
    letters: VecDeque<(u64, Letter)>,
    letter_count: u64,
    turned_away: Recent<Box<str>, u32>,
    throttled: Recent<(Box<str>, [u8; 32]), ()>,
    limit: usize,
}

impl Memory {
    /// An empty memory that begins now.
    pub fn new(now: Millis) -> Self {
        Self {
            records: VecDeque::new(),
            first: 0,
            by_reference: HashMap::new(),
            since: now,
            letters: VecDeque::new(),
            letter_count: 0,
            turned_away: Recent::new(TURNED_AWAY),
            throttled: Recent::new(TURNED_AWAY),
            limit: MESSAGES,
        }
    }

    /// The number that the next message will have.
    pub fn next(&self) -> u64 {
        self.first + self.records.len() as u64
    }

    /// Remembers a message and forgets the oldest when there are too many.
    pub fn keep(&mut self, record: Record) {
        let number = self.next();
        self.turned_away.remove(&*record.reference);
        self.by_reference.insert(Arc::clone(&record.reference), number);
        self.records.push_back(record);
        if self.records.len() > self.limit
            && let Some(oldest) = self.records.pop_front()
        {
            if self.by_reference.get(&oldest.reference) == Some(&self.first) {
                self.by_reference.remove(&oldest.reference);
            }
            self.first += 1;
            self.since = self.since.max(oldest.at + 1);
        }
    }

    /// Since when every message that was taken is remembered.
    pub fn since(&self) -> Millis {
        self.since
    }

    /// A message and its number, by reference; the latest if there are several.
    pub fn find(&self, reference: &str) -> Option<(u64, &Record)> {
        let number = *self.by_reference.get(reference)?;
        Some((number, self.records.get(usize::try_from(number - self.first).ok()?)?))
    }

    /// The number of the last message that a protocol brought to a recipient.
    pub fn latest(&self, wire: Wire, to: &str) -> Option<u64> {
        let index = self.records.iter().rposition(|record| record.wire == wire && *record.to == *to)?;
        Some(self.first + index as u64)
    }

    /// The message with a number, unless it is forgotten.
    pub fn get(&self, number: u64) -> Option<&Record> {
        self.records.get(usize::try_from(number.checked_sub(self.first)?).ok()?)
    }

    /// Notes what a receipt said.
    pub fn said(&mut self, number: u64, said: Said) {
        let Some(index) = number.checked_sub(self.first).and_then(|index| usize::try_from(index).ok()) else {
            return;
        };
        if let Some(record) = self.records.get_mut(index) {
            // A late `sent` takes nothing back.
            record.status = if said == Said::Sent { record.status.or(Some(said)) } else { Some(said) };
        }
    }

    /// The messages to a number, oldest first; all without a number.
    pub fn received<'a>(&'a self, to: Option<&'a str>) -> impl DoubleEndedIterator<Item = &'a Record> {
        self.records.iter().filter(move |record| to.is_none_or(|to| *record.to == *to))
    }

    /// All messages with their numbers, oldest first.
    pub fn numbered(&self) -> impl DoubleEndedIterator<Item = (u64, &Record)> {
        self.records.iter().enumerate().map(|(index, record)| (self.first + index as u64, record))
    }

    /// Remembers a text from a person, and forgets the oldest when there are too many.
    pub fn written(&mut self, letter: Letter) {
        self.letter_count += 1;
        self.letters.push_back((self.letter_count, letter));
        if self.letters.len() > LETTERS {
            self.letters.pop_front();
        }
    }

    /// The texts from people that a protocol can hand on, the newest first, each with its number.
    pub fn letters(&self, wire: Wire) -> impl Iterator<Item = &(u64, Letter)> {
        self.letters.iter().rev().filter(move |(_, letter)| letter.wire == wire)
    }

    /// How often a submission of this reference was turned away.
    pub fn times_turned_away(&self, reference: &str) -> u32 {
        self.turned_away.get(reference).copied().unwrap_or(0)
    }

    /// Notes that a submission was turned away.
    pub fn turn_away(&mut self, reference: &str) {
        let times = self.times_turned_away(reference) + 1;
        self.turned_away.insert(reference.into(), times);
    }

    /// Whether this message to a number that is turned away once waits for its second chance, and notes
    /// that it takes it; otherwise notes that it was turned away.
    pub fn second_chance(&mut self, to: &str, text: [u8; 32]) -> bool {
        let key = (to.into(), text);
        let waits = self.throttled.remove(&key);
        if !waits {
            self.throttled.insert(key, ());
        }
        waits
    }
}

/// A map that forgets its oldest entries.
struct Recent<K, V> {
    map: HashMap<K, V>,
    order: VecDeque<K>,
    limit: usize,
}

impl<K: Hash + Eq + Clone, V> Recent<K, V> {
    fn new(limit: usize) -> Self {
        Self { map: HashMap::new(), order: VecDeque::new(), limit }
    }

    fn get<Q: Hash + Eq + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: std::borrow::Borrow<Q>,
    {
        self.map.get(key)
    }

    fn insert(&mut self, key: K, value: V) {
        if self.map.insert(key.clone(), value).is_none() {
            self.order.push_back(key);
        }
        if self.order.len() > self.limit
            && let Some(oldest) = self.order.pop_front()
        {
            self.map.remove(&oldest);
        }
    }

    /// Forgets an entry; its place in the order stays until it is the oldest.
    fn remove<Q: Hash + Eq + ?Sized>(&mut self, key: &Q) -> bool
    where
        K: std::borrow::Borrow<Q>,
    {
        self.map.remove(key).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(reference: &str, at: Millis) -> Record {
        Record {
            wire: Wire::Own,
            reference: reference.into(),
            to: "+15550001234".into(),
            from: "".into(),
            text: "hello".into(),
            at,
            segments: 1,
            price: 7_900,
            status: None,
        }
    }

    #[test]
    fn what_is_forgotten_moves_the_beginning_of_the_memory() {
        let mut memory = Memory { limit: 2, ..Memory::new(100) };
        for (reference, at) in [("a", 110), ("b", 120), ("a", 130), ("c", 140)] {
            memory.keep(record(reference, at));
        }
        assert_eq!(memory.since(), 121);
        assert!(memory.find("b").is_none());
        assert_eq!(memory.find("a").map(|(number, r)| (number, r.at)), Some((2, 130)));
        assert_eq!(memory.find("c").map(|(number, r)| (number, r.at)), Some((3, 140)));
        assert_eq!(memory.received(None).count(), 2);
        memory.said(0, Said::Delivered);
        memory.said(3, Said::Delivered);
        memory.said(3, Said::Sent);
        assert_eq!(memory.find("c").and_then(|(_, r)| r.status), Some(Said::Delivered));
    }

    #[test]
    fn each_message_gets_its_second_chance_once() {
        let mut memory = Memory::new(0);
        let chances: Vec<_> = (0..4).map(|_| memory.second_chance("+15550000007", [1; 32])).collect();
        assert_eq!(chances, [false, true, false, true]);
        assert!(!memory.second_chance("+15550000007", [2; 32]));
    }

    #[test]
    fn the_list_of_those_turned_away_is_bounded() {
        let mut recent = Recent::new(2);
        for key in [1, 2, 3] {
            recent.insert(key, ());
        }
        assert!(recent.get(&1).is_none() && recent.get(&3).is_some());
        assert_eq!(recent.order.len(), 2);
    }
}
