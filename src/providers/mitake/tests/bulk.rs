//! Many messages in one call, against the simulator.

use super::*;
use crate::kernel::outbound::BODY_LIMIT;
use crate::providers::mitake::bulk::MOST;
use crate::providers::simulator::Simulator;

const ACCOUNT: &str = "username=shop&password=secret";

fn messages<'a>(world: &'a World, all: &[(&'a str, &'a str, &'a str)]) -> Vec<Outgoing<'a>> {
    let message = |(attempt, to, text): &(&'a str, &'a str, &'a str)| Outgoing {
        attempt,
        to,
        from: "",
        text,
        callback_url: &world.callback_url,
        promotional: true,
        registered_template: None,
    };
    all.iter().map(message).collect()
}

async fn send_many(world: &World, all: &[(&str, &str, &str)]) -> Vec<Result<Accepted, SendError>> {
    world.client.send_many(&messages(world, all)).await
}

fn submitted(simulator: &Simulator) -> Vec<(String, String)> {
    let lines = simulator.journal_lines();
    let lines = lines.iter().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let word = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    lines.filter(|line| line["kind"] == "submit").map(|line| (word(&line["ref"]), word(&line["outcome"]))).collect()
}

async fn by_hand(world: &World, query: &str, body: &str) -> String {
    let answer = world.call(&format!("/api/mtk/SmBulkSend?Encoding_PostIn=UTF8&{query}"), body).await;
    BIG5.decode_without_bom_handling(&answer).0.into_owned()
}

#[tokio::test]
async fn each_message_of_a_call_has_its_own_result_and_its_own_receipt() {
    let mut world = world(QUICK).await;
    let all = [
        ("att_1", TO, "訂單已出貨\n謝謝 & 100%+"),
        ("att_2", "+886912340001", "hi"),
        ("att_3", "+886912340003", "hi"),
        ("att_4", "+886912340004", "謝謝 😀"),
    ];
    let results = send_many(&world, &all).await;
    assert_eq!(world.simulator.calls(), 1);
    assert_eq!(refused(results[1].clone()), ("v".into(), RefusalClass::Permanent));
    assert_eq!(refused(results[2].clone()), ("7".into(), RefusalClass::Permanent));
    let ids = [&results[0], &results[3]].map(|result| result.clone().unwrap().provider_message_id);
    assert_ne!(ids[0], ids[1]);
    let mut last = std::collections::HashMap::new();
    for _ in 0..3 {
        let receipt = world.receipt().await;
        last.insert(receipt.attempt.unwrap(), (receipt.provider_message_id.unwrap(), receipt.status));
    }
    assert_eq!(last["att_1"], (ids[0].clone(), ReceiptStatus::Delivered));
    assert_eq!(last["att_4"].0, ids[1]);
    let hashes: Vec<_> = world.journal().iter().filter(|line| line["kind"] == "submit").map(|line| line["text_sha256"].clone()).collect();
    assert_eq!(hashes, all.map(|(_, _, text)| serde_json::Value::from(sha256_hex(text.as_bytes()))));
}

#[tokio::test]
async fn a_repeated_call_sends_nothing_again() {
    let world = world(QUICK).await;
    let all = [("att_1", TO, "hi"), ("att_2", "+886912345679", "hi")];
    let first = send_many(&world, &all).await;
    assert_eq!(send_many(&world, &all).await, first);
    assert_eq!(world.send("att_2", "+886912345679", "hi").await, first[1], "nor does a single one");
    let third = send_many(&world, &[all[0], ("att_3", TO, "new")]).await;
    assert_eq!((&third[0], world.acceptances()), (&first[0], 3));
}

#[tokio::test]
async fn what_goes_wrong_with_a_call_and_what_with_a_message() {
    let all = [("att_1", TO, "hi"), ("att_2", "+886912345679", "hi")];
    for (fault, taken) in
        [("http_500", 0), ("http_429", 0), ("refuse", 0), ("hang_after_accept", 2), ("reset_after_accept", 2), ("garbage", 2)]
    {
        let world = world(&format!(r#"{QUICK},"faults":{{"{fault}":1}}"#)).await;
        for result in send_many(&world, &all).await {
            match fault {
                "http_429" => assert_eq!(result, Err(SendError::Throttled { retry_after: None })),
                "refuse" => assert_eq!(refused(result), ("a".into(), RefusalClass::Retryable)),
                _ => assert!(matches!(result, Err(SendError::Unknown { .. })), "{fault}: {result:?}"),
            }
        }
        assert_eq!((world.acceptances(), world.simulator.calls()), (taken, 1), "{fault}");
    }
    let world = World::new(Provider::Mitake, QUICK, &[("password", "wrong")]).await;
    for result in send_many(&world, &all).await {
        assert!(matches!(result, Err(SendError::Misconfigured { .. })), "{result:?}");
    }
}

#[tokio::test]
async fn one_throttled_message_and_one_that_hangs_in_a_call() {
    let world = world(QUICK).await;
    let results = send_many(&world, &[("att_1", TO, "hi"), ("att_2", "+886912340007", "hi")]).await;
    assert!(results[0].is_ok());
    assert_eq!(results[1], Err(SendError::Throttled { retry_after: None }));
    let results = send_many(&world, &[("att_3", TO, "hi"), ("att_4", "+886912340006", "hi")]).await;
    assert!(results.iter().all(|result| matches!(result, Err(SendError::Unknown { .. }))), "{results:?}");
    assert_eq!(submitted(&world.simulator).iter().filter(|(_, outcome)| outcome == "accepted").count(), 3);
}

#[tokio::test]
async fn a_full_call_fits_into_what_is_read_of_an_answer() {
    let world = world(QUICK).await;
    let attempts: Vec<String> = (0..MOST).map(|n| format!("att_{n:032}")).collect();
    let numbers: Vec<String> = (0..MOST).map(|n| format!("+88691235{n:04}")).collect();
    let text = "好".repeat(300);
    let all: Vec<_> = attempts.iter().zip(&numbers).map(|(attempt, to)| (attempt.as_str(), to.as_str(), text.as_str())).collect();
    let magic = numbers.iter().filter(|to| ["0001", "0002", "0003", "0007"].iter().any(|end| to.ends_with(end))).count();
    // One that hangs would hang all, and one that is lost would take all with it.
    let all: Vec<_> = all.into_iter().filter(|(_, to, _)| !to.ends_with("0006") && !to.ends_with("0009")).collect();
    let results = send_many(&world, &all).await;
    assert_eq!((results.iter().filter(|result| result.is_ok()).count(), world.simulator.calls()), (all.len() - magic, 1));
    assert!(!results.iter().any(|result| matches!(result, Err(SendError::Unknown { .. }))));
    // The longest blocks that the manual allows for, with the longest error text that is known.
    let longest = format!("[{}]\r\nmsgid={}\r\nstatuscode=1\r\nDuplicate=Y\r\n", "c".repeat(36), "1".repeat(20)).len();
    let error = format!("[{}]\r\nstatuscode=a\r\nError={}\r\n", "c".repeat(36), "  ".repeat(20)).len();
    assert!(longest.max(error) * MOST < BODY_LIMIT);
}

#[tokio::test]
async fn a_call_goes_in_big5_where_that_is_set_and_bulk_can_be_switched_off() {
    let world = World::new(Provider::Mitake, QUICK, &[("charset", "Big5"), ("object_id", "autumn")]).await;
    let results = send_many(&world, &[("att_1", TO, "許功蓋\n，謝謝"), ("att_2", TO, "謝謝 😀"), ("att_3", TO, "")]).await;
    assert!(results[0].is_ok());
    assert_eq!(refused(results[1].clone()), ("not_in_big5".into(), RefusalClass::Permanent));
    assert_eq!(refused(results[2].clone()), ("empty_text".into(), RefusalClass::Permanent));
    assert_eq!(world.journal()[0]["text_sha256"], sha256_hex("許功蓋\n，謝謝".as_bytes()));
    assert_eq!(world.other(&[("bulk", "no")]).capabilities().batch, 0);
    assert_eq!(client(outbound(), world.clock.clone(), &settings(&world.base, &[("bulk", "maybe")])).unwrap_err().field, "bulk");
}

#[tokio::test]
async fn the_simulator_takes_lines_as_the_manual_says() {
    let world = world(QUICK).await;
    let answer = by_hand(&world, ACCOUNT, "a$$0912345678$$$$$$$$$$hi\r\nb$$0912345678$$$$$$$$$$\na$$0912345678$$$$$$$$$$hi\n").await;
    let id = world.journal()[0]["id"].as_str().unwrap().to_owned();
    let again = format!("[a]\r\nmsgid={id}\r\nstatuscode=1\r\nDuplicate=Y\r\n");
    let empty = "[b]\r\nstatuscode=u\r\nError=簡訊內容空白\r\n";
    assert_eq!(answer, format!("[a]\r\nmsgid={id}\r\nstatuscode=1\r\n{empty}{again}AccountPoint=100\r\n"));
    let many = "a$$1$$$$$$$$$$hi\n".repeat(501);
    for (query, body, answer) in [
        (ACCOUNT, "c$$0912345678$$$$$$$$$$100$$ off", "[c]\r\nstatuscode=y\r\n"),
        (ACCOUNT, "$$0912345678$$$$$$$$$$hi", "[]\r\nstatuscode=y\r\n"),
        (ACCOUNT, &*many, "statuscode=x\r\n"),
        (ACCOUNT, "", "statuscode=y\r\n"),
        ("username=shop", "a$$1$$$$$$$$$$hi", "statuscode=d\r\n"),
    ] {
        let got = by_hand(&world, query, body).await;
        assert!(got.starts_with(answer), "{query} {got}");
    }
    assert_eq!(world.acceptances(), 1);
}
