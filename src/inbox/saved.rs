//! Replies that are kept to be used again.

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::inbox::store;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::SavedReplyId;
use crate::kernel::sms::LONGEST_TEXT;

/// The longest name, in characters.
const LONGEST_NAME: usize = 60;
/// The most replies that an organisation keeps: more are not found again in a list.
const MOST: i64 = 200;

/// A reply that is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct SavedReply {
    /// Which one.
    #[schema(value_type = String, example = "rpl_0kx1w2v3t4s5r6q7p8n9m0a")]
    pub id: SavedReplyId,
    /// What people call it; unique in the subaccount.
    pub name: String,
    /// Its text.
    pub text: String,
}

/// The replies that are kept, by name.
pub async fn saved_replies(app: &App, actor: &Actor) -> Result<Vec<SavedReply>> {
    actor.require(Permission::View)?;
    store::saved(&mut app.db.read().await?, &actor.subaccount).await
}

/// Keeps a reply: a new one, or other words for one that is there. Needs [`Permission::Templates`].
pub async fn save_reply(app: &App, actor: &Actor, id: Option<&SavedReplyId>, name: &str, text: &str) -> Result<SavedReply> {
    actor.require(Permission::Templates)?;
    let now = app.clock.now();
    let name = name.trim();
    let mut errors = FieldErrors::new();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        errors.add("name", "unusable", format!("A name has 1 to {LONGEST_NAME} characters and stands on one line."));
    }
    if text.trim().is_empty() || text.chars().count() > LONGEST_TEXT || text.contains('\0') {
        errors.add("text", "unusable", format!("A text has 1 to {LONGEST_TEXT} characters."));
    }
    errors.into_result()?;
    let saved = SavedReply { id: id.cloned().unwrap_or_else(|| SavedReplyId::new(now)), name: name.to_owned(), text: text.to_owned() };
    let mut tx = app.db.write().await?;
    let kept = store::saved(&mut tx, &actor.subaccount).await?;
    if kept.iter().any(|other| other.name == saved.name && other.id != saved.id) {
        return Err(Error::invalid("name", "taken", "There is a saved reply of this name already."));
    }
    if id.is_some_and(|id| kept.iter().all(|other| other.id != *id)) {
        return Err(Error::NotFound("saved reply"));
    }
    if id.is_none() && kept.len() as i64 >= MOST {
        return Err(Error::conflict(format!("{MOST} saved replies are kept at most. Delete one that nobody uses.")));
    }
    store::save(&mut tx, &actor.subaccount, &saved, &actor.label(), now).await?;
    access::audit(&mut tx, actor, "reply.save", saved.id.as_str(), &json!({ "name": saved.name }), now).await?;
    tx.commit().await?;
    Ok(saved)
}

/// Forgets a reply. Needs [`Permission::Templates`].
pub async fn delete_saved(app: &App, actor: &Actor, id: &SavedReplyId) -> Result<()> {
    actor.require(Permission::Templates)?;
    let mut tx = app.db.write().await?;
    if !store::delete(&mut tx, &actor.subaccount, id).await? {
        return Err(Error::NotFound("saved reply"));
    }
    access::audit(&mut tx, actor, "reply.delete", id.as_str(), &json!({}), app.clock.now()).await?;
    Ok(tx.commit().await?)
}
