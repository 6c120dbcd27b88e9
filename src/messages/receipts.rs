//! What providers report: facts in an inbox, each once, applied to the message that they name.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::connections::{Connection, Sign};
use crate::db::Tx;
use crate::kernel::clock::{DAY, Millis};
use crate::kernel::error::Result;
use crate::kernel::id::{AttemptId, ContactId, SubaccountId};
use crate::kernel::money::Micros;
use crate::messages::control::CarrierOptOut;
use crate::messages::price::first_due;
use crate::messages::status::Status;
use crate::messages::store::{self, Match, Reported};
use crate::messages::tally::{Place, Tally};
use crate::providers::{Provider, Receipt, ReceiptStatus, RefusalClass};

/// How long a receipt that names no attempt of ours waits for one.
pub const UNMATCHED_FOR: Millis = 3 * DAY;

/// A report to be stored and applied.
#[derive(Clone, Debug)]
pub struct Report {
    /// Who reported.
    pub connection: Arc<Connection>,
    /// What.
    pub receipt: Receipt,
}

/// Stores reports and applies those that are new. Give it at most a few hundred at once.
pub async fn apply(tx: &mut Tx, reports: &[Report], now: Millis, tally: &mut Tally) -> Result<Vec<CarrierOptOut>> {
    let matches = store::match_receipts(tx, reports).await?;
    let found: Vec<Option<Match>> = reports.iter().map(|r| find(&matches, r)).collect();
    let fresh = store::insert_receipts(tx, reports, &found, now).await?;
    let news =
        reports.iter().zip(&found).filter(|(r, _)| fresh.contains(&(r.connection.id.as_str().to_owned(), r.receipt.event_key.clone())));
    let news: Vec<(&Receipt, Match)> = news.filter_map(|(r, m)| Some((&r.receipt, m.clone()?))).collect();
    for (receipt, found) in &news {
        if let Some(sign) = sign(&receipt.status) {
            tally.showed(&found.counted, &found.connection_id, sign, now);
        }
    }
    let priced_later: HashSet<&str> =
        reports.iter().filter(|r| r.connection.provider.names_prices_later()).map(|r| r.connection.id.as_str()).collect();
    raise(tx, &news, &priced_later, now, tally).await
}

/// What a report tells about the connection. That somebody opted out is no fault of it.
fn sign(status: &ReceiptStatus) -> Option<Sign> {
    match status {
        ReceiptStatus::Delivered => Some(Sign::Delivered),
        ReceiptStatus::Failed(refusal) if refusal.class == RefusalClass::Compliance => None,
        ReceiptStatus::Failed(_) | ReceiptStatus::Expired => Some(Sign::Failed),
        ReceiptStatus::Sent => None,
    }
}

/// Tries again to find the messages of receipts that came before we could know their provider's id.
pub async fn match_waiting(tx: &mut Tx, now: Millis, tally: &mut Tally) -> Result<usize> {
    let waiting = store::unmatched(tx, now - UNMATCHED_FOR, 200).await?;
    let mut news = Vec::new();
    let mut priced_later = HashSet::new();
    for (receipt, found, provider) in &waiting {
        if Provider::parse(provider).is_some_and(Provider::names_prices_later) {
            priced_later.insert(found.connection_id.as_str());
        }
        store::set_receipt_message(tx, &found.connection_id, &receipt.event_key, &found.message_id).await?;
        news.push((receipt, found.clone()));
    }
    let _opted_out = raise(tx, &news, &priced_later, now, tally).await?;
    Ok(news.len())
}

fn find(matches: &HashMap<String, Match>, report: &Report) -> Option<Match> {
    let by_attempt = report.receipt.attempt.as_deref().and_then(|a| matches.get(a));
    let by_provider = || report.receipt.provider_message_id.as_deref().and_then(|p| matches.get(p));
    by_attempt.or_else(by_provider).filter(|m| m.connection_id == report.connection.id.as_str()).cloned()
}

