//! Operations on connections and their prices.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::connections::connection::Connection;
use crate::connections::credentials::{self, ConfigInput};
use crate::connections::health::{self, Health};
use crate::connections::prices::Price;
use crate::connections::store;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::{MINUTE, Millis};
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::{ConnectionId, SubaccountId, random_bytes};
use crate::kernel::limits::Limits;
use crate::kernel::money::{Currency, Micros, parse_decimal};
use crate::kernel::phone::Country;
use crate::providers::{Provider, Settings, simulator};

/// The simulator's price of a segment, as its default script has it: 0.0079.
const SIMULATOR_PRICE: Micros = 7_900;

/// How long after a change of settings an attempt may still begin with those of before: longer than any transaction lasts.
const UNSTEADY: Millis = MINUTE;
/// Where connections begin in the order.
const PRIORITY: i64 = 10;

/// A connection with its prices, for people.
#[derive(Clone, Debug)]
pub struct ConnectionView {
    /// The connection.
    pub connection: Connection,
    /// Its price list.
    pub prices: Vec<Price>,
    /// How it does, all countries together.
    pub health: Health,
}

/// What a connection is to be. Absent parts stay as they are, or take their default for a new one.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConnectionInput {
    /// Only read for a new connection.
    pub provider: Option<String>,
    /// Whether it may be used; switching it on also ends a pause.
    pub enabled: Option<bool>,
    /// Lower is tried first. A new connection to a real provider goes before the simulator; otherwise it begins with 10.
    pub priority: Option<i64>,
    /// ISO countries; empty for all.
    pub countries: Option<Vec<String>>,
    /// Categories; empty for all.
    pub categories: Option<Vec<String>>,
    /// Senders, the default first.
    pub senders: Option<Vec<String>>,
    /// How fast it may be used.
    pub limits: Option<Limits>,
    /// How fast some of its senders may be used, besides, by sender; replaces what was set before.
    pub sender_limits: Option<std::collections::BTreeMap<String, Limits>>,
    /// Prices of a segment by country code, `*` for all others, as decimals in the organisation's currency.
    pub prices: Option<std::collections::BTreeMap<String, String>>,
    /// Credentials and other settings by name, as the provider wants them. What is absent stays, null or an empty text takes one
    /// away, and a secret that is sent back as it was shown stays. A change ends a pause. `base_url` and `lookup_base_url`, other
    /// addresses than the provider's own, only from an owner.
    #[schema(value_type = Option<std::collections::BTreeMap<String, String>>)]
    pub config: Option<ConfigInput>,
}

/// Every connection with its prices.
pub async fn list(app: &App, actor: &Actor) -> Result<Vec<ConnectionView>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    let routes = health::known(&mut tx, &actor.subaccount, app.clock.now()).await?;
    let mut views = Vec::new();
    for connection in store::all(&mut tx, &app.cipher.tenant(&actor.subaccount), &actor.subaccount).await? {
        let prices = store::price_list(&mut tx, &actor.subaccount, &connection.id).await?;
        let health = routes.together(&connection.id);
        views.push(ConnectionView { connection, prices, health });
    }
    Ok(views)
}

/// One connection by name.
pub async fn get(app: &App, actor: &Actor, name: &str) -> Result<ConnectionView> {
    list(app, actor).await?.into_iter().find(|v| v.connection.name == name).ok_or(Error::NotFound("connection"))
}

