//! What every operation here is made of.

use serde_json::Value;

use super::confirm::{self, Limit};
use super::store;
use crate::access::{self, Actor, Settings};
use crate::app::App;
use crate::consent::{self, Change, Evidence, Source};
use crate::contacts::{self, Person, Standing};
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ContactId, SubaccountId};
use crate::kernel::language::Language;
use crate::kernel::phone::Phone;
use crate::messages::{self, Announcements, Response};

/// Reads a number as the organisation's people write it.
pub fn read_phone(text: &str, settings: &Settings) -> Result<Phone> {
    Phone::parse(text, settings.default_country)
        .map_err(|e| Error::invalid("phone", e.code(), format!("{e} {}", e.fix()).trim().to_owned()))
}

/// The person with this number, made when not known: a refusal must be kept even before the first message.
pub async fn ensure(app: &App, tx: &mut Tx, subaccount: &SubaccountId, phone: Phone, now: Millis) -> Result<Person> {
    let cipher = app.cipher.tenant(subaccount);
    let found = contacts::ensure(tx, &cipher, subaccount, &[phone], now).await?.pop();
    found.ok_or_else(|| Error::internal("a contact that was just made is not there"))
}

/// The standing of the person with this number; of somebody unknown, the one that everybody begins with.
pub async fn standing(app: &App, tx: &mut Tx, subaccount: &SubaccountId, phone: Phone) -> Result<(Option<ContactId>, Standing)> {
    let cipher = app.cipher.tenant(subaccount);
    let found = contacts::find(tx, &cipher, subaccount, &[phone]).await?.pop().flatten();
    Ok(found.map_or_else(|| (None, Standing::default()), |person| (Some(person.id), person.standing)))
}

/// What is to be changed about one person.
#[derive(Debug, Default)]
pub struct Wish {
    /// For the ledger.
    pub changes: Vec<Change>,
    /// The language to write to them in.
    pub language: Option<Language>,
}

/// What a change of one person came to.
#[derive(Debug)]
pub struct Applied {
    /// Their standing before it.
    pub before: Standing,
    /// Their standing after it.
    pub after: Standing,
    /// What live pages are told after the commit.
    pub told: Vec<Announcements>,
}

/// Does what a wish says as far as it holds at once, and asks the person to confirm the rest where the organisation wants that.
///
/// # Errors
/// When the person may not be asked again.
pub async fn apply(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    contact: &ContactId,
    wish: Wish,
    (evidence, line): (&Evidence, (&str, Value)),
    now: Millis,
) -> Result<Applied> {
    let (applied, limit) = apply_unless(tx, app, actor, contact, (wish, true), (evidence, line), now).await?;
    limit.map_or(Ok(applied), |limit| Err(limit.error()))
}

/// As [`apply`], and says which limit kept the person from being asked. Not `is_proven` is what came by a way that anybody could have
/// used: a START is to be confirmed then, by the link.
pub async fn apply_unless(
    tx: &mut Tx,
    app: &App,
    actor: &Actor,
    contact: &ContactId,
    (mut wish, is_proven): (Wish, bool),
    (evidence, line): (&Evidence, (&str, Value)),
    now: Millis,
) -> Result<(Applied, Option<Limit>)> {
    let subaccount = &actor.subaccount;
    let settings = access::settings_of(tx, subaccount).await?;
    let (_, standing) = contacts::lock(tx, subaccount, &mut vec![contact.clone()]).await?.pop().ok_or(Error::NotFound("contact"))?;
    let (at_once, asking) = confirm::part(&wish.changes, &standing, &settings, !is_proven);
    let (question, limit) = match confirm::fresh(tx, subaccount, contact, &standing, &settings, asking, now).await? {
        Ok(asking) => match confirm::question(tx, app, subaccount, contact, asking, (!is_proven).then_some(false), now).await? {
            Ok(question) => (question, None),
            Err(limit) => (None, Some(limit)),
        },
        Err(limit) => (None, Some(limit)),
    };
    wish.changes = at_once;
    wish.changes.extend(question.iter().flat_map(|question| question.asking.changes()));
    let mut applied = change(tx, subaccount, contact, &wish, evidence, now).await?;
    if let Some(question) = question {
        applied.told.push(confirm::ask(tx, app, subaccount, question, now).await?);
    }
    audit(tx, actor, contact, line, now).await?;
    Ok((applied, limit))
}

/// Changes one person and ends what waits for them in the categories that this closes. The audit line comes last.
pub async fn carry_out(
    tx: &mut Tx,
    actor: &Actor,
    contact: &ContactId,
    wish: &Wish,
    evidence: &Evidence,
    line: (&str, Value),
    now: Millis,
) -> Result<Applied> {
    let applied = change(tx, &actor.subaccount, contact, wish, evidence, now).await?;
    audit(tx, actor, contact, line, now).await?;
    Ok(applied)
}

async fn audit(tx: &mut Tx, actor: &Actor, contact: &ContactId, (action, detail): (&str, Value), now: Millis) -> Result<()> {
    access::audit(tx, actor, action, contact.as_str(), &detail, now).await
}

/// As [`carry_out`], without the audit line.
async fn change(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    contact: &ContactId,
    wish: &Wish,
    evidence: &Evidence,
    now: Millis,
) -> Result<Applied> {
    let settings = access::settings_of(tx, subaccount).await?;
    let (before, mut after) = consent::change(tx, subaccount, contact, &wish.changes, evidence, now).await?;
    let mut told = Vec::new();
    for reason in [consent::OPTED_OUT, consent::STOPPED, consent::NO_CONSENT, consent::PENDING] {
        let closed: Vec<Category> = Category::ALL
            .into_iter()
            .filter(|c| consent::opted_out(*c, &before, &settings).is_none())
            .filter(|c| consent::opted_out(*c, &after, &settings) == Some(reason))
            .collect();
        if !closed.is_empty() {
            told.push(messages::drop_queued(tx, subaccount, contact, Some(&closed), reason, now).await?.1);
        }
    }
    if before.pending & !after.pending != 0 && wish.changes.iter().any(Change::refuses) {
        let questions = store::questions_about_nothing(tx, subaccount, contact, after.pending).await?;
        told.push(messages::drop_these(tx, subaccount, contact, &questions, consent::OPTED_OUT, now).await?);
    }
    if !told.is_empty() && matches!(evidence.source(), Source::Page | Source::Keyword) {
        messages::respond(tx, subaccount, contact, Response::OptedOut, now).await?;
    }
    if let Some(language) = &wish.language {
        contacts::set_language(tx, subaccount, contact, language, now).await?;
        after.language = Some(language.clone());
    }
    Ok(Applied { before, after, told })
}

/// Tells live pages, after the commit, and waits until nothing that the person has refused by it can still leave.
pub async fn finish(app: &App, subaccount: &SubaccountId, contact: &ContactId, told: Vec<Announcements>) {
    for announcements in told {
        announcements.send(app);
    }
    messages::has_left(app, subaccount, contact).await;
}
