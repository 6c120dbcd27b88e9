//! A world for tests of the gateways in Taiwan: the simulator, our client of it, and our side, which hears its calls.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use serde_json::Value;
use tokio::sync::mpsc;

use crate::kernel::clock::Clock;
use crate::providers::simulator::Simulator;
use crate::providers::tests::{journal, outbound, serve, simulate};
use crate::providers::{Accepted, Call, Client, Door, Heard, Outgoing, Polled, Provider, Receipt, SendError, Settings, form};

/// No latency, and receipts at once.
pub const QUICK: &str = r#""latency_ms":[0,0],"receipts":{"delivered":1,"delay_ms":[0,0]}"#;
/// When it is.
pub const NOW: i64 = 1_763_083_800_000;

/// The simulator, our client of it, and our ears.
pub struct World {
    pub provider: Provider,
    pub simulator: Simulator,
    pub client: Client,
    pub clock: Clock,
    pub base: String,
    pub callback_url: String,
    heard: mpsc::UnboundedReceiver<Heard>,
    /// What our side answers before it answers properly.
    pub answers: Arc<Mutex<Vec<StatusCode>>>,
}

struct Ears {
    client: Client,
    heard: mpsc::UnboundedSender<Heard>,
    answers: Arc<Mutex<Vec<StatusCode>>>,
}

/// Settings of an account that the simulator lets in, and others.
pub fn settings(base_url: &str, others: &[(&str, &str)]) -> Settings {
    let mut settings = Settings::default();
    for (name, value) in [("username", "shop"), ("password", "secret"), ("base_url", base_url)].iter().chain(others) {
        settings.set(name, value);
    }
    settings
}

async fn hear(State(ears): State<Arc<Ears>>, Path((key, door)): Path<(String, String)>, uri: Uri, headers: HeaderMap) -> Response {
    if key != "k" {
        return StatusCode::NOT_FOUND.into_response();
    }
    let door = if door == "status" { Door::Status } else { Door::Inbound };
    let url = format!("https://shop.example{uri}");
    let heard = ears.client.hear(&Call { door, url: &url, headers: &headers, body: b"", at: 7 }).unwrap();
    ears.heard.send(heard.clone()).unwrap();
    match ears.answers.lock().unwrap().pop() {
        Some(status) => status.into_response(),
        None => ([(header::CONTENT_TYPE, heard.answer.content_type)], heard.answer.body.into_owned()).into_response(),
    }
}

impl World {
    /// A world with these fields of a script, and a connection with these settings.
    pub async fn new(provider: Provider, script: &str, others: &[(&str, &str)]) -> Self {
        let clock = Clock::fixed(NOW);
        let (simulator, base) = simulate(script, clock.clone()).await;
        let base = format!("{base}/{}", provider.as_str());
        let client = provider.client(outbound(), clock.clone(), &settings(&base, others)).unwrap();
        let (mouth, heard) = mpsc::unbounded_channel();
        let answers = Arc::default();
        let ears = Arc::new(Ears { client: client.clone(), heard: mouth, answers: Arc::clone(&answers) });
        let ours = serve(Router::new().route("/hooks/{key}/{door}", get(hear)).with_state(ears)).await;
        Self { provider, simulator, client, clock, base, callback_url: format!("{ours}/hooks/k/status"), heard, answers }
    }

    /// The same simulator with another connection.
    pub fn other(&self, others: &[(&str, &str)]) -> Client {
        self.provider.client(outbound(), self.clock.clone(), &settings(&self.base, others)).unwrap()
    }

    /// Sends a text, and tells the simulator our address in whichever way is the provider's.
    pub async fn send(&self, attempt: &str, to: &str, text: &str) -> Result<Accepted, SendError> {
        self.send_by(&self.client, attempt, to, text).await
    }

    pub async fn send_by(&self, client: &Client, attempt: &str, to: &str, text: &str) -> Result<Accepted, SendError> {
        let callback_url = &self.callback_url;
        client.send(&Outgoing { attempt, to, from: "", text, callback_url, promotional: false, registered_template: None }).await
    }

    /// What our side hears next.
    pub async fn next(&mut self) -> Heard {
        tokio::time::timeout(Duration::from_secs(10), self.heard.recv()).await.expect("a call in time").unwrap()
    }

    /// The receipt that our side hears next.
    pub async fn receipt(&mut self) -> Receipt {
        self.next().await.receipts.remove(0)
    }

    /// Polls until there is a receipt that `fits`.
    pub async fn polled(&self, attempt: &str, id: &str, fits: impl Fn(&Receipt) -> bool) -> Receipt {
        let message = Polled { attempt, provider_message_id: id, to: "+886912345678" };
        let poll = async {
            loop {
                let receipts = self.client.poll(&[message]).await.unwrap();
                if let Some(receipt) = receipts.into_iter().find(&fits) {
                    return receipt;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(10), poll).await.expect("a receipt in time")
    }

    /// Calls one of the simulator's paths by hand; the answer as it came.
    pub async fn call(&self, path: &str, form: &str) -> Vec<u8> {
        let http = outbound();
        let request = http.post(format!("{}{path}", self.base)).header(header::CONTENT_TYPE, form::CONTENT_TYPE);
        http.send(request.body(form.to_owned())).await.unwrap().body.to_vec()
    }

    pub fn journal(&self) -> Vec<Value> {
        journal(&self.simulator)
    }

    /// The outcomes of the journal's lines of a kind.
    pub fn outcomes(&self, kind: &str) -> Vec<String> {
        self.journal().iter().filter(|line| line["kind"] == kind).map(|line| line["outcome"].as_str().unwrap().to_owned()).collect()
    }

    /// How many messages the simulator took.
    pub fn acceptances(&self) -> usize {
        self.journal().iter().filter_map(|line| line["id"].as_str().map(str::to_owned)).collect::<HashSet<_>>().len()
    }
}
