//! Campaigns: many messages with one intent.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::once::{self, once};
use super::problem::Problem;
use super::request::{Body, Caller, Key, OptionalBody, Params};
use super::shape::{Answer, List, PageParams, given};
use super::variants::TrialView;
use super::words::{Words, instant, to_variables};
use crate::campaigns::{self, Audience, CampaignStatus, Launch, NewCampaign, Recipient, TrialPlan};
use crate::kernel::clock::{Millis, rfc3339};
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::{AudienceId, CampaignId, UploadId};
use crate::kernel::page::PageRequest;
use crate::messages::{self, Amount, Filter, Message};

/// The largest list of recipients with their values, in bytes.
pub(super) const LIST_LIMIT: usize = 4 * 1024 * 1024;

/// Messages of a campaign by status; they sum to `total`.
#[derive(Debug, Serialize, ToSchema)]
pub struct CampaignCounts {
    /// All of them.
    total: u64,
    /// By status: scheduled, queued, held, submitting, unknown, sent, delivered, failed, expired, cancelled, dropped.
    #[serde(flatten)]
    #[schema(value_type = BTreeMap<String, u64>)]
    statuses: BTreeMap<&'static str, u64>,
}

/// Many messages with one intent.
#[derive(Debug, Serialize, ToSchema)]
pub struct Campaign {
    /// Its id.
    #[schema(example = "cmp_01hf3c9v6q8r2s4t6v8x0z2b4")]
    id: String,
    /// What people call it.
    name: String,
    /// draft, scheduled, sending, paused, finished, cancelled or failed.
    #[schema(example = "sending")]
    status: &'static str,
    /// Why it stands there, where that needs a reason.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    /// What its messages are about.
    #[schema(example = "order")]
    category: &'static str,
    /// The id of its template.
    #[serde(skip_serializing_if = "Option::is_none")]
    template: Option<String>,
    /// The template's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    template_version: Option<i64>,
    /// The most of its messages that leave in a minute.
    #[serde(skip_serializing_if = "Option::is_none")]
    pace: Option<u32>,
    /// How variants of its template are tried before the rest is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial: Option<TrialView>,
    /// The variant that everybody gets from now on, once one was chosen.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "A")]
    variant: Option<String>,
    /// The upload that it was made of.
    upload: String,
    /// The audience whose people it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<String>,
    /// Its messages by status.
    counts: CampaignCounts,
    /// What it was estimated at.
    estimated_cost: Amount,
    /// What it has cost so far.
    cost: Amount,
    /// Messages that left per second, on average since the start.
    rate_per_second: f64,
    /// When it was made.
    #[schema(format = DateTime)]
    created_at: String,
    /// When it is to start, if not at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    scheduled_at: Option<String>,
    /// When it began to send.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    started_at: Option<String>,
    /// When it ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(format = DateTime)]
    finished_at: Option<String>,
}

impl Campaign {
    /// A campaign as it stands now.
    pub fn of(campaign: &campaigns::Campaign, now: Millis) -> Self {
        let statuses = campaign.counts.all().map(|(status, n)| (status.as_str(), n)).collect();
        Self {
            id: campaign.id.as_str().to_owned(),
            name: campaign.name.clone(),
            status: campaign.status.as_str(),
            reason: campaign.status_reason.clone(),
            category: campaign.category.as_str(),
            template: campaign.template.as_ref().map(|(id, _)| id.as_str().to_owned()),
            template_version: campaign.template.as_ref().map(|(_, version)| *version),
            pace: campaign.pace,
            trial: TrialView::of(&campaign.trial),
            variant: campaign.trial.choice.clone(),
            upload: campaign.upload.as_str().to_owned(),
            audience: campaign.audience.as_ref().map(|id| id.as_str().to_owned()),
            counts: CampaignCounts { total: campaign.total, statuses },
            estimated_cost: Amount::new(campaign.estimated, campaign.currency),
            cost: Amount::new(campaign.cost, campaign.currency),
            rate_per_second: (campaign.rate_per_second(now) * 10.0).round() / 10.0,
            created_at: rfc3339(campaign.created_at),
            scheduled_at: campaign.scheduled_at.map(rfc3339),
            started_at: campaign.started_at.map(rfc3339),
            finished_at: campaign.finished_at.map(rfc3339),
        }
    }
}

