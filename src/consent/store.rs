//! SQL of the consent ledger and of the ends of its chains.

use super::ledger::{Entry, Head, Row};
use crate::db::{Kind, Tx, rows_of};
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, SubaccountId, fresh};

const COLUMNS: &str =
    "seq, contact_id, category, change, value, source, wording, reason, actor, ip, user_agent, form_url, at, previous_hash, hash";

#[derive(sqlx::FromRow)]
struct Stored {
    seq: i64,
    contact_id: String,
    category: String,
    change: String,
    value: Option<String>,
    source: String,
    wording: Option<String>,
    reason: Option<String>,
    actor: String,
    ip: Option<String>,
    user_agent: Option<String>,
    form_url: Option<String>,
    at: Millis,
    previous_hash: String,
    hash: String,
}

/// A row with its id.
#[derive(sqlx::FromRow)]
struct Identified {
    id: String,
    #[sqlx(flatten)]
    stored: Stored,
}

impl Stored {
    fn row(self) -> Row {
        let Self { seq, contact_id, category, change, value, source, wording, reason, actor, ip, user_agent, form_url, .. } = self;
        let entry = Entry { seq, change, category, value, source, wording, reason, actor, ip, user_agent, form_url, at: self.at };
        let Self { previous_hash, hash, .. } = self;
        Row { contact: contact_id, entry, previous_hash, hash }
    }
}

/// The end of the chain, held until the commit so that rows are added one after the other.
pub async fn lock_head(tx: &mut Tx, subaccount: &SubaccountId) -> Result<Head> {
    tx.query("insert into consent_heads (subaccount_id, seq, hash) values ($1, 0, '') on conflict (subaccount_id) do nothing")
        .bind(subaccount.as_str())
        .execute()
        .await?;
    let sql = format!("select seq, hash from consent_heads where subaccount_id = $1 {}", tx.for_update());
    let (seq, hash) = tx.query(&sql).bind(subaccount.as_str()).fetch_one().await?;
    Ok(Head { seq, hash })
}

pub async fn head(tx: &mut Tx, subaccount: &SubaccountId) -> Result<Head> {
    let found = tx.query("select seq, hash from consent_heads where subaccount_id = $1").bind(subaccount.as_str());
    Ok(found.fetch_optional().await?.map(|(seq, hash)| Head { seq, hash }).unwrap_or_default())
}

pub async fn append(tx: &mut Tx, subaccount: &SubaccountId, rows: &[Row], head: &Head, now: Millis) -> Result<()> {
    use Kind::{Int, Text};
    const KINDS: [Kind; 17] = [Text, Text, Int, Text, Text, Text, Text, Text, Text, Text, Text, Text, Text, Text, Int, Text, Text];
    for part in rows.chunks(rows_of(KINDS.len())) {
        let list = tx.values(1, part.len(), &KINDS);
        let sql = format!("insert into consent_ledger (id, subaccount_id, {COLUMNS}) values {list}");
        let mut query = tx.query(&sql);
        for Row { contact, entry, previous_hash, hash } in part {
            query = query
                .bind(format!("led_{}", fresh(now)))
                .bind(subaccount.as_str())
                .bind(entry.seq)
                .bind(contact.as_str())
                .bind(entry.category.as_str())
                .bind(entry.change.as_str())
                .bind(entry.value.as_deref())
                .bind(entry.source.as_str())
                .bind(entry.wording.as_deref())
                .bind(entry.reason.as_deref())
                .bind(entry.actor.as_str())
                .bind(entry.ip.as_deref())
                .bind(entry.user_agent.as_deref())
                .bind(entry.form_url.as_deref())
                .bind(entry.at)
                .bind(previous_hash.as_str())
                .bind(hash.as_str());
        }
        query.execute().await?;
    }
    tx.query("update consent_heads set seq = $1, hash = $2 where subaccount_id = $3")
        .bind(head.seq)
        .bind(head.hash.as_str())
        .bind(subaccount.as_str())
        .execute()
        .await?;
    Ok(())
}

pub async fn after(tx: &mut Tx, subaccount: &SubaccountId, seq: i64, most: i64) -> Result<Vec<Row>> {
    let sql = format!("select {COLUMNS} from consent_ledger where subaccount_id = $1 and seq > $2 order by seq limit $3");
    let rows: Vec<Stored> = tx.query(&sql).bind(subaccount.as_str()).bind(seq).bind(most).fetch_all().await?;
    Ok(rows.into_iter().map(Stored::row).collect())
}

