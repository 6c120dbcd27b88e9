//! Accepting single messages: accepted means committed.

use std::collections::{BTreeMap, HashMap};

use crate::access::idempotency::{self, Begin, Call};
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::connections;
use crate::contacts::{self, Standing};
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::SubaccountId;
use crate::kernel::own_link::OwnLink;
use crate::kernel::phone::Phone;
use crate::messages::compose::{Desk, Draft, SendRequest, compose};
use crate::messages::enqueue::{NewMessage, enqueue};
use crate::messages::links::PersonalLinks;
use crate::messages::status::Status;
use crate::messages::tally::Announcements;
use crate::messages::view::{Amount, Message};

/// One call to send.
#[derive(Clone, Debug)]
pub struct SendCall {
    /// Who sends.
    pub actor: Actor,
    /// What.
    pub request: SendRequest,
    /// What makes a repeated call harmless.
    pub idempotency: Option<Call>,
}

/// What a call to send gives.
#[derive(Clone, Debug, PartialEq)]
pub enum Sending {
    /// A new message.
    New(Box<Message>),
    /// The call was made before: its answer then, as JSON.
    Replayed(String),
}

/// Accepts one message.
pub async fn send(app: &App, actor: &Actor, request: SendRequest) -> Result<Message> {
    actor.require(Permission::Send)?;
    let call = SendCall { actor: actor.clone(), request, idempotency: None };
    match send_all(app, vec![call]).await.pop() {
        Some(Ok(Sending::New(message))) => Ok(*message),
        Some(Err(e)) => Err(e),
        _ => Err(Error::internal("a call without a key was replayed")),
    }
}

/// Accepts one message once: the same call again gives the answer of the first.
pub async fn send_once(app: &App, actor: &Actor, request: SendRequest, once: Call) -> Result<Sending> {
    actor.require(Permission::Send)?;
    let call = SendCall { actor: actor.clone(), request, idempotency: Some(once) };
    send_all(app, vec![call]).await.pop().unwrap_or_else(|| Err(Error::internal("a call was not answered")))
}

/// Accepts messages in one transaction. A refused call does not hinder the others; a fault of the database
/// is everybody's.
pub(super) async fn send_all(app: &App, calls: Vec<SendCall>) -> Vec<Result<Sending>> {
    let count = calls.len();
    match try_send_all(app, calls).await {
        Ok((results, announcements)) => {
            for announcement in announcements {
                announcement.send(app);
            }
            app.wake.notify_one();
            results
        }
        // Somebody else held what they needed: all may ask again.
        Err(Error::Busy { retry_after }) => (0..count).map(|_| Err(Error::Busy { retry_after })).collect(),
        Err(e) => {
            let why = e.to_string();
            tracing::error!(error = ?e, calls = count, "messages could not be accepted");
            (0..count).map(|_| Err(Error::internal(why.clone()))).collect()
        }
    }
}

async fn try_send_all(app: &App, calls: Vec<SendCall>) -> Result<(Vec<Result<Sending>>, Vec<Announcements>)> {
    let now = app.clock.now();
    let mut tx = app.db.write().await?;
    let mut desks: HashMap<SubaccountId, Desk> = HashMap::new();
    for SendCall { actor, .. } in &calls {
        if !desks.contains_key(&actor.subaccount) {
            desks.insert(actor.subaccount.clone(), desk(&mut tx, app, &actor.subaccount, now).await?);
        }
    }
    let known = standings(&mut tx, &calls, &desks).await?;
    let mut results: Vec<Option<Result<Sending>>> = Vec::with_capacity(calls.len());
    // In one order for all batches, as people are: two with the same two tenants do not wait for each other.
    let mut drafts: BTreeMap<SubaccountId, Vec<(usize, Draft)>> = BTreeMap::new();
    let mut twins = Vec::new();
    for (i, call) in calls.iter().enumerate() {
        let subaccount = &call.actor.subaccount;
        results.push(match begin(&mut tx, call, &desks[subaccount], known.get(&i), now).await {
            Ok(Started::Draft(draft)) => {
                drafts.entry(subaccount.clone()).or_default().push((i, *draft));
                None
            }
            Ok(Started::Twin) => {
                twins.push(i);
                None
            }
            Ok(Started::Replay(answer)) => Some(Ok(Sending::Replayed(answer))),
            // After a fault of the database nothing more can be done in this transaction.
            Err(e @ (Error::Internal(_) | Error::Busy { .. })) => return Err(e),
            Err(e) => Some(Err(e)),
        });
    }
    let mut announcements = Vec::new();
    for (subaccount, drafts) in drafts {
        let told = queue(&mut tx, app, &subaccount, &desks[&subaccount], &calls, drafts, &mut results, now).await?;
        announcements.push(told);
    }
    for i in twins {
        results[i] = match begin(&mut tx, &calls[i], &desks[&calls[i].actor.subaccount], known.get(&i), now).await {
            Ok(Started::Replay(answer)) => Some(Ok(Sending::Replayed(answer))),
            Ok(_) => Some(Err(Begin::Running.refusal())),
            Err(e) => Some(Err(e)),
        };
    }
    fail::fail_point!("send-before-commit");
    tx.commit().await?;
    fail::fail_point!("send-after-commit");
    let results = results.into_iter().map(|r| r.unwrap_or_else(|| Err(Error::internal("a call was not answered")))).collect();
    Ok((results, announcements))
}

