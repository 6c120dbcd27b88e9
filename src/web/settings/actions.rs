//! Commands of the settings pages.

use leptos::prelude::*;
use serde_json::json;

use crate::access::{self, NewUser, Role, SettingsPatch};
use crate::kernel::crypto::Secret;
use crate::kernel::error::{Error, FieldErrors};
use crate::kernel::id::KeyId;
use crate::web::action::{Answer, Done, act, posted};
use crate::web::limits;
use crate::web::page::desk;

const ORGANISATION: &str = "/settings/organisation";
const USERS: &str = "/settings/users";
const KEYS: &str = "/settings/keys";

/// Saves the organisation's settings.
#[server(prefix = "/do", endpoint = "settings/organisation")]
pub async fn save_organisation() -> Answer {
    act(ORGANISATION, async {
        let desk = desk()?;
        let form = posted();
        let text = |field: &str| form.get(field).unwrap_or_default().trim().to_owned();
        let ticked = |field: &str| form.get(field) == Some("true");
        let categories: Vec<&str> = form.all("quiet_categories").collect();
        let quiet = json!({ "from": text("quiet_from"), "to": text("quiet_to"), "categories": categories });
        let budget = text("budget");
        let mut errors = FieldErrors::new();
        let limits = limits::read(&form, "limits", &mut errors);
        let read = SettingsPatch::read(&json!({
            "organisation": text("organisation"),
            "default_country": text("default_country"),
            "countries": text("countries"),
            "time_zone": text("time_zone"),
            "language": text("language"),
            "currency": text("currency"),
            "template_approval": ticked("template_approval"),
            "test_mode": ticked("test_mode"),
            "quiet_hours": if ticked("quiet") { Some(quiet) } else { None },
            "budget": if budget.is_empty() { None } else { Some(budget) },
        }));
        let patch = match read {
            Err(Error::Invalid(others)) => {
                errors.0.splice(0..0, others.0);
                SettingsPatch::default()
            }
            read => SettingsPatch { limits, ..read? },
        };
        errors.into_result()?;
        access::update_settings(&desk.app, desk.actor(), patch).await?;
        Ok(Done::at(ORGANISATION).saying("Settings saved."))
    })
    .await
}

/// Adds a user.
#[server(prefix = "/do", endpoint = "settings/users/add")]
pub async fn add_user(email: String, name: String, role: String, password: String) -> Answer {
    act(USERS, async {
        let desk = desk()?;
        let role = Role::parse(&role).ok_or_else(|| Error::invalid("role", "unknown", "Choose one of the roles."))?;
        let user = access::add_user(&desk.app, desk.actor(), NewUser { email, name, role, password: Secret::new(password) }).await?;
        Ok(Done::at(USERS).saying(format!("{} can sign in now.", user.name)))
    })
    .await
}

/// Shuts a user out.
#[server(prefix = "/do", endpoint = "settings/users/disable")]
pub async fn disable_user(id: String) -> Answer {
    act(USERS, async {
        let desk = desk()?;
        let user = access::disable_user(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(USERS).saying(format!("{} is signed out everywhere and cannot sign in.", user.name)))
    })
    .await
}

/// Lets a user sign in again.
#[server(prefix = "/do", endpoint = "settings/users/enable")]
pub async fn enable_user(id: String) -> Answer {
    act(USERS, async {
        let desk = desk()?;
        let user = access::enable_user(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(USERS).saying(format!("{} can sign in again.", user.name)))
    })
    .await
}

/// Makes an API key, which the next page shows once.
#[server(prefix = "/do", endpoint = "settings/keys/add")]
pub async fn add_key(name: String) -> Answer {
    act(KEYS, async {
        let desk = desk()?;
        let form = posted();
        let scopes: Vec<&str> = form.all("scopes").collect();
        if scopes.is_empty() {
            return Err(Error::invalid("scopes", "required", "Choose at least one right."));
        }
        let made = access::add_key(&desk.app, desk.actor(), &name, &scopes.join(",")).await?;
        Ok(Done::at(KEYS).showing_once(made.secret.expose()))
    })
    .await
}

/// Ends an API key.
#[server(prefix = "/do", endpoint = "settings/keys/revoke")]
pub async fn revoke_key(id: String) -> Answer {
    act(KEYS, async {
        let desk = desk()?;
        let id = KeyId::parse(&id).ok_or(Error::NotFound("API key"))?;
        let key = access::revoke_key(&desk.app, desk.actor(), &id).await?;
        Ok(Done::at(KEYS).saying(format!("The key “{}” is refused from now on.", key.name)))
    })
    .await
}
