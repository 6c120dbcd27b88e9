//! Asks providers that name prices only later what messages cost that came to their end. Many are asked for together.

use std::collections::HashMap;

use crate::app::App;
use crate::connections::Connection;
use crate::dispatch::poll::{Open, connections_of, word};
use crate::kernel::clock::{MINUTE, Millis};
use crate::kernel::error::Result;
use crate::kernel::id::ConnectionId;
use crate::kernel::money::Money;
use crate::messages::{self, AwaitedPrice, PriceAnswer};
use crate::providers::Unpriced;

/// How many prices one step asks for. A provider that gives them in lists is asked the less often the more are together.
const MOST: usize = 2_000;
/// How long messages that are being asked for are ours: longer than a provider may take for all its lists.
const LEASE: Millis = 10 * MINUTE;

/// Asks for the prices that are due; whether there were any.
pub async fn ask(app: &App, open: &Open) -> Result<bool> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let is_due = messages::has_awaited_price(&mut tx, now).await?;
    drop(tx);
    if !is_due {
        return Ok(false);
    }
    let mut tx = app.db.write_in_bulk().await?;
    let claimed = messages::claim_awaited_prices(&mut tx, MOST, now, now + LEASE).await?;
    let connections = connections_of(&mut tx, app, claimed.iter().map(|awaited| &awaited.subaccount)).await?;
    tx.commit().await?;
    let mut by_connection: HashMap<ConnectionId, Vec<AwaitedPrice>> = HashMap::new();
    for awaited in claimed {
        by_connection.entry(awaited.connection.clone()).or_default().push(awaited);
    }
    for (id, awaited) in by_connection {
        let told = match connections.get(&id) {
            Some(connection) => prices(app, open, connection, &awaited).await,
            None => HashMap::new(),
        };
        let answer = |awaited: AwaitedPrice| {
            let answer = match told.get(&awaited.provider_message_id) {
                Some(Some(price)) => PriceAnswer::Price(*price),
                Some(None) => PriceAnswer::NotYet,
                None => PriceAnswer::Unheard,
            };
            (awaited, answer)
        };
        messages::price(app, &awaited.into_iter().map(answer).collect::<Vec<_>>()).await?;
    }
    Ok(true)
}

/// What a connection's provider says; nothing when it cannot be asked.
async fn prices(app: &App, open: &Open, connection: &Connection, awaited: &[AwaitedPrice]) -> HashMap<String, Option<Money>> {
    let Ok(client) = open(app, connection) else { return HashMap::new() };
    let unpriced: Vec<Unpriced<'_>> =
        awaited.iter().map(|a| Unpriced { provider_message_id: &a.provider_message_id, sent_at: a.sent_at }).collect();
    match client.prices(&unpriced).await {
        Ok(told) => told.into_iter().map(|priced| (priced.provider_message_id, priced.price)).collect(),
        Err(error) => {
            tracing::warn!(connection = connection.id.as_str(), outcome = word(&error), "a provider did not say what messages cost");
            HashMap::new()
        }
    }
}
