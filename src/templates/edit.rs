//! Writing templates: their drafts, and what stands around them.

use serde_json::{Map, Value, json};

use super::input::{Changes, TemplateInput, read_instant};
use super::review::Author;
use super::view::{TemplateStatus, TemplateView};
use super::{code, store};
use crate::access::{Actor, Permission, audit, settings_of};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::TemplateId;

/// Characters of a name.
const LONGEST_NAME: usize = 120;

/// Makes a template with a draft. Needs [`Permission::Templates`]; [`Error::Conflict`] when the code is taken.
pub async fn create(app: &App, actor: &Actor, input: TemplateInput) -> Result<TemplateView> {
    actor.require(Permission::Templates)?;
    let changes = input.read_new()?;
    let mut tx = app.db.write().await?;
    let template = create_step(&mut tx, actor, changes, app.clock.now()).await?;
    tx.commit().await?;
    Ok(template)
}

/// Makes a template with a draft of what was found sound. A step.
pub(super) async fn create_step(tx: &mut Tx, actor: &Actor, mut changes: Changes, now: Millis) -> Result<TemplateView> {
    let code = match &changes.code {
        Some(code) => require_free(tx, actor, code).await.map(|()| code.clone())?,
        None => {
            let wanted = code::from_name(changes.name.as_deref().unwrap_or_default());
            code::free(tx, &actor.subaccount, &wanted).await?
        }
    };
    let name = changes.name.take().unwrap_or_else(|| code.clone());
    changes.code = None;
    let mut template = TemplateView {
        id: TemplateId::new(now),
        code,
        name,
        category: changes.category.expect("a new template's category was checked"),
        description: None,
        texts: std::collections::BTreeMap::new(),
        variants: Vec::new(),
        placeholders: Vec::new(),
        status: TemplateStatus::Draft,
        version: 0,
        has_draft: true,
        review: None,
        writers: vec![Author::of(tx, actor).await?],
        dlt: None,
        warnings: Vec::new(),
        archived_at: None,
        created_at: now,
        updated_at: now,
        updated_by: actor.label(),
    };
    changes.apply(&mut template)?;
    store::insert(tx, &actor.subaccount, &template).await?;
    audit(tx, actor, "template.create", template.id.as_str(), &json!({ "code": template.code }), now).await?;
    Ok(template)
}

/// Writes a template's draft, and its name, category and the like at once. Needs [`Permission::Templates`];
/// [`Error::Conflict`] when it is archived, when the code is taken, or when somebody saved since `expected_updated_at`.
pub async fn update(app: &App, actor: &Actor, id_or_code: &str, input: TemplateInput) -> Result<TemplateView> {
    actor.require(Permission::Templates)?;
    let changes = input.read_change()?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let before = lock_to_edit(&mut tx, actor, id_or_code).await?;
    require_seen(&before, changes.expected_updated_at)?;
    if let Some(code) = changes.code.as_ref().filter(|code| **code != before.code) {
        require_free(&mut tx, actor, code).await?;
    }
    let mut after = before.clone();
    changes.apply(&mut after)?;
    if after == before {
        return Ok(before);
    }
    require_approved_marketing(&mut tx, actor, &before, &after).await?;
    after.has_draft = differs_from_published(&mut tx, actor, &after).await?;
    if !after.says_as_much_as(&before) {
        after.rewritten_by(Author::of(&mut tx, actor).await?);
    }
    let after = save(&mut tx, actor, "template.change", &before, after, now).await?;
    tx.commit().await?;
    Ok(after)
}

/// Makes a new template with the draft of another. Needs [`Permission::Templates`].
pub async fn copy(app: &App, actor: &Actor, id_or_code: &str) -> Result<TemplateView> {
    actor.require(Permission::Templates)?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let original = store::get(&mut tx, &actor.subaccount, id_or_code).await?;
    let code = code::free(&mut tx, &actor.subaccount, &format!("{}-copy", original.code)).await?;
    let mut copy = TemplateView {
        id: TemplateId::new(now),
        code,
        name: format!("Copy of {}", original.name).chars().take(LONGEST_NAME).collect(),
        version: 0,
        has_draft: true,
        created_at: now,
        updated_at: now,
        updated_by: actor.label(),
        ..original.clone()
    };
    copy.set_archived_at(None);
    copy.review = None;
    copy.rewritten_by(Author::of(&mut tx, actor).await?);
    store::insert(&mut tx, &actor.subaccount, &copy).await?;
    let detail = json!({ "code": copy.code, "copy_of": original.id });
    audit(&mut tx, actor, "template.create", copy.id.as_str(), &detail, now).await?;
    tx.commit().await?;
    Ok(copy)
}

/// Puts a template away: what is on its way is still sent, nothing new starts with it. Archiving twice is
/// archiving once. Needs [`Permission::Templates`].
pub async fn archive(app: &App, actor: &Actor, id_or_code: &str) -> Result<TemplateView> {
    set_archived(app, actor, id_or_code, true).await
}

/// Takes a template back from the archive. Needs [`Permission::Templates`].
pub async fn unarchive(app: &App, actor: &Actor, id_or_code: &str) -> Result<TemplateView> {
    set_archived(app, actor, id_or_code, false).await
}

async fn set_archived(app: &App, actor: &Actor, id_or_code: &str, archived: bool) -> Result<TemplateView> {
    actor.require(Permission::Templates)?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let before = store::lock(&mut tx, &actor.subaccount, id_or_code).await?;
    if before.archived_at.is_some() == archived {
        return Ok(before);
    }
    let mut after = before.clone();
    after.set_archived_at(archived.then_some(now));
    let action = if archived { "template.archive" } else { "template.unarchive" };
    let after = save(&mut tx, actor, action, &before, after, now).await?;
    tx.commit().await?;
    Ok(after)
}

