//! How an attempt in doubt may be looked into now. Where a provider gives its first answer again to a submission that is repeated
//! with the same reference, the repetition is the question; but if the first never arrived, it sends. So it leaves only under
//! the rules that hold for every message that leaves, looked at under the same locks.

use std::collections::HashMap;

use crate::access::{self, Settings};
use crate::app::App;
use crate::campaigns::{self, CampaignStatus};
use crate::connections::{self, Connection};
use crate::consent::{self, Verdict};
use crate::contacts::{self, Standing};
use crate::db::Tx;
use crate::dispatch::prepare::{Ready, Rendered, prepare_in};
use crate::kernel::category::Category;
use crate::kernel::clock::{MINUTE, Millis, SECOND};
use crate::kernel::error::Result;
use crate::kernel::id::{CampaignId, ConnectionId, ContactId, SubaccountId};
use crate::messages::{self, Claimed, Doubt};
use crate::providers::{Capabilities, Client, Outgoing};

/// How many submissions to one connection are repeated at once: what made them doubtful may not be over.
const PLACES: usize = 8;
/// Before a provider forgets a reference no repetition begins any more: its clock is not ours, and a request takes its time.
const MARGIN: Millis = 10 * MINUTE;
/// When to look again at what a campaign's pause holds back.
const PAUSED: Millis = MINUTE;
/// The longest until the next look at what waits, because what it waits for may change.
const LONGEST: Millis = 10 * MINUTE;

/// How a doubt may be looked into now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// The provider can be asked, without any danger of sending.
    LookUp,
    /// The submission may be repeated.
    Repeat,
    /// It may be repeated then: the message itself may not leave before, by any connection.
    Wait(Millis),
    /// It may be repeated then: this connection has no room before.
    Busy(Millis),
    /// Nobody can be asked.
    Nothing,
}

/// A doubt with all that the question needs.
#[derive(Debug)]
pub struct Open {
    /// The doubt.
    pub doubt: Doubt,
    /// How it may be looked into.
    pub way: Way,
    /// What its attempt carried; `None` if that cannot be told any more.
    pub rendered: Option<Rendered>,
    /// Speaks to the attempt's provider; `None` without settings that can be used.
    pub client: Option<Client>,
    /// Where the provider reports.
    callback_url: String,
}

impl Open {
    /// The very same submission, with the same reference; `None` unless it may be repeated.
    pub fn outgoing<'a>(&'a self, to: &'a str) -> Option<Outgoing<'a>> {
        let rendered = self.rendered.as_ref().filter(|_| self.way == Way::Repeat)?;
        Some(Outgoing {
            attempt: self.doubt.attempt.as_str(),
            to,
            from: self.doubt.message.sender.as_deref().unwrap_or_default(),
            text: &rendered.text,
            callback_url: &self.callback_url,
            promotional: self.doubt.message.category == Category::Marketing,
            registered_template: rendered.registered_template.as_deref(),
        })
    }
}

/// What a tenant's doubts are judged by, as it stands in this transaction.
struct Rules {
    settings: Settings,
    connections: Vec<Connection>,
    standings: HashMap<ContactId, Standing>,
}

