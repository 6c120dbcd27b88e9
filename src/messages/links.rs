//! The links of one person in what they are sent.

use std::collections::HashMap;

use crate::app::App;
use crate::consent::link;
use crate::contacts;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::Cipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{ContactId, SubaccountId};
use crate::kernel::own_link::{OwnLink, OwnLinks};
use crate::messages::content::Content;
use crate::messages::store;

/// What the links of people whose texts ask for some are made of; empty when none does.
#[derive(Debug)]
pub struct PersonalLinks<'a> {
    cipher: &'a Cipher,
    subaccount: SubaccountId,
    own: OwnLinks,
    links: Vec<OwnLink>,
    epochs: HashMap<ContactId, i64>,
}

impl<'a> PersonalLinks<'a> {
    /// What these people's links are made of, with one look at the database.
    pub async fn of(tx: &mut Tx, app: &'a App, subaccount: &SubaccountId, links: &[OwnLink], people: &[ContactId]) -> Result<Self> {
        let epochs =
            if links.is_empty() || people.is_empty() { HashMap::new() } else { contacts::link_epochs(tx, subaccount, people).await? };
        Ok(Self { cipher: &app.cipher, subaccount: subaccount.clone(), own: app.links(), links: links.to_vec(), epochs })
    }

    /// The token of a person's links in a message that is due at `due_at`. It lives [`link::LIFE`] from then: what is written weeks before
    /// it is sent must not have ended when it arrives.
    fn token(&self, person: &ContactId, due_at: Millis) -> Option<String> {
        let epoch = self.epochs.get(person)?;
        Some(link::make(self.cipher, link::Pass::Link, &self.subaccount, person, *epoch, due_at).0)
    }

    /// The content with the person's own addresses in it, for a message that is due then (the present one, for what is sent at once).
    pub fn put_into(&self, content: Content, person: &ContactId, due_at: Millis) -> Content {
        match self.token(person, due_at) {
            Some(token) => content.settled(&self.own, &self.links, &token),
            None => content,
        }
    }

    /// A text with the person's own addresses in it, as [`PersonalLinks::put_into`].
    pub fn put_into_text(&self, text: String, person: &ContactId, due_at: Millis) -> String {
        self.token(person, due_at).map(|token| self.own.settle(&text, &token)).unwrap_or(text)
    }
}

/// Gives the links in messages that are tried again a life from now; the messages are locked, at most 500, and of one subaccount. A step.
pub(super) async fn renew(tx: &mut Tx, app: &App, subaccount: &SubaccountId, messages: &[&str], now: Millis) -> Result<()> {
    let cipher = app.cipher.tenant(subaccount);
    let written = store::written(tx, subaccount, messages).await?;
    let people: Vec<ContactId> = written.iter().map(|one| ContactId::stored(one.contact_id.clone())).collect();
    let links = PersonalLinks::of(tx, app, subaccount, &OwnLink::ALL, &people).await?;
    let mut renewed = Vec::new();
    for (one, person) in written.iter().zip(&people) {
        let key = cipher.person(&one.salt);
        let content = Content::open(&key, &one.content).map_err(Error::internal)?;
        let Some(token) = links.token(person, now) else { continue };
        let with_links = content.renewed(&links.own, &token);
        if with_links != content {
            renewed.push((one.id.as_str(), with_links.seal(&key)));
        }
    }
    store::rewrite(tx, subaccount, &renewed).await
}
