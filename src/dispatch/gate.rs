//! The gate: the last look before the first byte leaves. Consent, campaign, expiry, quiet hours, budget and
//! connection are read under the locks of the transaction that records the intent.

use std::collections::HashMap;
use std::sync::Arc;

use crate::access::{self, Settings};
use crate::app::App;
use crate::campaigns::{self, CampaignStatus, Held};
use crate::connections::{self, Connection, PriceTable, Routes};
use crate::consent::{self, Verdict};
use crate::contacts::Standing;
use crate::costs;
use crate::db::Tx;
use crate::dispatch::FRESH;
use crate::dispatch::choice::{self, Choice, Desk, Health, NoChoice, Place};
use crate::dispatch::clients::clients;
use crate::dispatch::load::Load;
use crate::dispatch::offers;
use crate::dispatch::prepare::{Ready, Rendered, Unsendable};
use crate::dispatch::rates::pace::Lane;
use crate::dispatch::rates::{Rates, STEP, Say};
use crate::dispatch::wanted;
use crate::dispatch::window::Windows;
use crate::kernel::clock::{MINUTE, Millis, SECOND};
use crate::kernel::error::Result;
use crate::kernel::id::{AttemptId, CampaignId, ConnectionId, ContactId, MessageId, SubaccountId, random_u64};
use crate::kernel::money::Micros;
use crate::messages::{self, Claimed, Diversion, Intent, Status, Tally, Tried};
use crate::providers::{Client, Registered};

/// How long a message waits before the gate looks again when something of ours stood in the way.
const AGAIN: Millis = MINUTE;
/// When a message is looked at again whose connection is full. It came in vain, which cost two statements' share: often
/// enough that a connection which recovers is not idle, and rarely enough that one which hangs costs the others little.
const FULL_AGAIN: Millis = SECOND;

/// A message whose intent is committed, with all that its request needs.
#[derive(Clone, Debug)]
pub struct Cleared {
    /// The intent.
    pub intent: Intent,
    /// When it was recorded.
    pub submitted_at: Millis,
    /// Speaks to the provider.
    pub client: Client,
    /// The number in E.164.
    pub to: String,
    /// The text.
    pub text: String,
    /// Where the provider reports.
    pub callback_url: String,
    /// As what the text's template is registered, where it is.
    pub registered_template: Option<Box<Registered>>,
    /// Whether another connection could take the message at once if this one definitely does not.
    pub has_another: bool,
    /// Its limits let it leave then, and not earlier.
    pub not_before: Millis,
    /// Whether it answers a keyword of its person, who gets it even after refusing everything.
    pub is_answer: bool,
}

/// What came of a batch.
#[derive(Debug, Default)]
pub struct Gated {
    /// What may leave after the commit.
    pub cleared: Vec<Cleared>,
    /// Of the messages that met a limit, their campaigns, and when they are due again. A full connection is no limit of its
    /// campaign, whose other messages go on.
    pub put_off: Vec<(Option<CampaignId>, Millis)>,
    /// How often each connection was chosen.
    pub chosen: HashMap<ConnectionId, usize>,
}

/// What a cleared message needs beside its intent.
struct Leaving<'r> {
    client: Client,
    rendered: &'r Rendered,
    callback_url: String,
    has_another: bool,
    not_before: Millis,
    is_answer: bool,
}

/// One subaccount's rules as they stand in this transaction.
struct Rules {
    settings: Settings,
    connections: Vec<Connection>,
    clients: HashMap<ConnectionId, Client>,
    prices: PriceTable,
    routes: Arc<Routes>,
    tried: HashMap<MessageId, Vec<Tried>>,
    standings: HashMap<ContactId, Standing>,
    /// Messages that answer a keyword (true), or ask to confirm an opt-in: they go once, whatever the person has refused.
    answers: HashMap<MessageId, bool>,
    /// How many more advertisements people want now, for those who set a limit.
    offers_left: HashMap<ContactId, i64>,
    /// What is left of the month's budget; `None` without a cap.
    room: Option<Micros>,
}

