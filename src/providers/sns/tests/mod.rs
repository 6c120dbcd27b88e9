//! The client before the simulator, and the requests that it makes.

mod conforms;

use serde_json::{Value, json};

use super::*;
use crate::kernel::clock::MINUTE;
use crate::providers::simulator::Simulator;
use crate::providers::tests::{journal, outbound, refused, simulate};
use crate::providers::{Door, RefusalClass, Registered};

const NOW: i64 = 1_700_000_000_000;
const QUICK: &str = r#""latency_ms":[0,0],"receipts":{"delivered":1,"delay_ms":[0,0]}"#;
const MESSAGE: Outgoing<'static> = Outgoing {
    attempt: "att",
    to: "+886912345678",
    from: "",
    text: "hello",
    callback_url: "",
    promotional: false,
    registered_template: None,
};

struct World {
    simulator: Simulator,
    clock: Clock,
    base: String,
}

fn settings(base: &str, more: &[(&str, &str)]) -> Settings {
    let mut settings = Settings::default();
    let usual =
        [("base_url", base), ("region", "ap-northeast-1"), ("access_key_id", "AKIDEXAMPLE"), ("secret_access_key", "s3cretAccessKey")];
    for (name, value) in usual.into_iter().chain(more.iter().copied()) {
        settings.set(name, value);
    }
    settings
}

impl World {
    async fn new(script: &str) -> Self {
        let clock = Clock::fixed(NOW);
        let (simulator, base) = simulate(script, clock.clone()).await;
        Self { simulator, clock, base: format!("{base}/sns") }
    }

    fn client(&self, more: &[(&str, &str)]) -> crate::providers::Client {
        client(outbound(), Clock::fixed(NOW), &settings(&self.base, more)).unwrap()
    }

    async fn send(&self, to: &str) -> Result<Accepted, SendError> {
        self.client(&[]).send(&Outgoing { to, ..MESSAGE }).await
    }

    fn journal(&self) -> Vec<Value> {
        journal(&self.simulator)
    }
}

#[tokio::test]
async fn a_message_is_taken_under_a_uuid_and_arrives_as_it_is() {
    let world = World::new(QUICK).await;
    for text in ["hello €", "می\u{200c}خواهم ۱۲۳", "您好 👩‍👩‍👧", "a&b=c+d%20e\n\"<x>\""] {
        let id = world.client(&[]).send(&Outgoing { text, ..MESSAGE }).await.unwrap().provider_message_id;
        assert!(id.len() == 36 && id.split('-').map(str::len).eq([8, 4, 4, 4, 12]), "{id}");
        let journal = world.journal();
        let submitted = journal.iter().find(|line| line["kind"] == "submit" && line["id"] == id.as_str()).unwrap();
        assert_eq!((&submitted["ref"], &submitted["to"]), (&json!(id), &json!("+886912345678")));
        assert_eq!(submitted["text_sha256"], crate::kernel::crypto::sha256_hex(text.as_bytes()));
    }
}

#[tokio::test]
async fn each_magic_number_is_said_in_amazons_words() {
    let world = World::new(QUICK).await;
    for to in ["+886900000001", "+886900000002", "0912345678"] {
        assert_eq!(refused(world.send(to).await), ("InvalidParameter".into(), RefusalClass::Permanent), "{to}");
    }
    for to in ["+886900000003", "+886900000004", "+886900000005"] {
        world.send(to).await.unwrap();
    }
    assert!(matches!(world.send("+886900000006").await, Err(SendError::Unknown { .. })));
    assert_eq!(world.send("+886900000007").await, Err(SendError::Throttled { retry_after: None }));
    world.send("+886900000007").await.unwrap();
    world.send("+886900000008").await.unwrap();
    let journal = world.journal();
    assert!(journal.iter().all(|line| line["kind"] != "inbound"), "nobody can write back");
    assert!(journal.iter().all(|line| line["kind"] != "receipt" || line["to"] != "+886900000003"), "who opted out never gets it");
}

