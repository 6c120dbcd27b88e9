//! The pump: what is claimed, what is ready, what is in flight, what came back.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::app::App;
use crate::campaigns;
use crate::dispatch::LEASE;
use crate::dispatch::choice::Health;
use crate::dispatch::gate::{self, Cleared};
use crate::dispatch::prepare::{Ready, prepare};
use crate::dispatch::retry::{self, Consequence};
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::ConnectionId;
use crate::messages::{self, AUTHENTICATION_QUEUE, Awaited, Claimed, SINGLE_QUEUE, Settled, Settlement, Tally};
use crate::providers::{Accepted, Outgoing, SendError};

/// How many intents may be open beyond what the provider takes at once, at least and as a multiple of it.
const SPARE: usize = 16;
const MOST_SPARE: usize = 7;
/// How long after the beginning of a turn answers are gathered for the next, as long as every place at the provider
/// is taken without it: a turn costs two dozen statements, for one outcome or for hundreds.
const GATHER: Duration = Duration::from_millis(10);

/// Whether a turn found something to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It did.
    Worked,
    /// There was nothing.
    Idle,
}

type Answer = (Cleared, i64, std::result::Result<Accepted, SendError>);

/// One dispatcher's hands.
#[derive(Debug)]
pub struct Pump {
    app: Arc<App>,
    owner: String,
    ready: VecDeque<Ready>,
    in_flight: JoinSet<Answer>,
    outcomes: Vec<Settlement>,
    consequences: Vec<Consequence>,
    /// Accepted by providers that must be asked what became of them.
    awaited: Vec<Awaited>,
    windows: HashMap<ConnectionId, Arc<Semaphore>>,
    health: Health,
    next_campaign: usize,
    /// How many answers the present turn began with.
    answered: usize,
    /// When the present turn began.
    turned_at: Instant,
}

impl Pump {
    /// A dispatcher with empty hands.
    pub fn new(app: Arc<App>) -> Self {
        let owner = format!("node_{}", crate::kernel::id::fresh(app.clock.now()));
        Self {
            app,
            owner,
            ready: VecDeque::new(),
            in_flight: JoinSet::new(),
            outcomes: Vec::new(),
            consequences: Vec::new(),
            awaited: Vec::new(),
            windows: HashMap::new(),
            health: Health::default(),
            next_campaign: 0,
            answered: 0,
            turned_at: Instant::now(),
        }
    }

    /// How many messages are with providers or waiting for a free place there.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// How many intents may be open: a full window, and what will have left it by the next commit. A fast provider
    /// empties the window while one commit is made; a slow one should find few committed intents that wait for a
    /// place, because a pause cannot call them back and a crash leaves them in doubt.
    fn most_in_flight(&self) -> usize {
        let workers = self.app.config.workers;
        workers + (self.answered * 2).clamp(SPARE.min(workers), workers * MOST_SPARE)
    }

    /// One transaction: outcomes in, intents and claims out; then the cleared messages leave.
    pub async fn turn(&mut self) -> Result<Turn> {
        let now = self.app.clock.now();
        self.turned_at = Instant::now();
        while let Some(answer) = self.in_flight.try_join_next() {
            self.note(answer);
        }
        self.answered = self.outcomes.len();
        let room = self.most_in_flight().saturating_sub(self.in_flight.len());
        let hungry = self.ready.len() < self.most_in_flight();
        if self.outcomes.is_empty() && !hungry && (self.ready.is_empty() || room == 0) {
            return Ok(Turn::Idle);
        }
        let candidates: Vec<Ready> = self.ready.drain(..room.min(self.ready.len())).collect();
        let had_work = !self.outcomes.is_empty() || !candidates.is_empty();
        match self.commit(&candidates, hungry, now).await {
            Ok((cleared, claimed)) => {
                let worked = had_work || !claimed.is_empty();
                self.outcomes.clear();
                self.consequences.clear();
                self.awaited.clear();
                for one in cleared {
                    self.leave(one);
                }
                self.ready.extend(prepare(&self.app, claimed, now).await?);
                Ok(if worked { Turn::Worked } else { Turn::Idle })
            }
            Err(e) => {
                // Nothing was committed: candidates are still only claimed, outcomes are still to be written.
                for one in candidates.into_iter().rev() {
                    self.ready.push_front(one);
                }
                Err(e)
            }
        }
    }

    async fn commit(&mut self, candidates: &[Ready], hungry: bool, now: Millis) -> Result<(Vec<Cleared>, Vec<Claimed>)> {
        let app = Arc::clone(&self.app);
        let mut tx = app.db.write().await?;
        let mut tally = Tally::default();
        messages::settle(&mut tx, &self.outcomes, &mut tally).await?;
        messages::await_reports(&mut tx, &self.awaited).await?;
        retry::apply(&mut tx, &self.consequences, now).await?;
        let cleared = gate::clear(&mut tx, &app, &mut self.health, candidates, now, &mut tally).await?;
        let announcements = tally.write(&mut tx).await?;
        let claimed = if hungry { self.claim(&mut tx, now).await? } else { Vec::new() };
        fail::fail_point!("dispatch-before-commit");
        tx.commit().await?;
        fail::fail_point!("dispatch-after-commit");
        announcements.send(&app);
        Ok((cleared, claimed))
    }

