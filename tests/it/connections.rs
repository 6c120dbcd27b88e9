//! Connections: who may point them where, what is kept of their secrets, and one that cannot be used.

use std::collections::BTreeMap;

use peyk::access::Role;
use peyk::connections::{self, ConfigInput, Connection, ConnectionInput, ConnectionView};
use peyk::kernel::error::{Error, Result};
use peyk::messages::{self, SendRequest, Status};
use peyk::providers::simulator::TOKEN;

use crate::harness::{TestApp, both_engines};

both_engines! {
    only_an_owner_chooses_the_address_that_requests_go_to,
    a_secret_is_shown_by_its_end_and_stays_until_it_is_replaced,
    a_setting_that_the_provider_does_not_have_is_refused,
    settings_are_read_as_they_were_stored_at_first,
    settings_that_cannot_be_used_pause_one_connection_and_stop_nobody,
    the_sender_is_of_the_connection_that_carries_the_message,
}

fn config(pairs: &[(&str, Option<&str>)]) -> ConnectionInput {
    let config: ConfigInput = pairs.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned))).collect();
    ConnectionInput { config: Some(config), ..ConnectionInput::default() }
}

fn new() -> ConnectionInput {
    ConnectionInput { provider: Some("simulator".into()), ..ConnectionInput::default() }
}

async fn put(app: &TestApp, name: &str, input: ConnectionInput) -> Result<ConnectionView> {
    connections::put(app, &app.actor(Role::Owner), name, input).await
}

fn token(view: &ConnectionView) -> String {
    view.connection.settings.get(TOKEN).expect("the simulator has one").to_owned()
}

fn shown(connection: &Connection) -> BTreeMap<&'static str, String> {
    connections::shown(connection).into_iter().map(|(field, value)| (field.name, value)).collect()
}

fn refused(result: Result<ConnectionView>) -> Vec<(String, String)> {
    let Err(Error::Invalid(errors)) = result else { panic!("it was not refused") };
    errors.0.into_iter().map(|e| (e.field, e.code)).collect()
}

/// Puts other settings under the seal of a connection, as another release may have left them.
async fn seal(app: &TestApp, name: &str, json: &str) {
    let sealed = app.cipher.tenant(&app.subaccount).own().seal("connections.config", json.as_bytes());
    let mut tx = app.db.write().await.expect("the database writes");
    let changed = tx.query("update connections set config = $1 where name = $2").bind(sealed).bind(name).execute().await;
    assert_eq!(changed.expect("it is changed"), 1);
    tx.commit().await.expect("the database writes");
}

async fn only_an_owner_chooses_the_address_that_requests_go_to(app: TestApp) {
    let inward = |url: &str| config(&[("base_url", Some(url))]);
    let refused = connections::put(&app, &app.actor(Role::Admin), "simulator", inward("http://169.254.169.254")).await;
    assert!(matches!(refused, Err(Error::Denied("installation"))));
    let stored = connections::get(&app, &app.actor(Role::Admin), "simulator").await.expect("it is there");
    assert_eq!(stored.connection.address(), None);
    let changed = put(&app, "simulator", inward("http://127.0.0.1:4010")).await.expect("an owner may");
    assert_eq!(changed.connection.address(), Some("http://127.0.0.1:4010"));
    let same = connections::put(&app, &app.actor(Role::Admin), "simulator", inward("http://127.0.0.1:4010")).await;
    assert!(same.is_ok(), "an admin who leaves the address as it is changes the rest");
    let back = connections::put(&app, &app.actor(Role::Admin), "simulator", config(&[("base_url", None)])).await.expect("back to its own");
    assert_eq!(back.connection.address(), None);
}

