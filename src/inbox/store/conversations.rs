//! Conversations and their texts.

use std::fmt;

use crate::db::Tx;
use crate::inbox::conversation::Shown;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ContactId, InboundId, SubaccountId, UserId};

/// A conversation with its last text.
#[derive(Debug, sqlx::FromRow)]
pub struct ConversationRow {
    pub contact_id: String,
    pub last_id: String,
    pub last_at: Millis,
    pub unread: i64,
    pub is_unread: i64,
    pub assigned_to: Option<String>,
    pub assigned_name: Option<String>,
    pub closed_at: Option<Millis>,
    pub text: Vec<u8>,
    pub keyword: Option<String>,
}

/// A text that a person wrote.
#[derive(Debug, sqlx::FromRow)]
pub struct TextRow {
    pub id: String,
    pub text: Vec<u8>,
    pub keyword: Option<String>,
    pub changed: bool,
    pub only: Option<String>,
    pub confirmation: Option<String>,
    pub at: Millis,
    pub read_at: Option<Millis>,
    pub redacted_at: Option<Millis>,
}

const SELECT: &str = "select c.contact_id, c.last_id, c.last_at, c.unread, c.is_unread, c.assigned_to, u.name as assigned_name, c.closed_at, \
     i.text, i.keyword from conversations c join inbound i on i.id = c.last_id and i.subaccount_id = c.subaccount_id \
     left join users u on u.id = c.assigned_to and u.subaccount_id = c.subaccount_id where c.subaccount_id = $1";

/// No id is above this one, by whatever rules a database sorts texts.
const LAST: &str = "inb_zzzzzzzzzzzzzzzzzzzzzzzzz";

/// A place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Turn {
    is_unread: i64,
    last_id: String,
}

impl Turn {
    /// Where a conversation stands.
    pub fn of(row: &ConversationRow) -> Self {
        Self { is_unread: row.is_unread, last_id: row.last_id.clone() }
    }

    /// Reads what it prints.
    pub fn read(text: &str) -> Result<Self> {
        let parts = text.split_once('.').and_then(|(unread, id)| Some((unread.parse().ok()?, InboundId::parse(id)?)));
        let refuse = || Error::invalid("cursor", "unreadable", "Use the next_cursor of the page before as it is, or leave it out.");
        let (is_unread, last_id) = parts.ok_or_else(refuse)?;
        Ok(Self { is_unread, last_id: last_id.as_str().to_owned() })
    }
}

impl fmt::Display for Turn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.is_unread, self.last_id)
    }
}

/// Which conversations are wanted.
#[derive(Debug)]
pub struct Wanted<'a> {
    pub shown: Shown,
    pub mine: Option<&'a UserId>,
    pub contact: Option<&'a ContactId>,
    pub after: Option<Turn>,
}

pub async fn list(tx: &mut Tx, subaccount: &SubaccountId, wanted: &Wanted<'_>, limit: i64) -> Result<Vec<ConversationRow>> {
    let mut sql = SELECT.to_owned();
    let mut texts: Vec<&str> = vec![subaccount.as_str()];
    let mut add = |sql: &mut String, condition: &str, value| {
        texts.push(value);
        sql.push_str(&condition.replace('$', &format!("${}", texts.len())));
    };
    if let Some(user) = wanted.mine {
        add(&mut sql, " and c.assigned_to = $", user.as_str());
    }
    if let Some(contact) = wanted.contact {
        add(&mut sql, " and c.contact_id = $", contact.as_str());
    }
    sql.push_str(match wanted.shown {
        Shown::Open | Shown::Mine => " and c.closed_at is null",
        Shown::Closed => " and c.closed_at is not null",
        Shown::All => "",
    });
    let next = texts.len() + 1;
    if wanted.after.is_some() {
        sql.push_str(&format!(" and (c.is_unread, c.last_id) < (${next}, ${})", next + 1));
    }
    let last = next + if wanted.after.is_some() { 2 } else { 0 };
    sql.push_str(&format!(" order by c.is_unread desc, c.last_id desc limit ${last}"));
    let mut query = tx.query(&sql);
    for text in texts {
        query = query.bind(text);
    }
    if let Some(turn) = &wanted.after {
        query = query.bind(turn.is_unread).bind(turn.last_id.as_str());
    }
    Ok(query.bind(limit).fetch_all().await?)
}

