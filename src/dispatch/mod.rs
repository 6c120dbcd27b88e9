//! The engine room: claim → gate → send → settle, in batches, and the chores around it.
//!
//! One turn of the [`Pump`] is one transaction: it writes the outcomes that came in, commits intents for
//! messages that passed the gate, and claims the next ones. Only what was committed as an intent is sent,
//! so that after a crash every message is either ours or in doubt, and never silently sent twice.

mod choice;
mod chores;
mod clients;
mod doubts;
mod gate;
mod lanes;
mod leave;
mod load;
mod offers;
mod poll;
mod prepare;
mod prices;
mod pump;
mod rates;
mod repeat;
mod retry;
mod wanted;
mod window;

use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::kernel::clock::{Millis, SECOND};
use crate::kernel::error::Result;

pub use poll::Poller;
pub use pump::{Pump, Turn};

/// How long a claimed message is ours without a sign of life: [`FRESH`], then a wait for a free place and the request
/// itself, each at most as long as a provider may take to answer (15 s), and the outcome's commit.
pub const LEASE: Millis = 60 * SECOND;
/// How old a claim may be when its message leaves; an older one is given back, so that the lease outlives the request.
const FRESH: Millis = 15 * SECOND;
/// How long an idle dispatcher waits before it looks for messages that became due or came from another node.
const IDLE: Duration = Duration::from_millis(500);
/// How long a stopping process waits for answers of messages in flight.
const DRAIN: Duration = Duration::from_secs(20);

/// Dispatches until the process drains, then finishes what is in flight.
pub async fn run(app: Arc<App>) -> Result<()> {
    chores::recover(&app).await?;
    let chores = tokio::spawn(chores::run(Arc::clone(&app)));
    let doubts = tokio::spawn(doubts::run(Arc::clone(&app)));
    let polling = tokio::spawn(Poller::new(Arc::clone(&app)).run());
    let [codes, others] = Pump::pair(&app);
    let stopped = tokio::join!(drive(&app, codes), drive(&app, others));
    // These saw the draining too; what they were doing is finished by their own transactions.
    let _ended = (chores.await, doubts.await, polling.await);
    stopped.0.and(stopped.1)
}

async fn drive(app: &App, mut pump: Pump) -> Result<()> {
    while !app.is_draining() {
        match pump.turn().await {
            Ok(Turn::Worked) => pump.gather().await,
            Ok(Turn::Idle) => pump.wait(IDLE).await,
            Err(e) => {
                tracing::error!(error = ?e, "a dispatch turn failed; outcomes are kept and tried again");
                tokio::time::sleep(IDLE).await;
            }
        }
    }
    pump.drain(DRAIN).await
}

/// Works until there is nothing to do at this instant: for tests and for the command line.
pub async fn run_until_idle(app: &Arc<App>) -> Result<()> {
    let mut pumps = Pump::pair(app);
    let mut poller = Poller::new(Arc::clone(app));
    chores::listen_for_silence(app).await?;
    loop {
        let mut worked = chores::step(app).await? | doubts::step(app).await? | poller.step().await?;
        for pump in &mut pumps {
            worked |= pump.run_dry().await?;
        }
        if !worked {
            break;
        }
    }
    for pump in &mut pumps {
        pump.drain(DRAIN).await?;
    }
    Ok(())
}