enum Ruling<'r> {
    Go {
        choice: Choice<'r>,
        estimated: Micros,
    },
    Divert {
        to: Status,
        reason: Option<&'static str>,
        due_at: Option<Millis>,
        detail: Option<String>,
    },
    /// The message goes to this connection, which is full.
    Full(&'r ConnectionId),
    /// A limit stands in the way until then; `held` is the reason to show, where that is long.
    PutOff {
        until: Millis,
        held: Option<&'static str>,
    },
    Release,
}

/// What is in flight, and where there is room.
#[derive(Clone, Copy, Debug)]
pub struct Room<'p> {
    /// Of all dispatchers of the process.
    pub windows: &'p Windows,
    /// Of this one.
    pub load: &'p Load,
    /// How many messages this one may have in flight at a connection.
    pub most: usize,
}

/// Decides over prepared messages and writes the decisions.
pub async fn clear(
    tx: &mut Tx,
    app: &App,
    health: &mut Health,
    ready: &[Ready],
    room: Room<'_>,
    now: Millis,
    tally: &mut Tally,
) -> Result<Gated> {
    if ready.is_empty() {
        return Ok(Gated::default());
    }
    let campaigns = hold_campaigns(tx, ready).await?;
    let mut rules = rules(tx, app, health, ready, now).await?;
    let mut rates = rates(tx, ready, &campaigns, &rules, now).await?;
    let (mut intents, mut diversions, mut released) = (Vec::new(), Vec::new(), Vec::new());
    let (mut deferred, mut put_off) = (Vec::new(), Vec::new());
    let mut outgoing: HashMap<String, Leaving<'_>> = HashMap::new();
    let mut taken: HashMap<ConnectionId, usize> = HashMap::new();
    let mut chosen: HashMap<ConnectionId, usize> = HashMap::new();
    for one in ready {
        let message = &one.message;
        let Some(rules) = rules.get_mut(&message.subaccount) else { continue };
        let campaign = message.campaign.as_ref().map(|id| campaigns.get(id).map(|held| held.status));
        let is_full = |id: &ConnectionId| room.load.open(id) + taken.get(id).copied().unwrap_or(0) >= room.most;
        let mut ruling = rule(one, campaign, rules, is_full, now);
        let mut not_before = now;
        if let Ruling::Full(id) = ruling {
            *chosen.entry(id.clone()).or_default() += 1;
        }
        if let Ruling::Go { choice, .. } = &ruling {
            let connection = choice.connection;
            *chosen.entry(connection.id.clone()).or_default() += 1;
            let taken = taken.entry(connection.id.clone()).or_default();
            let has_place = room.windows.free(&connection.id, Lane::of(message)) > *taken;
            let sender = connection.sender(message.sender.as_deref(), &rules.connections);
            let shares_calls = rules.clients.get(&connection.id).is_some_and(|client| client.capabilities().batch > 1);
            let step = if shares_calls { STEP } else { 1 };
            match rates.ask(message, connection, &sender, has_place, step, now) {
                Say::Leave(at) => {
                    not_before = at;
                    *taken += 1;
                }
                Say::Later(until) => ruling = Ruling::PutOff { until, held: None },
                Say::AnotherDay(until) => ruling = Ruling::PutOff { until, held: Some("day_limit") },
            }
        }
        match (ruling, &one.rendered) {
            (Ruling::Go { choice, estimated }, Ok(rendered)) => {
                let Choice { connection, has_another, .. } = choice;
                let sender = connection.sender(message.sender.as_deref(), &rules.connections);
                let intent = intent(message, choice, sender, rendered, estimated, now);
                if let Some(client) = rules.clients.get(&connection.id) {
                    let callback_url = connection.status_url(app);
                    let is_answer = rules.answers.get(&message.id) == Some(&true);
                    let leaving = Leaving { client: client.clone(), rendered, callback_url, has_another, not_before, is_answer };
                    outgoing.insert(intent.attempt.as_str().to_owned(), leaving);
                }
                if let Some(room) = &mut rules.room {
                    *room -= estimated;
                }
                if let Some(left) = rules.offers_left.get_mut(&message.person.id).filter(|_| offers::is_offer(message)) {
                    *left -= 1;
                }
                intents.push(intent);
            }
            (Ruling::Divert { to, reason, due_at, detail }, _) => {
                diversions.push(Diversion { message: message.clone(), to, reason, due_at, detail });
            }
            (Ruling::Full(_), _) => {
                put_off.push((None, now + FULL_AGAIN));
                deferred.push((message.clone(), now + FULL_AGAIN));
            }
            (Ruling::PutOff { until, held }, _) => {
                put_off.push((message.campaign.clone(), until));
                match held {
                    None => deferred.push((message.clone(), until)),
                    reason => {
                        diversions.push(Diversion { message: message.clone(), to: Status::Held, reason, due_at: Some(until), detail: None })
                    }
                }
            }
            (Ruling::Release | Ruling::Go { .. }, _) => released.push(message.clone()),
        }
    }
    rates.write(tx).await?;
    messages::release(tx, &released).await?;
    messages::defer(tx, &deferred).await?;
    messages::divert(tx, &diversions, now, tally).await?;
    let held = messages::submit(tx, intents, now, tally).await?;
    let cleared = held.into_iter().filter_map(|intent| {
        let Leaving { client, rendered, callback_url, has_another, not_before, is_answer } = outgoing.remove(intent.attempt.as_str())?;
        Some(Cleared {
            intent,
            submitted_at: now,
            client,
            to: rendered.phone.e164(),
            text: rendered.text.clone(),
            callback_url,
            registered_template: rendered.registered_template.clone(),
            has_another,
            not_before,
            is_answer,
        })
    });
    Ok(Gated { cleared: cleared.collect(), put_off, chosen })
}

