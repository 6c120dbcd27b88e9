//! Our clients against what other people wrote. Each needs a server that the script beside this file starts, so that
//! `cargo test` leaves them out; see README.md here.

mod segments;

use peyk::kernel::clock::Clock;
use peyk::kernel::outbound::{Limits, Outbound};
use peyk::providers::{Client, Outgoing, Provider, Question, Registered, SendError, Settings};

/// Where `twilio_prism.sh` lets Prism listen.
const PRISM: &str = "http://127.0.0.1:4610";
/// Where `sns_moto.sh` lets moto listen.
const MOTO: &str = "http://127.0.0.1:4611";

const TEXTS: [&str; 10] = [
    "Hi",
    "a&b=c+d%20e;f#g?h",
    "\"quoted\" 'single' <tag> \\ /",
    "two\nlines",
    " blanks at both ends ",
    "می\u{200c}خواهم ۱۲۳ لغو11",
    "您好，點擊",
    "👩‍👩‍👧",
    "€ ^ { } [ ] ~ |",
    "0",
];

fn connect(provider: &str, fields: &[(&str, &str)]) -> Client {
    let provider = Provider::parse(provider).expect("this release speaks to it");
    let mut settings = Settings::default();
    for (name, value) in fields {
        settings.set(name, value);
    }
    let outbound = Outbound::new(Limits::default()).expect("the system has certificates");
    provider.client(outbound, Clock::system(), &settings).expect("the settings are good")
}

/// Sends each text in four ways with each of these clients; tells what left, as number and text, and what was not accepted.
async fn send_all(clients: &[(&str, Client)]) -> (Vec<(String, String)>, Vec<String>) {
    let (mut sent, mut failed) = (Vec::new(), Vec::new());
    let registered = Registered { id: "1107160000000000001".into(), values: Ok(Vec::new()) };
    for (name, client) in clients {
        for text in TEXTS {
            for way in 0..4 {
                let attempt = format!("att_{}", sent.len());
                let message = Outgoing {
                    attempt: &attempt,
                    to: if way < 2 { "+886912345678" } else { "+15005550006" },
                    from: if way == 1 { "Peyk" } else { "" },
                    text,
                    callback_url: if way % 2 == 0 { "https://peyk.example/webhooks/x/key/status?a=b" } else { "" },
                    promotional: way == 3,
                    registered_template: (way == 2).then_some(&registered),
                };
                match client.send(&message).await {
                    Ok(_) => sent.push((message.to.to_owned(), text.to_owned())),
                    // Said by us before anything left, because such a message has no sender.
                    Err(SendError::Misconfigured { .. }) if *name == "no sender" && message.from.is_empty() => {}
                    Err(error) => failed.push(format!("{name}, way {way}, {text:?}: {error:?}")),
                }
            }
        }
    }
    (sent, failed)
}

#[tokio::test]
async fn twilio_requests_are_those_of_the_official_description() {
    const ACCOUNT: &str = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
    const SERVICE: &str = "MGbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
    const KEY: &str = "SKcccccccccccccccccccccccccccccccc";
    let with = |more: &[(&str, &str)]| {
        connect("twilio", &[&[("base_url", PRISM), ("account_sid", ACCOUNT), ("auth_token", "not a real token")], more].concat())
    };
    let clients = [
        ("a number", with(&[("from", "+15005550006")])),
        ("a service", with(&[("messaging_service_sid", SERVICE)])),
        ("a number of a service", with(&[("from", "+15005550006"), ("messaging_service_sid", SERVICE)])),
        ("an API key", with(&[("from", "+15005550006"), ("api_key_sid", KEY), ("api_key_secret", "not a real one")])),
        ("a short code", with(&[("from", "12345")])),
        ("no sender", with(&[])),
    ];
    let (sent, failed) = send_all(&clients).await;
    assert!(failed.is_empty(), "{} were not taken: {failed:#?}", failed.len());
    assert_eq!(sent.len(), 210, "messages left us");

    let client = &clients[0].1;
    client.balance().await.expect("the balance can be read").expect("Twilio tells it");
    let (to, from) = ("+886912345678", "+15005550006");
    // Prism always gives the same page, which is about somebody else; what counts is that it takes the question.
    client.lookup(&Question { attempt: "att_1", to, from, text: "Hi", started_at: Clock::system().now() }).await;
}

#[tokio::test]
async fn sns_requests_are_understood_by_another_sns() {
    let fields = [
        ("base_url", MOTO),
        ("region", "eu-west-1"),
        ("access_key_id", "AKIAIOSFODNN7EXAMPLE"),
        ("secret_access_key", "not a real secret key"),
    ];
    let clients = [("plain", connect("sns", &fields)), ("a name", connect("sns", &[&fields[..], &[("sender_id", "Peyk")]].concat()))];
    let (mut sent, failed) = send_all(&clients).await;
    assert!(failed.is_empty(), "{} were not taken: {failed:#?}", failed.len());
    let outbound = Outbound::new(Limits::default()).expect("the system has certificates");
    let held = outbound.send(outbound.get(format!("{MOTO}/moto-api/data.json"))).await.expect("moto tells what it holds");
    let held: serde_json::Value = serde_json::from_slice(&held.body).expect("in JSON");
    let field = |sms: &serde_json::Value, name: &str| sms[name].as_str().expect("a text has it").to_owned();
    let held = held["sns"]["SMS"].as_array().expect("texts are listed").iter();
    let mut held: Vec<_> = held.map(|sms| (field(sms, "phone_number"), field(sms, "message"))).collect();
    held.sort();
    sent.sort();
    assert_eq!(held, sent, "moto holds what was sent, as it was sent");
}
