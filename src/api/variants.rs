//! Variants: what came of each, and one for everybody.

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::campaigns::{Campaign, id};
use super::request::{Body, Caller, Key, Params};
use super::shape::{Answer, given};
use crate::campaigns::{self, Measure, Results, Trial, TrialPlan};
use crate::kernel::clock::rfc3339;
use crate::kernel::error::{Error, Result};
use crate::templates::{self, Seen, TemplateView};

/// How a campaign tries variants, and how far it is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = VariantTrialState)]
pub struct TrialView {
    /// The plan.
    #[serde(flatten)]
    plan: TrialPlan,
    /// trying, waiting, asking (a person is to choose), decided, or ended (the campaign's time was over before anything was chosen).
    #[schema(example = "waiting")]
    stage: &'static str,
    /// When what came of it is looked at, once that is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    decide_at: Option<String>,
    /// Why the rest gets its variant, or why nothing was decided.
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl TrialView {
    /// A trial as it stands.
    pub(super) fn of(trial: &Trial) -> Option<Self> {
        let (plan, stage) = trial.plan.clone().zip(trial.stage)?;
        Some(Self { plan, stage: stage.as_str(), decide_at: trial.decide_at.map(rfc3339), note: trial.note.clone() })
    }
}

/// What is compared.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct MeasureParams {
    /// delivered, replied or opted_out; that of the trial when absent, else replied.
    measure: Option<String>,
    /// Which version of a template; the published one when absent. Not for campaigns.
    version: Option<i64>,
}

impl MeasureParams {
    fn measure(&self) -> Result<Option<Measure>> {
        let unknown = || {
            let known = Measure::ALL.map(Measure::as_str).join(", ");
            Error::invalid("measure", "unknown", format!("Write one of {known}."))
        };
        given(self.measure.as_ref()).map(|text| Measure::parse(text).ok_or_else(unknown)).transpose()
    }
}

/// Its variants
///
/// What came of each variant so far, which is ahead, and how sure that is (two-proportion z-test). Once one was chosen for everybody, what
/// stood then is compared. 404 for a campaign without variants.
#[utoipa::path(get, path = "/sms/campaigns/{id}/variants", tag = "Campaigns",
    params(("id" = String, Path, description = "The campaign's id"), MeasureParams),
    responses((status = 200, description = "What came of them", body = Results)))]
pub async fn of_campaign(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(key): Key,
    Params(query): Params<MeasureParams>,
) -> Answer<Results> {
    if query.version.is_some() {
        return Err(Error::invalid("version", "not_here", "A campaign has the version that it was made with. Leave this out.").into());
    }
    let found = campaigns::results(&api.app, &actor, &id(&key)?, query.measure()?).await?;
    Ok(Json(found.ok_or(Error::NotFound("variants"))?))
}

/// Which variant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct VariantBody {
    /// Its letter.
    #[schema(example = "A")]
    variant: String,
}

/// One for everybody
///
/// Everybody of the campaign who has not been sent to yet gets this variant. A trial ends with it. 409 once the campaign or its time is over.
#[utoipa::path(post, path = "/sms/campaigns/{id}/variant", tag = "Campaigns",
    params(("id" = String, Path, description = "The campaign's id")), request_body(content = VariantBody, example = json!({"variant": "A"})),
    responses((status = 200, description = "The campaign", body = Campaign)))]
pub async fn use_in_campaign(State(api): State<Api>, Caller(actor): Caller, Key(key): Key, body: Body<VariantBody>) -> Answer<Campaign> {
    let campaign = campaigns::use_variant(&api.app, &actor, &id(&key)?, &body.value.variant).await?;
    Ok(Json(Campaign::of(&campaign, api.app.clock.now())))
}

/// Its variants
///
/// What came of each variant of a version in all campaigns, which is ahead, and how sure that is. Of a campaign that chose one for everybody,
/// what stood then is compared. 404 for a version without variants.
#[utoipa::path(get, path = "/sms/templates/{id}/variants", tag = "Templates",
    params(("id" = String, Path, description = "Id or code"), MeasureParams),
    responses((status = 200, description = "What came of them", body = Results)))]
pub async fn of_template(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(key): Key,
    Params(query): Params<MeasureParams>,
) -> Answer<Results> {
    let template = templates::get(&api.app, &actor, &key).await?;
    let version = query.version.unwrap_or(template.version);
    if version == 0 {
        return Err(Error::NotFound("variants").into());
    }
    let measure = query.measure()?.unwrap_or_default();
    let found = campaigns::results_of_template(&api.app, &actor, &template.id, version, measure).await?;
    Ok(Json(found.ok_or(Error::NotFound("variants"))?))
}

/// Which variant, of a template.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TemplateVariantBody {
    /// Its letter.
    #[schema(example = "B")]
    variant: String,
    /// The `updated_at` of the template that was looked at: 409 when somebody saved since.
    #[serde(default)]
    #[schema(format = DateTime)]
    expected_updated_at: Option<String>,
}

/// One for everybody
///
/// Writes what this variant says into the draft, without variants; publish it and everybody gets it.
#[utoipa::path(post, path = "/sms/templates/{id}/variant", tag = "Templates",
    params(("id" = String, Path, description = "Id or code")), request_body(content = TemplateVariantBody, example = json!({"variant": "B"})),
    responses((status = 200, description = "The template with its new draft", body = TemplateView)))]
pub async fn use_in_template(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(key): Key,
    body: Body<TemplateVariantBody>,
) -> Answer<TemplateView> {
    let seen = Seen { template: &key, updated_at: body.value.expected_updated_at.as_deref() };
    Ok(Json(templates::use_variant(&api.app, &actor, seen, &body.value.variant).await?))
}
