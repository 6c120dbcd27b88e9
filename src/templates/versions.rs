//! Versions: publishing a draft, and going back.

use serde_json::json;

use super::edit::{Seen, differs_from_published, save};
use super::input::read_optional;
use super::placeholder::declared_for;
use super::review::{Author, Review, ReviewStatus};
use super::store;
use super::view::{TemplateView, VersionView};
use super::wording::Wording;
use crate::access::{Actor, Permission, audit, settings_of};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, FieldErrors, Result};

/// Characters of a note.
pub(super) const LONGEST_NOTE: usize = 500;

/// What publishing came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Publishing {
    /// The draft is the next version.
    Live(VersionView),
    /// The draft waits for the approval of a second person ([`approve`](super::approve)).
    Waiting(Box<TemplateView>),
}

impl Publishing {
    /// The version, unless it waits.
    pub fn live(self) -> Option<VersionView> {
        match self {
            Self::Live(version) => Some(version),
            Self::Waiting(_) => None,
        }
    }
}

/// Makes the draft the next version: from now on new messages use it. A marketing template asks for approval instead
/// where the organisation wants that; asking while it waits changes nothing. Needs [`Permission::Templates`];
/// [`Error::Conflict`] when nothing changed since the last version, the template is archived, or it is not as it was [`Seen`].
pub async fn publish(app: &App, actor: &Actor, draft: impl Into<Seen<'_>>, note: Option<&str>) -> Result<Publishing> {
    let draft = draft.into();
    actor.require(Permission::Templates)?;
    let mut errors = FieldErrors::new();
    let note = note.and_then(|note| read_optional("note", note, LONGEST_NOTE, &mut errors));
    errors.into_result()?;
    let mut tx = app.db.write().await?;
    let template = draft.lock(&mut tx, actor).await?;
    if !template.can_publish() {
        return Err(Error::conflict(format!("Nothing changed since version {}. Edit the template first.", template.version)));
    }
    let done = publish_step(&mut tx, actor, template, note, app.clock.now()).await?;
    tx.commit().await?;
    Ok(done)
}

/// Publishes a locked draft, or asks for approval of it. A step.
pub(super) async fn publish_step(
    tx: &mut Tx,
    actor: &Actor,
    mut template: TemplateView,
    note: Option<String>,
    now: Millis,
) -> Result<Publishing> {
    if template.needs_approval(&settings_of(tx, &actor.subaccount).await?) {
        if !template.is_waiting() {
            template.rewritten_by(Author::of(tx, actor).await?);
            template.review =
                Some(Review { status: ReviewStatus::Waiting, asked_by: actor.label(), asked_at: now, note: note.clone(), answer: None });
            template.updated_at = now.max(template.updated_at + 1);
            store::update(tx, &actor.subaccount, &template).await?;
            let detail = json!({ "code": template.code, "note": note });
            audit(tx, actor, "template.ask_approval", template.id.as_str(), &detail, now).await?;
        }
        return Ok(Publishing::Waiting(Box::new(template)));
    }
    let version = VersionView {
        version: template.version + 1,
        texts: template.texts.clone(),
        variants: template.variants.clone(),
        placeholders: template.placeholders.clone(),
        note,
        by: actor.label(),
        published_at: now,
        approval: None,
    };
    go_live(tx, actor, template, &version, "template.publish").await?;
    Ok(Publishing::Live(version))
}

/// Stores the version that a draft becomes, and the audit line of the `action` that made it. A step.
pub(super) async fn go_live(tx: &mut Tx, actor: &Actor, mut template: TemplateView, version: &VersionView, action: &str) -> Result<()> {
    store::insert_version(tx, &actor.subaccount, &template.id, version).await?;
    template.version = version.version;
    template.has_draft = false;
    (template.review, template.writers) = (None, Vec::new());
    template.updated_at = version.published_at.max(template.updated_at + 1);
    template.updated_by = actor.label();
    store::update(tx, &actor.subaccount, &template).await?;
    let mut detail = json!({ "code": template.code, "version": version.version, "note": version.note });
    if let Some(approval) = &version.approval {
        detail["by"] = json!(version.by);
        detail["approval"] = json!(approval.note);
    }
    audit(tx, actor, action, template.id.as_str(), &detail, version.published_at).await
}

