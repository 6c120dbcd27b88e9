//! Messages as people and other systems see them.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use crate::access::{Actor, Permission};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::{Millis, rfc3339};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::MessageId;
use crate::kernel::money::{Currency, Micros, Money};
use crate::messages::status::Status;
use crate::messages::store;

/// An amount for programs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = Money)]
pub struct Amount {
    /// Exact decimal.
    #[schema(example = "0.0079")]
    pub amount: String,
    /// ISO 4217.
    #[schema(example = "USD")]
    pub currency: String,
}

impl Amount {
    /// Micros of a currency.
    pub fn new(micros: Micros, currency: Currency) -> Self {
        Self { amount: Money { micros, currency }.amount(), currency: currency.as_str().to_owned() }
    }
}

/// What went wrong with a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MessageError {
    /// The provider's code, or ours.
    pub code: String,
    /// What it means.
    pub detail: String,
    /// Whether trying again may help.
    pub retryable: bool,
}

/// A message as the API gives it. Instants inside are milliseconds; they are printed in RFC 3339.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Message {
    /// Its id.
    pub id: String,
    /// The number: whole for those who may see it, masked for others, empty once erased.
    pub to: String,
    /// Where it is in its life.
    #[serde(serialize_with = "status_word")]
    #[schema(value_type = String, example = "queued")]
    pub status: Status,
    /// Why it is held or was dropped.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What it is about.
    pub category: String,
    /// The text as it goes out, for those who may see it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Billed segments.
    pub segments: i64,
    /// `GSM-7` or `UCS-2`.
    pub encoding: String,
    /// Language of the text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Country of the number.
    pub country: String,
    /// The sender shown on the phone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    /// The connection that has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connection: Option<String>,
    /// The provider behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// Its id there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_message_id: Option<String>,
    /// Its campaign.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    /// Its template.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// The template's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template_version: Option<i64>,
    /// Which variant of the template it says, where that has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
    /// What the carrier charged.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<Amount>,
    /// What the price list says.
    pub estimated_cost: Amount,
    /// What went wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<MessageError>,
    /// Whether an earlier attempt may have reached the phone too.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub possible_duplicate: bool,
    /// The caller's own reference.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
    /// The caller's own data.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
    /// When we accepted it.
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    /// When it is due.
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub send_at: Millis,
    /// When it was handed to a provider.
    #[serde(serialize_with = "some_instant", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub submitted_at: Option<Millis>,
    /// When a provider took it.
    #[serde(serialize_with = "some_instant", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub sent_at: Option<Millis>,
    /// When it reached the phone.
    #[serde(serialize_with = "some_instant", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub delivered_at: Option<Millis>,
    /// When its text was taken out, because its time was over, its category is sensitive, or somebody asked for it.
    #[serde(serialize_with = "some_instant", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub text_removed_at: Option<Millis>,
}

impl Message {
    /// Whether it can still be called back.
    pub fn can_cancel(&self) -> bool {
        self.status.is_waiting()
    }

    /// Whether its text is there and may be taken out: it has left.
    pub fn can_redact(&self) -> bool {
        self.status.is_final() && self.text_removed_at.is_none()
    }

    /// Whether it failed for a reason that may pass.
    pub fn can_retry(&self) -> bool {
        self.status == Status::Failed && self.error.as_ref().is_some_and(|e| e.retryable)
    }
}

/// One call to a provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AttemptView {
    /// Our reference, which the provider echoes.
    pub id: String,
    /// The connection.
    pub connection: String,
    /// `open`, `accepted`, `refused`, `unknown` or `unresolved`.
    pub outcome: String,
    /// Why it went there and not to the first connection in the order, or why there was a further attempt: `trial`,
    /// `rerouted:failing`, `rerouted:blocked`, `failover:` with the code of the refusal before, or `unknown_policy`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The provider's code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// What it means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The provider's id of the message.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub provider_message_id: Option<String>,
    /// When it began.
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Millis,
    /// When its outcome was known.
    #[serde(serialize_with = "some_instant", skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub finished_at: Option<Millis>,
}

/// One thing that happened to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct EventView {
    /// When.
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Millis,
    /// A stable word: `accepted`, `submitted`, `repeated`, `taken`, `refused`, `receipt`, `held`, `ended`, …
    pub kind: String,
    /// A sentence for people.
    pub detail: String,
}

/// A message with its whole story.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct MessageDetail {
    /// The message.
    #[serde(flatten)]
    pub message: Message,
    /// Every call to a provider.
    pub attempts: Vec<AttemptView>,
    /// Everything that happened, oldest first.
    pub events: Vec<EventView>,
}

fn status_word<S: serde::Serializer>(status: &Status, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_str(status.as_str())
}

fn instant<S: serde::Serializer>(at: &Millis, to: S) -> std::result::Result<S::Ok, S::Error> {
    to.serialize_str(&rfc3339(*at))
}

