//! SQL of codes: `code_challenges`, `code_requests`, `code_stops`, `code_lines`.

use super::breaker::Scope;
use super::limits::Asked;
use super::{Purpose, Stop, TRIES};
use crate::db::{Kind, Tx};
use crate::kernel::clock::Millis;
use crate::kernel::crypto::Cipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ChallengeId, CodeStopId, ContactId, MessageId, SubaccountId};
use crate::kernel::phone::Country;

const SIGNED_FOR: &str = "one-time code";

/// What is counted of a request.
#[derive(Debug)]
pub struct Request {
    /// The challenge that it makes.
    pub id: ChallengeId,
    pub purpose: Purpose,
    /// Keyed hash of the number.
    pub number: Vec<u8>,
    /// Keyed hash of the number without its last four digits.
    pub range: Vec<u8>,
    pub country: Country,
    /// Keyed hash of the address that asked.
    pub address: Option<Vec<u8>>,
    /// Keyed hash of its neighbourhood.
    pub network: Option<Vec<u8>>,
    /// Whether a message went.
    pub sent: bool,
}

/// What a challenge holds besides its request.
#[derive(Debug)]
pub struct Challenge {
    pub contact: Option<ContactId>,
    pub message: Option<MessageId>,
    pub code_hash: Vec<u8>,
    pub expires_at: Millis,
}

/// A challenge of which a try was taken.
#[derive(Debug)]
pub struct Held {
    /// With this one.
    pub attempts: i64,
    pub code_hash: Vec<u8>,
    pub contact: Option<ContactId>,
    pub message: Option<MessageId>,
}

#[derive(sqlx::FromRow)]
struct HeldRow {
    attempts: i64,
    code_hash: Vec<u8>,
    contact_id: Option<String>,
    message_id: Option<String>,
}

/// A challenge whose time is over.
#[derive(Debug)]
pub struct Expired {
    pub subaccount: SubaccountId,
    pub id: ChallengeId,
    pub message: Option<MessageId>,
}

fn bound(subaccount: &SubaccountId, id: &ChallengeId, purpose: Purpose, code: &str) -> String {
    format!("{subaccount} {id} {} {code}", purpose.as_str())
}

/// The keyed hash of a code, bound to its challenge and purpose.
pub fn code_hash(cipher: &Cipher, subaccount: &SubaccountId, id: &ChallengeId, purpose: Purpose, code: &str) -> Vec<u8> {
    cipher.sign(SIGNED_FOR, bound(subaccount, id, purpose, code).as_bytes()).to_vec()
}

/// Whether a code is the one of the hash, in constant time.
pub fn is_right(cipher: &Cipher, subaccount: &SubaccountId, id: &ChallengeId, purpose: Purpose, code: &str, hash: &[u8]) -> bool {
    cipher.verify(SIGNED_FOR, bound(subaccount, id, purpose, code).as_bytes(), hash)
}

/// Waits until nobody else of the subaccount asks for a code.
pub async fn stand_in_line(tx: &mut Tx, subaccount: &SubaccountId) -> Result<()> {
    let sql = "insert into code_lines (subaccount_id) values ($1) on conflict (subaccount_id) do nothing";
    tx.query(sql).bind(subaccount.as_str()).execute().await?;
    let sql = format!("select subaccount_id from code_lines where subaccount_id = $1 {}", tx.for_update());
    let (_line,): (String,) = tx.query(&sql).bind(subaccount.as_str()).fetch_one().await?;
    Ok(())
}

/// What was asked for of a number, newest first.
pub async fn asked_for_number(tx: &mut Tx, subaccount: &SubaccountId, number: &[u8], since: Millis, most: usize) -> Result<Vec<Asked>> {
    let sql = "select requested_at, verified_at from code_requests where subaccount_id = $1 and number_hash = $2 and requested_at > $3 \
               order by requested_at desc limit $4";
    let query = tx.query(sql).bind(subaccount.as_str()).bind(number).bind(since).bind(most as i64);
    let rows: Vec<(Millis, Option<Millis>)> = query.fetch_all().await?;
    Ok(rows.into_iter().map(|(at, verified_at)| Asked { at, verified: verified_at.is_some() }).collect())
}

/// When codes were asked for where `column` is this hash, newest first.
pub async fn asked_in(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    column: &str,
    hash: &[u8],
    since: Millis,
    most: usize,
) -> Result<Vec<Millis>> {
    let sql = format!(
        "select requested_at from code_requests where subaccount_id = $1 and {column} = $2 and requested_at > $3 \
         order by requested_at desc limit $4"
    );
    let rows: Vec<(Millis,)> = tx.query(&sql).bind(subaccount.as_str()).bind(hash).bind(since).bind(most as i64).fetch_all().await?;
    Ok(rows.into_iter().map(|(at,)| at).collect())
}

