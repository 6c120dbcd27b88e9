//! The first start: an address with a token opens set-up while there is no user, and never again.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use subtle::ConstantTimeEq as _;

use super::audit::audit;
use super::settings::SettingsPatch;
use super::subaccounts::{change_settings, default_subaccount};
use super::users::{self, NewUser};
use super::{Actor, Role, password, store};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::{Secret, sha256_hex};
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::{UserId, random_bytes};

/// Where the installation keeps the hash of the token.
const TOKEN: &str = "setup_token";
/// Where it notes that set-up is over.
const CLOSED: &str = "setup_closed_at";

/// What the person who sets up has typed.
#[derive(Clone, Debug)]
pub struct SetupForm {
    /// The owner's e-mail address.
    pub email: String,
    /// The owner's name; may be empty.
    pub name: String,
    /// The owner's password.
    pub password: Secret,
    /// The organisation's name.
    pub organisation: String,
    /// A name such as `Asia/Tehran`.
    pub time_zone: String,
    /// A tag such as `fa`.
    pub language: String,
    /// A code such as `USD`.
    pub currency: String,
    /// The country of numbers without a country code.
    pub default_country: String,
    /// Countries that may be sent to; none is all.
    pub countries: Vec<String>,
    /// The most to spend in a month, as a decimal; empty is no limit.
    pub budget: String,
}

/// Whether set-up can still be done.
pub async fn is_open(app: &App) -> Result<bool> {
    Ok(!store::users::any(&mut app.db.read().await?).await?)
}

/// At each start: while there is no user, a working address to print, with `PEYK_SETUP_TOKEN` or a new
/// random token; only its hash is kept, so an address printed earlier ends.
pub async fn address(app: &App) -> Result<Option<String>> {
    let mut tx = app.db.write().await?;
    if store::users::any(&mut tx).await? {
        return Ok(None);
    }
    let token = match &app.config.setup_token {
        Some(chosen) => chosen.expose().to_owned(),
        None => URL_SAFE_NO_PAD.encode(random_bytes::<32>()),
    };
    store::installation::set(&mut tx, TOKEN, &sha256_hex(token.as_bytes())).await?;
    tx.commit().await?;
    let in_url: String = token.bytes().map(escaped).collect();
    Ok(Some(format!("{}/setup?token={in_url}", app.config.public_url)))
}

/// Percent-encodes what may not stand in a query as it is.
fn escaped(byte: u8) -> String {
    match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    }
}

/// Whether the token opens set-up now.
pub async fn check(app: &App, token: &str) -> Result<bool> {
    let mut tx = app.db.read().await?;
    if store::users::any(&mut tx).await? {
        return Ok(false);
    }
    let stored = store::installation::get(&mut tx, TOKEN).await?;
    Ok(stored.is_some_and(|hash| bool::from(hash.as_bytes().ct_eq(sha256_hex(token.as_bytes()).as_bytes()))))
}

/// Makes the owner and writes the organisation's settings. Of two at once one wins and the other gets
/// [`Error::Conflict`]. A wrong token is [`Error::Unauthenticated`].
pub async fn complete(app: &App, token: &str, form: SetupForm, ip: Option<String>) -> Result<UserId> {
    if !is_open(app).await? {
        return Err(finished());
    }
    if !check(app, token).await? {
        return Err(Error::Unauthenticated);
    }
    let mut errors = FieldErrors::new();
    let patch = match SettingsPatch::read(&form.settings()) {
        Ok(patch) => Some(patch),
        Err(Error::Invalid(refused)) => {
            errors.0.extend(refused.0);
            None
        }
        Err(other) => return Err(other),
    };
    let owner = NewUser { email: form.email, name: form.name, role: Role::Owner, password: form.password }.check(&mut errors);
    errors.into_result()?;
    let (Some(patch), Some(owner)) = (patch, owner) else { return Err(Error::internal("a form without errors has all parts")) };
    let hash = password::hash(&owner.password).await?;

    let (mut tx, now) = (app.db.write().await?, app.clock.now());
    if !close(&mut tx, now).await? {
        return Err(finished());
    }
    let subaccount = default_subaccount(&mut tx, now).await?;
    let user = users::insert(&mut tx, &subaccount, &owner, &hash, now).await?;
    let actor = Actor::user(subaccount, user.id.clone(), user.name, Role::Owner, ip);
    change_settings(&mut tx, &actor, patch, now).await?;
    audit(&mut tx, &actor, "setup", user.id.as_str(), &json!({ "role": Role::Owner.as_str() }), now).await?;
    tx.commit().await?;
    Ok(user.id)
}

/// Ends set-up for ever; whether it was open until now. A step: whoever adds the first user takes it, and
/// another one who is about to waits for the commit.
pub(super) async fn close(tx: &mut Tx, now: Millis) -> Result<bool> {
    store::installation::set_once(tx, CLOSED, &now.to_string()).await
}

fn finished() -> Error {
    Error::conflict("Set-up is finished. Sign in instead.")
}

impl SetupForm {
    fn settings(&self) -> serde_json::Value {
        let mut settings = json!({
            "organisation": self.organisation,
            "time_zone": self.time_zone,
            "language": self.language,
            "currency": self.currency,
            "default_country": self.default_country,
            "countries": self.countries,
        });
        if !self.budget.trim().is_empty() {
            settings["budget"] = self.budget.trim().into();
        }
        settings
    }
}
