//! SQL of the campaigns table, and reading campaign_counts.

mod audience;
mod live;
mod trial;

use std::collections::HashMap;

use super::{Campaign, CampaignStatus, Counts, Stage, Trial, TrialPlan};
use crate::db::{Kind, Tx};
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{AudienceId, CampaignId, SubaccountId, TemplateId, UploadId};
use crate::kernel::language::Language;
use crate::kernel::money::{Currency, Micros};
use crate::kernel::page::{Page, PageRequest};
use crate::messages::Status;

pub use audience::{of_audience, set_audience, swap_upload};
pub use live::{
    advance, all_names, finish_done, hold, lock_all, next_chunk, open_with_template, rename, reopen, running, set_pace, shrink, unexpanded,
};
pub use trial::{
    asking, choose, decide, freeze, frozen, frozen_of_template, moved_to, moving, set_decide_at, set_plan, trials_due, trials_leaving,
};

/// Sorts behind every id, in any collation.
const AFTER_ALL: &str = "zzz";

const COLUMNS: &str = "id, subaccount_id, name, status, status_reason, category, template_id, template_version, language, sender, connection, \
    pace, upload_id, total, estimated, currency, next_chunk, expanded, not_after, created_by, created_at, scheduled_at, started_at, finished_at, \
    audience_id, variant_test, variant_stage, variant_choice, variant_note, variant_decide_at";

#[derive(sqlx::FromRow)]
struct CampaignRow {
    id: String,
    subaccount_id: String,
    name: String,
    status: String,
    status_reason: Option<String>,
    category: String,
    template_id: Option<String>,
    template_version: Option<i64>,
    language: Option<String>,
    sender: Option<String>,
    connection: Option<String>,
    pace: Option<i64>,
    upload_id: Option<String>,
    total: i64,
    estimated: Micros,
    currency: String,
    next_chunk: i64,
    expanded: bool,
    not_after: Option<Millis>,
    created_by: String,
    created_at: Millis,
    scheduled_at: Option<Millis>,
    started_at: Option<Millis>,
    finished_at: Option<Millis>,
    audience_id: Option<String>,
    variant_test: Option<String>,
    variant_stage: Option<String>,
    variant_choice: Option<String>,
    variant_note: Option<String>,
    variant_decide_at: Option<Millis>,
}

impl CampaignRow {
    fn campaign(self, counted: Option<Counted>) -> Result<Campaign> {
        let unreadable = |what: &str| Error::internal(format!("the campaign {} has an unreadable {what}", self.id));
        let status = CampaignStatus::parse(&self.status).ok_or_else(|| unreadable("status"))?;
        let total = self.total.unsigned_abs();
        let counted = counted.unwrap_or_else(|| Counted::before_launch(total));
        let plan = self.variant_test.as_deref().map(serde_json::from_str::<TrialPlan>).transpose().map_err(|_| unreadable("trial"))?;
        let stage = self.variant_stage.as_deref().map(|s| Stage::parse(s).ok_or_else(|| unreadable("trial"))).transpose()?;
        Ok(Campaign {
            trial: Trial { plan, stage, choice: self.variant_choice, note: self.variant_note, decide_at: self.variant_decide_at },
            status,
            category: Category::parse(&self.category).ok_or_else(|| unreadable("category"))?,
            currency: Currency::parse(&self.currency).ok_or_else(|| unreadable("currency"))?,
            upload: self.upload_id.clone().map(UploadId::stored).ok_or_else(|| unreadable("upload"))?,
            audience: self.audience_id.map(AudienceId::stored),
            id: CampaignId::stored(self.id),
            subaccount: SubaccountId::stored(self.subaccount_id),
            name: self.name,
            status_reason: self.status_reason,
            template: self.template_id.map(TemplateId::stored).zip(self.template_version),
            language: self.language.map(Language::stored),
            sender: self.sender,
            connection: self.connection,
            pace: self.pace.and_then(|pace| u32::try_from(pace).ok()),
            total,
            counts: counted.counts,
            segments: counted.segments,
            estimated: self.estimated,
            cost: counted.cost,
            expanded: self.expanded,
            not_after: self.not_after,
            created_by: self.created_by,
            created_at: self.created_at,
            scheduled_at: self.scheduled_at,
            started_at: self.started_at,
            finished_at: self.finished_at,
        })
    }
}

