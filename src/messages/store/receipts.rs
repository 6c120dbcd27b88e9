//! The inbox of receipts, and raising messages to what was reported.

use std::collections::{HashMap, HashSet};

use crate::db::{Kind, Tx};
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{AttemptId, SubaccountId};
use crate::kernel::money::Micros;
use crate::messages::receipts::Report;
use crate::messages::status::Status;
use crate::messages::tally::{Counted, Place};
use crate::providers::{Receipt, ReceiptStatus, Refusal, RefusalClass};

/// The attempt and message that a receipt is about.
#[derive(Clone, Debug)]
pub struct Match {
    pub attempt: AttemptId,
    pub attempt_open: bool,
    pub connection_id: String,
    pub message_id: String,
    pub contact_id: String,
    pub counted: Counted,
    pub place: Place,
    pub cost: Option<Micros>,
    pub currency: String,
    provider_message_id: Option<String>,
}

#[derive(sqlx::FromRow)]
pub(super) struct MatchRow {
    attempt_id: String,
    state: String,
    connection_id: String,
    attempt_provider_id: Option<String>,
    message_id: String,
    subaccount_id: String,
    campaign_id: Option<String>,
    template_id: Option<String>,
    template_version: Option<i64>,
    variant: Option<String>,
    contact_id: String,
    country: String,
    category: String,
    status: String,
    fact_at: Millis,
    message_connection: Option<String>,
    segments: i64,
    cost: Option<Micros>,
    estimated: Micros,
    currency: String,
}

/// Selects [`MatchRow`]s, up to the conditions.
pub(super) const MATCH: &str = "select a.id as attempt_id, a.state, a.connection_id, a.provider_message_id as attempt_provider_id, m.id as message_id, \
     m.subaccount_id, m.campaign_id, m.template_id, m.template_version, m.variant, m.contact_id, m.country, m.category, m.status, m.fact_at, \
     m.connection_id as message_connection, m.segments, m.cost, m.estimated, m.currency \
     from attempts a join messages m on m.id = a.message_id and m.subaccount_id = a.subaccount_id";

impl MatchRow {
    pub(super) fn found(self) -> Result<Match> {
        let status = Status::parse(&self.status)
            .ok_or_else(|| Error::internal(format!("the message {} has an unreadable status", self.message_id)))?;
        Ok(Match {
            attempt: AttemptId::stored(self.attempt_id),
            attempt_open: matches!(self.state.as_str(), "open" | "unknown"),
            connection_id: self.connection_id,
            contact_id: self.contact_id,
            counted: Counted {
                id: self.message_id.clone(),
                subaccount: SubaccountId::stored(self.subaccount_id),
                campaign: self.campaign_id,
                template: self.template_id,
                version: self.template_version.unwrap_or(0),
                variant: self.variant,
                country: self.country,
                category: self.category,
            },
            place: Place {
                status,
                slot_at: self.fact_at,
                connection: self.message_connection.unwrap_or_default(),
                segments: self.segments,
                cost: self.cost.unwrap_or(0),
                estimated: self.estimated,
            },
            cost: self.cost,
            currency: self.currency,
            message_id: self.message_id,
            provider_message_id: self.attempt_provider_id,
        })
    }
}

/// The matches of reports, by our reference and by the provider's id.
pub async fn match_receipts(tx: &mut Tx, reports: &[Report]) -> Result<HashMap<String, Match>> {
    let attempts: Vec<&str> = reports.iter().filter_map(|r| r.receipt.attempt.as_deref()).collect();
    let others: Vec<&str> =
        reports.iter().filter(|r| r.receipt.attempt.is_none()).filter_map(|r| r.receipt.provider_message_id.as_deref()).collect();
    let mut matches = HashMap::with_capacity(reports.len());
    for (column, keys) in [("a.id", attempts), ("a.provider_message_id", others)] {
        if keys.is_empty() {
            continue;
        }
        let list = tx.values(1, keys.len(), &[Kind::Text]);
        let lock = if tx.for_update().is_empty() { "" } else { "order by m.id for update of m" };
        let sql = format!("{MATCH} where {column} in (values {list}) {lock}");
        let mut query = tx.query(&sql);
        for key in keys {
            query = query.bind(key);
        }
        for row in query.fetch_all::<MatchRow>().await? {
            let found = row.found()?;
            let key = if column == "a.id" { Some(found.attempt.as_str().to_owned()) } else { found.provider_message_id.clone() };
            if let Some(key) = key {
                matches.insert(key, found);
            }
        }
    }
    Ok(matches)
}

