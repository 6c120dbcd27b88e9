//! People refuse while something is leaving for them: what is answered to them holds from that moment on.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use futures::future::join_all;
use peyk::access::Role;
use peyk::contacts;
use peyk::kernel::clock::SECOND;
use peyk::kernel::page::PageRequest;
use peyk::kernel::phone::Phone;
use peyk::messages::{self, Filter, Status};
use peyk::preferences::{self, OptRequest, PreferencesPatch};
use peyk::privacy;
use serde_json::json;

use super::{check, confirming, opt_in};
use crate::harness::{Csv, TestApp, both_engines};
use crate::inbox::write;
use crate::messages::{get, send, taken, text_to};

both_engines! {
    every_door_answers_a_refusal_when_what_was_leaving_has_left,
    whoever_refuses_while_their_message_waits_for_a_place_does_not_get_it,
    what_waits_long_for_a_place_leaves_if_its_person_still_wants_it,
    a_question_is_called_back_too,
}

/// A carrier that takes this long to answer.
const SLOW: &str = r#"{"latency_ms":[400,400],"receipts":{"delivered":1,"failed":0,"delay_ms":[0,0]}}"#;
/// So slow that who refuses meanwhile is never late, on a busy machine either; and fast enough that a refusal does not give up.
const SLOWER: &str = r#"{"latency_ms":[4000,4000],"receipts":{"delivered":1,"failed":0,"delay_ms":[0,0]}}"#;
/// How many single messages may be with a provider at once, and more than those.
const PLACES: usize = 63;
const CROWD: u64 = 66;

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

/// Somebody of the crowd whose message has been cleared and waits for a place, with the message.
async fn waiting(app: &TestApp, messages: &HashMap<String, String>) -> (String, String) {
    loop {
        let taken: HashSet<String> = taken(app).iter().map(|line| line["to"].as_str().expect("a number").to_owned()).collect();
        if taken.len() == PLACES {
            let (phone, id) = messages.iter().find(|(phone, _)| !taken.contains(*phone)).expect("there are more than places");
            until_it_leaves(app, id).await;
            return (phone.clone(), id.clone());
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A message to each of them.
async fn crowd(app: &TestApp) -> HashMap<String, String> {
    let sent = join_all((1..=CROWD).map(|n| async move { send(app, text_to(&Csv::phone(n))).await })).await;
    sent.into_iter().map(|message| (message.to, message.id)).collect()
}

async fn whoever_refuses_while_their_message_waits_for_a_place_does_not_get_it(app: TestApp) {
    let app = &TestApp::start_with(app.engine(), SLOWER).await;
    let messages = &crowd(app).await;
    let owner = &app.actor(Role::Owner);
    let refused = async {
        let (phone, id) = waiting(app, messages).await;
        let time_passes = async {
            while !check(app, &phone).await.opted_out {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            app.advance(2 * SECOND);
        };
        let request = opt_out(&phone);
        let (recorded, ()) = tokio::join!(preferences::opt_out(app, owner, &request), time_passes);
        recorded.expect("recorded");
        assert_ne!(get(app, &id).await.message.status, Status::Submitting, "it can still leave");
        (phone, id)
    };
    let ((), (phone, id)) = tokio::join!(app.dispatch_all(), refused);
    let message = get(app, &id).await;
    assert_eq!((message.message.status, message.message.reason.as_deref()), (Status::Dropped, Some("opted_out")));
    assert_eq!(message.attempts.iter().map(|a| a.code.as_deref()).collect::<Vec<_>>(), [Some("recalled")]);
    let taken = taken(app);
    assert_eq!(taken.len(), messages.len() - 1);
    assert!(taken.iter().all(|line| line["to"] != phone.as_str()));
}

async fn what_waits_long_for_a_place_leaves_if_its_person_still_wants_it(app: TestApp) {
    let app = &TestApp::start_with(app.engine(), SLOWER).await;
    let messages = &crowd(app).await;
    let waited = async {
        let (_, id) = waiting(app, messages).await;
        app.advance(2 * SECOND);
        id
    };
    let ((), id) = tokio::join!(app.dispatch_all(), waited);
    let message = get(app, &id).await;
    assert_eq!((message.message.status, message.attempts.len()), (Status::Sent, 1));
    assert_eq!(taken(app).len(), messages.len());
}

async fn a_question_is_called_back_too(app: TestApp) {
    let app = &TestApp::start_with(app.engine(), SLOWER).await;
    let client = &confirming(app).await;
    let owner = &app.actor(Role::Owner);
    // Who stopped is asked all the same whether they agree again.
    for n in 1..=CROWD {
        preferences::opt_out(app, owner, &opt_out(&Csv::phone(n))).await.expect("recorded");
        opt_in(client, &Csv::phone(n)).await;
    }
    let all = messages::list(app, owner, &Filter::default(), &PageRequest { limit: 200, cursor: None }).await.expect("history is there");
    let questions = &all.items.into_iter().map(|message| (message.to, message.id)).collect();
    let refused = async {
        let (phone, id) = waiting(app, questions).await;
        let person = contact(app, &phone).await;
        let time_passes = async {
            while !get(app, &id).await.message.to.is_empty() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            app.advance(2 * SECOND);
        };
        let (erased, ()) = tokio::join!(privacy::erase(app, owner, &person), time_passes);
        erased.expect("erased");
        phone
    };
    let ((), phone) = tokio::join!(app.dispatch_all(), refused);
    assert!(taken(app).iter().all(|line| line["to"] != phone.as_str()));
}
