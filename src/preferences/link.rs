//! Links to the preference centre.

use serde::Serialize;
use serde_json::Value;

use super::steps::{self, read_phone};
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::consent::link::{self, Pass};
use crate::contacts;
use crate::kernel::clock::rfc3339;
use crate::kernel::error::{Error, Result};

/// A link that opens one person's preference centre to whoever holds it.
#[derive(Clone, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PreferenceLink {
    /// The whole address.
    pub url: String,
    /// When it ends, in RFC 3339.
    pub expires_at: String,
}

impl std::fmt::Debug for PreferenceLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PreferenceLink(hidden, until {})", self.expires_at)
    }
}

/// Makes a link for the person with this number that lives [`link::LIFE`]. Needs [`Permission::Consent`].
pub async fn preference_link(app: &App, actor: &Actor, phone: &str) -> Result<PreferenceLink> {
    actor.require(Permission::Consent)?;
    let (now, subaccount) = (app.clock.now(), &actor.subaccount);
    let mut tx = app.db.write().await?;
    let settings = access::settings_of(&mut tx, subaccount).await?;
    let person = steps::ensure(app, &mut tx, subaccount, read_phone(phone, &settings)?, now).await?;
    let epoch = contacts::link_epoch(&mut tx, subaccount, &person.id).await?.ok_or(Error::NotFound("contact"))?;
    let (token, link) = link::make(&app.cipher, Pass::Link, subaccount, &person.id, epoch, now);
    access::audit(&mut tx, actor, "preferences.link", person.id.as_str(), &Value::Null, now).await?;
    tx.commit().await?;
    Ok(PreferenceLink { url: format!("{}/p/{token}", app.config.link_url), expires_at: rfc3339(link.expires_at) })
}

/// Takes back every link of the person with this number, as when it has passed to somebody else. Needs
/// [`Permission::Consent`].
pub async fn revoke_links(app: &App, actor: &Actor, phone: &str) -> Result<()> {
    actor.require(Permission::Consent)?;
    let (now, subaccount) = (app.clock.now(), &actor.subaccount);
    let mut tx = app.db.write().await?;
    let settings = access::settings_of(&mut tx, subaccount).await?;
    let phone = read_phone(phone, &settings)?;
    let (contact, _) = steps::standing(app, &mut tx, subaccount, phone).await?;
    let contact = contact.ok_or(Error::NotFound("contact"))?;
    contacts::revoke_links(&mut tx, subaccount, &contact, now).await?;
    access::audit(&mut tx, actor, "preferences.revoke_links", contact.as_str(), &Value::Null, now).await?;
    Ok(tx.commit().await?)
}
