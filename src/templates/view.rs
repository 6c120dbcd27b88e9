//! Templates and their versions as the doors show them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

use super::placeholder::Placeholder;
use super::review::{Approval, Author, Review, ReviewStatus};
use super::variants::Variant;
use super::wording::Wording;
use crate::access::Settings;
use crate::kernel::category::Category;
use crate::kernel::clock::{Millis, rfc3339};
use crate::kernel::id::TemplateId;
use crate::kernel::language::Language;

/// The source of a template in each of its languages.
pub type Texts = BTreeMap<Language, String>;

/// Where a template stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum TemplateStatus {
    /// Never published: nothing can be sent with it.
    Draft,
    /// Has a version that messages use.
    Published,
    /// Put away: nothing new can be sent with it.
    Archived,
}

impl TemplateStatus {
    /// All of them, in the order in which people see them.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Published, Self::Archived];

    /// The word in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Published => "published",
            Self::Archived => "archived",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }

    /// How it is written on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Draft => "Draft",
            Self::Published => "Published",
            Self::Archived => "Archived",
        }
    }
}

/// What India's registry of message templates (DLT) knows a template by.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Dlt {
    /// The principal entity's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<String>,
    /// The registered template's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template_id: Option<String>,
    /// The sender that it is registered for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<String>,
}

/// Something that is allowed and probably not meant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = TemplateWarning)]
pub struct Warning {
    /// The language whose text is meant.
    #[schema(value_type = String)]
    pub language: Language,
    /// The placeholder that this text lacks.
    pub placeholder: String,
    /// A sentence for people.
    pub detail: String,
}

/// A template as it stands: its draft when there is one, else its published version.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = Template)]
pub struct TemplateView {
    /// Its id.
    #[schema(value_type = String)]
    pub id: TemplateId,
    /// What programs call it; unique within the subaccount.
    pub code: String,
    /// What people call it.
    pub name: String,
    /// What its messages are about.
    pub category: Category,
    /// A note on what it is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The text in each language: the draft's when there is a draft.
    #[schema(value_type = std::collections::BTreeMap<String, String>, example = json!({"en": "Hi {{ name }}!"}))]
    pub texts: Texts,
    /// Other words for it, with the share of a campaign's people that each is for; the first is `texts`. Empty when there is no test.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// The names in the texts and variants.
    pub placeholders: Vec<Placeholder>,
    /// Where it stands.
    pub status: TemplateStatus,
    /// The published version; 0 before the first.
    pub version: i64,
    /// Whether `texts` or `placeholders` differ from the published version.
    pub has_draft: bool,
    /// What became of the request to publish the draft, where that needs a second person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub review: Option<Review>,
    /// Who has written in the draft since the last version: none of them may approve it.
    #[serde(skip)]
    pub writers: Vec<Author>,
    /// How India's registry knows it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dlt: Option<Dlt>,
    /// What is allowed and probably not meant.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Warning>,
    /// When it was put away.
    #[serde(skip_serializing_if = "Option::is_none", serialize_with = "optional_instant")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub archived_at: Option<Millis>,
    /// When it was made.
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Millis,
    /// When it was last changed; every change moves it.
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub updated_at: Millis,
    /// Who changed it last.
    pub updated_by: String,
}

/// One published version. Versions never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(as = TemplateVersion)]
pub struct VersionView {
    /// Counts from 1.
    pub version: i64,
    /// The text in each language.
    #[schema(value_type = std::collections::BTreeMap<String, String>, example = json!({"en": "Hi {{ name }}!"}))]
    pub texts: Texts,
    /// Other words for it, with their shares; the first is `texts`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub variants: Vec<Variant>,
    /// The names in the texts and variants.
    pub placeholders: Vec<Placeholder>,
    /// What its author said about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Who published it.
    pub by: String,
    /// When.
    #[serde(serialize_with = "instant")]
    #[schema(value_type = String, format = DateTime)]
    pub published_at: Millis,
    /// The second person who looked at it before it went live, if there was one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,
}

/// Which templates a list shows. Archived ones only when `status` asks for them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TemplateFilter {
    /// Only those that stand so.
    pub status: Option<TemplateStatus>,
    /// Only those of this category.
    pub category: Option<Category>,
    /// Only those whose request to be published stands so.
    pub review: Option<ReviewStatus>,
    /// Only those with these words in name, code or description.
    pub search: Option<String>,
}

impl TemplateView {
    /// Whether people may write into it.
    pub fn can_edit(&self) -> bool {
        self.status != TemplateStatus::Archived
    }

    /// Whether there is something to publish.
    pub fn can_publish(&self) -> bool {
        self.can_edit() && self.has_draft
    }

    /// Whether publishing it asks for the approval of a second person.
    pub fn needs_approval(&self, settings: &Settings) -> bool {
        settings.template_approval && self.category == Category::Marketing
    }

    /// Whether the draft waits for a second person.
    pub fn is_waiting(&self) -> bool {
        self.can_publish() && self.review.as_ref().is_some_and(|review| review.status == ReviewStatus::Waiting)
    }

    /// Whether there is a version to go back to from the draft.
    pub fn can_discard_draft(&self) -> bool {
        self.can_publish() && self.version > 0
    }

    pub(super) fn set_wording(&mut self, wording: &Wording) {
        self.texts = wording.texts().iter().map(|(language, text)| (language.clone(), text.source().to_owned())).collect();
        self.placeholders = wording.placeholders().to_vec();
        self.warnings = wording.warnings();
    }

    /// Puts it away, or takes it back.
    pub(super) fn set_archived_at(&mut self, at: Option<Millis>) {
        self.archived_at = at;
        self.status = TemplateStatus::of(at, self.version);
    }

    /// Notes who wrote in the draft. A text that was changed is not the one that somebody was asked to approve.
    pub(super) fn rewritten_by(&mut self, author: Author) {
        if !self.has_draft {
            (self.review, self.writers) = (None, Vec::new());
            return;
        }
        if !self.writers.contains(&author) {
            self.writers.push(author);
        }
        self.review.take_if(|review| review.status == ReviewStatus::Waiting);
    }

    /// Whether both drafts say the same and are about the same.
    pub(super) fn says_as_much_as(&self, other: &Self) -> bool {
        self.texts == other.texts
            && self.variants == other.variants
            && self.placeholders == other.placeholders
            && self.category == other.category
    }

    pub(super) fn says_the_same_as(&self, version: &VersionView) -> bool {
        self.texts == version.texts && self.variants == version.variants && self.placeholders == version.placeholders
    }
}

impl TemplateStatus {
    pub(super) fn of(archived_at: Option<Millis>, version: i64) -> Self {
        match (archived_at, version) {
            (Some(_), _) => Self::Archived,
            (None, 0) => Self::Draft,
            (None, _) => Self::Published,
        }
    }
}

fn optional_instant<S: Serializer>(at: &Option<Millis>, serializer: S) -> Result<S::Ok, S::Error> {
    at.map(rfc3339).serialize(serializer)
}

/// Writes an instant as the API has it.
pub(super) fn instant<S: Serializer>(at: &Millis, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&rfc3339(*at))
}