/// What is known about the people whose own choices count for what they are sent, by the place of their call: asked once for
/// all calls of a subaccount.
async fn standings(tx: &mut Tx, calls: &[SendCall], desks: &HashMap<SubaccountId, Desk>) -> Result<HashMap<usize, Standing>> {
    let mut known = HashMap::new();
    for (subaccount, desk) in desks {
        let theirs = calls.iter().enumerate().filter(|(_, call)| call.actor.subaccount == *subaccount && call.request.follows_the_person());
        let read = theirs.filter_map(|(i, call)| Some((i, Phone::parse(&call.request.to, desk.settings.default_country).ok()?)));
        let (places, phones): (Vec<usize>, Vec<Phone>) = read.unzip();
        if phones.is_empty() {
            continue;
        }
        let people = contacts::find(tx, &desk.cipher, subaccount, &phones).await?;
        known.extend(places.into_iter().zip(people).filter_map(|(i, person)| Some((i, person?.standing))));
    }
    Ok(known)
}

enum Started {
    Draft(Box<Draft>),
    /// The same request stands earlier in this very batch.
    Twin,
    Replay(String),
}

/// Takes a call's idempotency key and checks it; a refused call gives its key back.
async fn begin(tx: &mut Tx, call: &SendCall, desk: &Desk, standing: Option<&Standing>, now: Millis) -> Result<Started> {
    if let Some(key) = &call.idempotency {
        match idempotency::begin(tx, key, now).await? {
            Begin::Fresh => {}
            Begin::Replay(answer) => return Ok(Started::Replay(answer)),
            Begin::Running => return Ok(Started::Twin),
            other @ Begin::OtherBody => return Err(other.refusal()),
        }
    }
    match (compose(tx, &call.actor.subaccount, desk, &call.request, standing, now).await, &call.idempotency) {
        (Ok(draft), _) => Ok(Started::Draft(Box::new(draft))),
        (Err(e), None) => Err(e),
        (Err(e), Some(key)) => {
            idempotency::forget(tx, key).await?;
            Err(e)
        }
    }
}

/// What requests of a subaccount are held against, as it stands now.
pub(super) async fn desk(tx: &mut Tx, app: &App, subaccount: &SubaccountId, now: Millis) -> Result<Desk> {
    Ok(Desk {
        settings: access::settings_of(tx, subaccount).await?,
        connections: connections::all(tx, &app.cipher.tenant(subaccount), subaccount).await?,
        prices: connections::prices(tx, subaccount, now).await?,
        own: app.links(),
        cipher: app.cipher.tenant(subaccount),
    })
}

#[expect(clippy::too_many_arguments, reason = "one transaction's parts, passed once")]
async fn queue(
    tx: &mut Tx,
    app: &App,
    subaccount: &SubaccountId,
    desk: &Desk,
    calls: &[SendCall],
    mut drafts: Vec<(usize, Draft)>,
    results: &mut [Option<Result<Sending>>],
    now: Millis,
) -> Result<Announcements> {
    let cipher = app.cipher.tenant(subaccount);
    let phones: Vec<_> = drafts.iter().map(|(_, d)| d.phone).collect();
    let people = contacts::ensure(tx, &cipher, subaccount, &phones, now).await?;
    let asking: Vec<_> = drafts.iter().zip(&people).filter(|((_, draft), _)| !draft.links.is_empty()).map(|(_, p)| p.id.clone()).collect();
    let links = PersonalLinks::of(tx, app, subaccount, &OwnLink::ALL, &asking).await?;
    drafts.iter_mut().zip(&people).for_each(|((_, draft), person)| draft.settle(&links, &person.id, now));
    contacts::relist(tx, subaccount, &people, now).await?;
    let messages: Vec<NewMessage> = drafts.iter().zip(&people).map(|((_, d), p)| d.message(p, &desk.settings, now)).collect();
    let (_, announcements) = enqueue(tx, &cipher, subaccount, &desk.settings, &messages, now).await?;
    for ((i, draft), message) in drafts.iter().zip(&messages) {
        let answer = answer(draft, message, now);
        if let Some(key) = &calls[*i].idempotency {
            idempotency::finish(tx, key, &serde_json::to_string(&answer).map_err(Error::internal)?).await?;
        }
        results[*i] = Some(Ok(Sending::New(Box::new(answer))));
    }
    Ok(announcements)
}

/// The message as it stands at acceptance. The caller wrote number and text, so both are shown.
fn answer(draft: &Draft, message: &NewMessage, now: Millis) -> Message {
    Message {
        id: message.id.as_str().to_owned(),
        to: draft.phone.e164(),
        status: if message.due_at > now { Status::Scheduled } else { Status::Queued },
        reason: None,
        category: draft.category.as_str().to_owned(),
        text: Some(draft.text.clone()),
        segments: i64::from(draft.measure.segments),
        encoding: draft.measure.encoding.as_str().to_owned(),
        language: draft.language.as_ref().map(|l| l.as_str().to_owned()),
        country: draft.phone.country().as_str().to_owned(),
        from: message.sender.clone(),
        connection: message.connection.clone(),
        provider: None,
        provider_message_id: None,
        campaign: None,
        template: draft.template.as_ref().map(|(_, _, code)| code.clone()),
        template_version: draft.template.as_ref().map(|(_, version, _)| *version),
        variant: None,
        cost: None,
        estimated_cost: Amount::new(draft.estimated, message.currency),
        error: None,
        possible_duplicate: false,
        reference: message.reference.clone(),
        metadata: message.metadata.as_deref().and_then(|m| serde_json::from_str(m).ok()),
        created_at: now,
        send_at: message.due_at,
        submitted_at: None,
        sent_at: None,
        delivered_at: None,
        text_removed_at: None,
    }
}
