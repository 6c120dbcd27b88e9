//! How connections do: what came of attempts and messages in the last minutes, by country, and what follows for them.

use std::collections::{BTreeMap, HashMap};

use crate::connections::circuit::{self, Cause, Circuit, Outcomes, Recent, State};
use crate::connections::moves::RouteMove;
use crate::connections::store;
use crate::db::Tx;
use crate::kernel::clock::{HOUR, MINUTE, Millis, SECOND};
use crate::kernel::error::Result;
use crate::kernel::id::{ConnectionId, SubaccountId};
use crate::kernel::phone::Country;

/// Facts are gathered in slots of this length.
const SLOT: Millis = 5 * SECOND;
/// What happened longer ago says nothing about now.
const MEMORY: Millis = 5 * MINUTE;
/// How long facts are kept.
const KEPT: Millis = HOUR;

/// What came of an attempt, or what a provider reported of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// An attempt was accepted.
    Accepted {
        /// From the recorded intent to the answer, in milliseconds.
        latency: Millis,
    },
    /// An attempt surely failed, and not because of its message.
    Refused,
    /// Nobody knows what came of an attempt.
    Unknown,
    /// A message reached its phone.
    Delivered,
    /// A message was taken and did not reach its phone.
    Failed,
}

/// A slot of a connection and a country: subaccount, slot, connection, country.
pub(super) type SlotKey = (SubaccountId, Millis, String, String);

/// Counts of a slot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct SlotCounts {
    pub accepted: i64,
    pub refused: i64,
    pub unknown: i64,
    pub delivered: i64,
    pub failed: i64,
    pub latency_ms_sum: i64,
}

/// Signs that are still to be written.
#[derive(Debug, Default)]
pub struct HealthChanges(BTreeMap<SlotKey, SlotCounts>);

impl HealthChanges {
    /// Notes a sign that was seen at an instant.
    pub fn note(&mut self, subaccount: &SubaccountId, connection: &str, country: &str, sign: Sign, at: Millis) {
        let key = (subaccount.clone(), at.div_euclid(SLOT) * SLOT, connection.to_owned(), country.to_owned());
        let counts = self.0.entry(key).or_default();
        match sign {
            Sign::Accepted { latency } => {
                counts.accepted += 1;
                counts.latency_ms_sum += latency.max(0);
            }
            Sign::Refused => counts.refused += 1,
            Sign::Unknown => counts.unknown += 1,
            Sign::Delivered => counts.delivered += 1,
            Sign::Failed => counts.failed += 1,
        }
    }
}

/// Writes signs.
pub async fn record(tx: &mut Tx, changes: &HealthChanges) -> Result<()> {
    let all: Vec<(&SlotKey, &SlotCounts)> = changes.0.iter().collect();
    for part in all.chunks(500) {
        store::health::record(tx, part).await?;
    }
    Ok(())
}

/// How a connection does with a country.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Health {
    /// Its state.
    pub circuit: Circuit,
    /// Its outcomes since that state began.
    pub recent: Recent,
    /// Messages of the last five minutes that were reported delivered.
    pub delivered: i64,
    /// Messages of the last five minutes that were reported failed.
    pub failed: i64,
    /// Attempts of the last five minutes that were accepted.
    pub accepted: i64,
    /// Their times to an answer together, in milliseconds.
    pub latency_ms_sum: i64,
}

impl Health {
    /// The share of the attempts since the state began, at most five minutes ago, that failed by the provider's fault.
    pub fn error_share(&self) -> Option<f64> {
        self.recent.five.error_share()
    }

    /// The share of the reported messages of the last five minutes that were delivered.
    pub fn delivery_rate(&self) -> Option<f64> {
        let reported = self.delivered + self.failed;
        (reported > 0).then(|| self.delivered as f64 / reported as f64)
    }

    /// The average time from the intent to the answer, in milliseconds.
    pub fn latency_ms(&self) -> Option<i64> {
        (self.accepted > 0).then(|| self.latency_ms_sum / self.accepted)
    }

    fn add(&mut self, other: &Self) {
        if (other.circuit.state, other.circuit.since_at) > (self.circuit.state, self.circuit.since_at) {
            self.circuit = other.circuit.clone();
        }
        let sum = |a: Outcomes, b: Outcomes| Outcomes { good: a.good + b.good, bad: a.bad + b.bad };
        self.recent = Recent {
            burst: sum(self.recent.burst, other.recent.burst),
            minute: sum(self.recent.minute, other.recent.minute),
            five: sum(self.recent.five, other.recent.five),
            delivered: self.recent.delivered + other.recent.delivered,
        };
        self.delivered += other.delivered;
        self.failed += other.failed;
        self.accepted += other.accepted;
        self.latency_ms_sum += other.latency_ms_sum;
    }
}

/// How a subaccount's connections do.
#[derive(Clone, Debug, Default)]
pub struct Routes(HashMap<ConnectionId, BTreeMap<Country, Health>>);

impl Routes {
    /// How a connection does with a country, if anything is known.
    pub fn of(&self, connection: &ConnectionId, country: Country) -> Option<&Health> {
        self.0.get(connection)?.get(&country)
    }

    /// How a connection does with all countries together; its state is the worst of theirs.
    pub fn together(&self, connection: &ConnectionId) -> Health {
        let mut sum = Health::default();
        for health in self.0.get(connection).into_iter().flat_map(BTreeMap::values) {
            sum.add(health);
        }
        sum
    }
}

/// What is known now.
pub async fn known(tx: &mut Tx, subaccount: &SubaccountId, now: Millis) -> Result<Routes> {
    let mut routes: HashMap<ConnectionId, BTreeMap<Country, Health>> = HashMap::new();
    for (connection, country, circuit) in store::health::circuits(tx, subaccount).await? {
        routes.entry(connection).or_default().entry(country).or_default().circuit = circuit;
    }
    let spans = store::health::Spans { burst: now - 20 * SECOND, minute: now - MINUTE, five: now - MEMORY };
    for (connection, country, health) in store::health::facts(tx, subaccount, &spans).await? {
        let known = routes.entry(connection).or_default().entry(country).or_default();
        *known = Health { circuit: std::mem::take(&mut known.circuit), ..health };
    }
    Ok(Routes(routes))
}

/// What is known now, with the states that follow from it; a change is recorded as a move.
pub async fn routes(tx: &mut Tx, subaccount: &SubaccountId, now: Millis) -> Result<Routes> {
    let mut routes = known(tx, subaccount, now).await?;
    for (connection, countries) in &mut routes.0 {
        for (country, health) in countries {
            let Some((to, reason)) = circuit::next(&health.circuit, &health.recent, now) else { continue };
            let step = RouteMove {
                connection: connection.clone(),
                country: *country,
                from: health.circuit.state,
                to,
                reason: reason.clone(),
                at: now,
            };
            let cause = if to == State::Failing { Cause::Errors } else { health.circuit.cause };
            if store::health::change(tx, subaccount, &step, cause).await? {
                tracing::info!(connection = connection.as_str(), country = country.as_str(), to = to.as_str(), reason, "a route changed");
            }
            health.circuit = Circuit { state: to, since_at: now, reason, cause };
            health.recent = Recent::default();
        }
    }
    Ok(routes)
}

/// Forgets facts and moves that nobody will ask for.
pub async fn prune(tx: &mut Tx, now: Millis) -> Result<()> {
    store::health::prune(tx, now - KEPT, now - super::moves::KEPT).await
}
