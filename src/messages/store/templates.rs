//! What is counted of templates, which of their messages hold the longest values, and which variant a message says.

use crate::db::{Kind, Tx, rows_of};
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{CampaignId, ContactId, SubaccountId, TemplateId};
use crate::messages::status::Status;
use crate::messages::store::waiting::{SELECT, Waiting, WaitingRow};
use crate::messages::tally::{Response, TemplateKey};

/// Moves templates' counts.
pub async fn count_templates(tx: &mut Tx, counts: &[(TemplateKey, i64)]) -> Result<()> {
    const KINDS: [Kind; 7] = [Kind::Text, Kind::Text, Kind::Int, Kind::Text, Kind::Text, Kind::Text, Kind::Int];
    for part in counts.chunks(rows_of(KINDS.len())) {
        let list = tx.values(1, part.len(), &KINDS);
        let sql = format!(
            "insert into template_counts (subaccount_id, template_id, version, variant, campaign_id, what, messages) values {list} \
             on conflict (subaccount_id, template_id, version, variant, campaign_id, what) \
             do update set messages = template_counts.messages + excluded.messages"
        );
        let mut query = tx.query(&sql);
        for ((subaccount, template, version, variant, campaign, what), messages) in part {
            query = query.bind(subaccount.as_str()).bind(template.as_str()).bind(*version).bind(variant.as_str());
            query = query.bind(campaign.as_str()).bind(*what).bind(*messages);
        }
        query.execute().await?;
    }
    Ok(())
}

/// A count as it is read.
#[derive(sqlx::FromRow)]
pub struct TemplateCountRow {
    pub version: i64,
    pub variant: String,
    pub what: String,
    pub messages: i64,
}

pub async fn template_counts_of_campaign(tx: &mut Tx, subaccount: &SubaccountId, campaign: &CampaignId) -> Result<Vec<TemplateCountRow>> {
    let sql = "select version, variant, what, messages from template_counts where subaccount_id = $1 and campaign_id = $2";
    Ok(tx.query(sql).bind(subaccount.as_str()).bind(campaign.as_str()).fetch_all().await?)
}

/// The counts of a version, each with its campaign.
pub async fn template_counts_by_campaign(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    template: &TemplateId,
    version: i64,
) -> Result<Vec<(String, TemplateCountRow)>> {
    let sql = "select campaign_id, version, variant, what, messages from template_counts \
         where subaccount_id = $1 and template_id = $2 and version = $3";
    let rows: Vec<(String, i64, String, String, i64)> =
        tx.query(sql).bind(subaccount.as_str()).bind(template.as_str()).bind(version).fetch_all().await?;
    let row = |(campaign, version, variant, what, messages)| (campaign, TemplateCountRow { version, variant, what, messages });
    Ok(rows.into_iter().map(row).collect())
}

pub async fn template_counts_of_template(tx: &mut Tx, subaccount: &SubaccountId, template: &TemplateId) -> Result<Vec<TemplateCountRow>> {
    let sql = "select version, variant, what, cast(sum(messages) as bigint) as messages from template_counts \
         where subaccount_id = $1 and template_id = $2 group by version, variant, what";
    Ok(tx.query(sql).bind(subaccount.as_str()).bind(template.as_str()).fetch_all().await?)
}

/// Those of some campaigns, at most 500, of which messages wait to leave.
pub async fn having_waiting(tx: &mut Tx, campaigns: &[(SubaccountId, CampaignId)]) -> Result<Vec<(SubaccountId, CampaignId)>> {
    let list = tx.values(1, campaigns.len(), &[Kind::Text, Kind::Text]);
    let waiting: Vec<String> = Status::ALL.into_iter().filter(|s| s.has_to_leave()).map(|s| format!("'{}'", s.as_str())).collect();
    let sql = format!(
        "select distinct subaccount_id, campaign_id from template_counts where (subaccount_id, campaign_id) in (values {list}) \
         and what in ({}) and messages > 0",
        waiting.join(", ")
    );
    let mut query = tx.query(&sql);
    for (subaccount, id) in campaigns {
        query = query.bind(subaccount.as_str()).bind(id.as_str());
    }
    let rows: Vec<(String, String)> = query.fetch_all().await?;
    Ok(rows.into_iter().map(|(subaccount, id)| (SubaccountId::stored(subaccount), CampaignId::stored(id))).collect())
}

/// The last message that left for a person since an instant, if it was the last of all.
pub async fn last_sent_to(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, since: Millis) -> Result<Option<Waiting>> {
    let sql = format!(
        "{SELECT} where contact_id = $1 and subaccount_id = $2 and status in ('sent', 'delivered', 'unknown') and submitted_at >= $3 \
         order by submitted_at desc, id desc limit 1"
    );
    let row: Option<WaitingRow> = tx.query(&sql).bind(contact.as_str()).bind(subaccount.as_str()).bind(since).fetch_optional().await?;
    row.map(WaitingRow::waiting).transpose()
}

