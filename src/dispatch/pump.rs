//! The pump: what is claimed, what is ready, what is in flight, what came back.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::app::App;
use crate::campaigns;
use crate::db::Tx;
use crate::dispatch::LEASE;
use crate::dispatch::choice::Health;
use crate::dispatch::gate::{self, Cleared, Gated, Room};
use crate::dispatch::lanes::{Appetites, Lanes};
use crate::dispatch::leave::{self, Answer, Answered};
use crate::dispatch::load::Load;
use crate::dispatch::prepare::{Ready, prepare, prepare_in};
use crate::dispatch::rates::pace::Lane;
use crate::dispatch::retry::{self, Consequence};
use crate::dispatch::window::Windows;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::messages::{self, AUTHENTICATION_QUEUE, Announcements, Awaited, Claimed, SINGLE_QUEUE, Settled, Settlement, Tally};

/// How many intents may be open beyond what the provider takes at once, at least and as a multiple of it.
const SPARE: usize = 16;
const MOST_SPARE: usize = 7;
/// Which part of what the provider takes at once is kept from campaigns among open intents.
const KEPT: usize = 4;
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

/// Which queues a dispatcher serves. Codes have one of their own, whose turns are as short as they are few: a code waits
/// for no turn of a campaign, and for no answer of a provider to others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    /// Codes.
    Codes,
    /// Single messages and campaigns.
    Others,
}

/// One dispatcher's hands.
#[derive(Debug)]
pub struct Pump {
    app: Arc<App>,
    serves: Serves,
    owner: String,
    ready: Lanes,
    in_flight: JoinSet<Answered>,
    outcomes: Vec<Settlement>,
    consequences: Vec<Consequence>,
    /// Accepted by providers that must be asked what became of them.
    awaited: Vec<Awaited>,
    windows: Arc<Windows>,
    load: Load,
    appetites: Appetites,
    /// Somebody rang, or it is time to look: a message may be there.
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
    /// The two dispatchers of a process, with empty hands: that of codes and that of all else.
    pub fn pair(app: &Arc<App>) -> [Self; 2] {
        let windows = Arc::new(Windows::new(app.config.workers));
        [Serves::Codes, Serves::Others].map(|serves| Self::new(Arc::clone(app), serves, Arc::clone(&windows)))
    }

    fn new(app: Arc<App>, serves: Serves, windows: Arc<Windows>) -> Self {
        let owner = format!("node_{}", crate::kernel::id::fresh(app.clock.now()));
        Self {
            windows,
            app,
            serves,
            owner,
            ready: Lanes::default(),
            in_flight: JoinSet::new(),
            outcomes: Vec::new(),
            consequences: Vec::new(),
            awaited: Vec::new(),
            load: Load::default(),
            appetites: Appetites::default(),
            rung: true,
            is_closed: false,
            health: Health::default(),
            next_campaign: 0,
            answered: 0,
            turned_at: Instant::now(),
        }
    }

    /// How many calls are with providers or waiting for a free place there.
    pub fn in_flight(&self) -> usize {
        self.in_flight.len()
    }

    /// How many intents may be open at a connection: a full window, and what will have left it by the next commit. A fast provider
    /// empties the window while one commit is made; a slow one should find few committed intents that wait for a
    /// place, because a pause cannot call them back and a crash leaves them in doubt.
    fn most_in_flight(&self) -> usize {
        let workers = self.app.config.workers;
        workers + (self.answered * 2).clamp(SPARE.min(workers), workers * MOST_SPARE)
    }

    /// How many of them campaigns leave to single messages: one call of a campaign may hold as many messages as all
    /// that may be open, until its last is answered.
    fn kept(&self) -> usize {
        self.app.config.workers / KEPT
    }

