//! Choosing what an upload's rows are told, and which column is what.

use super::message::Wording;
use super::plan::Plan;
use super::store::{self, MessageColumns};
use super::{Message, MessageChoice, Upload, part_context};
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::contacts::csv::StoredMapping;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::UploadId;

/// Sets the message; an earlier mapping and check no longer count.
///
/// # Errors
/// [`Error::Invalid`] on `template`, `text` or `category`; [`Error::Conflict`] while the upload is being
/// checked or once a campaign was made of it.
pub async fn set_message(app: &App, actor: &Actor, id: &UploadId, choice: &MessageChoice) -> Result<Upload> {
    actor.require(Permission::Send)?;
    let (now, cipher) = (app.clock.now(), app.cipher.tenant(&actor.subaccount));
    let mut tx = app.db.write().await?;
    let upload = store::hold(&mut tx, &cipher, &actor.subaccount, id).await?;
    require_open(&upload)?;
    let settings = access::settings_of(&mut tx, &actor.subaccount).await?;
    let message = Message::choose(&mut tx, &actor.subaccount, choice, &settings, &app.links()).await?;
    let body = match &choice.wording {
        Wording::Text(text) => Some(cipher.own().seal(&part_context(id, "body"), text.as_bytes())),
        Wording::Template(_) => None,
    };
    let columns = MessageColumns {
        template: message.template.as_ref().map(|(template, version)| (template, *version)),
        body,
        category: message.category,
        language: choice.language.as_ref(),
    };
    store::set_message(&mut tx, &actor.subaccount, id, columns, now).await?;
    let upload = store::get(&mut tx, &cipher, &actor.subaccount, id).await?;
    tx.commit().await?;
    Ok(upload)
}

/// Sets which column is what; an earlier check no longer counts.
///
/// # Errors
/// [`Error::Invalid`] on `mapping`; [`Error::Conflict`] when no message was chosen yet, while the upload
/// is being checked, or once a campaign was made of it.
pub async fn set_mapping(app: &App, actor: &Actor, id: &UploadId, mapping: &StoredMapping) -> Result<Upload> {
    actor.require(Permission::Send)?;
    let (now, cipher) = (app.clock.now(), app.cipher.tenant(&actor.subaccount));
    let mut tx = app.db.write().await?;
    let mut upload = store::hold(&mut tx, &cipher, &actor.subaccount, id).await?;
    require_open(&upload)?;
    let settings = access::settings_of(&mut tx, &actor.subaccount).await?;
    upload.mapping = Some(mapping.clone());
    let plan = Plan::of(&mut tx, &cipher, &actor.subaccount, &upload, &settings, &app.links()).await?;
    plan.ok_or_else(|| Error::conflict("Choose a template or write a text first; then match the columns."))?.require_complete()?;
    store::set_mapping(&mut tx, &actor.subaccount, id, mapping, now).await?;
    let upload = store::get(&mut tx, &cipher, &actor.subaccount, id).await?;
    tx.commit().await?;
    Ok(upload)
}

/// Refuses an upload that must stay as it is.
pub(super) fn require_open(upload: &Upload) -> Result<()> {
    if upload.status.can_change() {
        return Ok(());
    }
    Err(Error::conflict(match upload.status {
        super::UploadStatus::Used => "A campaign was made of this upload, so it stays as it is. Upload the file again to change something.",
        super::UploadStatus::Checking => "This upload is being checked. Wait until the check is done.",
        _ => "This upload has not arrived yet. Wait until it has.",
    }))
}