/// The template, locked, unless it is archived.
pub(super) async fn lock_to_edit(tx: &mut Tx, actor: &Actor, id_or_code: &str) -> Result<TemplateView> {
    let template = store::lock(tx, &actor.subaccount, id_or_code).await?;
    if template.can_edit() { Ok(template) } else { Err(Error::conflict("This template is archived. Take it back from the archive first.")) }
}

/// Stores a changed template and writes the audit line with what was and what is.
pub(super) async fn save(
    tx: &mut Tx,
    actor: &Actor,
    action: &str,
    before: &TemplateView,
    mut after: TemplateView,
    now: Millis,
) -> Result<TemplateView> {
    // Two changes within a millisecond still get different instants, which `expected_updated_at` relies on.
    after.updated_at = now.max(before.updated_at + 1);
    after.updated_by = actor.label();
    store::update(tx, &actor.subaccount, &after).await?;
    audit(tx, actor, action, after.id.as_str(), &difference(before, &after)?, now).await?;
    Ok(after)
}

/// Each field that changed, with its value before and after.
fn difference(before: &TemplateView, after: &TemplateView) -> Result<Value> {
    let (old, new) = (recorded(before)?, recorded(after)?);
    let names = new.keys().chain(old.keys().filter(|name| !new.contains_key(*name)));
    let changed = names.filter(|name| old.get(*name) != new.get(*name));
    Ok(changed.map(|name| (name.clone(), json!({ "before": old.get(name), "after": new.get(name) }))).collect::<Map<_, _>>().into())
}

/// The fields that the audit log keeps. It cannot forget, so samples stay out: they may be somebody's name or number.
fn recorded(template: &TemplateView) -> Result<Map<String, Value>> {
    let mut template = template.clone();
    for placeholder in &mut template.placeholders {
        (placeholder.sample, placeholder.longest) = (None, None);
    }
    match serde_json::to_value(&template) {
        Ok(Value::Object(mut fields)) => {
            fields.retain(|name, _| !matches!(name.as_str(), "updated_at" | "updated_by" | "warnings" | "status" | "review"));
            Ok(fields)
        }
        Ok(_) => Ok(Map::new()),
        Err(e) => Err(Error::internal(e)),
    }
}

/// Whether the template says something else than its published version; before the first version it always does.
pub(super) async fn differs_from_published(tx: &mut Tx, actor: &Actor, template: &TemplateView) -> Result<bool> {
    let live = store::version(tx, &actor.subaccount, &template.id, template.version).await?;
    Ok(live.is_none_or(|live| !template.says_the_same_as(&live)))
}

/// Refuses to make marketing of a text that went live without a second person, where one is needed: the category
/// takes effect at once, so it would be a way around the approval.
async fn require_approved_marketing(tx: &mut Tx, actor: &Actor, before: &TemplateView, after: &TemplateView) -> Result<()> {
    let becomes_marketing = after.category == Category::Marketing && before.category != Category::Marketing;
    if !becomes_marketing || before.version == 0 || !settings_of(tx, &actor.subaccount).await?.template_approval {
        return Ok(());
    }
    match store::version(tx, &actor.subaccount, &before.id, before.version).await? {
        Some(live) if live.approval.is_none() => {
            let how = "Marketing texts need a second person's approval, and the published version has none. Copy the template, \
                       make the copy marketing, and publish that.";
            Err(Error::invalid("category", "needs_approval", how))
        }
        _ => Ok(()),
    }
}

async fn require_free(tx: &mut Tx, actor: &Actor, code: &str) -> Result<()> {
    if store::is_taken(tx, &actor.subaccount, code).await? {
        return Err(Error::conflict(format!("There is a template with the code “{code}” already. Choose another code.")));
    }
    Ok(())
}

/// The template that somebody acts on, and the state in which they saw it.
#[derive(Clone, Copy, Debug)]
pub struct Seen<'a> {
    /// Its id or code.
    pub template: &'a str,
    /// The `updated_at` that they saw, as the API writes it: nothing is done when somebody saved since. Absent, it is done whatever
    /// the draft says.
    pub updated_at: Option<&'a str>,
}

impl<'a> From<&'a str> for Seen<'a> {
    fn from(template: &'a str) -> Self {
        Self { template, updated_at: None }
    }
}

impl<'a> From<&'a String> for Seen<'a> {
    fn from(template: &'a String) -> Self {
        Self::from(template.as_str())
    }
}

impl Seen<'_> {
    /// The template, locked, as it was seen, unless it is archived.
    pub(super) async fn lock(&self, tx: &mut Tx, actor: &Actor) -> Result<TemplateView> {
        let mut errors = FieldErrors::new();
        let seen = self.updated_at.and_then(|at| read_instant(at, &mut errors));
        errors.into_result()?;
        let template = lock_to_edit(tx, actor, self.template).await?;
        require_seen(&template, seen)?;
        Ok(template)
    }
}

/// Refuses to act on a template that somebody saved after it was `seen`.
pub(super) fn require_seen(template: &TemplateView, seen: Option<Millis>) -> Result<()> {
    if seen.is_some_and(|seen| seen != template.updated_at) {
        let who = &template.updated_by;
        return Err(Error::conflict(format!("{who} saved this template meanwhile. Look at the new text, then try again.")));
    }
    Ok(())
}
