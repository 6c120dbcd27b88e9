//! What has to be done now and then: start what is due, make messages of launched campaigns, rescue, finish, prune.

use std::sync::Arc;
use std::time::Duration;

use crate::access;
use crate::app::{App, Change};
use crate::campaigns;
use crate::codes;
use crate::connections;
use crate::kernel::clock::{HOUR, MINUTE, Millis, SECOND};
use crate::kernel::error::Result;
use crate::kernel::id::{CampaignId, SubaccountId};
use crate::messages::{self, Tally};
use crate::preferences;
use crate::privacy;

/// Between two rounds when nothing rings.
const ROUND: Duration = Duration::from_millis(500);
/// Between two looks for providers that take everything and deliver nothing.
const SILENCE: Millis = 30 * SECOND;
/// Between two looks for codes whose time is over.
const CODES: Millis = 30 * SECOND;
/// Between two looks for opt-ins that nobody confirmed in time.
const LAPSES: Millis = MINUTE;
/// Messages of cancelled campaigns ended in one transaction.
const SWEEP: usize = 1_000;
/// Messages of sensitive categories looked at in one transaction.
const REDACTED: i64 = 500;

/// At the start: on an embedded database every lease is dead, for this process is the only one.
pub async fn recover(app: &App) -> Result<()> {
    let rescued = rescue(app, !app.db.is_shared()).await?;
    if rescued > 0 {
        tracing::info!(messages = rescued, "took back messages of a process that stopped");
    }
    // An erasure that cannot be finished now must not keep everybody's messages from leaving.
    if let Err(e) = privacy::finish_erasures(app, true).await {
        tracing::error!(error = ?e, "an erasure that was interrupted could not be finished; it is tried again in an hour");
    }
    Ok(())
}

/// Does the chores until the process drains.
pub async fn run(app: Arc<App>) {
    let (mut pruned_at, mut listened_at, mut swept_at, mut lapsed_at) = (0, 0, 0, 0);
    while !app.is_draining() {
        let did = match step(&app).await {
            Ok(did) => did,
            Err(e) => {
                tracing::error!(error = ?e, "a chore failed and is tried again");
                false
            }
        };
        let now = app.clock.now();
        if now - pruned_at > HOUR {
            pruned_at = now;
            if let Err(e) = prune(&app, now).await {
                tracing::error!(error = ?e, "pruning failed and is tried again in an hour");
            }
        }
        if now - lapsed_at > LAPSES {
            lapsed_at = now;
            if let Err(e) = preferences::lapse(&app).await {
                tracing::error!(error = ?e, "opt-ins that nobody confirmed could not be ended; it is tried again");
            }
        }
        if now - listened_at > SILENCE {
            listened_at = now;
            if let Err(e) = listen_for_silence(&app).await {
                tracing::error!(error = ?e, "providers that deliver nothing could not be looked for; it is tried again");
            }
        }
        if now - swept_at > CODES {
            swept_at = now;
            if let Err(e) = codes::sweep(&app, now).await {
                tracing::error!(error = ?e, "codes whose time is over could not be removed; it is tried again");
            }
        }
        if !did {
            tokio::select! {
                () = app.wake.chores() => {}
                () = tokio::time::sleep(ROUND) => {}
            }
        }
    }
}

/// One round; whether there was something to do.
pub async fn step(app: &Arc<App>) -> Result<bool> {
    let now = app.clock.now();
    let mut tx = app.db.write_in_bulk().await?;
    let started = campaigns::start_due(&mut tx, now).await?;
    let finished = campaigns::finish_done(&mut tx, now).await?;
    let mut tally = Tally::default();
    let matched = messages::match_waiting(&mut tx, now, &mut tally).await?;
    let told = tally.write(&mut tx).await?;
    let swept = campaigns::sweep_cancelled(&mut tx, SWEEP, now).await?;
    tx.commit().await?;
    told.send(app);
    announce(app, &started, "sending");
    announce(app, &finished, "finished");
    let mut did = !started.is_empty() || !finished.is_empty() || matched > 0 || swept.is_some();
    if let Some(told) = swept {
        told.send(app);
    }
    did |= campaigns::try_step(app).await?;
    did |= campaigns::expand_step(app).await?;
    did |= rescue(app, false).await? > 0;
    did |= messages::redact_due(app, REDACTED).await? > 0;
    did |= privacy::step(app).await?;
    Ok(did)
}

/// Keeps back connections that take everything and deliver nothing.
pub async fn listen_for_silence(app: &App) -> Result<()> {
    let now = app.clock.now();
    if connections::has_silent(&mut app.db.read().await?, now).await? {
        let mut tx = app.db.write().await?;
        connections::keep_back_silent(&mut tx, now).await?;
        tx.commit().await?;
    }
    Ok(())
}

fn announce(app: &App, campaigns: &[(SubaccountId, CampaignId)], status: &str) {
    for (subaccount, id) in campaigns {
        app.announce(Change::Campaign { subaccount: subaccount.clone(), id: id.as_str().to_owned(), status: status.to_owned() });
    }
    if !campaigns.is_empty() {
        app.wake.notify_campaigns();
    }
}

async fn rescue(app: &App, everything: bool) -> Result<u64> {
    let now = app.clock.now();
    let mut rescued = 0;
    loop {
        let mut tx = app.db.write_in_bulk().await?;
        let mut tally = Tally::default();
        let found = messages::rescue(&mut tx, now, everything, &mut tally).await?;
        let told = tally.write(&mut tx).await?;
        tx.commit().await?;
        told.send(app);
        rescued += found;
        if found == 0 {
            return Ok(rescued);
        }
    }
}

async fn prune(app: &App, now: Millis) -> Result<()> {
    let mut tx = app.db.write_in_bulk().await?;
    access::prune(&mut tx, now).await?;
    connections::prune(&mut tx, now).await?;
    codes::prune(&mut tx, now).await?;
    messages::prune_longest(&mut tx, now).await?;
    tx.commit().await?;
    privacy::plan(app).await?;
    privacy::finish_erasures(app, false).await
}
