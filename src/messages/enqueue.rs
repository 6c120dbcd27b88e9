//! Putting messages into the queue, in the transaction of whatever causes them.

use crate::access::Settings;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::{DAY, MINUTE, Millis, slot_of};
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::Result;
use crate::kernel::id::{CampaignId, ContactId, MessageId, SubaccountId, TemplateId};
use crate::kernel::language::Language;
use crate::kernel::money::{Currency, Micros};
use crate::kernel::phone::Country;
use crate::kernel::sms::Encoding;
use crate::messages::content::Content;
use crate::messages::redact::note_new;
use crate::messages::status::Status;
use crate::messages::store;
use crate::messages::tally::{Announcements, Counted, Place, Tally};
use crate::messages::template_counts::longest_among;

/// A message about to be queued.
#[derive(Clone, Debug)]
pub struct NewMessage {
    /// Its id, born now.
    pub id: MessageId,
    /// Whom it is for.
    pub contact: ContactId,
    /// The person's salt, which seals the content.
    pub salt: Vec<u8>,
    /// The campaign it belongs to.
    pub campaign: Option<CampaignId>,
    /// What it is about.
    pub category: Category,
    /// Country of the number.
    pub country: Country,
    /// Language of the text.
    pub language: Option<Language>,
    /// The sender that was asked for; else the connection's first.
    pub sender: Option<String>,
    /// The connection that was asked for, by name.
    pub connection: Option<String>,
    /// The pinned template version.
    pub template: Option<(TemplateId, i64)>,
    /// Which variant of it, if it has any.
    pub variant: Option<String>,
    /// What it says.
    pub content: Content,
    /// Encoding of the rendered text.
    pub encoding: Encoding,
    /// Segments of the rendered text.
    pub segments: u32,
    /// What it will cost by the price list.
    pub estimated: Micros,
    /// Of which currency.
    pub currency: Currency,
    /// Not before.
    pub due_at: Millis,
    /// Not after.
    pub not_after: Millis,
    /// The caller's own reference.
    pub reference: Option<String>,
    /// The caller's own data, as JSON.
    pub metadata: Option<String>,
}

impl NewMessage {
    /// Which queue the dispatcher finds it in: its campaign's, or one of the two lanes of single messages.
    pub fn queue(&self) -> &str {
        queue_of(self.campaign.as_ref(), self.category)
    }

    fn status(&self, now: Millis) -> Status {
        if self.due_at > now { Status::Scheduled } else { Status::Queued }
    }
}

/// The queue of codes, always served first.
pub const AUTHENTICATION_QUEUE: &str = "auth";
/// The queue of single messages.
pub const SINGLE_QUEUE: &str = "single";

pub(super) fn queue_of(campaign: Option<&CampaignId>, category: Category) -> &str {
    match (campaign, category) {
        (Some(campaign), _) => campaign.as_str(),
        (None, Category::Authentication) => AUTHENTICATION_QUEUE,
        (None, _) => SINGLE_QUEUE,
    }
}

/// How long a message stays worth sending when nobody said: codes ten minutes, all else three days.
pub fn lifetime(category: Category) -> Millis {
    match category {
        Category::Authentication => 10 * MINUTE,
        _ => 3 * DAY,
    }
}

/// Queues messages in bulk. A message of a campaign to a contact who has one already is left out.
/// `settings` are the subaccount's as this transaction finds them. Gives the number queued.
pub async fn enqueue(
    tx: &mut Tx,
    cipher: &TenantCipher,
    subaccount: &SubaccountId,
    settings: &Settings,
    messages: &[NewMessage],
    now: Millis,
) -> Result<(u64, Announcements)> {
    let slot_at = slot_of(now);
    let mut queued = Vec::with_capacity(messages.len());
    let mut tally = Tally::default();
    for part in messages.chunks(store::ENQUEUE_ROWS) {
        let rows: Vec<_> = part.iter().map(|m| (m, m.status(now), m.content.seal(&cipher.person(&m.salt)))).collect();
        let inserted = store::insert(tx, subaccount, &rows, slot_at, now).await?;
        for (message, status, _) in &rows {
            if inserted.as_ref().is_none_or(|ids| ids.contains(message.id.as_str())) {
                queued.push(*message);
                tally.appeared(&counted(subaccount, message), &place(message, *status, slot_at));
            }
        }
    }
    note_new(tx, subaccount, settings, &queued).await?;
    store::keep_longest(tx, subaccount, &longest_among(&queued, now)).await?;
    Ok((queued.len() as u64, tally.write(tx).await?))
}

fn counted(subaccount: &SubaccountId, message: &NewMessage) -> Counted {
    Counted {
        id: message.id.as_str().to_owned(),
        subaccount: subaccount.clone(),
        campaign: message.campaign.as_ref().map(|c| c.as_str().to_owned()),
        template: message.template.as_ref().map(|(t, _)| t.as_str().to_owned()),
        version: message.template.as_ref().map_or(0, |(_, version)| *version),
        variant: message.variant.clone(),
        country: message.country.as_str().to_owned(),
        category: message.category.as_str().to_owned(),
    }
}

fn place(message: &NewMessage, status: Status, slot_at: Millis) -> Place {
    Place { status, slot_at, connection: String::new(), segments: i64::from(message.segments), cost: 0, estimated: message.estimated }
}
