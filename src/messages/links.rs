//! The links of one person in what they are sent.

use std::collections::HashMap;

use crate::app::App;
use crate::consent::link;
use crate::contacts;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::error::Result;
use crate::kernel::id::{ContactId, SubaccountId};
use crate::kernel::own_link::{OwnLink, OwnLinks};
use crate::messages::content::Content;

/// The tokens of people whose texts ask for links; empty when none does.
#[derive(Debug)]
pub struct PersonalLinks {
    own: OwnLinks,
    links: Vec<OwnLink>,
    tokens: HashMap<ContactId, String>,
}

impl PersonalLinks {
    /// Makes the tokens, which live [`link::LIFE`] from `now`, with one look at the database.
    pub async fn of(
        tx: &mut Tx,
        app: &App,
        subaccount: &SubaccountId,
        links: &[OwnLink],
        people: &[ContactId],
        now: Millis,
    ) -> Result<Self> {
        let epochs =
            if links.is_empty() || people.is_empty() { HashMap::new() } else { contacts::link_epochs(tx, subaccount, people).await? };
        let token = |(id, epoch): (ContactId, i64)| {
            let (token, _) = link::make(&app.cipher, subaccount, &id, epoch, now);
            (id, token)
        };
        Ok(Self { own: app.links(), links: links.to_vec(), tokens: epochs.into_iter().map(token).collect() })
    }

    /// The content with the person's own addresses in it.
    pub fn put_into(&self, content: Content, person: &ContactId) -> Content {
        match self.tokens.get(person) {
            Some(token) => content.settled(&self.own, &self.links, token),
            None => content,
        }
    }

    /// A text with the person's own addresses in it.
    pub fn put_into_text(&self, text: String, person: &ContactId) -> String {
        self.tokens.get(person).map(|token| self.own.settle(&text, token)).unwrap_or(text)
    }
}
