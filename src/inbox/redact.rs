//! Taking out what people wrote: by age, and of one person. That somebody wrote, when, and which keyword it was, stays.

use crate::db::Tx;
use crate::inbox::store;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, SubaccountId};
use crate::kernel::sweep::{Span, Swept};

/// Takes a part of the old texts out. A step.
pub async fn sweep_texts(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>, now: Millis) -> Result<Swept> {
    let ids = store::old_texts(tx, subaccount, span).await?;
    let removed = store::take_texts(tx, subaccount, &ids, now).await?;
    Ok(Swept { place: ids.last().cloned(), is_held: false, removed })
}

/// How many texts in the span are still there. A step.
pub async fn count_texts(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>) -> Result<u64> {
    store::count_texts(tx, subaccount, span).await
}

/// Takes out everything that a person wrote; how many texts lost their words. A step.
pub async fn redact_person(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, now: Millis) -> Result<u64> {
    store::take_texts_of(tx, subaccount, contact, now).await
}

/// Takes out everything that an erased person wrote, so that not even the sealed bytes are left. A step of erasure, after the
/// person was locked.
pub async fn erase(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, now: Millis) -> Result<()> {
    store::take_texts_of(tx, subaccount, contact, now).await.map(drop)
}