    /// One transaction: outcomes in, intents and claims out; then the cleared messages leave.
    pub async fn turn(&mut self) -> Result<Turn> {
        let now = self.app.clock.now();
        self.turned_at = Instant::now();
        while let Some(answered) = self.in_flight.try_join_next() {
            self.note(answered);
        }
        match self.serves {
            Serves::Codes => self.turn_with_codes(now).await,
            Serves::Others => self.turn_with_others(now).await,
        }
    }

    /// Codes are claimed, prepared and cleared in one transaction.
    async fn turn_with_codes(&mut self, now: Millis) -> Result<Turn> {
        let room = self.load.room(self.most_in_flight());
        let mut is_due = false;
        let writes_opt_outs = self.consequences.iter().any(|one| matches!(one, Consequence::OptedOut(_)));
        if self.rung && room > 0 && !self.is_closed && !writes_opt_outs {
            is_due = messages::has_due(&mut self.app.db.read().await?, AUTHENTICATION_QUEUE, now).await?;
            self.rung = is_due;
        }
        if self.outcomes.is_empty() && !is_due {
            return Ok(Turn::Idle);
        }
        let app = Arc::clone(&self.app);
        let mut tx = app.db.write().await?;
        let mut claimed = Vec::new();
        if is_due {
            claimed = messages::claim(&mut tx, AUTHENTICATION_QUEUE, &self.owner, room, now, now + LEASE).await?;
        }
        let codes = prepare_in(&mut tx, &app, claimed, now).await?;
        let gated = self.write(&mut tx, &codes, now).await?;
        self.commit(tx, &codes, gated).await?;
        self.rung = (self.rung && writes_opt_outs) || (is_due && codes.len() == room);
        Ok(Turn::Worked)
    }

