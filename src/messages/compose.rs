//! From a request to a message: parsed, rendered, measured and priced, or refused field by field.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::access::Settings;
use crate::connections::{Connection, PriceTable};
use crate::contacts::Standing;
use crate::db::Tx;
use crate::kernel::category::Category;
use crate::kernel::clock::Millis;
use crate::kernel::crypto::TenantCipher;
use crate::kernel::error::{Error, FieldErrors, Result};
use crate::kernel::id::{ContactId, MessageId, SubaccountId, TemplateId};
use crate::kernel::language::Language;
use crate::kernel::money::Micros;
use crate::kernel::own_link::{OwnLink, OwnLinks};
use crate::kernel::phone::Phone;
use crate::kernel::sms::{Measure, measure};
use crate::messages::content::Content;
use crate::messages::enqueue::NewMessage;
use crate::messages::links::PersonalLinks;
use crate::messages::times;
use crate::messages::words::Asked;

/// What somebody wants sent; the words of the API.
#[derive(Clone, Debug, Default, serde::Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SendRequest {
    /// The number, in any spelling.
    pub to: String,
    /// The text, sent exactly as given. Either this or `template`.
    pub text: Option<String>,
    /// A template's id or code.
    pub template: Option<String>,
    /// Values of the template's placeholders: texts, numbers or truth values.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub variables: BTreeMap<String, Value>,
    /// Which language of the template; the one that the recipient chose when absent, else the organisation's.
    pub language: Option<String>,
    /// What it is about; the template's category, or `account` for a text.
    pub category: Option<String>,
    /// The sender; else the connection's first.
    pub from: Option<String>,
    /// A connection by name; else the first that fits.
    pub connection: Option<String>,
    /// Not before: RFC 3339; or without a zone, as `2026-11-21T18:30`, by the recipient's clocks (their contact's time zone, else
    /// the organisation's).
    pub send_at: Option<String>,
    /// Not after, RFC 3339.
    #[schema(format = DateTime)]
    pub not_after: Option<String>,
    /// The caller's own reference.
    pub reference: Option<String>,
    /// The caller's own data.
    #[schema(value_type = Option<Object>)]
    pub metadata: Option<Value>,
}

impl SendRequest {
    /// Whether what the person chose counts for what they are sent: their language, or their clocks.
    pub fn follows_the_person(&self) -> bool {
        Asked::from(self).follows_the_person() || times::names_no_zone(self)
    }
}

/// What every request of a subaccount is held against.
#[derive(Debug)]
pub struct Desk {
    /// Its settings.
    pub settings: Settings,
    /// Its connections by priority.
    pub connections: Vec<Connection>,
    /// Its prices.
    pub prices: PriceTable,
    /// The links that Peyk puts into texts.
    pub own: OwnLinks,
    /// Finds people by their number.
    pub cipher: TenantCipher,
}

/// A request that holds.
#[derive(Clone, Debug)]
pub struct Draft {
    /// To whom.
    pub phone: Phone,
    /// About what.
    pub category: Category,
    /// In which language.
    pub language: Option<Language>,
    /// With which template version.
    pub template: Option<(TemplateId, i64, String)>,
    /// Saying what.
    pub content: Content,
    /// As it will be read.
    pub text: String,
    /// How long it is.
    pub measure: Measure,
    /// What it will cost.
    pub estimated: Micros,
    /// The links of ours that the text asks for, with stand-ins in it until [`Draft::settle`].
    pub links: Vec<OwnLink>,
    sender: Option<String>,
    connection: Option<String>,
    due_at: Millis,
    not_after: Millis,
    reference: Option<String>,
    metadata: Option<String>,
}

impl Draft {
    /// Puts the person's own links into the text.
    pub fn settle(&mut self, links: &PersonalLinks<'_>, person: &ContactId, now: Millis) {
        if self.links.is_empty() {
            return;
        }
        let due_at = self.due_at.max(now);
        self.content = links.put_into(std::mem::replace(&mut self.content, Content::Text(String::new())), person, due_at);
        self.text = links.put_into_text(std::mem::take(&mut self.text), person, due_at);
    }

