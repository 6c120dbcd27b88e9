//! Twilio before the suite that every provider passes.

use axum::http::{HeaderMap, HeaderValue};
use serde_json::json;

use super::super::signature::{HEADER, Params, params, sign};
use super::{ACCOUNT, SENDER, SOMEBODY, TOKEN, settings};
use crate::kernel::clock::utc;
use crate::kernel::money::Currency;
use crate::providers::conformance::{
    Answers, Asked, Event, Hearing, Looking, Outcome, Request, Said, Signing, Spoken, Subject, WEBHOOKS, Written, answer, conforms, field,
};
use crate::providers::{Balance, Door, Provider, Question};

const SID: &str = "SM0123456789abcdef0123456789abcdef";
const JSON: (&str, &str) = ("content-type", "application/json");
const FORM: &str = "application/x-www-form-urlencoded; charset=UTF-8";

#[tokio::test]
async fn twilio_conforms() {
    let balance = json!({ "account_sid": ACCOUNT, "balance": "-0.05", "currency": "EUR" }).to_string();
    conforms(Subject {
        provider: Provider::Twilio,
        settings: |base| settings(base, &[]),
        to: SOMEBODY,
        from: SENDER,
        answers: answers(),
        read,
        many: None,
        hearing: Some(Hearing {
            receipt: Some(receipt),
            inbound: Some(inbound),
            signing: Some(Signing { header: HEADER, covers_url: true, secret: TOKEN, sign: sign_call }),
        }),
        polling: None,
        inbox: None,
        looking: Some(Looking { taken, absent: None }),
        balance: Some((answer(200, &[JSON], balance), Balance { amount: -50_000, currency: Currency::parse("EUR") })),
    })
    .await;
}

fn no(status: u16, code: u32, message: &str) -> Vec<u8> {
    let more_info = format!("https://www.twilio.com/docs/errors/{code}");
    answer(status, &[JSON], json!({ "code": code, "message": message, "more_info": more_info, "status": status }).to_string())
}

fn answers() -> Answers {
    let taken = json!({
        "account_sid": ACCOUNT, "api_version": "2010-04-01", "body": "t", "date_created": "Thu, 24 Aug 2023 05:01:45 +0000", "date_sent": null,
        "date_updated": "Thu, 24 Aug 2023 05:01:45 +0000", "direction": "outbound-api", "error_code": null, "error_message": null, "from": SENDER,
        "num_media": "0", "num_segments": "1", "price": null, "price_unit": null, "messaging_service_sid": null, "sid": SID, "status": "queued",
        "subresource_uris": {}, "to": SOMEBODY, "uri": "/2010-04-01/Accounts/x/Messages/y.json",
    });
    let throttled = json!({ "code": 20429, "message": "Too Many Requests", "status": 429 }).to_string();
    Answers {
        accepted: (answer(201, &[JSON], taken.to_string()), SID),
        refused: no(400, 21211, "Invalid 'To' Phone Number: +15550001234"),
        refused_for_now: Some(no(400, 21611, "This 'From' number has exceeded the maximum number of queued messages")),
        throttled: answer(429, &[JSON], &throttled),
        throttled_for_seven_seconds: Some(answer(429, &[JSON, ("retry-after", "7")], &throttled)),
        wrong_credentials: no(401, 20003, "Authenticate"),
        compliance: Some(no(400, 21610, "Attempt to send to unsubscribed recipient")),
        unknown_code: no(400, 29999, "+15550001234 cannot be reached at full moon."),
        further: vec![
            ("a sender of somebody else's", no(400, 21660, "Mismatch between the 'From' number and the account"), Outcome::Misconfigured),
            ("a number that is no sender", no(400, 21606, "The 'From' phone number is not valid"), Outcome::Misconfigured),
            ("a refusal in another form", answer(422, &[JSON], "[]"), Outcome::Permanent),
            ("an error of its own with a code", no(500, 20500, "An internal server error has occurred"), Outcome::Unknown),
        ],
    }
}

fn read(request: &Request) -> Option<Asked> {
    let form = request.form();
    let is_send = request.method == "POST" && request.path().ends_with("/Messages.json");
    Some(Asked { to: field(&form, "To")?, text: field(&form, "Body")? }).filter(|_| is_send)
}

fn receipt(event: &Event<'_>) -> Option<Spoken> {
    let (word, code) = match event.status {
        Said::Sent => ("sent", None),
        Said::Delivered => ("delivered", None),
        Said::Failed => ("undelivered", Some("30003")),
    };
    let fixed = [
        ("AccountSid", ACCOUNT),
        ("ApiVersion", "2010-04-01"),
        ("From", SENDER),
        ("MessageSid", event.message_id),
        ("MessageStatus", word),
        ("SmsSid", event.message_id),
        ("SmsStatus", word),
        ("To", event.to),
    ];
    let fields = fixed.into_iter().chain(code.map(|code| ("ErrorCode", code)));
    Some(spoken(Door::Status, &format!("status?attempt={}", event.attempt), fields))
}

fn inbound(written: &Written<'_>) -> Spoken {
    let fields = [
        ("AccountSid", ACCOUNT),
        ("Body", written.text),
        ("From", written.from),
        ("MessageSid", SID),
        ("NumMedia", "0"),
        ("SmsStatus", "received"),
        ("To", written.to),
    ];
    spoken(Door::Inbound, "inbound", fields)
}

fn spoken<'a>(door: Door, path: &str, fields: impl IntoIterator<Item = (&'a str, &'a str)>) -> Spoken {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let headers = HeaderMap::from_iter([(axum::http::header::CONTENT_TYPE, HeaderValue::from_static(FORM))]);
    Spoken { door, url: format!("{WEBHOOKS}/{path}"), headers, body: body.into() }
}

fn sign_call(call: &mut Spoken, secret: &str) {
    let is_form = call.headers.get("content-type").is_some_and(|value| value.as_bytes().starts_with(b"application/x-www-form"));
    let params = if is_form { params(&call.body) } else { Params::new() };
    let signature = sign(secret, &call.url, &params);
    call.headers.insert(HEADER, HeaderValue::from_str(&signature).unwrap());
}

fn taken(question: &Question<'_>) -> Vec<u8> {
    let message = json!({
        "sid": SID, "status": "queued", "body": question.text, "to": question.to, "from": SENDER, "direction": "outbound-api",
        "date_created": utc(question.started_at).to_rfc2822(), "num_segments": "1", "price": null, "price_unit": "USD", "error_code": null,
    });
    answer(200, &[JSON], json!({ "messages": [message], "next_page_uri": null }).to_string())
}
