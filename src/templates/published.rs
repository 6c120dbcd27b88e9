//! The version of a template that messages are rendered with.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::store;
use super::wording::Wording;
use crate::access::Settings;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{SubaccountId, TemplateId};

/// Parsed versions kept in memory, so that a busy template is not parsed for each message.
const KEPT: usize = 512;

/// A version never changes; the instant tells versions apart that a rolled back or restored database counted twice.
type Key = (TemplateId, i64, Millis);

static PARSED: LazyLock<Mutex<HashMap<Key, Arc<Wording>>>> = LazyLock::new(Mutex::default);

/// One version of a template, ready to render (see [`Wording`]). Cloning is cheap.
#[derive(Clone, Debug)]
pub struct Published {
    /// The template.
    pub id: TemplateId,
    /// What programs call it.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// What its messages are about, as of now: the category is the template's, not the version's.
    pub category: Category,
    /// Which version this is; 0 for a draft that is only being looked at.
    pub version: i64,
    /// The id under which its text is registered (India's DLT), as of now.
    pub registered: Option<String>,
    pub(super) wording: Arc<Wording>,
}

impl Deref for Published {
    type Target = Wording;

    fn deref(&self) -> &Wording {
        &self.wording
    }
}

impl Published {
    /// Refuses to send it as marketing where a second person approves marketing and it is about something else: nobody approved
    /// its words, so the category of a message or a campaign would be a way around the approval.
    pub fn require_approved_as(&self, category: Category, settings: &Settings) -> Result<()> {
        if !settings.template_approval || category != Category::Marketing || self.category == Category::Marketing {
            return Ok(());
        }
        let how = format!(
            "Marketing texts need a second person’s approval, and “{}” is a template about something else ({}). Send it as what it is, \
             or copy it, make the copy marketing, and have that approved.",
            self.name,
            self.category.as_str()
        );
        Err(Error::invalid("category", "needs_approval", how))
    }
}

/// The named version of a template, or the live one when `version` is `None` (step).
///
/// Errors name the field `template`: there is none of this id or code, it was never published, it is archived
/// (only when no version is named: what is already on its way keeps its text), or it has no such version.
pub async fn published(tx: &mut Tx, sub: &SubaccountId, id_or_code: &str, version: Option<i64>) -> Result<Published> {
    let refuse = |code, detail: &str| Error::invalid("template", code, detail);
    let Some(head) = store::head(tx, sub, id_or_code, version).await? else {
        return Err(refuse("unknown", "There is no template with this id or code."));
    };
    if version.is_none() && head.archived_at.is_some() {
        return Err(refuse("archived", "This template is archived. Take it back from the archive, or choose another."));
    }
    let Some((version, published_at)) = head.version.zip(head.published_at) else {
        return Err(match version {
            None => refuse("unpublished", "This template was never published. Publish it first."),
            Some(n) => refuse("unknown_version", &format!("This template has no version {n}.")),
        });
    };
    let id = TemplateId::stored(head.id);
    let key = (id.clone(), version, published_at);
    let wording = match kept(&key) {
        Some(wording) => wording,
        None => {
            let row = store::version(tx, sub, &id, version).await?.ok_or(Error::NotFound("template version"))?;
            let wording = Arc::new(Wording::with_variants(&row.texts, &row.variants, row.placeholders)?);
            keep(key, Arc::clone(&wording));
            wording
        }
    };
    let category = store::category(&head.category)?;
    let registered = store::dlt(head.dlt.as_deref())?.and_then(|dlt| dlt.template_id);
    Ok(Published { id, code: head.code, name: head.name, category, version, registered, wording })
}

fn kept(key: &Key) -> Option<Arc<Wording>> {
    PARSED.lock().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
}

fn keep(key: Key, wording: Arc<Wording>) {
    let mut parsed = PARSED.lock().unwrap_or_else(PoisonError::into_inner);
    // Reaching the limit is rare and parsing is quick: starting over needs no bookkeeping.
    if parsed.len() >= KEPT {
        parsed.clear();
    }
    parsed.insert(key, wording);
}
