//! Asks providers for what they do not report by themselves: what became of messages, what they cost ([`prices`]), and what
//! people wrote back. What they answer takes the same way as what others report. No transaction is open while a provider is asked.

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;

use crate::access;
use crate::app::App;
use crate::connections::{self, Connection};
use crate::db::Tx;
use crate::dispatch::prices;
use crate::inbox;
use crate::kernel::clock::{MINUTE, Millis, SECOND};
use crate::kernel::error::Result;
use crate::kernel::id::{ConnectionId, SubaccountId};
use crate::messages::{self, Awaited};
use crate::providers::{BadSetting, Client, Gateway, Polled, SendError};

/// Between two looks at what is due.
const ROUND: Duration = Duration::from_secs(1);
/// How many messages one step asks about.
const MOST: usize = 500;
/// How many questions are under way at once.
const AT_ONCE: usize = 8;
/// How long messages that are being asked about are ours. Longer than a provider may take to answer.
const LEASE: Millis = MINUTE;
/// Between two looks into an inbox.
const INBOX: Millis = 30 * SECOND;

/// Makes the client of a connection.
pub(super) type Open = dyn Fn(&App, &Connection) -> Result<Client, BadSetting> + Send + Sync;

/// Asks providers, step by step. Every node may have one: messages are taken under a lease, and what an inbox gives
/// twice is acted on once.
pub struct Poller {
    app: Arc<App>,
    open: Box<Open>,
    inboxes_at: Millis,
}

impl fmt::Debug for Poller {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Poller").field("inboxes_at", &self.inboxes_at).finish_non_exhaustive()
    }
}

impl Poller {
    /// One that speaks to the connections' own providers.
    pub fn new(app: Arc<App>) -> Self {
        Self::speaking(app, |app, connection| connection.client(app))
    }

    /// One that speaks through other clients, for tests of what it does with their answers.
    pub fn speaking(app: Arc<App>, open: impl Fn(&App, &Connection) -> Result<Client, BadSetting> + Send + Sync + 'static) -> Self {
        Self { app, open: Box::new(open), inboxes_at: 0 }
    }

    /// Asks until the process drains.
    pub async fn run(mut self) {
        while !self.app.is_draining() {
            match self.step().await {
                Ok(true) => {}
                Ok(false) => tokio::time::sleep(ROUND).await,
                Err(e) => {
                    tracing::error!(error = ?e, "what providers were asked could not be stored; they are asked again");
                    tokio::time::sleep(ROUND).await;
                }
            }
        }
    }

    /// Asks what is due, message by message and price by price; whether there was anything to ask.
    pub async fn step(&mut self) -> Result<bool> {
        let now = self.app.clock.now();
        if now >= self.inboxes_at {
            self.inboxes_at = now + INBOX;
            self.look_into_inboxes().await?;
        }
        let asked = self.ask_about_messages(now).await?;
        Ok(asked | prices::ask(&self.app, &self.open).await?)
    }

    async fn ask_about_messages(&self, now: Millis) -> Result<bool> {
        let app = &self.app;
        let mut tx = app.db.read().await?;
        let is_due = messages::has_awaited(&mut tx, now).await?;
        drop(tx);
        if !is_due {
            return Ok(false);
        }
        let mut tx = app.db.write_in_bulk().await?;
        let claimed = messages::claim_awaited(&mut tx, app, MOST, now, now + LEASE).await?;
        let mut by_connection: HashMap<ConnectionId, Vec<(Awaited, String)>> = HashMap::new();
        for one in claimed {
            by_connection.entry(one.0.connection.clone()).or_default().push(one);
        }
        let connections = connections_of(&mut tx, app, by_connection.values().flatten().map(|(a, _)| &a.subaccount)).await?;
        tx.commit().await?;
        let parts = by_connection.into_iter().flat_map(|(id, awaited)| {
            let connection = connections.get(&id).cloned();
            let client = connection.as_ref().and_then(|c| (self.open)(app, c).ok());
            let most = client.as_ref().map_or(MOST, |c| c.capabilities().poll.max(1));
            let parts: Vec<_> = awaited.chunks(most).map(<[_]>::to_vec).collect();
            parts.into_iter().map(move |part| (connection.clone().zip(client.clone()), part))
        });
        let mut parts: VecDeque<_> = parts.collect();
        while !parts.is_empty() {
            let together: Vec<_> = parts.drain(..AT_ONCE.min(parts.len())).map(|(door, part)| self.ask(door, part)).collect();
            for outcome in join_all(together).await {
                outcome?;
            }
        }
        Ok(true)
    }

