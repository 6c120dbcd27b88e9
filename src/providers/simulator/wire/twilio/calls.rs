//! Twilio's callbacks: forms, signed with the auth token that the message was sent with. A message that was sent with an
//! API key is reported with a signature by the key's secret, since the simulator never learns the token.

use crate::kernel::clock::utc;
use crate::providers::simulator::callbacks::Notice;
use crate::providers::simulator::caller::Callback;
use crate::providers::simulator::engine::Engine;
use crate::providers::simulator::fate::Said;
use crate::providers::simulator::message::{Taken, Target};
use crate::providers::simulator::wire::Wire;
use crate::providers::twilio::signature::{HEADER, params, sign};

use super::resource::{SERVICE_NUMBER, UNREACHABLE, sender, word};

/// The account of a connection that was introduced by its token alone.
const SOME_ACCOUNT: &str = "AC00000000000000000000000000000000";

/// What a target keeps: the account and its token, since both stand in callbacks.
pub fn secret(account: &str, token: &str) -> String {
    format!("{account}:{token}")
}

/// Words a receipt or a reply and signs it.
pub fn callback(engine: &Engine, target: &Target, notice: &Notice) -> Callback {
    let (account, token) = target.secret.expose().split_once(':').unwrap_or((SOME_ACCOUNT, target.secret.expose()));
    match notice {
        Notice::Receipt { taken, said, forged } => {
            let token = if *forged { "somebody else's token" } else { token };
            signed(target.url.clone(), token, receipt(engine, account, taken, *said))
        }
        Notice::Reply { event_id, to, from, text, .. } => signed(inbound_url(&target.url), token, reply(account, event_id, to, from, text)),
    }
}

fn receipt(engine: &Engine, account: &str, taken: &Taken, said: Said) -> String {
    let record = engine.by_id(Wire::Twilio, &taken.id).map(|(_, record)| record);
    let (from, service) = record.as_ref().map_or((None, None), |record| sender(&record.from, true));
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs([
        ("AccountSid", account),
        ("ApiVersion", "2010-04-01"),
        ("From", from.unwrap_or_default()),
        ("MessageSid", &taken.id),
        ("MessageStatus", word(said)),
        ("SmsSid", &taken.id),
        ("SmsStatus", word(said)),
        ("To", &taken.to),
    ]);
    if let Some(service) = service {
        form.append_pair("MessagingServiceSid", service);
    }
    if said == Said::Failed {
        form.append_pair("ErrorCode", &UNREACHABLE.to_string());
    }
    if said != Said::Sent {
        form.append_pair("RawDlrDoneDate", &utc(engine.now()).format("%y%m%d%H%M").to_string());
    }
    form.finish()
}

fn reply(account: &str, event_id: &str, to: &str, from: &str, text: &str) -> String {
    // The engine's ids of replies are two letters and 24 hex digits.
    let sid = format!("SM{:0>32}", event_id.get(2..).unwrap_or_default());
    let (number, service) = sender(to, true);
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.extend_pairs([
        ("AccountSid", account),
        ("ApiVersion", "2010-04-01"),
        ("Body", text),
        ("From", from),
        ("MessageSid", &sid),
        ("NumMedia", "0"),
        ("NumSegments", "1"),
        ("SmsMessageSid", &sid),
        ("SmsSid", &sid),
        ("SmsStatus", "received"),
        ("To", number.unwrap_or(SERVICE_NUMBER)),
    ]);
    if let Some(service) = service {
        form.append_pair("MessagingServiceSid", service);
    }
    form.finish()
}

fn signed(url: String, token: &str, form: String) -> Callback {
    let signature = sign(token, &url, &params(form.as_bytes()));
    Callback::Post {
        content_type: "application/x-www-form-urlencoded; charset=UTF-8",
        signature: (HEADER, signature),
        body: form.into(),
        url,
    }
}

/// The address for people's texts belongs to a number, not to a message: that for receipts with `inbound` as the last
/// part of its path, without what names an attempt.
fn inbound_url(status_callback: &str) -> String {
    let path = status_callback.split('?').next().unwrap_or_default();
    let folder = path.rsplit_once('/').map_or(path, |(folder, _)| folder);
    format!("{folder}/inbound")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_write_to_the_number_and_not_to_an_attempt() {
        assert_eq!(inbound_url("http://h/webhooks/twilio/k/status?attempt=att_1"), "http://h/webhooks/twilio/k/inbound");
        assert_eq!(inbound_url("http://h/status"), "http://h/inbound");
    }
}
