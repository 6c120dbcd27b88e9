//! Many messages in one call: `SmBulkSend`. Its body is no form: a line for each message, the parts of a line parted by
//! `$$`, for which there is no escape. The account stands in the address.

use reqwest::header::CONTENT_TYPE;

use crate::providers::answers::by_status;
use crate::providers::outcome::{Accepted, Capabilities, Outgoing, Refusal, RefusalClass, SendError};
use crate::providers::taiwan;

use super::answer::{self, Many};
use super::{Charset, Client, LONGEST_CLIENT_ID, big5, codes, response, told};

/// The most lines of one call.
pub const MOST: usize = 500;
/// What parts the parts of a line.
const PART: &str = "$$";

/// Whether a message can be a line among others: nothing in it may be taken for the end of a part or of the line, or
/// could be lost at either end of one.
pub fn may_share(message: &Outgoing<'_>) -> bool {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '+');
    let reference = message.attempt;
    let text = message.text;
    (1..=LONGEST_CLIENT_ID).contains(&reference.len())
        && reference.chars().all(is_plain)
        && message.to.chars().all(is_plain)
        && response(message).is_none_or(|address| address.bytes().all(|b| b.is_ascii_graphic() && b != b'$'))
        && !text.starts_with('$')
        && !text.contains(PART)
        && text.trim().len() == text.len()
        && !text.chars().any(|c| c.is_control() && c != '\n')
}

impl Client {
    /// One result for each message, in their order.
    pub async fn send_in_bulk(&self, messages: &[Outgoing<'_>]) -> Vec<Result<Accepted, SendError>> {
        let lines: Vec<_> = messages.iter().map(|message| self.line(message)).collect();
        let body: Vec<&str> = lines.iter().flatten().map(String::as_str).collect();
        let said = if body.is_empty() { None } else { Some(self.submit(&body.join("\n")).await) };
        let result = |(message, line): (&Outgoing<'_>, Result<String, Refusal>)| {
            line.map_err(SendError::Refused)?;
            match &said {
                Some(Ok(Many::Each(each))) => {
                    let answer = each.get(message.attempt).ok_or_else(|| doubt("Mitake's answer says nothing about this message."))?;
                    let told = answer.clone().and_then(told);
                    told.unwrap_or_else(|| Err(doubt("What Mitake's answer says about this message cannot be read.")))
                }
                Some(Err(error)) => Err(error.clone()),
                Some(Ok(Many::Whole(_))) | None => Err(doubt("Mitake's answer names no message.")),
            }
        };
        messages.iter().zip(lines).map(result).collect()
    }

    /// A message as a line, without its end.
    fn line(&self, message: &Outgoing<'_>) -> Result<String, Refusal> {
        let text = self.text_of(message)?;
        if !may_share(message) {
            let detail = "The message cannot share a call with others at Mitake.".into();
            return Err(Refusal { code: "not_in_bulk".into(), detail, class: RefusalClass::Retryable });
        }
        let (to, response) = (taiwan::local(message.to), response(message).unwrap_or_default());
        // No time to send, no time to expire, no name of the recipient.
        Ok([message.attempt, &*to, "", "", "", &*response, &*text].join(PART))
    }

    /// Asks once; an error is one that befalls every message.
    async fn submit(&self, lines: &str) -> Result<Many, SendError> {
        let mut url = self.address("SmBulkSend");
        let charset = match self.charset {
            Charset::Utf8 => "UTF8",
            Charset::Big5 => "Big5",
        };
        url.query_pairs_mut()
            .append_pair("username", &self.username)
            .append_pair("password", self.password.expose())
            .append_pair("Encoding_PostIn", charset);
        // The manual tells the charset of the body only.
        if let Some(name) = self.object_id.as_deref().filter(|name| name.is_ascii()) {
            url.query_pairs_mut().append_pair("objectID", name);
        }
        let body = match self.charset {
            Charset::Utf8 => lines.as_bytes().to_vec(),
            Charset::Big5 => big5(lines).into_owned(),
        };
        let answer = self.outbound.send(self.outbound.post(url).header(CONTENT_TYPE, "text/plain").body(body)).await?;
        let unread = || of_the_call(by_status(&answer, &Capabilities::NONE));
        if answer.status != 200 {
            return Err(unread());
        }
        match answer::read_many(&answer.body) {
            Some(Many::Whole(whole)) => match whole.statuscode {
                Some(code) if codes::is_no(&code, whole.msgid.is_some()) => Err(of_the_call(codes::error(&code))),
                _ => Err(unread()),
            },
            Some(each @ Many::Each(_)) => Ok(each),
            None => Err(unread()),
        }
    }
}

fn doubt(detail: &str) -> SendError {
    SendError::Unknown { detail: detail.into() }
}

/// What befell the call is nobody's fault alone: a message that was refused with all others goes again, in other company.
fn of_the_call(error: SendError) -> SendError {
    match error {
        SendError::Refused(Refusal { code, detail, .. }) => SendError::Refused(Refusal {
            code,
            detail: format!("Mitake refused the call that carried this message with others. {detail}"),
            class: RefusalClass::Retryable,
        }),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_cannot_break_a_line_shares_a_call() {
        let message = Outgoing {
            attempt: "att_1",
            to: "+886912345678",
            from: "",
            text: "只要 $5\n謝謝 $",
            callback_url: "https://peyk.example/webhooks/mitake/k/status",
            promotional: false,
            registered_template: None,
        };
        assert!(may_share(&message));
        for text in ["a$$b", "$5 off", "a\rb", "a\u{6}b", "a\u{85}b", " a", "a\n"] {
            assert!(!may_share(&Outgoing { text, ..message }), "{text:?}");
        }
        for attempt in ["", "a$b", "a]b", "a\nb", &"a".repeat(37)] {
            assert!(!may_share(&Outgoing { attempt, ..message }), "{attempt:?}");
        }
        assert!(!may_share(&Outgoing { callback_url: "https://peyk.example/$$/status", ..message }));
        let too_long = format!("https://peyk.example/{}", "k".repeat(256));
        assert!(may_share(&Outgoing { callback_url: &too_long, ..message }), "it goes without an address, as it would alone");
    }
}
