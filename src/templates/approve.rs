//! Approval: a second person looks at a marketing text before it goes live.
//!
//! Where the organisation wants it ([`Settings::template_approval`](crate::access::Settings::template_approval)),
//! publishing a marketing template asks for approval. Nobody who wrote in the draft or asked may answer. A draft that is
//! changed while it waits is no longer what was asked about: the request ends, and is made anew by publishing again.

use serde_json::json;

use super::edit::{lock_to_edit, require_seen};
use super::input::{read_instant, read_optional};
use super::review::{Approval, Author, Review, ReviewStatus};
use super::store;
use super::versions::{LONGEST_NOTE, go_live};
use super::view::{TemplateFilter, TemplateView, VersionView};
use crate::access::{Actor, Permission, audit};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, FieldErrors, Result};

/// The most that [`waiting_for`] looks through.
const MOST_WAITING: i64 = 200;

/// The answer to a request for approval.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verdict {
    /// A word about it, up to 500 characters; a rejection needs one.
    pub note: Option<String>,
    /// The `updated_at` that was looked at: the answer is refused when somebody saved since.
    pub expected_updated_at: Option<String>,
}

/// Approves a draft, which becomes the next version. Needs [`Permission::Templates`]; [`Error::Conflict`] when it does not
/// wait, when the actor wrote in it or asked, or when somebody saved since.
pub async fn approve(app: &App, actor: &Actor, id_or_code: &str, verdict: &Verdict) -> Result<VersionView> {
    let (mut tx, mut template, approval, now) = answer(app, actor, id_or_code, verdict).await?;
    let review = template.review.take().ok_or_else(not_waiting)?;
    let version = VersionView {
        version: template.version + 1,
        texts: template.texts.clone(),
        variants: template.variants.clone(),
        placeholders: template.placeholders.clone(),
        note: review.note,
        by: review.asked_by,
        published_at: now,
        approval: Some(approval),
    };
    go_live(&mut tx, actor, template, &version, "template.approve").await?;
    tx.commit().await?;
    Ok(version)
}

/// Sends a draft back to its author with a note. Needs what [`approve`] needs; [`Error::Invalid`] on `note` when it is
/// missing.
pub async fn reject(app: &App, actor: &Actor, id_or_code: &str, verdict: &Verdict) -> Result<TemplateView> {
    actor.require(Permission::Templates)?;
    if verdict.note.as_deref().is_none_or(|note| note.trim().is_empty()) {
        return Err(Error::invalid("note", "required", "Say what should be different, so that the author can change it."));
    }
    let (mut tx, mut template, answer, now) = answer(app, actor, id_or_code, verdict).await?;
    let review = template.review.take().ok_or_else(not_waiting)?;
    let note = answer.note.clone();
    template.review = Some(Review { status: ReviewStatus::Rejected, answer: Some(answer), ..review });
    template.updated_at = now.max(template.updated_at + 1);
    store::update(&mut tx, &actor.subaccount, &template).await?;
    let detail = json!({ "code": template.code, "note": note });
    audit(&mut tx, actor, "template.reject", template.id.as_str(), &detail, now).await?;
    tx.commit().await?;
    Ok(template)
}

/// Whether this actor may answer the template's request for approval.
pub async fn may_answer(app: &App, actor: &Actor, template: &TemplateView) -> Result<bool> {
    if !actor.may(Permission::Templates) || !template.is_waiting() {
        return Ok(false);
    }
    let author = Author::of(&mut app.db.read().await?, actor).await?;
    Ok(is_second_person(template, &author))
}

/// The templates that wait for this actor's approval, newest first; none for somebody who may not give it.
pub async fn waiting_for(app: &App, actor: &Actor) -> Result<Vec<TemplateView>> {
    if !actor.may(Permission::Templates) {
        return Ok(Vec::new());
    }
    let mut tx = app.db.read().await?;
    let filter = TemplateFilter { review: Some(ReviewStatus::Waiting), ..TemplateFilter::default() };
    let mut waiting = store::list(&mut tx, &actor.subaccount, &filter, None, MOST_WAITING).await?;
    if !waiting.is_empty() {
        let author = Author::of(&mut tx, actor).await?;
        waiting.retain(|template| template.is_waiting() && is_second_person(template, &author));
    }
    Ok(waiting)
}

fn is_second_person(template: &TemplateView, author: &Author) -> bool {
    !template.writers.iter().any(|writer| writer.may_be(author))
}

/// The template, locked, when this actor may answer; with the answer in the shape that is kept.
async fn answer(app: &App, actor: &Actor, id_or_code: &str, verdict: &Verdict) -> Result<(Tx, TemplateView, Approval, Millis)> {
    actor.require(Permission::Templates)?;
    let mut errors = FieldErrors::new();
    let note = verdict.note.as_deref().and_then(|note| read_optional("note", note, LONGEST_NOTE, &mut errors));
    let seen = verdict.expected_updated_at.as_deref().and_then(|at| read_instant(at, &mut errors));
    errors.into_result()?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let template = lock_to_edit(&mut tx, actor, id_or_code).await?;
    require_seen(&template, seen)?;
    if !template.is_waiting() {
        return Err(not_waiting());
    }
    if !is_second_person(&template, &Author::of(&mut tx, actor).await?) {
        return Err(Error::conflict("You wrote in this draft or asked for its approval, so somebody else has to answer."));
    }
    Ok((tx, template, Approval { by: actor.label(), at: now, note }, now))
}

fn not_waiting() -> Error {
    Error::conflict("This template does not wait for approval. It was answered or changed meanwhile.")
}