pub async fn one(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<Option<ConversationRow>> {
    let sql = format!("{SELECT} and c.contact_id = $2");
    Ok(tx.query(&sql).bind(subaccount.as_str()).bind(contact.as_str()).fetch_optional().await?)
}

/// Holds a conversation until the commit; false when there is none.
pub async fn lock(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<bool> {
    let sql = format!("select unread from conversations where contact_id = $1 and subaccount_id = $2 {}", tx.for_update());
    let found: Option<(i64,)> = tx.query(&sql).bind(contact.as_str()).bind(subaccount.as_str()).fetch_optional().await?;
    Ok(found.is_some())
}

/// The person's last text; the caller holds the conversation, so that none comes meanwhile.
pub async fn last_text(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<InboundId> {
    let sql = "select last_id from conversations where contact_id = $1 and subaccount_id = $2";
    let (id,): (String,) = tx.query(sql).bind(contact.as_str()).bind(subaccount.as_str()).fetch_one().await?;
    Ok(InboundId::stored(id))
}

/// How many texts nobody has read.
pub async fn unread(tx: &mut Tx, subaccount: &SubaccountId) -> Result<i64> {
    let sql = "select cast(coalesce(sum(unread), 0) as bigint) from conversations where subaccount_id = $1 and is_unread = 1";
    let (unread,): (i64,) = tx.query(sql).bind(subaccount.as_str()).fetch_one().await?;
    Ok(unread)
}

/// Closes it, or opens it again; false when it was so already.
pub async fn set_closed(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, at: Option<Millis>) -> Result<bool> {
    let other = if at.is_some() { "is null" } else { "is not null" };
    let sql = format!("update conversations set closed_at = $1 where contact_id = $2 and subaccount_id = $3 and closed_at {other}");
    Ok(tx.query(&sql).bind(at).bind(contact.as_str()).bind(subaccount.as_str()).execute().await? > 0)
}

pub async fn set_assigned(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, user: Option<&UserId>) -> Result<()> {
    let sql = "update conversations set assigned_to = $1 where contact_id = $2 and subaccount_id = $3";
    tx.query(sql).bind(user.map(UserId::as_str)).bind(contact.as_str()).bind(subaccount.as_str()).execute().await?;
    Ok(())
}

/// Notes that the person's texts were read, up to one of them or all.
pub async fn read_until(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, upto: Option<&InboundId>, now: Millis) -> Result<()> {
    let upto = upto.map_or(LAST, InboundId::as_str);
    let sql = "update inbound set read_at = $1 where contact_id = $2 and subaccount_id = $3 and id <= $4 and read_at is null";
    tx.query(sql).bind(now).bind(contact.as_str()).bind(subaccount.as_str()).bind(upto).execute().await?;
    recount(tx, subaccount, contact).await
}

/// Notes that the person's last text is to be read again; the last that is no stop or start, where there is one.
pub async fn unread_last(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<()> {
    let sql = "update inbound set read_at = null where subaccount_id = $1 and id = (select id from inbound where contact_id = $2 \
               and subaccount_id = $1 order by case when keyword in ('stop', 'start') then 0 else 1 end desc, id desc limit 1)";
    tx.query(sql).bind(subaccount.as_str()).bind(contact.as_str()).execute().await?;
    recount(tx, subaccount, contact).await
}

/// Counts what nobody has read; the caller holds the conversation.
async fn recount(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<()> {
    let sql = "select count(*) from inbound where contact_id = $1 and subaccount_id = $2 and read_at is null";
    let (unread,): (i64,) = tx.query(sql).bind(contact.as_str()).bind(subaccount.as_str()).fetch_one().await?;
    tx.query("update conversations set unread = $1, is_unread = $2 where contact_id = $3 and subaccount_id = $4")
        .bind(unread)
        .bind(i64::from(unread > 0))
        .bind(contact.as_str())
        .bind(subaccount.as_str())
        .execute()
        .await?;
    Ok(())
}

/// The person's texts before one, newest first.
pub async fn texts_of(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    contact: &ContactId,
    before: Option<&InboundId>,
    limit: i64,
) -> Result<Vec<TextRow>> {
    let sql = "select id, text, keyword, changed, only_category as only, confirmation, at, read_at, redacted_at from inbound \
               where contact_id = $1 and subaccount_id = $2 and id < $3 order by id desc limit $4";
    let before = before.map_or(LAST, InboundId::as_str);
    Ok(tx.query(sql).bind(contact.as_str()).bind(subaccount.as_str()).bind(before).bind(limit).fetch_all().await?)
}

/// By which connection the person's last text came, and to which of our numbers.
pub async fn last_way(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<Option<(String, String)>> {
    let sql = "select connection_id, sent_to from inbound where contact_id = $1 and subaccount_id = $2 order by id desc limit 1";
    Ok(tx.query(sql).bind(contact.as_str()).bind(subaccount.as_str()).fetch_optional().await?)
}
