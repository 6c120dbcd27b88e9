//! Lookup v2: what kind of line a number is. A number that cannot exist is an answer like any other.

use serde_json::{Value, json};

use crate::kernel::phone::{Country, NumberType, Phone, PhoneError};

/// The name of every carrier.
const CARRIER: &str = "Simulated Mobile";
/// Mobile country and network that are kept for tests.
const NETWORK: (&str, &str) = ("001", "01");
/// Twilio's code for a Canadian number whose line it may not tell this account.
const NO_ACCESS: u32 = 60_601;

/// Answers a question about a number: in E.164, or as written in the country that the query names (else in the United
/// States). Those that end in 0001 do not exist and those in 0002 are landlines, as for messages.
pub fn answer(number: &str, query: &str) -> Value {
    let asked =
        |wanted: &str| form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned());
    let country = asked("CountryCode").and_then(|code| Country::parse(&code).ok());
    let read = read(number, country);
    let wants_line = asked("Fields").is_some_and(|fields| fields.split(',').any(|field| field == "line_type_intelligence"));
    let line = read.as_ref().ok().filter(|_| wants_line).map(line);
    let phone = read.as_ref().ok();
    json!({
        "calling_country_code": phone.map(|p| p.country().calling_code().to_string()),
        "country_code": phone.map(|p| p.country().as_str().to_owned()),
        "phone_number": phone.map_or_else(|| number.to_owned(), Phone::e164),
        "national_format": phone.map(Phone::national),
        "valid": phone.is_some(),
        "validation_errors": read.as_ref().err().map_or_else(Vec::new, |word| vec![*word]),
        "caller_name": null,
        "sim_swap": null,
        "call_forwarding": null,
        "line_status": null,
        "line_type_intelligence": line,
        "identity_match": null,
        "reassigned_number": null,
        "sms_pumping_risk": null,
        "phone_number_quality_score": null,
        "pre_fill": null,
        "url": format!("https://lookups.twilio.com/v2/PhoneNumbers/{number}"),
    })
}

/// Reads a number, or gives Twilio's word for what is wrong with it.
fn read(number: &str, country: Option<Country>) -> Result<Phone, &'static str> {
    let us = || Country::parse("US").expect("it is a country");
    let phone = if number.starts_with('+') {
        // The numbers of tests are in no range that is in use, so only the form is looked at.
        match number.len() {
            ..=8 => return Err("TOO_SHORT"),
            17.. => return Err("TOO_LONG"),
            _ => Phone::from_e164(number),
        }
    } else {
        Phone::parse(number, country.unwrap_or_else(us))
    };
    let phone = phone.map_err(|error| match error {
        PhoneError::TooShort { .. } => "TOO_SHORT",
        PhoneError::TooLong { .. } => "TOO_LONG",
        PhoneError::UnknownCountryCode => "INVALID_COUNTRY_CODE",
        _ => "NOT_A_NUMBER",
    })?;
    if phone.e164().ends_with("0001") { Err("INVALID_BUT_POSSIBLE") } else { Ok(phone) }
}

fn line(phone: &Phone) -> Value {
    if phone.country().as_str() == "CA" {
        return json!({ "type": null, "carrier_name": null, "mobile_country_code": null, "mobile_network_code": null, "error_code": NO_ACCESS });
    }
    let kind = if phone.e164().ends_with("0002") { "landline" } else { word(phone.kind()) };
    let network = (kind == "mobile").then_some(NETWORK);
    json!({
        "type": kind,
        "carrier_name": CARRIER,
        "mobile_country_code": network.map(|(country, _)| country),
        "mobile_network_code": network.map(|(_, network)| network),
        "error_code": null,
    })
}

/// Twilio's word for a kind of number. Source: the table of types at
/// <https://www.twilio.com/docs/lookup/v2-api/line-type-intelligence>.
fn word(kind: NumberType) -> &'static str {
    match kind {
        NumberType::Mobile | NumberType::MobileOrLandline | NumberType::Unknown => "mobile",
        NumberType::Landline => "landline",
        NumberType::TollFree => "tollFree",
        NumberType::Premium => "premium",
        NumberType::SharedCost => "sharedCost",
        NumberType::Voip => "nonFixedVoip",
        NumberType::Personal => "personal",
        NumberType::Pager => "pager",
        NumberType::UniversalAccess => "uan",
        NumberType::Voicemail => "voicemail",
    }
}
