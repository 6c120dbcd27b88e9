//! Reading prices back, from lists and one by one.

use serde_json::json;

use super::*;
use crate::kernel::clock::{HOUR, SECOND};
use crate::kernel::money::{Currency, Money};
use crate::providers::conformance::{Behaviour, Request, Server, answer, field};
use crate::providers::{Priced, Unpriced};

fn sid(n: usize) -> String {
    format!("SM{n:032x}")
}

fn resource(n: usize, price: Value, unit: Value) -> Value {
    json!({ "sid": sid(n), "status": "delivered", "price": price, "price_unit": unit, "num_segments": "1" })
}

/// Asks about messages with these numbers and times of sending; what was told, in order, and what was requested.
async fn ask(asked: &[(usize, i64)], body: Value) -> (Result<Vec<Priced>, SendError>, Vec<Request>) {
    let server = Server::start(Behaviour::Answer(answer(200, &[], body.to_string()))).await;
    let ids: Vec<String> = asked.iter().map(|(n, _)| sid(*n)).collect();
    let unpriced: Vec<Unpriced<'_>> =
        ids.iter().zip(asked).map(|(id, (_, sent_at))| Unpriced { provider_message_id: id, sent_at: *sent_at }).collect();
    let told = connect(&server.base, &[]).prices(&unpriced).await;
    (told, server.requests())
}

fn price(micros: i64, currency: &str) -> Option<Money> {
    Some(Money { micros, currency: Currency::parse(currency).unwrap() })
}

#[tokio::test]
async fn a_few_messages_are_read_one_by_one() {
    for (amount, unit, expected) in [
        (json!("-0.00750"), json!("USD"), price(7_500, "USD")),
        (json!("-0.04"), json!("eur"), price(40_000, "EUR")),
        (json!("0"), json!("USD"), price(0, "USD")),
        (Value::Null, json!("USD"), None),
        (json!("-0.0075"), Value::Null, None),
        (json!("much"), json!("USD"), None),
    ] {
        let (told, requests) = ask(&[(1, NOW)], resource(1, amount, unit)).await;
        assert_eq!(told, Ok(vec![Priced { provider_message_id: sid(1), price: expected }]));
        assert_eq!(requests[0].path(), format!("/2010-04-01/Accounts/{ACCOUNT}/Messages/{}.json", sid(1)));
    }
    let (told, _) = ask(&[(1, NOW)], resource(2, json!("-1"), json!("USD"))).await;
    assert_eq!(told, Ok(Vec::new()), "another message's price is not believed");
}

#[tokio::test]
async fn many_of_one_time_are_read_from_one_list() {
    let messages: Vec<Value> = (0..200).rev().map(|n| resource(n, json!("-0.0079"), json!("USD"))).collect();
    let asked: Vec<(usize, i64)> = (0..150).map(|n| (n, NOW + i64::try_from(n).unwrap() * SECOND)).collect();
    let (told, requests) = ask(&asked, json!({ "messages": messages, "next_page_uri": "/x?Page=1" })).await;
    let mut told: Vec<String> = told.unwrap().into_iter().map(|priced| priced.provider_message_id).collect();
    told.sort();
    assert_eq!(told, (0..150).map(sid).collect::<Vec<_>>(), "those that were asked for and no others");
    assert_eq!(requests.len(), 1, "when all are found the list is not read on");
    let query = requests[0].query();
    assert_eq!(requests[0].path(), format!("/2010-04-01/Accounts/{ACCOUNT}/Messages.json"));
    assert_eq!(field(&query, "DateSent>").as_deref(), Some("2023-11-14T22:12:20Z"));
    assert_eq!(field(&query, "DateSent<").as_deref(), Some("2023-11-14T22:16:04Z"));
}

#[tokio::test]
async fn times_far_apart_have_lists_of_their_own_and_the_rest_is_read_singly() {
    let early = (0..10).map(|n| (n, NOW));
    let late = (10..20).map(|n| (n, NOW + 3 * HOUR));
    let alone = [(20, NOW + 9 * HOUR)];
    let (told, requests) = ask(&early.chain(late).chain(alone).collect::<Vec<_>>(), json!({ "messages": [], "next_page_uri": null })).await;
    let lists = requests.iter().filter(|r| r.path().ends_with("Messages.json")).count();
    assert_eq!(lists, 2);
    // What no list has is read singly; here the first of those answers is no message, which ends the asking.
    assert_eq!(requests.len(), 3);
    assert!(matches!(told, Err(SendError::Unknown { .. })), "{told:?}");
}

#[tokio::test]
async fn a_message_that_is_gone_has_no_price_and_a_failure_is_none() {
    let one = |status: u16| async move {
        let server = Server::start(Behaviour::Answer(answer(status, &[], r#"{"code":20404}"#))).await;
        let id = sid(1);
        connect(&server.base, &[]).prices(&[Unpriced { provider_message_id: &id, sent_at: NOW }]).await
    };
    assert_eq!(one(404).await, Ok(vec![Priced { provider_message_id: sid(1), price: None }]));
    assert!(matches!(one(429).await, Err(SendError::Throttled { .. })));
    assert!(matches!(one(500).await, Err(SendError::Unknown { .. })));
}

#[tokio::test]
async fn the_simulator_works_prices_out_a_little_later() {
    let mut world = World::new(r#""receipts":{"delivered":1,"delay_ms":[0,0]}"#, &[]).await;
    let mut ids = Vec::new();
    for n in 0..30 {
        ids.push(world.send(&format!("att_{n}"), SOMEBODY).await.unwrap().provider_message_id);
        world.next().await;
    }
    let prices = async |world: &World| {
        let unpriced: Vec<Unpriced<'_>> = ids.iter().map(|id| Unpriced { provider_message_id: id, sent_at: NOW }).collect();
        world.client.prices(&unpriced).await.unwrap()
    };
    let told = prices(&world).await;
    assert!(told.len() == 30 && told.iter().all(|priced| priced.price.is_none()), "{told:?}");
    world.clock.advance(6 * SECOND);
    let told = prices(&world).await;
    assert!(told.len() == 30 && told.iter().all(|priced| priced.price == price(7_900, "USD")), "{told:?}");
}
