//! Every8d (互動資通), Taiwan: the "API 2.1" over HTTP, one message for each call.
//!
//! There is no idempotency and no look-up: a message whose answer was lost stays unknown until a receipt names it. The
//! subject of a call is a note that the recipient never sees; it carries our attempt reference, and receipts that
//! Every8d calls us with hand it back. Every8d calls only an address that it holds on file, so receipts are polled too.

mod answer;
mod codes;
mod receipts;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use reqwest::Url;
use reqwest::header::CONTENT_TYPE;

use crate::kernel::clock::Clock;
use crate::kernel::crypto::Secret;
use crate::kernel::money::parse_decimal;
use crate::kernel::outbound::{self, Outbound};
use crate::kernel::sms::{self, Encoding};

use super::answers::by_status;
use super::form;
use super::outcome::{Accepted, Capabilities, Outgoing, Refusal, RefusalClass, SendError};
use super::{BadSetting, Balance, Call, CallError, Field, Gateway, Heard, Polled, Receipt, Settings, below, taiwan};

use answer::Answer;
use codes::Table;

/// The vendor's present host.
const HOST: &str = "https://api.e8d.tw";
/// How many minutes Every8d tries to reach a phone: a day, the vendor's own default.
const RETRY_MINUTES: &str = "1440";
/// The longest text in characters outside the GSM alphabet. The vendor sends the rest as another message.
const LONGEST: u32 = 333;
/// How many batches are asked for in one poll: each is a request of its own.
const POLL: usize = 20;

/// What it must be told.
pub const FIELDS: &[Field] = &[
    Field::open("username", "Account", "The account (UID) that you sign in with at Every8d."),
    Field::secret("password", "Password", "The password (PWD) of that account."),
    Field::open(
        "base_url",
        "Address",
        "Leave it empty for https://api.e8d.tw. Older accounts are on https://oms.every8d.com or https://api.every8d.com, companies on https://new.e8d.tw or a host of their own: your contract says which.",
    ),
    Field::open(
        "site",
        "Site",
        "A first part of the path, if your contract names a site. We are not sure that any account still needs one.",
    ),
    Field::open(
        "codes",
        "Code table",
        "2025 or 2017: which of Every8d's two tables explains its codes. Empty means 2025. Every8d does not publish which one an account gets; ask them.",
    ),
    Field::open(
        "subject",
        "Subject",
        "A note on every message that recipients never see. Leave it empty: Peyk then writes its own reference there, by which lost answers are found again.",
    ),
];

/// A client with the settings of one connection.
struct Client {
    outbound: Outbound,
    clock: Clock,
    base: Url,
    site: Vec<String>,
    username: String,
    password: Secret,
    table: Table,
    subject: Option<String>,
}

/// A client with the settings of one connection.
pub fn client(outbound: Outbound, clock: Clock, settings: &Settings) -> Result<super::Client, BadSetting> {
    let table = Table::parse(settings.get("codes").unwrap_or("2025"));
    let site = settings.get("site").unwrap_or_default();
    Ok(Arc::new(Client {
        outbound,
        clock,
        base: settings.base_url(HOST)?,
        site: site.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect(),
        username: settings.need("username", "Write the account that you sign in with at Every8d.")?.into(),
        password: Secret::new(settings.need("password", "Write the password of your Every8d account.")?),
        table: table.ok_or(BadSetting { field: "codes", why: "Write 2025 or 2017, or leave it empty.".into() })?,
        subject: settings.get("subject").map(str::to_owned),
    }))
}

impl Client {
    /// Posts to one of the calls, with the account.
    async fn call(&self, call: &str, fields: &[(&str, &str)]) -> Result<outbound::Answer, outbound::Failure> {
        let path: Vec<_> = self.site.iter().map(String::as_str).chain(["API21", "HTTP", call]).collect();
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("UID", &self.username)
            .append_pair("PWD", self.password.expose())
            .extend_pairs(fields)
            .finish();
        let request = self.outbound.post(below(&self.base, &path)).header(CONTENT_TYPE, form::CONTENT_TYPE);
        self.outbound.send(request.body(body)).await
    }
}

