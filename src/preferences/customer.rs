//! The preference centre: what a person does for themselves, let in by a signed link.

use std::collections::BTreeMap;

use serde_json::json;

use super::patch::PreferencesPatch;
use super::person::{Switch, switches};
use super::steps::{Wish, apply_unless, finish};
use crate::access::{self, Actor, QuietHours};
use crate::app::App;
use crate::consent::link::{self, Link, LinkError, Pass};
use crate::consent::{self, Change, Entry, Evidence};
use crate::contacts;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ContactId, SubaccountId};
use crate::kernel::language::Language;

/// A signed link that holds: whose page it opens, and nothing else.
#[derive(Clone, Debug)]
pub struct Door {
    link: Link,
    ip: Option<String>,
    user_agent: Option<String>,
}

impl Door {
    /// The door as somebody with this browser opened it, for the ledger.
    #[must_use]
    pub fn opened_with(self, user_agent: Option<String>) -> Self {
        Self { user_agent, ..self }
    }
}

impl Door {
    /// What its link was made for.
    pub fn pass(&self) -> Pass {
        self.link.pass
    }

    /// Whose page it opens.
    pub fn contact(&self) -> &ContactId {
        &self.link.contact
    }

    /// Whose page it is.
    pub fn subaccount(&self) -> &SubaccountId {
        &self.link.subaccount
    }

    /// The person themselves, from where they look.
    pub fn actor(&self) -> Actor {
        Actor::customer(self.link.subaccount.clone(), self.ip.clone())
    }
}

/// What the page shows.
#[derive(Clone, Debug)]
pub struct View {
    /// Who sends the messages.
    pub organisation: String,
    /// The number, masked.
    pub phone: String,
    /// The language that the person is written to in, as far as chosen.
    pub language: Option<Language>,
    /// The organisation's language.
    pub usual_language: Language,
    /// Each category.
    pub categories: BTreeMap<Category, Switch>,
    /// Categories that wait for the person's confirmation.
    pub pending: Vec<Category>,
    /// Whether the person stopped everything.
    pub stopped: bool,
    /// The end of their break, while it lasts.
    pub paused_until: Option<Millis>,
    /// Their own quiet hours.
    pub quiet_hours: Option<QuietHours>,
    /// The most advertisements that they want in thirty days.
    pub offers_a_month: Option<i64>,
    /// The clocks by which dates are shown.
    pub time_zone: chrono_tz::Tz,
    /// When the link ends.
    pub expires_at: Millis,
    /// What it was made for.
    pub pass: Pass,
    /// What the ledger holds about the person, oldest first.
    pub said: Vec<Entry>,
}

/// Tries a link; `ip` is the visitor's address, for the ledger. The inner error says why it opens nothing.
pub async fn open(app: &App, token: &str, ip: Option<String>) -> Result<Result<Door, LinkError>> {
    let link = match link::open(&app.cipher, token, app.clock.now()) {
        Ok(link) => link,
        Err(error) => return Ok(Err(error)),
    };
    let mut tx = app.db.read().await?;
    Ok(match contacts::link_epoch(&mut tx, &link.subaccount, &link.contact).await? {
        Some(epoch) if epoch == link.epoch => Ok(Door { link, ip, user_agent: None }),
        // Taken back, or its person is gone.
        _ => Err(LinkError::Expired),
    })
}

/// What the page behind the door shows.
pub async fn view(app: &App, door: &Door) -> Result<View> {
    let Link { subaccount, contact, expires_at, pass, .. } = &door.link;
    let now = app.clock.now();
    let mut tx = app.db.read().await?;
    let settings = access::settings_of(&mut tx, subaccount).await?;
    let person = contacts::by_ids(&mut tx, subaccount, std::slice::from_ref(contact)).await?.remove(contact);
    let person = person.ok_or(Error::NotFound("contact"))?;
    let phone = person.phone(&app.cipher.tenant(subaccount))?.map(|phone| phone.masked()).unwrap_or_default();
    let said = consent::entries(&mut tx, subaccount, contact).await?;
    let standing = person.standing;
    Ok(View {
        phone,
        categories: switches(&standing, &settings),
        pending: Category::ALL.into_iter().filter(|category| standing.pending & category.bit() != 0).collect(),
        stopped: standing.stopped_at.is_some(),
        paused_until: standing.paused_until.filter(|until| *until > now),
        quiet_hours: standing.quiet_hours,
        offers_a_month: standing.offers_a_month,
        time_zone: standing.time_zone.unwrap_or(settings.time_zone),
        language: standing.language,
        usual_language: settings.language,
        organisation: settings.organisation,
        expires_at: *expires_at,
        pass: *pass,
        said,
    })
}

/// What came of a page that was saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Saved {
    /// It holds, or the person was asked to confirm it.
    All,
    /// What has to be confirmed does not hold, because they may not be asked now; the rest does.
    NotAsked,
}

/// Saves what the person chose on a page that showed the ledger up to `seen`; `wording` is the page's own text,
/// kept as evidence. Refuses with [`Error::Conflict`] when something was recorded since then: the switches of
/// a page that was opened before a STOP must not undo it.
pub async fn save(app: &App, door: &Door, patch: &PreferencesPatch, seen: i64, wording: &str) -> Result<Saved> {
    let Link { subaccount, contact, .. } = &door.link;
    let (mut tx, now) = (app.db.write().await?, app.clock.now());
    let settings = access::settings_of(&mut tx, subaccount).await?;
    let mut only = vec![contact.clone()];
    let (_, standing) = contacts::lock(&mut tx, subaccount, &mut only).await?.pop().ok_or(Error::NotFound("contact"))?;
    if consent::entries(&mut tx, subaccount, contact).await?.last().map_or(0, |entry| entry.seq) != seen {
        return Err(Error::conflict("Something changed since this page was opened. Look at it again, then save."));
    }
    let wish = patch.wish(&standing, &settings, now)?;
    if wish.changes.is_empty() && wish.language.is_none() {
        return Ok(Saved::All);
    }
    record(app, tx, door, wish, wording, "preferences.change").await
}

/// Stops everything but authentication, at once.
pub async fn stop(app: &App, door: &Door, wording: &str) -> Result<()> {
    one(app, door, Change::Stopped, wording, "preferences.stop").await
}

/// Takes a stop back: what held before it holds again.
pub async fn start(app: &App, door: &Door, wording: &str) -> Result<()> {
    one(app, door, Change::Started, wording, "preferences.start").await
}

async fn one(app: &App, door: &Door, change: Change, wording: &str, action: &str) -> Result<()> {
    let tx = app.db.write().await?;
    record(app, tx, door, Wish { changes: vec![change], language: None }, wording, action).await?;
    Ok(())
}

async fn record(app: &App, mut tx: Tx, door: &Door, wish: Wish, wording: &str, action: &str) -> Result<Saved> {
    let actor = door.actor();
    let evidence = Evidence::from_actor(&actor).with_browser(door.ip.clone(), door.user_agent.clone()).with_wording(wording);
    let line = (action, json!({ "changes": wish.changes.len() }));
    let (applied, limit) = apply_unless(&mut tx, app, &actor, &door.link.contact, (wish, true), (&evidence, line), app.clock.now()).await?;
    tx.commit().await?;
    finish(app, &door.link.subaccount, &door.link.contact, applied.told).await;
    Ok(if limit.is_some() { Saved::NotAsked } else { Saved::All })
}
