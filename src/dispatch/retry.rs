//! What a provider's answer means for a message: done, again later, or never.

use std::time::Duration;

use crate::connections;
use crate::db::Tx;
use crate::dispatch::gate::Cleared;
use crate::dispatch::leave::Outcome;
use crate::kernel::category::Category;
use crate::kernel::clock::{MINUTE, Millis, SECOND};
use crate::kernel::error::Result;
use crate::kernel::id::{ConnectionId, SubaccountId, random_u64};
use crate::messages::{self, CarrierOptOut, Settled};
use crate::providers::{RefusalClass, SendError};

/// How often a provider is asked for one message, by category: codes are worth nothing later.
fn most_attempts(category: Category) -> i64 {
    match category {
        Category::Authentication => 3,
        _ => 6,
    }
}

/// The wait after attempt `n` (from 1): 2 s, 8 s, 32 s, … at most 15 minutes, and up to half as much again
/// by chance, so that many messages do not come back at once.
fn backoff(n: i64, category: Category) -> Millis {
    let base = if category == Category::Authentication { SECOND } else { 2 * SECOND };
    let exponent = u32::try_from((n - 1).clamp(0, 5)).unwrap_or(0);
    let wait = (base * 4_i64.pow(exponent)).min(15 * MINUTE);
    wait + (random_u64() % (wait as u64 / 2 + 1)) as Millis
}

/// How long a connection is left alone whose provider asked for a slower pace, and maybe said for how long.
pub fn pause_of(retry_after: Option<Duration>) -> Millis {
    retry_after.map_or(SECOND, |after| Millis::try_from(after.as_millis()).unwrap_or(Millis::MAX / 2))
}

/// What an answer means beyond its message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Consequence {
    /// The connection is to be left alone until then.
    LeaveAlone(SubaccountId, ConnectionId, Millis),
    /// The connection's credentials are wrong: stop using it.
    Misconfigured(SubaccountId, ConnectionId, String),
    /// The carrier says that the person opted out.
    OptedOut(CarrierOptOut),
}

/// Judges what came of a message.
pub fn judge(cleared: &Cleared, outcome: Outcome, at: Millis) -> (Settled, Option<Consequence>) {
    let Outcome::Told(answer) = outcome else { return (Settled::Recalled, None) };
    let message = &cleared.intent.message;
    let n = message.attempts + 1;
    // Another connection may take at once what this one definitely did not.
    let pause = |wait: Millis| if cleared.has_another { 0 } else { wait };
    let later = |code: &str, detail: String, wait: Millis| {
        let due_at = at + pause(wait);
        if n >= most_attempts(message.category) || due_at > message.not_after {
            Settled::Failed { code: code.to_owned(), detail, retryable: true }
        } else {
            Settled::Retry { due_at, code: code.to_owned(), detail }
        }
    };
    match answer {
        Ok(accepted) => {
            let cost = accepted.price_micros.unwrap_or(cleared.intent.estimated);
            (Settled::Accepted { provider_message_id: accepted.provider_message_id, cost }, None)
        }
        Err(SendError::Refused(refusal)) => match refusal.class {
            RefusalClass::Retryable => (later(&refusal.code, refusal.detail, backoff(n, message.category)), None),
            RefusalClass::Permanent => (Settled::Failed { code: refusal.code, detail: refusal.detail, retryable: false }, None),
            RefusalClass::Compliance => {
                let opted_out = Consequence::OptedOut(CarrierOptOut {
                    subaccount: message.subaccount.clone(),
                    code: refusal.code.clone(),
                    contact: message.person.id.clone(),
                });
                (Settled::Failed { code: refusal.code, detail: refusal.detail, retryable: false }, Some(opted_out))
            }
        },
        Err(SendError::Throttled { retry_after }) => {
            let wait = pause_of(retry_after);
            let detail = "The provider asked for a slower pace.".to_owned();
            (
                Settled::Retry { due_at: at + pause(wait), code: "throttled".into(), detail },
                Some(Consequence::LeaveAlone(message.subaccount.clone(), cleared.intent.connection.clone(), at + wait)),
            )
        }
        Err(SendError::Unreachable { detail }) => (later("unreachable", detail, backoff(n, message.category)), None),
        Err(SendError::Misconfigured { detail }) => (
            Settled::Retry { due_at: at + pause(MINUTE), code: "misconfigured".into(), detail: detail.clone() },
            Some(Consequence::Misconfigured(message.subaccount.clone(), cleared.intent.connection.clone(), detail)),
        ),
        Err(SendError::Unknown { detail }) => (Settled::Unknown { detail }, None),
    }
}

/// Writes what answers mean beyond their messages.
pub async fn apply(tx: &mut Tx, consequences: &[Consequence], now: Millis) -> Result<()> {
    let mut opted_out = Vec::new();
    for consequence in consequences {
        match consequence {
            Consequence::LeaveAlone(subaccount, connection, until) => connections::block_until(tx, subaccount, connection, *until).await?,
            Consequence::Misconfigured(subaccount, connection, why) => {
                tracing::warn!(connection = connection.as_str(), "the provider refused our credentials; the connection is paused");
                connections::pause(tx, subaccount, connection, why, now).await?;
            }
            Consequence::OptedOut(person) => opted_out.push(person.clone()),
        }
    }
    messages::carrier_opt_outs(tx, opted_out, now).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_are_bounded() {
        for n in 1..20 {
            let wait = backoff(n, Category::Order);
            assert!((2 * SECOND..=23 * MINUTE).contains(&wait), "{wait}");
        }
        assert!(backoff(1, Category::Authentication) <= 2 * SECOND);
    }
}
