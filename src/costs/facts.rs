//! Facts: how many messages of a kind are in which status, by the quarter of an hour.

use std::collections::BTreeMap;

use crate::costs::store;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::SubaccountId;
use crate::kernel::money::Micros;

/// What a message is counted under. Its slot is that of its creation, and from its first submission
/// on that of the submission.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fact {
    /// Whose message.
    pub subaccount: SubaccountId,
    /// Start of the quarter of an hour.
    pub slot_at: Millis,
    /// The connection that took it, or nothing yet.
    pub connection: String,
    /// ISO country of the number.
    pub country: String,
    /// Its category.
    pub category: String,
    /// Its template, or nothing.
    pub template: String,
    /// Its campaign, or nothing.
    pub campaign: String,
    /// Its status.
    pub status: &'static str,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Amounts {
    pub messages: i64,
    pub segments: i64,
    pub cost: Micros,
    pub estimated: Micros,
}

/// Changes gathered over a batch: one row per fact, in one order, so that two writers never wait for
/// each other.
#[derive(Debug, Default)]
pub struct FactChanges(BTreeMap<Fact, Amounts>);

impl FactChanges {
    /// A message begins to count here (`sign` 1) or ceases to (`sign` -1).
    pub fn count(&mut self, fact: Fact, sign: i64, segments: i64, cost: Micros, estimated: Micros) {
        let amounts = self.0.entry(fact).or_default();
        amounts.messages += sign;
        amounts.segments += sign * segments;
        amounts.cost += sign * cost;
        amounts.estimated += sign * estimated;
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = (&Fact, &Amounts)> {
        self.0.iter().filter(|(_, amounts)| **amounts != Amounts::default())
    }
}

/// Writes the gathered changes.
pub async fn apply(tx: &mut Tx, changes: &FactChanges) -> Result<()> {
    let rows: Vec<_> = changes.rows().collect();
    if rows.is_empty() { Ok(()) } else { store::apply(tx, &rows).await }
}
