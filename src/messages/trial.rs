//! A test of a connection: an ordinary message that may take no other way, so that consent holds and history has it.

use serde::Deserialize;

use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::connections::{self, Connection};
use crate::kernel::category::Category;
use crate::kernel::error::{Error, Result};
use crate::kernel::phone::{Country, Phone};
use crate::messages::compose::SendRequest;
use crate::messages::send::send;
use crate::messages::view::Message;

/// What to send as a test.
#[derive(Clone, Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TestRequest {
    /// A number of your own, in any spelling.
    pub to: String,
    /// The text; one that says what it is when absent.
    #[serde(default)]
    pub text: Option<String>,
    /// The sender; else the connection's first.
    #[serde(default)]
    pub from: Option<String>,
}

/// Sends a text through one connection. What the provider answers stands in the message's attempts. Needs
/// [`Permission::Settings`] and [`Permission::Send`].
///
/// # Errors
/// [`Error::Conflict`] when the connection is off or paused, and a refused `to` when it is not for that country: the
/// message would only wait.
pub async fn test(app: &App, actor: &Actor, name: &str, request: TestRequest) -> Result<Message> {
    actor.require(Permission::Settings)?;
    let connection = connections::get(app, actor, name).await?.connection;
    let settings = access::settings(app, actor).await?;
    if let Some(reason) = &connection.paused_reason {
        return Err(Error::conflict(format!("The connection is paused: {reason} Use it again first, then test it.")));
    }
    if !connection.enabled {
        return Err(Error::conflict("The connection is off. Switch it on first, then test it."));
    }
    let category = category(&connection);
    // A number that cannot be read is refused in its own words when the message is made.
    let country = Phone::parse(&request.to, settings.default_country).ok().map(|phone| phone.country());
    if let Some(country) = country.filter(|country| !connection.fits(category, *country, None)) {
        let others = connection.countries.iter().map(Country::as_str).collect::<Vec<_>>().join(", ");
        let why = format!("This connection does not send to {}; it is for {others}.", country.name());
        return Err(Error::invalid("to", "country_not_served", why));
    }
    let text = request.text.filter(|text| !text.trim().is_empty());
    let request = SendRequest {
        to: request.to,
        text: Some(text.unwrap_or_else(|| format!("A test from {}: this connection works.", settings.organisation))),
        from: request.from,
        category: Some(category.as_str().to_owned()),
        connection: Some(connection.id.as_str().to_owned()),
        ..SendRequest::default()
    };
    send(app, actor, request).await
}

/// A category that the connection is for, an advertisement only if it is for nothing else.
fn category(connection: &Connection) -> Category {
    let usual = [Category::Account, Category::Order];
    let own = connection.categories.iter().copied();
    let first = usual.into_iter().find(|c| connection.categories.is_empty() || connection.categories.contains(c));
    first.or_else(|| own.clone().find(|c| *c != Category::Marketing)).or_else(|| own.clone().next()).unwrap_or(Category::Account)
}