async fn hold_campaigns(tx: &mut Tx, ready: &[Ready]) -> Result<HashMap<CampaignId, Held>> {
    let mut ids: Vec<CampaignId> = ready.iter().filter_map(|r| r.message.campaign.clone()).collect();
    ids.sort_unstable();
    ids.dedup();
    campaigns::hold(tx, &ids).await
}

async fn rules(tx: &mut Tx, app: &App, health: &mut Health, ready: &[Ready], now: Millis) -> Result<HashMap<SubaccountId, Rules>> {
    let mut subaccounts: Vec<&SubaccountId> = ready.iter().map(|r| &r.message.subaccount).collect();
    subaccounts.sort_unstable();
    subaccounts.dedup();
    let mut all = HashMap::new();
    for subaccount in subaccounts {
        let mut people: Vec<ContactId> =
            ready.iter().filter(|r| r.message.subaccount == *subaccount).map(|r| r.message.person.id.clone()).collect();
        let standings = offers::hold(tx, subaccount, ready, &mut people).await?;
        let settings = access::settings_of(tx, subaccount).await?;
        // A turn with codes alone does not hold the month's budget, which a campaign's turn may be holding.
        let has_capped = ready.iter().any(|r| r.message.subaccount == *subaccount && r.message.category.is_capped());
        let room = match settings.budget.filter(|_| has_capped) {
            None => None,
            Some(cap) => Some(costs::room(tx, subaccount, &costs::month_of(now, settings.time_zone), cap).await?),
        };
        let mut connections = connections::all(tx, &app.cipher.tenant(subaccount), subaccount).await?;
        let clients = clients(tx, app, &mut connections, now).await?;
        let prices = connections::prices(tx, subaccount, now).await?;
        let routes = health.of(tx, subaccount, now).await?;
        let again: Vec<&MessageId> =
            ready.iter().map(|r| &r.message).filter(|m| m.subaccount == *subaccount && m.attempts > 0).map(|m| &m.id).collect();
        let tried = messages::tried(tx, &again).await?;
        let offers_left = offers::left(tx, subaccount, ready, &standings, now).await?;
        let answers = wanted::answers(tx, subaccount, ready, &settings, &standings, now).await?;
        all.insert(
            subaccount.clone(),
            Rules { settings, connections, clients, prices, routes, tried, standings, answers, offers_left, room },
        );
    }
    Ok(all)
}

