//! The carrier of the demo: takes claimed messages as a provider would and reports on them.

use std::sync::Arc;

use peyk::app::App;
use peyk::connections::Connection;
use peyk::kernel::clock::{MINUTE, Millis, SECOND};
use peyk::kernel::id::AttemptId;
use peyk::kernel::sms::Encoding;
use peyk::messages::{self, Claimed, Intake, Intent, Settled, Settlement, Tally};
use peyk::providers::{Receipt, ReceiptStatus, Refusal, RefusalClass};

use super::shop::Chance;
use crate::commands::Outcome;

/// Messages of one transaction.
const BATCH: usize = 500;

/// Of a thousand messages: refused at once, failed later, never reported on.
const REFUSED: u64 = 8;
const FAILED: u64 = 22;
const SILENT: u64 = 10;

/// A carrier with a connection of the demo.
pub struct Carrier {
    connection: Arc<Connection>,
    intake: Intake,
    chance: Chance,
}

impl Carrier {
    /// Works through this connection.
    pub fn new(app: &Arc<App>, connection: Connection, chance: Chance) -> Self {
        Self { connection: Arc::new(connection), intake: Intake::start(app), chance }
    }

    /// The connection that it works through.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Carries everything that is due in a queue.
    pub async fn carry(&mut self, app: &App, queue: &str) -> Outcome {
        loop {
            let now = app.clock.now();
            let lease = now + MINUTE;
            let mut tx = app.db.write().await?;
            let claimed = messages::claim(&mut tx, queue, "demo", BATCH, now, lease).await?;
            if claimed.is_empty() {
                return Ok(());
            }
            let mut tally = Tally::default();
            let intents = claimed.into_iter().map(|message| self.intent(message, now)).collect();
            let intents = messages::submit(&mut tx, intents, now, &mut tally).await?;
            let settlements: Vec<Settlement> = intents.into_iter().map(|intent| self.settled(intent, now)).collect();
            messages::settle(&mut tx, &settlements, &mut tally).await?;
            let _nobody_listens = tally.write(&mut tx).await?;
            tx.commit().await?;
            let receipts: Vec<Receipt> = settlements.iter().filter_map(|s| self.receipt(s, now)).collect();
            self.intake.receive(Arc::clone(&self.connection), receipts).await?;
        }
    }

    fn intent(&self, message: Claimed, now: Millis) -> Intent {
        let language = message.language.as_deref().unwrap_or("en");
        // The demo's English texts are all GSM-7, and no other text is.
        let encoding = if language == "en" { Encoding::Gsm7 } else { Encoding::Ucs2 };
        Intent {
            attempt: AttemptId::new(now),
            connection: self.connection.id.clone(),
            sender: self.connection.senders.first().cloned().unwrap_or_default(),
            encoding,
            segments: message.segments(),
            estimated: message.estimated(),
            reason: None,
            message,
        }
    }

    fn settled(&mut self, intent: Intent, now: Millis) -> Settlement {
        let settled = if self.chance.below(1_000) < REFUSED {
            Settled::Failed { code: "invalid_number".into(), detail: "The carrier knows no such number.".into(), retryable: false }
        } else {
            Settled::Accepted { provider_message_id: format!("demo-{}", intent.attempt), cost: intent.estimated }
        };
        Settlement { intent, submitted_at: now, settled, at: now + 120 }
    }

    fn receipt(&mut self, settlement: &Settlement, now: Millis) -> Option<Receipt> {
        let Settled::Accepted { provider_message_id, cost } = &settlement.settled else { return None };
        let dice = self.chance.below(1_000);
        if dice < SILENT {
            return None;
        }
        let unreachable = || Refusal {
            code: "unreachable".into(),
            detail: "The phone was off or out of reach for too long.".into(),
            class: RefusalClass::Permanent,
        };
        let status = if dice < SILENT + FAILED { ReceiptStatus::Failed(unreachable()) } else { ReceiptStatus::Delivered };
        Some(Receipt {
            attempt: Some(settlement.intent.attempt.as_str().to_owned()),
            provider_message_id: Some(provider_message_id.clone()),
            status,
            at: now + SECOND + self.chance.below(8_000) as Millis,
            event_key: format!("{provider_message_id}-final"),
            price_micros: Some(*cost),
        })
    }
}
