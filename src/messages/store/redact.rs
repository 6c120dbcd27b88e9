//! Taking out words and rows by age, by category and by hand.

use crate::db::{Kind, Query, Tx};
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, MessageId, SubaccountId};
use crate::kernel::sweep::Span;
use crate::messages::status::Status;

/// A message that was looked at: its id, its status, when its words went.
pub type Seen = (String, String, Option<Millis>);

/// Whether Peyk has nothing left to do for a message of this status.
pub fn is_done(status: &str) -> bool {
    Status::parse(status).is_some_and(Status::is_final)
}

/// A part of the old messages of a subaccount, in the order of their ids, which is that in which they were made: up to the first that
/// is not old.
pub async fn old(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>) -> Result<Vec<Seen>> {
    let sql = "select id, status, redacted_at, created_at from messages where subaccount_id = $1 and id > $2 order by id limit $3";
    let query = tx.query(sql).bind(subaccount.as_str()).bind(span.after).bind(span.most as i64);
    let rows: Vec<(String, String, Option<Millis>, Millis)> = query.fetch_all().await?;
    let old = rows.into_iter().take_while(|(.., created_at)| *created_at < span.before);
    Ok(old.map(|(id, status, redacted_at, _)| (id, status, redacted_at)).collect())
}

/// A part of a person's messages.
pub async fn of_person(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, after: &str, most: i64) -> Result<Vec<Seen>> {
    let sql = "select id, status, redacted_at from messages where contact_id = $1 and subaccount_id = $2 and id > $3 order by id limit $4";
    Ok(tx.query(sql).bind(contact.as_str()).bind(subaccount.as_str()).bind(after).bind(most).fetch_all().await?)
}

/// One message.
pub async fn seen(tx: &mut Tx, subaccount: &SubaccountId, id: &MessageId) -> Result<Option<Seen>> {
    let sql = format!("select id, status, redacted_at from messages where id = $1 and subaccount_id = $2 {}", tx.for_update());
    Ok(tx.query(&sql).bind(id.as_str()).bind(subaccount.as_str()).fetch_optional().await?)
}

fn bound<'t, 'q>(mut query: Query<'t, 'q>, subaccount: &SubaccountId, ids: &[&str]) -> Query<'t, 'q> {
    query = query.bind(subaccount.as_str());
    for id in ids {
        query = query.bind(*id);
    }
    query
}

/// Takes the words out of these messages, at most 500. Without words a message cannot be tried again.
pub async fn take_words(tx: &mut Tx, subaccount: &SubaccountId, ids: &[&str], now: Millis) -> Result<u64> {
    if ids.is_empty() {
        return Ok(0);
    }
    let list = tx.values(4, ids.len(), &[Kind::Text]);
    let sql = format!(
        "update messages set content = $1, metadata = null, retryable = false, redacted_at = $2 \
         where subaccount_id = $3 and redacted_at is null and id in (values {list})"
    );
    let nothing: &[u8] = &[];
    Ok(bound(tx.query(&sql).bind(nothing).bind(now), subaccount, ids).execute().await?)
}

/// Takes the providers' words about these messages, at most 500.
pub async fn take_provider_words(tx: &mut Tx, subaccount: &SubaccountId, ids: &[&str]) -> Result<u64> {
    if ids.is_empty() {
        return Ok(0);
    }
    let list = tx.values(2, ids.len(), &[Kind::Text]);
    let changes = [("messages", "error_detail", "id"), ("attempts", "detail", "message_id"), ("receipts", "detail", "message_id")];
    let mut taken = 0;
    for (table, column, key) in changes {
        let sql =
            format!("update {table} set {column} = null where subaccount_id = $1 and {column} is not null and {key} in (values {list})");
        taken += bound(tx.query(&sql), subaccount, ids).execute().await?;
    }
    Ok(taken)
}

/// Deletes reports that belong to no message and came before an instant, at most `most`.
pub async fn delete_unmatched(tx: &mut Tx, subaccount: &SubaccountId, before: Millis, most: usize) -> Result<u64> {
    let sql = "delete from receipts where (connection_id, event_key) in (select connection_id, event_key from receipts \
               where message_id is null and subaccount_id = $1 and received_at < $2 order by received_at limit $3)";
    Ok(tx.query(sql).bind(subaccount.as_str()).bind(before).bind(most as i64).execute().await?)
}

/// The tables whose rows belong to one message and go with it, in the order in which they go.
pub const BELONGINGS: [&str; 10] = [
    "redactions_due",
    "keyword_answers",
    "opt_ins",
    "code_challenges",
    "longest_values",
    "price_reads",
    "polls",
    "message_events",
    "receipts",
    "attempts",
];

