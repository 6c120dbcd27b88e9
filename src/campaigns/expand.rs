//! Turning the rows of a launched campaign into messages, some blocks at a time.
//!
//! Opening, unpacking and filling happen on a blocking thread before the writer is taken; the transaction
//! makes the people, the messages and the step to the next block durable together, so that a crash
//! repeats nothing and skips nobody.

use super::{Campaign, LIFETIME, Stage, Trial, store};
use crate::access;
use crate::app::App;
use crate::connections::{self, PriceTable};
use crate::contacts;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{MessageId, UploadId};
use crate::kernel::language::Language;
use crate::kernel::money::Micros;
use crate::kernel::own_link::OwnLink;
use crate::kernel::phone::{Country, Phone};
use crate::kernel::sms;
use crate::messages::{self, Content, NewMessage, PersonalLinks};
use crate::uploads::{self, BlockRow, BlockRows, Message, Plan, StoredBlock, ToSend, Verdict};

/// Blocks in one transaction: about a thousand rows, so that a code waits for the writer some ten milliseconds.
const BLOCKS_AT_ONCE: i64 = 2;

/// A row about to become a message.
struct Draft {
    phone: Phone,
    send: ToSend,
    language: Option<Language>,
    variant: Option<String>,
    content: Content,
}

/// Expands the next blocks of the oldest campaign that has any; false when there is none.
pub async fn expand_step(app: &App) -> Result<bool> {
    let mut tx = app.db.read().await?;
    let Some((campaign, from)) = store::unexpanded(&mut tx).await? else { return Ok(false) };
    let cipher = app.cipher.tenant(&campaign.subaccount);
    let blocks = uploads::blocks(&mut tx, &campaign.subaccount, &campaign.upload, from, BLOCKS_AT_ONCE).await?;
    let plan = uploads::plan(&mut tx, &cipher, &campaign.subaccount, &campaign.upload, &app.links()).await?;
    let links = plan.message.links();
    let connections = connections::all(&mut tx, &cipher, &campaign.subaccount).await?;
    let prices = connections::prices(&mut tx, &campaign.subaccount, app.clock.now()).await?;
    drop(tx);
    let next = from + BLOCKS_AT_ONCE;
    let is_last = blocks.len() < BLOCKS_AT_ONCE as usize;
    let (upload, key, trial) = (campaign.upload.clone(), cipher.clone(), campaign.trial.clone());
    let drafts = tokio::task::spawn_blocking(move || drafts(&blocks, &plan, &trial, &upload, &key)).await.map_err(Error::internal)??;
    let price = |country| price(&prices, &connections, &campaign, country);
    write(app, &cipher, &campaign, (from, next, is_last), drafts, &links, price).await
}

fn price(prices: &PriceTable, connections: &[connections::Connection], campaign: &Campaign, country: Country) -> Micros {
    let choice = prices.first_choice(connections, campaign.category, country, campaign.connection.as_deref());
    choice.and_then(|(_, price)| price).unwrap_or(0)
}

async fn write(
    app: &App,
    cipher: &TenantCipher,
    campaign: &Campaign,
    (from, next, is_last): (i64, i64, bool),
    drafts: Vec<Draft>,
    links: &[OwnLink],
    price: impl Fn(Country) -> Micros,
) -> Result<bool> {
    let now = app.clock.now();
    let phones: Vec<Phone> = drafts.iter().map(|draft| draft.phone).collect();
    let mut tx = app.db.write_in_bulk().await?;
    if !store::advance(&mut tx, campaign, from, next, is_last).await? {
        // Another node has done these blocks, or somebody chose a variant.
        return Ok(true);
    }
    let people = contacts::ensure_unless_erased(&mut tx, cipher, &campaign.subaccount, &phones, now).await?;
    let ids: Vec<_> = people.iter().map(|person| person.id.clone()).collect();
    let settled = PersonalLinks::of(&mut tx, app, &campaign.subaccount, links, &ids).await?;
    contacts::relist(&mut tx, &campaign.subaccount, &people, now).await?;
    let settings = access::settings_of(&mut tx, &campaign.subaccount).await?;
    let (due_at, not_after) = times(campaign, now);
    let mut new = Vec::with_capacity(drafts.len());
    for (draft, person) in drafts.into_iter().zip(people) {
        // Erased since these rows were read: the erasure has made and ended the message.
        let Some(salt) = person.salt else { continue };
        let segments = u32::from(draft.send.segments);
        new.push(NewMessage {
            id: MessageId::new(now),
            content: settled.put_into(draft.content, &person.id, due_at.max(now)),
            contact: person.id,
            salt,
            campaign: Some(campaign.id.clone()),
            category: campaign.category,
            country: draft.send.country,
            language: draft.language,
            sender: campaign.sender.clone(),
            connection: campaign.connection.clone(),
            template: campaign.template.clone(),
            variant: draft.variant,
            encoding: draft.send.encoding,
            segments,
            estimated: price(draft.send.country).saturating_mul(Micros::from(segments)),
            currency: campaign.currency,
            due_at,
            not_after,
            reference: None,
            metadata: None,
        });
    }
    let (_queued, announcements) = messages::enqueue(&mut tx, cipher, &campaign.subaccount, &settings, &new, now).await?;
    fail::fail_point!("expand-before-commit");
    tx.commit().await?;
    fail::fail_point!("expand-after-commit");
    announcements.send(app);
    app.wake.notify_campaigns();
    Ok(true)
}

