//! What every operation here is made of.

use serde_json::Value;

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

/// Changes one person and ends what waits for them in the categories that this closes. The audit line comes last.
pub async fn apply(
    tx: &mut Tx,
    actor: &Actor,
    contact: &ContactId,
    wish: &Wish,
    evidence: &Evidence,
    (action, detail): (&str, Value),
    now: Millis,
) -> Result<Applied> {
    let subaccount = &actor.subaccount;
    let settings = access::settings_of(tx, subaccount).await?;
    let (before, mut after) = consent::change(tx, subaccount, contact, &wish.changes, evidence, now).await?;
    let mut told = Vec::new();
    for reason in [consent::OPTED_OUT, consent::STOPPED, consent::NO_CONSENT] {
        let closed: Vec<Category> = Category::ALL
            .into_iter()
            .filter(|c| consent::opted_out(*c, &before, &settings).is_none())
            .filter(|c| consent::opted_out(*c, &after, &settings) == Some(reason))
            .collect();
        if !closed.is_empty() {
            told.push(messages::drop_queued(tx, subaccount, contact, Some(&closed), reason, now).await?.1);
        }
    }
    if !told.is_empty() && matches!(evidence.source(), Source::Page | Source::Keyword) {
        messages::respond(tx, subaccount, contact, Response::OptedOut, now).await?;
    }
    if let Some(language) = &wish.language {
        contacts::set_language(tx, subaccount, contact, language, now).await?;
        after.language = Some(language.clone());
    }
    access::audit(tx, actor, action, contact.as_str(), &detail, now).await?;
    Ok(Applied { before, after, told })
}

/// Tells live pages, after the commit.
pub fn tell(app: &App, told: Vec<Announcements>) {
    for announcements in told {
        announcements.send(app);
    }
}