/// Stores reports; gives the (connection, event) pairs that were not there before.
pub async fn insert_receipts(tx: &mut Tx, reports: &[Report], found: &[Option<Match>], now: Millis) -> Result<HashSet<(String, String)>> {
    const KINDS: [Kind; 11] =
        [Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Text, Kind::Int, Kind::Int];
    let list = tx.values(1, reports.len(), &KINDS);
    let sql = format!(
        "insert into receipts (connection_id, event_key, subaccount_id, attempt_id, provider_message_id, message_id, status, code, detail, \
         at, received_at) values {list} on conflict (connection_id, event_key) do nothing returning connection_id, event_key"
    );
    let mut query = tx.query(&sql);
    for (report, found) in reports.iter().zip(found) {
        let (status, code, detail) = words(&report.receipt.status);
        query = query
            .bind(report.connection.id.as_str())
            .bind(report.receipt.event_key.as_str())
            .bind(report.connection.subaccount.as_str())
            .bind(report.receipt.attempt.as_deref())
            .bind(report.receipt.provider_message_id.as_deref())
            .bind(found.as_ref().map(|f| f.message_id.as_str()))
            .bind(status)
            .bind(code)
            .bind(detail)
            .bind(report.receipt.at)
            .bind(now);
    }
    let rows: Vec<(String, String)> = query.fetch_all().await?;
    Ok(rows.into_iter().collect())
}

fn words(status: &ReceiptStatus) -> (&'static str, Option<&str>, Option<&str>) {
    match status {
        ReceiptStatus::Sent => ("sent", None, None),
        ReceiptStatus::Delivered => ("delivered", None, None),
        ReceiptStatus::Expired => ("expired", None, None),
        ReceiptStatus::Failed(refusal) => ("failed", Some(&refusal.code), Some(&refusal.detail)),
    }
}

/// Receipts without a message that now have one, by our reference or the provider's id; and the provider's word.
pub async fn unmatched(tx: &mut Tx, since: Millis, limit: i64) -> Result<Vec<(Receipt, Match, String)>> {
    let sql = "select r.event_key, r.provider_message_id, r.status, r.code, r.detail, r.at, a.id, k.provider from receipts r \
               join attempts a on a.connection_id = r.connection_id \
               and (a.id = r.attempt_id or (r.attempt_id is null and a.provider_message_id = r.provider_message_id)) \
               join connections k on k.id = a.connection_id and k.subaccount_id = a.subaccount_id \
               where r.message_id is null and r.received_at >= $1 limit $2";
    type Waiting = (String, Option<String>, String, Option<String>, Option<String>, Millis, String, String);
    let rows: Vec<Waiting> = tx.query(sql).bind(since).bind(limit).fetch_all().await?;
    let mut waiting = Vec::with_capacity(rows.len());
    for (event_key, provider_message_id, status, code, detail, at, attempt, provider) in rows {
        let sql = format!("{MATCH} where a.id = $1");
        let Some(row) = tx.query(&sql).bind(attempt.as_str()).fetch_optional::<MatchRow>().await? else { continue };
        let status = match status.as_str() {
            "delivered" => ReceiptStatus::Delivered,
            "expired" => ReceiptStatus::Expired,
            "failed" => ReceiptStatus::Failed(Refusal {
                code: code.unwrap_or_default(),
                detail: detail.unwrap_or_default(),
                class: RefusalClass::Permanent,
            }),
            _ => ReceiptStatus::Sent,
        };
        let receipt = Receipt { attempt: Some(attempt), provider_message_id, status, at, event_key, price_micros: None };
        waiting.push((receipt, row.found()?, provider));
    }
    Ok(waiting)
}

