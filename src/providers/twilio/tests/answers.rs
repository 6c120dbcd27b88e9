//! What Twilio says and what we make of it.

use std::collections::BTreeSet;

use axum::http::HeaderMap;
use serde_json::json;

use super::super::codes::{CODES, Verdict, failure, known};
use super::super::signature::{HEADER, params, sign};
use super::*;
use crate::providers::conformance::{Behaviour, Outcome, Server, answer};
use crate::providers::outcome::RefusalClass;
use crate::providers::receipt::ReceiptStatus;

const SID: &str = "SM0123456789abcdef0123456789abcdef";
const STATUS_URL: &str = "https://peyk.example/webhooks/twilio/key/status?attempt=att%5F1";

async fn told(status: u16, headers: &[(&str, &str)], body: &str) -> Result<Accepted, SendError> {
    let server = Server::start(Behaviour::Answer(answer(status, headers, body))).await;
    connect(&server.base, &[]).send(&message("att", SOMEBODY, "t", "")).await
}

fn no(status: u16, code: u32) -> String {
    json!({ "code": code, "message": "To +15550001234", "more_info": "https://www.twilio.com", "status": status }).to_string()
}

#[tokio::test]
async fn each_code_has_its_consequence() {
    for (status, code, expected) in [
        (400, 21610, Outcome::Compliance),
        (401, 20003, Outcome::Misconfigured),
        (404, 20404, Outcome::Misconfigured),
        (429, 20429, Outcome::Throttled(None)),
        // A code of a refusal does not count when the status says that we are too fast, or leaves it open.
        (429, 21610, Outcome::Throttled(None)),
        (500, 21610, Outcome::Unknown),
        (408, 21211, Outcome::Unknown),
        (400, 21211, Outcome::Permanent),
        (400, 21614, Outcome::Permanent),
        (400, 21635, Outcome::Permanent),
        (400, 21408, Outcome::Permanent),
        (403, 21408, Outcome::Permanent),
        (400, 21612, Outcome::Permanent),
        (400, 21608, Outcome::Permanent),
        (400, 21617, Outcome::Permanent),
        (400, 21611, Outcome::Retryable),
        (400, 21606, Outcome::Misconfigured),
        (400, 21659, Outcome::Misconfigured),
        (400, 21660, Outcome::Misconfigured),
        (400, 21212, Outcome::Misconfigured),
        (400, 21609, Outcome::Misconfigured),
        (400, 99999, Outcome::Permanent),
        (403, 99999, Outcome::Misconfigured),
    ] {
        let result = told(status, &[], &no(status, code)).await;
        assert_eq!(Outcome::of(&result), expected, "{status} {code}: {result:?}");
        assert!(!format!("{result:?}").contains("1234"), "{status} {code}: {result:?}");
        if let Err(SendError::Refused(refusal)) = result {
            assert_eq!(refusal.code, code.to_string());
        }
    }
    let waits = told(429, &[("retry-after", "7")], &no(429, 20429)).await;
    assert_eq!(waits, Err(SendError::Throttled { retry_after: Some(Duration::from_secs(7)) }));
}

#[test]
fn the_table_names_each_code_once_and_only_21610_is_an_opt_out() {
    let distinct: BTreeSet<_> = CODES.iter().map(|code| code.code).collect();
    assert_eq!(distinct.len(), CODES.len());
    for code in CODES {
        assert_eq!(code.verdict == Verdict::Message(RefusalClass::Compliance), code.code == 21610, "{}", code.code);
        assert!(code.meaning.ends_with('.'), "{}", code.code);
    }
    assert!(known(30036).is_some() && known(1).is_none());
}

fn hear(status: &str, more: &str) -> Result<Heard, CallError> {
    let body = format!("MessageSid={SID}&MessageStatus={status}&To=%2B15550001234&NewField=x{more}");
    told_us(Door::Status, STATUS_URL, &body)
}

/// A genuine call with this form.
fn told_us(door: Door, url: &str, body: &str) -> Result<Heard, CallError> {
    let mut headers = HeaderMap::new();
    headers.insert("content-type", "application/x-www-form-urlencoded".parse().unwrap());
    headers.insert(HEADER, sign(TOKEN, url, &params(body.as_bytes())).parse().unwrap());
    let call = Call { door, url, headers: &headers, body: body.as_bytes(), at: NOW };
    connect("http://127.0.0.1:9", &[]).hear(&call)
}

