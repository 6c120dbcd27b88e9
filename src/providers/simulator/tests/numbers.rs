//! Each number that always does one thing does it.

use super::*;

#[tokio::test]
async fn refused_numbers_say_why_and_have_no_id() {
    let world = World::new(QUICK).await;
    for (to, code, expected) in [
        ("+15550000001", "invalid_number", RefusalClass::Permanent),
        ("+15550000002", "landline", RefusalClass::Permanent),
        ("+15550000003", "opted_out", RefusalClass::Compliance),
        ("not a number", "invalid_number", RefusalClass::Permanent),
    ] {
        assert_eq!(refused(world.send("att", to).await), (code.to_owned(), expected), "{to}");
        let last = world.journal().pop().unwrap();
        assert_eq!((last["kind"].as_str(), last["code"].as_str()), (Some("answer"), Some(code)));
    }
    assert_eq!(world.acceptances(), 0);
    assert_eq!(world.outcomes("submit"), ["refused"; 4]);
    assert!(world.simulator.journal_lines().iter().all(|line| !line.contains(r#""id""#)));
}

#[tokio::test]
async fn number_0004_fails_after_sending() {
    let mut world = World::new(QUICK).await;
    world.send("att", "+15550000004").await.unwrap();
    assert_eq!(world.next().await.receipt().status, ReceiptStatus::Sent);
    match world.next().await.receipt().status {
        ReceiptStatus::Failed(refusal) => assert_eq!(refusal.code, "unreachable"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn number_0005_never_gets_a_receipt() {
    let mut world = World::new(&format!(r#"{QUICK},"receipts":{{"delivered":1,"delay_ms":[0,0]}}"#)).await;
    world.send("silent", "+15550000005").await.unwrap();
    world.send("other", "+15550001234").await.unwrap();
    assert_eq!(world.next().await.receipt().attempt.as_deref(), Some("other"));
    assert_eq!(world.outcomes("receipt").len(), 1);
}

#[tokio::test]
async fn number_0006_hangs_but_was_taken_and_is_found() {
    let mut world = World::new(&format!(r#"{QUICK},"receipts":{{"delivered":1}}"#)).await;
    let error = world.send("att", "+15550000006").await.unwrap_err();
    assert!(matches!(error, SendError::Unknown { .. }), "{error:?}");
    assert_eq!(world.next().await.receipt().status, ReceiptStatus::Delivered);
    assert_eq!(world.outcomes("answer"), ["hang"]);
    assert_eq!(world.acceptances(), 1);
    match world.lookup("att", 0).await {
        Lookup::Accepted(accepted, Some(ReceiptStatus::Delivered)) => {
            assert_eq!(world.journal()[0]["id"], accepted.provider_message_id.as_str());
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn number_0007_is_throttled_once() {
    let world = World::new(QUICK).await;
    let throttled = SendError::Throttled { retry_after: Some(Duration::from_secs(1)) };
    assert_eq!(world.send("att_1", "+15550000007").await, Err(throttled));
    world.send("att_2", "+15550000007").await.unwrap();
    assert_eq!(world.outcomes("submit"), ["throttled", "accepted"]);
    assert_eq!(world.acceptances(), 1);
}

#[tokio::test]
async fn number_0009_is_lost_on_its_way_once() {
    let world = World::new(QUICK).await;
    let error = world.send("att_1", "+15550000009").await.unwrap_err();
    assert!(matches!(error, SendError::Unknown { .. }), "{error:?}");
    let later = world.clock.now() + 5 * SECOND;
    assert_eq!((world.acceptances(), world.lookup("att_1", later).await), (0, Lookup::NeverArrived));
    world.send("att_1", "+15550000009").await.unwrap();
    assert_eq!(world.outcomes("submit"), ["lost", "accepted"]);
}

#[tokio::test]
async fn number_0008_answers_stop() {
    let mut world = World::new(&format!(r#"{QUICK},"receipts":{{"delivered":1,"delay_ms":[0,0]}}"#)).await;
    world.send("att", "+15550000008").await.unwrap();
    assert_eq!(world.next().await.receipt().status, ReceiptStatus::Delivered);
    let heard = world.next().await;
    assert!(heard.genuine && heard.path == "/hooks/inbound");
    let inbound = parse_inbound(&heard.body).unwrap();
    assert_eq!((&*inbound.text, &*inbound.from, &*inbound.to), ("STOP", "+15550000008", "+15559990000"));
    let line = world.journal().pop().unwrap();
    assert_eq!((line["kind"].as_str(), line["from"].as_str()), (Some("inbound"), Some("+15550000008")));
    assert!(line.get("id").is_none());
}
