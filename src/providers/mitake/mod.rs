//! Mitake (三竹), Taiwan: its "HTTP API" 2.14, one message for each call or many.
//!
//! Our attempt reference is the `clientid`: a submission that is repeated with it within twelve hours is answered with
//! the first answer and not sent again. Receipts come to the address that the message names, and are polled too.

mod answer;
mod bulk;
mod codes;
mod receipts;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use encoding_rs::BIG5;
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;

use crate::kernel::clock::{Clock, HOUR};
use crate::kernel::crypto::Secret;
use crate::kernel::money::parse_decimal;
use crate::kernel::outbound::{self, Outbound};
use crate::kernel::sms;

use super::answers::by_status;
use super::form;
use super::outcome::{Accepted, Capabilities, Outgoing, Refusal, RefusalClass, SendError};
use super::{BadSetting, Balance, Call, CallError, Field, Gateway, Heard, Polled, Receipt, Settings, below, taiwan};

use answer::Answer;

/// The vendor's present host, and the path on it.
const HOST: &str = "https://smsapi.mitake.com.tw";
const PREFIX: &str = "api/mtk";
/// The most that the manual allows.
const LONGEST_USERNAME: usize = 20;
const LONGEST_PASSWORD: usize = 24;
const LONGEST_OBJECT: usize = 16;
const LONGEST_CLIENT_ID: usize = 36;
const LONGEST_RESPONSE: usize = 256;
/// What stands for a new line in a text.
const NEW_LINE: char = '\u{6}';

const CAPABILITIES: Capabilities = Capabilities { idempotent: Some(12 * HOUR), reference_echo: true, poll: 100, ..Capabilities::NONE };

/// What it must be told.
pub const FIELDS: &[Field] = &[
    Field::open("username", "Account", "The account that you sign in with at Mitake."),
    Field::secret("password", "Password", "The password of that account. Mitake must also have this server's address on its list."),
    Field::open(
        "base_url",
        "Address",
        "Leave it empty for https://smsapi.mitake.com.tw. Older accounts are on https://smsb2c.mitake.com.tw: your contract says which.",
    ),
    Field::open("prefix", "Path", "Leave it empty for api/mtk. Older accounts need b2c/mtk."),
    Field::open("charset", "Charset", "UTF8 or Big5: in which texts are handed over. Empty means UTF8; Big5 carries no emoji."),
    Field::open("object_id", "Batch name", "A name of at most 16 characters under which Mitake's own reports list your messages."),
    Field::open(
        "bulk",
        "Many in one call",
        "Campaigns hand over up to 500 messages in one call. Write no if your account cannot do that, and they go one by one.",
    ),
    Field::open(
        "long_sms",
        "Long texts",
        "Write no if your contract is without long texts. Mitake would cut them to one segment without a word, so Peyk then refuses them.",
    ),
];

/// In which charset texts are handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Charset {
    Utf8,
    Big5,
}

/// A client with the settings of one connection.
struct Client {
    outbound: Outbound,
    clock: Clock,
    base: Url,
    prefix: Vec<String>,
    username: String,
    password: Secret,
    charset: Charset,
    object_id: Option<String>,
    bulk: bool,
    long_sms: bool,
}

