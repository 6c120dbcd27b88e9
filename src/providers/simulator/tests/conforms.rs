//! Our own protocol before the suite that every provider passes.

use std::borrow::Cow;

use reqwest::header::{HeaderMap, HeaderValue};
use serde_json::json;

use super::super::wire::own::{InboundBody, ReceiptBody, Submit};
use super::super::{SIGNATURE_HEADER, TOKEN, sign};
use crate::kernel::clock::{HOUR, rfc3339};
use crate::providers::conformance::{
    Answers, Asked, Event, Hearing, Looking, NOW, Outcome, Request, Said, Signing, Spoken, Subject, WEBHOOKS, Written, answer, conforms,
};
use crate::providers::{BASE_URL, Door, Provider, Question, Settings};

const SECRET: &str = "s1mulat0rT0ken";
const ID: &str = "sim00000000000000010000002a";
const ACCEPTED: &str = r#"{"id":"sim00000000000000010000002a","segments":1,"price":"0.0079"}"#;

#[tokio::test]
async fn our_own_client_conforms() {
    conforms(Subject {
        provider: Provider::Simulator,
        settings: |base| Settings::new([(BASE_URL.into(), base.into()), (TOKEN.into(), SECRET.into())].into()),
        to: "+15550001234",
        from: "+15559990000",
        answers: answers(),
        read,
        many: None,
        hearing: Some(Hearing {
            receipt: Some(receipt),
            inbound: Some(inbound),
            signing: Some(Signing { header: SIGNATURE_HEADER, covers_url: false, secret: SECRET, sign: sign_call }),
        }),
        polling: None,
        inbox: None,
        looking: Some(Looking { taken, absent: Some(absent) }),
        balance: None,
    })
    .await;
}

fn answers() -> Answers {
    let json = ("content-type", "application/json");
    let no = |code: &str, detail: &str| answer(400, &[json], json!({ "code": code, "detail": detail }).to_string());
    Answers {
        accepted: (answer(201, &[json], ACCEPTED), ID),
        refused: no("invalid_number", "The number does not exist."),
        refused_for_now: Some(no("carrier_refused", "The carrier did not take the message this time.")),
        throttled: answer(429, &[], ""),
        throttled_for_seven_seconds: Some(answer(429, &[("retry-after", "7")], "")),
        wrong_credentials: answer(401, &[], ""),
        compliance: Some(no("opted_out", "The recipient has told the carrier to stop these messages.")),
        unknown_code: no("moon_phase", "+15550001234 cannot be reached at full moon."),
        further: vec![
            ("an acceptance without an id", answer(201, &[json], r#"{"id":"","segments":1,"price":"0.0079"}"#), Outcome::Unknown),
            ("a refusal in another form", answer(422, &[json], "[]"), Outcome::Permanent),
            ("a path that is not there", answer(404, &[], ""), Outcome::Misconfigured),
        ],
    }
}

fn read(request: &Request) -> Option<Asked> {
    let submit: Submit<'_> = serde_json::from_slice(&request.body).ok().filter(|_| request.path() == "/sim/v1/messages")?;
    Some(Asked { to: submit.to.into_owned(), text: submit.text.into_owned() })
}

fn receipt(event: &Event<'_>) -> Option<Spoken> {
    let (status, code) = match event.status {
        Said::Sent => ("sent", None),
        Said::Delivered => ("delivered", None),
        Said::Failed => ("failed", Some(Cow::Borrowed("unreachable"))),
    };
    let body = ReceiptBody {
        event_id: format!("{}-{status}", event.message_id).into(),
        id: event.message_id.into(),
        reference: event.attempt.into(),
        status: status.into(),
        code,
        at: rfc3339(NOW).into(),
        price: "0.0079".into(),
    };
    Some(spoken(Door::Status, "status", serde_json::to_vec(&body).unwrap()))
}

fn inbound(written: &Written<'_>) -> Spoken {
    let body = InboundBody {
        event_id: "in1".into(),
        to: written.to.into(),
        from: written.from.into(),
        text: written.text.into(),
        at: rfc3339(NOW).into(),
    };
    spoken(Door::Inbound, "inbound", serde_json::to_vec(&body).unwrap())
}

fn spoken(door: Door, path: &str, body: Vec<u8>) -> Spoken {
    Spoken { door, url: format!("{WEBHOOKS}/{path}"), headers: HeaderMap::new(), body }
}

fn sign_call(call: &mut Spoken, secret: &str) {
    call.headers.insert(SIGNATURE_HEADER, HeaderValue::from_str(&sign(secret, &call.body)).unwrap());
}

fn taken(_: &Question<'_>) -> Vec<u8> {
    answer(200, &[], ACCEPTED.replace('}', r#","status":"delivered"}"#))
}

fn absent(question: &Question<'_>) -> Vec<u8> {
    answer(404, &[], json!({ "since": question.started_at - HOUR }).to_string())
}
