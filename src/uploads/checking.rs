//! Running a check: block by block in the background, with progress, and again from the start after a crash.

use std::sync::Arc;

use super::check::{Checker, Known, RowError, Rules, read_phones};
use super::choice::require_open;
use super::plan::{Plan, countries};
use super::store::{self, ErrorRow, NewVerdicts, StoredBlock};
use super::{Upload, UploadStatus, error_context, verdicts_context};
use crate::access::{self, Actor, Permission, Settings};
use crate::app::App;
use crate::contacts::{self, Standing};
use crate::kernel::clock::{Millis, SECOND};
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{SubaccountId, UploadId};
use crate::kernel::phone::{Phone, PhoneError};
use crate::{connections, consent};

/// Blocks between two notes of progress: some thousand rows, so that the writer is never held for long.
const BLOCKS_AT_ONCE: i64 = 16;
/// Old verdicts forgotten in one transaction.
const CLEARED_AT_ONCE: i64 = 2_000;
/// Work that nobody has noted progress on for this long is taken over.
const ABANDONED: Millis = 60 * SECOND;

/// Starts the check and answers at once; [`get`](super::get) shows how far it is.
///
/// # Errors
/// [`Error::Invalid`] when no message was chosen or a placeholder has no column; [`Error::Conflict`]
/// when the upload is in no state to be checked.
pub async fn check(app: &Arc<App>, actor: &Actor, id: &UploadId) -> Result<Upload> {
    let begun = begin(app, actor, id).await?;
    let upload = begun.upload.clone();
    let app = Arc::clone(app);
    tokio::spawn(async move { begun.run_to_end(&app).await });
    Ok(upload)
}

/// As [`check`], but waits until every row has a verdict.
pub async fn check_now(app: &App, actor: &Actor, id: &UploadId) -> Result<Upload> {
    begin(app, actor, id).await?.run(app).await?;
    let mut tx = app.db.read().await?;
    store::get(&mut tx, &app.cipher.tenant(&actor.subaccount), &actor.subaccount, id).await
}

/// Takes over what a crash left: checks begin again, half-received files are forgotten. To be called at
/// the start and now and then. Gives how many uploads it found.
pub async fn resume(app: &App) -> Result<usize> {
    let (now, before) = (app.clock.now(), app.clock.now() - ABANDONED);
    let mut tx = app.db.read().await?;
    let half = store::abandoned(&mut tx, UploadStatus::Receiving, before).await?;
    let unchecked = store::abandoned(&mut tx, UploadStatus::Checking, before).await?;
    drop(tx);
    let found = half.len() + unchecked.len();
    for (subaccount, id, _) in half {
        store::remove(app, &subaccount, &id).await?;
    }
    for (subaccount, id, seen) in unchecked {
        let mut tx = app.db.write_in_bulk().await?;
        let ours = store::progress(&mut tx, &subaccount, &id, 0, seen, now).await?;
        let upload = store::get(&mut tx, &app.cipher.tenant(&subaccount), &subaccount, &id).await?;
        tx.commit().await?;
        if ours {
            Begun { upload, subaccount, seen: now }.run_to_end(app).await;
        }
    }
    Ok(found)
}

async fn begin(app: &App, actor: &Actor, id: &UploadId) -> Result<Begun> {
    actor.require(Permission::Send)?;
    let (now, cipher) = (app.clock.now(), app.cipher.tenant(&actor.subaccount));
    let mut tx = app.db.write_in_bulk().await?;
    let upload = store::hold(&mut tx, &cipher, &actor.subaccount, id).await?;
    require_open(&upload)?;
    let settings = access::settings_of(&mut tx, &actor.subaccount).await?;
    let plan = Plan::of(&mut tx, &cipher, &actor.subaccount, &upload, &settings, &app.links()).await?;
    let plan = plan.ok_or_else(|| Error::invalid("template", "missing", "Choose a template or write a text."))?;
    plan.require_complete()?;
    if upload.mapping.is_none() {
        store::set_mapping(&mut tx, &actor.subaccount, id, &plan.mapping.stored(&upload.headers), now).await?;
    }
    store::begin_check(&mut tx, &actor.subaccount, id, now).await?;
    let upload = store::get(&mut tx, &cipher, &actor.subaccount, id).await?;
    tx.commit().await?;
    Ok(Begun { upload, subaccount: actor.subaccount.clone(), seen: now })
}

