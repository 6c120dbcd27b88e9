//! Summaries over facts: by day, by group, by month.

use std::collections::BTreeMap;

use chrono::{Datelike as _, NaiveDate, TimeZone as _};
use chrono_tz::Tz;

use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::costs::store::{self, Sum};
use crate::kernel::clock::{DAY, Millis, slot_of, utc};
use crate::kernel::error::{Error, Result};
use crate::kernel::money::{Currency, Micros};

/// Statuses of messages that nobody tried to send: they cost nothing and are no cost lines.
const UNSENT: [&str; 6] = ["scheduled", "queued", "held", "expired", "cancelled", "dropped"];

/// Days of the organisation's calendar, both included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    /// First day.
    pub start: NaiveDate,
    /// Last day.
    pub end: NaiveDate,
}

impl Period {
    /// The `days` days that end with today in the given time zone.
    pub fn last(days: i64, now: Millis, zone: Tz) -> Self {
        let end = utc(now).with_timezone(&zone).date_naive();
        Self { start: end - chrono::Days::new(days.max(1) as u64 - 1), end }
    }

    /// Reads two optional dates `YYYY-MM-DD`; without them the last 30 days. At most ten years.
    pub fn parse(start: Option<&str>, end: Option<&str>, now: Millis, zone: Tz) -> Result<Self> {
        let date = |field: &str, text: Option<&str>| -> Result<Option<NaiveDate>> {
            let Some(text) = text.map(str::trim).filter(|t| !t.is_empty()) else { return Ok(None) };
            let parsed = text.get(..10).and_then(|day| NaiveDate::parse_from_str(day, "%Y-%m-%d").ok());
            parsed.map(Some).ok_or_else(|| Error::invalid(field, "not_a_date", "Write the date as YYYY-MM-DD, e.g. 2026-11-21."))
        };
        let default = Self::last(30, now, zone);
        let (start, end) = (date("start_date", start)?, date("end_date", end)?);
        let end = end.unwrap_or(default.end);
        let start = start.unwrap_or_else(|| end - chrono::Days::new(29));
        if end < start {
            return Err(Error::invalid("end_date", "before_start", "The last day is before the first day."));
        }
        if (end - start).num_days() > 3660 {
            return Err(Error::invalid("start_date", "too_long", "Ask for ten years at most."));
        }
        Ok(Self { start, end })
    }

    fn days(self) -> impl Iterator<Item = NaiveDate> {
        self.start.iter_days().take_while(move |d| *d <= self.end)
    }

    /// As many days right before it, to compare with.
    #[must_use]
    pub fn before(self) -> Self {
        let length = chrono::Days::new((self.end - self.start).num_days().unsigned_abs() + 1);
        Self { start: self.start - length, end: self.end - length }
    }

    /// Its first instant, and the first one after it.
    pub fn bounds(self, zone: Tz) -> (Millis, Millis) {
        (day_start(self.start, zone), day_start(self.end + chrono::Days::new(1), zone))
    }
}

/// The instant at which a day begins in a zone; where midnight does not exist, the first instant after it.
fn day_start(day: NaiveDate, zone: Tz) -> Millis {
    let midnight = day.and_hms_opt(0, 0, 0).unwrap_or_default();
    match zone.from_local_datetime(&midnight).earliest() {
        Some(at) => slot_of(at.timestamp_millis()),
        None => slot_of(utc(midnight.and_utc().timestamp_millis() - DAY / 2).timestamp_millis() + DAY / 2),
    }
}

/// When the day of an instant began in a zone, and when the next one begins.
pub fn day_around(at: Millis, zone: Tz) -> (Millis, Millis) {
    let day = utc(at).with_timezone(&zone).date_naive();
    Period { start: day, end: day }.bounds(zone)
}

/// What to group by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupBy {
    /// By day of the organisation's calendar.
    Day,
    /// By connection.
    Provider,
    /// By country of the number.
    Country,
    /// By category.
    Category,
    /// By template.
    Template,
    /// By campaign.
    Campaign,
}

