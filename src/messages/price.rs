//! Messages whose provider names the price only some time after their end: when to ask for it, and until when. Until then
//! the estimate is the cost; the price takes its place once, in the transaction that ends the asking.

use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::{DAY, HOUR, MINUTE, Millis};
use crate::kernel::error::Result;
use crate::kernel::id::{AttemptId, ConnectionId, SubaccountId};
use crate::kernel::money::Money;
use crate::messages::store::{self, Priceable};
use crate::messages::tally::{Place, Tally};

/// The waits before each question: about a minute after the end at first. A price that is not there when the last of them
/// is over, after half a day, is not waited for any longer.
const WAITS: [Millis; 5] = [MINUTE, 10 * MINUTE, HOUR, 3 * HOUR, 8 * HOUR];
/// The wait when the provider could not be asked, or did not come to this message.
const UNHEARD: Millis = 10 * MINUTE;
/// After this long without an answer about a message nobody asks again.
const UNTIL: Millis = DAY;
/// Messages priced in one transaction.
const BATCH: usize = 250;

/// A message that came to its end and whose price is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwaitedPrice {
    /// The attempt that was accepted.
    pub attempt: AttemptId,
    /// Whose.
    pub subaccount: SubaccountId,
    /// By which connection.
    pub connection: ConnectionId,
    /// The provider's name for the message.
    pub provider_message_id: String,
    /// About when the provider sent it.
    pub sent_at: Millis,
    /// When it came to its end.
    pub since_at: Millis,
    /// How often the provider answered that it has no price yet.
    pub tries: i64,
}

/// What came of a question for a price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriceAnswer {
    /// This is what it cost.
    Price(Money),
    /// The provider has not worked it out yet.
    NotYet,
    /// There was no answer about this message.
    Unheard,
}

/// The end of the minute: those that are due about the same time are due together, and asked for together.
fn gathered(at: Millis) -> Millis {
    (at + MINUTE - 1).div_euclid(MINUTE) * MINUTE
}

/// When the first question about a message is due that came to its end at `now`.
pub(super) fn first_due(now: Millis) -> Millis {
    gathered(now + WAITS[0])
}

/// What follows from an answer without a price: how many tries that makes, and when to ask again; `None` for never.
fn again(awaited: &AwaitedPrice, answer: PriceAnswer, now: Millis) -> Option<(i64, Millis)> {
    match answer {
        PriceAnswer::Price(_) => None,
        PriceAnswer::NotYet => {
            let tries = awaited.tries + 1;
            let wait = usize::try_from(tries).ok().and_then(|n| WAITS.get(n))?;
            Some((tries, gathered(now + wait)))
        }
        PriceAnswer::Unheard => (now - awaited.since_at < UNTIL).then(|| (awaited.tries, gathered(now + UNHEARD))),
    }
}

/// Whether there is a price to ask for now.
pub async fn has_awaited_price(tx: &mut Tx, now: Millis) -> Result<bool> {
    store::has_price_reads(tx, now).await
}

/// Takes messages whose price is to be asked for now. Nobody else takes them before `lease_until`.
pub async fn claim_awaited_prices(tx: &mut Tx, limit: usize, now: Millis, lease_until: Millis) -> Result<Vec<AwaitedPrice>> {
    store::claim_price_reads(tx, limit, now, lease_until).await
}

/// Stores what came of questions: prices become costs, and what has none yet is asked for again or not. An answer about a
/// message whose asking has ended changes nothing.
pub async fn price(app: &App, answers: &[(AwaitedPrice, PriceAnswer)]) -> Result<()> {
    for part in answers.chunks(BATCH) {
        let now = app.clock.now();
        let mut tx = app.db.write_in_bulk().await?;
        let mut tally = Tally::default();
        price_part(&mut tx, part, now, &mut tally).await?;
        let announcements = tally.write(&mut tx).await?;
        tx.commit().await?;
        announcements.send(app);
    }
    Ok(())
}

async fn price_part(tx: &mut Tx, part: &[(AwaitedPrice, PriceAnswer)], now: Millis, tally: &mut Tally) -> Result<()> {
    let mut prices = Vec::new();
    let (mut ended, mut later) = (Vec::new(), Vec::new());
    for (awaited, answer) in part {
        match (answer, again(awaited, *answer, now)) {
            (_, Some((tries, due_at))) => later.push((awaited, tries, due_at)),
            (PriceAnswer::Price(money), None) => {
                prices.push((awaited, *money));
                ended.push(awaited);
            }
            (_, None) => ended.push(awaited),
        }
    }
    store::postpone_price_reads(tx, &later).await?;
    // The messages' locks before the rows that say whose turn it is, in the order in which receipts take them.
    let mut found = store::priceable(tx, &prices.iter().map(|(awaited, _)| *awaited).collect::<Vec<_>>()).await?;
    let ours = store::end_price_reads(tx, &ended).await?;
    let mut priced: Vec<(Priceable, Money)> = Vec::with_capacity(prices.len());
    for (awaited, money) in prices {
        let Some(message) = found.remove(awaited.attempt.as_str()).filter(|_| ours.contains(awaited.attempt.as_str())) else { continue };
        // Amounts of another currency cannot be added to ours: then the estimate stands.
        if message.currency == money.currency.as_str() {
            priced.push((message, money));
        } else {
            tracing::warn!(
                connection = awaited.connection.as_str(),
                "a price is in another currency than the organisation's; the estimate stands"
            );
        }
    }
    store::set_costs(tx, &priced).await?;
    for (message, money) in &priced {
        tally.moved(&message.counted, &message.place, &Place { cost: money.micros, ..message.place.clone() });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn awaited(tries: i64, since_at: Millis) -> AwaitedPrice {
        AwaitedPrice {
            attempt: AttemptId::stored("att".into()),
            subaccount: SubaccountId::stored("sub".into()),
            connection: ConnectionId::stored("con".into()),
            provider_message_id: "SM".into(),
            sent_at: since_at,
            since_at,
            tries,
        }
    }

    #[test]
    fn questions_without_a_price_grow_rarer_and_end() {
        let mut now = first_due(1);
        assert_eq!(now, 2 * MINUTE, "the minute after the first wait");
        let (mut questions, mut tries) = (1, 0);
        while let Some((n, due_at)) = again(&awaited(tries, 1), PriceAnswer::NotYet, now) {
            assert!(due_at > now && due_at % MINUTE == 0);
            (now, tries, questions) = (due_at, n, questions + 1);
        }
        assert_eq!(questions, WAITS.len());
        assert!((10 * HOUR..14 * HOUR).contains(&now), "{now}");
    }

    #[test]
    fn silence_is_no_answer_but_is_not_waited_out_for_ever() {
        let now = 5 * HOUR;
        assert_eq!(again(&awaited(2, 0), PriceAnswer::Unheard, now), Some((2, now + UNHEARD)));
        assert_eq!(again(&awaited(2, 0), PriceAnswer::Unheard, UNTIL), None);
    }
}
