//! Keeps the counts true: whatever moves a message notes it here, and the notes are written in the same
//! transaction.

use std::collections::BTreeMap;

use crate::access;
use crate::app::{App, Change};
use crate::connections::{self, HealthChanges, Sign};
use crate::costs::{self, Fact, FactChanges, SpendingChanges};
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{CampaignId, SubaccountId};
use crate::kernel::money::Micros;
use crate::messages::status::Status;
use crate::messages::store;

/// What stays the same about a message while it moves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The message.
    pub id: String,
    /// Whose.
    pub subaccount: SubaccountId,
    /// Its campaign, if any.
    pub campaign: Option<String>,
    /// Its template, if any.
    pub template: Option<String>,
    /// The template's version; 0 without one.
    pub version: i64,
    /// Which variant of the template it says, if that has any.
    pub variant: Option<String>,
    /// ISO country of the number.
    pub country: String,
    /// Its category.
    pub category: String,
}

/// Where a message is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Its status.
    pub status: Status,
    /// The slot it is counted in.
    pub slot_at: Millis,
    /// The connection that has it, or nothing.
    pub connection: String,
    /// Its segments.
    pub segments: i64,
    /// What it cost.
    pub cost: Micros,
    /// What it was estimated at.
    pub estimated: Micros,
}

/// A campaign's count of one status, by subaccount, campaign and status.
pub(super) type CountKey = (String, String, &'static str);

/// A count of a template's messages: by subaccount, template, version, variant and campaign, and what is counted.
pub(super) type TemplateKey = (String, String, i64, String, String, &'static str);

/// What a person did about a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Response {
    /// They wrote back.
    Replied,
    /// They opted out.
    OptedOut,
}

impl Response {
    /// The word that it is counted under, beside the statuses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Replied => "replied",
            Self::OptedOut => "opted_out",
        }
    }
}

/// The notes of one transaction.
#[derive(Debug, Default)]
pub struct Tally {
    facts: FactChanges,
    counts: BTreeMap<CountKey, (i64, i64, Micros)>,
    templates: BTreeMap<TemplateKey, i64>,
    /// What was charged and set aside, by subaccount and slot; months are known when it is written.
    spending: BTreeMap<(SubaccountId, Millis), (Micros, Micros)>,
    /// What connections showed of themselves.
    health: HealthChanges,
    changes: Vec<Change>,
}

impl Place {
    /// What the month's budget holds for a message here: charged, and set aside.
    fn spending(&self) -> (Micros, Micros) {
        match self.status {
            Status::Submitting | Status::Unknown => (0, self.estimated),
            _ => (self.cost, 0),
        }
    }
}

impl Tally {
    /// A message appeared. A campaign counts its messages at launch, before their rows exist.
    pub fn appeared(&mut self, message: &Counted, at: &Place) {
        self.count_fact(message, at, 1);
        self.count_template(message, at.status.as_str(), 1);
        self.announce(message, at.status);
    }

    /// A campaign was launched: all its messages count from now on.
    pub fn launched(&mut self, subaccount: &SubaccountId, campaign: &CampaignId, status: Status, messages: u64) {
        let key = (subaccount.as_str().to_owned(), campaign.as_str().to_owned(), status.as_str());
        self.counts.entry(key).or_default().0 += messages.cast_signed();
    }

    /// A message moved.
    pub fn moved(&mut self, message: &Counted, from: &Place, to: &Place) {
        if from == to {
            return;
        }
        self.count_fact(message, from, -1);
        self.count_fact(message, to, 1);
        self.count_campaign(message, from, -1);
        self.count_campaign(message, to, 1);
        self.count_spending(message, from, -1);
        self.count_spending(message, to, 1);
        if from.status != to.status {
            self.count_template(message, from.status.as_str(), -1);
            self.count_template(message, to.status.as_str(), 1);
            self.announce(message, to.status);
        }
    }

    /// A person did something about a message, for the first time.
    pub fn responded(&mut self, message: &Counted, response: Response) {
        self.count_template(message, response.as_str(), 1);
    }

