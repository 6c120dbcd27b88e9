//! Our client of Every8d against the simulator, over real connections.

mod conforms;

use axum::http::StatusCode;

use super::*;
use crate::providers::taiwan::world_tests::{NOW, QUICK, World, settings};
use crate::providers::tests::{outbound, refused};
use crate::providers::{Provider, ReceiptStatus};

const TO: &str = "+886912345678";
const SIGNED_IN: &str = "UID=shop&PWD=secret";

/// A world whose simulator has our address on file.
async fn world(script: &str) -> World {
    let world = World::new(Provider::Every8d, script, &[]).await;
    world.simulator.introduce(Provider::Every8d, &world.callback_url, "");
    world
}

#[tokio::test]
async fn a_message_is_taken_and_its_receipt_comes_to_the_address_on_file() {
    let mut world = world(QUICK).await;
    let accepted = world.send("att_1", TO, "訂單已出貨 & 100%+").await.unwrap();
    assert_eq!((accepted.price_micros, accepted.currency), (None, None));
    let receipt = world.receipt().await;
    assert_eq!((receipt.attempt.as_deref(), receipt.status), (Some("att_1"), ReceiptStatus::Delivered));
    assert_eq!((receipt.provider_message_id, receipt.at), (Some(accepted.provider_message_id.clone()), NOW));
    for line in world.journal() {
        assert_eq!((&line["ref"], &line["to"], &line["provider"]), (&"att_1".into(), &TO.into(), &"every8d".into()));
        assert_eq!(line["id"], accepted.provider_message_id.as_str());
        assert_eq!(line["text_sha256"], crate::kernel::crypto::sha256_hex("訂單已出貨 & 100%+".as_bytes()));
    }
}

#[tokio::test]
async fn without_an_address_on_file_receipts_are_polled_and_are_the_same_events() {
    let world = World::new(Provider::Every8d, QUICK, &[]).await;
    let id = world.send("att_1", TO, "hi").await.unwrap().provider_message_id;
    let receipt = world.polled("att_1", &id, |receipt| receipt.status == ReceiptStatus::Delivered).await;
    assert_eq!((receipt.attempt.as_deref(), receipt.at), (Some("att_1"), NOW));
    assert_eq!(receipt.event_key, format!("{id}-100"));
    let nobody = Polled { attempt: "att_2", provider_message_id: "no-such-batch", to: TO };
    assert_eq!(world.client.poll(&[nobody]).await, Ok(Vec::new()));
}

#[tokio::test]
async fn each_number_that_the_protocol_can_express_does_its_thing() {
    let mut world = world(QUICK).await;
    for (to, code, class) in [
        ("+886912340001", "-8", RefusalClass::Permanent),
        ("+886912340002", "-8", RefusalClass::Permanent),
        ("+886912340003", "-3", RefusalClass::Compliance),
    ] {
        assert_eq!(refused(world.send("att_1", to, "hi").await), (code.into(), class), "{to}");
    }
    assert_eq!(world.acceptances(), 0);

    world.send("att_4", "+886912340004", "hi").await.unwrap();
    assert_eq!(world.receipt().await.status, ReceiptStatus::Sent);
    assert!(matches!(world.receipt().await.status, ReceiptStatus::Failed(refusal) if refusal.code == "101"));

    let silent = world.send("att_5", "+886912340005", "hi").await.unwrap().provider_message_id;
    assert_eq!(world.polled("att_5", &silent, |_| true).await.status, ReceiptStatus::Sent);

    assert!(matches!(world.send("att_6", "+886912340006", "hi").await, Err(SendError::Unknown { .. })));
    assert_eq!(world.receipt().await.attempt.as_deref(), Some("att_6"), "the subject finds a lost answer again");

    assert_eq!(world.send("att_7", "+886912340007", "hi").await, Err(SendError::Throttled { retry_after: None }));
    world.send("att_8", "+886912340007", "hi").await.unwrap();
    assert_eq!(world.receipt().await.attempt.as_deref(), Some("att_8"));

    world.send("att_9", "+886912340008", "hi").await.unwrap();
    assert_eq!(world.receipt().await.attempt.as_deref(), Some("att_9"));
    let reply = world.next().await.inbound.remove(0);
    assert_eq!((&*reply.text, &*reply.from, reply.at), ("STOP", "+886912340008", NOW));
}

