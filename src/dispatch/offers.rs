//! How many advertisements people want: whoever set a limit gets no more of them in any thirty days.
//!
//! Two dispatchers must not both find the last place free. Where a turn holds an advertisement to somebody with a limit, it holds its
//! people alone, in the order of ids as everybody does; all other turns share them.

use std::collections::HashMap;

use crate::contacts::{self, Standing};
use crate::db::Tx;
use crate::dispatch::prepare::Ready;
use crate::kernel::category::Category;
use crate::kernel::clock::{DAY, Millis};
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, SubaccountId};
use crate::messages::{self, Claimed};

/// What the limit looks back at.
const WINDOW: Millis = 30 * DAY;

/// Whether a message counts.
pub fn is_offer(message: &Claimed) -> bool {
    message.category == Category::Marketing
}

fn offers<'r>(ready: &'r [Ready], subaccount: &'r SubaccountId) -> impl Iterator<Item = &'r Claimed> {
    ready.iter().map(|one| &one.message).filter(move |message| message.subaccount == *subaccount && is_offer(message))
}

/// Holds the people of a turn until it ends.
pub async fn hold(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    ready: &[Ready],
    people: &mut Vec<ContactId>,
) -> Result<HashMap<ContactId, Standing>> {
    if offers(ready, subaccount).any(|message| message.person.standing.offers_a_month.is_some()) {
        return Ok(contacts::lock(tx, subaccount, people).await?.into_iter().collect());
    }
    contacts::hold(tx, subaccount, people).await
}

/// How many more advertisements may go now to those who set a limit.
pub async fn left(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    ready: &[Ready],
    standings: &HashMap<ContactId, Standing>,
    now: Millis,
) -> Result<HashMap<ContactId, i64>> {
    let most = |message: &Claimed| Some((message.person.id.clone(), standings.get(&message.person.id)?.offers_a_month?));
    let mut left: HashMap<ContactId, i64> = offers(ready, subaccount).filter_map(most).collect();
    let people: Vec<&ContactId> = left.keys().collect();
    for (id, sent) in messages::sent_to(tx, subaccount, &people, Category::Marketing, now - WINDOW).await? {
        if let Some(left) = left.get_mut(&id) {
            *left -= sent;
        }
    }
    Ok(left)
}
