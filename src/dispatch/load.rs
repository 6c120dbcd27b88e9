//! What one dispatcher has in flight at each connection, and how many more messages are worth a look.
//!
//! Every connection has room of its own, so that one whose provider hangs holds up nobody else's messages.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::kernel::id::ConnectionId;

/// After so many choices an earlier one counts half.
const HALF_LIFE: f64 = 512.0;
/// What counts less than this is forgotten.
const FORGOTTEN: f64 = 0.01;

/// Messages that count as in flight; no longer when dropped, so that a panic in a client cannot leave them counted.
#[derive(Debug)]
pub struct InFlight {
    open: Arc<AtomicUsize>,
    messages: usize,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.open.fetch_sub(self.messages, Ordering::Relaxed);
    }
}

#[derive(Debug, Default)]
struct Used {
    /// Messages in flight.
    open: Arc<AtomicUsize>,
    /// How often it was chosen of late.
    chosen: f64,
}

impl Used {
    fn open(&self) -> usize {
        self.open.load(Ordering::Relaxed)
    }
}

/// What is in flight, and how often each connection was chosen of late.
#[derive(Debug, Default)]
pub struct Load(HashMap<ConnectionId, Used>);

impl Load {
    /// Counts so many messages until what is given is dropped.
    pub fn enter(&mut self, connection: &ConnectionId, messages: usize) -> InFlight {
        let open = Arc::clone(&self.0.entry(connection.clone()).or_default().open);
        open.fetch_add(messages, Ordering::Relaxed);
        InFlight { open, messages }
    }

    /// How many messages are in flight at all connections.
    pub fn all(&self) -> usize {
        self.0.values().map(Used::open).sum()
    }

    /// How many messages are in flight at a connection.
    pub fn open(&self, connection: &ConnectionId) -> usize {
        self.0.get(connection).map_or(0, Used::open)
    }

    /// Learns how often each connection was chosen in a turn, whether it had room or not.
    pub fn learn(&mut self, chosen: &HashMap<ConnectionId, usize>) {
        let all: usize = chosen.values().sum();
        let fading = 0.5_f64.powf(all as f64 / HALF_LIFE);
        for used in self.0.values_mut() {
            used.chosen *= fading;
        }
        for (id, times) in chosen {
            self.0.entry(id.clone()).or_default().chosen += *times as f64;
        }
        self.0.retain(|_, used| used.chosen >= FORGOTTEN || used.open() > 0);
    }

    /// How many messages are worth a look, when a connection may have `most` in flight: of those that are looked at, a
    /// connection gets its share, and what finds no room there was looked at in vain.
    pub fn room(&self, most: usize) -> usize {
        let all: f64 = self.0.values().map(|used| used.chosen).sum();
        if all == 0.0 {
            return most.saturating_sub(self.all());
        }
        let room: f64 = self.0.values().map(|used| used.chosen / all * most.saturating_sub(used.open()) as f64).sum();
        room.ceil() as usize
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(times: &[(&ConnectionId, usize)]) -> HashMap<ConnectionId, usize> {
        times.iter().map(|(id, n)| ((*id).clone(), *n)).collect()
    }

    #[test]
    fn one_connection_has_room_for_what_is_not_in_flight() {
        let (mut load, id) = (Load::default(), ConnectionId::new(1));
        assert_eq!(load.room(80), 80);
        load.learn(&chosen(&[(&id, 40)]));
        let in_flight = [load.enter(&id, 1), load.enter(&id, 79)];
        assert_eq!((load.open(&id), load.room(80)), (80, 0));
        drop(in_flight);
        assert_eq!((load.open(&id), load.room(80)), (0, 80));
    }

    #[test]
    fn a_full_connection_leaves_the_others_their_share() {
        let (mut load, full, free) = (Load::default(), ConnectionId::new(1), ConnectionId::new(2));
        load.learn(&chosen(&[(&full, 60), (&free, 20)]));
        let _in_flight = load.enter(&full, 80);
        assert_eq!(load.room(80), 20);
    }

    #[test]
    fn what_is_no_longer_chosen_is_forgotten() {
        let (mut load, old, new) = (Load::default(), ConnectionId::new(1), ConnectionId::new(2));
        load.learn(&chosen(&[(&old, 10)]));
        load.learn(&chosen(&[(&new, 10_000)]));
        let _in_flight = load.enter(&new, 80);
        assert_eq!(load.room(80), 0);
    }
}
