//! From end to end against the simulator.

use std::collections::BTreeSet;

use super::*;
use crate::kernel::clock::SECOND;
use crate::kernel::money::Currency;
use crate::providers::outcome::{Lookup, Question, RefusalClass};
use crate::providers::receipt::{Receipt, ReceiptStatus};
use crate::providers::tests::refused;
use crate::providers::{Balance, twilio::is_sid};

const DELIVERED: &str = r#""receipts":{"delivered":1,"delay_ms":[0,0]}"#;

fn receipt(came: &Came) -> &Receipt {
    match came.heard.as_ref().map(|heard| heard.receipts.as_slice()) {
        Ok([receipt]) => receipt,
        other => panic!("not one receipt: {other:?}"),
    }
}

#[tokio::test]
async fn a_message_is_taken_and_its_receipt_names_the_attempt() {
    let mut world = World::new(DELIVERED, &[]).await;
    let accepted = world.send("att_1", SOMEBODY).await.unwrap();
    assert!(is_sid("SM", &accepted.provider_message_id));
    assert_eq!((accepted.segments, accepted.price_micros, accepted.currency), (Some(1), None, None), "the price comes later");
    let came = world.next().await;
    assert_eq!(came.url, format!("{}?attempt=att_1", world.callback_url));
    for (name, value) in
        [("AccountSid", ACCOUNT), ("From", SENDER), ("To", SOMEBODY), ("MessageStatus", "delivered"), ("SmsStatus", "delivered")]
    {
        assert_eq!(came.field(name), Some(value), "{name}");
    }
    let receipt = receipt(&came);
    assert_eq!(receipt.status, ReceiptStatus::Delivered);
    assert_eq!(receipt.attempt.as_deref(), Some("att_1"));
    assert_eq!(receipt.provider_message_id.as_ref(), Some(&accepted.provider_message_id));
    assert_eq!((receipt.at, receipt.price_micros), (world.clock.now(), None));
    assert_eq!(receipt.event_key, format!("{}-delivered", accepted.provider_message_id));
    assert!(came.heard.as_ref().unwrap().answer.body.is_empty());
    for line in world.journal() {
        assert_eq!((line["provider"].as_str(), line["ref"].as_str()), (Some("twilio"), Some("att_1")));
        assert_eq!((line["to"].as_str(), line["id"].as_str()), (Some(SOMEBODY), Some(&*accepted.provider_message_id)));
    }
}

#[tokio::test]
async fn refused_numbers_say_why_in_twilios_codes() {
    let world = World::new(DELIVERED, &[]).await;
    for (to, code, class) in [
        ("+15550000001", "21211", RefusalClass::Permanent),
        ("+15550000002", "21635", RefusalClass::Permanent),
        ("+15550000003", "21610", RefusalClass::Compliance),
        ("not a number", "21211", RefusalClass::Permanent),
    ] {
        assert_eq!(refused(world.send("att", to).await), (code.to_owned(), class), "{to}");
    }
    assert!(world.journal().iter().all(|line| line.get("id").is_none()));
}

#[tokio::test]
async fn number_0004_fails_after_sending() {
    let mut world = World::new(DELIVERED, &[]).await;
    world.send("att", "+15550000004").await.unwrap();
    assert_eq!(receipt(&world.next().await).status, ReceiptStatus::Sent);
    let came = world.next().await;
    assert_eq!((came.field("MessageStatus"), came.field("ErrorCode")), (Some("undelivered"), Some("30003")));
    match &receipt(&came).status {
        ReceiptStatus::Failed(refusal) => assert_eq!((&*refusal.code, refusal.class), ("30003", RefusalClass::Retryable)),
        other => panic!("{other:?}"),
    }
    assert!(receipt(&came).event_key.ends_with("-undelivered-30003"));
}

#[tokio::test]
async fn number_0005_never_gets_a_receipt() {
    let mut world = World::new(DELIVERED, &[]).await;
    world.send("silent", "+15550000005").await.unwrap();
    world.send("other", SOMEBODY).await.unwrap();
    assert_eq!(receipt(&world.next().await).attempt.as_deref(), Some("other"));
}

#[tokio::test]
async fn number_0006_hangs_but_was_taken_and_is_found_with_its_price() {
    let mut world = World::new(DELIVERED, &[]).await;
    let error = world.send("att", "+15550000006").await.unwrap_err();
    assert!(matches!(error, SendError::Unknown { .. }), "{error:?}");
    let id = receipt(&world.next().await).provider_message_id.clone().unwrap();
    world.clock.advance(5 * SECOND);
    let question = Question { attempt: "att", to: "+15550000006", from: "Peyk", text: "hello €", started_at: NOW };
    let found = world.client.lookup(&question).await;
    let taken = Accepted { provider_message_id: id, segments: Some(1), price_micros: Some(7_900), currency: Some(Currency::USD) };
    assert_eq!(found, Lookup::Accepted(taken, Some(ReceiptStatus::Delivered)));
    // Another text to the same number is another message.
    assert_eq!(world.client.lookup(&Question { text: "hello", ..question }).await, Lookup::CannotTell);
}

