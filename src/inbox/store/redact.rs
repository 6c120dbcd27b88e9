//! Taking out what people wrote.

use crate::db::{Kind, Tx};
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, SubaccountId};
use crate::kernel::sweep::Span;

/// Ids of a part of the old texts of a subaccount, in their order, which is that in which they came: up to the first that is not old.
pub async fn old_texts(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>) -> Result<Vec<String>> {
    let sql = "select id, received_at from inbound where id > $1 and subaccount_id = $2 order by id limit $3";
    let query = tx.query(sql).bind(span.after).bind(subaccount.as_str()).bind(span.most as i64);
    let rows: Vec<(String, Millis)> = query.fetch_all().await?;
    Ok(rows.into_iter().take_while(|(_, received_at)| *received_at < span.before).map(|(id, _)| id).collect())
}

/// Takes these texts out, at most 500; how many were there.
pub async fn take_texts(tx: &mut Tx, subaccount: &SubaccountId, ids: &[String], now: Millis) -> Result<u64> {
    if ids.is_empty() {
        return Ok(0);
    }
    let list = tx.values(4, ids.len(), &[Kind::Text]);
    let sql = format!(
        "update inbound set text = $1, redacted_at = $2 where subaccount_id = $3 and redacted_at is null and id in (values {list})"
    );
    let nothing: &[u8] = &[];
    let mut query = tx.query(&sql).bind(nothing).bind(now).bind(subaccount.as_str());
    for id in ids {
        query = query.bind(id.as_str());
    }
    Ok(query.execute().await?)
}

/// Takes out everything that a person wrote; how many texts were there.
pub async fn take_texts_of(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, now: Millis) -> Result<u64> {
    let nothing: &[u8] = &[];
    let sql = "update inbound set text = $1, redacted_at = $2 where contact_id = $3 and subaccount_id = $4 and redacted_at is null";
    Ok(tx.query(sql).bind(nothing).bind(now).bind(contact.as_str()).bind(subaccount.as_str()).execute().await?)
}

/// How many of the first texts behind the place, up to the span's most, are old and still there.
pub async fn count_texts(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>) -> Result<u64> {
    let sql = "select count(*) from (select redacted_at, received_at from inbound where id > $1 and subaccount_id = $2 order by id \
               limit $3) as t where received_at < $4 and redacted_at is null";
    let query = tx.query(sql).bind(span.after).bind(subaccount.as_str()).bind(span.most as i64).bind(span.before);
    let (found,): (i64,) = query.fetch_one().await?;
    Ok(found.unsigned_abs())
}
