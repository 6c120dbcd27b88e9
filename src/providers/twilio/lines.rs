//! What kind of line a number is: Lookup v2 with line type intelligence, for which Twilio charges by the question.
//! Source: <https://www.twilio.com/docs/lookup/v2-api/line-type-intelligence>.
//!
//! Of an answer these are read, and nothing else has to be there: `valid`, `validation_errors`, `country_code`, and of
//! `line_type_intelligence` its `type`, `carrier_name`, `mobile_country_code`, `mobile_network_code` and `error_code`.

use reqwest::Url;
use serde::Deserialize;

use crate::providers::outcome::SendError;
use crate::providers::settings::{BadSetting, Settings, below};
use crate::providers::{BASE_URL as API_BASE_URL, Line};

use super::{Client, no};

/// The setting with another address for these questions.
pub const BASE_URL: &str = "lookup_base_url";
/// Where Twilio answers them, unless the connection says otherwise.
const OWN_BASE: &str = "https://lookups.twilio.com";

/// Twilio's answer; the fields that we read.
#[derive(Deserialize)]
struct Told {
    valid: bool,
    validation_errors: Option<Vec<String>>,
    country_code: Option<String>,
    line_type_intelligence: Option<Intelligence>,
}

#[derive(Default, Deserialize)]
struct Intelligence {
    #[serde(rename = "type")]
    line_type: Option<String>,
    carrier_name: Option<String>,
    mobile_country_code: Option<String>,
    mobile_network_code: Option<String>,
    error_code: Option<u32>,
}

/// The address for these questions: the one that was set; else what belongs to `api`, the address of the connection's
/// other requests, when that was set. Twilio's products have hosts that differ in their first word, in every region; a
/// proxy or a simulator has one host for all.
pub fn base(settings: &Settings, api: &Url) -> Result<Url, BadSetting> {
    if settings.get(BASE_URL).is_some() || settings.get(API_BASE_URL).is_none() {
        return settings.url(BASE_URL, OWN_BASE);
    }
    let mut base = api.clone();
    let host =
        api.host_str().and_then(|host| host.strip_prefix("api.")).filter(|rest| *rest == "twilio.com" || rest.ends_with(".twilio.com"));
    if let Some(rest) = host {
        let unusable =
            |_| BadSetting { field: BASE_URL, why: "Write the address for looking numbers up; it cannot be told from the other.".into() };
        base.set_host(Some(&format!("lookups.{rest}"))).map_err(unusable)?;
    }
    Ok(base)
}

/// Asks about one number. That Twilio takes it for no number is an answer too.
pub async fn ask(client: &Client, base: &Url, number: &str, country: &str) -> Result<Line, SendError> {
    let mut url = below(base, &["v2", "PhoneNumbers", number]);
    url.query_pairs_mut().append_pair("Fields", "line_type_intelligence");
    if !number.starts_with('+') {
        url.query_pairs_mut().append_pair("CountryCode", country);
    }
    let answer = client.outbound.send(client.signed_in(client.outbound.get(url))).await?;
    if answer.status != 200 {
        return Err(no(&answer));
    }
    let unreadable = |_| SendError::Unknown { detail: "Twilio's answer about the number cannot be read.".into() };
    let told: Told = serde_json::from_slice(&answer.body).map_err(unreadable)?;
    let known = told.line_type_intelligence.unwrap_or_default();
    Ok(Line {
        valid: told.valid,
        validation_errors: told.validation_errors.unwrap_or_default(),
        line_type: known.line_type,
        carrier_name: known.carrier_name,
        mobile_country_code: known.mobile_country_code,
        mobile_network_code: known.mobile_network_code,
        country: told.country_code,
        error_code: known.error_code.map(|code| code.to_string()),
    })
}