/// The counts of one campaign.
#[derive(Default)]
struct Counted {
    counts: Counts,
    segments: u64,
    cost: Micros,
}

impl Counted {
    /// Messages of a draft wait for a time that is not set yet.
    fn before_launch(total: u64) -> Self {
        Self { counts: Counts(vec![(Status::Scheduled, total)]), ..Self::default() }
    }
}

async fn counts(tx: &mut Tx, subaccount: &SubaccountId, ids: &[&str]) -> Result<HashMap<String, Counted>> {
    let mut found: HashMap<String, Counted> = HashMap::new();
    if ids.is_empty() {
        return Ok(found);
    }
    let list = tx.values(2, ids.len(), &[Kind::Text]);
    let sql = format!(
        "select campaign_id, status, messages, segments, cost from campaign_counts where subaccount_id = $1 and campaign_id in (values {list})"
    );
    let mut query = tx.query(&sql).bind(subaccount.as_str());
    for id in ids {
        query = query.bind(*id);
    }
    for (campaign, status, messages, segments, cost) in query.fetch_all::<(String, String, i64, i64, Micros)>().await? {
        let status = Status::parse(&status).ok_or_else(|| Error::internal("a campaign counts an unknown status"))?;
        let counted = found.entry(campaign).or_default();
        counted.counts.0.push((status, u64::try_from(messages).unwrap_or(0)));
        counted.segments += u64::try_from(segments).unwrap_or(0);
        counted.cost += cost;
    }
    Ok(found)
}

/// What these are called, by id.
pub(super) async fn names(tx: &mut Tx, subaccount: &SubaccountId, ids: &[&str]) -> Result<HashMap<String, String>> {
    let mut found = HashMap::new();
    for part in ids.chunks(500) {
        let list = tx.values(2, part.len(), &[Kind::Text]);
        let sql = format!("select id, name from campaigns where subaccount_id = $1 and id in (values {list})");
        let mut query = tx.query(&sql).bind(subaccount.as_str());
        for id in part {
            query = query.bind(*id);
        }
        found.extend(query.fetch_all::<(String, String)>().await?);
    }
    Ok(found)
}

/// A campaign about to be written.
pub(super) struct NewRow<'a> {
    pub id: &'a CampaignId,
    pub name: &'a str,
    pub category: Category,
    pub template: Option<(&'a TemplateId, i64)>,
    pub language: Option<&'a Language>,
    pub sender: Option<&'a str>,
    pub connection: Option<&'a str>,
    pub pace: Option<u32>,
    pub trial: Option<&'a TrialPlan>,
    pub upload: &'a UploadId,
    pub total: u64,
    pub estimated: Micros,
    pub currency: Currency,
    pub not_after: Option<Millis>,
    pub scheduled_at: Option<Millis>,
    pub created_by: &'a str,
}