pub async fn set_receipt_message(tx: &mut Tx, connection: &str, event_key: &str, message: &str) -> Result<()> {
    let sql = "update receipts set message_id = $1 where connection_id = $2 and event_key = $3";
    tx.query(sql).bind(message).bind(connection).bind(event_key).execute().await?;
    Ok(())
}

/// A message as the reports leave it.
#[derive(Clone, Debug)]
pub struct Reported {
    pub found: Match,
    pub status: Status,
    pub cost: Option<Micros>,
    pub provider_message_id: Option<String>,
    pub code: Option<String>,
    pub detail: Option<String>,
    pub sent_at: Option<Millis>,
    pub delivered_at: Option<Millis>,
    pub final_at: Option<Millis>,
}

impl Reported {
    /// Whether the reports bring the message to its end, which it had not reached before.
    pub fn ends(&self) -> bool {
        let is_end = |status| matches!(status, Status::Delivered | Status::Failed);
        is_end(self.status) && !is_end(self.found.place.status)
    }

    /// The provider's name for the message that the reports are about.
    pub fn provider_id(&self) -> Option<&str> {
        self.provider_message_id.as_deref().or(self.found.provider_message_id.as_deref())
    }
}

pub async fn raise(tx: &mut Tx, raises: &[Reported]) -> Result<()> {
    if raises.is_empty() {
        return Ok(());
    }
    const KINDS: [Kind; 10] =
        [Kind::Text, Kind::Text, Kind::Text, Kind::Int, Kind::Text, Kind::Text, Kind::Text, Kind::Int, Kind::Int, Kind::Int];
    let list = tx.values(1, raises.len(), &KINDS);
    let sql = format!(
        "update messages set status = v.column3, cost = v.column4, \
         provider_message_id = coalesce(messages.provider_message_id, v.column5), error_code = v.column6, error_detail = v.column7, \
         sent_at = coalesce(messages.sent_at, v.column8), delivered_at = coalesce(v.column9, messages.delivered_at), \
         final_at = coalesce(v.column10, messages.final_at), lease_owner = null, lease_until = null \
         from (values {list}) as v where messages.id = v.column1 and messages.subaccount_id = v.column2"
    );
    let mut query = tx.query(&sql);
    for r in raises {
        query = query
            .bind(r.found.message_id.as_str())
            .bind(r.found.counted.subaccount.as_str())
            .bind(r.status.as_str())
            .bind(r.cost)
            .bind(r.provider_message_id.as_deref())
            .bind(r.code.as_deref())
            .bind(r.detail.as_deref())
            .bind(r.sent_at)
            .bind(r.delivered_at)
            .bind(r.final_at);
    }
    query.execute().await?;
    Ok(())
}

/// A report about an attempt proves that the provider took it.
pub async fn accept_attempts(tx: &mut Tx, attempts: &HashSet<(AttemptId, SubaccountId, Option<String>)>) -> Result<()> {
    if attempts.is_empty() {
        return Ok(());
    }
    let list = tx.values(1, attempts.len(), &[Kind::Text, Kind::Text, Kind::Text]);
    let sql = format!(
        "update attempts set state = 'accepted', provider_message_id = coalesce(attempts.provider_message_id, v.column3) \
         from (values {list}) as v where attempts.id = v.column1 and attempts.subaccount_id = v.column2 and attempts.state in ('open', 'unknown')"
    );
    let mut query = tx.query(&sql);
    for (attempt, subaccount, provider) in attempts {
        query = query.bind(attempt.as_str()).bind(subaccount.as_str()).bind(provider.as_deref());
    }
    query.execute().await?;
    Ok(())
}