/// Puts the text of a version into the draft; the live version stays live until the draft is published. What stood in
/// the draft is in the audit log. Needs [`Permission::Templates`]; [`Error::Conflict`] when it is not as it was [`Seen`].
pub async fn restore(app: &App, actor: &Actor, draft: impl Into<Seen<'_>>, version: i64) -> Result<TemplateView> {
    put_back(app, actor, draft.into(), Some(version), "template.restore").await
}

/// Puts the live version back into the draft. Needs [`Permission::Templates`]; [`Error::Conflict`] when there is no
/// version yet, and when the draft is not as it was [`Seen`].
pub async fn discard_draft(app: &App, actor: &Actor, draft: impl Into<Seen<'_>>) -> Result<TemplateView> {
    put_back(app, actor, draft.into(), None, "template.discard_draft").await
}

async fn put_back(app: &App, actor: &Actor, draft: Seen<'_>, version: Option<i64>, action: &str) -> Result<TemplateView> {
    actor.require(Permission::Templates)?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let before = draft.lock(&mut tx, actor).await?;
    let wanted = version.unwrap_or(before.version);
    let found = store::version(&mut tx, &actor.subaccount, &before.id, wanted).await?;
    let source = found.ok_or_else(|| match version {
        Some(n) => Error::invalid("version", "unknown", format!("This template has no version {n}.")),
        None => Error::conflict("This template was never published, so there is nothing to go back to. Archive it instead."),
    })?;
    let mut after = before.clone();
    after.set_wording(&Wording::with_variants(&source.texts, &source.variants, source.placeholders)?);
    after.variants = source.variants;
    after.has_draft = differs_from_published(&mut tx, actor, &after).await?;
    if after == before {
        return Ok(before);
    }
    after.rewritten_by(Author::of(&mut tx, actor).await?);
    let after = save(&mut tx, actor, action, &before, after, now).await?;
    tx.commit().await?;
    Ok(after)
}

/// Writes what one of the template's variants says into the draft, and ends the test: published, everybody gets it. Needs
/// [`Permission::Templates`]; [`Error::Invalid`] on `variant` when there is no such one, [`Error::Conflict`] when the draft is not as it
/// was [`Seen`].
pub async fn use_variant(app: &App, actor: &Actor, draft: impl Into<Seen<'_>>, key: &str) -> Result<TemplateView> {
    let draft = draft.into();
    actor.require(Permission::Templates)?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let before = draft.lock(&mut tx, actor).await?;
    let Some(variant) = before.variants.iter().find(|variant| variant.key == key) else {
        let known = before.variants.iter().map(|v| v.key.as_str()).collect::<Vec<_>>().join(", ");
        let how = if known.is_empty() { "This template has no variants.".to_owned() } else { format!("Write one of {known}.") };
        return Err(Error::invalid("variant", "unknown", how));
    };
    let mut after = before.clone();
    let mut texts = before.texts.clone();
    texts.extend(variant.texts.clone());
    let names = Wording::stored(&texts, Vec::new())?.names();
    let placeholders = declared_for(&names.iter().map(String::as_str).collect::<Vec<_>>(), &before.placeholders);
    after.set_wording(&Wording::stored(&texts, placeholders)?);
    after.variants = Vec::new();
    after.has_draft = differs_from_published(&mut tx, actor, &after).await?;
    after.rewritten_by(Author::of(&mut tx, actor).await?);
    let after = save(&mut tx, actor, "template.use_variant", &before, after, now).await?;
    tx.commit().await?;
    Ok(after)
}
