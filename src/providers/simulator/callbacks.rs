//! What the carrier says later: one task, a heap ordered by time, and a window of requests in flight.
//! Who does not answer, or answers with an error of its own, is called again for two minutes and more,
//! so that a restart of the sender loses no receipt.

use std::cmp::{Ordering, Reverse};
use std::collections::{BinaryHeap, VecDeque};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::engine::Engine;
use super::fate::Said;
use super::journal::{Kind, Line};
use super::message::{Taken, Target};

/// How many callbacks are under way at once.
const WINDOW: usize = 32;
/// The wait before the first repetition; it doubles each time up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(250);
const LONGEST_WAIT: Duration = Duration::from_secs(10);
/// After this many calls in vain (two and a half minutes) a callback is given up.
const CALLS: u32 = 20;

/// One thing to say.
pub enum Notice {
    /// A receipt.
    Receipt {
        /// About which message.
        taken: Arc<Taken>,
        /// What it says.
        said: Said,
        /// Signed with a wrong key, and untrue.
        forged: bool,
    },
    /// A text from a person to us.
    Reply {
        /// To which connection.
        target: Arc<Target>,
        /// Unique by text.
        event_id: String,
        /// Our number or name.
        to: Box<str>,
        /// The person's number.
        from: Box<str>,
        /// What was written.
        text: Box<str>,
        /// SHA-256 of it, hex.
        text_sha256: String,
    },
}

impl Notice {
    /// To whom it is said; `None` when there is no address to say it to.
    pub fn target(&self) -> Option<&Arc<Target>> {
        match self {
            Self::Receipt { taken, .. } => taken.target.as_ref().filter(|_| taken.wire.reports()),
            Self::Reply { target, .. } => Some(target),
        }
        .filter(|target| !target.url.is_empty())
    }

    /// The journal's word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Receipt { forged: true, .. } => "forged",
            Self::Receipt { said, .. } => said.word(),
            Self::Reply { .. } => "received",
        }
    }

    /// Its line in the journal.
    pub fn line<'a>(&'a self, at: &'a str, outcome: &'a str) -> Line<'a> {
        match self {
            Self::Receipt { taken, .. } => Line {
                at,
                kind: Kind::Receipt,
                provider: taken.wire.name(),
                reference: Some(&taken.reference),
                id: Some(&taken.id),
                to: &taken.to,
                from: None,
                text_sha256: &taken.text_sha256,
                outcome,
                code: None,
            },
            Self::Reply { target, to, from, text_sha256, .. } => Line {
                at,
                kind: Kind::Inbound,
                provider: target.wire.name(),
                reference: None,
                id: None,
                to,
                from: Some(from),
                text_sha256,
                outcome,
                code: None,
            },
        }
    }
}

/// What is still to be said. The task that says it starts with the first notice and ends with the engine.
#[derive(Default)]
pub struct Schedule {
    heap: Mutex<Heap>,
    changed: Notify,
    started: OnceLock<()>,
}

#[derive(Default)]
struct Heap {
    due: BinaryHeap<Reverse<Due>>,
    added: u64,
}

struct Due {
    at: Instant,
    /// Keeps the order of notices that are due at once.
    order: u64,
    notice: Notice,
    calls: u32,
}

impl Schedule {
    /// Plans a notice. Must be called within a Tokio runtime.
    pub fn add(self: &Arc<Self>, engine: &Arc<Engine>, after: Duration, notice: Notice) {
        self.push(after, notice, 0);
        self.started.get_or_init(|| {
            tokio::spawn(work(Arc::downgrade(engine), Arc::clone(self)));
        });
    }

    /// Lets the task look again, also whether its engine is still there.
    pub fn wake(&self) {
        self.changed.notify_one();
    }

    fn call_again(&self, due: Due) {
        let wait = FIRST_WAIT.saturating_mul(1 << due.calls.min(10)).min(LONGEST_WAIT);
        self.push(wait, due.notice, due.calls + 1);
    }

    fn push(&self, after: Duration, notice: Notice, calls: u32) {
        let at = Instant::now() + after;
        let mut heap = self.heap.lock().unwrap_or_else(PoisonError::into_inner);
        let is_next = heap.due.peek().is_none_or(|Reverse(first)| at < first.at);
        heap.added += 1;
        let order = heap.added;
        heap.due.push(Reverse(Due { at, order, notice, calls }));
        drop(heap);
        if is_next {
            self.wake();
        }
    }

    /// Takes what is due, and tells when the next will be.
    fn take(&self) -> (Vec<Due>, Option<Instant>) {
        let now = Instant::now();
        let mut heap = self.heap.lock().unwrap_or_else(PoisonError::into_inner);
        let mut taken = Vec::new();
        while let Some(Reverse(first)) = heap.due.peek() {
            if first.at > now {
                return (taken, Some(first.at));
            }
            taken.extend(heap.due.pop().map(|Reverse(due)| due));
        }
        (taken, None)
    }
}

async fn work(engine: Weak<Engine>, schedule: Arc<Schedule>) {
    let mut waiting = VecDeque::new();
    let mut under_way = FuturesUnordered::new();
    loop {
        let Some(engine) = engine.upgrade() else {
            return;
        };
        let (due, next) = schedule.take();
        if let Err(error) = engine.announce(due.iter().filter(|due| due.calls == 0).map(|due| &due.notice)) {
            tracing::error!(%error, "the simulator cannot write receipts to its journal");
        }
        waiting.extend(due.into_iter().filter(|due| due.notice.target().is_some()));
        while under_way.len() < WINDOW
            && let Some(due) = waiting.pop_front()
        {
            under_way.push(call(Arc::clone(&engine), due));
        }
        drop(engine);
        tokio::select! {
            Some(in_vain) = under_way.next() => {
                if let Some(due) = in_vain {
                    schedule.call_again(due);
                }
            }
            () = until(next) => {}
            () = schedule.changed.notified() => {}
        }
    }
}

async fn until(next: Option<Instant>) {
    match next {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Makes one call; the notice, when it was in vain and should be repeated.
async fn call(engine: Arc<Engine>, due: Due) -> Option<Due> {
    let target = due.notice.target()?;
    let status = engine.caller.call(&target.wire.callback(&engine, target, &due.notice)).await;
    // A definite no, such as 403 to a forged receipt, would be repeated in vain.
    if !matches!(status, None | Some(408 | 429 | 500..=599)) {
        return None;
    }
    if due.calls + 1 < CALLS {
        return Some(due);
    }
    if let Err(error) = engine.give_up(&due.notice) {
        tracing::error!(%error, "the simulator cannot write to its journal that it gave a receipt up");
    }
    None
}

impl Ord for Due {
    fn cmp(&self, other: &Self) -> Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

impl PartialOrd for Due {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Due {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Due {}
