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
use crate::providers::Receipt;

/// Most calls that one transaction takes.
const BATCH: usize = 256;
/// How long a connection is remembered, so that a thousand reports a second do not read it a thousand times.
const REMEMBERED: Millis = SECOND;
/// How many connections are remembered at most.
const MOST_REMEMBERED: usize = 1_000;

/// Connections by webhook key, with when they were read.
type Remembered = HashMap<String, (Millis, Arc<Connection>)>;

/// Takes calls and providers' reports in batches: many callers, one commit.
#[derive(Clone, Debug)]
pub struct Intake {
    app: Arc<App>,
    sends: Batcher<SendCall, Sending>,
    reports: Batcher<Report, ()>,
    connections: Arc<Mutex<Remembered>>,
}

impl Intake {
    /// Starts taking.
    pub fn start(app: &Arc<App>) -> Self {
        let (for_sends, for_reports) = (Arc::clone(app), Arc::clone(app));
        Self {
            app: Arc::clone(app),
            connections: Arc::default(),
            sends: Batcher::start(BATCH, move |calls| {
                let app = Arc::clone(&for_sends);
                async move { send_all(&app, calls).await }
            }),
            reports: Batcher::start(BATCH, move |reports| {
                let app = Arc::clone(&for_reports);
                async move { receive_all(&app, reports).await }
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

    /// Takes one report of a provider; when this returns it is durable.
    pub async fn receive(&self, connection: Arc<Connection>, receipt: Receipt) -> Result<()> {
        self.reports.submit(Report { connection, receipt }).await
    }
}

async fn receive_all(app: &App, reports: Vec<Report>) -> Vec<Result<()>> {
    let count = reports.len();
    match try_receive_all(app, &reports).await {
        Ok(()) => (0..count).map(|_| Ok(())).collect(),
        Err(e) => {
            let why = e.to_string();
            tracing::error!(error = ?e, reports = count, "reports could not be stored");
            (0..count).map(|_| Err(Error::internal(why.clone()))).collect()
        }
    }
}

async fn try_receive_all(app: &App, reports: &[Report]) -> Result<()> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let mut tally = Tally::default();
    let opted_out = receipts::apply(&mut tx, reports, now, &mut tally).await?;
    carrier_opt_outs(&mut tx, opted_out, now).await?;
    let announcements = tally.write(&mut tx).await?;
    fail::fail_point!("receipts-before-commit");
    tx.commit().await?;
    fail::fail_point!("receipts-after-commit");
    announcements.send(app);
    Ok(())
}