pub(super) async fn insert(tx: &mut Tx, subaccount: &SubaccountId, row: &NewRow<'_>, now: Millis) -> Result<()> {
    tx.query(
        "insert into campaigns (id, subaccount_id, name, status, category, template_id, template_version, language, sender, connection, \
         pace, upload_id, total, estimated, currency, not_after, scheduled_at, created_by, created_at, variant_test, variant_stage) \
         values ($1, $2, $3, 'draft', $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
    )
    .bind(row.id.as_str())
    .bind(subaccount.as_str())
    .bind(row.name)
    .bind(row.category.as_str())
    .bind(row.template.map(|(id, _)| id.as_str()))
    .bind(row.template.map(|(_, version)| version))
    .bind(row.language.map(Language::as_str))
    .bind(row.sender)
    .bind(row.connection)
    .bind(row.pace.map(i64::from))
    .bind(row.upload.as_str())
    .bind(row.total.cast_signed())
    .bind(row.estimated)
    .bind(row.currency.as_str())
    .bind(row.not_after)
    .bind(row.scheduled_at)
    .bind(row.created_by)
    .bind(now)
    .bind(row.trial.map(serde_json::to_string).transpose().map_err(Error::internal)?)
    .bind(row.trial.map(|_| Stage::Trying.as_str()))
    .execute()
    .await?;
    Ok(())
}

async fn one(tx: &mut Tx, subaccount: &SubaccountId, id: &CampaignId, end: &str) -> Result<Campaign> {
    let sql = format!("select {COLUMNS} from campaigns where subaccount_id = $1 and id = $2 {end}");
    let row: Option<CampaignRow> = tx.query(&sql).bind(subaccount.as_str()).bind(id.as_str()).fetch_optional().await?;
    let row = row.ok_or(Error::NotFound("campaign"))?;
    let counted = counts(tx, subaccount, &[id.as_str()]).await?.remove(id.as_str());
    row.campaign(counted)
}

pub(super) async fn get(tx: &mut Tx, subaccount: &SubaccountId, id: &CampaignId) -> Result<Campaign> {
    one(tx, subaccount, id, "").await
}

/// As [`get`], and nobody else moves it until the transaction ends.
pub(super) async fn lock(tx: &mut Tx, subaccount: &SubaccountId, id: &CampaignId) -> Result<Campaign> {
    let end = tx.for_update();
    one(tx, subaccount, id, end).await
}

/// The campaign that was launched with a token, if any.
pub(super) async fn by_launch_token(tx: &mut Tx, subaccount: &SubaccountId, token: &str) -> Result<Option<CampaignId>> {
    let found: Option<(String,)> = tx
        .query("select id from campaigns where subaccount_id = $1 and launch_token = $2")
        .bind(subaccount.as_str())
        .bind(token)
        .fetch_optional()
        .await?;
    Ok(found.map(|(id,)| CampaignId::stored(id)))
}

/// The campaign that was made of an upload, if any.
pub(super) async fn of_upload(tx: &mut Tx, subaccount: &SubaccountId, upload: &UploadId) -> Result<Option<CampaignId>> {
    let found: Option<(String,)> = tx
        .query("select id from campaigns where subaccount_id = $1 and upload_id = $2")
        .bind(subaccount.as_str())
        .bind(upload.as_str())
        .fetch_optional()
        .await?;
    Ok(found.map(|(id,)| CampaignId::stored(id)))
}

/// Rows with their counts.
async fn counted(tx: &mut Tx, subaccount: &SubaccountId, rows: Vec<CampaignRow>) -> Result<Vec<Campaign>> {
    let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
    let mut counted = counts(tx, subaccount, &ids).await?;
    let campaign = |row: CampaignRow| {
        let counted = counted.remove(&row.id);
        row.campaign(counted)
    };
    rows.into_iter().map(campaign).collect()
}

/// Newest first.
pub(super) async fn list(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    status: Option<CampaignStatus>,
    page: &PageRequest,
) -> Result<Page<Campaign>> {
    let filter = if status.is_some() { "and status = $4" } else { "" };
    let sql = format!("select {COLUMNS} from campaigns where subaccount_id = $1 and id < $2 {filter} order by id desc limit $3");
    let mut query = tx.query(&sql).bind(subaccount.as_str()).bind(page.cursor.as_deref().unwrap_or(AFTER_ALL)).bind(page.rows_to_fetch());
    if let Some(status) = status {
        query = query.bind(status.as_str());
    }
    let rows = query.fetch_all().await?;
    let campaigns = counted(tx, subaccount, rows).await?;
    Ok(page.page(campaigns, |campaign| campaign.id.as_str().to_owned()))
}

