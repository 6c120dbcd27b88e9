//! The month's budget: what is spent, what is reserved for messages on their way, and the cap.

use std::collections::BTreeMap;

use chrono::Datelike as _;
use chrono_tz::Tz;

use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::costs::store;
use crate::db::Tx;
use crate::kernel::clock::{Millis, utc};
use crate::kernel::error::Result;
use crate::kernel::id::SubaccountId;
use crate::kernel::money::{Currency, Micros};

/// The month of an instant in a time zone, e.g. `2026-11`: the period of a budget.
pub fn month_of(at: Millis, zone: Tz) -> String {
    let local = utc(at).with_timezone(&zone);
    format!("{:04}-{:02}", local.year(), local.month())
}

/// What can still be spent of a cap in a month. The row stays locked until the transaction ends, so that
/// two nodes cannot both spend the last of it.
pub async fn room(tx: &mut Tx, subaccount: &SubaccountId, month: &str, cap: Micros) -> Result<Micros> {
    let (spent, reserved) = store::lock_spending(tx, subaccount, month).await?;
    Ok(cap - spent - reserved)
}

/// How spending moved: by subaccount and month, what was charged and what is set aside.
pub type SpendingChanges = BTreeMap<(SubaccountId, String), (Micros, Micros)>;

/// Writes how spending moved.
pub async fn spend(tx: &mut Tx, changes: &SpendingChanges) -> Result<()> {
    for ((subaccount, month), (spent, reserved)) in changes.iter().filter(|(_, moved)| **moved != (0, 0)) {
        store::spend(tx, subaccount, month, *spent, *reserved).await?;
    }
    Ok(())
}

/// The month's budget for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BudgetView {
    /// The month, e.g. `2026-11`.
    pub month: String,
    /// The cap, if one is set.
    pub limit: Option<Micros>,
    /// Charged so far.
    pub spent: Micros,
    /// Set aside for messages on their way.
    pub reserved: Micros,
    /// What the month will cost if the rest of it is like what has passed.
    pub forecast: Micros,
    /// Of which currency.
    pub currency: Currency,
}

impl BudgetView {
    /// What can still be spent; `None` without a cap.
    pub fn left(&self) -> Option<Micros> {
        self.limit.map(|limit| (limit - self.spent - self.reserved).max(0))
    }
}

/// The budget of the current month.
pub async fn budget(app: &App, actor: &Actor) -> Result<BudgetView> {
    actor.require(Permission::Costs)?;
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let settings = access::settings_of(&mut tx, &actor.subaccount).await?;
    let month = month_of(now, settings.time_zone);
    let (spent, reserved) = store::spending(&mut tx, &actor.subaccount, &month).await?;
    let forecast = forecast(spent + reserved, now, settings.time_zone);
    Ok(BudgetView { month, limit: settings.budget, spent, reserved, forecast, currency: settings.currency })
}

/// Spending so far, stretched over the days of the month at the same pace.
fn forecast(spent: Micros, now: Millis, zone: Tz) -> Micros {
    let today = utc(now).with_timezone(&zone).date_naive();
    let days = i64::from(today.num_days_in_month());
    let stretched = i128::from(spent) * i128::from(days) / i128::from(today.day().max(1));
    Micros::try_from(stretched).unwrap_or(Micros::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::parse_rfc3339;

    #[test]
    fn the_month_is_that_of_the_organisation() {
        let at = parse_rfc3339("2026-10-31T21:00:00Z").expect("an instant");
        assert_eq!(month_of(at, chrono_tz::UTC), "2026-10");
        assert_eq!(month_of(at, chrono_tz::Asia::Tehran), "2026-11");
    }

    #[test]
    fn the_forecast_keeps_the_pace_of_the_month() {
        let at = parse_rfc3339("2026-11-10T12:00:00Z").expect("an instant");
        assert_eq!(forecast(100, at, chrono_tz::UTC), 300);
        assert_eq!(forecast(0, at, chrono_tz::UTC), 0);
    }
}
