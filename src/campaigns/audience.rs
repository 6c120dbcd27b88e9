//! Campaigns to an audience. Its people become the rows of an upload, streamed batch by batch, so that all that holds for files
//! holds for them: the check that leaves out who opted out, the review, the count and the cost, and the way from rows to messages
//! that a crash neither repeats nor shortens.
//!
//! The draft has the people of its day. The launch asks the audience again and gives the draft the rows of that moment; whoever
//! launches with a confirmed number is refused when it is another one by then.

use std::collections::BTreeMap;

use bytes::Bytes;
use futures::{Stream, stream};

use super::create::{INDEX, LANGUAGE, TO, columns, require_somebody};
use super::{Campaign, CampaignStatus, store};
use crate::access::{self, Actor};
use crate::app::App;
use crate::audiences::{self, Walk};
use crate::contacts;
use crate::contacts::csv::{CsvWriter, StoredMapping};
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{AudienceId, CampaignId, UploadId};
use crate::kernel::money::Currency;
use crate::uploads::{self, Message, MessageChoice, Upload};

/// The placeholder that is filled with a person's name; every other one is filled with the attribute of its name.
const NAME: &str = "name";

/// The values that a message asks for.
pub(super) async fn asked_for(app: &App, actor: &Actor, message: Option<&MessageChoice>) -> Result<Vec<String>> {
    let choice = message.ok_or_else(|| Error::invalid("text", "required", "Write a text or choose a template for the audience."))?;
    let mut tx = app.db.read().await?;
    let settings = access::settings_of(&mut tx, &actor.subaccount).await?;
    let message = Message::choose(&mut tx, &actor.subaccount, choice, &settings, &app.links()).await?;
    Ok(message.placeholders().into_iter().map(str::to_owned).collect())
}

/// Stores whom an audience holds now as the file that it could have been, with a column for each value that is asked for.
pub(super) async fn receive(app: &App, actor: &Actor, id: &AudienceId, placeholders: &[String]) -> Result<UploadId> {
    let audience = audiences::get(app, actor, id.as_str()).await?;
    let walk = Walk::of_audience(app, &actor.subaccount, id).await?;
    let names: Vec<&str> = placeholders.iter().map(String::as_str).collect();
    let header: Vec<String> = [INDEX, TO, LANGUAGE].map(str::to_owned).into_iter().chain(columns(&names)).collect();
    let file =
        File { app, actor, cipher: app.cipher.tenant(&actor.subaccount), walk, placeholders, writer: CsvWriter::new(header), written: 0 };
    let received = uploads::receive(app, actor, &audience.name, file.stream()).await;
    received.map(|upload| upload.id).map_err(|error| match error {
        Error::Invalid(errors) if errors.0.iter().any(|e| e.code == "no_rows") => nobody(),
        error => error,
    })
}

/// Which column is what, of the rows that [`receive`] stores.
pub(super) fn mapping(placeholders: &[String]) -> Result<StoredMapping> {
    let names: Vec<&str> = placeholders.iter().map(String::as_str).collect();
    let mut mapping: BTreeMap<String, String> = columns(&names).into_iter().zip(placeholders.iter().cloned()).collect();
    mapping.insert(TO.into(), "phone".into());
    mapping.insert(LANGUAGE.into(), "language".into());
    let json = serde_json::to_string(&mapping).map_err(Error::internal)?;
    StoredMapping::parse(&json).map_err(Error::internal)
}

fn nobody() -> Error {
    Error::invalid("audience", "empty", "Nobody is in this audience now. Change its conditions, or choose another one.")
}

/// The rows of an audience in the making.
struct File<'a> {
    app: &'a App,
    actor: &'a Actor,
    cipher: TenantCipher,
    walk: Walk,
    placeholders: &'a [String],
    writer: CsvWriter,
    written: u64,
}

