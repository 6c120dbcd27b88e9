//! A connection of one provider with two messages under way, and a stranger who has one of his own there.

use std::collections::BTreeMap;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use peyk::access::{Actor, Role};
use peyk::connections::{self, Connection, ConnectionInput};
use peyk::messages::SendRequest;
use peyk::preferences;
use peyk::providers::simulator::{SIGNATURE_HEADER, TOKEN};
use serde_json::json;
use tower::ServiceExt as _;

use super::alter::{Dice, replaced};
use super::calls::{Call, form, simulators_signature, twilios_signature};
use crate::api::another_subaccount;
use crate::harness::TestApp;
use crate::messages::{get, send, text_to};

/// The fields without which a call of Twilio's is not believed.
pub fn needed(call: &Call) -> &'static [&'static str] {
    if call.door == "status" { &["MessageSid", "MessageStatus"] } else { &["MessageSid", "To", "From", "Body"] }
}

const ACCOUNT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

/// One attempt to send a message: ours and the provider's name for it.
#[derive(Clone, Debug)]
struct Sent {
    message: String,
    attempt: String,
    provider_message_id: String,
}

/// What the tests work with.
pub struct Setting {
    pub app: TestApp,
    router: Router,
    provider: &'static str,
    person: &'static str,
    connection: Connection,
    stranger: Connection,
    other_provider: Connection,
    sent: Sent,
    bystander: Sent,
}

