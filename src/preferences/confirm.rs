//! Double opt-in: what a person is said to agree to waits until they confirm it, by an answer to one text message or by its link.
//!
//! What is pending stands in the person's standing and the ledger says so; a row of `opt_ins` names the text, its link and its end. A
//! refusal that comes meanwhile clears what is pending, and with it whatever the row could have granted.

use std::collections::HashSet;
use std::time::Duration;

use serde_json::json;

use super::keyword::Obeyed;
use super::steps::{self, Applied, Wish};
use super::store::{self, Request};
use crate::access::{self, Actor, Settings};
use crate::app::App;
use crate::connections;
use crate::consent::link::{self, Link, Pass};
use crate::consent::{self, Change, Evidence, Scope, Source};
use crate::contacts::{self, Standing};
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::{DAY, HOUR, Millis, SECOND, rfc3339};
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::{ContactId, MessageId, SubaccountId};
use crate::kernel::keyword;
use crate::kernel::language::Language;
use crate::messages::{self, Announcements, NewMessage, SendRequest};

/// What a confirmation is about. It is asked for, so consent and quiet hours do not hold for it.
const CATEGORY: Category = Category::Account;
/// The text is worth sending for so long; its link lives on.
const WORTH_SENDING: Millis = DAY;
/// How often one person may be asked within [`WINDOW`], whoever asks.
const MOST_ASKED: usize = 3;
const WINDOW: Millis = 30 * DAY;
/// Requests ended in one round of the chores.
const ENDED_AT_ONCE: i64 = 200;
/// What stands for the link in the wording that is kept.
const NO_LINK: &str = "[link]";

/// What is to be confirmed of a wish.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Asking {
    /// Categories, as a set.
    categories: i64,
    /// Whether a total refusal is to be taken back.
    is_start: bool,
}

/// Why somebody is not asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Limit {
    /// They were asked often enough.
    Person,
    /// The organisation asked enough people today.
    Subaccount,
    /// Their number can get no messages.
    Unreachable(FieldErrors),
}

impl Limit {
    /// What a program or user is told.
    pub fn error(self) -> Error {
        match self {
            Self::Person => Error::conflict(format!(
                "This person was asked {MOST_ASKED} times within 30 days. Wait for their answer, or for a few days."
            )),
            Self::Unreachable(faults) => Error::Invalid(faults),
            Self::Subaccount => Error::Busy { retry_after: Duration::from_secs((HOUR / SECOND).unsigned_abs()) },
        }
    }
}

impl Asking {
    fn is_empty(&self) -> bool {
        self.categories == 0 && !self.is_start
    }

    /// The categories in the order of the pages.
    fn list(&self) -> Vec<Category> {
        Category::ALL.into_iter().filter(|category| self.categories & category.bit() != 0).collect()
    }

    /// What the ledger says about it.
    pub fn changes(&self) -> Vec<Change> {
        if self.is_start {
            return vec![Change::Asked(Scope::All)];
        }
        self.list().into_iter().map(|category| Change::Asked(Scope::Only(category))).collect()
    }
}

/// Parts a wish into what holds at once and what has to be confirmed first. A grant that holds already is only recorded again.
/// `confirms_start` says that a START was heard by a way that anybody could have used.
pub(super) fn part(changes: &[Change], standing: &Standing, settings: &Settings, confirms_start: bool) -> (Vec<Change>, Asking) {
    let must = |category: &Category| {
        (confirms_start || settings.double_opt_in.categories.contains(category))
            && (standing.granted & category.bit() == 0 || standing.stopped_at.is_some() || standing.withdrawn & category.bit() != 0)
    };
    let (mut at_once, mut asking) = (Vec::new(), Asking::default());
    for change in changes {
        match change {
            Change::Granted(Scope::Only(category)) if must(category) => asking.categories |= category.bit(),
            Change::Granted(Scope::All) if Category::ALL.iter().any(must) => {
                for category in Category::ALL {
                    if must(&category) {
                        asking.categories |= category.bit();
                    } else {
                        at_once.push(Change::Granted(Scope::Only(category)));
                    }
                }
            }
            Change::Started if confirms_start && standing.stopped_at.is_some() => {
                let all = Category::ALL.iter().filter(|category| **category != Category::Authentication);
                asking = Asking { categories: all.fold(0, |set, category| set | category.bit()), is_start: true };
            }
            change => at_once.push(change.clone()),
        }
    }
    (at_once, asking)
}