fn some_instant<S: serde::Serializer>(at: &Option<Millis>, to: S) -> std::result::Result<S::Ok, S::Error> {
    match at {
        Some(at) => instant(at, to),
        None => to.serialize_none(),
    }
}

/// One message with its story.
pub async fn get(app: &App, actor: &Actor, id: &str) -> Result<MessageDetail> {
    actor.require(Permission::View)?;
    let id = MessageId::parse(id).ok_or(Error::NotFound("message"))?;
    let mut tx = app.db.read().await?;
    let row = store::one(&mut tx, &actor.subaccount, &id).await?.ok_or(Error::NotFound("message"))?;
    detail(&mut tx, app, actor, row).await
}

/// A stored message with its story.
pub(super) async fn detail(tx: &mut Tx, app: &App, actor: &Actor, row: store::HistoryRow) -> Result<MessageDetail> {
    let id = MessageId::stored(row.id.clone());
    let content = super::text::text_of(tx, app, &row).await?;
    let attempts = store::attempts_of(tx, &actor.subaccount, &id).await?;
    let receipts = store::receipts_of(tx, &actor.subaccount, &id).await?;
    let noted = store::events_of(tx, &actor.subaccount, &id).await?;
    let mut message = super::list::view(app, actor, row)?;
    if actor.may(Permission::ViewPersonal) {
        message.text = content;
    }
    let events = story(&message, &attempts, receipts, noted);
    Ok(MessageDetail { message, attempts, events })
}

/// A receipt for the story: when, status, code, detail.
pub(super) type ReceiptLine = (Millis, String, Option<String>, Option<String>);

/// Tells what happened in the order in which it did.
fn story(message: &Message, attempts: &[AttemptView], receipts: Vec<ReceiptLine>, noted: Vec<EventView>) -> Vec<EventView> {
    let event = |at, kind: &str, detail: String| EventView { at, kind: kind.to_owned(), detail };
    let mut events = vec![event(message.created_at, "accepted", "Accepted by Peyk and stored.".into())];
    for attempt in attempts {
        let why = attempt.reason.as_deref().map(|reason| format!(", because {}", why(reason))).unwrap_or_default();
        events.push(event(attempt.at, "submitted", format!("Handed to {}{why}.", attempt.connection)));
        let Some(at) = attempt.finished_at else { continue };
        let detail = attempt.detail.clone().unwrap_or_default();
        events.push(match attempt.outcome.as_str() {
            "accepted" => event(at, "taken", format!("{} took it.", attempt.connection)),
            "refused" => event(at, "refused", format!("{} did not take it: {detail}", attempt.connection)),
            _ => event(at, "unknown", format!("Nobody knows whether {} took it: {detail}", attempt.connection)),
        });
    }
    for (at, status, code, detail) in receipts {
        let why = detail.map(|d| format!(": {d}")).unwrap_or_default();
        let code = code.map(|c| format!(" ({c})")).unwrap_or_default();
        events.push(event(at, "receipt", format!("The carrier reported {status}{why}{code}.")));
    }
    events.extend(noted);
    events.sort_by_key(|e| e.at);
    match message.status {
        Status::Held => events.push(event(message.send_at, "held", format!("Held until then: {}.", words(message.reason.as_deref())))),
        Status::Dropped => events.push(event(message.created_at, "ended", format!("Not sent: {}.", words(message.reason.as_deref())))),
        Status::Expired => events.push(event(message.send_at, "ended", "Not sent: it became too old.".into())),
        Status::Cancelled => events.push(event(message.created_at, "ended", "Called back before it left.".into())),
        _ => {}
    }
    events
}

/// Why an attempt was made, or made there, in words that follow “because”.
pub fn why(reason: &str) -> String {
    match reason {
        "unknown_policy" => "the last outcome could not be found out and the policy of its category says to send again".into(),
        "trial" => "a connection that failed before is tried with a few messages".into(),
        "rerouted:failing" => "the connection before it in the order fails".into(),
        "rerouted:blocked" => "the connection before it in the order is to be left alone for a while".into(),
        other => match other.strip_prefix("failover:") {
            Some(code) => format!("the connection before did not take it ({code})"),
            None => other.into(),
        },
    }
}

/// A reason in words.
pub fn words(reason: Option<&str>) -> &str {
    match reason {
        Some("opted_out") => "the person opted out of this category",
        Some("no_consent") => "the person never agreed to this category",
        Some("pending") => "the person has not confirmed that they want this category",
        Some("stopped") => "the person stopped all messages",
        Some("frequency") => "the person wants no more offers within thirty days",
        Some("paused") => "the person asked for a break",
        Some("quiet_hours") => "quiet hours",
        Some("budget") => "the month's budget is used up",
        Some("no_connection") => "no connection is ready for this country and category",
        Some("blocked") => "the provider asked to be left alone for a while",
        Some("day_limit") => "the day's limit is used up",
        Some("erased") => "the person was erased",
        Some(other) => other,
        None => "no reason was recorded",
    }
}
