//! Keeping nothing longer than the organisation says: a round through each kind of data every hour.
//!
//! A round takes out a few hundred rows in one short transaction and notes how far it came, so that it holds nobody up and goes on
//! after a stop where it was. A round begins where everything before is known to be gone; what cannot go yet, such as a message that
//! has not left, holds that place back. Figures, costs and counts are kept apart from the rows and stay true.

use serde_json::json;

use super::store::{self, Round};
use crate::access::{self, Actor, Held, Retention};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::{HOUR, Millis};
use crate::kernel::error::{Error, Result};
use crate::kernel::id::SubaccountId;
use crate::kernel::sweep::{Span, Swept};
use crate::{campaigns, consent, inbox, messages, uploads};

/// The round that looks for messages of categories that have become sensitive.
const SENSITIVE: &str = "sensitive";

/// How many rows one part of a round looks at.
fn most(held: Option<Held>) -> usize {
    match held {
        Some(Held::Grants | Held::Refusals) => 50,
        Some(Held::Files) => 20,
        Some(Held::Messages | Held::Audit) => 200,
        Some(Held::Texts | Held::Inbound | Held::ProviderWords) | None => 500,
    }
}

/// Makes sure that every subaccount has its rounds. For the chores, now and then.
pub async fn plan(app: &App) -> Result<()> {
    let now = app.clock.now();
    let subaccounts = access::all_subaccounts(&mut app.db.read().await?).await?;
    let kinds: Vec<&str> = Held::ALL.into_iter().map(Held::as_str).chain([SENSITIVE]).collect();
    for subaccount in subaccounts {
        let mut tx = app.db.write_in_bulk().await?;
        store::ensure_rounds(&mut tx, &subaccount.id, &kinds, now).await?;
        tx.commit().await?;
    }
    Ok(())
}

/// One part of the round that is due longest; whether there was one. For the chores.
pub async fn step(app: &App) -> Result<bool> {
    let now = app.clock.now();
    if !store::has_due(&mut app.db.read().await?, now).await? {
        return Ok(false);
    }
    match part(app, now).await {
        // Somebody works on what it needs; the next turn finds it free.
        Err(Error::Busy { .. }) => Ok(false),
        done => done,
    }
}

async fn part(app: &App, now: Millis) -> Result<bool> {
    let mut tx = app.db.write_in_bulk().await?;
    tx.give_way().await?;
    let Some(mut round) = store::due_round(&mut tx, now).await? else { return Ok(false) };
    let subaccount = SubaccountId::stored(round.subaccount_id.clone());
    let retention = access::settings_of(&mut tx, &subaccount).await?.retention;
    let swept = match Held::parse(&round.kind) {
        Some(held) => match retention.cutoff(held, now) {
            Some(before) => sweep(&mut tx, &subaccount, held, &Span { after: &round.place, before, most: most(Some(held)) }, now).await?,
            None => Swept::default(),
        },
        None => sensitive(&mut tx, &subaccount, &mut round, &retention, now).await?,
    };
    let ended = move_on(&mut round, swept, now);
    store::save_round(&mut tx, &round).await?;
    let has_removed = ended && round.last_removed > 0 && round.last_at == Some(now);
    if has_removed {
        let detail = json!({ "kind": round.kind, "removed": round.last_removed });
        access::audit(&mut tx, &Actor::system(subaccount), "retention.round", &round.subaccount_id, &detail, now).await?;
    }
    tx.commit().await?;
    if has_removed && !app.db.scrub().await? {
        tracing::warn!("the log of the database is in use and still holds removed bytes; it lets go of them at the next round or stop");
    }
    Ok(true)
}

/// Notes what a part came to; whether the round ended with it.
fn move_on(round: &mut Round, swept: Swept, now: Millis) -> bool {
    round.started_at.get_or_insert(now);
    round.removed += swept.removed.cast_signed();
    if let Some(place) = swept.place {
        if !swept.is_held && round.settled == round.place {
            round.settled.clone_from(&place);
        }
        round.place = place;
        return false;
    }
    if round.removed > 0 {
        (round.last_removed, round.last_at) = (round.removed, Some(now));
    }
    round.finished_at = Some(now);
    (round.started_at, round.removed, round.due_at) = (None, 0, now + HOUR);
    round.place.clone_from(&round.settled);
    true
}

async fn sweep(tx: &mut Tx, subaccount: &SubaccountId, held: Held, span: &Span<'_>, now: Millis) -> Result<Swept> {
    match held {
        Held::Texts => messages::sweep_words(tx, subaccount, span, now).await,
        Held::Inbound => inbox::sweep_texts(tx, subaccount, span, now).await,
        Held::ProviderWords => messages::sweep_provider_words(tx, subaccount, span).await,
        Held::Files => sweep_files(tx, subaccount, span, now).await,
        Held::Messages => messages::sweep_rows(tx, subaccount, span).await,
        Held::Grants => consent::sweep_evidence(tx, subaccount, false, span, now).await,
        Held::Refusals => consent::sweep_evidence(tx, subaccount, true, span, now).await,
        Held::Audit => access::sweep_audit(tx, subaccount, span, now).await,
    }
}

/// A part of the first old file whose rows nobody needs any more.
async fn sweep_files(tx: &mut Tx, subaccount: &SubaccountId, span: &Span<'_>, now: Millis) -> Result<Swept> {
    let mut swept = Swept::default();
    for file in uploads::old_files(tx, subaccount, span).await? {
        let is_needed = file.is_busy() || (file.is_used() && campaigns::needs_rows(tx, subaccount, &file.id).await?);
        if !is_needed {
            return Ok(match uploads::remove_rows(tx, subaccount, &file, now).await? {
                Some(removed) => Swept { place: Some(file.id.as_str().to_owned()), removed, ..swept },
                // The next part goes on with the same file.
                None => Swept { place: Some(swept.place.unwrap_or_else(|| span.after.to_owned())), ..swept },
            });
        }
        swept.is_held = true;
        swept.place = Some(file.id.as_str().to_owned());
    }
    Ok(swept)
}

/// Goes through all messages when a category has become sensitive. The round's settled place is the list of those that it knows.
async fn sensitive(tx: &mut Tx, subaccount: &SubaccountId, round: &mut Round, retention: &Retention, now: Millis) -> Result<Swept> {
    let wanted = retention.sensitive.iter().map(|category| category.as_str()).collect::<Vec<_>>().join(" ");
    let known: Vec<&str> = round.settled.split(' ').collect();
    let fresh: Vec<Category> = retention.sensitive.iter().copied().filter(|category| !known.contains(&category.as_str())).collect();
    let mut swept = Swept::default();
    if !fresh.is_empty() {
        let after = if round.started_at.is_none() { "" } else { round.place.as_str() };
        swept = messages::note_sensitive(tx, subaccount, &fresh, &Span { after, before: now, most: most(None) }, now).await?;
    }
    if swept.place.is_none() {
        round.settled = wanted;
    }
    // What they hold is counted when their words go, not here.
    swept.is_held = true;
    Ok(swept)
}