/// Changes a connection, or makes it when the name is new.
pub async fn put(app: &App, actor: &Actor, name: &str, input: ConnectionInput) -> Result<ConnectionView> {
    actor.require(Permission::Settings)?;
    let now = app.clock.now();
    let cipher = app.cipher.tenant(&actor.subaccount);
    let mut tx = app.db.write().await?;
    let settings = access::settings_of(&mut tx, &actor.subaccount).await?;
    let mut known = store::all(&mut tx, &cipher, &actor.subaccount).await?;
    let is_new = known.iter().all(|c| c.name != name);
    let mut errors = FieldErrors::new();
    let mut connection = match known.iter().position(|c| c.name == name) {
        Some(place) => known.remove(place),
        None => {
            let new = fresh(&actor.subaccount, parse_name(name)?, parse_provider(input.provider.as_deref())?, now);
            Connection { priority: first_priority(new.provider, &known), ..new }
        }
    };
    let prices = input.prices.as_ref().map(|p| parse_prices(p, settings.currency, now, &mut errors)).unwrap_or_default();
    let addresses = connection.addresses();
    let is_told = is_new || input.config.is_some();
    let before = connection.settings.clone();
    change(&mut connection, input, &mut errors);
    if !is_new && connection.settings != before {
        connection.steady_from = now + UNSTEADY;
    }
    if is_told
        && errors.0.is_empty()
        && let Err(bad) = connection.client(app)
    {
        errors.add(&format!("config.{}", bad.field), "unusable", bad.why);
    }
    errors.into_result()?;
    // The simulator lives on private addresses, and whoever chooses where requests of this machine go could
    // reach what only this machine may reach: that is for an owner of the installation.
    if connection.addresses().iter().any(|address| !addresses.contains(address)) {
        actor.require(Permission::Installation)?;
    }
    store::save(&mut tx, &cipher, &connection, now).await?;
    for line in &prices {
        store::add_price(&mut tx, &actor.subaccount, &connection.id, line).await?;
    }
    if is_new && prices.is_empty() && connection.provider == Provider::Simulator {
        store::add_price(&mut tx, &actor.subaccount, &connection.id, &default_price(settings.currency)).await?;
    }
    let detail = serde_json::json!({ "name": connection.name, "enabled": connection.enabled, "priority": connection.priority });
    access::audit(&mut tx, actor, if is_new { "connection.create" } else { "connection.change" }, connection.id.as_str(), &detail, now)
        .await?;
    tx.commit().await?;
    app.wake.notify_one();
    get(app, actor, name).await
}

/// Sets prices from now on; the key is a country code or `*`.
pub async fn set_prices(
    app: &App,
    actor: &Actor,
    name: &str,
    prices: std::collections::BTreeMap<String, String>,
) -> Result<ConnectionView> {
    put(app, actor, name, ConnectionInput { prices: Some(prices), ..ConnectionInput::default() }).await
}

/// Gives a subaccount without connections the carrier simulator, so that the first message needs no account.
pub async fn ensure_default(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId, now: Millis) -> Result<()> {
    if !store::all(tx, cipher, subaccount).await?.is_empty() {
        return Ok(());
    }
    let connection = fresh(subaccount, "simulator".into(), Provider::Simulator, now);
    store::save(tx, cipher, &connection, now).await?;
    let settings = access::settings_of(tx, subaccount).await?;
    store::add_price(tx, subaccount, &connection.id, &default_price(settings.currency)).await
}

fn default_price(currency: Currency) -> Price {
    Price { country: None, valid_from: 0, price: SIMULATOR_PRICE, currency }
}

/// Where a new connection begins. Were it beside the simulator, that would share its messages, of which none reaches a phone.
fn first_priority(provider: Provider, known: &[Connection]) -> i64 {
    let of_simulators = known.iter().filter(|c| c.provider == Provider::Simulator).map(|c| c.priority);
    match of_simulators.min() {
        Some(least) if provider != Provider::Simulator => PRIORITY.min(least.saturating_sub(1)),
        _ => PRIORITY,
    }
}

fn fresh(subaccount: &SubaccountId, name: String, provider: Provider, now: Millis) -> Connection {
    let secret = || URL_SAFE_NO_PAD.encode(random_bytes::<24>());
    // The simulator needs no account: what others must be given is made for it.
    let mut settings = Settings::default();
    let mut senders = Vec::new();
    if provider == Provider::Simulator {
        settings.set(simulator::TOKEN, &secret());
        senders.push("Peyk".to_owned());
    }
    Connection {
        id: ConnectionId::new(now),
        subaccount: subaccount.clone(),
        name,
        provider,
        enabled: true,
        paused_reason: None,
        priority: PRIORITY,
        countries: Vec::new(),
        categories: Vec::new(),
        senders,
        limits: Limits::default(),
        sender_limits: std::collections::BTreeMap::new(),
        webhook_key: secret(),
        blocked_until: 0,
        steady_from: 0,
        settings,
    }
}