/// A check that is ours to do.
struct Begun {
    upload: Upload,
    subaccount: SubaccountId,
    /// When we last noted progress: another node that takes over changes it.
    seen: Millis,
}

/// A block, its opened rows, and the numbers found in them.
type Opened = (StoredBlock, Vec<u8>, Vec<Result<Phone, PhoneError>>);

/// Blocks with the numbers found in them.
struct Read {
    blocks: Vec<Opened>,
    checker: Checker,
}

/// Verdicts ready to be stored.
struct Judged {
    verdicts: Vec<NewVerdicts>,
    errors: Vec<ErrorRow>,
    checker: Checker,
}

impl Begun {
    /// For the background, where nobody waits for the result: a fault is noted on the upload and logged.
    async fn run_to_end(self, app: &App) {
        let id = self.upload.id.clone();
        if let Err(error) = self.run(app).await {
            tracing::error!(upload = %id, %error, "an upload could not be checked");
        }
    }

    async fn run(mut self, app: &App) -> Result<()> {
        let done = self.go_through(app).await;
        if let Err(error) = &done {
            let mut tx = app.db.write_in_bulk().await?;
            store::check_failed(&mut tx, &self.subaccount, &self.upload.id, &error.to_string(), app.clock.now()).await?;
            tx.commit().await?;
        }
        done
    }

    async fn go_through(&mut self, app: &App) -> Result<()> {
        let cipher = app.cipher.tenant(&self.subaccount);
        self.clear(app).await?;
        let mut tx = app.db.read().await?;
        let settings = access::settings_of(&mut tx, &self.subaccount).await?;
        let plan = Plan::of(&mut tx, &cipher, &self.subaccount, &self.upload, &settings, &app.links()).await?;
        drop(tx);
        let plan = plan.ok_or_else(|| Error::internal("an upload without a message is being checked"))?;
        let mut checker = Checker::new(Rules {
            default_country: settings.default_country,
            countries: countries(&settings),
            headers: self.upload.headers.clone(),
            mapping: plan.mapping,
            message: plan.message,
            file: self.upload.id.to_string(),
        });
        let mut from = 0;
        loop {
            let mut tx = app.db.read().await?;
            let blocks = store::blocks(&mut tx, &self.subaccount, &self.upload.id, from, BLOCKS_AT_ONCE).await?;
            drop(tx);
            let Some(last) = blocks.last() else { break };
            from = last.chunk + 1;
            checker = self.check_blocks(app, &cipher, &settings, checker, blocks).await?;
        }
        self.finish(app, &settings, &checker).await
    }

    async fn check_blocks(
        &mut self,
        app: &App,
        cipher: &TenantCipher,
        settings: &Settings,
        checker: Checker,
        blocks: Vec<StoredBlock>,
    ) -> Result<Checker> {
        let (upload, key) = (self.upload.id.clone(), cipher.clone());
        let read = blocking(move || read_blocks(checker, blocks, &upload, &key)).await?;
        let known = self.look_up(app, cipher, settings, &read).await?;
        let (upload, key) = (self.upload.id.clone(), cipher.clone());
        let judged = blocking(move || judge_blocks(read, known, &upload, &key)).await?;
        let now = app.clock.now();
        let mut tx = app.db.write_in_bulk().await?;
        let checked = judged.checker.sums.counts.rows;
        if !store::progress(&mut tx, &self.subaccount, &self.upload.id, checked, self.seen, now).await? {
            return Err(Error::conflict("Another process has taken this check over."));
        }
        store::write_verdicts(&mut tx, &self.subaccount, &self.upload.id, &judged.verdicts).await?;
        store::write_errors(&mut tx, &self.subaccount, &self.upload.id, &judged.errors).await?;
        tx.commit().await?;
        self.seen = now;
        Ok(judged.checker)
    }