    /// Codes first, then single messages, then the running campaigns in turns.
    async fn claim(&mut self, tx: &mut crate::db::Tx, now: i64) -> Result<Vec<Claimed>> {
        let most = self.most_in_flight() * 2;
        let mut claimed = Vec::new();
        for queue in [AUTHENTICATION_QUEUE, SINGLE_QUEUE] {
            claimed.extend(messages::claim(tx, queue, &self.owner, most, now, now + LEASE).await?);
        }
        let running = campaigns::running(tx).await?;
        for i in 0..running.len() {
            let left = most.saturating_sub(claimed.len());
            if left == 0 {
                break;
            }
            let share = left.div_ceil(running.len() - i);
            let queue = running[(self.next_campaign + i) % running.len()].as_str();
            claimed.extend(messages::claim(tx, queue, &self.owner, share, now, now + LEASE).await?);
        }
        self.next_campaign = self.next_campaign.wrapping_add(1);
        Ok(claimed)
    }

    /// Sends a cleared message as soon as its connection has a free place.
    fn leave(&mut self, cleared: Cleared) {
        let workers = self.app.config.workers;
        let id = cleared.intent.connection.clone();
        let window = Arc::clone(self.windows.entry(id).or_insert_with(|| Arc::new(Semaphore::new(workers))));
        let clock = self.app.clock.clone();
        self.in_flight.spawn(async move {
            let _place = window.acquire_owned().await;
            let outgoing = Outgoing {
                attempt: cleared.intent.attempt.as_str(),
                to: &cleared.to,
                from: &cleared.intent.sender,
                text: &cleared.text,
                callback_url: &cleared.callback_url,
                promotional: cleared.intent.message.category == Category::Marketing,
                registered_template: cleared.registered_template.as_deref(),
            };
            let answer = cleared.client.send(&outgoing).await;
            fail::fail_point!("dispatch-after-answer");
            (cleared, clock.now(), answer)
        });
    }

    fn note(&mut self, answer: std::result::Result<Answer, tokio::task::JoinError>) {
        let (cleared, at, answer) = match answer {
            Ok(answer) => answer,
            // A panic in a client: the attempt stays open and is found by the rescue when its lease ends.
            Err(e) => return tracing::error!(error = %e, "a send ended without an answer"),
        };
        let (settled, consequence) = retry::judge(&cleared, answer, at);
        let Cleared { intent, submitted_at, client, .. } = cleared;
        if let (Settled::Accepted { provider_message_id, .. }, true) = (&settled, client.capabilities().poll > 0) {
            self.awaited.push(Awaited::of(&intent, provider_message_id, at));
        }
        self.consequences.extend(consequence);
        self.outcomes.push(Settlement { intent, submitted_at, settled, at });
    }

    /// Waits until something comes back, somebody rings, or the time is over.
    pub async fn wait(&mut self, most: Duration) {
        tokio::select! {
            answer = self.in_flight.join_next(), if !self.in_flight.is_empty() => {
                if let Some(answer) = answer {
                    self.note(answer);
                }
            }
            () = self.app.wake.dispatch() => {}
            () = tokio::time::sleep(most) => {}
        }
    }

    /// Takes answers for a moment, as long as the provider is busy without us. A bell waits as long.
    pub async fn gather(&mut self) {
        let until = self.turned_at + GATHER;
        while self.in_flight.len() >= self.app.config.workers {
            match timeout_at(until, self.in_flight.join_next()).await {
                Ok(Some(answer)) => self.note(answer),
                Ok(None) | Err(_) => return,
            }
        }
    }

    /// Waits for one answer, if any is outstanding.
    pub async fn settle_one(&mut self) {
        if let Some(answer) = self.in_flight.join_next().await {
            self.note(answer);
        }
    }

    /// Gives back what has not left, waits for what has, and writes it down. What is not answered in time
    /// is found as unknown by the next start.
    pub async fn drain(&mut self, most: Duration) -> Result<()> {
        let waiting: Vec<Claimed> = self.ready.drain(..).map(|ready| ready.message).collect();
        let mut tx = self.app.db.write().await?;
        messages::release(&mut tx, &waiting).await?;
        tx.commit().await?;
        let all_answered = async {
            while let Some(answer) = self.in_flight.join_next().await {
                self.note(answer);
            }
        };
        let in_time = tokio::time::timeout(most, all_answered).await.is_ok();
        if !in_time {
            tracing::warn!(open = self.in_flight.len(), "stopping with unanswered messages; their outcome is found out at the next start");
        }
        if self.outcomes.is_empty() { Ok(()) } else { self.commit(&[], false, self.app.clock.now()).await.map(|_| self.outcomes.clear()) }
    }
}
