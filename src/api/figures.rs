//! Figures: counts by status, costs by group.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::request::{Caller, Params};
use super::shape::{Answer, given};
use crate::access::{self, Actor};
use crate::app::App;
use crate::connections;
use crate::costs::{self, GroupBy, Period, Stats, Totals};
use crate::kernel::error::{Error, Result};
use crate::kernel::money::Currency;
use crate::messages::{Amount, Status};

/// Which days of the organisation's calendar; the last 30 when absent.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct StatsParams {
    /// First day.
    #[param(example = "2026-11-01")]
    start_date: Option<String>,
    /// Last day.
    #[param(example = "2026-11-30")]
    end_date: Option<String>,
}

/// Messages by status. A message counts once, in the status that it has now.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatTotals {
    /// All messages.
    total: i64,
    /// Wait for their time.
    scheduled: i64,
    /// Wait for their turn.
    queued: i64,
    /// Held back, with a reason.
    held: i64,
    /// Being handed to a provider.
    submitting: i64,
    /// Handed over, outcome not known.
    unknown: i64,
    /// Taken by a provider.
    sent: i64,
    /// On the phone.
    delivered: i64,
    /// Will not arrive.
    failed: i64,
    /// Became too old.
    expired: i64,
    /// Called back.
    cancelled: i64,
    /// Not sent, with a reason.
    dropped: i64,
    /// Billed segments.
    segments: i64,
}

impl StatTotals {
    fn of(stats: &Stats) -> Self {
        let count = |status: Status| stats.statuses.get(status.as_str()).copied().unwrap_or(0);
        Self {
            total: stats.total,
            scheduled: count(Status::Scheduled),
            queued: count(Status::Queued),
            held: count(Status::Held),
            submitting: count(Status::Submitting),
            unknown: count(Status::Unknown),
            sent: count(Status::Sent),
            delivered: count(Status::Delivered),
            failed: count(Status::Failed),
            expired: count(Status::Expired),
            cancelled: count(Status::Cancelled),
            dropped: count(Status::Dropped),
            segments: stats.segments,
        }
    }
}

/// One month.
#[derive(Debug, Serialize, ToSchema)]
pub struct Month {
    /// The month.
    #[schema(example = "2026-11")]
    month: String,
    /// Messages accepted in it.
    messages: i64,
    /// Their billed segments.
    segments: i64,
    /// What they cost.
    cost: Amount,
}

/// Figures of a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct StatsAnswer {
    /// First day.
    #[schema(format = Date, example = "2026-11-01")]
    start_date: String,
    /// Last day.
    #[schema(format = Date, example = "2026-11-30")]
    end_date: String,
    /// Messages by status.
    totals: StatTotals,
    /// What they cost.
    cost: Amount,
    /// The same by month.
    by_month: Vec<Month>,
}

/// Counts
///
/// Messages of a period by status, segments and cost.
#[utoipa::path(get, path = "/sms/stats", tag = "Figures", params(StatsParams),
    responses((status = 200, description = "Figures", body = StatsAnswer)))]
pub async fn stats(State(api): State<Api>, Caller(actor): Caller, Params(query): Params<StatsParams>) -> Answer<StatsAnswer> {
    let period = period(&api.app, &actor, query.start_date.as_ref(), query.end_date.as_ref()).await?;
    let stats = costs::stats(&api.app, &actor, Some(period)).await?;
    let month = |(month, messages, segments, cost): &(String, i64, i64, i64)| Month {
        month: month.clone(),
        messages: *messages,
        segments: *segments,
        cost: Amount::new(*cost, stats.currency),
    };
    Ok(Json(StatsAnswer {
        start_date: stats.period.start.to_string(),
        end_date: stats.period.end.to_string(),
        totals: StatTotals::of(&stats),
        cost: Amount::new(stats.cost, stats.currency),
        by_month: stats.by_month.iter().map(month).collect(),
    }))
}