pub(super) async fn status_counts(tx: &mut Tx, subaccount: &SubaccountId) -> Result<Vec<(String, i64)>> {
    let sql = "select status, count(*) from campaigns where subaccount_id = $1 group by status";
    Ok(tx.query(sql).bind(subaccount.as_str()).fetch_all().await?)
}

/// What a launch decides.
pub(super) struct Launched<'a> {
    pub status: CampaignStatus,
    pub estimated: Micros,
    pub token: Option<&'a str>,
    pub not_after: Millis,
    pub scheduled_at: Option<Millis>,
    pub started_at: Option<Millis>,
}

pub(super) async fn launch(tx: &mut Tx, subaccount: &SubaccountId, id: &CampaignId, launched: &Launched<'_>) -> Result<()> {
    tx.query(
        "update campaigns set status = $1, estimated = $2, launch_token = $3, not_after = $4, scheduled_at = $5, started_at = $6 \
         where subaccount_id = $7 and id = $8",
    )
    .bind(launched.status.as_str())
    .bind(launched.estimated)
    .bind(launched.token)
    .bind(launched.not_after)
    .bind(launched.scheduled_at)
    .bind(launched.started_at)
    .bind(subaccount.as_str())
    .bind(id.as_str())
    .execute()
    .await?;
    Ok(())
}

/// Moves a campaign that its holder has locked.
pub(super) async fn set_status(tx: &mut Tx, subaccount: &SubaccountId, id: &CampaignId, status: CampaignStatus) -> Result<()> {
    tx.query("update campaigns set status = $1 where subaccount_id = $2 and id = $3")
        .bind(status.as_str())
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .execute()
        .await?;
    Ok(())
}

/// Stops a campaign for good; its waiting messages are still to be swept.
pub(super) async fn cancel(tx: &mut Tx, subaccount: &SubaccountId, id: &CampaignId, now: Millis) -> Result<()> {
    tx.query("update campaigns set status = 'cancelled', swept = $1, finished_at = $2 where subaccount_id = $3 and id = $4")
        .bind(false)
        .bind(now)
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .execute()
        .await?;
    Ok(())
}

/// A campaign by its tenant.
pub(super) type Moved = Vec<(SubaccountId, CampaignId)>;

fn moved(rows: Vec<(String, String)>) -> Moved {
    rows.into_iter().map(|(sub, id)| (SubaccountId::stored(sub), CampaignId::stored(id))).collect()
}

/// Starts what is due, of every tenant.
pub(super) async fn start_due(tx: &mut Tx, now: Millis) -> Result<Moved> {
    let rows = tx
        .query(
            "update campaigns set status = 'sending', started_at = $1 where status = 'scheduled' and scheduled_at <= $2 \
             returning subaccount_id, id",
        )
        .bind(now)
        .bind(now)
        .fetch_all()
        .await?;
    Ok(moved(rows))
}

/// A cancelled campaign whose messages are not all stopped yet.
pub(super) async fn unswept(tx: &mut Tx) -> Result<Option<(SubaccountId, CampaignId)>> {
    let sql = format!(
        "select subaccount_id, id from campaigns where status = 'cancelled' and swept = $1 order by id limit 1 {}",
        tx.skip_locked()
    );
    let row: Option<(String, String)> = tx.query(&sql).bind(false).fetch_optional().await?;
    Ok(row.map(|(sub, id)| (SubaccountId::stored(sub), CampaignId::stored(id))))
}

pub(super) async fn swept(tx: &mut Tx, subaccount: &SubaccountId, id: &CampaignId) -> Result<()> {
    tx.query("update campaigns set swept = $1 where subaccount_id = $2 and id = $3")
        .bind(true)
        .bind(subaccount.as_str())
        .bind(id.as_str())
        .execute()
        .await?;
    Ok(())
}