impl GroupBy {
    /// All of them, in the order of the page.
    pub const ALL: [Self; 6] = [Self::Day, Self::Provider, Self::Country, Self::Category, Self::Template, Self::Campaign];

    /// The word in addresses and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Day => "day",
            Self::Provider => "provider",
            Self::Country => "country",
            Self::Category => "category",
            Self::Template => "template",
            Self::Campaign => "campaign",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|g| g.as_str() == text)
    }

    fn column(self) -> &'static str {
        match self {
            Self::Day => "status",
            Self::Provider => "connection_id",
            Self::Country => "country",
            Self::Category => "category",
            Self::Template => "template_id",
            Self::Campaign => "campaign_id",
        }
    }
}

/// Amounts of messages that were handed to a provider.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// How many messages.
    pub messages: i64,
    /// Their segments.
    pub segments: i64,
    /// What the providers charged.
    pub cost: Micros,
    /// What we had estimated.
    pub estimated: Micros,
}

impl Totals {
    fn add(&mut self, sum: &Sum) {
        self.messages += sum.messages;
        self.segments += sum.segments;
        self.cost += sum.cost;
        self.estimated += sum.estimated;
    }
}

/// One line of a summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The day, connection id, country, … that the line is about; empty for none.
    pub key: String,
    /// Its amounts.
    pub totals: Totals,
}

/// Costs of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// The period that was asked for.
    pub period: Period,
    /// Of which currency.
    pub currency: Currency,
    /// All together.
    pub totals: Totals,
    /// By group; days in their order, other groups by cost.
    pub groups: Vec<Group>,
}

/// Costs of a period, grouped.
pub async fn summary(app: &App, actor: &Actor, period: Option<Period>, by: GroupBy) -> Result<Summary> {
    actor.require(Permission::Costs)?;
    let (period, zone, currency, sums) = load(app, actor, period, by.column()).await?;
    let mut totals = Totals::default();
    let mut groups: BTreeMap<String, Totals> = BTreeMap::new();
    if by == GroupBy::Day {
        groups.extend(period.days().map(|day| (day.to_string(), Totals::default())));
    }
    for sum in sums.iter().filter(|s| !UNSENT.contains(&s.status.as_str()) && s.messages != 0) {
        let key = if by == GroupBy::Day { day_of(sum.slot_at, zone).to_string() } else { sum.key.clone() };
        totals.add(sum);
        groups.entry(key).or_default().add(sum);
    }
    let mut groups: Vec<Group> = groups.into_iter().map(|(key, totals)| Group { key, totals }).collect();
    if by != GroupBy::Day {
        groups.sort_by(|a, b| b.totals.cost.cmp(&a.totals.cost).then_with(|| a.key.cmp(&b.key)));
    }
    Ok(Summary { period, currency, totals, groups })
}

/// What happened on one day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day in the organisation's calendar.
    pub date: NaiveDate,
    /// Messages by status.
    pub statuses: BTreeMap<String, i64>,
    /// Segments of all messages that were handed over.
    pub segments: i64,
    /// What they cost.
    pub cost: Micros,
}

impl Day {
    /// Messages in a status.
    pub fn count(&self, status: &str) -> i64 {
        self.statuses.get(status).copied().unwrap_or(0)
    }
}

/// Every day of a period, also those on which nothing happened.
pub async fn days(app: &App, actor: &Actor, period: Option<Period>) -> Result<Vec<Day>> {
    actor.require(Permission::View)?;
    let (period, zone, _, sums) = load(app, actor, period, "status").await?;
    let mut days: BTreeMap<NaiveDate, Day> =
        period.days().map(|date| (date, Day { date, statuses: BTreeMap::new(), segments: 0, cost: 0 })).collect();
    for sum in &sums {
        let Some(day) = days.get_mut(&day_of(sum.slot_at, zone)) else { continue };
        *day.statuses.entry(sum.status.clone()).or_default() += sum.messages;
        if !UNSENT.contains(&sum.status.as_str()) {
            day.segments += sum.segments;
            day.cost += sum.cost;
        }
    }
    Ok(days.into_values().collect())
}