#[tokio::test]
async fn number_0007_is_throttled_once_without_a_time_to_wait() {
    let world = World::new(DELIVERED, &[]).await;
    assert_eq!(world.send("att_1", "+15550000007").await, Err(SendError::Throttled { retry_after: None }));
    world.send("att_2", "+15550000007").await.unwrap();
}

#[tokio::test]
async fn number_0008_answers_stop_to_the_sender_and_is_answered_with_silence() {
    for (more, service) in [(&[][..], None), (&[("from", ""), ("messaging_service_sid", SERVICE)], Some(SERVICE))] {
        let mut world = World::new(DELIVERED, more).await;
        world.send("att", "+15550000008").await.unwrap();
        assert_eq!(receipt(&world.next().await).status, ReceiptStatus::Delivered);
        let came = world.next().await;
        assert_eq!((came.door, came.url.contains('?')), (Door::Inbound, false));
        assert_eq!(came.field("MessagingServiceSid"), service);
        let heard = came.heard.as_ref().unwrap();
        let inbound = &heard.inbound[0];
        assert_eq!((&*inbound.text, &*inbound.from, &*inbound.to), ("STOP", "+15550000008", SENDER));
        assert_eq!((Some(&*inbound.event_key), inbound.at), (came.field("MessageSid"), NOW));
        assert_eq!(heard.answer.content_type, "text/xml");
        assert_eq!(heard.answer.body, r#"<?xml version="1.0" encoding="UTF-8"?><Response></Response>"#);
    }
}

#[tokio::test]
async fn every_fault_is_classed_rightly() {
    for fault in ["http_500", "http_429", "refuse", "hang_after_accept", "reset_after_accept", "garbage"] {
        let world = World::new(&format!(r#""faults":{{"{fault}":1}}"#), &[]).await;
        let result = world.send("att", SOMEBODY).await;
        match fault {
            "http_429" => assert_eq!(result, Err(SendError::Throttled { retry_after: None })),
            "refuse" => assert_eq!(refused(result), ("21611".into(), RefusalClass::Retryable)),
            _ => assert!(matches!(result, Err(SendError::Unknown { .. })), "{fault}: {result:?}"),
        }
    }
}

#[tokio::test]
async fn forged_calls_are_refused_and_duplicates_share_their_key() {
    let script = r#""receipts":{"delivered":1,"duplicate":1,"forge":1,"delay_ms":[40,40]}"#;
    let mut world = World::new(script, &[]).await;
    world.send("att", SOMEBODY).await.unwrap();
    let forged = world.next().await;
    assert_eq!((forged.heard.clone(), forged.field("MessageStatus")), (Err(CallError::Forged), Some("undelivered")));
    let (first, second) = (world.next().await, world.next().await);
    assert_eq!(receipt(&first), receipt(&second));
}

#[tokio::test]
async fn a_service_hides_its_sender_and_its_segments_at_first() {
    let mut world = World::new(DELIVERED, &[("from", ""), ("messaging_service_sid", SERVICE)]).await;
    let accepted = world.send("att", "+15550000005").await.unwrap();
    assert_eq!(accepted.segments, None);
    let resource = world.get(&format!("Messages/{}.json", accepted.provider_message_id)).await;
    assert_eq!((&resource["status"], &resource["from"], &resource["num_segments"]), (&"accepted".into(), &Value::Null, &"0".into()));
    assert_eq!((&resource["price"], &resource["date_sent"]), (&Value::Null, &Value::Null));
    let later = world.send("att_2", SOMEBODY).await.unwrap();
    assert_eq!(world.next().await.field("From"), Some(SENDER));
    let resource = world.get(&format!("Messages/{}.json", later.provider_message_id)).await;
    assert_eq!(resource["price"], Value::Null, "it takes a while");
    world.clock.advance(5 * SECOND);
    let resource = world.get(&format!("Messages/{}.json", later.provider_message_id)).await;
    assert_eq!((&resource["status"], &resource["from"], &resource["num_segments"]), (&"delivered".into(), &SENDER.into(), &"1".into()));
    assert_eq!((&resource["price"], &resource["messaging_service_sid"]), (&"-0.0079".into(), &SERVICE.into()));
    assert_eq!(resource["date_sent"], "Tue, 14 Nov 2023 22:13:20 +0000");
}

/// The properties of a message in Twilio's own OpenAPI document.
const PROPERTIES: [&str; 20] = [
    "body",
    "num_segments",
    "direction",
    "from",
    "to",
    "date_updated",
    "price",
    "error_message",
    "uri",
    "account_sid",
    "num_media",
    "status",
    "messaging_service_sid",
    "sid",
    "date_sent",
    "date_created",
    "error_code",
    "price_unit",
    "api_version",
    "subresource_uris",
];

#[tokio::test]
async fn the_simulator_shows_messages_with_the_official_properties_and_in_pages() {
    let world = World::new(DELIVERED, &[]).await;
    for n in 0..5 {
        let text = format!("text {n}");
        world.client.send(&message("att", SOMEBODY, &text, "")).await.unwrap();
    }
    world.client.send(&message("att", "+15550005678", "other", "")).await.unwrap();
    let mut path = "Messages.json?To=%2B15550001234&DateSent%3E=2023-11-14&PageSize=2".to_owned();
    let mut texts = Vec::new();
    for page in 0..3 {
        let list = world.get(&path).await;
        assert_eq!((list["page"].as_u64(), list["page_size"].as_u64()), (Some(page), Some(2)));
        for resource in list["messages"].as_array().unwrap() {
            let keys: BTreeSet<_> = resource.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(keys, BTreeSet::from(PROPERTIES));
            texts.push(resource["body"].as_str().unwrap().to_owned());
        }
        let next = list["next_page_uri"].as_str().unwrap_or_default().to_owned();
        assert_eq!(next.is_empty(), page == 2);
        path = next.rsplit('/').next().unwrap().to_owned();
    }
    assert_eq!(texts, ["text 4", "text 3", "text 2", "text 1", "text 0"]);
    for (filter, count) in [
        ("DateSent=2023-11-14", 6),
        ("DateSent%3E=2023-11-14T22:13:20Z&DateSent%3C=2023-11-14T22:13:20Z", 6),
        ("DateSent%3E=2023-11-14T22:13:21Z", 0),
        ("DateSent%3C=2023-11-14T22:13:19Z", 0),
        ("DateSent%3C=2023-11-13", 0),
        ("DateSent%3E=2023-11-15", 0),
        ("From=%2B15005550006", 6),
        ("From=x", 0),
    ] {
        assert_eq!(world.get(&format!("Messages.json?{filter}")).await["messages"].as_array().unwrap().len(), count, "{filter}");
    }
    let missing = world.get("Messages/SMcccccccccccccccccccccccccccccccc.json").await;
    assert_eq!((missing["code"].as_u64(), missing["status"].as_u64()), (Some(20404), Some(404)));
}

#[tokio::test]
async fn the_simulator_refuses_what_twilio_refuses() {
    let world = World::new(DELIVERED, &[]).await;
    let long = "x".repeat(1601);
    for (form, code) in [
        (&[("From", SENDER), ("Body", "t")][..], 21604),
        (&[("To", SOMEBODY), ("Body", "t")], 21603),
        (&[("To", SOMEBODY), ("From", SENDER)], 21602),
        (&[("To", SOMEBODY), ("From", SOMEBODY), ("Body", "t")], 21266),
        (&[("To", SOMEBODY), ("From", SENDER), ("Body", &long)], 21617),
        (&[("To", SOMEBODY), ("MessagingServiceSid", "MG1"), ("Body", "t")], 21705),
    ] {
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let http = outbound();
        let request = http.post(format!("{}/2010-04-01/Accounts/{ACCOUNT}/Messages.json", world.base)).basic_auth(ACCOUNT, Some(TOKEN));
        let answer = http.send(request.body(body)).await.unwrap();
        let told: Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!((answer.status, told["code"].as_u64(), told["status"].as_u64()), (400, Some(code), Some(400)));
        assert_eq!(told["more_info"], format!("https://www.twilio.com/docs/errors/{code}"));
        assert!(told["message"].is_string());
    }
    assert!(world.journal().is_empty());
}

#[tokio::test]
async fn wrong_credentials_are_the_connections_fault() {
    let key = "SKdddddddddddddddddddddddddddddddd";
    for (more, good) in [
        (&[][..], true),
        (&[("api_key_sid", key), ("api_key_secret", "theKeysSecret")], true),
        (&[("auth_token", "wrong")], false),
        (&[("api_key_sid", key), ("api_key_secret", "wrong")], false),
    ] {
        let world = World::new(DELIVERED, more).await;
        let (sent, balance) = (world.send("att", SOMEBODY).await, world.client.balance().await);
        if good {
            assert!(sent.is_ok(), "{sent:?}");
            assert_eq!(balance, Ok(Some(Balance { amount: 100_000_000, currency: Some(Currency::USD) })));
        } else {
            assert!(matches!(sent, Err(SendError::Misconfigured { .. })), "{sent:?}");
            assert!(matches!(balance, Err(SendError::Misconfigured { .. })), "{balance:?}");
        }
    }
}

#[tokio::test]
async fn a_person_can_write_back_over_twilio() {
    let mut world = World::new(DELIVERED, &[]).await;
    world.send("att", SOMEBODY).await.unwrap();
    world.next().await;
    let text = r#"{"to":"+15005550006","from":"+15550001234","text":"بله & <b>","provider":"twilio"}"#;
    let http = outbound();
    let base = world.base.strip_suffix("/twilio").unwrap();
    assert_eq!(http.send(http.post(format!("{base}/sim/v1/inbound")).body(text)).await.unwrap().status, 202);
    let came = world.next().await;
    assert_eq!(came.heard.unwrap().inbound[0].text, "بله & <b>");
}
