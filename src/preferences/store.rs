//! SQL of the table inbound_seen.

use crate::connections::Connection;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;

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
