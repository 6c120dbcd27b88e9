//! Our client of Mitake against the simulator, over real connections.

mod bulk;
mod conforms;

use std::time::Duration;

use axum::http::StatusCode;

use super::*;
use crate::kernel::crypto::sha256_hex;
use crate::providers::taiwan::world_tests::{NOW, QUICK, World, settings};
use crate::providers::tests::{outbound, refused};
use crate::providers::{Provider, ReceiptStatus};

const TO: &str = "+886912345678";
const SIGNED_IN: &str = "username=shop&password=secret";

async fn world(script: &str) -> World {
    World::new(Provider::Mitake, script, &[]).await
}

#[tokio::test]
async fn a_message_is_taken_and_its_receipt_comes_to_the_address_that_it_named() {
    let text = "訂單已出貨\n謝謝 & 100%+\r\n";
    let mut world = world(QUICK).await;
    let accepted = world.send("att_1", TO, text).await.unwrap();
    assert_eq!((accepted.price_micros, accepted.currency), (None, None));
    let receipt = world.receipt().await;
    assert_eq!((receipt.attempt.as_deref(), receipt.status, receipt.at), (Some("att_1"), ReceiptStatus::Delivered, NOW));
    assert_eq!(receipt.provider_message_id, Some(accepted.provider_message_id.clone()));
    for line in world.journal() {
        assert_eq!((&line["ref"], &line["to"], &line["provider"]), (&"att_1".into(), &TO.into(), &"mitake".into()));
        assert_eq!(
            (&line["id"], &line["text_sha256"]),
            (&accepted.provider_message_id.as_str().into(), &sha256_hex(text.as_bytes()).into())
        );
    }
    let polled = world.polled("att_1", &accepted.provider_message_id, |receipt| receipt.status == ReceiptStatus::Delivered).await;
    assert_eq!(polled.event_key, receipt.event_key);
}

#[tokio::test]
async fn a_repetition_within_twelve_hours_is_the_first_message() {
    let mut world = world(QUICK).await;
    let first = world.send("att_1", TO, "hi").await.unwrap();
    world.receipt().await;
    world.clock.advance(12 * HOUR - 1);
    assert_eq!(world.send("att_1", TO, "hi").await, Ok(first.clone()));
    let answer = world.call("/api/mtk/SmSend?CharsetURL=UTF8", &format!("{SIGNED_IN}&clientid=att_1&dstaddr=0912345678&smbody=hi")).await;
    let expected = format!("[att_1]\r\nmsgid={}\r\nstatuscode=1\r\nAccountPoint=100\r\nDuplicate=Y\r\n", first.provider_message_id);
    assert_eq!(String::from_utf8(answer).unwrap(), expected);
    assert_eq!((world.acceptances(), world.outcomes("submit").len()), (1, 1));
    world.clock.advance(1);
    assert_ne!(world.send("att_1", TO, "hi").await, Ok(first));
    assert_eq!(world.acceptances(), 2);
}

#[tokio::test]
async fn each_number_that_the_protocol_can_express_does_its_thing() {
    let mut world = world(QUICK).await;
    for (to, code) in [("+886912340001", "v"), ("+886912340002", "v"), ("+886912340003", "7")] {
        assert_eq!(refused(world.send("att_1", to, "hi").await), (code.into(), RefusalClass::Permanent), "{to}");
    }
    assert_eq!(world.acceptances(), 0);

    world.send("att_4", "+886912340004", "hi").await.unwrap();
    assert_eq!(world.receipt().await.status, ReceiptStatus::Sent);
    assert!(matches!(world.receipt().await.status, ReceiptStatus::Failed(refusal) if refusal.code == "7"));

    let silent = world.send("att_5", "+886912340005", "hi").await.unwrap().provider_message_id;
    assert_eq!(world.polled("att_5", &silent, |_| true).await.status, ReceiptStatus::Sent);

    assert!(matches!(world.send("att_6", "+886912340006", "hi").await, Err(SendError::Unknown { .. })));
    assert_eq!(world.receipt().await.attempt.as_deref(), Some("att_6"));
    let again = world.send("att_6", "+886912340006", "hi").await.unwrap();
    assert_eq!(world.journal().iter().find(|line| line["ref"] == "att_6").unwrap()["id"], again.provider_message_id.as_str());

    assert_eq!(world.send("att_7", "+886912340007", "hi").await, Err(SendError::Throttled { retry_after: None }));
    world.send("att_7", "+886912340007", "hi").await.unwrap();
    assert_eq!(world.receipt().await.attempt.as_deref(), Some("att_7"));

    // Nobody can write back over this protocol.
    world.send("att_8", "+886912340008", "hi").await.unwrap();
    assert_eq!(world.receipt().await.attempt.as_deref(), Some("att_8"));
    assert!(world.outcomes("inbound").is_empty());
}

