//! Twilio Programmable Messaging, over its API of 2010-04-01.
//! Source: <https://www.twilio.com/docs/messaging/api/message-resource>.

mod codes;
mod lines;
mod lookup;
mod message;
mod prices;
mod receipts;
pub mod signature;
#[cfg(test)]
mod tests;
mod twiml;

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::header::CONTENT_TYPE;
use reqwest::{RequestBuilder, Url};
use serde::Deserialize;

use crate::kernel::clock::Clock;
use crate::kernel::crypto::Secret;
use crate::kernel::money::{Currency, parse_decimal};
use crate::kernel::outbound::{Answer, Outbound};

use super::answers::by_status;
use super::form;
use super::gateway::{Balance, Call, CallError, Gateway, Heard, Line, Priced, Unpriced};
use super::outcome::{Accepted, Capabilities, Lookup, Outgoing, Question, Refusal, RefusalClass, SendError};
use super::settings::{BadSetting, Field, LOOKUP, Settings, below};

pub use message::is_sid;
pub use receipts::ATTEMPT;

use codes::Verdict;
use message::Message;
use signature::Key;

/// Where Twilio answers, unless the connection says otherwise.
const OWN_BASE: &str = "https://api.twilio.com";
/// The longest text, in characters. Source: the `Body` parameter of the message resource.
pub const BODY_LIMIT: usize = 1_600;
/// What the protocol offers. A look-up can find a message, though never prove that there is none.
const CAPABILITIES: Capabilities = Capabilities { lookup: true, reference_echo: true, ..Capabilities::NONE };

/// What it must be told.
pub const FIELDS: &[Field] = &[
    Field::open("account_sid", "Account SID", "On the first page of the Twilio console: AC and 32 letters and digits."),
    Field::secret("auth_token", "Auth token", "Beside the Account SID. It signs what Twilio reports, also when an API key is set."),
    Field::open("from", "Sender", "Your Twilio number with plus sign and country code, a short code or a registered name."),
    Field::open(
        "messaging_service_sid",
        "Messaging service",
        "MG and 32 letters and digits, instead of a sender. With both, the service sends from this sender.",
    ),
    Field::open(
        "api_key_sid",
        "API key SID",
        "Optional: SK and 32 letters and digits. Then requests use the key instead of the auth token.",
    ),
    Field::secret("api_key_secret", "API key secret", "The secret of the API key; Twilio shows it once, when the key is made."),
    Field::open(
        "webhook_key_id",
        "Webhook key",
        "Optional: the id of a shared webhook key. Then only calls that it signs are believed. Leave it empty unless Twilio made you one.",
    ),
    Field::secret("webhook_key_secret", "Webhook key secret", "The secret of the webhook key."),
    Field::open("base_url", "Address", "Empty for https://api.twilio.com. Another one for a Twilio region, a proxy or a simulator."),
    Field::switch(
        LOOKUP,
        "Looking numbers up",
        "Lets people who may send ask Twilio what kind of line a number is (Lookup). Twilio charges for each question.",
    ),
    Field::open(
        lines::BASE_URL,
        "Address for looking numbers up",
        "Empty for https://lookups.twilio.com, or for what belongs to the address above when that is set.",
    ),
];

/// A client with the credentials and the sender of one connection.
#[derive(Clone, Debug)]
pub struct Client {
    outbound: Outbound,
    messages: Url,
    balance: Url,
    /// Where numbers are looked up; none when that is off.
    lookups: Option<Url>,
    /// User and password of requests.
    login: (String, Secret),
    webhooks: Key,
    from: Option<String>,
    service: Option<String>,
}

/// Who a message comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Sender<'a> {
    number: Option<&'a str>,
    service: Option<&'a str>,
}

/// A client for one account.
pub fn client(outbound: Outbound, _clock: Clock, settings: &Settings) -> Result<super::Client, BadSetting> {
    let base = settings.base_url(OWN_BASE)?;
    let lookups = lines::base(settings, &base)?;
    let account = settings.need("account_sid", "Copy the Account SID from the Twilio console.")?;
    check_sid("account_sid", "AC", account)?;
    if let Some(service) = settings.get("messaging_service_sid") {
        check_sid("messaging_service_sid", "MG", service)?;
    }
    let api_key = pair(settings, "api_key_sid", "api_key_secret")?;
    if let Some((key, _)) = &api_key {
        check_sid("api_key_sid", "SK", key)?;
    }
    let token = settings.get("auth_token").map(Secret::new);
    let missing = || BadSetting::missing("auth_token", "Copy the auth token from the Twilio console: it signs what Twilio reports.");
    let webhooks = match pair(settings, "webhook_key_id", "webhook_key_secret")? {
        Some((id, secret)) => Key::Shared { id, secret },
        None => Key::Token(token.clone().ok_or_else(missing)?),
    };
    let login = match api_key {
        Some(key) => key,
        None => (account.to_owned(), token.ok_or_else(missing)?),
    };
    Ok(Arc::new(Client {
        outbound,
        messages: below(&base, &["2010-04-01", "Accounts", account, "Messages.json"]),
        balance: below(&base, &["2010-04-01", "Accounts", account, "Balance.json"]),
        lookups: settings.is_on(LOOKUP)?.then_some(lookups),
        login,
        webhooks,
        from: settings.get("from").map(str::to_owned),
        service: settings.get("messaging_service_sid").map(str::to_owned),
    }))
}

fn check_sid(field: &'static str, prefix: &str, sid: &str) -> Result<(), BadSetting> {
    if is_sid(prefix, sid) {
        return Ok(());
    }
    Err(BadSetting {
        field,
        why: format!("Write {prefix} and the 32 letters and digits that follow it, as the Twilio console shows them."),
    })
}

