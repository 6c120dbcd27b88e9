//! How cleared messages leave: those of campaigns in company, where a provider takes many in one call; all others alone.
//!
//! A call takes one place at its connection, however many messages it carries. Each message is an attempt of its own,
//! committed before the call and settled by its own result: a crash in between leaves all of them in doubt.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;
use std::time::Duration;

use crate::app::App;
use crate::dispatch::gate::Cleared;
use crate::dispatch::load::InFlight;
use crate::dispatch::rates::pace::Lane;
use crate::dispatch::retry;
use crate::dispatch::wanted;
use crate::dispatch::window::Window;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::providers::{Accepted, Outgoing, SendError};

/// A message, when it came back, and what came of it.
pub type Answer = (Cleared, Millis, Outcome);

/// What came of a message that was cleared.
#[derive(Debug)]
pub enum Outcome {
    /// The provider's answer.
    Told(Result<Accepted, SendError>),
    /// It did not leave: its person wants it no longer, or not now.
    Recalled,
}

/// What came of one call.
#[derive(Debug)]
pub struct Answered {
    /// An answer for each of its messages.
    pub answers: Vec<Answer>,
    _in_flight: InFlight,
}

/// Parts what one turn cleared into calls. Messages share one when they go to the same connection at the same instant;
/// none waits for company that is not there yet.
pub fn calls(cleared: Vec<Cleared>) -> Vec<Vec<Cleared>> {
    grouped(cleared, |one| {
        let most = one.client.capabilities().batch;
        let shares = most > 1 && Lane::of(&one.intent.message) == Lane::Bulk && one.client.may_share(&outgoing(one));
        shares.then(|| ((one.intent.connection.clone(), one.not_before), most))
    })
}

/// Groups with the same key, of at most so many, in the order of their first; alone what has no key.
fn grouped<T, K: Eq + Hash>(all: Vec<T>, company: impl Fn(&T) -> Option<(K, usize)>) -> Vec<Vec<T>> {
    let mut groups: Vec<Vec<T>> = Vec::new();
    let mut open: HashMap<K, usize> = HashMap::new();
    for one in all {
        let Some((key, most)) = company(&one) else {
            groups.push(vec![one]);
            continue;
        };
        match open.get(&key).and_then(|at| groups.get_mut(*at)).filter(|group| group.len() < most) {
            Some(group) => group.push(one),
            None => {
                open.insert(key, groups.len());
                groups.push(vec![one]);
            }
        }
    }
    groups
}

/// Makes a call when the limits let its messages leave, as soon as their connection has a place for it.
pub async fn leave(call: Vec<Cleared>, window: Arc<Window>, app: Arc<App>, in_flight: InFlight) -> Answered {
    let answered = |answers| Answered { answers, _in_flight: in_flight };
    let Some(first) = call.first() else { return answered(Vec::new()) };
    let (lane, not_before) = (Lane::of(&first.intent.message), first.not_before);
    let clock = &app.clock;
    let wait = u64::try_from(not_before - clock.now()).unwrap_or(0);
    tokio::time::sleep(Duration::from_millis(wait)).await;
    let _place = window.enter(lane).await;
    if let Some(rest) = window.blocked(clock.now()) {
        let at = clock.now();
        let paused = || Outcome::Told(Err(SendError::Throttled { retry_after: Some(rest) }));
        return answered(call.into_iter().map(|one| (one, at, paused())).collect());
    }
    let (call, unwanted) = wanted::part(&app, call).await;
    let recalled_at = clock.now();
    let recalled = unwanted.into_iter().map(|one| (one, recalled_at, Outcome::Recalled));
    let Some(first) = call.first() else { return answered(recalled.collect()) };
    let mut results = match &*call {
        [only] => vec![only.client.send(&outgoing(only)).await],
        many => first.client.send_many(&many.iter().map(outgoing).collect::<Vec<_>>()).await,
    };
    fail::fail_point!("dispatch-after-answer");
    let at = clock.now();
    // A client that gives too few results has still asked for all.
    results.resize_with(call.len(), || Err(SendError::Unknown { detail: "The provider's client gave no result.".into() }));
    for result in &results {
        if let Err(SendError::Throttled { retry_after }) = result {
            // What is on its way to the same provider stops here; every process stops with the outcome's commit.
            window.block_until(at + retry::pause_of(*retry_after));
        }
    }
    answered(call.into_iter().zip(results).map(|(one, result)| (one, at, Outcome::Told(result))).chain(recalled).collect())
}

fn outgoing(cleared: &Cleared) -> Outgoing<'_> {
    Outgoing {
        attempt: cleared.intent.attempt.as_str(),
        to: &cleared.to,
        from: &cleared.intent.sender,
        text: &cleared.text,
        callback_url: &cleared.callback_url,
        promotional: cleared.intent.message.category == Category::Marketing,
        registered_template: cleared.registered_template.as_deref(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_with_the_same_key_share_a_call_and_others_go_alone() {
        let key = |one: &&str| one.strip_prefix('a').map(|_| ("a", 3)).or_else(|| one.strip_prefix('b').map(|_| ("b", 2)));
        let all = vec!["x", "a1", "b1", "a2", "y", "a3", "a4", "b2", "b3"];
        let groups = grouped(all, key);
        assert_eq!(groups, [vec!["x"], vec!["a1", "a2", "a3"], vec!["b1", "b2"], vec!["y"], vec!["a4"], vec!["b3"]]);
        assert!(grouped(Vec::<&str>::new(), key).is_empty());
    }
}