    async fn turn_with_others(&mut self, now: Millis) -> Result<Turn> {
        self.answered = self.outcomes.len().max(self.answered - self.answered / 8);
        let room = self.load.room(self.most_in_flight());
        let hungry = self.ready.len() < self.most_in_flight();
        let rung = std::mem::take(&mut self.rung);
        if self.outcomes.is_empty() && !hungry && !rung && !self.ready.fits(room, self.kept()) {
            return Ok(Turn::Idle);
        }
        // Nothing is cleared in a turn that writes opt-outs: both hold people and the ledger, in opposite orders.
        let writes_opt_outs = self.consequences.iter().any(|one| matches!(one, Consequence::OptedOut(_)));
        let candidates = if writes_opt_outs { Vec::new() } else { self.ready.take(room, self.kept()) };
        let had_work = !self.outcomes.is_empty() || !candidates.is_empty();
        match self.try_others(&candidates, hungry, now).await {
            Ok(claimed) => {
                let worked = had_work || !claimed.is_empty();
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

    async fn try_others(&mut self, candidates: &[Ready], hungry: bool, now: Millis) -> Result<Vec<Claimed>> {
        let mut tx = self.app.db.write_in_bulk().await?;
        let gated = self.write(&mut tx, candidates, now).await?;
        let claimed = self.claim(&mut tx, hungry, now).await?;
        self.commit(tx, candidates, gated).await?;
        Ok(claimed)
    }

    /// Writes what came back and what may leave.
    async fn write(&mut self, tx: &mut Tx, candidates: &[Ready], now: Millis) -> Result<(Gated, Announcements)> {
        let mut tally = Tally::default();
        messages::settle(tx, &self.outcomes, &mut tally).await?;
        messages::await_reports(tx, &self.awaited).await?;
        retry::apply(tx, &self.consequences, now).await?;
        let room = Room { windows: &self.windows, load: &self.load, most: self.most_in_flight() };
        let gated = gate::clear(tx, &self.app, &mut self.health, candidates, room, now, &mut tally).await?;
        Ok((gated, tally.write(tx).await?))
    }

    /// Makes a turn durable; only then its messages leave.
    async fn commit(&mut self, tx: Tx, candidates: &[Ready], (gated, announcements): (Gated, Announcements)) -> Result<()> {
        fail::fail_point!("dispatch-before-commit");
        tx.commit().await?;
        fail::fail_point!("dispatch-after-commit");
        announcements.send(&self.app);
        self.appetites.learn_from(candidates, &gated.put_off, self.app.clock.now());
        self.load.learn(&gated.chosen);
        self.outcomes.clear();
        self.consequences.clear();
        self.awaited.clear();
        for call in leave::calls(gated.cleared) {
            self.leave(call);
        }
        Ok(())
    }

    /// Single messages first, then the running campaigns in turns. A process that is not hungry still takes single
    /// messages, for those leave before what it has.
    async fn claim(&mut self, tx: &mut Tx, hungry: bool, now: Millis) -> Result<Vec<Claimed>> {
        if self.is_closed {
            return Ok(Vec::new());
        }
        let most = self.most_in_flight() * 2;
        let mut claimed = Vec::new();
        if self.ready.of(Lane::Single) < self.most_in_flight() {
            claimed.extend(messages::claim(tx, SINGLE_QUEUE, &self.owner, most, now, now + LEASE).await?);
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

    /// Sends what shares a call.
    fn leave(&mut self, call: Vec<Cleared>) {
        let Some(first) = call.first() else { return };
        let window = self.windows.of(&first.intent.connection);
        let in_flight = self.load.enter(&first.intent.connection, call.len());
        self.in_flight.spawn(leave::leave(call, window, Arc::clone(&self.app), in_flight));
    }

    fn note(&mut self, answered: std::result::Result<Answered, tokio::task::JoinError>) {
        match answered {
            Ok(answered) => answered.answers.into_iter().for_each(|answer| self.note_one(answer)),
            // A panic in a client: the attempts stay open and are found by the rescue when their lease ends.
            Err(e) => tracing::error!(error = %e, "a send ended without an answer"),
        }
    }

    fn note_one(&mut self, (cleared, at, outcome): Answer) {
        let (settled, consequence) = retry::judge(&cleared, outcome, at);
        let Cleared { intent, submitted_at, client, .. } = cleared;
        if let (Settled::Accepted { provider_message_id, .. }, true) = (&settled, client.capabilities().poll > 0) {
            self.awaited.push(Awaited::of(&intent, provider_message_id, at));
        }
        // What befell a call befell each of its messages, and is acted on once.
        if self.consequences.last() != consequence.as_ref() {
            self.consequences.extend(consequence);
        }
        self.outcomes.push(Settlement { intent, submitted_at, settled, at });
    }

    /// Waits until something comes back, somebody rings, or the time is over.
    pub async fn wait(&mut self, most: Duration) {
        let now = self.app.clock.now();
        let next_look = self.appetites.next_look(now).and_then(|at| u64::try_from(at - now).ok()).map(Duration::from_millis);
        let most = next_look.map_or(most, |look| look.min(most));
        let app = Arc::clone(&self.app);
        let rings = async {
            match self.serves {
                Serves::Codes => app.wake.codes().await,
                Serves::Others => app.wake.dispatch().await,
            }
        };
        tokio::select! {
            answer = self.in_flight.join_next(), if !self.in_flight.is_empty() => {
                if let Some(answer) = answer {
                    self.note(answer);
                }
            }
            () = rings => self.rung = true,
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

    /// Turns until there is nothing to do at this instant and every answer is in; whether there was something.
    pub async fn run_dry(&mut self) -> Result<bool> {
        let mut worked = false;
        self.rung = true;
        while self.turn().await? == Turn::Worked || self.in_flight() > 0 {
            worked = true;
            self.rung = true;
            if let Some(answer) = self.in_flight.join_next().await {
                self.note(answer);
            }
        }
        Ok(worked)
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
            tracing::warn!(open = self.load.all(), "stopping with unanswered messages; their outcome is found out at the next start");
        }
        if self.outcomes.is_empty() {
            return Ok(());
        }
        let mut tx = self.app.db.write().await?;
        let gated = self.write(&mut tx, &[], self.app.clock.now()).await?;
        self.commit(tx, &[], gated).await
    }
}