/// Looks at doubts under the locks of this transaction, which holds people and campaigns as they are, and notes those whose
/// submission is repeated after its commit.
pub async fn look(tx: &mut Tx, app: &App, mut doubts: Vec<Doubt>, now: Millis) -> Result<Vec<Open>> {
    let mut ids: Vec<CampaignId> = doubts.iter().filter_map(|d| d.message.campaign.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    let campaigns = campaigns::hold(tx, &ids).await?;
    let rules = rules(tx, app, &mut doubts).await?;
    let messages: Vec<Claimed> = doubts.iter().map(|d| d.message.clone()).collect();
    let ready = prepare_in(tx, app, messages, now).await?;
    let mut places: HashMap<ConnectionId, usize> = HashMap::new();
    let mut open = Vec::with_capacity(doubts.len());
    for (doubt, Ready { rendered, .. }) in doubts.into_iter().zip(ready) {
        let rules = rules.get(&doubt.message.subaccount);
        let connection = rules.and_then(|r| r.connections.iter().find(|c| c.id == doubt.connection));
        let client = connection.and_then(|c| c.client(app).ok());
        let rendered = rendered.ok();
        let mut way = Way::Nothing;
        if let (Some(rules), Some(connection), Some(client), Some(rendered)) = (rules, connection, &client, &rendered) {
            let case = Case {
                doubt: &doubt,
                connection,
                offers: client.capabilities(),
                campaign: doubt.message.campaign.as_ref().map(|id| campaigns.get(id).map(|held| held.status)),
                verdict: rules
                    .standings
                    .get(&doubt.message.person.id)
                    .map(|standing| consent::verdict(doubt.message.category, standing, &rules.settings, now)),
                segments: rendered.measure.segments,
            };
            way = case.way(now);
            if way == Way::Repeat {
                let taken = places.entry(connection.id.clone()).or_default();
                *taken += 1;
                if *taken > PLACES {
                    way = Way::Busy(now + SECOND);
                }
            }
        } else if client.as_ref().is_some_and(|c| c.capabilities().lookup) {
            way = Way::LookUp;
        }
        let callback_url = connection.map(|c| c.status_url(app)).unwrap_or_default();
        open.push(Open { doubt, way, rendered, client, callback_url });
    }
    let repeated: Vec<&Doubt> = open.iter().filter(|o| o.way == Way::Repeat).map(|o| &o.doubt).collect();
    messages::note_repeats(tx, &repeated, now).await?;
    Ok(open)
}

/// Holds the people of these doubts, reads them as they are then, and what else their tenants' rules are.
async fn rules(tx: &mut Tx, app: &App, doubts: &mut [Doubt]) -> Result<HashMap<SubaccountId, Rules>> {
    let mut subaccounts: Vec<SubaccountId> = doubts.iter().map(|d| d.message.subaccount.clone()).collect();
    subaccounts.sort_unstable();
    subaccounts.dedup();
    let mut all = HashMap::new();
    for subaccount in subaccounts {
        let own = |d: &&mut Doubt| d.message.subaccount == subaccount;
        let mut people: Vec<ContactId> = doubts.iter_mut().filter(own).map(|d| d.message.person.id.clone()).collect();
        let standings = contacts::hold(tx, &subaccount, &mut people).await?;
        // Somebody may have been erased between the look at the doubt and the lock.
        let people = contacts::by_ids(tx, &subaccount, &people).await?;
        for doubt in doubts.iter_mut().filter(own) {
            if let Some(person) = people.get(&doubt.message.person.id) {
                doubt.message.person = person.clone();
            }
        }
        let settings = access::settings_of(tx, &subaccount).await?;
        let connections = connections::all(tx, &app.cipher.tenant(&subaccount), &subaccount).await?;
        all.insert(subaccount, Rules { settings, connections, standings });
    }
    Ok(all)
}

/// One doubt and all that decides over its repetition.
struct Case<'a> {
    doubt: &'a Doubt,
    connection: &'a Connection,
    offers: Capabilities,
    /// Where its campaign stands, if it has one.
    campaign: Option<Option<CampaignStatus>>,
    /// Whether the person wants it now; `None` for nobody.
    verdict: Option<Verdict>,
    /// How long the text is now.
    segments: u32,
}

impl Case<'_> {
    fn way(&self, now: Millis) -> Way {
        let Self { doubt, connection, .. } = self;
        if self.offers.lookup {
            return Way::LookUp;
        }
        let Some(window) = self.offers.idempotent else { return Way::Nothing };
        let closes_at = (doubt.started_at + window - MARGIN).min(doubt.message.not_after);
        let is_the_same = doubt.started_at >= connection.steady_from && self.segments == doubt.message.segments();
        if now >= closes_at || !doubt.is_open() || !connection.is_usable() || !is_the_same {
            return Way::Nothing;
        }
        match self.campaign {
            None | Some(Some(CampaignStatus::Sending | CampaignStatus::Finished)) => {}
            Some(Some(CampaignStatus::Paused)) => return Way::Wait(now + PAUSED),
            Some(_) => return Way::Nothing,
        }
        match self.verdict {
            Some(Verdict::Send) => {}
            Some(Verdict::Hold { until, .. }) if until < closes_at => return Way::Wait(until.min(now + LONGEST)),
            Some(Verdict::Hold { .. } | Verdict::Drop { .. }) | None => return Way::Nothing,
        }
        if connection.blocked_until > now {
            return Way::Busy(connection.blocked_until);
        }
        Way::Repeat
    }
}
