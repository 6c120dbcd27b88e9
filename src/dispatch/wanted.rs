//! Whether people want what is about to leave: what goes even to those who refused, and who refused while their message waited.

use std::collections::{HashMap, HashSet};

use crate::access::{self, Settings};
use crate::app::App;
use crate::consent::{self, Verdict};
use crate::contacts::{self, Standing};
use crate::db::Tx;
use crate::dispatch::gate::Cleared;
use crate::dispatch::prepare::Ready;
use crate::inbox;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, MessageId, SubaccountId};
use crate::messages::{self, Claimed};
use crate::preferences;

/// Which of the single messages that consent would stop go all the same, because they answer a keyword of their person (true), or ask
/// them to confirm what they said.
pub async fn answers(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    ready: &[Ready],
    settings: &Settings,
    standings: &HashMap<ContactId, Standing>,
    now: Millis,
) -> Result<HashMap<MessageId, bool>> {
    let singles = ready.iter().map(|r| &r.message).filter(|m| m.subaccount == *subaccount && m.campaign.is_none());
    let may_go = |m: &Claimed| standings.get(&m.person.id).is_none_or(|s| consent::verdict(m.category, s, settings, now) == Verdict::Send);
    let stopped: Vec<&MessageId> = singles.filter(|m| !may_go(m)).map(|m| &m.id).collect();
    if stopped.is_empty() {
        return Ok(HashMap::new());
    }
    let questions = preferences::confirmations_among(tx, subaccount, &stopped).await?;
    let answers = inbox::answers_among(tx, subaccount, &stopped).await?;
    Ok(questions.into_iter().map(|id| (id, false)).chain(answers.into_iter().map(|id| (id, true))).collect())
}

/// Parts a call into what may still leave and what may not. What the gate cleared a moment ago may; for what has waited longer, at
/// its limits or for a place, its people are looked at again: whoever opted out meanwhile was told that nothing more leaves
/// ([`messages::has_left`]). Where that cannot be read in time, nothing leaves.
pub async fn part(app: &App, call: Vec<Cleared>) -> (Vec<Cleared>, Vec<Cleared>) {
    let is_fresh = |since: Millis| app.clock.now() - since <= messages::LEAVES_WITHIN;
    if call.iter().all(|one| is_fresh(one.submitted_at)) {
        return (call, Vec::new());
    }
    let looked_at = app.clock.now();
    let unwanted = match unwanted(app, &call, looked_at).await {
        Ok(unwanted) => unwanted,
        Err(e) => {
            tracing::error!(error = ?e, "whether people still want their messages could not be read; these are looked at again");
            return (Vec::new(), call);
        }
    };
    if !is_fresh(looked_at) {
        return (Vec::new(), call);
    }
    call.into_iter().partition(|one| !unwanted.contains(&one.intent.message.id))
}

/// Which of these messages their people do not want, or not now.
async fn unwanted(app: &App, call: &[Cleared], now: Millis) -> Result<HashSet<MessageId>> {
    let mut unwanted = HashSet::new();
    let mut tx = app.db.read().await?;
    let subaccounts: HashSet<&SubaccountId> = call.iter().map(|one| &one.intent.message.subaccount).collect();
    for subaccount in subaccounts {
        let own: Vec<&Cleared> = call.iter().filter(|one| one.intent.message.subaccount == *subaccount).collect();
        let ids: Vec<ContactId> = own.iter().map(|one| one.intent.message.person.id.clone()).collect();
        let people = contacts::by_ids(&mut tx, subaccount, &ids).await?;
        let settings = access::settings_of(&mut tx, subaccount).await?;
        let wants = |one: &Cleared| {
            let Some(person) = people.get(&one.intent.message.person.id).filter(|person| person.salt.is_some()) else { return false };
            one.is_answer || consent::verdict(one.intent.message.category, &person.standing, &settings, now) == Verdict::Send
        };
        unwanted.extend(own.into_iter().filter(|one| !wants(one)).map(|one| one.intent.message.id.clone()));
    }
    Ok(unwanted)
}