/// How many codes of a purpose went to a place (a range's hash in hex, or a country) since then, and how many of them were entered.
/// One that was not entered counts when it went by `counts_until`.
pub async fn share(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    purpose: Purpose,
    column: &str,
    place: &str,
    since: Millis,
    counts_until: Millis,
) -> Result<(i64, i64)> {
    let sql = format!(
        "select count(*), count(verified_at) from code_requests where subaccount_id = $1 and {column} = $2 and requested_at > $3 \
         and purpose = $4 and sent and (verified_at is not null or requested_at <= $5)"
    );
    let query = tx.query(&sql).bind(subaccount.as_str());
    let query = if column == "country" { query.bind(place) } else { query.bind(from_hex(place)?) };
    Ok(query.bind(since).bind(purpose.as_str()).bind(counts_until).fetch_one().await?)
}

fn from_hex(hex: &str) -> Result<Vec<u8>> {
    let byte = |at: usize| hex.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok());
    (0..hex.len()).step_by(2).map(byte).collect::<Option<_>>().ok_or_else(|| Error::internal("a hash is not written in hex"))
}

/// Removes the challenge of a number and purpose. Gives its message.
pub async fn void(tx: &mut Tx, subaccount: &SubaccountId, number: &[u8], purpose: Purpose) -> Result<Vec<MessageId>> {
    let sql = "delete from code_challenges where subaccount_id = $1 and number_hash = $2 and purpose = $3 returning message_id";
    let rows: Vec<(Option<String>,)> = tx.query(sql).bind(subaccount.as_str()).bind(number).bind(purpose.as_str()).fetch_all().await?;
    Ok(rows.into_iter().filter_map(|(id,)| id.map(MessageId::stored)).collect())
}

/// Writes a request and its challenge.
pub async fn add(tx: &mut Tx, subaccount: &SubaccountId, request: &Request, challenge: &Challenge, now: Millis) -> Result<()> {
    let sql = "insert into code_requests (id, subaccount_id, purpose, number_hash, range_hash, country, address_hash, network_hash, sent, \
               requested_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    tx.query(sql)
        .bind(request.id.as_str())
        .bind(subaccount.as_str())
        .bind(request.purpose.as_str())
        .bind(request.number.as_slice())
        .bind(request.range.as_slice())
        .bind(request.country.as_str())
        .bind(request.address.as_deref())
        .bind(request.network.as_deref())
        .bind(request.sent)
        .bind(now)
        .execute()
        .await?;
    let sql = "insert into code_challenges (id, subaccount_id, purpose, number_hash, contact_id, message_id, code_hash, attempts, created_at, \
               expires_at) values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9)";
    tx.query(sql)
        .bind(request.id.as_str())
        .bind(subaccount.as_str())
        .bind(request.purpose.as_str())
        .bind(request.number.as_slice())
        .bind(challenge.contact.as_ref().map(|c| c.as_str()))
        .bind(challenge.message.as_ref().map(|m| m.as_str()))
        .bind(challenge.code_hash.as_slice())
        .bind(now)
        .bind(challenge.expires_at)
        .execute()
        .await?;
    Ok(())
}

/// Takes one of a live challenge's tries; nothing when it has none left, or is not live.
pub async fn take_try(tx: &mut Tx, subaccount: &SubaccountId, id: &ChallengeId, purpose: Purpose, now: Millis) -> Result<Option<Held>> {
    let sql = "update code_challenges set attempts = attempts + 1 where id = $1 and subaccount_id = $2 and purpose = $3 and attempts < $4 \
               and used_at is null and expires_at > $5 returning attempts, code_hash, contact_id, message_id";
    let query = tx.query(sql).bind(id.as_str()).bind(subaccount.as_str()).bind(purpose.as_str()).bind(TRIES).bind(now);
    let row: Option<HeldRow> = query.fetch_optional().await?;
    Ok(row.map(|row| Held {
        attempts: row.attempts,
        code_hash: row.code_hash,
        contact: row.contact_id.map(ContactId::stored),
        message: row.message_id.map(MessageId::stored),
    }))
}

/// Marks a challenge as met; whether it was still to be met.
pub async fn use_up(tx: &mut Tx, subaccount: &SubaccountId, id: &ChallengeId, now: Millis) -> Result<bool> {
    let sql = "update code_challenges set used_at = $3 where id = $1 and subaccount_id = $2 and used_at is null";
    if tx.query(sql).bind(id.as_str()).bind(subaccount.as_str()).bind(now).execute().await? == 0 {
        return Ok(false);
    }
    let sql = "update code_requests set verified_at = $3 where id = $1 and subaccount_id = $2";
    tx.query(sql).bind(id.as_str()).bind(subaccount.as_str()).bind(now).execute().await?;
    Ok(true)
}

