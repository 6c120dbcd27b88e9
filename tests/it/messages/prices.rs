//! Prices that a provider names only after a message's end: read back, once, until they are known or nobody will know.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use peyk::access::Role;
use peyk::connections::{self, Connection, ConnectionInput};
use peyk::costs::{self, GroupBy};
use peyk::dispatch::Poller;
use peyk::kernel::clock::{HOUR, MINUTE, Millis};
use peyk::kernel::money::{Currency, Micros, Money};
use peyk::messages::{self, AwaitedPrice, Intake, MessageDetail, PriceAnswer, Status};
use peyk::providers::{
    Accepted, Call, CallError, Capabilities, Client, Gateway, Heard, Outgoing, Priced, Receipt, ReceiptStatus, SendError, Unpriced,
};
use serde_json::{Value, json};

use super::{PHONE, campaign, get, history, send, text_to};
use crate::api::Client as ApiClient;
use crate::harness::{TestApp, both_engines};
use crate::web::Browser;

both_engines! {
    a_campaign_costs_what_was_read_back_and_not_what_was_estimated,
    an_answer_that_comes_twice_changes_nothing,
    a_process_that_stops_while_it_asks_loses_no_price,
    a_price_that_never_comes_is_not_asked_for_for_ever,
    silence_is_asked_again_and_costs_no_try,
    a_price_in_another_currency_leaves_the_estimate,
    a_report_that_comes_before_we_know_its_message_leads_to_the_price_too,
    other_providers_are_not_asked_for_prices,
}

const ESTIMATE: Micros = 20_000;
const PRICE: Micros = 7_900;
const ACCOUNT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// A connection to Twilio as the simulator plays it, before all others.
async fn twilio(app: &TestApp) -> Arc<Connection> {
    let base = format!("{}/twilio", app.simulator_url);
    let config = [("account_sid", ACCOUNT), ("auth_token", "token"), ("from", "+15005550006"), ("base_url", &base)];
    let input = ConnectionInput {
        provider: Some("twilio".into()),
        priority: Some(1),
        prices: Some(BTreeMap::from([("*".to_owned(), "0.02".to_owned())])),
        config: Some(config.into_iter().map(|(name, value)| (name.to_owned(), Some(value.to_owned()))).collect()),
        ..ConnectionInput::default()
    };
    Arc::new(connections::put(app, &app.actor(Role::Owner), "twilio", input).await.expect("a connection is made").connection)
}

/// Reports a message as delivered, as Twilio does: without a price.
async fn deliver(app: &TestApp, connection: &Arc<Connection>, detail: &MessageDetail) {
    let id = detail.message.provider_message_id.clone().expect("it was accepted");
    let receipt = Receipt {
        attempt: Some(detail.attempts[0].id.to_string()),
        event_key: format!("{id}-delivered"),
        provider_message_id: Some(id),
        status: ReceiptStatus::Delivered,
        at: app.clock.now(),
        price_micros: None,
    };
    Intake::start(app.shared()).receive(Arc::clone(connection), vec![receipt]).await.expect("a receipt is taken");
}

/// A message over Twilio that was delivered.
async fn delivered(app: &TestApp, connection: &Arc<Connection>) -> String {
    let id = send(app, text_to(PHONE)).await.id;
    app.dispatch_all().await;
    deliver(app, connection, &get(app, &id).await).await;
    assert_eq!(get(app, &id).await.message.status, Status::Delivered);
    id
}

