//! Messages whose text nobody reads but their recipient: codes.

use crate::app::App;
use crate::contacts::Person;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{MessageId, SubaccountId};
use crate::messages::compose::SendRequest;
use crate::messages::content::Content;
use crate::messages::control::end;
use crate::messages::single::enqueue_as;
use crate::messages::status::Status;
use crate::messages::store;
use crate::messages::tally::Announcements;

/// As [`super::enqueue_single`] for a text that holds a secret: it goes out as any other, and neither history nor API nor export ever
/// shows it. A step.
///
/// # Errors
/// [`crate::kernel::error::Error::Invalid`] with every fault of the request; then nothing was written.
pub async fn enqueue_secret(
    tx: &mut Tx,
    app: &App,
    subaccount: &SubaccountId,
    person: &Person,
    request: &SendRequest,
    now: Millis,
) -> Result<(MessageId, Announcements)> {
    enqueue_as(tx, app, subaccount, person, request, |draft| Content::Secret(draft.text), now).await
}

/// Ends what still waits among these messages as `to`, and destroys the texts of all of them: what they said is worth nothing any
/// more. At most 500. A step.
pub async fn end_secrets(tx: &mut Tx, subaccount: &SubaccountId, ids: &[MessageId], to: Status, now: Millis) -> Result<Announcements> {
    let mut waiting = store::waiting_these(tx, subaccount, ids).await?;
    waiting.retain(|message| message.place.status.is_waiting());
    let (_, told) = end(tx, &waiting, to, None, now).await?;
    store::forget_texts(tx, subaccount, ids).await?;
    Ok(told)
}