/// Which campaigns.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ListParams {
    /// draft, scheduled, sending, paused, finished, cancelled or failed.
    status: Option<String>,
    /// How many rows, 1 to 200; 50 when absent.
    limit: Option<String>,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
}

/// All campaigns
///
/// Newest first.
#[utoipa::path(get, path = "/sms/campaigns", tag = "Campaigns", params(ListParams),
    responses((status = 200, description = "One page", body = List<Campaign>)))]
pub async fn list(State(api): State<Api>, Caller(actor): Caller, Params(query): Params<ListParams>) -> Answer<List<Campaign>> {
    let status = given(query.status.as_ref()).map(|text| {
        let known = CampaignStatus::ALL.map(CampaignStatus::as_str).join(", ");
        CampaignStatus::parse(text).ok_or_else(|| Error::invalid("status", "unknown", format!("Write one of {known}.")))
    });
    let page = PageRequest::read(query.limit.as_deref(), query.cursor.as_deref())?;
    let found = campaigns::list(&api.app, &actor, status.transpose()?, &page).await?;
    let now = api.app.clock.now();
    Ok(Json(found.map(|campaign| Campaign::of(&campaign, now)).into()))
}

/// One person of a list.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RecipientBody {
    /// The number, in any spelling.
    #[schema(example = "+14155550123")]
    to: String,
    /// Values for the message's placeholders.
    #[serde(default)]
    #[schema(value_type = Object)]
    variables: BTreeMap<String, serde_json::Value>,
}

/// A new campaign: its words, and an upload, an audience or a list of people.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CampaignBody {
    /// What people call it.
    #[schema(example = "Ready for pick-up")]
    name: String,
    /// A text with placeholders. Either this or `template`; an upload may have its words already.
    text: Option<String>,
    /// A template's id or code; its published version is pinned.
    template: Option<String>,
    /// What it is about; that of the template when absent. A text of your own needs one.
    category: Option<String>,
    /// The language of people who have none.
    language: Option<String>,
    /// The id of a checked upload. One of this, `audience` and `recipients`.
    upload: Option<String>,
    /// The id of an audience: whom it holds at the launch gets the message. `{{ name }}` is the person's name, every other placeholder
    /// the attribute of its name.
    audience: Option<String>,
    /// At most 10,000 people.
    recipients: Option<Vec<RecipientBody>>,
    /// When to start; at the launch when absent.
    #[schema(format = DateTime)]
    send_at: Option<String>,
    /// The most of its messages that leave in a minute; as fast as the connections allow when absent.
    #[schema(minimum = 1)]
    pace: Option<u32>,
    /// Sends to some people first and to the rest with the variant that did best; else everybody is split among the variants.
    trial: Option<TrialPlan>,
    /// After when nothing of it leaves.
    #[schema(format = DateTime)]
    not_after: Option<String>,
    /// Only by this connection.
    connection: Option<String>,
    /// The sender to ask for.
    from: Option<String>,
}

impl CampaignBody {
    fn read(self) -> Result<(NewCampaign, Audience, Words)> {
        let mut errors = FieldErrors::new();
        let new = NewCampaign {
            name: self.name,
            sender: given(self.from.as_ref()).map(str::to_owned),
            connection: given(self.connection.as_ref()).map(str::to_owned),
            send_at: instant(&mut errors, "send_at", self.send_at.as_ref()),
            pace: self.pace,
            trial: self.trial,
            not_after: instant(&mut errors, "not_after", self.not_after.as_ref()),
        };
        let audience = match (&self.upload, &self.audience, self.recipients) {
            (None, Some(id), None) => AudienceId::parse(id).map(Audience::Saved).ok_or(Error::NotFound("audience"))?,
            (Some(upload), None, None) => UploadId::parse(upload).map(Audience::Upload).ok_or(Error::NotFound("upload"))?,
            (None, None, Some(people)) => Audience::Recipients(recipients(people, &mut errors)),
            _ => {
                errors.add("recipients", "required", "Name one of an upload, an audience and recipients.");
                Audience::Recipients(Vec::new())
            }
        };
        let words = Words { text: self.text, template: self.template, category: self.category, language: self.language };
        errors.into_result().map(|()| (new, audience, words))
    }
}