/// Notes what a person did about a message; false when it was noted before.
pub async fn note_response(tx: &mut Tx, subaccount: &SubaccountId, message: &str, response: Response, now: Millis) -> Result<bool> {
    let column = match response {
        Response::Replied => "replied_at",
        Response::OptedOut => "opted_out_at",
    };
    let sql = format!("update messages set {column} = $1 where id = $2 and subaccount_id = $3 and {column} is null");
    Ok(tx.query(&sql).bind(now).bind(message).bind(subaccount.as_str()).execute().await? == 1)
}

/// The next waiting messages of a campaign behind an id that say another variant than this one and that nobody works on, locked.
pub async fn saying_another(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    campaign: &CampaignId,
    variant: &str,
    after: &str,
    limit: usize,
) -> Result<Vec<Waiting>> {
    let sql = format!(
        "{SELECT} where campaign_id = $1 and subaccount_id = $2 and id > $3 and lease_owner is null \
         and status in ('queued', 'held', 'scheduled') and variant <> $4 order by id limit $5 {}",
        tx.skip_locked()
    );
    let query = tx.query(&sql).bind(campaign.as_str()).bind(subaccount.as_str()).bind(after).bind(variant).bind(limit as i64);
    let rows: Vec<WaitingRow> = query.fetch_all().await?;
    rows.into_iter().map(WaitingRow::waiting).collect()
}

/// Whether waiting messages of a campaign say another variant, those that somebody works on included.
pub async fn has_another(tx: &mut Tx, subaccount: &SubaccountId, campaign: &CampaignId, variant: &str) -> Result<bool> {
    let sql = "select id from messages where campaign_id = $1 and subaccount_id = $2 and status in ('queued', 'held', 'scheduled') \
         and variant <> $3 limit 1";
    let query = tx.query(sql).bind(campaign.as_str()).bind(subaccount.as_str()).bind(variant);
    Ok(query.fetch_optional::<(String,)>().await?.is_some())
}

/// Gives messages another variant; at most 500, each locked.
pub async fn set_variant(tx: &mut Tx, messages: &[Waiting], variant: &str) -> Result<()> {
    if messages.is_empty() {
        return Ok(());
    }
    let list = tx.values(2, messages.len(), &[Kind::Text]);
    let sql = format!("update messages set variant = $1 where id in (values {list})");
    let mut query = tx.query(&sql).bind(variant);
    for message in messages {
        query = query.bind(message.counted.id.as_str());
    }
    query.execute().await?;
    Ok(())
}

/// The longest value of a placeholder among some messages: template, placeholder, day, its characters and the message.
pub type Longest = (String, String, Millis, i64, String);

/// Keeps which message of a day holds the longest value.
pub async fn keep_longest(tx: &mut Tx, subaccount: &SubaccountId, longest: &[Longest]) -> Result<()> {
    const KINDS: [Kind; 6] = [Kind::Text, Kind::Text, Kind::Text, Kind::Int, Kind::Int, Kind::Text];
    for part in longest.chunks(rows_of(KINDS.len())) {
        let list = tx.values(1, part.len(), &KINDS);
        let sql = format!(
            "insert into longest_values (subaccount_id, template_id, placeholder, day_at, characters, message_id) values {list} \
             on conflict (subaccount_id, template_id, placeholder, day_at) do update set \
             characters = excluded.characters, message_id = excluded.message_id where excluded.characters > longest_values.characters"
        );
        let mut query = tx.query(&sql);
        for (template, placeholder, day_at, characters, message) in part {
            query = query.bind(subaccount.as_str()).bind(template.as_str()).bind(placeholder.as_str());
            query = query.bind(*day_at).bind(*characters).bind(message.as_str());
        }
        query.execute().await?;
    }
    Ok(())
}

/// A message with a long value.
#[derive(sqlx::FromRow)]
pub struct LongestRow {
    pub placeholder: String,
    pub content: Vec<u8>,
    pub salt: Option<Vec<u8>>,
}

/// The messages with the longest values of a template since a day, the longest first.
pub async fn longest_of(tx: &mut Tx, subaccount: &SubaccountId, template: &TemplateId, since: Millis) -> Result<Vec<LongestRow>> {
    let sql = "select l.placeholder, m.content, c.salt from longest_values l \
         join messages m on m.id = l.message_id and m.subaccount_id = l.subaccount_id \
         join contacts c on c.id = m.contact_id and c.subaccount_id = m.subaccount_id \
         where l.subaccount_id = $1 and l.template_id = $2 and l.day_at >= $3 order by l.characters desc, l.day_at desc";
    Ok(tx.query(sql).bind(subaccount.as_str()).bind(template.as_str()).bind(since).fetch_all().await?)
}

/// Forgets which messages held the longest values before a day.
pub async fn forget_longest(tx: &mut Tx, before: Millis) -> Result<()> {
    tx.query("delete from longest_values where day_at < $1").bind(before).execute().await?;
    Ok(())
}
