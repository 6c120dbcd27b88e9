//! Amazon SNS, publishing straight to phone numbers
//! (<https://docs.aws.amazon.com/sns/latest/dg/sms_sending-overview.html>).
//!
//! It takes a message and reports nothing back to us: what became of it stands in CloudWatch only, so a message rests at
//! `sent`. It takes no reference of ours, cannot be asked about a message, and never calls. Even a recipient who opted out is
//! taken, it seems, and fails in the log only.

mod answer;
mod codes;
pub mod signature;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use async_trait::async_trait;
use reqwest::Url;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE};

use crate::kernel::clock::Clock;
use crate::kernel::crypto::Secret;
use crate::kernel::money::parse_decimal;
use crate::kernel::outbound::Outbound;

use super::outcome::{Accepted, Capabilities, Outgoing, SendError};
use super::{BadSetting, Call, CallError, Field, Gateway, Heard, Settings};

use signature::{Request, Signer};

/// What it must be told.
pub const FIELDS: &[Field] = &[
    Field::open("region", "Region", "The AWS region that sends, such as eu-central-1. Not every region can send texts."),
    Field::open("access_key_id", "Access key id", "Of a user in IAM that has the right sns:Publish. It begins with AKIA or ASIA."),
    Field::secret("secret_access_key", "Secret access key", "Shown once by IAM when the access key is made."),
    Field::secret("session_token", "Session token", "Only for keys that begin with ASIA, which end after some hours. Usually empty."),
    Field::open(
        "sender_id",
        "Sender name",
        "1 to 11 letters and digits, with a letter among them, where the country allows names. Empty: what AWS chooses.",
    ),
    Field::open(
        "origination_number",
        "Sender number",
        "A number or short code of your AWS account, such as +12065550100. Empty: what AWS chooses.",
    ),
    Field::open(
        "sms_type",
        "Kind of message",
        "Transactional or Promotional, for every message. Empty: marketing goes as Promotional, all else as Transactional.",
    ),
    Field::open(
        "max_price",
        "Highest price",
        "In USD per message, such as 0.05; AWS does not send what would cost more. Empty: the account's own limit.",
    ),
    Field::open("entity_id", "DLT entity id", "India only: the id of your registration as a sender."),
    Field::open("template_id", "DLT template id", "India only: the registered text, for messages that name none themselves."),
    Field::open("base_url", "Address", "Another address than AWS's own, such as that of a simulator. Usually empty."),
];

/// The longest text. The API's model says characters, the developer guide bytes; bytes are the safer reading.
const LONGEST_TEXT: usize = 1_600;
/// What it offers. A 503 of AWS means that the service was too busy to take the request.
const CAPABILITIES: Capabilities = Capabilities { definite_503: true, ..Capabilities::NONE };
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";

/// A client with the account and the choices of one connection.
#[derive(Debug)]
struct Client {
    outbound: Outbound,
    clock: Clock,
    base: Url,
    region: String,
    key_id: String,
    secret: Secret,
    session_token: Option<Secret>,
    sender_id: Option<String>,
    number: Option<String>,
    kind: Option<String>,
    max_price: Option<String>,
    entity_id: Option<String>,
    template_id: Option<String>,
}

/// A client with the settings of one connection.
pub fn client(outbound: Outbound, clock: Clock, settings: &Settings) -> Result<super::Client, BadSetting> {
    let region = settings.need("region", "Write the AWS region that sends, such as eu-central-1.")?;
    if !region.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err(BadSetting { field: "region", why: "Write the region as AWS does, such as eu-central-1.".into() });
    }
    let own = |field: &str| settings.get(field).map(str::to_owned);
    if own("sender_id").is_some_and(|name| !is_name(&name)) {
        return Err(BadSetting {
            field: "sender_id",
            why: "Write 1 to 11 letters and digits of English, with a letter among them.".into(),
        });
    }
    if own("sms_type").is_some_and(|kind| kind != "Transactional" && kind != "Promotional") {
        return Err(BadSetting { field: "sms_type", why: "Write Transactional or Promotional, or leave it empty.".into() });
    }
    if own("max_price").is_some_and(|price| !parse_decimal(&price).is_ok_and(|micros| micros > 0)) {
        return Err(BadSetting { field: "max_price", why: "Write an amount in USD such as 0.05.".into() });
    }
    Ok(Arc::new(Client {
        outbound,
        clock,
        base: settings.base_url(&format!("https://sns.{region}.amazonaws.com/"))?,
        region: region.into(),
        key_id: settings.need("access_key_id", "Write the id of the access key.")?.into(),
        secret: Secret::new(settings.need("secret_access_key", "Write the secret of the access key.")?),
        session_token: settings.get("session_token").map(Secret::new),
        sender_id: own("sender_id"),
        number: own("origination_number"),
        kind: own("sms_type"),
        max_price: own("max_price"),
        entity_id: own("entity_id"),
        template_id: own("template_id"),
    }))
}

