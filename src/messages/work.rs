//! The steps that move a message from the queue to a provider and back. Each consumes what the one
//! before it gave, so that nothing is submitted without its gate.

use std::collections::{HashMap, HashSet};

use crate::connections::Sign;
use crate::contacts::{self, Person};
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::{Millis, slot_of};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{AttemptId, CampaignId, ConnectionId, ContactId, MessageId, SubaccountId, TemplateId};
use crate::kernel::money::{Currency, Micros};
use crate::kernel::phone::Country;
use crate::kernel::sms::Encoding;
use crate::messages::enqueue::queue_of;
use crate::messages::status::Status;
use crate::messages::store::{self, ClaimedRow};
use crate::messages::tally::{Counted, Place, Tally};

/// A message under our lease, with its person. Nobody else works on it until the lease ends.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The message.
    pub id: MessageId,
    /// Whose.
    pub subaccount: SubaccountId,
    /// Its campaign, if any.
    pub campaign: Option<CampaignId>,
    /// Whom it is for.
    pub person: Person,
    /// What it is about.
    pub category: Category,
    /// Country of the number.
    pub country: Country,
    /// The language that was asked for.
    pub language: Option<String>,
    /// The sender that was asked for.
    pub sender: Option<String>,
    /// The connection that was asked for.
    pub connection: Option<String>,
    /// The pinned template version.
    pub template: Option<(TemplateId, i64)>,
    /// Which variant of it, if it has any.
    pub variant: Option<String>,
    /// What it says, sealed.
    pub content: Vec<u8>,
    /// Of which currency its amounts are.
    pub currency: Currency,
    /// How often a provider was asked before.
    pub attempts: i64,
    /// When it was accepted by us.
    pub created_at: Millis,
    /// Not to be sent after this.
    pub not_after: Millis,
    /// Whether an earlier attempt may have reached the phone.
    pub possible_duplicate: bool,
    pub(super) fence: i64,
    pub(super) place: Place,
}

impl Claimed {
    pub(super) fn counted(&self) -> Counted {
        Counted {
            id: self.id.as_str().to_owned(),
            subaccount: self.subaccount.clone(),
            campaign: self.campaign.as_ref().map(|c| c.as_str().to_owned()),
            template: self.template.as_ref().map(|(t, _)| t.as_str().to_owned()),
            version: self.template.as_ref().map_or(0, |(_, version)| *version),
            variant: self.variant.clone(),
            country: self.country.as_str().to_owned(),
            category: self.category.as_str().to_owned(),
        }
    }

    /// Which queue it was claimed from.
    pub fn queue(&self) -> &str {
        queue_of(self.campaign.as_ref(), self.category)
    }

    /// How many segments it was last measured at.
    pub fn segments(&self) -> u32 {
        u32::try_from(self.place.segments).unwrap_or(u32::MAX)
    }

    /// What it was last estimated at.
    pub fn estimated(&self) -> Micros {
        self.place.estimated
    }
}

/// Whether a message of a queue is due that nobody works on.
pub async fn has_due(tx: &mut Tx, queue: &str, now: Millis) -> Result<bool> {
    store::has_due(tx, queue, now).await
}

/// Takes up to `limit` due messages of a queue under a lease: one statement, and their people.
pub async fn claim(tx: &mut Tx, queue: &str, owner: &str, limit: usize, now: Millis, lease_until: Millis) -> Result<Vec<Claimed>> {
    let rows = store::claim(tx, queue, owner, limit, now, lease_until).await?;
    let mut people: HashMap<ContactId, Person> = HashMap::with_capacity(rows.len());
    for subaccount in rows.iter().map(|r| r.subaccount_id.as_str()).collect::<HashSet<_>>() {
        let ids: Vec<ContactId> =
            rows.iter().filter(|r| r.subaccount_id == subaccount).map(|r| ContactId::stored(r.contact_id.clone())).collect();
        people.extend(contacts::by_ids(tx, &SubaccountId::stored(subaccount.to_owned()), &ids).await?);
    }
    let mut claimed = Vec::with_capacity(rows.len());
    for row in rows {
        let person =
            people.get(&ContactId::stored(row.contact_id.clone())).cloned().ok_or_else(|| Error::internal("a message has no contact"))?;
        claimed.push(from_row(row, person)?);
    }
    claimed.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    Ok(claimed)
}

