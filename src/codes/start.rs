//! Asking for a code.

use std::time::Duration;

use super::breaker::{self, Watched};
use super::limits::{self, Asked};
use super::store::{self, Challenge, Request};
use super::{LIFE, Purpose, fresh_code, text};
use crate::access::{self, Actor, Permission, Settings};
use crate::app::App;
use crate::contacts::{self, Person};
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::{DAY, HOUR, Millis, rfc3339};
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ChallengeId, MessageId, SubaccountId};
use crate::kernel::language::Language;
use crate::kernel::phone::Phone;
use crate::messages::{self, Announcements, SendRequest, Status};

/// What somebody asks for.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The number.
    pub phone: Phone,
    /// What the code is for.
    pub purpose: Purpose,
    /// The language to write in when the person has chosen none.
    pub language: Option<Language>,
}

/// A challenge that waits for its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// Its id: no secret, and worth nothing without the code.
    pub id: ChallengeId,
    /// When it ends.
    pub expires_at: Millis,
}

/// Sends a code to a number; its person is made when not known. The network that asks is `actor`'s, where it has an address. Needs
/// [`Permission::Send`].
///
/// # Errors
/// [`Error::Invalid`] for a number that gets no messages from here, [`Error::Busy`] when a limit or the breaker stands in the way.
pub async fn start(app: &App, actor: &Actor, ask: &Ask) -> Result<Started> {
    actor.require(Permission::Send)?;
    go(app, actor, ask, true).await
}

/// As [`start`], for anybody who asks: only a number that the subaccount has a contact for gets a message. An unknown one is counted,
/// limited and answered in the same way, and its challenge takes the same tries.
///
/// # Errors
/// As [`start`].
pub async fn start_known(app: &App, actor: &Actor, ask: &Ask) -> Result<Started> {
    go(app, actor, ask, false).await
}

async fn go(app: &App, actor: &Actor, ask: &Ask, anybody: bool) -> Result<Started> {
    let (subaccount, now) = (&actor.subaccount, app.clock.now());
    let mut tx = app.db.write().await?;
    let settings = access::settings_of(&mut tx, subaccount).await?;
    reachable(ask.phone, &settings)?;
    store::stand_in_line(&mut tx, subaccount).await?;
    let cipher = app.cipher.tenant(subaccount);
    let request = request(app, &cipher, actor, ask, now);
    if let Some(until) = limited_until(&mut tx, subaccount, &request, now).await? {
        return Err(busy(until, now));
    }
    if let Some(until) = breaker::stopped_until(&mut tx, subaccount, &Watched::of(&request, ask.phone), now).await? {
        // A stop that was just found must outlast this refusal.
        tx.commit().await?;
        return Err(busy(until, now));
    }
    let person = match anybody {
        true => contacts::ensure(&mut tx, &cipher, subaccount, &[ask.phone], now).await?.pop(),
        false => contacts::find(&mut tx, &cipher, subaccount, &[ask.phone]).await?.pop().flatten().filter(|p| p.salt.is_some()),
    };
    let (started, told) = issue(&mut tx, app, subaccount, &settings, (ask, request, person.as_ref()), now).await?;
    fail::fail_point!("code-before-commit");
    tx.commit().await?;
    fail::fail_point!("code-after-commit");
    told.into_iter().for_each(|announcements| announcements.send(app));
    app.wake.notify_one();
    Ok(started)
}

/// Refuses a number that gets no messages from here, by the same rules as every message.
fn reachable(phone: Phone, settings: &Settings) -> Result<()> {
    if !phone.can_receive_sms() {
        let kind = phone.kind().as_str().replace('_', " ");
        let detail = format!("This is a {kind} number; it cannot receive messages. Use a mobile number.");
        return Err(Error::invalid("phone", "cannot_receive_sms", detail));
    }
    if !settings.allows(phone.country()) {
        let detail = format!("Messages to {} are switched off. An admin can allow it in the settings.", phone.country().name());
        return Err(Error::invalid("phone", "country_not_allowed", detail));
    }
    Ok(())
}

