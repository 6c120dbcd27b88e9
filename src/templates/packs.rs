//! Packs: ready-made templates by trade, compiled in, which an organisation installs and then owns like its own.
//!
//! A pack is a JSON file under `packs/`. Its placeholders are described once and given to each template that uses them; those
//! marked `organisation` get the organisation's name as their default, so that a text can be sent as it is installed.

mod install;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::placeholder::{Placeholder, PlaceholderKind, declared_for};
use super::store;
use super::view::Texts;
use super::wording::{Wording, names_in};
use crate::access::{Actor, Permission, settings_of};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::error::{Error, Result};
use crate::kernel::language::Language;

pub use install::{Installed, InstalledTemplate, install};

/// The files, in the order in which people see them.
const FILES: [&str; 5] = [
    include_str!("packs/shop.json"),
    include_str!("packs/laundry.json"),
    include_str!("packs/restaurant.json"),
    include_str!("packs/gas.json"),
    include_str!("packs/crm.json"),
];

static FILED: LazyLock<Vec<File>> = LazyLock::new(|| FILES.into_iter().map(File::read).collect());

/// A pack as its file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    title: String,
    description: String,
    placeholders: Vec<FilePlaceholder>,
    templates: Vec<FileTemplate>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FilePlaceholder {
    name: String,
    kind: PlaceholderKind,
    sample: String,
    longest: Option<String>,
    default: Option<String>,
    /// Whether the organisation's name is its default.
    #[serde(default)]
    organisation: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FileTemplate {
    code: String,
    name: String,
    category: Category,
    description: String,
    texts: BTreeMap<String, String>,
}

/// Ready-made templates of one trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = TemplatePack)]
pub struct Pack {
    /// What programs call it.
    #[schema(example = "shop")]
    pub name: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// The languages of its texts.
    #[schema(value_type = Vec<String>)]
    pub languages: Vec<Language>,
    /// What is in it.
    pub templates: Vec<PackTemplate>,
}

/// One template of a pack.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PackTemplate {
    /// The code that it is installed under.
    pub code: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// What its messages are about.
    pub category: Category,
    /// When it is sent.
    pub description: &'static str,
    /// The text in each language.
    #[schema(value_type = std::collections::BTreeMap<String, String>)]
    pub texts: Texts,
    /// The names in the texts.
    pub placeholders: Vec<Placeholder>,
    /// Whether the organisation has a template of this code already; it is never overwritten.
    pub installed: bool,
}

impl Pack {
    /// How many of its templates the organisation has.
    pub fn installed(&self) -> usize {
        self.templates.iter().filter(|template| template.installed).count()
    }
}

impl File {
    fn read(json: &str) -> Self {
        serde_json::from_str(json).expect("the packs are part of the program, and its tests read each")
    }

    /// The pack for an organisation that has these codes.
    fn pack(&'static self, organisation: &str, taken: &HashSet<String>) -> Pack {
        let declared: Vec<Placeholder> = self.placeholders.iter().map(|p| p.placeholder(organisation)).collect();
        let templates: Vec<PackTemplate> = self.templates.iter().map(|t| t.template(&declared, taken.contains(&t.code))).collect();
        let mut languages: Vec<Language> = templates.iter().flat_map(|t| t.texts.keys().cloned()).collect();
        languages.sort();
        languages.dedup();
        Pack { name: &self.name, title: &self.title, description: &self.description, languages, templates }
    }
}

impl FilePlaceholder {
    fn placeholder(&self, organisation: &str) -> Placeholder {
        let own = self.organisation.then(|| organisation.to_owned());
        Placeholder {
            name: self.name.clone(),
            kind: self.kind,
            sample: own.clone().or_else(|| Some(self.sample.clone())),
            longest: self.longest.clone(),
            default: own.or_else(|| self.default.clone()),
        }
    }
}

impl FileTemplate {
    fn template(&'static self, declared: &[Placeholder], installed: bool) -> PackTemplate {
        let texts: Texts = self.texts.iter().map(|(tag, text)| (Language::stored(tag.clone()), text.clone())).collect();
        let wording = Wording::stored(&texts, Vec::new()).expect("the tests parse every text of every pack");
        PackTemplate {
            code: &self.code,
            name: &self.name,
            category: self.category,
            description: &self.description,
            placeholders: declared_for(&names_in(wording.texts()), declared),
            texts,
            installed,
        }
    }
}

/// Every pack, with what the organisation has of it. Needs [`Permission::View`].
pub async fn packs(app: &App, actor: &Actor) -> Result<Vec<Pack>> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    let organisation = settings_of(&mut tx, &actor.subaccount).await?.organisation;
    let mut packs = Vec::new();
    for file in FILED.iter() {
        packs.push(with_taken(&mut tx, actor, file, &organisation).await?);
    }
    Ok(packs)
}

/// One pack by its name. Needs [`Permission::View`].
pub async fn pack(app: &App, actor: &Actor, name: &str) -> Result<Pack> {
    actor.require(Permission::View)?;
    let mut tx = app.db.read().await?;
    let organisation = settings_of(&mut tx, &actor.subaccount).await?.organisation;
    with_taken(&mut tx, actor, named(name)?, &organisation).await
}

fn named(name: &str) -> Result<&'static File> {
    FILED.iter().find(|file| file.name == name).ok_or(Error::NotFound("pack"))
}

async fn with_taken(tx: &mut Tx, actor: &Actor, file: &'static File, organisation: &str) -> Result<Pack> {
    let codes: Vec<&str> = file.templates.iter().map(|t| t.code.as_str()).collect();
    let taken = store::taken(tx, &actor.subaccount, &codes).await?;
    Ok(file.pack(organisation, &taken))
}
