//! Campaigns that the dispatcher works on.

use std::collections::HashMap;

use crate::campaigns::{CampaignStatus, Held};
use crate::db::{Kind, Tx};
use crate::kernel::error::Result;
use crate::kernel::id::{CampaignId, SubaccountId};

pub async fn running(tx: &mut Tx) -> Result<Vec<CampaignId>> {
    // The list of live statuses is the condition of the index that this walks.
    let sql = "select id from campaigns where status in ('scheduled', 'sending', 'cancelled') and status = 'sending' order by id";
    let ids: Vec<(String,)> = tx.query(sql).fetch_all().await?;
    Ok(ids.into_iter().map(|(id,)| CampaignId::stored(id)).collect())
}

pub async fn hold(tx: &mut Tx, ids: &[CampaignId]) -> Result<HashMap<CampaignId, Held>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let list = tx.values(1, ids.len(), &[Kind::Text]);
    let sql = format!("select id, status, pace from campaigns where id in (values {list}) order by id {}", tx.for_share());
    let mut query = tx.query(&sql);
    for id in ids {
        query = query.bind(id.as_str());
    }
    let rows: Vec<(String, String, Option<i64>)> = query.fetch_all().await?;
    let known = rows.into_iter().filter_map(|(id, status, pace)| {
        let pace = pace.and_then(|pace| u32::try_from(pace).ok());
        Some((CampaignId::stored(id), Held { status: CampaignStatus::parse(&status)?, pace }))
    });
    Ok(known.collect())
}

/// Sets the pace, in messages a minute, of a campaign that its holder has locked.
pub async fn set_pace(tx: &mut Tx, subaccount: &SubaccountId, id: &CampaignId, pace: Option<u32>) -> Result<()> {
    tx.query("update campaigns set pace = $1 where subaccount_id = $2 and id = $3")
        .bind(pace.map(i64::from))
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .execute()
        .await?;
    Ok(())
}
