//! SQL of profiles: the columns of contacts that say more than the number, their tags, and the words of their names.

use std::collections::HashMap;

use crate::contacts::list::Narrow;
use crate::contacts::profile::LeadStatus;
use crate::contacts::store::{Lock, forget, imports, select};
use crate::db::{Kind, Tx, rows_of};
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, SubaccountId};

const COLUMNS: &str = "c.id, c.phone, c.salt, c.country, c.name, c.language, c.time_zone, c.attributes, c.status, c.hidden_at, c.merged_into, \
     c.created_at, c.updated_at";

/// What the lists show: the condition of the index `contacts_by_activity`, which is used for a query that repeats it.
const LISTED: &str = "c.phone is not null and c.hidden_at is null and c.merged_into is null";

/// A contact with its profile, as it is stored.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct ProfileRow {
    pub id: String,
    pub phone: Option<Vec<u8>>,
    pub salt: Option<Vec<u8>>,
    pub country: String,
    pub name: Option<Vec<u8>>,
    pub language: Option<String>,
    pub time_zone: Option<String>,
    pub attributes: Option<Vec<u8>>,
    pub status: Option<String>,
    pub hidden_at: Option<Millis>,
    pub merged_into: Option<String>,
    pub created_at: Millis,
    pub updated_at: Millis,
}

/// A profile about to be written, sealed.
#[derive(Clone, Debug)]
pub struct Written {
    pub id: ContactId,
    pub name: Option<Vec<u8>>,
    pub language: Option<String>,
    pub time_zone: Option<String>,
    pub attributes: Option<Vec<u8>>,
    pub status: Option<LeadStatus>,
    pub tags: Vec<String>,
    /// Blind indexes of the words of the name.
    pub words: Vec<Vec<u8>>,
}

pub async fn rows(tx: &mut Tx, subaccount: &SubaccountId, ids: &[ContactId], lock: Lock) -> Result<Vec<ProfileRow>> {
    select(tx, COLUMNS, "id", subaccount, ids, lock).await
}

/// Id, salt and sealed attributes of those of these people who have any.
pub async fn attributes(tx: &mut Tx, subaccount: &SubaccountId, ids: &[ContactId]) -> Result<Vec<(String, Vec<u8>, Vec<u8>)>> {
    let mut rows = Vec::with_capacity(ids.len());
    for part in ids.chunks(500) {
        let list = tx.values(2, part.len(), &[Kind::Text]);
        let sql = format!(
            "select id, salt, attributes from contacts where subaccount_id = $1 and id in (values {list}) and salt is not null and attributes is not null"
        );
        let mut query = tx.query(&sql).bind(subaccount.as_str());
        for id in part {
            query = query.bind(id.as_str());
        }
        rows.extend(query.fetch_all::<(String, Vec<u8>, Vec<u8>)>().await?);
    }
    Ok(rows)
}

/// The other numbers of these people: contacts that were merged into them.
pub async fn merged_into(tx: &mut Tx, subaccount: &SubaccountId, ids: &[ContactId]) -> Result<Vec<ProfileRow>> {
    select(tx, COLUMNS, "merged_into", subaccount, ids, Lock::None).await
}

/// The tags of these people, in order.
pub async fn tags_of(tx: &mut Tx, subaccount: &SubaccountId, ids: &[ContactId]) -> Result<HashMap<String, Vec<String>>> {
    let mut tags: HashMap<String, Vec<String>> = HashMap::new();
    for part in ids.chunks(500) {
        let list = tx.values(2, part.len(), &[Kind::Text]);
        let sql = format!(
            "select contact_id, tag from contact_tags where subaccount_id = $1 and contact_id in (values {list}) order by contact_id, tag"
        );
        let mut query = tx.query(&sql).bind(subaccount.as_str());
        for id in part {
            query = query.bind(id.as_str());
        }
        let found: Vec<(String, String)> = query.fetch_all().await?;
        found.into_iter().for_each(|(contact, tag)| tags.entry(contact).or_default().push(tag));
    }
    Ok(tags)
}

