//! A connection and what it is good for.

use crate::app::App;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::Secret;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ConnectionId, SubaccountId};
use crate::kernel::phone::Country;
use crate::providers::{Client, simulator};

/// Whose gateway it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// The carrier simulator, which needs no account.
    Simulator,
}

impl Provider {
    /// All that this release speaks to.
    pub const ALL: [Self; 1] = [Self::Simulator];

    /// The word in the API, addresses and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Simulator => "simulator",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == text)
    }
}

/// What a provider must be told; sealed at rest, write-only on pages.
#[derive(Clone, Debug, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Config {
    /// The simulator: another address than this process's own, and the token that signs its receipts.
    Simulator {
        /// Where it answers; `None` for the one that `PEYK_SIMULATOR_URL` names or this process hosts.
        base_url: Option<String>,
        /// Signs what it reports.
        #[serde(with = "exposed")]
        token: Secret,
    },
}

/// How fast a connection may be used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Messages per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_second: Option<u32>,
    /// Messages per minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_minute: Option<u32>,
    /// Messages per day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per_day: Option<u32>,
}

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
    /// The unguessable part of its webhook address.
    pub webhook_key: String,
    /// Its provider asked to be left alone until then.
    pub blocked_until: Millis,
    /// Its credentials.
    pub config: Config,
}

impl Connection {
    /// Whether it may carry a message of the category to the country. `pinned` is the connection that the
    /// sender named, by name or provider; then only that one fits.
    pub fn fits(&self, category: Category, country: Country, pinned: Option<&str>) -> bool {
        self.enabled
            && self.paused_reason.is_none()
            && (self.countries.is_empty() || self.countries.contains(&country))
            && (self.categories.is_empty() || self.categories.contains(&category))
            && pinned.is_none_or(|name| name == self.name || name == self.id.as_str())
    }

    /// The address that was set instead of the provider's own.
    pub fn address(&self) -> Option<&str> {
        let Config::Simulator { base_url, .. } = &self.config;
        base_url.as_deref()
    }

    /// Where the provider reports what became of a message.
    pub fn status_url(&self, app: &App) -> String {
        format!("{}/webhooks/{}/{}/status", app.config.public_url, self.provider.as_str(), self.webhook_key)
    }

    /// The client that speaks to the provider.
    pub fn client(&self, app: &App) -> Result<Client> {
        match &self.config {
            Config::Simulator { base_url, token } => {
                let address = base_url.as_deref().unwrap_or(&app.simulator_url);
                simulator::Client::new(app.outbound.clone(), address, token.clone())
                    .map(Client::Simulator)
                    .map_err(|why| Error::invalid("config.base_url", "not_an_address", why))
            }
        }
    }
}

/// A secret inside a value that is sealed as a whole.
mod exposed {
    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::kernel::crypto::Secret;

    pub fn serialize<S: Serializer>(secret: &Secret, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(secret.expose())
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Secret, D::Error> {
        String::deserialize(from).map(Secret::new)
    }
}
