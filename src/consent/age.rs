//! Words of old rows, which are not kept longer than the organisation says, nor shorter than the law.

use std::collections::BTreeSet;

use super::change::{Aged, Change};
use super::ledger::{Evidence, change};
use super::store;
use crate::access::Actor;
use crate::contacts;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, SubaccountId};
use crate::kernel::sweep::{Span, Swept};

/// Takes wording, reason and address out of a part of the old rows, of refusals or of all else; that somebody agreed or refused, to
/// what and when, stays. Each person gets a row that says so, so that the chain can still be checked. A step, as [`change`].
pub async fn sweep_evidence(tx: &mut Tx, subaccount: &SubaccountId, refusals: bool, span: &Span<'_>, now: Millis) -> Result<Swept> {
    let after: i64 = span.after.parse().unwrap_or(0);
    let found = store::old_words(tx, subaccount, refusals, after, span.before, span.most as i64).await?;
    let Some((last, _)) = found.last() else { return Ok(Swept::default()) };
    let people: BTreeSet<ContactId> = found.iter().map(|(_, contact)| ContactId::stored(contact.clone())).collect();
    contacts::lock(tx, subaccount, &mut people.iter().cloned().collect()).await?;
    store::lock_head(tx, subaccount).await?;
    let seqs: Vec<i64> = found.iter().map(|(seq, _)| *seq).collect();
    store::forget_words_at(tx, subaccount, &seqs).await?;
    let evidence = Evidence::from_actor(&Actor::system(subaccount.clone()));
    for person in &people {
        let rows = store::rows_of_contact(tx, subaccount, person).await?;
        let digest = rows.iter().fold(String::new(), |digest, row| row.digest_after(&digest));
        change(tx, subaccount, person, &[Change::Aged(Aged { before: span.before, refusals, digest })], &evidence, now).await?;
    }
    Ok(Swept { place: Some(last.to_string()), is_held: false, removed: seqs.len() as u64 })
}

/// How many rows in the span still have words, of refusals or of all else. A step.
pub async fn count_evidence(tx: &mut Tx, subaccount: &SubaccountId, refusals: bool, span: &Span<'_>) -> Result<u64> {
    store::count_old_words(tx, subaccount, refusals, span.before, span.most as i64).await
}