/// What of it is not being asked already; or the limit that forbids to ask. The person is locked.
pub(super) async fn fresh(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    contact: &ContactId,
    standing: &Standing,
    settings: &Settings,
    mut asking: Asking,
    now: Millis,
) -> Result<Result<Asking, Limit>> {
    let requests = store::requests(tx, subaccount, contact, now - WINDOW).await?;
    for open in requests.iter().filter(|request| is_open(request, now)) {
        let still = open.categories & standing.pending;
        if still == 0 {
            // A refusal came in between: its link must not confirm what is asked now.
            store::end(tx, subaccount, contact, open.asked_at, "refused", now).await?;
        } else if open.is_start && asking.is_start {
            asking = Asking::default();
        } else if open.is_start == asking.is_start {
            asking.categories &= !still;
        }
    }
    if asking.is_empty() {
        return Ok(Ok(asking));
    }
    if requests.len() >= MOST_ASKED {
        return Ok(Err(Limit::Person));
    }
    if store::asked_since(tx, subaccount, now - DAY).await? >= i64::from(settings.double_opt_in.per_day) {
        return Ok(Err(Limit::Subaccount));
    }
    Ok(Ok(asking))
}

fn is_open(request: &Request, now: Millis) -> bool {
    request.ended_at.is_none() && request.expires_at > now
}

/// The one text that asks a person to confirm, ready to go.
#[derive(Debug)]
pub(super) struct Question {
    /// What it asks.
    pub asking: Asking,
    contact: ContactId,
    row: Request,
    message: NewMessage,
}

/// Makes the text that asks for it; `None` when nothing is to be asked, and the limit when the number can get none. `by_answer` says
/// whether an answer will be believed.
pub(super) async fn question(
    tx: &mut Tx,
    app: &App,
    subaccount: &SubaccountId,
    contact: &ContactId,
    asking: Asking,
    by_answer: Option<bool>,
    now: Millis,
) -> Result<Result<Option<Question>, Limit>> {
    if asking.is_empty() {
        return Ok(Ok(None));
    }
    let settings = access::settings_of(tx, subaccount).await?;
    let person = contacts::by_ids(tx, subaccount, std::slice::from_ref(contact)).await?.remove(contact);
    let person = person.ok_or(Error::NotFound("contact"))?;
    let phone = person.phone(&app.cipher.tenant(subaccount))?.ok_or(Error::NotFound("contact"))?;
    let link_epoch = contacts::link_epoch(tx, subaccount, contact).await?.ok_or(Error::NotFound("contact"))?;
    // Two requests of one person never carry the same instant, which names them.
    let last = store::requests(tx, subaccount, contact, Millis::MIN).await?.first().map_or(Millis::MIN, |request| request.asked_at);
    let asked_at = now.max(last.saturating_add(1));
    let expires_at = (now + settings.double_opt_in.life()) / SECOND * SECOND;
    let link = Link { pass: Pass::OptIn, subaccount: subaccount.clone(), contact: contact.clone(), epoch: asked_at, expires_at };
    let url = format!("{}/o/{}", app.config.link_url, link::token(&app.cipher, &link));
    let by_answer = match by_answer {
        Some(known) => known,
        None => connections::all(tx, &app.cipher.tenant(subaccount), subaccount).await?.iter().any(|c| c.provider.signs_calls()),
    };
    let languages = [person.standing.language.as_ref(), Some(&settings.language)];
    let languages: Vec<&Language> = languages.into_iter().flatten().collect();
    let worded = |link: &str| settings.double_opt_in.text(&languages, &settings.organisation, &asking.list(), by_answer, link);
    let (text, language) = worded(&url);
    let request = SendRequest {
        to: phone.e164(),
        text: Some(text),
        language: Some(language.as_str().to_owned()),
        category: Some(CATEGORY.as_str().to_owned()),
        not_after: Some(rfc3339(expires_at.min(now + WORTH_SENDING))),
        ..SendRequest::default()
    };
    let message = match messages::compose_single(tx, app, subaccount, &person, &request, now).await {
        Err(Error::Invalid(faults)) => return Ok(Err(Limit::Unreachable(faults))),
        composed => composed?,
    };
    let row = Request {
        asked_at,
        categories: asking.categories,
        is_start: asking.is_start,
        wording: worded(NO_LINK).0,
        link_epoch,
        expires_at,
        ended_at: None,
        outcome: None,
    };
    Ok(Ok(Some(Question { asking, contact: person.id, row, message })))
}

/// Sends it.
pub(super) async fn ask(tx: &mut Tx, app: &App, subaccount: &SubaccountId, question: Question, now: Millis) -> Result<Announcements> {
    let Question { contact, row, message, .. } = question;
    let settings = access::settings_of(tx, subaccount).await?;
    let cipher = app.cipher.tenant(subaccount);
    let (_, told) = messages::enqueue(tx, &cipher, subaccount, &settings, std::slice::from_ref(&message), now).await?;
    store::insert(tx, subaccount, &contact, &row, &message.id).await?;
    Ok(told)
}

/// Understands the answer of somebody who was asked to confirm; nothing when it is no yes, or nobody asked. A step.
pub async fn answered(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId, text: &str, now: Millis) -> Result<Option<Obeyed>> {
    if keyword::is_yes(text) { said_yes(tx, subaccount, contact, text, now).await } else { Ok(None) }
}

