//! From a claimed message to the text and number that go out. Pure work between two transactions.

use std::collections::HashMap;

use crate::access::{self, Settings};
use crate::app::App;
use crate::db::Tx;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, Result};
use crate::kernel::id::{SubaccountId, TemplateId};
use crate::kernel::language::Language;
use crate::kernel::phone::Phone;
use crate::kernel::sms::{Measure, measure};
use crate::messages::{Claimed, Content};
use crate::providers::Registered;
use crate::templates::{self, Published};

/// A claimed message with its text, or with the reason why it has none.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The message.
    pub message: Claimed,
    /// What goes out.
    pub rendered: std::result::Result<Rendered, Unsendable>,
    /// When its lease began.
    pub claimed_at: Millis,
}

/// What goes out.
#[derive(Clone, Debug)]
pub struct Rendered {
    /// To whom.
    pub phone: Phone,
    /// The text.
    pub text: String,
    /// How long it is.
    pub measure: Measure,
    /// As what its template is registered, where it is.
    pub registered_template: Option<Box<Registered>>,
}

/// Why nothing can go out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unsendable {
    /// The person was erased.
    Erased,
    /// The text could not be made: what is wrong.
    Text(String),
}

/// Renders messages that were claimed at `claimed_at`.
pub async fn prepare(app: &App, claimed: Vec<Claimed>, claimed_at: Millis) -> Result<Vec<Ready>> {
    if claimed.is_empty() {
        return Ok(Vec::new());
    }
    prepare_in(&mut app.db.read().await?, app, claimed, claimed_at).await
}

/// Renders messages that were claimed at `claimed_at`, in a transaction that goes on with them.
pub async fn prepare_in(tx: &mut Tx, app: &App, claimed: Vec<Claimed>, claimed_at: Millis) -> Result<Vec<Ready>> {
    let mut tenants: HashMap<SubaccountId, (TenantCipher, Settings)> = HashMap::new();
    let mut texts: HashMap<(TemplateId, i64), Published> = HashMap::new();
    for message in &claimed {
        if !tenants.contains_key(&message.subaccount) {
            let settings = access::settings_of(tx, &message.subaccount).await?;
            tenants.insert(message.subaccount.clone(), (app.cipher.tenant(&message.subaccount), settings));
        }
        if let Some((id, version)) = &message.template
            && !texts.contains_key(&(id.clone(), *version))
        {
            match templates::published(tx, &message.subaccount, id.as_str(), Some(*version)).await {
                Ok(published) => {
                    texts.insert((id.clone(), *version), published);
                }
                Err(Error::Internal(cause)) => return Err(Error::Internal(cause)),
                // Gone, though nothing deletes versions: its messages fail by themselves and hinder no others.
                Err(_) => {}
            }
        }
    }
    Ok(claimed
        .into_iter()
        .map(|message| {
            let (cipher, settings) = &tenants[&message.subaccount];
            let template = message.template.as_ref().and_then(|key| texts.get(key));
            let rendered = render(&message, cipher, &settings.language, template).unwrap_or_else(|e| {
                tracing::error!(error = ?e, message = message.id.as_str(), "a message cannot be opened");
                Err(Unsendable::Text("It cannot be opened with this installation's secret key.".into()))
            });
            Ready { message, rendered, claimed_at }
        })
        .collect())
}

/// Renders one message. One that cannot be opened must not hinder the others of its batch.
fn render(
    message: &Claimed,
    cipher: &TenantCipher,
    fallback: &Language,
    template: Option<&Published>,
) -> Result<std::result::Result<Rendered, Unsendable>> {
    let (Some(salt), Some(phone)) = (&message.person.salt, message.person.phone(cipher)?) else { return Ok(Err(Unsendable::Erased)) };
    if message.content.is_empty() {
        return Ok(Err(Unsendable::Text("Its text is no longer kept.".into())));
    }
    let content = Content::open(&cipher.person(salt), &message.content).map_err(Error::internal)?;
    let mut registered_template = None;
    let text = match (&content, template) {
        (Content::Text(text) | Content::Secret(text), _) => text.clone(),
        (Content::Values(_), None) => return Ok(Err(Unsendable::Text("Its template is gone.".into()))),
        (Content::Values(_), Some(template)) => {
            // Only the words that are registered may go out as such; variants say others.
            let registered = template.registered.as_ref().filter(|_| template.variants().is_empty());
            let template = template.of(message.variant.as_deref());
            let wanted = message.language.clone().map(Language::stored);
            let language = template.text_for(wanted.as_ref(), fallback).0;
            let value = |name: &str| content.value(name);
            let rendered = template.render(language, &value).and_then(|text| {
                let registered = registered.map(|id| {
                    let values = template.registered_values(language, &value)?;
                    Ok(Box::new(Registered { id: id.clone(), values }))
                });
                Ok((text, registered.transpose()?))
            });
            match rendered {
                Ok((text, registered)) => {
                    registered_template = registered;
                    text
                }
                Err(e) => return Ok(Err(Unsendable::Text(e.to_string()))),
            }
        }
    };
    let measure = measure(&text);
    Ok(Ok(Rendered { phone, text, measure, registered_template }))
}