    /// The message to queue, for a person.
    pub fn message(&self, person: &crate::contacts::Person, settings: &Settings, now: Millis) -> NewMessage {
        NewMessage {
            id: MessageId::new(now),
            contact: person.id.clone(),
            salt: person.salt.clone().unwrap_or_default(),
            campaign: None,
            category: self.category,
            country: self.phone.country(),
            language: self.language.clone(),
            sender: self.sender.clone(),
            connection: self.connection.clone(),
            template: self.template.as_ref().map(|(id, version, _)| (id.clone(), *version)),
            variant: None,
            content: self.content.clone(),
            encoding: self.measure.encoding,
            segments: self.measure.segments,
            estimated: self.estimated,
            currency: settings.currency,
            due_at: self.due_at,
            not_after: self.not_after,
            reference: self.reference.clone(),
            metadata: self.metadata.clone(),
        }
    }
}

/// Checks a request. Every fault is named at once. `standing` is what is known about the person behind the number, where that
/// counts ([`SendRequest::follows_the_person`]).
pub async fn compose(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    desk: &Desk,
    request: &SendRequest,
    standing: Option<&Standing>,
    now: Millis,
) -> Result<Draft> {
    let mut errors = FieldErrors::new();
    let phone = parse_to(&request.to, desk, &mut errors);
    let theirs = standing.and_then(|standing| standing.language.as_ref());
    let (words, category) = Asked::from(request).read(tx, subaccount, desk, theirs, &mut errors).await?;
    let zone = standing.and_then(|standing| standing.time_zone).unwrap_or(desk.settings.time_zone);
    let (due_at, not_after) = times::read(request, category, zone, now, &mut errors);
    let connection = request.connection.clone().filter(|c| !c.trim().is_empty());
    if let Some(name) = &connection
        && !desk.connections.iter().any(|c| c.name == *name || c.id.as_str() == name)
    {
        errors.add("connection", "unknown", format!("There is no connection named “{name}”."));
    }
    let sender = sender(request.from.as_deref(), &mut errors);
    let reference = short(request.reference.as_deref(), "reference", 255, &mut errors);
    let metadata = metadata(request.metadata.as_ref(), &mut errors);
    errors.into_result()?;
    let (Some(phone), Some(words)) = (phone, words) else { return Err(Error::internal("a refused request had no refusal")) };
    let measure = measure(&words.text);
    let choice = desk.prices.first_choice(&desk.connections, category, phone.country(), connection.as_deref());
    let price = choice.and_then(|(_, price)| price).unwrap_or(0);
    Ok(Draft {
        phone,
        category,
        language: words.language,
        template: words.template.map(|t| (t.id.clone(), t.version, t.code.clone())),
        content: words.content,
        text: words.text,
        links: words.links,
        measure,
        estimated: price.saturating_mul(i64::from(measure.segments)),
        sender,
        connection,
        due_at,
        not_after,
        reference,
        metadata,
    })
}

/// Reads a number that can get messages from this desk.
pub fn parse_to(to: &str, desk: &Desk, errors: &mut FieldErrors) -> Option<Phone> {
    let phone = match Phone::parse(to, desk.settings.default_country) {
        Ok(phone) => phone,
        Err(e) => {
            errors.add("to", e.code(), format!("{e} {}", e.fix()).trim().to_owned());
            return None;
        }
    };
    if !phone.can_receive_sms() {
        let kind = phone.kind().as_str().replace('_', " ");
        errors.add("to", "cannot_receive_sms", format!("This is a {kind} number; it cannot receive messages. Use a mobile number."));
    } else if !desk.settings.allows(phone.country()) {
        let country = phone.country().name();
        errors.add("to", "country_not_allowed", format!("Messages to {country} are switched off. An admin can allow it in the settings."));
    }
    Some(phone)
}

fn sender(from: Option<&str>, errors: &mut FieldErrors) -> Option<String> {
    let from = from.map(str::trim).filter(|f| !f.is_empty())?;
    if from.len() > 20 || !from.chars().all(|c| c.is_ascii_alphanumeric() || "+ -_.".contains(c)) {
        errors.add("from", "malformed", "A sender is a number, or a name of up to 20 letters and digits.");
    }
    Some(from.to_owned())
}

fn short(text: Option<&str>, field: &str, most: usize, errors: &mut FieldErrors) -> Option<String> {
    let text = text.filter(|t| !t.is_empty())?;
    if text.chars().count() > most {
        errors.add(field, "too_long", format!("Use at most {most} characters."));
    }
    Some(text.to_owned())
}

fn metadata(value: Option<&Value>, errors: &mut FieldErrors) -> Option<String> {
    let value = value.filter(|v| !v.is_null())?;
    let text = value.to_string();
    if !value.is_object() || text.len() > 4_096 {
        errors.add("metadata", "unusable", "Metadata is a JSON object of at most 4,096 bytes.");
    }
    Some(text)
}