#[async_trait]
impl Gateway for Client {
    fn capabilities(&self) -> Capabilities {
        Capabilities { reference_echo: self.subject.is_none(), poll: POLL, ..Capabilities::NONE }
    }

    async fn send(&self, message: &Outgoing<'_>) -> Result<Accepted, SendError> {
        if let Some(refusal) = forbidden(message) {
            return Err(SendError::Refused(refusal));
        }
        let fields = [
            ("SB", self.subject.as_deref().unwrap_or(message.attempt)),
            ("MSG", message.text),
            ("DEST", &taiwan::local(message.to)),
            ("ST", ""),
            ("RETRYTIME", RETRY_MINUTES),
        ];
        let answer = self.call("SendSMS.ashx", &fields).await?;
        let doubt = by_status(&answer, &Capabilities::NONE);
        if answer.status != 200 {
            return Err(doubt);
        }
        match answer::read(&answer.body) {
            Some(Answer::No(code)) => Err(self.table.error(code)),
            Some(Answer::Values(values)) => match answer::batch(&values) {
                Some(batch) if batch.sent > 0 => {
                    // The cost is in credits, whose price in money only the contract knows.
                    Ok(Accepted { provider_message_id: batch.id, segments: None, price_micros: None, currency: None })
                }
                Some(batch) if batch.unsent > 0 => Err(SendError::Refused(unsent())),
                _ => Err(doubt),
            },
            None => Err(doubt),
        }
    }

    async fn balance(&self) -> Result<Option<Balance>, SendError> {
        let answer = self.call("GetCredit.ashx", &[]).await?;
        match answer::read(&answer.body).filter(|_| answer.status == 200) {
            Some(Answer::No(code)) => Err(self.table.error(code)),
            Some(Answer::Values(values)) => match values.first().map(|credit| parse_decimal(credit)) {
                Some(Ok(amount)) => Ok(Some(Balance { amount, currency: None })),
                _ => Err(by_status(&answer, &Capabilities::NONE)),
            },
            None => Err(by_status(&answer, &Capabilities::NONE)),
        }
    }

    /// A batch that Every8d answers for with an error is left for the next time, so that it cannot keep others waiting.
    async fn poll(&self, messages: &[Polled<'_>]) -> Result<Vec<Receipt>, SendError> {
        let mut receipts = Vec::new();
        for message in messages.iter().take(POLL) {
            let fields = [("BID", message.provider_message_id), ("PNO", "1"), ("RESPFORMAT", "1")];
            let answer = self.call("GetDeliveryStatus.ashx", &fields).await?;
            if answer.status != 200 {
                return Err(by_status(&answer, &Capabilities::NONE));
            }
            match receipts::polled(self.table, message, &answer.body, self.clock.now()) {
                Ok(receipt) => receipts.extend(receipt),
                Err(code) => {
                    if let mend @ SendError::Misconfigured { .. } = self.table.error(code) {
                        return Err(mend);
                    }
                }
            }
        }
        Ok(receipts)
    }

    fn hear(&self, call: &Call<'_>) -> Result<Heard, CallError> {
        receipts::hear(self.table, self.subject.is_none(), call)
    }
}

/// What Every8d's limits forbid, so that it need not leave.
fn forbidden(message: &Outgoing<'_>) -> Option<Refusal> {
    let size = sms::measure(message.text);
    let no = |code: &str, detail: &str| Some(Refusal { code: code.into(), detail: detail.into(), class: RefusalClass::Permanent });
    if message.text.is_empty() {
        return no("empty_text", "Every8d sends no empty texts.");
    }
    if size.encoding == Encoding::Ucs2 && size.units > LONGEST {
        return no("too_long", "Every8d takes at most 333 characters of Chinese or emoji in one message.");
    }
    if size.segments > 1 && !message.to.starts_with("+886") {
        return no("too_long_abroad", "Every8d sends only short texts (one segment) abroad.");
    }
    None
}

/// The batch was made, but nothing of it was sent; the answer does not say why.
fn unsent() -> Refusal {
    let detail = "Every8d counted the message as not sent and gave no reason; its credit may be used up.".into();
    Refusal { code: "unsent".into(), detail, class: RefusalClass::Retryable }
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Every8d").field("host", &self.base.host_str()).finish_non_exhaustive()
    }
}
