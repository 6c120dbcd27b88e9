//! What a segment costs at a connection, by country and time. A list only estimates: what the carrier
//! reports is the cost.

use std::collections::HashMap;

use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::connections::{Connection, store};
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{ConnectionId, SubaccountId};
use crate::kernel::money::{Currency, Micros, Money};
use crate::kernel::phone::Country;

/// One line of a price list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// For which country; `None` for every country without its own line.
    pub country: Option<Country>,
    /// From when on.
    pub valid_from: Millis,
    /// Of one segment.
    pub price: Micros,
    /// Of which currency.
    pub currency: Currency,
}

/// The prices that hold at one instant.
#[derive(Clone, Debug, Default)]
pub struct PriceTable(HashMap<(String, String), Micros>);

impl PriceTable {
    /// The price of a segment to a country.
    pub fn segment(&self, connection: &ConnectionId, country: Country) -> Option<Micros> {
        let key = |c: &str| (connection.as_str().to_owned(), c.to_owned());
        self.0.get(&key(country.as_str())).or_else(|| self.0.get(&key(""))).copied()
    }

    /// The connection that would be tried first, and its price of a segment.
    pub fn first_choice<'c>(
        &self,
        connections: &'c [Connection],
        category: Category,
        country: Country,
        pinned: Option<&str>,
    ) -> Option<(&'c Connection, Option<Micros>)> {
        let connection = connections.iter().find(|c| c.fits(category, country, pinned))?;
        Some((connection, self.segment(&connection.id, country)))
    }
}

/// The prices that hold at `now`.
pub async fn prices(tx: &mut Tx, subaccount: &SubaccountId, now: Millis) -> Result<PriceTable> {
    let rows = store::prices_at(tx, subaccount, now).await?;
    // Rows come oldest first, so that the latest that is valid stays.
    Ok(PriceTable(rows.into_iter().map(|(connection, country, price)| ((connection, country), price)).collect()))
}

/// What one segment costs by the connection that would be tried first, in the organisation's own country; `None` when none fits or
/// no price is known. Needs [`Permission::View`].
pub async fn usual_price(app: &App, actor: &Actor, category: Category) -> Result<Option<Money>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    let settings = access::settings_of(&mut tx, &actor.subaccount).await?;
    let cipher = app.cipher.tenant(&actor.subaccount);
    let connections = super::all(&mut tx, &cipher, &actor.subaccount).await?;
    let prices = prices(&mut tx, &actor.subaccount, app.clock.now()).await?;
    let choice = prices.first_choice(&connections, category, settings.default_country, None);
    Ok(choice.and_then(|(_, price)| price).map(|micros| Money { micros, currency: settings.currency }))
}