pub(super) fn from_row(row: ClaimedRow, person: Person) -> Result<Claimed> {
    let stored = |what: &str| Error::internal(format!("the message {} has an unreadable {what}", row.id));
    let status = Status::parse(&row.status).ok_or_else(|| stored("status"))?;
    let category = Category::parse(&row.category).ok_or_else(|| stored("category"))?;
    let country = Country::parse(&row.country).map_err(|_| stored("country"))?;
    let currency = Currency::parse(&row.currency).ok_or_else(|| stored("currency"))?;
    Ok(Claimed {
        person,
        category,
        country,
        currency,
        language: row.language,
        sender: row.sender,
        connection: row.connection,
        template: row.template_id.map(TemplateId::stored).zip(row.template_version),
        variant: row.variant,
        content: row.content,
        attempts: row.attempts,
        created_at: row.created_at,
        not_after: row.not_after,
        possible_duplicate: row.possible_duplicate,
        fence: row.fence,
        place: Place {
            status,
            slot_at: row.fact_at,
            connection: row.connection_id.unwrap_or_default(),
            segments: row.segments,
            cost: row.cost.unwrap_or(0),
            estimated: row.estimated,
        },
        campaign: row.campaign_id.map(CampaignId::stored),
        subaccount: SubaccountId::stored(row.subaccount_id),
        id: MessageId::stored(row.id),
    })
}

/// A connection that definitely did not take a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// Which.
    pub connection: ConnectionId,
    /// The code of its refusal.
    pub code: String,
}

/// Which connections definitely did not take these messages, in the order in which they were asked.
pub async fn tried(tx: &mut Tx, messages: &[&MessageId]) -> Result<HashMap<MessageId, Vec<Tried>>> {
    let mut all: HashMap<MessageId, Vec<Tried>> = HashMap::new();
    for part in messages.chunks(500) {
        for (message, connection, code) in store::refused_attempts(tx, part).await? {
            let tried = Tried { connection: ConnectionId::stored(connection), code };
            all.entry(MessageId::stored(message)).or_default().push(tried);
        }
    }
    Ok(all)
}

/// An intent: this message goes to that connection, now.
#[derive(Clone, Debug)]
pub struct Intent {
    /// The message.
    pub message: Claimed,
    /// The attempt, whose id the provider will echo.
    pub attempt: AttemptId,
    /// The connection.
    pub connection: ConnectionId,
    /// The sender that will be used.
    pub sender: String,
    /// Encoding of the text as it goes out.
    pub encoding: Encoding,
    /// Its segments.
    pub segments: u32,
    /// Its cost by the price list.
    pub estimated: Micros,
    /// Why it goes there, when that is not what the order of connections says, or why there is a further attempt; a
    /// stable word of docs/api.md.
    pub reason: Option<String>,
}

/// Records intents before the first byte leaves. Gives those that hold: a message whose lease was lost
/// or that was cancelled meanwhile is left out.
pub async fn submit(tx: &mut Tx, intents: Vec<Intent>, now: Millis, tally: &mut Tally) -> Result<Vec<Intent>> {
    if intents.is_empty() {
        return Ok(intents);
    }
    let slot_at = slot_of(now);
    let held = store::submit(tx, &intents, slot_at, now).await?;
    let cleared: Vec<Intent> = intents.into_iter().filter(|i| held.contains(i.message.id.as_str())).collect();
    store::insert_attempts(tx, &cleared, now).await?;
    for intent in &cleared {
        tally.moved(&intent.message.counted(), &intent.message.place, &place_of(intent, Status::Submitting, slot_at, 0));
    }
    Ok(cleared)
}

fn place_of(intent: &Intent, status: Status, slot_at: Millis, cost: Micros) -> Place {
    Place {
        status,
        slot_at,
        connection: intent.connection.as_str().to_owned(),
        segments: i64::from(intent.segments),
        cost,
        estimated: intent.estimated,
    }
}

/// A claimed message that is not submitted now.
#[derive(Clone, Debug)]
pub struct Diversion {
    /// The message.
    pub message: Claimed,
    /// Where it goes.
    pub to: Status,
    /// Why, as a stable word.
    pub reason: Option<&'static str>,
    /// When to look again, for one that keeps waiting.
    pub due_at: Option<Millis>,
    /// Why, for people; only of those that end here.
    pub detail: Option<String>,
}

/// Writes diversions and gives up their leases.
pub async fn divert(tx: &mut Tx, diversions: &[Diversion], now: Millis, tally: &mut Tally) -> Result<()> {
    if diversions.is_empty() {
        return Ok(());
    }
    let held = store::divert(tx, diversions, now).await?;
    for diversion in diversions.iter().filter(|d| held.contains(d.message.id.as_str())) {
        let to = Place { status: diversion.to, ..diversion.message.place.clone() };
        tally.moved(&diversion.message.counted(), &diversion.message.place, &to);
    }
    Ok(())
}

