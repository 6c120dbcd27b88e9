//! The console generation: JSON both ways, and the token in the path, so that no address of it may be logged.

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::kernel::crypto::Secret;
use crate::kernel::outbound::{Answer, Outbound};
use crate::providers::answers::by_status;
use crate::providers::outcome::{Accepted, Refusal, RefusalClass, SendError};
use crate::providers::receipt::Inbound;
use crate::providers::{Polled, below};

use super::pattern::Pattern;
use super::{CAPABILITIES, accepted, codes, inbox, is_id, unreadable, word};

/// The account's console access.
#[derive(Debug)]
pub struct Console {
    /// The HTTP client.
    pub outbound: Outbound,
    /// Where the API is.
    pub base: Url,
    /// The token that stands in every path.
    pub token: Secret,
}

#[derive(Deserialize)]
struct Sent {
    #[serde(rename = "recId")]
    id: Value,
    #[serde(default)]
    status: Value,
}

#[derive(Deserialize)]
struct Statuses {
    #[serde(rename = "resultsAsCode", default)]
    codes: Vec<Value>,
}

#[derive(Deserialize)]
struct Texts {
    #[serde(default)]
    messages: Vec<inbox::ConsoleText>,
}

#[derive(Deserialize)]
struct Credit {
    amount: Value,
}

impl Console {
    /// Sends one message.
    pub async fn send(&self, to: &str, from: &str, text: &str) -> Result<Accepted, SendError> {
        let answer = self.post(&["send", "simple"], &json!({ "from": from, "to": to, "text": text })).await?;
        sent(&answer)
    }

    /// Sends one message by a pattern, from the provider's service line.
    pub async fn send_pattern(&self, to: &str, pattern: &Pattern<'_>) -> Result<Accepted, SendError> {
        let answer = self.post(&["send", "shared"], &json!({ "bodyId": pattern.id, "to": to, "args": pattern.values })).await?;
        sent(&answer)
    }

    /// The delivery codes of messages, in their order.
    pub async fn deliveries(&self, messages: &[&Polled<'_>]) -> Result<Vec<String>, SendError> {
        if messages.is_empty() {
            return Ok(Vec::new());
        }
        let ids: Vec<u64> = messages.iter().filter_map(|message| message.provider_message_id.parse().ok()).collect();
        let answer = self.post(&["receive", "status"], &json!({ "recIds": ids })).await?;
        let statuses: Statuses = read(&answer, "delivery code")?;
        // Codes have no ids beside them: a list of another length cannot be told apart.
        if statuses.codes.len() != messages.len() {
            return Err(unreadable("delivery code for each message"));
        }
        Ok(statuses.codes.iter().map(word).collect())
    }

    /// What is left on the account.
    pub async fn credit(&self) -> Result<String, SendError> {
        let answer = self.outbound.send(self.outbound.get(self.url(&["receive", "credit"]))).await?;
        Ok(word(&read::<Credit>(&answer, "credit")?.amount))
    }

    /// The newest texts in the panel's inbox, to the line `ours` where they name none.
    pub async fn inbox(&self, ours: &str) -> Result<Vec<Inbound>, SendError> {
        let mut texts = Vec::new();
        for page in 0..inbox::PAGES {
            let asked = json!({ "type": "in", "number": "", "index": page * inbox::PAGE, "count": inbox::PAGE });
            let answer = self.post(&["receive", "messages"], &asked).await?;
            let found = read::<Texts>(&answer, "list of texts")?.messages;
            let last = found.len() < inbox::PAGE;
            texts.extend(found.into_iter().filter_map(|text| text.inbound(ours)));
            if last {
                break;
            }
        }
        Ok(texts)
    }

    async fn post(&self, path: &[&str], body: &Value) -> Result<Answer, SendError> {
        let request = self.outbound.post(self.url(path)).header(CONTENT_TYPE, "application/json");
        Ok(self.outbound.send(request.body(body.to_string())).await?)
    }

    fn url(&self, path: &[&str]) -> Url {
        below(&self.base, &[&["api"], path, &[self.token.expose()]].concat())
    }
}

/// What an answer to a message means. `status` is free text in Persian; what is definite is the id, which is 0 or null
/// when the message was not taken.
pub fn sent(answer: &Answer) -> Result<Accepted, SendError> {
    let reply: Sent = read(answer, "message id")?;
    let (id, status) = (word(&reply.id), word(&reply.status));
    if is_id(&id) {
        return Ok(accepted(id));
    }
    let none = id.is_empty() || id == "0";
    if let Some(code) = codes::sending(if none { &status } else { &id }) {
        return Err(code.error(answer.retry_after));
    }
    if none && !says_success(&status) {
        let detail = match status.is_empty() {
            true => "The provider did not take the message and gives no reason.".into(),
            false => format!("The provider did not take the message: {}", without_digits(&status)),
        };
        return Err(SendError::Refused(Refusal { code: "no_id".into(), detail, class: RefusalClass::Retryable }));
    }
    Err(unreadable("message id"))
}

/// Whether a status says "successful" (and not "unsuccessful") in Persian: beside no id, that is a contradiction.
fn says_success(status: &str) -> bool {
    status.contains("\u{645}\u{648}\u{641}\u{642}") && !status.contains("\u{646}\u{627}\u{645}\u{648}\u{641}\u{642}")
}

/// The provider's sentence, cut, and without the digits that could be somebody's number.
fn without_digits(sentence: &str) -> String {
    sentence.chars().take(120).map(|c| if c.is_numeric() { '•' } else { c }).collect()
}

fn read<T: DeserializeOwned>(answer: &Answer, what: &str) -> Result<T, SendError> {
    if !(200..=299).contains(&answer.status) {
        return Err(by_status(answer, &CAPABILITIES));
    }
    serde_json::from_slice(&answer.body).map_err(|_| unreadable(what))
}
