//! Finds out what became of attempts whose outcome nobody knows: asks the provider, or gives it the very same submission again
//! where it does not send that twice. A receipt that comes first ends a doubt too. Where nothing helps, the policy of the
//! message's category decides. No transaction is open while a provider is asked.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;

use crate::app::App;
use crate::dispatch::repeat::{self, Open, Way};
use crate::dispatch::retry::{self, Consequence};
use crate::kernel::category::Category;
use crate::kernel::clock::{MINUTE, Millis, SECOND};
use crate::kernel::error::Result;
use crate::messages::{self, CarrierOptOut, Doubt, Resolution, Tally};
use crate::providers::{Lookup, Question, RefusalClass, SendError};

/// Between two looks at what is due.
const ROUND: Duration = Duration::from_millis(500);
/// How many doubts are looked into at once.
const DOUBTS: usize = 64;
/// How long doubts that are being looked into are ours. Longer than a provider may take to answer.
const LEASE: Millis = 30 * SECOND;
/// Between two looks at the same doubt, at least.
const AGAIN: Millis = 5 * SECOND;
/// The longest wait between two repetitions of a submission.
const LONGEST: Millis = 10 * MINUTE;

/// Looks into doubts until the process drains. Every node may: a doubt is taken under a lease.
pub async fn run(app: Arc<App>) {
    while !app.is_draining() {
        match step(&app).await {
            Ok(true) => {}
            Ok(false) => tokio::time::sleep(ROUND).await,
            Err(e) => {
                tracing::error!(error = ?e, "doubts could not be looked into and are again");
                tokio::time::sleep(ROUND).await;
            }
        }
    }
}

/// Looks into what is due; whether a doubt ended.
pub async fn step(app: &App) -> Result<bool> {
    let now = app.clock.now();
    if !messages::has_doubts(&mut app.db.read().await?, now).await? {
        return Ok(false);
    }
    let mut tx = app.db.write_in_bulk().await?;
    let doubts = messages::doubts(&mut tx, now, now + LEASE, DOUBTS).await?;
    let open = repeat::look(&mut tx, app, doubts, now).await?;
    tx.commit().await?;
    let answers = join_all(open.iter().map(|one| ask(app, one))).await;
    settle(app, &open, answers).await
}

/// What a provider said, and what that means beyond the doubt.
struct Answer {
    found: Found,
    consequence: Option<Consequence>,
}

/// What is known after a question.
enum Found {
    /// What a look-up says.
    Told(Lookup),
    /// The submission was refused, the first time and again.
    Refused { code: String, detail: String },
}

impl From<Lookup> for Answer {
    fn from(told: Lookup) -> Self {
        Self { found: Found::Told(told), consequence: None }
    }
}

async fn ask(app: &App, open: &Open) -> Answer {
    let Some(client) = &open.client else { return Lookup::CannotTell.into() };
    let rendered = open.rendered.as_ref();
    let to = rendered.map(|r| r.phone.e164()).unwrap_or_default();
    match (open.way, open.outgoing(&to)) {
        (Way::LookUp, _) => {
            let question = Question {
                attempt: open.doubt.attempt.as_str(),
                to: &to,
                from: open.doubt.message.sender.as_deref().unwrap_or_default(),
                text: rendered.map_or("", |r| r.text.as_str()),
                started_at: open.doubt.started_at,
            };
            client.lookup(&question).await.into()
        }
        (_, Some(outgoing)) => match client.send(&outgoing).await {
            Ok(accepted) => Lookup::Accepted(accepted, None).into(),
            Err(error) => refused(&open.doubt, error, app.clock.now()),
        },
        (_, None) => Lookup::CannotTell.into(),
    }
}

/// What it means that a repetition was not accepted. A refusal for good contradicts an earlier acceptance, which would have been
/// told again; a refusal of the account or of the moment says nothing about the first submission.
fn refused(doubt: &Doubt, error: SendError, at: Millis) -> Answer {
    let (subaccount, connection) = (doubt.message.subaccount.clone(), doubt.connection.clone());
    let nothing = |consequence| Answer { found: Found::Told(Lookup::CannotTell), consequence };
    match error {
        SendError::Refused(refusal) if refusal.class != RefusalClass::Retryable => {
            let opted_out = (refusal.class == RefusalClass::Compliance).then(|| {
                Consequence::OptedOut(CarrierOptOut { subaccount, code: refusal.code.clone(), contact: doubt.message.person.id.clone() })
            });
            Answer { found: Found::Refused { code: refusal.code, detail: refusal.detail }, consequence: opted_out }
        }
        SendError::Throttled { retry_after } => {
            nothing(Some(Consequence::LeaveAlone(subaccount, connection, at + retry::pause_of(retry_after))))
        }
        SendError::Misconfigured { detail } => nothing(Some(Consequence::Misconfigured(subaccount, connection, detail))),
        SendError::Refused(_) | SendError::Unreachable { .. } | SendError::Unknown { .. } => nothing(None),
    }
}

