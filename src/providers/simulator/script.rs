//! The script: how the simulated carrier behaves. JSON, every field optional.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::kernel::money::{Micros, parse_decimal};

/// How the carrier behaves. Shares are between 0 and 1, times in milliseconds.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Script {
    /// Two runs with the same seed and references behave alike. Default 1.
    pub seed: u64,
    /// Shortest and longest time until the answer. Default 5 to 50.
    pub latency_ms: [u32; 2],
    /// USD per segment, as a decimal. Default `0.0079`.
    #[serde(deserialize_with = "price")]
    pub price: Micros,
    /// What receipts say, and when.
    pub receipts: Receipts,
    /// What goes wrong.
    pub faults: Faults,
    /// What people write back.
    pub inbound: Replies,
    /// Melipayamak's registered texts by number, with gaps `{0}`, `{1}`, … Without any, every number is one, whose text
    /// is its values, each in a line.
    pub patterns: BTreeMap<u32, String>,
}

/// What becomes of accepted messages. What `delivered` and `failed` leave over never gets a receipt.
#[derive(Clone, Debug, PartialEq)]
pub struct Receipts {
    /// Share that arrives. Default 0.97, or what `failed` leaves of it.
    pub delivered: f64,
    /// Share that fails after it was accepted. Default 0.03, or what `delivered` leaves of it.
    pub failed: f64,
    /// Shortest and longest time from the acceptance (not the answer) to the receipt: a delay below the
    /// latency makes receipts that overtake the answer. Default 50 to 500.
    pub delay_ms: [u32; 2],
    /// Share whose receipt comes twice.
    pub duplicate: f64,
    /// Share whose final receipt is followed by the earlier `sent`.
    pub reorder: f64,
    /// Share that is preceded by a receipt with a wrong signature that says the opposite.
    pub forge: f64,
}

/// Shares of submissions that go wrong; at most one fault befalls each.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Faults {
    /// Not taken, answered 500.
    pub http_500: f64,
    /// Not taken, answered 429.
    pub http_429: f64,
    /// Taken, never answered.
    pub hang_after_accept: f64,
    /// Taken, connection closed without an answer.
    pub reset_after_accept: f64,
    /// Not taken, refused with a reason.
    pub refuse: f64,
    /// Taken, answered with nonsense.
    pub garbage: f64,
}

/// Shares of recipients who write back.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Replies {
    /// Share of taken messages that are answered with STOP.
    pub stop: f64,
}

/// Why a script cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The file cannot be read.
    #[error("The script {path} cannot be read: {cause}.")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system says.
        cause: std::io::Error,
    },
    /// Not JSON, or not of this shape.
    #[error("The script is not right: {0}.")]
    Json(#[from] serde_json::Error),
    /// A value that makes no sense.
    #[error("The script is not right: {0}.")]
    Value(String),
}

impl Default for Script {
    fn default() -> Self {
        Self {
            seed: 1,
            latency_ms: [5, 50],
            price: 7_900,
            receipts: Receipts::default(),
            faults: Faults::default(),
            inbound: Replies::default(),
            patterns: BTreeMap::new(),
        }
    }
}

impl Default for Receipts {
    fn default() -> Self {
        ReceiptsText::default().into()
    }
}

impl Script {
    /// Reads a script from its JSON text.
    pub fn parse(text: &str) -> Result<Self, ScriptError> {
        let script: Self = serde_json::from_str(text)?;
        script.check().map_err(ScriptError::Value)?;
        Ok(script)
    }

    /// Reads a script from a file.
    pub fn read(path: &Path) -> Result<Self, ScriptError> {
        let text = std::fs::read_to_string(path).map_err(|cause| ScriptError::File { path: path.to_owned(), cause })?;
        Self::parse(&text)
    }

    fn check(&self) -> Result<(), String> {
        let Self { receipts, faults, inbound, .. } = self;
        shares("receipts.", &[("delivered", receipts.delivered), ("failed", receipts.failed)])?;
        for (name, share) in [("duplicate", receipts.duplicate), ("reorder", receipts.reorder), ("forge", receipts.forge)] {
            shares("receipts.", &[(name, share)])?;
        }
        shares(
            "faults.",
            &[
                ("http_500", faults.http_500),
                ("http_429", faults.http_429),
                ("hang_after_accept", faults.hang_after_accept),
                ("reset_after_accept", faults.reset_after_accept),
                ("refuse", faults.refuse),
                ("garbage", faults.garbage),
            ],
        )?;
        shares("inbound.", &[("stop", inbound.stop)])?;
        for (name, [least, most]) in [("latency_ms", self.latency_ms), ("receipts.delay_ms", receipts.delay_ms)] {
            if least > most {
                return Err(format!("`{name}` is [{least}, {most}]; write the shorter time first"));
            }
        }
        if self.price < 0 {
            return Err("`price` is negative".into());
        }
        Ok(())
    }
}