/// What a provider must be told; the simulator speaks its protocol below its name.
fn settings(app: &TestApp, provider: &str, secret: &str) -> Vec<(&'static str, String)> {
    let own: &[(&'static str, &str)] = match provider {
        "twilio" => &[("account_sid", ACCOUNT), ("auth_token", secret), ("from", "+15005550006")],
        "sns" => &[("region", "eu-central-1"), ("access_key_id", "AKIDEXAMPLE"), ("secret_access_key", secret)],
        "simulator" => return vec![(TOKEN, secret.to_owned())],
        "melipayamak" => &[("username", "shop"), ("password", secret), ("from", "50001234")],
        _ => &[("username", "shop"), ("password", secret)],
    };
    let base = ("base_url", format!("{}/{provider}", app.simulator_url));
    own.iter().map(|(name, value)| (*name, (*value).to_owned())).chain([base]).collect()
}

async fn connect(app: &TestApp, actor: &Actor, provider: &str, secret: &str) -> Connection {
    let config = settings(app, provider, secret).into_iter().map(|(name, value)| (name.to_owned(), Some(value))).collect();
    let input = ConnectionInput { provider: Some(provider.into()), config: Some(config), ..ConnectionInput::default() };
    connections::put(app, actor, provider, input).await.expect("a connection is made").connection
}

async fn under_way(app: &TestApp, provider: &str, to: &str) -> Sent {
    let request = SendRequest { connection: Some(provider.into()), ..text_to(to) };
    let message = send(app, request).await.id;
    app.dispatch_all().await;
    let detail = get(app, &message).await;
    let provider_message_id = detail.message.provider_message_id.clone().expect("the carrier took it");
    Sent { attempt: detail.attempts[0].id.to_string(), message, provider_message_id }
}

impl Setting {
    pub async fn of(app: TestApp, provider: &'static str) -> Self {
        let owner = app.actor(Role::Owner);
        let connection = connect(&app, &owner, provider, "ours and nobody else's").await;
        let other_provider = if provider == "simulator" { "mitake" } else { "simulator" };
        let other_provider = connect(&app, &owner, other_provider, "of another account").await;
        let stranger = Actor::shell(another_subaccount(&app).await);
        let stranger = connect(&app, &stranger, provider, "a stranger's own").await;
        let person = match provider {
            "mitake" | "every8d" => "+886912345678",
            "melipayamak" => "+989121234567",
            _ => "+12122001000",
        };
        let (sent, bystander) = (under_way(&app, provider, person).await, under_way(&app, provider, person).await);
        let router = peyk::api::router(app.shared().clone());
        Self { app, router, provider, person, connection, stranger, other_provider, sent, bystander }
    }

    /// Whether the provider signs what it tells.
    pub fn signs(&self) -> bool {
        matches!(self.provider, "simulator" | "twilio")
    }

    /// Whether it signs the address too.
    pub fn signs_address(&self) -> bool {
        self.provider == "twilio"
    }

    /// Whether it reports by itself what became of messages.
    pub fn reports(&self) -> bool {
        !matches!(self.provider, "melipayamak" | "sns")
    }

    /// Whether it hands on what people write.
    pub fn hears(&self) -> bool {
        !matches!(self.provider, "mitake" | "sns")
    }

    pub fn strangers_secret(&self) -> &'static str {
        "a stranger's own"
    }

    pub fn strangers_key(&self) -> &str {
        &self.stranger.webhook_key
    }

    pub fn other_providers_key(&self) -> &str {
        &self.other_provider.webhook_key
    }

    /// The provider's signature with this secret; none where it signs nothing.
    pub fn signature(&self, secret: &str, call: &Call) -> Option<String> {
        match self.provider {
            "simulator" => Some(simulators_signature(secret, call)),
            "twilio" => Some(twilios_signature(secret, &self.app.config.public_url, call)),
            _ => None,
        }
    }

    fn call(&self, method: Method, door: &str, query: &[(&str, &str)], content_type: &'static str, body: String) -> Call {
        let query: Vec<_> = query.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let call = Call {
            method,
            provider: self.provider.to_owned(),
            key: self.connection.webhook_key.clone(),
            is_keyless: false,
            door: door.to_owned(),
            query: form(&query),
            content_type,
            signature: None,
            body: body.into_bytes(),
        };
        Call { signature: self.signature("ours and nobody else's", &call), ..call }
    }

    fn form_call(&self, door: &str, query: &[(&str, &str)], fields: &[(&str, &str)]) -> Call {
        let fields: Vec<_> = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        self.call(Method::POST, door, query, "application/x-www-form-urlencoded", form(&fields))
    }

    /// What the provider says when a message was delivered.
    fn delivered(&self, Sent { attempt, provider_message_id: id, .. }: &Sent) -> Option<Call> {
        Some(match self.provider {
            "simulator" => {
                let body = json!({"event_id": format!("{id}-delivered"), "id": id, "ref": attempt, "status": "delivered",
                    "at": "2026-11-21T10:00:01Z", "price": "0.0079"});
                self.call(Method::POST, "status", &[], "application/json", body.to_string())
            }
            "twilio" => {
                let fields = [
                    ("AccountSid", ACCOUNT),
                    ("From", "+15005550006"),
                    ("MessageSid", id),
                    ("MessageStatus", "delivered"),
                    ("To", self.person),
                ];
                self.form_call("status", &[("attempt", attempt)], &fields)
            }
            "mitake" => {
                let time = ("donetime", "20261121180001");
                let query = [("attempt", attempt.as_str()), ("msgid", id), time, ("statusstr", "DELIVRD"), ("StatusFlag", "4")];
                self.call(Method::GET, "status", &query, "", String::new())
            }
            "every8d" => {
                let time = ("RT", "20261121180001");
                let query = [("BatchID", id.as_str()), ("RM", self.person), time, ("STATUS", "100"), ("SM", ""), ("SUBJECT", attempt)];
                self.call(Method::GET, "status", &query, "", String::new())
            }
            "sns" => {
                let body = json!({"Type": "Notification", "MessageId": id, "Message": attempt, "status": "SUCCESS"});
                self.call(Method::POST, "status", &[], "application/json", body.to_string())
            }
            _ => return None,
        })
    }

    /// What the provider says when a person wrote STOP.
    fn stop(&self) -> Option<Call> {
        Some(match self.provider {
            "simulator" => {
                let body = json!({"event_id": "stop-1", "to": "Peyk", "from": self.person, "text": "STOP", "at": "2026-11-21T10:00:02Z"});
                self.call(Method::POST, "inbound", &[], "application/json", body.to_string())
            }
            "twilio" => {
                let id = "SM0123456789abcdef0123456789abcdef";
                let fields = [("AccountSid", ACCOUNT), ("Body", "STOP"), ("From", self.person), ("MessageSid", id), ("To", "+15005550006")];
                self.form_call("inbound", &[], &fields)
            }
            "every8d" => {
                let time = ("RT", "20261121180002");
                let query = [("BatchID", "b-1"), ("RM", self.person), time, ("STATUS", "999"), ("SM", "STOP"), ("MSGID", "r-1")];
                self.call(Method::GET, "status", &query, "", String::new())
            }
            "melipayamak" => {
                let query = [("to", "50001234"), ("from", "09121234567"), ("body", "STOP")];
                self.call(Method::GET, "inbound", &query, "", String::new())
            }
            "sns" => self.call(Method::POST, "inbound", &[], "application/json", json!({"messageBody": "STOP"}).to_string()),
            _ => return None,
        })
    }

    /// One genuine call of every kind that the provider makes.
    pub fn genuine(&self) -> Vec<Call> {
        self.delivered(&self.sent).into_iter().chain(self.stop()).collect()
    }

    /// The same call by a stranger's account at the provider.
    pub fn as_stranger(&self, call: &Call) -> Call {
        let call = Call { key: self.stranger.webhook_key.clone(), ..call.clone() };
        Call { signature: self.signature(self.strangers_secret(), &call), ..call }
    }

    /// A genuine receipt for a message that nobody sent.
    pub fn about_the_unknown(&self, dice: &mut Dice) -> Call {
        let digits = dice.below(1_000_000_000);
        let provider_message_id = if self.provider == "twilio" { format!("SM{digits:032x}") } else { format!("9{digits:09}") };
        let unknown = Sent { message: String::new(), attempt: format!("att_{}", dice.word(24)), provider_message_id };
        self.delivered(&unknown).expect("it reports")
    }

    /// Puts another message of ours in place of the one that the call is about.
    pub fn name_the_bystander(&self, call: &mut Call) {
        let (sent, other) = (&self.sent, &self.bystander);
        call.query = call.query.replace(&sent.attempt, &other.attempt);
        let words = [(&*sent.attempt, &*other.attempt), (&*sent.provider_message_id, &*other.provider_message_id)];
        call.body = replaced(&call.body, &words);
    }

    /// Makes the call; what the router answers.
    pub async fn send(&self, call: &Call) -> StatusCode {
        let mut request = Request::builder().method(call.method.clone()).uri(call.path());
        if !call.content_type.is_empty() {
            request = request.header(header::CONTENT_TYPE, call.content_type);
        }
        let name = if self.provider == "twilio" { "x-twilio-signature" } else { SIGNATURE_HEADER };
        if let Some(signature) = &call.signature {
            request = request.header(name, signature);
        }
        let request = request.body(Body::from(call.body.clone())).expect("a request");
        self.router.clone().oneshot(request).await.expect("the router answers").status()
    }

    /// The status of the message, where the provider reports it, and whether its person has opted out.
    pub async fn told(&self) -> (Option<&'static str>, bool) {
        let status = get(&self.app, &self.sent.message).await.message.status.as_str();
        let check = preferences::check(&self.app, &self.app.actor(Role::Owner), self.person).await.expect("a number");
        (self.reports().then_some(status), check.opted_out)
    }

    /// What Twilio's signature covers of a form, and the fields that count.
    pub fn meaning(call: &Call) -> (String, BTreeMap<String, String>) {
        let mut fields = call.fields();
        fields.sort();
        let signed = fields.iter().map(|(name, value)| format!("{name}{value}")).collect();
        (signed, fields.into_iter().filter(|(name, _)| needed(call).contains(&name.as_str())).collect())
    }
}