pub async fn of_contact(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<Vec<Entry>> {
    Ok(rows_of_contact(tx, subaccount, contact).await?.into_iter().map(|row| row.entry).collect())
}

/// What one person said as it is stored, oldest first.
pub async fn rows_of_contact(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<Vec<Row>> {
    let sql = format!("select {COLUMNS} from consent_ledger where subaccount_id = $1 and contact_id = $2 order by seq");
    let rows: Vec<Stored> = tx.query(&sql).bind(subaccount.as_str()).bind(contact.as_str()).fetch_all().await?;
    Ok(rows.into_iter().map(Stored::row).collect())
}

/// What of a row is words of or about the person.
const WORDS: [&str; 5] = ["wording", "reason", "ip", "user_agent", "form_url"];

fn no_words() -> String {
    WORDS.map(|column| format!("{column} = null")).join(", ")
}

/// Takes the words of and about an erased person out of their rows; the hashes stay as they were.
pub async fn forget_words(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<()> {
    let words = no_words();
    let sql = format!("update consent_ledger set {words} where subaccount_id = $1 and contact_id = $2");
    tx.query(&sql).bind(subaccount.as_str()).bind(contact.as_str()).execute().await?;
    Ok(())
}

/// The condition of rows that still have words, about refusing or about anything else.
fn worded(refusals: bool) -> String {
    let about = if refusals { "in" } else { "not in" };
    let has_words = WORDS.map(|column| format!("{column} is not null")).join(" or ");
    format!("change {about} ('withdrawn', 'stopped') and ({has_words})")
}

/// A part of the old rows with words: place and whose. Behind `seq`, from before an instant.
pub async fn old_words(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    refusals: bool,
    seq: i64,
    before: Millis,
    most: i64,
) -> Result<Vec<(i64, String)>> {
    let words = worded(refusals);
    let sql = format!(
        "select seq, contact_id from consent_ledger where subaccount_id = $1 and seq > $2 and at < $3 and {words} order by seq limit $4"
    );
    Ok(tx.query(&sql).bind(subaccount.as_str()).bind(seq).bind(before).bind(most).fetch_all().await?)
}

/// How many old rows have words, counted up to `most`.
pub async fn count_old_words(tx: &mut Tx, subaccount: &SubaccountId, refusals: bool, before: Millis, most: i64) -> Result<u64> {
    let words = worded(refusals);
    let sql = format!("select count(*) from (select 1 from consent_ledger where subaccount_id = $1 and at < $2 and {words} limit $3) as t");
    let (found,): (i64,) = tx.query(&sql).bind(subaccount.as_str()).bind(before).bind(most).fetch_one().await?;
    Ok(found.unsigned_abs())
}

/// Takes the words out of these rows, at most 500; the hashes stay as they were.
pub async fn forget_words_at(tx: &mut Tx, subaccount: &SubaccountId, seqs: &[i64]) -> Result<()> {
    let list = tx.values(2, seqs.len(), &[Kind::Int]);
    let sql = format!("update consent_ledger set {} where subaccount_id = $1 and seq in (values {list})", no_words());
    let mut query = tx.query(&sql).bind(subaccount.as_str());
    for seq in seqs {
        query = query.bind(*seq);
    }
    query.execute().await?;
    Ok(())
}

/// Rows about one person with their ids, the latest first, older than `before`.
pub async fn latest(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    contact: &ContactId,
    before: Option<&str>,
    most: i64,
) -> Result<Vec<(String, Entry)>> {
    // The seq rises with the id; the index over both of them is the one by contact and seq, and a person has few rows.
    let sql = format!(
        "select id, {COLUMNS} from consent_ledger where subaccount_id = $1 and contact_id = $2 and id < $3 order by id desc limit $4"
    );
    // No id stands behind this one: it is longer, and made of the last character that ids have.
    let before = before.unwrap_or("led_zzzzzzzzzzzzzzzzzzzzzzzz");
    let rows: Vec<Identified> = tx.query(&sql).bind(subaccount.as_str()).bind(contact.as_str()).bind(before).bind(most).fetch_all().await?;
    Ok(rows.into_iter().map(|row| (row.id, row.stored.row().entry)).collect())
}

/// How many people refused something within a time.
pub async fn refusals(tx: &mut Tx, subaccount: &SubaccountId, from: Millis, until: Millis) -> Result<i64> {
    let sql = "select count(distinct contact_id) from consent_ledger where subaccount_id = $1 and at >= $2 and at < $3 \
               and change in ('withdrawn', 'stopped')";
    let (people,) = tx.query(sql).bind(subaccount.as_str()).bind(from).bind(until).fetch_one().await?;
    Ok(people)
}

pub async fn withdrawals(tx: &mut Tx, subaccount: &SubaccountId, contacts: &[ContactId]) -> Result<Vec<(ContactId, Entry)>> {
    let mut found = Vec::new();
    for part in contacts.chunks(500) {
        let list = tx.values(2, part.len(), &[Kind::Text]);
        let sql = format!(
            "select {COLUMNS} from consent_ledger where subaccount_id = $1 and contact_id in (values {list}) \
             and change in ('withdrawn', 'stopped', 'erased') order by seq"
        );
        let mut query = tx.query(&sql).bind(subaccount.as_str());
        for contact in part {
            query = query.bind(contact.as_str());
        }
        let rows: Vec<Stored> = query.fetch_all().await?;
        found.extend(rows.into_iter().map(Stored::row).map(|row| (ContactId::stored(row.contact), row.entry)));
    }
    Ok(found)
}