/// The limits that these messages may meet, held until the transaction ends.
async fn rates(
    tx: &mut Tx,
    ready: &[Ready],
    campaigns: &HashMap<CampaignId, Held>,
    rules: &HashMap<SubaccountId, Rules>,
    now: Millis,
) -> Result<Rates> {
    let mut rates = Rates::default();
    for (subaccount, rules) in rules {
        rates.of_subaccount(subaccount, rules.settings.limits, &rules.connections, rules.settings.time_zone, now);
    }
    for (id, held) in campaigns {
        let whose = ready.iter().find(|r| r.message.campaign.as_ref() == Some(id)).map(|r| &r.message.subaccount);
        if let (Some(subaccount), Some(pace)) = (whose, held.pace) {
            rates.of_campaign(subaccount, id, pace);
        }
    }
    rates.hold(tx).await?;
    Ok(rates)
}

/// The ruling over one message, in the order of what weighs most.
fn rule<'r>(
    one: &Ready,
    campaign: Option<Option<CampaignStatus>>,
    rules: &'r Rules,
    is_full: impl Fn(&ConnectionId) -> bool,
    now: Millis,
) -> Ruling<'r> {
    let message = &one.message;
    if now - one.claimed_at > FRESH {
        return Ruling::Release;
    }
    let end = |to, reason| Ruling::Divert { to, reason, due_at: None, detail: None };
    let wait = |reason, until| Ruling::Divert { to: Status::Held, reason: Some(reason), due_at: Some(until), detail: None };
    match campaign {
        Some(Some(CampaignStatus::Cancelled)) => return end(Status::Cancelled, None),
        Some(Some(CampaignStatus::Sending | CampaignStatus::Finished)) | None => {}
        Some(_) => return Ruling::Release,
    }
    if now > message.not_after {
        return end(Status::Expired, None);
    }
    let rendered = match &one.rendered {
        Ok(rendered) => rendered,
        Err(Unsendable::Erased) => return end(Status::Dropped, Some("erased")),
        Err(Unsendable::Text(why)) => {
            return Ruling::Divert { to: Status::Failed, reason: Some("text"), due_at: None, detail: Some(why.clone()) };
        }
    };
    let Some(standing) = rules.standings.get(&message.person.id) else { return Ruling::Release };
    match consent::verdict(message.category, standing, &rules.settings, now) {
        Verdict::Send => {}
        _ if rules.answers.contains_key(&message.id) => {}
        Verdict::Drop { reason } => return end(Status::Dropped, Some(reason)),
        Verdict::Hold { until, reason } if until > message.not_after => {
            return Ruling::Divert { to: Status::Expired, reason: Some(reason), due_at: None, detail: None };
        }
        Verdict::Hold { until, reason } => return wait(reason, until),
    }
    if offers::is_offer(message) && rules.offers_left.get(&message.person.id).is_some_and(|left| *left <= 0) {
        return end(Status::Dropped, Some(consent::FREQUENCY));
    }
    let country = rendered.phone.country();
    let desk = Desk { connections: &rules.connections, prices: &rules.prices, routes: &rules.routes };
    let tried = rules.tried.get(&message.id).map_or(&[][..], Vec::as_slice);
    let place = |c: &Connection| match c.blocked_until {
        until if until > now => Place::Blocked(until),
        _ if is_full(&c.id) => Place::Full,
        _ => Place::Free,
    };
    let choice = match choice::choose(desk, message, country, tried, place, random_u64()) {
        Ok(choice) => choice,
        Err(NoChoice::Full(id)) => return Ruling::Full(id),
        Err(NoChoice::Nothing) => return wait("no_connection", now + AGAIN),
        Err(NoChoice::Until(free_at)) => {
            return Ruling::PutOff { until: free_at, held: (free_at - now > AGAIN).then_some("blocked") };
        }
    };
    let estimated = choice.price.unwrap_or(0).saturating_mul(i64::from(rendered.measure.segments));
    if message.category.is_capped() && rules.room.is_some_and(|room| estimated > room) {
        return wait("budget", now + AGAIN);
    }
    Ruling::Go { choice, estimated }
}

fn intent(message: &Claimed, choice: Choice<'_>, sender: String, rendered: &Rendered, estimated: Micros, now: Millis) -> Intent {
    Intent {
        attempt: AttemptId::new(now),
        connection: choice.connection.id.clone(),
        sender,
        encoding: rendered.measure.encoding,
        segments: rendered.measure.segments,
        estimated,
        reason: if message.possible_duplicate { Some("unknown_policy".into()) } else { choice.reason },
        message: message.clone(),
    }
}