/// Gives up leases without moving anything: the process stops, or the campaign was paused.
pub async fn release(tx: &mut Tx, messages: &[Claimed]) -> Result<()> {
    for part in messages.chunks(500) {
        store::release(tx, part).await?;
    }
    Ok(())
}

/// Gives up the leases of messages that stay as they are and are looked at again at their instants: a limit stands in
/// their way for a moment.
pub async fn defer(tx: &mut Tx, messages: &[(Claimed, Millis)]) -> Result<()> {
    for part in messages.chunks(500) {
        store::defer(tx, part).await?;
    }
    Ok(())
}

/// What came of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settled {
    /// The provider has it.
    Accepted {
        /// Its id there.
        provider_message_id: String,
        /// What it charges; the estimate where it does not say.
        cost: Micros,
    },
    /// Definitely not sent, to be tried again.
    Retry {
        /// When.
        due_at: Millis,
        /// The provider's code.
        code: String,
        /// What it means.
        detail: String,
    },
    /// Not sent, because its person wanted it no longer when it was about to leave: the gate looks again, and says why.
    Recalled,
    /// Definitely not sent, for good.
    Failed {
        /// The provider's code.
        code: String,
        /// What it means.
        detail: String,
        /// Whether a person may try it again.
        retryable: bool,
    },
    /// Nobody knows.
    Unknown {
        /// What was seen.
        detail: String,
    },
}

/// The outcome of an intent.
#[derive(Clone, Debug)]
pub struct Settlement {
    /// Which intent.
    pub intent: Intent,
    /// When it was submitted.
    pub submitted_at: Millis,
    /// What came of it.
    pub settled: Settled,
    /// When that was known.
    pub at: Millis,
}

impl Settlement {
    fn target(&self) -> (Status, Micros) {
        match &self.settled {
            Settled::Accepted { cost, .. } => (Status::Sent, *cost),
            Settled::Retry { .. } | Settled::Recalled => (Status::Queued, 0),
            Settled::Failed { .. } => (Status::Failed, 0),
            Settled::Unknown { .. } => (Status::Unknown, 0),
        }
    }

    /// What it tells about the connection. A refusal for good is about the message and its recipient.
    fn sign(&self) -> Option<Sign> {
        match &self.settled {
            Settled::Accepted { .. } => Some(Sign::Accepted { latency: self.at - self.submitted_at }),
            Settled::Retry { .. } | Settled::Failed { retryable: true, .. } => Some(Sign::Refused),
            Settled::Recalled | Settled::Failed { retryable: false, .. } => None,
            Settled::Unknown { .. } => Some(Sign::Unknown),
        }
    }
}

/// Writes outcomes. An outcome is evidence whatever happened to the lease: where a receipt was faster or
/// the message was given up as unknown, it is applied to what is there now.
pub async fn settle(tx: &mut Tx, settlements: &[Settlement], tally: &mut Tally) -> Result<()> {
    if settlements.is_empty() {
        return Ok(());
    }
    let moved = store::settle(tx, settlements).await?;
    store::settle_attempts(tx, settlements).await?;
    for settlement in settlements {
        let intent = &settlement.intent;
        if let Some(sign) = settlement.sign() {
            tally.showed(&intent.message.counted(), intent.connection.as_str(), sign, settlement.at);
        }
        let (status, cost) = settlement.target();
        let slot_at = slot_of(settlement.submitted_at);
        if moved.contains(intent.message.id.as_str()) {
            let from = place_of(intent, Status::Submitting, slot_at, 0);
            tally.moved(&intent.message.counted(), &from, &place_of(intent, status, slot_at, cost));
        } else {
            settle_overtaken(tx, settlement, tally).await?;
        }
    }
    Ok(())
}

/// The message is no longer `submitting`: only an acceptance still has something to tell.
async fn settle_overtaken(tx: &mut Tx, settlement: &Settlement, tally: &mut Tally) -> Result<()> {
    let Settled::Accepted { provider_message_id, cost } = &settlement.settled else { return Ok(()) };
    let message = &settlement.intent.message;
    let Some(now) = store::place(tx, &message.subaccount, &message.id).await? else { return Ok(()) };
    let status = if now.place.status.yields_to(Status::Sent) { Status::Sent } else { now.place.status };
    let cost = if now.has_cost { now.place.cost } else { *cost };
    store::accept_late(tx, &message.subaccount, &message.id, status, provider_message_id, cost, settlement.at).await?;
    let to = Place { status, cost, ..now.place.clone() };
    tally.moved(&message.counted(), &now.place, &to);
    Ok(())
}