#[tokio::test]
async fn every_fault_is_classed_rightly() {
    for (fault, taken) in [
        ("http_500", false),
        ("http_429", false),
        ("refuse", false),
        ("hang_after_accept", true),
        ("reset_after_accept", true),
        ("garbage", true),
    ] {
        let world = World::new(&format!(r#"{QUICK},"faults":{{"{fault}":1}}"#)).await;
        let result = world.send("+886912345678").await;
        match fault {
            "http_429" => assert_eq!(result, Err(SendError::Throttled { retry_after: None })),
            "refuse" => assert_eq!(refused(result), ("ParameterValueInvalid".into(), RefusalClass::Permanent)),
            _ => assert!(matches!(result, Err(SendError::Unknown { .. })), "{fault}: {result:?}"),
        }
        assert_eq!(world.journal().iter().any(|line| line["id"].is_string()), taken, "{fault}");
    }
}

#[tokio::test]
async fn wrong_credentials_and_a_wrong_clock_pause_the_connection() {
    let world = World::new(QUICK).await;
    for wrong in [("access_key_id", "AKIDWRONG"), ("secret_access_key", "wrong")] {
        let result = world.client(&[wrong]).send(&MESSAGE).await;
        assert!(matches!(result, Err(SendError::Misconfigured { .. })), "{wrong:?}: {result:?}");
    }
    world.client(&[("session_token", "t0ken/OfTheSession==")]).send(&MESSAGE).await.unwrap();
    world.clock.advance(15 * MINUTE);
    world.send("+886912345678").await.unwrap();
    world.clock.advance(1_000);
    assert!(matches!(world.send("+886912345678").await, Err(SendError::Misconfigured { detail }) if detail.contains("clock")));
    assert_eq!(world.journal().iter().filter(|line| line["kind"] == "submit").count(), 2);
}

#[tokio::test]
async fn what_is_not_signed_is_refused() {
    let world = World::new(QUICK).await;
    let http = outbound();
    let good = "AWS4-HMAC-SHA256 Credential=AKID/20231114/us-east-1/sns/aws4_request, SignedHeaders=host;x-amz-date, Signature=";
    let signature = "0".repeat(64);
    for (authorization, status, code) in [
        (String::new(), 400, "IncompleteSignature"),
        (format!("{good}{signature}"), 200, "isOptedOut>true"),
        (format!("{good}{}", &signature[1..]), 400, "IncompleteSignature"),
        (format!("{good}{signature}").replace("/sns/", "/s3/"), 400, "IncompleteSignature"),
        (format!("{good}{signature}").replace("host;", ""), 400, "IncompleteSignature"),
        (format!("{good}{signature}").replace("20231114", "20231113"), 403, "SignatureDoesNotMatch"),
        (format!("{good}{signature}").replace("AKID", "AKIDWRONG"), 403, "InvalidClientTokenId"),
    ] {
        let request = http.post(&world.base).header("x-amz-date", signature::date(NOW)).header("authorization", &authorization);
        let answer = http.send(request.body("Action=CheckIfPhoneNumberIsOptedOut&phoneNumber=%2B886900000003")).await.unwrap();
        let body = String::from_utf8_lossy(&answer.body);
        assert_eq!(answer.status, status, "{authorization} {body}");
        assert!(body.contains(code), "{authorization} {body}");
    }
    let answer = http.send(http.post(&world.base).body("Action=Publish")).await.unwrap();
    assert!(answer.status == 403 && String::from_utf8_lossy(&answer.body).contains("MissingAuthenticationToken"));
}

#[tokio::test]
async fn a_text_that_is_too_long_never_leaves() {
    let world = World::new(QUICK).await;
    let (fits, too_long) = ("سلام".repeat(200), "سلام".repeat(200) + ".");
    world.client(&[]).send(&Outgoing { text: &fits, ..MESSAGE }).await.unwrap();
    let result = world.client(&[]).send(&Outgoing { text: &too_long, ..MESSAGE }).await;
    assert_eq!(refused(result), ("too_long".into(), RefusalClass::Permanent));
    assert_eq!(world.journal().iter().filter(|line| line["kind"] == "submit").count(), 1);
}

/// The attributes of the form that publishes a message.
fn attributes(more: &[(&str, &str)], message: &Outgoing<'_>) -> Vec<String> {
    let settings = settings("http://127.0.0.1:9", more);
    let own = |field: &str| settings.get(field).map(str::to_owned);
    let client = Client {
        outbound: outbound(),
        clock: Clock::fixed(NOW),
        base: Url::parse("http://127.0.0.1:9").unwrap(),
        region: String::new(),
        key_id: String::new(),
        secret: Secret::new(""),
        session_token: None,
        sender_id: own("sender_id"),
        number: own("origination_number"),
        kind: own("sms_type"),
        max_price: own("max_price"),
        entity_id: own("entity_id"),
        template_id: own("template_id"),
    };
    let body = client.publish(message);
    let fields: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    assert_eq!(fields[..2], [("Action".into(), "Publish".into()), ("Version".into(), "2010-03-31".into())]);
    let attributes = fields[4..].chunks(3).enumerate().map(|(i, chunk)| {
        let names: Vec<_> =
            chunk.iter().map(|(name, _)| name.strip_prefix(&format!("MessageAttributes.entry.{}.", i + 1)).unwrap()).collect();
        assert_eq!(names, ["Name", "Value.DataType", "Value.StringValue"]);
        chunk.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>().join(" ")
    });
    attributes.collect()
}

#[test]
fn attributes_follow_message_and_connection() {
    assert_eq!(attributes(&[], &MESSAGE), ["AWS.SNS.SMS.SMSType String Transactional"]);
    assert_eq!(attributes(&[], &Outgoing { promotional: true, ..MESSAGE }), ["AWS.SNS.SMS.SMSType String Promotional"]);
    assert_eq!(
        attributes(&[("sms_type", "Transactional")], &Outgoing { promotional: true, ..MESSAGE }),
        ["AWS.SNS.SMS.SMSType String Transactional"]
    );
    let india = [("sender_id", "PEYKIN"), ("entity_id", "1101"), ("template_id", "1107"), ("max_price", "0.05")];
    let expected = [
        "AWS.SNS.SMS.SMSType String Transactional",
        "AWS.SNS.SMS.SenderID String PEYKIN",
        "AWS.SNS.SMS.MaxPrice Number 0.05",
        "AWS.MM.SMS.EntityId String 1101",
        "AWS.MM.SMS.TemplateId String 1107",
    ];
    assert_eq!(attributes(&india, &MESSAGE), expected);
    let registered = Registered { id: "1108".into(), values: Ok(Vec::new()) };
    let own = attributes(&india, &Outgoing { from: "+12065550100", registered_template: Some(&registered), ..MESSAGE });
    assert_eq!(
        (own[1].as_str(), own[4].as_str()),
        ("AWS.MM.SMS.OriginationNumber String +12065550100", "AWS.MM.SMS.TemplateId String 1108")
    );
}

#[test]
fn settings_are_asked_for_by_name() {
    let field =
        |more: &[(&str, &str)]| client(outbound(), Clock::fixed(NOW), &settings("https://sns.example", more)).err().map(|bad| bad.field);
    assert_eq!(field(&[]), None);
    for (name, value) in [
        ("region", ""),
        ("region", "evil.example/"),
        ("access_key_id", ""),
        ("secret_access_key", ""),
        ("sender_id", "12345"),
        ("sender_id", "LongerThan11"),
        ("sms_type", "Marketing"),
        ("max_price", "cheap"),
        ("base_url", "ftp://x"),
    ] {
        assert_eq!(field(&[(name, value)]), Some(name), "{value}");
    }
}

#[test]
fn no_call_is_ever_believed() {
    let headers = reqwest::header::HeaderMap::new();
    let client = client(outbound(), Clock::fixed(NOW), &settings("https://sns.example", &[])).unwrap();
    for door in [Door::Status, Door::Inbound] {
        let call = Call { door, url: "https://peyk.example/webhooks/sns/key/status", headers: &headers, body: b"{}", at: NOW };
        assert!(matches!(client.hear(&call), Err(CallError::Unreadable(_))));
    }
}

#[test]
fn the_host_is_signed_as_it_is_sent() {
    for (url, expected) in [
        ("https://sns.eu-central-1.amazonaws.com/", "sns.eu-central-1.amazonaws.com"),
        ("https://sns.example:443", "sns.example"),
        ("http://127.0.0.1:4010/sns", "127.0.0.1:4010"),
        ("http://[::1]:4010/sns", "[::1]:4010"),
    ] {
        assert_eq!(host(&Url::parse(url).unwrap()), expected);
    }
}
