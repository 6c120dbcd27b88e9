//! STOP and START, as people write them back.

use serde::Serialize;
use serde_json::json;
use utoipa::ToSchema;

use super::confirm;
use super::steps::{Applied, Wish, apply_unless, carry_out};
use crate::access::{Actor, StopScope};
use crate::app::App;
use crate::consent::{self, Change, Evidence, Scope, Source};
use crate::contacts::{self, Standing};
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ContactId, SubaccountId};
use crate::kernel::keyword::{Keyword, names_everything};
use crate::messages::{self, Announcements};

/// A keyword that somebody wrote.
#[derive(Clone, Copy, Debug)]
pub struct Heard<'a> {
    /// Who.
    pub contact: &'a ContactId,
    /// What.
    pub keyword: Keyword,
    /// How they wrote it.
    pub wording: &'a str,
    /// When it was written.
    pub at: Millis,
    /// Whether only the provider can have told it. What anybody could have told may end messages, but not begin them.
    pub is_proven: bool,
    /// How far the organisation lets a STOP reach.
    pub stop_scope: StopScope,
}

/// How far a START that has to be confirmed before it holds has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Confirmation {
    /// The person was asked.
    Awaited,
    /// A limit forbids to ask them.
    NotAsked,
}

impl Confirmation {
    /// The word that is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Awaited => "awaited",
            Self::NotAsked => "not_asked",
        }
    }

    /// Reads the word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Awaited, Self::NotAsked].into_iter().find(|c| c.as_str() == text)
    }
}

/// What came of a keyword.
#[derive(Debug)]
pub struct Obeyed {
    /// Whether anything is different now: the second of two STOPs changes nothing, nor does a START before it is confirmed.
    pub changed: bool,
    /// The one category that a STOP ended, where it did not end all.
    pub only: Option<Category>,
    /// Of a START that has to be confirmed before it holds.
    pub confirmation: Option<Confirmation>,
    /// What live pages are told after the commit.
    pub told: Vec<Announcements>,
}

impl Obeyed {
    /// Nothing was asked for.
    pub fn nothing() -> Self {
        Self { changed: false, only: None, confirmation: None, told: Vec::new() }
    }
}

/// Does what a person's keyword says. A step. STOP refuses everything, authentication included, or the category that it answers,
/// where the organisation and the law of the day have it so; what waits for the person is dropped. START takes a total refusal back,
/// so that what they had agreed to before holds again and nothing is granted that was not; HELP changes nothing.
pub async fn obey(tx: &mut Tx, app: &App, subaccount: &SubaccountId, heard: Heard<'_>, now: Millis) -> Result<Obeyed> {
    let Heard { contact, keyword, wording, is_proven, .. } = heard;
    let actor = Actor::system(subaccount.clone());
    let evidence = |reason: &str| Evidence::from_outside(Source::Keyword).with_wording(wording).with_reason(Some(reason.into()));
    match keyword {
        Keyword::Help => Ok(Obeyed::nothing()),
        Keyword::Stop => {
            let (scope, only) = match program(tx, subaccount, &heard).await? {
                Some(category) => (Scope::Only(category), Some(category)),
                None => (Scope::All, None),
            };
            let wish = Wish { changes: vec![Change::Withdrawn(scope)], language: None };
            let line = ("consent.opt_out", json!({ "category": scope.as_str() }));
            let Applied { before, after, told } =
                carry_out(tx, &actor, contact, &wish, &evidence("They wrote a stop word."), line, now).await?;
            Ok(Obeyed { changed: before != after, only, confirmation: None, told })
        }
        Keyword::Start => {
            let standing = standing(tx, subaccount, contact).await?;
            let line = ("consent.start", json!({ "category": Scope::All.as_str() }));
            let (change, takes_back) = again(tx, subaccount, contact, &standing).await?;
            // Who takes nothing back means what they were asked to confirm.
            let answers = is_proven && !takes_back;
            if answers && let Some(obeyed) = confirm::said_yes(tx, subaccount, contact, wording, now).await? {
                return Ok(obeyed);
            }
            let wish = Wish { changes: vec![change.clone()], language: None };
            let reason = if is_proven { "They wrote a start word." } else { "A start word came by a way that proves no sender." };
            let (Applied { before, after, told }, limit) =
                apply_unless(tx, app, &actor, contact, (wish, is_proven), (&evidence(reason), line), now).await?;
            // The person is not told about a limit: whoever writes again and again is answered once.
            let how_far = if limit.is_some() { Confirmation::NotAsked } else { Confirmation::Awaited };
            let confirmation = (takes_back && !holds(&change, &after)).then_some(how_far);
            Ok(Obeyed { changed: before != after && confirmation.is_none(), only: None, confirmation, told })
        }
    }
}

/// Whether what START asks for is there without a confirmation.
fn holds(change: &Change, after: &Standing) -> bool {
    match change {
        Change::Granted(Scope::Only(category)) => (after.withdrawn | after.pending) & category.bit() == 0,
        _ => after.stopped_at.is_none(),
    }
}

/// What START takes back: a total refusal, else that of the category which a STOP ended last; and whether there is any.
async fn again(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, standing: &Standing) -> Result<(Change, bool)> {
    if standing.stopped_at.is_some() {
        return Ok((Change::Started, true));
    }
    let stopped = stopped_by_word(tx, subaccount, contact, standing).await?;
    Ok(stopped.map_or((Change::Started, false), |category| (Change::Granted(Scope::Only(category)), true)))
}

/// The category that a STOP ended last and that is refused still.
async fn stopped_by_word(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, standing: &Standing) -> Result<Option<Category>> {
    if standing.withdrawn == 0 {
        return Ok(None);
    }
    let said = consent::entries(tx, subaccount, contact).await?;
    let by_word = said.iter().rev().filter(|entry| entry.source == Source::Keyword.as_str());
    Ok(by_word.into_iter().find_map(|entry| match entry.change() {
        Some(Change::Withdrawn(Scope::Only(category))) if standing.withdrawn & category.bit() != 0 => Some(category),
        _ => None,
    }))
}

/// The one category that a STOP ends: that of our last message to the person, where so little is asked for. Whoever had ended one by a
/// STOP already means everything with the next.
async fn program(tx: &mut Tx, subaccount: &SubaccountId, heard: &Heard<'_>) -> Result<Option<Category>> {
    if heard.stop_scope.at(heard.at) == StopScope::All || names_everything(heard.wording) {
        return Ok(None);
    }
    let standing = standing(tx, subaccount, heard.contact).await?;
    // Who was asked to confirm something and answers STOP wants neither that nor more questions.
    if standing.pending != 0 || stopped_by_word(tx, subaccount, heard.contact, &standing).await?.is_some() {
        return Ok(None);
    }
    let last = messages::last_category(tx, subaccount, heard.contact).await?;
    Ok(last.filter(|category| standing.withdrawn & category.bit() == 0))
}

async fn standing(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<Standing> {
    let (_, standing) = contacts::lock(tx, subaccount, &mut vec![contact.clone()]).await?.pop().ok_or(Error::NotFound("contact"))?;
    Ok(standing)
}
