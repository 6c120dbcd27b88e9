//! What became of the messages of a template's versions and variants, and the longest values that were put into them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::{DAY, Millis};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{CampaignId, SubaccountId, TemplateId};
use crate::kernel::own_link::OwnLink;
use crate::messages::content::Content;
use crate::messages::enqueue::NewMessage;
use crate::messages::status::Status;
use crate::messages::store::{self, Longest, TemplateCountRow};
use crate::messages::tally::{Announcements, Tally};

/// How long the longest values are looked for.
const LOOKED_BACK: Millis = 90 * DAY;
/// Messages that one step gives another variant.
const MOVED_AT_ONCE: usize = 500;

/// How many messages of a version and variant are in which status, and how many were answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TemplateCount {
    /// The version.
    pub version: i64,
    /// The variant; nothing for messages of a version without any, and for those that were not sent by a campaign.
    pub variant: String,
    counts: BTreeMap<String, u64>,
}

impl TemplateCount {
    /// Messages in a status, or under another word that is counted (see [`Response`](super::Response)).
    pub fn of(&self, what: &str) -> u64 {
        self.counts.get(what).copied().unwrap_or(0)
    }

    /// Messages that still wait to leave.
    pub fn waiting(&self) -> u64 {
        Status::ALL.into_iter().filter(|s| s.has_to_leave()).map(|s| self.of(s.as_str())).sum()
    }

    /// Messages there are, in whatever status.
    pub fn total(&self) -> u64 {
        Status::ALL.into_iter().map(|s| self.of(s.as_str())).sum()
    }

    /// Messages that left, and those that failed: also the few of them that no provider was given, because their text came out wrong.
    pub fn sent(&self) -> u64 {
        [Status::Sent, Status::Delivered, Status::Failed, Status::Unknown].into_iter().map(|s| self.of(s.as_str())).sum()
    }
}

fn gathered(rows: Vec<TemplateCountRow>) -> Vec<TemplateCount> {
    let mut found: BTreeMap<(i64, String), TemplateCount> = BTreeMap::new();
    for row in rows {
        let key = (row.version, row.variant.clone());
        let empty = TemplateCount { version: row.version, variant: row.variant, counts: BTreeMap::new() };
        *found.entry(key).or_insert(empty).counts.entry(row.what).or_default() += row.messages.max(0).unsigned_abs();
    }
    found.into_values().collect()
}

/// The counts of one campaign's messages, by variant. A step.
pub async fn counts_of_campaign(tx: &mut Tx, subaccount: &SubaccountId, campaign: &CampaignId) -> Result<Vec<TemplateCount>> {
    Ok(gathered(store::template_counts_of_campaign(tx, subaccount, campaign).await?))
}

/// The counts of the messages of a template's version, by campaign (nothing for none) and variant. A step.
pub async fn counts_by_campaign(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    template: &TemplateId,
    version: i64,
) -> Result<BTreeMap<String, Vec<TemplateCount>>> {
    let mut rows: BTreeMap<String, Vec<TemplateCountRow>> = BTreeMap::new();
    for (campaign, row) in store::template_counts_by_campaign(tx, subaccount, template, version).await? {
        rows.entry(campaign).or_default().push(row);
    }
    Ok(rows.into_iter().map(|(campaign, rows)| (campaign, gathered(rows))).collect())
}

/// The counts of a template's messages, by version and variant. A step.
pub async fn counts_of_template(tx: &mut Tx, subaccount: &SubaccountId, template: &TemplateId) -> Result<Vec<TemplateCount>> {
    Ok(gathered(store::template_counts_of_template(tx, subaccount, template).await?))
}

/// Those of some campaigns of which no message waits to leave. A step.
pub async fn having_left(tx: &mut Tx, campaigns: Vec<(SubaccountId, CampaignId)>) -> Result<Vec<(SubaccountId, CampaignId)>> {
    let mut left = Vec::new();
    for part in campaigns.chunks(500) {
        let waiting = store::having_waiting(tx, part).await?;
        left.extend(part.iter().filter(|one| !waiting.contains(*one)).cloned());
    }
    Ok(left)
}

/// How far waiting messages of a campaign have been given a variant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Moved {
    /// Those up to this one.
    UpTo(String),
    /// All that were found, but some are worked on just now: they are looked for again from the start.
    Again,
    /// All.
    All,
}

/// Gives the next hundreds of a campaign's waiting messages behind `after` another variant. A step.
pub async fn say(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    campaign: &CampaignId,
    variant: &str,
    after: &str,
) -> Result<(Moved, Announcements)> {
    let found = store::saying_another(tx, subaccount, campaign, variant, after, MOVED_AT_ONCE).await?;
    store::set_variant(tx, &found, variant).await?;
    let mut tally = Tally::default();
    for message in &found {
        tally.says(&message.counted, &message.place, variant);
    }
    let told = tally.write(tx).await?;
    let moved = match found.last() {
        Some(last) if found.len() == MOVED_AT_ONCE => Moved::UpTo(last.counted.id.clone()),
        _ if store::has_another(tx, subaccount, campaign, variant).await? => Moved::Again,
        _ => Moved::All,
    };
    Ok((moved, told))
}

/// The longest values that were put into a template within the last 90 days, by placeholder, as far as their messages and people
/// are still there. A step: who may see them is the caller's to ask.
pub async fn longest_values(tx: &mut Tx, app: &App, subaccount: &SubaccountId, template: &TemplateId) -> Result<BTreeMap<String, String>> {
    let cipher = app.cipher.tenant(subaccount);
    let mut found = BTreeMap::new();
    for row in store::longest_of(tx, subaccount, template, day_of(app.clock.now() - LOOKED_BACK)).await? {
        if found.contains_key(&row.placeholder) || row.content.is_empty() {
            continue;
        }
        let Some(salt) = row.salt else { continue };
        let content = Content::open(&cipher.person(&salt), &row.content).map_err(Error::internal)?;
        if let Some(value) = content.value(&row.placeholder) {
            found.insert(row.placeholder, value.to_owned());
        }
    }
    Ok(found)
}

/// Which of these messages hold the longest values of their templates. Codes are left out: nobody is shown one again.
pub(super) fn longest_among(messages: &[&NewMessage], now: Millis) -> Vec<Longest> {
    let mut longest: BTreeMap<(&str, &str), (usize, &str)> = BTreeMap::new();
    for message in messages {
        let (Some((template, _)), Content::Values(values)) = (&message.template, &message.content) else { continue };
        if message.category == Category::Authentication {
            continue;
        }
        // A person's own links say who they are; nobody else is shown one.
        for (name, value) in values.iter().filter(|(name, _)| OwnLink::of(name).is_none()) {
            let characters = value.chars().count();
            let known = longest.entry((template.as_str(), name.as_str())).or_insert((0, message.id.as_str()));
            if characters > known.0 {
                *known = (characters, message.id.as_str());
            }
        }
    }
    let row = |((template, name), (characters, message)): ((&str, &str), (usize, &str))| {
        (template.to_owned(), name.to_owned(), day_of(now), i64::try_from(characters).unwrap_or(i64::MAX), message.to_owned())
    };
    longest.into_iter().filter(|(_, (characters, _))| *characters > 0).map(row).collect()
}

/// Forgets which messages held the longest values longer ago than anybody asks. A step.
pub async fn prune_longest(tx: &mut Tx, now: Millis) -> Result<()> {
    store::forget_longest(tx, day_of(now - LOOKED_BACK)).await
}

fn day_of(at: Millis) -> Millis {
    at - at.rem_euclid(DAY)
}
