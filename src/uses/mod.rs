//! Where a template is used, and what publishing its draft would break.
//!
//! Stands right of everything that is made with templates, because it asks each of them.

mod breaks;
mod values;

use serde::Serialize;

use self::breaks::{OpenCampaign, Stage};
use crate::access::{Actor, Permission};
use crate::app::App;
use crate::campaigns::{self, Campaign};
use crate::kernel::error::Result;
use crate::kernel::id::TemplateId;
use crate::messages;
use crate::templates::{self, Seen, TemplateView};
use crate::uploads::{self, Upload};

pub use breaks::{Affected, Breakage, BreakageCode, Place};
pub use values::{longest_values, preview};

/// Campaigns and uploads that are named; more than these are not looked at one by one.
const MOST_NAMED: i64 = 50;
/// Waiting messages are counted up to here.
const MOST_COUNTED: i64 = 10_000;

/// A campaign that is not over and holds a version of the template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = TemplateCampaign)]
pub struct CampaignUse {
    /// Its id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// draft, scheduled, sending or paused.
    pub status: &'static str,
    /// The version that it keeps.
    pub version: i64,
    /// How many of its messages have not left.
    pub waiting: u64,
}

/// An upload that was not sent yet and holds a version of the template.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = TemplateUpload)]
pub struct UploadUse {
    /// Its id.
    pub id: String,
    /// The file's name.
    pub file_name: String,
    /// received, checking or checked.
    pub status: &'static str,
    /// The version that it keeps.
    pub version: i64,
    /// Who uploaded it.
    pub created_by: String,
}

/// Where a template is used.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = TemplateUses)]
pub struct Uses {
    /// Campaigns that are not over, newest first, at most 50.
    pub campaigns: Vec<CampaignUse>,
    /// Uploads that were not sent yet, newest first, at most 50.
    pub uploads: Vec<UploadUse>,
    /// Single messages that have not left, counted up to 10,000.
    pub messages_waiting: u64,
    /// What publishing the draft would break; empty without a draft or a published version.
    pub warnings: Vec<Breakage>,
}

impl Uses {
    /// Whether something still goes out with the template.
    pub fn is_used(&self) -> bool {
        !self.campaigns.is_empty() || !self.uploads.is_empty() || self.messages_waiting > 0
    }

    /// What uses it, each by name.
    pub fn names(&self) -> Vec<String> {
        let campaigns = self.campaigns.iter().map(|c| format!("the campaign “{}” ({})", c.name, c.status));
        let uploads = self.uploads.iter().map(|u| format!("the upload “{}”", u.file_name));
        let messages = match self.messages_waiting {
            0 => None,
            1 => Some("1 message that waits".to_owned()),
            n => Some(format!("{n} messages that wait")),
        };
        campaigns.chain(uploads).chain(messages).collect()
    }
}

/// Whether publishing would break something for somebody, rather than only look different.
pub fn is_breaking(warnings: &[Breakage]) -> bool {
    warnings.iter().any(|warning| warning.breaking)
}

/// The same warnings have the same mark; another draft that breaks otherwise has another.
pub fn mark(warnings: &[Breakage]) -> String {
    warnings.iter().filter(|w| w.breaking).map(Breakage::mark).collect::<Vec<_>>().join(",")
}

/// Where a template is used and what publishing its draft would break. Needs [`Permission::View`].
pub async fn of_template(app: &App, actor: &Actor, id_or_code: &str) -> Result<Uses> {
    actor.require(Permission::View)?;
    uses(app, actor, id_or_code).await
}

/// What publishing a template's draft would break. Needs [`Permission::View`].
pub async fn warnings(app: &App, actor: &Actor, id_or_code: &str) -> Result<Vec<Breakage>> {
    actor.require(Permission::View)?;
    Ok(Held::of(app, actor, id_or_code).await?.warnings)
}

/// Publishes a draft (see [`templates::publish`]), with what that breaks.
pub async fn publish(app: &App, actor: &Actor, draft: Seen<'_>, note: Option<&str>) -> Result<(templates::Publishing, Vec<Breakage>)> {
    actor.require(Permission::Templates)?;
    let held = Held::of(app, actor, draft.template).await?;
    Ok((templates::publish(app, actor, draft, note).await?, held.warnings))
}

/// Archives a template (see [`templates::archive`]), with what still uses it.
pub async fn archive(app: &App, actor: &Actor, id_or_code: &str) -> Result<(TemplateView, Uses)> {
    actor.require(Permission::Templates)?;
    let uses = uses(app, actor, id_or_code).await?;
    Ok((templates::archive(app, actor, id_or_code).await?, uses))
}

async fn uses(app: &App, actor: &Actor, id_or_code: &str) -> Result<Uses> {
    let Held { template, campaigns, uploads, warnings } = Held::of(app, actor, id_or_code).await?;
    let mut tx = app.db.read().await?;
    let messages_waiting = messages::waiting_with_template(&mut tx, &actor.subaccount, &template, MOST_COUNTED).await?;
    Ok(Uses {
        campaigns: campaigns.iter().map(campaign_use).collect(),
        uploads: uploads.iter().map(upload_use).collect(),
        messages_waiting,
        warnings,
    })
}

/// What holds a version of a template, and what its draft breaks.
struct Held {
    template: TemplateId,
    campaigns: Vec<Campaign>,
    uploads: Vec<Upload>,
    warnings: Vec<Breakage>,
}

impl Held {
    /// Asks for no permission: whoever may publish or archive a template is told what that does, even if they may not look at
    /// anything else.
    async fn of(app: &App, actor: &Actor, id_or_code: &str) -> Result<Self> {
        let (subaccount, cipher) = (&actor.subaccount, app.cipher.tenant(&actor.subaccount));
        let reader = Actor::system(subaccount.clone());
        let template = templates::get(app, &reader, id_or_code).await?;
        let mut tx = app.db.read().await?;
        let open = campaigns::open_with_template(&mut tx, subaccount, &template.id, MOST_NAMED).await?;
        let mut files = uploads::open_with_template(&mut tx, &cipher, subaccount, &template.id, MOST_NAMED).await?;
        // A campaign that was made of an upload speaks for it.
        files.retain(|file| open.iter().all(|campaign| campaign.upload != file.id));
        let mut warnings = Vec::new();
        if template.version > 0 && template.has_draft {
            let mut not_begun = Vec::new();
            for campaign in open.iter().filter(|campaign| campaign.started_at.is_none()) {
                let upload = uploads::stored(&mut tx, &cipher, subaccount, &campaign.upload).await?;
                not_begun.push(OpenCampaign { campaign, upload });
            }
            drop(tx);
            let live = templates::version(app, &reader, template.id.as_str(), template.version).await?;
            warnings = breaks::breaks(&live, &Stage { template: &template, campaigns: &not_begun, uploads: &files })?;
        }
        Ok(Self { template: template.id, campaigns: open, uploads: files, warnings })
    }
}

fn version(template: Option<&(TemplateId, i64)>) -> i64 {
    template.map_or(0, |(_, version)| *version)
}

fn campaign_use(campaign: &Campaign) -> CampaignUse {
    CampaignUse {
        id: campaign.id.to_string(),
        name: campaign.name.clone(),
        status: campaign.status.as_str(),
        version: version(campaign.template.as_ref()),
        waiting: campaign.counts.waiting(),
    }
}

fn upload_use(upload: &Upload) -> UploadUse {
    UploadUse {
        id: upload.id.to_string(),
        file_name: upload.file_name.clone(),
        status: upload.status.as_str(),
        version: version(upload.template.as_ref()),
        created_by: upload.created_by.clone(),
    }
}
