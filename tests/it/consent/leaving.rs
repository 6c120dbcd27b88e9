//! People refuse while something is leaving for them: what is answered to them holds from that moment on.

use std::time::Duration;

use futures::future::join_all;
use peyk::access::Role;
use peyk::contacts;
use peyk::kernel::clock::SECOND;
use peyk::kernel::phone::Phone;
use peyk::messages::Status;
use peyk::preferences::{self, OptRequest, PreferencesPatch};
use peyk::privacy;
use serde_json::json;

use super::{OTHER, PERSON, check};
use crate::harness::{Csv, TestApp, both_engines};
use crate::inbox::write;
use crate::messages::{get, send, taken, text_to};

both_engines! {
    every_door_answers_a_refusal_when_what_was_leaving_has_left,
    whoever_refuses_while_their_message_waits_for_a_place_does_not_get_it,
    what_waits_long_for_a_place_leaves_if_its_person_still_wants_it,
}

/// A carrier that takes this long to answer.
const SLOW: &str = r#"{"latency_ms":[400,400],"receipts":{"delivered":1,"failed":0,"delay_ms":[0,0]}}"#;
const SLOWER: &str = r#"{"latency_ms":[1500,1500],"receipts":{"delivered":1,"failed":0,"delay_ms":[0,0]}}"#;
/// More messages than one connection has places for.
const CROWD: u64 = 70;

async fn until_it_leaves(app: &TestApp, id: &str) {
    while get(app, id).await.message.status != Status::Submitting {
        tokio::task::yield_now().await;
    }
}

async fn contact(app: &TestApp, phone: &str) -> String {
    let phone = Phone::from_e164(phone).expect("a number");
    let mut tx = app.db.read().await.expect("the database reads");
    let found = contacts::find(&mut tx, &app.cipher.tenant(&app.subaccount), &app.subaccount, &[phone]).await.expect("readable");
    found[0].as_ref().expect("they are known").id.as_str().to_owned()
}

fn opt_out(phone: &str) -> OptRequest {
    OptRequest { phone: phone.into(), category: None, reason: None, proof: None }
}

async fn every_door_answers_a_refusal_when_what_was_leaving_has_left(app: TestApp) {
    let app = &TestApp::start_with(app.engine(), SLOW).await;
    let owner = &app.actor(Role::Owner);
    for (n, door) in ["program", "text", "switch", "page", "erasure"].into_iter().enumerate() {
        let phone = Csv::phone(n as u64 + 1);
        let link = preferences::preference_link(app, owner, &phone).await.expect("a link");
        let id = send(app, text_to(&phone)).await.id;
        let refused = async {
            until_it_leaves(app, &id).await;
            match door {
                "program" => drop(preferences::opt_out(app, owner, &opt_out(&phone)).await.expect("recorded")),
                "text" => write(app, "e1", &phone, "STOP").await,
                "switch" => {
                    let patch = PreferencesPatch::read(&json!({"categories": {"order": false}})).expect("a valid change");
                    preferences::set_preferences(app, owner, &phone, &patch).await.expect("recorded");
                }
                "page" => {
                    let token = link.url.rsplit('/').next().expect("it ends with a token");
                    let page = preferences::open(app, token, None).await.expect("readable").expect("it opens");
                    preferences::stop(app, &page, "Stop all messages now").await.expect("recorded");
                }
                _ => {
                    privacy::erase(app, owner, &contact(app, &phone).await).await.expect("erased");
                }
            }
            assert_eq!(get(app, &id).await.message.status, Status::Sent, "{door}");
        };
        tokio::join!(app.dispatch_all(), refused);
    }
}

/// So many messages to others that one to this person waits for a place.
async fn crowded(app: &TestApp, phone: &str) -> String {
    join_all((1..=CROWD).map(|n| async move { send(app, text_to(&Csv::phone(n))).await })).await;
    app.advance(1);
    send(app, text_to(phone)).await.id
}

async fn whoever_refuses_while_their_message_waits_for_a_place_does_not_get_it(app: TestApp) {
    let app = &TestApp::start_with(app.engine(), SLOWER).await;
    let id = &crowded(app, PERSON).await;
    let owner = &app.actor(Role::Owner);
    let refused = async {
        until_it_leaves(app, id).await;
        preferences::opt_out(app, owner, &opt_out(PERSON)).await.expect("recorded");
        let message = get(app, id).await.message;
        assert_ne!(message.status, Status::Submitting, "it can still leave");
    };
    let time_passes = async {
        until_it_leaves(app, id).await;
        while !check(app, PERSON).await.opted_out {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        app.advance(2 * SECOND);
    };
    tokio::join!(app.dispatch_all(), refused, time_passes);
    let message = get(app, id).await;
    assert_eq!((message.message.status, message.message.reason.as_deref()), (Status::Dropped, Some("opted_out")));
    assert_eq!(message.attempts.iter().map(|a| a.code.as_deref()).collect::<Vec<_>>(), [Some("recalled")]);
    let taken = taken(app);
    assert_eq!(taken.len() as u64, CROWD);
    assert!(taken.iter().all(|line| line["to"] != PERSON));
}

async fn what_waits_long_for_a_place_leaves_if_its_person_still_wants_it(app: TestApp) {
    let app = &TestApp::start_with(app.engine(), SLOWER).await;
    let id = &crowded(app, OTHER).await;
    let time_passes = async {
        until_it_leaves(app, id).await;
        app.advance(2 * SECOND);
    };
    tokio::join!(app.dispatch_all(), time_passes);
    let message = get(app, id).await;
    assert_eq!((message.message.status, message.attempts.len()), (Status::Sent, 1));
    assert_eq!(taken(app).len() as u64, CROWD + 1);
}
