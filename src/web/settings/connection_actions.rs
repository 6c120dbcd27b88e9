//! Commands of the connection pages.

use std::collections::BTreeMap;

use leptos::prelude::*;

use super::connections::{address, new_address};
use super::sender_limits;
use crate::connections::{self, ConfigInput, ConnectionInput, Move};
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::messages::{self, TestRequest};
use crate::providers::Provider;
use crate::web::action::{Answer, Done, Posted, act, posted};
use crate::web::flash::Tone;
use crate::web::limits;
use crate::web::page::desk;

const LIST: &str = "/settings/connections";

/// Makes a connection.
#[server(prefix = "/do", endpoint = "settings/connections/add")]
pub async fn add_connection(name: String, provider: String) -> Answer {
    act(&new_address(&provider), async {
        let (desk, form) = (desk()?, posted());
        let name = name.trim();
        match connections::get(&desk.app, desk.actor(), name).await {
            Ok(_) => return Err(Error::invalid("name", "taken", "There is a connection of this name already. Choose another.")),
            Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        let given = |field: &str| form.get(field).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let input = ConnectionInput {
            prices: given("price").map(|p| BTreeMap::from([("*".to_owned(), p)])),
            senders: given("senders").map(|senders| senders.split(',').map(str::to_owned).collect()),
            config: Provider::parse(&provider).map(|provider| config(provider, &form)),
            provider: Some(provider),
            ..ConnectionInput::default()
        };
        connections::put(&desk.app, desk.actor(), name, input).await.map_err(|e| in_fields(e, &[("prices.*", "price")]))?;
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
        let connection = connections::get(&desk.app, desk.actor(), &name).await?.connection;
        let mut errors = FieldErrors::new();
        let (own, of_senders) = (limits::read(&form, "limits", &mut errors), sender_limits::read(&form, &mut errors));
        errors.into_result()?;
        let list = |field: &str| Some(form.get(field).unwrap_or_default().split([',', ';', ' ']).map(str::to_owned).collect());
        let input = ConnectionInput {
            countries: list("countries"),
            categories: Some(form.all("categories").map(str::to_owned).collect()),
            senders: Some(form.get("senders").unwrap_or_default().split(',').map(str::to_owned).collect()),
            limits: own,
            sender_limits: of_senders,
            config: Some(config(connection.provider, &form)).filter(|config| !config.is_empty()),
            ..ConnectionInput::default()
        };
        let saved = connections::put(&desk.app, desk.actor(), &connection.name, input).await?.connection;
        let goes_on = saved.is_usable() && !connection.is_usable();
        let words =
            if goes_on { "Connection saved. It is used again: what waited for it leaves within a minute." } else { "Connection saved." };
        Ok(Done::at(&page).saying(words))
    })
    .await
}

/// The settings that a form gives. An empty field takes a setting away, but keeps a secret: that one is never shown, so
/// that its field is always empty at first; `forget` takes it away.
fn config(provider: Provider, form: &Posted) -> ConfigInput {
    let mut config = ConfigInput::new();
    for field in provider.fields() {
        let Some(value) = form.get(&format!("config.{}", field.name)) else { continue };
        if !(field.secret && value.trim().is_empty()) {
            config.insert(field.name.to_owned(), Some(value.to_owned()));
        }
    }
    config.extend(form.all("forget").map(|name| (name.to_owned(), None)));
    config
}

/// Switches a connection on or off; on also ends a pause.
#[server(prefix = "/do", endpoint = "settings/connections/switch")]
pub async fn switch_connection(name: String, on: bool) -> Answer {
    let page = address(&name);
    act(&page, async {
        let desk = desk()?;
        let input = ConnectionInput { enabled: Some(on), ..ConnectionInput::default() };
        connections::put(&desk.app, desk.actor(), &known(&desk, &name).await?, input).await?;
        Ok(Done::at(&page).saying(if on {
            "It is used again: what waited for it leaves within a minute."
        } else {
            "It is off. Messages go to the next connection that fits."
        }))
    })
    .await
}

/// Trusts a connection again that was kept back because it failed.
#[server(prefix = "/do", endpoint = "settings/connections/trust")]
pub async fn trust_connection(name: String) -> Answer {
    let page = address(&name);
    act(&page, async {
        let desk = desk()?;
        connections::use_again(&desk.app, desk.actor(), &name).await?;
        Ok(Done::at(&page).saying("It is used again like the others. What came of its attempts until now no longer counts."))
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

/// Sends a test through a connection.
#[server(prefix = "/do", endpoint = "settings/connections/test")]
pub async fn test_connection(name: String, to: String, text: String) -> Answer {
    let page = address(&name);
    act(&page, async {
        let desk = desk()?;
        let request = TestRequest { to, text: Some(text), from: None };
        let message = messages::test(&desk.app, desk.actor(), &name, request).await?;
        Ok(Done::at(format!("/history/{}", message.id)).saying("The test is on its way. What the provider answers appears below."))
    })
    .await
}

/// Asks a connection's provider what kind of line a number is.
#[server(prefix = "/do", endpoint = "settings/connections/lookup")]
pub async fn look_up(name: String, phone: String) -> Answer {
    let page = address(&name);
    act(&page, async {
        let desk = desk()?;
        let name = known(&desk, &name).await?;
        let line = connections::line(&desk.app, desk.actor(), &name, &phone, None).await?;
        Ok(Done::at(&page).noting(Tone::Info, connections::line_in_words(&line)))
    })
    .await
}

/// Asks a connection's provider what is left on the account.
#[server(prefix = "/do", endpoint = "settings/connections/balance")]
pub async fn ask_balance(name: String) -> Answer {
    let page = address(&name);
    act(&page, async {
        let desk = desk()?;
        let words = match connections::balance(&desk.app, desk.actor(), &name).await? {
            Some(balance) => format!("The balance is {}.", connections::worded(&balance)),
            None => "This provider does not tell what is left.".to_owned(),
        };
        Ok(Done::at(&page).noting(Tone::Info, words))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::web::action::is_secret;

    #[test]
    fn no_secret_of_any_provider_is_kept_for_the_next_page() {
        for field in Provider::ALL.into_iter().flat_map(Provider::fields).filter(|field| field.secret) {
            assert!(is_secret(&format!("config.{}", field.name)), "add a part of “{}” to SECRETS in web/action.rs", field.name);
        }
    }
}
