//! The providers that we speak to, one line each.

use crate::kernel::clock::Clock;
use crate::kernel::outbound::Outbound;

use super::gateway::Client;
use super::settings::{BadSetting, Field, LOOKUP, Settings};
use super::{every8d, melipayamak, mitake, simulator, sns, twilio};

/// Whose gateway it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provider {
    /// The carrier simulator, which needs no account.
    Simulator,
    /// Twilio.
    Twilio,
    /// Melipayamak, for Iran.
    Melipayamak,
    /// Amazon SNS.
    Sns,
    /// Every8d (互動資通), Taiwan.
    Every8d,
    /// Mitake (三竹), Taiwan.
    Mitake,
}

impl Provider {
    /// All that this release speaks to.
    pub const ALL: [Self; 6] = [Self::Simulator, Self::Twilio, Self::Melipayamak, Self::Every8d, Self::Mitake, Self::Sns];

    /// The word in the API, addresses and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Simulator => "simulator",
            Self::Twilio => "twilio",
            Self::Melipayamak => "melipayamak",
            Self::Sns => "sns",
            Self::Every8d => "every8d",
            Self::Mitake => "mitake",
        }
    }

    /// The name for people.
    pub fn label(self) -> &'static str {
        match self {
            Self::Simulator => "Carrier simulator",
            Self::Twilio => "Twilio",
            Self::Melipayamak => "Melipayamak",
            Self::Sns => "Amazon SNS",
            Self::Every8d => "Every8d (互動資通)",
            Self::Mitake => "Mitake (三竹)",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|p| p.as_str() == text)
    }

    /// What it must be told, in the order in which a form asks.
    pub fn fields(self) -> &'static [Field] {
        match self {
            Self::Simulator => simulator::FIELDS,
            Self::Twilio => twilio::FIELDS,
            Self::Melipayamak => melipayamak::FIELDS,
            Self::Sns => sns::FIELDS,
            Self::Every8d => every8d::FIELDS,
            Self::Mitake => mitake::FIELDS,
        }
    }

    /// Whether it signs what it tells us, so that nobody else can have told it.
    pub fn signs_calls(self) -> bool {
        matches!(self, Self::Simulator | Self::Twilio)
    }

    /// Whether it names the price of a message only some time after the message's end, and has to be asked for it.
    pub fn names_prices_later(self) -> bool {
        matches!(self, Self::Twilio)
    }

    /// Whether it can be asked what kind of line a number is, once that is switched on.
    pub fn knows_lines(self) -> bool {
        self.fields().iter().any(|field| field.name == LOOKUP)
    }

    /// A client with the settings of one connection.
    pub fn client(self, outbound: Outbound, clock: Clock, settings: &Settings) -> Result<Client, BadSetting> {
        match self {
            Self::Simulator => simulator::client(outbound, clock, settings),
            Self::Twilio => twilio::client(outbound, clock, settings),
            Self::Melipayamak => melipayamak::client(outbound, clock, settings),
            Self::Sns => sns::client(outbound, clock, settings),
            Self::Every8d => every8d::client(outbound, clock, settings),
            Self::Mitake => mitake::client(outbound, clock, settings),
        }
    }
}