/// Grants what a person was asked to confirm, who agreed in these words; nothing when nobody asked. A step.
pub(super) async fn said_yes(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    contact: &ContactId,
    text: &str,
    now: Millis,
) -> Result<Option<Obeyed>> {
    let (_, standing) = contacts::lock(tx, subaccount, &mut vec![contact.clone()]).await?.pop().ok_or(Error::NotFound("contact"))?;
    let mut open = store::requests(tx, subaccount, contact, now - WINDOW).await?;
    open.retain(|request| is_open(request, now) && request.categories & standing.pending != 0);
    if open.is_empty() {
        return Ok(None);
    }
    let evidence = Evidence::from_outside(Source::Keyword).with_reason(Some("They answered the text that asked them to confirm.".into()));
    let actor = Actor::system(subaccount.clone());
    let Applied { told, .. } = grant(tx, &actor, contact, &open, &standing, (&evidence, text), now).await?;
    Ok(Some(Obeyed { changed: true, told, ..Obeyed::nothing() }))
}

/// Grants what these requests were about, as far as it is still pending.
pub(super) async fn grant(
    tx: &mut Tx,
    actor: &Actor,
    contact: &ContactId,
    requests: &[Request],
    standing: &Standing,
    (evidence, answer): (&Evidence, &str),
    now: Millis,
) -> Result<Applied> {
    let subaccount = &actor.subaccount;
    let mut changes = Vec::new();
    // What takes a total refusal back comes first: a grant after a stop would leave the other categories refused.
    for request in requests.iter().filter(|r| r.is_start).chain(requests.iter().filter(|r| !r.is_start)) {
        let asking = Asking { categories: request.categories & standing.pending, is_start: request.is_start };
        if asking.is_start {
            changes.push(Change::Started);
        } else {
            changes.extend(asking.list().into_iter().map(|category| Change::Granted(Scope::Only(category))));
        }
        store::end(tx, subaccount, contact, request.asked_at, "confirmed", now).await?;
    }
    let asked: Vec<&str> = requests.iter().map(|request| request.wording.as_str()).collect();
    let evidence = evidence.clone().with_wording(format!("{} — {}", asked.join(" / "), answer.trim()));
    let wish = Wish { changes, language: None };
    let line = ("consent.confirm", json!({ "requests": requests.len() }));
    steps::carry_out(tx, actor, contact, &wish, &evidence, line, now).await
}

/// Ends what was not confirmed in time, in every subaccount; how many requests. For the chores.
pub async fn lapse(app: &App) -> Result<u64> {
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let overdue = store::overdue(&mut tx, now, ENDED_AT_ONCE).await?;
    drop(tx);
    let mut ended = 0;
    for (subaccount, contact, asked_at) in overdue {
        let mut tx = app.db.write_in_bulk().await?;
        let (_, standing) =
            contacts::lock(&mut tx, &subaccount, &mut vec![contact.clone()]).await?.pop().ok_or(Error::NotFound("contact"))?;
        let requests = store::requests(&mut tx, &subaccount, &contact, asked_at - 1).await?;
        let Some(over) = requests.iter().find(|request| request.asked_at == asked_at) else { continue };
        // Another process may have been here; what was asked again later goes on.
        if !store::end(&mut tx, &subaccount, &contact, asked_at, "lapsed", now).await? {
            continue;
        }
        let later = requests.iter().filter(|request| is_open(request, now)).fold(0, |set, request| set | request.categories);
        let asking = Asking { categories: over.categories & standing.pending & !later, is_start: over.is_start };
        let changes: Vec<Change> = asking.list().into_iter().map(|category| Change::Lapsed(Scope::Only(category))).collect();
        if !changes.is_empty() {
            let evidence = Evidence::from_outside(Source::Time).with_reason(Some("The confirmation did not come in time.".into()));
            consent::change(&mut tx, &subaccount, &contact, &changes, &evidence, now).await?;
            let actor = Actor::system(subaccount.clone());
            access::audit(&mut tx, &actor, "consent.lapse", contact.as_str(), &json!({ "categories": changes.len() }), now).await?;
        }
        tx.commit().await?;
        ended += 1;
    }
    Ok(ended)
}

/// Which of these messages ask for a confirmation that is still waited for: they go although the category of what they ask is closed.
/// A step, for the gate.
pub async fn confirmations_among(tx: &mut Tx, subaccount: &SubaccountId, ids: &[&MessageId]) -> Result<HashSet<MessageId>> {
    store::open_among(tx, subaccount, ids).await
}

/// Forgets what an erased person was asked. A step.
pub async fn forget(tx: &mut Tx, subaccount: &SubaccountId, contact: &ContactId) -> Result<()> {
    store::forget(tx, subaccount, contact).await
}