/// Writes whole profiles and puts their people into the lists again.
pub async fn write(tx: &mut Tx, subaccount: &SubaccountId, profiles: &[Written], now: Millis) -> Result<()> {
    use Kind::{Bytes, Int, Text};
    const KINDS: [Kind; 8] = [Text, Text, Bytes, Text, Text, Bytes, Text, Int];
    for part in profiles.chunks(rows_of(KINDS.len())) {
        let list = tx.values(1, part.len(), &KINDS);
        let sql = format!(
            "update contacts set name = v.column3, language = v.column4, time_zone = v.column5, attributes = v.column6, status = v.column7, \
             updated_at = v.column8, hidden_at = null from (values {list}) as v \
             where contacts.id = v.column1 and contacts.subaccount_id = v.column2"
        );
        let mut query = tx.query(&sql);
        for p in part {
            query = query
                .bind(p.id.as_str())
                .bind(subaccount.as_str())
                .bind(p.name.as_deref())
                .bind(p.language.as_deref())
                .bind(p.time_zone.as_deref())
                .bind(p.attributes.as_deref())
                .bind(p.status.map(LeadStatus::as_str))
                .bind(now);
        }
        query.execute().await?;
    }
    let ids: Vec<&ContactId> = profiles.iter().map(|p| &p.id).collect();
    unindex(tx, subaccount, &ids).await?;
    let tags: Vec<(&str, &str)> = profiles.iter().flat_map(|p| p.tags.iter().map(|tag| (tag.as_str(), p.id.as_str()))).collect();
    for part in tags.chunks(rows_of(3)) {
        let list = tx.values(1, part.len(), &[Text, Text, Text]);
        let sql = format!("insert into contact_tags (subaccount_id, tag, contact_id) values {list}");
        let mut query = tx.query(&sql);
        for (tag, contact) in part {
            query = query.bind(subaccount.as_str()).bind(*tag).bind(*contact);
        }
        query.execute().await?;
    }
    let words: Vec<(&[u8], &str)> = profiles.iter().flat_map(|p| p.words.iter().map(|word| (word.as_slice(), p.id.as_str()))).collect();
    for part in words.chunks(rows_of(3)) {
        let list = tx.values(1, part.len(), &[Text, Bytes, Text]);
        let sql = format!("insert into contact_words (subaccount_id, word, contact_id) values {list}");
        let mut query = tx.query(&sql);
        for (word, contact) in part {
            query = query.bind(subaccount.as_str()).bind(*word).bind(*contact);
        }
        query.execute().await?;
    }
    Ok(())
}

/// Takes people out of the indexes of tags and words.
async fn unindex(tx: &mut Tx, subaccount: &SubaccountId, ids: &[&ContactId]) -> Result<()> {
    for table in ["contact_tags", "contact_words"] {
        for part in ids.chunks(500) {
            let list = tx.values(2, part.len(), &[Kind::Text]);
            let sql = format!("delete from {table} where subaccount_id = $1 and contact_id in (values {list})");
            let mut query = tx.query(&sql).bind(subaccount.as_str());
            for id in part {
                query = query.bind(id.as_str());
            }
            query.execute().await?;
        }
    }
    Ok(())
}

/// Takes a profile away and its person out of the lists. Language and time zone stay: the person may have chosen them.
pub async fn clear(tx: &mut Tx, subaccount: &SubaccountId, id: &ContactId, now: Millis) -> Result<()> {
    tx.query(
        "update contacts set name = null, attributes = null, status = null, hidden_at = $1, updated_at = $2 \
         where subaccount_id = $3 and id = $4",
    )
    .bind(now)
    .bind(now)
    .bind(subaccount.as_str())
    .bind(id.as_str())
    .execute()
    .await?;
    forget(tx, subaccount, id).await
}

/// Makes one contact, and those that were merged into it, other numbers of another, whom the files then name that named the first.
pub async fn merge(tx: &mut Tx, subaccount: &SubaccountId, into: &ContactId, other: &ContactId, now: Millis) -> Result<()> {
    imports::hand_over(tx, subaccount, other, into).await?;
    clear(tx, subaccount, other, now).await?;
    tx.query("update contacts set merged_into = $1 where subaccount_id = $2 and (id = $3 or merged_into = $4)")
        .bind(into.as_str())
        .bind(subaccount.as_str())
        .bind(other.as_str())
        .bind(other.as_str())
        .execute()
        .await?;
    Ok(())
}

/// The statement of a list and what follows `$1`: who is listed, narrowed, newest first.
fn list_sql(narrow: &Narrow, has_cursor: bool) -> String {
    // The texts below are ours; what people typed is only ever bound.
    let mut n = 1;
    let mut next = || {
        n += 1;
        format!("${n}")
    };
    let mut conditions = Vec::new();
    // The rarest index leads: a word, else a tag, else the status; nothing is sorted.
    let from = if narrow.words.is_empty() && narrow.tag.is_none() {
        conditions.push("c.subaccount_id = $1".to_owned());
        "contacts c".to_owned()
    } else {
        let (table, column) = if narrow.words.is_empty() { ("contact_tags", "tag") } else { ("contact_words", "word") };
        conditions.push(format!("i.subaccount_id = $1 and i.{column} = {}", next()));
        conditions.push("c.id = i.contact_id and c.subaccount_id = i.subaccount_id".to_owned());
        // A cross join, because SQLite keeps its order: else it may lead with the status and sort all of them.
        format!("{table} i cross join contacts c")
    };
    let has = |table: &str, column: &str, value: &str| {
        format!(
            "exists (select 1 from {table} x where x.subaccount_id = i.subaccount_id and x.{column} = {value} and x.contact_id = i.contact_id)"
        )
    };
    for _ in narrow.words.iter().skip(1) {
        conditions.push(has("contact_words", "word", &next()));
    }
    if narrow.tag.is_some() && !narrow.words.is_empty() {
        conditions.push(has("contact_tags", "tag", &next()));
    }
    if narrow.status.is_some() {
        conditions.push(format!("c.status = {}", next()));
    }
    conditions.push(LISTED.to_owned());
    let order = if !narrow.by_id() {
        if has_cursor {
            let behind = if narrow.backwards { ">" } else { "<" };
            conditions.push(format!("(c.updated_at, c.id) {behind} ({}, {})", next(), next()));
        }
        if narrow.backwards { "c.updated_at, c.id" } else { "c.updated_at desc, c.id desc" }
    } else {
        let key = if from.starts_with("contacts c") { "c.id" } else { "i.contact_id" };
        if has_cursor {
            conditions.push(format!("{key} < {}", next()));
        }
        if key == "c.id" { "c.id desc" } else { "i.contact_id desc" }
    };
    format!("select {COLUMNS} from {from} where {} order by {order} limit {}", conditions.join(" and "), next())
}

