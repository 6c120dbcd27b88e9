//! Destroying words, of one person or by age.

use crate::db::{Kind, Tx};
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, MessageId, SubaccountId};

/// Empties everything in a person's messages that was said to or about them.
pub async fn forget_words(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, now: Millis) -> Result<()> {
    const THEIRS: &str = "(select id from messages where contact_id = $2 and subaccount_id = $3)";
    let nothing: &[u8] = &[];
    tx.query(
        "update messages set content = $1, reference = null, metadata = null, error_detail = null, retryable = false, \
         redacted_at = coalesce(redacted_at, $2) where contact_id = $3 and subaccount_id = $4",
    )
    .bind(nothing)
    .bind(now)
    .bind(contact.as_str())
    .bind(subaccount.as_str())
    .execute()
    .await?;
    for change in ["attempts set detail = null", "receipts set detail = null", "message_events set detail = ''"] {
        let sql = format!("update {change} where subaccount_id = $1 and message_id in {THEIRS}");
        tx.query(&sql).bind(subaccount.as_str()).bind(contact.as_str()).bind(subaccount.as_str()).execute().await?;
    }
    Ok(())
}

/// Empties these messages; at most 500.
pub async fn forget_texts(tx: &mut Tx, subaccount: &SubaccountId, ids: &[MessageId]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let nothing: &[u8] = &[];
    let list = tx.values(3, ids.len(), &[Kind::Text]);
    let sql = format!("update messages set content = $1 where subaccount_id = $2 and id in (values {list})");
    let mut query = tx.query(&sql).bind(nothing).bind(subaccount.as_str());
    for id in ids {
        query = query.bind(id.as_str());
    }
    query.execute().await?;
    Ok(())
}

/// A person's messages with when they were made, oldest first.
pub async fn ids_of_contact(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<Vec<(MessageId, Millis)>> {
    let sql = "select id, created_at from messages where contact_id = $1 and subaccount_id = $2 order by id";
    let rows: Vec<(String, Millis)> = tx.query(sql).bind(contact.as_str()).bind(subaccount.as_str()).fetch_all().await?;
    Ok(rows.into_iter().map(|(id, at)| (MessageId::stored(id), at)).collect())
}

/// How many messages a person has.
pub async fn count_of_contact(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<u64> {
    let query = tx.query("select count(*) from messages where contact_id = $1 and subaccount_id = $2");
    let (messages,): (i64,) = query.bind(contact.as_str()).bind(subaccount.as_str()).fetch_one().await?;
    Ok(messages.unsigned_abs())
}

/// How many messages of a category these people were sent since then.
pub async fn sent_to(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    people: &[&ContactId],
    category: Category,
    since: Millis,
) -> Result<Vec<(ContactId, i64)>> {
    let mut sent = Vec::new();
    for part in people.chunks(500) {
        let list = tx.values(4, part.len(), &[Kind::Text]);
        let sql = format!(
            "select contact_id, count(*) from messages where subaccount_id = $1 and category = $2 and submitted_at > $3 \
             and status in ('submitting', 'unknown', 'sent', 'delivered') and contact_id in (values {list}) group by contact_id"
        );
        let mut query = tx.query(&sql).bind(subaccount.as_str()).bind(category.as_str()).bind(since);
        for id in part {
            query = query.bind(id.as_str());
        }
        let rows: Vec<(String, i64)> = query.fetch_all().await?;
        sent.extend(rows.into_iter().map(|(id, sent)| (ContactId::stored(id), sent)));
    }
    Ok(sent)
}

/// Whom a message is for.
pub async fn contact_of(tx: &mut Tx, subaccount: &SubaccountId, id: &MessageId) -> Result<Option<ContactId>> {
    let query = tx.query("select contact_id from messages where id = $1 and subaccount_id = $2");
    let found: Option<(String,)> = query.bind(id.as_str()).bind(subaccount.as_str()).fetch_optional().await?;
    Ok(found.map(|(contact,)| ContactId::stored(contact)))
}