#[async_trait]
impl Gateway for Client {
    fn capabilities(&self) -> Capabilities {
        CAPABILITIES
    }

    async fn send(&self, message: &Outgoing<'_>) -> Result<Accepted, SendError> {
        if message.text.len() > LONGEST_TEXT {
            return Err(codes::TOO_LONG.error(None));
        }
        answer::published(&self.post(self.publish(message)).await?)
    }

    fn hear(&self, _call: &Call<'_>) -> Result<Heard, CallError> {
        Err(CallError::Unreadable("Amazon SNS never calls about text messages"))
    }
}

impl Client {
    /// The form that publishes a message. A sender of the message goes before those of the connection.
    fn publish(&self, message: &Outgoing<'_>) -> String {
        let from = Some(message.from).filter(|from| !from.is_empty());
        let (number, name) = match from {
            Some(from) if is_name(from) => (None, Some(from)),
            Some(from) => (Some(from), None),
            None => (self.number.as_deref(), self.sender_id.as_deref()),
        };
        let kind = self.kind.as_deref().unwrap_or(if message.promotional { "Promotional" } else { "Transactional" });
        let attributes = [
            ("AWS.SNS.SMS.SMSType", "String", Some(kind)),
            ("AWS.SNS.SMS.SenderID", "String", name),
            ("AWS.MM.SMS.OriginationNumber", "String", number),
            ("AWS.SNS.SMS.MaxPrice", "Number", self.max_price.as_deref()),
            ("AWS.MM.SMS.EntityId", "String", self.entity_id.as_deref()),
            ("AWS.MM.SMS.TemplateId", "String", message.registered_template.map(|text| &*text.id).or(self.template_id.as_deref())),
        ];
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", "Publish").append_pair("Version", "2010-03-31");
        form.append_pair("PhoneNumber", message.to).append_pair("Message", message.text);
        let given = attributes.iter().filter_map(|(name, kind, value)| Some((name, kind, (*value)?)));
        for (i, (name, kind, value)) in given.enumerate() {
            let entry = format!("MessageAttributes.entry.{}.", i + 1);
            form.append_pair(&format!("{entry}Name"), name);
            form.append_pair(&format!("{entry}Value.DataType"), kind);
            form.append_pair(&format!("{entry}Value.StringValue"), value);
        }
        form.finish()
    }

    async fn post(&self, body: String) -> Result<crate::kernel::outbound::Answer, SendError> {
        let date = signature::date(self.clock.now());
        let host = host(&self.base);
        let mut headers = vec![("content-type", FORM), ("host", &*host), ("x-amz-date", &*date)];
        headers.extend(self.session_token.as_ref().map(|token| ("x-amz-security-token", token.expose())));
        let signer = Signer { key_id: &self.key_id, secret: self.secret.expose(), region: &self.region, service: "sns" };
        let signed = Request { path: self.base.path(), headers: &headers, body: body.as_bytes(), date: &date };
        let authorization = signature::authorization(&signer, &signed);
        let mut request = self.outbound.post(self.base.clone()).header(CONTENT_TYPE, FORM).header("x-amz-date", &date);
        if let Some(token) = &self.session_token {
            request = request.header("x-amz-security-token", token.expose());
        }
        Ok(self.outbound.send(request.header(AUTHORIZATION, authorization).body(body)).await?)
    }
}

/// The header `Host` as the HTTP client writes it: with the port unless it is the scheme's own.
fn host(url: &Url) -> String {
    let name = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| name.into(), |port| format!("{name}:{port}"))
}

/// Whether a sender is a name and not a number.
fn is_name(sender: &str) -> bool {
    let usual = sender.bytes().all(|b| b.is_ascii_alphanumeric()) && (1..=11).contains(&sender.len());
    usual && sender.bytes().any(|b| b.is_ascii_alphabetic())
}