/// Checks that each share is one, and that shares which exclude each other fit into one whole.
fn shares(group: &str, shares: &[(&str, f64)]) -> Result<(), String> {
    for (name, share) in shares {
        if !(0.0..=1.0).contains(share) {
            return Err(format!("`{group}{name}` is {share}; a share is between 0 and 1"));
        }
    }
    let sum: f64 = shares.iter().map(|(_, share)| share).sum();
    // Decimal shares such as 0.7 + 0.2 + 0.1 may add up to a hair more than one.
    if sum > 1.0 + 1e-9 {
        let names: Vec<_> = shares.iter().map(|(name, _)| format!("`{group}{name}`")).collect();
        return Err(format!("{} add up to {sum}; together they are at most 1", names.join(" + ")));
    }
    Ok(())
}

fn price<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Micros, D::Error> {
    let text = std::borrow::Cow::<str>::deserialize(deserializer)?;
    parse_decimal(&text).map_err(|why| serde::de::Error::custom(format!("`price`: {}", why.trim_end_matches('.'))))
}

/// [`Receipts`] as written: a share that is not given makes room for the one that is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, default)]
struct ReceiptsText {
    delivered: Option<f64>,
    failed: Option<f64>,
    delay_ms: [u32; 2],
    duplicate: f64,
    reorder: f64,
    forge: f64,
}

impl Default for ReceiptsText {
    fn default() -> Self {
        Self { delivered: None, failed: None, delay_ms: [50, 500], duplicate: 0.0, reorder: 0.0, forge: 0.0 }
    }
}

impl From<ReceiptsText> for Receipts {
    fn from(text: ReceiptsText) -> Self {
        let room = |given: Option<f64>| 1.0 - given.unwrap_or(0.0).clamp(0.0, 1.0);
        Self {
            delivered: text.delivered.unwrap_or(room(text.failed).min(0.97)),
            failed: text.failed.unwrap_or(room(text.delivered).min(0.03)),
            delay_ms: text.delay_ms,
            duplicate: text.duplicate,
            reorder: text.reorder,
            forge: text.forge,
        }
    }
}

impl<'de> Deserialize<'de> for Receipts {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        ReceiptsText::deserialize(deserializer).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_has_the_documented_default() {
        let documented = r#"{"seed":1, "latency_ms":[5,50], "price":"0.0079", "receipts":{"delivered":0.97,"failed":0.03,
            "delay_ms":[50,500],"duplicate":0,"reorder":0,"forge":0}, "faults":{"http_500":0,"http_429":0,"hang_after_accept":0,
            "reset_after_accept":0,"refuse":0,"garbage":0}, "inbound":{"stop":0}}"#;
        assert_eq!(Script::parse(documented).unwrap(), Script::default());
        assert_eq!(Script::parse("{}").unwrap(), Script::default());
        assert_eq!(Script::parse(r#"{"receipts":{},"faults":{},"inbound":{}}"#).unwrap(), Script::default());
    }

    #[test]
    fn a_share_that_is_not_given_makes_room() {
        let receipts = |text: &str| {
            let script = Script::parse(&format!(r#"{{"receipts":{text}}}"#)).unwrap();
            (script.receipts.delivered, script.receipts.failed)
        };
        assert_eq!(receipts(r#"{"delivered":1}"#), (1.0, 0.0));
        assert_eq!(receipts(r#"{"failed":1}"#), (0.0, 1.0));
        assert_eq!(receipts(r#"{"delivered":0.5}"#), (0.5, 0.03));
        assert_eq!(receipts(r#"{"delivered":0,"failed":0}"#), (0.0, 0.0));
    }

    #[test]
    fn faulty_scripts_are_refused_with_the_name_of_the_fault() {
        for (text, named) in [
            (r#"{"sead":1}"#, "sead"),
            (r#"{"faults":{"http_501":0.1}}"#, "http_501"),
            (r#"{"receipts":{"lost":0.1}}"#, "lost"),
            (r#"{"faults":{"garbage":1.5}}"#, "faults.garbage"),
            (r#"{"inbound":{"stop":-0.1}}"#, "inbound.stop"),
            (r#"{"receipts":{"delivered":0.9,"failed":0.2}}"#, "receipts.failed"),
            (r#"{"faults":{"http_500":0.9,"refuse":0.2}}"#, "faults.refuse"),
            (r#"{"latency_ms":[50,5]}"#, "latency_ms"),
            (r#"{"receipts":{"delay_ms":[9,5]}}"#, "receipts.delay_ms"),
            (r#"{"price":"cheap"}"#, "price"),
            (r#"{"price":"-1"}"#, "price"),
            ("{", "EOF"),
        ] {
            let error = Script::parse(text).unwrap_err().to_string();
            assert!(error.contains(named), "{text}: {error}");
        }
        let error = Script::read(Path::new("/no/such/script")).unwrap_err().to_string();
        assert!(error.contains("/no/such/script"), "{error}");
    }
}
