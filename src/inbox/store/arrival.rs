//! Texts that came, and the answers to keywords.

use std::collections::HashSet;

use crate::connections::Connection;
use crate::db::{Kind, Tx};
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, InboundId, MessageId, SubaccountId};
use crate::kernel::keyword::Keyword;
use crate::preferences::Confirmation;
use crate::providers::Inbound;

/// Where a text is sealed.
pub const TEXT: &str = "inbound.text";

/// A text about to be stored.
#[derive(Debug)]
pub struct Arrived {
    pub id: InboundId,
    pub contact: ContactId,
    pub sealed: Vec<u8>,
    pub keyword: Option<Keyword>,
    pub changed: bool,
    pub only: Option<Category>,
    pub confirmation: Option<Confirmation>,
    /// Whether nobody need read it.
    pub is_done: bool,
}

/// Which of these events were noted before.
pub async fn noted(tx: &mut Tx, connection: &Connection, keys: &[&str]) -> Result<HashSet<String>> {
    let mut noted = HashSet::new();
    for part in keys.chunks(500) {
        let list = tx.values(2, part.len(), &[Kind::Text]);
        let sql = format!("select event_key from inbound_seen where connection_id = $1 and event_key in (values {list})");
        let mut query = tx.query(&sql).bind(connection.id.as_str());
        for key in part {
            query = query.bind(*key);
        }
        noted.extend(query.fetch_all::<(String,)>().await?.into_iter().map(|(key,)| key));
    }
    Ok(noted)
}

/// Notes an event; false when it was noted before.
pub async fn note(tx: &mut Tx, connection: &Connection, event_key: &str, now: Millis) -> Result<bool> {
    let noted = tx
        .query(
            "insert into inbound_seen (connection_id, event_key, subaccount_id, seen_at) values ($1, $2, $3, $4) \
             on conflict (connection_id, event_key) do nothing",
        )
        .bind(connection.id.as_str())
        .bind(event_key)
        .bind(connection.subaccount.as_str())
        .bind(now)
        .execute()
        .await?;
    Ok(noted > 0)
}

pub async fn insert(tx: &mut Tx, connection: &Connection, inbound: &Inbound, arrived: &Arrived, now: Millis) -> Result<()> {
    tx.query(
        "insert into inbound (id, subaccount_id, contact_id, connection_id, event_key, sent_to, text, keyword, changed, at, received_at, \
         read_at, only_category, confirmation) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
    )
    .bind(arrived.id.as_str())
    .bind(connection.subaccount.as_str())
    .bind(arrived.contact.as_str())
    .bind(connection.id.as_str())
    .bind(inbound.event_key.as_str())
    .bind(inbound.to.as_str())
    .bind(arrived.sealed.as_slice())
    .bind(arrived.keyword.map(Keyword::as_str))
    .bind(arrived.changed)
    .bind(inbound.at)
    .bind(now)
    .bind(arrived.is_done.then_some(now))
    .bind(arrived.only.map(Category::as_str))
    .bind(arrived.confirmation.map(Confirmation::as_str))
    .execute()
    .await?;
    Ok(())
}

/// Moves the person's conversation on, or begins it. A text that somebody has to read opens it again.
pub async fn arrived(tx: &mut Tx, subaccount: &SubaccountId, arrived: &Arrived, now: Millis) -> Result<()> {
    let unread = i64::from(!arrived.is_done);
    tx.query(
        "insert into conversations (subaccount_id, contact_id, last_id, last_at, unread, is_unread) values ($1, $2, $3, $4, $5, $6) \
         on conflict (contact_id, subaccount_id) do update set last_id = excluded.last_id, last_at = excluded.last_at, \
         unread = conversations.unread + excluded.unread, \
         is_unread = case when conversations.unread + excluded.unread > 0 then 1 else 0 end, \
         closed_at = case when excluded.unread > 0 then null else conversations.closed_at end",
    )
    .bind(subaccount.as_str())
    .bind(arrived.contact.as_str())
    .bind(arrived.id.as_str())
    .bind(now)
    .bind(unread)
    .bind(unread)
    .execute()
    .await?;
    Ok(())
}

/// Notes that a message answers a keyword.
pub async fn note_answer(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    message: &MessageId,
    contact: &ContactId,
    keyword: Keyword,
    now: Millis,
) -> Result<()> {
    tx.query("insert into keyword_answers (message_id, subaccount_id, contact_id, keyword, at) values ($1, $2, $3, $4, $5)")
        .bind(message.as_str())
        .bind(subaccount.as_str())
        .bind(contact.as_str())
        .bind(keyword.as_str())
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Whether the person's keyword was answered after an instant.
pub async fn was_answered(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, keyword: Keyword, after: Millis) -> Result<bool> {
    let sql = "select at from keyword_answers where contact_id = $1 and keyword = $2 and at > $3 and subaccount_id = $4 limit 1";
    let query = tx.query(sql).bind(contact.as_str()).bind(keyword.as_str()).bind(after).bind(subaccount.as_str());
    Ok(query.fetch_optional::<(Millis,)>().await?.is_some())
}

/// Which of these messages answer a keyword.
pub async fn answers_among(tx: &mut Tx, subaccount: &SubaccountId, ids: &[&MessageId]) -> Result<HashSet<MessageId>> {
    let mut found = HashSet::new();
    for part in ids.chunks(500) {
        let list = tx.values(2, part.len(), &[Kind::Text]);
        let sql = format!("select message_id from keyword_answers where subaccount_id = $1 and message_id in (values {list})");
        let mut query = tx.query(&sql).bind(subaccount.as_str());
        for id in part {
            query = query.bind(id.as_str());
        }
        found.extend(query.fetch_all::<(String,)>().await?.into_iter().map(|(id,)| MessageId::stored(id)));
    }
    Ok(found)
}
