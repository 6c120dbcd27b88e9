//! Audiences: saved filters over contacts, asked anew whenever somebody wants to know whom they hold.
//!
//! A filter is a small tree of typed conditions ([`condition`]). What stands in clear is asked of the database in one statement
//! with bound values; attributes are sealed under each person's own key, so conditions on them are decided here, batch by batch
//! ([`sealed`]). Stands right of consent, because an audience says who of it may be sent what.

pub mod condition;
pub mod kinds;
mod people;
mod sealed;
mod store;
mod tree;

use std::collections::HashMap;

use serde_json::{Value, json};

use condition::Condition;
pub use condition::Conditions;
pub use people::{Count, Walk, count, count_of, members};
pub use sealed::value as attribute;

use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::{AudienceId, SubaccountId};
use crate::kernel::page::{Page, PageRequest};
use crate::kernel::phone::Traces;

/// The longest name, in characters.
const LONGEST_NAME: usize = 100;
/// The most audiences of a subaccount: more are not found again in a list.
const MOST: i64 = 500;

/// A saved filter over contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience {
    /// Which one.
    pub id: AudienceId,
    /// What people call it; unique in the subaccount.
    pub name: String,
    /// Whom it holds.
    pub conditions: Conditions,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: Millis,
    /// Who changed it last.
    pub updated_by: String,
    /// When.
    pub updated_at: Millis,
}

/// What an audience is to be.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AudienceInput {
    /// What people call it.
    pub name: Option<String>,
    /// Whom it holds, in the shape of [`Conditions::to_json`].
    pub conditions: Option<Value>,
}

/// Reads conditions by the organisation's settings. Those on attributes need [`Permission::ViewPersonal`]: a count would tell
/// what is noted about people.
///
/// # Errors
/// Everything that is wrong, by its place.
pub async fn read(app: &App, actor: &Actor, json: &Value) -> Result<Conditions> {
    let currency = access::settings(app, actor).await?.currency;
    let conditions = Conditions::from_json(json, currency).map_err(Error::Invalid)?;
    if conditions.asks_for_sealed() {
        actor.require(Permission::ViewPersonal)?;
    }
    Ok(conditions)
}

/// The subaccount's audiences, newest first. Needs [`Permission::View`].
pub async fn list(app: &App, actor: &Actor, page: &PageRequest) -> Result<Page<Audience>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    let found = store::list(&mut tx, &app.cipher.tenant(&actor.subaccount), &actor.subaccount, page).await?;
    Ok(page.page(found, |audience| audience.id.as_str().to_owned()))
}

/// One audience. Needs [`Permission::View`].
pub async fn get(app: &App, actor: &Actor, id: &str) -> Result<Audience> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    of(&mut tx, &app.cipher.tenant(&actor.subaccount), &actor.subaccount, &parse(id)?).await
}

/// One audience. A step.
pub async fn of(tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId, id: &AudienceId) -> Result<Audience> {
    store::get(tx, cipher, subaccount, id).await
}

/// Gives audiences that are named by a person's number another name, and those that ask for `files` their new names. A step of erasure.
pub async fn rename_naming(
    tx: &mut Tx,
    cipher: &TenantCipher,
    subaccount: &SubaccountId,
    traces: &Traces,
    files: &HashMap<String, String>,
) -> Result<()> {
    for mut audience in store::all(tx, cipher, subaccount).await? {
        let mut is_named = traces.stand_in(&audience.name);
        if is_named {
            audience.name = format!("Renamed audience {}", audience.id);
        }
        for condition in audience.conditions.all_mut() {
            if let Condition::Import(_, file) = condition
                && let Some(other) = files.get(file)
            {
                file.clone_from(other);
                is_named = true;
            }
        }
        if is_named {
            store::save(tx, cipher, subaccount, &audience).await?;
        }
    }
    Ok(())
}

fn parse(id: &str) -> Result<AudienceId> {
    AudienceId::parse(id).ok_or(Error::NotFound("audience"))
}

