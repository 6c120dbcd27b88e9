//! One person in campaigns: their rows that are not messages yet.
//!
//! A launched campaign has promised a message of each of its rows and counts it. So a row that is erased before its turn becomes a
//! message without a text, which the erasure then ends like every other that waits; a draft has promised nothing and is one
//! message smaller.

use super::expand::times;
use super::{Campaign, CampaignStatus, Stage, store};
use crate::access;
use crate::contacts::Person;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::Result;
use crate::kernel::id::{CampaignId, MessageId, SubaccountId, UploadId};
use crate::kernel::phone::Traces;
use crate::messages::{self, Announcements, Content, NewMessage};
use crate::uploads::{Trace, Unsent};

/// What a campaign is called whose name named somebody who was erased.
const RENAMED: &str = "Renamed campaign";

/// The campaign that was made of a file, and how far its rows have become messages.
#[derive(Clone, Debug)]
pub struct Using {
    campaign: Campaign,
    next_chunk: i64,
}

impl Using {
    /// Whether the rows of the file may still be counted anew.
    pub fn is_draft(&self) -> bool {
        self.campaign.status == CampaignStatus::Draft
    }

    /// Whether the row of this block is a message that was promised and not made yet.
    fn owes(&self, row: &Unsent) -> bool {
        let owes_nothing = matches!(self.campaign.status, CampaignStatus::Draft | CampaignStatus::Failed | CampaignStatus::Finished);
        // While some are tried the rest waits in every block; who has a message already gets no second one.
        let is_ahead = row.chunk >= self.next_chunk || self.campaign.trial.stage == Some(Stage::Trying);
        !owes_nothing && !self.campaign.expanded && is_ahead
    }
}

/// Locks the campaigns of files in which a person was found. A step, before the files and the person are locked.
pub async fn hold_of_uploads(tx: &mut Tx, subaccount: &SubaccountId, found: &[Trace]) -> Result<()> {
    let mut ids: Vec<CampaignId> = Vec::new();
    for trace in found {
        ids.extend(store::of_upload(tx, subaccount, &trace.upload).await?);
    }
    ids.sort_unstable();
    store::lock_all(tx, subaccount, &ids).await.map(drop)
}

/// The campaign that was made of a file, if any. A step.
pub async fn using(tx: &mut Tx, subaccount: &SubaccountId, upload: &UploadId) -> Result<Option<Using>> {
    let Some(id) = store::of_upload(tx, subaccount, upload).await? else { return Ok(None) };
    let next_chunk = store::next_chunk(tx, subaccount, &id).await?;
    Ok(Some(Using { campaign: store::get(tx, subaccount, &id).await?, next_chunk }))
}

/// Whether a campaign may still need the rows of its file. A step.
pub async fn needs_rows(tx: &mut Tx, subaccount: &SubaccountId, upload: &UploadId) -> Result<bool> {
    use CampaignStatus::{Cancelled, Failed, Finished};
    let using = using(tx, subaccount, upload).await?;
    Ok(using.is_some_and(|using| !matches!(using.campaign.status, Finished | Cancelled | Failed)))
}

/// Renames campaigns whose name gives a number away. A step.
pub async fn rename_naming(tx: &mut Tx, subaccount: &SubaccountId, traces: &Traces) -> Result<()> {
    for (id, name) in store::all_names(tx, subaccount).await? {
        if traces.stand_in(&name) {
            store::rename(tx, subaccount, &id, RENAMED).await?;
        }
    }
    Ok(())
}

/// Leaves rows of a person out of a campaign; what it owes of them becomes messages without a text. A step, while the person
/// still has their salt.
pub async fn leave_out(
    tx: &mut Tx,
    cipher: &TenantCipher,
    using: &Using,
    person: &Person,
    unsent: &[Unsent],
    now: Millis,
) -> Result<Announcements> {
    let campaign = &using.campaign;
    if using.is_draft() {
        store::shrink(tx, &campaign.subaccount, &campaign.id, unsent.len() as i64).await?;
        return Ok(Announcements::default());
    }
    let (due_at, not_after) = times(campaign, now);
    let owed = unsent.iter().filter(|row| using.owes(row)).map(|row| NewMessage {
        id: MessageId::new(now),
        contact: person.id.clone(),
        salt: person.salt.clone().unwrap_or_default(),
        campaign: Some(campaign.id.clone()),
        category: campaign.category,
        country: row.send.country,
        language: None,
        sender: campaign.sender.clone(),
        connection: campaign.connection.clone(),
        template: campaign.template.clone(),
        variant: None,
        content: Content::Text(String::new()),
        encoding: row.send.encoding,
        segments: u32::from(row.send.segments),
        estimated: 0,
        currency: campaign.currency,
        due_at,
        not_after,
        reference: None,
        metadata: None,
    });
    let owed: Vec<NewMessage> = owed.collect();
    let settings = access::settings_of(tx, &campaign.subaccount).await?;
    Ok(messages::enqueue(tx, cipher, &campaign.subaccount, &settings, &owed, now).await?.1)
}
