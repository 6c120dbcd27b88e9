//! The intake: many callers and many reports, few commits.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::access::Permission;
use crate::app::App;
use crate::connections::{self, Connection};
use crate::kernel::batch::Batcher;
use crate::kernel::clock::{Millis, SECOND};
use crate::kernel::error::{Error, Result};
use crate::messages::control::carrier_opt_outs;
use crate::messages::receipts::{self, Report};
use crate::messages::send::{SendCall, Sending, send_all};
use crate::messages::tally::Tally;
use crate::providers::{Provider, Receipt};

/// Most calls that one transaction takes.
const BATCH: usize = 256;
/// How long a connection is remembered, so that a thousand reports a second do not read it a thousand times.
const REMEMBERED: Millis = SECOND;
/// How many connections are remembered at most.
const MOST_REMEMBERED: usize = 1_000;

/// Connections by webhook key, with when they were read.
type Remembered = HashMap<String, (Millis, Arc<Connection>)>;
/// Connections by provider, with when they were read.
type OfProviders = HashMap<&'static str, (Millis, Vec<Arc<Connection>>)>;

/// Takes calls and providers' reports in batches: many callers, one commit.
#[derive(Clone, Debug)]
pub struct Intake {
    app: Arc<App>,
    sends: Batcher<SendCall, Sending>,
    reports: Batcher<Vec<Report>, ()>,
    connections: Arc<Mutex<Remembered>>,
    by_provider: Arc<Mutex<OfProviders>>,
}

impl Intake {
    /// Starts taking.
    pub fn start(app: &Arc<App>) -> Self {
        let (for_sends, for_reports) = (Arc::clone(app), Arc::clone(app));
        Self {
            app: Arc::clone(app),
            connections: Arc::default(),
            by_provider: Arc::default(),
            sends: Batcher::start(BATCH, move |calls| {
                let app = Arc::clone(&for_sends);
                async move { send_all(&app, calls).await }
            }),
            reports: Batcher::start(BATCH, move |calls| {
                let app = Arc::clone(&for_reports);
                async move { receive_all(&app, calls).await }
            }),
        }
    }

    /// Accepts one message; when this returns it is durable.
    pub async fn send(&self, call: SendCall) -> Result<Sending> {
        call.actor.require(Permission::Send)?;
        self.sends.submit(call).await
    }

    /// The connection that a provider's call names by its webhook key; a change of it is seen within a second.
    pub async fn connection(&self, key: &str) -> Result<Option<Arc<Connection>>> {
        let now = self.app.clock.now();
        let remembered = self.connections.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned();
        if let Some((at, connection)) = remembered
            && (at..at + REMEMBERED).contains(&now)
        {
            return Ok(Some(connection));
        }
        let mut tx = self.app.db.read().await?;
        let Some(connection) = connections::by_webhook_key(&mut tx, &self.app.cipher, key).await?.map(Arc::new) else { return Ok(None) };
        let mut known = self.connections.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= MOST_REMEMBERED {
            known.clear();
        }
        known.insert(key.to_owned(), (now, Arc::clone(&connection)));
        Ok(Some(connection))
    }

    /// The connections that are on at one provider, of every subaccount, the first choice first. For calls to an
    /// address without a key; a change of them is seen within a second.
    pub async fn connections_of(&self, provider: Provider) -> Result<Vec<Arc<Connection>>> {
        let now = self.app.clock.now();
        let known = self.by_provider.lock().unwrap_or_else(PoisonError::into_inner).get(provider.as_str()).cloned();
        if let Some((at, connections)) = known
            && (at..at + REMEMBERED).contains(&now)
        {
            return Ok(connections);
        }
        let mut tx = self.app.db.read().await?;
        let all = connections::of_provider(&mut tx, &self.app.cipher, provider, MOST_REMEMBERED).await?;
        let all: Vec<Arc<Connection>> = all.into_iter().map(Arc::new).collect();
        self.by_provider.lock().unwrap_or_else(PoisonError::into_inner).insert(provider.as_str(), (now, all.clone()));
        Ok(all)
    }

    /// Takes what one call of a provider reports; when this returns it is durable.
    pub async fn receive(&self, connection: Arc<Connection>, receipts: Vec<Receipt>) -> Result<()> {
        if receipts.is_empty() {
            return Ok(());
        }
        self.reports.submit(reports(&connection, receipts)).await
    }
}

fn reports(connection: &Arc<Connection>, receipts: Vec<Receipt>) -> Vec<Report> {
    receipts.into_iter().map(|receipt| Report { connection: Arc::clone(connection), receipt }).collect()
}

/// Takes what a provider answered when it was asked; when this returns it is durable.
pub async fn receive(app: &App, connection: &Arc<Connection>, receipts: Vec<Receipt>) -> Result<()> {
    if receipts.is_empty() {
        return Ok(());
    }
    try_receive_all(app, &reports(connection, receipts)).await
}

async fn receive_all(app: &App, calls: Vec<Vec<Report>>) -> Vec<Result<()>> {
    let count = calls.len();
    let reports: Vec<Report> = calls.into_iter().flatten().collect();
    match try_receive_all(app, &reports).await {
        Ok(()) => (0..count).map(|_| Ok(())).collect(),
        Err(e) => {
            let why = e.to_string();
            tracing::error!(error = ?e, reports = reports.len(), "reports could not be stored");
            (0..count).map(|_| Err(Error::internal(why.clone()))).collect()
        }
    }
}

async fn try_receive_all(app: &App, reports: &[Report]) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.write_in_bulk().await?;
    let mut tally = Tally::default();
    for part in reports.chunks(BATCH) {
        let opted_out = receipts::apply(&mut tx, part, now, &mut tally).await?;
        carrier_opt_outs(&mut tx, opted_out, now).await?;
    }
    let announcements = tally.write(&mut tx).await?;
    fail::fail_point!("receipts-before-commit");
    tx.commit().await?;
    fail::fail_point!("receipts-after-commit");
    announcements.send(app);
    Ok(())
}