/// Makes an audience. Needs [`Permission::Send`].
///
/// # Errors
/// Everything that is wrong with the name and the conditions, by its place.
pub async fn create(app: &App, actor: &Actor, input: &AudienceInput) -> Result<Audience> {
    actor.require(Permission::Send)?;
    let (now, by) = (app.clock.now(), actor.label());
    let mut errors = FieldErrors::new();
    let name = name(input.name.as_deref().unwrap_or_default(), &mut errors);
    let none = json!({});
    let conditions = match read(app, actor, input.conditions.as_ref().unwrap_or(&none)).await {
        Ok(conditions) => conditions,
        Err(Error::Invalid(faults)) => {
            errors.0.extend(faults.0);
            Conditions::default()
        }
        Err(other) => return Err(other),
    };
    errors.into_result()?;
    let id = AudienceId::new(now);
    let audience = Audience { id, name, conditions, created_by: by.clone(), created_at: now, updated_by: by, updated_at: now };
    write(app, actor, &audience, "audience.create").await?;
    Ok(audience)
}

/// Changes an audience; what is absent stays. Needs [`Permission::Send`].
///
/// # Errors
/// As [`create`].
pub async fn update(app: &App, actor: &Actor, id: &str, input: &AudienceInput) -> Result<Audience> {
    actor.require(Permission::Send)?;
    let mut audience = get(app, actor, id).await?;
    let mut errors = FieldErrors::new();
    if let Some(given) = &input.name {
        audience.name = name(given, &mut errors);
    }
    match &input.conditions {
        None => {}
        Some(json) => match read(app, actor, json).await {
            Ok(conditions) => audience.conditions = conditions,
            Err(Error::Invalid(faults)) => errors.0.extend(faults.0),
            Err(other) => return Err(other),
        },
    }
    errors.into_result()?;
    audience.updated_by = actor.label();
    audience.updated_at = app.clock.now();
    write(app, actor, &audience, "audience.change").await?;
    Ok(audience)
}

async fn write(app: &App, actor: &Actor, audience: &Audience, action: &str) -> Result<()> {
    let subaccount = &actor.subaccount;
    let mut tx = app.db.write().await?;
    if store::is_taken(&mut tx, subaccount, &audience.name, Some(&audience.id)).await? {
        return Err(taken());
    }
    if action == "audience.create" && store::count(&mut tx, subaccount).await? >= MOST {
        return Err(Error::conflict(format!("{MOST} audiences are kept at most. Delete one that nobody uses.")));
    }
    store::save(&mut tx, &app.cipher.tenant(subaccount), subaccount, audience).await?;
    // Not its name, which may hold somebody's number: an entry of the audit log can never be rewritten.
    let detail = json!({ "conditions": audience.conditions.all().count() });
    access::audit(&mut tx, actor, action, audience.id.as_str(), &detail, app.clock.now()).await?;
    Ok(tx.commit().await?)
}

fn taken() -> Error {
    Error::invalid("name", "taken", "There is an audience of this name already. Choose another one.")
}

/// A copy under a name that is free. Needs [`Permission::Send`].
pub async fn copy(app: &App, actor: &Actor, id: &str) -> Result<Audience> {
    actor.require(Permission::Send)?;
    let audience = get(app, actor, id).await?;
    let stem: String = audience.name.chars().take(LONGEST_NAME - 12).collect();
    let mut tx = app.db.read().await?;
    let mut name = format!("{stem} (copy)");
    let mut n = 2;
    while store::is_taken(&mut tx, &actor.subaccount, &name, None).await? {
        name = format!("{stem} (copy {n})");
        n += 1;
    }
    drop(tx);
    create(app, actor, &AudienceInput { name: Some(name), conditions: Some(audience.conditions.to_json()) }).await
}

/// Forgets an audience. Campaigns that were launched with it stay as they are; a draft that asks for it can no longer be
/// launched. Needs [`Permission::Send`].
pub async fn delete(app: &App, actor: &Actor, id: &str) -> Result<()> {
    actor.require(Permission::Send)?;
    let id = parse(id)?;
    let mut tx = app.db.write().await?;
    if !store::delete(&mut tx, &actor.subaccount, &id).await? {
        return Err(Error::NotFound("audience"));
    }
    access::audit(&mut tx, actor, "audience.delete", id.as_str(), &json!({}), app.clock.now()).await?;
    Ok(tx.commit().await?)
}

fn name(text: &str, errors: &mut FieldErrors) -> String {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > LONGEST_NAME || text.chars().any(char::is_control) {
        errors.add("name", "unusable", format!("A name has 1 to {LONGEST_NAME} characters and stands on one line."));
    }
    text.to_owned()
}
