//! Preferences of one person, asked for by number.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::json;

use super::patch::{PreferencesPatch, is_locked};
use super::steps::{self, Applied, apply, finish, read_phone};
use crate::access::{self, Actor, Permission, QuietHours, Settings};
use crate::app::App;
use crate::consent::{self, Evidence};
use crate::contacts::Standing;
use crate::kernel::category::Category;
use crate::kernel::clock::{Millis, rfc3339};
use crate::kernel::error::Result;
use crate::kernel::language::Language;
use crate::kernel::phone::Phone;

/// One switch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Switch {
    /// Whether messages of the category may be sent.
    pub on: bool,
    /// Whether the person cannot switch it off.
    pub locked: bool,
}

/// What one person gets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Preferences {
    /// The number, in E.164.
    pub phone: String,
    /// The language that they are written to in.
    #[schema(value_type = String)]
    pub language: Language,
    /// Each category.
    #[schema(value_type = BTreeMap<String, Switch>)]
    pub categories: BTreeMap<Category, Switch>,
    /// The end of their break, in RFC 3339, while it lasts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paused_until: Option<String>,
    /// Their own quiet hours.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quiet_hours: Option<QuietHours>,
    /// The most advertisements that they want in thirty days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub offers_a_month: Option<i64>,
}

/// The switches of a person of this standing.
pub(super) fn switches(standing: &Standing, settings: &Settings) -> BTreeMap<Category, Switch> {
    let switch = |c| (c, Switch { on: consent::opted_out(c, standing, settings).is_none(), locked: is_locked(c) });
    Category::ALL.into_iter().map(switch).collect()
}

fn shown(phone: Phone, standing: &Standing, settings: &Settings, now: Millis) -> Preferences {
    Preferences {
        phone: phone.e164(),
        language: standing.language.clone().unwrap_or_else(|| settings.language.clone()),
        categories: switches(standing, settings),
        paused_until: standing.paused_until.filter(|until| *until > now).map(rfc3339),
        quiet_hours: standing.quiet_hours.clone(),
        offers_a_month: standing.offers_a_month,
    }
}

/// The preferences of the person with this number; of somebody unknown, what holds for everybody. Needs
/// [`Permission::Consent`].
pub async fn preferences(app: &App, actor: &Actor, phone: &str) -> Result<Preferences> {
    actor.require(Permission::Consent)?;
    let mut tx = app.db.read().await?;
    let settings = access::settings_of(&mut tx, &actor.subaccount).await?;
    let phone = read_phone(phone, &settings)?;
    let (_, standing) = steps::standing(app, &mut tx, &actor.subaccount, phone).await?;
    Ok(shown(phone, &standing, &settings, app.clock.now()))
}

/// Changes the preferences of the person with this number, on their behalf; what waits for them in a
/// category that is switched off is dropped at once. Needs [`Permission::Consent`].
pub async fn set_preferences(app: &App, actor: &Actor, phone: &str, patch: &PreferencesPatch) -> Result<Preferences> {
    actor.require(Permission::Consent)?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let settings = access::settings_of(&mut tx, &actor.subaccount).await?;
    let phone = read_phone(phone, &settings)?;
    let person = steps::ensure(app, &mut tx, &actor.subaccount, phone, now).await?;
    let wish = patch.wish(&person.standing, &settings, now)?;
    let line = ("preferences.change", json!({ "changes": wish.changes.len() }));
    let evidence = Evidence::from_actor(actor);
    let Applied { after, told, .. } = apply(&mut tx, app, actor, &person.id, wish, (&evidence, line), now).await?;
    tx.commit().await?;
    finish(app, &actor.subaccount, &person.id, told).await;
    Ok(shown(phone, &after, &settings, now))
}
