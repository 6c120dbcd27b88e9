//! Looking at a number: by the numbering plans, and by a provider's word when that is asked for.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::messages::word;
use super::request::{Caller, Params};
use super::shape::{Answer, given};
use crate::access;
use crate::connections;
use crate::kernel::error::{Error, FieldErrors};
use crate::kernel::phone::{Country, Phone};
use crate::providers::Line;

/// Which number.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct LookupParams {
    /// The number, in any spelling.
    #[param(required, example = "0912 345 6789")]
    phone: Option<String>,
    /// The country of a number without its country code; the organisation's when absent.
    #[param(example = "IR")]
    country: Option<String>,
    /// Also ask this connection's provider, by the connection's name. It may charge for the question, so that it has to be
    /// switched on at the connection and the key needs the scopes `settings` and `send`.
    #[param(example = "twilio")]
    connection: Option<String>,
}

/// What is known about a number.
#[derive(Debug, Serialize, ToSchema)]
pub struct Lookup {
    /// As it was asked for.
    #[schema(example = "0912 345 6789")]
    input: String,
    /// Whether it is a number that can be given to somebody.
    valid: bool,
    /// In international form.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "+989123456789")]
    e164: Option<String>,
    /// ISO code of its country.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "IR")]
    country: Option<String>,
    /// As people in its country write it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "0912 345 6789")]
    national: Option<String>,
    /// `mobile`, `landline`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "mobile")]
    number_type: Option<String>,
    /// Why it is not valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What the provider of the named connection says.
    #[serde(skip_serializing_if = "Option::is_none")]
    carrier: Option<Carrier>,
}

/// What a provider says about a number. What it does not know is absent.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LookupCarrier)]
pub struct Carrier {
    /// Whether it takes the number for one that can exist.
    valid: bool,
    /// Why not, in the provider's words: `TOO_SHORT`, `TOO_LONG`, `INVALID_BUT_POSSIBLE`, `INVALID_COUNTRY_CODE`, `INVALID_LENGTH`, `NOT_A_NUMBER`.
    validation_errors: Vec<String>,
    /// What kind of line, in the provider's word: `mobile`, `landline`, `fixedVoip`, `nonFixedVoip`, `tollFree`, `personal`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "mobile")]
    line_type: Option<String>,
    /// Whose customer.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "Verizon Wireless")]
    carrier_name: Option<String>,
    /// The carrier's country as mobile networks number it (MCC).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "311")]
    mobile_country_code: Option<String>,
    /// The carrier's network within that country (MNC).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "480")]
    mobile_network_code: Option<String>,
    /// ISO code of the number's country.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "US")]
    country: Option<String>,
    /// The provider's code for why it could not find the kind of line out.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "60601")]
    error_code: Option<String>,
}

impl From<Line> for Carrier {
    fn from(line: Line) -> Self {
        Self {
            valid: line.valid,
            validation_errors: line.validation_errors,
            line_type: line.line_type,
            carrier_name: line.carrier_name,
            mobile_country_code: line.mobile_country_code,
            mobile_network_code: line.mobile_network_code,
            country: line.country,
            error_code: line.error_code,
        }
    }
}

/// Look at a number
///
/// By the numbering plans of all countries; asks nobody, unless a connection is named. `valid` is our own word, `carrier` the provider's; they may differ.
#[utoipa::path(get, path = "/sms/lookup", tag = "Messages", params(LookupParams),
    responses((status = 200, description = "What is known", body = Lookup)))]
pub async fn lookup(State(api): State<Api>, Caller(actor): Caller, Params(query): Params<LookupParams>) -> Answer<Lookup> {
    let settings = access::settings(&api.app, &actor).await?;
    let input = query.phone.ok_or_else(|| Error::invalid("phone", "required", "Name the number: ?phone=…"))?;
    let mut errors = FieldErrors::new();
    let country = word(&mut errors, "country", query.country.as_ref(), |c| Country::parse(c).ok(), "a country code such as IR");
    errors.into_result()?;
    let carrier = match given(query.connection.as_ref()) {
        Some(name) => Some(connections::line(&api.app, &actor, name, &input, country).await?.into()),
        None => None,
    };
    let unknown =
        Lookup { input: input.clone(), valid: false, e164: None, country: None, national: None, number_type: None, reason: None, carrier };
    Ok(Json(match Phone::parse(&input, country.unwrap_or(settings.default_country)) {
        Err(why) => Lookup { reason: Some(format!("{why} {}", why.fix())), ..unknown },
        Ok(phone) => Lookup {
            valid: true,
            e164: Some(phone.e164()),
            country: Some(phone.country().as_str().to_owned()),
            national: Some(phone.national()),
            number_type: Some(phone.kind().as_str().to_owned()),
            ..unknown
        },
    }))
}
