//! Campaigns whose people come from an audience.

use super::{COLUMNS, CampaignRow, counted};
use crate::campaigns::Campaign;
use crate::db::Tx;
use crate::kernel::error::Result;
use crate::kernel::id::{AudienceId, CampaignId, SubaccountId, UploadId};
use crate::kernel::money::{Currency, Micros};

/// Newest first.
pub async fn of_audience(tx: &mut Tx, subaccount: &SubaccountId, audience: &AudienceId, most: i64) -> Result<Vec<Campaign>> {
    let sql = format!("select {COLUMNS} from campaigns where subaccount_id = $1 and audience_id = $2 order by id desc limit $3");
    let rows: Vec<CampaignRow> = tx.query(&sql).bind(subaccount.as_str()).bind(audience.as_str()).bind(most).fetch_all().await?;
    counted(tx, subaccount, rows).await
}

pub async fn set_audience(tx: &mut Tx, subaccount: &SubaccountId, id: &CampaignId, audience: &AudienceId) -> Result<()> {
    let query = tx.query("update campaigns set audience_id = $1 where subaccount_id = $2 and id = $3");
    query.bind(audience.as_str()).bind(subaccount.as_str()).bind(id.as_str()).execute().await?;
    Ok(())
}

/// Gives a draft that its holder has locked the rows of another upload.
pub async fn swap_upload(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    id: &CampaignId,
    upload: &UploadId,
    total: u64,
    (estimated, currency): (Micros, Currency),
) -> Result<()> {
    tx.query(
        "update campaigns set upload_id = $1, total = $2, estimated = $3, currency = $4 \
         where subaccount_id = $5 and id = $6 and status = 'draft'",
    )
    .bind(upload.as_str())
    .bind(total.cast_signed())
    .bind(estimated)
    .bind(currency.as_str())
    .bind(subaccount.as_str())
    .bind(id.as_str())
    .execute()
    .await?;
    Ok(())
}