pub(super) fn recipients(people: Vec<RecipientBody>, errors: &mut FieldErrors) -> Vec<Recipient> {
    let read = |(i, person): (usize, RecipientBody)| Recipient {
        to: person.to,
        variables: to_variables(errors, &format!("recipients[{i}].variables"), person.variables),
    };
    people.into_iter().enumerate().map(read).collect()
}

/// New campaign
///
/// A draft: nothing is sent before it is launched.
#[utoipa::path(post, path = "/sms/campaigns", tag = "Campaigns",
    request_body(content = CampaignBody, example = json!({"name": "Ready for pick-up", "template": "order-ready", "recipients": [{"to": "+14155550123", "variables": {"name": "Sara"}}]})),
    responses((status = 201, description = "The draft", body = Campaign)))]
pub async fn create(
    State(api): State<Api>,
    Caller(actor): Caller,
    body: Body<CampaignBody, LIST_LIMIT>,
) -> std::result::Result<(StatusCode, Json<Campaign>), Problem> {
    let (new, audience, words) = body.value.read()?;
    let message = words.read()?;
    let (campaign, _) = campaigns::create(&api.app, &actor, &new, &audience, message.as_ref()).await?;
    Ok((StatusCode::CREATED, Json(Campaign::of(&campaign, api.app.clock.now()))))
}

pub(super) fn id(text: &str) -> Result<CampaignId> {
    CampaignId::parse(text).ok_or(Error::NotFound("campaign"))
}

/// One campaign
#[utoipa::path(get, path = "/sms/campaigns/{id}", tag = "Campaigns", params(("id" = String, Path, description = "The campaign's id")),
    responses((status = 200, description = "The campaign", body = Campaign)))]
pub async fn get(State(api): State<Api>, Caller(actor): Caller, Key(key): Key) -> Answer<Campaign> {
    Ok(Json(Campaign::of(&campaigns::get(&api.app, &actor, &id(&key)?).await?, api.app.clock.now())))
}

/// Its messages
///
/// Newest first.
#[utoipa::path(get, path = "/sms/campaigns/{id}/messages", tag = "Campaigns",
    params(("id" = String, Path, description = "The campaign's id"), PageParams),
    responses((status = 200, description = "One page", body = List<Message>)))]
pub async fn messages_of(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(key): Key,
    Params(page): Params<PageParams>,
) -> Answer<List<Message>> {
    let campaign = campaigns::get(&api.app, &actor, &id(&key)?).await?;
    let filter = Filter { campaign: Some(campaign.id.as_str().to_owned()), ..Filter::default() };
    Ok(Json(messages::list(&api.app, &actor, &filter, &page.read()?).await?.into()))
}

/// How to launch.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LaunchBody {
    /// The number of messages that was seen and confirmed; another number is refused.
    confirm: Option<u64>,
    /// When to start, instead of the time set with the campaign.
    #[schema(format = DateTime)]
    send_at: Option<String>,
    /// How variants are tried, instead of what was set with the campaign.
    trial: Option<TrialPlan>,
}

/// Launch
///
/// Launching twice changes nothing.
#[utoipa::path(post, path = "/sms/campaigns/{id}/launch", tag = "Campaigns",
    params(("id" = String, Path, description = "The campaign's id"), ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated call harmless")),
    request_body(content = LaunchBody, example = json!({"confirm": 1200})),
    responses((status = 200, description = "The campaign", body = Campaign)))]
pub async fn launch(
    State(api): State<Api>,
    Caller(actor): Caller,
    Key(key): Key,
    headers: HeaderMap,
    body: OptionalBody<LaunchBody>,
) -> std::result::Result<Response, Problem> {
    let id = id(&key)?;
    let mut errors = FieldErrors::new();
    let send_at = instant(&mut errors, "send_at", body.value.send_at.as_ref());
    errors.into_result()?;
    let how = Launch { token: None, confirm: body.value.confirm, send_at, trial: body.value.trial };
    let call = once::call(&actor, &format!("launch {id}"), &headers, &body.bytes)?;
    let work = async { campaigns::launch(&api.app, &actor, &id, &how).await.map(|c| Campaign::of(&c, api.app.clock.now())) };
    once(&api.app, call, StatusCode::OK, work).await
}
