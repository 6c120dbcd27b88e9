//! The periods as people see and change them, with what goes and what went.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::store;
use crate::access::{self, Actor, Held, Permission, Retention, SettingsPatch};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::{Millis, rfc3339};
use crate::kernel::error::Result;
use crate::kernel::id::SubaccountId;
use crate::kernel::sweep::Span;
use crate::{consent, inbox, messages, uploads};

/// Up to how many rows are counted; beyond it, “more than that” is said.
pub const MOST_COUNTED: u64 = 100_000;

/// One kind of data: how long it is kept, what would go now, what went last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct KeptKind {
    /// `texts`, `inbound`, `provider_words`, `files`, `messages`, `grants`, `refusals` or `audit`.
    pub kind: String,
    /// How many days it is kept; null for good.
    pub days: Option<u64>,
    /// The fewest days.
    pub least_days: u64,
    /// Why no fewer.
    pub why_least: String,
    /// What goes and what stays.
    pub meaning: String,
    /// How much would go now, counted up to 100,000.
    pub goes_now: u64,
    /// Whether it is more than was counted.
    pub goes_now_is_more: bool,
    /// How much went when something last went.
    pub last_removed: u64,
    /// When something last went.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_instant")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub last_removed_at: Option<Millis>,
    /// When it was last gone through.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "some_instant")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub looked_at: Option<Millis>,
    /// How much went in the round that is under way.
    pub removing: u64,
}

/// How long everything is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RetentionView {
    /// Each kind of data.
    pub kinds: Vec<KeptKind>,
    /// Categories whose texts go as soon as the message has left.
    pub sensitive: Vec<Category>,
}

fn some_instant<S: serde::Serializer>(at: &Option<Millis>, to: S) -> std::result::Result<S::Ok, S::Error> {
    at.map(rfc3339).serialize(to)
}

/// How long everything is kept, what would go now and what went. Needs [`Permission::Settings`].
pub async fn retention(app: &App, actor: &Actor) -> Result<RetentionView> {
    preview(app, actor, &json!({})).await
}

/// As [`retention`], after this change of the periods (days by kind, `null` for good, and `sensitive`); nothing is changed.
///
/// # Errors
/// [`Error::Invalid`](crate::kernel::error::Error::Invalid) with every faulty part.
pub async fn preview(app: &App, actor: &Actor, change: &Value) -> Result<RetentionView> {
    actor.require(Permission::Settings)?;
    let patch = SettingsPatch::read(&json!({ "retention": change }))?;
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let settings = access::settings_of(&mut tx, &actor.subaccount).await?;
    let retention = patch.applied_to(&settings)?.retention;
    view(&mut tx, &actor.subaccount, &retention, now).await
}

/// Changes the periods; the next round begins at once. Needs [`Permission::Settings`].
///
/// # Errors
/// [`Error::Invalid`](crate::kernel::error::Error::Invalid) with every faulty part.
pub async fn set_retention(app: &App, actor: &Actor, change: &Value) -> Result<RetentionView> {
    actor.require(Permission::Settings)?;
    let patch = SettingsPatch::read(&json!({ "retention": change }))?;
    access::update_settings(app, actor, patch).await?;
    look_again(app, actor).await?;
    retention(app, actor).await
}

/// Lets the rounds of the subaccount begin now, because its periods may have changed.
pub async fn look_again(app: &App, actor: &Actor) -> Result<()> {
    let mut tx = app.db.write().await?;
    store::look_again(&mut tx, &actor.subaccount, app.clock.now()).await?;
    tx.commit().await?;
    app.wake.notify_campaigns();
    Ok(())
}

async fn view(tx: &mut Tx, subaccount: &SubaccountId, retention: &Retention, now: Millis) -> Result<RetentionView> {
    let rounds = store::rounds(tx, subaccount).await?;
    let mut kinds = Vec::with_capacity(Held::ALL.len());
    for held in Held::ALL {
        let round = rounds.iter().find(|round| round.kind == held.as_str());
        let settled = round.map_or("", |round| round.settled.as_str());
        let goes = match retention.cutoff(held, now) {
            Some(before) => count(tx, subaccount, held, &Span { after: settled, before, most: MOST_COUNTED as usize + 1 }).await?,
            None => 0,
        };
        let (least_days, why) = held.least();
        kinds.push(KeptKind {
            kind: held.as_str().to_owned(),
            days: retention.days(held),
            least_days,
            why_least: why.to_owned(),
            meaning: held.meaning().to_owned(),
            goes_now: goes.min(MOST_COUNTED),
            goes_now_is_more: goes > MOST_COUNTED,
            last_removed: round.map_or(0, |round| round.last_removed.unsigned_abs()),
            last_removed_at: round.and_then(|round| round.last_at),
            looked_at: round.and_then(|round| round.finished_at),
            removing: round.map_or(0, |round| round.removed.unsigned_abs()),
        });
    }
    Ok(RetentionView { kinds, sensitive: retention.sensitive.clone() })
}

async fn count(tx: &mut Tx, subaccount: &SubaccountId, held: Held, span: &Span<'_>) -> Result<u64> {
    match held {
        Held::Texts => messages::count_words(tx, subaccount, span).await,
        Held::Inbound => inbox::count_texts(tx, subaccount, span).await,
        Held::ProviderWords => messages::count_provider_words(tx, subaccount, span).await,
        Held::Files => uploads::count_file_rows(tx, subaccount, span).await,
        Held::Messages => messages::count_rows(tx, subaccount, span).await,
        Held::Grants => consent::count_evidence(tx, subaccount, false, span).await,
        Held::Refusals => consent::count_evidence(tx, subaccount, true, span).await,
        Held::Audit => access::count_audit(tx, subaccount, span).await,
    }
}
