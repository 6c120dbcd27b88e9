//! What publishing a draft breaks, and for whom by name.

use serde::Serialize;

use crate::campaigns::Campaign;
use crate::kernel::error::Result;
use crate::templates::{Difference, TemplateView, VersionView, differences};
use crate::uploads::Upload;

/// What is otherwise in the draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum BreakageCode {
    /// The texts ask for a new value.
    PlaceholderAdded,
    /// No text uses the value any more.
    PlaceholderRemoved,
    /// The value may no longer be missing.
    NowRequired,
    /// It is said to hold another kind of value.
    KindChanged,
    /// A language has no text any more.
    LanguageRemoved,
}

impl BreakageCode {
    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PlaceholderAdded => "placeholder_added",
            Self::PlaceholderRemoved => "placeholder_removed",
            Self::NowRequired => "now_required",
            Self::KindChanged => "kind_changed",
            Self::LanguageRemoved => "language_removed",
        }
    }
}

/// What kind of thing is affected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Place {
    /// An upload that was not sent yet.
    Upload,
    /// A campaign that has not begun.
    Campaign,
    /// Programs that send with the template's code.
    Calls,
}

/// Something that the change reaches.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Affected {
    /// What it is.
    pub kind: Place,
    /// Its id; absent for calls.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What people call it.
    pub name: String,
    /// What happens to it and what to do about it.
    pub detail: String,
}

/// One thing that publishing the draft changes for others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Breakage {
    /// What is otherwise.
    pub code: BreakageCode,
    /// The placeholder that is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub placeholder: Option<String>,
    /// The language that is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// Whether somebody has to do something about it.
    pub breaking: bool,
    /// A sentence for people.
    pub detail: String,
    /// Whom it reaches, by name.
    pub affects: Vec<Affected>,
}

impl Breakage {
    pub(super) fn mark(&self) -> String {
        let about = self.placeholder.as_deref().or(self.language.as_deref()).unwrap_or_default();
        format!("{}:{about}", self.code.as_str())
    }
}

/// A campaign that has not begun, with the file that its rows come from.
pub(super) struct OpenCampaign<'a> {
    pub campaign: &'a Campaign,
    pub upload: Upload,
}

/// What a change can reach.
pub(super) struct Stage<'a> {
    pub template: &'a TemplateView,
    pub campaigns: &'a [OpenCampaign<'a>],
    pub uploads: &'a [Upload],
}

/// What publishing the draft changes against the live version.
pub(super) fn breaks(live: &VersionView, stage: &Stage<'_>) -> Result<Vec<Breakage>> {
    Ok(differences(live, stage.template)?.into_iter().map(|difference| breakage(difference, live, stage)).collect())
}

fn breakage(difference: Difference, live: &VersionView, stage: &Stage<'_>) -> Breakage {
    let about = |code, breaking, name: &str, detail: String, affects| Breakage {
        code,
        placeholder: Some(name.to_owned()),
        language: None,
        breaking,
        detail,
        affects,
    };
    match difference {
        Difference::Added { name, required: true } => {
            let detail = format!("The draft asks for “{name}”, which version {} does not know.", live.version);
            about(BreakageCode::PlaceholderAdded, true, &name, detail, stage.lacking(&name))
        }
        Difference::Added { name, required: false } => {
            let detail = format!("The draft uses “{name}”, which version {} does not know; the text can do without it.", live.version);
            about(BreakageCode::PlaceholderAdded, false, &name, detail, Vec::new())
        }
        Difference::NowRequired { name } => {
            let detail = format!("“{name}” could be missing so far; the draft cannot do without it.");
            about(BreakageCode::NowRequired, true, &name, detail, stage.lacking(&name))
        }
        Difference::Removed { name } => {
            let detail = format!("No text uses “{name}” any more. A value for it is taken and not shown.");
            let filling = stage.filling(&name);
            about(BreakageCode::PlaceholderRemoved, !filling.is_empty(), &name, detail, filling)
        }
        Difference::Kind { name, from, to } => {
            let (from, to) = (from.label(), to.label());
            let detail = format!("“{name}” was of the kind {from} and is {to}. Previews show another sample; nothing else changes.");
            about(BreakageCode::KindChanged, false, &name, detail, Vec::new())
        }
        Difference::LanguageRemoved(language) => Breakage {
            code: BreakageCode::LanguageRemoved,
            placeholder: None,
            language: Some(language.to_string()),
            breaking: true,
            detail: format!("There is no text in {} any more: its readers get another language from now on.", language.name()),
            affects: Vec::new(),
        },
    }
}

impl Stage<'_> {
    /// Whoever does not give a value that the draft asks for.
    fn lacking(&self, name: &str) -> Vec<Affected> {
        let calls = Affected {
            kind: Place::Calls,
            id: None,
            name: format!("Programs that send “{}”", self.template.code),
            detail: format!("They have to give “{name}” from now on: without it the message is refused."),
        };
        let lacking = |upload: &Upload| !fills(upload, name);
        let mut all = self.files(lacking, |version| {
            format!("Its columns do not give “{name}”. It keeps version {version}; for the new text, add the column and choose the template again.")
        });
        all.push(calls);
        all
    }

    /// Whoever gives a value that the draft does not use.
    fn filling(&self, name: &str) -> Vec<Affected> {
        self.files(
            |upload| upload.mapping.as_ref().is_some_and(|mapping| mapping.fills(name)),
            |version| {
                format!(
                    "A column of it is matched with “{name}”. It keeps version {version}; choosing the template again needs another match."
                )
            },
        )
    }

    fn files(&self, reached: impl Fn(&Upload) -> bool, detail: impl Fn(i64) -> String) -> Vec<Affected> {
        let version = |template: &Option<(_, i64)>| template.as_ref().map_or(0, |(_, version)| *version);
        let campaigns = self.campaigns.iter().filter(|open| reached(&open.upload)).map(|open| Affected {
            kind: Place::Campaign,
            id: Some(open.campaign.id.to_string()),
            name: open.campaign.name.clone(),
            detail: detail(version(&open.campaign.template)),
        });
        let uploads = self.uploads.iter().filter(|upload| reached(upload)).map(|upload| Affected {
            kind: Place::Upload,
            id: Some(upload.id.to_string()),
            name: upload.file_name.clone(),
            detail: detail(version(&upload.template)),
        });
        campaigns.chain(uploads).collect()
    }
}

/// Whether the upload's columns give the value: one is matched with it, or bears its name.
fn fills(upload: &Upload, name: &str) -> bool {
    let same = |header: &String| header.trim().eq_ignore_ascii_case(name);
    upload.mapping.as_ref().is_some_and(|mapping| mapping.fills(name)) || upload.headers.iter().any(same)
}
