//! The preference centre by telephone number and code, and what asks for a code even when somebody came by link.

use super::customer::Door;
use super::steps::read_phone;
use crate::access::{self, Actor, Settings, Subaccount};
use crate::app::App;
use crate::codes::{self, Ask, Checked, Purpose};
use crate::consent;
use crate::consent::link::{self, Pass};
use crate::contacts;
use crate::kernel::category::Category;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ChallengeId, ContactId, SubaccountId};
use crate::kernel::language::Language;

/// Whose preference centre a page without a link opens.
#[derive(Clone, Debug)]
pub struct House {
    /// The tenant.
    pub subaccount: SubaccountId,
    /// Its name in addresses; `None` for the one that is meant when none is named.
    pub name: Option<String>,
    /// Who sends the messages.
    pub organisation: String,
    /// The organisation's language.
    pub language: Language,
}

/// What came of a code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof<T> {
    /// It was right.
    Right(T),
    /// It was not.
    Wrong {
        /// How many tries are left.
        attempts_left: i64,
    },
    /// No code is waited for: it was used, is too old, or was tried too often.
    Ended,
}

/// The subaccount of this name, or the one that is meant when none is named.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn house(app: &App, name: Option<&str>) -> Result<House> {
    let mut tx = app.db.read().await?;
    let default = access::existing_default(&mut tx).await?;
    let found = match name {
        Some(name) => access::subaccount_by_name(&mut tx, name).await?,
        None => match &default {
            Some(id) => access::subaccount_by_id(&mut tx, id).await?,
            None => None,
        },
    };
    found.map(|subaccount| entrance(subaccount, default.as_ref())).ok_or(Error::NotFound("page"))
}

/// The subaccount of this id.
///
/// # Errors
/// [`Error::NotFound`] when there is none.
pub async fn house_by_id(app: &App, id: &SubaccountId) -> Result<House> {
    let mut tx = app.db.read().await?;
    let default = access::existing_default(&mut tx).await?;
    let found = access::subaccount_by_id(&mut tx, id).await?;
    found.map(|subaccount| entrance(subaccount, default.as_ref())).ok_or(Error::NotFound("page"))
}

/// Whose page a link opened that opens nothing any more; the usual one's when it does not say.
///
/// # Errors
/// [`Error::NotFound`] when there is no subaccount at all.
pub async fn house_of_token(app: &App, token: &str) -> Result<House> {
    match link::claimed_subaccount(token) {
        None => house(app, None).await,
        Some(id) => match house_by_id(app, &id).await {
            Err(Error::NotFound(_)) => house(app, None).await,
            found => found,
        },
    }
}

fn entrance(subaccount: Subaccount, default: Option<&SubaccountId>) -> House {
    let Settings { organisation, language, .. } = subaccount.settings;
    let name = Some(subaccount.name).filter(|_| default != Some(&subaccount.id));
    House { subaccount: subaccount.id, name, organisation, language }
}

/// Asks for a code that opens the preference centre of a number. Known or not, the answer is the same; only a number that messages go
/// to gets one.
///
/// # Errors
/// [`Error::Invalid`] for a number that cannot be read or gets no messages, [`Error::Busy`] when codes were asked for too often.
pub async fn ask_to_enter(app: &App, house: &House, phone: &str, language: Language, ip: Option<String>) -> Result<ChallengeId> {
    let mut tx = app.db.read().await?;
    let settings = access::settings_of(&mut tx, &house.subaccount).await?;
    drop(tx);
    let ask = Ask { phone: read_phone(phone, &settings)?, purpose: Purpose::Preferences, language: Some(language) };
    let actor = Actor::customer(house.subaccount.clone(), ip);
    Ok(codes::start_known(app, &actor, &ask).await?.id)
}

/// Lets in whoever enters the right code: gives the token of their preference centre.
///
/// # Errors
/// [`Error::Invalid`] for a code that is none.
pub async fn enter(app: &App, house: &House, id: &ChallengeId, code: &str, ip: Option<String>) -> Result<Proof<String>> {
    let actor = Actor::customer(house.subaccount.clone(), ip);
    match codes::check(app, &actor, Purpose::Preferences, id, code).await? {
        Checked::Verified(contact) => Ok(Proof::Right(token(app, Pass::Visit, &house.subaccount, &contact).await?)),
        Checked::Wrong { attempts_left } => Ok(Proof::Wrong { attempts_left }),
        Checked::Ended => Ok(Proof::Ended),
    }
}

async fn token(app: &App, pass: Pass, subaccount: &SubaccountId, contact: &ContactId) -> Result<String> {
    let mut tx = app.db.read().await?;
    let epoch = contacts::link_epoch(&mut tx, subaccount, contact).await?.ok_or(Error::NotFound("contact"))?;
    Ok(link::make(&app.cipher, pass, subaccount, contact, epoch, app.clock.now()).0)
}

/// Sends a code to the person behind a door, for what a link alone does not allow.
///
/// # Errors
/// [`Error::Conflict`] when they stopped codes too, [`Error::Busy`] when codes were asked for too often.
pub async fn ask_for(app: &App, door: &Door, purpose: Purpose, language: Language) -> Result<ChallengeId> {
    let actor = door.actor();
    let mut tx = app.db.read().await?;
    let settings = access::settings_of(&mut tx, &actor.subaccount).await?;
    let person = contacts::by_ids(&mut tx, &actor.subaccount, std::slice::from_ref(door.contact())).await?.remove(door.contact());
    drop(tx);
    let person = person.ok_or(Error::NotFound("contact"))?;
    let phone = person.phone(&app.cipher.tenant(&actor.subaccount))?.ok_or(Error::NotFound("contact"))?;
    if consent::opted_out(Category::Authentication, &person.standing, &settings).is_some() {
        return Err(Error::conflict("All messages are stopped, codes too. Write START to the sender first."));
    }
    let ask = Ask { phone, purpose, language: Some(language) };
    Ok(codes::start_known(app, &actor, &ask).await?.id)
}

/// Checks a code for a purpose of the person behind a door.
///
/// # Errors
/// [`Error::Invalid`] for a code that is none.
pub async fn prove(app: &App, door: &Door, purpose: Purpose, id: &ChallengeId, code: &str) -> Result<Proof<()>> {
    match codes::check(app, &door.actor(), purpose, id, code).await? {
        // Another person's code proves nothing here, even a right one.
        Checked::Verified(contact) if contact == *door.contact() => Ok(Proof::Right(())),
        Checked::Verified(_) | Checked::Ended => Ok(Proof::Ended),
        Checked::Wrong { attempts_left } => Ok(Proof::Wrong { attempts_left }),
    }
}

/// Opens the data of the person behind a door to whoever enters the right code: gives the token of a door that shows them.
///
/// # Errors
/// [`Error::Invalid`] for a code that is none.
pub async fn open_data(app: &App, door: &Door, id: &ChallengeId, code: &str) -> Result<Proof<String>> {
    Ok(match prove(app, door, Purpose::Export, id, code).await? {
        Proof::Right(()) => Proof::Right(token(app, Pass::Data, &door.actor().subaccount, door.contact()).await?),
        Proof::Wrong { attempts_left } => Proof::Wrong { attempts_left },
        Proof::Ended => Proof::Ended,
    })
}
