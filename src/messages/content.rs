//! What a message says: a text as it was given, or values for a text that is rendered at submission.

use crate::kernel::crypto::{OpenError, SealKey};
use crate::kernel::own_link::{OwnLink, OwnLinks};

const SEAL: &str = "messages.content";

/// What a message says.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Content {
    /// The text, exactly as it goes out.
    #[serde(rename = "t")]
    Text(String),
    /// Placeholders and their values, for the pinned template version.
    #[serde(rename = "v")]
    Values(Vec<(String, String)>),
    /// The text, exactly as it goes out, and for nobody else to read: it holds a code.
    #[serde(rename = "s")]
    Secret(String),
}

impl Content {
    /// The value of a placeholder.
    pub fn value(&self, name: &str) -> Option<&str> {
        match self {
            Self::Text(_) | Self::Secret(_) => None,
            Self::Values(values) => values.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str()),
        }
    }

    /// With the person's addresses: put into a text in place of the stand-ins, or beside the values for `links` that the text
    /// asks for.
    #[must_use]
    pub fn settled(self, own: &OwnLinks, links: &[OwnLink], token: &str) -> Self {
        match self {
            Self::Text(text) => Self::Text(own.settle(&text, token)),
            Self::Secret(text) => Self::Secret(text),
            Self::Values(mut values) => {
                values.retain(|(name, _)| OwnLink::of(name).is_none());
                values.extend(links.iter().map(|link| (link.name().to_owned(), own.address(*link, token))));
                Self::Values(values)
            }
        }
    }

    /// With another token in the person's addresses.
    #[must_use]
    pub fn renewed(&self, own: &OwnLinks, token: &str) -> Self {
        match self {
            Self::Text(text) => Self::Text(own.renew(text, token)),
            Self::Secret(text) => Self::Secret(text.clone()),
            Self::Values(values) => {
                let renewed = |(name, value): &(String, String)| {
                    let value = OwnLink::of(name).map_or_else(|| value.clone(), |link| own.address(link, token));
                    (name.clone(), value)
                };
                Self::Values(values.iter().map(renewed).collect())
            }
        }
    }

    /// Seals it for its person.
    pub fn seal(&self, key: &SealKey) -> Vec<u8> {
        let plain = serde_json::to_vec(self).expect("texts and pairs of texts are always JSON");
        key.seal(SEAL, &plain)
    }

    /// Opens it with the person's key.
    pub fn open(key: &SealKey, sealed: &[u8]) -> Result<Self, OpenError> {
        serde_json::from_slice(&key.open(SEAL, sealed)?).map_err(|_| OpenError)
    }
}