/// A client with the settings of one connection.
pub fn client(outbound: Outbound, clock: Clock, settings: &Settings) -> Result<super::Client, BadSetting> {
    let username = settings.need("username", "Write the account that you sign in with at Mitake.")?;
    let password = settings.need("password", "Write the password of your Mitake account.")?;
    let object_id = settings.get("object_id");
    for (field, value, longest) in [
        ("username", username, LONGEST_USERNAME),
        ("password", password, LONGEST_PASSWORD),
        ("object_id", object_id.unwrap_or_default(), LONGEST_OBJECT),
    ] {
        if value.chars().count() > longest {
            return Err(BadSetting { field, why: format!("Mitake takes at most {longest} characters here.") });
        }
    }
    let charset = match settings.get("charset").unwrap_or("UTF8").to_ascii_lowercase().as_str() {
        "utf8" | "utf-8" => Charset::Utf8,
        "big5" => Charset::Big5,
        _ => return Err(BadSetting { field: "charset", why: "Write UTF8 or Big5, or leave it empty.".into() }),
    };
    let (bulk, long_sms) = (is_on(settings, "bulk")?, is_on(settings, "long_sms")?);
    let prefix = settings.get("prefix").unwrap_or(PREFIX);
    Ok(Arc::new(Client {
        outbound,
        clock,
        base: settings.base_url(HOST)?,
        prefix: prefix.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
        username: username.into(),
        password: Secret::new(password),
        charset,
        object_id: object_id.map(str::to_owned),
        bulk,
        long_sms,
    }))
}

/// A setting that is yes, no, or empty for yes.
fn is_on(settings: &Settings, field: &'static str) -> Result<bool, BadSetting> {
    match settings.get(field).unwrap_or("yes").to_ascii_lowercase().as_str() {
        "yes" => Ok(true),
        "no" => Ok(false),
        _ => Err(BadSetting { field, why: "Write yes or no, or leave it empty.".into() }),
    }
}

impl Client {
    /// The address of one of the calls.
    fn address(&self, call: &str) -> Url {
        let path: Vec<_> = self.prefix.iter().map(String::as_str).chain([call]).collect();
        below(&self.base, &path)
    }

    /// Posts to one of the calls, with the account.
    async fn call(&self, call: &str, fields: &[(&str, &str)]) -> Result<outbound::Answer, outbound::Failure> {
        let mut url = self.address(call);
        url.set_query(Some(match self.charset {
            Charset::Utf8 => "CharsetURL=UTF8",
            Charset::Big5 => "CharsetURL=Big5",
        }));
        let request = self.outbound.post(url).header(CONTENT_TYPE, form::CONTENT_TYPE);
        self.outbound.send(request.body(self.form(fields))).await
    }

    /// The account in UTF-8, and fields in the charset.
    fn form(&self, fields: &[(&str, &str)]) -> String {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("username", &self.username).append_pair("password", self.password.expose());
        if self.charset == Charset::Big5 {
            form.encoding_override(Some(&big5));
        }
        form.extend_pairs(fields).finish()
    }

    /// Whether every character of a text is in the charset.
    fn can_write(&self, text: &str) -> bool {
        let unmappable = |text| BIG5.encode(text).2;
        self.charset == Charset::Utf8 || !unmappable(text)
    }

    /// What Mitake's limits forbid, so that it need not leave; else the text as it travels.
    fn text_of(&self, message: &Outgoing<'_>) -> Result<String, Refusal> {
        let no = |code: &str, detail: &str| Refusal { code: code.into(), detail: detail.into(), class: RefusalClass::Permanent };
        if message.text.is_empty() {
            return Err(no("empty_text", "Mitake sends no empty texts."));
        }
        if message.attempt.len() > LONGEST_CLIENT_ID {
            return Err(no("reference", "The message's reference is longer than Mitake takes."));
        }
        if !self.long_sms && sms::measure(message.text).segments > 1 {
            return Err(no("too_long", "Your contract with Mitake is without long texts, and this one is longer than one segment."));
        }
        if message.text.contains(NEW_LINE) {
            return Err(no("control_character", "The text has a control character (U+0006) that Mitake takes for a new line."));
        }
        let text = message.text.replace('\n', NEW_LINE.encode_utf8(&mut [0; 4]));
        if !self.can_write(&text) {
            return Err(no("not_in_big5", "The text has a character that is not in Big5; set the connection's charset to UTF8."));
        }
        Ok(text)
    }
}

#[async_trait]
impl Gateway for Client {
    fn capabilities(&self) -> Capabilities {
        Capabilities { batch: if self.bulk { bulk::MOST } else { 0 }, ..CAPABILITIES }
    }