#[tokio::test]
async fn every_fault_is_classed_rightly_and_doubt_ends_with_a_repetition() {
    for (fault, taken) in
        [("http_500", 0), ("http_429", 0), ("refuse", 0), ("hang_after_accept", 1), ("reset_after_accept", 1), ("garbage", 1)]
    {
        let world = world(&format!(r#"{QUICK},"faults":{{"{fault}":1}}"#)).await;
        let result = world.send("att_1", TO, "hi").await;
        match fault {
            "http_429" => assert_eq!(result, Err(SendError::Throttled { retry_after: None })),
            "refuse" => assert_eq!(refused(result), ("a".into(), RefusalClass::Retryable)),
            _ => assert!(matches!(result, Err(SendError::Unknown { .. })), "{fault}: {result:?}"),
        }
        if taken == 1 {
            world.send("att_1", TO, "hi").await.unwrap();
        }
        assert_eq!(world.acceptances(), taken, "{fault}");
    }
}

#[tokio::test]
async fn wrong_credentials_and_a_wrong_path_are_for_people_to_mend() {
    let world = World::new(Provider::Mitake, QUICK, &[("password", "wrong")]).await;
    let message = Polled { attempt: "att_1", provider_message_id: "#1", to: TO };
    assert!(matches!(world.send("att_1", TO, "hi").await, Err(SendError::Misconfigured { .. })));
    assert!(matches!(world.client.balance().await, Err(SendError::Misconfigured { .. })));
    assert!(matches!(world.client.poll(&[message]).await, Err(SendError::Misconfigured { .. })));
    let lost = world.other(&[("prefix", "api")]);
    assert!(matches!(world.send_by(&lost, "att_1", TO, "hi").await, Err(SendError::Misconfigured { .. })));
    assert!(world.journal().is_empty());
    let error = world.call("/api/mtk/SmSend?CharsetURL=UTF8", "username=shop&password=wrong").await;
    assert_eq!(error, b"statuscode=e\r\nError=\xb1b\xb8\xb9\xa1B\xb1K\xbdX\xbf\xf9\xbb~\r\n", "Big5 although UTF-8 was asked for");
}

#[tokio::test]
async fn the_balance_is_in_points_and_the_older_path_works() {
    let world = World::new(Provider::Mitake, QUICK, &[("prefix", "/b2c/mtk/")]).await;
    assert_eq!(world.client.balance().await, Ok(Some(Balance { amount: 100_000_000, currency: None })));
    world.send("att_1", TO, "hi").await.unwrap();
}

#[tokio::test]
async fn texts_travel_in_big5_where_that_is_set() {
    let world = World::new(Provider::Mitake, QUICK, &[("charset", "Big5"), ("object_id", "秋季")]).await;
    world.send("att_1", TO, "許功蓋\n，謝謝").await.unwrap();
    assert_eq!(world.journal()[0]["text_sha256"], sha256_hex("許功蓋\n，謝謝".as_bytes()));
    assert_eq!(refused(world.send("att_2", TO, "謝謝 😀").await), ("not_in_big5".into(), RefusalClass::Permanent));
    assert_eq!(world.acceptances(), 1);
}

#[tokio::test]
async fn what_the_limits_forbid_does_not_leave() {
    let world = World::new(Provider::Mitake, QUICK, &[("long_sms", "no")]).await;
    let (long, reference) = ("好".repeat(71), "att_".repeat(10));
    for (attempt, text, code) in [
        ("att_1", "", "empty_text"),
        ("att_1", &*long, "too_long"),
        ("att_1", "a\u{6}b", "control_character"),
        (&reference, "hi", "reference"),
    ] {
        assert_eq!(refused(world.send(attempt, TO, text).await), (code.into(), RefusalClass::Permanent));
    }
    assert!(world.journal().is_empty());
    world.send_by(&world.other(&[]), "att_1", TO, &long).await.unwrap();
    for others in [
        [("charset", "latin1")],
        [("long_sms", "maybe")],
        [("object_id", "12345678901234567")],
        [("username", "123456789012345678901")],
        [("password", "")],
    ] {
        let bad = client(outbound(), world.clock.clone(), &settings(&world.base, &others)).unwrap_err();
        assert_eq!(bad.field, others[0].0);
    }
}

#[tokio::test]
async fn an_address_that_is_too_long_is_left_out_and_the_receipt_polled() {
    let mut world = world(QUICK).await;
    world.callback_url = format!("https://shop.example/{}", "k".repeat(256));
    let id = world.send("att_1", TO, "hi").await.unwrap().provider_message_id;
    let receipt = world.polled("att_1", &id, |receipt| receipt.status == ReceiptStatus::Delivered).await;
    assert_eq!((receipt.attempt.as_deref(), receipt.at), (Some("att_1"), NOW));
}

#[tokio::test]
async fn a_poll_asks_for_a_hundred_and_leaves_strangers_out() {
    let world = world(QUICK).await;
    let mut ids = Vec::new();
    for n in 0..3 {
        ids.push(world.send(&format!("att_{n}"), TO, "hi").await.unwrap().provider_message_id);
    }
    world.polled("att_2", &ids[2], |receipt| receipt.status == ReceiptStatus::Delivered).await;
    let polled = |id| Polled { attempt: "att", provider_message_id: id, to: TO };
    let messages: Vec<_> = ids.iter().map(|id| polled(id.as_str())).chain(std::iter::repeat_n(polled("#nobody"), 120)).collect();
    assert_eq!(world.client.poll(&messages).await.unwrap().len(), 3);
    assert_eq!(world.client.poll(&messages[3..]).await, Ok(Vec::new()));
    assert_eq!(world.client.poll(&[]).await, Ok(Vec::new()));
}

#[tokio::test]
async fn a_receipt_is_repeated_until_it_is_acknowledged_and_a_forger_does_not_know_the_key() {
    let mut world = world(r#""latency_ms":[0,0],"receipts":{"delivered":1,"forge":1,"delay_ms":[40,40]}"#).await;
    // A 200 without the magic words is no acknowledgement.
    *world.answers.lock().unwrap() = vec![StatusCode::OK];
    world.send("att_1", TO, "hi").await.unwrap();
    let (first, second) = (world.receipt().await, world.receipt().await);
    assert_eq!((&first.status, &first), (&ReceiptStatus::Delivered, &second));
    assert_eq!(world.outcomes("receipt"), ["forged", "delivered"]);
    let third = tokio::time::timeout(Duration::from_millis(700), world.next()).await;
    assert!(third.is_err(), "an acknowledged receipt is not repeated");
}

#[tokio::test]
async fn the_simulator_answers_by_hand_as_the_manual_says() {
    let world = world(QUICK).await;
    let id = world.send("att_1", TO, "hi").await.unwrap().provider_message_id;
    world.polled("att_1", &id, |receipt| receipt.status == ReceiptStatus::Delivered).await;
    let escaped = id.replace('#', "%23");
    let many = vec!["1"; 101].join(",");
    for (call, form, answer) in [
        ("SmQuery", String::new(), "AccountPoint=100\r\n".to_owned()),
        ("SmQuery", format!("msgid={escaped},1"), format!("{id}\t4\t20251114093000\r\n")),
        ("SmQuery", format!("msgid={many}"), "statuscode=w\r\n".into()),
        ("SmQuery", "msgid=1".into(), "statuscode=z\r\n".into()),
        ("SmCancel", format!("msgid={escaped},1"), format!("{id}=4\r\n1=?\r\n")),
        ("SmSend", "dstaddr=0912345678".into(), "[1]\r\nstatuscode=u\r\n".into()),
        ("SmSend", format!("smbody=hi&clientid={}", "c".repeat(37)), format!("[{}]\r\nstatuscode=y\r\n", "c".repeat(37))),
    ] {
        let got = world.call(&format!("/api/mtk/{call}"), &format!("{SIGNED_IN}&{form}")).await;
        assert!(got.starts_with(answer.as_bytes()), "{call} {form} {}", String::from_utf8_lossy(&got));
    }
    assert!(world.call("/api/mtk/SmSend", "").await.starts_with(b"statuscode=c\r\n"));
    let http = outbound();
    let body = format!(r#"{{"to":"","from":"{TO}","text":"hi","provider":"mitake"}}"#);
    let base = world.base.trim_end_matches("/mitake");
    assert_eq!(http.send(http.post(format!("{base}/sim/v1/inbound")).body(body)).await.unwrap().status, 409);
}
