//! Answering a person.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::access::idempotency::{self, Begin, Call};
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::connections;
use crate::consent::{self, Verdict};
use crate::inbox::answer::{CATEGORY, way_back};
use crate::inbox::conversation::held;
use crate::inbox::store;
use crate::kernel::category::Category;
use crate::kernel::error::{Error, Result};
use crate::messages::{self, Preview, PreviewRequest, SendRequest, Sending, words};

/// What is answered.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplyRequest {
    /// The text, sent exactly as given.
    pub text: String,
    /// What it is about; `account` when absent. Consent and quiet hours go by it.
    #[serde(default)]
    pub category: Option<Category>,
}

/// Sends an answer by the way by which the person's last text came: the same connection where it can be used, and our number
/// that they wrote to where it may be used. Needs [`Permission::Send`].
///
/// # Errors
/// [`Error::Conflict`] when the person opted out of the category: unlike a call to send, this is asked by somebody who is
/// waiting for it and can do something else instead.
pub async fn reply(app: &App, actor: &Actor, contact: &str, request: &ReplyRequest, once: Option<Call>) -> Result<Sending> {
    actor.require(Permission::Send)?;
    let now = app.clock.now();
    let category = request.category.unwrap_or(CATEGORY);
    let mut tx = app.db.read().await?;
    // What was accepted is told again, also when the person has opted out since.
    if let Some(call) = &once {
        match idempotency::known(&mut tx, call, now).await? {
            Some(Begin::Replay(answer)) => return Ok(Sending::Replayed(answer)),
            Some(other @ Begin::OtherBody) => return Err(other.refusal()),
            Some(Begin::Fresh | Begin::Running) | None => {}
        }
    }
    let (person, _) = held(&mut tx, app, actor, contact).await?;
    let cipher = app.cipher.tenant(&actor.subaccount);
    let phone = person.phone(&cipher)?.ok_or_else(|| Error::conflict("The person was erased, and their number with them."))?;
    let settings = access::settings_of(&mut tx, &actor.subaccount).await?;
    if let Verdict::Drop { reason } = consent::verdict(category, &person.standing, &settings, now) {
        let detail = format!("Not sent: {}. They can write START, or tell you that they want messages again.", words(Some(reason)));
        return Err(Error::conflict(detail));
    }
    let last = store::last_way(&mut tx, &actor.subaccount, &person.id).await?;
    let all = connections::all(&mut tx, &cipher, &actor.subaccount).await?;
    drop(tx);
    let came = last.as_ref().and_then(|(connection, sent_to)| Some((all.iter().find(|c| c.id.as_str() == connection)?, sent_to)));
    let (connection, from) = came.map_or((None, None), |(connection, sent_to)| way_back(connection, sent_to, phone, category));
    let request = SendRequest {
        to: phone.e164(),
        text: Some(request.text.clone()),
        category: Some(category.as_str().to_owned()),
        connection,
        from,
        ..SendRequest::default()
    };
    match once {
        Some(call) => messages::send_once(app, actor, request, call).await,
        None => Ok(Sending::New(Box::new(messages::send(app, actor, request).await?))),
    }
}

/// What an answer would be and cost; sends nothing. Needs [`Permission::Send`].
pub async fn preview(app: &App, actor: &Actor, contact: &str, text: &str) -> Result<Preview> {
    actor.require(Permission::Send)?;
    let mut tx = app.db.read().await?;
    let (person, _) = held(&mut tx, app, actor, contact).await?;
    let phone = person.phone(&app.cipher.tenant(&actor.subaccount))?;
    drop(tx);
    let request = PreviewRequest {
        to: phone.map(|phone| phone.e164()),
        text: Some(text.to_owned()),
        category: Some(CATEGORY.as_str().to_owned()),
        ..PreviewRequest::default()
    };
    messages::preview(app, actor, &request).await
}