async fn a_secret_is_shown_by_its_end_and_stays_until_it_is_replaced(app: TestApp) {
    let first = put(&app, "second", new()).await.expect("it is made");
    let secret = token(&first);
    let masked = format!("…{}", &secret[secret.len() - 4..]);
    assert_eq!(shown(&first.connection), BTreeMap::from([("token", masked.clone())]));
    for kept in [config(&[]), config(&[("token", Some(&masked))]), config(&[("base_url", Some(""))]), ConnectionInput::default()] {
        assert_eq!(token(&put(&app, "second", kept).await.expect("it is changed")), secret);
    }
    assert_eq!(token(&put(&app, "second", config(&[("token", Some("another secret"))])).await.expect("changed")), "another secret");
    assert_eq!(refused(put(&app, "second", config(&[("token", Some(&masked))])).await), [("config.token".into(), "masked".into())]);
    let gone = refused(put(&app, "second", config(&[("token", Some(""))])).await);
    assert_eq!(gone, [("config.token".into(), "unusable".into())], "the simulator cannot do without");
    let stored = connections::get(&app, &app.actor(Role::Owner), "second").await.expect("it is there");
    assert_eq!(token(&stored), "another secret");
}

async fn a_setting_that_the_provider_does_not_have_is_refused(app: TestApp) {
    let Err(Error::Invalid(errors)) = put(&app, "simulator", config(&[("pasword", Some("hush"))])).await else { panic!("taken") };
    assert_eq!((errors.0[0].field.as_str(), errors.0[0].code.as_str()), ("config.pasword", "unknown_field"));
    assert!(errors.0[0].detail.contains("base_url, token") && !errors.0[0].detail.contains("hush"), "{}", errors.0[0].detail);
    assert_eq!(refused(put(&app, "third", ConnectionInput { provider: Some("pigeon".into()), ..new() }).await)[0].0, "provider");
    assert_eq!(refused(put(&app, "simulator", config(&[("base_url", Some("localhost"))])).await)[0].0, "config.base_url");
    assert_eq!(connections::list(&app, &app.actor(Role::Owner)).await.expect("connections").len(), 1);
}

async fn settings_are_read_as_they_were_stored_at_first(app: TestApp) {
    seal(&app, "simulator", r#"{"simulator":{"base_url":null,"token":"the first token"}}"#).await;
    let view = connections::get(&app, &app.actor(Role::Owner), "simulator").await.expect("it is read");
    assert_eq!((token(&view).as_str(), view.connection.address()), ("the first token", None));
}

async fn settings_that_cannot_be_used_pause_one_connection_and_stop_nobody(app: TestApp) {
    put(&app, "broken", ConnectionInput { priority: Some(1), ..new() }).await.expect("it is made");
    seal(&app, "broken", r#"{"simulator":{}}"#).await;
    let message = send(&app).await;
    app.dispatch_all().await;
    let sent = messages::get(&app, &app.actor(Role::Owner), &message).await.expect("it is there").message;
    assert_eq!((sent.status, sent.connection.as_deref()), (Status::Sent, Some("simulator")));
    let broken = connections::get(&app, &app.actor(Role::Owner), "broken").await.expect("it is there").connection;
    assert!(broken.paused_reason.as_deref().is_some_and(|why| why.contains("token")), "{:?}", broken.paused_reason);
}

async fn the_sender_is_of_the_connection_that_carries_the_message(app: TestApp) {
    let senders = |list: &[&str]| ConnectionInput { senders: Some(list.iter().map(|s| (*s).to_owned()).collect()), ..new() };
    put(&app, "second", senders(&["Cedar", "Both"])).await.expect("it is made");
    put(&app, "simulator", senders(&["Oak", "Both"])).await.expect("it is changed");
    let all: Vec<Connection> =
        connections::list(&app, &app.actor(Role::Owner)).await.expect("connections").into_iter().map(|v| v.connection).collect();
    let (oak, cedar) = (&all[0], &all[1]);
    for (asked, from_oak, from_cedar) in [
        (None, "Oak", "Cedar"),
        (Some(""), "Oak", "Cedar"),
        (Some("Both"), "Both", "Both"),
        (Some("Oak"), "Oak", "Cedar"),
        (Some("Elm"), "Elm", "Elm"),
    ] {
        assert_eq!((oak.sender(asked, &all).as_str(), cedar.sender(asked, &all).as_str()), (from_oak, from_cedar), "{asked:?}");
    }
    let without = Connection { senders: Vec::new(), ..oak.clone() };
    assert_eq!(without.sender(None, &all), "", "the provider's own choice");
}

async fn send(app: &TestApp) -> String {
    let request = SendRequest { to: "+12122001000".into(), text: Some("t".into()), ..SendRequest::default() };
    messages::send(app, &app.actor(Role::Owner), request).await.expect("it is accepted").id
}
