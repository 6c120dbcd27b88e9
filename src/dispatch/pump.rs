//! The pump: what is claimed, what is ready, what is in flight, what came back.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::app::App;
use crate::campaigns;
use crate::dispatch::LEASE;
use crate::dispatch::choice::Health;
use crate::dispatch::gate::{self, Cleared, Gated};
use crate::dispatch::lanes::{Appetites, Lanes};
use crate::dispatch::prepare::{Ready, prepare};
use crate::dispatch::rates::pace::Lane;
use crate::dispatch::retry::{self, Consequence};
use crate::dispatch::window::Windows;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
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
    ready: Lanes,
    in_flight: JoinSet<Answer>,
    outcomes: Vec<Settlement>,
    consequences: Vec<Consequence>,
    /// Accepted by providers that must be asked what became of them.
    awaited: Vec<Awaited>,
    windows: Windows,
    appetites: Appetites,
    /// Somebody rang, or it is time to look: a code may be there.
    rung: bool,
    /// It ends: nothing new is claimed.
    is_closed: bool,
    health: Health,
    next_campaign: usize,
    /// How many answers a turn began with of late: rises at once, falls by an eighth a turn.
    answered: usize,
    /// When the present turn began.
    turned_at: Instant,
}

impl Pump {
    /// A dispatcher with empty hands.
    pub fn new(app: Arc<App>) -> Self {
        let owner = format!("node_{}", crate::kernel::id::fresh(app.clock.now()));
        Self {
            windows: Windows::new(app.config.workers),
            app,
            owner,
            ready: Lanes::default(),
            in_flight: JoinSet::new(),
            outcomes: Vec::new(),
            consequences: Vec::new(),
            awaited: Vec::new(),
            appetites: Appetites::default(),
            rung: true,
            is_closed: false,
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
        self.answered = self.outcomes.len().max(self.answered - self.answered / 8);
        let room = self.most_in_flight().saturating_sub(self.in_flight.len());
        let hungry = self.ready.len() < self.most_in_flight();
        let rung = std::mem::take(&mut self.rung);
        if self.outcomes.is_empty() && !hungry && !rung && (self.ready.is_empty() || room == 0) && self.ready.of(Lane::Code) == 0 {
            return Ok(Turn::Idle);
        }
        // Codes have room of their own: they wait for no answer to others.
        let candidates = self.ready.take(room, room + self.app.config.workers);
        let had_work = !self.outcomes.is_empty() || !candidates.is_empty();
        match self.commit(&candidates, hungry, now).await {
            Ok((Gated { cleared, put_off }, claimed)) => {
                let worked = had_work || !claimed.is_empty();
                self.appetites.learn_from(&candidates, &put_off, self.app.clock.now());
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
                self.ready.give_back(candidates);
                Err(e)
            }
        }
    }

    async fn commit(&mut self, candidates: &[Ready], hungry: bool, now: Millis) -> Result<(Gated, Vec<Claimed>)> {
        let app = Arc::clone(&self.app);
        let mut tx = app.db.write().await?;
        let mut tally = Tally::default();
        messages::settle(&mut tx, &self.outcomes, &mut tally).await?;
        messages::await_reports(&mut tx, &self.awaited).await?;
        retry::apply(&mut tx, &self.consequences, now).await?;
        let gated = gate::clear(&mut tx, &app, &mut self.health, candidates, &self.windows, now, &mut tally).await?;
        let announcements = tally.write(&mut tx).await?;
        let claimed = self.claim(&mut tx, hungry, now).await?;
        fail::fail_point!("dispatch-before-commit");
        tx.commit().await?;
        fail::fail_point!("dispatch-after-commit");
        announcements.send(&app);
        Ok((gated, claimed))
    }

    /// Codes first, then single messages, then the running campaigns in turns. A process that is not hungry still takes
    /// codes and single messages, for those leave before what it has.
    async fn claim(&mut self, tx: &mut crate::db::Tx, hungry: bool, now: i64) -> Result<Vec<Claimed>> {
        if self.is_closed {
            return Ok(Vec::new());
        }
        let most = self.most_in_flight() * 2;
        let mut claimed = Vec::new();
        for (queue, lane) in [(AUTHENTICATION_QUEUE, Lane::Code), (SINGLE_QUEUE, Lane::Single)] {
            if self.ready.of(lane) < self.most_in_flight() {
                claimed.extend(messages::claim(tx, queue, &self.owner, most, now, now + LEASE).await?);
            }
        }
        if !hungry {
            return Ok(claimed);
        }
        let running = campaigns::running(tx).await?;
        self.appetites.keep(&running);
        for i in 0..running.len() {
            let left = most.saturating_sub(claimed.len());
            if left == 0 {
                break;
            }
            let campaign = &running[(self.next_campaign + i) % running.len()];
            let share = left.div_ceil(running.len() - i).min(self.appetites.for_campaign(campaign, now));
            if share > 0 {
                claimed.extend(messages::claim(tx, campaign.as_str(), &self.owner, share, now, now + LEASE).await?);
            }
        }
        self.next_campaign = self.next_campaign.wrapping_add(1);
        Ok(claimed)
    }

    /// Sends a cleared message when its limits let it leave, as soon as its connection has a place for it.
    fn leave(&mut self, cleared: Cleared) {
        let lane = Lane::of(&cleared.intent.message);
        let window = self.windows.of(&cleared.intent.connection);
        let clock = self.app.clock.clone();
        let wait = u64::try_from(cleared.not_before - clock.now()).unwrap_or(0);
        self.in_flight.spawn(async move {
            tokio::time::sleep(Duration::from_millis(wait)).await;
            let _place = window.enter(lane).await;
            if let Some(rest) = window.blocked(clock.now()) {
                return (cleared, clock.now(), Err(SendError::Throttled { retry_after: Some(rest) }));
            }
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
            let at = clock.now();
            if let Err(SendError::Throttled { retry_after }) = &answer {
                // What is on its way to the same provider stops here; every process stops with the outcome's commit.
                window.block_until(at + retry::pause_of(*retry_after));
            }
            (cleared, at, answer)
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
        let now = self.app.clock.now();
        let next_look = self.appetites.next_look(now).and_then(|at| u64::try_from(at - now).ok()).map(Duration::from_millis);
        let most = next_look.map_or(most, |look| look.min(most));
        tokio::select! {
            answer = self.in_flight.join_next(), if !self.in_flight.is_empty() => {
                if let Some(answer) = answer {
                    self.note(answer);
                }
            }
            () = self.app.wake.dispatch() => self.rung = true,
            () = tokio::time::sleep(most) => self.rung = true,
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
        self.is_closed = true;
        let waiting: Vec<Claimed> = self.ready.empty().map(|ready| ready.message).collect();
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
