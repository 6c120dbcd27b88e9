//! What one answer leaves for the next page: a notice, a refused form with what was typed, a secret shown once.
//! It is sealed in the session, because typed values may be numbers and message texts.

use serde::{Deserialize, Serialize};

use crate::app::App;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::SubaccountId;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use tower_sessions::Session;

const KEY: &str = "flash";

/// How a notice is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tone {
    /// It worked.
    Ok,
    /// Good to know.
    Info,
    /// It worked, but mind this.
    Warn,
    /// It did not work.
    Bad,
}

/// A sentence above the next page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// How it is meant.
    pub tone: Tone,
    /// The sentence.
    pub text: String,
}

/// A form that was refused, to be shown again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refused {
    /// The command it was posted to, e.g. `/do/keys/add`: several forms may stand on one page.
    pub command: String,
    /// What was typed, without secrets.
    pub values: Vec<(String, String)>,
    /// What is wrong with it; nothing when the form is only shown again.
    pub errors: FieldErrors,
}

/// What the next page shows.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    /// A sentence above the page.
    pub notice: Option<Notice>,
    /// A form to be shown again.
    pub form: Option<Refused>,
    /// A secret that is shown this once.
    pub secret: Option<String>,
}

/// The key that seals flashes: of the installation, since some visitors have no tenant yet.
fn context(app: &App) -> crate::kernel::crypto::TenantCipher {
    app.cipher.tenant(&SubaccountId::stored("web".into()))
}

/// Leaves `flash` for the visitor's next page.
pub async fn leave(app: &App, session: &Session, flash: &Flash) -> Result<()> {
    let plain = serde_json::to_vec(flash).map_err(Error::internal)?;
    let sealed = STANDARD_NO_PAD.encode(context(app).own().seal("sessions.flash", &plain));
    session.insert(KEY, sealed).await.map_err(Error::internal)
}

/// Takes what was left, once. A session without a flash is not touched, so that it is not written either.
pub async fn take(app: &App, session: &Session) -> Result<Flash> {
    let Some(sealed) = session.get::<String>(KEY).await.map_err(Error::internal)? else { return Ok(Flash::default()) };
    session.remove_value(KEY).await.map_err(Error::internal)?;
    let opened = STANDARD_NO_PAD.decode(&sealed).ok().and_then(|bytes| context(app).own().open("sessions.flash", &bytes).ok());
    Ok(opened.and_then(|plain| serde_json::from_slice(&plain).ok()).unwrap_or_default())
}
