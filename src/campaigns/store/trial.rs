//! Campaigns that try variants, and those whose waiting messages are given another one.

use std::collections::HashMap;

use super::{COLUMNS, CampaignRow, Moved, counted, moved};
use crate::campaigns::{Campaign, Stage, TrialPlan};
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{CampaignId, SubaccountId, TemplateId};
use crate::messages::{self, TemplateCount};

/// Campaigns looked at in one round.
const AT_ONCE: i64 = 50;

/// As the condition of their index has it.
const UNDECIDED: &str = "variant_stage in ('waiting', 'asking')";

/// Campaigns that send and whose trial is to be looked at, because its wait or the campaign's own time is over. Of every tenant.
pub async fn trials_due(tx: &mut Tx, now: Millis) -> Result<Moved> {
    let sql = format!(
        "select subaccount_id, id from campaigns where {UNDECIDED} and status = 'sending' \
         and (not_after <= $1 or (variant_stage = 'waiting' and variant_decide_at <= $2)) order by id limit $3"
    );
    Ok(moved(tx.query(&sql).bind(now).bind(now).bind(AT_ONCE).fetch_all().await?))
}

/// Campaigns that send and whose wait did not begin yet: messages of their trials may still have to leave. Of every tenant.
pub async fn trials_leaving(tx: &mut Tx) -> Result<Moved> {
    let sql = format!(
        "select subaccount_id, id from campaigns where {UNDECIDED} and variant_stage = 'waiting' and status = 'sending' \
         and variant_decide_at is null order by id"
    );
    Ok(moved(tx.query(&sql).fetch_all().await?))
}

/// Campaigns of a tenant of which somebody is to choose a variant, the oldest first.
pub async fn asking(tx: &mut Tx, subaccount: &SubaccountId, most: i64) -> Result<Vec<Campaign>> {
    let sql = format!(
        "select {COLUMNS} from campaigns where subaccount_id = $1 and {UNDECIDED} and variant_stage = 'asking' \
         and status in ('sending', 'paused') order by id limit $2"
    );
    let rows: Vec<CampaignRow> = tx.query(&sql).bind(subaccount.as_str()).bind(most).fetch_all().await?;
    counted(tx, subaccount, rows).await
}

/// Sets how a draft that its holder has locked tries its variants.
pub async fn set_plan(tx: &mut Tx, campaign: &Campaign, plan: &TrialPlan) -> Result<()> {
    tx.query("update campaigns set variant_test = $1, variant_stage = $2 where subaccount_id = $3 and id = $4 and status = 'draft'")
        .bind(serde_json::to_string(plan).map_err(Error::internal)?)
        .bind(Stage::Trying.as_str())
        .bind(campaign.subaccount.as_str())
        .bind(campaign.id.as_str())
        .execute()
        .await?;
    Ok(())
}

/// Keeps what stands of each variant of a locked campaign, unless an earlier choice did.
pub async fn freeze(tx: &mut Tx, campaign: &Campaign, counts: &[TemplateCount]) -> Result<()> {
    tx.query("update campaigns set variant_counts = $1 where subaccount_id = $2 and id = $3 and variant_counts is null")
        .bind(serde_json::to_string(counts).map_err(Error::internal)?)
        .bind(campaign.subaccount.as_str())
        .bind(campaign.id.as_str())
        .execute()
        .await?;
    Ok(())
}

/// What stood of each variant of a campaign when one was chosen; none while none is.
pub async fn frozen(tx: &mut Tx, campaign: &Campaign) -> Result<Option<Vec<TemplateCount>>> {
    let query = tx.query("select variant_counts from campaigns where subaccount_id = $1 and id = $2");
    let (counts,): (Option<String>,) = query.bind(campaign.subaccount.as_str()).bind(campaign.id.as_str()).fetch_one().await?;
    counts.as_deref().map(counts_in).transpose()
}

/// The same of every campaign with a version of a template of which one was chosen.
pub async fn frozen_of_template(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    template: &TemplateId,
    version: i64,
) -> Result<HashMap<String, Vec<TemplateCount>>> {
    let sql = "select id, variant_counts from campaigns where subaccount_id = $1 and template_id = $2 and template_version = $3 \
         and variant_counts is not null";
    let query = tx.query(sql).bind(subaccount.as_str()).bind(template.as_str()).bind(version);
    let rows: Vec<(String, String)> = query.fetch_all().await?;
    rows.into_iter().map(|(id, counts)| Ok((id, counts_in(&counts)?))).collect()
}

fn counts_in(json: &str) -> Result<Vec<TemplateCount>> {
    serde_json::from_str(json).map_err(|_| Error::internal("a campaign has unreadable counts of its variants"))
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
pub async fn moved_to(tx: &mut Tx, moving: &Moving, to: &messages::Moved) -> Result<()> {
    let (all, up_to) = match to {
        messages::Moved::UpTo(id) => (false, Some(id.as_str())),
        messages::Moved::Again => (false, None),
        messages::Moved::All => (true, None),
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