/// Raises messages to what was reported. Several reports of one message are applied together, in the order
/// in which they rise. `priced_later` are the connections whose price has to be asked for after a message's end.
async fn raise(
    tx: &mut Tx,
    news: &[(&Receipt, Match)],
    priced_later: &HashSet<&str>,
    now: Millis,
    tally: &mut Tally,
) -> Result<Vec<CarrierOptOut>> {
    let mut by_message: HashMap<&str, Raise> = HashMap::new();
    let mut opted_out = Vec::new();
    for (receipt, found) in news {
        let raise = by_message.entry(&found.message_id).or_insert_with(|| Raise::new(found));
        raise.hear(receipt, found);
        if let ReceiptStatus::Failed(refusal) = &receipt.status
            && refusal.class == RefusalClass::Compliance
        {
            opted_out.push(CarrierOptOut {
                subaccount: found.counted.subaccount.clone(),
                contact: ContactId::stored(found.contact_id.clone()),
                code: refusal.code.clone(),
            });
        }
    }
    let raises: Vec<Reported> = by_message.into_values().map(Raise::done).collect();
    store::raise(tx, &raises).await?;
    let is_unpriced = |r: &&Reported| priced_later.contains(r.found.connection_id.as_str()) && r.ends();
    let unpriced: Vec<&Reported> = raises.iter().filter(is_unpriced).collect();
    store::insert_price_reads(tx, &unpriced, now, first_due(now)).await?;
    let accepted: HashSet<(AttemptId, SubaccountId, Option<String>)> = news
        .iter()
        .filter(|(_, m)| m.attempt_open)
        .map(|(r, m)| (m.attempt.clone(), m.counted.subaccount.clone(), r.provider_message_id.clone()))
        .collect();
    store::accept_attempts(tx, &accepted).await?;
    for raise in &raises {
        let to = Place { status: raise.status, cost: raise.cost.unwrap_or(0), ..raise.found.place.clone() };
        tally.moved(&raise.found.counted, &raise.found.place, &to);
    }
    Ok(opted_out)
}

/// What the reports about one message add up to.
struct Raise(Reported);

impl Raise {
    fn new(found: &Match) -> Self {
        Self(Reported {
            status: found.place.status,
            cost: found.cost,
            provider_message_id: None,
            code: None,
            detail: None,
            sent_at: None,
            delivered_at: None,
            final_at: None,
            found: found.clone(),
        })
    }

    fn hear(&mut self, receipt: &Receipt, found: &Match) {
        let report = &mut self.0;
        if report.provider_message_id.is_none() {
            report.provider_message_id.clone_from(&receipt.provider_message_id);
        }
        // The carrier's price is the cost; without one the estimate stands once it was taken.
        let price: Option<Micros> = receipt.price_micros.or(report.cost).or(Some(found.place.estimated));
        let status = match &receipt.status {
            ReceiptStatus::Sent => Status::Sent,
            ReceiptStatus::Delivered => Status::Delivered,
            ReceiptStatus::Failed(_) => Status::Failed,
            ReceiptStatus::Expired => Status::Failed,
        };
        report.cost = price;
        report.sent_at = Some(report.sent_at.map_or(receipt.at, |at| at.min(receipt.at)));
        if !report.status.yields_to(status) {
            return;
        }
        report.status = status;
        report.final_at = Some(receipt.at);
        (report.code, report.detail) = match &receipt.status {
            ReceiptStatus::Failed(refusal) => (Some(refusal.code.clone()), Some(refusal.detail.clone())),
            ReceiptStatus::Expired => (Some("expired_at_carrier".into()), Some("The carrier gave up delivering it.".into())),
            ReceiptStatus::Sent | ReceiptStatus::Delivered => (None, None),
        };
        if status == Status::Delivered {
            report.delivered_at = Some(receipt.at);
        }
    }

    fn done(self) -> Reported {
        self.0
    }
}