/// A name and a secret that make sense together only.
fn pair(settings: &Settings, name: &'static str, secret: &'static str) -> Result<Option<(String, Secret)>, BadSetting> {
    match (settings.get(name), settings.get(secret)) {
        (Some(name), Some(secret)) => Ok(Some((name.to_owned(), Secret::new(secret)))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(BadSetting::missing(secret, "Write the secret too, or leave both empty.")),
        (None, Some(_)) => Err(BadSetting::missing(name, "Write the id that belongs to the secret, or leave both empty.")),
    }
}

#[async_trait]
impl Gateway for Client {
    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    async fn send(&self, message: &Outgoing<'_>) -> Result<Accepted, SendError> {
        if message.text.chars().count() > BODY_LIMIT {
            let detail = format!("The text is longer than the {BODY_LIMIT} characters that Twilio takes.");
            return Err(SendError::Refused(Refusal { code: "too_long".into(), detail, class: RefusalClass::Permanent }));
        }
        let form = self.form(message)?;
        let request = self.signed_in(self.outbound.post(self.messages.clone()));
        let answer = self.outbound.send(request.header(CONTENT_TYPE, form::CONTENT_TYPE).body(form)).await?;
        if (200..=299).contains(&answer.status) {
            let message: Option<Message> = serde_json::from_slice(&answer.body).ok();
            if let Some(accepted) = message.and_then(|message| message.accepted()) {
                return Ok(accepted);
            }
        }
        Err(no(&answer))
    }

    async fn lookup(&self, question: &Question<'_>) -> Lookup {
        lookup::find(self, question).await
    }

    async fn balance(&self) -> Result<Option<Balance>, SendError> {
        #[derive(Deserialize)]
        struct Left {
            balance: String,
            currency: String,
        }
        let answer = self.outbound.send(self.signed_in(self.outbound.get(self.balance.clone()))).await?;
        if answer.status != 200 {
            return Err(no(&answer));
        }
        let unreadable = || SendError::Unknown { detail: "Twilio's answer about the balance cannot be read.".into() };
        let left: Left = serde_json::from_slice(&answer.body).map_err(|_| unreadable())?;
        let amount = parse_decimal(&left.balance).map_err(|_| unreadable())?;
        Ok(Some(Balance { amount, currency: Currency::parse(&left.currency) }))
    }

    async fn prices(&self, messages: &[Unpriced<'_>]) -> Result<Vec<Priced>, SendError> {
        prices::ask(self, messages).await
    }

    async fn line(&self, number: &str, country: &str) -> Result<Option<Line>, SendError> {
        match &self.lookups {
            Some(base) => lines::ask(self, base, number, country).await.map(Some),
            None => Ok(None),
        }
    }

    fn hear(&self, call: &Call<'_>) -> Result<Heard, CallError> {
        if !self.webhooks.signed(call) {
            return Err(CallError::Forged);
        }
        receipts::heard(call)
    }
}

impl Client {
    /// The connection's own sender or service when it has any: where it has none, the message names one, which
    /// may be no more than the product's name, and that is worth trying only when there is nothing better.
    fn sender<'a>(&'a self, named: &'a str) -> Sender<'a> {
        let (number, service) = (self.from.as_deref(), self.service.as_deref());
        if number.is_some() || service.is_some() {
            return Sender { number, service };
        }
        Sender { number: Some(named).filter(|named| !named.is_empty()), service: None }
    }

    fn form(&self, message: &Outgoing<'_>) -> Result<String, SendError> {
        let sender = self.sender(message.from);
        if sender == (Sender { number: None, service: None }) {
            return Err(SendError::Misconfigured { detail: "The connection has no sender: set a number or a messaging service.".into() });
        }
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("To", message.to);
        for (name, value) in [("From", sender.number), ("MessagingServiceSid", sender.service)] {
            if let Some(value) = value {
                form.append_pair(name, value);
            }
        }
        form.append_pair("Body", message.text);
        if !message.callback_url.is_empty() {
            form.append_pair("StatusCallback", &status_callback(message.callback_url, message.attempt));
        }
        Ok(form.finish())
    }

    fn signed_in(&self, request: RequestBuilder) -> RequestBuilder {
        let (user, password) = &self.login;
        request.basic_auth(user, Some(password.expose()))
    }
}

/// The address for one attempt's receipts. It is put together as text: a parser would write it differently, and the
/// signature is over each of its characters.
fn status_callback(callback_url: &str, attempt: &str) -> String {
    let mark = if callback_url.contains('?') { '&' } else { '?' };
    let attempt: String = form_urlencoded::byte_serialize(attempt.as_bytes()).collect();
    format!("{callback_url}{mark}{ATTEMPT}={attempt}")
}

/// What an answer that is no acceptance means. Codes count only where the status says that Twilio refused: with 408 and
/// 5xx it may have taken the message, and 429 is documented as not processed.
fn no(answer: &Answer) -> SendError {
    #[derive(Deserialize)]
    struct Body {
        code: u32,
    }
    let by_status = by_status(answer, &CAPABILITIES);
    let code = match answer.status {
        408 | 429 => None,
        400..=499 => serde_json::from_slice::<Body>(&answer.body).ok().map(|body| body.code),
        _ => None,
    };
    let Some(code) = code else {
        return by_status;
    };
    match (codes::known(code), by_status) {
        (Some(known), by_status) => match known.verdict {
            Verdict::Message(class) => SendError::Refused(codes::refusal(code, class)),
            Verdict::Connection => SendError::Misconfigured { detail: known.meaning.into() },
            Verdict::Expired => by_status,
        },
        (None, SendError::Refused(by_status)) => SendError::Refused(codes::refusal(code, by_status.class)),
        (None, by_status) => by_status,
    }
}