/// Deletes these messages with all that belongs to them, at most 500. Nobody counts rows: figures stay.
pub async fn delete(tx: &mut Tx, subaccount: &SubaccountId, ids: &[&str]) -> Result<u64> {
    if ids.is_empty() {
        return Ok(0);
    }
    let list = tx.values(2, ids.len(), &[Kind::Text]);
    for table in BELONGINGS {
        let sql = format!("delete from {table} where subaccount_id = $1 and message_id in (values {list})");
        bound(tx.query(&sql), subaccount, ids).execute().await?;
    }
    let sql = format!("delete from messages where subaccount_id = $1 and id in (values {list})");
    Ok(bound(tx.query(&sql), subaccount, ids).execute().await?)
}

/// How many of the first messages behind the place, up to the span's most, are old and meet a condition about `m`.
pub async fn count_old(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>, condition: &str) -> Result<u64> {
    let sql = format!(
        "select count(*) from (select id, redacted_at, error_detail, created_at from messages where subaccount_id = $1 and id > $2 \
         order by id limit $3) as m where m.created_at < $4 {condition}"
    );
    let query = tx.query(&sql).bind(subaccount.as_str()).bind(span.after).bind(span.most as i64).bind(span.before);
    let (found,): (i64,) = query.fetch_one().await?;
    Ok(found.unsigned_abs())
}

/// Notes messages of these categories, among these, whose words go when they have left.
pub async fn note_due(tx: &mut Tx, subaccount: &SubaccountId, messages: &[(&str, Millis)]) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    const KINDS: [Kind; 3] = [Kind::Text, Kind::Text, Kind::Int];
    for part in messages.chunks(500) {
        let list = tx.values(1, part.len(), &KINDS);
        let sql = format!("insert into redactions_due (message_id, subaccount_id, due_at) values {list} on conflict do nothing");
        let mut query = tx.query(&sql);
        for (id, due_at) in part {
            query = query.bind(*id).bind(subaccount.as_str()).bind(*due_at);
        }
        query.execute().await?;
    }
    Ok(())
}

/// A part of the messages of these categories that still have their words, in the order of their ids.
pub async fn of_categories(tx: &mut Tx, subaccount: &SubaccountId, categories: &[Category], span: &Span<'_>) -> Result<Vec<Seen>> {
    let seen = old(tx, subaccount, span).await?;
    let Some((last, ..)) = seen.last().filter(|_| !categories.is_empty()) else { return Ok(Vec::new()) };
    let list = tx.values(4, categories.len(), &[Kind::Text]);
    let sql = format!(
        "select id, status, redacted_at from messages where subaccount_id = $1 and id > $2 and id <= $3 and redacted_at is null \
         and category in (values {list}) order by id"
    );
    let mut query = tx.query(&sql).bind(subaccount.as_str()).bind(span.after).bind(last.as_str());
    for category in categories {
        query = query.bind(category.as_str());
    }
    Ok(query.fetch_all().await?)
}

/// Messages whose words are due to go, of all subaccounts: subaccount, id, status.
pub async fn due(tx: &mut Tx, now: Millis, most: i64) -> Result<Vec<(String, String, String)>> {
    let sql = format!(
        "select d.subaccount_id, d.message_id, m.status from redactions_due d \
         join messages m on m.id = d.message_id and m.subaccount_id = d.subaccount_id where d.due_at <= $1 order by d.due_at limit $2{}",
        if tx.skip_locked().is_empty() { "" } else { " for update of d skip locked" }
    );
    Ok(tx.query(&sql).bind(now).bind(most).fetch_all().await?)
}

/// Whether words are due to go.
pub async fn has_due_words(tx: &mut Tx, now: Millis) -> Result<bool> {
    let found: Option<(i64,)> = tx.query("select due_at from redactions_due where due_at <= $1 limit 1").bind(now).fetch_optional().await?;
    Ok(found.is_some())
}

/// Ends the waiting of these, at most 500.
pub async fn forget_due(tx: &mut Tx, subaccount: &SubaccountId, ids: &[&str]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let list = tx.values(2, ids.len(), &[Kind::Text]);
    let sql = format!("delete from redactions_due where subaccount_id = $1 and message_id in (values {list})");
    bound(tx.query(&sql), subaccount, ids).execute().await?;
    Ok(())
}

/// Looks again later, at most 500.
pub async fn put_off_due(tx: &mut Tx, subaccount: &SubaccountId, ids: &[&str], due_at: Millis) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let list = tx.values(3, ids.len(), &[Kind::Text]);
    let sql = format!("update redactions_due set due_at = $1 where subaccount_id = $2 and message_id in (values {list})");
    bound(tx.query(&sql).bind(due_at), subaccount, ids).execute().await?;
    Ok(())
}
