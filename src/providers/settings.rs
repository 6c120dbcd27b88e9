//! What a connection must know to speak to its provider: named texts, described by each provider as data, so that
//! pages, the API and `doctor` need to know no provider by name.

use std::collections::BTreeMap;
use std::fmt;

use reqwest::Url;

/// One thing that a provider must be told.
#[derive(Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name in the API.
    pub name: &'static str,
    /// What pages call it.
    pub label: &'static str,
    /// Where to find it and what it does, for people; one sentence or two.
    pub help: &'static str,
    /// Whether it may never be seen again once it is stored.
    pub secret: bool,
    /// Whether it is switched on and off: [`ON`], or nothing.
    pub switch: bool,
}

impl Field {
    /// One that may be seen.
    pub const fn open(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self { name, label, help, secret: false, switch: false }
    }

    /// One that is never shown again.
    pub const fn secret(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self { name, label, help, secret: true, switch: false }
    }

    /// One that is on or off; off unless it is set.
    pub const fn switch(name: &'static str, label: &'static str, help: &'static str) -> Self {
        Self { name, label, help, secret: false, switch: true }
    }

    /// Whether it says where requests go, and with them the credentials.
    pub fn is_address(&self) -> bool {
        self.name.ends_with(BASE_URL)
    }
}

/// The field that every provider has: another address than the provider's own.
pub const BASE_URL: &str = "base_url";
/// The switch that providers have which can be asked what kind of line a number is: see [`super::Gateway::line`].
pub const LOOKUP: &str = "lookup";
/// The value of a switch that is on.
pub const ON: &str = "on";

/// The values of a connection's fields. Those that are empty count as absent.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Settings(BTreeMap<String, String>);

/// A value that a provider cannot use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadSetting {
    /// Which field.
    pub field: &'static str,
    /// What is wrong and how to mend it, as a sentence. Quotes nothing of a secret.
    pub why: String,
}

impl BadSetting {
    /// A field that must be there.
    pub fn missing(field: &'static str, why: &str) -> Self {
        Self { field, why: why.into() }
    }
}

impl Settings {
    /// From names and values.
    pub fn new(values: BTreeMap<String, String>) -> Self {
        Self(values.into_iter().map(|(name, value)| (name, value.trim().to_owned())).filter(|(_, value)| !value.is_empty()).collect())
    }

    /// Names and values, to be sealed.
    pub fn values(&self) -> &BTreeMap<String, String> {
        &self.0
    }

    /// A field's value.
    pub fn get(&self, field: &str) -> Option<&str> {
        self.0.get(field).map(String::as_str)
    }

    /// Sets a field; an empty value takes it away.
    pub fn set(&mut self, field: &str, value: &str) {
        match value.trim() {
            "" => {
                self.0.remove(field);
            }
            value => {
                self.0.insert(field.to_owned(), value.to_owned());
            }
        }
    }

    /// A value that must be there.
    pub fn need(&self, field: &'static str, why: &str) -> Result<&str, BadSetting> {
        self.get(field).ok_or_else(|| BadSetting::missing(field, why))
    }

    /// The address to call: the one that was set, or the provider's own.
    pub fn base_url(&self, own: &str) -> Result<Url, BadSetting> {
        self.url(BASE_URL, own)
    }

    /// Another address to call: the one that was set under this name, or the provider's own.
    pub fn url(&self, field: &'static str, own: &str) -> Result<Url, BadSetting> {
        Url::parse(self.get(field).unwrap_or(own))
            .ok()
            .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
            .ok_or(BadSetting { field, why: "Write an address that starts with http:// or https://.".into() })
    }

    /// Whether a switch is on.
    ///
    /// # Errors
    /// Words other than on and off, yes and no, true and false.
    pub fn is_on(&self, field: &'static str) -> Result<bool, BadSetting> {
        match self.get(field).map(str::to_ascii_lowercase).as_deref() {
            None | Some("off" | "no" | "false") => Ok(false),
            Some(ON | "yes" | "true") => Ok(true),
            Some(_) => Err(BadSetting { field, why: "Write “on”, or leave it empty for off.".into() }),
        }
    }
}

/// An address with path parts added and escaped.
pub fn below(base: &Url, parts: &[&str]) -> Url {
    let mut url = base.clone();
    url.path_segments_mut().expect("an HTTP address has a path").pop_if_empty().extend(parts);
    url
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_trimmed_and_never_printed() {
        let mut settings = Settings::new(BTreeMap::from([("token".into(), " s3cret\n".into()), ("from".into(), " ".into())]));
        assert_eq!((settings.get("token"), settings.get("from")), (Some("s3cret"), None));
        assert_eq!(format!("{settings:?}"), r#"{"token"}"#);
        settings.set("token", "");
        assert!(settings.need("token", "Copy the token.").is_err());
    }

    #[test]
    fn a_switch_is_off_unless_it_is_set() {
        let is_on = |word: &str| Settings::new(BTreeMap::from([(LOOKUP.into(), word.into())])).is_on(LOOKUP).ok();
        let read = ["", "off", "No", "on", " ON ", "true", "maybe"].map(is_on);
        assert_eq!(read, [Some(false), Some(false), Some(false), Some(true), Some(true), Some(true), None]);
    }

    #[test]
    fn an_address_is_of_the_web() {
        let url =
            |text: &str| Settings::new(BTreeMap::from([(BASE_URL.into(), text.into())])).base_url("https://own.example").map(String::from);
        assert_eq!(url("").as_deref(), Ok("https://own.example/"));
        assert_eq!(url("http://127.0.0.1:4010/twilio").as_deref(), Ok("http://127.0.0.1:4010/twilio"));
        assert!(url("file:///etc/passwd").is_err() && url("localhost").is_err());
    }
}
