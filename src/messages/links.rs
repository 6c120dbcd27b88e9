//! The links of one person in what they are sent.

use std::collections::HashMap;

use crate::app::App;
use crate::consent::link;
use crate::contacts;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::Cipher;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, SubaccountId};
use crate::kernel::own_link::{OwnLink, OwnLinks};
use crate::messages::content::Content;

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
