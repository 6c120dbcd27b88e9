//! STOP and START, as people write them back.

use serde_json::json;

use super::steps::{Applied, Wish, apply};
use crate::access::Actor;
use crate::consent::{Change, Evidence, Scope, Source};
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, SubaccountId};
use crate::kernel::keyword::Keyword;
use crate::messages::Announcements;

/// What came of a keyword.
#[derive(Debug)]
pub struct Obeyed {
    /// Whether anything is different now: the second of two STOPs changes nothing.
    pub changed: bool,
    /// What live pages are told after the commit.
    pub told: Vec<Announcements>,
}

/// Does what a person's keyword says, written as `wording`. A step. STOP refuses everything, authentication included, and
/// what waits for the person is dropped; START takes a total refusal back, so that what they had agreed to before holds
/// again and nothing is granted that was not; HELP changes nothing.
pub async fn obey(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    contact: &ContactId,
    keyword: Keyword,
    wording: &str,
    now: Millis,
) -> Result<Obeyed> {
    let (change, action, reason) = match keyword {
        Keyword::Stop => (Change::Withdrawn(Scope::All), "consent.opt_out", "They wrote a stop word."),
        Keyword::Start => (Change::Started, "consent.start", "They wrote a start word."),
        Keyword::Help => return Ok(Obeyed { changed: false, told: Vec::new() }),
    };
    let actor = Actor::system(subaccount.clone());
    let evidence = Evidence::from_outside(Source::Keyword).with_wording(wording).with_reason(Some(reason.into()));
    let wish = Wish { changes: vec![change], language: None };
    let line = (action, json!({ "category": Scope::All.as_str() }));
    let Applied { before, after, told } = apply(tx, &actor, contact, &wish, &evidence, line, now).await?;
    Ok(Obeyed { changed: before != after, told })
}