/// Where a list goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// Behind this contact.
    Id(ContactId),
    /// Behind this contact, which was active then.
    Activity(Millis, ContactId),
}

pub async fn list(tx: &mut Tx, subaccount: &SubaccountId, narrow: &Narrow, after: Option<&After>, most: i64) -> Result<Vec<ProfileRow>> {
    let sql = list_sql(narrow, after.is_some());
    let mut query = tx.query(&sql).bind(subaccount.as_str());
    for word in &narrow.words {
        query = query.bind(word.as_slice());
    }
    if let Some(tag) = &narrow.tag {
        query = query.bind(tag.as_str());
    }
    if let Some(status) = narrow.status {
        query = query.bind(status.as_str());
    }
    query = match after {
        None => query,
        Some(After::Id(id)) => query.bind(id.as_str()),
        Some(After::Activity(at, id)) => query.bind(*at).bind(id.as_str()),
    };
    Ok(query.bind(most).fetch_all().await?)
}

/// Steps from tag to tag instead of reading the rows of each.
const TAGS: &str = "with recursive used(tag) as ( \
                   select min(tag) from contact_tags where subaccount_id = $1 \
                   union all \
                   select (select min(t.tag) from contact_tags t where t.subaccount_id = $1 and t.tag > used.tag) from used where used.tag is not null \
               ) select tag from used where tag is not null limit $2";

/// Up to `most` tags that are in use, in order.
pub async fn tags(tx: &mut Tx, subaccount: &SubaccountId, most: i64) -> Result<Vec<String>> {
    let found: Vec<(String,)> = tx.query(TAGS).bind(subaccount.as_str()).bind(most).fetch_all().await?;
    Ok(found.into_iter().map(|(tag,)| tag).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::Db;

    /// How the database would go about each kind of list: by an index, in its order, without sorting.
    #[tokio::test]
    async fn no_list_reads_more_than_its_page() {
        let folder = tempfile::tempdir().expect("the temporary folder can be written to");
        let db = Db::open(&format!("sqlite:{}/peyk.db", folder.path().display())).await.expect("a fresh database opens");
        let mut tx = db.read().await.expect("the database reads");
        let words = |n: usize| vec![vec![0; 16]; n];
        let tag = || Some("vip".to_owned());
        let status = Some(LeadStatus::New);
        for (narrow, index) in [
            (Narrow::default(), "contacts_by_activity"),
            (Narrow { backwards: true, ..Narrow::default() }, "contacts_by_activity"),
            (Narrow { status, ..Narrow::default() }, "contacts_by_status"),
            (Narrow { tag: tag(), ..Narrow::default() }, "contact_tags_1"),
            (Narrow { tag: tag(), status, ..Narrow::default() }, "contact_tags_1"),
            (Narrow { words: words(1), ..Narrow::default() }, "contact_words_1"),
            (Narrow { words: words(3), tag: tag(), status, backwards: true }, "contact_words_1"),
        ] {
            for has_cursor in [false, true] {
                let sql = list_sql(&narrow, has_cursor);
                let plan: Vec<(i64, i64, i64, String)> = tx.query(&format!("explain query plan {sql}")).fetch_all().await.expect("a plan");
                let plan = plan.into_iter().map(|(.., line)| line).collect::<Vec<_>>().join("\n");
                assert!(plan.contains(index), "{index} for {sql}:\n{plan}");
                for slow in ["SCAN c", "SCAN i", "TEMP B-TREE"] {
                    assert!(!plan.contains(slow), "{sql}:\n{plan}");
                }
            }
        }
        let plan: Vec<(i64, i64, i64, String)> = tx.query(&format!("explain query plan {TAGS}")).fetch_all().await.expect("a plan");
        assert!(plan.iter().all(|(.., line)| !line.starts_with("SCAN contact_tags") && !line.starts_with("SCAN t")), "{plan:?}");
    }
}