/// Which days, grouped how.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct CostParams {
    /// First day.
    #[param(example = "2026-11-01")]
    start_date: Option<String>,
    /// Last day.
    #[param(example = "2026-11-30")]
    end_date: Option<String>,
    /// day, provider, country, category, template or campaign; day when absent.
    #[param(example = "provider")]
    group_by: Option<String>,
}

/// Amounts of messages that were handed to a provider.
#[derive(Debug, Serialize, ToSchema)]
pub struct CostTotals {
    /// How many messages.
    messages: i64,
    /// Billed segments.
    segments: i64,
    /// What the providers charged.
    cost: Amount,
    /// What the price list said.
    estimated: Amount,
}

/// One line.
#[derive(Debug, Serialize, ToSchema)]
pub struct CostGroup {
    /// The day, connection, country, category, template or campaign; empty for none.
    #[schema(example = "simulator")]
    key: String,
    /// Its amounts.
    #[serde(flatten)]
    totals: CostTotals,
}

/// Costs of a period.
#[derive(Debug, Serialize, ToSchema)]
pub struct CostAnswer {
    /// First day.
    #[schema(format = Date, example = "2026-11-01")]
    start_date: String,
    /// Last day.
    #[schema(format = Date, example = "2026-11-30")]
    end_date: String,
    /// All together.
    totals: CostTotals,
    /// By group: days in their order, other groups by cost.
    groups: Vec<CostGroup>,
}

fn amounts(totals: &Totals, currency: Currency) -> CostTotals {
    CostTotals {
        messages: totals.messages,
        segments: totals.segments,
        cost: Amount::new(totals.cost, currency),
        estimated: Amount::new(totals.estimated, currency),
    }
}

/// Costs
///
/// Of a period, all together and by group.
#[utoipa::path(get, path = "/sms/costs/summary", tag = "Figures", params(CostParams),
    responses((status = 200, description = "Costs", body = CostAnswer)))]
pub async fn costs(State(api): State<Api>, Caller(actor): Caller, Params(query): Params<CostParams>) -> Answer<CostAnswer> {
    let by = match given(query.group_by.as_ref()) {
        None => GroupBy::Day,
        Some(text) => GroupBy::parse(text).ok_or_else(|| {
            let known = GroupBy::ALL.map(GroupBy::as_str).join(", ");
            Error::invalid("group_by", "unknown", format!("Write one of {known}."))
        })?,
    };
    let period = period(&api.app, &actor, query.start_date.as_ref(), query.end_date.as_ref()).await?;
    let summary = costs::summary(&api.app, &actor, Some(period), by).await?;
    let names = if by == GroupBy::Provider { connection_names(&api.app, &actor).await? } else { Vec::new() };
    let groups = summary.groups.iter().map(|group| CostGroup {
        key: names.iter().find(|(id, _)| *id == group.key).map_or_else(|| group.key.clone(), |(_, name)| name.clone()),
        totals: amounts(&group.totals, summary.currency),
    });
    Ok(Json(CostAnswer {
        start_date: summary.period.start.to_string(),
        end_date: summary.period.end.to_string(),
        totals: amounts(&summary.totals, summary.currency),
        groups: groups.collect(),
    }))
}

/// Ids and names: whoever may see costs may know whose they are.
async fn connection_names(app: &App, actor: &Actor) -> Result<Vec<(String, String)>> {
    let all = connections::list(app, &Actor::system(actor.subaccount.clone())).await?;
    Ok(all.into_iter().map(|view| (view.connection.id.as_str().to_owned(), view.connection.name)).collect())
}

async fn period(app: &App, actor: &Actor, start: Option<&String>, end: Option<&String>) -> Result<Period> {
    let settings = access::settings(app, &Actor::system(actor.subaccount.clone())).await?;
    Period::parse(given(start), given(end), app.clock.now(), settings.time_zone)
}