#[tokio::test]
async fn every_fault_is_classed_rightly() {
    for (fault, taken) in
        [("http_500", 0), ("http_429", 0), ("refuse", 0), ("hang_after_accept", 1), ("reset_after_accept", 1), ("garbage", 1)]
    {
        let world = world(&format!(r#"{QUICK},"faults":{{"{fault}":1}}"#)).await;
        let result = world.send("att_1", TO, "hi").await;
        match fault {
            "http_429" => assert_eq!(result, Err(SendError::Throttled { retry_after: None })),
            "refuse" => assert_eq!(refused(result), ("unsent".into(), RefusalClass::Retryable)),
            _ => assert!(matches!(result, Err(SendError::Unknown { .. })), "{fault}: {result:?}"),
        }
        assert_eq!(world.acceptances(), taken, "{fault}");
    }
}

#[tokio::test]
async fn wrong_credentials_and_a_wrong_path_are_for_people_to_mend() {
    let world = World::new(Provider::Every8d, QUICK, &[("password", "wrong")]).await;
    let message = Polled { attempt: "att_1", provider_message_id: "b-1", to: TO };
    assert!(matches!(world.send("att_1", TO, "hi").await, Err(SendError::Misconfigured { .. })));
    assert!(matches!(world.client.balance().await, Err(SendError::Misconfigured { .. })));
    assert!(matches!(world.client.poll(&[message]).await, Err(SendError::Misconfigured { .. })));
    let lost = world.other(&[("site", "a/b")]);
    assert!(matches!(world.send_by(&lost, "att_1", TO, "hi").await, Err(SendError::Misconfigured { .. })));
    assert!(world.journal().is_empty());
}

#[tokio::test]
async fn the_balance_is_in_credits_and_a_site_leads_the_same_way() {
    let world = World::new(Provider::Every8d, QUICK, &[("site", "/Shop/")]).await;
    assert_eq!(world.client.balance().await, Ok(Some(Balance { amount: 100_000_000, currency: None })));
    world.send("att_1", TO, "hi").await.unwrap();
}

#[tokio::test]
async fn what_the_limits_forbid_does_not_leave() {
    let world = world(QUICK).await;
    let chinese = "好".repeat(334);
    let ascii = "a".repeat(161);
    for (to, text, code) in [(TO, "", "empty_text"), (TO, &*chinese, "too_long"), ("+15550001234", &*ascii, "too_long_abroad")] {
        assert_eq!(refused(world.send("att_1", to, text).await), (code.into(), RefusalClass::Permanent));
    }
    assert!(world.journal().is_empty());
    for (to, text) in [(TO, &chinese[3..]), (TO, &*ascii), ("+15550001234", &ascii[1..])] {
        world.send("att_1", to, text).await.unwrap();
    }
}

#[tokio::test]
async fn the_older_table_reads_the_same_answer_otherwise() {
    let world = world(QUICK).await;
    let older = world.other(&[("codes", "2017")]);
    assert_eq!(refused(world.send_by(&older, "att_1", "+886912340003", "hi").await), ("-3".into(), RefusalClass::Permanent));
    for others in [[("codes", "2020")], [("username", "")], [("password", "")], [("base_url", "e8d.tw")]] {
        let bad = client(outbound(), world.clock.clone(), &settings(&world.base, &others)).unwrap_err();
        assert_eq!(bad.field, others[0].0);
    }
}

#[tokio::test]
async fn a_subject_of_the_shop_s_own_takes_the_place_of_the_reference() {
    let mut world = world(QUICK).await;
    let own = world.other(&[("subject", "att_umn sale")]);
    assert!(world.client.capabilities().reference_echo && !own.capabilities().reference_echo);
    world.send_by(&own, "att_1", TO, "hi").await.unwrap();
    assert_eq!(world.journal()[0]["ref"], "att_umn sale");
    world.receipt().await;
}

#[tokio::test]
async fn a_receipt_is_repeated_until_we_take_it_and_a_forger_does_not_know_the_key() {
    let mut world = world(r#""latency_ms":[0,0],"receipts":{"delivered":1,"forge":1,"delay_ms":[40,40]}"#).await;
    *world.answers.lock().unwrap() = vec![StatusCode::SERVICE_UNAVAILABLE];
    world.send("att_1", TO, "hi").await.unwrap();
    let (first, second) = (world.receipt().await, world.receipt().await);
    assert_eq!((&first.status, &first), (&ReceiptStatus::Delivered, &second));
    assert_eq!(world.outcomes("receipt"), ["forged", "delivered"]);
}

#[tokio::test]
async fn the_simulator_alone_learns_an_address_and_speaks_both_formats() {
    let mut world = World::new(Provider::Every8d, QUICK, &[]).await;
    let form = form_urlencoded::Serializer::new(String::new()).append_pair("CALLBACK", &world.callback_url).finish();
    let answer = world.call("/API21/HTTP/sendSMS.ashx", &format!("{SIGNED_IN}&SB=att_1&MSG=hi&DEST=0912-345-678&{form}")).await;
    let answer = String::from_utf8(answer).unwrap();
    let id = answer.strip_prefix("100.00,1,1,0,").unwrap();
    assert_eq!(world.receipt().await.provider_message_id.as_deref(), Some(id));
    let table = world.call("/API21/HTTP/GetDeliveryStatus.ashx", &format!("{SIGNED_IN}&BID={id}&RESPFORMAT=0")).await;
    assert_eq!(String::from_utf8(table).unwrap(), "1\n\t+886912345678\t2025/11/14 09:30:00\t1\t100");
    for (form, start) in [
        (SIGNED_IN.to_owned(), "-1,"),
        ("UID=shop&PWD=wrong".to_owned(), "-2,"),
        (String::new(), "-2,"),
        (format!("{SIGNED_IN}&MSG=hi&DEST=0912345678,0912345679"), "-99,"),
        (format!("{SIGNED_IN}&MSG={}&DEST=0912345678", "%E5%A5%BD".repeat(334)), "-5,"),
    ] {
        let answer = world.call("/API21/HTTP/SendSMS.ashx", &form).await;
        assert!(answer.starts_with(start.as_bytes()), "{form} {}", String::from_utf8_lossy(&answer));
    }
    let http = outbound();
    let body = format!(r#"{{"to":"0800","from":"{TO}","text":"退訂","provider":"every8d"}}"#);
    let base = world.base.trim_end_matches("/every8d");
    assert_eq!(http.send(http.post(format!("{base}/sim/v1/inbound")).body(body)).await.unwrap().status, 202);
    assert_eq!(world.next().await.inbound[0].text, "退訂");
}