    /// A waiting message says another variant from now on.
    pub fn says(&mut self, message: &Counted, at: &Place, variant: &str) {
        self.count_template(message, at.status.as_str(), -1);
        self.count_template(&Counted { variant: Some(variant.to_owned()), ..message.clone() }, at.status.as_str(), 1);
    }

    fn count_template(&mut self, message: &Counted, what: &'static str, sign: i64) {
        let Some(template) = &message.template else { return };
        let own = |text: &Option<String>| text.clone().unwrap_or_default();
        let subaccount = message.subaccount.as_str().to_owned();
        let key = (subaccount, template.clone(), message.version, own(&message.variant), own(&message.campaign), what);
        *self.templates.entry(key).or_default() += sign;
    }

    /// A connection took or failed a message, or reported on it.
    pub fn showed(&mut self, message: &Counted, connection: &str, sign: Sign, at: Millis) {
        self.health.note(&message.subaccount, connection, &message.country, sign, at);
    }

    fn count_fact(&mut self, message: &Counted, at: &Place, sign: i64) {
        let fact = Fact {
            subaccount: message.subaccount.clone(),
            slot_at: at.slot_at,
            connection: at.connection.clone(),
            country: message.country.clone(),
            category: message.category.clone(),
            template: message.template.clone().unwrap_or_default(),
            campaign: message.campaign.clone().unwrap_or_default(),
            status: at.status.as_str(),
        };
        self.facts.count(fact, sign, at.segments, at.cost, at.estimated);
    }

    fn count_campaign(&mut self, message: &Counted, at: &Place, sign: i64) {
        let Some(campaign) = &message.campaign else { return };
        let key = (message.subaccount.as_str().to_owned(), campaign.clone(), at.status.as_str());
        let count = self.counts.entry(key).or_default();
        count.0 += sign;
        if at.status.is_handed_over() {
            count.1 += sign * at.segments;
            count.2 += sign * at.cost;
        }
    }

    fn count_spending(&mut self, message: &Counted, at: &Place, sign: i64) {
        let (spent, reserved) = at.spending();
        if (spent, reserved) != (0, 0) {
            let sum = self.spending.entry((message.subaccount.clone(), at.slot_at)).or_default();
            *sum = (sum.0 + sign * spent, sum.1 + sign * reserved);
        }
    }

    fn announce(&mut self, message: &Counted, status: Status) {
        self.changes.push(Change::Message {
            subaccount: message.subaccount.clone(),
            id: message.id.clone(),
            status: status.as_str().to_owned(),
            campaign: message.campaign.clone(),
        });
    }

    /// Writes the notes; what it gives back is to be announced after the commit.
    pub async fn write(self, tx: &mut Tx) -> Result<Announcements> {
        // Always in this order, spending first as the gate does, so that two writers never wait for each other.
        let mut months = SpendingChanges::new();
        for ((subaccount, slot_at), (spent, reserved)) in self.spending {
            let zone = access::settings_of(tx, &subaccount).await?.time_zone;
            let sum = months.entry((subaccount, costs::month_of(slot_at, zone))).or_default();
            *sum = (sum.0 + spent, sum.1 + reserved);
        }
        costs::spend(tx, &months).await?;
        let counts: Vec<_> = self.counts.into_iter().filter(|(_, count)| *count != (0, 0, 0)).collect();
        if !counts.is_empty() {
            store::count(tx, &counts).await?;
        }
        let templates: Vec<_> = self.templates.into_iter().filter(|(_, count)| *count != 0).collect();
        store::count_templates(tx, &templates).await?;
        costs::apply(tx, &self.facts).await?;
        connections::record(tx, &self.health).await?;
        Ok(Announcements(self.changes))
    }
}

/// Changes to tell live pages of once they are durable.
#[must_use = "announce the changes after the commit"]
#[derive(Debug, Default)]
pub struct Announcements(Vec<Change>);

impl Announcements {
    /// Tells them.
    pub fn send(self, app: &App) {
        for change in self.0 {
            app.announce(change);
        }
    }
}
