//! The second pair of eyes: what a request for approval says, and whose eyes count.

use serde::{Deserialize, Deserializer, Serialize};

use super::view::instant;
use crate::access::{Actor, Who, maker_of_key};
use crate::db::Tx;
use crate::kernel::clock::{Millis, parse_rfc3339};
use crate::kernel::error::Result;

/// Where a request stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReviewStatus {
    /// Nobody has answered yet.
    Waiting,
    /// A second person said no; the draft is still there to be changed.
    Rejected,
}

impl ReviewStatus {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::Waiting, Self::Rejected];

    /// The word in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Rejected => "rejected",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == text)
    }

    /// How it is written on pages.
    pub fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Waiting for approval",
            Self::Rejected => "Rejected",
        }
    }
}

/// A request to publish a draft, and the answer when it was no. A yes stands beside the version that it made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TemplateReview)]
pub struct Review {
    /// Where it stands.
    pub status: ReviewStatus,
    /// Who asked.
    pub asked_by: String,
    /// When.
    #[serde(serialize_with = "instant", deserialize_with = "read_instant")]
    #[schema(value_type = String, format = DateTime)]
    pub asked_at: Millis,
    /// What they said about the change; it becomes the version's note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The answer, once it was rejected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Approval>,
}

/// The word of a second person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(as = TemplateApproval)]
pub struct Approval {
    /// Who gave it.
    pub by: String,
    /// When.
    #[serde(serialize_with = "instant", deserialize_with = "read_instant")]
    #[schema(value_type = String, format = DateTime)]
    pub at: Millis,
    /// What they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// Somebody who wrote in a draft, known well enough to tell whether an approver is another person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Author {
    /// The user's or the key's id; what stands for those that have none.
    id: String,
    /// The name to show.
    name: String,
    /// Of a key: who made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    maker: Option<String>,
}

impl Author {
    /// The actor as an author. A step.
    pub(super) async fn of(tx: &mut Tx, actor: &Actor) -> Result<Self> {
        let (id, maker) = match &actor.who {
            Who::User { id, .. } => (id.to_string(), None),
            Who::Key { id, .. } => (id.to_string(), maker_of_key(tx, &actor.subaccount, id).await?),
            Who::Shell | Who::Customer | Who::System => (actor.label(), None),
        };
        Ok(Self { id, name: actor.label(), maker })
    }

    /// Whether both may be one person: a key acts for whoever made it. Makers are known by name only, and two people of
    /// one name are taken for one, because the approval of one's own text is the greater harm.
    pub(super) fn may_be(&self, other: &Self) -> bool {
        let by_name = self.maker.is_some() || other.maker.is_some();
        self.id == other.id || (by_name && self.person() == other.person())
    }

    fn person(&self) -> &str {
        self.maker.as_deref().unwrap_or(&self.name)
    }
}

fn read_instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Millis, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_rfc3339(&text).ok_or_else(|| serde::de::Error::custom("not an instant"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn author(id: &str, name: &str, maker: Option<&str>) -> Author {
        Author { id: id.into(), name: name.into(), maker: maker.map(str::to_owned) }
    }

    #[test]
    fn a_key_is_whoever_made_it() {
        let (mina, other_mina, sam) = (author("usr_1", "Mina", None), author("usr_2", "Mina", None), author("usr_3", "Sam", None));
        let (minas_key, second, sams) = (
            author("key_1", "API key a", Some("Mina")),
            author("key_2", "API key b", Some("Mina")),
            author("key_3", "API key c", Some("Sam")),
        );
        assert!(mina.may_be(&mina) && !mina.may_be(&sam));
        assert!(!mina.may_be(&other_mina), "users are told apart by their ids");
        assert!(mina.may_be(&minas_key) && minas_key.may_be(&mina) && minas_key.may_be(&second));
        assert!(!minas_key.may_be(&sam) && !minas_key.may_be(&sams));
    }

    #[test]
    fn a_review_survives_being_stored() {
        let answer = Approval { by: "Sam".into(), at: 1_700_000_000_123, note: Some("Too loud".into()) };
        let review = Review {
            status: ReviewStatus::Rejected,
            asked_by: "Mina".into(),
            asked_at: 1_700_000_000_001,
            note: None,
            answer: Some(answer),
        };
        let stored = serde_json::to_string(&review).expect("serialises");
        assert_eq!(serde_json::from_str::<Review>(&stored).expect("reads"), review);
        assert!(ReviewStatus::ALL.iter().all(|s| ReviewStatus::parse(s.as_str()) == Some(*s)));
    }
}
