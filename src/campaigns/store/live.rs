//! Campaigns that the dispatcher works on.

use std::collections::{BTreeMap, HashMap};

use super::{COLUMNS, CampaignRow, counted};
use crate::campaigns::{Campaign, CampaignStatus, Held, Stage};
use crate::db::{Kind, Tx};
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{CampaignId, SubaccountId, TemplateId};
use crate::messages::Status;

pub async fn running(tx: &mut Tx) -> Result<Vec<CampaignId>> {
    // The list of live statuses is the condition of the index that this walks.
    let sql = "select id from campaigns where status in ('scheduled', 'sending', 'cancelled') and status = 'sending' order by id";
    let ids: Vec<(String,)> = tx.query(sql).fetch_all().await?;
    Ok(ids.into_iter().map(|(id,)| CampaignId::stored(id)).collect())
}

/// Reads campaigns as they stand. Whoever pauses or cancels one locks it for update and so waits for us; the step to the
/// next block of rows does not.
pub async fn hold(tx: &mut Tx, ids: &[CampaignId]) -> Result<HashMap<CampaignId, Held>> {
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let list = tx.values(1, ids.len(), &[Kind::Text]);
    let sql = format!("select id, status, pace from campaigns where id in (values {list}) order by id {}", tx.for_key_share());
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

/// Campaigns with a template that are not over, newest first. A step.
pub async fn open_with_template(tx: &mut Tx, subaccount: &SubaccountId, template: &TemplateId, limit: i64) -> Result<Vec<Campaign>> {
    let sql = format!(
        "select {COLUMNS} from campaigns where subaccount_id = $1 and template_id = $2 \
         and status in ('draft', 'scheduled', 'sending', 'paused') order by id desc limit $3"
    );
    let rows: Vec<CampaignRow> = tx.query(&sql).bind(subaccount.as_str()).bind(template.as_str()).bind(limit).fetch_all().await?;
    counted(tx, subaccount, rows).await
}

/// Campaigns of a tenant with where each stands, locked; ids that are not there are left out.
pub async fn lock_all(tx: &mut Tx, subaccount: &SubaccountId, ids: &[CampaignId]) -> Result<BTreeMap<CampaignId, CampaignStatus>> {
    if ids.is_empty() {
        return Ok(BTreeMap::new());
    }
    let list = tx.values(2, ids.len(), &[Kind::Text]);
    let sql =
        format!("select id, status from campaigns where subaccount_id = $1 and id in (values {list}) order by id {}", tx.for_update());
    let mut query = tx.query(&sql).bind(subaccount.as_str());
    for id in ids {
        query = query.bind(id.as_str());
    }
    let rows: Vec<(String, String)> = query.fetch_all().await?;
    Ok(rows.into_iter().filter_map(|(id, status)| Some((CampaignId::stored(id), CampaignStatus::parse(&status)?))).collect())
}

/// Lets finished campaigns go on.
pub async fn reopen(tx: &mut Tx, subaccount: &SubaccountId, ids: &[CampaignId]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let list = tx.values(2, ids.len(), &[Kind::Text]);
    let sql = format!(
        "update campaigns set status = 'sending', finished_at = null where subaccount_id = $1 and status = 'finished' and id in (values {list})"
    );
    let mut query = tx.query(&sql).bind(subaccount.as_str());
    for id in ids {
        query = query.bind(id.as_str());
    }
    query.execute().await?;
    Ok(())
}

/// Ends campaigns whose messages are all final, of every tenant.
pub async fn finish_done(tx: &mut Tx, now: Millis) -> Result<Vec<(SubaccountId, CampaignId)>> {
    let open: Vec<String> = Status::ALL.into_iter().filter(|s| !s.is_final()).map(|s| format!("'{}'", s.as_str())).collect();
    let done = format!(
        "campaigns.status = 'sending' and campaigns.expanded = $1 and not exists (select 1 from campaign_counts k \
         where k.campaign_id = campaigns.id and k.subaccount_id = campaigns.subaccount_id and k.status in ({}) and k.messages > 0)",
        open.join(", ")
    );
    // Locked first and looked at again: a campaign may just be given messages to try again, and a statement that waits for its
    // lock would still see the counts from before.
    let sql = format!("select id from campaigns where {done} order by id {}", tx.skip_locked());
    let ids: Vec<(String,)> = tx.query(&sql).bind(true).fetch_all().await?;
    let mut finished = Vec::new();
    for part in ids.chunks(500) {
        let list = tx.values(3, part.len(), &[Kind::Text]);
        let sql = format!(
            "update campaigns set status = 'finished', finished_at = $2 where {done} and id in (values {list}) returning subaccount_id, id"
        );
        let mut query = tx.query(&sql).bind(true).bind(now);
        for (id,) in part {
            query = query.bind(id.as_str());
        }
        let rows: Vec<(String, String)> = query.fetch_all().await?;
        finished.extend(rows.into_iter().map(|(subaccount, id)| (SubaccountId::stored(subaccount), CampaignId::stored(id))));
    }
    Ok(finished)
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

/// The block whose rows become messages next.
pub async fn next_chunk(tx: &mut Tx, subaccount: &SubaccountId, id: &CampaignId) -> Result<i64> {
    let query = tx.query("select next_chunk from campaigns where subaccount_id = $1 and id = $2");
    let (chunk,) = query.bind(subaccount.as_str()).bind(id.as_str()).fetch_one().await?;
    Ok(chunk)
}

/// Takes messages off the total of a draft.
pub async fn shrink(tx: &mut Tx, subaccount: &SubaccountId, id: &CampaignId, by: i64) -> Result<()> {
    tx.query("update campaigns set total = total - $1 where subaccount_id = $2 and id = $3 and status = 'draft'")
        .bind(by)
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .execute()
        .await?;
    Ok(())
}

/// The names of all campaigns of a subaccount.
pub async fn all_names(tx: &mut Tx, subaccount: &SubaccountId) -> Result<Vec<(String, String)>> {
    Ok(tx.query("select id, name from campaigns where subaccount_id = $1").bind(subaccount.as_str()).fetch_all().await?)
}

/// Gives a campaign another name.
pub async fn rename(tx: &mut Tx, subaccount: &SubaccountId, id: &str, name: &str) -> Result<()> {
    let query = tx.query("update campaigns set name = $1 where subaccount_id = $2 and id = $3");
    query.bind(name).bind(subaccount.as_str()).bind(id).execute().await?;
    Ok(())
}

/// The oldest campaign with rows that are to become messages now, and its next block. The rest of a trial waits for its outcome, unless
/// the campaign was cancelled: then every row gets its history.
pub async fn unexpanded(tx: &mut Tx) -> Result<Option<(Campaign, i64)>> {
    let sql = format!(
        "select {COLUMNS} from campaigns where status in ('scheduled', 'sending', 'cancelled') and expanded = $1 \
         and (status = 'cancelled' or coalesce(variant_stage, '') not in ('waiting', 'asking')) \
         order by case status when 'sending' then 0 else 1 end, id limit 1"
    );
    let row: Option<CampaignRow> = tx.query(&sql).bind(false).fetch_optional().await?;
    row.map(|row| {
        let next = row.next_chunk;
        Ok((row.campaign(None)?, next))
    })
    .transpose()
}

/// Moves on from block `from` to `next`; false when somebody else has, or when another variant was chosen meanwhile. After the last
/// block of those with whom variants are tried, the rest waits.
pub async fn advance(tx: &mut Tx, campaign: &Campaign, from: i64, next: i64, is_last: bool) -> Result<bool> {
    let stage = campaign.trial.stage.map_or("", Stage::as_str);
    let rest_waits = is_last && campaign.trial.stage == Some(Stage::Trying);
    let (next, then) = if rest_waits { (0, Stage::Waiting.as_str()) } else { (next, stage) };
    let touched = tx
        .query(
            "update campaigns set next_chunk = $1, expanded = $2, variant_stage = case when $8 = '' then null else $8 end \
             where subaccount_id = $3 and id = $4 and next_chunk = $5 and expanded = $6 \
             and coalesce(variant_stage, '') = $7 and coalesce(variant_choice, '') = $9",
        )
        .bind(next)
        .bind(is_last && !rest_waits)
        .bind(campaign.subaccount.as_str())
        .bind(campaign.id.as_str())
        .bind(from)
        .bind(false)
        .bind(stage)
        .bind(then)
        .bind(campaign.trial.choice.as_deref().unwrap_or_default())
        .execute()
        .await?;
    Ok(touched == 1)
}
