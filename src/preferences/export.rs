//! The list of refusals with their evidence, as carriers and authorities ask for it.

use std::collections::HashMap;

use serde_json::json;

use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::consent::{self, Entry};
use crate::contacts::csv::CsvWriter;
use crate::contacts::{self, Person, Standing};
use crate::kernel::category::Category;
use crate::kernel::clock::{Millis, rfc3339};
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::Result;
use crate::kernel::id::ContactId;

/// How many people are fetched per query.
const BLOCK: usize = 500;
const HEADER: [&str; 6] = ["phone", "category", "since", "source", "reason", "recorded_by"];

/// Every refusal that stands now, as CSV: one row for a total refusal (`all`) or for each category. The number
/// is empty for a person who was erased. Needs [`Permission::Consent`] and [`Permission::ViewPersonal`].
pub async fn export(app: &App, actor: &Actor) -> Result<Vec<u8>> {
    actor.require(Permission::Consent)?;
    actor.require(Permission::ViewPersonal)?;
    let subaccount = &actor.subaccount;
    let cipher = app.cipher.tenant(subaccount);
    let (mut csv, mut rows, mut bytes) = (CsvWriter::new(HEADER), 0, Vec::new());
    let mut tx = app.db.read().await?;
    let mut last: Option<ContactId> = None;
    loop {
        let people = contacts::refusing(&mut tx, subaccount, last.as_ref(), BLOCK as i64).await?;
        let Some(end) = people.last() else { break };
        last = Some(end.id.clone());
        let ids: Vec<ContactId> = people.iter().map(|p| p.id.clone()).collect();
        let mut proofs: HashMap<ContactId, Vec<Entry>> = HashMap::new();
        for (id, entry) in consent::withdrawals(&mut tx, subaccount, &ids).await? {
            proofs.entry(id).or_default().push(entry);
        }
        for person in &people {
            rows += write(&mut csv, &cipher, person, proofs.get(&person.id).map_or(&[], Vec::as_slice))?;
        }
        bytes.extend(csv.take());
    }
    drop(tx);
    bytes.extend(csv.take());
    let mut tx = app.db.write().await?;
    access::audit(&mut tx, actor, "consent.export", subaccount.as_str(), &json!({ "rows": rows }), app.clock.now()).await?;
    tx.commit().await?;
    Ok(bytes)
}

fn write(csv: &mut CsvWriter, cipher: &TenantCipher, person: &Person, proofs: &[Entry]) -> Result<usize> {
    let phone = person.phone(cipher)?.map(|phone| phone.e164()).unwrap_or_default();
    let refusals = refusals(&person.standing, proofs);
    for (category, proof) in &refusals {
        let since = proof.map(|e| rfc3339(e.at)).unwrap_or_default();
        let (source, actor) = proof.map_or(("", ""), |e| (e.source.as_str(), e.actor.as_str()));
        let reason = proof.and_then(|e| e.reason.as_deref()).unwrap_or_default();
        csv.row([phone.as_str(), category, since.as_str(), source, reason, actor]);
    }
    Ok(refusals.len())
}

/// What a person refuses now, each with the row of the ledger that says so.
fn refusals<'a>(standing: &Standing, proofs: &'a [Entry]) -> Vec<(&'static str, Option<&'a Entry>)> {
    let latest = |category: &str| proofs.iter().rev().find(|e| e.category == category);
    if let Some(stopped_at) = standing.stopped_at {
        let said = |at: Millis| proofs.iter().find(|e| e.category == "all" && e.at == at);
        return vec![("all", said(stopped_at).or_else(|| latest("all")))];
    }
    let refused = Category::ALL.into_iter().filter(|c| standing.withdrawn & c.bit() != 0);
    // Whoever agreed to one category after refusing all refuses the others by that row.
    refused.map(|c| (c.as_str(), latest(c.as_str()).or_else(|| latest("all")))).collect()
}
