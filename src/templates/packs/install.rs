//! Installing a pack: its templates become the organisation's own.

use serde::Serialize;

use super::{PackTemplate, named, with_taken};
use crate::access::{Actor, Permission, settings_of};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::{FieldErrors, Result};
use crate::templates::edit::create_step;
use crate::templates::input::{PlaceholderInput, TemplateInput};
use crate::templates::placeholder::Placeholder;
use crate::templates::versions::{Publishing, publish_step};

/// What became of an installation.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = InstalledPack)]
pub struct Installed {
    /// The templates that are new.
    pub installed: Vec<InstalledTemplate>,
    /// Codes that the organisation had already; their templates are as they were.
    pub kept: Vec<String>,
}

/// A template that came from a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct InstalledTemplate {
    /// Its id.
    pub id: String,
    /// What programs call it.
    pub code: String,
    /// Whether it waits for a second person's approval; otherwise it is published.
    pub waiting: bool,
}

/// Installs a pack, or those of its templates that `codes` name, in one transaction. Each is published, or waits where its
/// category needs approval. A code that the organisation has is left alone, so installing again does no harm.
/// Needs [`Permission::Templates`]; [`Error::Invalid`](crate::kernel::error::Error::Invalid) on `codes` that the pack does not have.
pub async fn install(app: &App, actor: &Actor, name: &str, codes: Option<&[String]>) -> Result<Installed> {
    actor.require(Permission::Templates)?;
    let file = named(name)?;
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let organisation = settings_of(&mut tx, &actor.subaccount).await?.organisation;
    let pack = with_taken(&mut tx, actor, file, &organisation).await?;
    let mut errors = FieldErrors::new();
    for code in codes.unwrap_or_default().iter().filter(|code| !pack.templates.iter().any(|t| t.code == **code)) {
        errors.add("codes", "unknown", format!("The pack “{name}” has no template with the code “{code}”."));
    }
    if codes.is_some_and(<[String]>::is_empty) {
        errors.add("codes", "required", "Choose at least one template.");
    }
    errors.into_result()?;
    let wanted = |template: &&PackTemplate| codes.is_none_or(|codes| codes.iter().any(|code| code == template.code));
    let mut done = Installed::default();
    for template in pack.templates.iter().filter(wanted) {
        if template.installed {
            done.kept.push(template.code.to_owned());
        } else {
            done.installed.push(install_one(&mut tx, actor, template, pack.title, now).await?);
        }
    }
    tx.commit().await?;
    Ok(done)
}

async fn install_one(tx: &mut Tx, actor: &Actor, template: &PackTemplate, title: &str, now: Millis) -> Result<InstalledTemplate> {
    let made = create_step(tx, actor, input(template).read_new()?, now).await?;
    let (id, code) = (made.id.to_string(), made.code.clone());
    let note = format!("From the pack “{title}”");
    let waiting = match publish_step(tx, actor, made, Some(note), now).await? {
        Publishing::Live(_) => false,
        Publishing::Waiting(_) => true,
    };
    Ok(InstalledTemplate { id, code, waiting })
}

/// The template as somebody would write it, so that it passes the same checks.
fn input(template: &PackTemplate) -> TemplateInput {
    let placeholder = |p: &Placeholder| PlaceholderInput {
        name: p.name.clone(),
        kind: Some(p.kind.as_str().to_owned()),
        sample: p.sample.clone(),
        longest: p.longest.clone(),
        default: p.default.clone(),
    };
    TemplateInput {
        code: Some(template.code.to_owned()),
        name: Some(template.name.to_owned()),
        category: Some(template.category.as_str().to_owned()),
        description: Some(template.description.to_owned()),
        texts: Some(template.texts.iter().map(|(language, text)| (language.to_string(), text.clone())).collect()),
        placeholders: Some(template.placeholders.iter().map(placeholder).collect()),
        ..TemplateInput::default()
    }
}
