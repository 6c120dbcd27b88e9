//! The organisation's settings.

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::Api;
use super::request::{Body, Caller};
use super::shape::Answer;
use crate::access::{self, DoubleOptIn, KeywordRules, QuietHours, Retention, Settings, SettingsPatch, StopScope};
use crate::kernel::limits::Limits;
use crate::messages::Amount;
use crate::privacy;

/// The organisation's settings.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Settings)]
pub struct SettingsBody {
    /// The organisation's name.
    #[schema(example = "Lark & Sons")]
    organisation: String,
    /// ISO code of the country of numbers without a country code.
    #[schema(example = "US")]
    default_country: String,
    /// Countries that messages may go to; empty for all.
    #[schema(example = json!(["US", "CA"]))]
    countries: Vec<String>,
    /// The organisation's time zone.
    #[schema(example = "Europe/London")]
    time_zone: String,
    /// The language that is meant when none is named.
    #[schema(example = "en")]
    language: String,
    /// ISO 4217 code of the currency of prices and budget.
    #[schema(example = "USD")]
    currency: String,
    /// Whether every category but authentication needs a grant.
    require_opt_in: bool,
    /// Opt-ins that hold only once the person has confirmed them by text message.
    #[schema(example = json!({"categories": ["marketing"], "days": 7, "per_day": 1000, "texts": {}}))]
    double_opt_in: DoubleOptIn,
    /// How far a STOP by text message reaches: everything, or (until the law forbids it) the category that it answers.
    stop_scope: StopScope,
    /// Whether a marketing template goes live only after a second person approved it.
    template_approval: bool,
    /// Whether everything goes to the carrier simulator.
    test_mode: bool,
    /// When nothing of the named categories is sent.
    quiet_hours: Option<QuietHours>,
    /// The most that a month may cost.
    budget: Option<Amount>,
    /// How fast the organisation may send, over all connections.
    #[schema(example = json!({"per_minute": 600}))]
    limits: Limits,
    /// Own words and answers of STOP, START and HELP.
    #[schema(example = json!({"stop": {"words": ["enough"], "answer": true, "texts": {"en": "Done. Reply START to come back."}}}))]
    keywords: KeywordRules,
    /// Days that each kind of data is kept, null for good, and the categories whose texts go as soon as they have left.
    #[schema(value_type = Object, example = json!({"texts": 365, "messages": null, "sensitive": ["authentication"]}))]
    retention: Retention,
}

impl From<Settings> for SettingsBody {
    fn from(settings: Settings) -> Self {
        Self {
            default_country: settings.default_country.as_str().to_owned(),
            countries: settings.countries.iter().map(|c| c.as_str().to_owned()).collect(),
            time_zone: settings.time_zone.name().to_owned(),
            language: settings.language.as_str().to_owned(),
            currency: settings.currency.as_str().to_owned(),
            require_opt_in: settings.require_opt_in,
            double_opt_in: settings.double_opt_in,
            stop_scope: settings.stop_scope,
            template_approval: settings.template_approval,
            test_mode: settings.test_mode,
            budget: settings.budget.map(|micros| Amount::new(micros, settings.currency)),
            limits: settings.limits,
            keywords: settings.keywords,
            retention: settings.retention,
            organisation: settings.organisation,
            quiet_hours: settings.quiet_hours,
        }
    }
}

/// The settings
#[utoipa::path(get, path = "/settings", tag = "Settings", responses((status = 200, description = "The settings", body = SettingsBody)))]
pub async fn get(State(api): State<Api>, Caller(actor): Caller) -> Answer<SettingsBody> {
    Ok(Json(access::settings(&api.app, &actor).await?.into()))
}

/// Change settings
///
/// Takes any part of them; what is absent stays.
#[utoipa::path(put, path = "/settings", tag = "Settings",
    request_body(content = SettingsBody, description = "Any part", example = json!({"time_zone": "Asia/Tehran", "budget": {"amount": "500", "currency": "USD"}})),
    responses((status = 200, description = "The settings after the change", body = SettingsBody)))]
pub async fn put(State(api): State<Api>, Caller(actor): Caller, body: Body<Value>) -> Answer<SettingsBody> {
    let patch = SettingsPatch::read(&body.value)?;
    let changes_retention = patch.retention.is_some();
    let settings = access::update_settings(&api.app, &actor, patch).await?;
    if changes_retention {
        privacy::look_again(&api.app, &actor).await?;
    }
    Ok(Json(settings.into()))
}
