//! Looking for the message of an attempt of unknown outcome.

use serde_json::json;

use super::*;
use crate::kernel::clock::{MINUTE, SECOND, utc};
use crate::providers::conformance::{Behaviour, Server, answer};
use crate::providers::outcome::{Lookup, Question};

const QUESTION: Question<'static> = Question { attempt: "att", to: SOMEBODY, from: "Peyk", text: "hello", started_at: NOW };

fn listed(n: u8, created_at: i64) -> Value {
    json!({
        "sid": format!("SM{:032x}", n), "status": "sent", "body": "hello", "to": SOMEBODY, "from": SENDER, "direction": "outbound-api",
        "date_created": utc(created_at).to_rfc2822(), "num_segments": "1", "price": "-0.0079", "price_unit": "USD", "error_code": null,
    })
}

async fn found(messages: &[Value], next: Option<&str>, more: &[(&str, &str)]) -> Option<String> {
    let page = json!({ "messages": messages, "next_page_uri": next }).to_string();
    let server = Server::start(Behaviour::Answer(answer(200, &[], page))).await;
    match connect(&server.base, more).lookup(&QUESTION).await {
        Lookup::Accepted(accepted, _) => Some(accepted.provider_message_id),
        Lookup::CannotTell => None,
        Lookup::NeverArrived => panic!("nothing proves that"),
    }
}

#[tokio::test]
async fn one_message_that_fits_is_the_one() {
    let sid = |n: u8| Some(format!("SM{n:032x}"));
    let with = |name: &str, value: Value| {
        let mut message = listed(2, NOW);
        message[name] = value;
        message
    };
    assert_eq!(found(&[listed(1, NOW)], None, &[]).await, sid(1));
    assert_eq!(found(&[], None, &[]).await, None, "absence proves nothing");
    assert_eq!(found(&[listed(1, NOW), listed(2, NOW)], None, &[]).await, None, "two cannot be told apart");
    for (case, other) in [
        ("another text", with("body", "Hello".into())),
        ("another recipient", with("to", "+15550005678".into())),
        ("another sender", with("from", "+15005550007".into())),
        ("a reply", with("direction", "outbound-reply".into())),
        ("an inbound text", with("direction", "inbound".into())),
        ("too early", listed(2, NOW - 3 * SECOND)),
        ("too late", listed(2, NOW + 2 * MINUTE)),
        ("no date", with("date_created", Value::Null)),
    ] {
        assert_eq!(found(std::slice::from_ref(&other), None, &[]).await, None, "{case}");
        assert_eq!(found(&[other, listed(1, NOW)], None, &[]).await, sid(1), "{case}");
    }
    // Twilio writes whole seconds, so the message may seem older than the attempt.
    assert_eq!(found(&[listed(1, NOW - SECOND)], None, &[]).await, sid(1));
    assert_eq!(found(&[with("from", Value::Null)], None, &[]).await, sid(2), "no sender yet");
    let service = [("from", ""), ("messaging_service_sid", SERVICE)];
    assert_eq!(found(&[with("from", "+15005550007".into())], None, &service).await, sid(2), "a service picks its sender");
}

#[tokio::test]
async fn a_list_without_an_end_proves_nothing() {
    // Each page is the same one, and holds nothing.
    assert_eq!(found(&[], Some("/2010-04-01/Accounts/x/Messages.json?Page=1"), &[]).await, None);
}

#[tokio::test]
async fn the_list_is_read_to_its_end() {
    let world = World::new(r#""receipts":{"delivered":1,"delay_ms":[0,0]}"#, &[]).await;
    let first = world.client.send(&message("att", SOMEBODY, "hello", "")).await.unwrap();
    for n in 0..45 {
        world.client.send(&message(&format!("att_{n}"), SOMEBODY, "other", "")).await.unwrap();
    }
    match world.client.lookup(&QUESTION).await {
        Lookup::Accepted(accepted, _) => assert_eq!(accepted.provider_message_id, first.provider_message_id),
        other => panic!("{other:?}"),
    }
    world.client.send(&message("att_again", SOMEBODY, "hello", "")).await.unwrap();
    assert_eq!(world.client.lookup(&QUESTION).await, Lookup::CannotTell);
}
