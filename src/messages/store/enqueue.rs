//! Writing new messages.

use std::collections::HashSet;

use crate::db::{Kind, Tx, rows_of};
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::SubaccountId;
use crate::messages::enqueue::NewMessage;
use crate::messages::status::Status;

const KINDS: [Kind; 26] = [
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Int,
    Kind::Int,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Int,
    Kind::Bytes,
    Kind::Text,
    Kind::Int,
    Kind::Int,
    Kind::Text,
    Kind::Text,
    Kind::Text,
    Kind::Int,
    Kind::Int,
    Kind::Int,
    Kind::Text,
];

/// How many messages one statement takes.
pub const ENQUEUE_ROWS: usize = rows_of(KINDS.len());

/// Inserts messages with their sealed contents; at most [`ENQUEUE_ROWS`]. Gives the ids that went in, or
/// `None` when all did.
pub async fn insert(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    rows: &[(&NewMessage, Status, Vec<u8>)],
    slot_at: Millis,
    now: Millis,
) -> Result<Option<HashSet<String>>> {
    let list = tx.values(1, rows.len(), &KINDS);
    let sql = format!(
        "insert into messages (id, subaccount_id, campaign_id, contact_id, queue, category, status, due_at, not_after, country, language, \
         sender, connection, template_id, template_version, content, encoding, segments, estimated, currency, reference, metadata, \
         fact_at, created_at, step, variant, fence, attempts) \
         select v.column1, v.column2, v.column3, v.column4, v.column5, v.column6, v.column7, v.column8, v.column9, v.column10, v.column11, \
         v.column12, v.column13, v.column14, v.column15, v.column16, v.column17, v.column18, v.column19, v.column20, v.column21, \
         v.column22, v.column23, v.column24, v.column25, v.column26, 0, 0 from (values {list}) as v where true on conflict do nothing"
    );
    let mut query = tx.query(&sql);
    for (message, status, content) in rows {
        query = query
            .bind(message.id.as_str())
            .bind(subaccount.as_str())
            .bind(message.campaign.as_ref().map(|c| c.as_str()))
            .bind(message.contact.as_str())
            .bind(message.queue())
            .bind(message.category.as_str())
            .bind(status.as_str())
            .bind(message.due_at)
            .bind(message.not_after)
            .bind(message.country.as_str())
            .bind(message.language.as_ref().map(|l| l.as_str()))
            .bind(message.sender.as_deref())
            .bind(message.connection.as_deref())
            .bind(message.template.as_ref().map(|(id, _)| id.as_str()))
            .bind(message.template.as_ref().map(|(_, version)| *version))
            .bind(content.as_slice())
            .bind(message.encoding.as_str())
            .bind(i64::from(message.segments))
            .bind(message.estimated)
            .bind(message.currency.as_str())
            .bind(message.reference.as_deref())
            .bind(message.metadata.as_deref())
            .bind(slot_at)
            .bind(now)
            .bind(1_i64)
            .bind(message.variant.as_deref());
    }
    if query.execute().await? == rows.len() as u64 {
        return Ok(None);
    }
    let list = tx.values(1, rows.len(), &[Kind::Text]);
    let sql = format!("select id from messages where id in (values {list})");
    let mut query = tx.query(&sql);
    for (message, ..) in rows {
        query = query.bind(message.id.as_str());
    }
    let ids: Vec<(String,)> = query.fetch_all().await?;
    Ok(Some(ids.into_iter().map(|(id,)| id).collect()))
}
