//! A connection and what it is good for.

use std::collections::BTreeMap;

use crate::app::App;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::id::{ConnectionId, SubaccountId};
use crate::kernel::limits::Limits;
use crate::kernel::phone::Country;
use crate::providers::{BASE_URL, BadSetting, Client, Door, Provider, Settings};

/// Our account at a provider.
#[derive(Clone, Debug)]
pub struct Connection {
    /// Which one.
    pub id: ConnectionId,
    /// Whose.
    pub subaccount: SubaccountId,
    /// What people call it; unique within the subaccount.
    pub name: String,
    /// Whose gateway.
    pub provider: Provider,
    /// Whether it may be used.
    pub enabled: bool,
    /// Why Peyk stopped using it, if it did.
    pub paused_reason: Option<String>,
    /// Lower is tried first.
    pub priority: i64,
    /// Countries it is for; empty for all.
    pub countries: Vec<Country>,
    /// Categories it is for; empty for all.
    pub categories: Vec<Category>,
    /// Senders it may use; the first is the default.
    pub senders: Vec<String>,
    /// How fast it may be used.
    pub limits: Limits,
    /// How fast some of its senders may be used, besides.
    pub sender_limits: BTreeMap<String, Limits>,
    /// The unguessable part of its webhook address.
    pub webhook_key: String,
    /// Its provider asked to be left alone until then.
    pub blocked_until: Millis,
    /// Attempts that began before this may have used other settings, and so another account.
    pub steady_from: Millis,
    /// What its provider must be told; sealed at rest, its secrets never shown again.
    pub settings: Settings,
}

impl Connection {
    /// Whether it may carry a message of the category to the country. `pinned` is the connection that the
    /// sender named, by name or provider; then only that one fits.
    pub fn fits(&self, category: Category, country: Country, pinned: Option<&str>) -> bool {
        self.is_usable()
            && (self.countries.is_empty() || self.countries.contains(&country))
            && (self.categories.is_empty() || self.categories.contains(&category))
            && pinned.is_none_or(|name| name == self.name || name == self.id.as_str())
    }

    /// The address that was set instead of the provider's own.
    pub fn address(&self) -> Option<&str> {
        self.settings.get(BASE_URL)
    }

    /// The addresses that were set instead of the provider's own, with the names of their fields.
    pub fn addresses(&self) -> Vec<(&'static str, String)> {
        let fields = self.provider.fields().iter().filter(|field| field.is_address());
        fields.filter_map(|field| Some((field.name, self.settings.get(field.name)?.to_owned()))).collect()
    }

    /// Where the provider reports what became of a message.
    pub fn status_url(&self, app: &App) -> String {
        self.webhook_url(app, Door::Status)
    }

    /// Where the provider calls us; unguessable, and its own for each connection.
    pub fn webhook_url(&self, app: &App, door: Door) -> String {
        let door = match door {
            Door::Status => "status",
            Door::Inbound => "inbound",
        };
        format!("{}/webhooks/{}/{}/{door}", app.config.public_url, self.provider.as_str(), self.webhook_key)
    }

    /// The client that speaks to the provider.
    ///
    /// # Errors
    /// The first setting that is missing or that the provider cannot use.
    pub fn client(&self, app: &App) -> Result<Client, BadSetting> {
        let mut settings = self.settings.clone();
        // The simulator is no service with an address of its own: this installation says where it runs.
        if self.provider == Provider::Simulator && self.address().is_none() {
            settings.set(BASE_URL, &app.simulator_url);
        }
        self.provider.client(app.outbound.clone(), app.clock.clone(), &settings)
    }

    /// Whether the provider can be asked at all now: somebody wants it to be, and Peyk has not stopped it.
    pub fn is_usable(&self) -> bool {
        self.enabled && self.paused_reason.is_none()
    }

    /// The sender of a message: the one that was asked for, else the connection's default, else none. A sender that
    /// only another connection may use was chosen for that one, by an attempt that went there.
    pub fn sender(&self, asked: Option<&str>, all: &[Self]) -> String {
        let asked = asked.filter(|sender| !sender.is_empty());
        let has = |connection: &Self, sender: &str| connection.senders.iter().any(|s| s == sender);
        let of_another = |sender: &str| !has(self, sender) && all.iter().any(|other| has(other, sender));
        asked.filter(|sender| !of_another(sender)).or(self.senders.first().map(String::as_str)).unwrap_or_default().to_owned()
    }
}
