//! Versions: publishing a draft, and going back.

use serde_json::json;

use super::edit::{differs_from_published, lock_to_edit, save};
use super::input::read_optional;
use super::store;
use super::view::{TemplateView, VersionView};
use super::wording::Wording;
use crate::access::{Actor, Permission, audit};
use crate::app::App;
use crate::kernel::error::{Error, FieldErrors, Result};

/// Characters of a note.
const LONGEST_NOTE: usize = 500;

/// Makes the draft the next version: from now on new messages use it. Needs [`Permission::Templates`];
/// [`Error::Conflict`] when nothing changed since the last version or the template is archived.
pub async fn publish(app: &App, actor: &Actor, id_or_code: &str, note: Option<&str>) -> Result<VersionView> {
    actor.require(Permission::Templates)?;
    let mut errors = FieldErrors::new();
    let note = note.and_then(|note| read_optional("note", note, LONGEST_NOTE, &mut errors));
    errors.into_result()?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let mut template = lock_to_edit(&mut tx, actor, id_or_code).await?;
    if !template.can_publish() {
        return Err(Error::conflict(format!("Nothing changed since version {}. Edit the template first.", template.version)));
    }
    let version = VersionView {
        version: template.version + 1,
        texts: template.texts.clone(),
        placeholders: template.placeholders.clone(),
        note,
        by: actor.label(),
        published_at: now,
    };
    store::insert_version(&mut tx, &actor.subaccount, &template.id, &version).await?;
    template.version = version.version;
    template.has_draft = false;
    template.updated_at = now.max(template.updated_at + 1);
    template.updated_by = actor.label();
    store::update(&mut tx, &actor.subaccount, &template).await?;
    let detail = json!({ "code": template.code, "version": version.version, "note": version.note });
    audit(&mut tx, actor, "template.publish", template.id.as_str(), &detail, now).await?;
    tx.commit().await?;
    Ok(version)
}

/// Puts the text of a version into the draft; the live version stays live until the draft is published. What stood in
/// the draft is in the audit log. Needs [`Permission::Templates`].
pub async fn restore(app: &App, actor: &Actor, id_or_code: &str, version: i64) -> Result<TemplateView> {
    put_back(app, actor, id_or_code, Some(version), "template.restore").await
}

/// Puts the live version back into the draft. Needs [`Permission::Templates`]; [`Error::Conflict`] when there is no
/// version yet.
pub async fn discard_draft(app: &App, actor: &Actor, id_or_code: &str) -> Result<TemplateView> {
    put_back(app, actor, id_or_code, None, "template.discard_draft").await
}

async fn put_back(app: &App, actor: &Actor, id_or_code: &str, version: Option<i64>, action: &str) -> Result<TemplateView> {
    actor.require(Permission::Templates)?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let before = lock_to_edit(&mut tx, actor, id_or_code).await?;
    let wanted = version.unwrap_or(before.version);
    let found = store::version(&mut tx, &actor.subaccount, &before.id, wanted).await?;
    let source = found.ok_or_else(|| match version {
        Some(n) => Error::invalid("version", "unknown", format!("This template has no version {n}.")),
        None => Error::conflict("This template was never published, so there is nothing to go back to. Archive it instead."),
    })?;
    let mut after = before.clone();
    after.set_wording(&Wording::stored(&source.texts, source.placeholders)?);
    after.has_draft = differs_from_published(&mut tx, actor, &after).await?;
    if after == before {
        return Ok(before);
    }
    let after = save(&mut tx, actor, action, &before, after, now).await?;
    tx.commit().await?;
    Ok(after)
}