/// When the last stop of a purpose at a place ends, and when it was released.
pub async fn last_stop(tx: &mut Tx, subaccount: &SubaccountId, purpose: Purpose, place: &str) -> Result<Option<(Millis, Option<Millis>)>> {
    let sql = "select ends_at, released_at from code_stops where subaccount_id = $1 and place = $2 and purpose = $3 \
               order by stopped_at desc limit 1";
    Ok(tx.query(sql).bind(subaccount.as_str()).bind(place).bind(purpose.as_str()).fetch_optional().await?)
}

#[expect(clippy::too_many_arguments, reason = "one row's columns, passed once")]
pub async fn stop(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    id: &CodeStopId,
    purpose: Purpose,
    (scope, place, shown): (Scope, &str, &str),
    (sent, verified): (i64, i64),
    now: Millis,
    ends_at: Millis,
) -> Result<()> {
    let sql = "insert into code_stops (id, subaccount_id, purpose, scope, place, shown, sent, verified, stopped_at, ends_at) \
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    tx.query(sql)
        .bind(id.as_str())
        .bind(subaccount.as_str())
        .bind(purpose.as_str())
        .bind(scope.as_str())
        .bind(place)
        .bind(shown)
        .bind(sent)
        .bind(verified)
        .bind(now)
        .bind(ends_at)
        .execute()
        .await?;
    Ok(())
}

#[derive(sqlx::FromRow)]
struct StopRow {
    id: String,
    purpose: String,
    shown: String,
    sent: i64,
    verified: i64,
    stopped_at: Millis,
    ends_at: Millis,
}

impl StopRow {
    fn stop(self) -> Result<Stop> {
        let purpose =
            Purpose::parse(&self.purpose).ok_or_else(|| Error::internal(format!("the stop {} has an unreadable purpose", self.id)))?;
        let Self { id, shown: place, sent, verified, stopped_at, ends_at, .. } = self;
        Ok(Stop { id, purpose, place, sent, verified, stopped_at, ends_at })
    }
}

/// Stops that hold at `now`, newest first.
pub async fn stops(tx: &mut Tx, subaccount: &SubaccountId, now: Millis) -> Result<Vec<Stop>> {
    let sql = "select id, purpose, shown, sent, verified, stopped_at, ends_at from code_stops \
               where subaccount_id = $1 and ends_at > $2 and released_at is null order by stopped_at desc, id desc";
    let rows: Vec<StopRow> = tx.query(sql).bind(subaccount.as_str()).bind(now).fetch_all().await?;
    rows.into_iter().map(StopRow::stop).collect()
}

/// Ends a stop that holds; whether there was one.
pub async fn release(tx: &mut Tx, subaccount: &SubaccountId, id: &CodeStopId, by: &str, now: Millis) -> Result<bool> {
    let sql = "update code_stops set released_at = $3, released_by = $4 \
               where id = $1 and subaccount_id = $2 and released_at is null and ends_at > $3";
    Ok(tx.query(sql).bind(id.as_str()).bind(subaccount.as_str()).bind(now).bind(by).execute().await? > 0)
}

/// Challenges of any subaccount that have ended, sorted by subaccount.
pub async fn expired(tx: &mut Tx, now: Millis, most: i64) -> Result<Vec<Expired>> {
    let sql = "select subaccount_id, id, message_id from code_challenges where expires_at <= $1 order by expires_at limit $2";
    let rows: Vec<(String, String, Option<String>)> = tx.query(sql).bind(now).bind(most).fetch_all().await?;
    let expired = |(subaccount, id, message): (String, String, Option<String>)| Expired {
        subaccount: SubaccountId::stored(subaccount),
        id: ChallengeId::stored(id),
        message: message.map(MessageId::stored),
    };
    let mut all: Vec<Expired> = rows.into_iter().map(expired).collect();
    all.sort_by(|a, b| a.subaccount.cmp(&b.subaccount));
    Ok(all)
}

/// Removes challenges; at most 500. Gives how many.
pub async fn remove(tx: &mut Tx, subaccount: &SubaccountId, ids: &[&ChallengeId]) -> Result<u64> {
    let list = tx.values(2, ids.len(), &[Kind::Text]);
    let sql = format!("delete from code_challenges where subaccount_id = $1 and id in (values {list})");
    let mut query = tx.query(&sql).bind(subaccount.as_str());
    for id in ids {
        query = query.bind(id.as_str());
    }
    Ok(query.execute().await?)
}

pub async fn prune(tx: &mut Tx, requests_before: Millis, stops_before: Millis) -> Result<()> {
    tx.query("delete from code_requests where requested_at <= $1").bind(requests_before).execute().await?;
    tx.query("delete from code_stops where stopped_at < $1").bind(stops_before).execute().await?;
    Ok(())
}

pub async fn forget_person(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<()> {
    let sql = "delete from code_challenges where subaccount_id = $1 and contact_id = $2";
    tx.query(sql).bind(subaccount.as_str()).bind(contact.as_str()).execute().await?;
    Ok(())
}