impl<'a> File<'a> {
    fn stream(self) -> impl Stream<Item = Result<Bytes>> + use<'a> {
        stream::try_unfold(self, |mut file| async move { Ok(file.step().await?.map(|bytes| (bytes, file))) })
    }

    async fn step(&mut self) -> Result<Option<Bytes>> {
        let subaccount = &self.actor.subaccount;
        // A batch of which nobody fits gives no bytes; the next one may.
        while let Some(ids) = self.walk.next(self.app, &self.cipher, subaccount).await? {
            let mut tx = self.app.db.read().await?;
            let people = contacts::known(&mut tx, &self.cipher, subaccount, &ids).await?;
            drop(tx);
            for person in people {
                self.written += 1;
                let value = |name: &String| match name.as_str() {
                    NAME => person.profile.name.clone().unwrap_or_default(),
                    other => audiences::attribute(&person.profile.attributes, other).unwrap_or_default().to_owned(),
                };
                let language = person.profile.language.as_ref().map(|l| l.as_str().to_owned()).unwrap_or_default();
                let own = [self.written.to_string(), person.phone.e164(), language];
                self.writer.row(own.into_iter().chain(self.placeholders.iter().map(value)));
            }
            let bytes = self.writer.take();
            if !bytes.is_empty() {
                return Ok(Some(bytes.into()));
            }
        }
        Ok(None)
    }
}

/// Gives a draft the people whom its audience holds now. Other campaigns stay as they are.
///
/// # Errors
/// [`Error::Conflict`] when the audience is gone; [`Error::Invalid`] when nobody of it can be sent to.
pub(super) async fn resolve(app: &App, actor: &Actor, id: &CampaignId) -> Result<()> {
    let mut tx = app.db.read().await?;
    let campaign = store::get(&mut tx, &actor.subaccount, id).await?;
    drop(tx);
    let Some(audience) = campaign.audience.clone().filter(|_| campaign.status == CampaignStatus::Draft) else { return Ok(()) };
    let before = uploads::review(app, actor, &campaign.upload).await?;
    let received = receive(app, actor, &audience, &before.placeholders).await.map_err(|error| match error {
        Error::NotFound(_) => Error::conflict("The audience of this campaign was deleted. Make a new campaign for another audience."),
        error => error,
    })?;
    let swapped = swap(app, actor, &campaign, &received).await;
    match swapped {
        Ok(true) => uploads::forget(app, &actor.subaccount, &campaign.upload).await,
        // Somebody else launched it, or asked the audience, in the meantime: theirs counts.
        Ok(false) => uploads::discard(app, actor, &received).await,
        Err(error) => {
            uploads::discard(app, actor, &received).await?;
            Err(error)
        }
    }
}

async fn swap(app: &App, actor: &Actor, campaign: &Campaign, received: &UploadId) -> Result<bool> {
    uploads::take_message(app, actor, received, &campaign.upload).await?;
    let checked = uploads::check_now(app, actor, received).await?;
    require_somebody(&checked)?;
    fail::fail_point!("audience-before-swap");
    let (now, subaccount, cipher) = (app.clock.now(), &actor.subaccount, app.cipher.tenant(&actor.subaccount));
    let mut tx = app.db.write().await?;
    let held = store::lock(&mut tx, subaccount, &campaign.id).await?;
    if held.status != CampaignStatus::Draft || held.upload != campaign.upload {
        return Ok(false);
    }
    // Held again, because somebody may have been erased from it since it was checked.
    let upload: Upload = uploads::hold(&mut tx, &cipher, subaccount, received).await?;
    let summary = upload.summary.as_ref().ok_or_else(|| Error::internal("a checked upload has no summary"))?;
    let cost = (summary.cost().amount, Currency::parse(&summary.currency).unwrap_or(campaign.currency));
    store::swap_upload(&mut tx, subaccount, &campaign.id, received, upload.counts.to_send, cost).await?;
    uploads::mark_used(&mut tx, subaccount, received, now).await?;
    let detail = serde_json::json!({ "upload": received.as_str(), "messages": upload.counts.to_send });
    access::audit(&mut tx, actor, "campaign.resolve", campaign.id.as_str(), &detail, now).await?;
    tx.commit().await?;
    Ok(true)
}