/// Waits until the simulator has told this many ends: from then on it knows their prices, a little later.
async fn carrier_is_done(app: &TestApp, messages: usize) {
    let told = |line: &String| serde_json::from_str::<Value>(line).is_ok_and(|line| line["kind"] == "receipt");
    for _ in 0..500 {
        if app.simulator.journal_lines().iter().filter(|line| told(line)).count() >= messages {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the carrier never reported");
}

async fn cost(app: &TestApp, id: &str) -> Option<String> {
    get(app, id).await.message.cost.map(|amount| amount.amount)
}

async fn waiting(app: &TestApp) -> i64 {
    let mut tx = app.db.read().await.expect("the database reads");
    let (count,): (i64,) = tx.query("select count(*) from price_reads").fetch_one().await.expect("they can be counted");
    count
}

/// What the facts and the month's budget hold.
async fn books(app: &TestApp) -> (Micros, Micros) {
    let actor = app.actor(Role::Owner);
    let summary = costs::summary(app, &actor, None, GroupBy::Campaign).await.expect("costs");
    (summary.totals.cost, costs::budget(app, &actor).await.expect("a budget").spent)
}

async fn a_campaign_costs_what_was_read_back_and_not_what_was_estimated(app: TestApp) {
    let connection = twilio(&app).await;
    let campaign = campaign(&app, 12).await;
    app.dispatch_all().await;
    carrier_is_done(&app, 12).await;
    for message in history(&app, &messages::Filter::default()).await {
        assert_eq!(message.connection.as_deref(), Some("twilio"));
        deliver(&app, &connection, &get(&app, &message.id).await).await;
    }
    assert_eq!((books(&app).await, waiting(&app).await), ((12 * ESTIMATE, 12 * ESTIMATE), 12));
    app.dispatch_all().await;
    assert_eq!(books(&app).await.0, 12 * ESTIMATE, "nobody asks at once");
    app.advance(2 * MINUTE);
    app.dispatch_all().await;
    assert_eq!((books(&app).await, waiting(&app).await), ((12 * PRICE, 12 * PRICE), 0));
    let api = ApiClient::new(&app).await;
    let told = api.get(&format!("/api/v1/sms/campaigns/{}", campaign.id)).await.json();
    assert_eq!((&told["cost"]["amount"], &told["estimated_cost"]["amount"]), (&json!("0.0948"), &json!("0.24")));
    let summary = api.get("/api/v1/sms/costs/summary?group_by=campaign").await.body;
    assert!(summary.contains("0.0948"), "{summary}");
    let page = Browser::signed_in(&app, Role::Owner).await.get("/costs").await.body;
    assert!(page.contains("$0.0948") || page.contains("$0.09"), "{page}");
    let message = &history(&app, &messages::Filter::default()).await[0];
    assert_eq!(cost(&app, &message.id).await.as_deref(), Some("0.0079"));
    for _ in 0..3 {
        app.advance(4 * HOUR);
        app.dispatch_all().await;
    }
    assert_eq!(books(&app).await, (12 * PRICE, 12 * PRICE));
}

async fn claim(app: &TestApp, lease: Millis) -> Vec<AwaitedPrice> {
    let now = app.clock.now();
    let mut tx = app.db.write().await.expect("the database writes");
    let claimed = messages::claim_awaited_prices(&mut tx, 10, now, now + lease).await.expect("they are claimed");
    tx.commit().await.expect("the database writes");
    claimed
}

fn dollars(micros: Micros) -> PriceAnswer {
    PriceAnswer::Price(Money { micros, currency: Currency::USD })
}

async fn an_answer_that_comes_twice_changes_nothing(app: TestApp) {
    let connection = twilio(&app).await;
    let id = delivered(&app, &connection).await;
    assert!(claim(&app, MINUTE).await.is_empty(), "not before a minute");
    app.advance(2 * MINUTE);
    let claimed = claim(&app, HOUR).await;
    assert!(claimed.len() == 1 && claim(&app, HOUR).await.is_empty(), "it is one node's");
    // Another message keeps the sums from being right by chance.
    let other = delivered(&app, &connection).await;
    for micros in [PRICE, 1, PRICE] {
        messages::price(&app, &[(claimed[0].clone(), dollars(micros))]).await.expect("it is stored");
        assert_eq!((cost(&app, &id).await.as_deref(), cost(&app, &other).await.as_deref()), (Some("0.0079"), Some("0.02")));
        assert_eq!(books(&app).await, (PRICE + ESTIMATE, PRICE + ESTIMATE));
    }
    messages::price(&app, &[(claimed[0].clone(), PriceAnswer::NotYet)]).await.expect("it is stored");
    assert_eq!(waiting(&app).await, 1, "an ended asking does not begin again");
}

async fn a_process_that_stops_while_it_asks_loses_no_price(app: TestApp) {
    let connection = twilio(&app).await;
    let id = delivered(&app, &connection).await;
    carrier_is_done(&app, 1).await;
    app.advance(2 * MINUTE);
    // The process that took this one never came back.
    assert_eq!(claim(&app, 10 * MINUTE).await.len(), 1);
    app.advance(MINUTE);
    app.dispatch_all().await;
    assert_eq!((cost(&app, &id).await.as_deref(), waiting(&app).await), (Some("0.02"), 1));
    app.advance(10 * MINUTE);
    app.dispatch_all().await;
    assert_eq!((cost(&app, &id).await.as_deref(), waiting(&app).await), (Some("0.0079"), 0));
}

/// A gateway that is asked for prices.
#[derive(Debug, Default)]
struct Till {
    /// What each message costs; `Err` when nobody answers.
    says: Mutex<Option<Option<Money>>>,
    asked: Mutex<u32>,
}

#[async_trait]
impl Gateway for Till {
    fn capabilities(&self) -> Capabilities {
        Capabilities::NONE
    }

    async fn send(&self, _: &Outgoing<'_>) -> Result<Accepted, SendError> {
        Err(SendError::Unreachable { detail: "It only answers.".into() })
    }

    async fn prices(&self, messages: &[Unpriced<'_>]) -> Result<Vec<Priced>, SendError> {
        *self.asked.lock().expect("no panic") += 1;
        let Some(price) = *self.says.lock().expect("no panic") else {
            return Err(SendError::Unreachable { detail: "Nobody is there.".into() });
        };
        Ok(messages.iter().map(|m| Priced { provider_message_id: m.provider_message_id.to_owned(), price }).collect())
    }

    fn hear(&self, _: &Call<'_>) -> Result<Heard, CallError> {
        Err(CallError::Forged)
    }
}

impl Till {
    fn saying(says: Option<Option<Money>>) -> Arc<Self> {
        Arc::new(Self { says: Mutex::new(says), asked: Mutex::default() })
    }

    fn say(&self, says: Option<Option<Money>>) {
        *self.says.lock().expect("no panic") = says;
    }

    fn asked(&self) -> u32 {
        *self.asked.lock().expect("no panic")
    }
}

fn poller(app: &TestApp, till: &Arc<Till>) -> Poller {
    let till = Arc::clone(till);
    Poller::speaking(app.shared().clone(), move |_, _| Ok(till.clone() as Client))
}

/// Lets the poller work through a time, look by look.
async fn pass(app: &TestApp, poller: &mut Poller, time: Millis) {
    for _ in 0..time / (10 * MINUTE) {
        app.advance(10 * MINUTE);
        poller.step().await.expect("it asks");
    }
}

async fn a_price_that_never_comes_is_not_asked_for_for_ever(app: TestApp) {
    let connection = twilio(&app).await;
    let id = delivered(&app, &connection).await;
    let till = Till::saying(Some(None));
    let mut poller = poller(&app, &till);
    pass(&app, &mut poller, HOUR).await;
    assert_eq!(waiting(&app).await, 1);
    pass(&app, &mut poller, 47 * HOUR).await;
    assert_eq!((till.asked(), waiting(&app).await), (5, 0));
    assert_eq!((cost(&app, &id).await.as_deref(), books(&app).await), (Some("0.02"), (ESTIMATE, ESTIMATE)));
}

async fn silence_is_asked_again_and_costs_no_try(app: TestApp) {
    let connection = twilio(&app).await;
    let id = delivered(&app, &connection).await;
    let till = Till::saying(None);
    let mut poller = poller(&app, &till);
    pass(&app, &mut poller, 12 * HOUR).await;
    assert!(till.asked() > 50 && waiting(&app).await == 1, "{}", till.asked());
    till.say(Some(Some(Money { micros: PRICE, currency: Currency::USD })));
    pass(&app, &mut poller, HOUR).await;
    assert_eq!((cost(&app, &id).await.as_deref(), waiting(&app).await), (Some("0.0079"), 0));
    let other = delivered(&app, &connection).await;
    till.say(None);
    pass(&app, &mut poller, 48 * HOUR).await;
    assert_eq!((cost(&app, &other).await.as_deref(), waiting(&app).await), (Some("0.02"), 0), "a day of silence is enough");
}

async fn a_price_in_another_currency_leaves_the_estimate(app: TestApp) {
    let connection = twilio(&app).await;
    let id = delivered(&app, &connection).await;
    let till = Till::saying(Some(Some(Money { micros: PRICE, currency: Currency::parse("EUR").expect("a code") })));
    pass(&app, &mut poller(&app, &till), 12 * HOUR).await;
    assert_eq!((cost(&app, &id).await.as_deref(), waiting(&app).await, till.asked()), (Some("0.02"), 0, 1));
    assert_eq!(books(&app).await, (ESTIMATE, ESTIMATE));
}

async fn a_report_that_comes_before_we_know_its_message_leads_to_the_price_too(app: TestApp) {
    let connection = twilio(&app).await;
    let id = send(&app, text_to(PHONE)).await.id;
    app.dispatch_all().await;
    carrier_is_done(&app, 1).await;
    let detail = get(&app, &id).await;
    let (sid, attempt) = (detail.message.provider_message_id.clone().expect("accepted"), detail.attempts[0].id.to_string());
    let name = async |sid: Option<&str>| {
        let mut tx = app.db.write().await.expect("the database writes");
        let sql = "update attempts set provider_message_id = $1 where id = $2";
        tx.query(sql).bind(sid).bind(attempt.as_str()).execute().await.expect("it is changed");
        tx.commit().await.expect("the database writes");
    };
    name(None).await;
    let receipt = Receipt {
        attempt: None,
        event_key: "early".into(),
        provider_message_id: Some(sid.clone()),
        status: ReceiptStatus::Delivered,
        at: app.clock.now(),
        price_micros: None,
    };
    Intake::start(app.shared()).receive(connection, vec![receipt]).await.expect("a receipt is taken");
    app.dispatch_all().await;
    assert_eq!((get(&app, &id).await.message.status, waiting(&app).await), (Status::Sent, 0));
    name(Some(&sid)).await;
    app.dispatch_all().await;
    assert_eq!((get(&app, &id).await.message.status, waiting(&app).await), (Status::Delivered, 1));
    app.advance(2 * MINUTE);
    app.dispatch_all().await;
    assert_eq!(cost(&app, &id).await.as_deref(), Some("0.0079"));
}

async fn other_providers_are_not_asked_for_prices(app: TestApp) {
    let id = send(&app, text_to(PHONE)).await.id;
    app.dispatch_all().await;
    let view = connections::get(&app, &app.actor(Role::Owner), "simulator").await.expect("it is there");
    deliver(&app, &Arc::new(view.connection), &get(&app, &id).await).await;
    assert_eq!((get(&app, &id).await.message.status, waiting(&app).await), (Status::Delivered, 0));
}