    /// What is known about the people behind the numbers, in their order.
    async fn look_up(&self, app: &App, cipher: &TenantCipher, settings: &Settings, read: &Read) -> Result<Vec<Known>> {
        let category = read.checker.rules().message.category;
        let phones: Vec<Phone> =
            read.blocks.iter().flat_map(|(_, _, phones)| phones.iter().filter_map(|p| p.as_ref().ok().copied())).collect();
        let mut tx = app.db.read().await?;
        let people = contacts::find(&mut tx, cipher, &self.subaccount, &phones).await?;
        let opted_out = |standing: &Standing| consent::opted_out(category, standing, settings).is_some();
        let strangers_opted_out = opted_out(&Standing::default());
        let known = people.into_iter().map(|person| match person {
            Some(person) => Known { opted_out: opted_out(&person.standing), language: person.standing.language },
            None => Known { opted_out: strangers_opted_out, language: None },
        });
        Ok(known.collect())
    }

    /// Forgets what an earlier check decided.
    async fn clear(&mut self, app: &App) -> Result<()> {
        loop {
            let mut tx = app.db.write_in_bulk().await?;
            let more = store::clear_verdicts(&mut tx, &self.subaccount, &self.upload.id, CLEARED_AT_ONCE).await?;
            tx.commit().await?;
            if !more {
                return Ok(());
            }
        }
    }

    async fn finish(&self, app: &App, settings: &Settings, checker: &Checker) -> Result<()> {
        let now = app.clock.now();
        let mut tx = app.db.write_in_bulk().await?;
        if !store::progress(&mut tx, &self.subaccount, &self.upload.id, checker.sums.counts.rows, self.seen, now).await? {
            return Err(Error::conflict("Another process has taken this check over."));
        }
        let connections = connections::all(&mut tx, &app.cipher.tenant(&self.subaccount), &self.subaccount).await?;
        let prices = connections::prices(&mut tx, &self.subaccount, now).await?;
        let message = &checker.rules().message;
        let price = |country| prices.first_choice(&connections, message.category, country, None).and_then(|(_, price)| price);
        let summary = checker.sums.summary(message, settings.currency.as_str(), price);
        store::checked(&mut tx, &self.subaccount, &self.upload.id, &checker.sums.counts, &summary, now).await?;
        tx.commit().await?;
        Ok(())
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)?
}

fn read_blocks(checker: Checker, blocks: Vec<StoredBlock>, upload: &UploadId, cipher: &TenantCipher) -> Result<Read> {
    let open = |block: StoredBlock| {
        let bytes = block.open_rows(cipher, upload)?;
        let phones = read_phones(checker.rules(), &bytes, block.first_row).map_err(Error::internal)?;
        Ok((block, bytes, phones))
    };
    let blocks = blocks.into_iter().map(open).collect::<Result<_>>()?;
    Ok(Read { blocks, checker })
}

fn judge_blocks(read: Read, known: Vec<Known>, upload: &UploadId, cipher: &TenantCipher) -> Result<Judged> {
    let Read { blocks, mut checker } = read;
    let (mut known, mut errors, mut verdicts) = (known.into_iter(), Vec::new(), Vec::with_capacity(blocks.len()));
    for (block, bytes, phones) in &blocks {
        let judged = checker.judge(bytes, block.first_row, phones, &mut known, &mut errors).map_err(Error::internal)?;
        verdicts
            .push(NewVerdicts { chunk: block.chunk, verdicts: cipher.own().seal(&verdicts_context(upload, block.chunk), judged.bytes()) });
    }
    let errors = errors.into_iter().map(|error| seal_error(error, upload, cipher)).collect();
    Ok(Judged { verdicts, errors, checker })
}

fn seal_error(error: RowError, upload: &UploadId, cipher: &TenantCipher) -> ErrorRow {
    let words = [&error.value, &error.problem.detail, &error.problem.fix];
    let plain = serde_json::to_vec(&words).expect("a list of strings is always JSON");
    let body = cipher.own().seal(&error_context(upload, error.row), &plain);
    ErrorRow { row: error.row, column: error.column, code: error.problem.code, body }
}