/// When the messages are due and when they expire. The launch counted those of a scheduled campaign as
/// scheduled, so they are due in the future even when their time came before their row did.
pub(super) fn times(campaign: &Campaign, now: Millis) -> (Millis, Millis) {
    let due_at = match campaign.scheduled_at {
        Some(at) => at.max(now + 1),
        None => campaign.started_at.unwrap_or(now).min(now),
    };
    (due_at, campaign.not_after.unwrap_or(due_at + LIFETIME))
}

/// The rows to be sent, filled. A text of the campaign's own is rendered here; a template's values are
/// kept, because its version is pinned and renders the same at submission.
fn drafts(blocks: &[StoredBlock], plan: &Plan, trial: &Trial, upload: &UploadId, cipher: &TenantCipher) -> Result<Vec<Draft>> {
    let tried = trial.plan.as_ref().filter(|_| trial.stage == Some(Stage::Trying)).map(|plan| plan.percent);
    let mut drafts = Vec::new();
    for block in blocks {
        let verdicts = block.open_verdicts(cipher, upload)?.ok_or_else(|| Error::internal("a campaign's upload was not checked"))?;
        let bytes = block.open_rows(cipher, upload)?;
        let (mut rows, mut row) = (BlockRows::new(&bytes, block.first_row), BlockRow::default());
        for index in 0..verdicts.len() {
            if !rows.next_into(&mut row).map_err(Error::internal)? {
                return Err(Error::internal("an upload has more verdicts than rows"));
            }
            let Verdict::ToSend(send) = verdicts.at(index).map_err(Error::internal)? else { continue };
            if tried.is_some_and(|percent| !Message::is_tried(upload.as_str(), send.digits, percent)) {
                continue;
            }
            let send = chosen(plan, trial, &row, send);
            drafts.push(Draft {
                phone: send.phone().map_err(Error::internal)?,
                language: plan.message.text(send.language).map(|(language, _)| language.clone()),
                variant: plan.message.variant(send.language).map(str::to_owned),
                content: content(plan, &row, &send)?,
                send,
            });
        }
    }
    Ok(drafts)
}

/// The row as it was checked, or in the variant that was chosen for everybody since.
fn chosen(plan: &Plan, trial: &Trial, row: &BlockRow<'_>, send: ToSend) -> ToSend {
    let Some(choice) = &trial.choice else { return send };
    let language = plan.message.in_variant(send.language, choice);
    if language == send.language {
        return send;
    }
    // The check asked for every value that any variant needs. A text that is too long all the same fails by itself when it leaves.
    let Ok(text) = plan.text(row, language) else { return ToSend { language, ..send } };
    let measure = sms::measure(&text);
    ToSend { language, encoding: measure.encoding, segments: u8::try_from(measure.segments).unwrap_or(u8::MAX), ..send }
}

fn content(plan: &Plan, row: &BlockRow<'_>, send: &ToSend) -> Result<Content> {
    if plan.message.template.is_some() {
        return Ok(Content::Values(plan.values(row)));
    }
    plan.text(row, send.language).map(Content::Text).map_err(Error::internal)
}