async fn settle(app: &App, open: &[Open], answers: Vec<Answer>) -> Result<bool> {
    let now = app.clock.now();
    let (mut later, mut consequences) = (Vec::new(), Vec::new());
    let mut tx = app.db.write_in_bulk().await?;
    let mut tally = Tally::default();
    let mut has_ended = false;
    for (one, answer) in open.iter().zip(answers) {
        consequences.extend(answer.consequence);
        match conclude(&one.doubt, one.way, answer.found, now) {
            Next::Again(at) => later.push((&one.doubt, at)),
            Next::Ended(resolution) => {
                messages::resolve(&mut tx, &one.doubt, &resolution, now, &mut tally).await?;
                let must_ask = one.client.as_ref().is_some_and(|c| c.capabilities().poll > 0);
                if let (Resolution::Taken { provider_message_id, .. }, true) = (&resolution, must_ask) {
                    messages::await_reports(&mut tx, &[one.doubt.awaited(provider_message_id, now)]).await?;
                }
                has_ended = true;
            }
        }
    }
    messages::postpone(&mut tx, &later).await?;
    retry::apply(&mut tx, &consequences, now).await?;
    let told = tally.write(&mut tx).await?;
    tx.commit().await?;
    told.send(app);
    if has_ended {
        app.wake.notify_one();
    }
    Ok(has_ended)
}

/// What is done about a doubt.
#[derive(Debug, PartialEq, Eq)]
enum Next {
    /// It is over.
    Ended(Resolution),
    /// It is looked into again then.
    Again(Millis),
}

/// What an answer comes to.
fn conclude(doubt: &Doubt, way: Way, found: Found, now: Millis) -> Next {
    match found {
        Found::Told(Lookup::Accepted(accepted, _)) => {
            let cost = accepted.price_micros.unwrap_or_else(|| doubt.message.estimated());
            Next::Ended(Resolution::Taken { provider_message_id: accepted.provider_message_id, cost })
        }
        Found::Told(Lookup::NeverArrived) => Next::Ended(Resolution::NeverArrived),
        Found::Refused { code, detail } => Next::Ended(Resolution::Refused { code, detail }),
        Found::Told(Lookup::CannotTell) => {
            // A second message beats none for codes and transactions, once and visibly; an advertisement is never worth a double.
            let message = &doubt.message;
            let again = message.category != Category::Marketing && !message.possible_duplicate && now < message.not_after;
            let is_code = message.category == Category::Authentication;
            match next_look(way, now - doubt.started_at, again, is_code, now) {
                Some(at) => Next::Again(at),
                None => Next::Ended(if again { Resolution::SendAgain } else { Resolution::GiveUp }),
            }
        }
    }
}

/// When to look again at a doubt that is `waited` old; `None` when it is left to the policy, which sends `again` or gives up.
fn next_look(way: Way, waited: Millis, again: bool, is_code: bool, now: Millis) -> Option<Millis> {
    let can_repeat = matches!(way, Way::Repeat | Way::Busy(_));
    let patience = match way {
        // Sending again could not be earlier.
        Way::Wait(until) => return Some(until.max(now + SECOND)),
        _ if is_code => 20 * SECOND,
        // A repetition brings no double, sending again may: that is worth a wait. Without the choice it goes on to the end.
        Way::Repeat | Way::Busy(_) if again => 10 * MINUTE,
        Way::Repeat | Way::Busy(_) => Millis::MAX,
        Way::LookUp | Way::Nothing => 2 * MINUTE,
    };
    if waited >= patience {
        return None;
    }
    let wait = match way {
        Way::Busy(until) if !is_code => (until - now).max(SECOND),
        Way::Repeat if !is_code => waited.clamp(AGAIN, LONGEST),
        _ => AGAIN,
    };
    let left = if can_repeat { (patience - waited).max(SECOND) } else { wait };
    Some(now + wait.min(left))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::clock::HOUR;

    /// The waits between looks at a doubt until the policy decides or a window of twelve hours is over.
    fn waits(way: Way, again: bool, is_code: bool) -> Vec<Millis> {
        let (mut now, mut waits) = (2 * SECOND, Vec::new());
        while now < 12 * HOUR
            && let Some(at) = next_look(way, now, again, is_code, now)
        {
            waits.push(at - now);
            now = at;
        }
        waits
    }

    #[test]
    fn a_code_is_left_to_the_policy_after_twenty_seconds() {
        for way in [Way::LookUp, Way::Repeat, Way::Busy(HOUR), Way::Nothing] {
            let waits = waits(way, true, true);
            assert!((18..=23).contains(&(waits.iter().sum::<Millis>() / SECOND)), "{way:?}: {waits:?}");
        }
    }

    #[test]
    fn repetitions_grow_rarer_and_give_way_to_the_policy_after_ten_minutes() {
        let all = waits(Way::Repeat, true, false);
        assert_eq!(all[..4], [5, 7, 14, 28].map(|s| s * SECOND));
        assert_eq!(all.iter().sum::<Millis>() + 2 * SECOND, 10 * MINUTE);
        assert_eq!(waits(Way::Nothing, true, false).iter().sum::<Millis>() / MINUTE, 2);
    }

    #[test]
    fn what_would_be_given_up_is_repeated_as_long_as_that_is_safe() {
        let all = waits(Way::Repeat, false, false);
        assert!((75..90).contains(&all.len()), "{}", all.len());
        assert_eq!(all.last(), Some(&LONGEST));
        assert!(all.windows(2).all(|w| w[0] <= w[1]));
    }

    #[test]
    fn what_may_not_leave_waits_without_running_out_of_patience() {
        assert_eq!(next_look(Way::Wait(7 * HOUR), 6 * HOUR, true, false, 6 * HOUR), Some(7 * HOUR));
    }
}
