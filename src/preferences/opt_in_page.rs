//! The page behind the link of a confirmation.

use super::confirm::grant;
use super::store::{self, Request};
use crate::access::{self, Actor};
use crate::app::App;
use crate::consent::Evidence;
use crate::consent::link::{self, Link, LinkError};
use crate::contacts;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::error::{Error, Result};
use crate::kernel::language::Language;

/// A request for confirmation, opened by its link.
#[derive(Clone, Debug)]
pub struct OptIn {
    link: Link,
    /// Who asks.
    pub organisation: String,
    /// The number, masked.
    pub phone: String,
    /// The person's language, as far as chosen, else the organisation's.
    pub language: Language,
    /// What is to be agreed to.
    pub categories: Vec<Category>,
    /// Whether it takes back that the person refused everything.
    pub is_start: bool,
    /// What came of it.
    pub state: OptInState,
}

/// What came of a request for confirmation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OptInState {
    /// It is waited for.
    Open,
    /// It was given.
    Confirmed,
    /// Its time is over, or the person refused meanwhile.
    Ended,
}

/// Tries a link and changes nothing. The inner error says why it opens nothing.
pub async fn opt_in_page(app: &App, token: &str) -> Result<Result<OptIn, LinkError>> {
    let link = match link::open_opt_in(&app.cipher, token, app.clock.now()) {
        Ok(link) => link,
        Err(error) => return Ok(Err(error)),
    };
    let mut tx = app.db.read().await?;
    Ok(shown(&mut tx, app, link).await?.map(|(opt_in, _)| opt_in).ok_or(LinkError::Expired))
}

/// Confirms what the link asks for; nothing when it has ended. `wording` is the page's own text, kept as evidence with address and
/// browser of whoever pressed the button.
pub async fn confirm(app: &App, opt_in: &OptIn, wording: &str, (ip, agent): (Option<String>, Option<String>)) -> Result<()> {
    let Link { subaccount, contact, .. } = &opt_in.link;
    let (mut tx, now) = (app.db.write().await?, app.clock.now());
    let (_, standing) = contacts::lock(&mut tx, subaccount, &mut vec![contact.clone()]).await?.pop().ok_or(Error::NotFound("contact"))?;
    let Some((opt_in, request)) = shown(&mut tx, app, opt_in.link.clone()).await? else { return Ok(()) };
    if opt_in.state != OptInState::Open {
        return Ok(());
    }
    let actor = Actor::customer(subaccount.clone(), ip.clone());
    let reason = Some("They followed the link that asked them to confirm.".to_owned());
    let evidence = Evidence::from_actor(&actor).with_browser(ip, agent).with_reason(reason);
    let applied = grant(&mut tx, &actor, contact, &[request], &standing, (&evidence, wording), now).await?;
    tx.commit().await?;
    for announcements in applied.told {
        announcements.send(app);
    }
    Ok(())
}

async fn shown(tx: &mut Tx, app: &App, link: Link) -> Result<Option<(OptIn, Request)>> {
    let Link { subaccount, contact, epoch: asked_at, .. } = &link;
    let requests = store::requests(tx, subaccount, contact, asked_at - 1).await?;
    let Some(request) = requests.into_iter().find(|request| request.asked_at == *asked_at) else { return Ok(None) };
    // Links that were taken back, as when the number has passed to somebody else, take this one with them.
    if contacts::link_epoch(tx, subaccount, contact).await? != Some(request.link_epoch) {
        return Ok(None);
    }
    let Some(person) = contacts::by_ids(tx, subaccount, std::slice::from_ref(contact)).await?.remove(contact) else { return Ok(None) };
    let Some(phone) = person.phone(&app.cipher.tenant(subaccount))? else { return Ok(None) };
    let settings = access::settings_of(tx, subaccount).await?;
    let still = request.categories & person.standing.pending;
    let state = match request.outcome.as_deref() {
        Some("confirmed") => OptInState::Confirmed,
        None if still != 0 && request.expires_at > app.clock.now() => OptInState::Open,
        _ => OptInState::Ended,
    };
    let set = if state == OptInState::Open { still } else { request.categories };
    let opt_in = OptIn {
        organisation: settings.organisation,
        phone: phone.masked(),
        language: person.standing.language.unwrap_or(settings.language),
        categories: Category::ALL.into_iter().filter(|category| set & category.bit() != 0).collect(),
        is_start: request.is_start,
        state,
        link,
    };
    Ok(Some((opt_in, request)))
}
