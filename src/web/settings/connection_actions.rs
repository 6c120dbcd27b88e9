//! Commands of the connection pages.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::connections::address;
use crate::connections::{self, ConfigInput, ConnectionInput, Move};
use crate::kernel::error::{Error, Result};
use crate::web::action::{Answer, Done, act, posted};
use crate::web::page::desk;

const LIST: &str = "/settings/connections";

/// Makes a connection.
#[server(prefix = "/do", endpoint = "settings/connections/add")]
pub async fn add_connection(name: String, provider: String, price: String, base_url: String) -> Answer {
    act(LIST, async {
        let desk = desk()?;
        let name = name.trim();
        match connections::get(&desk.app, desk.actor(), name).await {
            Ok(_) => return Err(Error::invalid("name", "taken", "There is a connection of this name already. Choose another.")),
            Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        let price = Some(price.trim().to_owned()).filter(|p| !p.is_empty());
        let input = ConnectionInput {
            provider: Some(provider),
            prices: price.map(|p| BTreeMap::from([("*".to_owned(), p)])),
            config: Some(ConfigInput { base_url: Some(base_url) }),
            ..ConnectionInput::default()
        };
        connections::put(&desk.app, desk.actor(), name, input)
            .await
            .map_err(|e| in_fields(e, &[("prices.*", "price"), ("config.base_url", "base_url")]))?;
        Ok(Done::at(address(name)).saying("The connection is there and may be used."))
    })
    .await
}

/// Saves what a connection is for.
#[server(prefix = "/do", endpoint = "settings/connections/save")]
pub async fn save_connection(name: String) -> Answer {
    let page = address(&name);
    act(&page, async {
        let (desk, form) = (desk()?, posted());
        let list = |field: &str| Some(form.get(field).unwrap_or_default().split([',', ';', ' ']).map(str::to_owned).collect());
        let input = ConnectionInput {
            countries: list("countries"),
            categories: Some(form.all("categories").map(str::to_owned).collect()),
            senders: Some(form.get("senders").unwrap_or_default().split(',').map(str::to_owned).collect()),
            config: Some(ConfigInput { base_url: form.get("config.base_url").map(str::to_owned) }),
            ..ConnectionInput::default()
        };
        connections::put(&desk.app, desk.actor(), &known(&desk, &name).await?, input).await?;
        Ok(Done::at(&page).saying("Connection saved."))
    })
    .await
}

/// Switches a connection on or off; on also ends a pause.
#[server(prefix = "/do", endpoint = "settings/connections/switch")]
pub async fn switch_connection(name: String, on: bool) -> Answer {
    let page = address(&name);
    act(&page, async {
        let desk = desk()?;
        let input = ConnectionInput { enabled: Some(on), ..ConnectionInput::default() };
        connections::put(&desk.app, desk.actor(), &known(&desk, &name).await?, input).await?;
        Ok(Done::at(&page).saying(if on { "It is used again." } else { "It is off. Messages go to the next connection that fits." }))
    })
    .await
}

/// Moves a connection in the order.
#[server(prefix = "/do", endpoint = "settings/connections/move")]
pub async fn move_connection(name: String, to: String) -> Answer {
    act(LIST, async {
        let desk = desk()?;
        let direction = if to == "up" { Move::Up } else { Move::Down };
        connections::move_by_one(&desk.app, desk.actor(), &name, direction).await?;
        Ok(Done::at(LIST).saying(format!("“{name}” was moved {}.", if direction == Move::Up { "up" } else { "down" })))
    })
    .await
}

/// Sets the price of a country, or of all that have none of their own.
#[server(prefix = "/do", endpoint = "settings/connections/price")]
pub async fn set_price(name: String, country: String, price: String) -> Answer {
    let page = address(&name);
    act(&page, async {
        let desk = desk()?;
        let field = format!("prices.{country}");
        let prices = BTreeMap::from([(country, price.trim().to_owned())]);
        let name = known(&desk, &name).await?;
        connections::set_prices(&desk.app, desk.actor(), &name, prices).await.map_err(|e| in_fields(e, &[(&field, "price")]))?;
        Ok(Done::at(&page).saying("The price holds from now on."))
    })
    .await
}

/// The name of a connection that is there; a form never makes one by a name that is gone.
async fn known(desk: &crate::web::page::Desk, name: &str) -> Result<String> {
    Ok(connections::get(&desk.app, desk.actor(), name).await?.connection.name)
}

/// The same refusal under the names that the form's fields have.
fn in_fields(error: Error, names: &[(&str, &str)]) -> Error {
    let Error::Invalid(mut errors) = error else { return error };
    for e in &mut errors.0 {
        if let Some((_, shown)) = names.iter().find(|(field, _)| *field == e.field) {
            e.field = (*shown).to_owned();
        }
    }
    Error::Invalid(errors)
}
