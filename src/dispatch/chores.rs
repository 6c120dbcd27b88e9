//! What has to be done now and then: start what is due, make messages of launched campaigns, resolve doubts,
//! rescue, finish, prune.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;

use crate::access;
use crate::app::{App, Change};
use crate::campaigns;
use crate::connections::{self, Connection};
use crate::dispatch::prepare::{Ready, prepare};
use crate::kernel::category::Category;
use crate::kernel::clock::{HOUR, MINUTE, Millis, SECOND};
use crate::kernel::error::Result;
use crate::kernel::id::{CampaignId, SubaccountId};
use crate::messages::{self, Doubt, Resolution, Tally};
use crate::providers::{Client, Lookup, Question};

/// Between two rounds when nothing rings.
const ROUND: Duration = Duration::from_millis(500);
/// Between two looks at the same doubt.
const DOUBT_AGAIN: Millis = 5 * SECOND;
/// How many doubts are looked into at once.
const DOUBTS: usize = 64;
/// Between two looks for providers that take everything and deliver nothing.
const SILENCE: Millis = 30 * SECOND;
/// Messages of cancelled campaigns ended in one transaction.
const SWEEP: usize = 1_000;

/// At the start: on an embedded database every lease is dead, for this process is the only one.
pub async fn recover(app: &App) -> Result<()> {
    let rescued = rescue(app, !app.db.is_shared()).await?;
    if rescued > 0 {
        tracing::info!(messages = rescued, "took back messages of a process that stopped");
    }
    Ok(())
}

/// Does the chores until the process drains.
pub async fn run(app: Arc<App>) {
    let (mut pruned_at, mut listened_at) = (0, 0);
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
        if now - listened_at > SILENCE {
            listened_at = now;
            if let Err(e) = listen_for_silence(&app).await {
                tracing::error!(error = ?e, "providers that deliver nothing could not be looked for; it is tried again");
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
    did |= campaigns::expand_step(app).await?;
    did |= rescue(app, false).await? > 0;
    did |= look_into_doubts(app).await?;
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

async fn look_into_doubts(app: &Arc<App>) -> Result<bool> {
    let now = app.clock.now();
    let mut tx = app.db.write_in_bulk().await?;
    let doubts = messages::doubts(&mut tx, now, now + DOUBT_AGAIN, DOUBTS).await?;
    if doubts.is_empty() {
        return Ok(false);
    }
    let mut connections: Vec<Connection> = Vec::new();
    for subaccount in doubts.iter().map(|d| &d.message.subaccount).collect::<std::collections::BTreeSet<_>>() {
        connections.extend(connections::all(&mut tx, &app.cipher.tenant(subaccount), subaccount).await?);
    }
    tx.commit().await?;
    let ready = prepare(app, doubts.iter().map(|d| d.message.clone()).collect(), now).await?;
    let clients: Vec<Option<Client>> =
        doubts.iter().map(|doubt| connections.iter().find(|c| c.id == doubt.connection)?.client(app).ok()).collect();
    let questions = doubts.iter().zip(&ready).zip(&clients);
    let answers = join_all(questions.map(|((doubt, ready), client)| ask(client.as_ref(), doubt, ready))).await;
    let now = app.clock.now();
    let mut tx = app.db.write_in_bulk().await?;
    let mut tally = Tally::default();
    let mut resolved = false;
    for ((doubt, client), answer) in doubts.iter().zip(&clients).zip(answers) {
        if let Some(resolution) = conclude(doubt, answer, now) {
            messages::resolve(&mut tx, doubt, &resolution, now, &mut tally).await?;
            let must_ask = client.as_ref().is_some_and(|c| c.capabilities().poll > 0);
            if let (Resolution::Taken { provider_message_id, .. }, true) = (&resolution, must_ask) {
                messages::await_reports(&mut tx, &[doubt.awaited(provider_message_id, now)]).await?;
            }
            resolved = true;
        }
    }
    let told = tally.write(&mut tx).await?;
    tx.commit().await?;
    told.send(app);
    if resolved {
        app.wake.notify_one();
    }
    Ok(resolved)
}

async fn ask(client: Option<&Client>, doubt: &Doubt, ready: &Ready) -> Lookup {
    let Some(client) = client.filter(|c| c.capabilities().lookup) else { return Lookup::CannotTell };
    let rendered = ready.rendered.as_ref().ok();
    let to = rendered.map(|r| r.phone.e164()).unwrap_or_default();
    let question = Question {
        attempt: doubt.attempt.as_str(),
        to: &to,
        from: doubt.message.sender.as_deref().unwrap_or_default(),
        text: rendered.map_or("", |r| r.text.as_str()),
        started_at: doubt.started_at,
    };
    client.lookup(&question).await
}

/// What an answer to a doubt comes to; `None` to ask again later. A receipt that comes first ends the doubt too.
fn conclude(doubt: &Doubt, answer: Lookup, now: Millis) -> Option<Resolution> {
    let waited = now - doubt.started_at;
    match answer {
        Lookup::Accepted(accepted, _) => {
            let cost = accepted.price_micros.unwrap_or_else(|| doubt.message.estimated());
            Some(Resolution::Taken { provider_message_id: accepted.provider_message_id, cost })
        }
        Lookup::NeverArrived => Some(Resolution::NeverArrived),
        Lookup::CannotTell => {
            let patience = if doubt.message.category == Category::Authentication { 20 * SECOND } else { 2 * MINUTE };
            if waited < patience {
                return None;
            }
            // A second message beats none for codes and transactions, once and visibly; an advertisement
            // is never worth a double.
            let again = doubt.message.category != Category::Marketing && !doubt.message.possible_duplicate && now < doubt.message.not_after;
            Some(if again { Resolution::SendAgain } else { Resolution::GiveUp })
        }
    }
}

async fn prune(app: &App, now: Millis) -> Result<()> {
    let mut tx = app.db.write_in_bulk().await?;
    access::prune(&mut tx, now).await?;
    connections::prune(&mut tx, now).await?;
    Ok(tx.commit().await?)
}
