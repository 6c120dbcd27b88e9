//! Tenants: each has a name, a SID for the Twilio-compatible address, and its settings.

use serde_json::json;

use super::settings::{Settings, SettingsPatch};
use super::{Actor, Permission, audit, store};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{SubaccountId, random_bytes};

/// What the subaccount is called that exists without anybody naming it.
const DEFAULT_NAME: &str = "main";
/// Where the installation remembers which subaccount is meant when none is named.
const DEFAULT_KEY: &str = "default_subaccount";

/// A tenant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subaccount {
    /// Its id.
    pub id: SubaccountId,
    /// Its name, unique in the installation.
    pub name: String,
    /// `AC` and 32 hex digits: the user name at the Twilio-compatible address.
    pub sid: String,
    /// What its organisation has decided.
    pub settings: Settings,
    /// When it was made.
    pub created_at: Millis,
}

/// The settings of a subaccount. A step.
pub async fn settings_of(tx: &mut Tx, subaccount: &SubaccountId) -> Result<Settings> {
    let text = store::subaccounts::settings(tx, subaccount, false).await?;
    Settings::from_stored(&text.ok_or(Error::NotFound("subaccount"))?)
}

/// The subaccount that is meant when none is named; makes it (`main`) when it is first needed. A step.
pub async fn default_subaccount(tx: &mut Tx, now: Millis) -> Result<SubaccountId> {
    if let Some(id) = existing_default(tx).await? {
        return Ok(id);
    }
    let id = subaccount_named(tx, DEFAULT_NAME, now).await?;
    store::installation::set_once(tx, DEFAULT_KEY, id.as_str()).await?;
    Ok(id)
}

/// The subaccount that is meant when none is named, if it has been made. A step that only reads.
pub async fn existing_default(tx: &mut Tx) -> Result<Option<SubaccountId>> {
    Ok(store::installation::get(tx, DEFAULT_KEY).await?.map(SubaccountId::stored))
}

/// The subaccount of this name; makes it when it is named for the first time. A step.
pub async fn subaccount_named(tx: &mut Tx, name: &str, now: Millis) -> Result<SubaccountId> {
    let name = usable_name(name)?;
    let settings = Settings { organisation: name.to_owned(), ..Settings::default() };
    let sid = format!("AC{}", random_bytes::<16>().iter().map(|b| format!("{b:02x}")).collect::<String>());
    store::subaccounts::add(tx, &SubaccountId::new(now), name, &sid, &settings.to_json().to_string(), now).await?;
    let found = subaccount_by_name(tx, name).await?;
    found.map(|s| s.id).ok_or_else(|| Error::internal("a subaccount that was just made is not there"))
}

/// The subaccount of this name, if there is one. A step.
pub async fn subaccount_by_name(tx: &mut Tx, name: &str) -> Result<Option<Subaccount>> {
    store::subaccounts::by_name(tx, name.trim()).await
}

/// The subaccount with this id, if there is one. A step.
pub async fn subaccount_by_id(tx: &mut Tx, id: &SubaccountId) -> Result<Option<Subaccount>> {
    store::subaccounts::by_id(tx, id).await
}

/// The subaccount with this SID, if there is one. A step.
pub async fn subaccount_by_sid(tx: &mut Tx, sid: &str) -> Result<Option<Subaccount>> {
    store::subaccounts::by_sid(tx, sid).await
}

/// Every subaccount, oldest first: for Peyk's own rounds. A step.
pub async fn all_subaccounts(tx: &mut Tx) -> Result<Vec<Subaccount>> {
    store::subaccounts::all(tx).await
}

/// The actor's own subaccount.
pub async fn subaccount(app: &App, actor: &Actor) -> Result<Subaccount> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    store::subaccounts::by_id(&mut tx, &actor.subaccount).await?.ok_or(Error::NotFound("subaccount"))
}

/// The settings of the actor's subaccount.
pub async fn settings(app: &App, actor: &Actor) -> Result<Settings> {
    Ok(subaccount(app, actor).await?.settings)
}

/// Changes some of the settings; needs [`Permission::Settings`]. Gives the settings after the change.
pub async fn update_settings(app: &App, actor: &Actor, patch: SettingsPatch) -> Result<Settings> {
    actor.require(Permission::Settings)?;
    let mut tx = app.db.write().await?;
    let settings = change_settings(&mut tx, actor, patch, app.clock.now()).await?;
    tx.commit().await?;
    Ok(settings)
}

/// Changes settings and writes the audit line with what was and what is.
pub(super) async fn change_settings(tx: &mut Tx, actor: &Actor, patch: SettingsPatch, now: Millis) -> Result<Settings> {
    let text = store::subaccounts::settings(tx, &actor.subaccount, true).await?.ok_or(Error::NotFound("subaccount"))?;
    let before = Settings::from_stored(&text)?;
    patch.keywords.as_ref().map_or(Ok(()), |change| change.check())?;
    let after = patch.applied_to(&before)?;
    if after == before {
        return Ok(after);
    }
    let (old, new) = (before.to_json(), after.to_json());
    store::subaccounts::set_settings(tx, &actor.subaccount, &new.to_string()).await?;
    let changes: serde_json::Map<_, _> = new
        .as_object()
        .expect("settings are an object")
        .iter()
        .filter(|(name, value)| old.get(name.as_str()) != Some(*value))
        .map(|(name, value)| (name.clone(), json!({ "before": old[name], "after": value })))
        .collect();
    audit(tx, actor, "settings.change", actor.subaccount.as_str(), &changes.into(), now).await?;
    Ok(after)
}

fn usable_name(name: &str) -> Result<&str> {
    let name = name.trim();
    let sound = (1..=60).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    if sound {
        Ok(name)
    } else {
        Err(Error::invalid("subaccount", "unusable", "A subaccount's name has 1 to 60 characters and stands on one line."))
    }
}
