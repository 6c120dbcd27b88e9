//! The breaker: codes that nobody enters are sent for somebody's profit. Whoever owns expensive numbers asks for codes to them, and
//! shares in what they cost.
//!
//! It looks at one purpose at a time, so that what goes on at a page that everybody can open stops no codes of a shop's own system.
//! Within a range every code counts; within a country only those that their recipients had a minute for, so that a rush of honest
//! people at one moment does not stop it.

use serde_json::json;

use super::Purpose;
use super::store::{self, Request};
use crate::access::{self, Actor};
use crate::db::Tx;
use crate::kernel::clock::{HOUR, MINUTE, Millis};
use crate::kernel::error::Result;
use crate::kernel::id::{CodeStopId, SubaccountId};
use crate::kernel::phone::Phone;

/// Numbers in one range: those that share all but their last four digits.
pub const RANGE: u64 = 10_000;
/// From how many codes in the window on the breaker judges.
const ENOUGH: i64 = 20;
/// Below this share of entered codes, in hundredths, it stops.
const LEAST_PERCENT: i64 = 20;
/// What it looks back at, and how long a stop lasts.
const WINDOW: Millis = HOUR;
/// How long a code within a country is not counted against it.
const GRACE: Millis = MINUTE;

/// Where codes are watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Ten thousand numbers that follow each other.
    Range,
    /// A country.
    Country,
}

impl Scope {
    /// The word in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Range => "range",
            Self::Country => "country",
        }
    }
}

/// The two places of a number.
#[derive(Debug)]
pub struct Watched {
    purpose: Purpose,
    places: [Place; 2],
}

#[derive(Debug)]
struct Place {
    scope: Scope,
    /// The range's hash in hex, or the country.
    name: String,
    /// What people read.
    shown: String,
}

impl Watched {
    /// Where a request for this number is watched.
    pub fn of(request: &Request, phone: Phone) -> Self {
        let range = request.range.iter().map(|b| format!("{b:02x}")).collect();
        let country = phone.country();
        Self {
            purpose: request.purpose,
            places: [
                Place { scope: Scope::Range, name: range, shown: format!("+{}••••", phone.digits() / RANGE) },
                Place { scope: Scope::Country, name: country.as_str().to_owned(), shown: country.name().to_owned() },
            ],
        }
    }
}

/// Whether so many codes of which so many were entered are a reason to stop.
fn is_pumped(sent: i64, verified: i64) -> bool {
    sent >= ENOUGH && verified * 100 < sent * LEAST_PERCENT
}

/// Until when codes to this place are stopped, if they are. Finds out whether they have to be, and then writes the stop with its line
/// in the audit log: the caller commits it although it refuses. A step, by whoever stands in the line.
pub async fn stopped_until(tx: &mut Tx, subaccount: &SubaccountId, watched: &Watched, now: Millis) -> Result<Option<Millis>> {
    let mut until = None;
    for place in &watched.places {
        until = until.max(at_place(tx, subaccount, watched.purpose, place, now).await?);
    }
    Ok(until)
}

async fn at_place(tx: &mut Tx, subaccount: &SubaccountId, purpose: Purpose, place: &Place, now: Millis) -> Result<Option<Millis>> {
    let last = store::last_stop(tx, subaccount, purpose, &place.name).await?;
    let mut since = now - WINDOW;
    if let Some((ends_at, released_at)) = last {
        if released_at.is_none() && ends_at > now {
            return Ok(Some(ends_at));
        }
        // What was judged before is not judged again.
        since = since.max(released_at.unwrap_or(ends_at));
    }
    let (column, counts_until) = match place.scope {
        Scope::Range => ("range_hash", now),
        Scope::Country => ("country", now - GRACE),
    };
    let (sent, verified) = store::share(tx, subaccount, purpose, column, &place.name, since, counts_until).await?;
    if !is_pumped(sent, verified) {
        return Ok(None);
    }
    let (id, ends_at) = (CodeStopId::new(now), now + WINDOW);
    store::stop(tx, subaccount, &id, purpose, (place.scope, &place.name, &place.shown), (sent, verified), now, ends_at).await?;
    tracing::warn!(
        purpose = purpose.as_str(),
        scope = place.scope.as_str(),
        sent,
        verified,
        "codes that nobody enters are stopped for an hour"
    );
    let detail = json!({ "purpose": purpose.as_str(), "scope": place.scope.as_str(), "sent": sent, "verified": verified });
    access::audit(tx, &Actor::system(subaccount.clone()), "codes.stop", id.as_str(), &detail, now).await?;
    Ok(Some(ends_at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn twenty_codes_of_which_less_than_a_fifth_was_entered_are_pumped() {
        for (sent, verified, want) in
            [(19, 0, false), (20, 0, true), (20, 3, true), (20, 4, false), (1_000, 199, true), (1_000, 200, false)]
        {
            assert_eq!(is_pumped(sent, verified), want, "{verified} of {sent}");
        }
    }
}