    async fn send(&self, message: &Outgoing<'_>) -> Result<Accepted, SendError> {
        let text = self.text_of(message).map_err(SendError::Refused)?;
        let (to, response) = (taiwan::local(message.to), response(message));
        let mut fields = vec![("dstaddr", &*to), ("smbody", &*text), ("clientid", message.attempt)];
        fields.extend(response.as_deref().map(|address| ("response", address)));
        fields.extend(self.object_id.as_deref().filter(|name| self.can_write(name)).map(|name| ("objectID", name)));
        let answer = self.call("SmSend", &fields).await?;
        let doubt = by_status(&answer, &Capabilities::NONE);
        let read = answer::read(&answer.body).filter(|_| answer.status == 200);
        read.and_then(told).unwrap_or(Err(doubt))
    }

    fn may_share(&self, message: &Outgoing<'_>) -> bool {
        bulk::may_share(message)
    }

    async fn send_many(&self, messages: &[Outgoing<'_>]) -> Vec<Result<Accepted, SendError>> {
        self.send_in_bulk(messages).await
    }

    async fn balance(&self) -> Result<Option<Balance>, SendError> {
        let answer = self.call("SmQuery", &[]).await?;
        match answer::read(&answer.body).filter(|_| answer.status == 200) {
            Some(Answer { points: Some(points), .. }) if parse_decimal(&points).is_ok() => {
                Ok(parse_decimal(&points).ok().map(|amount| Balance { amount, currency: None }))
            }
            Some(Answer { statuscode: Some(code), .. }) => Err(codes::error(&code)),
            _ => Err(by_status(&answer, &Capabilities::NONE)),
        }
    }

    async fn poll(&self, messages: &[Polled<'_>]) -> Result<Vec<Receipt>, SendError> {
        let messages = &messages[..messages.len().min(CAPABILITIES.poll)];
        // Without an id the question would be another one: for the points.
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<_> = messages.iter().map(|message| message.provider_message_id).collect();
        let answer = self.call("SmQuery", &[("msgid", &ids.join(","))]).await?;
        if answer.status != 200 {
            return Err(by_status(&answer, &Capabilities::NONE));
        }
        match answer::read(&answer.body) {
            Some(Answer { statuscode: Some(code), .. }) if code != "z" => Err(codes::error(&code)),
            _ => Ok(receipts::polled(messages, &answer::rows(&answer.body), self.clock.now())),
        }
    }

    fn hear(&self, call: &Call<'_>) -> Result<Heard, CallError> {
        receipts::hear(call)
    }
}

/// What an answer says about its message; `None` where it says neither yes nor no for certain.
fn told(answer: Answer) -> Option<Result<Accepted, SendError>> {
    match answer {
        // Also for a repetition: then both are those of the first answer.
        Answer { msgid: Some(msgid), statuscode: Some(code), .. } if codes::is_taken(&code) && answer::is_msgid(&msgid) => {
            Some(Ok(Accepted { provider_message_id: msgid, segments: None, price_micros: None, currency: None }))
        }
        Answer { msgid, statuscode: Some(code), .. } if codes::is_no(&code, msgid.is_some()) => Some(Err(codes::error(&code))),
        _ => None,
    }
}

fn big5(text: &str) -> Cow<'_, [u8]> {
    BIG5.encode(text).0
}

/// The address for the message's receipt, with our reference; `None` if it is longer than Mitake takes, and the receipt
/// is polled.
fn response(message: &Outgoing<'_>) -> Option<String> {
    let joint = if message.callback_url.contains('?') { '&' } else { '?' };
    let query = form_urlencoded::Serializer::new(String::new()).append_pair(receipts::ATTEMPT, message.attempt).finish();
    let address = format!("{}{joint}{query}", message.callback_url);
    (!message.callback_url.is_empty() && address.len() <= LONGEST_RESPONSE).then_some(address)
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mitake").field("host", &self.base.host_str()).finish_non_exhaustive()
    }
}
