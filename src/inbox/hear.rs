//! Taking in what people wrote.

use std::time::Duration;

use futures::future::join_all;

use crate::access::{self, Settings};
use crate::app::{App, Change};
use crate::connections::Connection;
use crate::contacts;
use crate::inbox::answer::{Asked, answer};
use crate::inbox::store::{self, Arrived};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ContactId, InboundId};
use crate::kernel::keyword::{Keyword, Keywords};
use crate::kernel::phone::{Country, Phone};
use crate::messages::{self, Response};
use crate::preferences::{self, Heard, Obeyed};
use crate::providers::Inbound;

/// How often a text is tried that meets others at work, and how long it waits in between.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(50);

/// Keeps what people wrote to a connection, the oldest first, and acts on their keywords: each text once, however often a
/// provider tells it. A number that cannot be read is nobody's and is left out.
///
/// When this returns, everything is durable, so the provider may be told so.
///
/// # Errors
/// [`Error::Internal`]: something was not kept, and the provider must repeat its call or be asked again.
pub async fn hear_all(app: &App, connection: &Connection, inbound: &[Inbound]) -> Result<()> {
    keep_all(app, connection, inbound, connection.provider.signs_calls()).await
}

/// As [`hear_all`], for what the provider said when it was asked: nobody else can have said it, whether it signs its calls or not.
///
/// # Errors
/// As [`hear_all`].
pub async fn hear_asked(app: &App, connection: &Connection, inbound: &[Inbound]) -> Result<()> {
    keep_all(app, connection, inbound, true).await
}

async fn keep_all(app: &App, connection: &Connection, inbound: &[Inbound], is_proven: bool) -> Result<()> {
    if inbound.is_empty() {
        return Ok(());
    }
    let keys: Vec<&str> = inbound.iter().map(|text| text.event_key.as_str()).collect();
    let mut tx = app.db.read().await?;
    let known = store::noted(&mut tx, connection, &keys).await?;
    drop(tx);
    let mut fresh: Vec<&Inbound> = inbound.iter().filter(|text| !known.contains(&text.event_key)).collect();
    fresh.sort_by_key(|text| text.at);
    let mut stopped = Vec::new();
    for text in fresh {
        stopped.extend(hear_at_last(app, connection, text, is_proven).await?);
    }
    join_all(stopped.iter().map(|contact| messages::has_left(app, &connection.subaccount, contact))).await;
    Ok(())
}

/// Takes one text in, at the third try if others hold what it needs: not every provider tells a STOP again. Who stopped by it.
async fn hear_at_last(app: &App, connection: &Connection, inbound: &Inbound, is_proven: bool) -> Result<Option<ContactId>> {
    for _ in 1..TRIES {
        match hear(app, connection, inbound, is_proven).await {
            Err(Error::Busy { .. }) => tokio::time::sleep(PAUSE).await,
            heard => return heard,
        }
    }
    hear(app, connection, inbound, is_proven).await
}

async fn hear(app: &App, connection: &Connection, inbound: &Inbound, is_proven: bool) -> Result<Option<ContactId>> {
    let (mut tx, now) = (app.db.write().await?, app.clock.now());
    let subaccount = &connection.subaccount;
    let cipher = app.cipher.tenant(subaccount);
    let settings = access::settings_of(&mut tx, subaccount).await?;
    let Ok(phone) = preferences::read_phone(&inbound.from, &settings) else {
        tracing::debug!(connection = connection.id.as_str(), "a text came from a sender that is no phone number; it was left out");
        return Ok(None);
    };
    if !store::note(&mut tx, connection, &inbound.event_key, now).await? {
        return Ok(None);
    }
    let person = contacts::ensure(&mut tx, &cipher, subaccount, &[phone], now).await?.pop();
    let person = person.ok_or_else(|| Error::internal("a contact that was just made is not there"))?;
    contacts::relist(&mut tx, subaccount, [&person], now).await?;
    let salt = person.salt.as_deref().ok_or_else(|| Error::internal("a contact that was just made has no salt"))?;
    let found = keywords(&settings, phone).read(&inbound.text);
    let keyword = found.as_ref().map(|found| found.keyword);
    let wording = inbound.text.trim();
    let (obeyed, confirmed) = match keyword {
        Some(keyword) => {
            let heard = Heard { contact: &person.id, keyword, wording, at: inbound.at, is_proven, stop_scope: settings.stop_scope };
            (Some(preferences::obey(&mut tx, app, subaccount, heard, now).await?), None)
        }
        // A yes that anybody could have sent confirms nothing: the link does.
        None if is_proven => (None, preferences::answered(&mut tx, subaccount, &person.id, wording, now).await?),
        None => (None, None),
    };
    let has_confirmed = confirmed.is_some();
    let Obeyed { changed, only, confirmation, mut told } = obeyed.or(confirmed).unwrap_or_else(Obeyed::nothing);
    let arrived = Arrived {
        id: InboundId::new(now),
        contact: person.id.clone(),
        sealed: cipher.person(salt).seal(store::TEXT, inbound.text.as_bytes()),
        keyword,
        changed,
        only,
        confirmation,
        // A stop or start is done; nobody need look at it, unless it was understood from a sentence.
        is_done: has_confirmed || found.as_ref().is_some_and(|f| f.keyword != Keyword::Help && !f.is_sentence),
    };
    store::insert(&mut tx, connection, inbound, &arrived, now).await?;
    store::arrived(&mut tx, subaccount, &arrived, now).await?;
    if !matches!(keyword, Some(Keyword::Stop | Keyword::Start)) {
        messages::respond(&mut tx, subaccount, &person.id, Response::Replied, now).await?;
    }
    let (mut answered, awaits) = (None, confirmation.is_some());
    // A start that is to be confirmed was answered by the question.
    if let Some(found) = found.filter(|_| !inbound.answered && !awaits) {
        let asked = Asked { connection, inbound, person: &person, phone, found: &found, changed, only };
        answered = answer(&mut tx, app, &settings, &asked, now).await?;
    }
    fail::fail_point!("inbound-before-commit");
    tx.commit().await?;
    fail::fail_point!("inbound-after-commit");
    if answered.is_some() || awaits {
        app.wake.notify_one();
    }
    told.extend(answered);
    for announcements in told {
        announcements.send(app);
    }
    app.announce(Change::Conversation { subaccount: subaccount.clone(), contact: person.id.as_str().to_owned() });
    Ok((keyword == Some(Keyword::Stop)).then_some(person.id))
}

/// The keywords that hold for a text from this number.
fn keywords(settings: &Settings, phone: Phone) -> Keywords {
    let iran = Country::parse("IR").ok();
    let is_iranian = [phone.country(), settings.default_country].into_iter().any(|country| Some(country) == iran);
    Keywords::new(settings.keywords.own_words(), is_iranian)
}