fn busy(until: Millis, now: Millis) -> Error {
    Error::Busy { retry_after: Duration::from_millis((until - now).max(1).unsigned_abs().next_multiple_of(1000)) }
}

/// What is counted of the request: hashes, so that the counts name nobody.
fn request(app: &App, cipher: &TenantCipher, actor: &Actor, ask: &Ask, now: Millis) -> Request {
    let origin = actor.ip.as_deref().map(limits::address_and_network);
    let hash = |what: &str| app.cipher.sign("code origin", what.as_bytes())[..16].to_vec();
    let (address, network) = origin.map(|(address, network)| (hash(&address), hash(&network))).unzip();
    Request {
        id: ChallengeId::new(now),
        purpose: ask.purpose,
        number: cipher.blind(ask.phone.digits()),
        range: cipher.blind_word("code range", &(ask.phone.digits() / breaker::RANGE).to_string()),
        country: ask.phone.country(),
        address,
        network,
        sent: false,
    }
}

async fn limited_until(tx: &mut Tx, subaccount: &SubaccountId, request: &Request, now: Millis) -> Result<Option<Millis>> {
    let asked: Vec<Asked> = store::asked_for_number(tx, subaccount, &request.number, now - DAY, limits::NUMBER_PER_DAY).await?;
    let mut until = limits::number_waits_until(&asked, now);
    let places = [
        ("range_hash", Some(&request.range), limits::RANGE_PER_HOUR),
        ("address_hash", request.address.as_ref(), limits::ADDRESS_PER_HOUR),
        ("network_hash", request.network.as_ref(), limits::NETWORK_PER_HOUR),
    ];
    for (column, hash, most) in places {
        if let Some(hash) = hash {
            let times = store::asked_in(tx, subaccount, column, hash, now - HOUR, most).await?;
            until = until.max(limits::full_until(&times, most, HOUR, now));
        }
    }
    Ok(until)
}

/// Writes the challenge in the place of an older one, and the message that carries its code.
async fn issue(
    tx: &mut Tx,
    app: &App,
    subaccount: &SubaccountId,
    settings: &Settings,
    (ask, mut request, person): (&Ask, Request, Option<&Person>),
    now: Millis,
) -> Result<(Started, Vec<Announcements>)> {
    let mut told = Vec::new();
    let voided = store::void(tx, subaccount, &request.number, ask.purpose).await?;
    told.push(messages::end_secrets(tx, subaccount, &voided, Status::Cancelled, now).await?);
    let (code, expires_at) = (fresh_code(), now + LIFE);
    let message = match person {
        None => None,
        Some(person) => {
            let (message, announcements) = send(tx, app, subaccount, settings, (ask, person, &code, expires_at), now).await?;
            told.push(announcements);
            request.sent = true;
            Some(message)
        }
    };
    let challenge = Challenge {
        contact: person.map(|person| person.id.clone()),
        message,
        code_hash: store::code_hash(&app.cipher, subaccount, &request.id, ask.purpose, &code),
        expires_at,
    };
    store::add(tx, subaccount, &request, &challenge, now).await?;
    Ok((Started { id: request.id, expires_at }, told))
}

async fn send(
    tx: &mut Tx,
    app: &App,
    subaccount: &SubaccountId,
    settings: &Settings,
    (ask, person, code, expires_at): (&Ask, &Person, &str, Millis),
    now: Millis,
) -> Result<(MessageId, Announcements)> {
    let languages: Vec<&Language> =
        [person.standing.language.as_ref(), ask.language.as_ref(), Some(&settings.language)].into_iter().flatten().collect();
    let (text, language) = text::text(ask.purpose, code, &settings.organisation, &languages);
    let request = SendRequest {
        to: ask.phone.e164(),
        text: Some(text),
        language: Some(language.as_str().to_owned()),
        category: Some(Category::Authentication.as_str().to_owned()),
        not_after: Some(rfc3339(expires_at)),
        ..SendRequest::default()
    };
    messages::enqueue_secret(tx, app, subaccount, person, &request, now).await
}
