//! SQL of the tables messages, attempts, receipts, polls, price_reads, message_events, redactions_due, campaign_counts, template_counts
//! and longest_values.

mod doubt;
mod enqueue;
mod erase;
mod history;
mod polls;
mod prices;
mod receipts;
mod redact;
mod templates;
mod waiting;
mod work;

pub use doubt::*;
pub use enqueue::{ENQUEUE_ROWS, insert};
pub use erase::*;
pub use history::*;
pub use polls::*;
pub use prices::*;
pub use receipts::*;
pub use redact::*;
pub use templates::*;
pub use waiting::*;
pub use work::*;

use crate::db::{Kind, Tx};
use crate::kernel::error::Result;
use crate::kernel::money::Micros;
use crate::messages::tally::CountKey;

/// Moves campaigns' counts.
pub async fn count(tx: &mut Tx, counts: &[(CountKey, (i64, i64, Micros))]) -> Result<()> {
    const KINDS: [Kind; 6] = [Kind::Text, Kind::Text, Kind::Text, Kind::Int, Kind::Int, Kind::Int];
    for part in counts.chunks(500) {
        let list = tx.values(1, part.len(), &KINDS);
        let sql = format!(
            "insert into campaign_counts (subaccount_id, campaign_id, status, messages, segments, cost) values {list} \
             on conflict (campaign_id, status) do update set messages = campaign_counts.messages + excluded.messages, \
             segments = campaign_counts.segments + excluded.segments, cost = campaign_counts.cost + excluded.cost"
        );
        let mut query = tx.query(&sql);
        for ((subaccount, campaign, status), (messages, segments, cost)) in part {
            query = query.bind(subaccount.as_str()).bind(campaign.as_str()).bind(*status).bind(*messages).bind(*segments).bind(*cost);
        }
        query.execute().await?;
    }
    Ok(())
}