/// Figures of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stats {
    /// The period that was asked for.
    pub period: Period,
    /// Of which currency.
    pub currency: Currency,
    /// Messages by status.
    pub statuses: BTreeMap<String, i64>,
    /// All messages.
    pub total: i64,
    /// Segments of all messages that were handed over.
    pub segments: i64,
    /// What they cost.
    pub cost: Micros,
    /// The same by month (`2026-11`): messages, segments, cost.
    pub by_month: Vec<(String, i64, i64, Micros)>,
}

/// Counts by status, segments and cost of a period.
pub async fn stats(app: &App, actor: &Actor, period: Option<Period>) -> Result<Stats> {
    actor.require(Permission::View)?;
    let (period, zone, currency, sums) = load(app, actor, period, "status").await?;
    let mut stats = Stats { period, currency, statuses: BTreeMap::new(), total: 0, segments: 0, cost: 0, by_month: Vec::new() };
    let mut months: BTreeMap<String, (i64, i64, Micros)> = BTreeMap::new();
    for sum in &sums {
        let sent = !UNSENT.contains(&sum.status.as_str());
        let (segments, cost) = if sent { (sum.segments, sum.cost) } else { (0, 0) };
        let day = day_of(sum.slot_at, zone);
        let month = months.entry(format!("{:04}-{:02}", day.year(), day.month())).or_default();
        *month = (month.0 + sum.messages, month.1 + segments, month.2 + cost);
        *stats.statuses.entry(sum.status.clone()).or_default() += sum.messages;
        stats.total += sum.messages;
        stats.segments += segments;
        stats.cost += cost;
    }
    stats.by_month = months.into_iter().map(|(month, (messages, segments, cost))| (month, messages, segments, cost)).collect();
    Ok(stats)
}

async fn load(app: &App, actor: &Actor, period: Option<Period>, column: &'static str) -> Result<(Period, Tz, Currency, Vec<Sum>)> {
    let mut tx = app.db.read().await?;
    let settings = access::settings_of(&mut tx, &actor.subaccount).await?;
    let zone = settings.time_zone;
    let period = period.unwrap_or_else(|| Period::last(30, app.clock.now(), zone));
    let (from, to) = period.bounds(zone);
    let sums = store::sums(&mut tx, &actor.subaccount, from, to, column).await?;
    Ok((period, zone, settings.currency, sums))
}

fn day_of(slot_at: Millis, zone: Tz) -> NaiveDate {
    utc(slot_at).with_timezone(&zone).date_naive()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::parse_rfc3339;

    #[test]
    fn a_day_begins_at_local_midnight_on_a_slot() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 21).expect("a day");
        for zone in [chrono_tz::UTC, chrono_tz::Asia::Tehran, chrono_tz::Asia::Kolkata, chrono_tz::Asia::Kathmandu] {
            let start = day_start(day, zone);
            assert_eq!(start, slot_of(start));
            assert_eq!(day_of(start, zone), day);
            assert_ne!(day_of(start - 1, zone), day);
        }
    }

    #[test]
    fn a_period_is_read_or_refused_with_a_reason() {
        let now = parse_rfc3339("2026-11-21T10:00:00Z").expect("an instant");
        let read = |start, end| Period::parse(start, end, now, chrono_tz::UTC);
        assert_eq!(read(None, None).expect("a default").days().count(), 30);
        assert_eq!(read(Some("2026-11-20"), Some("2026-11-21")).expect("two days").days().count(), 2);
        assert!(read(Some("21.11.2026"), None).is_err());
        assert!(read(Some("2026-11-22"), Some("2026-11-21")).is_err());
        assert!(read(Some("1900-01-01"), None).is_err());
        let week = Period::last(7, now, chrono_tz::UTC);
        assert_eq!(week.before(), read(Some("2026-11-08"), Some("2026-11-14")).expect("the week before"));
    }
}