    /// Asks one question and stores what came of it. Without a client, or without an answer, the messages wait for the
    /// next time.
    async fn ask(&self, door: Option<(Arc<Connection>, Client)>, part: Vec<(Awaited, String)>) -> Result<()> {
        let app = &self.app;
        if let Some((connection, client)) = door {
            let receipts = answers(client.as_ref(), &part).await.unwrap_or_else(|error| {
                tracing::warn!(
                    connection = connection.id.as_str(),
                    outcome = word(&error),
                    "a provider did not say what became of messages"
                );
                Vec::new()
            });
            messages::receive(app, &connection, receipts).await?;
        }
        let awaited: Vec<Awaited> = part.into_iter().map(|(awaited, _)| awaited).collect();
        let mut tx = app.db.write_in_bulk().await?;
        messages::asked(&mut tx, &awaited, app.clock.now()).await?;
        Ok(tx.commit().await?)
    }

    async fn look_into_inboxes(&self) -> Result<()> {
        let app = &self.app;
        let mut tx = app.db.read().await?;
        let mut doors = Vec::new();
        for subaccount in access::all_subaccounts(&mut tx).await? {
            for connection in connections::all(&mut tx, &app.cipher.tenant(&subaccount.id), &subaccount.id).await? {
                // One whose settings cannot be used is paused when a message meets it.
                if let (true, Ok(client)) = (connection.is_usable(), (self.open)(app, &connection)) {
                    doors.push((connection, client));
                }
            }
        }
        drop(tx);
        for together in doors.chunks(AT_ONCE) {
            let looks: Vec<_> = together.iter().map(|(_, client)| client.poll_inbound()).collect();
            for ((connection, _), inbound) in together.iter().zip(join_all(looks).await) {
                match inbound {
                    Ok(inbound) => inbox::hear_asked(app, connection, &inbound).await?,
                    Err(error) => {
                        tracing::warn!(connection = connection.id.as_str(), outcome = word(&error), "a provider's inbox could not be read");
                    }
                }
            }
        }
        Ok(())
    }
}

/// The connections of subaccounts, by id.
pub(super) async fn connections_of(
    tx: &mut Tx,
    app: &App,
    subaccounts: impl Iterator<Item = &SubaccountId>,
) -> Result<HashMap<ConnectionId, Arc<Connection>>> {
    let mut connections = HashMap::new();
    for subaccount in subaccounts.collect::<BTreeSet<_>>() {
        for connection in connections::all(tx, &app.cipher.tenant(subaccount), subaccount).await? {
            connections.insert(connection.id.clone(), Arc::new(connection));
        }
    }
    Ok(connections)
}

async fn answers(client: &dyn Gateway, part: &[(Awaited, String)]) -> Result<Vec<crate::providers::Receipt>, SendError> {
    let polled: Vec<Polled<'_>> = part
        .iter()
        .map(|(awaited, to)| Polled { attempt: awaited.attempt.as_str(), provider_message_id: &awaited.provider_message_id, to })
        .collect();
    client.poll(&polled).await
}

/// What a log may say of a failed question.
pub(super) fn word(error: &SendError) -> &'static str {
    match error {
        SendError::Refused(_) => "refused",
        SendError::Throttled { .. } => "throttled",
        SendError::Unreachable { .. } => "unreachable",
        SendError::Unknown { .. } => "unknown",
        SendError::Misconfigured { .. } => "misconfigured",
    }
}
