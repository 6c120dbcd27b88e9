//! Purchases of a batch of rows.

use std::collections::HashMap;

use super::rows::Line;
use crate::access::Actor;
use crate::contacts::contact::Opened;
use crate::contacts::profile::Refusal;
use crate::contacts::purchases::{Bought, hash, sealed};
use crate::contacts::store::purchases::{self, NewPurchase};
use crate::db::Tx;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::Result;
use crate::kernel::id::ContactId;

/// What is to be written, by the hash of its reference: the later row about one purchase holds.
pub struct Shop {
    owners: HashMap<Vec<u8>, ContactId>,
    rows: HashMap<Vec<u8>, NewPurchase>,
}

impl Shop {
    /// Looks up whose the purchases of these rows are already.
    pub async fn of(tx: &mut Tx, actor: &Actor, cipher: &TenantCipher, lines: &[Line]) -> Result<Self> {
        let hashes: Vec<Vec<u8>> = lines.iter().filter_map(|line| Some(hash(cipher, &line.bought.as_ref()?.reference))).collect();
        let owners = if hashes.is_empty() { HashMap::new() } else { purchases::owners(tx, &actor.subaccount, &hashes).await? };
        Ok(Self { owners, rows: HashMap::new() })
    }

    /// Takes what somebody bought.
    ///
    /// # Errors
    /// When somebody else has a purchase of this reference.
    pub fn take(&mut self, cipher: &TenantCipher, person: &Opened, bought: &Bought) -> std::result::Result<(), Refusal> {
        let row = sealed(cipher, person, bought);
        let owner = self.owners.entry(row.reference_hash.clone()).or_insert_with(|| person.id());
        if *owner != person.id() {
            let fix = "Give each purchase a reference of its own.";
            return Err(Refusal::new("taken", "Another contact has a purchase of this reference.", fix));
        }
        self.rows.insert(row.reference_hash.clone(), row);
        Ok(())
    }

    /// What is to be written, in an order that every import has.
    pub fn into_rows(self) -> Vec<NewPurchase> {
        let mut rows: Vec<NewPurchase> = self.rows.into_values().collect();
        rows.sort_unstable_by(|a, b| a.reference_hash.cmp(&b.reference_hash));
        rows
    }
}
