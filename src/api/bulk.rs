//! Many messages in one call: a list of people becomes a campaign that is launched.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Api;
use super::campaigns::{Campaign, LIST_LIMIT, RecipientBody, recipients};
use super::once::{self, once};
use super::problem::Problem;
use super::request::{Body, Caller};
use super::words::{Words, instant};
use crate::access::{Actor, Permission};
use crate::app::App;
use crate::campaigns::{self, Audience, Launch, NewCampaign};
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::page::{MOST, PageRequest};
use crate::uploads::{self, Upload, UploadError};

/// Many messages in one call.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendBulkBody {
    /// What people call it.
    name: String,
    /// A text with placeholders. Either this or `template`.
    text: Option<String>,
    /// A template's id or code.
    template: Option<String>,
    /// What it is about; that of the template when absent. A text of your own needs one.
    category: Option<String>,
    /// The language of people who have none.
    language: Option<String>,
    /// At most 10,000 people.
    recipients: Vec<RecipientBody>,
    /// When to start; at once when absent.
    #[schema(format = DateTime)]
    send_at: Option<String>,
}

/// A campaign, and who was left out.
#[derive(Debug, Serialize, ToSchema)]
pub struct SendBulkAnswer {
    /// The campaign.
    #[serde(flatten)]
    campaign: Campaign,
    /// Recipients that were refused; `row` counts from 1.
    refused: Vec<RefusedRow>,
    /// Recipients whose number stands earlier in the list.
    repeated: u64,
    /// Recipients who opted out or never agreed.
    opted_out: u64,
}

/// One refused recipient.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusedRow {
    /// Its place in the list, from 1.
    row: u64,
    /// The field that is at fault.
    column: String,
    /// What stands there.
    value: String,
    /// A stable word.
    #[schema(example = "too_short")]
    code: &'static str,
    /// What is wrong.
    detail: String,
}

/// Send to many
///
/// Makes a campaign of a list and launches it. Recipients that cannot be sent to are named; the others get their message.
#[utoipa::path(post, path = "/sms/send-bulk", tag = "Campaigns",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated call harmless")),
    request_body(content = SendBulkBody, example = json!({"name": "Ready for pick-up", "category": "order", "text": "Hi {{ name }}, your order is ready.", "recipients": [{"to": "+14155550123", "variables": {"name": "Sara"}}]})),
    responses((status = 202, description = "The campaign", body = SendBulkAnswer)))]
pub async fn send_bulk(
    State(api): State<Api>,
    Caller(actor): Caller,
    headers: HeaderMap,
    body: Body<SendBulkBody, LIST_LIMIT>,
) -> std::result::Result<Response, Problem> {
    actor.require(Permission::Send)?;
    let call = once::call(&actor, "send-bulk", &headers, &body.bytes)?;
    once(&api.app, call, StatusCode::ACCEPTED, send_list(&api.app, &actor, body.value)).await
}

async fn send_list(app: &App, actor: &Actor, body: SendBulkBody) -> Result<SendBulkAnswer> {
    let mut errors = FieldErrors::new();
    let send_at = instant(&mut errors, "send_at", body.send_at.as_ref());
    let people = recipients(body.recipients, &mut errors);
    errors.into_result()?;
    let words = Words { text: body.text, template: body.template, category: body.category, language: body.language };
    let message = words.read()?.ok_or_else(|| Error::invalid("text", "required", "Give either a text or a template."))?;
    let new = NewCampaign { name: body.name, send_at, ..NewCampaign::default() };
    let (draft, upload) = campaigns::create(app, actor, &new, &Audience::Recipients(people), Some(&message)).await?;
    let campaign = campaigns::launch(app, actor, &draft.id, &Launch::default()).await?;
    Ok(SendBulkAnswer {
        campaign: Campaign::of(&campaign, app.clock.now()),
        refused: refused(app, actor, &upload).await?,
        repeated: upload.counts.repeated,
        opted_out: upload.counts.opted_out,
    })
}

/// Every refused row. A list is checked like a file whose first row is row 2.
async fn refused(app: &App, actor: &Actor, upload: &Upload) -> Result<Vec<RefusedRow>> {
    let mut rows = Vec::new();
    let mut page = PageRequest { limit: MOST, cursor: None };
    loop {
        let found = uploads::errors(app, actor, &upload.id, None, &page).await?;
        let row =
            |e: UploadError| RefusedRow { row: e.row.saturating_sub(1), column: e.column, value: e.value, code: e.code, detail: e.detail };
        let last = found.items.last().map(|e| e.row.to_string());
        rows.extend(found.items.into_iter().map(row));
        if found.next.is_none() {
            return Ok(rows);
        }
        page.cursor = last;
    }
}
