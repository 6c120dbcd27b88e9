//! Whom an audience holds: how many, some of them, and all of them in batches.

use super::condition::Conditions;
use super::store::{self, Asked, Candidate, Rules};
use super::{get, of};
use crate::access::{self, Actor, Permission};
use crate::app::App;
use crate::contacts::{self, Contact};
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{AudienceId, ContactId, SubaccountId};
use crate::kernel::page::{Page, PageRequest, cursor};

/// People looked at in one step.
const BATCH: i64 = 1_000;
/// People who are shown beside a count.
const SAMPLE: usize = 5;
/// People looked at for one page of members: a page of a rare condition may be short, and goes on.
const MOST_LOOKED_AT: usize = 20_000;

/// How many people an audience holds now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// How many.
    pub people: u64,
    /// How many of them may be sent messages of the category that was asked about.
    pub can_be_sent: Option<u64>,
    /// The newest of them, as the one who asks may see them.
    pub sample: Vec<Contact>,
}

/// Whom conditions hold now, and who of them may be sent messages of a category. Needs [`Permission::View`]; for conditions on
/// attributes also [`Permission::ViewPersonal`].
pub async fn count(app: &App, actor: &Actor, conditions: &Conditions, category: Option<Category>) -> Result<Count> {
    actor.require(Permission::View)?;
    if conditions.asks_for_sealed() {
        actor.require(Permission::ViewPersonal)?;
    }
    counted(app, actor, conditions, category).await
}

/// As [`count`], for a saved audience, whatever it asks for. Needs [`Permission::View`].
pub async fn count_of(app: &App, actor: &Actor, id: &str, category: Option<Category>) -> Result<Count> {
    let audience = get(app, actor, id).await?;
    counted(app, actor, &audience.conditions, category).await
}

async fn counted(app: &App, actor: &Actor, conditions: &Conditions, category: Option<Category>) -> Result<Count> {
    let (subaccount, cipher) = (&actor.subaccount, app.cipher.tenant(&actor.subaccount));
    let mut tx = app.db.read().await?;
    let settings = access::settings_of(&mut tx, subaccount).await?;
    let asked = Asked::of(conditions, category, &Rules { settings: &settings, now: app.clock.now() });
    let (people, reachable, mut sample);
    if conditions.asks_for_sealed() {
        drop(tx);
        let mut walk = Walk { asked, conditions: conditions.clone(), after: None, is_over: false };
        (people, reachable, sample) = walk.count(app, &cipher, subaccount).await?;
        tx = app.db.read().await?;
    } else {
        let (all, some) = store::totals(&mut tx, subaccount, &asked).await?;
        (people, reachable) = (all.unsigned_abs(), some.unsigned_abs());
        sample = store::newest(&mut tx, subaccount, &asked, SAMPLE as i64).await?;
    }
    sample.sort_unstable();
    let mut sample = contacts::shown(&mut tx, &cipher, actor, &sample).await?;
    sample.reverse();
    Ok(Count { people, can_be_sent: category.map(|_| reachable), sample })
}

/// One page of whom an audience holds, the first added first. Needs [`Permission::View`].
pub async fn members(app: &App, actor: &Actor, id: &str, page: &PageRequest) -> Result<Page<Contact>> {
    let audience = get(app, actor, id).await?;
    let after = page
        .cursor
        .as_deref()
        .map(|key| ContactId::parse(key).ok_or_else(|| Error::invalid("cursor", "unreadable", "Use the next_cursor of the page before.")));
    let (subaccount, cipher) = (&actor.subaccount, app.cipher.tenant(&actor.subaccount));
    let mut walk = Walk::of(app, subaccount, audience.conditions).await?;
    walk.after = after.transpose()?;
    let (mut ids, mut looked_at) = (Vec::new(), 0);
    while ids.len() <= page.limit as usize && looked_at < MOST_LOOKED_AT {
        let Some(batch) = walk.next(app, &cipher, subaccount).await? else { break };
        looked_at += BATCH as usize;
        ids.extend(batch);
    }
    let is_full = ids.len() > page.limit as usize;
    ids.truncate(page.limit as usize);
    let next = match (is_full, walk.is_over) {
        (true, _) => ids.last().cloned(),
        (false, false) => walk.after.clone(),
        (false, true) => None,
    };
    let mut tx = app.db.read().await?;
    let items = contacts::shown(&mut tx, &cipher, actor, &ids).await?;
    Ok(Page { items, next: next.map(|id| cursor(id.as_str())) })
}

/// Everybody who fits, in batches in the order of their ids. Whoever is added while it walks may be met or not; nobody twice.
pub struct Walk {
    asked: Asked,
    conditions: Conditions,
    after: Option<ContactId>,
    is_over: bool,
}

impl Walk {
    /// Begins with the first.
    pub async fn of(app: &App, subaccount: &SubaccountId, conditions: Conditions) -> Result<Self> {
        let mut tx = app.db.read().await?;
        let settings = access::settings_of(&mut tx, subaccount).await?;
        let asked = Asked::of(&conditions, None, &Rules { settings: &settings, now: app.clock.now() });
        Ok(Self { asked, conditions, after: None, is_over: false })
    }

    /// Begins with the first of a saved audience.
    pub async fn of_audience(app: &App, subaccount: &SubaccountId, id: &AudienceId) -> Result<Self> {
        let mut tx = app.db.read().await?;
        let audience = of(&mut tx, &app.cipher.tenant(subaccount), subaccount, id).await?;
        drop(tx);
        Self::of(app, subaccount, audience.conditions).await
    }

    /// The next who fit, perhaps nobody; `None` at the end.
    pub async fn next(&mut self, app: &App, cipher: &TenantCipher, subaccount: &SubaccountId) -> Result<Option<Vec<ContactId>>> {
        if self.is_over {
            return Ok(None);
        }
        let mut tx = app.db.read().await?;
        let fitting = self.step(&mut tx, cipher, subaccount).await?;
        Ok(Some(fitting.into_iter().map(|candidate| candidate.id).collect()))
    }

    async fn step(&mut self, tx: &mut Tx, cipher: &TenantCipher, subaccount: &SubaccountId) -> Result<Vec<Candidate>> {
        let mut found = store::candidates(tx, subaccount, &self.asked, self.after.as_ref(), BATCH).await?;
        self.is_over = (found.len() as i64) < BATCH;
        if let Some(last) = found.last() {
            self.after = Some(last.id.clone());
        }
        if self.conditions.asks_for_sealed() {
            let ids: Vec<ContactId> = found.iter().map(|candidate| candidate.id.clone()).collect();
            let attributes = contacts::attributes_of(tx, cipher, subaccount, &ids).await?;
            found.retain(|candidate| self.conditions.fit(candidate.bits, attributes.get(&candidate.id)));
        }
        Ok(found)
    }

    /// How many there are, how many of them are reachable, and the last of them.
    async fn count(&mut self, app: &App, cipher: &TenantCipher, subaccount: &SubaccountId) -> Result<(u64, u64, Vec<ContactId>)> {
        let (mut people, mut reachable, mut last) = (0, 0, Vec::new());
        while !self.is_over {
            let mut tx = app.db.read().await?;
            let found = self.step(&mut tx, cipher, subaccount).await?;
            people += found.len() as u64;
            reachable += found.iter().filter(|candidate| candidate.is_reachable).count() as u64;
            last.extend(found.into_iter().rev().take(SAMPLE).rev().map(|candidate| candidate.id));
            let too_many = last.len().saturating_sub(SAMPLE);
            last.drain(..too_many);
        }
        Ok((people, reachable, last))
    }
}