fn parse_name(name: &str) -> Result<String> {
    let sound = (1..=40).contains(&name.chars().count()) && name.chars().all(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_' | '.'));
    if sound {
        Ok(name.to_owned())
    } else {
        Err(Error::invalid("name", "malformed", "Use 1 to 40 letters, digits, spaces, hyphens, dots or underscores."))
    }
}

fn parse_provider(word: Option<&str>) -> Result<Provider> {
    let known = Provider::ALL.map(Provider::as_str).join(", ");
    word.and_then(Provider::parse)
        .ok_or_else(|| Error::invalid("provider", "unknown", format!("Name the provider of the new connection: {known}.")))
}

fn change(connection: &mut Connection, input: ConnectionInput, errors: &mut FieldErrors) {
    if let Some(enabled) = input.enabled {
        connection.enabled = enabled;
        connection.paused_reason = None;
    }
    connection.priority = input.priority.unwrap_or(connection.priority);
    if let Some(limits) = input.limits {
        limits.check("limits", errors);
        connection.limits = limits;
    }
    if let Some(limits) = input.sender_limits {
        for (sender, limits) in &limits {
            limits.check(&format!("sender_limits.{sender}"), errors);
        }
        connection.sender_limits = limits;
    }
    if let Some(countries) = input.countries {
        connection.countries = parse_all(&countries, "countries", errors, "an ISO country code such as IR", |c| Country::parse(c).ok());
    }
    if let Some(categories) = input.categories {
        connection.categories = parse_all(&categories, "categories", errors, "a category such as marketing", Category::parse);
    }
    if let Some(senders) = input.senders {
        let sound = |s: &str| {
            ((1..=20).contains(&s.len()) && s.chars().all(|c| c.is_ascii_alphanumeric() || "+ -_.".contains(c))).then(|| s.to_owned())
        };
        connection.senders =
            parse_all(&senders, "senders", errors, "a number or a name of 1 to 20 letters and digits", |s| sound(s.trim()));
    }
    if let Some(config) = input.config {
        let before = connection.settings.clone();
        credentials::change(connection.provider.fields(), &mut connection.settings, config, errors);
        // What the provider refused may be mended now. If it is not, the next message pauses the connection again.
        if connection.settings != before {
            connection.paused_reason = None;
        }
    }
}

fn parse_all<T>(words: &[String], field: &str, errors: &mut FieldErrors, want: &str, parse: impl Fn(&str) -> Option<T>) -> Vec<T> {
    let mut parsed = Vec::with_capacity(words.len());
    for word in words.iter().map(|w| w.trim()).filter(|w| !w.is_empty()) {
        match parse(word) {
            Some(value) => parsed.push(value),
            None => errors.add(field, "unknown", format!("“{word}” is not {want}.")),
        }
    }
    parsed
}

fn parse_prices(
    prices: &std::collections::BTreeMap<String, String>,
    currency: Currency,
    now: Millis,
    errors: &mut FieldErrors,
) -> Vec<Price> {
    let mut lines = Vec::new();
    for (code, amount) in prices {
        let field = format!("prices.{code}");
        let country = match code.as_str() {
            "*" => None,
            code => match Country::parse(code) {
                Ok(country) => Some(country),
                Err(_) => {
                    errors.add(&field, "unknown_country", format!("“{code}” is not a country code such as IR; use * for all others."));
                    continue;
                }
            },
        };
        match parse_decimal(amount) {
            Ok(price) if price >= 0 => lines.push(Price { country, valid_from: now, price, currency }),
            Ok(_) => errors.add(&field, "negative", "A price is not below zero."),
            Err(why) => errors.add(&field, "not_an_amount", why),
        }
    }
    lines
}
