//! The places at one connection: how many requests may be with its provider at once, and for whom.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::dispatch::rates::pace::Lane;
use crate::kernel::clock::Millis;
use crate::kernel::id::ConnectionId;

/// One place in so many is kept from campaigns and single messages, and another one from campaigns. Few are enough: a
/// code stands first in line for the next place that anybody leaves.
const SHARE: usize = 64;

/// The places at one connection. Places are given in the order in which they were asked for, within a lane; a code finds
/// some that nobody else may take.
#[derive(Debug)]
pub struct Window {
    all: Arc<Semaphore>,
    but_codes: Arc<Semaphore>,
    bulk: Arc<Semaphore>,
    /// The provider asked to be left alone until then.
    blocked_until: AtomicI64,
}

/// A place; gone when dropped.
#[derive(Debug)]
pub struct Held {
    _permits: Vec<OwnedSemaphorePermit>,
}

/// How many places a lane may take of so many.
fn places(lane: Lane, workers: usize) -> usize {
    let kept = (workers / SHARE).max(1);
    let fewer = match lane {
        Lane::Code => 0,
        Lane::Single => kept,
        Lane::Bulk => kept * 2,
    };
    workers.saturating_sub(fewer).max(1)
}

impl Window {
    fn new(workers: usize) -> Self {
        let of = |lane| Arc::new(Semaphore::new(places(lane, workers)));
        Self { all: of(Lane::Code), but_codes: of(Lane::Single), bulk: of(Lane::Bulk), blocked_until: AtomicI64::new(0) }
    }

    /// Waits for a place.
    pub async fn enter(&self, lane: Lane) -> Held {
        // The narrowest first: who waits there holds nothing that others could use.
        let gates: &[&Arc<Semaphore>] = match lane {
            Lane::Code => &[&self.all],
            Lane::Single => &[&self.but_codes, &self.all],
            Lane::Bulk => &[&self.bulk, &self.but_codes, &self.all],
        };
        let mut permits = Vec::with_capacity(gates.len());
        for gate in gates {
            // Nobody closes these.
            permits.extend(Arc::clone(gate).acquire_owned().await.ok());
        }
        Held { _permits: permits }
    }

    /// Lets nobody leave before then.
    pub fn block_until(&self, until: Millis) {
        self.blocked_until.fetch_max(until, Ordering::Relaxed);
    }

    /// How long nobody may leave from now on, if so.
    pub fn blocked(&self, now: Millis) -> Option<Duration> {
        u64::try_from(self.blocked_until.load(Ordering::Relaxed) - now).ok().filter(|ms| *ms > 0).map(Duration::from_millis)
    }
}

/// The windows of every connection that this process uses; its dispatchers share them.
#[derive(Debug)]
pub struct Windows {
    workers: usize,
    by_connection: Mutex<HashMap<ConnectionId, Arc<Window>>>,
}

impl Windows {
    /// Windows of `workers` places each.
    pub fn new(workers: usize) -> Self {
        Self { workers, by_connection: Mutex::default() }
    }

    /// The window of a connection. Whoever holds it counts as open.
    pub fn of(&self, id: &ConnectionId) -> Arc<Window> {
        Arc::clone(self.all().entry(id.clone()).or_insert_with(|| Arc::new(Window::new(self.workers))))
    }

    /// How many more messages of a lane find a place at once.
    pub fn free(&self, id: &ConnectionId, lane: Lane) -> usize {
        let open = self.all().get(id).map_or(0, |window| Arc::strong_count(window) - 1);
        places(lane, self.workers).saturating_sub(open)
    }

    /// Nobody panics while holding them.
    fn all(&self) -> MutexGuard<'_, HashMap<ConnectionId, Arc<Window>>> {
        self.by_connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;

    use super::*;

    #[test]
    fn a_code_finds_a_place_when_campaigns_and_single_messages_have_taken_theirs() {
        let window = Window::new(64);
        let take = |lane| window.enter(lane).now_or_never();
        let bulk: Vec<_> = std::iter::from_fn(|| take(Lane::Bulk)).collect();
        let single: Vec<_> = std::iter::from_fn(|| take(Lane::Single)).collect();
        let codes: Vec<_> = std::iter::from_fn(|| take(Lane::Code)).collect();
        assert_eq!((bulk.len(), single.len(), codes.len()), (62, 1, 1));
        drop(bulk);
        assert!(take(Lane::Bulk).is_some());
    }

    #[test]
    fn one_place_is_for_everybody() {
        let window = Window::new(1);
        for lane in [Lane::Code, Lane::Single, Lane::Bulk] {
            assert!(window.enter(lane).now_or_never().is_some());
        }
    }
}