#[test]
fn statuses_become_receipts_except_those_before_the_message_leaves() {
    for word in ["queued", "accepted", "sending", "scheduled"] {
        assert_eq!(hear(word, ""), Ok(Heard::default()), "{word}");
    }
    for (word, more, expected, key) in [
        ("sent", "", ReceiptStatus::Sent, "-sent"),
        ("delivered", "&RawDlrDoneDate=2311142213", ReceiptStatus::Delivered, "-delivered"),
        ("read", "", ReceiptStatus::Delivered, "-read"),
        ("undelivered", "&ErrorCode=30003", failure(Some(30003)), "-undelivered-30003"),
        ("failed", "&ErrorCode=30036", ReceiptStatus::Expired, "-failed-30036"),
        ("failed", "", failure(None), "-failed"),
    ] {
        let heard = hear(word, more).unwrap();
        let receipt = &heard.receipts[0];
        assert_eq!((&receipt.status, &*receipt.event_key), (&expected, &*format!("{SID}{key}")));
        assert_eq!((receipt.attempt.as_deref(), receipt.at), (Some("att_1"), NOW));
    }
    for word in ["", "sublimated"] {
        assert!(matches!(hear(word, ""), Err(CallError::Unreadable(_))), "{word}");
    }
}

#[test]
fn a_call_whose_borders_were_moved_is_forged_though_its_signature_is_right() {
    let status = format!("MessageSid={SID}&MessageStatus=delivered");
    let text = format!("Body=STOP&From=%2B15550001234&MessageSid={SID}&To=%2B15005550006");
    assert!(told_us(Door::Status, STATUS_URL, &status).is_ok() && told_us(Door::Inbound, STATUS_URL, &text).is_ok());
    for (door, form) in [
        (Door::Status, status.replace("Status=delivered", "Statusdelivered")),
        (Door::Status, status.replace("Status=delivered", "Statusd=elivered")),
        (Door::Status, status.replace("&MessageStatus=", "MessageStatus")),
        (Door::Status, format!("{status}&MessageStatus=sent")),
        (Door::Inbound, text.replace("Body=STOP", "BodyS=TOP")),
        (Door::Inbound, text.replace("&From=", "From")),
        (Door::Inbound, format!("{text}&From=%2B15550005678")),
    ] {
        assert_eq!(told_us(door, STATUS_URL, &form), Err(CallError::Forged), "{form}");
    }
}

#[test]
fn a_text_may_come_with_a_get_and_may_be_empty() {
    let url = format!("https://peyk.example/webhooks/twilio/key/inbound?Body=&From=%2B15550001234&MessageSid={SID}&To=%2B15005550006");
    let mut headers = HeaderMap::new();
    headers.insert(HEADER, sign(TOKEN, &url, &params(b"")).parse().unwrap());
    let call = Call { door: Door::Inbound, url: &url, headers: &headers, body: b"", at: NOW };
    let heard = connect("http://127.0.0.1:9", &[]).hear(&call).unwrap();
    assert_eq!((&*heard.inbound[0].from, &*heard.inbound[0].text), ("+15550001234", ""));
}

#[test]
fn failures_after_acceptance_have_the_class_of_their_code() {
    for (code, class) in [
        (30001, RefusalClass::Retryable),
        (30002, RefusalClass::Retryable),
        (30003, RefusalClass::Retryable),
        (30004, RefusalClass::Permanent),
        (30005, RefusalClass::Permanent),
        (30006, RefusalClass::Permanent),
        (30007, RefusalClass::Permanent),
        (30008, RefusalClass::Retryable),
        (30034, RefusalClass::Retryable),
        // With a messaging service the number is looked at afterwards.
        (21610, RefusalClass::Compliance),
        (21211, RefusalClass::Permanent),
        // Another connection may have a sender that works.
        (21606, RefusalClass::Retryable),
        (39999, RefusalClass::Permanent),
    ] {
        match failure(Some(code)) {
            ReceiptStatus::Failed(refusal) => assert_eq!((refusal.code, refusal.class), (code.to_string(), class)),
            other => panic!("{code}: {other:?}"),
        }
    }
    assert_eq!(failure(Some(30036)), ReceiptStatus::Expired);
}

#[tokio::test]
async fn the_answer_tells_segments_and_price_when_they_are_known() {
    let sid = format!("SM{}", "e".repeat(32));
    for (segments, price, expected) in
        [("0", "null", (None, None)), ("2", "null", (Some(2), None)), ("1", r#""-0.00750""#, (Some(1), Some(7_500)))]
    {
        let body = format!(r#"{{"sid":"{sid}","status":"queued","num_segments":"{segments}","price":{price},"price_unit":"USD"}}"#);
        let accepted = told(201, &[], &body).await.unwrap();
        assert_eq!((accepted.segments, accepted.price_micros), expected);
        assert_eq!(accepted.currency.is_some(), accepted.price_micros.is_some());
    }
    for body in [r#"{"sid":"","status":"queued"}"#, r#"{"sid":"SM1","status":"queued"}"#, r#"{"status":"queued"}"#] {
        assert!(matches!(told(201, &[], body).await, Err(SendError::Unknown { .. })), "{body}");
    }
}
