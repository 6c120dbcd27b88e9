//! From a request to a message: parsed, rendered, measured and priced, or refused field by field.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::access::Settings;
use crate::connections::{Connection, PriceTable};
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
use crate::templates::{self, Published, grammar};

/// The longest text that one message may have, in characters.
pub const LONGEST_TEXT: usize = 2_000;

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
    /// Which language of the template.
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

/// Checks a request. Every fault is named at once.
pub async fn compose(tx: &mut Tx, subaccount: &SubaccountId, desk: &Desk, request: &SendRequest, now: Millis) -> Result<Draft> {
    let mut errors = FieldErrors::new();
    let phone = parse_to(&request.to, desk, &mut errors);
    let words = words(tx, subaccount, desk, request, &mut errors).await?;
    let category = category(request, words.as_ref(), &mut errors);
    let zone = times::zone(tx, subaccount, desk, request, phone).await?;
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

struct Words {
    template: Option<Published>,
    language: Option<Language>,
    content: Content,
    text: String,
    links: Vec<OwnLink>,
}

async fn words(
    tx: &mut Tx,
    subaccount: &SubaccountId,
    desk: &Desk,
    request: &SendRequest,
    errors: &mut FieldErrors,
) -> Result<Option<Words>> {
    let wanted = match request.language.as_deref().filter(|l| !l.trim().is_empty()) {
        None => None,
        Some(tag) => match Language::parse(tag) {
            Some(language) => Some(language),
            None => {
                errors.add("language", "not_a_language", format!("“{tag}” is not a language tag such as en, fa or zh-Hant."));
                return Ok(None);
            }
        },
    };
    match (&request.text, &request.template) {
        (Some(text), None) => Ok(plain(text, wanted, errors)),
        (None, Some(code)) => {
            let template = match templates::published(tx, subaccount, code, None).await {
                Ok(template) => template,
                Err(Error::Invalid(found)) => {
                    errors.0.extend(found.0);
                    return Ok(None);
                }
                Err(other) => return Err(other),
            };
            Ok(rendered(template, request, wanted.as_ref(), desk, errors))
        }
        (None, None) => {
            errors.add("text", "missing", "Give a text or a template.");
            Ok(None)
        }
        (Some(_), Some(_)) => {
            errors.add("text", "ambiguous", "Give a text or a template, not both.");
            Ok(None)
        }
    }
}

fn plain(text: &str, language: Option<Language>, errors: &mut FieldErrors) -> Option<Words> {
    if text.is_empty() {
        errors.add("text", "empty", "Write the text of the message.");
    } else if text.chars().count() > LONGEST_TEXT {
        errors.add("text", "too_long", format!("A text has at most {LONGEST_TEXT} characters."));
    } else if text.contains('\0') {
        errors.add("text", "zero_byte", "Take the zero byte out of the text.");
    } else {
        return Some(Words { template: None, language, content: Content::Text(text.to_owned()), text: text.to_owned(), links: Vec::new() });
    }
    None
}

fn rendered(template: Published, request: &SendRequest, wanted: Option<&Language>, desk: &Desk, errors: &mut FieldErrors) -> Option<Words> {
    let mut values = Vec::with_capacity(request.variables.len());
    for (name, value) in &request.variables {
        if OwnLink::of(name).is_some() {
            errors.add(&format!("variables.{name}"), "filled_by_peyk", "Leave it out: Peyk puts the recipient’s own link there.");
            return None;
        }
        match value {
            Value::String(text) => values.push((name.clone(), text.clone())),
            Value::Number(n) => values.push((name.clone(), n.to_string())),
            Value::Bool(yes) => values.push((name.clone(), yes.to_string())),
            Value::Null => {}
            Value::Array(_) | Value::Object(_) => {
                errors.add(&format!("variables.{name}"), "not_a_value", "Give a text, a number or a truth value.");
            }
        }
    }
    let (language, words) = template.text_for(wanted, &desk.settings.language);
    let links = OwnLink::ALL.into_iter().filter(|link| words.placeholders().iter().any(|p| p.name == link.name())).collect();
    let language = language.clone();
    let content = Content::Values(values);
    let text = template.render(&language, &|name| content.value(name).or_else(|| desk.own.stand_in(name)));
    match text {
        Ok(text) => Some(Words { template: Some(template), language: Some(language), content, text, links }),
        Err(e) => {
            add_render_error(errors, e);
            None
        }
    }
}

fn add_render_error(errors: &mut FieldErrors, error: grammar::RenderError) {
    if let Error::Invalid(found) = Error::from(error) {
        errors.0.extend(found.0);
    }
}

fn category(request: &SendRequest, words: Option<&Words>, errors: &mut FieldErrors) -> Category {
    let default = words.and_then(|w| w.template.as_ref()).map_or(Category::Account, |t| t.category);
    match request.category.as_deref().filter(|c| !c.trim().is_empty()) {
        None => default,
        Some(word) => Category::parse(word).unwrap_or_else(|| {
            let known = Category::ALL.map(Category::as_str).join(", ");
            errors.add("category", "unknown", format!("“{word}” is not a category. Use one of {known}."));
            default
        }),
    }
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
