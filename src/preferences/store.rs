//! SQL of the opt_ins table.

use std::collections::HashSet;

use crate::db::{Kind, Tx};
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, MessageId, SubaccountId};

/// A confirmation that is waited for.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Request {
    pub asked_at: Millis,
    /// What it can grant, as a set.
    pub categories: i64,
    /// Whether it takes a total refusal back instead.
    pub is_start: bool,
    /// What the person was asked, without the link.
    pub wording: String,
    /// The person's link epoch when they were asked.
    pub link_epoch: i64,
    pub expires_at: Millis,
    pub ended_at: Option<Millis>,
    pub outcome: Option<String>,
}

const COLUMNS: &str = "asked_at, categories, is_start, wording, link_epoch, expires_at, ended_at, outcome";

/// The requests of one person since an instant, the latest first.
pub async fn requests(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, since: Millis) -> Result<Vec<Request>> {
    let sql =
        format!("select {COLUMNS} from opt_ins where subaccount_id = $1 and contact_id = $2 and asked_at > $3 order by asked_at desc");
    Ok(tx.query(&sql).bind(subaccount.as_str()).bind(contact.as_str()).bind(since).fetch_all().await?)
}

/// How many people of a subaccount were asked since an instant.
pub async fn asked_since(tx: &mut Tx, subaccount: &SubaccountId, since: Millis) -> Result<i64> {
    let sql = "select count(*) from opt_ins where subaccount_id = $1 and asked_at > $2";
    let (asked,) = tx.query(sql).bind(subaccount.as_str()).bind(since).fetch_one().await?;
    Ok(asked)
}

pub async fn insert(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, request: &Request, message: &MessageId) -> Result<()> {
    tx.query(
        "insert into opt_ins (subaccount_id, contact_id, asked_at, categories, is_start, wording, link_epoch, expires_at, message_id) \
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(subaccount.as_str())
    .bind(contact.as_str())
    .bind(request.asked_at)
    .bind(request.categories)
    .bind(request.is_start)
    .bind(request.wording.as_str())
    .bind(request.link_epoch)
    .bind(request.expires_at)
    .bind(message.as_str())
    .execute()
    .await?;
    Ok(())
}

/// Ends a request that is open; false when it has ended already.
pub async fn end(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    contact: &ContactId,
    asked_at: Millis,
    outcome: &str,
    now: Millis,
) -> Result<bool> {
    let ended = tx
        .query(
            "update opt_ins set ended_at = $1, outcome = $2 where subaccount_id = $3 and contact_id = $4 and asked_at = $5 and ended_at is null",
        )
        .bind(now)
        .bind(outcome)
        .bind(subaccount.as_str())
        .bind(contact.as_str())
        .bind(asked_at)
        .execute()
        .await?;
    Ok(ended > 0)
}

/// Requests of any subaccount whose time is over: whose, and when they were asked.
pub async fn overdue(tx: &mut Tx, now: Millis, most: i64) -> Result<Vec<(SubaccountId, ContactId, Millis)>> {
    let sql =
        "select subaccount_id, contact_id, asked_at from opt_ins where ended_at is null and expires_at <= $1 order by expires_at limit $2";
    let rows: Vec<(String, String, Millis)> = tx.query(sql).bind(now).bind(most).fetch_all().await?;
    Ok(rows.into_iter().map(|(sub, con, at)| (SubaccountId::stored(sub), ContactId::stored(con), at)).collect())
}

/// Which of these messages ask for a confirmation that is still waited for.
pub async fn open_among(tx: &mut Tx, subaccount: &SubaccountId, ids: &[&MessageId]) -> Result<HashSet<MessageId>> {
    let mut found = HashSet::new();
    for part in ids.chunks(500) {
        let list = tx.values(2, part.len(), &[Kind::Text]);
        let sql = format!(
            "select o.message_id from opt_ins o join contacts c on c.id = o.contact_id and c.subaccount_id = o.subaccount_id \
             where o.subaccount_id = $1 and o.message_id in (values {list}) and o.ended_at is null and (c.pending & o.categories) <> 0"
        );
        let mut query = tx.query(&sql).bind(subaccount.as_str());
        for id in part {
            query = query.bind(id.as_str());
        }
        found.extend(query.fetch_all::<(String,)>().await?.into_iter().map(|(id,)| MessageId::stored(id)));
    }
    Ok(found)
}

/// The messages that ask a person to confirm what nobody waits for any more.
pub async fn questions_about_nothing(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, pending: i64) -> Result<Vec<MessageId>> {
    let sql = "select message_id from opt_ins where subaccount_id = $1 and contact_id = $2 and ended_at is null and (categories & $3) = 0";
    let query = tx.query(sql).bind(subaccount.as_str()).bind(contact.as_str()).bind(pending);
    Ok(query.fetch_all::<(String,)>().await?.into_iter().map(|(id,)| MessageId::stored(id)).collect())
}

/// Forgets what a person was asked.
pub async fn forget(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<()> {
    let query = tx.query("delete from opt_ins where subaccount_id = $1 and contact_id = $2");
    query.bind(subaccount.as_str()).bind(contact.as_str()).execute().await?;
    Ok(())
}
