//! The client, against the simulator and against answers written by hand.

mod answers;
mod conforms;
mod lines;
mod looking;
mod prices;
mod requests;
mod signatures;
mod simulated;

use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use bytes::Bytes;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::kernel::clock::Clock;
use crate::providers::outcome::{Accepted, Outgoing, SendError};
use crate::providers::simulator::Simulator;
use crate::providers::tests::{journal, outbound, serve, simulate};
use crate::providers::{Call, CallError, Client, Door, Heard, Provider, Settings};

/// The account of the tests.
const ACCOUNT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
/// Its auth token.
const TOKEN: &str = "s3cr3tAuthToken";
/// A messaging service.
const SERVICE: &str = "MGbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
/// The connection's sender.
const SENDER: &str = "+15005550006";
/// Somebody without any magic.
const SOMEBODY: &str = "+15550001234";
/// A beginning for fixed clocks: 14 November 2023, 22:13:20 UTC.
const NOW: i64 = 1_700_000_000_000;

/// Settings of a connection, with these on top; an empty value takes a field away.
fn settings(base: &str, more: &[(&str, &str)]) -> Settings {
    let mut settings = Settings::default();
    for (name, value) in [("base_url", base), ("account_sid", ACCOUNT), ("auth_token", TOKEN), ("from", SENDER)].iter().chain(more) {
        settings.set(name, value);
    }
    settings
}

fn connect(base: &str, more: &[(&str, &str)]) -> Client {
    Provider::Twilio.client(outbound(), Clock::fixed(NOW), &settings(base, more)).unwrap()
}

fn message<'a>(attempt: &'a str, to: &'a str, text: &'a str, callback_url: &'a str) -> Outgoing<'a> {
    Outgoing { attempt, to, from: "Peyk", text, callback_url, promotional: false, registered_template: None }
}

/// A call of the simulator as it came, and what the client makes of it.
struct Came {
    door: Door,
    url: String,
    form: Vec<(String, String)>,
    heard: Result<Heard, CallError>,
}

impl Came {
    fn field(&self, name: &str) -> Option<&str> {
        self.form.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// A simulator, a client of it, and a webhook address.
struct World {
    simulator: Simulator,
    client: Client,
    clock: Clock,
    base: String,
    callback_url: String,
    came: mpsc::UnboundedReceiver<Came>,
}

#[derive(Clone)]
struct Ears {
    client: Client,
    clock: Clock,
    tell: mpsc::UnboundedSender<Came>,
}

async fn hear(State(ears): State<Ears>, uri: Uri, headers: HeaderMap, body: Bytes) -> StatusCode {
    let url = format!("http://{}{uri}", headers["host"].to_str().unwrap());
    let door = if uri.path().ends_with("/status") { Door::Status } else { Door::Inbound };
    let heard = ears.client.hear(&Call { door, url: &url, headers: &headers, body: &body, at: ears.clock.now() });
    let status = if heard.is_ok() { StatusCode::OK } else { StatusCode::FORBIDDEN };
    let form = form_urlencoded::parse(&body).into_owned().collect();
    ears.tell.send(Came { door, url, form, heard }).unwrap();
    status
}

impl World {
    /// A simulator with these fields of a script, and a connection with these settings.
    async fn new(script: &str, more: &[(&str, &str)]) -> Self {
        let clock = Clock::fixed(NOW);
        let (simulator, base) = simulate(&format!(r#""latency_ms":[0,0],{script}"#), clock.clone()).await;
        let base = format!("{base}/twilio");
        let client = connect(&base, more);
        let (tell, came) = mpsc::unbounded_channel();
        let ears = Ears { client: client.clone(), clock: clock.clone(), tell };
        let ours = Router::new().route("/webhooks/twilio/key/{door}", post(hear)).with_state(ears);
        let callback_url = format!("{}/webhooks/twilio/key/status", serve(ours).await);
        Self { simulator, client, clock, base, callback_url, came }
    }

    async fn send(&self, attempt: &str, to: &str) -> Result<Accepted, SendError> {
        self.client.send(&message(attempt, to, "hello €", &self.callback_url)).await
    }

    async fn next(&mut self) -> Came {
        tokio::time::timeout(Duration::from_secs(10), self.came.recv()).await.expect("a call in time").unwrap()
    }

    fn journal(&self) -> Vec<Value> {
        journal(&self.simulator)
    }

    /// What the simulator answers to a GET below the account.
    async fn get(&self, path: &str) -> Value {
        let client = outbound();
        let url = format!("{}/2010-04-01/Accounts/{ACCOUNT}/{path}", self.base);
        let answer = client.send(client.get(url).basic_auth(ACCOUNT, Some(TOKEN))).await.unwrap();
        serde_json::from_slice(&answer.body).unwrap()
    }
}
