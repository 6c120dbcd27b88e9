//! Where a template is used, and what publishing its draft would break.
//!
//! Stands right of everything that is made with templates, because it asks each of them.

mod breaks;

use serde::Serialize;

use self::breaks::{OpenCampaign, Stage};
use crate::access::{Actor, Permission};
use crate::app::App;
use crate::campaigns::{self, Campaign};
use crate::kernel::error::Result;
use crate::kernel::id::TemplateId;
use crate::messages;
use crate::templates::{self, TemplateView};
use crate::uploads::{self, Upload};

pub use breaks::{Affected, Breakage, BreakageCode, Place};

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

    /// Whether publishing would break something for somebody, rather than only look different.
    pub fn is_breaking(&self) -> bool {
        self.warnings.iter().any(|warning| warning.breaking)
    }

    /// The same warnings have the same mark; another draft that breaks otherwise has another.
    pub fn mark(&self) -> String {
        self.warnings.iter().filter(|w| w.breaking).map(Breakage::mark).collect::<Vec<_>>().join(",")
    }
}

/// Where a template is used and what publishing its draft would break. Needs [`Permission::View`].
pub async fn of_template(app: &App, actor: &Actor, id_or_code: &str) -> Result<Uses> {
    actor.require(Permission::View)?;
    let template = templates::get(app, actor, id_or_code).await?;
    let (subaccount, cipher) = (&actor.subaccount, app.cipher.tenant(&actor.subaccount));
    let mut tx = app.db.read().await?;
    let open = campaigns::open_with_template(&mut tx, subaccount, &template.id, MOST_NAMED).await?;
    let files = uploads::open_with_template(&mut tx, &cipher, subaccount, &template.id, MOST_NAMED).await?;
    let messages_waiting = messages::waiting_with_template(&mut tx, subaccount, &template.id, MOST_COUNTED).await?;
    // A scheduled campaign's rows are read when it starts, a draft's when it is launched: both still have their file.
    let mut not_begun = Vec::new();
    for campaign in open.iter().filter(|c| c.started_at.is_none()) {
        let upload = uploads::stored(&mut tx, &cipher, subaccount, &campaign.upload).await?;
        not_begun.push(OpenCampaign { campaign, upload });
    }
    drop(tx);
    // A campaign that was made of an upload speaks for it.
    let files: Vec<Upload> = files.into_iter().filter(|file| open.iter().all(|c| c.upload != file.id)).collect();
    let stage = Stage { template: &template, campaigns: &not_begun, uploads: &files };
    let warnings = if template.version > 0 && template.has_draft {
        let live = templates::version(app, actor, template.id.as_str(), template.version).await?;
        breaks::breaks(&live, &stage)?
    } else {
        Vec::new()
    };
    Ok(Uses {
        campaigns: open.iter().map(campaign_use).collect(),
        uploads: files.iter().map(upload_use).collect(),
        messages_waiting,
        warnings,
    })
}

/// Publishes a draft (see [`templates::publish`]), with what that breaks.
pub async fn publish(app: &App, actor: &Actor, id_or_code: &str, note: Option<&str>) -> Result<(templates::Publishing, Vec<Breakage>)> {
    actor.require(Permission::Templates)?;
    let warnings = of_template(app, actor, id_or_code).await.map(|uses| uses.warnings);
    let done = templates::publish(app, actor, id_or_code, note).await?;
    Ok((done, warnings?))
}

/// Archives a template (see [`templates::archive`]), with what still uses it.
pub async fn archive(app: &App, actor: &Actor, id_or_code: &str) -> Result<(TemplateView, Uses)> {
    actor.require(Permission::Templates)?;
    let uses = of_template(app, actor, id_or_code).await?;
    Ok((templates::archive(app, actor, id_or_code).await?, uses))
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
