//! The REST generation: forms in, JSON out, every answer HTTP 200.
//!
//! `Value` holds the id or the figure that was asked for, or a code in its place, which may come with `RetStatus` 1 all
//! the same. So a message counts as taken only when `Value` is a long number.

use reqwest::Url;
use reqwest::header::CONTENT_TYPE;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::kernel::crypto::Secret;
use crate::kernel::outbound::{Answer, Outbound};
use crate::providers::answers::by_status;
use crate::providers::outcome::{Accepted, SendError};
use crate::providers::receipt::Inbound;
use crate::providers::{below, form};

use super::pattern::Pattern;
use super::{CAPABILITIES, accepted, codes, inbox, is_id, unreadable, word};

/// The account's REST access.
#[derive(Debug)]
pub struct Rest {
    /// The HTTP client.
    pub outbound: Outbound,
    /// Where the API is.
    pub base: Url,
    /// The panel's user name.
    pub username: String,
    /// The panel's password or ApiKey.
    pub password: Secret,
    /// The ApiKey as a header, for accounts that want it there.
    pub api_key: Option<Secret>,
}

/// What every method answers.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Reply {
    #[serde(default)]
    value: Value,
    ret_status: i64,
    #[serde(default)]
    str_ret_status: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct List {
    my_base: Option<Reply>,
    data: Option<Vec<inbox::RestText>>,
}

impl Rest {
    /// Sends one message; the id is the "recId".
    pub async fn send(&self, to: &str, from: &str, text: &str) -> Result<Accepted, SendError> {
        let answer = self.ask("SendSMS", &[("to", to), ("from", from), ("text", text), ("isFlash", "false")]).await?;
        sent(&answer)
    }

    /// Sends one message by a pattern, from the provider's service line.
    pub async fn send_pattern(&self, to: &str, pattern: &Pattern<'_>) -> Result<Accepted, SendError> {
        let fields = [("text", &*pattern.joined()), ("to", to), ("bodyId", &*pattern.id.to_string())];
        let answer = self.ask("BaseServiceNumber", &fields).await?;
        sent(&answer)
    }

    /// The delivery code of a message.
    pub async fn delivery(&self, id: &str) -> Result<String, SendError> {
        let answer = self.ask("GetDeliveries2", &[("recId", id)]).await?;
        figure(&answer)
    }

    /// What is left on the account, in messages.
    pub async fn credit(&self) -> Result<String, SendError> {
        let answer = self.ask("GetCredit", &[]).await?;
        figure(&answer)
    }

    /// The newest texts in the panel's inbox.
    pub async fn inbox(&self) -> Result<Vec<Inbound>, SendError> {
        let mut texts = Vec::new();
        for page in 0..inbox::PAGES {
            let index = (page * inbox::PAGE).to_string();
            let count = inbox::PAGE.to_string();
            // Location 1 is the inbox. That `index` counts texts, the newest first, is our reading of the vendor's page.
            let asked = [("location", "1"), ("index", &index), ("count", &count), ("from", "")];
            let answer = self.ask("GetMessages", &asked).await?;
            let found = listed(&answer)?;
            let last = found.len() < inbox::PAGE;
            texts.extend(found.into_iter().filter_map(inbox::RestText::inbound));
            if last {
                break;
            }
        }
        Ok(texts)
    }

    async fn ask(&self, method: &str, fields: &[(&str, &str)]) -> Result<Answer, SendError> {
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("username", &self.username)
            .append_pair("password", self.password.expose())
            .extend_pairs(fields)
            .finish();
        let request = self.outbound.post(below(&self.base, &["api", "SendSMS", method]));
        let mut request = request.header(CONTENT_TYPE, form::CONTENT_TYPE).body(body);
        if let Some(key) = &self.api_key {
            request = request.header("apikey", key.expose());
        }
        Ok(self.outbound.send(request).await?)
    }
}

/// What an answer to a message means.
pub fn sent(answer: &Answer) -> Result<Accepted, SendError> {
    let reply: Reply = read(answer, "message id")?;
    let value = word(&reply.value);
    if is_id(&value) {
        return match reply.ret_status {
            1 => Ok(accepted(value)),
            status => Err(SendError::Unknown { detail: format!("The provider answered a message id, but with the status {status}.") }),
        };
    }
    Err(trouble(&reply, answer))
}

/// The figure that was asked for.
fn figure(answer: &Answer) -> Result<String, SendError> {
    let reply: Reply = read(answer, "figure")?;
    match (reply.ret_status, word(&reply.value)) {
        (1, value) if !value.is_empty() => Ok(value),
        _ => Err(trouble(&reply, answer)),
    }
}

/// The texts of a list. A refusal may come in the list's shape or in that of all other answers.
fn listed(answer: &Answer) -> Result<Vec<inbox::RestText>, SendError> {
    let list: List = read(answer, "list of texts")?;
    let reply = match (list.my_base, list.data) {
        (Some(reply), data) if reply.ret_status == 1 => return Ok(data.unwrap_or_default()),
        (None, Some(data)) => return Ok(data),
        (Some(reply), _) => reply,
        (None, None) => read(answer, "list of texts")?,
    };
    Err(trouble(&reply, answer))
}

/// What a reply without the wanted value means. The status word goes first: its `InvalidData` shares the number 35
/// with the operator's list of people who want no advertising, and must never become an opt-out.
fn trouble(reply: &Reply, answer: &Answer) -> SendError {
    let code = codes::request(reply.str_ret_status.trim()).or_else(|| codes::sending(&word(&reply.value)));
    code.map_or_else(
        || SendError::Unknown { detail: format!("The provider's answer has the status {} and no code that we know.", reply.ret_status) },
        |code| code.error(answer.retry_after),
    )
}

fn read<T: DeserializeOwned>(answer: &Answer, what: &str) -> Result<T, SendError> {
    if !(200..=299).contains(&answer.status) {
        return Err(by_status(answer, &CAPABILITIES));
    }
    serde_json::from_slice(&answer.body).map_err(|_| unreadable(what))
}
