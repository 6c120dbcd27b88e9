//! Which connection gets a message: the order of those that fit, and the first of them that is free.

use std::collections::HashMap;
use std::sync::Arc;

use crate::connections::{self, Candidate, Connection, PriceTable, Routes, State};
use crate::db::Tx;
use crate::kernel::clock::{Millis, SECOND};
use crate::kernel::error::Result;
use crate::kernel::id::{ConnectionId, SubaccountId};
use crate::kernel::money::Micros;
use crate::kernel::phone::Country;
use crate::messages::{Claimed, Tried};

/// How long a look at the connections' health holds: it changes by the second, not by the turn.
const HOLDS: Millis = SECOND;

/// What is known of connections, looked up anew after a second.
#[derive(Debug, Default)]
pub struct Health(HashMap<SubaccountId, (Millis, Arc<Routes>)>);

impl Health {
    /// What is known of a subaccount's connections now. Looking makes the moves that follow.
    pub async fn of(&mut self, tx: &mut Tx, subaccount: &SubaccountId, now: Millis) -> Result<Arc<Routes>> {
        match self.0.get(subaccount) {
            Some((read_at, routes)) if (now - read_at).abs() < HOLDS => Ok(Arc::clone(routes)),
            _ => {
                let routes = Arc::new(connections::routes(tx, subaccount, now).await?);
                self.0.insert(subaccount.clone(), (now, Arc::clone(&routes)));
                Ok(routes)
            }
        }
    }
}

/// What a choice is made from.
#[derive(Clone, Copy)]
pub struct Desk<'r> {
    /// Every connection of the subaccount, in order.
    pub connections: &'r [Connection],
    /// Their prices.
    pub prices: &'r PriceTable,
    /// How they do.
    pub routes: &'r Routes,
}

/// A connection for a message.
#[derive(Clone, Debug)]
pub struct Choice<'r> {
    /// Which.
    pub connection: &'r Connection,
    /// Its price of a segment, where one is known.
    pub price: Option<Micros>,
    /// Why not the first in the order, or why another than last time; a stable word of docs/api.md.
    pub reason: Option<String>,
    /// Whether another one could take the message at once if this one definitely does not.
    pub has_another: bool,
}

/// Whether a connection may be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It may.
    Free,
    /// As many messages are in flight there as should be.
    Full,
    /// It is to be left alone until then.
    Blocked(Millis),
}

/// Why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoChoice<'r> {
    /// None fits.
    Nothing,
    /// Those that fit are to be left alone; one is free again then.
    Until(Millis),
    /// This one is the one, and full.
    Full(&'r ConnectionId),
}

/// Chooses for a message to a country, which these connections have definitely not taken.
///
/// A full connection hands on what another one of its tier may take as well. It does not hand on to those behind it in the
/// order, which may be dearer: for a trusted one its messages wait, for a trial nobody waits.
pub fn choose<'r>(
    desk: Desk<'r>,
    message: &Claimed,
    country: Country,
    tried: &[Tried],
    place: impl Fn(&Connection) -> Place,
    chance: u64,
) -> std::result::Result<Choice<'r>, NoChoice<'r>> {
    let fitting: Vec<&Connection> =
        desk.connections.iter().filter(|c| c.fits(message.category, country, message.connection.as_deref())).collect();
    let candidates: Vec<Candidate> = fitting.iter().map(|c| candidate(desk, c, country, tried)).collect();
    let order = connections::order(&candidates, chance);
    let places: Vec<Place> = fitting.iter().map(|c| place(c)).collect();
    let Some(first) = order.iter().copied().find(|i| !matches!(places[*i], Place::Blocked(_))) else {
        let until = order.iter().filter_map(|i| if let Place::Blocked(until) = places[*i] { Some(until) } else { None }).min();
        return Err(until.map_or(NoChoice::Nothing, NoChoice::Until));
    };
    let stands_in = |i: &usize| {
        let (is, other) = (candidates[first], candidates[*i]);
        is.state != State::Healthy || (other.state, other.priority) == (is.state, is.priority)
    };
    let chosen = match places[first] {
        Place::Free => Some(first),
        _ => order.iter().copied().filter(stands_in).find(|i| places[*i] == Place::Free),
    };
    let Some(chosen) = chosen else { return Err(NoChoice::Full(&fitting[first].id)) };
    Ok(Choice {
        connection: fitting[chosen],
        price: candidates[chosen].price,
        reason: reason(&fitting, &candidates, chosen, tried),
        has_another: order.iter().any(|i| *i != chosen && places[*i] == Place::Free),
    })
}

fn candidate(desk: Desk<'_>, connection: &Connection, country: Country, tried: &[Tried]) -> Candidate {
    let health = desk.routes.of(&connection.id, country);
    Candidate {
        priority: connection.priority,
        state: health.map_or(State::Healthy, |h| h.circuit.state),
        tries: tried.iter().filter(|t| t.connection == connection.id).count(),
        price: desk.prices.segment(&connection.id, country),
        error_share: health.and_then(connections::Health::error_share).unwrap_or(0.0),
        receipts: health.map_or((0, 0), |h| (h.delivered, h.failed)),
        latency_ms: health.and_then(connections::Health::latency_ms),
    }
}

/// Why it is this one, when its place in the order does not say it.
fn reason(fitting: &[&Connection], candidates: &[Candidate], chosen: usize, tried: &[Tried]) -> Option<String> {
    if let Some(last) = tried.last().filter(|last| last.connection != fitting[chosen].id) {
        return Some(format!("failover:{}", last.code));
    }
    let is = candidates[chosen];
    if is.state != State::Healthy && candidates.iter().any(|c| c.state == State::Healthy) {
        return Some("trial".into());
    }
    let before = candidates.iter().min_by_key(|c| c.priority).filter(|first| first.priority < is.priority)?;
    Some(if before.state == State::Healthy { "rerouted:blocked" } else { "rerouted:failing" }.into())
}
