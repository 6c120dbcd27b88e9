//! Campaigns that try variants, and those whose waiting messages are given another one.

use crate::campaigns::{Campaign, Stage};
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{CampaignId, SubaccountId};
use crate::messages::Moved;

/// Campaigns looked at in one round.
const AT_ONCE: i64 = 50;

/// Campaigns that send and whose trial may be looked at: its time has come, or is not known yet. Of every tenant.
pub async fn trials_waiting(tx: &mut Tx, now: Millis) -> Result<Vec<(SubaccountId, CampaignId)>> {
    let sql = "select subaccount_id, id from campaigns where variant_stage = 'waiting' and status = 'sending' \
         and (variant_decide_at is null or variant_decide_at <= $1) order by id limit $2";
    let rows: Vec<(String, String)> = tx.query(sql).bind(now).bind(AT_ONCE).fetch_all().await?;
    Ok(rows.into_iter().map(|(subaccount, id)| (SubaccountId::stored(subaccount), CampaignId::stored(id))).collect())
}

/// A campaign whose waiting messages are still to be given the chosen variant.
pub struct Moving {
    pub subaccount: SubaccountId,
    pub id: CampaignId,
    pub choice: String,
    /// The last message that was looked at.
    pub after: String,
}

/// Campaigns whose waiting messages are still to be given the chosen variant, of every tenant.
pub async fn moving(tx: &mut Tx) -> Result<Vec<Moving>> {
    // As the condition of the index has it.
    let sql = "select subaccount_id, id, variant_choice, coalesce(variant_moved_to, '') from campaigns \
         where not variant_moved and variant_choice is not null order by id limit $1";
    let rows: Vec<(String, String, String, String)> = tx.query(sql).bind(AT_ONCE).fetch_all().await?;
    let moving = |(sub, id, choice, after)| Moving { subaccount: SubaccountId::stored(sub), id: CampaignId::stored(id), choice, after };
    Ok(rows.into_iter().map(moving).collect())
}

/// Notes how far the waiting messages have the chosen variant, unless another was chosen meanwhile.
pub async fn moved_to(tx: &mut Tx, moving: &Moving, to: &Moved) -> Result<()> {
    let (all, up_to) = match to {
        Moved::UpTo(id) => (false, Some(id.as_str())),
        Moved::Again => (false, None),
        Moved::All => (true, None),
    };
    tx.query(
        "update campaigns set variant_moved = $1, variant_moved_to = $2 where subaccount_id = $3 and id = $4 and variant_choice = $5 \
         and coalesce(variant_moved_to, '') = $6",
    )
    .bind(all)
    .bind(up_to)
    .bind(moving.subaccount.as_str())
    .bind(moving.id.as_str())
    .bind(moving.choice.as_str())
    .bind(moving.after.as_str())
    .execute()
    .await?;
    Ok(())
}

/// Sets when the trial of a locked campaign is looked at.
pub async fn set_decide_at(tx: &mut Tx, campaign: &Campaign, at: Millis) -> Result<()> {
    tx.query("update campaigns set variant_decide_at = $1 where subaccount_id = $2 and id = $3")
        .bind(at)
        .bind(campaign.subaccount.as_str())
        .bind(campaign.id.as_str())
        .execute()
        .await?;
    Ok(())
}

/// Writes what a trial came to. None of its messages waits any more, and the rest are not messages yet.
pub async fn decide(tx: &mut Tx, campaign: &Campaign, stage: Stage, choice: Option<&str>, note: &str) -> Result<()> {
    tx.query("update campaigns set variant_stage = $1, variant_choice = $2, variant_note = $3 where subaccount_id = $4 and id = $5")
        .bind(stage.as_str())
        .bind(choice)
        .bind(note)
        .bind(campaign.subaccount.as_str())
        .bind(campaign.id.as_str())
        .execute()
        .await?;
    Ok(())
}

/// Writes the variant that a person chose for a locked campaign. While some are tried its rows were passed over in part, so they
/// are gone through again; who has a message already gets no second one.
pub async fn choose(tx: &mut Tx, campaign: &Campaign, choice: &str, note: &str) -> Result<()> {
    let (stage, again) = match campaign.trial.stage {
        None => (None, false),
        Some(stage) => (Some(Stage::Decided.as_str()), stage == Stage::Trying),
    };
    tx.query(
        "update campaigns set variant_stage = $1, variant_choice = $2, variant_note = $3, variant_moved = $4, variant_decide_at = null, \
         variant_moved_to = null, \
         next_chunk = case when $5 then 0 else next_chunk end where subaccount_id = $6 and id = $7",
    )
    .bind(stage)
    .bind(choice)
    .bind(note)
    .bind(false)
    .bind(again)
    .bind(campaign.subaccount.as_str())
    .bind(campaign.id.as_str())
    .execute()
    .await?;
    Ok(())
}
