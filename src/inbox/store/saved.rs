//! Saved replies.

use crate::db::Tx;
use crate::inbox::saved::SavedReply;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{SavedReplyId, SubaccountId};

pub async fn saved(tx: &mut Tx, subaccount: &SubaccountId) -> Result<Vec<SavedReply>> {
    let query = tx.query("select id, name, body from saved_replies where subaccount_id = $1 order by name, id");
    let rows: Vec<(String, String, String)> = query.bind(subaccount.as_str()).fetch_all().await?;
    Ok(rows.into_iter().map(|(id, name, text)| SavedReply { id: SavedReplyId::stored(id), name, text }).collect())
}

pub async fn save(tx: &mut Tx, subaccount: &SubaccountId, reply: &SavedReply, by: &str, now: Millis) -> Result<()> {
    tx.query(
        "insert into saved_replies (id, subaccount_id, name, body, updated_by, updated_at) values ($1, $2, $3, $4, $5, $6) \
         on conflict (id, subaccount_id) do update set name = excluded.name, body = excluded.body, updated_by = excluded.updated_by, \
         updated_at = excluded.updated_at",
    )
    .bind(reply.id.as_str())
    .bind(subaccount.as_str())
    .bind(reply.name.as_str())
    .bind(reply.text.as_str())
    .bind(by)
    .bind(now)
    .execute()
    .await?;
    Ok(())
}

/// False when there was none.
pub async fn delete(tx: &mut Tx, subaccount: &SubaccountId, id: &SavedReplyId) -> Result<bool> {
    let query = tx.query("delete from saved_replies where subaccount_id = $1 and id = $2");
    Ok(query.bind(subaccount.as_str()).bind(id.as_str()).execute().await? > 0)
}
